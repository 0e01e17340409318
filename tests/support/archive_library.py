"""The dock without its window, on a library that holds some cells: enough to manage and export them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtWidgets import QMainWindow, QMessageBox
from pytestqt.qtbot import QtBot

from app.archive.cell.menu import CellMenu
from app.archive.connection.long_tasks import LongTasks
from app.archive.connection.service import ArchiveService
from app.archive.dock import ArchiveDock
from app.archive.export.export_sheet import Exporter
from app.archive.library.maintenance import LibraryMaintenance
from app.archive.results.thumbnails import Thumbnails
from app.archive.search.controller import SearchController
from app.archive.search_source import LIBRARY
from app.notices import Notices
from neuromorpho.client import NeuroMorphoClient
from neuromorpho.http.rate_limiter import RateLimiter

LONG_MS = 8_000
WITH_FILES = (1, 2, 3)


def stock(base_url: str, folder: Path, n_cells: int = 40) -> None:
    """Fill a library with the first cells of a server, and the cache with the files of three."""
    with NeuroMorphoClient(
        base_url=base_url, cache_dir=folder, limiter=RateLimiter(None)
    ) as client:
        client.search("*:*", size=n_cells)
        for neuron_id in WITH_FILES:
            client.download(neuron_id, mode="standard")
            client.get_measurement(neuron_id)


class Shelf:
    """A person at the library.

    Attributes
    ----------
    notices : Notices
        What was told in the banner or the status bar.
    loaded, added : list of int
        What was to be loaded, or put into the queue.
    is_downloading : bool
        Whether files are being written, as the removal is told.
    """

    def __init__(self, qtbot: QtBot, service: ArchiveService) -> None:
        self.qtbot, self.service = qtbot, service
        self.notices = Notices()
        self.loaded: list[int] = []
        self.added: list[int] = []
        self.is_downloading = False
        self.window = QMainWindow()
        qtbot.addWidget(self.window)
        self.searching = SearchController(service, self.window)
        self.thumbnails = Thumbnails(service, parent=self.window)
        self.dock = ArchiveDock(self.searching.model, self.thumbnails)
        self.searching.attach(self.dock)
        self.searching.sourceChanged.connect(
            lambda source: self.thumbnails.set_fetching(source != LIBRARY)
        )
        self.window.setCentralWidget(self.dock)
        self.window.resize(520, 760)
        self.errands = LongTasks(service, self.window)
        self.exporter = Exporter(self.errands, self.dock, self.notices, self.window)
        self.care = LibraryMaintenance(
            service.cache_dir,
            self.errands,
            self.searching,
            self.dock,
            self.notices,
            lambda: self.is_downloading,
            self.window,
        )
        self.menu = CellMenu(
            service,
            self.searching,
            self.dock,
            self.exporter,
            load=self.loaded.append,
            add=self.added.extend,
            remove=self.care.remove,
            parent=self.window,
        )
        self.care.exportRequested.connect(self.menu.export_found)
        self.window.show()
        qtbot.waitExposed(self.window)

    def close(self) -> None:
        """End what runs."""
        self.thumbnails.stop()
        assert self.errands.close(), "an errand did not end"
        self.dock.detail.preview.release()

    def until(self, condition: Callable[[], object]) -> None:
        """Wait for a fact."""
        self.qtbot.waitUntil(lambda: bool(condition()), timeout=LONG_MS)

    def go_to_library(self) -> None:
        """Click on Library, and wait for its hits."""
        self.dock.search.sources[LIBRARY].click()
        self.until(lambda: self.searching.model.total() and not self.service.is_busy("search/"))

    def choose(self, ids: Sequence[int]) -> None:
        """Choose rows of the table by their cells' ids."""
        table, model = self.dock.results.table, self.searching.model
        table.clearSelection()
        for neuron_id in ids:
            row = model.row_of(neuron_id)
            assert row is not None, f"{neuron_id} is no hit"
            flag = table.selectionModel().SelectionFlag
            table.selectionModel().select(model.index(row, 0), flag.Select | flag.Rows)
        assert sorted(self.dock.results.chosen_ids()) == sorted(ids)

    def rest(self) -> None:
        """Wait until no errand runs."""
        self.until(lambda: not self.errands.is_busy())

    @property
    def question(self) -> QMessageBox:
        """The question whether to remove, once it stands there."""

        def find() -> QMessageBox | None:
            found = self.window.findChild(QMessageBox, "removeQuestion")
            return found if found is not None and found.isVisible() else None

        self.until(find)
        found = find()
        assert found is not None
        return found

    def answer(self, word: str) -> None:
        """Press a button of the question."""
        box = self.question
        next(each for each in box.buttons() if each.text() == word).click()
        self.rest()

    @property
    def told(self) -> list[str]:
        """The sentences of the notices."""
        return [each.message for each in self.notices.items]
