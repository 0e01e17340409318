"""The simulator is chosen in the window, and the experiment goes with the cell."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from belongings import belongings, grown
from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QLabel, QMessageBox, QPushButton, QToolButton
from pytestqt.qtbot import QtBot

from app.presenters.captions import cell_caption
from app.window.dialogs.windows import CommandPalette
from backends.messages import (
    CaptureTrace,
    Phase,
    RemoveTrace,
    SetControl,
    SetDisplayVariable,
    SetRunning,
    SetSpeed,
)
from backends.session import Session
from tests.support.two_simulators import (
    GO_VARIABLE,
    LONG_S,
    CompilesLong,
    CompilesUntilReleased,
    IsMissing,
    OnJaxley,
    two_ramps,
)

if TYPE_CHECKING:
    from app.window.controller import Controller

OpenSomascope = Callable[..., "Controller"]
LONG_MS = 20_000


def button(controller: Controller, backend: str) -> QToolButton:
    """Return the button of a simulator in the toolbar."""
    return controller.window.run_bar.findChild(QToolButton, f"simulator-{backend}")


def choose(qtbot: QtBot, controller: Controller, backend: str) -> None:
    """Click a simulator."""
    qtbot.mouseClick(button(controller, backend), Qt.MouseButton.LeftButton)


def shown(controller: Controller) -> str | None:
    """Return which simulator the toolbar shows."""
    return next((b for b in ("neuron", "jaxley") if button(controller, b).isChecked()), None)


def wait_for_backend(qtbot: QtBot, controller: Controller, name: str) -> None:
    """Wait until a simulator's scene is on the screen and all it was told has been done."""
    qtbot.waitUntil(lambda: controller.model.scene.backend == name, timeout=LONG_MS)
    qtbot.waitUntil(lambda: not controller.owner.is_loading, timeout=LONG_MS)


def traces(controller: Controller) -> list[tuple[str, int]]:
    """Return the chosen traces in order, each with its colour's index."""
    return [(each.trace_id, each.color_index) for each in controller.model.traces.values()]


@pytest.fixture
def open_ramps(qtbot: QtBot, open_somascope: OpenSomascope) -> Callable[..., Controller]:
    """Return a function that opens the window on a cell with two made-up simulators."""

    def open_(on_jaxley: type[Session] = OnJaxley) -> Controller:
        controller = open_somascope("no such cell", wait=False)
        controller.opener.open_source(two_ramps(on_jaxley))
        qtbot.waitUntil(lambda: controller.model.scene.title == "Ramp", timeout=LONG_MS)
        qtbot.waitUntil(lambda: len(controller.model.traces) == 2, timeout=LONG_MS)
        return controller

    return open_


def choose_traces(qtbot: QtBot, controller: Controller) -> list[tuple[str, int]]:
    """Choose three traces, in neither the order nor the colours that a session begins with."""
    ids = controller.model.geometry.segment_ids
    for trace_id in list(controller.model.traces):
        controller.post(RemoveTrace(trace_id))
    for i in (4, 3, 1):
        controller.post(CaptureTrace(ids[i]))
    controller.post(RemoveTrace(ids[4]))
    controller.post(CaptureTrace(ids[0]))
    wanted = [(ids[3], 1), (ids[1], 2), (ids[0], 0)]
    qtbot.waitUntil(lambda: traces(controller) == wanted, timeout=LONG_MS)
    return wanted


def test_switching_takes_the_experiment_along(
    qtbot: QtBot, open_ramps: Callable[..., Controller]
) -> None:
    controller = open_ramps()
    window, model = controller.window, controller.model
    wanted = choose_traces(qtbot, controller)
    controller.commands.controls.controlChanged.emit("slope", 2.5)
    window.run_bar.tstop_ms.setValue(30.0)
    window.run_bar.tstopChosen.emit(30.0)
    model.select(2)
    controller.commands.viewport.view_axis("xz")
    camera = controller.commands.viewport.scene.renderer.GetActiveCamera()
    before = (camera.GetPosition(), camera.GetFocalPoint(), camera.GetViewUp())

    choose(qtbot, controller, "jaxley")
    wait_for_backend(qtbot, controller, "Jaxley")
    qtbot.waitUntil(lambda: traces(controller) == wanted, timeout=LONG_MS)
    qtbot.waitUntil(lambda: model.control_values["slope"] == 2.5, timeout=LONG_MS)
    assert shown(controller) == "jaxley"
    assert (model.run_status.time_ms, model.phase) == (0.0, Phase.READY)
    assert model.selected == 2
    assert (camera.GetPosition(), camera.GetFocalPoint(), camera.GetViewUp()) == before
    assert [id_ for id_, _ in wanted] == list(controller.commands.traces.trace_ids())
    assert not window.banner.message

    qtbot.keyClick(window, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: model.phase is Phase.FINISHED, timeout=LONG_MS)
    assert model.run_status.time_ms == 30.0
    _, values = controller.commands.traces.data(wanted[0][0])
    assert values[-1] == pytest.approx(4 * 2.5 * 30.0)


