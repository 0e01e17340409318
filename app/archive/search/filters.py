"""`Narrowing`: by which values and numbers a search can be narrowed, told for where it is searched.

The library counts the values of what it finds with every search, and knows which numbers occur. The archive
counts its values over all its cells only; `live_counts` adds those of the present search, for the values that
stand first in the fields that are open. All questions are on channels that begin with "facets/".
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from app.archive.records import bundled
from app.archive.search.facet_panel import FIELDS
from app.archive.search.live_counts import N_COUNTED, LiveCounts
from app.archive.search.query_state import QueryState
from app.archive.search.requests import library_page, partition
from app.archive.search_source import ARCHIVE, LIBRARY
from neuromorpho.library.library import RANGE_FIELDS

if TYPE_CHECKING:
    from app.archive.connection.service import ArchiveService, Failure
    from app.archive.dock import ArchiveDock
    from neuromorpho.library.library import Library

WHOLE_ARCHIVE = "Counts are of the whole archive"
COUNTING = "Counting in this search… (whole archive)"
THIS_SEARCH = "In this search, or (in the whole archive)"
_KNOWN = (
    "species",
    "cell_type_1",
    "cell_type_2",
    "cell_type_3",
    "brain_region_1",
    "brain_region_2",
    "brain_region_3",
)


class FilterController(QObject):
    """Fills fields and ranges, and says what is chosen in them.

    Signals
    -------
    chosen(object)
        The `QueryState` that is wanted now.
    libraryRequested
        The user wants to search where ranges can be asked for.
    """

    chosen = Signal(object)
    libraryRequested = Signal()

    def __init__(self, service: ArchiveService, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._service = service
        self._state, self._source = QueryState(), ARCHIVE
        self._dock: ArchiveDock | None = None
        self._opened: list[str] = []
        self._has_learned = self._has_searched = False
        self._live = LiveCounts(service, self)
        self._live.counted.connect(self._show_live)

    def attach(self, dock: ArchiveDock) -> None:
        """Wire the widgets."""
        self._dock = dock
        dock.facets.valueToggled.connect(self._toggle_value)
        dock.facets.fieldOpened.connect(self._open)
        dock.facets.seen.connect(self._count_live)
        dock.ranges.rangeChanged.connect(self._bound)
        dock.ranges.seen.connect(self._ask_extents)
        dock.ranges.libraryRequested.connect(self.libraryRequested)

    @property
    def opened(self) -> tuple[str, ...]:
        """The fields whose values were asked for."""
        return tuple(self._opened)

    # ----------------------------------------------------------------------------- for the search

    def set_source(self, source: str) -> None:
        """Tell what there is where is searched now."""
        self._source, self._has_searched = source, False
        self._live.forget()
        self._service.cancel("facets/")
        for name in FIELDS:
            self.dock.facets.set_counts(name, None)
        self.dock.ranges.set_usable(source == LIBRARY)
        for name in self._opened:
            self._open(name)
        if self.dock.ranges.isVisible():
            self._ask_extents()

    def set_state(self, state: QueryState) -> None:
        """Show what is chosen; counts of another search are taken back."""
        self._state, self._has_searched = state, False
        self.dock.facets.set_chosen(state.criteria)
        self.dock.ranges.set_ranges(state.ranges)
        self.dock.filters.set_n_ranges(len(state.ranges))
        self._live.forget()
        if self._source == ARCHIVE:
            for name in self._opened:
                self.dock.facets.set_live(name, None, WHOLE_ARCHIVE)

    def take_searched(self) -> None:
        """Take that the archive has answered the present search: its values may be counted too."""
        self._has_searched = self._source == ARCHIVE
        self._count_live()

    def take_found(self, facets: Mapping[str, Mapping[str, int]]) -> None:
        """Take the counts that came with what the library found."""
        for name, counts in facets.items():
            self._take(name, counts)

    def learn(self) -> None:
        """Ask once for the values that words may mean; the cache keeps them for a day."""
        if self._has_learned:
            return
        self._has_learned = True
        bar = self.dock.search

        def failed(_: Failure) -> None:
            self._has_learned = False  # tried again with the next count

        for name in _KNOWN:
            self._service.request(
                f"facets/known/{name}",
                partition(name),
                lambda counts, name=name: bar.set_known_values(name, counts),
                failed,
                priority=-1,
            )

    def cancel(self) -> bool:
        """Cancel what is asked; return whether anything was."""
        is_busy = self._service.is_busy("facets/")
        self._live.stop()
        self._service.cancel("facets/")
        return is_busy

    # ------------------------------------------------------------------------------------ inside

    @property
    def dock(self) -> ArchiveDock:
        """The widgets that are wired."""
        assert self._dock is not None
        return self._dock

    def _toggle_value(self, name: str, value: str, on: bool) -> None:
        self.chosen.emit(self._state.with_value(name, value, on))

    def _bound(self, name: str, low: float | None, high: float | None) -> None:
        self.chosen.emit(self._state.with_range(name, low, high))

    def _open(self, name: str) -> None:
        """Bring the values of a field: of the archive, or of what is found in the library."""
        if name not in self._opened:
            self._opened.append(name)

        def failed(failure: Failure) -> None:
            self.dock.facets.set_counts(name, None, failure.message)

        def done(counts: Mapping[str, int]) -> None:
            self._take(name, counts)

        channel = f"facets/{name}"
        if self._source == LIBRARY:
            work = library_page(self._state, 0, (name,), limit=0)
            self._service.query_library(channel, work, lambda it: done(it.facets[name]), failed)
        else:
            self._service.request(channel, partition(name), done, failed)

    def _take(self, name: str, counts: Mapping[str, int]) -> None:
        sentence = WHOLE_ARCHIVE if self._source == ARCHIVE else ""
        self.dock.facets.set_counts(name, counts, sentence)
        self.dock.search.set_known_values(name, counts)
        self._count_live()

    def _count_live(self) -> None:
        """Count the values that are looked at, in the search that the archive has answered."""
        facets = self.dock.facets
        if not self._has_searched or not facets.isVisible():
            return
        for name in facets.fields_without_live():
            self._live.count(self._state, name, facets.first_values(name, N_COUNTED))

    def _show_live(self, name: str, counts: Mapping[str, int], more: bool) -> None:
        self.dock.facets.set_live(name, counts, COUNTING if more else THIS_SEARCH)

    def _ask_extents(self) -> None:
        """Ask the library which numbers occur; the archive does not tell."""
        if self._source != LIBRARY:
            return
        for name in RANGE_FIELDS:
            self._service.query_library(
                f"facets/extent/{name}",
                _extent_of(name),
                lambda found, name=name: self.dock.ranges.set_extent(name, found),
                _let_be,
                priority=-1,
            )


def _let_be(_: Failure) -> None:
    """Nothing is told of what occurs; the search tells what is wrong with the library."""


def _extent_of(name: str) -> Callable[[Library], tuple[float, float] | None]:
    """Return the work that reads the lowest and the highest of a number, of the bundled cells too."""

    def work(library: Library) -> tuple[float, float] | None:
        found = library.extent(name) or ()
        ours = (bundled.bundled_measurement(each.neuron_id) for each in bundled.bundled_neurons())
        known = [*found, *(each.get(name) for each in ours if each.get(name) is not None)]
        return (min(known), max(known)) if known else None

    return work
