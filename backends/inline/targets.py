"""What a control changes: what a simulator or an object has under a name, or two functions of the author's."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from backends.errors import ProtocolError
from backends.inline.callbacks import Callback
from backends.live.hook_checks import short_repr
from backends.live.targets import Target, TargetFinder, UnknownTarget

NOTHING: Any = object()
"""What a target reads that has no function for it."""


class FunctionTarget(Target):
    """Two functions of the author's.

    Parameters
    ----------
    get : callable or None
        Takes nothing, or the context.
    set_ : callable
        Takes the value, or the context and the value.
    find_context : callable
        Returns the context.
    """

    def __init__(
        self,
        label: str,
        get: Callable[..., Any] | None,
        set_: Callable[..., Any],
        find_context: Callable[[], object],
    ) -> None:
        self._get = None if get is None else Callback(f"{label}: get", get)
        self._set = Callback(f"{label}: set", set_, 1)
        self._find_context = find_context

    def read(self) -> Any:
        """Return what `get` returns; `NOTHING` where there is none."""
        return NOTHING if self._get is None else self._get(self._find_context())

    def write(self, value: Any) -> None:
        """Call `set`."""
        self._set(self._find_context(), value)


def target_of(
    label: str,
    given: Sequence[Any],
    get: Callable[..., Any] | None,
    set_: Callable[..., Any] | None,
    finder: TargetFinder,
    find_context: Callable[[], object],
) -> Target | None:
    """Return the target of a control, None where nothing is given.

    Parameters
    ----------
    given : (object, attribute) or ()
        The object may be a dict, or a list of objects that all get the value.

    Raises
    ------
    ProtocolError
        ``no-setter``, ``bad-target``, ``unknown-target``
    """
    if not given:
        if set_ is not None:
            return FunctionTarget(label, get, set_, find_context)
        if get is not None:
            raise ProtocolError(
                f"{label}: get= alone changes nothing; give set= too", code="no-setter"
            )
        return None
    if len(given) != 2 or not isinstance(given[1], str) or not (get is None and set_ is None):
        raise ProtocolError(
            f"{label}: give an object and the name of its attribute, or get= and set=, or neither, not "
            f"{', '.join(short_repr(each) for each in given)}",
            code="bad-target",
        )
    try:
        return finder.on_object(*given)
    except UnknownTarget as error:
        raise ProtocolError(f"{label}: {given[1]!r}, {error}", code="unknown-target") from error
