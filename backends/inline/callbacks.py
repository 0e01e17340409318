"""`Callback`: an author's function that takes nothing, a value, the context, or both."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from backends.errors import ProtocolError

_CONTEXT = frozenset({"ctx", "context"})


class Callback:
    """A function of an author's.

    A parameter called ``ctx`` or ``context`` gets the context. The others get the values, in order; one for which
    there is no value gets the context too. Parameters with a default keep it.

    Parameters
    ----------
    what : str
        What it is for, in errors: ``"on_click"``.
    function : callable
    n_values : int
        How many values each call has.

    Raises
    ------
    ProtocolError
        ``bad-callback``: if it cannot be called, or requires more arguments than there are.
    """

    def __init__(self, what: str, function: Callable[..., Any], n_values: int = 0) -> None:
        if not callable(function):
            raise ProtocolError(
                f"{what} needs a function, not {function!r}; write its name without ()",
                code="bad-callback",
            )
        self._function = function
        self._wanted = _required(function)
        n_others = sum(name not in _CONTEXT for name in self._wanted)
        has_context = n_others < len(self._wanted)
        if n_others > n_values + (not has_context):
            takes = "one value" if n_values == 1 else f"{n_values} values"
            raise ProtocolError(
                f"{what}: the function requires {len(self._wanted)} arguments "
                f"({', '.join(self._wanted)}); it gets {takes} and the context at most",
                code="bad-callback",
            )

    def __call__(self, context: object, *values: object) -> Any:
        """Call it."""
        left = list(values)
        return self._function(
            *(context if name in _CONTEXT or not left else left.pop(0) for name in self._wanted)
        )


def _required(function: Callable[..., Any]) -> list[str]:
    """Return the names of the parameters that must be given; one value for what Python cannot inspect."""
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return ["value"]
    kinds = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    return [each.name for each in parameters if each.kind in kinds and each.default is each.empty]
