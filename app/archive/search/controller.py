"""`SearchController`: from what is typed and chosen to hits, in the archive or in the library.

In the archive a change is only counted, after a pause, and Return or a choice requests the hits; the library
answers in milliseconds, so there every change refreshes the hits. All requests are on channels that begin with
"search/", "measured/" and "facets/", which Esc cancels.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, QTimer

from app.archive.results.view import START_HINT
from app.archive.search.filters import FilterController
from app.archive.search.query_state import QueryState
from app.archive.search.sources import SOURCES, ResultsPage, SearchSource, ids_on_disk
from neuromorpho.cache.cache import NeuroMorphoCache

if TYPE_CHECKING:
    from app.archive.connection.failure import Failure
    from app.archive.connection.service import ArchiveService
    from app.archive.results.view import ResultsView
    from app.archive.search.filter_panel import FilterPanel
    from app.archive.search.search_bar import SearchBar
    from app.archive.search.search_model import SearchModel
    from neuromorpho.library.library import Library

COUNT_AFTER_MS = 250
SEARCHING = "Searching…"
NOTHING = "No cell matches."
_MOST_CLAUSES = 8


class SearchController(QObject):
    """Requests what the model's state describes, and fills the search bar and the results.

    Attributes
    ----------
    filters : FilterController
        Counts the values of fields; it follows every search.
    """

    def __init__(
        self,
        service: ArchiveService,
        model: SearchModel,
        bar: SearchBar,
        results: ResultsView,
        panel: FilterPanel,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._service, self.model = service, model
        self._bar, self._results, self._panel = bar, results, panel
        self.filters = FilterController(service, model, panel, bar.set_known_values)
        self._count_timer = QTimer(self, singleShot=True, interval=COUNT_AFTER_MS)
        self._count_timer.timeout.connect(self._count)
        self._connect()

    def _connect(self) -> None:
        bar, model, panel = self._bar, self.model, self._panel
        bar.edited.connect(self.edit)
        bar.submitted.connect(self.search)
        bar.sourceChanged.connect(self.set_source)
        bar.searchRequested.connect(self.search_for)
        model.stateChanged.connect(self._show_state)
        model.sourceChanged.connect(bar.set_source)
        model.results.pageWanted.connect(self._request_page)
        model.results.sortRequested.connect(self._sort)
        model.results.measurementsWanted.connect(self._measure)
        panel.facets.valueToggled.connect(
            lambda name, value, on: self.search_for(model.state.with_value(name, value, on))
        )
        panel.ranges.rangeChanged.connect(
            lambda name, low, high: self.search_for(model.state.with_range(name, low, high))
        )
        panel.ranges.library.clicked.connect(self.search_locally)
        self._results.failure.searchRetried.connect(self.search)

    def edit(self, state: QueryState) -> None:
        """Take other words: count the cells, or search at once where that costs nothing."""
        self.model.set_state(state)
        if self.model.source.is_local:
            self.search()
        else:
            self._service.cancel("search/count")
            self._bar.set_no_hits(())
            self._count_timer.start()

    def search_for(self, state: QueryState) -> None:
        """Search for a state."""
        self.model.set_state(state)
        self.search()

    def search(self) -> None:
        """Request the hits of the present state; a source that answers at once keeps the old ones until then."""
        self._count_timer.stop()
        self._service.cancel("search/")
        model = self.model
        model.has_searched = True
        if not model.source.is_local:
            self._clear(SEARCHING)
        source, state, facets = model.source, model.state, tuple(self.filters.opened)
        self._request(
            "search/page/0",
            lambda opened: source.page(opened, state, 0, facets),
            partial(self._show_hits, state),
            self._fail_search,
        )

    def set_source(self, source: SearchSource) -> None:
        """Search elsewhere from now on: at once where that costs nothing, else when the user says so."""
        self._count_timer.stop()
        self.model.set_source(source)
        self._results.set_sort("neuron_id", True)
        if source.is_local:
            self.search()
        else:
            self._clear(START_HINT)
            self._show_busy()
            if not self.model.state.is_empty:
                self._count_timer.start()
        self.filters.follow_source()

    def search_locally(self) -> None:
        """Search the source that needs no network."""
        self.set_source(next(each for each in SOURCES if each.is_local))

    def switch_source(self) -> None:
        """Search the other source."""
        self.set_source(next(each for each in SOURCES if each is not self.model.source))

    def cancel(self) -> bool:
        """Cancel what is requested; return whether anything was."""
        was_waiting = self._count_timer.isActive()
        self._count_timer.stop()
        self._service.cancel("measured/")
        was_busy = any((was_waiting, self._service.cancel("search/"), self.filters.cancel()))
        if was_busy:
            self.model.results.forget_requests()
            if not self.model.results.total():
                self._results.show_hint(START_HINT)
        self._show_busy()
        return was_busy

    def refresh_files(self) -> None:
        """Look again which hits have their file on this disk."""
        results = self.model.results
        cells = results.neurons_in(results.loaded_rows())

        def work(library: Library) -> frozenset[int]:
            return ids_on_disk(NeuroMorphoCache(library.path.parent), cells)

        self._service.query_library("search/files", work, results.set_on_disk, lambda _: None)

    def _clear(self, hint: str) -> None:
        """Empty the results; a hint says why."""
        self._forget_last_search(hint)
        self._bar.set_count(None)
        self.model.results.start_over()

    def _show_hits(self, state: QueryState, found: ResultsPage) -> None:
        self._forget_last_search("")
        self.model.set_hits(state, found)
        self._show_total()
        self._results.failure.set_unlisted(found.n_unlisted)
        self.filters.show_counts(found.facets)

    def _fail_search(self, failure: Failure) -> None:
        self._clear(self.model.source.outage_hint if failure.is_outage else "")
        strip = self._results.failure
        strip.set_search_sentence(failure.message, failure.facts, can_repair=failure.can_repair)

    def _forget_last_search(self, hint: str) -> None:
        self._service.cancel("search/")
        self._service.cancel("measured/")
        self._results.failure.set_search_sentence("")
        self._results.failure.set_unlisted(0)
        self._results.show_hint(hint)
        self._bar.set_no_hits(())

    def _show_total(self) -> None:
        model, total = self.model, self.model.results.total()
        is_bare = total == model.n_bundled and model.state.is_empty
        self._bar.set_count(total, model.source.empty_note if is_bare else "")
        if not total:
            self._results.show_hint(NOTHING)
            self._count_clauses()

    def _request_page(self, page: int) -> None:
        """Request a further page of the hits shown; every search cancels those of the one before."""
        model, source, state = self.model, self.model.source, self.model.hits_state

        def done(found: ResultsPage) -> None:
            model.results.set_page(page, found.items, found.on_disk)
            if page == 0:
                model.results.set_total(found.total)
                self._show_total()

        def failed(failure: Failure) -> None:
            self._results.failure.facts.setText(failure.facts)
            model.results.fail_page(page, failure.message)

        self._request(
            f"search/page/{page}",
            lambda opened: source.page(opened, state, page),
            done,
            failed,
        )

    def _measure(self, ids: list[int]) -> None:
        """Request the morphometry of rows in view, for its columns; without it they show a dash."""
        model, source = self.model, self.model.source
        source.request(
            self._service,
            "measured/",
            lambda opened: source.measurements(opened, ids),
            model.results.set_measurements,
            lambda _: model.results.forget_measurements(ids),  # the connection line says why
            latest=False,
            priority=-1,
        )

    def _count(self) -> None:
        """Request how many cells match, and once which values there are, to suggest them."""
        source, state = self.model.source, self.model.state
        if state.is_empty:
            self._bar.set_count(None)
            return

        def done(n_cells: int) -> None:
            self._bar.set_count(n_cells, "Return shows them" if n_cells else "")
            if not n_cells:
                self._count_clauses()

        self._request(
            "search/count",
            lambda opened: source.count(opened, state),
            done,
            lambda failure: self._bar.set_count(None, failure.message),
        )
        self.filters.learn_values()

    def _count_clauses(self) -> None:
        """Name the conditions that could be dropped, with how many cells each leaves."""
        source, clauses = self.model.source, self.model.state.clauses()[:_MOST_CLAUSES]
        self._bar.set_no_hits(clauses)
        self.filters.learn_values()  # to offer those that are meant
        if len(clauses) < 2:  # without the only one there is everything
            return

        def done(counts: Sequence[int]) -> None:
            counted = [replace(each, n_hits=n) for each, n in zip(clauses, counts, strict=True)]
            self._bar.set_no_hits(counted)

        def work(opened: Any) -> list[int]:
            return [source.count(opened, each.state_without) for each in clauses]

        self._request("search/clauses", work, done, lambda _: None)

    def _show_state(self, state: QueryState) -> None:
        self._bar.set_state(state)
        self._bar.note.show_sentence(self.model.source.note(state))

    def _sort(self, name: str, ascending: bool) -> None:
        self._results.set_sort(name, ascending)
        order = "asc" if ascending else "desc"
        self.search_for(replace(self.model.state, sort=f"{name},{order}"))

    def _request(
        self,
        channel: str,
        work: Callable[[Any], Any],
        done: Callable[[Any], None],
        failed: Callable[[Failure], None],
    ) -> None:
        """Request from the source in use; the bar shows that it is busy until the reply."""

        def answer(act: Callable[[Any], None], reply: Any) -> None:
            self._show_busy()
            act(reply)

        self.model.source.request(
            self._service, channel, work, partial(answer, done), partial(answer, failed)
        )
        self._show_busy()

    def _show_busy(self) -> None:
        self._bar.busy.setVisible(self._service.is_busy("search/"))
