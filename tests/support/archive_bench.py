"""The archive's dock with its search in a separate window, without a cell or a simulator."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QTreeWidgetItem
from pytestqt.qtbot import QtBot

from app.archive.dock import ArchiveDock
from app.archive.results.thumbnails import Thumbnails
from app.archive.search.controller import SearchController
from app.archive.search.query_state import FIELDS, QueryState
from app.archive.search.search_model import SearchModel
from app.archive.search.sources import LIBRARY
from app.palette import DARK
from app.ui.style import stylesheet

if TYPE_CHECKING:
    from app.archive.connection.service import ArchiveService

LONG_MS = 8_000


class SearchBench:
    """A dock that searches.

    Attributes
    ----------
    dock : ArchiveDock
    controller : SearchController
    model : SearchModel
    """

    def __init__(self, qtbot: QtBot, service: ArchiveService) -> None:
        self.qtbot, self.service = qtbot, service
        self.model = SearchModel()
        self.thumbnails = Thumbnails(service, parent=self.model)
        self.dock = dock = ArchiveDock(self.model.results, self.thumbnails)
        qtbot.addWidget(dock)
        self.model.setParent(dock)
        self.controller = SearchController(
            service, self.model, dock.search, dock.results, dock.filters, dock
        )
        self.model.sourceChanged.connect(
            lambda source: self.thumbnails.set_fetching(not source.is_local)
        )
        self.dock.setStyleSheet(stylesheet(DARK))
        self.dock.resize(420, 900)
        self.dock.show()
        self.dock.activateWindow()
        qtbot.waitUntil(self.dock.isActiveWindow, timeout=LONG_MS)

    def until(self, condition: Callable[[], object]) -> None:
        """Wait until a condition is true."""
        self.qtbot.waitUntil(lambda: bool(condition()), timeout=LONG_MS)

    def rest(self) -> None:
        """Wait until no request is running."""
        self.until(lambda: not self.service.is_busy())

    def search(self, state: QueryState) -> None:
        """Search, and wait for the hits."""
        with self.qtbot.waitSignal(self.model.results.modelReset, timeout=LONG_MS):
            self.controller.search_for(state)
        self.until(lambda: not self.service.is_busy("search/"))

    def choose_library(self) -> None:
        """Search the library from now on, and wait for its hits."""
        self.dock.search.sources[LIBRARY].click()
        self.rest()

    def field(self, name: str) -> QTreeWidgetItem:
        """Return a field's row."""
        item = self.dock.facets.tree.topLevelItem(FIELDS.index(name))
        assert item is not None
        return item

    def rows(self, name: str) -> list[tuple[str, str]]:
        """Return the texts of a field's rows: value and count; a sentence has no count."""
        item = self.field(name)
        children = (item.child(at) for at in range(item.childCount()))
        return [(each.text(0), each.text(1)) for each in children]
