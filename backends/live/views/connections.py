"""`SceneConnections`: the connections of a session's scene, from its simulator and from `extra_connections`."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from numbers import Integral, Real
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from backends.connections import ConnectionKind, Connections
from backends.errors import ProtocolError, RequestError
from backends.live.default_scene import spaced
from backends.live.hook_checks import error_of_hook, hook_error, short_repr
from backends.live.hooks import SessionHooks
from backends.messages import ScenePatch, SessionUpdate
from backends.scene import MorphologyGeometry, Scene
from backends.text import with_minus

FACT = "Connections"
"""The fact that says how many connections there are, and which are not drawn."""
_HOOK = "extra_connections"
_WANTED = (
    "a mapping of pairs of places by label, as in {'gap junction': [(a, b), …]}; each pair may be "
    "(source, target, weight) or (source, target, weight, delay in ms)"
)
_GAP = re.compile(
    r"(?<![A-Za-z])(?:gap|elec|junction)|Gap|gap(?![A-Za-z])|Elec(?!Stim)|Junction|GAP"
)
_MOST_REVERSALS = 4  # of one class, that are told apart


class Found(NamedTuple):
    """What a simulator knows of its connections.

    Attributes
    ----------
    groups : tuple of Connections
    not_drawn : mapping of str to int
        How many there are of what no line can show, by what they are: ``{"inputs from artificial cells": 100}``;
        0 where nobody knows how many.
    """

    groups: tuple[Connections, ...] = ()
    not_drawn: Mapping[str, int] = {}


@dataclass(frozen=True)
class ConnectedPlaces:
    """Connections between places that an author has named; `Connections` has the attributes.

    Attributes
    ----------
    pairs : iterable of (place, place)
    line : str
        Where a script asks for them, in errors: ``"my_model.py, line 9"``; "" where the hook of a class does.
    """

    pairs: Any
    label: str = ""
    kind: ConnectionKind = "synapse"
    weights: Any = None
    weight_unit: str = ""
    delays: Any = None
    line: str = ""


class ConnectedRun(Protocol):
    """What is needed of the engine."""

    session: SessionHooks
    geometry: MorphologyGeometry | None
    scene: Scene | None

    def segment_of(self, place: Any) -> str:
        """Return the id of the segment at a place."""

    def found_connections(self) -> Found:
        """Return what the simulator knows of its connections."""

    def emit(self, update: SessionUpdate) -> None:
        """Send an update."""


class SceneConnections:
    """The connections of one session.

    Parameters
    ----------
    live : ConnectedRun
    """

    def __init__(self, live: ConnectedRun) -> None:
        self._live = live
        self._groups: tuple[Connections, ...] | None = None  # None: the scene is not to have them
        self._fact = ""

    def facts(self) -> dict[str, str]:
        """Return how many there are, in words; nothing where there are none."""
        return {FACT: self._fact} if self._fact else {}

    def added_to(self, scene: Scene) -> Scene:
        """Return a scene with the connections, unless its author has given it some, or draws another geometry.

        Raises
        ------
        ProtocolError
            If `extra_connections` returned what is no connection of this model.
        """
        drawn = self._live.geometry
        is_shown = drawn is not None and any(
            each.id == drawn.id and each.segment_ids == drawn.segment_ids
            for each in scene.geometries
        )
        if scene.connections or not is_shown:
            return scene
        self._groups = self._read()
        return replace(scene, connections=self._groups)

    def send_changes(self) -> None:
        """Send the connections as they are now, with their fact, where they differ from what the scene has."""
        scene = self._live.scene
        if scene is None or self._groups is None or scene.connections is not self._groups:
            return
        before, fact = self._groups, self._fact
        found = self._read()
        if self._fact == fact and _are_same(found, before):
            return
        self._groups = found
        facts = dict(scene.facts)
        if facts.get(FACT, "") == fact:
            facts = {name: text for name, text in facts.items() if name != FACT} | self.facts()
        self._live.emit(ScenePatch({"connections": found, "facts": facts}))

    def _read(self) -> tuple[Connections, ...]:
        assert self._live.geometry is not None  # the callers have looked
        found = self._live.found_connections()
        groups = _numbered([*found.groups, *self._of_author(self._live.geometry)])
        self._fact = fact_text(groups, found.not_drawn)
        return groups

    # ------------------------------------------------------------------------------ the author's

    def _of_author(self, geometry: MorphologyGeometry) -> list[Connections]:
        given: Any = self._live.session.extra_connections()
        if isinstance(given, Mapping):
            given = [
                ConnectedPlaces(pairs, label, kind_of(str(label))) for label, pairs in given.items()
            ]
        if not isinstance(given, Iterable) or isinstance(given, str):
            raise hook_error(self._live.session, _HOOK, given, _WANTED)
        groups = []
        for each in given:
            if not isinstance(each, (Connections, ConnectedPlaces)):
                raise hook_error(self._live.session, _HOOK, each, _WANTED)
            try:
                groups.append(self._checked(each, geometry))
            except (RequestError, ProtocolError) as error:
                raise self._error(each, error) from error
        return groups

    def _error(self, group: object, error: RequestError | ProtocolError) -> ProtocolError:
        line = getattr(group, "line", "")
        if not line:
            return error_of_hook(self._live.session, _HOOK, error.message, error.code, joint=": ")
        words = f"connections: {error.message.rstrip('.')} ({line})."
        return ProtocolError(words, code=error.code, hint="edit-script", location=line)

    def _checked(
        self, group: Connections | ConnectedPlaces, geometry: MorphologyGeometry
    ) -> Connections:
        """Return a group whose segments exist."""
        if isinstance(group, Connections):
            if group.geometry_id != geometry.id:
                raise RequestError(
                    f"{group.id!r} is of geometry {group.geometry_id!r}, not of the model's, {geometry.id!r}",
                    code="unknown-geometry",
                )
            group.check_segments(geometry.n_segments)
            return group
        pairs = _checked_pairs(group)
        try:
            ends = ends_of([self._segment(place, geometry) for place in pair[:2]] for pair in pairs)
        except ReferenceError as error:  # NEURON's
            words = f"{group.label or 'connections'!r} has a section that was deleted"
            raise RequestError(words, code="bad-place") from error
        weights = _column(pairs, 2) if group.weights is None else group.weights
        delays = _column(pairs, 3) if group.delays is None else group.delays
        return Connections(
            group.label or group.kind, geometry.id, *ends, group.kind, group.label,
            weights, group.weight_unit, delays,
        )  # fmt: skip

    def _segment(self, place: Any, geometry: MorphologyGeometry) -> int:
        """Return the index of the segment at a place: an index, an id, or what the simulator knows."""
        if isinstance(place, Integral) and not isinstance(place, bool):
            if 0 <= int(place) < geometry.n_segments:
                return int(place)
            raise RequestError(
                f"there is no segment {place}; this model has {geometry.n_segments}, the first is 0",
                code="bad-index",
            )
        id_ = self._live.segment_of(place)
        if id_ not in geometry:
            raise RequestError(
                f"{short_repr(id_)} is no segment of this model", code="unknown-segment"
            )
        return geometry.index_of(id_)


def _checked_pairs(group: ConnectedPlaces) -> list[tuple[Any, ...]]:
    if not isinstance(group.label, str):
        raise RequestError(f"the label {group.label!r} is no text", code="bad-type")
    wanted = f"{group.label or 'connections'!r} needs pairs of places, as in [(a, b), …], not"
    if isinstance(group.pairs, (str, Mapping)) or not isinstance(group.pairs, Iterable):
        raise RequestError(f"{wanted} {short_repr(group.pairs)}", code="bad-shape")
    pairs = []
    for pair in group.pairs:
        is_pair = isinstance(pair, (tuple, list, np.ndarray)) and 2 <= len(pair) <= 4
        if not is_pair or not all(isinstance(number, Real) for number in pair[2:]):
            raise RequestError(f"{wanted} {short_repr(pair)}", code="bad-shape")
        pairs.append(tuple(pair))
    return pairs


def _column(pairs: Sequence[tuple[Any, ...]], i: int) -> NDArray[np.float64] | None:
    """Return the i-th items, NaN where a pair has none; None where no pair has one."""
    if all(len(pair) <= i for pair in pairs):
        return None
    return np.array([float(pair[i]) if len(pair) > i else np.nan for pair in pairs])


# ------------------------------------------------------------------- what all simulators share


def kind_of(name: str) -> ConnectionKind:
    """Return the kind that the name of a class or a label suggests.

    A word in it that is or begins with "gap", "elec" or "junction" is a gap junction: ``HalfGap``, ``vgap``, not ``Selection``.
    """
    return "gap junction" if _GAP.search(name) else "synapse"


def labels_by_reversal(classes: Sequence[str], reversals: Sequence[float | None]) -> list[str]:
    """Return a label for each synapse: its class, with the reversal potential (mV) where a class has several.

    A class with more than four, or of which one is not known, is one group.
    """
    known: dict[str, set[float | None]] = {}
    for name, value in zip(classes, reversals, strict=True):
        known.setdefault(name, set()).add(value)
    split = {
        name
        for name, values in known.items()
        if 1 < len(values) <= _MOST_REVERSALS and None not in values
    }
    texts = {
        (name, value): f"{name}, e = {with_minus(f'{value:g}')} mV"
        for name in split
        for value in known[name]
    }
    return [texts.get((name, value), name) for name, value in zip(classes, reversals, strict=True)]


def each_junction_once(pairs: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return gap junctions of which each may be in the model as two halves, one at either end, without the second half."""
    counts = Counter(pairs)
    found = []
    for pair, n in counts.items():
        back = counts[pair[::-1]] if pair[0] != pair[1] else 0
        if n > back or (n == back and pair[0] <= pair[1]):
            found += [pair] * n
    return found