def hidden(controller: Controller) -> set[str]:
    """Return the traces whose eyes are closed in the legend."""
    return {row.trace_id for row in controller.commands.traces.legend.rows.rows if not row.shown}


@pytest.mark.slow
def test_hidden_traces_stay_hidden_on_the_other_simulator_and_shown_ones_shown(
    qtbot: QtBot, open_ramps: Callable[..., Controller]
) -> None:
    controller = open_ramps()
    legend = controller.commands.traces.legend
    wanted = [id_ for id_, _ in choose_traces(qtbot, controller)]
    legend.setFocus()
    for trace_id in wanted[1:]:
        legend.choose(trace_id)
        qtbot.keyClick(legend, Qt.Key.Key_H)
    assert hidden(controller) == set(wanted[1:])
    for backend, name in (("jaxley", "Jaxley"), ("neuron", "NEURON")):
        choose(qtbot, controller, backend)
        wait_for_backend(qtbot, controller, name)
        qtbot.waitUntil(lambda: list(controller.model.traces) == wanted, timeout=LONG_MS)
        assert hidden(controller) == set(wanted[1:])
    controller.post(RemoveTrace(wanted[1]))
    controller.post(CaptureTrace(wanted[1]))  # asked for anew, it is to be seen
    qtbot.waitUntil(lambda: hidden(controller) == {wanted[2]}, timeout=LONG_MS)


def test_the_inspector_takes_away_the_trace_that_it_has_added(
    qtbot: QtBot, open_ramps: Callable[..., Controller]
) -> None:
    controller = open_ramps()
    model, ids = controller.model, controller.model.geometry.segment_ids
    button_: QPushButton = controller.window.docks["inspector"].widget().trace_button
    model.select(3)
    assert (ids[3] in model.traces, button_.text()) == (False, "Add trace")
    qtbot.mouseClick(button_, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: button_.text() == "Remove trace", timeout=LONG_MS)
    assert ids[3] in model.traces
    qtbot.mouseClick(button_, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: button_.text() == "Add trace", timeout=LONG_MS)
    assert ids[3] not in model.traces


def test_what_the_other_simulator_has_not_is_reported_in_the_banner(
    qtbot: QtBot, open_ramps: Callable[..., Controller]
) -> None:
    controller = open_ramps()
    model = controller.model
    controller.post(SetDisplayVariable("ina_hh"))
    controller.post(SetControl("offset", 0.5))
    qtbot.waitUntil(lambda: model.shown_variable == "ina_hh", timeout=LONG_MS)
    choose(qtbot, controller, "jaxley")
    wait_for_backend(qtbot, controller, "Jaxley")
    updates = controller.window.banner.message
    assert "Jaxley has no control Offset." in updates
    assert "Jaxley has no variable ina_hh; shown is v." in updates
    assert model.shown_variable == "v"


@pytest.mark.slow
def test_the_display_variable_goes_along_and_the_panel_is_reported(
    qtbot: QtBot, open_ramps: Callable[..., Controller]
) -> None:
    controller = open_ramps()
    model = controller.model
    controller.post(SetDisplayVariable("ina_hh"))
    qtbot.waitUntil(lambda: model.shown_variable == "ina_hh", timeout=LONG_MS)
    geometry = model.geometry
    controller.window.command_actions["reload"].trigger()
    qtbot.waitUntil(lambda: model.geometry is not geometry, timeout=LONG_MS)
    qtbot.waitUntil(lambda: model.shown_variable == "ina_hh", timeout=LONG_MS)
    panel = controller.window.docks["cell"].widget()
    assert panel.variables.currentData() == "ina_hh"


