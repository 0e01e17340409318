"""`SessionOptions`: the keyword arguments of every live session, with their types and defaults."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from difflib import get_close_matches
from typing import Any, TypedDict, TypeVar, get_type_hints

from backends.errors import ProtocolError
from backends.live.history import HistoryCaptureMode

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
    "title": "Somascope",
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
        own = {name: value for name, value in own.items() if not _is_method(value)}
        values |= own
        origins |= dict.fromkeys(own, f"class {each.__name__}")
    return values | dict(given), origins | dict.fromkeys(given, "session")


def _is_method(value: object) -> bool:
    return callable(value) or isinstance(value, property)


def authored_classes(kind: type) -> list[type]:
    """Return the classes of a session that are an author's and not ours, the most derived first."""
    return [each for each in kind.__mro__ if not each.__module__.startswith("backends.")]
