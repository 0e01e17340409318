"""The NeuroMorpho dock in the real window, by real keys and clicks, against a server on loopback."""

from __future__ import annotations

import re
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from archive_ui_driver import CTRL, LONG_MS, ArchiveDriver, name_of, species_of
from PySide6.QtCore import QObject, QPoint, Qt
from PySide6.QtWidgets import QApplication, QMenu, QPlainTextEdit
from pytestqt.qtbot import QtBot

from app.archive.connection.options import ArchiveOptions
from app.archive.records.bundled import bundled_neurons
from app.archive.results.columns import FILE
from app.archive.results.model import HERE
from app.archive.search.query_state import QueryState
from app.archive.search.sources import LIBRARY
from neuromorpho.client import NeuroMorphoClient
from neuromorpho.http.rate_limiter import RateLimiter
from tests.neuromorpho.server import Server, hostile_records

if TYPE_CHECKING:
    from app.window.controller import Controller

OpenSomascope = Callable[..., "Controller"]
N_BUNDLED = len(bundled_neurons())
CIRCLE = "1 3 0 0 0 1 3\n2 3 9 0 0 1 1\n3 3 20 0 0 1 2\n"  # every point has a parent: no root


@pytest.fixture
def options(archive_server: Server, tmp_path: Path) -> ArchiveOptions:
    """The server, and a cache of the test's own."""
    return ArchiveOptions(archive_server.url, tmp_path / "cache")


@pytest.fixture
def stocked(options: ArchiveOptions) -> ArchiveOptions:
    """A library with every cell's record, and the files of the first three cells."""
    with NeuroMorphoClient(
        base_url=options.base_url, cache_dir=options.cache_dir, limiter=RateLimiter(None)
    ) as client:
        list(client.search_all("*:*"))
        for neuron_id in (1, 2, 3):
            client.download(neuron_id, mode="standard")
    return options


@pytest.fixture
def driver(qtbot: QtBot, open_somascope: OpenSomascope, options: ArchiveOptions) -> ArchiveDriver:
    """The window, with the archive on loopback."""
    return ArchiveDriver(qtbot, open_somascope(archive=options))


def spike_and_trace(driver: ArchiveDriver) -> None:
    """Run until the soma spikes, stop, click the cell, and wait for that segment's trace."""
    model, viewport = driver.controller.model, driver.controller.commands.viewport
    assert viewport is not None
    driver.controller.window.centralWidget().setFocus()
    driver.key(Qt.Key.Key_Space)
    driver.until(lambda: model.value_of(model.root_segment()) > 0)
    driver.key(Qt.Key.Key_Space)
    driver.until(lambda: not model.run_status.running)
    geometry = model.geometry
    assert geometry is not None
    far = max(range(geometry.n_segments), key=lambda i: float(geometry.path_distance[i]))
    viewport.segmentClicked.emit(far)
    driver.until(lambda: model.segment_id(far) in model.traces)


def test_from_a_thought_to_a_cell_that_spikes_without_leaving_the_window(
    driver: ArchiveDriver, archive_server: Server
) -> None:
    assert archive_server.requests == []
    driver.key(Qt.Key.Key_F, CTRL)
    line = driver.dock.search.line
    driver.until(line.hasFocus)
    assert archive_server.requests == [], "the dock asked before the user did"
    driver.words("mouse")
    driver.until(lambda: "cells" in driver.dock.search.count.text())
    assert driver.total == 0, "only the count is asked before Return"
    driver.until(line.list.isVisible)
    driver.key(Qt.Key.Key_Return)
    driver.until(lambda: driver.total)
    state = driver.controller.archive_dock.search.model.state
    assert state.criteria == (("species", ("mouse",)),)
    assert driver.dock.search.count.text().startswith(f"{driver.total} cell")

    chosen = driver.choose_first()
    detail = driver.dock.detail
    assert species_of(archive_server, chosen) == "mouse"
    driver.until(lambda: driver.controller.archive_dock.search.model.results.measurement_of(chosen))
    driver.dock.detail_button.click()
    driver.until(detail.isVisible)
    detail.tabs.setCurrentIndex(2)
    driver.click(detail.preview.show_button)
    driver.until(lambda: detail.preview.canvas.viewport is not None)
    assert archive_server.count("*.swc") == 1
    driver.click(detail.load)
    driver.until(lambda: driver.is_shown(name_of(archive_server, chosen)))
    assert archive_server.count("*.swc") == 1, "the preview's file is the one that is loaded"
    assert not driver.controller.window.banner.message
    spike_and_trace(driver)


