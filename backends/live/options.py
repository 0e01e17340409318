"""`SessionOptions`: the keyword arguments of every live session, with their types and defaults."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from difflib import get_close_matches
from typing import Any, TypedDict, TypeVar, get_type_hints

from backends.errors import ProtocolError
from backends.field import checked_finite, checked_positive
from backends.live.history import HistoryCaptureMode
from backends.reserved import is_authored, is_method
from backends.scene import UNTITLED, VOLTAGE, DisplayVariable

InitT = TypeVar("InitT", bound=Callable[..., None])


class SamplingOptions(TypedDict, total=False):
    """What is stored of a run; see `LiveSession` for the meaning of each."""

    max_samples: int
    display_dt: float | None
    history_capture_mode: HistoryCaptureMode | str


class SessionOptions(SamplingOptions, total=False):
    """All options of a session; see `LiveSession` for the meaning of each."""

    dt: float
    v_init: float
    title: str


DEFAULTS: SessionOptions = {
    "dt": 0.1,
    "v_init": -65.0,
    "max_samples": 1000,
    "display_dt": 0.1,
    "history_capture_mode": HistoryCaptureMode.ON_DEMAND,
    "title": UNTITLED,
}


def show_options(defaults: SessionOptions) -> Callable[[InitT], InitT]:
    """Let `help` and editors show the options of an ``__init__`` with these defaults."""

    def with_signature(init: InitT) -> InitT:
        types = get_type_hints(SessionOptions)
        by_keyword = inspect.Parameter.KEYWORD_ONLY
        options = [
            inspect.Parameter(name, by_keyword, default=value, annotation=types[name])
            for name, value in defaults.items()
        ]
        self_ = inspect.Parameter("self", inspect.Parameter.POSITIONAL_OR_KEYWORD)
        signature = inspect.Signature([self_, *options], return_annotation=None)
        init.__signature__ = signature  # type: ignore[attr-defined]
        return init

    return with_signature


def resolve_options(
    kind: type, defaults: SessionOptions, given: Mapping[str, Any]
) -> tuple[dict[str, Any], dict[str, str]]:
    """Return the value of every option of a session class, and where each one comes from that is not a default.

    An option that was given comes first, then one that an author has set on the class (``dt = 0.025``),
    then the default.

    Returns
    -------
    values : dict
    origins : dict of str to str
        ``{"dt": "class Mine"}``; "session" for what was given.

    Raises
    ------
    ProtocolError
        If there is no option of a given name.
    """
    values: dict[str, Any] = dict(defaults)
    origins: dict[str, str] = {}
    for name in given:
        if name not in values:
            near = get_close_matches(name, values, 1)
            meant = f"did you mean {near[0]!r}?" if near else f"there are {', '.join(values)}."
            message = f"{kind.__name__} has no option {name!r}; {meant}"
            raise ProtocolError(message, code="unknown-option")
    for each in reversed(authored_classes(kind)):
        own = {name: value for name, value in vars(each).items() if name in values}
        own = {name: value for name, value in own.items() if not is_method(value)}
        values |= own
        origins |= dict.fromkeys(own, f"class {each.__name__}")
    return values | dict(given), origins | dict.fromkeys(given, "session")


def class_options(kind: type, defaults: Mapping[str, Any]) -> dict[str, Any]:
    """Return `defaults` with the values that an author's classes set (``start_running = True``)."""
    values = dict(defaults)
    for each in reversed(authored_classes(kind)):
        values |= {
            name: value
            for name, value in vars(each).items()
            if name in values and not is_method(value)
        }
    return values


def authored_classes(kind: type) -> list[type]:
    """Return the classes of a session that are an author's and not ours, the most derived first."""
    return [each for each in kind.__mro__ if is_authored(each)]


def our_class(kind: type) -> type:
    """Return the most derived class of a session that is ours."""
    return next(each for each in kind.__mro__ if not is_authored(each))


Check = Callable[[str, Any], Any]


def _checked_optional(name: str, value: Any) -> float | None:
    return None if value is None else checked_positive(name, value)


def _checked_count(name: str, value: Any) -> int:
    return int(checked_positive(name, value))


def _instance_of(kind: type) -> Check:
    def checked(name: str, value: Any) -> Any:
        if not isinstance(value, kind):
            words = {str: "a string", bool: "True or False"}.get(kind, f"a {kind.__name__}")
            raise ProtocolError(f"{name} must be {words}, not {value!r}", code="bad-type")
        return value

    return checked


CHECKS: Mapping[str, Check] = {
    "dt": checked_positive,
    "v_init": checked_finite,
    "max_samples": _checked_count,
    "display_dt": _checked_optional,
    "history_capture_mode": lambda _, value: HistoryCaptureMode(value),
    "title": _instance_of(str),
    "display_variable": _instance_of(DisplayVariable),
    "batch_budget_s": checked_positive,
    "history_bytes": _checked_count,
    "start_running": _instance_of(bool),
}
"""The options of every live session, each with what checks its values."""

CLASS_OPTIONS: Mapping[str, Any] = {
    "display_variable": VOLTAGE,
    "batch_budget_s": 0.016,
    "history_bytes": 256 << 20,
    "start_running": False,
}
"""The options that the constructor does not have, with their defaults."""
