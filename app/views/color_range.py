"""`ColorRange`: the range of a view's colours, and its colour map; no Qt."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from app.traces.ranges import VOLTAGE_RANGE, Range
from app.views.field_values import Numbers

_SHRINK_BELOW = 0.45


class ColorRange:
    """Fixed limits, or a range that follows the values without changing at every frame."""

    def __init__(self) -> None:
        self._key: object = None
        self._shown: Range | None = None

    def limits(self, fixed: Range | None, norm: str, unit: str | None, values: Numbers) -> Range:
        """Return the range of the colours.

        Parameters
        ----------
        fixed : (float, float) or None
            The view's `color_limits`.
        norm : {"auto", "linear", "symmetric"}
            "auto" means −80 … 40 for mV; "symmetric" puts 0 in the middle.
        """
        key = (fixed, norm, unit)
        if key != self._key:
            self._key, self._shown = key, None
        if fixed is None and norm == "auto" and unit == "mV":
            fixed = VOLTAGE_RANGE
        if fixed is not None:
            return _symmetric(*fixed) if norm == "symmetric" else (float(fixed[0]), float(fixed[1]))
        low, high = extent(values)
        if not math.isfinite(low):
            return self._shown or ((-1.0, 1.0) if norm == "symmetric" else (0.0, 1.0))
        if norm == "symmetric":
            low, high = _symmetric(low, high)
        shown = self._shown
        if shown is not None:
            is_full = high - low >= _SHRINK_BELOW * (shown[1] - shown[0])
            if shown[0] <= low and high <= shown[1] and is_full:
                return shown
        self._shown = widened(low, high)
        return self._shown


def extent(values: NDArray[np.floating]) -> Range:
    """Return the least and the greatest value that is not NaN; NaN if there is none."""
    if not values.size:
        return math.nan, math.nan
    return float(np.fmin.reduce(values, axis=None)), float(np.fmax.reduce(values, axis=None))


def _symmetric(low: float, high: float) -> Range:
    reach = max(abs(low), abs(high)) or 1.0
    return -reach, reach


def widened(low: float, high: float) -> Range:
    """Return a range that is not empty, nor so small that nothing could be scaled to it."""
    if high - low > max(1e-9 * max(abs(low), abs(high)), 1e-100):
        return low, high
    half = 0.05 * abs(low) if abs(low) > 1e-100 else 0.5
    return low - half, low + half
