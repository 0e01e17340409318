"""The dock when the server, the network, the disk or a file fails, and after that.

In the real window, by real keys and clicks: what the connection line says and offers, what the library,
the mirror, the queue and the loading of a cell do meanwhile.
"""

from __future__ import annotations

import errno
import os
import re
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from archive_ui_driver import CTRL, ArchiveDriver, QuickOptions, incomplete_files, name_of
from PySide6.QtCore import Qt
from PySide6.QtGui import QAction

from app.archive.downloads.downloads import QUEUE_NAME
from app.archive.library.menu import ReportSheet
from app.archive.records.bundled import bundled_neurons
from app.archive.search.sources import ARCHIVE, LIBRARY
from neuromorpho.client import NeuroMorphoClient
from neuromorpho.http.rate_limiter import RateLimiter
from tests.neuromorpho.server import Server

pytestmark = pytest.mark.slow

N_BUNDLED = len(bundled_neurons())
SOMEWHERE_ELSE = Path("/proc/somascope")  # where not even root may make a folder


@pytest.fixture
def options(archive_server: Server, tmp_path: Path) -> QuickOptions:
    """Options for the server, with the test's cache."""
    return QuickOptions(archive_server.url, tmp_path / "cache")


@pytest.fixture
def stocked(options: QuickOptions) -> QuickOptions:
    """A library with every cell's record, and the file of the first."""
    with NeuroMorphoClient(
        base_url=options.base_url, cache_dir=options.cache_dir, limiter=RateLimiter(None)
    ) as client:
        list(client.search_all("*:*"))
        client.download(1, mode="standard")
    return options


OpenArchive = Callable[..., ArchiveDriver]


def choose_in_menu(driver: ArchiveDriver, action: QAction) -> None:
    """Open the connection's menu and click one of its rows."""
    line = driver.dock.line
    driver.click(line.more)
    driver.until(line.menu.isVisible)
    assert action.isVisible()
    driver.click(line.menu, line.menu.actionGeometry(action).center())
    driver.until(lambda: not line.menu.isVisible())


# -------------------------------------------------------------------------------- the connection


def test_a_server_that_stops_while_scrolling_is_named_and_the_rows_load_once_it_is_back(
    open_archive: OpenArchive, tmp_path: Path
) -> None:
    with Server(n_made=1000) as server:
        driver = open_archive(QuickOptions(server.url, tmp_path / "cache"))
        driver.search_all()
        model, results, line = (
            driver.controller.archive_dock.search.model.results,
            driver.dock.results,
            driver.dock.line,
        )
        last = driver.total - 1
        server.stop()
        results.table.setFocus()
        driver.key(Qt.Key.Key_End)
        driver.until(results.failure.isVisible)
        assert server.url in results.failure.facts.text()
        assert model.failure_at(last) == results.failure.sentence.text()
        assert model.neuron_at(0) is not None, "what is here stays"
        driver.until(lambda: "Down since" in line.sentence.text())
        assert re.search(r"\d+ cells", line.sentence.text())
        server.start()
        driver.click(results.failure.retry)
        driver.until(lambda: model.neuron_at(last) is not None)
        assert not results.failure.isVisible()
        driver.until(lambda: line.sentence.text() == "Online")
        assert driver.total == last + 1, "the place in the list was not lost"


def test_the_lines_button_loads_the_failed_page_again(
    open_archive: OpenArchive, options: QuickOptions, archive_server: Server
) -> None:
    driver = open_archive(options)
    line = driver.dock.line
    archive_server.stop()
    driver.go_to_search()
    driver.key(Qt.Key.Key_Return)
    driver.until(lambda: driver.dock.results.failure.isVisible() and line.check.isVisible())
    archive_server.start()
    driver.click(line.check)
    driver.until(lambda: driver.total)
    assert not driver.dock.results.failure.isVisible()
    assert not line.check.isVisible()