def ends_of(pairs: Iterable[Sequence[int]]) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Return the first and the second of each pair, shapes (n,)."""
    ends = np.array(list(pairs), np.int32).reshape(-1, 2)
    return ends[:, 0], ends[:, 1]


def known_numbers(values: Iterable[float]) -> NDArray[np.float64]:
    """Return numbers as an array, NaN instead of one that is infinite."""
    array = np.fromiter(values, float)
    array[np.isinf(array)] = np.nan
    return array


def _numbered(groups: Sequence[Connections]) -> tuple[Connections, ...]:
    """Return groups whose ids differ: the second "ExpSyn" is "ExpSyn 2"."""
    ids: list[str] = []
    for each in groups:
        id_, n = each.id, 2
        while id_ in ids:
            id_, n = f"{each.id} {n}", n + 1
        ids.append(id_)
    return tuple(
        each if each.id == id_ else replace(each, id=id_)
        for each, id_ in zip(groups, ids, strict=True)
    )


def _are_same(one: Sequence[Connections], other: Sequence[Connections]) -> bool:
    return len(one) == len(other) and all(
        _is_equal(getattr(a, each.name), getattr(b, each.name))
        for a, b in zip(one, other, strict=True)
        for each in fields(Connections)
    )


def _is_equal(one: Any, other: Any) -> bool:
    if isinstance(one, np.ndarray) and isinstance(other, np.ndarray):
        return np.array_equal(one, other, equal_nan=one.dtype.kind == "f")
    return one is other or bool(one is not None and other is not None and np.all(one == other))


def _counted(what: str, n: int) -> str:
    """Return ``"100 inputs from …"``, ``"1 input from …"``; without a number where nobody knows it."""
    noun, _, rest = what.partition(" ")
    words = " ".join((noun.removesuffix("s"), rest)).strip() if n == 1 else what
    return f"{spaced(n)} {words}" if n else words


def fact_text(groups: Sequence[Connections], not_drawn: Mapping[str, int]) -> str:
    """Return how many connections there are: ``"800 synapses (ExpSyn), 12 gap junctions; not drawn: …"``; "" for none."""
    parts = []
    for kind, plural in (("synapse", "synapses"), ("gap junction", "gap junctions")):
        own = [each for each in groups if each.kind == kind and each.n]
        n = sum(each.n for each in own)
        named = [each.label for each in own if each.label and each.label not in (kind, plural)]
        if len(own) > 1:
            named = [f"{spaced(each.n)} {each.name}" for each in own]
        words = f"{spaced(n)} {kind if n == 1 else plural}"
        parts += [f"{words} ({'; '.join(named)})" if named else words] if n else []
    left = [_counted(what, n) for what, n in not_drawn.items()]
    drawn = ", ".join(parts)
    if not left:
        return drawn
    return f"{drawn}{'; ' if drawn else ''}not drawn: {', '.join(left)}"
