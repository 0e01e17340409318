"""The whole dock by keyboard: every control is reached, named and marked, and keys mean what they say."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from archive_ui_driver import CTRL, QuickOptions, Walk
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtGui import QImage
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QApplication,
    QHeaderView,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QScrollArea,
    QTabBar,
    QWidget,
)
from pytestqt.qtbot import QtBot

from app.actions import COMMANDS, keys_text
from app.archive.cell.detail_panel import PAGES
from app.archive.cell.preview import PreviewCanvas
from app.archive.search.query_state import QueryState
from app.archive.search.sources import ARCHIVE, LIBRARY
from tests.neuromorpho.server import Server

pytestmark = pytest.mark.slow

if TYPE_CHECKING:
    from app.window.controller import Controller

OpenSomascope = Callable[..., "Controller"]
SHIFT = Qt.KeyboardModifier.ShiftModifier
Key = Qt.Key
CONTROLS = (QAbstractButton, QLineEdit, QAbstractItemView, QPlainTextEdit, QTabBar, PreviewCanvas)
PLACES = ("search", "line", "queue_all", "filters", "results", "detail", "queue", "folds")
LEAST_RING_PX = 40  # of a ring; a text cursor alone has fewer


@pytest.fixture
def walk(
    qtbot: QtBot, open_somascope: OpenSomascope, archive_server: Server, tmp_path: Path
) -> Walk:
    """The window, with the archive on loopback, and the keyboard in the search line."""
    options = QuickOptions(archive_server.url, tmp_path / "cache")
    walk = Walk(qtbot, open_somascope(archive=options))
    walk.go_to_search()
    return walk


def focused() -> QWidget:
    widget = QApplication.focusWidget()
    assert widget is not None
    return widget


def controls(walk: Walk) -> list[QWidget]:
    """Return what in the dock is there to be used: seen, usable, and no mere part of another control."""
    found = []
    for each in walk.dock.findChildren(QWidget):
        is_link = isinstance(each, QLabel) and bool(
            each.textInteractionFlags() & Qt.TextInteractionFlag.LinksAccessibleByKeyboard
        )
        is_control = isinstance(each, CONTROLS) or is_link
        is_part = isinstance(each, QHeaderView) or isinstance(
            each.parentWidget(), QLineEdit | QTabBar
        )
        if is_control and not is_part and each.isVisible() and each.isEnabled():
            found.append(each)
    return found


def rounds(walk: Walk, key: Qt.Key) -> list[QWidget]:
    """Return what in the dock gets the keyboard, from the search line on, until it comes back there."""
    line = walk.dock.search.line
    line.setFocus()
    reached: list[QWidget] = []
    for _ in range(400):
        if walk.dock.isAncestorOf(focused()):
            reached.append(focused())
            is_seen = not focused().visibleRegion().isEmpty()
            assert is_seen, f"{name_of(focused())} ({focused()!r}) is out of view"
        walk.key(key, SHIFT if key == Key.Key_Backtab else Qt.KeyboardModifier.NoModifier)
        if focused() is line:
            return reached
    raise AssertionError(f"Tab goes round without the search line: {reached[-5:]}")


def stands_for(widget: QWidget) -> list[QWidget]:
    """Return a control and, of a choice between buttons, all: the arrow keys go from one to the next."""
    if not isinstance(widget, QAbstractButton) or not widget.autoExclusive():
        return [widget]
    siblings = widget.parentWidget().findChildren(QAbstractButton)
    return [each for each in siblings if each.autoExclusive()]


def name_of(widget: QWidget) -> str:
    """Return what a screen reader says of a control."""
    text = widget.text() if isinstance(widget, QAbstractButton) else ""
    return widget.accessibleName() or text


def bring_into_view(widget: QWidget) -> None:
    """Scroll as Tab does when it comes to a widget."""
    parent = widget.parentWidget()
    while parent is not None:
        if isinstance(parent, QScrollArea):
            parent.ensureWidgetVisible(widget)
        parent = parent.parentWidget()


def image_of(walk: Walk, widget: QWidget) -> QImage:
    """Return a control as it looks in the dock, with a pixel around it."""
    place = QRect(widget.mapTo(walk.dock, QPoint()), widget.size()).adjusted(-1, -1, 1, 1)
    return walk.dock.grab(place).toImage().convertToFormat(QImage.Format.Format_RGB32)


def n_different(one: QImage, other: QImage) -> int:
    """Return how many pixels differ."""
    first, second = (
        np.frombuffer(each.constBits(), np.uint32).reshape(each.height(), -1)
        for each in (one, other)
    )
    return int((first != second).sum()) if first.shape == second.shape else first.size


def place_of(walk: Walk, widget: QWidget) -> str:
    """Return where in the dock a control is, as its attribute is called; what folds parts out is "folds"."""
    dock = walk.dock
    return next(
        (each for each in PLACES if getattr(dock, each, dock.queue_button).isAncestorOf(widget)),
        "folds",
    )


def check_round(walk: Walk) -> list[QWidget]:
    """Go round with Tab and back, and hold every control to it; return them in their order."""
    there = rounds(walk, Key.Key_Tab)
    missed = set(controls(walk)) - {one for each in there for one in stands_for(each)}
    assert not missed, [f"{each!r} {name_of(each)}" for each in missed]
    back = rounds(walk, Key.Key_Backtab)
    assert set(back) == set(there)
    order = [place_of(walk, each) for each in there]
    blocks = [name for at, name in enumerate(order) if at == 0 or order[at - 1] != name]
    assert blocks == sorted(set(order), key=PLACES.index), "the parts are not gone through in order"
    nameless = [each for each in there if not name_of(each)]
    assert not nameless
    return there


def check_rings(walk: Walk, widgets: list[QWidget]) -> None:
    """See whether every control looks otherwise while it has the keyboard."""
    unmarked = []
    for each in widgets:
        each.setFocus(Qt.FocusReason.TabFocusReason)
        QApplication.processEvents()
        assert focused() is each, f"{name_of(each)} ({each!r}) does not take the keyboard"
        bring_into_view(each)
        marked = image_of(walk, each)
        each.clearFocus()
        QApplication.processEvents()
        n_changed = n_different(marked, image_of(walk, each))
        if n_changed < LEAST_RING_PX:
            unmarked.append(f"{name_of(each)} ({each!r}): {n_changed} px")
    assert not unmarked, "\n".join(unmarked)


def fill(walk: Walk) -> None:
    """Search, narrow, choose a cell, queue two, and fold everything out in a wide dock."""
    walk.widen()
    search = walk.controller.archive_dock.search
    search.search_for(QueryState("a").with_value("species", "mouse"))
    walk.until(lambda: walk.total and not walk.is_busy("search/"))
    walk.dock.search.query_button.setChecked(True)
    walk.choose_row(1)
    walk.controller.archive_dock.add(walk.dock.results.chosen_ids())
    walk.until(lambda: walk.job_states() == ["done"])
    walk.dock.queue_button.setChecked(True)
    walk.dock.filter_button.setChecked(True)
    walk.until(lambda: walk.dock.queue.view.isVisible())
    walk.until(lambda: not walk.is_busy())


def test_every_control_is_reached_with_tab_is_named_and_shows_that_it_has_the_keyboard(
    walk: Walk,
) -> None:
    check_rings(walk, check_round(walk))
    fill(walk)
    walk.controller.archive_dock.queue_all.confirm()
    for page in ("record", "preview", "files", "cite"):
        walk.dock.detail.tabs.setCurrentIndex(PAGES.index(page))
        if page == "preview":
            walk.click(walk.dock.detail.preview.show_button)
            walk.until(lambda: walk.dock.detail.preview.canvas.viewport is not None)
        walk.until(lambda: not walk.is_busy())
        check_rings(walk, check_round(walk))


def test_the_ranges_and_the_narrow_dock_are_walked_through_as_well(walk: Walk) -> None:
    walk.dock.filter_button.setChecked(True)
    walk.controller.archive_dock.search.set_source(LIBRARY)
    walk.dock.filters.buttons[1].click()
    walk.until(lambda: not walk.is_busy())
    there = check_round(walk)
    assert walk.dock.ranges.rows["pk_classic"].high in there
    check_rings(walk, [walk.dock.ranges.rows["length"].low, *walk.dock.filters.buttons])
    walk.dock.filter_button.setChecked(False)
    walk.dock.results.set_mode("grid")
    check_rings(walk, [each for each in check_round(walk) if each is walk.dock.results.grid])


# --------------------------------------------------------------------------------- keys and places


def part_of(walk: Walk) -> str:
    """Return the name of the part of the dock that has the keyboard, "" for none."""
    parts = walk.dock.focus.parts
    return next((name for name, part in parts.items() if part.has_focus), "")


def test_every_part_has_a_key_that_leads_in_and_out_and_its_tooltip_names_it(walk: Walk) -> None:
    dock = walk.dock
    walk.search("mouse")
    walk.key(Key.Key_F, CTRL | SHIFT)
    assert dock.facets.line.hasFocus()
    dock.results.setFocus()
    dock.filters.buttons[0].setFocus()
    walk.key(Key.Key_F, CTRL | SHIFT)
    assert not dock.filters.isVisible()
    assert part_of(walk) == "results"
    walk.key(Key.Key_J, CTRL)
    assert part_of(walk) == "downloads"
    walk.key(Key.Key_J, CTRL)
    assert not dock.queue.isVisible()
    walk.choose_row(0)
    walk.key(Key.Key_I, CTRL)
    assert part_of(walk) == "details"
    walk.key(Key.Key_I, CTRL)
    assert part_of(walk) == "results"
    walk.key(Key.Key_L, CTRL)
    assert walk.controller.archive_dock.search.model.source == LIBRARY
    walk.key(Key.Key_L, CTRL)
    assert walk.controller.archive_dock.search.model.source == ARCHIVE
    for button, verb in (
        (dock.filter_button, "archive_filter"),
        (dock.detail_button, "archive_details"),
        (dock.queue_button, "archive_downloads"),
        (dock.search.sources[LIBRARY], "archive_source"),
        (dock.results.bar.queue_all, "archive_queue_all"),
    ):
        assert f"({keys_text(verb)})" in button.toolTip()
    assert keys_text("search_archive") in dock.search.line.toolTip()


def test_f6_goes_through_the_parts_in_view_and_back_and_comes_in_from_outside(walk: Walk) -> None:
    fill(walk)
    walk.controller.window.centralWidget().setFocus()
    seen = []
    for _ in range(6):
        walk.key(Key.Key_F6)
        seen.append(part_of(walk))
    assert seen == ["search", "filter", "results", "details", "downloads", "search"]
    walk.key(Key.Key_F6, SHIFT)
    assert part_of(walk) == "downloads"
    walk.dock.queue_button.setChecked(False)
    walk.dock.search.line.setFocus()
    walk.key(Key.Key_F6, SHIFT)
    assert part_of(walk) == "details"


def test_the_keys_work_from_the_rest_of_the_window_and_bring_the_dock_forward(walk: Walk) -> None:
    window = walk.controller.window
    window.docks["cell"].raise_()
    window.centralWidget().setFocus()
    walk.key(Key.Key_J, CTRL)
    walk.until(walk.dock.queue.isVisible)
    assert part_of(walk) == "downloads"


def test_esc_closes_a_list_then_ends_a_question_then_folds_then_leaves(
    walk: Walk, archive_server: Server
) -> None:
    window, dock = walk.controller.window, walk.dock
    walk.search("mouse")
    walk.key(Key.Key_F, CTRL | SHIFT)
    walk.words("ra")
    archive_server.faults.add("stall", 60, path="/api/neuron/*")
    dock.queue_button.setChecked(True)
    walk.go_to_search()
    walk.controller.archive_dock.queue_all.confirm()
    dock.search.focus_line()
    walk.words("mou")
    walk.until(lambda: walk.is_busy("search/count"))
    dock.search.set_known_values("species", {"mouse": 3})
    walk.until(dock.search.line.list.isVisible)

    walk.key(Key.Key_Escape)
    assert not dock.search.line.list.isVisible()
    assert walk.is_busy("search/count")
    walk.key(Key.Key_Escape)
    assert not walk.is_busy("search/")
    assert dock.queue_all.isVisible()
    walk.key(Key.Key_Escape)
    assert not dock.queue_all.isVisible()
    dock.facets.line.setFocus()
    walk.key(Key.Key_Escape)
    assert dock.facets.line.text() == ""
    assert dock.filters.isVisible()
    walk.key(Key.Key_Escape)
    assert not dock.filters.isVisible(), "the fold that the keyboard is in goes first"
    assert dock.queue.isVisible()
    archive_server.faults.clear()
    walk.until(lambda: not walk.is_busy())  # with the cell that the keyboard has come to
    walk.key(Key.Key_Escape)
    assert not dock.queue.isVisible()
    assert dock.isAncestorOf(focused())
    walk.key(Key.Key_Escape)
    assert focused() is window.centralWidget()


def test_esc_ends_the_filling_of_the_queue(walk: Walk, archive_server: Server) -> None:
    walk.search("a")
    archive_server.faults.add("stall", 60, path="/api/neuron/select*", query="size=500")
    walk.key(Key.Key_Return, CTRL | SHIFT)
    card = walk.dock.queue_all
    assert card.yes.hasFocus()
    walk.key(Key.Key_Return)
    walk.until(lambda: archive_server.count("select") and walk.is_busy("all/"))
    assert card.question.text().startswith("Filling the queue: 0 of ")
    walk.key(Key.Key_Escape)
    assert not walk.is_busy("all/")
    assert card.question.text().startswith("Stopped: 0 of ")
    assert card.yes.hasFocus()
    walk.key(Key.Key_Escape)
    assert not card.isVisible()
    assert walk.dock.results.table.hasFocus()


@pytest.mark.parametrize("mode", ["table", "grid"])
def test_home_and_end_mean_the_rows_and_del_the_queue_not_the_simulation(
    walk: Walk, mode: str
) -> None:
    model, window = walk.controller.model, walk.controller.window
    walk.search("a")
    walk.dock.results.set_mode(mode)
    view = walk.dock.results.table if mode == "table" else walk.dock.results.grid
    window.command_actions["step"].trigger()
    walk.until(lambda: model.run_status.time_ms > 0)
    stepped = model.run_status.time_ms
    view.setFocus()
    for key, row in (
        (Key.Key_End, walk.total - 1),
        (Key.Key_Home, 0),
        (Key.Key_PageDown, None),
        (Key.Key_PageUp, 0),
    ):
        walk.key(key)
        assert row is None or view.currentIndex().row() == row
        assert row is not None or view.currentIndex().row() > 1
    traces = set(model.traces)
    walk.key(Key.Key_Delete)
    walk.controller.archive_dock.downloads.pause()
    walk.key(Key.Key_Home)
    window.command_actions["step"].trigger()
    walk.until(lambda: model.run_status.time_ms > stepped)  # no Init came between
    assert set(model.traces) == traces


def test_del_drops_a_chip_and_a_download_and_no_trace(walk: Walk, archive_server: Server) -> None:
    traces = set(walk.controller.model.traces)
    archive_server.faults.add("stall", 60, path="*.swc")
    walk.search("mouse")
    walk.choose_row(0)
    walk.key(Key.Key_Return, CTRL)
    walk.until(walk.job_states)
    walk.key(Key.Key_J, CTRL)
    walk.until(lambda: part_of(walk) == "downloads" and walk.dock.queue.view.isVisible())
    walk.dock.queue.view.setFocus()
    walk.dock.queue.view.selectAll()
    walk.key(Key.Key_Delete)
    walk.until(lambda: walk.job_states() == [])
    search = walk.controller.archive_dock.search
    search.search_for(QueryState().with_value("species", "rat"))
    walk.until(lambda: walk.total)
    walk.dock.search.chips.buttons[0].setFocus()
    walk.key(Key.Key_Delete)
    assert search.model.state.criteria == ()
    assert set(walk.controller.model.traces) == traces


def test_return_presses_whatever_button_has_the_keyboard_since_space_runs(walk: Walk) -> None:
    walk.search("mouse")
    dock = walk.dock
    dock.results.bar.as_grid.setFocus()
    walk.key(Key.Key_Return)
    assert dock.results.grid.isVisible()
    dock.results.bar.columns.setFocus()
    walk.key(Key.Key_Return)
    menu = dock.results.bar.columns.menu()
    walk.until(menu.isVisible)
    menu.close()
    dock.results.set_mode("table")
    walk.choose_row(1)
    dock.detail.queue.setFocus()
    walk.key(Key.Key_Return)
    walk.until(walk.job_states)
    dock.results.bar.as_grid.setFocus()
    walk.key(Key.Key_Space)
    walk.until(lambda: walk.controller.model.run_status.running)
    assert dock.results.table.isVisible()


def test_letters_typed_in_the_rows_look_through_no_row(walk: Walk) -> None:
    walk.search("a")
    model = walk.controller.archive_dock.search.model.results
    asked: list[int] = []
    plain = model.data

    def counting(index: object, role: int = 0) -> object:
        asked.append(role)
        return plain(index, role)

    model.data = counting
    for view in (walk.dock.results.table, walk.dock.results.grid):
        view.keyboardSearch("q")
    assert asked == []


def test_the_rows_say_the_cell_its_species_and_whether_it_is_ready(walk: Walk) -> None:
    walk.search("mouse")
    model = walk.controller.archive_dock.search.model.results
    role = Qt.ItemDataRole.AccessibleTextRole
    for row in range(5):
        neuron = model.neuron_at(row)
        assert neuron is not None
        said = str(model.index(row, 0).data(role))
        assert said.startswith(f"{neuron.neuron_name}, {neuron.label}, {neuron.species}, ")
        assert model.readiness_of(neuron).reason.rstrip(".") in said
        assert said.endswith("with a picture" if neuron.png_url else "without a picture")


def test_the_sheet_of_shortcuts_names_the_keys_of_the_dock(walk: Walk) -> None:
    from app.window.dialogs import shortcut_sheet

    sheet = shortcut_sheet(walk.controller.window)
    text = sheet.findChild(QLabel).text()
    ours = [each for each in COMMANDS if each.menu == "File/NeuroMorpho.Org"]
    assert len(ours) == 7
    for verb in ours:
        assert verb.keys in text
    sheet.close()
