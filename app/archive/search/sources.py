"""Where a search looks: `ARCHIVE` is NeuroMorpho.Org, over the network; `LIBRARY` is this disk. No Qt.

Both have one interface. What a source can do and what is written of it are attributes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

from app.archive.records import bundled
from app.archive.results.model import PAGE_SIZE
from app.archive.search.query_state import QueryState, range_label, words_of
from app.archive.text import cells_text
from neuromorpho.cache.cache import NeuroMorphoCache
from neuromorpho.errors import NeuroMorphoAnswerError
from neuromorpho.library.library import FACET_FIELDS, RANGE_FIELDS
from neuromorpho.library.maintenance import unlisted_cells

if TYPE_CHECKING:
    from app.archive.connection.service import ArchiveService
    from neuromorpho.client import NeuroMorphoClient
    from neuromorpho.library.library import Library
    from neuromorpho.records.measurements import NeuroMorphoMeasurement
    from neuromorpho.records.models import NeuroMorphoNeuron

    Measurements = Mapping[int, NeuroMorphoMeasurement]

EMPTY_PAGE = "The server reported {} but returned no results for this page. Try again later."


@dataclass(frozen=True)
class ResultsPage:
    """A page of hits of either source, and counts by field and value.

    Attributes
    ----------
    n_bundled : int
        How many of the hits are bundled cells: they come first, whatever the order.
    on_disk : frozenset of int
        Those of the hits whose file is here, so that they open without the network.
    n_unlisted : int
        How many cells are on this disk, but not in the library; counted where a search finds nothing, or
        is for everything.
    """

    items: Sequence[NeuroMorphoNeuron]
    total: int
    facets: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    n_bundled: int = 0
    on_disk: frozenset[int] = frozenset()
    n_unlisted: int = 0


class _Source:
    """What is written of a source, and how its methods are called.

    All but `note` are called in a worker thread, with a client (archive) or the library.

    Attributes
    ----------
    is_local : bool
        Whether it is this disk. It answers in milliseconds, so every change refreshes the hits; it counts values
        with every search, and numbers can be searched for by range. The archive matches complete values only, and
        counting one value in a search costs a request.
    sort_fields : frozenset of str or None
        What it can sort by; None for what the columns say.
    """

    # On its button, and in the empty search line and its tooltip:
    title: ClassVar[str]
    tip: ClassVar[str]
    placeholder: ClassVar[str]
    line_tip: ClassVar[str]
    # Above a field's values, if their counts are not of the search; next to the number of hits, if nothing is
    # searched for and only bundled cells are there; in place of the hits, if the network is the cause:
    counts_note: ClassVar[str] = ""
    empty_note: ClassVar[str] = ""
    outage_hint: ClassVar[str] = ""
    is_local: ClassVar[bool] = False
    sort_fields: ClassVar[frozenset[str] | None] = None

    def request(self, service: ArchiveService, *args: Any, **options: Any) -> None:
        """Have work done in a thread, with a client or the library; see `ArchiveService.request`."""
        run = service.query_library if self.is_local else service.request
        run(*args, **options)


class ArchiveSource(_Source):
    """NeuroMorpho.Org: a page is a request, values are matched whole, numbers have no ranges."""

    title = "Archive"
    tip = "Search NeuroMorpho.Org, over the network"
    placeholder = "Search NeuroMorpho.Org: human Purkinje cell"
    line_tip = (
        "Type what you are looking for: human Purkinje cell. Words that are values of the archive are suggested "
        "below; Return accepts the marked one. Other words are searched as parts of names, archives, species, "
        "regions, types and stains; the archive itself matches only complete values. "
        "NMO_00001 finds a cell by its id."
    )
    counts_note = "Counts are of the entire archive"
    outage_hint = "The library on this disk still works: choose Library above."

    def note(self, state: QueryState) -> str:
        """Say which ranges are left out, or that words are searched as parts of values."""
        if state.ranges:
            ranges = ", ".join(range_label(*each) for each in state.ranges)
            return f"The archive has no ranges; left out: {ranges}."
        words = [f"“{word}”" for word in words_of(state.text)]
        if not words:
            return ""
        return f"Searched as parts of names and values: {', '.join(words)}."

    def page(
        self,
        opened: NeuroMorphoClient,
        state: QueryState,
        page: int,
        facets: Sequence[str] = (),
        size: int = PAGE_SIZE,
    ) -> ResultsPage:
        """Return a page of hits; counting values with it would cost more requests."""
        found = opened.search(state.to_query(), size=size, page=page, sort=state.sort)
        if not found.items and page * size < found.total_elements:
            raise NeuroMorphoAnswerError(EMPTY_PAGE.format(cells_text(found.total_elements)))
        here = frozenset[int]() if opened.cache is None else ids_on_disk(opened.cache, found.items)
        return ResultsPage(found.items, found.total_elements, on_disk=here)

    def count(self, opened: NeuroMorphoClient, state: QueryState) -> int:
        """Return how many cells a search has."""
        return opened.count(state.to_query())

    def facet_counts(
        self, opened: NeuroMorphoClient, name: str, state: QueryState
    ) -> Mapping[str, int]:
        """Return a field's values and how many cells of the entire archive have each."""
        return opened.partition(name).counts

    def measurements(self, opened: NeuroMorphoClient, ids: Sequence[int]) -> Measurements:
        """Return the morphometry of cells by their ids."""
        return opened.get_measurements(ids)

    def page_to_download(
        self, opened: NeuroMorphoClient, state: QueryState, page: int, size: int
    ) -> ResultsPage:
        """Return a page of hits."""
        return self.page(opened, state, page, size=size)


