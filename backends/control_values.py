"""The values that controls have: what is allowed, the default, the unit."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np

from backends.errors import ProtocolError, RequestError
from backends.field import frozen_mapping


@dataclass(frozen=True, slots=True)
class ScalarValueSpec:
    """A number with optional bounds.

    Attributes
    ----------
    default, min, max : float
        In `unit`. `min` and `max` may be None (no bound).
    unit : str
        Shown behind the number: ``"nA"``.
    step : float or None
        One press of an arrow key; None lets the window choose.
    integer : bool
        Whether only whole numbers are allowed.
    log : bool
        Whether a slider runs along the logarithm; needs `min` > 0.
    value_type : {"int", "float"} or None
        Another way to say `integer`.
    """

    default: float
    min: float | None = None
    max: float | None = None
    unit: str = ""
    step: float | None = None
    integer: bool = False
    log: bool = False
    value_type: Literal["int", "float"] | None = None

    def __post_init__(self) -> None:
        self._use_value_type()
        if self.min is not None and self.max is not None and not self.min < self.max:
            raise ProtocolError(
                f"ScalarValueSpec: min {self.min} is not below max {self.max}", code="bad-range"
            )
        if self.log and not (self.min is not None and self.min > 0):
            raise ProtocolError(
                f"ScalarValueSpec: a log scale needs min > 0, not {self.min}", code="bad-range"
            )
        _check_default(self)

    def _use_value_type(self) -> None:
        if self.value_type not in ("int", "float", None):
            raise ProtocolError(
                f"ScalarValueSpec: value_type must be 'int' or 'float', not {self.value_type!r}",
                code="unknown-option",
            )
        if self.integer and self.value_type == "float":
            raise ProtocolError(
                "ScalarValueSpec: integer=True and value_type='float' cannot both be",
                code="conflict",
            )
        object.__setattr__(self, "integer", self.integer or self.value_type == "int")

    def accept(self, value: object) -> float:
        """Return `value` as a number within the bounds, or raise RequestError saying what is allowed."""
        value = _number(value)
        _check_within(value, self.min, self.max, self.unit)
        if self.integer and value != int(value):
            raise RequestError(f"{value:g} is not a whole number", code="not-whole")
        return int(value) if self.integer else float(value)


@dataclass(frozen=True, slots=True)
class ChoiceValueSpec:
    """One of several strings."""

    default: str
    options: tuple[str, ...]

    def __post_init__(self) -> None:
        object.__setattr__(self, "options", tuple(self.options))
        _check_default(self)

    def accept(self, value: object) -> str:
        """Return `value` if it is an option, or raise RequestError listing them."""
        if value not in self.options:
            raise RequestError(
                f"{value!r} is not one of {', '.join(self.options)}", code="not-an-option"
            )
        return str(value)


@dataclass(frozen=True, slots=True)
class BoolValueSpec:
    """On or off."""

    default: bool = False

    def accept(self, value: object) -> bool:
        """Return `value` if it is a bool, or raise RequestError."""
        if not isinstance(value, bool):
            raise RequestError(f"{value!r} is neither on nor off", code="not-a-bool")
        return value


@dataclass(frozen=True, slots=True)
class TextValueSpec:
    """Free text of at most `max_length` characters (None: of any length)."""

    default: str = ""
    placeholder: str = ""
    max_length: int | None = 10_000

    def accept(self, value: object) -> str:
        """Return `value` if it is a short enough string, or raise RequestError."""
        if not isinstance(value, str):
            raise RequestError(f"{value!r} is not a text", code="not-a-text")
        if self.max_length is not None and len(value) > self.max_length:
            raise RequestError(
                f"the text must have at most {self.max_length} characters", code="text-too-long"
            )
        return value


@dataclass(frozen=True, slots=True)
class XYValueSpec:
    """Two numbers that are set together: ``{"x": 0.2, "y": 0.8}``.

    Attributes
    ----------
    default : mapping
        The numbers ``"x"`` and ``"y"``; one that is missing is the middle of its range.
    x_range, y_range : (float, float)
        In `x_unit` and `y_unit`.
    x_label, y_label : str
        What the axes are.
    """

    default: Mapping[str, float] = field(default_factory=dict)
    x_range: tuple[float, float] = (0.0, 1.0)
    y_range: tuple[float, float] = (0.0, 1.0)
    x_label: str = "X"
    y_label: str = "Y"
    x_unit: str = ""
    y_unit: str = ""

    def __post_init__(self) -> None:
        for name in ("x_range", "y_range"):
            object.__setattr__(self, name, _checked_range(name, getattr(self, name)))
        middle = {axis: sum(self.range_of(axis)) / 2 for axis in _AXES}
        default = {**middle, **frozen_mapping("XYValueSpec.default", self.default)}
        object.__setattr__(self, "default", default)
        _check_default(self)

    def range_of(self, axis: str) -> tuple[float, float]:
        """Return the range of ``"x"`` or ``"y"``."""
        return self.x_range if axis == "x" else self.y_range

    def accept(self, value: object) -> dict[str, float]:
        """Return ``{"x": …, "y": …}`` within the ranges, or raise RequestError saying what is allowed."""
        if not isinstance(value, Mapping) or set(value) != set(_AXES):
            raise RequestError(f"{value!r} is not a pair of x and y", code="not-a-pair")
        found = {}
        for axis, label, unit in zip(
            _AXES, (self.x_label, self.y_label), (self.x_unit, self.y_unit), strict=True
        ):
            try:
                found[axis] = float(_number(value[axis]))
                _check_within(found[axis], *self.range_of(axis), unit)
            except RequestError as error:
                raise RequestError(f"{label}: {error.message}", code=error.code) from error
        return found


_AXES = ("x", "y")
_ROUNDING = 1e-9


def _number(value: object) -> int | float:
    """Return a finite number as one of Python's, or raise RequestError."""
    if isinstance(value, np.number):  # what a model's own arrays hold
        value = value.item()
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        raise RequestError(f"{value!r} is not a number", code="not-a-number")
    return value


