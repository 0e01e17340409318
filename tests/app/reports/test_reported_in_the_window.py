"""Models after public bug reports in the real window: what was seen there, with mouse and keys."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import psutil
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from app.panels.inspector import InspectorPanel
from app.viewport.detail import DetailLimits
from backends.messages import CaptureTrace, RunFor
from tests.app.panels.test_cell_and_inspector import shown_texts
from tests.app.viewport.cells import ink

if TYPE_CHECKING:
    from app.window.controller import Controller

pytest.importorskip("neuron")
OpenSomascope = Callable[..., "Controller"]
LONG_MS = 20_000
SECOND = "BallAndStick[3].soma(0.5)"


def opened(path: Path, qtbot: QtBot, open_somascope: OpenSomascope) -> Controller:
    controller = open_somascope(str(path), wait=False)
    qtbot.waitUntil(lambda: controller.model.has_scene, timeout=LONG_MS)
    return controller


@pytest.mark.slow
def test_traces_of_cells_without_a_name_come_back_after_restart(
    reports: Path, qtbot: QtBot, open_somascope: OpenSomascope
) -> None:
    controller = opened(reports / "no_repr.py", qtbot, open_somascope)
    model = controller.model
    controller.post(CaptureTrace(SECOND))
    qtbot.waitUntil(lambda: SECOND in model.traces, timeout=LONG_MS)
    assert not [each for each in model.geometry.segment_ids if "0x" in each]
    controller.post(RunFor(5.0))
    qtbot.waitUntil(lambda: model.run_status.time_ms > 4.9, timeout=LONG_MS)
    names, before = set(model.traces), model.scene
    controller.opener.restart()
    qtbot.waitUntil(lambda: model.scene is not before, timeout=LONG_MS)
    qtbot.waitUntil(lambda: set(model.traces) == names, timeout=LONG_MS)


@pytest.mark.slow
def test_neuron_s_own_interface_is_off_in_the_simulators_process(
    reports: Path, qtbot: QtBot, open_somascope: OpenSomascope
) -> None:
    before = {each.pid for each in psutil.Process().children(recursive=True)}
    controller = opened(reports / "ring5.py", qtbot, open_somascope)
    made = [each for each in psutil.Process().children(recursive=True) if each.pid not in before]
    assert made
    options = [each.environ().get("NEURON_MODULE_OPTIONS", "") for each in made]
    assert all("-nogui" in each.split() for each in options)
    assert len(controller.model.geometry.cell_names) == 5


@pytest.mark.slow
def test_one_compartment_is_a_soma_while_it_runs(
    reports: Path, qtbot: QtBot, open_somascope: OpenSomascope
) -> None:
    controller = opened(reports / "one_soma.py", qtbot, open_somascope)
    viewport = controller.commands.viewport
    assert viewport is not None
    scene = viewport.scene
    scene.set_decorations(color_bar=False, scale_bar=False, axes=False)
    # A machine without a GPU, on which every frame of tubes is too slow.
    viewport.detail.is_software, viewport.detail.limits = True, DetailLimits(0.0, -1.0)
    qtbot.keyClick(controller.window.centralWidget(), Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: controller.model.run_status.time_ms > 1.0, timeout=LONG_MS)
    qtbot.waitUntil(lambda: viewport.detail.frame_ms > 0, timeout=LONG_MS)
    image = viewport.grab_image().convertToFormat(QImage.Format.Format_RGB888)
    rows = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine())
    pixels = rows[:, : 3 * image.width()].reshape(image.height(), image.width(), 3)
    inside = ink(pixels, scene)
    inside[:70, :200] = False  # the title
    height, width = (inside.any(axis=axis).sum() for axis in (1, 0))
    assert width == pytest.approx(height, rel=0.05)
    assert inside.sum() == pytest.approx(np.pi / 4 * width * height, rel=0.05)
    # The mark of its trace is a dot and an outline; the soma has the colour of its voltage.
    red, green, blue = np.moveaxis(pixels.astype(int), 2, 0)
    orange = (red > 180) & (green > 100) & (blue < 90)
    assert orange.sum() < 0.05 * inside.sum()


@pytest.mark.slow
def test_a_diameter_that_is_typed_is_seen(
    reports: Path, qtbot: QtBot, open_somascope: OpenSomascope
) -> None:
    controller = opened(reports / "diam_control.py", qtbot, open_somascope)
    model, window = controller.model, controller.window
    viewport = controller.commands.viewport
    assert viewport is not None
    dendrite = model.geometry.segment_ids.index("dend(0.5)")
    model.select(dendrite)
    area = model.scene.facts["Area"]
    qtbot.keyClick(window.centralWidget(), Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: model.run_status.time_ms > 0, timeout=LONG_MS)
    field = next(w for w in window.findChildren(QWidget) if w.accessibleName() == "Diameter")
    field.setFocus()
    field.selectAll()
    qtbot.keyClicks(QApplication.focusWidget(), "40")
    qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: model.geometry.diameter[dendrite] == 40, timeout=LONG_MS)
    drawn = viewport.scene.geometry
    assert drawn.radii[drawn.frusta[drawn.frustum_segment == dendrite]].tolist() == [[20, 20]]
    assert model.scene.facts["Area"] != area
    inspector = window.findChild(InspectorPanel)
    assert inspector.facts.diameter == 40
    assert "40.00 µm" in shown_texts(inspector)
