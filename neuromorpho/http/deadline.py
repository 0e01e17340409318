"""Reads that another thread can end: at a cancel, or when an answer takes for ever.

Theory. A thread that waits for the network cannot look at an event, and requests knows a most of silence
but no most of time. So one more thread looks while a request is under way, and shuts the socket when it
must end: the waiting read returns at once, the connection is closed by whoever reads, nothing is
abandoned. A connection says whose it is, so that one that went back to the pool is never shut for
another's sake.
"""

from __future__ import annotations

import socket
import threading
import time
from contextlib import suppress
from types import TracebackType
from typing import Any

_LOOK_EVERY_S = 0.05
_here = threading.local()


class RequestDeadline:
    """Ends what this thread reads inside its block, once cancelled or too late.

    Parameters
    ----------
    cancel
        Ends it when set.
    longest_s
        Seconds until it is too late, counted from `restart`.
    has_sockets
        Whether connections will tell their sockets (`attend`); without, there is nothing to shut.
    """

    def __init__(
        self, cancel: threading.Event | None, longest_s: float, *, has_sockets: bool = True
    ) -> None:
        self._cancel, self._longest_s, self._has_sockets = cancel, longest_s, has_sockets
        self._end = float("inf")
        self._begun = time.monotonic()
        self._over: float | None = None
        self._done = threading.Event()
        self._lock = threading.Lock()
        self._connection: Any = None
        self._socket: socket.socket | None = None
        self._thread = threading.Thread(target=self._look, name="neuromorpho-watch", daemon=True)

    def __enter__(self) -> RequestDeadline:
        if self._has_sockets:
            _here.watch = self
            self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._over = time.monotonic()
        if self._has_sockets:
            _here.watch = None
            self._done.set()
            self._thread.join()
            self._connection = self._socket = None

    def restart(self) -> None:
        """Count the time from now."""
        self._begun = time.monotonic()
        self._end = self._begun + self._longest_s

    def allow(self, seconds: float) -> None:
        """Give it more time."""
        self._end += seconds

    @property
    def seconds(self) -> float:
        """How long it is that `restart` was called, or was when the block ended."""
        return (self._over or time.monotonic()) - self._begun

    @property
    def is_late(self) -> bool:
        """Whether its time is over."""
        return time.monotonic() > self._end

    def take(self, connection: Any) -> None:
        """Watch a connection, instead of another that was watched before."""
        with self._lock:
            connection.watch = self
            self._connection, self._socket = connection, connection.sock

    def _look(self) -> None:
        while not self._done.wait(_LOOK_EVERY_S):
            if self.is_late or (self._cancel is not None and self._cancel.is_set()):
                self._shut()  # and again: a socket may only just have been opened

    def _shut(self) -> None:
        with self._lock:
            if self._socket is not None and self._connection.watch is self:
                with suppress(OSError):  # it is closed already
                    self._socket.shutdown(socket.SHUT_RDWR)


def register_connection(connection: Any) -> None:
    """Have a connection watched by the watch of this thread, if there is one."""
    watch: RequestDeadline | None = getattr(_here, "watch", None)
    if watch is not None:
        watch.take(connection)
