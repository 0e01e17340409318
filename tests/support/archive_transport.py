"""A transport to the loopback server, without a rate limit and with short waits between attempts."""

from __future__ import annotations

from typing import Any

from neuromorpho.http.rate_limiter import RateLimiter
from neuromorpho.http.transport import Transport
from neuromorpho.urls import Site
from tests.neuromorpho.server import Server


def transport_of(server: Server, **options: Any) -> Transport:
    """Return a transport to a server; `options` as for `Transport`."""
    usual = {"limiter": RateLimiter(None), "backoff_base": 0.001, "timeout": 5.0}
    return Transport(**({"site": Site(server.url)} | usual | options))
