"""The dock without its window, on a library with some cells: enough to manage and export them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtWidgets import QMainWindow, QMessageBox
from pytestqt.qtbot import QtBot

from app.archive.cell.menu import CellMenu
from app.archive.connection.service import LONG, ArchiveService
from app.archive.dock import ArchiveDock
from app.archive.export.export_sheet import Exporter
from app.archive.library.maintenance import LibraryMaintenance
from app.archive.results.thumbnails import Thumbnails
from app.archive.search.controller import SearchController
from app.archive.search.search_model import SearchModel
from app.archive.search.sources import LIBRARY
from app.notices import Notices
from neuromorpho.client import NeuroMorphoClient
from neuromorpho.http.rate_limiter import RateLimiter

LONG_MS = 8_000
WITH_FILES = (1, 2, 3)


def fill_folder(base_url: str, folder: Path, n_cells: int = 40) -> None:
    """Fill a library with the first cells of a server, and the cache with the files of three."""
    with NeuroMorphoClient(
        base_url=base_url, cache_dir=folder, limiter=RateLimiter(None)
    ) as client:
        client.search("*:*", size=n_cells)
        for neuron_id in WITH_FILES:
            client.download(neuron_id, mode="standard")
            client.get_measurement(neuron_id)


class LibraryDriver:
    """Uses the library as a person does.

    Attributes
    ----------
    notices : Notices
        What was shown in the banner or the status bar.
    loaded, added : list of int
        Cells that were to be loaded, or added to the queue.
    is_downloading : bool
        Whether the removal sees files being written.
    """

    def __init__(self, qtbot: QtBot, service: ArchiveService) -> None:
        self.qtbot, self.service = qtbot, service
        self.notices = Notices()
        self.loaded: list[int] = []
        self.added: list[int] = []
        self.is_downloading = False
        self.window = QMainWindow()
        qtbot.addWidget(self.window)
        search = SearchModel(self.window)
        self.thumbnails = Thumbnails(service, parent=self.window)
        self.dock = dock = ArchiveDock(search.results, self.thumbnails)
        self.search = SearchController(
            service, search, dock.search, dock.results, dock.filters, self.window
        )
        search.sourceChanged.connect(
            lambda source: self.thumbnails.set_fetching(not source.is_local)
        )
        self.window.setCentralWidget(self.dock)
        self.window.resize(520, 760)
        self.exporter = Exporter(service, self.dock, self.notices, self.window)
        self.maintenance = LibraryMaintenance(
            service,
            self.search,
            self.dock.results,
            self.notices,
            lambda: self.is_downloading,
            self.window,
        )
        self.dock.search.add_button(self.maintenance.button)
        self.menu = CellMenu(
            service,
            search,
            dock.results,
            self.exporter,
            load=self.loaded.append,
            add=self.added.extend,
            remove=self.maintenance.remove,
        )
        self.maintenance.button.export.triggered.connect(self.menu.export_found)
        self.window.show()
        qtbot.waitExposed(self.window)

    def close(self) -> None:
        """Stop all tasks."""
        self.thumbnails.stop()
        self.service.cancel(LONG)
        self.dock.detail.preview.canvas.release()

    def wait_until(self, condition: Callable[[], object]) -> None:
        """Wait until a condition is true."""
        self.qtbot.waitUntil(lambda: bool(condition()), timeout=LONG_MS)

    def go_to_library(self) -> None:
        """Click on Library, and wait for the hits."""
        self.dock.search.sources[LIBRARY].click()
        self.wait_until(
            lambda: self.search.model.results.total() and not self.service.is_busy("search/")
        )

    def choose(self, ids: Sequence[int]) -> None:
        """Choose rows of the table by their cells' ids."""
        table, model = self.dock.results.table, self.search.model.results
        table.clearSelection()
        for neuron_id in ids:
            row = model.row_of(neuron_id)
            assert row is not None, f"{neuron_id} is no hit"
            flag = table.selectionModel().SelectionFlag
            table.selectionModel().select(model.index(row, 0), flag.Select | flag.Rows)
        assert sorted(self.dock.results.chosen_ids()) == sorted(ids)

    def wait_idle(self) -> None:
        """Wait until no task runs."""
        self.wait_until(lambda: not self.service.is_busy(LONG))

    @property
    def question(self) -> QMessageBox:
        """The question before a removal, once it is visible."""

        def find() -> QMessageBox | None:
            found = self.window.findChild(QMessageBox, "removeQuestion")
            return found if found is not None and found.isVisible() else None

        self.wait_until(find)
        found = find()
        assert found is not None
        return found

    def answer(self, word: str) -> None:
        """Press a button of the question."""
        box = self.question
        next(each for each in box.buttons() if each.text() == word).click()
        self.wait_idle()

    @property
    def messages(self) -> list[str]:
        """The texts of the notices."""
        return [each.message for each in self.notices.items]
