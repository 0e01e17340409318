"""A record and a morphometry of the archive as rows of plain words with units. No Qt.

Every spelling of "missing" is one dash. What the server wrote is text here and never markup: a value is
made of `Part` s, each a text that may lead to an address, so that it is escaped in one place, where it is shown.
An address in a record is used only if it is on the archive's own hosts; those of papers are made
here from numbers that were checked.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from app.archive.records.links import LinkPart, linked, note_parts, parts_of, safe_url
from app.archive.records.plain_text import NOTHING, single_line
from neuromorpho.bibliography.citations import usable_doi, usable_pmid
from neuromorpho.records.measurements import UNITS, NeuroMorphoMeasurement
from neuromorpho.records.models import RECORD_KEYS, NeuroMorphoNeuron
from neuromorpho.records.parsing import is_missing

__all__ = ["Fact", "FactGroup", "measured_facts", "number_text", "record_facts"]

_GROUP_OF_DIGITS = "\u00a0"
_DIGITS = 4
_AGE_UNITS = {"year": "years", "month": "months", "week": "weeks", "day": "days", "hour": "hours"}


@dataclass(frozen=True, slots=True)
class Fact:
    """A row.

    Attributes
    ----------
    label : str
        In a person's words: ``"Slice thickness"``.
    parts : tuple of Part
        The value; one dash where it is missing.
    unit : str
        "" where there is none, or no number.
    tip : str
        What it means, if the label is not enough.
    keys : tuple of str
        The keys of the record that it shows.
    """

    label: str
    parts: tuple[LinkPart, ...]
    unit: str = ""
    tip: str = ""
    keys: tuple[str, ...] = ()

    @property
    def value(self) -> str:
        """The value as plain text."""
        return "".join(part.text for part in self.parts)

    @property
    def is_known(self) -> bool:
        """Whether the record has a value."""
        return self.value != NOTHING


@dataclass(frozen=True, slots=True)
class FactGroup:
    """Rows under a title."""

    title: str
    facts: tuple[Fact, ...]


_Keys = tuple[str, ...]
_Value = tuple[tuple[LinkPart, ...], str]  # and its unit
_Read = Callable[[NeuroMorphoNeuron, _Keys], _Value]


def number_text(value: float, digits: int = _DIGITS) -> str:
    """Return a number with as many digits as mean something, thousands in groups, a true minus sign."""
    if value == 0:
        return "0"
    size = math.floor(math.log10(abs(value)))
    if not -5 <= size < 15:
        return f"{value:.{digits - 1}e}".replace("-", "−")
    text = f"{value:,.{max(0, digits - 1 - size)}f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return text.replace(",", _GROUP_OF_DIGITS).replace("-", "−")


def record_facts(neuron: NeuroMorphoNeuron) -> tuple[FactGroup, ...]:
    """Return all values of a record, in groups that are the same for every cell but the last.

    The last group, which most cells do not have, has the keys that this program does not know.
    """
    groups = [
        FactGroup(title, tuple(_fact(neuron, *row) for row in rows)) for title, rows in _GROUPS
    ]
    known = {*RECORD_KEYS, "_links", "Physical_Integrity"}
    others = {key: value for key, value in neuron.payload.items() if key not in known}
    if others:
        groups.append(FactGroup("Also in the record", _unknown(others)))
    return tuple(groups)


def measured_facts(measurement: NeuroMorphoMeasurement) -> tuple[FactGroup, ...]:
    """Return a cell's morphometry in groups, then what else the server measured."""
    groups = [
        FactGroup(title, tuple(_measured(measurement, *row) for row in rows))
        for title, rows in MEASURED_FACTS
    ]
    known = {"neuron_name", "neuron_id", "fractal_dim", "_links"}
    others = {k: v for k, v in measurement.extras.items() if k.lower() not in known}
    if others:
        groups.append(FactGroup("Also measured", _unknown(others)))
    return tuple(groups)


def _fact(neuron: NeuroMorphoNeuron, label: str, keys: _Keys, read: _Read, tip: str = "") -> Fact:
    parts, unit = read(neuron, keys)
    return Fact(label, parts, unit, tip, keys)


def _unknown(values: Mapping[str, Any]) -> tuple[Fact, ...]:
    return tuple(
        Fact(
            single_line(key)[:60].replace("_", " "),
            parts_of(_plain(value)),
            keys=(single_line(key)[:60],),
        )
        for key, value in list(values.items())[:50]
    )


def _measured(measurement: NeuroMorphoMeasurement, label: str, key: str, tip: str = "") -> Fact:
    value = measurement.get(key)
    if value is None and key == "fractal_dim":
        value = next((v for k, v in measurement.extras.items() if k.lower() == key), None)
    number = _number(value)
    text = NOTHING if number is None else _count_or_number(number)
    unit = "" if number is None else UNITS.get(key, "")
    return Fact(label, (LinkPart(text),), unit, tip, (key,))


def _count_or_number(number: float) -> str:
    """Return integers completely, other numbers with four digits."""
    return number_text(number, 15) if number.is_integer() else number_text(number)


