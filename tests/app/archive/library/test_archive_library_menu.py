"""The library's menu: its size, verification, repair, and removal from the disk."""

from __future__ import annotations

import errno
import shutil
import sqlite3
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from archive_library import WITH_FILES, LibraryDriver
from PySide6.QtCore import QPoint, Qt, QUrl
from PySide6.QtGui import QAction, QDesktopServices
from PySide6.QtWidgets import QApplication, QMenu
from pytestqt.qtbot import QtBot

from app.archive.connection.service import LONG, ArchiveService
from app.archive.library.maintenance import size_sentence
from app.archive.library.menu import ReportSheet
from app.archive.records.bundled import bundled_neurons
from app.archive.results.columns import FILE
from app.archive.results.model import HERE
from app.archive.search.sources import ARCHIVE, LIBRARY
from neuromorpho.cache.cache import NeuroMorphoCache
from neuromorpho.library import maintenance as library_maintenance
from neuromorpho.library.library import Library
from neuromorpho.library.maintenance import DiskUsage
from tests.neuromorpho.server import Server

N_CELLS, N_BUNDLED = 40, len(bundled_neurons())
MakeService = Callable[..., ArchiveService]


@pytest.fixture
def driver(qtbot: QtBot, folder: Path, make_service: MakeService) -> Iterator[LibraryDriver]:
    """A person who searches the library."""
    made = LibraryDriver(qtbot, make_service(cache_dir=folder))
    made.go_to_library()
    yield made
    made.close()


def rows_of(driver: LibraryDriver) -> list[tuple[str, str]]:
    """Return the rows of the report."""
    table = sheet_of(driver).table
    items = [table.topLevelItem(at) for at in range(table.topLevelItemCount())]
    return [(each.text(0), each.text(1)) for each in items]


def sheet_of(driver: LibraryDriver) -> ReportSheet:
    """Return the report that is open."""
    sheet = driver.window.findChild(ReportSheet)
    assert sheet is not None
    return sheet


def swc_of(folder: Path, neuron_id: int) -> Path:
    """Return a cell's file."""
    path = NeuroMorphoCache(folder).standard_swc_path(neuron_id)
    assert path is not None
    return path


def files_shown(driver: LibraryDriver) -> set[int]:
    """Return the ids of the archive's cells whose row says that the file is here."""
    model = driver.search.model.results
    cells = [(row, model.neuron_at(row)) for row in range(model.total())]
    return {
        each.neuron_id
        for row, each in cells
        if each is not None and each.neuron_id > 0 and model.text(row, FILE) == HERE
    }


def test_rows_say_which_files_are_really_here(driver: LibraryDriver, folder: Path) -> None:
    assert files_shown(driver) == set(WITH_FILES)
    swc_of(folder, 1).unlink()
    driver.search.search()
    driver.wait_until(lambda: files_shown(driver) == {2, 3})
    driver.dock.search.sources[ARCHIVE].click()
    driver.search.search()
    driver.wait_until(lambda: driver.search.model.results.total() and files_shown(driver) == {2, 3})
    driver.choose([2])
    driver.maintenance.remove([2])
    driver.answer("Remove")
    driver.wait_until(lambda: files_shown(driver) == {3})


def test_files_without_a_library_are_found_after_an_offer_to_index_them(
    qtbot: QtBot, folder: Path, make_service: MakeService, archive_server: Server
) -> None:
    for each in folder.glob("library.sqlite*"):
        each.unlink()
    driver = LibraryDriver(qtbot, make_service(cache_dir=folder))
    strip = driver.dock.results.failure
    driver.go_to_library()
    assert strip.isVisible()
    assert "3 cells on this disk" in strip.sentence.text()
    assert not strip.retry.isVisible()
    qtbot.mouseClick(strip.index, Qt.MouseButton.LeftButton)
    driver.wait_until(lambda: driver.search.model.results.total() == N_BUNDLED + 3)
    assert not strip.isVisible()
    assert files_shown(driver) == set(WITH_FILES)
    assert archive_server.requests == []
    driver.close()


def test_the_menu_is_visible_where_the_library_is_searched(driver: LibraryDriver) -> None:
    button = driver.maintenance.button
    assert button.isVisible()
    driver.dock.search.sources[ARCHIVE].click()
    assert not button.isVisible()
    driver.go_to_library()
    assert button.isVisible()


def test_the_menu_shows_size_and_folder(driver: LibraryDriver, folder: Path) -> None:
    button = driver.maintenance.button
    button.setFocus()
    driver.qtbot.keyClick(button, Qt.Key.Key_Return)
    assert button.menu_.isVisible()
    driver.wait_idle()
    found = library_maintenance.disk_usage(NeuroMorphoCache(folder))
    assert (found.n_records, found.n_files) == (N_CELLS, len(WITH_FILES))
    assert button.amount.text() == size_sentence(found)
    assert folder.name in button.place.text()
    assert size_sentence(found) in button.accessibleDescription()
    assert str(folder) in button.accessibleDescription()
    assert button.export.text() == f"Export all hits: {N_CELLS} cells…"
    assert not button.remove.isEnabled()
    button.menu_.close()


