"""`RangePolicy`: the range of times and values that a plot shows; no Qt."""

from __future__ import annotations

import math
from dataclasses import dataclass

Range = tuple[float, float]

VOLTAGE_RANGE: Range = (-80.0, 40.0)
_VOLTAGE_SPAN = 10.0
_MARGIN = 0.06
_SHRINK_BELOW = 0.45


@dataclass(slots=True)
class RangePolicy:
    """A rolling window of time and a fixed or automatic value range, unless the user moved either.

    Attributes
    ----------
    window_ms : float or None
        Length of the rolling window; None shows everything.
    fixed_y : (float, float) or None
        Values shown when `auto` is off.
    is_default : bool
        Whether nobody has chosen `fixed_y`: it then becomes wider rather than cut a peak off.
    auto : bool
        Whether values follow the traces.
    follow_x, follow_y : bool
        False once the user has moved or zoomed.
    """

    window_ms: float | None = 100.0
    fixed_y: Range | None = None
    is_default: bool = False
    auto: bool = True
    follow_x: bool = True
    follow_y: bool = True
    _automatic: Range | None = None
    _widened: Range | None = None

    def set_auto(self, auto: bool) -> None:
        """Follow the traces' values, or show the fixed range."""
        self.auto, self.follow_y, self._automatic, self._widened = auto, True, None, None

    def go_live(self) -> None:
        """Forget what the user moved."""
        self.follow_x = self.follow_y = True
        self._automatic = self._widened = None

    def x(self, first_ms: float, now_ms: float, shown: Range) -> Range:
        """Return the times to show (ms), given the first sample's time and the present time.

        Until the first window is full its left edge stays where it is, so that the line grows to the right.
        """
        if not self.follow_x:
            return shown
        first = first_ms if math.isfinite(first_ms) else 0.0
        if self.window_ms is None:
            return first, max(now_ms, first + 1.0)
        start = max(now_ms - self.window_ms, min(first, 0.0))
        return start, start + self.window_ms

    def y(self, low: float, high: float, unit: str, shown: Range) -> Range:
        """Return the value range, given the least and the greatest value in the window."""
        if not self.follow_y:
            return shown
        if not self.auto and self.fixed_y is not None:
            return self._widened_for(low, high) if self.is_default else self.fixed_y
        self._automatic = auto_range(low, high, unit, self._automatic)
        return self._automatic

    def _widened_for(self, low: float, high: float) -> Range:
        """Return the range that nobody has chosen, in steps of 10 mV wider where it would cut a peak off."""
        bottom, top = self._widened or self.fixed_y or VOLTAGE_RANGE
        if -math.inf < low < bottom:
            bottom = _VOLTAGE_SPAN * math.floor(low / _VOLTAGE_SPAN)
        if top < high < math.inf:
            top = _VOLTAGE_SPAN * math.ceil(high / _VOLTAGE_SPAN)
        self._widened = bottom, top
        return self._widened


def auto_range(low: float, high: float, unit: str, shown: Range | None = None) -> Range:
    """Return a range around [low, high] with a margin, which does not change at every sample.

    The range shown stays while the data are in it and fill a good part of it. Its span has a minimum
    (10 mV for voltage, a tenth of the magnitude otherwise), so that noise does not fill the plot.
    """
    if not (math.isfinite(low) and math.isfinite(high)):
        return shown or (VOLTAGE_RANGE if unit == "mV" else (0.0, 1.0))
    least = _VOLTAGE_SPAN if unit == "mV" else 0.1 * max(abs(low), abs(high)) or 1.0
    span = max(high - low, least)
    if shown is not None:
        have = shown[1] - shown[0]
        if shown[0] <= low and high <= shown[1] and span >= _SHRINK_BELOW * have:
            return shown
    middle, half = (low + high) / 2, span * (0.5 + _MARGIN)
    return middle - half, middle + half
