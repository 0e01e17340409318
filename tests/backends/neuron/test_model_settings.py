"""What a NEURON model sets by itself (h.dt, h.v_init, voltages of sections) stands; bare NEURON is the authority."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from backends.messages import FieldAppend, RunFor, TraceAdded
from backends.neuron import NeuronSession
from backends.sources import SessionSource

SCRIPT = """
from neuron import h
from backends.neuron import NeuronSession
h.load_file("stdrun.hoc")
{top}

class Mine(NeuronSession):
    {on_class}
    def build_sections(self):
        self.soma = h.Section(name="soma")
        self.soma.L = self.soma.diam = 20
        self.soma.insert("hh")
        return [self.soma]

    def setup_model(self, sections):
        {in_hook}
        self.clamp = h.IClamp(self.soma(0.5))
        self.clamp.delay, self.clamp.dur, self.clamp.amp = 5, 30, 0.5
        self.record("v", self.soma(0.5)._ref_v)
"""
SETTINGS = "h.dt, h.v_init, h.celsius = 0.025, -70, 20"


def bare(dt: float, v_init: float, celsius: float = 6.3) -> np.ndarray:
    """Return the voltage of SCRIPT's cell over 12 ms by NEURON alone, mV."""
    from neuron import h

    soma = h.Section(name="bare")
    soma.L = soma.diam = 20
    soma.insert("hh")
    clamp = h.IClamp(soma(0.5))
    clamp.delay, clamp.dur, clamp.amp = 5, 30, 0.5
    v = h.Vector().record(soma(0.5)._ref_v)
    h.celsius, h.dt = celsius, dt
    h.finitialize(v_init)
    h.ParallelContext().set_maxstep(10)
    h.ParallelContext().psolve(12 + dt / 2)
    values = v.as_numpy().copy()
    h.delete_section(sec=soma)
    h.celsius = 6.3
    return values


def run(tmp_path: Path, **parts: str) -> tuple[NeuronSession, np.ndarray]:
    """Run SCRIPT for 12 ms; return its session and the recorded voltage, mV."""
    script = tmp_path / "mine.py"
    script.write_text(SCRIPT.format(**{"top": "", "on_class": "", "in_hook": "pass"} | parts))
    session: Any = SessionSource.parse(str(script)).create()
    session.initialize()
    session.handle(RunFor(12.0))
    while session.is_live():
        session.advance()
    values: list[float] = []
    for each in session.read_updates():
        if isinstance(each, TraceAdded) and each.trace_id == "v":
            values = list(each.values)
        if isinstance(each, FieldAppend) and "v" in each.rows:
            values.extend(each.values[0])
    return session, np.array(values)


@pytest.mark.parametrize("where", ["top", "in_hook"])
def test_the_model_s_own_settings_stand(tmp_path: Path, where: str) -> None:
    session, v = run(tmp_path, **{where: SETTINGS})
    facts = session.scene.facts
    session.shutdown()
    np.testing.assert_allclose(v, bare(0.025, -70.0, 20.0), atol=1e-5)
    assert facts["Step (dt)"] == "0.025 ms (h.dt)"
    assert facts["Voltage at t = 0"] == "−70 mV (h.v_init)"
    assert facts["Temperature"].startswith("20 °C")


def test_what_the_class_sets_comes_before_what_the_model_sets(tmp_path: Path) -> None:
    session, v = run(tmp_path, top=SETTINGS, on_class="dt, v_init = 0.05, -60.0")
    facts = session.scene.facts
    session.shutdown()
    np.testing.assert_allclose(v, bare(0.05, -60.0, 20.0), atol=1e-5)
    assert facts["Step (dt)"] == "0.05 ms (class Mine)"
    assert facts["Voltage at t = 0"] == "−60 mV (class Mine)"


def test_where_nothing_is_set_the_defaults_are_used_and_named(tmp_path: Path) -> None:
    session, v = run(tmp_path)
    facts = session.scene.facts
    session.shutdown()
    np.testing.assert_allclose(v, bare(0.1, -65.0), atol=1e-5)
    assert facts["Step (dt)"] == "0.1 ms (Somascope's default)"


def test_the_voltages_of_sections_stand_at_every_init(tmp_path: Path) -> None:
    session, v = run(tmp_path, in_hook="self.soma.v = -58")
    session._live.reset()
    again = session.recorded_values()["v"]
    facts = session.scene.facts
    session.shutdown()
    np.testing.assert_allclose(v, bare(0.1, -58.0), atol=1e-5)
    assert again == -58.0
    assert facts["Voltage at t = 0"] == "−58 mV (set in the sections)"


def test_what_a_run_in_a_hook_leaves_behind_is_no_setting(tmp_path: Path) -> None:
    session, v = run(tmp_path, in_hook="h.finitialize(-50); h.continuerun(1)")
    session.shutdown()
    assert v[0] == -65.0


def test_a_step_that_a_hook_changes_while_it_runs_is_used(tmp_path: Path) -> None:
    session, _ = run(tmp_path, in_hook="h.dt = 0.05")
    from neuron import h

    h.dt = 0.0125
    steps = session.run_control.steps
    session.handle(RunFor(1.0))
    while session.is_live():
        session.advance()
    taken, dt = session.run_control.steps - steps, session.dt
    session.shutdown()
    assert (taken, dt) == (80, 0.0125)


def test_the_title_is_the_class_unless_the_author_has_one(tmp_path: Path) -> None:
    session, _ = run(tmp_path)
    own, _ = session.scene.title, session.shutdown()
    session, _ = run(tmp_path, on_class="title = 'Cell of mine'")
    chosen, _ = session.scene.title, session.shutdown()
    assert (own, chosen) == ("Mine", "Cell of mine")


def test_a_run_samples_every_step_and_leaves_the_author_s_display_dt(tmp_path: Path) -> None:
    from app.headless.job import make_session
    from app.headless.run import HeadlessRun

    script = tmp_path / "mine.py"
    text = SCRIPT.format(top="", on_class="dt, display_dt = 0.05, 0.5", in_hook="pass")
    script.write_text(text)
    session: Any = make_session(SessionSource.parse(str(script)))
    headless = HeadlessRun(session)
    headless.start((), "Mine")
    headless.run(2.0)
    times = headless.recordings["soma(0.5)"].joined()[0]
    display_dt, _ = session.display_dt, session.shutdown()
    assert display_dt == 0.5
    np.testing.assert_allclose(times, np.arange(0, 2.01, 0.05), atol=1e-9)