def test_a_slow_server_is_shown_with_its_time_and_the_library_is_a_click_away(
    open_archive: OpenArchive,
    stocked: QuickOptions,
    archive_server: Server,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("app.archive.connection.status.SLOW_S", 0.3)
    driver = open_archive(stocked)
    line = driver.dock.line
    archive_server.faults.add("stall", 60, path="/api/neuron/select*")
    driver.go_to_search()
    driver.key(Qt.Key.Key_Return)
    driver.until(lambda: re.match(r"Slow since \d\d:\d\d", line.sentence.text()))
    assert line.mirror.isVisible()
    driver.click(line.library)
    driver.until(lambda: driver.total == len(archive_server.holdings.ids) + N_BUNDLED)
    assert not driver.is_busy("search/"), "nobody waits for the archive any more"


def test_going_offline_uses_no_network_shows_that_and_ends_with_a_click(
    open_archive: OpenArchive, stocked: QuickOptions, archive_server: Server
) -> None:
    driver = open_archive(stocked)
    line = driver.dock.line
    archive_server.reset()
    choose_in_menu(driver, line.offline_action)
    n_cells = len(archive_server.holdings.ids)
    sentence = rf"Offline since \d\d:\d\d: .*{n_cells} cells to search"
    driver.until(lambda: re.match(sentence, line.sentence.text()))
    driver.go_to_search()
    driver.key(Qt.Key.Key_Return)
    driver.until(driver.dock.results.failure.isVisible)
    assert "go online" in driver.dock.results.failure.sentence.text()
    assert archive_server.requests == []
    driver.click(line.online)
    driver.click(driver.dock.results.failure.retry)
    driver.until(lambda: driver.total == n_cells)
    assert line.sentence.text() == "Online"


def test_the_mirror_is_used_and_left_by_a_click(
    open_archive: OpenArchive,
    archive_server: Server,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("app.archive.connection.status.SLOW_S", 0.3)
    with Server(n_made=30) as mirror:
        driver = open_archive(QuickOptions(archive_server.url, tmp_path / "cache", mirror.url))
        line = driver.dock.line
        archive_server.faults.add("stall", 60)
        driver.go_to_search()
        driver.key(Qt.Key.Key_Return)
        driver.until(line.mirror.isVisible)
        driver.click(line.mirror)
        driver.until(lambda: driver.total == 30)
        host = mirror.url.removeprefix("http://")
        assert f"mirror ({host})" in line.sentence.text()
        archive_server.faults.clear()
        assert not line.mirror_action.isVisible()
        choose_in_menu(driver, line.server_action)
        driver.until(lambda: driver.total == len(archive_server.holdings.ids))
        assert line.sentence.text() == "Online"
        choose_in_menu(driver, line.mirror_action)
        driver.until(lambda: driver.total == 30)
        mirror.stop()
        driver.go_to_search()
        driver.key(Qt.Key.Key_Return)
        driver.until(line.server.isVisible)
        assert f"mirror ({host})" in line.sentence.text()
        assert not line.mirror.isVisible()
        driver.click(line.server)
        driver.until(lambda: driver.total == len(archive_server.holdings.ids))


def test_an_allowed_mirror_takes_over_automatically_for_files_too(
    open_archive: OpenArchive, archive_server: Server, tmp_path: Path
) -> None:
    with Server() as mirror:
        options = QuickOptions(archive_server.url, tmp_path / "cache", mirror.url)
        driver = open_archive(options, wait=True)
        archive_server.stop()
        driver.search_all()
        assert "mirror" in driver.dock.line.sentence.text()
        chosen = driver.choose_first()
        driver.key(Qt.Key.Key_Return)
        driver.until(lambda: driver.is_shown(name_of(mirror, chosen)))
        assert mirror.count("*.swc") == 1


# -------------------------------------------------------------------------------------- the disk


class FullDisk:
    """A disk without free space while `is_full` is set; every write ends with `os.fsync`."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.is_full = threading.Event()
        self._real = os.fsync
        monkeypatch.setattr("neuromorpho.cache.files.os.fsync", self)

    def __call__(self, handle: int) -> None:
        if self.is_full.is_set():
            raise OSError(errno.ENOSPC, "No space left on device")
        self._real(handle)


def test_a_full_disk_is_named_when_a_cell_is_loaded_and_retry_loads_it_once_there_is_space(
    open_archive: OpenArchive,
    options: QuickOptions,
    archive_server: Server,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    disk = FullDisk(monkeypatch)
    driver = open_archive(options, wait=True)
    title = driver.controller.model.scene.title
    driver.search_all()
    chosen = driver.choose_first()
    disk.is_full.set()
    driver.key(Qt.Key.Key_Return)
    banner = driver.controller.window.banner
    driver.until(lambda: banner.message)
    assert "No space left on device" in banner.message
    assert "Free" in banner.message
    assert driver.controller.model.scene.title == title
    assert incomplete_files(options.cache_dir or Path()) == []
    disk.is_full.clear()
    driver.click(banner.retry_button)
    driver.until(lambda: driver.is_shown(name_of(archive_server, chosen)))


def test_a_full_disk_stops_the_queue_with_a_notice_and_resume_continues(
    open_archive: OpenArchive,
    options: QuickOptions,
    archive_server: Server,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    disk = FullDisk(monkeypatch)
    driver = open_archive(options)
    queue = driver.dock.queue
    driver.search_all()
    driver.click(driver.dock.queue_button)
    driver.choose_rows(4)
    disk.is_full.set()
    driver.key(Qt.Key.Key_Return, CTRL)
    driver.until(queue.notice.isVisible)
    assert "No space left on device" in queue.notice.text()
    driver.until(lambda: driver.job_states() == ["waiting"] * 4)
    disk.is_full.clear()
    driver.click(queue.go_button)
    driver.until(lambda: driver.job_states() == ["done"] * 4)
    assert not queue.notice.isVisible()


def test_what_stops_a_download_is_in_the_banner_where_the_queue_is_folded_away(
    open_archive: OpenArchive, options: QuickOptions, monkeypatch: pytest.MonkeyPatch
) -> None:
    disk = FullDisk(monkeypatch)
    driver = open_archive(options)
    banner = driver.controller.window.banner
    driver.search_all()
    driver.choose_rows(2)
    disk.is_full.set()
    driver.key(Qt.Key.Key_Return, CTRL)
    driver.until(lambda: banner.message.startswith("The downloads have stopped: "))
    assert "No space left on device" in banner.message
    assert not driver.dock.queue.isVisible()


def test_cells_that_a_damaged_queue_does_not_take_are_reported_in_the_banner(
    open_archive: OpenArchive, stocked: QuickOptions
) -> None:
    assert stocked.cache_dir is not None
    path = stocked.cache_dir / QUEUE_NAME
    driver = open_archive(stocked)
    banner = driver.controller.window.banner
    path.write_bytes(b"this is no database" * 1000)
    driver.search_all()
    driver.choose_rows(2)
    driver.key(Qt.Key.Key_Return, CTRL)
    driver.until(lambda: banner.message.startswith("2 cells were not added to the downloads: "))
    assert str(path) in banner.message
    assert "remove it" in banner.message


@pytest.mark.skipif(not SOMEWHERE_ELSE.parent.is_dir(), reason="only Linux has such a folder")
def test_a_cache_that_cannot_be_written_still_searches_and_all_else_explains_why_not(
    open_archive: OpenArchive, archive_server: Server
) -> None:
    driver = open_archive(QuickOptions(archive_server.url, SOMEWHERE_ELSE), wait=True)
    banner = driver.controller.window.banner
    driver.search_all()
    driver.until(lambda: banner.message)
    assert str(SOMEWHERE_ELSE) in banner.message, "results are not saved, and the banner shows that"
    driver.choose_first()
    driver.key(Qt.Key.Key_Return)
    driver.until(lambda: "could not be loaded" in banner.message)
    assert str(SOMEWHERE_ELSE) in banner.message
    driver.click(driver.dock.queue_button)
    driver.dock.results.table.setFocus()
    driver.key(Qt.Key.Key_Return, CTRL)
    driver.until(driver.dock.queue.notice.isVisible)
    assert str(SOMEWHERE_ELSE) in driver.dock.queue.notice.text()
    driver.click(driver.dock.search.sources[LIBRARY])
    driver.until(driver.dock.results.failure.isVisible)
    assert str(SOMEWHERE_ELSE) in driver.dock.results.failure.sentence.text()


def test_a_damaged_library_is_named_and_can_be_repaired_from_there(
    open_archive: OpenArchive, stocked: QuickOptions, archive_server: Server
) -> None:
    folder = stocked.cache_dir or Path()
    for name in ("library.sqlite-wal", "library.sqlite-shm"):
        (folder / name).unlink(missing_ok=True)
    (folder / "library.sqlite").write_bytes(b"this is no database" * 1000)
    driver = open_archive(stocked, wait=True)
    failure = driver.dock.results.failure
    driver.click(driver.dock.search.sources[LIBRARY])
    driver.until(failure.isVisible)
    assert str(folder / "library.sqlite") in failure.sentence.text()
    assert "repair" in failure.sentence.text()
    driver.click(driver.dock.search.sources[ARCHIVE])
    assert not failure.isVisible()
    driver.search_all()
    assert driver.total == len(archive_server.holdings.ids), "the archive is searched all the same"
    banner = driver.controller.window.banner
    driver.until(lambda: banner.message)
    assert "library" in banner.message
    assert "Verify" in banner.message
    driver.click(driver.dock.search.sources[LIBRARY])
    driver.until(failure.isVisible)
    driver.click(failure.repair)
    sheet = driver.controller.window.findChild(ReportSheet)
    assert sheet is not None
    driver.until(sheet.repair.isVisible)
    driver.click(sheet.repair)
    driver.until(lambda: "repaired" in sheet.message.text())
    driver.click(sheet.close_button)
    driver.until(lambda: not failure.isVisible() and driver.total)
    driver.controller.window.activateWindow()  # as a window manager would
    driver.until(driver.controller.window.isActiveWindow)
    driver.go_to_search()
    driver.words("NMO_00001")
    driver.until(lambda: driver.total == 1)
    assert (folder / "library.sqlite.damaged").is_file()
