"""The bundled cells as hits of the library: records of what is known of them, and which of them a search matches. No Qt.

They were drawn by a program, so they have none of the properties of a tissue or its tracing: no species, region,
age, stain or paper, no integrity. Their ids are negative, as no id of the archive is, and
they are never requested, downloaded, cited or exported.

A search matches a bundled cell by the same rules as a record of the library: every word begins some word of
it, values match completely, numbers are within their bounds. Its numbers are computed from its file, by
our own reading of it; a range over a number that is not computed leaves it out, as it leaves out every
cell of the library whose number is not known.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.archive.records.facts import Fact, FactGroup, measured_facts
from app.archive.records.links import parts_of
from neuromorpho.library.codec import indexed_words, words_of
from neuromorpho.library.columns import VIEWS, number_field
from neuromorpho.records.measurements import NeuroMorphoMeasurement
from neuromorpho.records.models import NeuroMorphoNeuron
from neuromorpho.records.readiness import Readiness, readiness

if TYPE_CHECKING:
    from resources import BundledCell

ARCHIVE_NAME = "Somascope"
NO_CITATION = (
    "There is no paper to cite: Somascope generated this cell. State that it is synthetic, and name "
    "Somascope and the cell."
)
NO_DOWNLOAD = "Bundled cells come with Somascope: there is nothing to download."
_FIT = "Synthetic, made for simulation: the soma and every diameter are defined, and no branch is cut off."
_KNOWN: Mapping[str, Mapping[str, Any]] = {
    "pyramidal": {
        "cell_type": ["principal cell", "pyramidal"],
        "domain": "Dendrites, Soma, Axon",
    },
    "stellate": {"cell_type": ["interneuron", "stellate"], "domain": "Dendrites, Soma, Axon"},
    "ball_and_stick": {"domain": "Dendrites, Soma, No Axon"},
}

Criteria = Mapping[str, Sequence[str]]
Ranges = Mapping[str, tuple[float | None, float | None]]
IsSpelled = Callable[[str, str], bool]


@dataclass(frozen=True)
class BundledNeuron(NeuroMorphoNeuron):
    """A bundled cell as a record; its id is -1 or below.

    Attributes
    ----------
    source : str
        Its short name, which opens it: ``"pyramidal"``.
    path : Path
        Its SWC file.
    """

    source: str = ""
    path: Path = field(default_factory=Path)

    @property
    def label(self) -> str:
        """What is shown where a cell of the archive has its id."""
        return "Bundled cell"


def is_bundled(neuron_id: int) -> bool:
    """Return whether an id is that of a bundled cell."""
    return neuron_id < 0


def of_archive(ids: Iterable[int]) -> list[int]:
    """Return the ids without those of bundled cells."""
    return [each for each in ids if not is_bundled(each)]


@cache
def bundled_neurons() -> tuple[BundledNeuron, ...]:
    """Return the bundled cells, in their order, as records."""
    from resources import bundled

    return tuple(_neuron(-1 - position, each) for position, each in enumerate(bundled()))


def bundled_neuron(neuron_id: int) -> BundledNeuron | None:
    """Return the bundled cell of an id; None where there is none."""
    return next((each for each in bundled_neurons() if each.neuron_id == neuron_id), None)


def _neuron(neuron_id: int, cell: BundledCell) -> BundledNeuron:
    known = _KNOWN.get(cell.name, {})
    record = {
        "neuron_name": cell.title,
        "archive": ARCHIVE_NAME,
        "note": cell.note,
        "reconstruction_software": ARCHIVE_NAME,
        "original_format": f"{ARCHIVE_NAME}.swc",
        **known,
    }
    return BundledNeuron(
        neuron_id,
        cell.title,
        archive=ARCHIVE_NAME,
        cell_type=tuple(known.get("cell_type", ())),
        original_format=record["original_format"],
        payload=record,
        source=cell.name,
        path=cell.path,
    )


@dataclass(frozen=True)
class Search:
    """A search among the bundled cells, with the arguments of `Library.search`.

    Attributes
    ----------
    text : str
    criteria : mapping of field to values
    ranges : mapping of field to lowest and highest
    is_spelled : callable
        Takes a field and a value: whether a cell of the library has it letter by letter. Then a
        bundled cell that has it in another case does not match, as none of the library does.
    """

    text: str = ""
    criteria: Criteria = field(default_factory=dict)
    ranges: Ranges = field(default_factory=dict)
    is_spelled: IsSpelled = lambda _field, _value: False

    def hits(self) -> tuple[BundledNeuron, ...]:
        """Return the bundled cells that match, always in the same order."""
        return tuple(each for each in bundled_neurons() if self._matches(each))

    def counts(self, name: str) -> dict[str, int]:
        """Return how many have each value of a field, as if the field itself had no criterion."""
        search = replace(self, criteria={**self.criteria, name: ()})
        return Counter(value for each in search.hits() for value in _values(each, name))

    def _matches(self, neuron: BundledNeuron) -> bool:
        own = indexed_words(neuron.payload).split()
        criteria, ranges = self.criteria.items(), self.ranges.items()
        return (
            all(any(each.startswith(word) for each in own) for word in words_of(self.text))
            and all(self._has_one(neuron, name, values) for name, values in criteria if values)
            and all(_lies_within(neuron, name, *ends) for name, ends in ranges)
        )

    def _has_one(self, neuron: BundledNeuron, name: str, wanted: Sequence[str]) -> bool:
        if name == "neuron_name":
            return neuron.neuron_name.casefold() in {each.casefold() for each in wanted}
        own = _values(neuron, name)
        folded = {each.casefold() for each in own}
        return any(
            each in own or (each.casefold() in folded and not self._is_another(name, each))
            for each in wanted
        )

    def _is_another(self, name: str, value: str) -> bool:
        is_ours = any(value in _values(each, name) for each in bundled_neurons())
        return is_ours or self.is_spelled(name, value)


def merged(counts: Mapping[str, int], more: Mapping[str, int]) -> dict[str, int]:
    """Return the counts of both together, the commonest value first."""
    both = Counter(counts)
    both.update(more)
    return dict(sorted(both.items(), key=lambda pair: (-pair[1], pair[0])))


def _values(neuron: BundledNeuron, name: str) -> tuple[str, ...]:
    view = VIEWS.get(name)
    return () if view is None else view.values_of(neuron.payload.get(view.column))


def _lies_within(neuron: BundledNeuron, name: str, low: float | None, high: float | None) -> bool:
    number = bundled_measurement(neuron.neuron_id).get(number_field(name))
    if number is None:
        return False
    return (low is None or low <= number) and (high is None or number <= high)


@cache
def bundled_measurement(neuron_id: int) -> NeuroMorphoMeasurement:
    """Return what is computed of a bundled cell's file; for a worker, it reads the file once.

    Length, surface and diameters are those of the cable that is simulated. What depends on a convention
    of L-Measure's (extents, angles, asymmetry …) is not computed, and stays unknown.
    """
    import numpy as np

    from backends.morphology.morphology import build_geometry
    from backends.morphology.swc_types import SwcType
    from backends.swc.reader import read_swc

    neuron = bundled_neuron(neuron_id)
    if neuron is None:
        raise KeyError(f"there is no bundled cell {neuron_id}")
    morphology = read_swc(neuron.path)
    sections = morphology.sections
    geometry = build_geometry(morphology, [1] * len(sections))
    is_soma = geometry.swc_type == SwcType.SOMA
    soma = np.concatenate([each.xyz for each in sections if each.swc_type == SwcType.SOMA])
    parents = np.array([each.parent for each in sections])
    n_children = np.bincount(parents[~is_soma], minlength=len(sections))
    tips = np.concatenate([each.xyz[-1:] for each in sections])[~is_soma]
    away = np.linalg.norm(tips - soma.mean(axis=0), axis=1)
    return NeuroMorphoMeasurement(
        neuron_id,
        surface=float(geometry.area.sum()),
        soma_surface=float(geometry.area[is_soma].sum()),
        n_stems=int(n_children[is_soma].sum()),
        n_bifs=int((n_children[~is_soma] > 1).sum()),
        n_branch=int((~is_soma).sum()),
        length=float(geometry.length[~is_soma].sum()),
        euclidean_distance=float(away.max()),
    )


@lru_cache(maxsize=1024)  # it is drawn for every row of a screen, at every step of a scroll
def readiness_of(
    neuron: NeuroMorphoNeuron, measurement: NeuroMorphoMeasurement | None = None
) -> Readiness:
    """Judge any cell: a bundled one is made to be simulated."""
    if isinstance(neuron, BundledNeuron):
        return Readiness("ready", _FIT)
    return readiness(neuron, measurement)


def bundled_facts(neuron: BundledNeuron) -> tuple[FactGroup, ...]:
    """Return all that is known of a bundled cell, in rows; no row for what no drawing has."""
    types = ", ".join(neuron.cell_type)
    rows = (
        ("Name", neuron.neuron_name, ""),
        ("Short name", neuron.source, "Command that opens it: somascope " + neuron.source),
        ("Archive", f"Supplied with {ARCHIVE_NAME}", ""),
        ("Cell type", types, "The cell type that its shape imitates"),
        ("Parts", str(neuron.payload.get("domain", "")), ""),
        ("Note", str(neuron.payload["note"]), ""),
        ("Species, region", "None: it is synthetic, generated by a program", ""),
    )
    facts = [Fact(label, parts_of(text), tip=tip) for label, text, tip in rows if text]
    return (FactGroup("Cell", tuple(facts)),)


def bundled_measured_facts(measurement: NeuroMorphoMeasurement) -> tuple[FactGroup, ...]:
    """Return what was computed of a bundled cell, in rows."""
    facts = (fact for group in measured_facts(measurement) for fact in group.facts if fact.is_known)
    return (FactGroup("Computed from the simulated file", tuple(facts)),)
