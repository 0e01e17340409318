"""`ElapsedLine`: shows on one line of a terminal what is being built, and for how many seconds."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from types import TracebackType

from backends.messages import SessionUpdate, Status

_TICK_S = 0.5


class ElapsedLine:
    """Shows each `Status` that it is given, and how long the phase has lasted.

    A thread counts the seconds, since building a model may report nothing for a long time.

    Parameters
    ----------
    show : callable
        Shows a text instead of the previous one.
    """

    def __init__(self, show: Callable[[str], object]) -> None:
        self._show = show
        self._lock = threading.Lock()  # of the line, which two threads write
        self._status: Status | None = None
        self._since = time.monotonic()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._tick, name="somascope-elapsed", daemon=True)

    def __enter__(self) -> ElapsedLine:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._ended.set()
        self._thread.join()

    def on_update(self, update: SessionUpdate) -> None:
        """Show the session's current status; other updates are ignored."""
        if not isinstance(update, Status):
            return
        with self._lock:
            if self._status is None or self._status.phase != update.phase:
                self._since = time.monotonic()
            self._status = update
            self._show_line()

    def _tick(self) -> None:
        while not self._ended.wait(_TICK_S):
            with self._lock:
                self._show_line()

    def _show_line(self) -> None:
        status, seconds = self._status, int(time.monotonic() - self._since)
        if status is None:
            return
        text = status.message or str(status.phase)
        if status.progress is not None:
            text += f" {100 * status.progress:.0f} %"
        self._show(f"{text} … {seconds} s" if seconds else f"{text} …")