def test_tab_reaches_the_menu_after_the_other_buttons_of_the_bar(driver: LibraryDriver) -> None:
    driver.window.activateWindow()
    driver.wait_until(driver.window.isActiveWindow)
    driver.dock.search.query_button.setFocus()
    driver.qtbot.keyClick(driver.dock.search.query_button, Qt.Key.Key_Tab)
    assert QApplication.focusWidget() is driver.maintenance.button


def test_sizes_are_shown_with_their_nouns() -> None:
    some = DiskUsage(Path("/x"), 3, 1204, 36, 12_000_000, 300_000)
    assert size_sentence(some) == "1,204 records, 36 files, 12.3 MB"
    assert size_sentence(DiskUsage(Path("/x"), 1, 1, 1, 900)) == "1 record, 1 file, 900 B"


def test_every_row_of_the_menu_is_reached_by_keys(driver: LibraryDriver) -> None:
    driver.choose([1])
    button = driver.maintenance.button
    button.open()
    reached: list[QAction] = []
    menu = button.menu_
    menu.hovered.connect(reached.append)
    for _ in menu.actions():
        driver.qtbot.keyClick(menu, Qt.Key.Key_Down)
    wanted = {button.verify, button.export, button.remove, button.clear, button.folder}
    assert wanted <= set(reached)
    assert all(each.text() for each in wanted)
    menu.close()


def test_damaged_and_missing_files_are_reported_and_repaired(
    driver: LibraryDriver, folder: Path, archive_server: Server
) -> None:
    damaged, missing = swc_of(folder, 1), swc_of(folder, 2)
    damaged.write_text("<html>down</html>")
    missing.unlink()
    with sqlite3.connect(folder / "library.sqlite") as connection:
        connection.execute("UPDATE records SET payload = x'00' WHERE neuron_id = 3")
    connection.close()
    driver.maintenance.button.verify.trigger()
    driver.wait_idle()
    sheet, rows = sheet_of(driver), rows_of(driver)
    assert {"NMO_00001", "NMO_00002", "NMO_00003"} <= {about for about, _ in rows}
    text = dict(rows)
    assert f"1/{damaged.name} is damaged" in text["NMO_00001"].replace("\\", "/")
    assert "is missing" in text["NMO_00002"]
    assert "record" in text["NMO_00003"]
    assert str(folder) in sheet.message.text()
    assert "somascope " not in str(rows), "the window names no command of the command line"
    assert sheet.focusWidget() is sheet.repair
    driver.qtbot.keyClick(sheet.repair, Qt.Key.Key_Space)
    driver.wait_idle()
    assert "repaired" in sheet.message.text()
    assert not sheet.repair.isVisible()
    driver.maintenance.verify()
    driver.wait_idle()
    assert "Nothing" in sheet.message.text()
    assert rows_of(driver) == []
    assert archive_server.requests == []
    sheet.close()


def test_the_report_can_be_copied(driver: LibraryDriver, folder: Path) -> None:
    swc_of(folder, 2).unlink()
    driver.maintenance.verify()
    driver.wait_idle()
    sheet_of(driver).copy.click()
    assert QApplication.clipboard().text() == "\t".join(rows_of(driver)[0])
    sheet_of(driver).close()


def test_esc_stops_a_verification_and_closes_its_sheet(
    driver: LibraryDriver, monkeypatch: pytest.MonkeyPatch
) -> None:
    is_running = threading.Event()

    def endless(_cache: Any, progress: Any) -> tuple[()]:
        """Verify a disk without end."""
        done = 0
        while True:
            progress("cells", done % 100, 100)
            is_running.set()
            done += 1

    monkeypatch.setattr(library_maintenance, "verify", endless)
    driver.maintenance.verify()
    sheet = sheet_of(driver)
    driver.wait_until(is_running.is_set)
    driver.wait_until(lambda: sheet.bar.maximum() > 0)
    assert "Verifying cells" in sheet.message.text()
    assert sheet.close_button.text() == "Stop"
    driver.qtbot.keyClick(sheet, Qt.Key.Key_Escape)
    assert not sheet.isVisible()
    assert not driver.service.is_busy(LONG)
    assert driver.messages == []
    assert driver.service.close(), "the thread did not end"


def test_chosen_cells_are_removed_after_a_question_with_number_and_bytes(
    driver: LibraryDriver, folder: Path, archive_server: Server
) -> None:
    driver.choose([1, 2, -1])
    driver.maintenance.button.menu_.aboutToShow.emit()
    assert driver.maintenance.button.remove.text() == "Remove 2 cells from this disk…"
    driver.maintenance.button.remove.trigger()
    box = driver.question
    assert "2 cells" in box.text()
    assert "2 files" in box.informativeText()
    assert "kB" in box.informativeText()
    assert box.defaultButton().text() == "Keep"
    driver.qtbot.keyClick(box, Qt.Key.Key_Escape)
    driver.wait_until(lambda: not box.isVisible())
    assert (folder / "1").is_dir()
    driver.choose([1, 2, -1])
    driver.maintenance.button.remove.trigger()
    driver.answer("Remove")
    driver.wait_until(lambda: driver.search.model.results.total() == N_CELLS - 2 + N_BUNDLED)
    assert not (folder / "1").exists()
    assert (folder / "3").is_dir()
    assert [each[:7] for each in driver.messages] == ["2 cells"]
    assert archive_server.requests == []


