"""Columns for searching: for each field the number of every record's value, in blocks of 1,024 ids.

A field's values are numbered as they appear (``terms``); a list of values is one term. Number 0 means that
there is no record of this id. A record's position in a column is its id, so all columns are aligned, and
fields are counted, matched and sorted without reading a record. Blocks have the generation of the commit
that wrote them: a reader of generation 7 reads only newer blocks, however many processes write.
"""

from __future__ import annotations

import json
import math
import sqlite3
import zlib
from array import array
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from neuromorpho.errors import NeuroMorphoQueryError
from neuromorpho.records.measurements import MEASURES, SERVER_SPELLINGS, NeuroMorphoMeasurement
from neuromorpho.records.parsing import number_of

BLOCK = 1024
PRESENT, WITH_FILES = 1, 2
STATE = 0
# The order is part of the format: a field's number is its position here. Add new fields at the end.
TERM_FIELDS = (
    "species",
    "strain",
    "archive",
    "brain_region",
    "cell_type",
    "domain",
    "attributes",
    "physical_Integrity",
    "gender",
    "age_classification",
    "stain",
    "protocol",
    "experiment_condition",
    "original_format",
    "objective_type",
    "reconstruction_software",
    "upload_date",
    "deposition_date",
    "scientific_name",
    "slicing_direction",
    "age_scale",
    "magnification",
    "reference_pmid",
    "reference_doi",
)
_RECORD_NUMBERS = ("min_age", "max_age", "min_weight", "max_weight", "slicing_thickness")
_NUMBERS_OF_RECORD = ("surface", "volume", "soma_surface", *_RECORD_NUMBERS)
NUMBER_FIELDS = MEASURES + _RECORD_NUMBERS
FIELD_NUMBERS = {name: 1 + position for position, name in enumerate(TERM_FIELDS)} | {
    name: 1001 + position for position, name in enumerate(NUMBER_FIELDS)
}


class DamagedColumnError(ValueError):
    """What the library has of its columns cannot be read."""


Codes = dict[int, dict[tuple[int, str], int]]


@dataclass(frozen=True)
class View:
    """A field of a search: its column, and the values that a term of this column has."""

    column: str
    values_of: Callable[[Any], tuple[str, ...]]


def _values(term: Any, level: slice = slice(None)) -> tuple[str, ...]:
    """Return the values of a term, each once, without empty ones; of a list only those of a level."""
    terms = term if isinstance(term, list) else [term]
    return tuple(dict.fromkeys(str(each) for each in terms[level] if each not in (None, "")))


def _year(term: Any) -> tuple[str, ...]:
    year = str(term or "")[:4]
    return (year,) if year.isdigit() and len(year) == 4 else ()


VIEWS: Mapping[str, View] = {
    **{name: View(name, _values) for name in TERM_FIELDS},
    **{
        f"{name}_{number}": View(name, partial(_values, level=slice(number - 1, number)))
        for name in ("brain_region", "cell_type")
        for number in (1, 2, 3)
    },
    "Physical_Integrity": View("physical_Integrity", _values),
    "upload_year": View("upload_date", _year),
}


def number_field(name: str) -> str:
    """Return our name of a number's field; raise an error if it is not one."""
    found = SERVER_SPELLINGS.get(name, name)
    if found not in NUMBER_FIELDS:
        raise NeuroMorphoQueryError(
            f"The library has no number {name!r} of a cell; it has {', '.join(NUMBER_FIELDS)}.",
            code="unknown-field",
        )
    return found


def term_of(value: Any) -> str:
    """Return a value of a record as in ``terms``: JSON, so that "1", 1 and [] differ."""
    return json.dumps(value, ensure_ascii=False, default=str)


def numbers_of(record: Mapping[str, Any], raw: Mapping[str, Any] | None) -> dict[str, float]:
    """Return a cell's numbers by field: from its morphometry, else from its record."""
    found = {name: number_of(record.get(name)) for name in _NUMBERS_OF_RECORD}
    if raw:
        measured = vars(NeuroMorphoMeasurement.from_payload(raw))
        found |= {name: value for name in MEASURES if (value := measured.get(name)) is not None}
        found["fractal_dim"] = number_of(raw.get("fractal_Dim", raw.get("fractal_dim")))
    return {name: value for name, value in found.items() if value is not None}


def new_block(field: int) -> array[Any]:
    """Return a block of a column in which nothing is known."""
    return array("d", [math.nan]) * BLOCK if field > 1000 else array("I", [0]) * BLOCK


