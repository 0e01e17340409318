"""Recorded requests: when, with which headers, how often in a second and how many at once."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from urllib.parse import parse_qs, unquote, urlsplit


@dataclass(frozen=True)
class Seen:
    """One request.

    Attributes
    ----------
    path : str
        Percent-encoding undone.
    query : dict of str to list of str
        Parameters.
    headers : Mapping
        By their names in lower case.
    time : float
        Seconds on `time.monotonic` when it was read.
    target : str
        The request line's, as sent.
    """

    method: str
    path: str
    query: dict[str, list[str]]
    headers: Mapping[str, str]
    time: float
    target: str

    @classmethod
    def of(cls, method: str, target: str, headers: Mapping[str, str]) -> Seen:
        """Return a request as it is noted now."""
        parts = urlsplit(target)
        query = parse_qs(parts.query, keep_blank_values=True)
        return cls(method, unquote(parts.path), query, headers, time.monotonic(), target)


class Journal:
    """All requests since the last reset, safe to read while they come."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.reset()

    def reset(self) -> None:
        """Forget everything but the requests that are being answered."""
        with self._lock:
            self._seen: list[Seen] = []
            self._in_flight = getattr(self, "_in_flight", 0)
            self._max_in_flight = self._in_flight

    def begin(self, seen: Seen) -> None:
        """Note a request."""
        with self._lock:
            self._seen.append(seen)
            self._in_flight += 1
            self._max_in_flight = max(self._max_in_flight, self._in_flight)

    def end(self) -> None:
        """Note that a request has its answer."""
        with self._lock:
            self._in_flight -= 1

    @property
    def seen(self) -> list[Seen]:
        """A copy of what was noted."""
        with self._lock:
            return list(self._seen)

    @property
    def max_in_flight(self) -> int:
        """How many requests were being answered at the same time at most."""
        with self._lock:
            return self._max_in_flight

    def count(self, pattern: str = "") -> int:
        """Return how many requests had a path with this in it, or like it if it holds a wildcard."""
        if not set("*?[") & set(pattern):
            return sum(pattern in seen.path for seen in self.seen)
        return sum(fnmatchcase(seen.path, pattern) for seen in self.seen)

    def peak_per_second(self) -> int:
        """Return the most requests that came within any one second."""
        window: deque[float] = deque()
        peak = 0
        for moment in sorted(seen.time for seen in self.seen):
            window.append(moment)
            while moment - window[0] >= 1.0:
                window.popleft()
            peak = max(peak, len(window))
        return peak