@pytest.mark.slow
def test_a_double_click_and_return_load_a_cell(
    driver: ArchiveDriver, archive_server: Server
) -> None:
    driver.search("rat")
    model = driver.controller.archive_dock.search.model.results
    driver.double_click_row(0)
    first = model.neuron_at(0)
    assert first is not None
    driver.until(lambda: driver.is_shown(first.neuron_name))
    driver.dock.results.table.setFocus()
    driver.key(Qt.Key.Key_Down)
    driver.key(Qt.Key.Key_Return)
    second = model.neuron_at(1)
    assert second is not None
    driver.until(lambda: driver.is_shown(second.neuron_name))


def test_the_library_does_the_whole_walk_with_the_server_gone_and_no_request(
    qtbot: QtBot, open_somascope: OpenSomascope, stocked: ArchiveOptions, archive_server: Server
) -> None:
    archive_server.reset()
    archive_server.stop()
    driver = ArchiveDriver(qtbot, open_somascope(archive=stocked))
    driver.key(Qt.Key.Key_F, CTRL)
    driver.click(driver.dock.search.sources[LIBRARY])
    driver.until(lambda: driver.total == len(archive_server.holdings.ids) + N_BUNDLED)
    driver.dock.search.focus_line()
    driver.words("NMO_00002")
    driver.until(lambda: driver.total == 1)
    assert driver.choose_first() == 2
    files = driver.dock.detail.files
    driver.until(lambda: files.findItems("on this disk", Qt.MatchFlag.MatchExactly, 2))
    driver.key(Qt.Key.Key_Return)
    driver.until(lambda: driver.is_shown(name_of(archive_server, 2)))
    spike_and_trace(driver)
    assert archive_server.requests == []
    assert driver.controller.archive.connection.state == "unknown"


@pytest.mark.slow
def test_fields_narrow_the_search_and_no_hits_name_the_condition_to_drop(
    driver: ArchiveDriver, archive_server: Server
) -> None:
    driver.key(Qt.Key.Key_F, CTRL)
    driver.click(driver.dock.filter_button)
    assert archive_server.requests == []
    tree = driver.dock.facets.tree
    species = tree.topLevelItem(0)
    driver.click(tree.viewport(), tree.visualItemRect(species).center())
    driver.until(lambda: species.childCount() > 3)
    row = species.child(1)
    tree.scrollToItem(row)
    driver.click(tree.viewport(), tree.visualItemRect(row).center())
    driver.until(lambda: driver.total)
    n_found = driver.total
    assert str(n_found) == row.text(1)
    driver.dock.search.focus_line()
    driver.words("nosuchname")
    driver.key(Qt.Key.Key_Return)
    driver.until(lambda: "No cell" in driver.dock.search.count.text())
    dropped = driver.dock.search.no_hits
    driver.until(dropped.isVisible)
    found = QueryState(criteria=driver.controller.archive_dock.search.model.state.criteria)
    driver.dock.search.searchRequested.emit(found)
    driver.until(lambda: driver.total == n_found)
    assert not dropped.isVisible()


@pytest.mark.slow
def test_an_outage_during_a_page_is_told_and_the_library_is_a_click_away(
    qtbot: QtBot, open_somascope: OpenSomascope, stocked: ArchiveOptions, archive_server: Server
) -> None:
    driver = ArchiveDriver(qtbot, open_somascope(archive=stocked))
    archive_server.stop()
    driver.key(Qt.Key.Key_F, CTRL)
    driver.key(Qt.Key.Key_Return)
    driver.until(lambda: driver.dock.results.failure.isVisible())
    strip = driver.dock.results.failure
    assert archive_server.url not in strip.sentence.text()
    assert not strip.facts.isVisible()
    driver.click(strip.details)
    assert strip.facts.isVisible()
    assert archive_server.url in strip.facts.text()
    driver.until(lambda: "does not answer" in driver.dock.line.sentence.text())
    assert re.search(r"\d+ cells to search, 3 with their files", driver.dock.line.sentence.text())
    assert driver.dock.line.mirror.isVisible()
    driver.click(driver.dock.line.library)
    driver.until(lambda: driver.total == len(archive_server.holdings.ids) + N_BUNDLED)
    assert not driver.dock.results.failure.isVisible()


