"""What `Searching` asks, as work for a thread: each function returns the work, which touches nothing of Qt."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from app.archive.records import bundled
from app.archive.results.model import PAGE_SIZE
from app.archive.search.query_state import Clause, QueryState

if TYPE_CHECKING:
    from neuromorpho.client import NeuroMorphoClient
    from neuromorpho.library.library import Library
    from neuromorpho.records.measurements import NeuroMorphoMeasurement
    from neuromorpho.records.models import NeuroMorphoNeuron


@dataclass(frozen=True)
class ResultsPage:
    """A page of hits of either source, and counts by field and value.

    Attributes
    ----------
    n_bundled : int
        How many of the hits are bundled cells: they come first, whatever the order.
    """

    items: Sequence[NeuroMorphoNeuron]
    total: int
    facets: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    n_bundled: int = 0


def archive_page(state: QueryState, page: int) -> Callable[[NeuroMorphoClient], ResultsPage]:
    """Return the work that fetches a page of the archive's hits."""
    query, sort = state.to_query(), state.sort

    def work(client: NeuroMorphoClient) -> ResultsPage:
        found = client.search(query, size=PAGE_SIZE, page=page, sort=sort)
        return ResultsPage(found.items, found.total_elements)

    return work


def library_page(
    state: QueryState, page: int, facets: Sequence[str] = (), limit: int = PAGE_SIZE
) -> Callable[[Library], ResultsPage]:
    """Return the work that reads a page of the library's hits, with counts of the named fields' values.

    The bundled cells that match stand before those of the library, whose pages begin that much later.
    """
    text, criteria, ranges = state.to_library()
    sort = state.sort

    def work(library: Library) -> ResultsPage:
        search = bundled.Search(text, criteria, ranges, _spelled_in(library))
        hits = search.hits()
        first = page * PAGE_SIZE
        ours = hits[first : first + limit]
        found = library.search(
            text,
            criteria,
            ranges=ranges,
            sort=sort,
            limit=limit - len(ours),
            offset=max(0, first - len(hits)),
            facets=facets,
            widen_facets=True,
        )
        counts = {
            name: bundled.merged(facet.counts, search.counts(name))
            for name, facet in found.facets.items()
        }
        return ResultsPage((*ours, *found.items), found.total + len(hits), counts, len(hits))

    return work


def _spelled_in(library: Library) -> Callable[[str, str], bool]:
    """Return what tells whether a cell of the library has a value of a field letter by letter."""

    def is_spelled(name: str, value: str) -> bool:
        found = library.search(limit=0, facets=(name,))
        return value in found.facets[name].counts

    return is_spelled


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
        found = {each: measurement_of(library, each) for each in ids}
        return {neuron_id: one for neuron_id, one in found.items() if one is not None}

    return work


def measurement_of(library: Library, neuron_id: int) -> NeuroMorphoMeasurement | None:
    """Return a cell's morphometry: out of the library, or computed where it is a bundled one."""
    if bundled.is_bundled(neuron_id):
        return bundled.bundled_measurement(neuron_id)
    return library.measurement(neuron_id)
