"""A record and a morphometry of the archive as rows of plain words with units. No Qt.

Every spelling of "missing" is one dash. What the server wrote is text here and never markup: a value is
made of `LinkPart` s, each a text that may lead to an address, so that it is escaped in one place, where it is shown.
An address in a record is used only if it is on the archive's own hosts; those of papers are made
here from numbers that were checked.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from app.archive.records.links import LinkPart, linked, note_parts, parts_of, safe_url
from app.archive.records.plain_text import (
    NOTHING,
    number_text,
    plain_value,
    single_line,
    texts_of,
)
from app.archive.text import origin_of
from neuromorpho.bibliography.citations import usable_doi, usable_pmid
from neuromorpho.records.measurements import UNITS, NeuroMorphoMeasurement
from neuromorpho.records.models import RECORD_KEYS, NeuroMorphoNeuron
from neuromorpho.records.parsing import is_missing, neuron_id_of, number_of

_AGE_UNITS = {"year": "years", "month": "months", "week": "weeks", "day": "days", "hour": "hours"}

Value = tuple[tuple[LinkPart, ...], str]  # and its unit


@dataclass(frozen=True, slots=True)
class Fact:
    """A row.

    Attributes
    ----------
    label : str
        In a person's words: ``"Slice thickness"``.
    parts : tuple of LinkPart
        The value; one dash where it is missing.
    unit : str
        "" where there is none, or no number.
    tip : str
        What it means, if the label is not enough.
    """

    label: str
    parts: tuple[LinkPart, ...]
    unit: str = ""
    tip: str = ""

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


def record_facts(neuron: NeuroMorphoNeuron) -> tuple[FactGroup, ...]:
    """Return all values of a record, in groups that are the same for every cell but the last.

    The last group, which most cells do not have, has the keys that this program does not know.
    """

    def fact(label: str, keys: tuple[str, ...], read: Callable[..., Value], tip: str = "") -> Fact:
        return Fact(label, *read(*map(neuron.get, keys)), tip)

    known = {*RECORD_KEYS, "_links", "Physical_Integrity"}
    others = {key: value for key, value in neuron.payload.items() if key not in known}
    return _grouped(_GROUPS, fact, "Also in the record", others)


def measured_facts(measurement: NeuroMorphoMeasurement) -> tuple[FactGroup, ...]:
    """Return a cell's morphometry in groups, then what else the server measured."""
    extras = {key.lower(): value for key, value in measurement.extras.items()}

    def fact(label: str, key: str, tip: str = "") -> Fact:
        value = measurement.get(key, extras.get(key))
        return Fact(label, *read_number(value, UNITS.get(key, "")), tip)

    known = {"neuron_name", "neuron_id", "fractal_dim", "_links"}
    others = {k: v for k, v in measurement.extras.items() if k.lower() not in known}
    return _grouped(MEASURED_FACTS, fact, "Also measured", others)


def _grouped(
    table: Mapping[str, Sequence[Any]],
    fact: Callable[..., Fact],
    title_of_others: str,
    others: Mapping[str, Any],
) -> tuple[FactGroup, ...]:
    groups = [FactGroup(title, tuple(fact(*row) for row in rows)) for title, rows in table.items()]
    if others:
        unknown = (
            Fact(single_line(key)[:60].replace("_", " "), parts_of(plain_value(value)))
            for key, value in list(others.items())[:50]
        )
        groups.append(FactGroup(title_of_others, tuple(unknown)))
    return tuple(groups)


def read_words(value: Any) -> Value:
    return parts_of(plain_value(value)), ""


def read_levels(value: Any) -> Value:
    return parts_of(plain_value(value, " › ")), ""


def read_number(value: Any, unit: str = "") -> Value:
    """Return a number with its unit; anything else as it is."""
    number = number_of(value)
    return read_words(value) if number is None else ((LinkPart(number_text(number)),), unit)


