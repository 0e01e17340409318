"""A script written for CompNeuroVis in the real window: clicks, controls, Run and Pause, and its end."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from app.panels.controls import ControlsPanel
from app.window.controller import Controller

OpenSomascope = Callable[..., Controller]
LONG_MS = 20_000
SCRIPT = """
import numpy as np
from somascope.compneurovis import (
    ActionSpec, AppSpec, ControlSpec, Field, LayoutSpec, LinePlotViewSpec, MorphologyGeometry, MorphologyViewSpec,
    PanelSpec, Scene, ScalarValueSpec, StateBinding, run_app,
)
from somascope.compneurovis.session import BufferedSession, FieldAppend, FieldReplace, InvokeAction, SetControl, Status

IDS = ("left", "right")


class Two(BufferedSession):
    def initialize(self):
        self.n, self.gain = 0, 1.0
        cell = MorphologyGeometry(
            "cell", positions=np.array([[-20.0, 0, 0], [20, 0, 0]]),
            orientations=np.repeat(np.eye(3)[None], 2, axis=0), radii=np.array([5.0, 5]),
            lengths=np.array([30.0, 30]), entity_ids=IDS, section_names=IDS, xlocs=np.array([0.5, 0.5]))
        ids = np.array(IDS)
        v = Field("v", np.zeros(2), ("segment",), {"segment": ids}, "mV")
        past = Field("past", np.zeros((2, 1)), ("segment", "time"), {"segment": ids, "time": np.zeros(1)}, "mV")
        return Scene(
            fields={"v": v, "past": past}, geometries={"cell": cell},
            views={
                "cell": MorphologyViewSpec("cell", "Cell", "cell", "v"),
                "plot": LinePlotViewSpec("plot", "Selected", "past", x_dim="time", x_unit="ms",
                                         selectors={"segment": StateBinding("selected_entity_id")}),
                "all": LinePlotViewSpec("all", "Both", "past", x_dim="time", x_unit="ms", series_dim="segment"),
            },
            controls={"gain": ControlSpec("gain", "Gain", ScalarValueSpec(1.0, 0.0, 4.0), send_to_session=True)},
            actions={"tell": ActionSpec("tell", "Tell")},
            layout=LayoutSpec("Two"))

    def advance(self):
        self.n += 1
        values = self.gain * np.array([1.0, 2.0])
        self.emit(FieldReplace("v", values))
        self.emit(FieldAppend("past", "time", values[:, None], np.array([float(self.n)])))

    def handle(self, command):
        if isinstance(command, SetControl):
            self.gain = command.value
        if isinstance(command, InvokeAction):
            self.emit(Status(f"gain {self.gain:g}"))


run_app(AppSpec(session=Two, title="Two entities"))
"""


@pytest.fixture
def two(qtbot: QtBot, open_somascope: OpenSomascope, tmp_path: Path) -> Controller:
    script = tmp_path / "two.py"
    script.write_text(SCRIPT)
    controller = open_somascope(str(script), wait=False)
    qtbot.waitUntil(lambda: controller.model.has_scene, timeout=LONG_MS)
    return controller


def labels(controller: Controller, view_id: str) -> list[str]:
    view = controller.model.view(view_id)
    return [controller.model.traces[each].label for each in controller.model.traces_of(view)]


def test_a_script_for_compneurovis_answers_in_the_window(qtbot: QtBot, two: Controller) -> None:
    model = two.model
    qtbot.waitUntil(lambda: labels(two, "all") == ["left", "right"], timeout=LONG_MS)
    assert "Two entities" in two.window.windowTitle()
    assert labels(two, "plot") == []
    qtbot.waitUntil(lambda: model.run_status.time_ms > 1, timeout=LONG_MS)
    assert not two.window.run_bar.speed.isEnabled()

    viewport = two.commands.viewport
    qtbot.mouseClick(viewport, Qt.MouseButton.LeftButton, pos=viewport.project(1).toPoint())
    qtbot.waitUntil(lambda: labels(two, "plot") == ["right"], timeout=LONG_MS)

    panel = two.window.findChild(ControlsPanel)
    qtbot.mouseClick(panel.button("tell"), Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: model.status.message == "gain 1", timeout=LONG_MS)

    two.window.command_actions["run"].trigger()
    qtbot.waitUntil(lambda: not model.run_status.running, timeout=LONG_MS)
    steps = model.run_status.steps
    two.window.command_actions["step"].trigger()
    qtbot.waitUntil(lambda: model.run_status.steps == steps + 1, timeout=LONG_MS)
