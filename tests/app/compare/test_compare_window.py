"""The comparison window, opened from the real main window and driven by real mouse and keys."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import psutil
import pytest
from failing_sessions import CannotBuild, HangsInInitialize
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QGuiApplication, QWheelEvent
from PySide6.QtWidgets import QAbstractButton, QApplication, QFileDialog, QLabel, QWidget
from pytestqt.qtbot import QtBot
from two_runs import two_runs

from app.compare.presenter import ComparePresenter
from app.compare.result import Result, Scale, symmetric_range
from app.compare.views import ViewChoice
from app.compare.window import CompareWindow
from app.palette import LIGHT, trace_color
from app.viewport.widget import Viewport
from app.window.comparison import Comparer
from app.window.controller import Controller
from backends.comparison.result import Comparison
from backends.comparison.run import compare
from backends.comparison.side import Simulator
from backends.errors import SessionCancelled, SimulatorError
from backends.messages import SetControl, SetRunning

OpenSomascope = Callable[..., Controller]
ShownRun = Callable[..., Comparison]
Show = Callable[[Comparison], tuple[ComparePresenter, CompareWindow]]
LONG_MS = 30_000
PARTS = (ViewChoice.LEFT, ViewChoice.RIGHT, ViewChoice.DIFFERENCE)


def by_hand(comparison: Comparison) -> ShownRun:
    """Return what runs no simulator, but has this comparison at once."""
    return lambda source, duration_ms, **_: comparison


def opened(
    qtbot: QtBot, controller: Controller, run: ShownRun = compare
) -> tuple[Comparer, CompareWindow]:
    """Open the comparison window by its command, with `run` for the comparisons."""
    deeds = controller.commands
    deeds.comparer = Comparer(controller.window, controller.model, controller.opener,
                              controller.notices, run)  # fmt: skip
    controller.window.command_actions["compare"].trigger()
    window = deeds.comparer.window
    assert window is not None
    # Without a window manager keys go nowhere before that.
    qtbot.waitUntil(window.isActiveWindow, timeout=LONG_MS)
    return deeds.comparer, window


def compared(
    qtbot: QtBot, controller: Controller, comparison: Comparison
) -> tuple[Comparer, CompareWindow]:
    """Open the window from the main window, and press Return in its duration."""
    comparer, window = opened(qtbot, controller, by_hand(comparison))
    qtbot.keyClick(window.duration, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: comparer.presenter.result is not None, timeout=LONG_MS)
    return comparer, window


def is_idle(view: Viewport) -> bool:
    timers = (view._frame_timer, view._settle_timer)
    return view.frames_painted > 0 and not any(timer.isActive() for timer in timers)


def cameras(window: CompareWindow) -> list[tuple[float, ...]]:
    """Return where each view is seen from, but for the last digits: VTK norms a view-up it is given."""
    found = []
    for view in window.views.views.values():
        c = view.scene.renderer.GetActiveCamera()
        seen = (*c.GetPosition(), *c.GetFocalPoint(), *c.GetViewUp(), c.GetParallelScale())
        found.append(tuple(round(each, 9) for each in seen))
    return found


def drag(qtbot: QtBot, view: Viewport, start: QPoint, end: QPoint) -> None:
    """Turn the cell with the left button."""
    qtbot.mousePress(view, Qt.MouseButton.LeftButton, pos=start)
    for i in range(1, 7):
        qtbot.mouseMove(view, start + (end - start) * i / 6)
    qtbot.mouseRelease(view, Qt.MouseButton.LeftButton, pos=end)


def turn_wheel(view: QWidget, at: QPoint) -> None:
    """Turn the wheel by one notch over a place."""
    none = Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase
    place = QPointF(at)
    event = QWheelEvent(
        place, QPointF(view.mapToGlobal(at)), QPoint(), QPoint(0, 120), *none, False
    )
    QApplication.sendEvent(view, event)


def position_of(view: Viewport, segment: int) -> QPoint:
    """Return where a segment can be clicked."""
    at = view.project(segment).toPoint()
    assert view.pick(QPointF(at)) == segment
    return at


def hidden_segment(window: CompareWindow, chosen: dict[str, int]) -> int:
    """Return a segment that is not chosen and can be hit in the difference's view."""
    view = window.views.views[ViewChoice.DIFFERENCE]
    ids = view.scene.geometry.segment_ids
    for segment, id_ in enumerate(ids):
        at = QPointF(view.project(segment).toPoint())
        if id_ not in chosen and view.pick(at) == segment:
            return segment
    pytest.fail("no segment can be hit")


