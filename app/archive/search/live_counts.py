"""`LiveCounts`: how many cells of the archive have a value *and* match the rest of a search.

The archive counts a field's values over all its cells (``partition``), without a query. So the count of one value
in a search needs a request of its own. Fifteen values take three seconds at five requests a second: they are
requested one after another, after everything else, for the first values, and the replies are cached.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from app.archive.search.query_state import QueryState
from neuromorpho.query.query import EVERYTHING, NeuroMorphoQuery

if TYPE_CHECKING:
    from app.archive.connection.service import ArchiveService, Failure

N_COUNTED = 15
CHANNEL = "facets/live"


class LiveCounts:
    """Counts values in a search, with one request each.

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
        self._waiting: deque[tuple[str, str, NeuroMorphoQuery]] = deque()
        self._current: tuple[str, str] | None = None

    def count(self, state: QueryState, name: str, values: Sequence[str]) -> None:
        """Count each value of a field together with the other conditions; do nothing if there are none.

        Then the counts of the whole archive are those of the search as well.
        """
        others = state.without(name)
        if others.to_query().to_q() == EVERYTHING:
            return
        found = self._found[name] = {}
        self._waiting = deque(each for each in self._waiting if each[0] != name)
        for value in values:
            query = others.with_value(name, value).to_query()
            known = self._cache.get(query.to_q())
            if known is not None:
                found[value] = known
            elif (name, value) != self._current:
                self._waiting.append((name, value, query))
        if self._current is None:
            self._request_next()
        self._show_found(name)

    def forget(self) -> None:
        """Stop counting and forget the counts: there is another search."""
        self._found.clear()
        self.stop()

    def stop(self) -> None:
        """Stop counting; what is known stays."""
        self._waiting.clear()
        self._current = None
        self._service.cancel(CHANNEL)
        for name in self._found:
            self._show_found(name)

    # ------------------------------------------------------------------------------------ inside

    def _request_next(self) -> None:
        if not self._waiting:
            return
        name, value, query = self._waiting.popleft()
        self._current = (name, value)

        def done(n_cells: int) -> None:
            self._cache[query.to_q()] = n_cells
            self._found[name][value] = n_cells
            self._current = None
            self._request_next()
            self._show_found(name)

        def failed(_: Failure) -> None:
            self.stop()  # the connection line shows why

        self._service.request(
            CHANNEL, lambda client: client.count(query), done, failed, priority=-2
        )

    def _show_found(self, name: str) -> None:
        pending = [self._current, *(each[:2] for each in self._waiting)]
        more = any(each is not None and each[0] == name for each in pending)
        self._show(name, dict(self._found[name]), more)
