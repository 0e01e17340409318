"""Searching the library: words, values, ranges; how many, of which values, and one page in order.

Every condition becomes a set of cells (`library_index`), sets meet, and the facets are counted along what is
left. No record is read but those of the page. 300,000 cells take some 20 ms; without a condition the counts
are known beforehand.
"""

from __future__ import annotations

import heapq
import json
import sqlite3
from array import array
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import compress, islice
from operator import neg
from typing import Any

from neuromorpho.errors import NeuroMorphoQueryError
from neuromorpho.library_codec import words_of
from neuromorpho.library_columns import NUMBER_FIELDS, VIEWS, WITH_FILES
from neuromorpho.library_index import Index, places_of
from neuromorpho.measurements import NeuroMorphoMeasurement
from neuromorpho.records import NeuroMorphoFacet
from neuromorpho.values import neuron_id_of

_SMALL_PAGE = 2000  # up to here the first of an order are picked, beyond it the whole order is kept
_OWN_NAMES = {
    theirs: ours
    for theirs, ours in {
        "soma_Surface": "soma_surface",
        "eucDistance": "euclidean_distance",
        "pathDistance": "path_distance",
        "branch_Order": "branch_order",
        "fractal_Dim": "fractal_dim",
    }.items()
    if ours in {*NeuroMorphoMeasurement.__dataclass_fields__, "fractal_dim"}
}
_BY_ID = ("neuron_id", "neuron_name")


@dataclass(frozen=True)
class Question:
    """What is searched for; see `Library.search`."""

    text: str = ""
    criteria: Mapping[str, Sequence[str] | str] | None = None
    ranges: Mapping[str, tuple[float | None, float | None]] | None = None
    sort: str = "neuron_id,asc"
    limit: int | None = 50
    offset: int = 0
    with_files: bool | None = None
    facets: Sequence[str] = ()
    widen_facets: bool = False


@dataclass(frozen=True)
class Found:
    """What a question found: the ids of one page, how many there are in all, counts by facet."""

    ids: list[int]
    total: int
    facets: dict[str, NeuroMorphoFacet]


def answer(connection: sqlite3.Connection, index: Index, question: Question) -> Found:
    """Answer a question as of the running transaction.

    Raises
    ------
    NeuroMorphoQueryError
        A field is unknown, or cannot be asked for in this way.
    """
    index.refresh(connection)
    asked = _Asked(connection, index)
    everyone = index.cells()
    common = everyone & asked.words(question.text, everyone)
    if question.with_files is not None:
        with_files = index.cells(WITH_FILES)
        common &= with_files if question.with_files else ~with_files
    for name, (low, high) in (question.ranges or {}).items():
        common &= index.between(index.column(connection, number_field(name)), low, high)
    sets = {
        name: asked.criterion(name, _several(values))
        for name, values in (question.criteria or {}).items()
    }
    cells = common
    for found in sets.values():
        cells &= found
    facets = {}
    for name in question.facets:
        counted = cells
        if question.widen_facets and name in sets:
            counted = common
            for other, found in sets.items():
                counted &= everyone if other == name else found
        facets[name] = asked.facet(name, counted, everyone)
    ids = asked.page(cells, question.sort, question.limit, question.offset)
    return Found(ids, cells.bit_count(), facets)


def number_field(name: str) -> str:
    """Return our name of a number that cells have; refuse what is none."""
    found = _OWN_NAMES.get(name, name)
    if found not in NUMBER_FIELDS:
        raise NeuroMorphoQueryError(
            f"{name!r} is no number that the library has of a cell; it has {', '.join(NUMBER_FIELDS)}."
        )
    return found


def _several(values: Sequence[str] | str) -> tuple[str, ...]:
    return (values,) if isinstance(values, str) else tuple(str(value) for value in values)


