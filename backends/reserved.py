"""Which names of a session are not its author's to assign, and the refusal of those.

A session's attributes belong to its author, but for the methods of the session protocol, which are called
from outside.
"""

from __future__ import annotations

import sys
from functools import cache, partial
from types import FunctionType, MethodType
from typing import Any

from backends.errors import SimulatorError

PRIVATE = frozenset({"_live", "_updates"})
"""Where a session stores what runs it, and its updates."""
_METHODS = (FunctionType, classmethod, staticmethod, property)
_HOOK_CLASSES = ("InteractionHooks", "SessionHooks")
_MODEL_HOOKS = frozenset(
    [
        "build_sections",
        "build_cells",
        "build_network",
        "build_geometry",
        "setup_model",
        "cell_names",
        "on_recorded_samples",
    ]
)


def is_authored(kind: type) -> bool:
    """Whether a class is an author's, and not ours."""
    return not kind.__module__.startswith("backends.")


def is_method(value: object) -> bool:
    """Whether the value of a class's attribute is a method or property."""
    return callable(value) or isinstance(value, _METHODS)


@cache
def _protocol_names(kind: Any) -> dict[str, bool]:
    """Return the methods of our classes, each with whether an author may assign a function to it."""
    names: dict[str, bool] = {}
    for each in kind.__mro__:
        if each is object or is_authored(each):
            continue
        declared = vars(each).get("__annotations__", {})
        names |= dict.fromkeys(PRIVATE & set(declared), False)
        for name, value in vars(each).items():
            if isinstance(value, _METHODS) and not name.startswith("__"):
                is_hook = each.__name__ in _HOOK_CLASSES or name in _MODEL_HOOKS
                names[name] = names.get(name, False) or is_hook
    return names


def refuse_reserved_name(session: object, name: str, value: object) -> None:
    """Raise if `name` of a session must stay what it is; called before `value` is assigned to it.

    A function may be assigned to a hook.

    Raises
    ------
    SimulatorError
        With the code ``reserved-name``.
    """
    if name == "on_status":
        is_free = value is None or callable(value)
    else:
        kind: Any = type(session)
        known = _protocol_names(kind)
        is_free = name not in known or (known[name] and _is_function(value))
    if is_free:
        return
    frame = sys._getframe(1)
    while frame.f_code.co_name == "__setattr__" and frame.f_back is not None:
        frame = frame.f_back
    raise _refusal(f"{type(session).__name__}.{frame.f_code.co_name} sets self.{name}")


def refuse_reserved_attributes(kind: type) -> None:
    """Raise SimulatorError if an author's class has a plain value in the place of a method of the protocol."""
    known = _protocol_names(kind)
    for each in filter(is_authored, kind.__mro__):
        for name, value in vars(each).items():
            if name in known and name not in PRIVATE and not is_method(value):
                raise _refusal(f"The class {each.__name__} sets {name}")


def _is_function(value: object) -> bool:
    return isinstance(value, (FunctionType, MethodType, partial))


def _refusal(what: str) -> SimulatorError:
    return SimulatorError(
        f"{what}, which every session needs; choose another name.",
        code="reserved-name",
        hint="edit-script",
    )


class Readable:
    """A value of the session's engine that an author may read, and hide by an assignment of the same name.

    Parameters
    ----------
    doc : str
        What the value is.
    name : str
        The engine's name of it; by default that of the attribute.
    """

    def __init__(self, doc: str, name: str = "") -> None:
        self.__doc__ = doc
        self._name = name

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = self._name or name

    def __get__(self, session: Any, kind: type | None = None) -> Any:
        """Return the engine's present value; AttributeError before ``super().__init__()``."""
        if session is None:
            return self
        try:
            engine = vars(session)["_live"]
        except KeyError:
            raise AttributeError(
                f"{type(session).__name__} has no {self._name!r} before super().__init__()"
            ) from None
        return getattr(engine, self._name)
