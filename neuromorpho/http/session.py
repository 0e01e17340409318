"""The client's own session: it sends our name, verifies certificates, and its reads can be ended.

This module imports requests; import it only where a session is made.
"""

from __future__ import annotations

import os
import platform
from importlib import metadata
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from neuromorpho.http.deadline import RequestDeadline, register_connection

_POOL = 8


class _Watched:
    """A connection that registers its socket with its thread's deadline before it waits for a response."""

    deadline: RequestDeadline | None = None

    def getresponse(self) -> Any:
        register_connection(self)
        return super().getresponse()  # type: ignore[misc]


class _Http(_Watched, HTTPConnection):
    pass


class _Https(_Watched, HTTPSConnection):
    pass


class _HttpPool(HTTPConnectionPool):
    ConnectionCls = _Http


class _HttpsPool(HTTPSConnectionPool):
    ConnectionCls = _Https


_POOLS = {"http": _HttpPool, "https": _HttpsPool}


class _Adapter(HTTPAdapter):
    """Opens connections that a deadline can watch, also through a proxy."""

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = _POOLS

    def proxy_manager_for(self, *args: Any, **kwargs: Any) -> Any:
        manager = super().proxy_manager_for(*args, **kwargs)
        manager.pool_classes_by_scheme = _POOLS
        return manager


def make_session() -> Any:
    """Return a pooled session with our User-Agent."""
    session = requests.Session()
    session.headers["User-Agent"] = user_agent()
    adapter = _Adapter(pool_connections=4, pool_maxsize=_POOL)
    session.mount("https://", adapter)
    session.mount("http://", adapter)
    return session


def user_agent() -> str:
    """Return the User-Agent that the terms of use require: name, version, and a contact.

    The contact is ``$SOMASCOPE_CONTACT`` (the user's address), or the project's page.
    """
    try:
        version = metadata.version("somascope")
    except metadata.PackageNotFoundError:
        version = "0"
    contact = os.environ.get("SOMASCOPE_CONTACT", "").strip()
    printable = "".join(each for each in contact if each.isascii() and each.isprintable())
    contact = printable or "https://pypi.org/project/somascope/"
    return f"Somascope/{version} (neuron viewer; contact: {contact}) Python/{platform.python_version()}"
