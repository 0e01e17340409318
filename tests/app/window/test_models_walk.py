"""A NEURON model by mouse and keys: open its folder, press its own button, click a dendrite, change its value, run."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from archive_ui_driver import ArchiveDriver
from PySide6.QtCore import QPointF, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QFileDialog, QToolButton
from pytestqt.qtbot import QtBot

from app.panels.controls import ControlsPanel
from tests.support.model_user import LEFT, ModelUser
from tests.support.neuron_folders import template_cell

if TYPE_CHECKING:
    from app.window.controller import Controller

pytest.importorskip("neuron")
pytestmark = pytest.mark.slow

OpenSomascope = Callable[..., "Controller"]
AMP_NA = 0.55
STOP_MS = 30.0  # the model's own tstop
CLOSE = 1e-3  # mV; the window's values are float32
BARE = f"""
import sys
from neuron import h
h.load_file("mosinit.hoc")
h.stim.amp = {AMP_NA}
h.run()
print(h.t, h.cell.soma(0.5).v, h.cell.dend[2](0.5).v)
"""


def bare_run(folder: Path) -> tuple[float, ...]:
    """Run the model with the value in NEURON alone; return the time (ms) and two voltages (mV) at the end."""
    ran = subprocess.run(
        [sys.executable, "-c", BARE], cwd=folder, capture_output=True, text=True, check=True
    )
    return tuple(float(each) for each in ran.stdout.split()[-3:])


def test_a_model_is_opened_and_used_through_its_own_panel(
    qtbot: QtBot, open_somascope: OpenSomascope, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = template_cell(tmp_path / "pyr")
    controller = open_somascope("ball_and_stick")
    controller.window.resize(1366, 768)
    user, driver = ModelUser(qtbot, controller), ArchiveDriver(qtbot, controller)
    model = controller.model

    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(folder))
    driver.key(
        Qt.Key.Key_O, Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
    )
    user.press(user.question(), "Open")
    user.see("pyr")
    controller.window.activateWindow()  # without a window manager nothing else gives it the keyboard
    qtbot.waitUntil(controller.window.isActiveWindow)
    driver.until(lambda: model.scene.title == "pyr", "the model")
    controls = controller.window.findChild(ControlsPanel)
    assert controls is not None
    strong = next(each for each in model.scene.actions if each.label == "Strong current")
    amplitude = next(each for each in model.scene.controls if "Amplitude" in each.label)

    driver.click(controls.button(strong.id))
    driver.until(lambda: model.control_values[amplitude.id] == 0.8, "what the button has set")

    segment = dendrite(controller)
    segment_id = model.segment_id(segment)
    viewport = controller.commands.viewport
    qtbot.mouseClick(viewport, LEFT, pos=viewport.project(segment).toPoint())
    driver.until(lambda: segment_id in model.traces, "a trace of what was clicked")

    field = controls.row(amplitude.id).editor
    driver.click(field.lineEdit())
    driver.key(Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    driver.words(str(AMP_NA))
    driver.key(Qt.Key.Key_Return)
    driver.until(lambda: model.control_values[amplitude.id] == AMP_NA, "the value")

    action = controller.window.command_actions["init_run"]
    buttons = controller.window.run_bar.findChildren(QToolButton)
    QTest.mouseClick(next(each for each in buttons if each.defaultAction() is action), LEFT)
    driver.until(
        lambda: not model.run_status.running and abs(model.run_status.time_ms - STOP_MS) < 1e-6,
        "the end of the run at the model's own tstop",
    )
    plot = controller.commands.traces
    driver.until(lambda: abs(plot.data(segment_id)[0][-1] - STOP_MS) < 0.1, "the last samples")
    time, *ends = bare_run(folder)
    driver.until(lambda: model.values_time_ms == model.run_status.time_ms, "the last frame")
    rows = [model.geometry.index_of(f"Pyr[0].{each}(0.5)") for each in ("soma", "dend[2]")]
    assert time == pytest.approx(STOP_MS)
    assert [model.values[row] for row in rows] == pytest.approx(ends, abs=CLOSE)


def dendrite(controller: Controller) -> int:
    """Return the farthest dendritic segment that the pointer can hit."""
    geometry, viewport = controller.model.geometry, controller.commands.viewport
    for segment in np.argsort(-geometry.path_distance):
        place = QPointF(viewport.project(int(segment)).toPoint())
        if "dend" in geometry.segment_ids[segment] and viewport.pick(place) == segment:
            return int(segment)
    pytest.fail("no dendrite can be hit")