@pytest.mark.slow
@pytest.mark.parametrize(("kind", "value"), [("html_file", ""), ("reset", ""), ("empty", CIRCLE)])
def test_a_file_that_cannot_be_had_or_read_is_told_and_the_window_goes_on(
    driver: ArchiveDriver, archive_server: Server, kind: str, value: str
) -> None:
    title = driver.controller.model.scene.title
    driver.search("mouse")
    chosen = driver.choose_first()
    archive_server.faults.add(kind, value, path="*.swc")
    driver.key(Qt.Key.Key_Return)
    banner = driver.controller.window.banner
    driver.until(lambda: banner.message)
    assert (
        f"NMO_{chosen:05d}" in banner.message or name_of(archive_server, chosen) in banner.message
    )
    assert driver.controller.model.scene.title == title
    assert driver.dock.detail.load.isEnabled()
    archive_server.faults.clear()
    if value:
        return  # that file landed whole and cannot be read, today or tomorrow
    driver.dock.results.table.setFocus()
    driver.key(Qt.Key.Key_Return)
    driver.until(lambda: driver.is_shown(name_of(archive_server, chosen)))


@pytest.mark.slow
def test_names_that_mean_harm_are_shown_as_text_and_stay_in_the_cache(
    qtbot: QtBot, open_somascope: OpenSomascope, tmp_path: Path
) -> None:
    records = hostile_records()
    cache = tmp_path / "cache"
    with Server(records) as server:
        driver = ArchiveDriver(qtbot, open_somascope(archive=ArchiveOptions(server.url, cache)))
        before = {each for each in tmp_path.rglob("*") if cache not in (each, *each.parents)}
        driver.key(Qt.Key.Key_F, CTRL)
        driver.key(Qt.Key.Key_Return)
        driver.until(lambda: driver.total)
        driver.choose_first()
        banner = driver.controller.window.banner
        for _ in range(min(4, driver.total)):
            driver.dock.results.table.setFocus()
            banner.hide()
            driver.key(Qt.Key.Key_Return)
            driver.until(lambda: not driver.controller.opener.is_opening)
            driver.key(Qt.Key.Key_Down)
        after = {each for each in tmp_path.rglob("*") if cache not in (each, *each.parents)}
        assert {each for each in after - before if each.suffix == ".swc"} == set()
        assert driver.controller.window.isVisible()


def test_esc_cancels_what_is_asked_then_gives_the_keyboard_back(
    driver: ArchiveDriver, archive_server: Server
) -> None:
    archive_server.faults.add("stall", 60, path="/api/neuron/select*")
    driver.key(Qt.Key.Key_F, CTRL)
    driver.key(Qt.Key.Key_Return)
    driver.until(lambda: archive_server.count("select"))
    assert driver.controller.archive.is_busy("search/")
    driver.key(Qt.Key.Key_Escape)
    assert not driver.controller.archive.is_busy("search/")
    driver.key(Qt.Key.Key_Escape)
    assert QApplication.focusWidget() is driver.controller.window.centralWidget()


@pytest.mark.slow
def test_each_letter_refreshes_the_librarys_hits(
    qtbot: QtBot, open_somascope: OpenSomascope, stocked: ArchiveOptions
) -> None:
    driver = ArchiveDriver(qtbot, open_somascope(archive=stocked))
    driver.key(Qt.Key.Key_F, CTRL)
    driver.click(driver.dock.search.sources[LIBRARY])
    driver.until(lambda: driver.total > 100)
    driver.dock.search.focus_line()
    totals = [driver.total]
    for letter in "mouse":
        with qtbot.waitSignal(
            driver.controller.archive_dock.search.model.results.modelReset, timeout=LONG_MS
        ):
            driver.words(letter)
        totals.append(driver.total)
    assert totals == sorted(totals, reverse=True)
    assert 0 < totals[-1] < totals[0]


