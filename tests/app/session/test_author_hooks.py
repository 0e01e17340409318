"""Hooks that return, set or record what they should not: one sentence with hook, place and next step."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from driving import closing, of_kind, settle, trace_of

from app.cli import main
from backends.errors import SomascopeError
from backends.messages import Error, FieldReplace, Reset, RunFor, SetControl, SetDisplayVariable
from backends.sources.source import SessionSource

pytest.importorskip("neuron")

HEAD = """
from backends.controls import *
from backends.scene import DisplayVariable
from {package} import {base}

class Mine({base}):
"""
ON_NEURON = HEAD.format(package="backends.neuron", base="NeuronSession") + (
    "    def build_sections(self):\n"
    "        from neuron import h\n"
    "        self.s, self.d = h.Section(name='s'), h.Section(name='d')\n"
    "        self.d.connect(self.s(1)); self.s.nseg = 3; self.s.insert('hh')\n"
    "        return [self.s, self.d]\n"
)
ON_JAXLEY = HEAD.format(package="backends.jaxley", base="JaxleySession") + (
    "    def build_cells(self):\n"
    "        import jaxley as jx\n"
    "        from jaxley.channels import HH\n"
    "        self.cell = jx.Cell([jx.Branch(ncomp=2)] * 2, parents=[-1, 0])\n"
    "        self.cell.insert(HH())\n"
    "        return self.cell\n"
)


def hook(signature: str, body: str) -> str:
    return ON_NEURON + f"    def {signature}: {body}\n"  # line 12


def scene_hook(name: str, returned: str) -> str:
    return hook(f"{name}(self)", f"return {returned}")


A_LIST, SPEC = "return a list of ControlSpec", "ScalarValueSpec(5, 0, 1)"
UPDATES = (
    "Mine.trace_view_updates: a trace plot has no 'ylim'; it has id, field_id, title, y_label, "
)
LIMITS = "Mine.morphology_color_limits returned (40, -80): return two numbers in rising order, or"
NUMBER = "record: 'v' needs a hoc reference, not -65.0; write soma(0.5)._ref_v"
LOOP = "Mine.build_sections returned sections connected in a loop, "
NSEG = "A section was deleted, or its nseg changed, during the simulation: do that in build_sect"
NO_Q = "Mine.display_variable is 'q_hh', which this model does not have; nearest to it are "
TWICE = "record: the name 'v' is already used; give each reference another name (mine.py, line 12)."
MISTAKES = [
    (scene_hook("control_specs", "None"), "Mine.control_specs returned None (is a return missing?)"),
    (scene_hook("control_specs", "5"), f"Mine.control_specs returned 5: {A_LIST} (mine.py, line 12)."),
    (scene_hook("control_specs", "['a']"), "Mine.control_specs: expected a ControlSpec, not 'a' (min"),
    (scene_hook("action_specs", "'kick'"), "Mine.action_specs returned 'kick': return a list of A"),
    (scene_hook("control_specs", f"[ControlSpec('a', 'A', {SPEC})]"),
     "ScalarValueSpec: the default 5 is outside 0 … 1 (mine.py, line 12)."),
    (scene_hook("trace_title", "None"), "Mine.trace_title returned None (is a return missing?)"),
    (scene_hook("display_field_id", "''"), "Mine.display_field_id returned '': return a string t"),
    (scene_hook("display_unit", "3"), "Mine.display_unit returned 3: return a string, or None ("),
    (scene_hook("morphology_color_limits", "(40, -80)"), LIMITS),
    (scene_hook("morphology_color_limits", "7"), "Mine.morphology_color_limits returned 7: return"),
    (scene_hook("trace_view_updates", "{'ylim': (0, 1)}"), UPDATES),
    (scene_hook("trace_view_updates", "None"), "Mine.trace_view_updates returned None (is a retur"),
    (scene_hook("steps_per_update", "'many'"), "Mine.steps_per_update returned 'many': return a "),
    (hook("setup_model(self, s)", "self.dt = '0.1'"),
     "dt must be a finite number > 0, not '0.1' (mine.py, line 12)."),
    (hook("setup_model(self, s)", "self.handle = s[0]"),
     "Mine.setup_model sets self.handle, which every session needs; choose another name (mine.py, l"),
    (hook("after_batch(self)", "self.emit = 3"), "mine.py, line 12: after_batch failed: Mine.after_batch sets self.emit"),
    (hook("after_batch(self)", "self.dt = 0"), "mine.py, line 12: after_batch failed: dt must be a finite number > 0"),
    (hook("__init__(self)", "super().__init__(title=5)"), "title must be a string, not 5 (mine.py,"),
    (hook("__init__(self)", "super().__init__(history_capture_mode='all')"),
     "history_capture_mode must be 'on_demand' or 'full', not 'all' (mine.py, line 12)."),
    (ON_NEURON + "    display_variable = DisplayVariable('q_hh', 'q', '', (0, 1))\n", NO_Q),
    (hook("setup_model(self, s)", "self.record('v', s[0](0.5).v)"), NUMBER),
    (hook("setup_model(self, s)", "[self.record('v', s[0](0.5)._ref_v) for _ in 'ab']"), TWICE),
    (hook("setup_model(self, s)", "s[0].diam = 0"), "Drawing the model (a section needs a length a"),
    (hook("after_reset(self)", "self.s.nseg = 7"), NSEG),
    (hook("after_batch(self)", "from neuron import h; h.delete_section(sec=self.s)"), NSEG),
    (ON_NEURON.replace("self.d.connect(self.s(1))", "self.d.connect(self.s); self.s.connect(self.d)"),
     LOOP),
    (ON_NEURON.replace("build_sections", "build_cells"), "mine.py: Mine lacks the method build_sect"),
]  # fmt: skip
PLACE = "network.branch(0).comp(0)"
JAXLEY_MISTAKES = [
    ("self.inject(network.branch(0).loc(0), delay=1, dur=1, amp=1)",
     "setup_model failed: AttributeError: 'int' object has no attribute 'dtype'; Jaxley's loc takes"),
    (f"{PLACE}.stimulate(jx.np.array([0.0, float('nan')]), verbose=False)",
     "The values of stimulate are nan at their step 1: give numbers."),
]  # fmt: skip


def run(text: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> tuple[int, list[str]]:
    """Run a model for 2 ms; return the exit status and what Somascope says on stderr."""
    script = tmp_path / "mine.py"
    script.write_text(text)
    status = main.main(["run", str(script), "--for", "2"])
    printed = capfd.readouterr().err.splitlines()
    return status, [line for line in printed if line.startswith("somascope: ")]


@pytest.mark.slow
@pytest.mark.parametrize(("text", "expected"), MISTAKES, ids=[expected for _, expected in MISTAKES])
def test_a_mistake_on_neuron_is_one_sentence(
    text: str, expected: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    status, lines = run(text, tmp_path, capfd)
    assert (status, len(lines)) == (1, 1)
    assert lines[0].startswith(f"somascope: {expected}")


@pytest.mark.slow
@pytest.mark.parametrize(("body", "expected"), JAXLEY_MISTAKES)
def test_a_mistake_on_jaxley_is_one_sentence(
    body: str, expected: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("jaxley")
    body = body.replace("jx.np", "__import__('numpy')")
    text = f"{ON_JAXLEY}    def setup_model(self, network, cells): {body}\n"
    status, lines = run(text, tmp_path, capfd)
    assert (status, len(lines)) == (1, 1)
    assert lines[0].startswith(f"somascope: {expected}")


def session_of(tmp_path: Path, text: str) -> object:
    """Return the session of a script."""
    script = tmp_path / "mine.py"
    script.write_text(text)
    return SessionSource.parse(str(script)).create()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("head", "name", "label"), [(ON_NEURON, "h_hh", "Gate"), (ON_JAXLEY, "HH_h", "Gate")]
)
def test_the_cell_begins_with_the_display_variable_that_its_author_has_chosen(
    tmp_path: Path, head: str, name: str, label: str
) -> None:
    if head is ON_JAXLEY:
        pytest.importorskip("jaxley")
    own = f"    display_variable = DisplayVariable('{name}', '{label}', '', (0.0, 1.0))\n"
    session = session_of(tmp_path, head + own)
    with closing(session):
        scene = session.initialize()
        view = scene.morphology_view
        first = scene.field_by_id(view.field_id).values
        assert (view.label, view.color_limits) == (label, (0.0, 1.0))
        present = np.isfinite(first)
        assert present.any()
        assert ((first[present] > 0) & (first[present] < 1)).all()
        assert scene.display_variables[0].name == name
        session.handle(RunFor(1.0))
        updates = settle(session)
        assert not of_kind(Error, updates)
        last = of_kind(FieldReplace, updates)[-1].values
        assert ((last[present] > 0) & (last[present] < 1)).all()
        session.handle(SetDisplayVariable("v"))
        assert (of_kind(FieldReplace, session.read_updates())[-1].values < -10).all()


def test_what_is_set_on_the_class_is_taken_unless_init_is_given_something_else(
    tmp_path: Path,
) -> None:
    values = "    dt, v_init, title, display_dt = 0.05, -70.0, 'Mine own', 0.5\n"
    session = session_of(tmp_path, ON_NEURON + values)
    with closing(session):
        scene = session.initialize()
        assert (session.t, scene.dt_ms, scene.title) == (0.0, 0.05, "Mine own")
        assert (scene.field_by_id("display").values == -70.0).all()
        assert (session.display_dt, session.max_samples) == (0.5, 1000)
        session.dt = 0.1
        session.handle(RunFor(1.0))
        settle(session)
        assert session.run_control.steps == 10
    given = "    def __init__(self): super().__init__(dt=0.2, title='Given')\n"
    session = session_of(tmp_path, ON_NEURON + values + given)
    assert (session.dt, session.title, session.v_init) == (0.2, "Given", -70.0)


def test_a_control_of_dt_changes_the_steps_and_one_that_is_no_number_is_refused(
    tmp_path: Path,
) -> None:
    control = "ControlSpec('dt', 'Step', ScalarValueSpec(0.1, 0.0, 0.2, unit='ms'))"
    session = session_of(tmp_path, scene_hook("control_specs", f"[{control}]"))
    with closing(session):
        session.initialize()
        session.handle(SetControl("dt", 0.2))
        session.handle(RunFor(1.0))
        settle(session)
        assert session.run_control.steps == 5
        session.handle(SetControl("dt", 0.0))
        (error,) = of_kind(Error, session.read_updates())
        assert "dt must be a finite number > 0, not 0.0" in error.message
        assert session.dt == 0.2


def test_a_hook_after_each_batch_takes_nothing_from_what_is_recorded(tmp_path: Path) -> None:
    text = hook("setup_model(self, s)", "self.record('v', s[0](0.5)._ref_v)")
    text += "    def after_batch(self): self.batches = getattr(self, 'batches', 0) + 1\n"
    text += "    def after_reset(self): self.resets = 1\n"
    session = session_of(tmp_path, text)
    with closing(session):
        session.initialize()
        updates = session.read_updates()
        session.handle(RunFor(2.0))
        times, values = trace_of("v", updates + settle(session))
        assert session.batches > 0
        assert len(times) == len(values) == 21


def test_values_of_an_author_s_own_colour_the_cell_in_place_of_the_display_variable(
    tmp_path: Path,
) -> None:
    own = "self.emit(FieldReplace('power', [self.t, 1.0, 2.0, 3.0], self.t))"
    text = "from backends.messages import FieldReplace\n" + hook("after_batch(self)", own)
    text += f"    def after_reset(self): {own}\n"
    text += "    def display_field_id(self): return 'power'\n"
    session = session_of(tmp_path, text)
    with closing(session):
        scene = session.initialize()
        assert scene.morphology_view.field_id == "power"
        for command, time_ms in ((RunFor(2.0), 2.0), (Reset(), 0.0)):
            session.handle(command)
            shown = of_kind(FieldReplace, settle(session))[-1]
            assert shown.values.tolist() == pytest.approx([time_ms, 1.0, 2.0, 3.0])


def test_units_of_recordings_and_of_an_author_s_trace_head_the_table(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    script, table = tmp_path / "mine.py", tmp_path / "t.csv"
    trace = "self.emit(TraceAdded('rate', None, [0.0], [1.0], label='rate', unit='Hz'))"
    text = "from backends.messages import TraceAdded\n" + hook("after_reset(self)", trace)
    script.write_text(
        text + "    def setup_model(self, s): self.record('ina', s[0](0.5)._ref_ina)\n"
    )
    assert main.main(["run", str(script), "--for", "2", "--traces", str(table)]) == 0
    header = table.read_text().partition("\n")[0].split(",")
    assert {"ina [mA/cm2]", "rate [Hz]"} <= set(header)


def test_a_method_that_is_called_like_a_hook_but_for_a_slip_is_a_finding(tmp_path: Path) -> None:
    text = hook("setup_modle(self, sections)", "pass") + (
        "    def control_spec(self): return []\n"
        "    def measure(self): return 1\n"
        "    def on_action(self, action_id, payload, context): return True\n"
    )
    session = session_of(tmp_path, text)
    with closing(session):
        found = session.initialize().findings
    assert [(each.severity, each.code) for each in found] == [("warning", "author.hook")] * 2
    assert [each.message for each in found] == [
        "Mine.setup_modle is no hook; if setup_model is meant, rename it.",
        "Mine.control_spec is no hook; if control_specs is meant, rename it.",
    ]


def test_a_nseg_that_a_control_changes_is_refused(tmp_path: Path) -> None:
    text = scene_hook("control_specs", "[ControlSpec('n', 'n', ScalarValueSpec(3, 1, 9))]")
    text += "    def apply_control(self, id_, value): self.s.nseg = int(value); return True\n"
    session = session_of(tmp_path, text)
    with closing(session):
        session.initialize()
        with pytest.raises(SomascopeError, match="nseg"):
            session.handle(SetControl("n", 5))