# ------------------------------------------------------------------------- how values are read


def _number(value: Any) -> float | None:
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        return None
    return number if math.isfinite(number) and not isinstance(value, bool) else None


def _plain(value: Any) -> str:
    """Return a value as text, the items of a list between commas."""
    if is_missing(value):
        return NOTHING
    if isinstance(value, list | tuple):
        return (
            ", ".join(single_line(each) for each in value[:50] if not is_missing(each)) or NOTHING
        )
    return single_line(value)


def _words(neuron: NeuroMorphoNeuron, keys: _Keys) -> _Value:
    return parts_of(_plain(neuron.get(keys[0]))), ""


def _levels(neuron: NeuroMorphoNeuron, keys: _Keys) -> _Value:
    value = neuron.get(keys[0])
    values = value if isinstance(value, list | tuple) else [value]
    return parts_of(" › ".join(_plain(v) for v in values if not is_missing(v)) or NOTHING), ""


def _in(unit: str) -> _Read:
    """Return the reader of one number in a unit; anything else is shown as it is."""

    def read(neuron: NeuroMorphoNeuron, keys: _Keys) -> _Value:
        value = neuron.get(keys[0])
        number = _number(value)
        if number is None:
            return parts_of(_plain(value)), ""
        return (LinkPart(_count_or_number(number)),), unit

    return read


def _range(neuron: NeuroMorphoNeuron, low_key: str, high_key: str) -> tuple[str, bool]:
    """Return a range as text, and whether it is of numbers."""
    low, high = neuron.get(low_key), neuron.get(high_key)
    numbers = _number(low), _number(high)
    low_text, high_text = (
        _plain(value) if number is None else _count_or_number(number)
        for value, number in zip((low, high), numbers, strict=True)
    )
    is_number = any(number is not None for number in numbers)
    if low_text == high_text:
        return low_text, is_number
    if low_text == NOTHING:
        return f"up to {high_text}", is_number
    if high_text == NOTHING:
        return f"from {low_text}", is_number
    return f"{low_text}–{high_text}", is_number


def _age(neuron: NeuroMorphoNeuron, keys: _Keys) -> _Value:
    text, is_number = _range(neuron, *keys[:2])
    scale = neuron.get(keys[2])
    if not is_number:
        return parts_of(text), ""
    if is_missing(scale):
        return parts_of(f"{text} (of an unknown unit)"), ""
    word = single_line(_plain(scale))
    return parts_of(text), _AGE_UNITS.get(word.casefold().removesuffix("s"), word)


def _weight(neuron: NeuroMorphoNeuron, keys: _Keys) -> _Value:
    text, is_number = _range(neuron, *keys)
    return parts_of(text), "g" if is_number else ""


def _id(neuron: NeuroMorphoNeuron, keys: _Keys) -> _Value:
    page = f"https://neuromorpho.org/neuron_info.jsp?neuron_id={neuron.neuron_id}"
    return (LinkPart(neuron.label, page),), ""


def _note(neuron: NeuroMorphoNeuron, keys: _Keys) -> _Value:
    value = neuron.get(keys[0])
    if isinstance(value, str) and not is_missing(value):
        return note_parts(value), ""
    return parts_of(_plain(value)), ""


def _image(neuron: NeuroMorphoNeuron, keys: _Keys) -> _Value:
    value = neuron.get(keys[0])
    url = safe_url(value) if isinstance(value, str) and not is_missing(value) else ""
    return ((LinkPart("picture at NeuroMorpho.Org", url),) if url else parts_of(_plain(value))), ""


def _pmids(neuron: NeuroMorphoNeuron, keys: _Keys) -> _Value:
    def part(text: str) -> LinkPart:
        pmid = usable_pmid(text)
        if pmid:
            return LinkPart(pmid, f"https://pubmed.ncbi.nlm.nih.gov/{pmid}/")
        return LinkPart(f"{text} (a placeholder of the archive, not in PubMed)")

    return linked(_texts(neuron.get(keys[0])), part), ""


def _dois(neuron: NeuroMorphoNeuron, keys: _Keys) -> _Value:
    def part(text: str) -> LinkPart:
        doi = usable_doi(text)
        url = safe_url(f"https://doi.org/{doi}", hosts=frozenset({"doi.org"})) if doi else ""
        return LinkPart(doi, url) if url else LinkPart(f"{text} (not a DOI)")

    return linked(_texts(neuron.get(keys[0])), part), ""


def _addresses(neuron: NeuroMorphoNeuron, keys: _Keys) -> _Value:
    links = neuron.get(keys[0])
    found = []
    for name, link in list(links.items())[:10] if isinstance(links, Mapping) else []:
        href = link.get("href") if isinstance(link, Mapping) else link
        url = safe_url(href) if isinstance(href, str) else ""
        if url:
            found.append(LinkPart(single_line(name).replace("_", " "), url))
    return linked(found, lambda part: part), ""


