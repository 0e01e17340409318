"""A control that changes a cell's shape changes picture, inspector and facts, from the same point of view."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from app.panels.cell import CellPanel
from app.panels.inspector import InspectorPanel
from app.window.controller import Controller
from tests.app.panels.test_cell_and_inspector import shown_texts

OpenSomascope = Callable[..., Controller]
LONG_MS = 20_000
SCRIPT = """
from neuron import h
from backends.controls import ControlSpec, ScalarValueSpec
from backends.neuron import NeuronSession

class Thick(NeuronSession):
    def build_sections(self):
        self.dend = h.Section(name="dend")
        self.dend.L, self.dend.diam = 300, 1
        self.dend.insert("pas")
        return [self.dend]
    def control_specs(self):
        return [ControlSpec("d", "Diameter", ScalarValueSpec(1.0, 0.2, 40.0, "um"))]
    def apply_control(self, control_id, value):
        self.dend.diam = value
        return True
"""


@pytest.mark.slow
def test_a_diameter_that_is_typed_while_the_cell_runs_is_seen(
    qtbot: QtBot, open_somascope: OpenSomascope, tmp_path: Path
) -> None:
    pytest.importorskip("neuron")
    script = tmp_path / "thick.py"
    script.write_text(SCRIPT)
    controller = open_somascope(str(script), wait=False)
    model, window = controller.model, controller.window
    qtbot.waitUntil(lambda: model.has_scene, timeout=LONG_MS)
    viewport = controller.commands.viewport
    assert model.scene.title == "Thick"
    model.select(0)
    viewport.zoom(1.2)
    scale = viewport.scene.navigation.view().parallel_scale
    area = model.scene.facts["Area"]
    qtbot.keyClick(window.centralWidget(), Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: model.run_status.time_ms > 0, timeout=LONG_MS)
    field = next(w for w in window.findChildren(QWidget) if w.accessibleName() == "Diameter")
    field.setFocus()
    field.selectAll()
    qtbot.keyClicks(QApplication.focusWidget(), "40")
    qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: model.geometry.diameter[0] == 40, timeout=LONG_MS)
    assert viewport.scene.geometry.radii.max() == 20
    assert viewport.scene.navigation.view().parallel_scale == pytest.approx(scale)
    assert model.scene.facts["Area"] != area
    window.findChild(CellPanel).fold.set_open(True)
    assert model.scene.facts["Area"] in shown_texts(window.findChild(CellPanel))
    assert "40.00 µm" in shown_texts(window.findChild(InspectorPanel))
    assert model.run_status.running
