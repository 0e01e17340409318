"""A client of the loopback server, without a rate limit and with short waits between attempts."""

from __future__ import annotations

from typing import Any

from neuromorpho.client import NeuroMorphoClient
from neuromorpho.http.rate_limiter import RateLimiter
from tests.neuromorpho.server import Server


def client_of(server: Server, **options: Any) -> NeuroMorphoClient:
    """Return a client of a server; `options` as for `NeuroMorphoClient`."""
    usual = {"limiter": RateLimiter(None), "backoff_base": 0.01, "timeout": 5.0}
    return NeuroMorphoClient(**({"base_url": server.url} | usual | options))
