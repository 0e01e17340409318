"""The trace plot, by mouse and keys, as a user meets it."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QColor, QWheelEvent
from PySide6.QtWidgets import QApplication, QMenu, QToolButton
from pytestqt.qtbot import QtBot

from app.palette import DARK, LIGHT, trace_color, trace_pattern
from app.traces.legend import LegendColumn
from app.traces.plot import TracePlot
from app.traces.store import StoredTrace, TraceStore, last_run_id

LEFT = Qt.MouseButton.LeftButton
RED, GREEN = (230, 60, 40), (0, 158, 115)
SOMA, DEND = "soma[0](0.5)", "dend[3](0.5)"


@pytest.fixture
def plot(qtbot: QtBot) -> TracePlot:
    """A shown plot of voltages with nothing in it."""
    plot = TracePlot()
    qtbot.addWidget(plot)
    plot.resize(1000, 320)
    plot.set_axes("Membrane potential", "V", "mV")
    plot.show()
    qtbot.waitExposed(plot)
    return plot


@pytest.fixture
def filled(plot: TracePlot, qtbot: QtBot) -> TracePlot:
    """The same with a flat trace at −20 and one at −60 mV over 100 ms, drawn."""
    times = np.arange(0, 100, 0.1)
    plot.set_trace(SOMA, SOMA, RED, times, np.full(1000, -20.0))
    plot.set_trace(DEND, DEND, GREEN, times, np.full(1000, -60.0), "history begins at 0 ms")
    plot.set_time(100.0)
    settle(plot, qtbot)
    return plot


def settle(plot: TracePlot, qtbot: QtBot) -> None:
    """Wait until the picture has caught up."""
    qtbot.waitUntil(lambda: not plot._timer.isActive())


def place(plot: TracePlot, time_ms: float, value: float) -> QPoint:
    """Return where a time and a value are on the canvas."""
    return plot.canvas.position_of(time_ms, value).toPoint()


def cell(plot: TracePlot, row: int, column: LegendColumn) -> QPoint:
    """Return the middle of a legend's cell."""
    return plot.legend.visualRect(plot.legend.rows.index(row, column)).center()


def click_cell(plot: TracePlot, qtbot: QtBot, row: int, column: LegendColumn) -> None:
    qtbot.mouseClick(plot.legend.viewport(), LEFT, pos=cell(plot, row, column))


def has_color(plot: TracePlot, rgb: tuple[int, int, int], near: QPoint) -> bool:
    """Whether a pixel within 3 px of a place on the canvas has a colour."""
    image = plot.canvas.grab().toImage()
    return any(QColor(image.pixel(near.x(), near.y() + dy)) == QColor(*rgb) for dy in range(-3, 4))