def test_a_simulator_that_fails_leaves_the_cell_and_the_choice_as_they_were(
    qtbot: QtBot, open_ramps: Callable[..., Controller]
) -> None:
    controller = open_ramps(IsMissing)
    model = controller.model
    geometry = model.geometry
    choose(qtbot, controller, "jaxley")
    banner = controller.window.banner
    qtbot.waitUntil(lambda: "jax is not installed" in banner.message, timeout=LONG_MS)
    assert shown(controller) == "neuron"
    assert controller.window.settings.backend == "neuron"
    assert model.geometry is geometry
    assert model.phase is Phase.READY
    qtbot.keyClick(controller.window, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: model.run_status.time_ms > 1, timeout=LONG_MS)
    controller.window.command_actions["reload"].trigger()  # means what is on the screen, and asks
    controller.window.findChild(QMessageBox).accept()
    qtbot.waitUntil(lambda: model.geometry is not geometry, timeout=LONG_MS)
    assert model.scene.backend == "NEURON"


def test_while_it_compiles_the_window_lives_and_esc_stops_it_at_once(
    qtbot: QtBot, open_ramps: Callable[..., Controller]
) -> None:
    controller = open_ramps(CompilesLong)
    window, model, lamp = controller.window, controller.model, controller.window.run_bar.lamp
    beats: list[int] = []
    heartbeat = QTimer(window, interval=10)
    heartbeat.timeout.connect(lambda: beats.append(1))
    heartbeat.start()
    choose(qtbot, controller, "jaxley")
    qtbot.waitUntil(lambda: lamp.text.startswith("Compiling… 1 s"), timeout=LONG_MS)
    assert shown(controller) == "jaxley"
    assert "Compiling the ramp" in window.busy_bar.text
    assert window.busy_bar.cancel_button.isVisible()
    qtbot.keyClick(window, Qt.Key.Key_Space)  # the present cell can still run
    qtbot.waitUntil(lambda: model.run_status.time_ms > 1, timeout=LONG_MS)
    assert window.command_actions["run"].text() == "Pause"
    assert lamp.text.startswith("Compiling")
    heartbeat.stop()
    assert len(beats) > 20  # in more than a second; a window that waits for the compiler has none

    began = time.perf_counter()
    qtbot.keyClick(window, Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: not window.busy_bar.isVisible(), timeout=LONG_MS)
    assert shown(controller) == "neuron"
    qtbot.waitUntil(lambda: not controller.owner.is_ending, timeout=LONG_MS)
    assert time.perf_counter() - began < LONG_S / 2
    assert model.scene.backend == "NEURON"
    assert lamp.text == "Running"


