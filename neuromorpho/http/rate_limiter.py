"""One pace for all requests of a process: the archive asks for five a second, whoever asks for them.

Requests are spaced evenly, first come first served, so that a burst of workers is no burst at the server.
"""

from __future__ import annotations

import heapq
import threading
import time
from collections.abc import Callable
from numbers import Real

from neuromorpho.errors import NeuroMorphoCancelled

DEFAULT_PER_SECOND = 5.0


class RateLimiter:
    """Lets requests start at a pace.

    Parameters
    ----------
    per_second
        Requests a second; None for as many as come.
    clock, sleep
        Seconds now, and a wait of some seconds; for tests.

    Raises
    ------
    ValueError
        `per_second` is not positive.
    """

    def __init__(
        self,
        per_second: float | None = DEFAULT_PER_SECOND,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        is_number = isinstance(per_second, Real)
        if per_second is not None and not (is_number and 0 < per_second < float("inf")):
            raise ValueError(
                f"{per_second!r} requests a second are no pace; give a positive number."
            )
        self.per_second = per_second
        self._clock, self._sleep = clock, sleep
        self._lock = threading.Lock()
        self._next = float("-inf")
        self._given_back: list[float] = []

    def wait(self, cancel: threading.Event | None = None) -> None:
        """Return when a request may start; NeuroMorphoCancelled if `cancel` is set before."""
        if self.per_second is None:
            pause(0.0, cancel, self._sleep)
            return
        with self._lock:  # the place in the queue is taken here, the waiting is done outside
            now = self._clock()
            start = self._place(now, 1.0 / self.per_second)
        try:
            pause(start - now, cancel, self._sleep)
        except BaseException:  # whoever comes next has the place of one that left the queue
            with self._lock:
                heapq.heappush(self._given_back, start)
            raise

    def _place(self, now: float, gap: float) -> float:
        """Return when the next request may start: a place given back that is not over, or the last."""
        while self._given_back:
            start = heapq.heappop(self._given_back)
            if start >= now:
                return start
        start = max(now, self._next)
        self._next = start + gap
        return start


def pause(
    seconds: float, cancel: threading.Event | None, sleep: Callable[[float], None] = time.sleep
) -> None:
    """Wait, but not longer than until `cancel` is set, which is a NeuroMorphoCancelled."""
    if cancel is None:
        if seconds > 0:
            sleep(seconds)
    elif cancel.is_set() or (seconds > 0 and cancel.wait(seconds)):
        raise NeuroMorphoCancelled("The request to NeuroMorpho.Org was cancelled.")


SHARED = RateLimiter()
"""The pace that all clients of a process share."""
