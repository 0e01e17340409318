"""The traces that an author names in `traces`: what each function of the session returned."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from backends.errors import ProtocolError, SomascopeError
from backends.live.hook_checks import error_of_hook, short_repr
from backends.live.hooks import SessionHooks
from backends.reserved import is_method
from backends.scripts import place_of_hook, user_code_location

_HOOK = "traces"


class NamedTrace(NamedTuple):
    """One entry of `traces`.

    Attributes
    ----------
    place : object
        A reference, a compartment, a segment or its id.
    words : tuple of str or None
        What followed it in a tuple: a variable, a unit.
    line : str
        Where the author wrote it: ``"my_model.py, line 9"``, or "".
    """

    name: str
    place: Any
    words: tuple[str | None, ...]
    line: str

    def word(self, index: int) -> str | None:
        """Return what followed the place at an index; None where nothing did."""
        return self.words[index] if index < len(self.words) else None


def named_traces(
    session: SessionHooks, reason_of: Callable[[BaseException], str]
) -> list[NamedTrace]:
    """Return what the functions of `traces` return for the model that has been built.

    Raises
    ------
    ProtocolError
        If `traces` is no mapping of functions by name, or a function fails or returns nothing.
    """
    found = []
    for name, function in _functions(session).items():
        line = place_of_hook(function)
        try:
            returned = function(session)
        except SomascopeError:
            raise
        except Exception as error:  # the author's code may raise anything
            place = user_code_location(error) or line
            raise trace_error(session, name, f"failed: {reason_of(error)}", place) from error
        place, *words = returned if isinstance(returned, tuple) and returned else (returned,)
        if place is None or not all(isinstance(each, str | None) for each in words):
            wrong = f"returned {short_repr(returned)}: return what to trace, alone or with its unit"
            raise trace_error(session, name, wrong, line)
        found.append(NamedTrace(name, place, tuple(words), line))
    return found


def trace_error(session: object, name: str, words: str, line: str) -> ProtocolError:
    """Return the error of one entry of `traces`, with the author's line."""
    at = f" ({line})" if line else ""
    return ProtocolError(
        f"{type(session).__name__}.traces[{name!r}] {words.rstrip('.')}{at}.",
        code="hook-returned",
        hint="edit-script",
        location=line,
    )


def _functions(session: SessionHooks) -> Mapping[str, Callable[[Any], Any]]:
    """Return `traces` of the class, or that of the session if it has functions: other values are its author's."""
    own = vars(session).get(_HOOK)
    if isinstance(own, Mapping) and own and all(callable(each) for each in own.values()):
        given: Any = own
    else:
        given = getattr(type(session), _HOOK)
        if isinstance(given, property):
            given = given.__get__(session)
        elif is_method(given):
            given = given.__get__(session, type(session))()
    wanted = 'give a mapping such as {"soma": lambda session: session.soma(0.5)._ref_v}'
    if not isinstance(given, Mapping):
        raise error_of_hook(session, _HOOK, f"is {short_repr(given)}; {wanted}", "hook-returned")
    for name, function in given.items():
        if not isinstance(name, str) or not name or not callable(function):
            words = f"has {short_repr(function)} under {short_repr(name)}; {wanted}"
            raise error_of_hook(session, _HOOK, words, "hook-returned")
    return given
