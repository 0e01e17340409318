"""The cells of the library that match words, values and ranges: counted, and one page of them in order.

Every condition becomes a set of cells (see `index`), the sets are intersected, and the facets are counted in
the result. No record is read. 300,000 cells take about 20 ms.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from numbers import Real
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neuromorpho.errors import NeuroMorphoQueryError
from neuromorpho.library.codec import words_of
from neuromorpho.library.columns import VIEWS, WITH_FILES, number_field
from neuromorpho.library.index import Cells, Index, Positions
from neuromorpho.records.models import NeuroMorphoFacet
from neuromorpho.records.parsing import neuron_id_of, short_repr


class Matches:
    """The cells that match, on the state that the index has; see `Library.search`.

    Raises
    ------
    NeuroMorphoQueryError
        A field is unknown, or cannot be used in this way; also from the methods.
    """

    def __init__(
        self,
        index: Index,
        text: str,
        criteria: Mapping[str, Sequence[str] | str] | None,
        ranges: Mapping[str, tuple[float | None, float | None]] | None,
        with_files: bool | None,
    ) -> None:
        _check_types(text, criteria, ranges)
        self._index = index
        self._common = index.cells() & _with_words(index, text)
        if with_files is not None:
            self._common &= index.cells(WITH_FILES) == with_files
        for name, (low, high) in (ranges or {}).items():
            numbers = index.column(number_field(name))
            self._common &= numbers >= (-math.inf if low is None else low)
            self._common &= numbers <= (math.inf if high is None else high)
        self._by_field = {
            name: self._with_values(
                name, [values] if isinstance(values, str) else list(map(str, values))
            )
            for name, values in (criteria or {}).items()
        }
        self._cells = self._intersection()
        self.total = int(np.count_nonzero(self._cells))

    def _intersection(self, without: str = "") -> Cells:
        """Return the cells that match everything, but for the criterion of one field."""
        found = self._common
        for name, cells in self._by_field.items():
            found = found if name == without else found & cells
        return found

    def _with_values(self, name: str, values: list[str]) -> Cells:
        """Return the cells that have exactly one of these values; without values all cells."""
        index = self._index
        if not values:
            return index.cells()
        if name == "neuron_id":
            return index.of_ids(np.fromiter(map(_id_of, values), np.int64))
        if name == "neuron_name":
            return index.with_names(values)
        terms = self._terms(name)
        wanted = set(values)
        unknown = wanted - {value for term in terms for value in term}
        folded = {value.casefold() for value in unknown}
        is_wanted = [
            not wanted.isdisjoint(term)
            or bool(folded and any(value.casefold() in folded for value in term))
            for term in terms
        ]
        found: Cells = np.array(is_wanted, np.bool_)[index.column(VIEWS[name].column)]
        return found

    def _terms(self, name: str) -> list[tuple[str, ...]]:
        if name not in VIEWS:
            known = ", ".join(("neuron_id", "neuron_name", *VIEWS))
            raise NeuroMorphoQueryError(
                f"The library has no field {name!r}; it has {known}.", code="unknown-field"
            )
        return self._index.values(name)

    def facet(self, name: str, *, widen: bool = False) -> NeuroMorphoFacet:
        """Return how many cells have each value of a field, the most frequent first.

        Parameters
        ----------
        widen
            Count as if the field had no criterion.
        """
        terms = self._terms(name)
        cells = self._intersection(without=name) if widen else self._cells
        counts: Counter[str] = Counter()
        for code, n_cells in self._index.count(VIEWS[name].column, cells).items():
            for value in terms[code]:
                counts[value] += n_cells
        ranked = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
        return NeuroMorphoFacet(name, dict(ranked), counts.total())

    def page(self, sort: str, limit: int | None, offset: int) -> list[int]:
        """Return the ids of one page, in order; equal values by id, unknown values at the end."""
        field, order = sort.partition(",")[::2]
        order = order.strip().lower()
        if order not in {"", "asc", "desc"} or (limit is not None and limit < 0) or offset < 0:
            raise NeuroMorphoQueryError(
                f"The order {sort!r} or the page is invalid; write an order as neuron_id,asc."
            )
        if limit == 0:
            return []
        positions = self._in_order(field.strip(), descending=order == "desc")
        return self._index.ids(positions[offset : None if limit is None else offset + limit])

    def _in_order(self, field: str, *, descending: bool) -> Positions:
        index = self._index
        if field == "neuron_name":
            positions = index.positions_by_name()[:: -1 if descending else 1]
            return positions[self._cells[positions]]
        positions = np.flatnonzero(self._cells)
        if field == "neuron_id":
            return positions[:: -1 if descending else 1]
        if field in VIEWS:
            keys = self._ranks(field, descending)[index.column(VIEWS[field].column)[positions]]
        else:
            keys = index.column(number_field(field))[positions] * (-1 if descending else 1)
        return positions[np.argsort(keys, kind="stable")]

    def _ranks(self, field: str, descending: bool) -> NDArray[Any]:
        """Return the place of each term in the order of a field, upper and lower case being the same."""
        terms = [tuple(map(str.casefold, term)) for term in self._terms(field)]
        order = [*sorted(set(terms) - {()}, reverse=descending), ()]
        ranks = {term: rank for rank, term in enumerate(order)}
        return np.array([ranks[term] for term in terms], np.min_scalar_type(len(order)))


def _with_words(index: Index, text: str) -> Cells:
    """Return the cells that have, for every word of a text, a word that begins with it."""
    stripped = text.strip()
    if stripped.upper().startswith("NMO_") and stripped[4:].isdecimal():
        is_id = len(stripped) < 20
        return index.of_ids(np.array([neuron_id_of(stripped)] if is_id else [], np.int64))
    found = index.cells()
    for word in dict.fromkeys(words_of(text)):
        found &= index.with_word(word)
    return found


def _id_of(value: str) -> int:
    try:
        return neuron_id_of(value)
    except ValueError as error:
        raise NeuroMorphoQueryError(str(error)) from error


def _check_types(text: Any, criteria: Any, ranges: Mapping[str, Any] | None) -> None:
    if not isinstance(text, str):
        raise NeuroMorphoQueryError(
            f"{short_repr(text)} is not text; give words, and fields as criteria={{field: values}}."
        )
    if criteria is not None and not isinstance(criteria, Mapping):
        raise NeuroMorphoQueryError(
            f"{short_repr(criteria)} is not a mapping of fields to values; give one as criteria (of a "
            "query: its criteria)."
        )
    for name, bounds in (ranges or {}).items():
        if not _are_bounds(bounds):
            raise NeuroMorphoQueryError(
                f"The range of {name} is {short_repr(bounds)}; give the lowest and highest number, None "
                "for no bound."
            )


def _are_bounds(bounds: Any) -> bool:
    if not isinstance(bounds, Sequence) or isinstance(bounds, str) or len(bounds) != 2:
        return False
    return all(each is None or isinstance(each, Real) for each in bounds)
