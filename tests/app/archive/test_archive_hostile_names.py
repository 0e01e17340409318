"""The queue amid faults and over the end of the program; files that are ill; names that mean harm."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from archive_ui_driver import CTRL, ArchiveDriver, QuickOptions, incomplete_files, name_of
from PySide6 import QtGui
from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QPointF, Qt
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QAbstractItemView, QApplication, QLabel, QWidget
from pytestqt.qtbot import QtBot

from app.archive.drag_data import mime_of
from app.panels.audit import AuditCard
from neuromorpho.cache.cache import NeuroMorphoCache
from tests.neuromorpho.server import Server, hostile_records

pytestmark = pytest.mark.slow

if TYPE_CHECKING:
    from app.window.controller import Controller

OpenSomascope = Callable[..., "Controller"]
CIRCLE = "1 3 0 0 0 1 3\n2 3 9 0 0 1 1\n3 3 20 0 0 1 2\n"  # every point has a parent: no root
ODD = "1 1 0 0 0 6 -1\n2 3 0 30 0 0 1\n3 3 0 60 0 1 2\n"  # a point without a radius
NO_KEYS = Qt.KeyboardModifier.NoModifier
FAULTS = ("html_file", "reset", "short", "drop", "missing", "redirect", "failing")


OpenArchive = Callable[..., ArchiveDriver]

# ------------------------------------------------------------------------------------- the queue


def test_files_that_fail_say_why_in_the_queue_and_retry_brings_them(
    open_archive: OpenArchive, archive_server: Server, tmp_path: Path
) -> None:
    cache = tmp_path / "cache"
    driver = open_archive(QuickOptions(archive_server.url, cache), is_wide=True)
    queue = driver.dock.queue
    driver.search_all()
    driver.click(driver.dock.queue_button)
    ids = driver.choose_rows(9)
    for kind, neuron_id in zip(FAULTS, ids, strict=False):
        value = "foreign" if kind == "redirect" else ""
        archive_server.faults.add(kind, value, path=f"*{name_of(archive_server, neuron_id)}*.swc")
    driver.key(Qt.Key.Key_Return, CTRL)
    driver.until(
        lambda: (
            len(driver.job_states()) == 9
            and "running" not in driver.job_states()
            and not driver.controller.archive_dock.downloads.is_going
        )
    )
    driver.until(lambda: not incomplete_files(cache))
    states = driver.job_states()
    assert "failed" in states
    for row, state in enumerate(states):
        index = queue.model.index(row, 0)
        queue.view.scrollTo(index)
        driver.click(queue.view.viewport(), queue.view.visualRect(index).center())
        assert queue.reason.isVisible() == (state == "failed")
        if state == "failed":
            said = queue.reason.text()
            assert name_of(archive_server, ids[row]) in said
            assert "failed: " in said
            assert "--" not in said
    archive_server.faults.clear()
    driver.click(queue.retry_button)
    driver.until(lambda: driver.job_states() == ["done"] * 9)
    assert not queue.notice.isVisible()
    assert not queue.retry_button.isEnabled()
    for neuron_id in ids:
        path = NeuroMorphoCache(cache).standard_swc_path(neuron_id)
        assert path is not None
        assert path.read_bytes() == archive_server.files.swc(neuron_id)


def test_the_row_that_the_keyboard_is_on_can_be_queued_whether_or_not_it_was_chosen(
    open_archive: OpenArchive, archive_server: Server, tmp_path: Path
) -> None:
    driver = open_archive(QuickOptions(archive_server.url, tmp_path / "cache"), is_wide=True)
    driver.search_all()
    driver.dock.results.table.setFocus()  # as Tab does
    assert driver.dock.results.chosen_ids() == []
    driver.key(Qt.Key.Key_Return, CTRL)
    driver.until(lambda: driver.job_states() == ["done"])
    driver.search_all()
    first = driver.choose_first()
    assert driver.dock.results.chosen_ids() == [first], "the arrow goes to a row and chooses it"


def test_a_cell_dropped_on_the_empty_queue_comes_and_one_that_is_none_is_told(
    open_archive: OpenArchive, archive_server: Server, tmp_path: Path
) -> None:
    driver = open_archive(QuickOptions(archive_server.url, tmp_path / "cache"), is_wide=True)
    banner = driver.controller.window.banner
    driver.click(driver.dock.queue_button)
    panel = driver.dock.queue
    place, data = panel.rect().center(), mime_of([3, 99_999])
    with_what = Qt.DropAction.CopyAction, data, Qt.MouseButton.LeftButton, NO_KEYS
    QApplication.sendEvent(panel, QDragEnterEvent(place, *with_what))
    QApplication.sendEvent(panel, QDropEvent(QPointF(place), *with_what))
    driver.until(lambda: banner.message)
    assert "NMO_99999" in banner.message
    assert "not added" in banner.message
    driver.until(lambda: driver.job_states() == ["done"])


def test_an_outage_stops_the_queue_with_a_sentence_and_resume_goes_on_with_all_of_it(
    open_archive: OpenArchive, archive_server: Server, tmp_path: Path
) -> None:
    driver = open_archive(QuickOptions(archive_server.url, tmp_path / "cache"), is_wide=True)
    queue = driver.dock.queue
    driver.search_all()
    driver.click(driver.dock.queue_button)
    driver.choose_rows(6)
    archive_server.stop()
    driver.key(Qt.Key.Key_Return, CTRL)
    driver.until(queue.notice.isVisible)
    assert "does not answer" in queue.notice.text()
    assert archive_server.url not in queue.notice.text()
    assert "--" not in queue.notice.text()
    driver.until(lambda: driver.job_states() == ["waiting"] * 6)
    assert queue.go_button.text() == "Resume"
    archive_server.start()
    driver.click(queue.go_button)
    driver.until(lambda: driver.job_states() == ["done"] * 6)
    assert not queue.notice.isVisible()


def test_a_window_closed_in_mid_download_finds_its_queue_again_and_waits_for_resume(
    open_archive: OpenArchive, archive_server: Server, tmp_path: Path
) -> None:
    options = QuickOptions(archive_server.url, tmp_path / "cache")
    first = open_archive(options, is_wide=True)
    first.search_all()
    fault = archive_server.faults.add("stall", 60, path="*.swc", after=2)
    first.choose_rows(6)
    first.key(Qt.Key.Key_Return, CTRL)
    first.until(lambda: fault.hits == 3)
    first.until(lambda: first.job_states().count("done") == 2)
    first.controller.window.close()
    assert incomplete_files(tmp_path / "cache") == []

    archive_server.reset()
    again = open_archive(options, is_wide=True)
    again.until(lambda: len(again.job_states()) == 6)
    assert sorted(again.job_states()) == ["done"] * 2 + ["waiting"] * 4
    assert "4 of 6 left" in again.dock.queue_button.text()
    again.click(again.dock.queue_button)
    assert again.dock.queue.go_button.text() == "Resume"
    assert archive_server.requests == []
    again.click(again.dock.queue.go_button)
    again.until(lambda: again.job_states() == ["done"] * 6)
    assert archive_server.count("*.swc") == 4


# ------------------------------------------------------------------------------------- the files


def test_a_file_that_cannot_be_read_says_why_in_preview_and_banner_and_the_old_cell_stays(
    open_archive: OpenArchive, archive_server: Server, tmp_path: Path
) -> None:
    driver = open_archive(
        QuickOptions(archive_server.url, tmp_path / "cache"), wait=True, is_wide=True
    )
    title = driver.controller.model.scene.title
    driver.search_all()
    chosen = driver.choose_row(0)
    archive_server.faults.add("empty", CIRCLE, path="*.swc")
    driver.show_page("preview")
    preview = driver.dock.detail.preview
    driver.click(preview.show_button)
    driver.until(lambda: not preview.hint.text().endswith("…"))
    assert ".swc" in preview.hint.text()
    driver.click(driver.dock.detail.load)
    banner = driver.controller.window.banner
    driver.until(lambda: banner.message)
    assert ".swc" in banner.message
    assert banner.message == preview.hint.text()
    assert driver.controller.model.scene.title == title
    assert driver.dock.detail.load.isEnabled()
    assert archive_server.count("*.swc") == 1, "the file is whole, as far as the server knows it"
    assert name_of(archive_server, chosen) != title
    archive_server.faults.clear()
    driver.click(preview.show_button)  # which fetches anew what cannot be read
    driver.until(lambda: preview.canvas.viewport is not None)
    assert archive_server.count("*.swc") == 2


def test_what_the_audit_finds_in_a_file_is_shown_in_preview_status_and_cell_panel(
    open_archive: OpenArchive, archive_server: Server, tmp_path: Path
) -> None:
    driver = open_archive(
        QuickOptions(archive_server.url, tmp_path / "cache"), wait=True, is_wide=True
    )
    driver.search_all()
    chosen = driver.choose_row(0)
    archive_server.faults.add("empty", ODD, path="*.swc")
    driver.show_page("preview")
    preview = driver.dock.detail.preview
    driver.click(preview.show_button)
    driver.until(lambda: preview.canvas.viewport is not None)
    assert preview.found.isVisible()
    driver.click(driver.dock.detail.load)
    driver.until(lambda: driver.is_shown(name_of(archive_server, chosen)))
    window, scene = driver.controller.window, driver.controller.model.scene
    severities = [each.severity for each in scene.findings]
    assert {"warning", "repair"} & set(severities)
    audit = window.docks["cell"].findChild(AuditCard)
    assert audit is not None
    assert all(each.message in audit.text() for each in scene.findings)
    driver.until(lambda: "Cell panel" in window.statusBar().currentMessage())
    assert not window.banner.message


# ------------------------------------------------------------------------ names that mean harm

MARKUP = ("<b>bold", "<script", "<a href='java")


def harms(text: str) -> bool:
    """Return whether Qt takes a text for markup in which a record's own stands as it came."""
    return QtGui.Qt.mightBeRichText(text) and any(each in text for each in MARKUP)


