"""Differences between two runs of one cell: of voltage, and of spike times.

Where a spike rises by 200 mV in a millisecond, two runs that differ by 5 µs in time differ by 1 mV in
voltage. So the largest difference is given twice: over all samples, and away from upstrokes, where it
is a difference of voltage and not of timing. A difference of timing is given in ms, between the times
at which the upstrokes cross a threshold, interpolated linearly between samples. Spikes of the two runs
are a pair where each is the other's nearest; a spike without such a partner exists on one side only.

Voltages are stored as float32, so differences below 10⁻⁵ mV are rounding. Long arrays are processed in
blocks of segments, so that no third copy of them is made.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
Samples = NDArray[np.float32]

SPIKE_THRESHOLD_MV = 0.0
UPSTROKE_MARGIN_MS = 1.0
_BLOCK_VALUES = 1 << 22


class MaxDifference(NamedTuple):
    """The sample where two runs are furthest apart.

    Attributes
    ----------
    segment, sample : int
    value : float
        Left minus right there, mV.
    """

    segment: int
    sample: int
    value: float


@dataclass(frozen=True, eq=False)
class Spikes:
    """The upstrokes of one segment on either side.

    Attributes
    ----------
    left, right : ndarray, shapes (n_left,) and (n_right,)
        Times at which the voltage rises through the threshold, ms.
    """

    left: FloatArray
    right: FloatArray

    @property
    def pairs(self) -> FloatArray:
        """The times of spikes that are pairs, shape (n_pairs, 2): left, right; ms."""
        if not (len(self.left) and len(self.right)):
            return np.empty((0, 2))
        apart = np.abs(self.left[:, None] - self.right)
        to_right, to_left = apart.argmin(axis=1), apart.argmin(axis=0)
        mutual = to_left[to_right] == np.arange(len(self.left))
        return np.column_stack([self.left[mutual], self.right[to_right[mutual]]])

    @property
    def differences(self) -> FloatArray:
        """Left minus right of each pair, ms, shape (n_pairs,)."""
        pairs = self.pairs
        difference: FloatArray = pairs[:, 0] - pairs[:, 1]
        return difference

    @property
    def largest_difference(self) -> float:
        """The difference of largest size, ms, with its sign; NaN where there is no pair."""
        differences = self.differences
        return float(differences[np.abs(differences).argmax()]) if len(differences) else np.nan

    @property
    def unpaired(self) -> tuple[int, int]:
        """How many spikes exist on the left only, and on the right only."""
        n_pairs = len(self.pairs)
        return len(self.left) - n_pairs, len(self.right) - n_pairs


def upstrokes(
    times: FloatArray, trace: NDArray[np.floating], threshold_mv: float = SPIKE_THRESHOLD_MV
) -> FloatArray:
    """Return when `trace` (n,) mV over `times` (n,) ms rises to the threshold, ms, interpolated."""
    values: FloatArray = np.asarray(trace, np.float64)
    before = np.flatnonzero((values[:-1] < threshold_mv) & (values[1:] >= threshold_mv))
    return _crossings(times, values[before], values[before + 1], before, threshold_mv)


def worst(left: Samples, right: Samples) -> MaxDifference:
    """Return where ``left - right``, both (n, n_segments) mV, is largest in size."""
    return _largest(left, right, None)


def worst_away_from_upstrokes(
    times: FloatArray,
    left: Samples,
    right: Samples,
    *,
    threshold_mv: float = SPIKE_THRESHOLD_MV,
    margin_ms: float = UPSTROKE_MARGIN_MS,
) -> MaxDifference:
    """Return what `worst` does, without samples within `margin_ms` of an upstroke in their segment.

    An upstroke on either side counts. The value is NaN where no sample is left.
    """
    return _largest(left, right, (times, threshold_mv, margin_ms))


def max_by_segment(left: Samples, right: Samples) -> FloatArray:
    """Return the largest size of ``left - right`` in each segment, mV, shape (n_segments,)."""
    found = np.zeros(left.shape[1])
    for block in _blocks(left.shape):
        found[block] = np.abs(left[:, block] - right[:, block]).max(axis=0, initial=0.0)
    return found


def rms_by_segment(left: Samples, right: Samples) -> FloatArray:
    """Return the root of the mean square of ``left - right`` over time, mV, shape (n_segments,)."""
    found = np.zeros(left.shape[1])
    for block in _blocks(left.shape):
        difference = (left[:, block] - right[:, block]).astype(np.float64)
        found[block] = np.sqrt(np.mean(difference**2, axis=0))
    return found


def near_upstrokes(
    times: FloatArray, voltages: Samples, threshold_mv: float, margin_ms: float
) -> NDArray[np.bool_]:
    """Return which samples (n, n_segments) lie within `margin_ms` of an upstroke in their segment."""
    rises = (voltages[:-1] < threshold_mv) & (voltages[1:] >= threshold_mv)
    before, segment = np.nonzero(rises)
    at = _crossings(
        times,
        voltages[before, segment].astype(np.float64),
        voltages[before + 1, segment].astype(np.float64),
        before,
        threshold_mv,
    )
    change = np.zeros((len(times) + 1, voltages.shape[1]), np.int32)
    np.add.at(change, (np.searchsorted(times, at - margin_ms, "left"), segment), 1)
    np.add.at(change, (np.searchsorted(times, at + margin_ms, "right"), segment), -1)
    near: NDArray[np.bool_] = change[:-1].cumsum(axis=0) > 0
    return near


def _crossings(
    times: FloatArray,
    below: FloatArray,
    above: FloatArray,
    before: NDArray[np.intp],
    threshold_mv: float,
) -> FloatArray:
    """Return when the line from `below` at sample `before` to `above` at the next meets the threshold."""
    share = (threshold_mv - below) / (above - below)
    crossings: FloatArray = times[before] + share * (times[before + 1] - times[before])
    return crossings


def _largest(
    left: Samples, right: Samples, away: tuple[FloatArray, float, float] | None
) -> MaxDifference:
    found = MaxDifference(0, 0, np.nan)
    for block in _blocks(left.shape):
        difference = left[:, block] - right[:, block]
        size = np.abs(difference)
        if away is not None:
            for side in (left, right):
                size[near_upstrokes(away[0], side[:, block], away[1], away[2])] = -1.0
        if not size.size or size.max() < 0:
            continue
        sample, column = np.unravel_index(int(size.argmax()), size.shape)
        value = float(difference[sample, column])
        if not abs(value) <= abs(found.value):
            found = MaxDifference(block.start + int(column), int(sample), value)
    return found


def _blocks(shape: tuple[int, ...]) -> Iterator[slice]:
    """Yield slices of the columns of an array of `shape`, each of bounded size."""
    rows, columns = shape
    width = max(1, _BLOCK_VALUES // max(rows, 1))
    for start in range(0, columns, width):
        yield slice(start, min(columns, start + width))
