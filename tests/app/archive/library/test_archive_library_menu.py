"""The library's menu: what there is on this disk, whether it is whole, and how it is taken away again."""

from __future__ import annotations

import errno
import shutil
import sqlite3
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from archive_library import WITH_FILES, Shelf, stock
from PySide6.QtCore import QPoint, Qt, QUrl
from PySide6.QtGui import QAction, QDesktopServices
from PySide6.QtWidgets import QApplication, QMenu
from pytestqt.qtbot import QtBot

from app.archive.connection.service import ArchiveService
from app.archive.library.maintenance import size_sentence
from app.archive.library.menu import ReportSheet
from app.archive.records.bundled import bundled_neurons
from app.archive.search.controller import EMPTY_LIBRARY
from app.archive.search_source import ARCHIVE
from neuromorpho.cache.cache import NeuroMorphoCache
from neuromorpho.library import maintenance as library_maintenance
from neuromorpho.library.library import Library
from neuromorpho.library.maintenance import DiskUsage
from tests.neuromorpho.server import Server

N_CELLS, N_BUNDLED = 40, len(bundled_neurons())
MakeService = Callable[..., ArchiveService]


@pytest.fixture
def folder(archive_server: Server, tmp_path: Path) -> Path:
    """The cache folder of a library with 40 records and three files; what is asked after is counted."""
    made = tmp_path / "cache"
    stock(archive_server.url, made, N_CELLS)
    archive_server.reset()
    return made


@pytest.fixture
def shelf(qtbot: QtBot, folder: Path, make_service: MakeService) -> Iterator[Shelf]:
    """A person who looks at the library."""
    made = Shelf(qtbot, make_service(cache_dir=folder))
    made.go_to_library()
    yield made
    made.close()


def rows_of(shelf: Shelf) -> list[tuple[str, str]]:
    """Return the rows of the report."""
    table = sheet_of(shelf).table
    items = [table.topLevelItem(at) for at in range(table.topLevelItemCount())]
    return [(each.text(0), each.text(1)) for each in items]


def sheet_of(shelf: Shelf) -> ReportSheet:
    """Return the report that is open."""
    sheet = shelf.window.findChild(ReportSheet)
    assert sheet is not None
    return sheet


def swc_of(folder: Path, neuron_id: int) -> Path:
    """Return a cell's file."""
    path = NeuroMorphoCache(folder).standard_swc_path(neuron_id)
    assert path is not None
    return path


def test_the_menu_is_offered_where_the_library_is_searched(shelf: Shelf) -> None:
    button = shelf.care.button
    assert button.isVisible()
    shelf.dock.search.sources[ARCHIVE].click()
    assert not button.isVisible()
    shelf.go_to_library()
    assert button.isVisible()


def test_the_menu_tells_how_much_there_is_and_where(shelf: Shelf, folder: Path) -> None:
    button = shelf.care.button
    button.setFocus()
    shelf.qtbot.keyClick(button, Qt.Key.Key_Return)
    assert button.menu_.isVisible()
    shelf.rest()
    library = Library(folder / "library.sqlite")
    found = library_maintenance.disk_usage(NeuroMorphoCache(folder), library)
    library.close()
    assert (found.n_records, found.n_files) == (N_CELLS, len(WITH_FILES))
    assert button.amount.text() == size_sentence(found)
    assert folder.name in button.place.text()
    assert size_sentence(found) in button.accessibleDescription()
    assert str(folder) in button.accessibleDescription()
    assert button.export.text() == f"Export what is found: {N_CELLS} cells…"
    assert not button.remove.isEnabled()
    button.menu_.close()


def test_tab_reaches_the_menu_after_the_other_buttons_of_the_bar(shelf: Shelf) -> None:
    shelf.window.activateWindow()
    shelf.until(shelf.window.isActiveWindow)
    shelf.dock.search.query_button.setFocus()
    shelf.qtbot.keyClick(shelf.dock.search.query_button, Qt.Key.Key_Tab)
    assert QApplication.focusWidget() is shelf.care.button


def test_numbers_are_said_in_full_words() -> None:
    some = DiskUsage(Path("/x"), 1204, 36, 12_300_000)
    assert size_sentence(some) == "1,204 records, 36 files, 12.3 MB"
    assert size_sentence(DiskUsage(Path("/x"), 1, 1, 900)) == "1 record, 1 file, 900 B"