def open_block(data: bytes, field: int) -> array[Any]:
    """Return a block's 1,024 numbers; DamagedColumnError if it is damaged."""
    try:
        values = array("d" if field > 1000 else "I")
        values.frombytes(zlib.decompress(data))
    except (zlib.error, TypeError, ValueError) as error:
        raise DamagedColumnError(f"a block of column {field} is damaged: {error}") from error
    if len(values) != BLOCK:
        raise DamagedColumnError(f"a block of column {field} has {len(values)} numbers")
    return values


class ColumnWriter:
    """Writes cells into the columns within one transaction; `flush` before the commit.

    Parameters
    ----------
    codes
        The numbers of terms that earlier transactions found, by the epoch of the library; it gets more.
    """

    def __init__(self, connection: sqlite3.Connection, codes: Codes) -> None:
        self._connection = connection
        self._codes = codes.setdefault(generation_of(connection)[1], {})
        self._last: dict[int, int] = {}
        self._rows: dict[int, dict[int, dict[int, float]]] = {}  # by block and position

    def set_cell(
        self, neuron_id: int, flags: int, record: Mapping[str, Any], numbers: Mapping[str, float]
    ) -> None:
        """Write a cell's flags, its terms, and its numbers; those that it lacks become unknown."""
        row: dict[int, float] = {STATE: flags}
        for field, name in enumerate(TERM_FIELDS, start=1):
            value = record.get(name)
            key = (field, repr(value))  # in which "1", 1 and True differ, and a list is hashable
            code = self._codes.get(key)
            if code is None:
                code = self._codes[key] = self._code_of(field, term_of(value))
            row[field] = code
        for name, number in numbers.items():
            row[FIELD_NUMBERS[name]] = number
        self._set(neuron_id, row)

    def clear_cell(self, neuron_id: int) -> None:
        """Write that there is no such cell."""
        self._set(neuron_id, {})

    def _set(self, neuron_id: int, row: dict[int, float]) -> None:
        block, position = divmod(neuron_id, BLOCK)
        self._rows.setdefault(block, {})[position] = row

    def flush(self) -> None:
        """Write the changed blocks into the database, one at a time."""
        if not self._rows:
            return
        self._connection.execute("UPDATE state SET value = value + 1 WHERE name = 'generation'")
        generation, _ = generation_of(self._connection)
        for block, rows in sorted(self._rows.items()):
            for field in (STATE, *FIELD_NUMBERS.values()):
                values = self._changed_block(field, block, rows)
                if values is not None:
                    key, data = (field, block), zlib.compress(values.tobytes(), 1)
                    self._connection.execute(
                        "DELETE FROM columns WHERE field = ? AND block = ?", key
                    )
                    self._connection.execute(
                        "INSERT INTO columns VALUES (?, ?, ?, ?)", (*key, generation, data)
                    )
        self._rows.clear()

    def _changed_block(
        self, field: int, block: int, rows: Mapping[int, Mapping[int, float]]
    ) -> array[Any] | None:
        """Return a block with these rows; None if there is none, and none is needed."""
        stored = self._connection.execute(
            "SELECT data FROM columns WHERE field = ? AND block = ?", (field, block)
        ).fetchone()
        if not stored and not any(field in row for row in rows.values()):
            return None
        values = open_block(stored[0], field) if stored else new_block(field)
        unknown = math.nan if field > 1000 else 0
        for position, row in rows.items():
            values[position] = row.get(field, unknown)
        return values

    def _code_of(self, field: int, value: str) -> int:
        """Return a term's number; a new term gets the next one."""
        row = self._connection.execute(
            "SELECT code FROM terms WHERE field = ? AND value = ?", (field, value)
        ).fetchone()
        if row:
            return int(row[0])
        if field not in self._last:
            (self._last[field],) = self._connection.execute(
                "SELECT coalesce(max(code), 0) FROM terms WHERE field = ?", (field,)
            ).fetchone()
        self._last[field] += 1
        self._connection.execute(
            "INSERT INTO terms VALUES (?, ?, ?)", (field, value, self._last[field])
        )
        return self._last[field]


def generation_of(connection: sqlite3.Connection) -> tuple[int, int]:
    """Return the generation (number of the last commit) and the epoch (number of times it was cleared)."""
    rows = dict(connection.execute("SELECT name, value FROM state"))
    try:
        return int(rows["generation"]), int(rows["epoch"])
    except (KeyError, ValueError) as error:
        raise DamagedColumnError(f"its state is damaged: {error}") from error
