"""`LinkedEvent`: one cancel event out of several, the caller's, the client's and the job's own."""

from __future__ import annotations

import threading
import time

_POLL_S = 0.05


class LinkedEvent(threading.Event):
    """Is set when it or any of `others` is set; setting it sets none of them.

    Parameters
    ----------
    others
        The other events; None is ignored.
    """

    def __init__(self, *others: threading.Event | None) -> None:
        super().__init__()
        self._others = tuple(each for each in others if each is not None)

    def is_set(self) -> bool:
        """Return whether any of them is set."""
        return super().is_set() or any(each.is_set() for each in self._others)

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until any of them is set, `timeout` seconds at most; return whether one is."""
        if not self._others:
            return super().wait(timeout)
        end = None if timeout is None else time.monotonic() + timeout
        while not self.is_set():
            left = _POLL_S if end is None else min(_POLL_S, end - time.monotonic())
            if left <= 0:
                break
            super().wait(left)
        return self.is_set()
