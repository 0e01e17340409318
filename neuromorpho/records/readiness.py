"""`readiness`: whether a reconstruction is ready to simulate, from its record, before a file is downloaded.

A simulation needs a tree with measured diameters, which determine area and axial resistance. Files of cells
marked "No Diameter" contain invented diameters, so their electrical behaviour means nothing. A cell with a
missing soma, a flat tree or cut branches, or a glial cell, can run but may not be what the user expects.
Loading is never refused: the reasons are shown.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Literal

from neuromorpho.records.measurements import NeuroMorphoMeasurement
from neuromorpho.records.models import NeuroMorphoNeuron
from neuromorpho.records.parsing import is_missing, number_of

__all__ = ["LARGEST_SOMA_SURFACE", "Level", "Readiness", "readiness"]

Level = Literal["ready", "caution", "not"]
LARGEST_SOMA_SURFACE = 50_000.0
"""In µm²: a sphere of 126 µm across. What is larger in the archive is mostly an error of the data."""
_GLIA = re.compile(
    r"\b(glia|glial|astrocytes?|microglia\w*|oligodendrocytes?|macroglia|schwann)\b", re.I
)


@dataclass(frozen=True, slots=True)
class Readiness:
    """How ready a cell is.

    Attributes
    ----------
    level : {"ready", "caution", "not"}
        "caution" can run, but read the reason; the tree of "not" has no electrical meaning.
    reason : str
        One sentence with everything that was found, the most serious first.
    """

    level: Level
    reason: str


def readiness(
    neuron: NeuroMorphoNeuron, measurement: NeuroMorphoMeasurement | None = None
) -> Readiness:
    """Return how ready a cell is, by its record, and by its morphometry if that is known."""
    attributes = _parts(neuron, "attributes")
    serious = [*_diameters_absent(attributes), *_tree_absent(measurement)]
    minor = [
        *_soma_remarks(neuron, measurement),
        *_attribute_remarks(attributes),
        *_incompleteness(neuron),
        *_glia(neuron),
    ]
    if serious:
        return Readiness("not", _sentence(serious + minor))
    if minor:
        return Readiness("caution", _sentence(minor))
    return Readiness("ready", _sentence([_positive_remarks(neuron)]))


def _text_of(neuron: NeuroMorphoNeuron, key: str) -> str:
    """Return a text of the record in lower case with single blanks; "" if it is missing or no text."""
    value: Any = neuron.get(key)
    if is_missing(value) or not isinstance(value, str | list | tuple):
        return ""
    text = value if isinstance(value, str) else ", ".join(str(item) for item in value)
    return " ".join(text.split()).casefold()


def _parts(neuron: NeuroMorphoNeuron, key: str) -> frozenset[str]:
    """Return the comma-separated parts of a text such as "No Diameter, 2D, Angles"."""
    return frozenset(part.strip() for part in _text_of(neuron, key).split(",") if part.strip())


def _diameters_absent(attributes: frozenset[str]) -> list[str]:
    if "no diameter" in attributes:
        return ["its diameters were not measured; those in the file are invented"]
    return []


def _tree_absent(measurement: NeuroMorphoMeasurement | None) -> list[str]:
    if measurement is None:
        return []
    if measurement.length is not None and measurement.length <= 0:
        return ["it has no cable, its total length is 0 µm"]
    if measurement.diameter is not None and measurement.diameter <= 0:
        return ["its mean diameter is 0 µm"]
    return []


def _soma_remarks(
    neuron: NeuroMorphoNeuron, measurement: NeuroMorphoMeasurement | None
) -> list[str]:
    parts = _parts(neuron, "domain")
    if "no soma" in parts:
        return ["it has no soma, so there is no obvious place for an electrode"]
    if not parts:
        return ["the record does not state whether it has a soma"]
    surface = _soma_surface(neuron, measurement)
    if surface is not None and surface > LARGEST_SOMA_SURFACE:
        return [f"its soma of {surface:,.0f} µm² is too large to be real"]
    if measurement is not None and surface is None:
        return ["no surface of its soma was measured, so the soma may be missing"]
    return []


def _soma_surface(
    neuron: NeuroMorphoNeuron, measurement: NeuroMorphoMeasurement | None
) -> float | None:
    """Return the soma's surface in µm²: as measured, else from the record, else None."""
    if measurement is not None and measurement.soma_surface is not None:
        return measurement.soma_surface or None
    return number_of(neuron.get("soma_surface")) or None


def _attribute_remarks(attributes: frozenset[str]) -> list[str]:
    remarks = []
    if not attributes & {"diameter", "no diameter"}:
        remarks.append("the record does not state whether its diameters were measured")
    if "2d" in attributes:
        remarks.append("it was traced in 2D, so its lengths are too short")
    elif "3d" not in attributes:
        remarks.append("the record does not state whether it was traced in 3D")
    return remarks


def _incompleteness(neuron: NeuroMorphoNeuron) -> list[str]:
    integrity = _text_of(neuron, "physical_Integrity")
    if not integrity:
        return ["the record does not state how complete it is"]
    if integrity == "error":
        return ["the archive marks its integrity as an error"]
    if "incomplete" in integrity:
        return [f"it is cut: {integrity}"]
    return []


def _glia(neuron: NeuroMorphoNeuron) -> list[str]:
    if _GLIA.search(_text_of(neuron, "cell_type")):
        return ["it is a glial cell, which fires no spikes"]
    if any(part in {"process", "processes"} for part in _parts(neuron, "domain")):
        return ["its branches are processes without a type, as in glia"]
    return []


def _positive_remarks(neuron: NeuroMorphoNeuron) -> str:
    return f"it has a soma and measured diameters in 3D; {_text_of(neuron, 'physical_Integrity')}"


def _sentence(reasons: list[str]) -> str:
    text = "; ".join(reasons)
    return f"{text[:1].upper()}{text[1:]}."