def shown_values(view: Viewport) -> np.ndarray:
    """Return the values that a view was last given."""
    return view.scene._values


# ------------------------------------------------------------------------------ the real thing


def test_one_experiment_runs_on_both_simulators_with_the_stimulus_that_is_set_now(
    qtbot: QtBot, open_somascope: OpenSomascope
) -> None:
    controller = open_somascope()
    model = controller.model
    controller.post(SetControl("stimulus_amp", 0.6))
    controller.post(SetControl("stimulus_delay", 4.0))
    qtbot.waitUntil(lambda: model.control_values["stimulus_delay"] == 4.0, timeout=LONG_MS)
    qtbot.keyClick(
        controller.window,
        Qt.Key.Key_C,
        Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier,
    )
    comparer = controller.commands.comparer
    window = comparer.window
    assert window.duration.value() == 30.0
    window.duration.setValue(12.0)
    qtbot.mouseClick(window.start_button, Qt.MouseButton.LeftButton)
    assert comparer.is_running
    assert not window.busy_bar.isHidden()
    qtbot.waitUntil(lambda: not comparer.is_running, timeout=LONG_MS)
    assert window.banner.message == ""
    comparison = comparer.presenter.result.comparison
    assert [side.backend for side in comparison.sides] == ["NEURON", "Jaxley"]
    assert comparison.duration_ms == 12.0
    [stimulus] = comparison.stimuli
    assert (stimulus.amp_na, stimulus.delay_ms) == pytest.approx((0.6, 4.0))
    assert comparison.left.max() > 0, "no spike"
    assert abs(comparison.worst().value) < 0.5
    assert model.has_scene
    assert not model.is_failed


@pytest.mark.slow
def test_the_main_window_runs_on_during_a_comparison_and_closing_it_ends_all(
    qtbot: QtBot, open_somascope: OpenSomascope
) -> None:
    controller = open_somascope()
    before = set(psutil.Process().children(recursive=True))
    sides = (Simulator("NEURON", HangsInInitialize), Simulator("Jaxley", HangsInInitialize))
    comparer, window = opened(qtbot, controller, partial(compare, sides=sides))
    window.commands["start"].trigger()
    label = window.busy_bar._label
    qtbot.waitUntil(lambda: "Compiling" in label.text(), timeout=LONG_MS)
    born = set(psutil.Process().children(recursive=True)) - before
    assert len(born) == 2
    controller.post(SetRunning(True))
    qtbot.waitUntil(lambda: controller.model.run_status.time_ms > 1, timeout=LONG_MS)
    controller.window.close()
    assert controller.close()
    assert comparer.window is None
    assert not any(each.is_running() for each in born)


@pytest.mark.slow
def test_the_empty_page_shows_what_runs_and_why_nothing_can_start(
    qtbot: QtBot, open_somascope: OpenSomascope, tmp_path: Path
) -> None:
    controller = open_somascope()
    let_go = threading.Event()

    def run(source: object, duration_ms: float, **_: object) -> Comparison:
        assert let_go.wait(LONG_MS / 1000)
        raise SimulatorError("Jaxley: it was not to be.")

    _, window = opened(qtbot, controller, run)
    hint, start = window.findChild(QLabel, "emptyHint"), window.commands["start"]
    assert "“Ball and stick”" in hint.text()
    start.trigger()
    assert "is being simulated" in hint.text()
    script = tmp_path / "my_ramp.py"
    script.write_text("from ramp import Ramp\n\n\nclass Mine(Ramp):\n    pass\n")
    controller.opener.open_text(str(script))
    qtbot.waitUntil(lambda: controller.model.scene.backend == "Ramp", timeout=LONG_MS)
    let_go.set()
    qtbot.waitUntil(lambda: "not to be" in window.banner.message, timeout=LONG_MS)
    assert not start.isEnabled()
    assert "Open a cell" in start.toolTip()
    assert "Open a cell" in hint.text()


