"""`NeuronConnections`: what NEURON knows of the connections of a model.

Synapses are its NetCons. Gap junctions, and synapses that follow a voltage, are mechanisms with a POINTER to the
voltage of another segment. What ``ParallelContext.target_var`` connects is listed nowhere; NEURON only knows whether
there is anything.
"""

from __future__ import annotations

import ctypes
import re
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np

from backends.connections import Connections
from backends.live.views.connections import (
    Found,
    each_junction_once,
    ends_of,
    kind_of,
    known_numbers,
    labels_by_reversal,
)

_DENSITY, _POINT_PROCESS = 0, 1  # of h.MechanismType
_ALL, _PARAMETERS, _ASSIGNED, _STATES = 0, 1, 2, 3  # of h.MechanismStandard
_WEIGHT_UNIT = re.compile(r"\bNET_RECEIVE\s*\(\s*\w+\s*\(\s*([^()]+?)\s*\)")
_REVERSAL = "e"  # what NEURON's own synapses, and nearly all others, call it
_INPUTS = "inputs from artificial cells"
_OUTPUTS = "outputs to artificial cells"
_BETWEEN = "NetCons between artificial cells"
_OTHER_SOURCES = "NetCons from something else than a voltage"
_ELSEWHERE = "from or to sections that are not shown"
_LINEAR = "LinearMechanisms"
_TRANSFERS = (
    "what ParallelContext.target_var connects (NEURON does not list it: give it to "
    "extra_connections, in a script to view.connections)"
)


class _Row(NamedTuple):
    """A synapse."""

    kind: str
    reversal: float | None
    source: int
    target: int
    weight: float
    delay: float


