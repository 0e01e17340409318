"""`RequestDeadline`: another thread ends a read, when it is cancelled or takes too long.

A thread that waits for the network cannot check an event, and requests has a timeout for silence but none
for the total time. So a second thread watches while a request runs, and shuts the socket down when the
request must end: the blocked read returns at once, and the reading thread closes the connection. Each
connection names its deadline, so that one that went back to the pool is not shut down by an old deadline.
"""

from __future__ import annotations

import socket
import threading
import time
from contextlib import suppress
from typing import Any

_POLL_S = 0.05
_current = threading.local()


class RequestDeadline:
    """Ends what this thread reads inside the `with` block, when it is cancelled or too late.

    Parameters
    ----------
    cancel
        Ends the read when set.
    longest_s
        Seconds until it is too late, counted from `restart`.
    has_sockets
        Whether connections register their sockets (`register_connection`); without, none can be shut down.
    """

    def __init__(
        self, cancel: threading.Event | None, longest_s: float, *, has_sockets: bool = True
    ) -> None:
        self.cancel, self._longest_s, self._has_sockets = cancel, longest_s, has_sockets
        self._end = float("inf")
        self._started = time.monotonic()
        self._ended: float | None = None
        self._done = threading.Event()
        self._lock = threading.Lock()
        self._connection: Any = None
        self._socket: socket.socket | None = None
        self._thread = threading.Thread(
            target=self._watch_for_end, name="neuromorpho-deadline", daemon=True
        )

    def __enter__(self) -> RequestDeadline:
        if self._has_sockets:
            _current.deadline = self
            self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended = time.monotonic()
        if self._has_sockets:
            _current.deadline = None
            self._done.set()
            self._thread.join()
            self._connection = self._socket = None

    def restart(self) -> None:
        """Measure the time from now."""
        self._started = time.monotonic()
        self._end = self._started + self._longest_s

    def allow(self, seconds: float) -> None:
        """Extend the deadline by some seconds."""
        self._end += seconds

    @property
    def seconds(self) -> float:
        """Seconds since `restart`, until now or until the block ended."""
        return (self._ended or time.monotonic()) - self._started

    @property
    def is_late(self) -> bool:
        """Whether the time is over."""
        return time.monotonic() > self._end

    def watch(self, connection: Any) -> None:
        """Watch this connection; it replaces the one watched before."""
        with self._lock:
            connection.deadline = self
            self._connection, self._socket = connection, connection.sock

    def _watch_for_end(self) -> None:
        while not self._done.wait(_POLL_S):
            if self.is_late or (self.cancel is not None and self.cancel.is_set()):
                self._shut()  # repeated: a socket may have been opened since

    def _shut(self) -> None:
        with self._lock:
            if self._socket is not None and self._connection.deadline is self:
                with suppress(OSError):  # already closed
                    self._socket.shutdown(socket.SHUT_RDWR)


def register_connection(connection: Any) -> None:
    """Let this thread's deadline watch a connection, if there is a deadline."""
    deadline: RequestDeadline | None = getattr(_current, "deadline", None)
    if deadline is not None:
        deadline.watch(connection)
