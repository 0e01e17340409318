"""The main tasks in the real window, with real mouse and key events."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, QSettings, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QApplication, QMenu, QMessageBox
from pytestqt.qtbot import QtBot

from app.palette import trace_color
from app.window.controller import Controller
from app.window.dialogs.windows import CommandPalette
from app.window.settings import Settings
from backends.messages import Phase, SetSpeed

OpenSomascope = Callable[..., Controller]
LONG_MS = 20_000
OWN_MODEL = (
    "from neuron import h\n"
    "from backends.neuron import NeuronSession\n"
    "class Mine(NeuronSession):\n"
    "    def build_sections(self):\n"
    "        self.soma = h.Section(name='soma')\n"
    "        self.soma.L = self.soma.diam = 20\n"
)


def press(
    qtbot: QtBot, controller: Controller, key: Qt.Key, *modifiers: Qt.KeyboardModifier
) -> None:
    """Press a key with the viewport in focus."""
    modifier = Qt.KeyboardModifier.NoModifier
    for each in modifiers:
        modifier |= each
    qtbot.keyClick(controller.window, key, modifier)


def click_segment(qtbot: QtBot, controller: Controller, segment: int) -> None:
    """Click a segment where it is projected."""
    viewport = controller.commands.viewport
    place = viewport.project(segment)
    qtbot.mouseClick(viewport, Qt.MouseButton.LeftButton, pos=place.toPoint())


def drop(controller: Controller, path: Path) -> None:
    """Drag a file onto the window and drop it."""
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path))])
    place = QPoint(200, 200)
    rest = (
        Qt.DropAction.CopyAction,
        data,
        Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.NoModifier,
    )
    enter = QDragEnterEvent(place, *rest)
    QApplication.sendEvent(controller.window, enter)
    assert enter.isAccepted()
    QApplication.sendEvent(controller.window, QDropEvent(QPointF(place), *rest))


def samples_of(controller: Controller, trace_id: str) -> tuple[np.ndarray, np.ndarray]:
    """Return times (ms) and values of a trace in the plot."""
    return controller.commands.traces.data(trace_id)


def far_dendrite(controller: Controller) -> int:
    """Return a dendritic segment that can be hit: its own middle picks it."""
    geometry, viewport = controller.model.geometry, controller.commands.viewport
    for segment in np.argsort(-geometry.path_distance):
        place = QPointF(viewport.project(int(segment)).toPoint())
        if geometry.swc_type[segment] in (3, 4) and viewport.pick(place) == segment:
            return int(segment)
    pytest.fail("no dendrite can be hit")


def test_space_makes_the_cell_spike_and_a_click_shows_the_whole_past_of_a_dendrite(
    qtbot: QtBot, open_somascope: OpenSomascope
) -> None:
    controller = open_somascope("pyramidal")
    model = controller.model
    assert model.phase is Phase.READY
    controller.post(SetSpeed(None))
    press(qtbot, controller, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: model.phase is Phase.RUNNING, timeout=LONG_MS)
    soma = model.segment_id(model.root_segment())
    qtbot.waitUntil(lambda: samples_of(controller, soma)[1].max() > 0, timeout=LONG_MS)

    dendrite = far_dendrite(controller)
    with qtbot.waitSignal(model.traceSet, timeout=LONG_MS):
        click_segment(qtbot, controller, dendrite)
    dendrite_id = model.segment_id(dendrite)
    assert dendrite_id in model.traces
    times, values = samples_of(controller, dendrite_id)
    assert times[0] == 0.0
    assert np.isfinite(values).all()
    assert np.allclose(np.diff(times), 0.1, atol=1e-6)
    assert values.max() > values[0] + 5, "the spike does not reach the dendrite"

    press(qtbot, controller, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: model.phase is Phase.PAUSED, timeout=LONG_MS)


@pytest.mark.slow
def test_a_traced_segment_is_marked_in_the_colour_of_its_trace(
    qtbot: QtBot, open_somascope: OpenSomascope
) -> None:
    controller = open_somascope("pyramidal")
    dendrite = far_dendrite(controller)
    with qtbot.waitSignal(controller.model.traceSet, timeout=LONG_MS):
        click_segment(qtbot, controller, dendrite)
    info = controller.model.traces[controller.model.segment_id(dendrite)]
    viewport = controller.commands.viewport
    place = viewport.project(dendrite)
    wanted = np.array(trace_color(info.color_index, controller.window.theme))

    def is_marked() -> bool:
        image = viewport.grab_image()
        ratio = image.width() / viewport.width()
        x, y = round(place.x() * ratio), round(place.y() * ratio)
        near = [
            image.pixelColor(x + dx, y + dy).getRgb()[:3]
            for dx in range(-6, 7)
            for dy in range(-6, 7)
        ]
        return bool((np.abs(np.array(near) - wanted).max(axis=1) < 40).any())

    qtbot.waitUntil(is_marked, timeout=LONG_MS)


@pytest.mark.slow
def test_single_step_advances_by_one_dt_and_init_returns_to_zero(
    qtbot: QtBot, open_somascope: OpenSomascope
) -> None:
    controller = open_somascope()
    model = controller.model
    dt = model.scene.dt_ms
    for count in (1, 2, 3):
        press(qtbot, controller, Qt.Key.Key_Period)
        qtbot.waitUntil(
            lambda n=count: abs(model.run_status.time_ms - n * dt) < 1e-9, timeout=LONG_MS
        )
    assert model.phase is Phase.PAUSED
    press(qtbot, controller, Qt.Key.Key_R, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: model.run_status.time_ms == 0, timeout=LONG_MS)
    assert model.phase is Phase.READY


def test_continue_for_and_tstop_stop_at_their_time(
    qtbot: QtBot, open_somascope: OpenSomascope
) -> None:
    controller = open_somascope()
    model, bar = controller.model, controller.window.run_bar
    bar.continue_ms.setValue(7.0)
    press(qtbot, controller, Qt.Key.Key_C)
    qtbot.waitUntil(lambda: model.phase is Phase.FINISHED, timeout=LONG_MS)
    assert model.run_status.time_ms == pytest.approx(7.0, abs=1e-9)
    bar.tstop_ms.setFocus()
    bar.tstop_ms.selectAll()
    qtbot.keyClicks(bar.tstop_ms, "9.5")
    qtbot.keyClick(bar.tstop_ms, Qt.Key.Key_Return)
    press(qtbot, controller, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: model.run_status.time_ms > 9.4, timeout=LONG_MS)
    qtbot.waitUntil(lambda: model.phase is Phase.FINISHED, timeout=LONG_MS)
    assert model.run_status.time_ms == pytest.approx(9.5, abs=1e-9)


def test_a_dropped_swc_replaces_the_cell(
    qtbot: QtBot, open_somascope: OpenSomascope, tmp_path: Path
) -> None:
    controller = open_somascope()
    path = tmp_path / "naïve cell.swc"
    path.write_text("1 1 0 0 0 8 -1\n2 3 0 8 0 1 1\n3 3 0 200 0 0.5 2\n")
    drop(controller, path)
    qtbot.waitUntil(lambda: "naïve cell" in controller.window.windowTitle(), timeout=LONG_MS)
    assert controller.model.geometry.section_names == ("soma[0]", "dend[0]")
    assert str(path) in [each.text for each in controller.window.settings.recent]


def test_a_bad_swc_is_refused_in_one_sentence_and_the_cell_stays(
    qtbot: QtBot, open_somascope: OpenSomascope, tmp_path: Path
) -> None:
    controller = open_somascope()
    geometry = controller.model.geometry
    path = tmp_path / "bad.swc"
    path.write_text("1 1 0 0 0 8 -1\n2 3 abc 8 0 1 1\n")
    drop(controller, path)
    banner = controller.window.banner
    qtbot.waitUntil(lambda: bool(banner.message), timeout=LONG_MS)
    assert "line 2" in banner.message
    assert "abc" in banner.message
    assert banner.retry_button.isVisible()
    assert controller.model.geometry is geometry
    press(qtbot, controller, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: controller.model.run_status.time_ms > 0.5, timeout=LONG_MS)

    path.write_text("1 1 0 0 0 8 -1\n2 3 0 8 0 1 1\n3 3 0 100 0 1 2\n")
    qtbot.mouseClick(banner.retry_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: controller.model.geometry is not geometry, timeout=LONG_MS)
    assert not banner.message


def test_a_killed_simulation_is_one_sentence_and_restart_restores_it_with_its_traces(
    qtbot: QtBot, open_somascope: OpenSomascope
) -> None:
    controller = open_somascope()
    model = controller.model
    press(qtbot, controller, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: model.run_status.time_ms > 0.5, timeout=LONG_MS)
    last_frame = model.values.copy()
    wanted = set(model.traces)
    os.kill(controller.owner.child_pid, signal.SIGKILL)
    banner = controller.window.banner
    qtbot.waitUntil(lambda: bool(banner.message), timeout=LONG_MS)
    assert "SIGKILL" in banner.message
    assert model.phase is Phase.FAILED
    assert len(model.values) == len(last_frame)
    assert not controller.window.command_actions["run"].isEnabled()
    qtbot.mouseClick(banner.retry_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: model.phase is Phase.READY, timeout=LONG_MS)
    qtbot.waitUntil(lambda: set(model.traces) == wanted, timeout=LONG_MS)


def test_closing_while_the_session_is_being_built_leaves_nothing(
    qtbot: QtBot, open_somascope: OpenSomascope
) -> None:
    controller = open_somascope("pyramidal", wait=False)
    controller.window.close()
    assert controller.close()


def test_closing_while_it_runs_leaves_nothing(qtbot: QtBot, open_somascope: OpenSomascope) -> None:
    controller = open_somascope()
    controller.post(SetSpeed(None))
    press(qtbot, controller, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: controller.model.run_status.time_ms > 5, timeout=LONG_MS)
    controller.window.close()
    assert controller.close()


def test_building_can_be_cancelled_and_the_cell_on_the_screen_stays(
    qtbot: QtBot, open_somascope: OpenSomascope
) -> None:
    controller = open_somascope()
    geometry = controller.model.geometry
    controller.opener.open_text("pyramidal")
    assert controller.window.busy_bar.isVisible()
    qtbot.mouseClick(controller.window.busy_bar.cancel_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: not controller.window.busy_bar.isVisible(), timeout=LONG_MS)
    assert controller.model.geometry is geometry
    press(qtbot, controller, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: controller.model.run_status.time_ms > 0.5, timeout=LONG_MS)


def test_the_stimulus_slider_changes_the_running_cell(
    qtbot: QtBot, open_somascope: OpenSomascope
) -> None:
    controller = open_somascope()
    model = controller.model
    amplitude = next(c for c in model.scene.controls if c.value_spec.unit == "nA")
    controller.commands.controls.controlChanged.emit(amplitude.id, 0.0)
    qtbot.waitUntil(lambda: model.control_values[amplitude.id] == 0.0, timeout=LONG_MS)
    controller.post(SetSpeed(None))
    press(qtbot, controller, Qt.Key.Key_Space)
    soma = model.segment_id(model.root_segment())
    qtbot.waitUntil(lambda: model.run_status.time_ms > 60, timeout=LONG_MS)
    assert samples_of(controller, soma)[1].max() < -50, "no current, yet a spike"
    controller.commands.controls.controlChanged.emit(amplitude.id, amplitude.value_spec.max)
    qtbot.waitUntil(lambda: samples_of(controller, soma)[1].max() > 0, timeout=LONG_MS)


@pytest.mark.slow
def test_hovering_reads_out_id_type_distance_and_value(
    qtbot: QtBot, open_somascope: OpenSomascope
) -> None:
    controller = open_somascope("pyramidal")
    viewport = controller.commands.viewport

    def is_hovered() -> bool:
        # Anew each time: the docks that come last still move the cell.
        segment = far_dendrite(controller)
        qtbot.mouseMove(viewport, viewport.project(segment).toPoint())
        return controller.model.hovered == segment

    qtbot.waitUntil(is_hovered, timeout=LONG_MS)
    segment = controller.model.hovered
    text = controller.window.read_out.text()
    assert controller.model.segment_id(segment) in text
    assert "dendrite" in text
    assert "µm" in text
    assert "mV" in text


def test_the_menu_of_a_segment_adds_and_removes_its_trace(
    qtbot: QtBot, open_somascope: OpenSomascope
) -> None:
    controller = open_somascope()
    model = controller.model
    segment = model.geometry.n_segments - 1
    segment_id = model.segment_id(segment)
    for text, is_traced in (("Add trace", True), ("Remove trace", False)):
        controller.commands.open_segment_menu(segment, QPoint(50, 50))
        menu = controller.window.findChild(QMenu, "segmentMenu")
        next(action for action in menu.actions() if action.text() == text).trigger()
        menu.close()
        qtbot.waitUntil(
            lambda want=is_traced: (segment_id in model.traces) is want, timeout=LONG_MS
        )
        qtbot.waitUntil(
            lambda: controller.window.findChild(QMenu, "segmentMenu") is None, timeout=LONG_MS
        )


def test_no_two_commands_share_a_key_and_each_shows_its_key() -> None:
    from app.actions import COMMANDS

    keys = [key for command in COMMANDS for key in command.keys.split()]
    assert sorted(keys) == sorted(set(keys))


def test_every_command_is_connected(qtbot: QtBot, open_somascope: OpenSomascope) -> None:
    controller = open_somascope()
    assert set(controller.commands.handlers()) == set(controller.window.command_actions)


def test_the_theme_is_switched_by_a_key_and_remembered(
    qtbot: QtBot, open_somascope: OpenSomascope
) -> None:
    controller = open_somascope()
    assert controller.window.theme.is_dark
    press(qtbot, controller, Qt.Key.Key_D)
    assert not controller.window.theme.is_dark
    assert controller.window.settings.theme == "light"


@pytest.mark.slow
def test_the_window_comes_back_where_it_was(qtbot: QtBot, open_somascope: OpenSomascope) -> None:
    first = open_somascope()
    first.window.docks["inspector"].hide()
    first.window.resize(1100, 720)
    first.window.close()
    second = open_somascope()
    assert not second.window.docks["inspector"].isVisible()
    assert second.window.width() == 1100


@pytest.mark.slow
def test_the_cell_panel_offers_the_bundled_cells_and_neuron_s_own_demo(
    qtbot: QtBot, open_somascope: OpenSomascope
) -> None:
    controller = open_somascope()
    cell = controller.window.docks["cell"].widget()
    names = [cell.bundled.itemData(i) for i in range(cell.bundled.count())]
    assert names == ["pyramidal", "stellate", "ball_and_stick", "demo"]
    assert cell.bundled.currentData() == "ball_and_stick"
    cell.bundled.setCurrentIndex(names.index("demo"))
    cell.bundled.activated.emit(names.index("demo"))
    qtbot.waitUntil(
        lambda: "dendrite_1[0]" in controller.model.geometry.section_names, timeout=LONG_MS
    )


@pytest.mark.slow
def test_the_command_palette_finds_a_command_by_its_name_and_runs_it(
    qtbot: QtBot, open_somascope: OpenSomascope
) -> None:
    controller = open_somascope()
    controller.window.command_actions["palette"].trigger()
    palette = controller.window.findChild(CommandPalette)
    qtbot.keyClicks(palette.field, "no such thing")
    assert palette.results.item(0).flags() == Qt.ItemFlag.NoItemFlags
    assert palette.results.count() == 1
    qtbot.keyClick(palette.field, Qt.Key.Key_Return)
    assert palette.isVisible()
    palette.field.clear()
    qtbot.keyClicks(palette.field, "theme")
    qtbot.keyClick(palette.field, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: not controller.window.theme.is_dark, timeout=LONG_MS)


def test_a_first_source_that_cannot_be_opened_leaves_no_clock_running(
    qtbot: QtBot, open_somascope: OpenSomascope, tmp_path: Path
) -> None:
    path = tmp_path / "bad.swc"
    path.write_text("1 1 0 0 0 8 -1\n2 3 abc 8 0 1 1\n")
    controller = open_somascope(str(path), wait=False)
    lamp = controller.window.run_bar.lamp
    qtbot.waitUntil(lambda: bool(controller.window.banner.message), timeout=LONG_MS)
    qtbot.waitUntil(lambda: lamp.text == "No cell", timeout=LONG_MS)
    controller.opener.open_text("nothing of this name.swc")
    assert lamp.text == "No cell"


def test_a_hook_that_fails_at_every_batch_pauses_the_run_with_one_message_that_counts(
    qtbot: QtBot, open_somascope: OpenSomascope, tmp_path: Path
) -> None:
    script = tmp_path / "mine.py"
    script.write_text(
        OWN_MODEL + "        self.record('v0', self.soma(0.5)._ref_v)\n"
        "        return [self.soma]\n"
        "    def on_recorded_samples(self, times, values):\n"
        "        if len(times) > 1:\n"
        "            raise ValueError('no')\n"
    )
    controller = open_somascope(str(script), wait=False)
    qtbot.waitUntil(lambda: controller.model.has_scene, timeout=LONG_MS)
    items = controller.notices.items
    for count in (1, 2):
        press(qtbot, controller, Qt.Key.Key_Space)
        qtbot.waitUntil(
            lambda count=count: any(each.count == count for each in items), timeout=LONG_MS
        )
        qtbot.waitUntil(lambda: not controller.model.run_status.running, timeout=LONG_MS)
    assert len([each for each in items if "on_recorded_samples" in each.message]) == 1


def test_a_recent_entry_that_is_no_text_is_left_out_with_a_word(tmp_path: Path) -> None:
    path = tmp_path / "settings.ini"
    cell = tmp_path / "cell.swc"
    cell.write_text("1 1 0 0 0 8 -1\n")
    path.write_text(f"[General]\nrecent={cell}, @Invalid(), @Variant(\\0\\0\\0\\x2\\0\\0\\0\\x7)\n")
    settings = Settings(QSettings(str(path), QSettings.Format.IniFormat))
    assert [each.text for each in settings.recent] == [str(cell)]
    assert settings.n_dropped == 2


@pytest.mark.slow
def test_restart_asks_before_it_removes_the_past_of_a_healthy_cell(
    qtbot: QtBot, open_somascope: OpenSomascope
) -> None:
    controller = open_somascope()
    press(qtbot, controller, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: controller.model.run_status.time_ms > 1, timeout=LONG_MS)
    press(qtbot, controller, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: not controller.model.run_status.running, timeout=LONG_MS)
    before = controller.model.run_status.time_ms

    def answer(label: str) -> None:
        controller.window.command_actions["reload"].trigger()
        box = controller.window.findChild(QMessageBox)
        button = next(each for each in box.buttons() if each.text() == label)
        qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
        qtbot.waitUntil(lambda: controller.window.findChild(QMessageBox) is None, timeout=LONG_MS)

    answer("Keep it")
    assert controller.model.run_status.time_ms == before
    answer("Restart")
    qtbot.waitUntil(lambda: controller.model.run_status.time_ms == 0, timeout=LONG_MS)
    qtbot.waitUntil(lambda: bool(controller.model.traces), timeout=LONG_MS)


@pytest.mark.slow
def test_a_build_that_died_is_tried_again_by_retry_and_the_cell_on_the_screen_runs_on(
    qtbot: QtBot, open_somascope: OpenSomascope, tmp_path: Path
) -> None:
    controller = open_somascope()
    geometry = controller.model.geometry
    press(qtbot, controller, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: controller.model.run_status.time_ms > 1, timeout=LONG_MS)
    script = tmp_path / "dies.py"
    script.write_text("import os, signal\nos.kill(os.getpid(), signal.SIGKILL)\n")
    controller.opener.open_text(str(script))
    banner = controller.window.banner
    qtbot.waitUntil(lambda: bool(banner.message), timeout=LONG_MS)
    assert "Retry" in banner.message
    assert "Restart" not in banner.message
    assert banner.retry_button.text() == "Retry"
    assert controller.model.geometry is geometry
    assert controller.model.run_status.time_ms > 1


def test_the_sentence_of_a_session_is_shown_in_the_status_bar_until_it_is_cleared(
    qtbot: QtBot, open_somascope: OpenSomascope, tmp_path: Path
) -> None:
    script = tmp_path / "mine.py"
    script.write_text(
        OWN_MODEL + "        return [self.soma]\n"
        "    def on_key_press(self, key, context):\n"
        "        context.show_status('<b>weight</b> is 3' if key == 'W' else '')\n"
        "        return True\n"
    )
    controller = open_somascope(str(script), wait=False)
    qtbot.waitUntil(lambda: controller.model.has_scene, timeout=LONG_MS)
    label = controller.window.author_status
    controller.window.statusBar().showMessage("Press Space", 60_000)
    press(qtbot, controller, Qt.Key.Key_W)
    qtbot.waitUntil(lambda: label.text() == "<b>weight</b> is 3", timeout=LONG_MS)
    assert label.isVisible()
    assert not controller.window.statusBar().currentMessage()
    press(qtbot, controller, Qt.Key.Key_X)
    qtbot.waitUntil(lambda: not label.text(), timeout=LONG_MS)
