"""What `Searching` asks, as work for a thread: each function returns the work, which touches nothing of Qt."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from app.archive.query_state import Clause, QueryState
from app.archive.results_model import PAGE_SIZE

if TYPE_CHECKING:
    from neuromorpho.client import NeuroMorphoClient
    from neuromorpho.library import Library
    from neuromorpho.measurements import NeuroMorphoMeasurement
    from neuromorpho.records import NeuroMorphoNeuron


@dataclass(frozen=True)
class Page:
    """A page of hits of either source, and counts by field and value."""

    items: Sequence[NeuroMorphoNeuron]
    total: int
    facets: Mapping[str, Mapping[str, int]] = field(default_factory=dict)


def archive_page(state: QueryState, page: int) -> Callable[[NeuroMorphoClient], Page]:
    """Return the work that fetches a page of the archive's hits."""
    query, sort = state.to_query(), state.sort

    def work(client: NeuroMorphoClient) -> Page:
        found = client.search(query, size=PAGE_SIZE, page=page, sort=sort)
        return Page(found.items, found.total_elements)

    return work


def library_page(
    state: QueryState, page: int, facets: Sequence[str] = (), limit: int = PAGE_SIZE
) -> Callable[[Library], Page]:
    """Return the work that reads a page of the library's hits, with counts of the named fields' values."""
    text, criteria, ranges = state.to_library()
    sort = state.sort

    def work(library: Library) -> Page:
        found = library.search(
            text,
            criteria,
            ranges=ranges,
            sort=sort,
            limit=limit,
            offset=page * PAGE_SIZE,
            facets=facets,
            widen_facets=True,
        )
        counts = {name: facet.counts for name, facet in found.facets.items()}
        return Page(found.items, found.total, counts)

    return work


def archive_counts(clauses: Sequence[Clause]) -> Callable[[NeuroMorphoClient], list[int]]:
    """Return the work that counts, in the archive, what each condition's absence would leave."""
    queries = [each.state_without.to_query() for each in clauses]
    return lambda client: [client.count(each) for each in queries]


def library_counts(clauses: Sequence[Clause]) -> Callable[[Library], list[int]]:
    """Return the work that counts, in the library, what each condition's absence would leave."""
    works = [library_page(each.state_without, 0, limit=0) for each in clauses]
    return lambda library: [work(library).total for work in works]


def partition(name: str) -> Callable[[NeuroMorphoClient], Mapping[str, int]]:
    """Return the work that asks for a field's values, with how many cells of the archive have each."""
    return lambda client: client.partition(name).counts


def measured_of(ids: Sequence[int]) -> Callable[[Library], dict[int, NeuroMorphoMeasurement]]:
    """Return the work that reads the morphometry of cells from the library."""

    def work(library: Library) -> dict[int, NeuroMorphoMeasurement]:
        found = ((each, library.measurement(each)) for each in ids)
        return {neuron_id: one for neuron_id, one in found if one is not None}

    return work