class _Asked:
    """The parts of one question, each answered over all cells."""

    def __init__(self, connection: sqlite3.Connection, index: Index) -> None:
        self._connection = connection
        self._index = index

    def words(self, text: str, everyone: int) -> int:
        """Return the cells in which every word of a text begins some word."""
        found = everyone
        stripped = text.strip()
        if stripped.upper().startswith("NMO_") and stripped[4:].isdecimal():
            return self._index.of_ids([neuron_id_of(stripped)]) if len(stripped) < 20 else 0
        for word in dict.fromkeys(words_of(text)):
            found &= self._index.remembered(word, lambda word=word: self._word(word))  # type: ignore[misc]
        return found

    def _word(self, word: str) -> int:
        (ids,) = self._connection.execute(
            "SELECT json_group_array(rowid) FROM text WHERE text MATCH ?", (f'"{word}"*',)
        ).fetchone()
        found = json.loads(ids)
        if word.isascii() and word.isdigit() and len(word) < 16:
            found.append(int(word))
        return self._index.of_ids(found)

    def criterion(self, name: str, values: tuple[str, ...]) -> int:
        """Return the cells that have one of these values, matched whole; no values match all."""
        if not values:
            return self._index.cells()
        if name == "neuron_id":
            return self._index.of_ids(_ids_of(values))
        if name == "neuron_name":
            marks = ", ".join("?" * len(values))
            rows = self._connection.execute(
                f"SELECT neuron_id FROM records WHERE name COLLATE NOCASE IN ({marks})", values
            )
            return self._index.of_ids(neuron_id for (neuron_id,) in rows)
        terms = self._values(name)
        wanted = set(values)
        missed = wanted - {value for term in terms for value in term}
        folded = {value.casefold() for value in missed}
        codes = [
            code
            for code, term in enumerate(terms)
            if not wanted.isdisjoint(term)
            or (folded and any(value.casefold() in folded for value in term))
        ]
        return self._index.matching(self._index.column(self._connection, VIEWS[name].column), codes)

    def _values(self, name: str) -> list[tuple[str, ...]]:
        if name not in VIEWS:
            known = ", ".join((*_BY_ID, *VIEWS))
            raise NeuroMorphoQueryError(f"The library knows no field {name!r}; it knows {known}.")
        return self._index.values(self._connection, name)

    def facet(self, name: str, cells: int, everyone: int) -> NeuroMorphoFacet:
        """Return how many cells of a set have each value of a field, the commonest first."""
        terms = self._values(name)
        column = self._index.column(self._connection, VIEWS[name].column)
        counts: dict[str, int] = {}
        by_term = self._index.count(column, cells, cells.bit_count(), everyone)
        for code, n_cells in by_term.items():
            if n_cells > 0 and code:
                for value in terms[code]:
                    counts[value] = counts.get(value, 0) + n_cells
        ranked = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
        return NeuroMorphoFacet(name, dict(ranked), sum(counts.values()))

    def page(self, cells: int, sort: str, limit: int | None, offset: int) -> list[int]:
        """Return the ids of one page, in order; equal ones by their id, unknown ones at the end."""
        field, _, order = sort.partition(",")
        field, descending = field.strip(), order.strip().lower() == "desc"
        if (
            order.strip().lower() not in {"", "asc", "desc"}
            or (limit is not None and limit < 0)
            or offset < 0
        ):
            raise NeuroMorphoQueryError(
                f"The order {sort!r} or the page cannot be read; an order is written neuron_id,asc."
            )
        n_wanted = (
            cells.bit_count() - offset if limit is None else min(limit, cells.bit_count() - offset)
        )
        if n_wanted <= 0:
            return []
        members = self._index.as_bytes(cells)
        places = self._in_order(members, field, descending, offset + n_wanted)
        return [self._index.id_at(place) for place in islice(places, offset, offset + n_wanted)]

    def _in_order(
        self, members: bytes, field: str, descending: bool, n_wanted: int
    ) -> Iterator[int]:
        index = self._index
        if field == "neuron_id":
            return places_falling(members) if descending else places_of(members)
        if field == "neuron_name":
            names = index.places_by_name(self._connection)
            walked = array("I", reversed(names)) if descending else names
            return compress(walked, map(members.__getitem__, walked))
        if field in VIEWS:
            return self._by_term(members, field, descending)
        return self._by_number(members, number_field(field), descending, n_wanted)

    def _by_term(self, members: bytes, field: str, descending: bool) -> Iterator[int]:
        """Yield places a value at a time, so that only the values of the page are gathered."""
        terms = self._values(field)
        column = self._index.column(self._connection, VIEWS[field].column)
        counts = self._index.count(
            column, int.from_bytes(members, "little"), members.count(1), self._index.cells()
        )
        codes = [code for code, n_cells in counts.items() if n_cells > 0 and code]
        codes.sort(key=lambda code: _folded(terms[code]), reverse=descending)
        codes.sort(key=lambda code: not terms[code])
        cells = int.from_bytes(members, "little")
        start = 0
        while start < len(codes):
            stop, n_cells = start, 0
            key = None
            while stop < len(codes) and (
                n_cells < _SMALL_PAGE or _folded(terms[codes[stop]]) == key
            ):
                key = _folded(terms[codes[stop]])
                n_cells += counts[codes[stop]]
                stop += 1
            rank: dict[int, int] = {}
            key = None
            for code in codes[start:stop]:
                rank[code] = len(rank) if _folded(terms[code]) != key else max(rank.values())
                key = _folded(terms[code])
            some = self._index.as_bytes(cells & self._index.matching(column, rank))
            values = column.values
            yield from sorted(places_of(some), key=lambda place: rank[values[place]])
            start = stop

    def _by_number(
        self, members: bytes, field: str, descending: bool, n_wanted: int
    ) -> Iterator[int]:
        column = self._index.column(self._connection, field)
        if descending not in column.order and n_wanted <= _SMALL_PAGE:
            keys = _sortable(compress(column.values, members), descending)
            pairs = zip(keys, compress(range(self._index.size), members), strict=True)
            return iter([place for _, place in heapq.nsmallest(n_wanted, pairs)])
        if descending not in column.order:
            all_keys = list(_sortable(column.values, descending))
            places = sorted(range(self._index.size), key=all_keys.__getitem__)
            column.order[descending] = array("I", places)
        order = column.order[descending]
        return compress(order, map(members.__getitem__, order))


def _sortable(values: Any, descending: bool) -> Iterator[float]:
    """Yield numbers so that the rising order is the one wanted; what is unknown comes last."""
    found = map(neg, values) if descending else values
    return (value if value == value else float("inf") for value in found)


def _folded(term: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(value.casefold() for value in term)


def places_falling(members: bytes) -> Iterator[int]:
    """Yield the places of a set, falling."""
    place = members.rfind(1)
    while place >= 0:
        yield place
        place = members.rfind(1, 0, place)


def _ids_of(values: tuple[str, ...]) -> Iterator[int]:
    for value in values:
        try:
            yield neuron_id_of(value)
        except ValueError as error:
            raise NeuroMorphoQueryError(str(error)) from error
