"""Colours by one variable and traces of several, in the real window."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from app.panels.cell import CellPanel
from app.traces.store import last_run_id
from app.window.controller import Controller
from app.window.dialogs.windows import SegmentPrompt
from backends.messages import RunFor, SetSpeed

OpenSomascope = Callable[..., Controller]
LONG_MS = 20_000


def choose_variable(controller: Controller, qtbot: QtBot, name: str) -> None:
    """Choose what the cell is coloured by, as a user does in the Cell panel."""
    box = controller.window.findChild(CellPanel).variables
    box.setCurrentIndex(box.findData(name))
    box.activated.emit(box.currentIndex())
    qtbot.waitUntil(lambda: controller.model.shown_variable == name, timeout=LONG_MS)


def run_for(controller: Controller, qtbot: QtBot, duration_ms: float) -> None:
    """Run, and wait until the plot has every sample."""
    end = controller.model.run_status.time_ms + duration_ms
    controller.post(SetSpeed(None))
    controller.post(RunFor(duration_ms))
    qtbot.waitUntil(lambda: controller.model.run_status.time_ms > end - 1e-6, timeout=LONG_MS)


@pytest.mark.slow
def test_colour_by_a_gate_keeps_the_history_of_the_voltage(
    qtbot: QtBot, open_somascope: OpenSomascope
) -> None:
    controller = open_somascope("ball_and_stick")
    model, plot = controller.model, controller.commands.traces
    (soma,) = model.traces
    run_for(controller, qtbot, 10.0)
    choose_variable(controller, qtbot, "m_hh")
    assert plot.data(soma)[0][0] == 0.0
    qtbot.keyClick(controller.window.centralWidget(), Qt.Key.Key_T)
    gate = f"{soma}.m_hh"
    qtbot.waitUntil(lambda: gate in model.traces, timeout=LONG_MS)
    run_for(controller, qtbot, 10.0)
    choose_variable(controller, qtbot, "v")
    run_for(controller, qtbot, 10.0)
    qtbot.waitUntil(lambda: plot.data(soma)[0][-1] > 29.95, timeout=LONG_MS)
    times, volts = plot.data(soma)
    np.testing.assert_allclose(np.diff(times), 0.1, atol=1e-6)
    assert volts.min() < -60
    gate_times, gates = plot.data(gate)
    assert gate_times[0] >= 10.0 - 1e-6
    assert gate_times[-1] > 29.9
    assert ((gates >= 0) & (gates <= 1)).all()
    assert [pane.curves for pane in plot.panes] == [{soma}, {gate}]
    assert [row.unit for row in plot.legend.rows.rows] == ["mV", ""]
    # The menu and Del mean the trace of what is shown.
    assert model.trace_of(model.traces[soma].segment) == soma
    choose_variable(controller, qtbot, "m_hh")
    assert model.trace_of(model.traces[soma].segment) == gate


@pytest.mark.slow
def test_a_restart_keeps_the_traces_of_every_variable(
    qtbot: QtBot, open_somascope: OpenSomascope
) -> None:
    controller = open_somascope("ball_and_stick")
    model = controller.model
    (soma,) = model.traces
    choose_variable(controller, qtbot, "m_hh")
    qtbot.keyClick(controller.window.centralWidget(), Qt.Key.Key_T)
    gate = f"{soma}.m_hh"
    qtbot.waitUntil(lambda: gate in model.traces, timeout=LONG_MS)
    colors = {id_: info.color_index for id_, info in model.traces.items()}
    before = model.scene
    controller.window.command_actions["reload"].trigger()
    qtbot.waitUntil(lambda: model.scene is not before and len(model.traces) == 2, timeout=LONG_MS)
    assert {id_: info.color_index for id_, info in model.traces.items()} == colors
    qtbot.waitUntil(lambda: model.shown_variable == "m_hh", timeout=LONG_MS)
    assert model.traces[soma].unit == "mV"


def test_init_keeps_the_last_run_until_k_hides_it(
    qtbot: QtBot, open_somascope: OpenSomascope
) -> None:
    controller = open_somascope("ball_and_stick")
    plot, window = controller.commands.traces, controller.window
    (soma,) = controller.model.traces
    run_for(controller, qtbot, 5.0)
    qtbot.waitUntil(lambda: plot.data(soma)[0][-1] > 4.95, timeout=LONG_MS)
    qtbot.keyClick(window.centralWidget(), Qt.Key.Key_R, Qt.KeyboardModifier.ControlModifier)
    curve = plot.canvas._curves.get
    qtbot.waitUntil(lambda: curve(last_run_id(soma)) is not None, timeout=LONG_MS)
    line = curve(last_run_id(soma))
    qtbot.waitUntil(lambda: bool(len(line.xData)) and line.xData[-1] > 4.9, timeout=LONG_MS)
    assert line.isVisible()
    qtbot.keyClick(window.centralWidget(), Qt.Key.Key_K)
    assert not line.isVisible()


def test_a_dendrite_is_recorded_by_its_name_with_the_keyboard(
    qtbot: QtBot, open_somascope: OpenSomascope
) -> None:
    controller = open_somascope("ball_and_stick")
    model = controller.model
    wanted = model.geometry.segment_ids[-1]
    qtbot.keyClick(
        controller.window.centralWidget(), Qt.Key.Key_T, Qt.KeyboardModifier.ShiftModifier
    )
    prompt = controller.window.findChild(SegmentPrompt)
    qtbot.keyClicks(prompt.field, wanted)
    qtbot.keyClick(prompt.field, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: wanted in model.traces, timeout=LONG_MS)