def _check_within(value: float, low: float | None, high: float | None, unit: str) -> None:
    if (low is not None and value < low) or (high is not None and value > high):
        allowed = f"{'-∞' if low is None else low} … {'∞' if high is None else high} {unit}"
        raise RequestError(f"{value:g} is outside {allowed.strip()}", code="out-of-range")


def _checked_range(name: str, limits: Any) -> tuple[float, float]:
    try:
        low, high = (float(_number(each)) for each in limits)
    except (TypeError, ValueError) as error:  # RequestError is a ValueError
        raise ProtocolError(
            f"XYValueSpec.{name} must be two numbers, not {limits!r}", code="bad-range"
        ) from error
    if not low < high:
        raise ProtocolError(f"XYValueSpec.{name}: {low} is not below {high}", code="bad-range")
    return low, high


def _check_default(spec: ScalarValueSpec | ChoiceValueSpec | XYValueSpec) -> None:
    try:
        spec.accept(spec.default)
    except RequestError as error:
        raise RequestError(
            f"{type(spec).__name__}: the default {error.message}", code=error.code, hint=error.hint
        ) from error


def check_in_circle(spec: XYValueSpec, value: Mapping[str, float]) -> None:
    """Raise RequestError if a point is outside the ellipse between the ranges."""
    ranges = ((value[axis], *spec.range_of(axis)) for axis in _AXES)
    shares = [(2 * each - low - high) / (high - low) for each, low, high in ranges]
    if math.hypot(*shares) > 1 + _ROUNDING:
        raise RequestError(
            f"x {value['x']:g} and y {value['y']:g} are outside the circle", code="out-of-range"
        )


ValueSpec = ScalarValueSpec | ChoiceValueSpec | BoolValueSpec | TextValueSpec | XYValueSpec
