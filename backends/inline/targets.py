"""What a control changes: an attribute of an object, of several, an entry of a dict, or two functions."""

from __future__ import annotations

from collections.abc import Callable, MutableMapping, Sequence
from dataclasses import dataclass
from typing import Any

from backends.errors import ProtocolError
from backends.inline.callbacks import Callback
from backends.live.hook_checks import short_repr


@dataclass(frozen=True)
class Target:
    """What reads and what changes a value of the model.

    Attributes
    ----------
    read : callable
        Takes nothing.
    write : Callback
        Called with the context and the new value.
    """

    read: Callable[[], Any]
    write: Callback


def attribute_target(label: str, thing: Any, name: str) -> Target:
    """Return the target of an attribute of an object or of each of several, or of an entry of a dict.

    Raises
    ------
    ProtocolError
        ``no-such-attribute``
    """
    things = list(thing) if isinstance(thing, Sequence) and not isinstance(thing, str) else [thing]
    if not things or not isinstance(name, str):
        raise ProtocolError(
            f'{label}: give an object and the name of its attribute, as in (stim, "amp", 0, 2), '
            f"not {short_repr(thing)}, {short_repr(name)}",
            code="no-such-attribute",
        )
    for each in things:
        if not (name in each if isinstance(each, MutableMapping) else hasattr(each, name)):
            raise ProtocolError(
                f"{label}: {short_repr(each)} has no {name!r}", code="no-such-attribute"
            )
    first = things[0]

    def read() -> Any:
        return first[name] if isinstance(first, MutableMapping) else getattr(first, name)

    def write(value: Any) -> None:
        for each in things:
            if isinstance(each, MutableMapping):
                each[name] = value
            else:
                setattr(each, name, value)

    return Target(read, Callback(label, write, 1))


def function_target(
    label: str, get: Callable[[], Any] | None, set_: Callable[..., Any] | None
) -> Target | None:
    """Return the target of two functions; None where there are none.

    Raises
    ------
    ProtocolError
        ``no-setter``: if there is only one that reads.
    """
    if set_ is None:
        if get is not None:
            raise ProtocolError(
                f"{label}: get= alone changes nothing; give set= too", code="no-setter"
            )
        return None
    write = Callback(f"{label}: set", set_, 1)
    if get is None:
        return Target(_unread, write)
    reader = Callback(f"{label}: get", get)
    return Target(lambda: reader(None), write)


def _unread() -> Any:
    """Stand for the value of a target that cannot be read."""
    return None
