"""`Leftovers`: what a session creates in NEURON, and its removal, so that another session can follow.

NEURON has one model per process: sections, NetCons, events and handlers of a session would act on the next
one. One session at a time is therefore alive in a process.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from backends.errors import SimulatorError
from backends.neuron.simulator import all_sections, delete_sections

_alive: weakref.ref[Any] | None = None
_DEEPEST = 4


class Leftovers:
    """What exists in NEURON since a session began.

    Parameters
    ----------
    h : HocObject
    """

    def __init__(self, h: Any) -> None:
        self._h = h
        self._sections = set(all_sections(h))
        self._connections = {str(each) for each in h.List("NetCon")}

    @classmethod
    def begin(cls, h: Any, owner: Any) -> Leftovers:
        """Note what exists before the session of `owner` builds its model.

        Raises
        ------
        SimulatorError
            If another session is alive in this process.
        """
        global _alive
        other = None if _alive is None else _alive()
        if other is not None and other is not owner:
            raise SimulatorError(
                f"{other.class_name} ({other.title}) is still open, and NEURON runs one model per "
                "process: call its shutdown() first, or run the second in another process.",
                code="session-alive",
            )
        _alive = weakref.ref(owner)
        return cls(h)

    def remove(self, session: object) -> None:
        """Remove what has been created since, and restore NEURON's global settings."""
        global _alive
        h = self._h
        for connection in list(h.List("NetCon")):
            if str(connection) not in self._connections:
                connection.active(False)
                connection.record()
        h.CVode().active(False)
        _drop_handlers(session)
        delete_sections(h, [each for each in all_sections(h) if each not in self._sections])
        _alive = None


def _drop_handlers(session: object) -> None:
    """Remove the session's FInitializeHandlers, which NEURON calls as long as somebody keeps them."""
    _drop(vars(session), 0, set())


def _drop(container: Any, depth: int, seen: set[int]) -> None:
    if id(container) in seen or depth > _DEEPEST:
        return
    seen.add(id(container))
    for value, remove in _entries(container):
        if type(value).__name__ == "HocObject":
            if str(value).startswith("FInitializeHandler"):
                remove()
        elif type(value).__module__ != "nrn":
            _drop(value, depth + 1, seen)


def _entries(container: Any) -> Iterator[tuple[Any, Callable[[], object]]]:
    """Yield what a dict, a list or an object holds, each with what removes it."""
    if isinstance(container, list):
        for value in list(container):
            yield value, partial(container.remove, value)
        return
    held = container if isinstance(container, dict) else getattr(container, "__dict__", None)
    if isinstance(held, dict):
        for key, value in list(held.items()):
            yield value, partial(held.pop, key)
