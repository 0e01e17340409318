"""Frozen records of what NeuroMorpho.Org has, and of what was downloaded from it.

`from_payload` makes a record from parsed JSON and stores all of that JSON in it; it raises KeyError if an
id or a name is missing and ValueError if a value has a wrong type. `decode` turns these into errors that
name the address; `measurements` has the record of a cell's morphometry.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import date
from operator import itemgetter
from pathlib import Path
from typing import Any, Literal

from neuromorpho.records.measurements import NeuroMorphoMeasurement
from neuromorpho.records.parsing import (
    as_date,
    as_number,
    as_text,
    neuron_id_of,
    object_of,
    required,
    short_repr,
    texts_of,
)

DownloadMode = Literal["standard", "original", "both"]
RECORD_KEYS = (
    "neuron_id",
    "neuron_name",
    "archive",
    "note",
    "age_scale",
    "gender",
    "age_classification",
    "brain_region",
    "cell_type",
    "species",
    "strain",
    "scientific_name",
    "stain",
    "experiment_condition",
    "protocol",
    "slicing_direction",
    "reconstruction_software",
    "objective_type",
    "original_format",
    "domain",
    "attributes",
    "magnification",
    "upload_date",
    "deposition_date",
    "shrinkage_reported",
    "shrinkage_corrected",
    "reported_value",
    "reported_xy",
    "reported_z",
    "corrected_value",
    "corrected_xy",
    "corrected_z",
    "soma_surface",
    "surface",
    "volume",
    "slicing_thickness",
    "min_age",
    "max_age",
    "min_weight",
    "max_weight",
    "png_url",
    "reference_pmid",
    "reference_doi",
    "physical_Integrity",
)
_OWN_VALUES = itemgetter(
    "neuron_id", "neuron_name", "archive", "species",
    "brain_region", "cell_type", "original_format", "png_url",
)  # fmt: skip
_LEVEL = re.compile(r"(brain_region|cell_type)_([1-9])\Z")


@dataclass(frozen=True)
class NeuroMorphoNeuron:
    """One cell of the archive.

    Attributes
    ----------
    archive, species, original_format, png_url
        In the server's spelling; None if the record has none.
    brain_region, cell_type : tuple of str
        From general to specific for the region; in no fixed order for the type.
    original_format
        ``<software>.<ext>`` ("Neurolucida.asc"): a format's name, not a file's.
    payload : dict
        The complete record as received.
    """

    neuron_id: int
    neuron_name: str
    archive: str | None = None
    species: str | None = None
    brain_region: tuple[str, ...] = ()
    cell_type: tuple[str, ...] = ()
    original_format: str | None = None
    png_url: str | None = None
    payload: dict[str, Any] = field(default_factory=dict, hash=False, repr=False)

    @classmethod
    def from_payload(cls, payload: Mapping[str, Any]) -> NeuroMorphoNeuron:
        """Return the neuron of a record.

        Raises
        ------
        KeyError
            It has no ``neuron_id`` or no ``neuron_name``.
        ValueError
            It is no object, or a value has a wrong type.
        """
        return cls.of_record(object_of(payload, "neuron"))

    @classmethod
    def of_record(cls, record: Any) -> NeuroMorphoNeuron:
        """Return the neuron of a record that nobody else changes; otherwise as `from_payload`."""
        if type(record) is not dict:
            return cls.from_payload(record)
        try:
            number, name, archive, species, region, kind, origin, png_url = _OWN_VALUES(record)
        except KeyError:
            return cls._of_unusual_record(record)
        are_texts = type(name) is type(archive) is type(species) is type(origin) is str
        if not (are_texts and name and type(png_url) is str and type(number) is int):
            return cls._of_unusual_record(record)
        regions, kinds = texts_of(region, "brain_region"), texts_of(kind, "cell_type")
        number = neuron_id_of(number)
        return cls(number, name, archive, species, regions, kinds, origin, png_url, record)

    @classmethod
    def _of_unusual_record(cls, record: dict[str, Any]) -> NeuroMorphoNeuron:
        """Return the neuron of a record with a missing value, or one to convert or to refuse."""
        return cls(
            neuron_id=neuron_id_of(required(record, "neuron_id")),
            neuron_name=str(as_text(required(record, "neuron_name"), "neuron_name")),
            archive=as_text(record.get("archive"), "archive"),
            species=as_text(record.get("species"), "species"),
            brain_region=texts_of(record.get("brain_region"), "brain_region"),
            cell_type=texts_of(record.get("cell_type"), "cell_type"),
            original_format=as_text(record.get("original_format"), "original_format"),
            png_url=as_text(record.get("png_url"), "png_url"),
            payload=record,
        )

    @property
    def label(self) -> str:
        """The id as people write it: ``NMO_00001``."""
        return f"NMO_{self.neuron_id:05d}"

    def get(self, key: str, default: Any = None) -> Any:
        """Return the record's value under a key, or under a name that the server's queries use.

        ``Physical_Integrity`` is the record's ``physical_Integrity``; ``brain_region_1`` is the first
        level of ``brain_region``, and so for ``cell_type``.
        """
        if key in self.payload:
            return self.payload[key]
        if key.lower() == "physical_integrity":
            return self.payload.get("physical_Integrity", default)
        level = _LEVEL.match(key)
        if level:
            values = self.brain_region if level[1] == "brain_region" else self.cell_type
            index = int(level[2]) - 1
            return values[index] if index < len(values) else default
        return getattr(self, key) if key in _NEURON_FIELDS else default


_NEURON_FIELDS = frozenset(NeuroMorphoNeuron.__dataclass_fields__) - {"payload"}


@dataclass(frozen=True)
class NeuroMorphoPage:
    """The place of a page in a list; `page` counts from 0."""

    page: int
    size: int
    total_pages: int
    total_elements: int


@dataclass(frozen=True)
class NeuroMorphoSearchPage:
    """One page of search results; `page` counts from 0, `total_pages` is 0 if unknown."""

    items: tuple[NeuroMorphoNeuron, ...]
    page: int
    size: int
    total_pages: int
    total_elements: int
    query_url: str


@dataclass(frozen=True)
class NeuroMorphoFacet:
    """How many cells have each value of a field.

    Attributes
    ----------
    counts : mapping of str to int
        In the server's order and spelling.
    total : int
        The sum of the counts. A cell with a list of values is counted for each.
    """

    field: str
    counts: Mapping[str, int]
    total: int


@dataclass(frozen=True)
class NeuroMorphoFieldValues:
    """The values of a field in the server's spelling, trailing blanks included."""

    field: str
    values: tuple[str, ...]


