"""`Scale`: between a control's numbers and the whole numbers that a slider or knob has."""

from __future__ import annotations

import math

from backends.controls import ControlSpec, ScalarValueSpec

_FINE_STEPS = 1000


class Scale:
    """The positions of a slider or knob, linear or along the logarithm.

    Parameters
    ----------
    spec : ControlSpec
        Of a number with two bounds.

    Attributes
    ----------
    steps : int
        The last position; the first is 0.
    """

    def __init__(self, spec: ControlSpec) -> None:
        values = spec.value_spec
        assert isinstance(values, ScalarValueSpec)
        assert values.min is not None
        assert values.max is not None
        self._low, self._high = values.min, values.max
        self._is_log = spec.is_log
        self._is_whole = values.integer
        asked = None if spec.presentation is None else spec.presentation.steps
        self.steps = asked or self._own_steps(values.step)
        step = (self._high - self._low) / asked if asked else None
        self._decimals = decimals_of(values, spec.is_log, step)

    def _own_steps(self, step: float | None) -> int:
        span = self._high - self._low
        if self._is_log:
            return _FINE_STEPS
        if self._is_whole and span <= _FINE_STEPS:
            return int(span)
        return round(span / step) if step and span / step <= 10 * _FINE_STEPS else _FINE_STEPS

    def value_at(self, position: int) -> float:
        """Return the value at a position."""
        share = position / self.steps
        if self._is_log:
            value = self._low * (self._high / self._low) ** share
        else:
            value = self._low + share * (self._high - self._low)
        value = min(max(round(value, self._decimals), self._low), self._high)
        return round(value) if self._is_whole else value

    def position_of(self, value: float) -> int:
        """Return the position for a value."""
        value = min(max(value, self._low), self._high)
        if self._is_log:
            share = math.log(value / self._low) / math.log(self._high / self._low)
        else:
            share = (value - self._low) / (self._high - self._low)
        return round(share * self.steps)


def step_of(spec: ScalarValueSpec) -> float:
    """Return the change by one press of an arrow key: the spec's, or 1/100 of the range as 1, 2 or 5 × 10ⁿ."""
    if spec.step:
        return spec.step
    if spec.integer:
        return 1.0
    if spec.min is None or spec.max is None:
        return nice_step(abs(spec.default) / 100 or 0.1)
    return nice_step((spec.max - spec.min) / 100)


def nice_step(raw: float) -> float:
    """Return the next 1, 2 or 5 × 10ⁿ."""
    power = 10.0 ** math.floor(math.log10(raw))
    return next(nice * power for nice in (1, 2, 5, 10) if nice * power >= raw * 0.999)


def decimals_of(spec: ScalarValueSpec, is_log: bool, step: float | None) -> int:
    """Return the number of decimals that a tenth of a step, the default and the bounds need."""
    if spec.integer:
        return 0
    fine = spec.min / 100 if is_log and spec.min else (step or step_of(spec)) / 10
    needed = math.ceil(-math.log10(fine) - 1e-9)
    for value in (spec.default, spec.min, spec.max):
        text = f"{value or 0:.12f}".rstrip("0")
        needed = max(needed, len(text.partition(".")[2]))
    return min(max(needed, 0), 12)