def wheel(plot: TracePlot, at: QPoint, steps: int) -> None:
    """Turn the wheel over the canvas."""
    view = plot.canvas.viewport()
    event = QWheelEvent(
        QPointF(at),
        QPointF(view.mapToGlobal(at)),
        QPoint(0, 0),
        QPoint(0, 120 * steps),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(view, event)


def test_an_empty_plot_shows_what_to_do_next(plot: TracePlot) -> None:
    assert plot._hint.isVisible()
    assert plot._hint.text() == "Click a segment, or press T for the soma."
    assert not plot.legend.isVisible()
    assert not plot.toolbar.export.isEnabled()


def test_traces_are_drawn_in_their_colours_where_their_values_are(filled: TracePlot) -> None:
    assert not filled._hint.isVisible()
    assert has_color(filled, RED, place(filled, 50.0, -20.0))
    assert has_color(filled, GREEN, place(filled, 50.0, -60.0))
    assert not has_color(filled, GREEN, place(filled, 50.0, -20.0))


def test_axes_show_units_as_given(filled: TracePlot) -> None:
    item = filled.canvas.getPlotItem()
    assert item.getAxis("bottom").labelText == "Time (ms)"
    assert item.getAxis("left").labelText == "V (mV)"
    for axis in (item.getAxis("bottom"), item.getAxis("left")):
        assert axis.autoSIPrefix is False
        assert axis.autoSIPrefixScale == 1.0


def test_new_samples_roll_the_window_and_unknown_traces_are_ignored(
    filled: TracePlot, qtbot: QtBot
) -> None:
    times = np.arange(100, 160, 0.1)
    filled.append((SOMA, "stranger"), times, np.full((2, len(times)), 10.0))
    filled.set_time(160.0)
    settle(filled, qtbot)
    assert filled.canvas.ranges()[0] == pytest.approx((60.0, 160.0))
    assert has_color(filled, RED, place(filled, 140.0, 10.0))
    assert filled.trace_ids() == (SOMA, DEND)


def test_the_default_range_of_voltage_cuts_no_peak_off_and_one_that_is_chosen_stays(
    filled: TracePlot, qtbot: QtBot
) -> None:
    filled.append([SOMA], np.array([100.0, 100.1]), [np.array([52.0, -81.0])])
    filled.set_time(100.1)
    settle(filled, qtbot)
    assert filled.canvas.ranges()[1] == pytest.approx((-90.0, 60.0))
    filled.set_y_range((-50.0, 0.0))
    settle(filled, qtbot)
    assert filled.canvas.ranges()[1] == pytest.approx((-50.0, 0.0))


def test_voltage_starts_on_a_fixed_range_and_auto_follows_the_traces(
    filled: TracePlot, qtbot: QtBot
) -> None:
    assert filled.canvas.ranges()[1] == pytest.approx((-80.0, 40.0))
    qtbot.mouseClick(filled.toolbar.auto, LEFT)
    settle(filled, qtbot)
    low, high = filled.canvas.ranges()[1]
    assert -70 < low < -60
    assert -20 < high < -10
    qtbot.mouseClick(filled.toolbar.auto, LEFT)
    settle(filled, qtbot)
    assert filled.canvas.ranges()[1] == pytest.approx((-80.0, 40.0))


def test_a_window_button_changes_the_window_and_emits_a_signal(
    filled: TracePlot, qtbot: QtBot
) -> None:
    with qtbot.waitSignal(filled.windowChanged) as signal:
        qtbot.mouseClick(filled.toolbar.window_button(500.0), LEFT)
    assert signal.args == [500.0]
    settle(filled, qtbot)
    assert filled.canvas.ranges()[0] == pytest.approx((0.0, 500.0))
    with qtbot.assertNotEmitted(filled.windowChanged):
        filled.set_window(500.0)


def test_zooming_stops_the_rolling_until_live_is_pressed(filled: TracePlot, qtbot: QtBot) -> None:
    assert not filled.toolbar.live.isVisible()
    wheel(filled, place(filled, 50.0, -40.0), 3)
    assert filled.toolbar.live.isVisible()
    assert not filled.is_following
    by_hand = filled.canvas.ranges()
    assert np.ptp(by_hand[0]) < 100
    assert by_hand[1] == pytest.approx((-80.0, 40.0))
    filled.set_time(400.0)
    settle(filled, qtbot)
    assert filled.canvas.ranges()[0] == pytest.approx(by_hand[0])
    qtbot.mouseClick(filled.toolbar.live, LEFT)
    settle(filled, qtbot)
    assert filled.is_following
    assert filled.canvas.ranges()[0] == pytest.approx((300.0, 400.0))
    assert not filled.toolbar.live.isVisible()


def test_the_legend_shows_present_values_and_those_at_the_cursor(
    filled: TracePlot, qtbot: QtBot
) -> None:
    filled.append((SOMA,), [100.0], [[-31.5]])
    value = filled.legend.rows.index(0, LegendColumn.VALUE)
    qtbot.waitUntil(lambda: value.data() == "−31.50 mV")
    with qtbot.waitSignal(filled.cursorMoved) as moved:
        qtbot.mouseMove(filled.canvas.viewport(), place(filled, 40.0, -40.0))
    assert moved.args[0] == pytest.approx(40.0, abs=0.3)
    qtbot.waitUntil(lambda: value.data() == "−20.00 mV")
    assert filled.values_at(40.0) == {SOMA: -20.0, DEND: -60.0}
    with qtbot.waitSignal(filled.cursorMoved) as gone:
        qtbot.mouseMove(filled.canvas.viewport(), QPoint(2, 2))
    assert math.isnan(gone.args[0])


def test_a_click_pins_the_cursor_and_escape_unpins_it(filled: TracePlot, qtbot: QtBot) -> None:
    view = filled.canvas.viewport()
    with qtbot.waitSignal(filled.cursorPinned) as pinned:
        qtbot.mouseClick(view, LEFT, pos=place(filled, 70.0, 10.0))
    assert pinned.args[0] == pytest.approx(70.0, abs=0.3)
    settle(filled, qtbot)
    assert filled.canvas._cursor.isVisible()
    filled.canvas.setFocus()
    with qtbot.waitSignal(filled.cursorPinned) as let_go:
        qtbot.keyClick(filled.canvas, Qt.Key.Key_Escape)
    assert math.isnan(let_go.args[0])


def test_setting_the_cursor_emits_no_signal(filled: TracePlot, qtbot: QtBot) -> None:
    with qtbot.assertNotEmitted(filled.cursorMoved), qtbot.assertNotEmitted(filled.cursorPinned):
        filled.set_cursor(30.0)
        settle(filled, qtbot)
    assert filled.canvas._cursor.value() == 30.0


def test_a_click_on_a_curve_highlights_its_trace(filled: TracePlot, qtbot: QtBot) -> None:
    with qtbot.waitSignal(filled.traceHighlighted) as signal:
        qtbot.mouseClick(filled.canvas.viewport(), LEFT, pos=place(filled, 30.0, -60.0))
    assert signal.args == [DEND]
    assert filled.canvas._curves[DEND].opts["pen"].width() == 2
    assert filled.canvas._curves[SOMA].opts["pen"].width() == 1
    assert filled.legend.currentIndex().row() == 1


def test_the_eye_hides_and_shows_a_trace(filled: TracePlot, qtbot: QtBot) -> None:
    with qtbot.waitSignal(filled.traceVisibilityChanged) as signal:
        click_cell(filled, qtbot, 1, LegendColumn.EYE)
    assert signal.args == [DEND, False]
    settle(filled, qtbot)
    assert not has_color(filled, GREEN, place(filled, 50.0, -60.0))
    with qtbot.waitSignal(filled.traceVisibilityChanged) as signal:
        click_cell(filled, qtbot, 1, LegendColumn.EYE)
    assert signal.args == [DEND, True]


def test_the_cross_requests_a_removal_and_does_not_remove(filled: TracePlot, qtbot: QtBot) -> None:
    with qtbot.waitSignal(filled.traceRemoveRequested) as signal:
        click_cell(filled, qtbot, 0, LegendColumn.REMOVE)
    assert signal.args == [SOMA]
    assert filled.trace_ids() == (SOMA, DEND)
    filled.remove_trace(SOMA)
    settle(filled, qtbot)
    assert filled.trace_ids() == (DEND,)
    assert not has_color(filled, RED, place(filled, 50.0, -20.0))
    filled.clear()
    assert filled._hint.isVisible()


def test_the_legend_can_be_used_with_the_keyboard_only(filled: TracePlot, qtbot: QtBot) -> None:
    filled.activateWindow()
    filled.legend.setFocus()
    qtbot.waitUntil(filled.legend.hasFocus)
    filled.highlight(SOMA)
    with qtbot.waitSignal(filled.traceHighlighted) as signal:
        qtbot.keyClick(filled.legend, Qt.Key.Key_Down)
    assert signal.args == [DEND]
    with qtbot.waitSignal(filled.traceVisibilityChanged) as signal:
        qtbot.keyClick(filled.legend, Qt.Key.Key_H)
    assert signal.args == [DEND, False]
    with qtbot.waitSignal(filled.traceRemoveRequested) as signal:
        qtbot.keyClick(filled.legend, Qt.Key.Key_Delete)
    assert signal.args == [DEND]
    spoken = filled.legend.rows.index(1, LegendColumn.EYE).data(Qt.ItemDataRole.AccessibleTextRole)
    assert spoken == f"{DEND} is hidden"


def test_the_export_and_clear_buttons_emit_signals(filled: TracePlot, qtbot: QtBot) -> None:
    for button, signal in (
        (filled.toolbar.export, filled.exportRequested),
        (filled.toolbar.clear, filled.clearRequested),
    ):
        with qtbot.waitSignal(signal):
            qtbot.mouseClick(button, LEFT)


def test_a_right_click_opens_the_plots_own_menu(filled: TracePlot, qtbot: QtBot) -> None:
    at = place(filled, 50.0, 10.0)
    qtbot.mouseClick(filled.canvas.viewport(), Qt.MouseButton.RightButton, pos=at)
    menu = filled.findChild(QMenu, "traceMenu")
    texts = [action.text() for action in menu.actions() if action.text()]
    assert texts == ["Back to live", "Auto range", "Unpin the cursor", "Export traces…"]
    menu.close()
    qtbot.waitUntil(lambda: filled.findChild(QMenu, "traceMenu") is None)


def test_a_trace_sent_again_replaces_its_samples_and_stays_hidden(
    filled: TracePlot, qtbot: QtBot
) -> None:
    click_cell(filled, qtbot, 0, LegendColumn.EYE)
    filled.set_trace(SOMA, SOMA, RED, [0.0], [-65.0])
    times, values = filled.data(SOMA)
    assert times.tolist() == [0.0]
    assert values.tolist() == [-65.0]
    assert not filled.canvas._curves[SOMA].isVisible()


def test_nothing_runs_while_nothing_changes(filled: TracePlot, qtbot: QtBot) -> None:
    settle(filled, qtbot)
    filled.set_time(100.0)
    assert not filled._timer.isActive()
    filled.hide()
    filled.set_time(120.0)
    assert not filled._timer.isActive()
    filled.show()
    assert filled._timer.isActive()
    settle(filled, qtbot)
    assert filled.canvas.ranges()[0] == pytest.approx((20.0, 120.0))


def test_a_hundred_changes_make_one_redraw(
    filled: TracePlot, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn: list[str] = []
    draw: Callable[..., None] = filled.canvas.draw
    monkeypatch.setattr(
        filled.canvas, "draw", lambda id_, *rest: (drawn.append(id_), draw(id_, *rest))
    )
    for i in range(100):
        filled.append((SOMA, DEND), [101.0 + i], [[0.0], [1.0]])
    settle(filled, qtbot)
    assert drawn == [SOMA, DEND]


def test_both_themes_colour_background_and_text(filled: TracePlot, qtbot: QtBot) -> None:
    for theme in (LIGHT, DARK):
        filled.set_theme(theme)
        settle(filled, qtbot)
        corner = filled.canvas.grab().toImage().pixelColor(2, 2)
        assert (corner.red(), corner.green(), corner.blue()) == theme.surface


@pytest.mark.parametrize(("width", "legend"), [(600, 265), (740, 266), (1400, 290)])
def test_the_legend_leaves_most_of_a_narrow_plot_to_the_curves(
    filled: TracePlot, qtbot: QtBot, width: int, legend: int
) -> None:
    filled.resize(width, 320)
    qtbot.waitUntil(lambda: abs(filled._side.width() - legend) <= 8)
    assert filled.canvas.width() > filled.legend.width()


@pytest.mark.parametrize(("width", "height"), [(380, 570), (400, 320), (530, 560)])
def test_in_a_narrow_tall_plot_the_legend_is_below_the_curves(
    filled: TracePlot, qtbot: QtBot, width: int, height: int
) -> None:
    filled.resize(width, height)
    qtbot.waitUntil(lambda: filled._side.y() > filled.canvas.height() / 2)
    assert filled.width() == width
    assert filled.canvas.width() == pytest.approx(width, abs=8)
    assert filled.canvas.height() > 0.5 * filled._split.height()
    last = filled.legend.visualRect(filled.legend.rows.index(1, LegendColumn.VALUE))
    assert filled.legend.viewport().rect().contains(last)
    filled.resize(900, 300)
    qtbot.waitUntil(lambda: filled._side.x() > filled.canvas.width() / 2)


@pytest.mark.parametrize("width", [300, 380, 420, 1000])
def test_what_a_narrow_toolbar_cannot_show_is_in_its_menu(
    filled: TracePlot, qtbot: QtBot, width: int
) -> None:
    bar = filled.toolbar
    filled.resize(width, 400)
    filled.set_auto_range(True)
    qtbot.waitUntil(lambda: bar.width() == width)
    buttons = {each.text() for each in bar.findChildren(QToolButton) if each.isVisible()}
    for button in bar.findChildren(QToolButton):
        assert not button.isVisible() or button.geometry().right() <= width, button.text()
    listed = {each.text() for each in bar.more.menu().actions() if each.isVisible()}
    reached = buttons | (listed if bar.more.isVisible() else set())
    assert {"Auto range", "Export…", "Clear"} <= reached
    assert {"100 ms", "All"} <= reached or {"Last 100 ms", "Everything"} <= reached
    auto = next(each for each in bar.more.menu().actions() if each.text() == "Auto range")
    assert auto.isChecked()
    half = next(each for each in bar.more.menu().actions() if each.text() == "Last 500 ms")
    with qtbot.waitSignal(filled.windowChanged) as emitted:
        half.trigger()
    assert emitted.args == [500.0]
    assert bar.window_button(500.0).isChecked()


def test_a_legend_that_was_resized_keeps_its_width(filled: TracePlot, qtbot: QtBot) -> None:
    filled._split.moveSplitter(500, 1)
    filled.resize(1200, 320)
    qtbot.waitUntil(lambda: filled.width() == 1200)
    assert filled._side.width() > 450


@pytest.mark.parametrize("width", [420, 700, 1400])
def test_the_legend_never_cuts_a_number(plot: TracePlot, qtbot: QtBot, width: int) -> None:
    plot.resize(width, 320)
    full = "Pyramidal[0].apic[94](0.928571)"
    plot.set_trace(full, full, RED, [0.0, 1.0], [-64.9, -65.1])
    assert "mV" in plot.legend.rows.data(plot.legend.rows.index(0, LegendColumn.VALUE))
    plot.set_trace(full, full, RED, [0.0, 1.0], [1e-6, 1.126e-6], unit="S/cm²")
    settle(plot, qtbot)
    index = plot.legend.rows.index(0, LegendColumn.VALUE)
    text = plot.legend.rows.data(index)
    assert text == "1.126e−06 S/cm²"
    assert plot.legend.columnWidth(
        LegendColumn.VALUE
    ) >= plot.legend.fontMetrics().horizontalAdvance(text)
    place = plot.legend.visualRect(index)
    assert place.right() <= plot.legend.viewport().width()
    tip = plot.legend.rows.data(index, Qt.ItemDataRole.ToolTipRole)
    assert full in tip


def test_the_axis_makes_room_for_its_numbers(plot: TracePlot, qtbot: QtBot) -> None:
    before = plot.canvas.axis_width()
    plot.set_axes("gNa", "gna_hh", "S/cm²")
    plot.set_trace(SOMA, SOMA, RED, np.arange(100.0), np.linspace(1.111e-6, 1.113e-6, 100))
    settle(plot, qtbot)
    qtbot.waitUntil(lambda: plot.canvas.axis_width() > before)


def test_another_unit_has_a_plot_of_its_own_below_over_the_same_times(
    filled: TracePlot, qtbot: QtBot
) -> None:
    gate = f"{SOMA}.m_hh"
    times = np.arange(50, 100, 0.1)
    filled.set_trace(
        gate, gate, (0, 114, 178), times, np.linspace(0.05, 0.98, 500), "", "", "m (hh)"
    )
    settle(filled, qtbot)
    main, other = filled.panes
    assert (main.curves, other.curves) == ({SOMA, DEND}, {gate})
    assert main.canvas.getPlotItem().getAxis("left").labelText == "V (mV)"
    assert other.canvas.getPlotItem().getAxis("left").labelText == "m (hh)"
    assert main.canvas.ranges()[1] == (-80.0, 40.0)
    low, high = other.canvas.ranges()[1]
    assert low < 0.05
    assert high > 0.98
    qtbot.waitUntil(
        lambda: main.canvas.mapTo(filled, QPoint()).y() < other.canvas.mapTo(filled, QPoint()).y()
    )
    for time_ms in (20.0, 80.0):  # one time is at one place in both
        places = [
            pane.canvas.mapTo(filled, pane.canvas.position_of(time_ms, 0).toPoint()).x()
            for pane in filled.panes
        ]
        assert abs(places[0] - places[1]) <= 1
    units = [row.unit for row in filled.legend.rows.rows]
    assert units == ["mV", "mV", ""]
    assert [(each.label, each.unit) for each in filled.columns()][2] == (gate, "")
    filled.append([SOMA, gate], [100.0], [[-30.0], [0.5]])
    assert filled.data(SOMA)[1][-1] == -30.0
    filled.remove_trace(gate)
    assert len(list(filled.panes)) == 1
    assert filled.trace_ids() == (SOMA, DEND)


def test_zooming_one_plot_moves_the_times_of_all(filled: TracePlot, qtbot: QtBot) -> None:
    filled.set_trace("g", "g", GREEN, [0.0, 99.0], [0.1, 0.2], "", "S/cm²", "gna")
    settle(filled, qtbot)
    main, other = filled.panes
    qtbot.waitUntil(lambda: other.canvas.isVisible() and other.canvas.height() > 40)
    view = other.canvas.viewport()
    event = QWheelEvent(
        QPointF(view.rect().center()), QPointF(view.mapToGlobal(view.rect().center())), QPoint(),
        QPoint(0, 240), Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(view, event)
    settle(filled, qtbot)
    assert not filled.is_following
    assert main.canvas.ranges()[0] == pytest.approx(other.canvas.ranges()[0])
    assert np.ptp(main.canvas.ranges()[0]) < 100
    filled.go_live()
    settle(filled, qtbot)
    assert main.canvas.ranges()[0] == pytest.approx((0.0, 100.0))


def restarted(plot: TracePlot, *values: float) -> None:
    """Send the soma's trace as Init does, then samples of the next run every ms."""
    plot.set_trace(SOMA, SOMA, RED, [0.0], [values[0]])
    for i, value in enumerate(values[1:], 1):
        plot.append([SOMA], [float(i)], [[value]])


def last_run(plot: TracePlot) -> tuple[list[float], list[float]] | None:
    """Return the points of the grey line behind the soma's trace, None where none is shown."""
    curve = plot.canvas._curves.get(last_run_id(SOMA))
    if curve is None or not curve.isVisible() or curve.xData is None:
        return None
    return curve.xData.tolist(), curve.yData.tolist()


def test_the_last_run_stays_grey_until_the_next_init(plot: TracePlot, qtbot: QtBot) -> None:
    plot.set_trace(SOMA, SOMA, RED, [0.0, 1.0, 2.0], [-65.0, -20.0, 10.0])
    settle(plot, qtbot)
    assert last_run(plot) is None
    restarted(plot, -60.0, -61.0, -62.0)
    settle(plot, qtbot)
    assert last_run(plot) == ([0.0, 1.0, 2.0], [-65.0, -20.0, 10.0])
    red, green, blue = plot.canvas._colors[last_run_id(SOMA)]
    assert max(red, green, blue) - min(red, green, blue) < 30  # grey
    assert plot.data(SOMA)[1].tolist() == [-60.0, -61.0, -62.0]
    restarted(plot, -50.0)  # Init again: now the second run is the last one
    restarted(plot, -50.0)  # and without a run in between it stays
    settle(plot, qtbot)
    assert last_run(plot)[1] == [-60.0, -61.0, -62.0]
    plot.set_keep_last_run(False)
    assert last_run(plot) is None
    plot.set_keep_last_run(True)
    plot.show_trace(SOMA, False)
    assert last_run(plot) is None
    plot.show_trace(SOMA, True)
    assert [each.label for each in plot.columns()] == [SOMA]  # an export has the present run
    plot.remove_trace(SOMA)
    assert plot.canvas._curves == {}


def test_a_click_takes_the_trace_and_not_its_last_run(plot: TracePlot, qtbot: QtBot) -> None:
    plot.set_trace(SOMA, SOMA, RED, np.arange(100.0), np.full(100, 0.0))
    plot.set_trace(SOMA, SOMA, RED, [0.0], [-60.0])
    plot.append([SOMA], np.arange(1.0, 100.0), [np.full(99, -60.0)])
    settle(plot, qtbot)
    chosen: list[str] = []
    plot.traceHighlighted.connect(chosen.append)
    qtbot.mouseClick(plot.canvas.viewport(), LEFT, pos=place(plot, 50.0, 0.0))
    assert chosen == []
    qtbot.mouseClick(plot.canvas.viewport(), LEFT, pos=place(plot, 50.0, -60.0))
    assert chosen == [SOMA]


def test_traces_of_one_colour_differ_by_line_style_and_mark(plot: TracePlot, qtbot: QtBot) -> None:
    for i in range(28):
        color = trace_color(i)
        plot.set_trace(f"d{i}", f"d{i}", color, [0.0, 1.0], [0.0, 1.0], pattern=trace_pattern(i))
    looks = {(plot.canvas._colors[f"d{i}"], plot.canvas._styles[f"d{i}"]) for i in range(28)}
    assert len(looks) == 28
    rows = plot.legend.rows.rows
    assert len({(row.color, row.pattern) for row in rows}) == 28
    chips = {}
    for row in (0, 7, 14, 21):
        plot.legend.scrollTo(plot.legend.rows.index(row, LegendColumn.LABEL))
        image = (
            plot.legend.viewport()
            .grab(
                plot.legend.visualRect(plot.legend.rows.index(row, LegendColumn.LABEL)).adjusted(
                    0, 0, -80, 0
                )
            )
            .toImage()
        )
        chips[row] = bytes(image.copy(0, 0, 16, image.height()).constBits())
    assert len(set(chips.values())) == 4


def test_the_legend_says_of_which_time_its_values_are(plot: TracePlot, qtbot: QtBot) -> None:
    plot.set_trace("soma", "soma", (255, 0, 0), [12.3, 12.4], [20.0, 25.0])
    plot.set_time(12.45)  # a run may pause between two samples
    heading = plot._side.heading
    qtbot.waitUntil(lambda: "12.40 ms" in heading.text())
    assert plot.legend.rows.rows[0].value == 25.0


def test_the_pane_of_the_plot_s_unit_is_hidden_while_only_other_units_have_traces(
    plot: TracePlot, qtbot: QtBot
) -> None:
    plot.set_axes("", "V", "mV")
    plot.set_trace("gate", "m", (255, 0, 0), [0.0, 1.0], [0.1, 0.2], unit="")
    main = plot.panes.main.canvas
    assert main.isHidden()
    plot.set_trace("soma", "soma", (0, 255, 0), [0.0, 1.0], [-70.0, -60.0], unit="mV")
    assert not main.isHidden()
    plot.remove_trace("soma")
    assert main.isHidden()
    plot.clear()
    assert not main.isHidden()


def test_plots_of_one_store_show_their_own_traces_of_it_in_their_order(qtbot: QtBot) -> None:
    store = TraceStore()
    plots = [TracePlot(store=store) for _ in range(2)]
    for each in plots:
        qtbot.addWidget(each)
    for id_ in "abc":
        store.put(StoredTrace(id_, id_, (1, 2, 3)), [0.0], [1.0])
    plots[0].show_only(["c", "a"])
    plots[1].show_only(["a"])
    assert [each.trace_ids() for each in plots] == [("c", "a"), ("a",)]
    store.append(["a"], [1.0], [[2.0]])
    assert [each.data("a")[1].tolist() for each in plots] == [[1.0, 2.0], [1.0, 2.0]]
    plots[0].show_only(["a", "b", "c"])
    assert plots[0].trace_ids() == ("a", "b", "c")
    plots[0].remove_trace("a")
    assert "a" in store


def test_limits_that_an_author_chose_are_kept_where_the_unit_s_own_would_become_wider(
    plot: TracePlot, qtbot: QtBot
) -> None:
    plot.set_axes("", "V", "mV")
    plot.set_trace("a", "a", (255, 0, 0), [0.0, 1.0], [-70.0, 90.0])
    qtbot.waitUntil(lambda: plot.canvas.ranges()[1] == (-80.0, 90.0))
    plot.set_y_limits((-80.0, 40.0))
    qtbot.waitUntil(lambda: plot.canvas.ranges()[1] == (-80.0, 40.0))
    plot.set_y_limits(None)
    qtbot.waitUntil(lambda: plot.canvas.ranges()[1] == (-80.0, 90.0))