@dataclass(frozen=True)
class NeuroMorphoPublication:
    """A paper that cells come from.

    Attributes
    ----------
    article_id : str
        24 hexadecimal digits.
    pmid : str or None
        PubMed number; a negative one is a placeholder of the archive.
    published : date or None
        In UTC.
    """

    article_id: str
    pmid: str | None = None
    doi: str | None = None
    title: str | None = None
    journal: str | None = None
    authors: tuple[str, ...] = ()
    published: date | None = None
    payload: dict[str, Any] = field(default_factory=dict, hash=False, repr=False)

    @classmethod
    def from_payload(cls, payload: Mapping[str, Any]) -> NeuroMorphoPublication:
        """Return the publication of a record; KeyError without ``article_id``, ValueError if malformed."""
        record = object_of(payload, "publication")
        return cls(
            article_id=str(as_text(required(record, "article_id"), "article_id")),
            pmid=as_text(record.get("pmid"), "pmid"),
            doi=as_text(record.get("doi"), "doi"),
            title=as_text(record.get("title"), "title"),
            journal=as_text(record.get("journal"), "journal"),
            authors=texts_of(record.get("authors"), "authors"),
            published=as_date(record.get("publishedDate")),
            payload=record,
        )


@dataclass(frozen=True)
class NeuroMorphoPersistence:
    """A cell's persistence vector: the shape of its tree in 100 numbers.

    Attributes
    ----------
    coefficients : tuple of float
        The vector, not scaled.
    scaling_factor, distance : float
        As the server sends them.
    """

    neuron_id: int
    scaling_factor: float
    distance: float
    coefficients: tuple[float, ...]

    @classmethod
    def from_payload(cls, payload: Mapping[str, Any]) -> NeuroMorphoPersistence:
        """Return the vector of a record; KeyError without an id or a vector, ValueError if malformed."""
        record = object_of(payload, "persistence vector")
        coefficients = required(record, "coefficients")
        if not isinstance(coefficients, list | tuple):
            raise ValueError(f"coefficients must be a list, not {short_repr(coefficients)}.")
        return cls(
            neuron_id=neuron_id_of(required(record, "neuron_id")),
            scaling_factor=as_number(required(record, "scaling_factor"), "scaling_factor"),
            distance=as_number(record.get("distance") or 0.0, "distance"),
            coefficients=tuple(as_number(value, "coefficients") for value in coefficients),
        )


@dataclass(frozen=True)
class NeuroMorphoFilePlan:
    """A file that would be downloaded, or (`skip`) the `reason` why there is none."""

    kind: str
    url: str
    filename: str
    skip: bool = False
    reason: str | None = None


@dataclass(frozen=True)
class NeuroMorphoDownloadItem:
    """The result for one file: downloaded now, already there, or not available (`reason`)."""

    kind: str
    url: str
    filename: str
    path: Path
    downloaded_now: bool
    reason: str | None = None


@dataclass(frozen=True)
class NeuroMorphoUrls:
    """The addresses of a cell; None if its record leads to none."""

    standard_swc: str | None
    original_file: str | None
    measurement: str
    thumbnail: str | None


@dataclass(frozen=True)
class NeuroMorphoCacheStatus:
    """What the cache has of a cell; `folder` is None if there is no cache."""

    configured: bool
    folder: Path | None
    exists: bool
    metadata_exists: bool
    standard_exists: bool
    original_exists: bool
    neuron_id: int | None = None


@dataclass(frozen=True)
class NeuroMorphoDetail:
    """Everything known about a cell before one of its files is downloaded."""

    neuron: NeuroMorphoNeuron
    measurement: NeuroMorphoMeasurement | None
    urls: NeuroMorphoUrls
    cache_status: NeuroMorphoCacheStatus

    @property
    def thumbnail_url(self) -> str | None:
        """Where its picture is."""
        return self.urls.thumbnail

    @property
    def standard_swc_url(self) -> str | None:
        """Where its standardized SWC is."""
        return self.urls.standard_swc

    @property
    def original_file_url(self) -> str | None:
        """Where its original file probably is."""
        return self.urls.original_file


@dataclass(frozen=True)
class NeuroMorphoDownloadRecord:
    """What a download wrote, and where."""

    folder: Path
    metadata_path: Path
    download_items: tuple[NeuroMorphoDownloadItem, ...]
    measurement: NeuroMorphoMeasurement | None
    download_mode: DownloadMode
    dry_run: bool = False


def record_of(neuron: NeuroMorphoNeuron) -> dict[str, Any]:
    """Return a cell's record; of a neuron that was made by hand, its fields."""
    return neuron.payload or {
        each.name: getattr(neuron, each.name) for each in fields(neuron) if each.name != "payload"
    }
