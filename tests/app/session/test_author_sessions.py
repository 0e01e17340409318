"""An author's own session in the window: its controls, its errors, and one with no morphology."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from backends.messages import InvokeAction, RunFor, SetControl

if TYPE_CHECKING:
    from app.window.controller import Controller

OpenSomascope = Callable[..., "Controller"]
LONG_MS = 20_000

NO_MORPHOLOGY = """
import numpy as np
from backends.controls import ControlSpec, ScalarValueSpec
from backends.field import Field
from backends.messages import FieldAppend, RunStatus, SetControl, SetRunning, StatePatch, TraceAdded
from backends.scene import LayoutSpec, PanelSpec, Scene, TracePlotViewSpec
from backends.session import BufferedSession


class Sine(BufferedSession):
    running, t, amplitude = False, 0.0, 1.0

    def initialize(self):
        self.emit(TraceAdded("sine", None, [], [], "Sine", "mV"))
        amplitude = ControlSpec("amplitude", "Amplitude", ScalarValueSpec(1.0, 0.0, 5.0, "mV"))
        plot = TracePlotViewSpec("plot", "trace", "Sine", "Sine", "mV")
        return Scene(
            title="Sine",
            fields=(Field("trace", np.empty((1, 0)), ("trace", "time"), unit="mV"),),
            views=(plot,),
            controls=(amplitude,),
            layout=LayoutSpec((
                PanelSpec("traces", "traces", "Sine", view_id="plot"),
                PanelSpec("controls", "controls", "Controls", control_ids=("amplitude",)),
            )),
            backend="NumPy",
        )

    def handle(self, command):
        if isinstance(command, SetRunning):
            self.running = command.running
        if isinstance(command, SetControl):
            self.amplitude = 5.0 if command.value > 5 else command.value
            self.emit(StatePatch({"amplitude": self.amplitude}))
        self.emit(RunStatus(self.t, self.running))

    def is_live(self):
        return self.running

    def idle_sleep(self):
        return 0.01 if self.running else None

    def advance(self):
        times = self.t + 0.1 * np.arange(1, 11)
        self.t = float(times[-1])
        self.emit(FieldAppend("trace", ("sine",), [self.amplitude * np.sin(times)], times))
        self.emit(RunStatus(self.t, True))
"""

FAULTY = """
from backends.controls import ControlSpec, ScalarValueSpec
from backends.neuron import NeuronSession


class Faulty(NeuronSession):
    def build_sections(self):
        from neuron import h
        self.soma = h.Section(name="soma")
        self.soma.L = self.soma.diam = 20
        self.soma.insert(MECHANISM)
        return [self.soma]

    def control_specs(self):
        return [ControlSpec("gain", "Gain", ScalarValueSpec(1.0, 0.0, 2.0))]

    def apply_control(self, control_id, value):
        raise RuntimeError("the gain is stuck")
"""


def test_a_session_with_no_morphology_shows_plot_and_controls_and_no_empty_page(
    qtbot: QtBot, open_somascope: OpenSomascope, tmp_path: Path
) -> None:
    script = tmp_path / "sine.py"
    script.write_text(NO_MORPHOLOGY)
    controller = open_somascope(str(script))
    assert not controller.commands.viewport.isVisible()
    assert not controller.window.docks["traces"].isVisible()
    plot = controller.views.widget_of("plot")
    assert plot.isVisible()
    qtbot.keyClick(controller.window, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: len(plot.data("sine")[0]) > 50, timeout=LONG_MS)
    times, values = plot.data("sine")
    assert times[:3] == pytest.approx([0.1, 0.2, 0.3])
    assert abs(values).max() <= 1.0


def test_an_error_in_an_author_s_hook_is_reported_and_the_cell_runs_on(
    qtbot: QtBot, open_somascope: OpenSomascope, tmp_path: Path
) -> None:
    script = tmp_path / "faulty.py"
    script.write_text(FAULTY.replace("MECHANISM", '"hh"'))
    controller = open_somascope(str(script))
    controller.post(SetControl("gain", 2.0))
    banner = controller.window.banner
    qtbot.waitUntil(lambda: "the gain is stuck" in banner.message, timeout=LONG_MS)
    qtbot.keyClick(controller.window, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: controller.model.run_status.time_ms > 0.5, timeout=LONG_MS)


def test_a_refused_value_is_reported_at_its_control(
    qtbot: QtBot, open_somascope: OpenSomascope, tmp_path: Path
) -> None:
    script = tmp_path / "faulty.py"
    script.write_text(FAULTY.replace("MECHANISM", '"hh"'))
    controller = open_somascope(str(script))
    controller.post(SetControl("gain", 99.0))
    row = controller.commands.controls.row("gain")
    qtbot.waitUntil(lambda: "99 is outside" in row.error.text(), timeout=LONG_MS)
    assert not controller.window.banner.message


def test_a_missing_mechanism_is_one_sentence_that_names_it_and_what_is_loaded(
    qtbot: QtBot, open_somascope: OpenSomascope, tmp_path: Path
) -> None:
    script = tmp_path / "faulty.py"
    script.write_text(FAULTY.replace("MECHANISM", '"nosuchmech"'))
    controller = open_somascope(str(script), wait=False)
    banner = controller.window.banner
    qtbot.waitUntil(lambda: bool(banner.message), timeout=LONG_MS)
    assert "nosuchmech" in banner.message
    assert "hh" in banner.message
    assert "Traceback" not in banner.message
    assert banner.retry_button.isVisible()


RUNS_OFF = """
from backends.controls import ActionSpec
from backends.neuron import NeuronSession


class RunsOff(NeuronSession):
    def build_sections(self):
        from neuron import h
        self.soma, self.dend = h.Section(name="soma"), h.Section(name="dend")
        self.dend.nseg = 5
        self.dend.connect(self.soma(1))
        for section in (self.soma, self.dend):
            section.insert("pas")
        return [self.soma, self.dend]

    def action_specs(self):
        return [ActionSpec("spoil", "Spoil a segment")]

    def apply_action(self, action_id, payload):
        self.dend(0.5).pas.e = float("nan")
        return True
"""


def test_where_a_value_is_no_number_is_marked_on_the_cell_and_inspected(
    qtbot: QtBot, open_somascope: OpenSomascope, tmp_path: Path
) -> None:
    script = tmp_path / "runs_off.py"
    script.write_text(RUNS_OFF)
    controller = open_somascope(str(script))
    window, model = controller.window, controller.model
    controller.post(InvokeAction("spoil"))
    controller.post(RunFor(1.0))
    qtbot.waitUntil(lambda: "is no longer a number" in window.banner.message, timeout=LONG_MS)
    place = model.segment_id(model.selected)
    assert place
    assert f" in {place} is no longer a number" in window.banner.message
    assert model.value_of(model.selected) != model.value_of(model.selected)  # that is, NaN
    assert window.docks["inspector"].widget().facts.segment_id == place
