"""The docks on real screens: arranged for the cell, left alone once the user has arranged them, and closable."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, QRect, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QDockWidget,
    QWidget,
)
from pytestqt.qtbot import QtBot

from app.archive.connection.options import ArchiveOptions
from app.notices import Notice
from app.ui.number_text import bar_ticks
from app.window.controller import Controller
from app.window.dialogs.windows import CommandPalette
from app.window.dock_title import DockTitle
from app.window.docks import is_in_front
from backends.messages import CaptureTrace

OpenSomascope = Callable[..., Controller]
LONG_MS = 20_000
LEFT = Qt.MouseButton.LeftButton
SMALL = (1024, 700)
LARGE = (1920, 1080)


@pytest.fixture
def wide_cell(tmp_path: Path) -> str:
    """Return the path of a cell three times as wide as high."""
    path = tmp_path / "wide.swc"
    rows = ["1 1 0 0 0 8 -1", "2 3 300 40 0 1 1", "3 3 600 100 0 1 2", "4 3 -300 -100 0 1 1"]
    path.write_text("\n".join(rows) + "\n")
    return str(path)


def resized(controller: Controller, qtbot: QtBot, size: tuple[int, int]) -> None:
    """Give the window a size, and wait until the docks have followed."""
    controller.window.resize(*size)
    qtbot.waitUntil(lambda: controller.window.width() == size[0], timeout=LONG_MS)
    qtbot.waitUntil(lambda: not controller.arranger.is_waiting, timeout=LONG_MS)
    QTest.qWait(0)


def is_beside(controller: Controller) -> bool:
    """Whether the traces are to the right of the cell."""
    view, traces = controller.commands.viewport, controller.window.docks["traces"]
    return place_of(traces).left() >= place_of(view).right()


def is_below(controller: Controller) -> bool:
    view, traces = controller.commands.viewport, controller.window.docks["traces"]
    return place_of(traces).top() >= place_of(view).bottom()


def place_of(widget: QWidget) -> QRect:
    return QRect(widget.mapTo(widget.window(), QPoint(0, 0)), widget.size())


@pytest.mark.slow
@pytest.mark.parametrize("size", [SMALL, (1366, 768), LARGE])
def test_traces_stand_beside_a_tall_cell_and_below_a_wide_one(
    qtbot: QtBot, open_somascope: OpenSomascope, wide_cell: str, size: tuple[int, int]
) -> None:
    controller = open_somascope("pyramidal")
    resized(controller, qtbot, size)
    qtbot.waitUntil(lambda: is_beside(controller), timeout=LONG_MS)
    qtbot.waitUntil(lambda: share_filled(controller) > 0.3, timeout=LONG_MS)
    controller.opener.open_text(wide_cell)
    qtbot.waitUntil(lambda: is_below(controller), timeout=LONG_MS)
    assert controller.window.size().toTuple() == size


def share_filled(controller: Controller) -> float:
    """Return the share of the view that the box around all segments takes."""
    viewport, geometry = controller.commands.viewport, controller.model.geometry
    places = [viewport.project(i) for i in range(geometry.n_segments)]
    wide = max(p.x() for p in places) - min(p.x() for p in places)
    high = max(p.y() for p in places) - min(p.y() for p in places)
    return wide * high / (viewport.width() * viewport.height())


def test_the_arrangement_of_a_user_stays_when_another_cell_opens_and_the_window_grows(
    qtbot: QtBot, open_somascope: OpenSomascope, wide_cell: str
) -> None:
    controller = open_somascope("pyramidal")
    window = controller.window
    resized(controller, qtbot, (1366, 768))
    qtbot.waitUntil(lambda: is_beside(controller), timeout=LONG_MS)
    traces = window.docks["traces"]
    drag_left_border(qtbot, traces, -60)
    assert window.settings.is_arranged
    width = traces.width()
    controller.opener.open_text(wide_cell)
    qtbot.waitUntil(lambda: controller.model.geometry.n_segments < 100, timeout=LONG_MS)
    resized(controller, qtbot, (1500, 800))
    assert is_beside(controller)
    assert traces.width() == pytest.approx(width, abs=2)
    window.banner.show_notice(
        Notice("error", "A long sentence about what failed. " * 4, "why", "Retry")
    )
    window.busy_bar.show_progress("Building a cell with a very long name " * 4, None)
    resized(controller, qtbot, (1366, 768))
    assert traces.width() == pytest.approx(width, abs=2)
    window.busy_bar.finish()
    window.command_actions["reset_layout"].trigger()
    qtbot.waitUntil(lambda: is_below(controller), timeout=LONG_MS)
    assert not window.settings.is_arranged


def drag_left_border(qtbot: QtBot, dock: QDockWidget, by: int) -> None:
    """Drag the border at the left of a dock with the mouse."""
    window = dock.window()
    edge = place_of(dock)
    start = QPoint(edge.left() - 1, edge.center().y())
    before = dock.width()
    qtbot.mouseMove(window, start)
    qtbot.mousePress(window, LEFT, pos=start)
    for i in range(1, 5):
        send_drag(window, start + QPoint(by * i // 4, 0))
        QApplication.processEvents()  # Qt moves the border in a later turn of the event loop
    qtbot.waitUntil(lambda: dock.width() != before, timeout=LONG_MS)
    qtbot.mouseRelease(window, LEFT, pos=start + QPoint(by, 0))


def send_drag(window: QWidget, at: QPoint) -> None:
    """Send a move with the left button down: QTest's own has no button."""
    event = QMouseEvent(
        QEvent.Type.MouseMove, QPointF(at), QPointF(window.mapToGlobal(at)), LEFT, LEFT,
        Qt.KeyboardModifier.NoModifier,
    )  # fmt: skip
    QApplication.sendEvent(window, event)