def _range_of(low: Any, high: Any) -> tuple[str, bool]:
    """Return a range as text, and whether it is of numbers."""
    is_number = number_of(low) is not None or number_of(high) is not None
    low_text, high_text = (read_number(each)[0][0].text for each in (low, high))
    if low_text == high_text:
        return low_text, is_number
    if low_text == NOTHING:
        return f"up to {high_text}", is_number
    if high_text == NOTHING:
        return f"from {low_text}", is_number
    return f"{low_text}–{high_text}", is_number


def read_age(low: Any, high: Any, scale: Any) -> Value:
    text, is_number = _range_of(low, high)
    if not is_number:
        return parts_of(text), ""
    if is_missing(scale):
        return parts_of(f"{text} (unit unknown)"), ""
    word = plain_value(scale)
    return parts_of(text), _AGE_UNITS.get(word.casefold().removesuffix("s"), word)


def read_weight(low: Any, high: Any) -> Value:
    text, is_number = _range_of(low, high)
    return parts_of(text), "g" if is_number else ""


def read_id(value: Any) -> Value:
    neuron_id = neuron_id_of(value)
    page = f"https://neuromorpho.org/neuron_info.jsp?neuron_id={neuron_id}"
    return (LinkPart(origin_of(neuron_id), page),), ""


def read_note(value: Any) -> Value:
    is_text = isinstance(value, str) and not is_missing(value)
    return (note_parts(value), "") if is_text else read_words(value)


def read_picture_link(value: Any) -> Value:
    url = safe_url(value) if isinstance(value, str) and not is_missing(value) else ""
    return ((LinkPart("picture at NeuroMorpho.Org", url),), "") if url else read_words(value)


def read_pmids(value: Any) -> Value:
    def part(text: str) -> LinkPart:
        pmid = usable_pmid(text)
        if pmid:
            return LinkPart(pmid, f"https://pubmed.ncbi.nlm.nih.gov/{pmid}/")
        return LinkPart(f"{text} (a placeholder of the archive, not in PubMed)")

    return linked(map(part, texts_of(value))), ""


def read_dois(value: Any) -> Value:
    def part(text: str) -> LinkPart:
        doi = usable_doi(text)
        url = safe_url(f"https://doi.org/{doi}", hosts=frozenset({"doi.org"})) if doi else ""
        return LinkPart(doi, url) if url else LinkPart(f"{text} (not a DOI)")

    return linked(map(part, texts_of(value))), ""


def read_addresses(links: Any) -> Value:
    found = []
    for name, link in list(links.items())[:10] if isinstance(links, Mapping) else []:
        href = link.get("href") if isinstance(link, Mapping) else link
        url = safe_url(href) if isinstance(href, str) else ""
        if url:
            found.append(LinkPart(single_line(name).replace("_", " "), url))
    return linked(found), ""


