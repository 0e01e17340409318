"""Scripts with CompNeuroVis's imports changed, opened as the command line does it."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import pytest

from backends import messages as ours
from backends.compneurovis.specs.messages import FieldAppend
from backends.errors import ProtocolError, SourceError
from backends.sources.source import SessionSource

STEPS = """
import argparse
import numpy as np
from somascope.compneurovis import (
    AppSpec, Field, LayoutSpec, LinePlotViewSpec, PanelSpec, Scene, run_app,
)
from somascope.compneurovis._perf import perf_log
from somascope.compneurovis.session import BufferedSession, FieldAppend, Reset


class Steps(BufferedSession):
    @classmethod
    def startup_scene(cls):
        return scene()

    def initialize(self):
        self.n = 0
        return scene()

    def advance(self):
        self.n += 1
        perf_log("steps", "advance", n=self.n)
        self.emit(FieldAppend("n", "time", np.array([[self.n]]), np.array([float(self.n)])))

    def handle(self, command):
        if isinstance(command, Reset):
            self.n = 0


def scene():
    field = Field("n", np.zeros((1, 1)), ("series", "time"),
                  {"series": np.array(["n"]), "time": np.array([0.0])}, "1")
    view = LinePlotViewSpec("plot", "Steps", "n", x_dim="time", series_dim="series", x_unit="ms")
    return Scene({"n": field}, {}, {"plot": view}, layout=LayoutSpec("Steps"))


if __name__ == "__main__":
    argparse.ArgumentParser().parse_args()
    run_app(AppSpec(session=Steps, title="Steps of one"))
    raise SystemExit("this is for after the window")
"""

CELL = """
from neuron import h
from somascope.compneurovis import (
    ControlPresentationSpec, ControlSpec, NeuronSession, ScalarValueSpec, build_neuron_app, run_app,
)
from somascope.compneurovis.backends.neuron.utils import generate_layout
from somascope.compneurovis.session import StatePatch, Status


class Cell(NeuronSession):
    def __init__(self):
        super().__init__(title="Cell of CompNeuroVis")
        self.amp = 0.5

    def build_sections(self):
        soma, dend = h.Section(name="soma"), h.Section(name="dend")
        soma.L = soma.diam = 20
        dend.L, dend.diam, dend.nseg = 100, 2, 3
        dend.connect(soma(1))
        generate_layout([soma, dend])
        assert dend.n3d() >= 2 and abs(dend.L - 100) < 1e-3
        return [soma, dend]

    def setup_model(self, sections):
        for each in sections:
            each.insert("hh")
        self.clamp = h.IClamp(sections[0](0.5))
        self.clamp.delay, self.clamp.dur, self.clamp.amp = 1, 1e9, self.amp

    def control_specs(self):
        return {"amp": ControlSpec(
            id="amp", label="Amplitude (nA)",
            value_spec=ScalarValueSpec(default=self.amp, min=0.0, max=2.0, value_type="float"),
            presentation=ControlPresentationSpec(kind="slider", steps=100), send_to_session=True)}

    def trace_view_updates(self):
        return {"pen": "k", "y_min": -90.0, "y_max": 50.0, "rolling_window": 20.0}

    def apply_control(self, control_id, value):
        self.clamp.amp = float(value)
        self.emit(Status("set", 100))
        self.emit(StatePatch({"amp": value}))
        return True