@pytest.mark.parametrize("how", ["button", "key", "window"])
def test_a_comparison_can_be_stopped_at_any_time(
    qtbot: QtBot, open_somascope: OpenSomascope, how: str
) -> None:
    controller = open_somascope()
    begun, ended = threading.Event(), threading.Event()

    def run(
        source: object, duration_ms: float, *, cancelled: Callable[[], bool], **_: object
    ) -> None:
        begun.set()
        while not cancelled():
            threading.Event().wait(0.005)
        ended.set()
        raise SessionCancelled("The comparison was cancelled.")

    comparer, window = opened(qtbot, controller, run)
    window.commands["start"].trigger()
    assert begun.wait(LONG_MS / 1000)
    assert not window.commands["start"].isEnabled()
    if how == "button":
        qtbot.mouseClick(window.busy_bar.cancel_button, Qt.MouseButton.LeftButton)
    elif how == "key":
        qtbot.keyClick(window, Qt.Key.Key_Escape)
    else:
        window.close()
    assert ended.wait(LONG_MS / 1000)
    assert not comparer.is_running
    if how != "window":
        assert window.busy_bar.isHidden()
        assert window.commands["start"].isEnabled()


# ----------------------------------------------------------------------------------- the views


def test_moving_one_camera_moves_all_three(qtbot: QtBot, show: Show) -> None:
    _, window = show(two_runs())
    assert len(set(cameras(window))) == 1
    for part in PARTS:
        view, before = window.views.views[part], cameras(window)
        drag(qtbot, view, QPoint(60, 80), QPoint(140, 150))
        assert len(set(cameras(window))) == 1
        assert cameras(window) != before
        turned = cameras(window)
        turn_wheel(view, QPoint(100, 100))
        assert len(set(cameras(window))) == 1
        assert cameras(window) != turned
    window.resize(1100, 700)
    qtbot.keyClick(window, Qt.Key.Key_R)
    qtbot.waitUntil(lambda: all(is_idle(view) for view in window.views.views.values()))
    assert len(set(cameras(window))) == 1


def test_a_resized_window_shows_the_entire_cell_in_all_views(qtbot: QtBot, show: Show) -> None:
    _, window = show(two_runs("stellate", nseg=1))  # as wide as it is high
    before = cameras(window)
    window.resize(1203, 731)
    qtbot.waitUntil(lambda: cameras(window) != before, timeout=LONG_MS)
    qtbot.waitUntil(lambda: all(is_idle(view) for view in window.views.views.values()))
    assert len(set(cameras(window))) == 1


def test_the_views_show_both_voltages_and_their_difference_at_one_time(
    qtbot: QtBot, show: Show
) -> None:
    comparison = two_runs(offset_mv=2.0)
    _, window = show(comparison)
    window.time_bar.set_sample(123)
    left, right, difference = (window.views.views[part] for part in PARTS)
    qtbot.waitUntil(
        lambda: left.last_shown_time_ms == right.last_shown_time_ms == pytest.approx(12.3)
    )
    np.testing.assert_array_equal(shown_values(left), comparison.left[123])
    np.testing.assert_array_equal(shown_values(right), comparison.right[123])
    np.testing.assert_array_equal(
        shown_values(difference), comparison.left[123] - comparison.right[123]
    )
    assert left.scene.limits == right.scene.limits == (-80.0, 40.0)
    assert difference.scene.color_map == "diverging"
    low, high = difference.scene.limits
    assert low == -high
    assert high >= abs(comparison.worst().value)
    assert (difference.scene.unit, difference.scene.label) == ("mV", "ΔV")
    assert difference.accessibleName() == "The cell: ΔV, NEURON − Jaxley"


