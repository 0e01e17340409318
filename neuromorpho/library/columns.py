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
from typing import Any

from neuromorpho.errors import NeuroMorphoQueryError
from neuromorpho.records.measurements import MEASURES, SERVER_SPELLINGS, NeuroMorphoMeasurement
from neuromorpho.records.parsing import number_of

BLOCK = 1024
PRESENT, WITH_FILES, WITH_MEASUREMENT = 1, 2, 4
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
NUMBER_FIELDS = MEASURES + _RECORD_NUMBERS
FIELD_NUMBERS = {name: 1 + position for position, name in enumerate(TERM_FIELDS)} | {
    name: 1001 + position for position, name in enumerate(NUMBER_FIELDS)
}
Codes = dict[tuple[int, Any], int]
_UNKNOWN_BLOCK = array("d", [math.nan]) * BLOCK
_EMPTY_BLOCK = array("I", [0]) * BLOCK


@dataclass(frozen=True)
class View:
    """A field of a search: its column, and the values that a term of this column has."""

    column: str
    values_of: Callable[[Any], tuple[str, ...]]


def _all_values(term: Any) -> tuple[str, ...]:
    """Return the values of a term, each once, without empty ones."""
    terms = term if isinstance(term, list) else [term]
    return tuple(dict.fromkeys(str(each) for each in terms if each not in (None, "")))


def _level(number: int) -> Callable[[Any], tuple[str, ...]]:
    def values(term: Any) -> tuple[str, ...]:
        terms = term if isinstance(term, list) else [term]
        return _all_values(terms[number - 1 : number])

    return values


def _year(term: Any) -> tuple[str, ...]:
    year = str(term or "")[:4]
    return (year,) if year.isdigit() and len(year) == 4 else ()


VIEWS: Mapping[str, View] = {
    **{name: View(name, _all_values) for name in TERM_FIELDS},
    **{
        f"{name}_{number}": View(name, _level(number))
        for name in ("brain_region", "cell_type")
        for number in (1, 2, 3)
    },
    "Physical_Integrity": View("physical_Integrity", _all_values),
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


def term_of(record: Mapping[str, Any], field: str) -> str:
    """Return a record's value of a field as in ``terms``: JSON, so that "1", 1 and [] differ."""
    return json.dumps(record.get(field), ensure_ascii=False, default=str)


def _is_text(value: Any) -> bool:
    if isinstance(value, list):
        return all(isinstance(each, str) for each in value)
    return value is None or isinstance(value, str)


def numbers_of(record: Mapping[str, Any] | None, raw: Mapping[str, Any] | None) -> dict[str, float]:
    """Return a cell's numbers by field: from its morphometry, else from its record."""
    found: dict[str, float | None] = {}
    if record:
        for name in ("surface", "volume", "soma_surface", *_RECORD_NUMBERS):
            found[name] = number_of(record.get(name))
    if raw:
        measured = NeuroMorphoMeasurement.from_payload(raw).__dict__
        for name in MEASURES:
            value = number_of(measured.get(name))
            if value is not None:
                found[name] = value
        found["fractal_dim"] = number_of(raw.get("fractal_Dim", raw.get("fractal_dim")))
    return {name: value for name, value in found.items() if value is not None}


def open_block(data: bytes, field: int) -> array[Any]:
    """Return a block's 1,024 numbers; ValueError if it is damaged."""
    try:
        values = array("d" if field > 1000 else "I")
        values.frombytes(zlib.decompress(data))
    except (zlib.error, TypeError, ValueError) as error:
        raise ValueError(f"a block of column {field} is damaged: {error}") from error
    if len(values) != BLOCK:
        raise ValueError(f"a block of column {field} has {len(values)} numbers")
    return values


class ColumnWriter:
    """Writes numbers into columns within one transaction; `flush` before the commit.

    Parameters
    ----------
    codes
        Numbers of the terms known so far, shared by transactions; the caller clears it after a rollback,
        and when another process has cleared the library.
    """

    def __init__(self, connection: sqlite3.Connection, codes: Codes) -> None:
        self._connection = connection
        self._codes = codes
        self._last: dict[int, int] = {}
        self._changes: dict[tuple[int, int], dict[int, float]] = {}
        connection.execute("UPDATE state SET value = value + 1 WHERE name = 'generation'")
        self._generation = generation_of(connection)[0]

    def set_terms(self, neuron_id: int, record: Mapping[str, Any]) -> None:
        """Write a record's terms."""
        block, position = divmod(neuron_id, BLOCK)
        for field, name in enumerate(TERM_FIELDS, start=1):
            value = record.get(name)
            key = (field, tuple(value) if isinstance(value, list) else value)
            try:
                code = self._codes.get(key)
            except TypeError:  # an object or a list of lists instead of a text
                code = self._code_of(field, term_of(record, name))
            if code is None:
                code = self._code_of(field, term_of(record, name))
                if _is_text(value):  # 1 and True would be one key, but are two terms
                    self._codes[key] = code
            self._changes.setdefault((field, block), {})[position] = code

    def set_numbers(
        self, neuron_id: int, numbers: Mapping[str, float], *, is_new: bool = False
    ) -> None:
        """Write a cell's numbers; the others become unknown, which they are already for a new cell."""
        if not is_new:
            numbers = dict.fromkeys(NUMBER_FIELDS, math.nan) | dict(numbers)
        for name, value in numbers.items():
            self._set(FIELD_NUMBERS[name], neuron_id, value)

    def set_state(self, neuron_id: int, flags: int) -> None:
        """Write the flags of a cell: `PRESENT`, `WITH_FILES`, `WITH_MEASUREMENT`; 0 for no cell."""
        self._set(STATE, neuron_id, flags)

    def clear_cell(self, neuron_id: int) -> None:
        """Write that there is no such cell."""
        for field in range(len(TERM_FIELDS) + 1):
            self._set(field, neuron_id, 0)
        self.set_numbers(neuron_id, {})

    def flush(self) -> None:
        """Write the changed blocks into the database, one at a time."""
        for (field, block), changes in sorted(self._changes.items()):
            values = self._stored(field, block)
            if values is None:
                if field > 1000 and all(math.isnan(value) for value in changes.values()):
                    continue
                values = array(empty_block(field).typecode, empty_block(field))
            for position, value in changes.items():
                values[position] = value
            data = zlib.compress(values.tobytes(), 1)
            key = (field, block)
            self._connection.execute("DELETE FROM columns WHERE field = ? AND block = ?", key)
            self._connection.execute(
                "INSERT INTO columns VALUES (?, ?, ?, ?)", (*key, self._generation, data)
            )
        self._changes.clear()

    def _set(self, field: int, neuron_id: int, value: float) -> None:
        block, position = divmod(neuron_id, BLOCK)
        self._changes.setdefault((field, block), {})[position] = value

    def _stored(self, field: int, block: int) -> array[Any] | None:
        row = self._connection.execute(
            "SELECT data FROM columns WHERE field = ? AND block = ?", (field, block)
        ).fetchone()
        return open_block(row[0], field) if row else None

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
    return int(rows["generation"]), int(rows["epoch"])


def empty_block(field: int) -> array[Any]:
    """Return an empty block of a column, which must not be changed."""
    return _UNKNOWN_BLOCK if field > 1000 else _EMPTY_BLOCK