@pytest.mark.slow
def test_a_dock_that_was_moved_is_where_it_was_at_the_next_start(
    qtbot: QtBot, open_somascope: OpenSomascope
) -> None:
    first = open_somascope("pyramidal")
    first.window.addDockWidget(
        Qt.DockWidgetArea.BottomDockWidgetArea, first.window.docks["controls"]
    )
    assert first.window.settings.is_arranged
    first.window.close()
    second = open_somascope("pyramidal")
    where = second.window.dockWidgetArea(second.window.docks["controls"])
    assert where == Qt.DockWidgetArea.BottomDockWidgetArea


@pytest.mark.slow
def test_an_empty_inspector_takes_no_room_and_opens_with_the_first_segment(
    qtbot: QtBot, open_somascope: OpenSomascope
) -> None:
    controller = open_somascope()
    inspector = controller.window.docks["inspector"]
    assert inspector.isHidden()
    controller.model.select(2)
    qtbot.waitUntil(lambda: not inspector.isHidden(), timeout=LONG_MS)
    shown = inspector.widget().facts.segment_id
    controller.model.select(-1)
    assert not inspector.isHidden()
    assert inspector.widget().facts.segment_id == shown
    controller.opener.open_text("stellate")
    qtbot.waitUntil(lambda: controller.model.geometry.n_segments > 100, timeout=LONG_MS)
    qtbot.waitUntil(inspector.isHidden, timeout=LONG_MS)


@pytest.mark.slow
def test_in_a_narrow_window_a_pick_brings_the_inspector_forward_and_a_search_stays(
    qtbot: QtBot, open_somascope: OpenSomascope, tmp_path: Path
) -> None:
    nowhere = ArchiveOptions("http://127.0.0.1:9", tmp_path / "cache")
    controller = open_somascope(archive=nowhere)
    resized(controller, qtbot, SMALL)
    docks = controller.window.docks
    controller.model.hover(1)
    qtbot.waitUntil(lambda: not docks["inspector"].isHidden(), timeout=LONG_MS)
    assert is_in_front(docks["cell"])
    controller.model.select(2)
    qtbot.waitUntil(lambda: is_in_front(docks["inspector"]), timeout=LONG_MS)
    assert is_in_front(docks["controls"])
    controller.window.command_actions["search_archive"].trigger()
    qtbot.waitUntil(lambda: is_in_front(docks["archive"]), timeout=LONG_MS)
    line = controller.archive_dock.dock.search.line
    qtbot.waitUntil(line.hasFocus, timeout=LONG_MS)
    controller.model.select(3)
    qtbot.waitUntil(lambda: not controller.arranger.is_waiting, timeout=LONG_MS)
    assert is_in_front(docks["archive"])
    assert line.hasFocus()


@pytest.mark.slow
def test_a_search_keeps_its_width_whatever_opens_beside_it(
    qtbot: QtBot, open_somascope: OpenSomascope, wide_cell: str, tmp_path: Path
) -> None:
    nowhere = ArchiveOptions("http://127.0.0.1:9", tmp_path / "cache")
    controller = open_somascope(archive=nowhere)
    resized(controller, qtbot, (1344, 840))
    archive = controller.window.docks["archive"]
    controller.window.command_actions["search_archive"].trigger()
    qtbot.waitUntil(lambda: is_in_front(archive), timeout=LONG_MS)
    qtbot.waitUntil(lambda: not controller.arranger.is_waiting, timeout=LONG_MS)
    width = archive.width()
    assert width == pytest.approx(420, abs=4)
    for cell in (wide_cell, "pyramidal"):
        controller.opener.open_text(cell)
        wants_beside = cell == "pyramidal"
        qtbot.waitUntil(
            lambda w=wants_beside: (is_beside if w else is_below)(controller), timeout=LONG_MS
        )
        assert archive.width() == pytest.approx(width, abs=2)
        assert controller.commands.viewport.width() >= 250