def test_the_colours_of_the_difference_can_span_one_time_only(qtbot: QtBot, show: Show) -> None:
    comparison = two_runs(offset_mv=0.002)
    _, window = show(comparison)
    view = window.views.views[ViewChoice.DIFFERENCE].scene
    entire = view.limits
    window.time_bar.set_sample(0)
    window.color_span.setCurrentIndex(1)
    assert view.unit == "µV"
    assert view.limits == pytest.approx((-2.0, 2.0))
    qtbot.waitUntil(lambda: view._values == pytest.approx(2.0, abs=0.01))
    window.color_span.setCurrentIndex(0)
    assert (view.unit, view.limits) == ("mV", entire)


def test_a_single_view_takes_all_the_space(qtbot: QtBot, show: Show) -> None:
    _, window = show(two_runs())
    views = window.views.views
    third = views[ViewChoice.DIFFERENCE].width()
    qtbot.keyClick(window, Qt.Key.Key_4, Qt.KeyboardModifier.ControlModifier)
    assert [view.isVisible() for view in views.values()] == [False, False, True]
    qtbot.waitUntil(lambda: views[ViewChoice.DIFFERENCE].width() > 2 * third)
    qtbot.keyClick(window, Qt.Key.Key_1, Qt.KeyboardModifier.ControlModifier)
    assert all(view.isVisible() for view in views.values())


def test_the_segment_under_the_pointer_is_shown_for_both_sides(qtbot: QtBot, show: Show) -> None:
    comparison = two_runs(offset_mv=2.0)
    _, window = show(comparison)
    window.time_bar.set_sample(0)
    view = window.views.views[ViewChoice.LEFT]
    segment = comparison.geometry.index_of("dend[0](0.5)")
    at = position_of(view, segment)
    qtbot.mouseMove(view, at + QPoint(0, 60))
    qtbot.mouseMove(view, at)
    qtbot.waitUntil(lambda: "dend[0](0.5)" in window.read_out.text())
    assert "NEURON −65.00 mV   Jaxley −67.00 mV   ΔV 2.000 mV" in window.read_out.text()
    others = [
        window.views.views[part].scene._hovered
        for part in (ViewChoice.RIGHT, ViewChoice.DIFFERENCE)
    ]
    assert others == [segment, segment]


# ---------------------------------------------------------------------------------- the traces


def test_a_click_in_any_view_adds_the_traces_of_that_segment_and_another_removes_them(
    qtbot: QtBot, show: Show
) -> None:
    comparison = two_runs()
    presenter, window = show(comparison)
    chosen = presenter.chosen
    segment = hidden_segment(window, chosen)
    segment_id = comparison.geometry.segment_ids[segment]
    view = window.views.views[ViewChoice.DIFFERENCE]
    at = position_of(view, segment)
    qtbot.mouseClick(view, Qt.MouseButton.LeftButton, pos=at)
    assert segment_id in [row[0] for row in window.segments.texts()]
    assert {f"{segment_id} left", f"{segment_id} right"} <= window.plots.canvas.drawn_ids()
    assert segment_id in window.plots.difference_canvas.drawn_ids()
    color = trace_color(chosen[segment_id])
    for each in window.views.views.values():
        assert (segment, color) in each.scene._marks
    qtbot.mouseClick(view, Qt.MouseButton.LeftButton, pos=at)
    assert segment_id not in [row[0] for row in window.segments.texts()]
    assert f"{segment_id} left" not in window.plots.canvas.drawn_ids()


def test_the_left_side_is_solid_and_the_right_one_dashed_in_the_colour_of_the_trace(
    qtbot: QtBot, show: Show
) -> None:
    comparison = two_runs()
    presenter, window = show(comparison)
    for id_, index in presenter.chosen.items():
        curves = window.plots.canvas._curves
        solid, dashed = (curves[f"{id_} {side}"].opts["pen"] for side in ("left", "right"))
        assert solid.style() == Qt.PenStyle.SolidLine
        assert dashed.style() == Qt.PenStyle.DashLine
        assert solid.color() == dashed.color()
        assert solid.color().getRgb()[:3] == trace_color(index)


