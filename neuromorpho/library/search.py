"""Searching the library: words, values, ranges; how many, of which values, and one page in order.

Every condition becomes a set of cells (`library_index`), sets meet, and the facets are counted along what is
left. No record is read but those of the page. 300,000 cells take some 20 ms; without a condition the counts
are known beforehand.
"""

from __future__ import annotations

import heapq
import sqlite3
from array import array
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import compress, islice
from numbers import Real
from operator import neg
from typing import Any

from neuromorpho.errors import NeuroMorphoQueryError
from neuromorpho.library.codec import words_of
from neuromorpho.library.columns import NUMBER_FIELDS, VIEWS, WITH_FILES
from neuromorpho.library.index import Index, IndexColumn, places_of
from neuromorpho.records.measurements import NeuroMorphoMeasurement
from neuromorpho.records.models import NeuroMorphoFacet
from neuromorpho.records.parsing import neuron_id_of, short_repr

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
class LibraryQuery:
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

    def __post_init__(self) -> None:
        if not isinstance(self.text, str):
            raise NeuroMorphoQueryError(
                f"{short_repr(self.text)} are no words; give text, and fields as criteria={{field: values}}."
            )
        if self.criteria is not None and not isinstance(self.criteria, Mapping):
            raise NeuroMorphoQueryError(
                f"{short_repr(self.criteria)} are no criteria; give a mapping of fields to values (of a "
                "query: its criteria)."
            )
        for name, bounds in (self.ranges or {}).items():
            if not _are_bounds(bounds):
                raise NeuroMorphoQueryError(
                    f"The range of {name} is {short_repr(bounds)}; give the lowest and highest number, None "
                    "for no bound."
                )
        if isinstance(self.facets, str):
            object.__setattr__(self, "facets", (self.facets,))


@dataclass(frozen=True)
class SearchResult:
    """What a question found: the ids of one page, how many there are in all, counts by facet."""

    ids: list[int]
    total: int
    facets: dict[str, NeuroMorphoFacet]


def answer(connection: sqlite3.Connection, index: Index, question: LibraryQuery) -> SearchResult:
    """Answer a question as of the running transaction.

    Raises
    ------
    NeuroMorphoQueryError
        A field is unknown, or cannot be asked for in this way.
    """
    index.refresh(connection)
    asked = _Evaluator(connection, index)
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
    return SearchResult(ids, index.n_cells(cells), facets)


def extent_of(
    connection: sqlite3.Connection, index: Index, name: str
) -> tuple[float, float] | None:
    """Return the lowest and the highest of a number, as of the running transaction; None for none.

    Raises
    ------
    NeuroMorphoQueryError
        The field is no number.
    """
    index.refresh(connection)
    return index.extent(index.column(connection, number_field(name)))


def _are_bounds(bounds: Any) -> bool:
    if not isinstance(bounds, Sequence) or isinstance(bounds, str) or len(bounds) != 2:
        return False
    return all(each is None or isinstance(each, Real) for each in bounds)


def number_field(name: str) -> str:
    """Return our name of a number that cells have; refuse what is none."""
    found = _OWN_NAMES.get(name, name)
    if found not in NUMBER_FIELDS:
        raise NeuroMorphoQueryError(
            f"The library has no number {name!r} of a cell; it has {', '.join(NUMBER_FIELDS)}.",
            code="unknown-field",
        )
    return found


def _several(values: Sequence[str] | str) -> tuple[str, ...]:
    return (values,) if isinstance(values, str) else tuple(str(value) for value in values)


class _Evaluator:
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
            "SELECT group_concat(rowid) FROM text WHERE text MATCH ?", (f'"{word}"*',)
        ).fetchone()
        if word.isascii() and word.isdigit() and len(word) < 16:
            ids = f"{ids},{word}" if ids else word
        return self._index.of_ids(ids or "")

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
            raise NeuroMorphoQueryError(
                f"The library has no field {name!r}; it has {known}.", code="unknown-field"
            )
        return self._index.values(self._connection, name)

    def facet(self, name: str, cells: int, everyone: int) -> NeuroMorphoFacet:
        """Return how many cells of a set have each value of a field, the commonest first."""
        terms = self._values(name)
        column = self._index.column(self._connection, VIEWS[name].column)
        counts: dict[str, int] = {}
        by_term = self._index.count(column, cells, everyone)
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
        n_left = self._index.n_cells(cells) - offset
        n_wanted = n_left if limit is None else min(limit, n_left)
        if n_wanted <= 0:
            return []
        members = self._index.as_bytes(cells)
        skipped = 0
        if field in VIEWS:
            places, skipped = self._by_term(members, field, descending, offset)
        else:
            places = self._in_order(members, field, descending, offset + n_wanted)
        start = offset - skipped
        return [self._index.id_at(place) for place in islice(places, start, start + n_wanted)]

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
        return self._by_number(members, number_field(field), descending, n_wanted)

    def _by_term(
        self, members: bytes, field: str, descending: bool, offset: int
    ) -> tuple[Iterator[int], int]:
        """Return places in the order of their values, and how many before `offset` were left out."""
        terms = self._values(field)
        column = self._index.column(self._connection, VIEWS[field].column)
        cells = int.from_bytes(members, "little")
        counts = self._index.count(column, cells, self._index.cells())
        ranks: dict[tuple[str, ...], list[int]] = {}
        for code, n_cells in counts.items():
            if n_cells > 0 and code:
                ranks.setdefault(tuple(map(str.casefold, terms[code])), []).append(code)
        groups = [ranks[key] for key in sorted(ranks, reverse=descending) if key]
        groups += [ranks[()]] if () in ranks else []
        first = skipped = 0
        while first < len(groups) and (
            skipped + (n_cells := sum(counts[code] for code in groups[first])) <= offset
        ):
            skipped, first = skipped + n_cells, first + 1
        return self._gathered(column, cells, groups[first:], counts), skipped

    def _gathered(
        self, column: IndexColumn, cells: int, groups: list[list[int]], counts: Mapping[int, int]
    ) -> Iterator[int]:
        """Yield the places of groups of terms, some groups at a time."""
        while groups:
            rank: dict[int, int] = {}
            n_cells = n_groups = 0
            while n_groups < len(groups) and n_cells < _SMALL_PAGE:
                rank |= dict.fromkeys(groups[n_groups], n_groups)
                n_cells += sum(counts[code] for code in groups[n_groups])
                n_groups += 1
            groups = groups[n_groups:]
            some = self._index.as_bytes(cells & self._index.matching(column, rank))
            values = column.values
            yield from sorted(places_of(some), key=lambda place: rank[values[place]])

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