def test_every_row_of_the_menu_is_reached_by_keys(shelf: Shelf) -> None:
    shelf.choose([1])
    button = shelf.care.button
    button.open()
    reached: list[QAction] = []
    menu = button.menu_
    menu.hovered.connect(reached.append)
    for _ in menu.actions():
        shelf.qtbot.keyClick(menu, Qt.Key.Key_Down)
    wanted = {button.verify, button.export, button.remove, button.clear, button.folder}
    assert wanted <= set(reached)
    assert all(each.text() for each in wanted)
    menu.close()


def test_what_is_damaged_or_missing_is_reported_and_mended(
    shelf: Shelf, folder: Path, archive_server: Server
) -> None:
    damaged, missing = swc_of(folder, 1), swc_of(folder, 2)
    damaged.write_text("<html>down</html>")
    missing.unlink()
    with sqlite3.connect(folder / "library.sqlite") as connection:
        connection.execute("UPDATE records SET payload = x'00' WHERE neuron_id = 3")
    connection.close()
    shelf.care.button.verify.trigger()
    shelf.rest()
    sheet, rows = sheet_of(shelf), rows_of(shelf)
    assert {"NMO_00001", "NMO_00002", "NMO_00003"} <= {about for about, _ in rows}
    text = dict(rows)
    assert f"1/{damaged.name} is damaged" in text["NMO_00001"].replace("\\", "/")
    assert "is missing" in text["NMO_00002"]
    assert "record" in text["NMO_00003"]
    assert str(folder) in sheet.sentence.text()
    assert "somascope " not in str(rows), "no command is told in a window"
    assert sheet.focusWidget() is sheet.repair
    shelf.qtbot.keyClick(sheet.repair, Qt.Key.Key_Space)
    shelf.rest()
    assert "mended" in sheet.sentence.text()
    assert not sheet.repair.isVisible()
    shelf.care.verify()
    shelf.rest()
    assert sheet.sentence.text() == "Nothing is damaged, and nothing is missing."
    assert rows_of(shelf) == []
    assert archive_server.requests == []
    sheet.close()


def test_the_report_can_be_copied(shelf: Shelf, folder: Path) -> None:
    swc_of(folder, 2).unlink()
    shelf.care.verify()
    shelf.rest()
    sheet_of(shelf).copy.click()
    assert QApplication.clipboard().text() == "\t".join(rows_of(shelf)[0])
    sheet_of(shelf).close()