def test_a_closed_dock_comes_back_from_view_and_stays_closed_until_then(
    qtbot: QtBot, open_somascope: OpenSomascope
) -> None:
    controller = open_somascope()
    docks = controller.window.docks
    controller.model.select(2)
    qtbot.waitUntil(lambda: not docks["inspector"].isHidden(), timeout=LONG_MS)
    for id_ in ("inspector", "traces", "controls", "cell"):
        dock = docks[id_]
        button = dock.findChild(DockTitle).close_button
        assert dock.windowTitle() in button.toolTip()
        assert "View" in button.toolTip()
        qtbot.mouseClick(button, LEFT)
        assert dock.isHidden()
        assert not dock.toggleViewAction().isChecked()
    controller.model.select(3)
    assert docks["inspector"].isHidden(), "opened against the user's wish"
    menu = controller.window.findChild(QWidget, "menu-view")
    for id_ in ("inspector", "traces", "controls", "cell"):
        entry = next(each for each in menu.actions() if each.text() == docks[id_].windowTitle())
        entry.trigger()
        assert not docks[id_].isHidden()


def test_the_command_palette_closes_and_opens_a_panel(
    qtbot: QtBot, open_somascope: OpenSomascope
) -> None:
    controller = open_somascope()
    traces = controller.window.docks["traces"]
    for is_open in (False, True):
        controller.window.command_actions["palette"].trigger()
        palette = controller.window.findChild(CommandPalette)
        qtbot.keyClicks(palette.field, "panel: traces")
        qtbot.keyClick(palette.field, Qt.Key.Key_Return)
        qtbot.waitUntil(lambda want=is_open: traces.isHidden() is not want, timeout=LONG_MS)
        qtbot.waitUntil(
            lambda: controller.window.findChild(CommandPalette) is None, timeout=LONG_MS
        )


@pytest.mark.slow
def test_an_inspector_opened_from_view_stays_open_while_it_is_empty(
    qtbot: QtBot, open_somascope: OpenSomascope
) -> None:
    controller = open_somascope()
    inspector = controller.window.docks["inspector"]
    inspector.toggleViewAction().trigger()
    controller.opener.open_text("stellate")
    qtbot.waitUntil(lambda: controller.model.geometry.n_segments > 100, timeout=LONG_MS)
    assert not inspector.isHidden()


@pytest.mark.slow
@pytest.mark.parametrize("size", [SMALL, (740, 600), LARGE])
def test_every_field_of_the_toolbar_can_be_reached_at_every_size(
    qtbot: QtBot, open_somascope: OpenSomascope, size: tuple[int, int]
) -> None:
    controller = open_somascope()
    bar = controller.window.run_bar
    if size[0] < 1000:
        resized(controller, qtbot, (1000, 600))  # the docks then need less width
    resized(controller, qtbot, size)
    fields = (bar.continue_ms, bar.tstop_ms, bar.speed)
    buttons = [each for each in bar.row.findChildren(QAbstractButton) if each.isVisible()]
    for button in buttons:
        assert bar.rect().contains(QRect(button.mapTo(bar, QPoint(0, 0)), button.size()))
    hidden = [field for field in fields if not field.isVisible()]
    assert bool(hidden) is bar.row.more.isVisible()
    assert bool(hidden) is (size[0] < 1000)
    if hidden:
        qtbot.mouseClick(bar.row.more, LEFT)
        qtbot.waitUntil(bar.row.menu.isVisible, timeout=LONG_MS)
        assert all(field.isVisible() for field in fields)
        bar.tstop_ms.setFocus()
        bar.tstop_ms.selectAll()
        with qtbot.waitSignal(bar.tstopChosen) as emitted:
            qtbot.keyClicks(bar.tstop_ms, "7,5")
            qtbot.keyClick(bar.tstop_ms, Qt.Key.Key_Return)
        assert emitted.args == [7.5]
        bar.row.menu.close()


@pytest.mark.slow
def test_at_the_smallest_screen_plot_controls_and_colour_bar_are_complete(
    qtbot: QtBot, open_somascope: OpenSomascope
) -> None:
    controller = open_somascope("pyramidal")
    resized(controller, qtbot, SMALL)
    for name in ("apic[52](0.5)", "axon[18](0.944444)"):
        controller.post(CaptureTrace(name))
    qtbot.waitUntil(lambda: len(controller.model.traces) == 3, timeout=LONG_MS)
    qtbot.waitUntil(lambda: is_beside(controller), timeout=LONG_MS)
    window = controller.window
    assert window.size().toTuple() == SMALL
    assert controller.commands.traces.canvas.width() >= 330
    assert controller.commands.traces.canvas.height() >= 250
    panel = window.docks["controls"].widget()
    for part in panel.findChildren(QWidget):
        if isinstance(part, QAbstractSpinBox | QComboBox | QAbstractButton) and part.isVisible():
            assert part.mapTo(panel, part.rect().topRight()).x() < panel.width()
    assert bar_ticks(*controller.commands.viewport.scene.limits, 6)[0] == -80
