"""`LiveCounts`: how many cells of the archive have a value *and* meet the rest of a search.

Theory. The archive counts a field's values over all its cells (``partition``) and takes no query with that. So
the count of one value under a search is a question of its own, a search for a single cell. Fifteen values
are three seconds at five requests a second: they are asked one after another, behind everything else, for
the values that stand first, and what was answered is kept.
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
_MOST_KEPT = 4_000


class LiveCounts(QObject):
    """Counts values under a search, a question each.

    Signals
    -------
    counted(str, object, bool)
        A field, what is known of its values so far (value to number of cells), and whether more will come.
    """

    counted = Signal(str, object, bool)

    def __init__(self, service: ArchiveService, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._service = service
        self._kept: OrderedDict[str, int] = OrderedDict()
        self._found: dict[str, dict[str, int]] = {}
        self._waiting: deque[tuple[str, str, NeuroMorphoQuery]] = deque()
        self._asked: tuple[str, str] | None = None

    def count(self, state: QueryState, name: str, values: Sequence[str]) -> None:
        """Count the values of a field, each with what else is searched for; nothing where that is nothing.

        Then the counts of the whole archive are those of the search as well.
        """
        rest = state.without(name)
        if rest.to_query().to_q() == EVERYTHING:
            return
        found = self._found[name] = {}
        self._waiting = deque(each for each in self._waiting if each[0] != name)
        for value in values:
            query = rest.with_value(name, value).to_query()
            known = self._kept.get(query.to_q())
            if known is not None:
                found[value] = known
            elif (name, value) != self._asked:
                self._waiting.append((name, value, query))
        if self._asked is None:
            self._ask()
        self._tell(name)

    def forget(self) -> None:
        """Ask no more, and forget what the counts were of: there is another search."""
        self._found.clear()
        self.stop()

    def stop(self) -> None:
        """Ask no more; what is known stays."""
        self._waiting.clear()
        self._asked = None
        self._service.cancel(CHANNEL)
        for name in self._found:
            self._tell(name)

    # ------------------------------------------------------------------------------------ inside

    def _ask(self) -> None:
        """Ask for the next one."""
        if not self._waiting:
            return
        name, value, query = self._waiting.popleft()
        self._asked = (name, value)

        def done(n_cells: int) -> None:
            self._keep(query.to_q(), n_cells)
            self._found[name][value] = n_cells
            self._asked = None
            self._ask()
            self._tell(name)

        def failed(_: Failure) -> None:
            self.stop()  # the connection line tells why

        self._service.request(
            CHANNEL, lambda client: client.count(query), done, failed, priority=-2
        )

    def _keep(self, asked: str, n_cells: int) -> None:
        self._kept[asked] = n_cells
        while len(self._kept) > _MOST_KEPT:
            self._kept.popitem(last=False)

    def _tell(self, name: str) -> None:
        asked = (self._asked, *((each[0], each[1]) for each in self._waiting))
        more = any(each is not None and each[0] == name for each in asked)
        self.counted.emit(name, dict(self._found[name]), more)