def test_the_table_shows_both_voltages_and_delete_removes_a_row(qtbot: QtBot, show: Show) -> None:
    comparison = two_runs(offset_mv=2.0)
    _, window = show(comparison)
    window.time_bar.set_sample(0)
    rows = window.segments.texts()
    assert [row[1:] for row in rows] == [("−65.00", "−67.00", "2.000")] * len(rows)
    window.segments.setCurrentCell(0, 0)
    qtbot.keyClick(window.segments, Qt.Key.Key_Delete)
    assert window.segments.texts() == rows[1:]
    qtbot.mouseClick(window.segments.remove_button(0), Qt.MouseButton.LeftButton)
    assert window.segments.texts() == rows[2:]


@pytest.mark.slow
def test_the_segments_traced_in_the_main_window_are_shown_first(
    qtbot: QtBot, open_somascope: OpenSomascope
) -> None:
    controller = open_somascope()
    traced = list(controller.model.traces)
    comparer, _ = compared(qtbot, controller, two_runs(nseg=11))
    chosen = comparer.presenter.chosen
    assert [id_ for id_ in traced if id_ in chosen] == traced
    assert len(chosen) >= 2


def test_the_plots_share_their_time_axis(qtbot: QtBot, show: Show) -> None:
    _, window = show(two_runs())
    (x, _), (strip_x, (low, high)) = window.plots.ranges()
    assert x == strip_x == pytest.approx((0.0, 30.0))
    assert low == -high
    canvas = window.plots.canvas
    middle = canvas.position_of(12.0, 0.0)
    none = Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase
    glob = QPointF(canvas.mapToGlobal(middle.toPoint()))
    event = QWheelEvent(middle, glob, QPoint(), QPoint(0, 480), *none, False)
    QApplication.sendEvent(canvas.viewport(), event)
    (x, _), (strip_x, _) = window.plots.ranges()
    assert x[1] - x[0] < 20
    assert strip_x == pytest.approx(x)


# ------------------------------------------------------------------------------------ the time


def test_keys_step_through_the_samples(qtbot: QtBot, show: Show) -> None:
    _, window = show(two_runs())
    bar = window.time_bar
    qtbot.keyClick(window, Qt.Key.Key_Home)
    assert bar.sample == 0
    qtbot.keyClick(window, Qt.Key.Key_Right)
    qtbot.keyClick(window, Qt.Key.Key_Right, Qt.KeyboardModifier.ShiftModifier)
    assert bar.sample == 11
    qtbot.keyClick(window, Qt.Key.Key_Left)
    assert bar.sample == 10
    qtbot.keyClick(window, Qt.Key.Key_End)
    assert bar.sample == 300


