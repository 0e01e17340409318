"""The whole dock by keyboard: every control is reached, named and marked, and keys mean what they say."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from archive_ui_driver import CTRL, ArchiveDriver, QuickOptions
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
PLACES = ("search", "line", "add_all", "filters", "results", "detail", "queue", "folds")
LEAST_RING_PX = 40  # of a ring; a text cursor alone has fewer


@pytest.fixture
def driver(
    qtbot: QtBot, open_somascope: OpenSomascope, archive_server: Server, tmp_path: Path
) -> ArchiveDriver:
    """The window, with the archive on loopback, and the keyboard in the search line."""
    options = QuickOptions(archive_server.url, tmp_path / "cache")
    driver = ArchiveDriver(qtbot, open_somascope(archive=options))
    driver.go_to_search()
    return driver


def focused() -> QWidget:
    widget = QApplication.focusWidget()
    assert widget is not None
    return widget


def controls(driver: ArchiveDriver) -> list[QWidget]:
    """Return what in the dock is there to be used: seen, usable, and no mere part of another control."""
    found = []
    for each in driver.dock.findChildren(QWidget):
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


def rounds(driver: ArchiveDriver, key: Qt.Key) -> list[QWidget]:
    """Return what in the dock gets the keyboard, from the search line on, until it comes back there."""
    line = driver.dock.search.line
    line.setFocus()
    reached: list[QWidget] = []
    for _ in range(400):
        if driver.dock.isAncestorOf(focused()):
            reached.append(focused())
            is_seen = not focused().visibleRegion().isEmpty()
            assert is_seen, f"{name_of(focused())} ({focused()!r}) is out of view"
        driver.key(key, SHIFT if key == Key.Key_Backtab else Qt.KeyboardModifier.NoModifier)
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


def image_of(driver: ArchiveDriver, widget: QWidget) -> QImage:
    """Return a control as it looks in the dock, with a pixel around it."""
    place = QRect(widget.mapTo(driver.dock, QPoint()), widget.size()).adjusted(-1, -1, 1, 1)
    return driver.dock.grab(place).toImage().convertToFormat(QImage.Format.Format_RGB32)


def n_different(one: QImage, other: QImage) -> int:
    """Return how many pixels differ."""
    first, second = (
        np.frombuffer(each.constBits(), np.uint32).reshape(each.height(), -1)
        for each in (one, other)
    )
    return int((first != second).sum()) if first.shape == second.shape else first.size


def place_of(driver: ArchiveDriver, widget: QWidget) -> str:
    """Return where in the dock a control is, as its attribute is called; what folds parts out is "folds"."""
    dock = driver.dock
    return next(
        (each for each in PLACES if getattr(dock, each, dock.queue_button).isAncestorOf(widget)),
        "folds",
    )


def check_round(driver: ArchiveDriver) -> list[QWidget]:
    """Go round with Tab and back, and hold every control to it; return them in their order."""
    there = rounds(driver, Key.Key_Tab)
    missed = set(controls(driver)) - {one for each in there for one in stands_for(each)}
    assert not missed, [f"{each!r} {name_of(each)}" for each in missed]
    back = rounds(driver, Key.Key_Backtab)
    assert set(back) == set(there)
    order = [place_of(driver, each) for each in there]
    blocks = [name for at, name in enumerate(order) if at == 0 or order[at - 1] != name]
    assert blocks == sorted(set(order), key=PLACES.index), "the parts are not gone through in order"
    nameless = [each for each in there if not name_of(each)]
    assert not nameless
    return there


def check_rings(driver: ArchiveDriver, widgets: list[QWidget]) -> None:
    """See whether every control looks otherwise while it has the keyboard."""
    unmarked = []
    for each in widgets:
        each.setFocus(Qt.FocusReason.TabFocusReason)
        QApplication.processEvents()
        assert focused() is each, f"{name_of(each)} ({each!r}) does not take the keyboard"
        bring_into_view(each)
        marked = image_of(driver, each)
        each.clearFocus()
        QApplication.processEvents()
        n_changed = n_different(marked, image_of(driver, each))
        if n_changed < LEAST_RING_PX:
            unmarked.append(f"{name_of(each)} ({each!r}): {n_changed} px")
    assert not unmarked, "\n".join(unmarked)


def fill(driver: ArchiveDriver) -> None:
    """Search, narrow, choose a cell, queue two, and fold everything out in a wide dock."""
    driver.widen()
    search = driver.controller.archive_dock.search
    search.search_for(QueryState("a").with_value("species", "mouse"))
    driver.until(lambda: driver.total and not driver.is_busy("search/"))
    driver.dock.search.query_button.setChecked(True)
    driver.choose_row(1)
    driver.controller.archive_dock.add(driver.dock.results.chosen_ids())
    driver.until(lambda: driver.job_states() == ["done"])
    driver.dock.queue_button.setChecked(True)
    driver.dock.filter_button.setChecked(True)
    driver.until(lambda: driver.dock.queue.view.isVisible())
    driver.until(lambda: not driver.is_busy())


def test_every_control_is_reached_with_tab_is_named_and_shows_that_it_has_the_keyboard(
    driver: ArchiveDriver,
) -> None:
    check_rings(driver, check_round(driver))
    fill(driver)
    driver.controller.archive_dock.add_all.confirm()
    for page in ("record", "preview", "files", "cite"):
        driver.dock.detail.tabs.setCurrentIndex(PAGES.index(page))
        if page == "preview":
            driver.click(driver.dock.detail.preview.show_button)
            driver.until(lambda: driver.dock.detail.preview.canvas.viewport is not None)
        driver.until(lambda: not driver.is_busy())
        check_rings(driver, check_round(driver))


def test_the_ranges_and_the_narrow_dock_are_walked_through_as_well(driver: ArchiveDriver) -> None:
    driver.dock.filter_button.setChecked(True)
    driver.controller.archive_dock.search.set_source(LIBRARY)
    driver.dock.filters.buttons[1].click()
    driver.until(lambda: not driver.is_busy())
    there = check_round(driver)
    assert driver.dock.ranges.rows["pk_classic"].high in there
    check_rings(driver, [driver.dock.ranges.rows["length"].low, *driver.dock.filters.buttons])
    driver.dock.filter_button.setChecked(False)
    driver.dock.results.set_mode("grid")
    check_rings(driver, [each for each in check_round(driver) if each is driver.dock.results.grid])


# --------------------------------------------------------------------------------- keys and places


def part_of(driver: ArchiveDriver) -> str:
    """Return the name of the part of the dock that has the keyboard, "" for none."""
    parts = driver.dock.focus.parts
    return next((name for name, part in parts.items() if part.has_focus), "")


def test_every_part_has_a_key_that_leads_in_and_out_and_its_tooltip_names_it(
    driver: ArchiveDriver,
) -> None:
    dock = driver.dock
    driver.search("mouse")
    driver.key(Key.Key_F, CTRL | SHIFT)
    assert dock.facets.line.hasFocus()
    dock.results.setFocus()
    dock.filters.buttons[0].setFocus()
    driver.key(Key.Key_F, CTRL | SHIFT)
    assert not dock.filters.isVisible()
    assert part_of(driver) == "results"
    driver.key(Key.Key_J, CTRL)
    assert part_of(driver) == "downloads"
    driver.key(Key.Key_J, CTRL)
    assert not dock.queue.isVisible()
    driver.choose_row(0)
    driver.key(Key.Key_I, CTRL)
    assert part_of(driver) == "details"
    driver.key(Key.Key_I, CTRL)
    assert part_of(driver) == "results"
    driver.key(Key.Key_L, CTRL)
    assert driver.controller.archive_dock.search.model.source == LIBRARY
    driver.key(Key.Key_L, CTRL)
    assert driver.controller.archive_dock.search.model.source == ARCHIVE
    for button, verb in (
        (dock.filter_button, "archive_filter"),
        (dock.detail_button, "archive_details"),
        (dock.queue_button, "archive_downloads"),
        (dock.search.sources[LIBRARY], "archive_source"),
        (dock.results.bar.add_all, "archive_add_all"),
    ):
        assert f"({keys_text(verb)})" in button.toolTip()
    assert keys_text("search_archive") in dock.search.line.toolTip()


def test_f6_goes_through_the_parts_in_view_and_back_and_comes_in_from_outside(
    driver: ArchiveDriver,
) -> None:
    fill(driver)
    driver.controller.window.centralWidget().setFocus()
    seen = []
    for _ in range(6):
        driver.key(Key.Key_F6)
        seen.append(part_of(driver))
    assert seen == ["search", "filter", "results", "details", "downloads", "search"]
    driver.key(Key.Key_F6, SHIFT)
    assert part_of(driver) == "downloads"
    driver.dock.queue_button.setChecked(False)
    driver.dock.search.line.setFocus()
    driver.key(Key.Key_F6, SHIFT)
    assert part_of(driver) == "details"


def test_the_keys_work_from_the_rest_of_the_window_and_bring_the_dock_forward(
    driver: ArchiveDriver,
) -> None:
    window = driver.controller.window
    window.docks["cell"].raise_()
    window.centralWidget().setFocus()
    driver.key(Key.Key_J, CTRL)
    driver.until(driver.dock.queue.isVisible)
    assert part_of(driver) == "downloads"


def test_esc_closes_a_list_then_ends_a_question_then_folds_then_leaves(
    driver: ArchiveDriver, archive_server: Server
) -> None:
    window, dock = driver.controller.window, driver.dock
    driver.search("mouse")
    driver.key(Key.Key_F, CTRL | SHIFT)
    driver.words("ra")
    archive_server.faults.add("stall", 60, path="/api/neuron/*")
    dock.queue_button.setChecked(True)
    driver.go_to_search()
    driver.controller.archive_dock.add_all.confirm()
    dock.search.focus_line()
    driver.words("mou")
    driver.until(lambda: driver.is_busy("search/count"))
    dock.search.set_known_values("species", {"mouse": 3})
    driver.until(dock.search.line.list.isVisible)

    driver.key(Key.Key_Escape)
    assert not dock.search.line.list.isVisible()
    assert driver.is_busy("search/count")
    driver.key(Key.Key_Escape)
    assert not driver.is_busy("search/")
    assert dock.add_all.isVisible()
    driver.key(Key.Key_Escape)
    assert not dock.add_all.isVisible()
    dock.facets.line.setFocus()
    driver.key(Key.Key_Escape)
    assert dock.facets.line.text() == ""
    assert dock.filters.isVisible()
    driver.key(Key.Key_Escape)
    assert not dock.filters.isVisible(), "the fold that the keyboard is in goes first"
    assert dock.queue.isVisible()
    archive_server.faults.clear()
    driver.until(lambda: not driver.is_busy())  # with the cell that the keyboard has come to
    driver.key(Key.Key_Escape)
    assert not dock.queue.isVisible()
    assert dock.isAncestorOf(focused())
    driver.key(Key.Key_Escape)
    assert focused() is window.centralWidget()


def test_esc_ends_the_filling_of_the_queue(driver: ArchiveDriver, archive_server: Server) -> None:
    driver.search("a")
    archive_server.faults.add("stall", 60, path="/api/neuron/select*", query="size=500")
    driver.key(Key.Key_Return, CTRL | SHIFT)
    card = driver.dock.add_all
    assert card.yes.hasFocus()
    driver.key(Key.Key_Return)
    driver.until(lambda: archive_server.count("select") and driver.is_busy("all/"))
    assert card.question.text().startswith("Filling the queue: 0 of ")
    driver.key(Key.Key_Escape)
    assert not driver.is_busy("all/")
    assert card.question.text().startswith("Stopped: 0 of ")
    assert card.yes.hasFocus()
    driver.key(Key.Key_Escape)
    assert not card.isVisible()
    assert driver.dock.results.table.hasFocus()


@pytest.mark.parametrize("mode", ["table", "grid"])
def test_home_and_end_mean_the_rows_and_del_the_queue_not_the_simulation(
    driver: ArchiveDriver, mode: str
) -> None:
    model, window = driver.controller.model, driver.controller.window
    driver.search("a")
    driver.dock.results.set_mode(mode)
    view = driver.dock.results.table if mode == "table" else driver.dock.results.grid
    window.command_actions["step"].trigger()
    driver.until(lambda: model.run_status.time_ms > 0)
    stepped = model.run_status.time_ms
    view.setFocus()
    for key, row in (
        (Key.Key_End, driver.total - 1),
        (Key.Key_Home, 0),
        (Key.Key_PageDown, None),
        (Key.Key_PageUp, 0),
    ):
        driver.key(key)
        assert row is None or view.currentIndex().row() == row
        assert row is not None or view.currentIndex().row() > 1
    traces = set(model.traces)
    driver.key(Key.Key_Delete)
    driver.controller.archive_dock.downloads.pause()
    driver.key(Key.Key_Home)
    window.command_actions["step"].trigger()
    driver.until(lambda: model.run_status.time_ms > stepped)  # no Init came between
    assert set(model.traces) == traces


def test_del_drops_a_chip_and_a_download_and_no_trace(
    driver: ArchiveDriver, archive_server: Server
) -> None:
    traces = set(driver.controller.model.traces)
    archive_server.faults.add("stall", 60, path="*.swc")
    driver.search("mouse")
    driver.choose_row(0)
    driver.key(Key.Key_Return, CTRL)
    driver.until(driver.job_states)
    driver.key(Key.Key_J, CTRL)
    driver.until(lambda: part_of(driver) == "downloads" and driver.dock.queue.view.isVisible())
    driver.dock.queue.view.setFocus()
    driver.dock.queue.view.selectAll()
    driver.key(Key.Key_Delete)
    driver.until(lambda: driver.job_states() == [])
    search = driver.controller.archive_dock.search
    search.search_for(QueryState().with_value("species", "rat"))
    driver.until(lambda: driver.total)
    driver.dock.search.chips.buttons[0].setFocus()
    driver.key(Key.Key_Delete)
    assert search.model.state.criteria == ()
    assert set(driver.controller.model.traces) == traces


def test_return_presses_whatever_button_has_the_keyboard_since_space_runs(
    driver: ArchiveDriver,
) -> None:
    driver.search("mouse")
    dock = driver.dock
    dock.results.bar.as_grid.setFocus()
    driver.key(Key.Key_Return)
    assert dock.results.grid.isVisible()
    dock.results.bar.columns.setFocus()
    driver.key(Key.Key_Return)
    menu = dock.results.bar.columns.menu()
    driver.until(menu.isVisible)
    menu.close()
    dock.results.set_mode("table")
    driver.choose_row(1)
    dock.detail.queue.setFocus()
    driver.key(Key.Key_Return)
    driver.until(driver.job_states)
    dock.results.bar.as_grid.setFocus()
    driver.key(Key.Key_Space)
    driver.until(lambda: driver.controller.model.run_status.running)
    assert dock.results.table.isVisible()


def test_letters_typed_in_the_rows_look_through_no_row(driver: ArchiveDriver) -> None:
    driver.search("a")
    model = driver.controller.archive_dock.search.model.results
    asked: list[int] = []
    plain = model.data

    def counting(index: object, role: int = 0) -> object:
        asked.append(role)
        return plain(index, role)

    model.data = counting
    for view in (driver.dock.results.table, driver.dock.results.grid):
        view.keyboardSearch("q")
    assert asked == []


def test_the_rows_say_the_cell_its_species_and_whether_it_is_ready(driver: ArchiveDriver) -> None:
    driver.search("mouse")
    model = driver.controller.archive_dock.search.model.results
    role = Qt.ItemDataRole.AccessibleTextRole
    for row in range(5):
        neuron = model.neuron_at(row)
        assert neuron is not None
        said = str(model.index(row, 0).data(role))
        assert said.startswith(f"{neuron.neuron_name}, {neuron.label}, {neuron.species}, ")
        assert model.readiness_of(neuron).reason.rstrip(".") in said
        assert said.endswith("with a picture" if neuron.png_url else "without a picture")


def test_the_sheet_of_shortcuts_names_the_keys_of_the_dock(driver: ArchiveDriver) -> None:
    from app.window.dialogs.windows import shortcut_sheet

    sheet = shortcut_sheet(driver.controller.window)
    text = sheet.findChild(QLabel).text()
    ours = [each for each in COMMANDS if each.menu == "File/NeuroMorpho.Org"]
    assert len(ours) == 7
    for verb in ours:
        assert verb.keys in text
    sheet.close()
