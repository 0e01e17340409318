"""`ElapsedLine`: what is being done before a run, and for how many seconds, on one line of a terminal."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from types import TracebackType

from backends.messages import SessionUpdate, Status

_TICK_S = 0.5


class ElapsedLine:
    """Shows each `Status` it hears, and how long its phase has lasted, from a thread of its own.

    Whoever builds a model is busy and says nothing for seconds; the thread counts them meanwhile.

    Parameters
    ----------
    show : callable
        Shows a text in place of the one before.
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
        """Take in what the session does now."""
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