run_app(build_neuron_app(Cell, title="A cell"))
"""


def opened(path: Path, text: str) -> tuple[Any, Any]:
    script = path / "script.py"
    script.write_text(textwrap.dedent(text))
    session = SessionSource("script", str(script)).create()
    return session, session.initialize()


def test_a_script_with_an_app_is_a_session(tmp_path: Path) -> None:
    session, scene = opened(tmp_path, STEPS)
    assert scene.title == "Steps of one"
    assert scene.has_own_speed
    startup = type(session).startup_scene()
    assert startup is not None
    assert startup.title == "Steps of one"
    session.handle(ours.StepOnce(3))
    while session.idle_sleep() is not None:
        session.advance()
    samples = [each for each in session.read_updates() if isinstance(each, ours.FieldAppend)]
    assert [each.values.tolist() for each in samples] == [[[1.0]], [[2.0]], [[3.0]]]
    session.shutdown()


def test_a_neuron_session_is_ours_with_the_other_arguments(tmp_path: Path) -> None:
    session, scene = opened(tmp_path, CELL)
    assert scene.title == "A cell"
    assert (scene.trace_view.y_limits, scene.trace_view.window_ms) == ((-90.0, 50.0), 20.0)
    assert [each.code for each in scene.findings] == ["compneurovis.not-taken"]
    updates = session.read_updates()
    traces = [each.trace_id for each in updates if isinstance(each, ours.TraceAdded)]
    assert traces == ["soma(0.5)"]
    assert session.is_live()
    session.handle(ours.SetSpeed(None))
    session.display_dt = 0.4  # four steps an update, and a sample of each
    session.advance()
    (samples,) = [each for each in session.read_updates() if isinstance(each, ours.FieldAppend)]
    assert samples.coord_values.tolist() == pytest.approx([0.1, 0.2, 0.3, 0.4])
    session.handle(ours.SetControl("amp", 1.25))
    assert session.clamp.amp == 1.25
    updates = session.read_updates()
    assert [each.message for each in updates if isinstance(each, ours.Status)] == ["set"]
    with pytest.raises(ProtocolError) as error:
        session.emit(FieldAppend("other", "time", [[1.0]], [1.0]))
    assert error.value.code == "not-in-live-session"
    session.shutdown()


def test_an_app_without_session_and_scene_is_refused(tmp_path: Path) -> None:
    text = "from somascope.compneurovis import AppSpec, run_app\nrun_app(AppSpec())\n"
    with pytest.raises(SourceError) as error:
        opened(tmp_path, text)
    assert error.value.code == "no-views"


def test_the_names_are_imported_without_qt_and_simulators() -> None:
    code = """
        import sys
        import somascope.compneurovis as cnv
        import somascope.compneurovis.core, somascope.compneurovis.session
        cnv.Scene, cnv.NeuronSession, cnv.JaxleySession, cnv.build_replay_app, cnv.XYValueSpec
        found = {"PySide6", "vtkmodules", "neuron", "jax", "pandas"} & set(sys.modules)
        assert not found, found
    """
    found = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)], capture_output=True, text=True, check=False
    )
    assert found.returncode == 0, found.stderr


def test_every_name_can_be_imported() -> None:
    import somascope.compneurovis as cnv

    assert len(cnv.__all__) > 35
    assert all(getattr(cnv, name) is not None for name in cnv.__all__)


STEPWISE = """
import numpy as np
from neuron import h
from somascope.compneurovis import NeuronSession, build_neuron_app, run_app


class Gates(NeuronSession):
    def __init__(self):
        super().__init__(dt=0.025, display_dt=0.1, title="Own samples")

    def build_sections(self):
        self.soma, self.dend = h.Section(name="soma"), h.Section(name="dend")
        for each in (self.soma, self.dend):
            each.L = each.diam = 20
            each.insert("hh")
        self.dend.connect(self.soma(1))
        return [self.soma, self.dend]

    def setup_model(self, sections):
        self.clamp = h.IClamp(self.soma(0.5))
        self.clamp.delay, self.clamp.dur, self.clamp.amp = 0, 1e9, 0.5
        self.record("m", self.soma(0.5)._ref_m_hh)

    def on_recorded_samples(self, times, values):
        self.seen = times, values["m"]

    def _sample_step(self):
        return np.array([self.soma(0.5).m_hh, self.dend(0.5).m_hh])

    def display_unit(self):
        return ""

    def morphology_color_limits(self):
        return (0.0, 1.0)

    def on_action(self, action_id, payload, context):
        context.show_status(context.entity_info()["section_name"], 100)
        return True

    def action_specs(self):
        from somascope.compneurovis import ActionSpec
        return {"where": ActionSpec("where", "Where")}


run_app(build_neuron_app(Gates))
"""


def test_a_neuron_session_that_samples_by_itself_is_stepped_as_there(tmp_path: Path) -> None:
    session, scene = opened(tmp_path, STEPWISE)
    assert scene.title == "Own samples"
    assert scene.has_own_speed
    author = session._author
    session.read_updates()
    session.advance()
    updates = session.read_updates()
    (frame,) = [each for each in updates if isinstance(each, ours.FieldReplace)]
    (samples,) = [each for each in updates if isinstance(each, ours.FieldAppend)]
    assert frame.values.tolist() == pytest.approx([author.soma.m_hh, author.dend.m_hh])
    assert samples.coord_values.tolist() == pytest.approx([0.025, 0.05, 0.075, 0.1])
    times, m = author.seen
    assert times.tolist() == samples.coord_values.tolist()
    assert m.tolist() == pytest.approx(samples.values[0].tolist())
    session.handle(ours.EntityClicked(scene.geometry.segment_ids[1]))
    session.handle(ours.InvokeAction("where"))
    updates = session.read_updates()
    assert [each.message for each in updates if isinstance(each, ours.Status)] == ["dend"]
    assert [each.label for each in updates if isinstance(each, ours.TraceAdded)] == ["dend@0.50000"]
    session.handle(ours.Reset())
    traces = [each for each in session.read_updates() if isinstance(each, ours.TraceAdded)]
    assert [each.times.tolist() for each in traces] == [[0.0]]
    session.shutdown()
