"""`LiveCounts`: how many cells of the archive have a value *and* match the rest of a search.

The archive counts a field's values over all its cells (``partition``), without a query. So the count of one value
in a search needs a request of its own. Fifteen values take three seconds at five requests a second: they are
requested one after another, after everything else, for the first values, and the replies are cached.
"""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from app.archive.search.query_state import QueryState
from neuromorpho.query.query import EVERYTHING, NeuroMorphoQuery

if TYPE_CHECKING:
    from app.archive.connection.service import ArchiveService, Failure

N_COUNTED = 15
CHANNEL = "facets/live"
_CACHE_SIZE = 4_000


class LiveCounts(QObject):
    """Counts values in a search, with one request each.

    Signals
    -------
    counted(str, object, bool)
        A field, its counts so far (value to number of cells), and whether more will come.
    """

    counted = Signal(str, object, bool)

    def __init__(self, service: ArchiveService, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._service = service
        self._cache: OrderedDict[str, int] = OrderedDict()
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
        self._emit(name)

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
            self._emit(name)

    # ------------------------------------------------------------------------------------ inside

    def _request_next(self) -> None:
        """Request the next count."""
        if not self._waiting:
            return
        name, value, query = self._waiting.popleft()
        self._current = (name, value)

        def done(n_cells: int) -> None:
            self._store(query.to_q(), n_cells)
            self._found[name][value] = n_cells
            self._current = None
            self._request_next()
            self._emit(name)

        def failed(_: Failure) -> None:
            self.stop()  # the connection line shows why

        self._service.request(
            CHANNEL, lambda client: client.count(query), done, failed, priority=-2
        )

    def _store(self, pending: str, n_cells: int) -> None:
        self._cache[pending] = n_cells
        while len(self._cache) > _CACHE_SIZE:
            self._cache.popitem(last=False)

    def _emit(self, name: str) -> None:
        pending = (self._current, *((each[0], each[1]) for each in self._waiting))
        more = any(each is not None and each[0] == name for each in pending)
        self.counted.emit(name, dict(self._found[name]), more)
