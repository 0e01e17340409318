"""`Searching`: from what is typed and chosen to hits, in the archive or in the library.

Theory. The state (`QueryState`) and where is searched stand here; bar, fields and results show them. In the
archive a change only counts, after a rest, and Return or a choice fetches; the library answers in
milliseconds, so there every change refreshes the hits. All questions go through the service, on channels
that begin with "search/" and "facets/", which Esc cancels.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal

from app.archive.connection.failure import Failure
from app.archive.results.model import PAGE_SIZE, ResultsModel
from app.archive.results.view import START_HINT
from app.archive.search.filters import FilterController
from app.archive.search.query_state import FIRST_SORT, QueryState
from app.archive.search.requests import (
    ResultsPage,
    archive_counts,
    archive_page,
    library_counts,
    library_page,
    measured_of,
)
from app.archive.search_source import ARCHIVE, LIBRARY
from app.archive.text import cells_text
from neuromorpho.library.library import FACET_FIELDS, RANGE_FIELDS
from neuromorpho.records.models import NeuroMorphoNeuron

if TYPE_CHECKING:
    from app.archive.connection.service import ArchiveService
    from app.archive.dock import ArchiveDock
    from neuromorpho.client import NeuroMorphoClient

COUNT_AFTER_MS = 250
SEARCHING = "Searching…"
NOTHING = "No cell matches."
EMPTY_LIBRARY = (
    "they come with Somascope. What you search for in the archive stays on this disk too, to be found here "
    "without a network"
)
LACKING = "The answer tells of {} and holds none of this page; try again later."
_LIBRARY_SORTS = frozenset({*FACET_FIELDS, *RANGE_FIELDS, "neuron_id", "neuron_name"})
_MOST_CLAUSES = 8


class SearchController(QObject):
    """Searches for what the dock's bar and fields say, and fills its results.

    Attributes
    ----------
    state : QueryState
        What the bar and the fields say.
    hits_of : QueryState
        What was asked for the hits; in the archive words typed since then are not asked yet.
    source : str
        `ARCHIVE` or `LIBRARY`.
    model : ResultsModel
    has_searched : bool
        Whether the archive was asked for hits since it was chosen to be searched.

    Signals
    -------
    begun
        Another search: what was chosen in the results of the last one is of no matter now.
    sourceChanged(str)
        Where is searched from now on.
    """

    begun = Signal()
    sourceChanged = Signal(str)

    def __init__(self, service: ArchiveService, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._service = service
        self.state = self.hits_of = QueryState()
        self.source = ARCHIVE
        self.has_searched = False
        self.model = ResultsModel(self._fetch, self)
        self._dock: ArchiveDock | None = None
        self.narrowing = FilterController(service, self)
        self._n_bundled = 0
        self._soon = QTimer(self, singleShot=True, interval=COUNT_AFTER_MS)
        self._soon.timeout.connect(self._count)

    def attach(self, dock: ArchiveDock) -> None:
        """Wire the widgets and show what there is."""
        self._dock = dock
        bar = dock.search
        bar.textEdited.connect(self.edit_text)
        bar.submitted.connect(self.search)
        bar.sourceChanged.connect(self.set_source)
        bar.queryTextEdited.connect(self._take_query_text)
        bar.chipRemoved.connect(self._drop_value)
        bar.suggestionTaken.connect(self.search_for)
        bar.dropRequested.connect(self.search_for)
        self.narrowing.attach(dock)
        self.narrowing.chosen.connect(self.search_for)
        self.narrowing.libraryRequested.connect(lambda: self.set_source(LIBRARY))
        self.model.sortRequested.connect(self._sort)
        self.model.measurementsWanted.connect(self._measure)
        dock.results.retryRequested.connect(self.search)

    @property
    def dock(self) -> ArchiveDock:
        """The widgets that are wired."""
        assert self._dock is not None
        return self._dock

    # --------------------------------------------------------------------------------- searching

    def edit_text(self, text: str) -> None:
        """Take other words: count in the archive, search in the library."""
        self._set_state(self.state.with_text(text))
        if self.source == LIBRARY:
            self._search_library()
        else:
            self._service.cancel("search/count")
            self.dock.search.set_no_hits(())
            self._soon.start()

    def search_for(self, state: QueryState) -> None:
        """Search for a state."""
        self._set_state(state)
        self.search()

    def search(self) -> None:
        """Fetch the hits of the present state."""
        self._soon.stop()
        if self.source == LIBRARY:
            self._search_library()
            return
        self._begin(SEARCHING)
        self.has_searched, self.hits_of = True, self.state
        self._ask_page(0)

    def set_source(self, source: str) -> None:
        """Search elsewhere from now on: the library at once, the archive when the user says so."""
        self._soon.stop()
        self._service.cancel("search/")
        self.source = source
        self.has_searched = False
        dock = self.dock
        dock.search.set_source(source)
        dock.line.set_source(source)
        self.model.set_sortable(_LIBRARY_SORTS if source == LIBRARY else None)
        self._set_state(replace(self.state, sort=FIRST_SORT))
        dock.results.set_sort("neuron_id", True)
        if source == LIBRARY:
            self._search_library()
        else:
            self._begin(START_HINT)
            self._tell_busy()
            if not self.state.is_empty:
                self._soon.start()
        self.narrowing.set_source(source)
        self.sourceChanged.emit(source)

    def cancel(self) -> bool:
        """Cancel what is asked; return whether anything was."""
        is_busy = self._soon.isActive() or self._service.is_busy("search/")
        is_busy = self.narrowing.cancel() or is_busy
        self._soon.stop()
        for each in ("search/", "measured/"):
            self._service.cancel(each)
        if is_busy:
            self.model.forget_asked()
            if not self.model.total():
                self.dock.results.show_hint(START_HINT)
        self._tell_busy()
        return is_busy

    @property
    def n_archive_hits(self) -> int:
        """How many of the hits are of NeuroMorpho.Org; the others are bundled cells."""
        return max(0, self.model.total() - self._n_bundled)

    def neuron(self, neuron_id: int) -> NeuroMorphoNeuron | None:
        """Return the record of a hit that is here."""
        row = self.model.row_of(neuron_id)
        return None if row is None else self.model.neuron_at(row)

    # ------------------------------------------------------------------------------------ inside

    def _set_state(self, state: QueryState) -> None:
        self.state = state
        self.dock.search.set_state(state)
        self.narrowing.set_state(state)

    def _begin(self, hint: str, found: ResultsPage | None = None) -> None:
        """Show what another search has found; empty the results where that is not known yet."""
        self._service.cancel("search/")
        self._service.cancel("measured/")
        if found is None:
            self.model.clear()
        else:
            self.model.start_over(found.total, found.items)
        results, bar = self.dock.results, self.dock.search
        results.show_error("")
        results.show_hint(hint)
        bar.set_no_hits(())
        if found is None:
            bar.set_count(None)
        self.begun.emit()

    def _count(self) -> None:
        """Ask how many cells match, and once which values there are, to offer them."""
        if self.state.is_empty:
            self.dock.search.set_count(None)
            return
        query = self.state.to_query()
        self._ask(
            "search/count", lambda client: client.count(query), self._take_count, self._tell_count
        )
        self.narrowing.learn()

    def _take_count(self, n_cells: int) -> None:
        self._tell_busy()
        self.dock.search.set_count(n_cells, "Return shows them" if n_cells else "")
        if not n_cells:
            self._count_clauses()

    def _tell_count(self, failure: Failure) -> None:
        self._tell_busy()
        self.dock.search.set_count(None, failure.message)

    # ------------------------------------------------------------------------------------- pages

    def _fetch(self, page: int, _size: int) -> None:
        """Bring a page; for the model."""
        self._ask_page(page)

    def _ask_page(self, page: int) -> None:
        """Ask for a page where is searched; the first tells how many cells there are."""
        generation, state = self.model.generation, self.hits_of

        def done(found: ResultsPage) -> None:
            self._tell_busy()
            self._take_page(page, found, generation)

        def failed(failure: Failure) -> None:
            self._tell_busy()
            self._fail_page(page, failure, generation)

        channel = f"search/page/{page}"
        if self.source == LIBRARY:
            self._service.query_library(channel, library_page(state, page), done, failed)
        else:
            self._service.request(channel, archive_page(state, page), done, failed)
        self._tell_busy()

    def _take_page(self, page: int, found: ResultsPage, generation: int) -> None:
        if generation != self.model.generation:
            return
        if not found.items and page * PAGE_SIZE < found.total:
            self._fail_page(page, Failure(LACKING.format(cells_text(found.total))), generation)
            return
        self.model.set_page(page, found.items, generation)
        if page == 0 or not self.model.total():
            self._take_total(found.total, found.n_bundled)
            if self.state == self.hits_of:
                self.narrowing.take_searched()

    def _fail_page(self, page: int, failure: Failure, generation: int) -> None:
        if self.model.total():
            self.model.fail_page(page, failure.message, generation)
        elif generation == self.model.generation:
            self.dock.results.show_error(failure.message)
            self.dock.results.show_hint(
                "The library on this disk still works: choose Library above."
                if failure.is_outage and self.source == ARCHIVE
                else ""
            )

    def _take_total(self, total: int, n_bundled: int) -> None:
        self._n_bundled = n_bundled
        self.model.set_total(total)
        is_bare = total == n_bundled and self.source == LIBRARY and self.state.is_empty
        self.dock.search.set_count(total, EMPTY_LIBRARY if is_bare else "")
        if total:
            self.dock.search.set_no_hits(())
        else:
            self.dock.results.show_hint(NOTHING)
            self._count_clauses()

    def _search_library(self) -> None:
        """Refresh the hits of the library; the last ones stay until the new ones are here."""
        self._service.cancel("search/")
        state, fields = self.state, self.narrowing.opened

        def done(found: ResultsPage) -> None:
            self._tell_busy()
            self.hits_of = state
            self._begin("", found)
            self._take_total(found.total, found.n_bundled)
            self.narrowing.take_found(found.facets)

        def failed(failure: Failure) -> None:
            self._tell_busy()
            self._begin("")
            self.dock.results.show_error(failure.message, can_repair=failure.can_repair)

        self._service.query_library("search/page/0", library_page(state, 0, fields), done, failed)
        self._tell_busy()

    def _count_clauses(self) -> None:
        """Name the conditions that could be dropped, with how many cells each leaves."""
        clauses = self.state.clauses()[:_MOST_CLAUSES]
        self.dock.search.set_no_hits(clauses)
        if len(clauses) < 2:  # without the only one there is everything
            return

        def done(counts: list[int]) -> None:
            self._tell_busy()
            told = [replace(each, n_hits=n) for each, n in zip(clauses, counts, strict=True)]
            self.dock.search.set_no_hits(told)

        def failed(_: Failure) -> None:
            self._tell_busy()  # the clauses stand there without counts

        work = library_counts(clauses) if self.source == LIBRARY else archive_counts(clauses)
        ask = self._service.query_library if self.source == LIBRARY else self._service.request
        ask("search/clauses", work, done, failed)
        self._tell_busy()

    # ----------------------------------------------------------------------------- what is asked

    def _take_query_text(self, text: str) -> None:
        self.search_for(QueryState.from_query_text(text, sort=self.state.sort))

    def _drop_value(self, name: str, value: str) -> None:
        self.search_for(self.state.without(name, value or None))

    def _sort(self, name: str, ascending: bool) -> None:
        self._set_state(replace(self.state, sort=f"{name},{'asc' if ascending else 'desc'}"))
        self.dock.results.set_sort(name, ascending)
        self.search()

    def _measure(self, ids: list[int]) -> None:
        """Bring the morphometry of rows in view, for its columns; without it they show a dash."""
        done = self.model.set_measurements

        def failed(_: Failure) -> None:  # the dash stays, and the connection line tells why
            self.model.forget_measurements(ids)

        if self.source == LIBRARY:
            work = measured_of(ids)
            self._service.query_library("measured/", work, done, failed, latest=False)
        else:
            self._service.request(
                "measured/",
                lambda client: client.get_measurements(ids),
                done,
                failed,
                latest=False,
                priority=-1,
            )

    def _ask(
        self,
        channel: str,
        work: Callable[[NeuroMorphoClient], object],
        done: Callable[..., None],
        failed: Callable[[Failure], None],
    ) -> None:
        self._service.request(channel, work, done, failed)
        self._tell_busy()

    def _tell_busy(self) -> None:
        self.dock.search.set_busy(self._service.is_busy("search/"))
