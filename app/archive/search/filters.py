"""`FilterController`: the values and ranges that a search can be narrowed by, for the source in use.

The library counts the values of what it finds with every search, and knows which numbers occur. The archive
counts a field's values over all its cells only (``partition``), without a query: there, `LiveCounts` adds counts in
the present search, for the first values of the open fields. All requests are on channels that begin with "facets/".
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING

from app.archive.search.query_state import FIELDS, QueryState
from app.archive.search.sources import LIBRARY, SearchSource
from neuromorpho.query.query import EVERYTHING, NeuroMorphoQuery

if TYPE_CHECKING:
    from app.archive.connection.service import ArchiveService, Failure
    from app.archive.search.filter_panel import FilterPanel
    from app.archive.search.search_model import SearchModel

N_COUNTED = 15
COUNTING = "Counting in this search… (entire archive)"
THIS_SEARCH = "In this search, or (in the entire archive)"
_LIVE_CHANNEL = "facets/live"
_SUGGESTED_FIELDS = [
    name for name in FIELDS if name.startswith(("species", "cell_type", "brain_region"))
]


class FilterController:
    """Fills the filter panel.

    Parameters
    ----------
    learn
        Called with a field, and its values with how many cells have each: words may mean them.

    Attributes
    ----------
    opened : list of str
        The fields whose values were requested.
    """

    def __init__(
        self,
        service: ArchiveService,
        model: SearchModel,
        panel: FilterPanel,
        learn: Callable[[str, Mapping[str, int]], None],
    ) -> None:
        self._service, self._model, self._panel, self._learn = service, model, panel, learn
        self.opened: list[str] = []
        self._learned: set[SearchSource] = set()
        self._live = LiveCounts(service, self._show_live)
        panel.facets.fieldOpened.connect(self._open)
        panel.pageShown.connect(self._count_live)
        panel.pageShown.connect(self._request_extents)
        model.stateChanged.connect(self._show_state)

    def follow_source(self) -> None:
        """Show the values and ranges of the source in use."""
        panel = self._panel
        self._live.forget()
        self._service.cancel("facets/")
        for name in FIELDS:
            panel.facets.set_counts(name, None)
        panel.ranges.set_usable(self._model.source.is_local)
        for name in self.opened:
            self._open(name)
        self._request_extents()

    def show_counts(self, facets: Mapping[str, Mapping[str, int]]) -> None:
        """Show the counts that came with hits; count the others, where that costs requests."""
        for name, counts in facets.items():
            self._panel.facets.set_counts(name, counts, self._model.source.counts_note)
            self._learn(name, counts)
        self._count_live()

    def learn_values(self) -> None:
        """Request once the values that words may mean; the cache keeps them for a day."""
        source = self._model.source
        if source in self._learned:
            return
        self._learned.add(source)

        def failed(_: Failure) -> None:
            self._learned.discard(source)  # tried again with the next count

        for name in _SUGGESTED_FIELDS:
            source.request(
                self._service,
                f"facets/known/{name}",
                partial(source.facet_counts, name=name, state=QueryState()),
                partial(self._learn, name),
                failed,
                priority=-1,
            )

    def cancel(self) -> bool:
        """Cancel what is requested; return whether anything was."""
        was_busy = self._service.cancel("facets/")
        self._live.stop()
        return was_busy

    def _show_state(self, state: QueryState) -> None:
        """Show what is chosen; counts in another search are taken away."""
        facets = self._panel.facets
        facets.set_chosen(state.criteria)
        self._panel.ranges.set_ranges(state.ranges)
        self._panel.set_n_ranges(len(state.ranges))
        self._live.forget()
        for name in self.opened:
            facets.set_live(name, None, self._model.source.counts_note)

    def _open(self, name: str) -> None:
        """Request the values of a field."""
        if name not in self.opened:
            self.opened.append(name)
        source = self._model.source
        source.request(
            self._service,
            f"facets/{name}",
            partial(source.facet_counts, name=name, state=self._model.state),
            lambda counts: self.show_counts({name: counts}),
            lambda failure: self._panel.facets.set_counts(name, None, failure.message),
        )

    def _count_live(self) -> None:
        """Count the values in view, in the search whose hits are shown."""
        model, facets = self._model, self._panel.facets
        if model.source.is_local or not model.is_answered or not facets.isVisible():
            return
        for name, values in facets.values_without_live(N_COUNTED).items():
            self._live.count(model.state, name, values)

    def _show_live(self, name: str, counts: Mapping[str, int], more: bool) -> None:
        self._panel.facets.set_live(name, counts, COUNTING if more else THIS_SEARCH)

    def _request_extents(self) -> None:
        """Request which numbers occur, where these are in view and the source knows."""
        if not self._model.source.is_local or not self._panel.ranges.isVisible():
            return
        for name, row in self._panel.ranges.rows.items():
            self._service.query_library(
                f"facets/extent/{name}",
                partial(LIBRARY.extent, name=name),
                row.set_extent,
                lambda _: None,  # the entries stay empty; the search says what is wrong
                priority=-1,
            )


class LiveCounts:
    """Counts how many cells of the archive have a value *and* match the rest of a search.

    Each count is a request. Fifteen values take three seconds at five requests a second: they are requested one
    after another, after everything else, and the counts are cached.

    Parameters
    ----------
    show
        Called with a field, its counts so far (value to number of cells), and whether more will come.
    """

    def __init__(
        self, service: ArchiveService, show: Callable[[str, Mapping[str, int], bool], None]
    ) -> None:
        self._service, self._show = service, show
        self._cache: dict[str, int] = {}
        self._found: dict[str, dict[str, int]] = {}
        self._waiting: list[tuple[str, str, NeuroMorphoQuery]] = []  # the first one is requested

    def count(self, state: QueryState, name: str, values: Sequence[str]) -> None:
        """Count each value of a field together with the other conditions; do nothing if there are none.

        Then the counts of the whole archive are those of the search as well.
        """
        others = state.without(name)
        if others.to_query().to_q() == EVERYTHING:
            return
        found = self._found[name] = {}
        requested, rest = self._waiting[:1], self._waiting[1:]
        self._waiting = requested + [each for each in rest if each[0] != name]
        for value in values:
            query = others.with_value(name, value).to_query()
            known = self._cache.get(query.to_q())
            if known is not None:
                found[value] = known
            elif (name, value, query) not in requested:
                self._waiting.append((name, value, query))
        if not requested:
            self._request_next()
        self._show_found(name)

    def forget(self) -> None:
        """Stop counting and forget the counts: there is another search."""
        self._found.clear()
        self.stop()

    def stop(self) -> None:
        """Stop counting; what is known stays."""
        self._waiting.clear()
        self._service.cancel(_LIVE_CHANNEL)
        for name in self._found:
            self._show_found(name)

    def _request_next(self) -> None:
        if not self._waiting:
            return
        name, value, query = self._waiting[0]

        def done(n_cells: int) -> None:
            self._cache[query.to_q()] = n_cells
            self._found[name][value] = n_cells
            self._waiting.pop(0)
            self._request_next()
            self._show_found(name)

        self._service.request(
            _LIVE_CHANNEL,
            lambda client: client.count(query),
            done,
            lambda _: self.stop(),  # the connection line shows why
            priority=-2,
        )

    def _show_found(self, name: str) -> None:
        more = any(each[0] == name for each in self._waiting)
        self._show(name, dict(self._found[name]), more)