@pytest.mark.slow
def test_what_is_done_while_it_compiles_goes_along(
    qtbot: QtBot,
    open_ramps: Callable[..., Controller],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    go = tmp_path / "go"
    monkeypatch.setenv(GO_VARIABLE, str(go))
    controller = open_ramps(CompilesUntilReleased)
    choose(qtbot, controller, "jaxley")
    lamp = controller.window.run_bar.lamp
    qtbot.waitUntil(lambda: lamp.text.startswith("Compiling"), timeout=LONG_MS)
    wanted = choose_traces(qtbot, controller)
    controller.post(SetControl("slope", 3.0))
    qtbot.waitUntil(lambda: controller.model.control_values["slope"] == 3.0, timeout=LONG_MS)
    go.touch()
    wait_for_backend(qtbot, controller, "Jaxley")
    qtbot.waitUntil(lambda: traces(controller) == wanted, timeout=LONG_MS)
    qtbot.waitUntil(lambda: controller.model.control_values["slope"] == 3.0, timeout=LONG_MS)


def test_in_one_process_it_is_reported_that_a_compilation_cannot_be_stopped(
    qtbot: QtBot,
    open_somascope: OpenSomascope,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    go = tmp_path / "go"
    monkeypatch.setenv(GO_VARIABLE, str(go))
    controller = open_somascope("no such cell", wait=False, in_process=True)
    controller.opener.open_source(two_ramps(CompilesUntilReleased))
    wait_for_backend(qtbot, controller, "NEURON")
    choose(qtbot, controller, "jaxley")
    lamp = controller.window.run_bar.lamp
    qtbot.waitUntil(lambda: lamp.text.startswith("Compiling"), timeout=LONG_MS)
    qtbot.keyClick(controller.window, Qt.Key.Key_Escape)
    assert "a compilation until its end" in controller.window.statusBar().currentMessage()
    assert shown(controller) == "neuron"
    go.touch()
    qtbot.waitUntil(lambda: not controller.owner.is_ending, timeout=LONG_MS)
    assert controller.model.scene.backend == "NEURON"


def test_choosing_the_present_simulator_again_drops_the_other(
    qtbot: QtBot, open_ramps: Callable[..., Controller]
) -> None:
    controller = open_ramps(CompilesLong)
    geometry = controller.model.geometry
    choose(qtbot, controller, "jaxley")
    choose(qtbot, controller, "neuron")
    assert not controller.owner.is_loading
    assert shown(controller) == "neuron"
    choose(qtbot, controller, "neuron")  # and that is no wish for a new session
    assert not controller.owner.is_loading
    assert shown(controller) == "neuron"
    assert controller.model.geometry is geometry


@pytest.mark.slow
def test_a_script_brings_its_own_simulator_and_the_choice_is_reported(
    qtbot: QtBot, open_somascope: OpenSomascope, tmp_path: Path
) -> None:
    controller = open_somascope()
    script = tmp_path / "my_ramp.py"
    script.write_text("from ramp import Ramp\n\n\nclass Mine(Ramp):\n    pass\n")
    controller.opener.open_text(f"{script}:Mine")
    qtbot.waitUntil(lambda: controller.model.scene.backend == "Ramp", timeout=LONG_MS)
    for backend in ("neuron", "jaxley"):
        assert not button(controller, backend).isEnabled()
        assert "simulator (Ramp)" in button(controller, backend).toolTip()
    assert shown(controller) is None
    assert not controller.window.command_actions["float32"].isEnabled()
    controller.opener.open_text("ball_and_stick")
    qtbot.waitUntil(lambda: controller.model.scene.backend == "NEURON", timeout=LONG_MS)
    assert button(controller, "jaxley").isEnabled()
    assert shown(controller) == "neuron"


@pytest.mark.slow
def test_float32_is_chosen_for_jaxley_only_and_shown_next_to_it(
    qtbot: QtBot, open_ramps: Callable[..., Controller]
) -> None:
    controller = open_ramps()
    verbs = controller.window.command_actions
    assert not verbs["float32"].isEnabled()
    assert "NEURON always computes in float64" in verbs["float32"].toolTip()
    choose(qtbot, controller, "jaxley")
    wait_for_backend(qtbot, controller, "Jaxley")
    assert verbs["float64"].isChecked()
    assert button(controller, "jaxley").text() == "Jaxley"
    assert "µV" in verbs["float32"].toolTip()
    geometry = controller.model.geometry
    verbs["float32"].trigger()
    qtbot.waitUntil(lambda: controller.model.geometry is not geometry, timeout=LONG_MS)
    assert controller.opener.source.precision == "float32"
    assert button(controller, "jaxley").text() == "Jaxley · float32"
    assert controller.window.settings.precision == "float32"
    updates = (
        controller.window.backend.text(),
        controller.window.docks["cell"].widget().findChild(QLabel, "chip").text(),
        cell_caption(controller.model),
    )
    assert all("Jaxley · float32" in each for each in updates), updates


def test_the_palette_finds_a_simulator_by_its_name(
    qtbot: QtBot, open_ramps: Callable[..., Controller]
) -> None:
    controller = open_ramps()
    controller.window.command_actions["palette"].trigger()
    palette = controller.window.findChild(CommandPalette)
    qtbot.keyClicks(palette.field, "simulator jax")
    assert palette.results.item(0).text() == "Simulator: Jaxley"
    qtbot.keyClick(palette.field, Qt.Key.Key_Return)
    wait_for_backend(qtbot, controller, "Jaxley")


@pytest.mark.slow
def test_restart_keeps_what_was_changed_by_hand_unless_the_session_had_failed(
    qtbot: QtBot, open_ramps: Callable[..., Controller]
) -> None:
    controller = open_ramps()
    model = controller.model
    wanted = choose_traces(qtbot, controller)
    controller.post(SetControl("slope", 2.5))
    qtbot.waitUntil(lambda: model.control_values["slope"] == 2.5, timeout=LONG_MS)
    geometry = model.geometry
    controller.window.command_actions["reload"].trigger()
    qtbot.waitUntil(lambda: model.geometry is not geometry, timeout=LONG_MS)
    qtbot.waitUntil(lambda: model.control_values["slope"] == 2.5, timeout=LONG_MS)
    qtbot.waitUntil(lambda: traces(controller) == wanted, timeout=LONG_MS)

    os.kill(controller.owner.child_pid, signal.SIGKILL)
    qtbot.waitUntil(lambda: model.is_failed, timeout=LONG_MS)
    qtbot.mouseClick(controller.window.banner.retry_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: model.phase is Phase.READY, timeout=LONG_MS)
    qtbot.waitUntil(lambda: traces(controller) == wanted, timeout=LONG_MS)
    assert model.control_values["slope"] == 1.0
    assert "first values" in controller.window.banner.message


@pytest.mark.slow
def test_the_choice_that_worked_is_remembered_and_the_command_line_wins(
    qtbot: QtBot, open_ramps: Callable[..., Controller], open_somascope: OpenSomascope
) -> None:
    controller = open_ramps()
    choose(qtbot, controller, "jaxley")
    wait_for_backend(qtbot, controller, "Jaxley")
    assert controller.window.settings.backend == "jaxley"
    controller.window.close()
    again = open_somascope(None, wait=False)
    assert shown(again) == "jaxley"
    again.window.close()
    other = open_somascope("ball_and_stick", backend="neuron")
    assert shown(other) == "neuron"
    assert other.model.scene.backend == "NEURON"
    assert other.window.settings.backend == "jaxley"


def test_a_first_cell_that_jaxley_cannot_open_can_be_opened_on_neuron(
    qtbot: QtBot, open_somascope: OpenSomascope
) -> None:
    controller = open_somascope("no such cell", wait=False)
    controller.opener.open_source(two_ramps(IsMissing, "jaxley"))
    banner = controller.window.banner
    qtbot.waitUntil(lambda: "jax is not installed" in banner.message, timeout=LONG_MS)
    assert shown(controller) == "jaxley"
    choose(qtbot, controller, "neuron")
    qtbot.waitUntil(lambda: controller.model.scene.backend == "NEURON", timeout=LONG_MS)
    assert not banner.message


@pytest.mark.slow
def test_next_to_a_script_too_a_cell_that_jaxley_cannot_open_can_be_opened_on_neuron(
    qtbot: QtBot, open_ramps: Callable[..., Controller], tmp_path: Path
) -> None:
    controller = open_ramps()
    script = tmp_path / "my_ramp.py"
    script.write_text("from ramp import Ramp\n\n\nclass Mine(Ramp):\n    pass\n")
    controller.opener.open_text(f"{script}:Mine")
    qtbot.waitUntil(lambda: controller.model.scene.backend == "Ramp", timeout=LONG_MS)
    controller.opener.open_source(two_ramps(IsMissing, "jaxley"))
    banner = controller.window.banner
    qtbot.waitUntil(lambda: "jax is not installed" in banner.message, timeout=LONG_MS)
    choose(qtbot, controller, "neuron")
    qtbot.waitUntil(lambda: controller.model.scene.backend == "NEURON", timeout=LONG_MS)
    assert shown(controller) == "neuron"


@pytest.mark.slow
def test_return_presses_the_simulator_that_has_the_keyboard(
    qtbot: QtBot, open_ramps: Callable[..., Controller]
) -> None:
    controller = open_ramps()
    jaxley = button(controller, "jaxley")
    assert jaxley.focusPolicy() & Qt.FocusPolicy.TabFocus
    assert jaxley.accessibleName() == "Simulator: Jaxley"
    jaxley.setFocus()
    qtbot.keyClick(jaxley, Qt.Key.Key_Return)
    wait_for_backend(qtbot, controller, "Jaxley")


def test_a_script_that_is_not_on_the_simulator_chosen_is_refused(
    qtbot: QtBot, open_somascope: OpenSomascope, tmp_path: Path
) -> None:
    script = tmp_path / "my_ramp.py"
    script.write_text("from ramp import Ramp\n\n\nclass Mine(Ramp):\n    pass\n")
    controller = open_somascope(f"{script}:Mine", wait=False, backend="jaxley")
    banner = controller.window.banner
    qtbot.waitUntil(
        lambda: "runs on" in banner.message or "no simulator" in banner.message, timeout=LONG_MS
    )


# ------------------------------------------------------------------------- NEURON and Jaxley themselves


@pytest.mark.slow
def test_neuron_s_experiment_spikes_on_jaxley_too(
    qtbot: QtBot, open_somascope: OpenSomascope
) -> None:
    controller = open_somascope()
    model = controller.model
    soma, tip = model.segment_id(0), model.segment_id(model.geometry.n_segments - 1)
    for command in (CaptureTrace(tip), RemoveTrace(soma), CaptureTrace(soma)):
        controller.post(command)
    controller.post(SetControl("stimulus_delay", 2.0))
    controller.post(SetDisplayVariable("m_hh"))
    controller.window.run_bar.tstopChosen.emit(10.0)
    controller.window.run_bar.tstop_ms.setValue(10.0)
    qtbot.waitUntil(lambda: list(model.traces) == [tip, soma], timeout=LONG_MS)
    qtbot.waitUntil(lambda: model.shown_variable == "m_hh", timeout=LONG_MS)
    wanted = traces(controller)

    choose(qtbot, controller, "jaxley")
    wait_for_backend(qtbot, controller, "Jaxley")
    qtbot.waitUntil(lambda: traces(controller) == wanted, timeout=LONG_MS)
    qtbot.waitUntil(lambda: model.shown_variable == "HH_m", timeout=LONG_MS)
    assert model.control_values["stimulus_delay"] == 2.0
    assert not controller.window.banner.message
    controller.post(SetDisplayVariable("v"))
    controller.post(SetSpeed(None))
    qtbot.keyClick(controller.window, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: model.phase is Phase.FINISHED, timeout=LONG_MS)
    assert model.run_status.time_ms == pytest.approx(10.0)
    assert controller.commands.traces.data(soma)[1].max() > 0


@pytest.mark.slow
def test_jax_s_own_compilation_is_stopped_at_once(
    qtbot: QtBot, open_somascope: OpenSomascope, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JAX_COMPILATION_CACHE_DIR", str(tmp_path / "nothing compiled yet"))
    controller = open_somascope()
    lamp = controller.window.run_bar.lamp
    choose(qtbot, controller, "jaxley")
    qtbot.waitUntil(lambda: lamp.text.startswith("Compiling"), timeout=LONG_MS)
    began = time.perf_counter()
    qtbot.mouseClick(controller.window.busy_bar.cancel_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: not controller.owner.is_ending, timeout=LONG_MS)
    assert time.perf_counter() - began < LONG_S / 2
    assert shown(controller) == "neuron"
    assert lamp.text == "Ready"


@pytest.mark.slow
def test_without_jax_one_sentence_is_reported_and_neuron_goes_on(
    qtbot: QtBot, open_somascope: OpenSomascope, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "jax.py").write_text("raise ImportError('no jaxlib for this machine')\n")
    monkeypatch.setenv("JAX_COMPILATION_CACHE_DIR", str(tmp_path / "nothing compiled yet"))
    monkeypatch.syspath_prepend(tmp_path)
    controller = open_somascope()
    choose(qtbot, controller, "jaxley")
    banner = controller.window.banner
    qtbot.waitUntil(lambda: "no jaxlib for this machine" in banner.message, timeout=LONG_MS)
    assert "pip install" in banner.message
    assert shown(controller) == "neuron"
    qtbot.keyClick(controller.window, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: controller.model.run_status.time_ms > 1, timeout=LONG_MS)


@pytest.mark.slow
def test_switching_ten_times_while_it_runs_leaks_nothing(
    qtbot: QtBot, open_somascope: OpenSomascope
) -> None:
    controller = open_somascope()
    model = controller.model
    controller.post(CaptureTrace(model.segment_id(5)))
    qtbot.waitUntil(lambda: len(model.traces) == 2, timeout=LONG_MS)
    wanted = traces(controller)

    controller.post(SetSpeed(None))

    def switch_to(backend: str, name: str) -> None:
        controller.post(SetRunning(True))
        qtbot.waitUntil(lambda: model.run_status.time_ms > 1, timeout=LONG_MS)
        choose(qtbot, controller, backend)
        wait_for_backend(qtbot, controller, name)
        qtbot.waitUntil(lambda: traces(controller) == wanted, timeout=LONG_MS)
        qtbot.waitUntil(lambda: not controller.owner.is_ending, timeout=LONG_MS)

    both = (("jaxley", "Jaxley"), ("neuron", "NEURON"))
    for each in both:  # the first time, what is made once for ever is made
        switch_to(*each)
    before = belongings(controller)
    for each in both * 5:
        switch_to(*each)
    controller.post(SetRunning(False))

    qtbot.waitUntil(lambda: grown(controller, before) == {}, timeout=LONG_MS)