def test_the_slider_goes_where_it_is_clicked_and_the_plots_cursor_with_it(
    qtbot: QtBot, show: Show
) -> None:
    _, window = show(two_runs())
    slider = window.time_bar.slider
    at = QPoint(slider.width() // 2, slider.height() // 2)
    qtbot.mouseClick(slider, Qt.MouseButton.LeftButton, pos=at)
    assert window.time_bar.sample == pytest.approx(150, abs=1)
    time_ms = window.time_bar.sample * 0.1
    for canvas in (window.plots.canvas, window.plots.difference_canvas):
        assert canvas._cursor.value() == pytest.approx(time_ms)


def test_the_wheel_over_what_has_no_focus_changes_no_time_and_no_choice(
    qtbot: QtBot, show: Show
) -> None:
    _, window = show(two_runs())
    bar = window.time_bar
    window.centralWidget().setFocus()
    bar.set_sample(100)
    speed, span = bar.speed.currentIndex(), window.color_span.currentIndex()
    for widget in (bar.slider, bar.speed, window.color_span):
        turn_wheel(widget, widget.rect().center())
    assert (bar.sample, bar.speed.currentIndex()) == (100, speed)
    assert window.color_span.currentIndex() == span
    bar.slider.setFocus()
    qtbot.waitUntil(bar.slider.hasFocus)
    turn_wheel(bar.slider, bar.slider.rect().center())
    assert bar.sample != 100


def test_a_click_in_a_plot_goes_to_that_time(qtbot: QtBot, show: Show) -> None:
    _, window = show(two_runs())
    canvas = window.plots.difference_canvas
    at = canvas.position_of(20.0, 0.0).toPoint()
    qtbot.mouseClick(canvas.viewport(), Qt.MouseButton.LeftButton, pos=at)
    qtbot.waitUntil(lambda: window.time_bar.sample == pytest.approx(200, abs=1))


def test_space_plays_to_the_end_and_then_from_the_start(qtbot: QtBot, show: Show) -> None:
    _, window = show(two_runs())
    bar = window.time_bar
    bar.speed.setCurrentIndex(bar.speed.findText("50 ms per s"))
    bar.set_sample(0)
    seen: list[int] = []
    bar.sampleChosen.connect(seen.append)
    qtbot.keyClick(window, Qt.Key.Key_Space)
    assert bar.is_playing
    assert bar.play_button.text() == "Pause"
    qtbot.waitUntil(lambda: not bar.is_playing, timeout=LONG_MS)
    assert bar.sample == 300
    assert len(seen) > 2
    assert seen == sorted(seen)
    qtbot.keyClick(window, Qt.Key.Key_Space)
    assert bar.is_playing
    assert bar.sample < 300
    qtbot.keyClick(window, Qt.Key.Key_Space)
    assert not bar.is_playing


# --------------------------------------------------------------------------------- the numbers


def test_the_cards_show_the_largest_differences_and_go_there(qtbot: QtBot, show: Show) -> None:
    comparison = two_runs()
    presenter, window = show(comparison)
    worst, away = comparison.worst(), comparison.worst_away_from_upstrokes()
    numbers = window.numbers
    where = comparison.geometry.segment_ids[worst.segment]
    assert numbers.worst.text.endswith(f"{where} at {comparison.times[worst.sample]:g} ms")
    assert f"{abs(worst.value):.3g} mV" in numbers.worst.text.replace("\u00a0", " ")
    window.time_bar.set_sample(0)
    qtbot.mouseClick(numbers.worst.show_button, Qt.MouseButton.LeftButton)
    assert window.time_bar.sample == worst.sample
    assert where in presenter.chosen
    qtbot.mouseDClick(numbers.worst_outside_upstrokes, Qt.MouseButton.LeftButton)
    assert window.time_bar.sample == away.sample
    qtbot.keyClick(window, Qt.Key.Key_M)
    assert window.time_bar.sample == worst.sample


def test_the_numbers_show_membrane_settings_and_wall_time_of_each_side(
    qtbot: QtBot, show: Show
) -> None:
    _, window = show(two_runs())
    numbers = window.numbers.texts()
    assert "the same on both" in numbers["Membrane"]["Soma"]
    assert numbers["Experiment"]["NEURON's HH rate table"] == "off"
    assert numbers["Wall time"]["Jaxley"] == "0.30 s to build, 0.02 s to run"
    assert "Rms ΔV" in numbers["Agreement"]


def test_float32_is_named_above_its_cell_and_next_to_its_line(qtbot: QtBot, show: Show) -> None:
    exact = two_runs(late_ms=1e-5)
    left, right = exact.sides
    rough = replace(right, simulator=right.simulator.replace("float64", "float32"))
    _, window = show(replace(exact, sides=(left, rough)))
    assert window.views.views[ViewChoice.RIGHT].accessibleName() == "The cell: Jaxley, float32"
    assert window.views.views[ViewChoice.LEFT].accessibleName() == "The cell: NEURON"
    assert window.plots.key.names == ("NEURON", "Jaxley · float32")
    assert window.numbers.texts()["Agreement"]["Rms ΔV"].endswith("µV")  # as on the cards


def test_everything_in_the_tab_order_has_a_name_and_the_window_fits_small_screens(
    qtbot: QtBot, show: Show
) -> None:
    _, window = show(two_runs())
    window.resize(1100, 700)
    assert window.width() == 1100
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow, timeout=LONG_MS)
    window.duration.setFocus()
    reached: list[QWidget] = []
    while (at := QApplication.focusWidget()) not in reached:
        reached.append(at)
        window.focusNextChild()
    nameless = [
        each
        for each in reached
        if not (each.accessibleName() or (isinstance(each, QAbstractButton) and each.text()))
    ]
    assert nameless == []
    names = [each.accessibleName() for each in reached]
    assert len({name for name in names if name}) == len([name for name in names if name])
    parts = {
        window.duration,
        window.time_bar.slider,
        window.segments,
        window.plots.difference_canvas,
    }
    assert parts <= set(reached)


