"""`Leftovers`: what a session creates in NEURON, and its removal, so that another session can follow.

NEURON has one model per process: sections, NetCons, events and handlers of a session would act on the next
one. One session at a time is therefore alive in a process.
"""

from __future__ import annotations

import gc
import sys
import weakref
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from types import FunctionType, MethodType
from typing import Any

from backends.errors import SimulatorError
from backends.neuron.simulator import all_sections, delete_sections, load_neuron, present_settings

_DEEPEST = 4


def _nobody() -> Any:
    return None


_alive: Callable[[], Any] | None = None
"""Returns the engine that is alive; None before the first."""


@dataclass(frozen=True)
class Snapshot:
    """What exists in NEURON at one moment; what is created later belongs to a session.

    Attributes
    ----------
    sections : set of nrn.Section
    connections, sources : set of str
        Names of NetCons and NetStims.
    settings : dict of str to float
        NEURON's global settings that the end of the session restores.
    """

    sections: frozenset[Any]
    connections: frozenset[str]
    sources: frozenset[str]
    settings: dict[str, float]

    @classmethod
    def of(cls, h: Any, *, keeps_settings: bool = False) -> Snapshot:
        """Return what exists now.

        Parameters
        ----------
        keeps_settings : bool
            Whether the present settings are the ones to restore, and not NEURON's defaults.
        """
        return cls(
            frozenset(all_sections(h)),
            frozenset(str(each) for each in h.List("NetCon")),
            frozenset(str(each) for each in h.List("NetStim")),
            present_settings(h) if keeps_settings else {},
        )


class Leftovers:
    """What exists in NEURON since a session began.

    Parameters
    ----------
    h : HocObject
    owner : LiveEngine
    since : Snapshot
    """

    def __init__(self, h: Any, owner: Any, since: Snapshot) -> None:
        self._h = h
        self._owner = weakref.ref(owner)
        self._since = since

    @classmethod
    def begin(cls, h: Any, owner: Any, since: Snapshot | None = None) -> Leftovers:
        """Note what exists before the session of `owner` builds its model.

        Parameters
        ----------
        since : Snapshot or None
            What existed before, where the model has been built already.

        Raises
        ------
        SimulatorError
            If another session is alive in this process.
        """
        global _alive
        if _alive is not None:
            # What nobody holds must not be deleted in the middle of the next run, with events still queued.
            gc.collect()
        other = None if _alive is None else _alive()
        if other is not None and other is not owner:
            raise SimulatorError(
                f"{other.class_name} ({other.title}) is still open, and NEURON runs one model per "
                "process: call its shutdown() first, or run the second in another process.",
                code="session-alive",
            )
        _alive = weakref.ref(owner)
        return cls(h, owner, since or Snapshot.of(h))

    def remove(self, session: object) -> None:
        """Remove what has been created since, and restore NEURON's global settings."""
        global _alive
        h = self._h
        _silence(h, self._since)
        h.CVode().active(False)
        _drop_handlers(session)
        _remove_callbacks(h, session)
        made = [each for each in all_sections(h) if each not in self._since.sections]
        delete_sections(h, made, self._since.settings)
        if _alive is not None and _alive() is self._owner():
            _alive = _nobody


def discard_model(since: Snapshot) -> None:
    """Delete what a script has built for a session that did not begin; another one may be running.

    NEURON's global settings are restored where none is.
    """
    h = load_neuron()
    _silence(h, since)
    made = [each for each in all_sections(h) if each not in since.sections]
    if _alive is None or _alive() is None:
        delete_sections(h, made, since.settings)
        return
    for section in made:
        h.delete_section(sec=section)


def _silence(h: Any, since: Snapshot) -> None:
    """Stop all NetCons and NetStims that have been created since."""
    for connection in list(h.List("NetCon")):
        if str(connection) not in since.connections:
            _disconnect(connection)
    for source in list(h.List("NetStim")):
        if str(source) not in since.sources:
            source.number = 0  # else it sends itself events in the next session


def _disconnect(connection: Any) -> None:
    """Stop a NetCon, which otherwise sends events to a point process whose section is gone."""
    if connection.pre() is not None or connection.preseg() is not None:
        connection.record()
    connection.active(False)
    connection.setpost(None)


def _drop_handlers(session: object) -> None:
    """Remove the session's FInitializeHandlers, which NEURON calls as long as somebody keeps them."""
    nearest: list[Any] = [vars(session)]
    seen: set[int] = set()
    for _ in range(
        _DEEPEST + 1
    ):  # the nearest first, as what is reached by a detour may be too deep there
        nearest = list(_drop(nearest, seen))


def _remove_callbacks(h: Any, session: object) -> None:
    """Remove the author's functions that CVode calls at every step.

    NEURON takes back only the very object that it was given and keeps no list of them, so it is offered all
    functions of the author's module and all methods of the session that exist.
    """
    remove = h.CVode().extra_scatter_gather_remove
    module = getattr(type(session), "script_module", type(session).__module__)
    for each in (*_defined_in(module), *gc.get_objects()):
        function = each.__func__ if type(each) is MethodType else each
        if type(function) is FunctionType and function.__module__ == module:
            remove(each)


def _defined_in(module: str) -> list[Any]:
    """Return what a module defines: the collector does not list objects that a program has frozen."""
    found = sys.modules.get(module)
    return [] if found is None else list(vars(found).values())


def _drop(containers: list[Any], seen: set[int]) -> Iterator[Any]:
    """Remove the handlers that some containers hold; yield the further containers in them."""
    for container in containers:
        if id(container) in seen:
            continue
        seen.add(id(container))
        for value, remove in _entries(container):
            if type(value).__module__ == "hoc":
                if str(value).startswith("FInitializeHandler"):
                    remove()
            elif type(value).__module__ != "nrn":
                yield value


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
