"""`RateLimiter`: one pace for all requests of a process, since the archive allows five a second.

Requests are evenly spaced in the order in which they come, so that several workers do not send bursts.
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
    """Lets requests start at an even pace.

    Parameters
    ----------
    per_second
        Requests a second; None for no limit.
    clock, sleep
        Return the time in s, and wait some seconds; for tests.

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
            raise ValueError(f"per_second is {per_second!r}; give a positive number.")
        self.per_second = per_second
        self._clock, self._sleep = clock, sleep
        self._lock = threading.Lock()
        self._next = float("-inf")
        self._returned_starts: list[float] = []

    def wait(self, cancel: threading.Event | None = None) -> None:
        """Return when a request may start; NeuroMorphoCancelled if `cancel` is set before."""
        if self.per_second is None:
            pause(0.0, cancel, self._sleep)
            return
        with self._lock:  # reserve the start here, wait outside the lock
            now = self._clock()
            start = self._reserve_start(now, 1.0 / self.per_second)
        try:
            pause(start - now, cancel, self._sleep)
        except BaseException:  # a cancelled request returns its start to the next one
            with self._lock:
                heapq.heappush(self._returned_starts, start)
            raise

    def _reserve_start(self, now: float, gap: float) -> float:
        """Return when the next request may start: a returned start in the future, or after the last."""
        while self._returned_starts:
            start = heapq.heappop(self._returned_starts)
            if start >= now:
                return start
        start = max(now, self._next)
        self._next = start + gap
        return start


def pause(
    seconds: float, cancel: threading.Event | None, sleep: Callable[[float], None] = time.sleep
) -> None:
    """Wait some seconds; raise NeuroMorphoCancelled as soon as `cancel` is set."""
    if cancel is None:
        if seconds > 0:
            sleep(seconds)
    elif cancel.is_set() or (seconds > 0 and cancel.wait(seconds)):
        raise NeuroMorphoCancelled("The request to NeuroMorpho.Org was cancelled.")


SHARED_LIMITER = RateLimiter()
"""The pace that all clients of a process share."""