def test_the_results_menu_can_remove_but_only_in_the_library(
    driver: LibraryDriver, folder: Path
) -> None:
    driver.choose([3])
    driver.dock.results.contextRequested.emit([3], QPoint(50, 50))
    menu = driver.dock.findChild(QMenu, "archiveMenu")
    remove = next(each for each in menu.actions() if each.text() == "Remove from this disk…")
    remove.trigger()
    menu.close()
    driver.answer("Remove")
    assert not (folder / "3").exists()
    driver.qtbot.waitUntil(lambda: driver.dock.findChild(QMenu, "archiveMenu") is None)
    driver.dock.search.sources[ARCHIVE].click()
    driver.dock.results.contextRequested.emit([4], QPoint(50, 50))
    menu = driver.dock.findChild(QMenu, "archiveMenu")
    assert "Remove from this disk…" not in [each.text() for each in menu.actions()]
    menu.close()


def test_nothing_is_removed_while_files_are_written(driver: LibraryDriver, folder: Path) -> None:
    driver.is_downloading = True
    driver.choose([1])
    driver.maintenance.button.set_numbers(N_CELLS, 1)
    driver.maintenance.button.remove.trigger()
    driver.maintenance.button.clear.trigger()
    assert not driver.service.is_busy(LONG)
    assert sum(each.count for each in driver.notices.items) == 2
    assert all("pause" in each for each in driver.messages)
    assert (folder / "1").is_dir()


def test_everything_is_removed_but_bundled_cells_and_files_of_others(
    driver: LibraryDriver, folder: Path
) -> None:
    (folder / "thumbnails").mkdir(exist_ok=True)
    (folder / "mine.txt").write_text("mine")
    driver.maintenance.button.clear.trigger()
    box = driver.question
    assert f"{N_CELLS} records, 3 files" in box.informativeText()
    assert str(folder) in box.informativeText()
    driver.answer("Remove")
    driver.wait_until(lambda: driver.search.model.results.total() == N_BUNDLED)
    left = {each.name for each in folder.iterdir() if not each.name.startswith("library.sqlite")}
    assert left == {"mine.txt"}
    assert LIBRARY.empty_note in driver.dock.search.count.text()


def test_a_refused_removal_is_reported_and_the_library_keeps_the_cell(
    driver: LibraryDriver, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: Any) -> None:
        raise PermissionError(errno.EACCES, "Permission denied", str(path))

    monkeypatch.setattr(shutil, "rmtree", refuse)
    driver.maintenance.remove([1])
    driver.answer("Remove")
    assert "Permission denied" in driver.messages[-1]
    assert driver.notices.items[-1].severity == "error"
    with Library(folder / "library.sqlite") as library:
        assert 1 in library


def test_the_folder_is_opened_in_the_file_manager(
    driver: LibraryDriver, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[QUrl] = []

    def open_url(url: QUrl) -> bool:
        opened.append(url)
        return len(opened) == 1

    monkeypatch.setattr(QDesktopServices, "openUrl", open_url)
    driver.maintenance.button.folder.trigger()
    assert opened == [QUrl.fromLocalFile(str(folder))]
    assert driver.messages == []
    driver.maintenance.button.folder.trigger()
    assert str(folder) in driver.messages[-1]


def test_a_library_that_cannot_be_opened_is_reported_repaired_and_searched_again(
    qtbot: QtBot, folder: Path, make_service: MakeService, archive_server: Server
) -> None:
    for ending in ("-wal", "-shm"):
        (folder / f"library.sqlite{ending}").unlink(missing_ok=True)
    (folder / "library.sqlite").write_bytes(b"no database" * 1000)
    driver = LibraryDriver(qtbot, make_service(cache_dir=folder))
    driver.dock.search.sources[LIBRARY].click()
    driver.wait_until(driver.dock.results.failure.isVisible)
    driver.maintenance.button.menu_.aboutToShow.emit()
    driver.wait_idle()
    assert "Verify" in driver.maintenance.button.amount.text()
    driver.maintenance.verify()
    driver.wait_idle()
    assert [about for about, _ in rows_of(driver)] == ["Library"]
    sheet_of(driver).repair.click()
    driver.wait_idle()
    assert "rebuilt with 3 cells" in rows_of(driver)[0][1]
    driver.wait_until(lambda: driver.search.model.results.total() == len(WITH_FILES) + N_BUNDLED)
    assert not driver.dock.results.failure.isVisible()
    assert archive_server.requests == []
    sheet_of(driver).close()
    driver.close()