def test_return_in_the_table_centres_the_selected_segment(qtbot: QtBot, show: Show) -> None:
    presenter, window = show(two_runs())
    window.segments.selectRow(1)
    with qtbot.waitSignal(window.segments.focusRequested) as signal:
        qtbot.keyClick(window.segments, Qt.Key.Key_Return)
    assert signal.args == [list(presenter.chosen)[1]]


def test_runs_that_agree_within_rounding_are_called_identical(qtbot: QtBot, show: Show) -> None:
    _, window = show(two_runs(late_ms=0.0))
    assert "identical" in window.numbers.worst.text
    assert "less than 0.00001 mV" in window.numbers.worst.text.replace("\u00a0", " ")
    assert window.numbers.worst.show_button.isHidden()
    scene = window.views.views[ViewChoice.DIFFERENCE].scene
    assert (scene.unit, scene.limits) == ("nV", pytest.approx((-10.0, 10.0)))


@pytest.mark.parametrize(
    ("most", "reach"),
    [(0.0, 1e-5), (1e-7, 1e-5), (3.06, 5.0), (5.0, 5.0), (5.01, 10.0), (0.2, 0.2), (87.0, 100.0)],
)
def test_the_range_of_the_difference_is_round_symmetric_and_large_enough(
    most: float, reach: float
) -> None:
    low, high = symmetric_range(most)
    assert (low, high) == pytest.approx((-reach, reach))
    assert high >= most


@pytest.mark.parametrize(
    ("value", "text"), [(3.061, "3.06 mV"), (-0.0213, "−21.3 µV"), (2e-5, "20 nV")]
)
def test_a_small_difference_has_a_small_unit(value: float, text: str) -> None:
    assert Scale.of(abs(value)).text(value) == text


def test_the_nearest_sample_of_a_time_is_found() -> None:
    result = Result.of(two_runs(duration_ms=2.0))
    assert [result.sample_at(t) for t in (-5.0, 0.04, 0.06, 1.0, 99.0)] == [0, 0, 1, 10, 20]


# ----------------------------------------------------------------------------- what goes wrong


@pytest.mark.slow
def test_a_failed_side_is_named_and_retry_runs_it_again(
    qtbot: QtBot, open_somascope: OpenSomascope
) -> None:
    controller = open_somascope()
    sides = (Simulator("NEURON", CannotBuild), Simulator("Jaxley", HangsInInitialize))
    runs = [partial(compare, sides=sides), by_hand(two_runs())]
    comparer, window = opened(
        qtbot, controller, lambda *args, **options: runs.pop(0)(*args, **options)
    )
    window.commands["start"].trigger()
    qtbot.waitUntil(lambda: bool(window.banner.message), timeout=LONG_MS)
    assert "NEURON" in window.banner.message
    assert "xyz" in window.banner.message
    assert comparer.presenter.result is None
    assert window.banner.retry_button.text() == "Retry"
    qtbot.mouseClick(window.banner.retry_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: comparer.presenter.result is not None, timeout=LONG_MS)
    assert window.banner.message == ""


@pytest.mark.slow
def test_a_failure_leaves_the_last_comparison_visible(
    qtbot: QtBot, open_somascope: OpenSomascope
) -> None:
    comparer, window = compared(qtbot, open_somascope(), two_runs())
    shown = comparer.presenter.result

    def fail(*_: object, **__: object) -> Comparison:
        raise SimulatorError("Jaxley: there is no memory left.")

    comparer._run = fail
    window.commands["start"].trigger()
    qtbot.waitUntil(lambda: "no memory" in window.banner.message, timeout=LONG_MS)
    assert comparer.presenter.result is shown
    assert window.commands["play"].isEnabled()


def test_a_script_is_refused_in_the_main_window(
    qtbot: QtBot, open_somascope: OpenSomascope, tmp_path: Path
) -> None:
    controller = open_somascope()
    controller.opener.source = SimpleNamespace(kind="script", title="mine", is_cell=False)
    controller.window.command_actions["compare"].trigger()
    assert "a script is written for one simulator" in controller.window.banner.message
    assert controller.commands.comparer.window is None