def test_esc_ends_a_verification_and_its_sheet(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    goes_on = threading.Event()

    def endless(_cache: Any, _library: Any, progress: Any) -> tuple[()]:
        """Verify a disk without end."""
        done = 0
        while True:
            progress("cells", done % 100, 100)
            goes_on.set()
            done += 1

    monkeypatch.setattr(library_maintenance, "verify", endless)
    shelf.care.verify()
    sheet = sheet_of(shelf)
    shelf.until(goes_on.is_set)
    shelf.until(lambda: sheet.bar.maximum() > 0)
    assert "Verifying cells" in sheet.sentence.text()
    assert sheet.shut.text() == "Stop"
    shelf.qtbot.keyClick(sheet, Qt.Key.Key_Escape)
    assert not sheet.isVisible()
    assert not shelf.errands.is_busy()
    assert shelf.told == []
    assert shelf.errands.close(), "the thread goes on"


def test_chosen_cells_are_removed_after_a_question_with_their_number_and_bytes(
    shelf: Shelf, folder: Path, archive_server: Server
) -> None:
    shelf.choose([1, 2, -1])
    shelf.care.button.opening.emit()
    assert shelf.care.button.remove.text() == "Remove 2 cells from this disk…"
    shelf.care.button.remove.trigger()
    box = shelf.question
    assert "2 cells" in box.text()
    assert "2 files" in box.informativeText()
    assert "kB" in box.informativeText()
    assert box.defaultButton().text() == "Keep"
    shelf.qtbot.keyClick(box, Qt.Key.Key_Escape)
    shelf.until(lambda: not box.isVisible())
    assert (folder / "1").is_dir()
    shelf.choose([1, 2, -1])
    shelf.care.button.remove.trigger()
    shelf.answer("Remove")
    shelf.until(lambda: shelf.searching.model.total() == N_CELLS - 2 + N_BUNDLED)
    assert not (folder / "1").exists()
    assert (folder / "3").is_dir()
    assert shelf.told == ["2 cells removed from this disk"]
    assert archive_server.requests == []


def test_the_results_menu_removes_too_and_only_in_the_library(shelf: Shelf, folder: Path) -> None:
    shelf.choose([3])
    shelf.dock.results.contextRequested.emit([3], QPoint(50, 50))
    menu = shelf.dock.findChild(QMenu, "archiveMenu")
    remove = next(each for each in menu.actions() if each.text() == "Remove from this disk…")
    remove.trigger()
    menu.close()
    shelf.answer("Remove")
    assert not (folder / "3").exists()
    shelf.qtbot.waitUntil(lambda: shelf.dock.findChild(QMenu, "archiveMenu") is None)
    shelf.dock.search.sources[ARCHIVE].click()
    shelf.dock.results.contextRequested.emit([4], QPoint(50, 50))
    menu = shelf.dock.findChild(QMenu, "archiveMenu")
    assert "Remove from this disk…" not in [each.text() for each in menu.actions()]
    menu.close()


def test_nothing_is_removed_while_files_are_written(shelf: Shelf, folder: Path) -> None:
    shelf.is_downloading = True
    shelf.choose([1])
    shelf.care.button.set_numbers(N_CELLS, 1)
    shelf.care.button.remove.trigger()
    shelf.care.button.clear.trigger()
    assert not shelf.errands.is_busy()
    assert len(shelf.told) == 2
    assert all("pause" in each for each in shelf.told)
    assert (folder / "1").is_dir()


def test_everything_is_removed_but_what_is_bundled_or_not_ours(shelf: Shelf, folder: Path) -> None:
    (folder / "thumbnails").mkdir(exist_ok=True)
    (folder / "mine.txt").write_text("mine")
    shelf.care.button.clear.trigger()
    box = shelf.question
    assert f"{N_CELLS} records, 3 files" in box.informativeText()
    assert str(folder) in box.informativeText()
    shelf.answer("Remove")
    shelf.until(lambda: shelf.searching.model.total() == N_BUNDLED)
    left = {each.name for each in folder.iterdir() if not each.name.startswith("library.sqlite")}
    assert left == {"mine.txt"}
    assert EMPTY_LIBRARY in shelf.dock.search.count.text()


def test_a_disk_that_refuses_is_told_and_the_library_agrees_with_it(
    shelf: Shelf, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: Any) -> None:
        raise PermissionError(errno.EACCES, "Permission denied", str(path))

    monkeypatch.setattr(shutil, "rmtree", refuse)
    shelf.care.remove([1])
    shelf.answer("Remove")
    assert "Permission denied" in shelf.told[-1]
    assert shelf.notices.items[-1].severity == "error"
    with Library(folder / "library.sqlite") as library:
        assert 1 in library


def test_the_folder_is_opened_outside(
    shelf: Shelf, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[QUrl] = []

    def take(url: QUrl) -> bool:
        opened.append(url)
        return len(opened) == 1

    monkeypatch.setattr(QDesktopServices, "openUrl", take)
    shelf.care.button.folder.trigger()
    assert opened == [QUrl.fromLocalFile(str(folder))]
    assert shelf.told == []
    shelf.care.button.folder.trigger()
    assert str(folder) in shelf.told[-1]


def test_a_library_that_cannot_be_opened_is_reported_mended_and_searched_again(
    qtbot: QtBot, folder: Path, make_service: MakeService, archive_server: Server
) -> None:
    for ending in ("-wal", "-shm"):
        (folder / f"library.sqlite{ending}").unlink(missing_ok=True)
    (folder / "library.sqlite").write_bytes(b"no database" * 1000)
    shelf = Shelf(qtbot, make_service(cache_dir=folder))
    shelf.dock.search.sources["library"].click()
    shelf.until(shelf.dock.results.failure.isVisible)
    shelf.care.button.opening.emit()
    shelf.rest()
    assert "Verify tells why" in shelf.care.button.amount.text()
    shelf.care.verify()
    shelf.rest()
    assert [about for about, _ in rows_of(shelf)] == ["Library"]
    sheet_of(shelf).repair.click()
    shelf.rest()
    assert "made anew with 3 cells" in rows_of(shelf)[0][1]
    shelf.until(lambda: shelf.searching.model.total() == len(WITH_FILES) + N_BUNDLED)
    assert not shelf.dock.results.failure.isVisible()
    assert archive_server.requests == []
    sheet_of(shelf).close()
    shelf.close()