def _texts(value: Any) -> list[str]:
    values = value if isinstance(value, list | tuple) else [value]
    return [single_line(each) for each in values[:50] if not is_missing(each)]


# --------------------------------------------------------------------------------- the tables

_SHRINK = "Shrinkage of the tissue"
_GROUPS: tuple[tuple[str, tuple[Any, ...]], ...] = (
    (
        "Cell",
        (
            ("Archive id", ("neuron_id",), _id),
            ("Name", ("neuron_name",), _words),
            ("Archive", ("archive",), _words, "Who gave it: usually a laboratory"),
            ("Brain region", ("brain_region",), _levels),
            ("Cell type", ("cell_type",), _words),
            ("Note", ("note",), _note),
        ),
    ),
    (
        "Animal",
        (
            ("Species", ("species",), _words),
            ("Scientific name", ("scientific_name",), _words),
            ("Strain", ("strain",), _words),
            ("Sex", ("gender",), _words),
            ("Age", ("min_age", "max_age", "age_scale"), _age),
            ("Development", ("age_classification",), _words),
            ("Weight", ("min_weight", "max_weight"), _weight),
        ),
    ),
    (
        "Experiment",
        (
            ("Condition", ("experiment_condition",), _words),
            ("Protocol", ("protocol",), _words),
            ("Stain", ("stain",), _words),
            ("Slice thickness", ("slicing_thickness",), _in("µm")),
            ("Slice direction", ("slicing_direction",), _words),
            ("Objective", ("objective_type",), _words),
            ("Magnification", ("magnification",), _in("×")),
        ),
    ),
    (
        "Reconstruction",
        (
            ("Parts traced", ("domain",), _words),
            ("Completeness", ("physical_Integrity",), _words),
            ("Attributes", ("attributes",), _words, "Whether diameters, depth and angles are real"),
            ("Software", ("reconstruction_software",), _words),
            ("Original format", ("original_format",), _words),
            ("Shrinkage reported", ("shrinkage_reported",), _words, _SHRINK),
            ("Reported, overall", ("reported_value",), _in("%"), _SHRINK),
            ("Reported, in xy", ("reported_xy",), _in("%"), _SHRINK),
            ("Reported, in z", ("reported_z",), _in("%"), _SHRINK),
            ("Shrinkage corrected", ("shrinkage_corrected",), _words, _SHRINK),
            ("Corrected, overall", ("corrected_value",), _in("%"), _SHRINK),
            ("Corrected, in xy", ("corrected_xy",), _in("%"), _SHRINK),
            ("Corrected, in z", ("corrected_z",), _in("%"), _SHRINK),
        ),
    ),
    (
        "Size",
        (
            ("Soma surface", ("soma_surface",), _in("µm²")),
            ("Surface", ("surface",), _in("µm²")),
            ("Volume", ("volume",), _in("µm³")),
        ),
    ),
    (
        "Papers and dates",
        (
            ("PubMed", ("reference_pmid",), _pmids),
            ("DOI", ("reference_doi",), _dois),
            ("Given", ("deposition_date",), _words, "When the archive received it"),
            ("Published", ("upload_date",), _words, "When NeuroMorpho.Org released it"),
            ("Picture", ("png_url",), _image),
            (
                "Raw data",
                ("_links",),
                _addresses,
                "The record itself, as the archive's programs see it",
            ),
        ),
    ),
)
MEASURED_FACTS: tuple[tuple[str, tuple[Any, ...]], ...] = (
    (
        "Size",
        (
            ("Total length", "length"),
            ("Surface", "surface"),
            ("Volume", "volume"),
            ("Soma surface", "soma_surface"),
            ("Mean diameter", "diameter"),
        ),
    ),
    (
        "Extent",
        (
            ("Width", "width", "95 % of the cell along its second principal axis"),
            ("Height", "height", "95 % of the cell along its longest principal axis"),
            ("Depth", "depth", "95 % of the cell along its shortest principal axis"),
            ("Farthest tip", "euclidean_distance", "From the soma, in a straight line"),
            ("Longest path", "path_distance", "From the soma to a tip, along the branches"),
        ),
    ),
    (
        "Branching",
        (
            ("Stems", "n_stems", "Branches that leave the soma"),
            ("Bifurcations", "n_bifs"),
            ("Branches", "n_branch"),
            ("Highest order", "branch_order", "Bifurcations between the soma and the last tip"),
            ("Points traced", "fragmentation"),
        ),
    ),
    (
        "Shape",
        (
            ("Contraction", "contraction", "Straight over path length of a branch: 1 is straight"),
            (
                "Asymmetry",
                "partition_asymmetry",
                "Of tips on either side of a bifurcation: 0 is even",
            ),
            ("Rall's ratio", "pk_classic", "With the power 1.5; 1 where a bifurcation is matched"),
            ("Local angle", "bif_ampl_local", "Between branches, where they part"),
            ("Remote angle", "bif_ampl_remote", "Between branches, at their ends"),
            ("Fractal dimension", "fractal_dim"),
        ),
    ),
)