class LibrarySource(_Source):
    """This disk. The bundled cells that match come before those of the library."""

    title = "Library"
    tip = "Search what is on this disk; no network is used"
    placeholder = "Search the cells on this disk"
    line_tip = (
        "Type what you are looking for: human Purkinje cell. Every word must start a word of a cell's record. "
        "NMO_00001 finds a cell by its id."
    )
    empty_note = (
        "they come with Somascope. What you search for in the archive is saved on this disk too, and can "
        "then be found here without a network"
    )
    is_local = True
    sort_fields = frozenset({*FACET_FIELDS, *RANGE_FIELDS, "neuron_id", "neuron_name"})

    def note(self, state: QueryState) -> str:
        """Say which clause of the archive's own language is left out."""
        raw = state.raw.strip()
        return f"The library cannot search for this clause; left out: {raw}." if raw else ""

    def page(
        self,
        opened: Library,
        state: QueryState,
        page: int,
        facets: Sequence[str] = (),
        size: int = PAGE_SIZE,
    ) -> ResultsPage:
        """Return a page of hits, and the counts of some fields' values in the search."""
        wanted = state.to_library()
        search = bundled.Search(**wanted, is_spelled=partial(_is_in, opened))
        hits = search.hits()
        first = page * size
        ours = hits[first : first + size]
        found = opened.search(
            **wanted,
            sort=state.sort,
            limit=size - len(ours),
            offset=max(0, first - len(hits)),
            facets=facets,
            widen_facets=True,
        )
        counts = {
            name: bundled.merged(facet.counts, search.counts(name))
            for name, facet in found.facets.items()
        }
        items, total = (*ours, *found.items), found.total + len(hits)
        cache = NeuroMorphoCache(opened.path.parent)
        is_doubtful = not page and size and (state.is_empty or not found.total)
        n_unlisted = len(unlisted_cells(cache, opened)) if is_doubtful else 0
        here = ids_on_disk(cache, items)
        return ResultsPage(items, total, counts, len(hits), here, n_unlisted)

    def count(self, opened: Library, state: QueryState) -> int:
        """Return how many cells a search has."""
        return self.page(opened, state, 0, size=0).total

    def facet_counts(self, opened: Library, name: str, state: QueryState) -> Mapping[str, int]:
        """Return a field's values and how many cells of the search have each."""
        return self.page(opened, state, 0, (name,), size=0).facets[name]

    def measurements(self, opened: Library, ids: Sequence[int]) -> Measurements:
        """Return the morphometry of cells by their ids."""
        found = {each: measurement_of(opened, each) for each in ids}
        return {neuron_id: one for neuron_id, one in found.items() if one is not None}

    def page_to_download(
        self, opened: Library, state: QueryState, page: int, size: int
    ) -> ResultsPage:
        """Return a page of hits, without cells whose files are on this disk."""
        found = opened.search(**state.to_library(), sort=state.sort, limit=size, offset=page * size)
        missing = [each for each in found.items if not opened.files(each.neuron_id)]
        return ResultsPage(missing, found.total)

    def count_to_download(self, opened: Library, state: QueryState) -> int:
        """Return how many cells of a search have no files on this disk."""
        return opened.search(**state.to_library(), limit=0, with_files=False).total

    def extent(self, opened: Library, name: str) -> tuple[float, float] | None:
        """Return the lowest and highest number of a field, those of the bundled cells included."""
        ours = (bundled.bundled_measurement(each.neuron_id) for each in bundled.bundled_neurons())
        numbers = (each.get(name) for each in ours)
        known = [*(opened.extent(name) or ()), *(each for each in numbers if each is not None)]
        return (min(known), max(known)) if known else None


SearchSource = ArchiveSource | LibrarySource
ARCHIVE, LIBRARY = ArchiveSource(), LibrarySource()
SOURCES: tuple[SearchSource, ...] = (ARCHIVE, LIBRARY)


def ids_on_disk(cache: NeuroMorphoCache, neurons: Iterable[NeuroMorphoNeuron]) -> frozenset[int]:
    """Return the ids of the cells whose file is here; of bundled ones it always is."""
    ids = (each.neuron_id for each in neurons)
    return frozenset(
        each for each in ids if bundled.is_bundled(each) or cache.has_standard_swc(each)
    )


def measurement_of(library: Library, neuron_id: int) -> NeuroMorphoMeasurement | None:
    """Return a cell's morphometry: from the library, or computed where it is a bundled one."""
    if bundled.is_bundled(neuron_id):
        return bundled.bundled_measurement(neuron_id)
    return library.measurement(neuron_id)


def _is_in(library: Library, name: str, value: str) -> bool:
    """Whether a cell of the library has exactly this value of a field."""
    return value in library.search(limit=0, facets=(name,)).facets[name].counts
