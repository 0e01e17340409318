"""What the user can do with a session: controls (values to change) and actions (commands to run)."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from backends.errors import ProtocolError, RequestError
from backends.field import checked_name, frozen_mapping


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
    """

    default: float
    min: float | None = None
    max: float | None = None
    unit: str = ""
    step: float | None = None
    integer: bool = False
    log: bool = False

    def __post_init__(self) -> None:
        if self.min is not None and self.max is not None and not self.min < self.max:
            raise ProtocolError(
                f"ScalarValueSpec: min {self.min} is not below max {self.max}", code="bad-range"
            )
        if self.log and not (self.min is not None and self.min > 0):
            raise ProtocolError(
                f"ScalarValueSpec: a log scale needs min > 0, not {self.min}", code="bad-range"
            )
        _check_default(self)

    def accept(self, value: object) -> float:
        """Return `value` as a number within the bounds, or raise RequestError saying what is allowed."""
        if (
            isinstance(value, bool)
            or not isinstance(value, (int, float))
            or not math.isfinite(value)
        ):
            raise RequestError(f"{value!r} is not a number", code="not-a-number")
        low, high = self.min, self.max
        if (low is not None and value < low) or (high is not None and value > high):
            allowed = (
                f"{'-∞' if low is None else low} … {'∞' if high is None else high} {self.unit}"
            )
            raise RequestError(f"{value:g} is outside {allowed.strip()}", code="out-of-range")
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
    """Free text of at most `max_length` characters."""

    default: str = ""
    placeholder: str = ""
    max_length: int = 10_000

    def accept(self, value: object) -> str:
        """Return `value` if it is a short enough string, or raise RequestError."""
        if not isinstance(value, str) or len(value) > self.max_length:
            raise RequestError(
                f"the text must have at most {self.max_length} characters", code="text-too-long"
            )
        return value


def _check_default(spec: ScalarValueSpec | ChoiceValueSpec) -> None:
    try:
        spec.accept(spec.default)
    except RequestError as error:
        raise RequestError(
            f"{type(spec).__name__}: the default {error.message}", code=error.code, hint=error.hint
        ) from error


ValueSpec = ScalarValueSpec | ChoiceValueSpec | BoolValueSpec | TextValueSpec


@dataclass(frozen=True, slots=True)
class ControlSpec:
    """One value that the user may change while the model runs.

    Attributes
    ----------
    id : str
        What `SetControl` and `apply_control` call it.
    label : str
        What the user reads.
    value_spec : ScalarValueSpec, ChoiceValueSpec, BoolValueSpec or TextValueSpec
        Its kind, default and bounds.
    group : str
        Heading under which the window shows it.
    note : str
        Tooltip: what it does to the model.
    """

    id: str
    label: str
    value_spec: ValueSpec
    group: str = ""
    note: str = ""

    def __post_init__(self) -> None:
        checked_name("ControlSpec.id", self.id)
        checked_name(f"ControlSpec {self.id!r}: label", self.label)
        if not isinstance(self.value_spec, ValueSpec):
            raise ProtocolError(
                f"ControlSpec {self.id!r}: value_spec must be a value spec, not {self.value_spec!r}",
                code="bad-type",
            )

    def accept(self, value: object) -> Any:
        """Return the checked value, or raise RequestError naming this control."""
        try:
            return self.value_spec.accept(value)
        except RequestError as error:
            raise RequestError(
                f"{self.label}: {error.message}.", code=error.code, hint=error.hint
            ) from error


@dataclass(frozen=True, slots=True)
class ActionSpec:
    """One action of the session: a button, an entry of the menu Model and of the command palette, and keys.

    Attributes
    ----------
    shortcuts : tuple of str
        Qt's portable names, ``"X"``, ``"Ctrl+K"``; keys of the window itself, such as ``"Space"``, are refused.
    note : str
        The tool tip.
    """

    id: str
    label: str
    payload: Mapping[str, Any] = field(default_factory=dict)
    shortcuts: tuple[str, ...] = ()
    note: str = ""

    def __post_init__(self) -> None:
        checked_name("ActionSpec.id", self.id)
        checked_name(f"ActionSpec {self.id!r}: label", self.label)
        object.__setattr__(
            self, "payload", dict(frozen_mapping("ActionSpec.payload", self.payload))
        )
        object.__setattr__(self, "shortcuts", tuple(self.shortcuts))
