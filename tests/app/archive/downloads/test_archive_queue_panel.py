"""The panel of the download queue, with real clicks and keys, and on a real queue."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QMimeData, QModelIndex, QObject, QPointF, Qt
from PySide6.QtGui import QDragEnterEvent, QDragMoveEvent, QDropEvent, QImage
from PySide6.QtTest import QAbstractItemModelTester
from PySide6.QtWidgets import QApplication, QLabel, QMenu
from pytestqt.qtbot import QtBot

from app.archive.connection.service import ArchiveService
from app.archive.downloads.downloads import Downloads
from app.archive.downloads.queue_model import CELL, SIZE, STATE
from app.archive.downloads.queue_panel import NOTHING, QueuePanel, connect_queue, summary_of
from app.archive.downloads.snapshot import DownloadRow
from app.archive.drag_data import NEURON_MIME, ids_of, mime_of
from app.palette import DARK, LIGHT, Theme
from app.ui.style import stylesheet
from neuromorpho.records.models import NeuroMorphoNeuron
from tests.neuromorpho.server import Server

LONG_MS = 20_000
DONE = DownloadRow(1, "one", "done", "", 34_567)
RUNNING = DownloadRow(2, "two", "running", "", 1_000, 4_000)
UNKNOWN = DownloadRow(3, "three", "running", "", 300)
FAILED = DownloadRow(4, "<b>four</b>\n", "failed", "x.swc is a web page & no file.")
INCOMPLETE = DownloadRow(5, "five", "done", "The archive has no original file.", 10)
WAITING = DownloadRow(6, "six")
ALL = [DONE, RUNNING, UNKNOWN, FAILED, INCOMPLETE, WAITING]


@pytest.fixture
def panel(qtbot: QtBot) -> QueuePanel:
    """A panel on the screen, with a job of each kind."""
    made = QueuePanel()
    qtbot.addWidget(made)
    made.resize(420, 500)
    made.set_jobs(ALL)
    made.show()
    qtbot.waitExposed(made)
    return made


class Signals:
    """Hears every signal of a panel."""

    def __init__(self, panel: QueuePanel) -> None:
        self.all: list[tuple[Any, ...]] = []
        for name, signal in (
            ("pause", panel.pauseRequested),
            ("resume", panel.resumeRequested),
            ("move", panel.model.moveRequested),
            ("add", panel.model.addRequested),
            ("cancel", panel.view.cancelRequested),
            ("retry", panel.view.retryRequested),
            ("open", panel.view.openRequested),
        ):
            signal.connect(lambda *each, name=name: self.all.append((name, *each)))
        panel.clear_button.clicked.connect(lambda: self.all.append(("clear",)))
        panel.retry_button.clicked.connect(lambda: self.all.append(("retry", None)))


def text(panel: QueuePanel, row: int, column: int) -> str:
    """Return what a cell of the table shows."""
    return str(panel.model.index(row, column).data())


def choose(panel: QueuePanel, *ids: int) -> None:
    """Select cells."""
    view = panel.view
    view.clearSelection()
    flags = view.selectionModel().SelectionFlag
    for each in ids:
        index = panel.model.index(panel.model.row_of(each), 0)
        view.selectionModel().setCurrentIndex(index, flags.Select | flags.Rows)
    view.setFocus()


class Paints(QObject):
    """Counts how often a widget is painted."""

    n = 0

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:
        self.n += event.type() == QEvent.Type.Paint
        return False


def test_progress_is_painted_with_the_next_frame_of_the_window_not_at_once(
    qtbot: QtBot, panel: QueuePanel
) -> None:
    paints = Paints(panel)
    panel.bar.installEventFilter(paints)
    QApplication.processEvents()
    paints.n = 0
    panel.set_jobs([DONE, INCOMPLETE])
    assert panel.bar.value() == 1000
    assert paints.n == 0
    qtbot.waitUntil(lambda: paints.n > 0)


def test_each_row_shows_state_progress_and_why_it_failed(panel: QueuePanel) -> None:
    states = [text(panel, row, STATE) for row in range(6)]
    assert states == [
        "✓ Done", "↓ 25 %", "↓ Downloading", "✕ Failed", "✓ Done, incomplete", "· Waiting",
    ]  # fmt: skip
    assert text(panel, 3, CELL) == "<b>four</b>"
    assert [text(panel, row, SIZE) for row in (0, 1, 5)] == ["34 kB", "1 kB", ""]
    tip = panel.model.index(3, 0).data(Qt.ItemDataRole.ToolTipRole)
    assert tip == (
        "<p>&lt;b&gt;four&lt;/b&gt; (NMO_00004), failed: x.swc is a web page &amp; no file.</p>"
    )
    accessible = panel.model.index(1, 0).data(Qt.ItemDataRole.AccessibleTextRole)
    assert accessible == "two (NMO_00002), downloading, 1 kB of 4 kB"
    assert panel.summary.text() == "2 of 6 cells, 1 failed · 35 kB"
    assert panel.bar.value() == round(1000 * (1 + 0.25 + 0 + 1 + 1 + 0) / 6)


def test_the_reason_of_the_selected_cell_is_shown_in_full(panel: QueuePanel) -> None:
    choose(panel, FAILED.neuron_id)
    assert panel.reason.isVisible()
    assert panel.reason.text() == "<b>four</b> (NMO_00004), failed: x.swc is a web page & no file."
    choose(panel, WAITING.neuron_id)
    assert not panel.reason.isVisible()


def test_an_empty_queue_shows_a_hint_and_enables_no_button(panel: QueuePanel) -> None:
    panel.set_jobs([])
    assert NOTHING in [each.text() for each in panel.findChildren(QLabel) if each.isVisible()]
    buttons = (panel.go_button, panel.retry_button, panel.clear_button)
    assert not any(each.isEnabled() for each in buttons)
    assert not panel.bar.isVisible()
    assert summary_of([]) == "0 of 0 cells"


def test_the_buttons_have_clear_labels_and_work(qtbot: QtBot, panel: QueuePanel) -> None:
    signals = Signals(panel)
    assert panel.go_button.text() == "Resume"
    for button in (panel.go_button, panel.retry_button, panel.clear_button):
        qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    panel.set_going(True)
    assert panel.go_button.text() == "Pause"
    qtbot.mouseClick(panel.go_button, Qt.MouseButton.LeftButton)
    assert signals.all == [("resume",), ("retry", None), ("clear",), ("pause",)]
    panel.set_going(False, "NeuroMorpho.Org does not answer.")
    assert panel.notice.isVisible()
    assert panel.notice.text() == "NeuroMorpho.Org does not answer."
    panel.set_going(True)
    assert not panel.notice.isVisible()


def test_the_keyboard_cancels_loads_tries_again_and_moves(qtbot: QtBot, panel: QueuePanel) -> None:
    signals, view = Signals(panel), panel.view
    choose(panel, 1, 2, 6)
    qtbot.keyClick(view, Qt.Key.Key_Delete)
    choose(panel, 1)
    qtbot.keyClick(view, Qt.Key.Key_Delete)  # it is done: nothing to cancel
    qtbot.keyClick(view, Qt.Key.Key_Return)
    choose(panel, 4)
    qtbot.keyClick(view, Qt.Key.Key_Return)
    choose(panel, 3, 4)
    qtbot.keyClick(view, Qt.Key.Key_Up, Qt.KeyboardModifier.AltModifier)
    qtbot.keyClick(view, Qt.Key.Key_Down, Qt.KeyboardModifier.AltModifier)
    choose(panel, 5)
    qtbot.keyClick(view, Qt.Key.Key_Down, Qt.KeyboardModifier.AltModifier)
    choose(panel, 1)
    qtbot.keyClick(view, Qt.Key.Key_Up, Qt.KeyboardModifier.AltModifier)
    assert signals.all == [
        ("cancel", [2, 6]),
        ("open", 1),
        ("retry", [4]),
        ("move", [3, 4], 2),
        ("move", [3, 4], 6),
        ("move", [5], None),
        ("move", [1], 2),
    ]


def test_the_menu_has_the_actions_for_the_selected_cells(panel: QueuePanel) -> None:
    assert panel.view.open_menu(panel.mapToGlobal(panel.rect().center())) is None
    for ids, offered in (
        ((1,), ["Load", "Move up", "Move down"]),
        ((4,), ["Retry", "Cancel", "Move up", "Move down"]),
        ((1, 6), ["Cancel", "Move up", "Move down"]),
    ):
        choose(panel, *ids)
        menu = panel.view.open_menu(panel.mapToGlobal(panel.rect().center()))
        assert isinstance(menu, QMenu)
        assert [each.text().split("\t")[0] for each in menu.actions()] == offered
        menu.close()


def test_a_drag_within_the_queue_moves_and_one_from_the_results_adds(panel: QueuePanel) -> None:
    signals, model = Signals(panel), panel.model
    dragged = model.mimeData([model.index(5, 0), model.index(3, 0), model.index(3, 1)])
    assert ids_of(dragged) == [4, 6]
    drop = model.dropMimeData
    nowhere, move = QModelIndex(), Qt.DropAction.MoveAction
    assert not drop(dragged, move, 1, 0, nowhere)
    assert not drop(dragged, move, -1, -1, nowhere)
    assert not drop(dragged, move, 3, 0, nowhere)  # on itself: before the next that stays
    assert not drop(mime_of([77, 2]), Qt.DropAction.CopyAction, 0, 0, nowhere)
    assert signals.all == [
        ("move", [4, 6], 2),
        ("move", [4, 6], None),
        ("move", [4, 6], 5),
        ("move", [2], 1),
        ("add", [77]),
    ]
    foreign = QMimeData()
    foreign.setData(NEURON_MIME, b"../../x\n-3\n\xff")
    assert not drop(foreign, move, 0, 0, nowhere)
    assert len(signals.all) == 5


def test_a_real_drop_between_two_rows_requests_that_place(panel: QueuePanel) -> None:
    signals, view = Signals(panel), panel.view
    data = mime_of([6])
    top = view.visualRect(panel.model.index(1, 0)).topLeft()
    place = QPointF(top.x() + 10, top.y() + 1)

    keys, buttons = Qt.KeyboardModifier.NoModifier, Qt.MouseButton.LeftButton
    actions = Qt.DropAction.MoveAction | Qt.DropAction.CopyAction
    port = view.viewport()
    QApplication.sendEvent(port, QDragEnterEvent(place.toPoint(), actions, data, buttons, keys))
    QApplication.sendEvent(port, QDragMoveEvent(place.toPoint(), actions, data, buttons, keys))
    QApplication.sendEvent(port, QDropEvent(place, actions, data, buttons, keys))
    assert signals.all == [("move", [6], 2)]
    assert panel.model.rowCount() == 6


def test_the_selection_stays_while_the_queue_changes(panel: QueuePanel, qtbot: QtBot) -> None:
    QAbstractItemModelTester(
        panel.model, QAbstractItemModelTester.FailureReportingMode.Fatal, panel
    )
    choose(panel, 4, 6)
    panel.set_jobs([WAITING, *ALL[1:5]])
    assert [each.neuron_id for each in panel.view.selected_jobs()] == [6, 4]
    panel.set_jobs([WAITING, DownloadRow(2, "two", "done", "", 4_000), *ALL[2:3], *ALL[4:5]])
    assert [each.neuron_id for each in panel.view.selected_jobs()] == [6]
    assert text(panel, 1, STATE) == "✓ Done"
    panel.set_jobs([DownloadRow(each, str(each)) for each in range(1, 2_000)])
    assert [each.neuron_id for each in panel.view.selected_jobs()] == [6]


def pixels(panel: QueuePanel) -> np.ndarray:
    """Return the panel as drawn, shape (height, width, 3)."""
    image = panel.grab().toImage().convertToFormat(QImage.Format.Format_RGB888)
    raw = np.frombuffer(image.constBits(), np.uint8)
    rows = raw.reshape(image.height(), image.bytesPerLine())[:, : image.width() * 3]
    return rows.reshape(image.height(), image.width(), 3).astype(int)


@pytest.fixture(params=[DARK, LIGHT], ids=["dark", "light"])
def theme(request: pytest.FixtureRequest) -> Iterator[Theme]:
    """Each theme."""
    return request.param


def test_a_running_download_is_drawn_as_a_bar_in_the_colours_of_the_theme(
    panel: QueuePanel, theme: Theme
) -> None:
    panel.setStyleSheet(stylesheet(theme))
    panel.model.set_theme(theme)
    QApplication.processEvents()

    def n_bar_pixels() -> int:
        spot = panel.view.visualRect(panel.model.index(1, STATE))
        corner = panel.view.viewport().mapTo(panel, spot.topLeft())
        ratio = panel.devicePixelRatioF()
        top, left = int((corner.y() + spot.height() - 4) * ratio), int(corner.x() * ratio)
        part = pixels(panel)[top : top + int(3 * ratio), left : left + int(spot.width() * ratio)]
        return int((np.abs(part - np.array(theme.accent)).sum(axis=2) < 30).sum())

    quarter = n_bar_pixels()
    panel.set_jobs([DONE, DownloadRow(2, "two", "running", "", 3_000, 4_000), *ALL[2:]])
    assert n_bar_pixels() > 2 * quarter > 0
    panel.set_jobs([DONE, DownloadRow(2, "two"), *ALL[2:]])
    assert n_bar_pixels() == 0


def test_the_panel_drives_a_real_queue(
    qtbot: QtBot, panel: QueuePanel, service: ArchiveService, archive_server: Server
) -> None:
    downloads = Downloads(service)
    try:
        ids = sorted(archive_server.holdings.ids)[:6]
        neurons = [NeuroMorphoNeuron.from_payload(archive_server.holdings.record(i)) for i in ids]
        connect_queue(panel, downloads)
        assert panel.model.rowCount() == 0
        archive_server.faults.add("html_file", path=f"*{neurons[1].neuron_name}*", times=8)
        fault = archive_server.faults.add("stall", 60, path=f"*{neurons[5].neuron_name}*")
        downloads.add(neurons)
        qtbot.waitUntil(
            lambda: fault.hits == 1 and panel.summary.text().startswith("4 of 6 cells, 1 failed"),
            timeout=LONG_MS,
        )
        assert panel.go_button.text() == "Pause"
        choose(panel, ids[5])
        qtbot.keyClick(panel.view, Qt.Key.Key_Delete)
        qtbot.waitUntil(lambda: panel.model.rowCount() == 5, timeout=LONG_MS)
        qtbot.waitUntil(lambda: panel.go_button.text() == "Resume", timeout=LONG_MS)
        assert not panel.go_button.isEnabled()

        archive_server.faults.clear()
        qtbot.mouseClick(panel.retry_button, Qt.MouseButton.LeftButton)
        qtbot.waitUntil(lambda: panel.summary.text().startswith("5 of 5"), timeout=LONG_MS)
        choose(panel, ids[0])
        qtbot.keyClick(panel.view, Qt.Key.Key_Down, Qt.KeyboardModifier.AltModifier)
        qtbot.waitUntil(lambda: panel.model.row_of(ids[0]) == 1, timeout=LONG_MS)
        qtbot.mouseClick(panel.clear_button, Qt.MouseButton.LeftButton)
        qtbot.waitUntil(lambda: panel.model.rowCount() == 0, timeout=LONG_MS)
    finally:
        assert downloads.close()
        downloads.deleteLater()
