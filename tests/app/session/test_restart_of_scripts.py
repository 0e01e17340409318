"""Restart of an author's script in the window: its traces come back, in a child and in one process."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from pytestqt.qtbot import QtBot

from backends.messages import CaptureTrace, RunFor
from backends.sources.source import SessionSource

if TYPE_CHECKING:
    from app.window.controller import Controller

pytest.importorskip("neuron")
OpenSomascope = Callable[..., "Controller"]
LONG_MS = 20_000
SCRIPT = """
from neuron import h
from backends.neuron import NeuronSession

class Stick:
    def __init__(self):
        self.soma = h.Section(name="soma", cell=self)
        self.soma.L = self.soma.diam = 20
        self.soma.insert("hh")

class Two(NeuronSession):
    def build_sections(self):
        self.sticks = [Stick(), Stick()]
        return [each.soma for each in self.sticks]
"""
SECOND = "Stick[1].soma(0.5)"


@pytest.mark.slow
@pytest.mark.parametrize("in_process", [False, True])
def test_traces_of_cells_without_a_name_survive_a_restart(
    in_process: bool, qtbot: QtBot, open_somascope: OpenSomascope, tmp_path: Path
) -> None:
    script = tmp_path / "two.py"
    script.write_text(SCRIPT)
    controller = open_somascope(str(script), wait=False, in_process=in_process)
    model = controller.model
    qtbot.waitUntil(lambda: model.has_scene, timeout=LONG_MS)
    controller.post(CaptureTrace(SECOND))
    qtbot.waitUntil(lambda: SECOND in model.traces, timeout=LONG_MS)
    controller.post(RunFor(5.0))
    qtbot.waitUntil(lambda: model.run_status.time_ms > 4.9, timeout=LONG_MS)
    scene = model.scene
    controller.opener.restart()
    qtbot.waitUntil(lambda: model.scene is not scene, timeout=LONG_MS)
    qtbot.waitUntil(lambda: SECOND in model.traces, timeout=LONG_MS)
    assert model.run_status.time_ms == 0.0
    controller.post(RunFor(5.0))
    qtbot.waitUntil(lambda: model.run_status.time_ms > 4.9, timeout=LONG_MS)


def test_another_model_opens_in_the_same_process(
    qtbot: QtBot, open_somascope: OpenSomascope, tmp_path: Path
) -> None:
    script = tmp_path / "two.py"
    script.write_text(SCRIPT)
    controller = open_somascope(str(script), wait=False, in_process=True)
    qtbot.waitUntil(lambda: controller.model.has_scene, timeout=LONG_MS)
    scene = controller.model.scene
    controller.opener.open_source(SessionSource.parse("ball_and_stick"))
    qtbot.waitUntil(lambda: controller.model.scene is not scene, timeout=LONG_MS)
    assert not controller.window.banner.message
    controller.post(RunFor(2.0))
    qtbot.waitUntil(lambda: controller.model.run_status.time_ms > 1.9, timeout=LONG_MS)


def test_the_legend_and_the_export_have_each_recording_s_unit(
    qtbot: QtBot, open_somascope: OpenSomascope, tmp_path: Path
) -> None:
    script = tmp_path / "two.py"
    hook = "    def setup_model(self, sections):\n        here = sections[0](0.5)\n"
    records = "        self.record_many(['ina', 'm'], [here._ref_ina, here.hh._ref_m])\n"
    script.write_text(SCRIPT + hook + records)
    controller = open_somascope(str(script), wait=False)
    qtbot.waitUntil(lambda: controller.model.has_scene, timeout=LONG_MS)
    controller.post(CaptureTrace(SECOND))
    qtbot.waitUntil(lambda: SECOND in controller.model.traces, timeout=LONG_MS)
    plot = controller.commands.traces
    assert plot is not None
    units = {each.label: each.unit for each in plot.columns()}
    assert units.items() >= {"ina": "mA/cm2", "m": "", SECOND: "mV"}.items()