_SHRINK = "Shrinkage of the tissue"
_GROUPS: dict[str, tuple[Any, ...]] = {
    "Cell": (
        ("Archive id", ("neuron_id",), read_id),
        ("Name", ("neuron_name",), read_words),
        ("Archive", ("archive",), read_words, "Who contributed it: usually a laboratory"),
        ("Brain region", ("brain_region",), read_levels),
        ("Cell type", ("cell_type",), read_words),
        ("Note", ("note",), read_note),
    ),
    "Animal": (
        ("Species", ("species",), read_words),
        ("Scientific name", ("scientific_name",), read_words),
        ("Strain", ("strain",), read_words),
        ("Sex", ("gender",), read_words),
        ("Age", ("min_age", "max_age", "age_scale"), read_age),
        ("Development", ("age_classification",), read_words),
        ("Weight", ("min_weight", "max_weight"), read_weight),
    ),
    "Experiment": (
        ("Condition", ("experiment_condition",), read_words),
        ("Protocol", ("protocol",), read_words),
        ("Stain", ("stain",), read_words),
        ("Slice thickness", ("slicing_thickness",), partial(read_number, unit="µm")),
        ("Slice direction", ("slicing_direction",), read_words),
        ("Objective", ("objective_type",), read_words),
        ("Magnification", ("magnification",), partial(read_number, unit="×")),
    ),
    "Reconstruction": (
        ("Parts traced", ("domain",), read_words),
        ("Completeness", ("physical_Integrity",), read_words),
        (
            "Attributes",
            ("attributes",),
            read_words,
            "Whether diameters, depth and angles were measured",
        ),
        ("Software", ("reconstruction_software",), read_words),
        ("Original format", ("original_format",), read_words),
        ("Shrinkage reported", ("shrinkage_reported",), read_words, _SHRINK),
        ("Reported, overall", ("reported_value",), partial(read_number, unit="%"), _SHRINK),
        ("Reported, in xy", ("reported_xy",), partial(read_number, unit="%"), _SHRINK),
        ("Reported, in z", ("reported_z",), partial(read_number, unit="%"), _SHRINK),
        ("Shrinkage corrected", ("shrinkage_corrected",), read_words, _SHRINK),
        ("Corrected, overall", ("corrected_value",), partial(read_number, unit="%"), _SHRINK),
        ("Corrected, in xy", ("corrected_xy",), partial(read_number, unit="%"), _SHRINK),
        ("Corrected, in z", ("corrected_z",), partial(read_number, unit="%"), _SHRINK),
    ),
    "Size": (
        ("Soma surface", ("soma_surface",), partial(read_number, unit="µm²")),
        ("Surface", ("surface",), partial(read_number, unit="µm²")),
        ("Volume", ("volume",), partial(read_number, unit="µm³")),
    ),
    "Papers and dates": (
        ("PubMed", ("reference_pmid",), read_pmids),
        ("DOI", ("reference_doi",), read_dois),
        ("Given", ("deposition_date",), read_words, "When the archive received it"),
        ("Published", ("upload_date",), read_words, "When NeuroMorpho.Org released it"),
        ("Picture", ("png_url",), read_picture_link),
        (
            "Raw data",
            ("_links",),
            read_addresses,
            "The record itself, as the archive's API returns it",
        ),
    ),
}
MEASURED_FACTS: dict[str, tuple[Any, ...]] = {
    "Size": (
        ("Total length", "length"),
        ("Surface", "surface"),
        ("Volume", "volume"),
        ("Soma surface", "soma_surface"),
        ("Mean diameter", "diameter"),
    ),
    "Extent": (
        ("Width", "width", "95 % of the cell along its second principal axis"),
        ("Height", "height", "95 % of the cell along its longest principal axis"),
        ("Depth", "depth", "95 % of the cell along its shortest principal axis"),
        ("Farthest tip", "euclidean_distance", "From the soma, in a straight line"),
        ("Longest path", "path_distance", "From the soma to a tip, along the branches"),
    ),
    "Branching": (
        ("Stems", "n_stems", "Branches that leave the soma"),
        ("Bifurcations", "n_bifs"),
        ("Branches", "n_branch"),
        ("Highest order", "branch_order", "Most bifurcations between the soma and a tip"),
        ("Points traced", "fragmentation"),
    ),
    "Shape": (
        (
            "Contraction",
            "contraction",
            "Straight length divided by path length of a branch: 1 is straight",
        ),
        (
            "Asymmetry",
            "partition_asymmetry",
            "Of the numbers of tips after a bifurcation: 0 is symmetric",
        ),
        (
            "Rall's ratio",
            "pk_classic",
            "With exponent 1.5; 1 for a bifurcation with matched impedance",
        ),
        ("Local angle", "bif_ampl_local", "Between branches, at their bifurcation"),
        ("Remote angle", "bif_ampl_remote", "Between branches, at their ends"),
        ("Fractal dimension", "fractal_dim"),
    ),
}
