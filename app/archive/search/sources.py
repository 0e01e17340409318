"""Where a search looks: `ARCHIVE` is NeuroMorpho.Org, over the network; `LIBRARY` is this disk. No Qt.

Both have one interface. What a source can do and what is written of it are attributes. Every method returns
*work*: a function for a worker thread, which takes a client (archive) or the library.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

from app.archive.records import bundled
from app.archive.results.model import PAGE_SIZE
from app.archive.search.query_state import Clause, QueryState, words_of
from neuromorpho.library.library import FACET_FIELDS, RANGE_FIELDS

if TYPE_CHECKING:
    from app.archive.connection.service import ArchiveService
    from neuromorpho.client import NeuroMorphoClient
    from neuromorpho.library.library import Library
    from neuromorpho.records.measurements import NeuroMorphoMeasurement
    from neuromorpho.records.models import NeuroMorphoNeuron

Work = Callable[[Any], Any]


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


@dataclass(frozen=True)
class DownloadPage:
    """Cells of a search to download.

    Attributes
    ----------
    n_seen : int
        How many cells of the search were looked at for them; 0 at the end.
    total : int
        How many cells the search has.
    """

    neurons: Sequence[NeuroMorphoNeuron]
    n_seen: int
    total: int


class SearchSource(ABC):
    """What both sources have in common.

    Attributes
    ----------
    title, tip : str
        The button that chooses it.
    placeholder, line_tip : str
        The empty search line, and its tooltip.
    counts_note : str
        Above a field's values: what their counts are of; "" where they are of the search.
    empty_note : str
        Beside the count, where nothing is searched for and only bundled cells are there.
    outage_hint : str
        In place of the hits, where the network is the cause that there are none.
    is_local : bool
        Whether it works without the network.
    is_instant : bool
        Whether a search takes milliseconds: then every change refreshes the hits.
    has_ranges : bool
        Whether numbers can be searched for by range.
    counts_cost_requests : bool
        Whether counting one value in a search costs a request.
    matches_whole_values : bool
        Whether values match only completely: then Return accepts the suggested value.
    sort_fields : frozenset of str or None
        What it can sort by; None for what the columns say.
    """

    title: ClassVar[str]
    tip: ClassVar[str]
    placeholder: ClassVar[str]
    line_tip: ClassVar[str]
    counts_note: ClassVar[str] = ""
    empty_note: ClassVar[str] = ""
    outage_hint: ClassVar[str] = ""
    is_local: ClassVar[bool] = False
    is_instant: ClassVar[bool] = False
    has_ranges: ClassVar[bool] = False
    counts_cost_requests: ClassVar[bool] = False
    matches_whole_values: ClassVar[bool] = False
    sort_fields: ClassVar[frozenset[str] | None] = None

    def request(
        self, service: ArchiveService, channel: str, work: Work, *args: Any, **options: Any
    ) -> None:
        """Have work done in a thread, with a client or the library; see `ArchiveService.request`."""
        run = service.query_library if self.is_local else service.request
        run(channel, work, *args, **options)

    @abstractmethod
    def page(self, state: QueryState, page: int, facets: Sequence[str] = ()) -> Work:
        """Return the work that gets a page of hits, a `ResultsPage`; with counts of the fields named."""

    @abstractmethod
    def count(self, state: QueryState) -> Work:
        """Return the work that counts the cells of a search."""

    @abstractmethod
    def facet_counts(self, name: str, state: QueryState) -> Work:
        """Return the work that gets a field's values and how many cells have each."""

    @abstractmethod
    def measurements(self, ids: Sequence[int]) -> Work:
        """Return the work that gets the morphometry of cells by their ids."""

    @abstractmethod
    def page_to_download(self, state: QueryState, page: int, size: int) -> Work:
        """Return the work that gets a `DownloadPage`, without cells whose files are known to be here."""

    @abstractmethod
    def note(self, state: QueryState) -> str:
        """Return what of a search is not matched as one would think; "" where all is."""

    def counts_without(self, clauses: Sequence[Clause]) -> Work:
        """Return the work that counts what each condition's absence would leave."""
        works = [self.count(each.state_without) for each in clauses]
        return lambda opened: [work(opened) for work in works]

    def extent(self, name: str) -> Work:
        """Return the work that gets the lowest and highest number of a field, where it `has_ranges`."""
        raise NotImplementedError(f"{self.title} cannot be searched by the range of {name}.")