@pytest.mark.slow
def test_the_queue_downloads_what_was_added_and_the_menu_says_what_can_be_done(
    driver: ArchiveDriver, archive_server: Server
) -> None:
    driver.search("mouse")
    driver.choose_first()
    driver.key(Qt.Key.Key_Down, Qt.KeyboardModifier.ShiftModifier)
    ids = driver.dock.results.chosen_ids()
    assert len(ids) == 2
    driver.dock.results.contextRequested.emit(ids, QPoint(100, 100))
    menu = driver.dock.findChild(QMenu, "archiveMenu")
    assert menu is not None
    texts = [each.text() for each in menu.actions() if each.text()]
    assert texts == ["Add to queue", "Copy ids", "Cite…", "Export…"]
    menu.close()
    driver.key(Qt.Key.Key_Return, CTRL)
    driver.until(
        lambda: (
            [each.state for each in driver.controller.archive_dock.downloads.rows] == ["done"] * 2
        )
    )
    assert archive_server.count("*.swc") == 2
    told = driver.controller.notices.items
    assert any(each.message.startswith("2 cells to download; ") for each in told)
    driver.until(lambda: driver.dock.queue_button.text() == "▸ Downloads · 2")
    model = driver.controller.archive_dock.search.model.results
    driver.until(lambda: [model.text(model.row_of(each) or 0, FILE) for each in ids] == [HERE] * 2)
    driver.key(Qt.Key.Key_Return, CTRL)
    assert any(each.message.startswith("2 downloaded already; ") for each in told)
    neurons = [driver.controller.archive_dock.search.model.neuron(each) for each in ids]
    driver.controller.archive_dock.menu.cite([each for each in neurons if each is not None])
    sheet = driver.controller.window.findChild(QObject, "citeSheet")
    assert "10.1096/fba.2024-00048" in sheet.findChild(QPlainTextEdit).toPlainText()
    sheet.close()


def test_nothing_of_the_dock_is_made_before_it_is_seen(
    driver: ArchiveDriver, archive_server: Server, options: ArchiveOptions
) -> None:
    controller = driver.controller
    assert controller.window.docks["archive"].isVisibleTo(controller.window) in (True, False)
    assert not controller.archive_parts.is_used
    assert archive_server.requests == []
    assert not (options.cache_dir or Path()).exists()
    driver.key(Qt.Key.Key_F, CTRL)
    assert controller.archive_parts.is_used
    driver.until(lambda: not controller.archive.is_busy())
    assert archive_server.requests == []


def test_the_windows_launch_imports_nothing_of_the_dock() -> None:
    script = (
        "import sys; import app.window.launch, app.window.controller; "
        "print([m for m in sys.modules if m.startswith(('app.archive', 'neuromorpho', 'requests'))])"
    )
    found = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60
    )
    packages = {"app.archive", "app.archive.connection"}
    allowed = {*packages, "app.archive.connection.options", "app.archive.drag_data"}
    assert set(re.findall(r"'([\w.]+)'", found.stdout)) <= allowed


@pytest.mark.slow
def test_ten_windows_with_a_search_each_leave_no_thread(
    qtbot: QtBot, open_somascope: OpenSomascope, options: ArchiveOptions
) -> None:
    controller = open_somascope(archive=options)
    from app.archive.presenter import ArchivePresenter

    def ours() -> set[str]:
        return {each.name for each in threading.enumerate()}

    before = ours()
    for _ in range(10):
        service = options.service(controller)
        made = ArchivePresenter(
            service, controller.archive_loader, controller.opener, controller.notices
        )
        made.dock.show()
        made.search.search()
        made.add([1, 2])
        qtbot.waitUntil(lambda m=made: m.search.model.results.total() > 0, timeout=LONG_MS)
        assert made.close()
        assert service.close()
        made.dock.close()
        made.dock.deleteLater()
        made.deleteLater()
    new = ours() - before
    assert not {
        name for name in new if not name.startswith("Thread-") or "process_request" not in name
    }


def test_frames_are_deferred_while_the_hits_are_scrolled(driver: ArchiveDriver) -> None:
    driver.search("mouse")
    viewport = driver.controller.commands.viewport
    assert viewport is not None
    delays: list[float] = []
    viewport.defer_frames = delays.append
    driver.dock.results.table.verticalScrollBar().setValue(50)
    assert delays


def test_a_preview_takes_room_from_the_hits_and_leaves_the_chosen_one_in_view(
    driver: ArchiveDriver,
) -> None:
    driver.controller.window.resize(1400, 950)
    driver.search("mouse")
    results, detail = driver.dock.results, driver.dock.detail
    last = results.table.rows_in_view()[1] - 1
    neuron = driver.controller.archive_dock.search.model.results.neuron_at(last)
    assert neuron is not None
    results.table.setCurrentIndex(results.table.model().index(last, 0))
    driver.until(lambda: detail.neuron_id == neuron.neuron_id)
    before = detail.height()
    detail.tabs.setCurrentIndex(2)
    driver.until(lambda: detail.height() > before)
    row = results.table.visualRect(results.table.currentIndex())
    assert results.table.viewport().rect().contains(row.center())