def said_by(widget: QWidget) -> list[str]:
    """Return every text that a widget and all in it show, of itself and in its rows."""
    found = []
    for each in [widget, *widget.findChildren(QWidget)]:
        found.append(each.toolTip())
        if isinstance(each, QLabel) and each.textFormat() is not Qt.TextFormat.PlainText:
            found.append(QLabel.text(each))
        if isinstance(each, QAbstractItemView) and each.model() is not None:
            found += rows_of(each)
    return found


def rows_of(
    view: QAbstractItemView, parent: QModelIndex | QPersistentModelIndex | None = None
) -> list[str]:
    """Return what the rows of a view say in tooltips, which Qt may take for markup."""
    model = view.model()
    root = parent or QModelIndex()
    found = []
    for row in range(min(model.rowCount(root), 40)):
        for column in range(model.columnCount(root)):
            index = model.index(row, column, root)
            found.append(str(index.data(Qt.ItemDataRole.ToolTipRole) or ""))
            if column == 0 and model.rowCount(index):
                found += rows_of(view, index)
    return found


def test_names_that_mean_harm_are_text_wherever_they_stand_and_no_path_anywhere(
    qtbot: QtBot, open_somascope: OpenSomascope, tmp_path: Path
) -> None:
    records = hostile_records()
    cache = tmp_path / "cache"
    with Server(records) as server:
        driver = ArchiveDriver(qtbot, open_somascope(archive=QuickOptions(server.url, cache)))
        driver.go_to_search()
        driver.widen()
        window, dock = driver.controller.window, driver.dock
        before = everything_but(cache, tmp_path)
        driver.search_all()
        driver.click(dock.queue_button)
        driver.choose_rows(len(records))
        driver.key(Qt.Key.Key_Return, CTRL)
        for row, record in enumerate(records):
            driver.choose_row(row)
            for page in ("record", "files", "cite"):
                driver.show_page(page)
            assert not [text for text in said_by(dock) if harms(text)], record["neuron_name"]
        driver.until(
            lambda: (
                len(driver.job_states()) == len(records)
                and not {"waiting", "running"} & set(driver.job_states())
            )
        )
        assert not [text for text in said_by(dock) if harms(text)]
        bold = next(i for i, each in enumerate(records) if each["neuron_name"] == "<b>bold</b>")
        driver.choose_row(bold)
        driver.click(dock.detail.load)
        driver.until(lambda: driver.is_shown("<b>bold</b>") or window.banner.message)
        assert not [text for text in said_by(window) if harms(text)]
        assert everything_but(cache, tmp_path) == before
        assert incomplete_files(cache) == []


def everything_but(cache: Path, folder: Path) -> set[Path]:
    """Return what lies in a folder beside the cache and the settings."""
    return {
        each
        for each in folder.rglob("*")
        if cache not in (each, *each.parents) and not each.name.startswith("settings.ini")
    }
