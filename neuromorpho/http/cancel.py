"""One sign to stop out of several: the caller's, the client's, and the work's own."""

from __future__ import annotations

import threading
import time

_LOOK_EVERY_S = 0.05


class LinkedEvent(threading.Event):
    """Is set once it or any of `others` is; setting it sets none of them.

    Parameters
    ----------
    others
        Events of whoever may cancel; None for nobody.
    """

    def __init__(self, *others: threading.Event | None) -> None:
        super().__init__()
        self._others = tuple(each for each in others if each is not None)

    def is_set(self) -> bool:
        """Return whether anybody cancelled."""
        return super().is_set() or any(each.is_set() for each in self._others)

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until somebody cancels, `timeout` seconds at most; return whether anybody did."""
        if not self._others:
            return super().wait(timeout)
        end = None if timeout is None else time.monotonic() + timeout
        while not self.is_set():
            left = _LOOK_EVERY_S if end is None else min(_LOOK_EVERY_S, end - time.monotonic())
            if left <= 0:
                break
            super().wait(left)
        return self.is_set()
