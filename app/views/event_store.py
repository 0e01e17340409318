"""`EventStore`: the events of a raster until now; no Qt."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

MOST_EVENTS = 4_000_000  # older ones are dropped
_PIECE = 8192


class EventStore:
    """Rows and times of events, in the order in which they came.

    Attributes
    ----------
    first_ms, last_ms : float
        Times of the earliest and the latest event, ms; NaN if there is none.
    highest_row : int
        −1 if there is no event.
    is_complete : bool
        Whether no event has been dropped.
    """

    def __init__(self) -> None:
        self.clear()

    def clear(self) -> None:
        """Remove every event."""
        self._rows: list[NDArray[np.int32]] = []
        self._times: list[NDArray[np.float64]] = []
        self._spans: list[tuple[float, float]] = []
        self._n = 0
        self.highest_row = -1
        self.is_complete = True
        self.first_ms = self.last_ms = math.nan

    def __len__(self) -> int:
        return self._n

    def append(self, rows: NDArray[np.int32], times: NDArray[np.float64]) -> None:
        """Add events, shape (n,) each; those whose time is not finite have no place and are left out."""
        is_finite = np.isfinite(times)
        if not is_finite.all():
            rows, times = rows[is_finite], times[is_finite]
        if not len(times):
            return
        span = float(times.min()), float(times.max())
        self._n += len(times)
        self.highest_row = max(self.highest_row, int(rows.max()))
        self.first_ms = float(np.fmin(self.first_ms, span[0]))
        self.last_ms = float(np.fmax(self.last_ms, span[1]))
        if self._rows and len(self._rows[-1]) + len(rows) <= _PIECE:
            rows = np.concatenate([self._rows.pop(), rows])
            times = np.concatenate([self._times.pop(), times])
            low, high = self._spans.pop()
            span = min(low, span[0]), max(high, span[1])
        self._rows.append(np.asarray(rows, np.int32))
        self._times.append(np.asarray(times, np.float64))
        self._spans.append(span)
        while self._n > MOST_EVENTS and len(self._rows) > 1:
            self._n -= len(self._rows.pop(0))
            self.is_complete = False
            del self._times[0], self._spans[0]
            self.first_ms = min(low for low, _ in self._spans)

    def within(
        self, start_ms: float, end_ms: float
    ) -> tuple[NDArray[np.int32], NDArray[np.float64]]:
        """Return rows and times (ms) of the events from `start_ms` to `end_ms`, and perhaps some just outside."""
        pieces = [
            i for i, (low, high) in enumerate(self._spans) if low <= end_ms and high >= start_ms
        ]
        if not pieces:
            return np.empty(0, np.int32), np.empty(0)
        rows = np.concatenate([self._rows[i] for i in pieces])
        return rows, np.concatenate([self._times[i] for i in pieces])

    def all(self) -> tuple[NDArray[np.int32], NDArray[np.float64]]:
        """Return rows and times (ms) of all events."""
        return self.within(-math.inf, math.inf)
