"""Samples of segments over time, in bounded memory.

In FULL mode every segment's display variable is stored at display_dt in a ring of float32
blocks. Blocks are allocated as they fill and, at the limit, the oldest is used again, so a ring
that is never filled costs only what it contains, and writing a sample never copies what is there. A
click then finds all samples of any segment. In ON_DEMAND mode only chosen segments are sampled,
from then on, each bounded to `max_samples`.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from backends.errors import ProtocolError

Samples = tuple[NDArray[np.float64], NDArray[np.float32]]

_BLOCK_BYTES = 1 << 20
_FEWEST_ROWS, _MOST_ROWS = 16, 8192


class HistoryCaptureMode(StrEnum):
    """Whose samples are stored: the chosen segments' from then on, or every segment's."""

    ON_DEMAND = "on_demand"
    FULL = "full"

    @classmethod
    def _missing_(cls, value: object) -> None:
        known = " or ".join(repr(str(each)) for each in cls)
        raise ProtocolError(
            f"history_capture_mode must be {known}, not {value!r}.", code="unknown-mode"
        )


class SampleRing:
    """Samples of `n_columns` values each, the newest within `byte_limit`.

    Attributes
    ----------
    wrapped : bool
        Whether the oldest samples have been overwritten.
    """

    def __init__(self, n_columns: int, byte_limit: int) -> None:
        row_bytes = 4 * max(n_columns, 1) + 8
        rows = min(_MOST_ROWS, max(_FEWEST_ROWS, _BLOCK_BYTES // row_bytes))
        self._rows = max(1, min(rows, byte_limit // (2 * row_bytes)))
        self._most_blocks = max(2, byte_limit // (self._rows * row_bytes))
        self._n_columns = n_columns
        self._blocks: deque[Samples] = deque()
        self._used = self._rows
        self._overflow: Samples | None = None
        self.wrapped = False

    def __len__(self) -> int:
        return max(0, len(self._blocks) - 1) * self._rows + (self._used if self._blocks else 0)

    @property
    def nbytes(self) -> int:
        """Bytes allocated."""
        return sum(times.nbytes + values.nbytes for times, values in self._blocks)

    @property
    def begins_ms(self) -> float:
        """Time of the oldest sample, ms; NaN when empty."""
        return float(self._blocks[0][0][0]) if len(self) else float("nan")

    def clear(self) -> None:
        """Remove every sample and free the memory."""
        self._blocks.clear()
        self._overflow = None
        self._used = self._rows
        self.wrapped = False

    def reserve(self, n: int) -> Samples:
        """Return room for 1 … n samples: times (k,) in ms, values (k, n_columns), to be written."""
        if self._used == self._rows:
            self._next_block()
        end = self._used + n
        if end > self._rows:  # apart, so that a batch is not cut in two where a block ends
            n = min(n, self._rows)
            self._overflow = np.empty(n), np.empty((n, self._n_columns), np.float32)
            return self._overflow
        self._overflow = None
        times, values = self._blocks[-1]
        return times[self._used : end], values[self._used : end]

    def commit(self, n: int) -> None:
        """Store the first `n` samples of what was reserved."""
        lent, self._overflow = self._overflow, None
        if lent is None:
            self._used += n
            return
        start = 0
        while start < n:
            if self._used == self._rows:
                self._next_block()
            end = min(n, start + self._rows - self._used)
            times, values = self._blocks[-1]
            until = self._used + end - start
            times[self._used : until] = lent[0][start:end]
            values[self._used : until] = lent[1][start:end]
            self._used, start = until, end

    def _next_block(self) -> None:
        if len(self._blocks) >= self._most_blocks:
            self._blocks.append(self._blocks.popleft())
            self.wrapped = True
        else:
            shape = (self._rows, self._n_columns)
            self._blocks.append((np.empty(self._rows), np.empty(shape, np.float32)))
        self._used = 0

    def column(self, index: int) -> Samples:
        """Return a copy of all samples of one column: times (n,) in ms, values (n,), oldest first."""
        if not self._blocks:
            return np.empty(0), np.empty(0, np.float32)
        pairs = list(zip(self._blocks, self._counts(), strict=True))
        times = np.concatenate([times[:n] for (times, _), n in pairs])
        values = np.concatenate([values[:n, index] for (_, values), n in pairs])
        return times, values

    def first_nonfinite(self, present: NDArray[np.bool_]) -> tuple[float, int] | None:
        """Return time (ms) and column of the oldest value that is not finite among `present`."""
        for (times, values), n in zip(self._blocks, self._counts(), strict=True):
            bad = ~np.isfinite(values[:n]) & present
            rows = np.flatnonzero(bad.any(axis=1))
            if len(rows):
                return float(times[rows[0]]), int(np.argmax(bad[rows[0]]))
        return None

    def _counts(self) -> list[int]:
        """Return the samples in each block."""
        return [self._rows] * (len(self._blocks) - 1) + [self._used] if self._blocks else []


class TraceHistory:
    """The chosen segments' samples, and in FULL mode every segment's.

    Parameters
    ----------
    n_segments : int
    mode : HistoryCaptureMode
    max_samples : int
        Bound of each chosen segment's window in ON_DEMAND mode.
    byte_limit : int
        Bound of the ring in FULL mode.
    """

    def __init__(
        self, n_segments: int, mode: HistoryCaptureMode, max_samples: int, byte_limit: int
    ) -> None:
        self.mode = mode
        self._n_segments = n_segments
        self._max_samples = max_samples
        self._ring = SampleRing(n_segments, byte_limit)
        self._windows: dict[int, SampleRing] = {}
        self._pending: Samples | None = None
        self._new_samples: list[Samples] = []
        self._also: tuple[int, ...] = ()
        self._also_sampled: list[Samples] = []

    def also_sample(self, segments: Sequence[int]) -> None:
        """Sample further segments, which are not chosen: for `drain_also_sampled`."""
        self._also = tuple(segments)

    @property
    def captured(self) -> tuple[int, ...]:
        """The chosen segments, in the order of choice."""
        return tuple(self._windows)

    @property
    def watched(self) -> Sequence[int] | None:
        """The segments to be sampled; None means all of them."""
        return None if self.mode is HistoryCaptureMode.FULL else (*self.captured, *self._also)

    @property
    def is_active(self) -> bool:
        """Whether anything is to be sampled at all."""
        if not self._n_segments:
            return False
        return self.mode is HistoryCaptureMode.FULL or bool(self._windows) or bool(self._also)

    @property
    def nbytes(self) -> int:
        """Bytes allocated."""
        return self._ring.nbytes + sum(each.nbytes for each in self._windows.values())

    def clear(self) -> None:
        """Remove every sample; the chosen segments stay chosen."""
        self._ring.clear()
        self._new_samples.clear()
        self._also_sampled.clear()
        for window in self._windows.values():
            window.clear()

    def reserve(self, n: int) -> Samples:
        """Return room for 1 … n samples of the watched segments: times (k,), values (k, n_watched)."""
        if self.mode is HistoryCaptureMode.FULL:
            self._pending = self._ring.reserve(n)
        else:
            width = len(self._windows) + len(self._also)
            self._pending = np.empty(n), np.empty((n, width), np.float32)
        return self._pending

    def commit(self, n: int) -> None:
        """Store the first `n` samples that were written to the room last reserved."""
        if self._pending is None:
            return
        times, values = self._pending[0][:n], self._pending[1][:n]
        self._pending = None
        if self.mode is HistoryCaptureMode.FULL:
            self._ring.commit(n)
            if self._windows:
                self._new_samples.append((times.copy(), values[:, self.captured]))
            if self._also:
                self._also_sampled.append((times.copy(), values[:, self._also]))
            return
        if self._also:
            self._also_sampled.append((times, values[:, len(self._windows) :]))
            values = values[:, : len(self._windows)]
        self._new_samples.append((times, values))
        for column, window in enumerate(self._windows.values()):
            _append(window, times, values[:, column])

    def store(self, times: NDArray[np.float64], values: NDArray[np.float32]) -> None:
        """Store samples of the watched segments: times (n,) in ms, values (n, n_watched)."""
        start = 0
        while start < len(times):
            room_times, room_values = self.reserve(len(times) - start)
            end = start + len(room_times)
            room_times[:], room_values[:] = times[start:end], values[start:end]
            self.commit(len(room_times))
            start = end

    def drain(self) -> Samples | None:
        """Return and remove the chosen segments' samples since the last call.

        Returns
        -------
        (times, values) or None
            Shapes (n_samples,) in ms and (n_captured, n_samples); None when there are none.
        """
        fresh, self._new_samples = self._new_samples, []
        if not fresh or not self._windows:
            return None
        times = np.concatenate([times for times, _ in fresh])
        return times, np.ascontiguousarray(np.concatenate([values for _, values in fresh]).T)

    def drain_also_sampled(self) -> Samples:
        """Return and remove the samples of `also_sample`: times (n,) in ms, values (n, n_segments)."""
        fresh, self._also_sampled = self._also_sampled, []
        if not fresh:
            return np.empty(0), np.empty((0, len(self._also)), np.float32)
        return np.concatenate([t for t, _ in fresh]), np.concatenate([v for _, v in fresh])

    def capture(self, segment: int, time_ms: float, value: float) -> None:
        """Choose a segment whose value at `time_ms` is `value`. `drain` must have been called."""
        if segment in self._windows:
            return
        # Twice the bound, since a ring gives up half of itself at once.
        window = SampleRing(1, 2 * self._max_samples * 12)
        self._windows[segment] = window
        if self.mode is HistoryCaptureMode.ON_DEMAND:
            _append(window, np.array([time_ms]), np.array([value], np.float32))

    def release(self, segment: int) -> None:
        """Stop sampling a chosen segment and remove its samples."""
        self._windows.pop(segment, None)

    def samples_of(self, segment: int) -> Samples:
        """Return the stored samples of a segment: times (n,) in ms and values (n,), oldest first."""
        if self.mode is HistoryCaptureMode.FULL:
            return self._ring.column(segment)
        times, values = self._windows[segment].column(0)
        return times[-self._max_samples :], values[-self._max_samples :]

    def first_nonfinite(self, present: NDArray[np.bool_]) -> tuple[float, int] | None:
        """Return time (ms) and segment of the first stored value that is not finite, in FULL mode."""
        return self._ring.first_nonfinite(present) if len(self._ring) else None

    def note(self, segment: int, initial_ms: float = 0.0) -> str:
        """Return what the reader should know of a segment's samples, or an empty string."""
        times, _ = self.samples_of(segment)
        if len(times) and times[0] > initial_ms + 1e-9:
            return f"history begins at {times[0]:.4g} ms"
        return ""


def _append(ring: SampleRing, times: NDArray[np.float64], values: NDArray[np.float32]) -> None:
    start = 0
    while start < len(times):
        room_times, room_values = ring.reserve(len(times) - start)
        end = start + len(room_times)
        room_times[:] = times[start:end]
        room_values[:, 0] = values[start:end]
        ring.commit(len(room_times))
        start = end