@pytest.mark.slow
def test_another_comparison_keeps_the_chosen_segments_and_the_window_can_be_opened_again(
    qtbot: QtBot, open_somascope: OpenSomascope
) -> None:
    controller = open_somascope()
    comparer, window = compared(qtbot, controller, two_runs())
    comparer.presenter.remove(next(iter(comparer.presenter.chosen)))
    chosen_before = dict(comparer.presenter.chosen)
    first = comparer.presenter.result
    window.commands["start"].trigger()
    qtbot.waitUntil(lambda: comparer.presenter.result is not first, timeout=LONG_MS)
    assert comparer.presenter.chosen == chosen_before
    qtbot.keyClick(window, Qt.Key.Key_W, Qt.KeyboardModifier.ControlModifier)
    assert comparer.window is None
    controller.window.command_actions["compare"].trigger()
    assert comparer.window is not None
    assert comparer.presenter.result is None


# --------------------------------------------------------------------------------- taking away


def answering(monkeypatch: pytest.MonkeyPatch, path: Path, kind: str = "") -> None:
    """Let the file dialog answer with a path."""
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(path), kind))


def test_traces_numbers_and_picture_can_be_exported(
    qtbot: QtBot,
    show: Show,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    comparison = two_runs()
    presenter, window = show(comparison)
    ids = list(presenter.chosen)
    for name in ("a.csv", "a.npz", "a.json", "a.png"):
        answering(monkeypatch, tmp_path / name)
        window.commands["export"].trigger()
        assert (tmp_path / name).exists(), window.statusBar().currentMessage()
    header = (tmp_path / "a.csv").read_text(encoding="utf-8").splitlines()[0]
    assert header.startswith(f"time_ms,{ids[0]} NEURON [mV],{ids[0]} Jaxley [mV],{ids[0]} ΔV [mV]")
    archive = np.load(tmp_path / "a.npz")
    np.testing.assert_array_equal(archive["time_ms"], np.round(comparison.times, 9))
    assert archive["values"].shape == (301, 3 * len(ids))
    numbers = json.loads((tmp_path / "a.json").read_text(encoding="utf-8"))
    assert numbers["max_abs_difference"]["value_mv"] == pytest.approx(comparison.worst().value)
    from PySide6.QtGui import QImage

    picture = QImage(str(tmp_path / "a.png"))
    assert picture.width() == window.centralWidget().width()
    assert picture.pixelColor(picture.width() // 8, 10) != picture.pixelColor(60, 300)


def test_a_name_without_a_suffix_gets_that_of_the_chosen_kind(
    qtbot: QtBot,
    show: Show,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    _, window = show(two_runs())
    answering(monkeypatch, tmp_path / "cell.v2", "Numbers (*.json)")
    window.commands["export"].trigger()
    assert json.loads((tmp_path / "cell.v2.json").read_text(encoding="utf-8"))["left"] == "NEURON"


def test_a_file_that_cannot_be_written_is_named(
    qtbot: QtBot,
    show: Show,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    _, window = show(two_runs())
    answering(monkeypatch, tmp_path / "nowhere" / "a.csv")
    window.commands["export"].trigger()
    assert "a.csv" in window.banner.message


def test_the_numbers_can_be_copied_as_text(qtbot: QtBot, show: Show) -> None:
    _, window = show(two_runs())
    qtbot.keyClick(window, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    text = QGuiApplication.clipboard().text()
    assert "Rms ΔV\t" in text
    assert "Wall time\nWall time, NEURON\t0.30 s to build" in text


@pytest.mark.slow
def test_the_window_uses_the_theme_of_the_main_window(
    qtbot: QtBot, open_somascope: OpenSomascope
) -> None:
    controller = open_somascope()
    comparer, window = compared(qtbot, controller, two_runs())
    controller.window.command_actions["theme"].trigger()
    assert controller.window.theme is LIGHT
    for view in window.views.views.values():
        assert view.scene.theme is LIGHT
    assert window.segments.rowCount() == len(comparer.presenter.chosen)