class ArchiveSource(SearchSource):
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
    counts_cost_requests = matches_whole_values = True

    def page(self, state: QueryState, page: int, facets: Sequence[str] = ()) -> Work:
        """Return the work that requests a page; the archive counts no values with it."""
        query, sort = state.to_query(), state.sort

        def work(client: NeuroMorphoClient) -> ResultsPage:
            found = client.search(query, size=PAGE_SIZE, page=page, sort=sort)
            return ResultsPage(found.items, found.total_elements)

        return work

    def count(self, state: QueryState) -> Work:
        """Return the work that requests how many cells match."""
        query = state.to_query()
        return lambda client: client.count(query)

    def facet_counts(self, name: str, state: QueryState) -> Work:
        """Return the work that requests a field's values: their counts are of the whole archive."""
        return lambda client: client.partition(name).counts

    def measurements(self, ids: Sequence[int]) -> Work:
        """Return the work that requests the morphometry of cells."""
        return lambda client: client.get_measurements(ids)

    def page_to_download(self, state: QueryState, page: int, size: int) -> Work:
        """Return the work that requests a page of cells."""
        query, sort = state.to_query(), state.sort

        def work(client: NeuroMorphoClient) -> DownloadPage:
            found = client.search(query, size=size, page=page, sort=sort)
            return DownloadPage(found.items, size if found.items else 0, found.total_elements)

        return work

    def note(self, state: QueryState) -> str:
        """Say which ranges are left out, or that words are searched as parts of values."""
        if ranges := state.left_out_by_archive:
            return f"The archive has no ranges; left out: {ranges}."
        words = [f"“{word}”" for word in words_of(state.text)]
        if not words:
            return ""
        return f"Searched as parts of names and values: {', '.join(words)}."


class LibrarySource(SearchSource):
    """This disk: answers in milliseconds, counts values with every search, knows ranges of numbers.

    The bundled cells that match come before those of the library.
    """

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
    is_local = is_instant = has_ranges = True
    sort_fields = frozenset({*FACET_FIELDS, *RANGE_FIELDS, "neuron_id", "neuron_name"})

    def page(
        self, state: QueryState, page: int, facets: Sequence[str] = (), limit: int = PAGE_SIZE
    ) -> Work:
        """Return the work that reads a page; bundled cells come first and push the others back."""
        text, criteria, ranges = state.to_library()
        sort = state.sort

        def work(library: Library) -> ResultsPage:
            search = bundled.Search(text, criteria, ranges, _is_in(library))
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

    def count(self, state: QueryState) -> Work:
        """Return the work that counts the cells of a search."""
        work = self.page(state, 0, limit=0)
        return lambda library: work(library).total

    def facet_counts(self, name: str, state: QueryState) -> Work:
        """Return the work that counts a field's values in a search."""
        work = self.page(state, 0, (name,), limit=0)
        return lambda library: work(library).facets[name]

    def measurements(self, ids: Sequence[int]) -> Work:
        """Return the work that reads the morphometry of cells."""

        def work(library: Library) -> dict[int, NeuroMorphoMeasurement]:
            found = {each: measurement_of(library, each) for each in ids}
            return {neuron_id: one for neuron_id, one in found.items() if one is not None}

        return work

    def page_to_download(self, state: QueryState, page: int, size: int) -> Work:
        """Return the work that reads a page of cells, without those whose files are on this disk."""
        text, criteria, ranges = state.to_library()
        sort = state.sort

        def work(library: Library) -> DownloadPage:
            found = library.search(
                text, criteria, ranges=ranges, sort=sort, limit=size, offset=page * size
            )
            missing = [each for each in found.items if not library.files(each.neuron_id)]
            return DownloadPage(missing, size if found.items else 0, found.total)

        return work

    def count_to_download(self, state: QueryState) -> Work:
        """Return the work that counts the cells of a search whose files are not on this disk."""
        text, criteria, ranges = state.to_library()
        return lambda library: (
            library.search(text, criteria, ranges=ranges, limit=0, with_files=False).total
        )

    def note(self, state: QueryState) -> str:
        """Say which clause of the archive's own language is left out."""
        raw = state.left_out_by_library
        return f"The library cannot search for this clause; left out: {raw}." if raw else ""

    def extent(self, name: str) -> Work:
        """Return the work that reads the lowest and highest number, those of the bundled cells included."""

        def work(library: Library) -> tuple[float, float] | None:
            found = library.extent(name) or ()
            ours = (
                bundled.bundled_measurement(each.neuron_id) for each in bundled.bundled_neurons()
            )
            known = [*found, *(each.get(name) for each in ours if each.get(name) is not None)]
            return (min(known), max(known)) if known else None

        return work


ARCHIVE, LIBRARY = ArchiveSource(), LibrarySource()
SOURCES: tuple[SearchSource, ...] = (ARCHIVE, LIBRARY)


def measurement_of(library: Library, neuron_id: int) -> NeuroMorphoMeasurement | None:
    """Return a cell's morphometry: from the library, or computed where it is a bundled one."""
    if bundled.is_bundled(neuron_id):
        return bundled.bundled_measurement(neuron_id)
    return library.measurement(neuron_id)


def _is_in(library: Library) -> Callable[[str, str], bool]:
    """Return a function: whether a cell of the library has exactly this value of a field."""

    def is_in_library(name: str, value: str) -> bool:
        found = library.search(limit=0, facets=(name,))
        return value in found.facets[name].counts

    return is_in_library