class NeuronConnections:
    """Finds the connections between segments.

    Parameters
    ----------
    h : HocObject
    sections : sequence of nrn.Section
        Those that are shown, in the order of every frame.
    geometry_id : str
    """

    def __init__(self, h: Any, sections: Sequence[Any], geometry_id: str) -> None:
        self._h = h
        self._sections = sections
        self._geometry_id = geometry_id
        counts = np.cumsum([0, *(int(section.nseg) for section in sections)]).tolist()
        self._spans: dict[Any, tuple[int, int]] = dict(zip(sections, pairwise(counts), strict=True))
        self._not_drawn = Counter[str]()

    def find(self) -> Found:
        """Return the connections as they are now."""
        self._not_drawn.clear()
        groups = [*self._synapses(), *self._pointers()]
        self._not_drawn[_LINEAR] += int(self._h.List("LinearMechanism").count())
        not_drawn = {what: n for what, n in self._not_drawn.items() if n}
        if _has_transfers():
            not_drawn[_TRANSFERS] = 0
        return Found(tuple(groups), not_drawn)

    def _index(self, segment: Any) -> int | None:
        """Return the index of a segment, None where its section is not shown."""
        span = self._spans.get(segment.sec)
        if span is None:
            return None
        first, end = span
        return min(first + int(segment.x * (end - first)), end - 1)

    # --------------------------------------------------------------------------------- NetCons

    def _synapses(self) -> Iterator[Connections]:
        """Yield the NetCons, grouped by the class of their synapses and by its reversal potential."""
        rows = list(self._rows())
        labels = labels_by_reversal([row.kind for row in rows], [row.reversal for row in rows])
        groups: dict[str, list[_Row]] = {}
        for label, row in zip(labels, rows, strict=True):
            groups.setdefault(label, []).append(row)
        units = self._weight_units({row.kind for row in rows})
        for label, own in groups.items():
            source, target = ends_of([(row.source, row.target) for row in own])
            weights, delays = (row.weight for row in own), (row.delay for row in own)
            yield Connections(
                label, self._geometry_id, source, target, "synapse", label,
                known_numbers(weights), units.get(own[0].kind, ""), known_numbers(delays),
            )  # fmt: skip

    def _rows(self) -> Iterator[_Row]:
        classes: dict[str, tuple[str, float | None]] = {}
        for netcon in self._h.List("NetCon"):
            synapse = netcon.syn()
            if synapse is None:
                continue  # it connects nothing: it records spikes
            ends = self._ends(netcon)
            if ends is None:
                continue
            name = synapse.hname()
            if name not in classes:
                value = getattr(synapse, _REVERSAL, None)
                reversal = round(value, 6) if isinstance(value, float) else None
                classes[name] = name.partition("[")[0], reversal
            yield _Row(*classes[name], *ends, netcon.weight[0], netcon.delay)

    def _ends(self, netcon: Any) -> tuple[int, int] | None:
        """Return the segments of a NetCon; None, after counting it, where it is not between two that are shown."""
        before, after = netcon.preseg(), netcon.postseg()
        process = None
        if before is None:
            process = netcon.pre()
            find = getattr(process, "get_segment", None)  # an artificial cell has none
            before = None if find is None else find()  # of a point process that sends events
        source = None if before is None else self._index(before)
        target = None if after is None else self._index(after)
        if source is not None and target is not None:
            return source, target
        self._count(source, target, before, after, process)
        return None

    def _count(
        self, source: int | None, target: int | None, before: Any, after: Any, process: Any
    ) -> None:
        """Count a NetCon that no line can show; not that of another model, of which nothing is shown."""
        if before is None and process is None:
            what = _OTHER_SOURCES if target is not None or after is None else ""
        elif before is None and after is None:
            what = _BETWEEN
        elif before is None:
            what = _INPUTS if target is not None else ""
        elif after is None:
            what = _OUTPUTS if source is not None else ""
        else:
            what = "" if source is None and target is None else f"NetCons {_ELSEWHERE}"
        if what:
            self._not_drawn[what] += 1

    def _weight_units(self, classes: Collection[str]) -> dict[str, str]:
        """Return the units of weights, as the NET_RECEIVE of each class of synapse has them."""
        units = {}
        for name, kinds, _ in self._mechanisms(_POINT_PROCESS):
            found = _WEIGHT_UNIT.search(kinds.code()) if name in classes else None
            if found is not None:
                units[name] = re.sub(r"^u(?=[a-zA-Z])", "µ", found[1])
        return units

    # -------------------------------------------------------------------------------- POINTERs

    def _pointers(self) -> Iterator[Connections]:
        """Yield the mechanisms that follow the voltage of another segment, grouped by class."""
        voltages: dict[Any, int] = {}
        for sort in (_POINT_PROCESS, _DENSITY):
            for name, _, is_artificial in self._mechanisms(sort):
                pointers = [] if is_artificial else self._pointer_names(name)
                if not pointers:
                    continue
                voltages = voltages or self._voltages()
                owners = self._point_processes if sort == _POINT_PROCESS else self._segments_with
                pairs = self._followed(owners(name), pointers, voltages)
                kind = kind_of(" ".join((name, *pointers)))
                if kind == "gap junction":
                    pairs = each_junction_once(pairs)
                if pairs:
                    yield Connections(name, self._geometry_id, *ends_of(pairs), kind, name)

    def _followed(
        self,
        owners: Iterator[tuple[Any, Any]],
        pointers: Sequence[str],
        voltages: dict[Any, int],
    ) -> list[tuple[int, int]]:
        """Return source and target of each POINTER to the voltage of another segment."""
        pairs = []
        for owner, segment in owners:
            target = self._index(segment)
            for name in pointers:
                reference = getattr(owner, f"_ref_{name}", None)  # none where it is not set
                if type(reference).__name__ != "HocObject":
                    continue
                source = voltages.get(reference)
                if source is not None and target is not None:
                    pairs += [(source, target)] if source != target else []
                elif (source is not None) or (target is not None and _is_voltage(reference)):
                    self._not_drawn[f"POINTERs {_ELSEWHERE}"] += 1
        return pairs

    def _point_processes(self, name: str) -> Iterator[tuple[Any, Any]]:
        """Yield the point processes of a class, each with its segment."""
        for process in self._h.List(name):
            segment = process.get_segment()
            if segment is not None:
                yield process, segment

    def _segments_with(self, name: str) -> Iterator[tuple[Any, Any]]:
        """Yield the segments that have a mechanism, as what has its variables and as the place."""
        for section in self._sections:
            if section.has_membrane(name):
                for segment in section:
                    yield getattr(segment, name), segment

    def _voltages(self) -> dict[Any, int]:
        segments = (segment for section in self._sections for segment in section)
        return {segment._ref_v: i for i, segment in enumerate(segments)}

    def _mechanisms(self, sort: int) -> Iterator[tuple[str, Any, bool]]:
        """Yield name, the `h.MechanismType` in which it is selected, and whether it is an artificial cell."""
        kinds, name = self._h.MechanismType(sort), self._h.ref("")
        for i in range(int(kinds.count())):
            kinds.select(i)
            kinds.selected(name)
            yield name[0], kinds, bool(kinds.is_artificial(i))

    def _pointer_names(self, mechanism: str) -> list[str]:
        """Return the POINTERs of a mechanism: the variables that are neither parameter nor assigned nor state."""
        if mechanism.endswith("_ion"):
            return []
        others = {
            name
            for sort in (_PARAMETERS, _ASSIGNED, _STATES)
            for name in self._names(mechanism, sort)
        }
        found = [name for name in self._names(mechanism, _ALL) if name not in others]
        return [name.removesuffix(f"_{mechanism}") for name in found]

    def _names(self, mechanism: str, sort: int) -> list[str]:
        standard, name = self._h.MechanismStandard(mechanism, sort), self._h.ref("")
        names = []
        for i in range(int(standard.count())):
            standard.name(name, i)
            names.append(name[0])
        return names


def _is_voltage(reference: Any) -> bool:
    return "Voltage" in repr(reference)


def _has_transfers() -> bool:
    """Whether ``ParallelContext.target_var`` has connected anything; False where NEURON cannot be asked."""
    import neuron

    try:
        function = ctypes.c_void_p.in_dll(neuron.nrn_dll(), "nrnthread_v_transfer_")
    except (OSError, ValueError, AttributeError):
        return False
    return bool(function.value)
