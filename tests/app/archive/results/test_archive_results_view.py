"""The results in view: wheel, keys and mouse over 300,000 made rows, as a table and as tiles."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from unittest.mock import patch

import numpy as np
import pytest
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QObject, QPoint, QPointF, Qt
from PySide6.QtGui import (
    QAction,
    QColor,
    QContextMenuEvent,
    QImage,
    QPaintEvent,
    QPixmap,
    QRegion,
    QWheelEvent,
)
from PySide6.QtWidgets import QAbstractItemView, QApplication
from pytestqt.qtbot import QtBot

from app.archive.connection.service import ArchiveService
from app.archive.drag_data import NEURON_MIME, ids_of, mime_of
from app.archive.results.columns import COLUMNS
from app.archive.results.model import PAGE_SIZE, ResultsModel
from app.archive.results.thumbnails import Thumbnails
from app.archive.results.view import START_HINT, ResultsView
from app.palette import DARK, LIGHT, Theme
from app.ui.style import stylesheet
from neuromorpho.records.models import NeuroMorphoNeuron
from tests.app.archive.results.test_archive_results_model import (
    INDEX_OF,
    N_MANY,
    made_page,
    wanted_pages,
)
from tests.neuromorpho.server import Server

Show = Callable[..., ResultsView]


@pytest.fixture
def model(qtbot: QtBot) -> ResultsModel:
    return ResultsModel()


@pytest.fixture
def pages(model: ResultsModel) -> list[int]:
    """The pages that were requested."""
    return wanted_pages(model)


@pytest.fixture
def show(qtbot: QtBot, model: ResultsModel) -> Show:
    """Return a function that shows the results in a window of their own, in a theme."""

    def show_(
        width: int = 900, theme: Theme = DARK, thumbnails: Thumbnails | None = None
    ) -> ResultsView:
        view = ResultsView(model, thumbnails)
        qtbot.addWidget(view)
        view.setStyleSheet(stylesheet(theme))
        view.set_theme(theme)
        view.resize(width, 640)
        view.show()
        view.activateWindow()
        qtbot.waitUntil(view.isActiveWindow)
        return view

    return show_


def fill(model: ResultsModel, total: int = N_MANY, n_pages: int = 3) -> None:
    model.set_total(total)
    for page in range(n_pages):
        model.set_page(page, made_page(page))


def turn_wheel(view: QAbstractItemView, notches: int) -> None:
    """Turn the wheel over the middle of a view, down for positive."""
    middle = QPointF(view.viewport().rect().center())
    event = QWheelEvent(
        middle,
        QPointF(view.viewport().mapToGlobal(middle.toPoint())),
        QPoint(),
        QPoint(0, -120 * notches),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(view.viewport(), event)


def centre_of(view: QAbstractItemView, row: int) -> QPoint:
    return view.visualRect(view.model().index(row, 0)).center()


def levels(pixels: QPixmap) -> NDArray[np.int16]:
    """Return colours, shape (height, width, 3), 0 … 255."""
    image = pixels.toImage().convertToFormat(QImage.Format.Format_RGB32)
    flat = np.frombuffer(image.constBits(), np.uint8)
    return flat.reshape(image.height(), image.width(), 4)[:, :, :3].astype(np.int16)


def menu_rows(view: ResultsView) -> dict[str, QAction]:
    """Return the rows of the menu of columns, as it is when it opens."""
    menu = view.bar.columns.menu()
    menu.aboutToShow.emit()
    return {each.text(): each for each in menu.actions()}


def shown_columns(view: ResultsView) -> list[str]:
    return [each.key for at, each in enumerate(COLUMNS) if not view.table.isColumnHidden(at)]


def record_signal(signal: object) -> list[object]:
    emitted: list[object] = []
    signal.connect(emitted.append)  # type: ignore[attr-defined]
    return emitted


@pytest.mark.parametrize("mode", ["table", "grid"])
def test_the_wheel_over_300000_rows_requests_only_where_it_stops(
    qtbot: QtBot, model: ResultsModel, pages: list[int], show: Show, mode: str
) -> None:
    view = show()
    view.set_mode(mode)
    model.set_total(N_MANY)
    shown = view.table if mode == "table" else view.grid
    for _ in range(600):
        turn_wheel(shown, 40)
    first, last = shown.rows_in_view()
    assert first > 5_000
    qtbot.waitUntil(lambda: bool(pages))
    assert set(pages) <= set(range(first // PAGE_SIZE - 1, last // PAGE_SIZE + 2))
    assert first // PAGE_SIZE in pages


@pytest.mark.parametrize("mode", ["table", "grid"])
def test_page_down_and_end_go_through_300000_rows(
    qtbot: QtBot, model: ResultsModel, show: Show, mode: str
) -> None:
    view = show()
    view.set_mode(mode)
    fill(model)
    shown = view.table if mode == "table" else view.grid
    shown.setFocus()
    qtbot.keyClick(shown, Qt.Key.Key_Home)
    before = shown.rows_in_view()[1]
    for _ in range(5):
        qtbot.keyClick(shown, Qt.Key.Key_PageDown)
    assert shown.currentIndex().row() >= 3 * before
    qtbot.keyClick(shown, Qt.Key.Key_End)
    assert shown.currentIndex().row() == N_MANY - 1
    assert shown.rows_in_view()[1] == N_MANY - 1
    qtbot.keyClick(shown, Qt.Key.Key_Home)
    assert shown.currentIndex().row() == 0
    assert shown.rows_in_view()[0] == 0


@pytest.mark.parametrize("mode", ["table", "grid"])
def test_a_screen_of_300000_rows_reads_no_more_cells_than_one_of_300(
    qtbot: QtBot, model: ResultsModel, show: Show, mode: str
) -> None:
    view = show()
    view.set_mode(mode)
    shown = view.table if mode == "table" else view.grid

    def n_read() -> int:
        with patch.object(model, "neuron_at", wraps=model.neuron_at) as read:
            shown.viewport().repaint()
        return int(read.call_count)

    fill(model, total=300)
    few = n_read()
    model.start_over()
    fill(model)
    assert 0 < n_read() <= 2 * few


def test_return_and_a_double_click_open_the_current_cell(
    qtbot: QtBot, model: ResultsModel, show: Show
) -> None:
    view = show()
    fill(model)
    opened, selected = record_signal(view.activated), record_signal(view.selected)
    qtbot.mouseClick(view.table.viewport(), Qt.MouseButton.LeftButton, pos=centre_of(view.table, 2))
    qtbot.keyClick(view.table, Qt.Key.Key_Return)
    assert (selected, opened) == ([3], [3])
    view.set_mode("grid")
    place = centre_of(view.grid, 4)
    qtbot.mouseClick(view.grid.viewport(), Qt.MouseButton.LeftButton, pos=place)
    qtbot.mouseDClick(view.grid.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert (selected, opened) == ([3, 5], [3, 5])


def test_control_return_queues_all_that_is_chosen(
    qtbot: QtBot, model: ResultsModel, show: Show
) -> None:
    view = show()
    fill(model)
    queued = record_signal(view.queueRequested)
    port, left = view.table.viewport(), Qt.MouseButton.LeftButton
    qtbot.mouseClick(port, left, pos=centre_of(view.table, 1))
    qtbot.mouseClick(port, left, Qt.KeyboardModifier.ShiftModifier, centre_of(view.table, 4))
    qtbot.keyClick(view.table, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    assert queued == [[2, 3, 4, 5]]


def test_shift_click_in_the_grid_chooses_every_cell_between(
    qtbot: QtBot, model: ResultsModel, show: Show
) -> None:
    view = show()
    view.set_mode("grid")
    fill(model)
    port, left = view.grid.viewport(), Qt.MouseButton.LeftButton
    qtbot.mouseClick(port, left, pos=centre_of(view.grid, 1))
    qtbot.mouseClick(port, left, Qt.KeyboardModifier.ShiftModifier, centre_of(view.grid, 9))
    assert view.chosen_ids() == list(range(2, 11))
    qtbot.mouseClick(port, left, pos=centre_of(view.grid, 7))
    qtbot.keyClick(view.grid, Qt.Key.Key_Left, Qt.KeyboardModifier.ShiftModifier)
    assert view.chosen_ids() == [7, 8]


def test_all_300000_can_be_chosen_and_only_loaded_cells_are_returned(
    qtbot: QtBot, model: ResultsModel, show: Show
) -> None:
    view = show()
    fill(model, n_pages=2)
    view.table.setFocus()
    qtbot.keyClick(view.table, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    assert view.n_chosen() == N_MANY
    started = time.perf_counter()
    view.grab()
    assert time.perf_counter() - started < 1.0  # a header that looks at every chosen row takes ten
    assert view.chosen_ids() == list(range(1, 201))
    assert view.bar.count.text() == "300,000 cells · 300,000 chosen"


def test_a_loading_current_row_is_emitted_once_it_is_loaded(
    qtbot: QtBot, model: ResultsModel, show: Show
) -> None:
    view = show()
    model.set_total(N_MANY)
    selected = record_signal(view.selected)
    qtbot.mouseClick(view.table.viewport(), Qt.MouseButton.LeftButton, pos=centre_of(view.table, 3))
    qtbot.keyClick(view.table, Qt.Key.Key_Return)
    assert selected == []
    model.set_page(0, made_page(0))
    assert selected == [4]


@pytest.mark.parametrize("mode", ["table", "grid"])
def test_another_searchs_hits_are_shown_from_the_first_one_and_emitted_again(
    qtbot: QtBot, model: ResultsModel, show: Show, mode: str
) -> None:
    view = show()
    view.set_mode(mode)
    shown = view.table if mode == "table" else view.grid
    emitted = record_signal(view.selected)
    fill(model)
    view.go_to_first()
    turn_wheel(shown, 40)
    assert shown.rows_in_view()[0] > 0
    model.start_over(N_MANY, made_page(0))
    assert shown.isVisible(), "the hint stood there between the hits of two searches"
    assert shown.rows_in_view()[0] == 0
    view.go_to_first()
    assert emitted == [made_page(0)[0].neuron_id] * 2


@pytest.mark.parametrize("mode", ["table", "grid"])
def test_a_scrolled_picture_equals_a_repainted_one(
    qtbot: QtBot, model: ResultsModel, show: Show, mode: str
) -> None:
    view = show()
    view.set_mode(mode)
    for column in range(INDEX_OF["species"] + 1, len(COLUMNS)):
        view.table.hideColumn(column)  # right of the others there is nothing but ground
    fill(model)
    shown = view.table if mode == "table" else view.grid

    def on_screen() -> QPixmap:
        place = shown.viewport().mapTo(view, QPoint())
        size = shown.viewport().size()
        return view.screen().grabWindow(view.winId(), place.x(), place.y(), *size.toTuple())

    def is_true() -> bool:
        off = levels(on_screen()) - levels(shown.viewport().grab())
        return bool(abs(off).max() <= 2)  # a smoothed line that was cut is rounded twice

    for notches in (3, 2, -1, 4):
        before = shown.verticalScrollBar().value()
        turn_wheel(shown, notches)
        assert shown.verticalScrollBar().value() != before
        qtbot.waitUntil(is_true)
    model.set_page(0, made_page(5))
    qtbot.waitUntil(is_true)
    model.set_total(4)
    qtbot.waitUntil(is_true)


def test_a_loaded_picture_repaints_its_own_row_only(
    qtbot: QtBot, model: ResultsModel, show: Show, service: ArchiveService
) -> None:
    thumbnails = Thumbnails(service, service)
    view = show(thumbnails=thumbnails)
    view.set_mode("grid")
    fill(model)
    qtbot.waitUntil(lambda: view.grid.rows_in_view()[1] > 3)
    drawn: list[QRegion] = []

    class Paints(QObject):
        def eventFilter(self, _watched: QObject, event: QEvent) -> bool:
            if isinstance(event, QPaintEvent):
                drawn.append(event.region())
            return False

    QApplication.processEvents()
    paints = Paints(view)
    view.grid.viewport().installEventFilter(paints)
    third = model.neuron_at(2)
    assert third is not None
    thumbnails.ready.emit(third.neuron_id)
    qtbot.waitUntil(lambda: bool(drawn))
    assert [each.boundingRect() for each in drawn] == [view.grid.tile(2)]


def test_a_menu_is_requested_with_the_mouse_and_with_the_key(
    qtbot: QtBot, model: ResultsModel, show: Show
) -> None:
    view = show()
    fill(model)
    emitted: list[tuple[list[int], QPoint]] = []
    view.contextRequested.connect(lambda ids, place: emitted.append((ids, place)))
    place = centre_of(view.table, 2)
    qtbot.mouseClick(view.table.viewport(), Qt.MouseButton.LeftButton, pos=place)
    for reason in (QContextMenuEvent.Reason.Mouse, QContextMenuEvent.Reason.Keyboard):
        spot = view.table.viewport().mapToGlobal(place)
        target = (
            view.table if reason == QContextMenuEvent.Reason.Keyboard else view.table.viewport()
        )
        QApplication.sendEvent(target, QContextMenuEvent(reason, place, spot))
    assert [ids for ids, _ in emitted] == [[3], [3]]
    rect = view.table.visualRect(model.index(2, 0))
    assert rect.contains(view.table.viewport().mapFromGlobal(emitted[1][1]))


def test_table_and_tiles_share_what_is_chosen_and_where_one_is(
    qtbot: QtBot, model: ResultsModel, show: Show
) -> None:
    view = show()
    fill(model)
    view.table.scrollTo(model.index(210, 0), QAbstractItemView.ScrollHint.PositionAtTop)
    view.table.setCurrentIndex(model.index(212, 0))
    qtbot.mouseClick(view.bar.as_grid, Qt.MouseButton.LeftButton)
    first, last = view.grid.rows_in_view()
    assert first <= 212 <= last
    assert view.current_id() == 213
    assert view.chosen_ids() == [213]
    assert view.bar.as_grid.isChecked()
    assert not view.bar.as_table.isChecked()


def test_a_narrower_grid_shows_the_same_first_row(
    qtbot: QtBot, model: ResultsModel, show: Show
) -> None:
    view = show()
    view.set_mode("grid")
    fill(model)
    view.grid.scrollTo(model.index(90_000, 0), QAbstractItemView.ScrollHint.PositionAtTop)
    view.resize(320, 640)
    first, last = view.grid.rows_in_view()
    assert view.grid.n_across() == 2
    assert first <= 90_000 <= last


def test_a_click_on_a_header_requests_another_order(
    qtbot: QtBot, model: ResultsModel, show: Show
) -> None:
    view = show()
    fill(model)
    sorts: list[tuple[str, bool]] = []
    model.sortRequested.connect(lambda field, up: sorts.append((field, up)))
    header = view.table.horizontalHeader()
    column = INDEX_OF["species"]
    spot = QPoint(header.sectionViewportPosition(column) + 20, header.height() // 2)
    qtbot.mouseClick(header.viewport(), Qt.MouseButton.LeftButton, pos=spot)
    view.set_sort("species", False)
    assert sorts == [("species", True)]
    assert header.sortIndicatorSection() == column
    assert header.sortIndicatorOrder() == Qt.SortOrder.DescendingOrder


def test_columns_are_chosen_in_the_menu_and_morphometry_is_requested_only_if_shown(
    qtbot: QtBot, model: ResultsModel, show: Show
) -> None:
    view = show()
    actions = menu_rows(view)
    assert actions["Length [µm]"].isChecked()
    assert not actions["Depth [µm]"].isChecked()
    actions["Depth [µm]"].trigger()
    actions["Species"].trigger()
    assert "depth" in shown_columns(view)
    assert "species" not in shown_columns(view)
    menu_rows(view)["Usual columns"].trigger()
    assert shown_columns(view) == [column.key for column in COLUMNS if column.is_shown]
    for column in COLUMNS:
        if column.is_measured and column.is_shown:
            menu_rows(view)[column.title].trigger()
    wanted = record_signal(model.measurementsWanted)
    fill(model, n_pages=1)
    qtbot.waitSignal(model.rested).wait()
    assert not wanted
    menu_rows(view)["Length [µm]"].trigger()
    qtbot.waitUntil(lambda: bool(wanted))


def test_sorting_is_reachable_by_the_menu_too(
    qtbot: QtBot, model: ResultsModel, show: Show
) -> None:
    view = show()
    sorts: list[str] = []
    model.sortRequested.connect(lambda field, _up: sorts.append(field))
    by = {each.text(): each for each in menu_rows(view)["Sort by"].menu().actions()}
    assert "Brain region" not in by
    assert "ID  ▲" in by
    by["Uploaded"].trigger()
    assert sorts == ["upload_date"]


def test_without_hits_a_sentence_is_shown(qtbot: QtBot, model: ResultsModel, show: Show) -> None:
    view = show()
    assert view.hint.isVisible()
    assert view.hint.text() == START_HINT
    fill(model, total=300)
    assert not view.hint.isVisible()
    assert view.table.isVisible()
    model.start_over()
    view.show_hint("No cell matches.")
    assert view.hint.isVisible()
    assert view.hint.text() == "No cell matches."


def test_a_failed_page_is_reported_above_the_hits_and_retried_by_a_button(
    qtbot: QtBot, model: ResultsModel, pages: list[int], show: Show
) -> None:
    view = show()
    model.set_total(N_MANY)
    qtbot.waitUntil(lambda: pages == [0])
    model.fail_page(0, "NeuroMorpho.Org does not answer.")
    assert view.failure.isVisible()
    assert view.table.isVisible()
    assert view.failure.sentence.text() == "NeuroMorpho.Org does not answer."
    qtbot.mouseClick(view.failure.retry, Qt.MouseButton.LeftButton)
    assert not view.failure.isVisible()
    assert pages == [0, 0]


def test_a_failed_search_is_reported_in_the_same_place_and_retried_by_its_owner(
    qtbot: QtBot, model: ResultsModel, show: Show
) -> None:
    view = show()
    view.failure.set_search_sentence("The query cannot be read.")
    assert view.failure.isVisible()
    with qtbot.waitSignal(view.failure.searchRetried):
        qtbot.mouseClick(view.failure.retry, Qt.MouseButton.LeftButton)
    view.failure.set_search_sentence("")
    assert not view.failure.isVisible()


def test_pictures_appear_in_the_tiles_in_view(
    qtbot: QtBot,
    model: ResultsModel,
    show: Show,
    service: ArchiveService,
    archive_server: Server,
) -> None:
    thumbnails = Thumbnails(service, service)
    view = show(thumbnails=thumbnails)
    view.set_mode("grid")
    ids = list(archive_server.holdings.ids)
    cells = [NeuroMorphoNeuron.from_payload(archive_server.holdings.record(i)) for i in ids]
    model.set_total(len(cells))
    model.set_page(0, cells[:PAGE_SIZE])
    first, last = view.grid.rows_in_view()
    in_view = cells[first : last + 1]
    qtbot.waitUntil(lambda: all(thumbnails.pixmap(each) is not None for each in in_view))
    grabbed = grab(view.grid.viewport().grab())
    tile = view.grid.tile(0)
    assert QColor(grabbed.pixel(tile.left() + 9, tile.top() + 9)) == QColor(0, 0, 0)
    assert not [seen for seen in archive_server.requests if "/api/" in seen.path]


@pytest.mark.parametrize("theme", [DARK, LIGHT], ids=["dark", "light"])
@pytest.mark.parametrize("width", [320, 900])
@pytest.mark.parametrize("mode", ["table", "grid"])
def test_the_results_are_drawn_in_both_themes_at_both_widths(
    qtbot: QtBot,
    model: ResultsModel,
    show: Show,
    tmp_path: Path,
    theme: Theme,
    width: int,
    mode: str,
) -> None:
    view = show(width, theme)
    view.set_mode(mode)
    fill(model, n_pages=1)
    assert view.width() == width
    shown = view.table if mode == "table" else view.grid
    image = grab(shown.viewport().grab())
    assert image.save(str(tmp_path / "results.png"))
    counts = colors_of(image)
    assert counts[QColor(*theme.surface).rgb()] > 0.25 * image.width() * image.height()
    for level in {model.readiness_of(each).level for each in made_page(0)[:6]}:
        color = {"ready": theme.good, "caution": theme.warn, "not": theme.bad}[level]
        assert counts.get(QColor(*color).rgb(), 0) > 4, level


def test_rows_on_their_way_are_quiet_bars_not_text(
    qtbot: QtBot, model: ResultsModel, show: Show
) -> None:
    view = show()
    model.set_total(N_MANY)
    waiting = colors_of(grab(view.table.viewport().grab()))
    fill(model, n_pages=1)
    here = colors_of(grab(view.table.viewport().grab()))
    text = QColor(*DARK.text).rgb()
    assert here[text] > 100
    assert waiting.get(text, 0) == 0
    assert len(waiting) > 2


def test_what_is_dragged_carries_the_ids_and_what_is_no_id_is_left_out(qtbot: QtBot) -> None:
    data = mime_of([1, 129])
    assert ids_of(data) == [1, 129]
    assert data.text() == "NMO_00001\nNMO_00129"
    data.setData(NEURON_MIME, b"7\n-1\nx\n../etc\n99999999999999999999\n8")
    assert ids_of(data) == [7, 8]


def test_everything_that_takes_the_keyboard_has_a_name(
    qtbot: QtBot, model: ResultsModel, show: Show
) -> None:
    view = show()
    for widget in (view, view.table, view.grid, view.bar.as_table, view.bar.as_grid):
        assert widget.accessibleName()
    assert view.failure.retry.accessibleName()
    assert view.bar.columns.text()


def grab(pixmap: QPixmap) -> QImage:
    return pixmap.toImage().convertToFormat(QImage.Format.Format_RGB32)


def colors_of(image: QImage) -> dict[int, int]:
    """Return how many pixels have each colour, as ``QColor.rgb``."""
    import numpy as np

    raw = np.frombuffer(image.constBits(), dtype=np.uint32)
    colors, counts = np.unique(raw, return_counts=True)
    return {int(c) | 0xFF000000: int(n) for c, n in zip(colors, counts, strict=True)}
