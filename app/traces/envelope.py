"""`TraceBuffer`: the samples of one trace, and the few points that draw any part of it; no Qt.

A line of a million samples over a thousand pixels looks, in every column of pixels, like a stroke from the
column's least to its greatest value. So it is enough to know minima and maxima of *buckets* about as wide as a
pixel. They form a pyramid: a bucket of level k has ``FANOUT**k`` samples and is made from FANOUT buckets of the
level below, when it is first drawn. New samples change only the buckets that they belong to. Buckets are counted
from the first sample and not from the left edge of the window, so that a rolling plot does not flicker.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

FANOUT = 4
_FIRST_CAPACITY = 1024

FloatArray = NDArray[np.floating[Any]]
TimesArray = NDArray[np.float64]


class TraceBuffer:
    """The samples of one trace, up to a maximum.

    Parameters
    ----------
    max_samples : int
        When there would be more, the oldest quarter is dropped at once; `dropped` counts them.
    """

    def __init__(self, max_samples: int = 2_000_000) -> None:
        if max_samples < FANOUT:
            raise ValueError(f"max_samples must be at least {FANOUT}, not {max_samples}")
        self.max_samples = max_samples
        self.dropped = 0
        self._n = 0
        self._times = np.empty(0, np.float64)
        self._values: FloatArray = np.empty(0, np.float32)
        self._levels: list[_Level] = []

    def __len__(self) -> int:
        return self._n

    @property
    def times(self) -> TimesArray:
        """Times of the samples, ms, shape (n,); a read-only view."""
        return _read_only(self._times[: self._n])

    @property
    def values(self) -> FloatArray:
        """Values of the samples, shape (n,); a read-only view. NaN where a value was not finite."""
        return _read_only(self._values[: self._n])

    @property
    def first_time(self) -> float:
        """Time of the oldest sample, ms; NaN if empty."""
        return float(self._times[0]) if self._n else float("nan")

    @property
    def last_time(self) -> float:
        """Time of the newest sample, ms; NaN if empty."""
        return float(self._times[self._n - 1]) if self._n else float("nan")

    @property
    def last_value(self) -> float:
        """The newest value; NaN if empty."""
        return float(self._values[self._n - 1]) if self._n else float("nan")

    def clear(self) -> None:
        """Remove every sample and free the memory."""
        self.__init__(self.max_samples)  # type: ignore[misc]

    def append(self, times: ArrayLike, values: ArrayLike) -> None:
        """Add samples; those that begin before the newest replace what is there at or after their first time.

        Parameters
        ----------
        times : array_like, shape (n,)
            ms, not decreasing: a time occurs twice where a value jumps.
        values : array_like, shape (n,)
            float32 and float64 are stored as they are; infinities become NaN.

        Raises
        ------
        ValueError
            If the shapes differ or the times decrease.
        """
        self.extend(*checked_samples(times, values))

    def extend(self, new_times: TimesArray, new_values: FloatArray) -> None:
        """Add samples as `append` does, which `checked_samples` has returned."""
        if not len(new_times):
            return
        if self._n and new_times[0] < self._times[self._n - 1]:
            self._truncate(int(np.searchsorted(self._times[: self._n], new_times[0])))
        surplus = len(new_times) - self.max_samples
        if surplus > 0:
            new_times, new_values = new_times[surplus:], new_values[surplus:]
            self.dropped += surplus + self._n
            self._truncate(0)
        self._reserve(len(new_times), new_values.dtype)
        end = self._n + len(new_times)
        self._times[self._n : end] = new_times
        self._values[self._n : end] = new_values
        self._n = end

    def limit(self, max_samples: int) -> None:
        """Change the maximum; the oldest samples beyond it are dropped now."""
        self.max_samples = max(int(max_samples), FANOUT)
        if self._n > self.max_samples:
            self._drop_oldest(self._n - self.max_samples)

    def value_at(self, time_ms: float) -> float:
        """Return the value of the sample nearest to `time_ms`; NaN outside the trace or in a gap.

        "Outside" is more than one sample interval before the first or after the last sample.
        """
        n = self._n
        if not n or not np.isfinite(time_ms):
            return float("nan")
        right = int(np.searchsorted(self._times[:n], time_ms))
        around = [i for i in (right - 1, right) if 0 <= i < n]
        nearest = min(around, key=lambda i: abs(self._times[i] - time_ms))
        reach = self._times[n - 1] - self._times[n - 2] if n > 1 else 0.0
        if len(around) == 1 and abs(self._times[nearest] - time_ms) > reach:
            return float("nan")
        return float(self._values[nearest])

    def window(
        self, start_ms: float, stop_ms: float, width_px: int
    ) -> tuple[TimesArray, FloatArray]:
        """Return the points of a line that looks like all the samples in a window.

        Parameters
        ----------
        start_ms, stop_ms : float
            The window; one sample beyond either edge is included, so that lines run off the picture.
        width_px : int
            Columns of pixels that the window spans.

        Returns
        -------
        times, values : ndarray, shape (m,)
            The raw samples where there are at most two a column, else two points (least and
            greatest value, in the order of the trend) for each group of buckets, which is 1 to 1¼
            columns wide; m ≤ 2 `width_px` + 4. NaN is a gap.
        """
        width_px = max(int(width_px), 1)
        start = int(np.searchsorted(self._times[: self._n], start_ms)) - 1
        stop = int(np.searchsorted(self._times[: self._n], stop_ms, side="right")) + 1
        start, stop = max(start, 0), min(stop, self._n)
        if stop - start <= 2 * width_px:
            return self._times[start:stop].copy(), self._values[start:stop].copy()
        return self._envelope(start, stop, width_px)

    def _envelope(self, start: int, stop: int, width_px: int) -> tuple[TimesArray, FloatArray]:
        level, per_bucket = 0, 1
        while (stop - start) // (per_bucket * FANOUT) >= FANOUT * width_px:
            level, per_bucket = level + 1, per_bucket * FANOUT
        group = -(-(stop - start) // (per_bucket * width_px))
        span = per_bucket * group
        lows, highs = self._extremes(level)
        first = start // span
        last = -(-stop // span)
        edges = np.arange(first, last) * group
        low = np.fmin.reduceat(lows[: last * group], edges)
        high = np.fmax.reduceat(highs[: last * group], edges)
        begins = edges * per_bucket
        ends = np.minimum(begins + span, self._n) - 1
        falls = self._values[begins] > self._values[ends]
        times = np.empty(2 * len(edges), np.float64)
        values = np.empty(2 * len(edges), self._values.dtype)
        times[0::2], times[1::2] = self._times[begins], self._times[ends]
        values[0::2] = np.where(falls, high, low)
        values[1::2] = np.where(falls, low, high)
        return times, values

    def _extremes(self, level: int) -> tuple[FloatArray, FloatArray]:
        """Return minima and maxima of all buckets of a level, brought up to date."""
        lows = highs = self._values[: self._n]
        for depth in range(level):
            if depth == len(self._levels):
                self._levels.append(_Level(FANOUT ** (depth + 1), self._values.dtype))
            lows, highs = self._levels[depth].update(lows, highs, self._n)
        return lows, highs

    def _reserve(self, extra: int, dtype: np.dtype[Any]) -> None:
        if self._n + extra > self.max_samples:
            wanted = self._n + extra - self.max_samples
            self._drop_oldest(min(self._n, max(wanted, self.max_samples // 4)))
        if dtype.itemsize > self._values.dtype.itemsize or not len(self._values):
            # Only what was written: memory beyond it may hold anything, which must not be converted.
            wider = np.empty(len(self._values), dtype)
            wider[: self._n] = self._values[: self._n]
            self._values = wider
            self._levels = []
        needed = self._n + extra
        if needed > len(self._times):
            capacity = min(max(2 * len(self._times), needed, _FIRST_CAPACITY), self.max_samples)
            self._times = _enlarged(self._times, capacity, self._n)
            self._values = _enlarged(self._values, capacity, self._n)

    def _drop_oldest(self, count: int) -> None:
        n_left = self._n - count
        self._times[:n_left] = self._times[count : self._n].copy()
        self._values[:n_left] = self._values[count : self._n].copy()
        self._n = n_left
        self.dropped += count
        self._levels = []

    def _truncate(self, n: int) -> None:
        self._n = n
        for level in self._levels:
            level.truncate(n)


class _Level:
    """Minima and maxima of buckets of `span` samples; the last bucket may be incomplete."""

    def __init__(self, span: int, dtype: np.dtype[Any]) -> None:
        self._span = span
        self._low: FloatArray = np.empty(0, dtype)
        self._high: FloatArray = np.empty(0, dtype)
        self._n_seen = 0

    def truncate(self, n_samples: int) -> None:
        self._n_seen = min(self._n_seen, n_samples)

    def update(
        self, lows: FloatArray, highs: FloatArray, n_samples: int
    ) -> tuple[FloatArray, FloatArray]:
        """Add what the level below gained since the last call; return all buckets."""
        count = -(-n_samples // self._span)
        if self._n_seen < n_samples:
            first = self._n_seen // self._span
            if count > len(self._low):
                self._low = _enlarged(self._low, max(2 * count, 64), first)
                self._high = _enlarged(self._high, max(2 * count, 64), first)
            edges = np.arange(0, len(lows) - first * FANOUT, FANOUT)
            self._low[first:count] = np.fmin.reduceat(lows[first * FANOUT :], edges)
            self._high[first:count] = np.fmax.reduceat(highs[first * FANOUT :], edges)
            self._n_seen = n_samples
        return self._low[:count], self._high[:count]


def _enlarged(array: NDArray[Any], capacity: int, used: int) -> NDArray[Any]:
    enlarged = np.empty(capacity, array.dtype)
    enlarged[:used] = array[:used]
    return enlarged


def checked_samples(times: ArrayLike, values: ArrayLike) -> tuple[TimesArray, FloatArray]:
    """Return times and values as arrays, with NaN in place of infinities.

    Parameters
    ----------
    times : array_like, shape (n,)
        ms.
    values : array_like, shape (n,) or (n_rows, n)
        float32 and float64 stay as they are.

    Raises
    ------
    ValueError
        If the shapes differ or the times decrease.
    """
    new_times, new_values = np.asarray(times, dtype=np.float64), np.asarray(values)
    if new_values.dtype not in (np.float32, np.float64):
        new_values = new_values.astype(np.float64)
    if new_times.ndim != 1 or new_times.shape != new_values.shape[-1:]:
        raise ValueError(
            f"times and values must have one shape (n,), not {new_times.shape} and {new_values.shape}"
        )
    if not np.isfinite(new_times).all() or not (new_times[1:] >= new_times[:-1]).all():
        raise ValueError("times must be finite and must not decrease")
    finite = np.isfinite(new_values)
    if not finite.all():
        new_values = np.where(finite, new_values, new_values.dtype.type(np.nan))
    return new_times, new_values


def _read_only(array: NDArray[Any]) -> NDArray[Any]:
    view = array.view()
    view.flags.writeable = False
    return view
