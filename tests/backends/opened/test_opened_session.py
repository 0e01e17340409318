"""A model that is opened as it is runs to the voltages of its own run, bit for bit."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
from driving import closing, of_kind, settle
from neuron_folders import PLAIN_SCRIPT, TEMPLATE_CELL, plain_script, write_folder

from backends.isolated.session import IsolatedSession
from backends.messages import RunStatus, SetRunning, SetStopTime
from backends.sources.source import SessionSource

BARE = """
import os, runpy, sys
folder, entry, name = sys.argv[1:]
os.chdir(folder)
sys.argv[1:] = []
sys.path.insert(0, folder)
from neuron import h
if entry.endswith(".py"):
    kept = runpy.run_path(entry, run_name="__main__")
else:
    h.load_file("nrngui.hoc")
    h.load_file(1, entry)
soma = next(each for each in h.allsec() if each.name().endswith(name))
print("\\nend", h.t.hex(), soma(0.5).v.hex())
"""


OURS = """
import sys
from backends.messages import RunStatus, SetRunning, SetStopTime
from backends.sources.source import SessionSource
folder, entry, name = sys.argv[1:]
made = SessionSource.parse(f"{folder}:{entry}").create()
made.initialize()
made.handle(SetRunning(True))
while made.is_live():
    made.advance()
session = made.session
soma = next(each for each in session.sections if each.name().endswith(name))
print("\\nend", session.t.hex(), soma(0.5).v.hex())
made.shutdown()
"""


def end_of_run(program: str, folder: Path, entry: str) -> tuple[float, float]:
    """Return t (ms) and the soma's voltage (mV) at the end of a run in a process of its own."""
    command = [sys.executable, "-c", program, str(folder), entry, "soma"]
    root = Path(__file__).parents[3]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, cwd=root)
    assert done.returncode == 0, done.stderr
    words = done.stdout.split("\nend ")[1].split()
    return float.fromhex(words[0]), float.fromhex(words[1])


def session_of(folder: Path, entry: str = "") -> IsolatedSession:
    """Return a session over a model in a process of its own, as the window has it."""
    text = f"{folder}:{entry}" if entry else str(folder)
    return IsolatedSession(SessionSource.parse(text).create)


LEAK = """NEURON {
    SUFFIX leak2
    NONSPECIFIC_CURRENT i
    RANGE g, e
}
PARAMETER {
    g = 0.0001 (S/cm2)
    e = -60 (mV)
}
ASSIGNED {
    v (mV)
    i (mA/cm2)
}
BREAKPOINT {
    i = g*(v - e)
}
"""
OWN_ADVANCE = """
n_advance = 0
proc advance() {
    n_advance += 1
    if (t > 5) stim.amp = 0.2 + 0.01 * n_advance
    fadvance()
}
run()
"""
HANDLER = """
objref handler
proc at_start() { cell.dend[0].v = -50 }
handler = new FInitializeHandler("at_start()")
run()
"""
NESTED_STEPS = """
steps_per_ms = 8
dt = 0.1
run()
"""
OWN_STDINIT = """
proc stdinit() {
    realtime = 0
    setdt()
    init()
    cell.soma.v = -55
}
run()
"""


def _template_with(more: str) -> Mapping[str, str]:
    return {
        **TEMPLATE_CELL,
        "mosinit.hoc": TEMPLATE_CELL["mosinit.hoc"].replace("\nrun()\n", "\n") + more,
    }


def _script_with(end: str) -> Mapping[str, str]:
    return {"simulate.py": PLAIN_SCRIPT["simulate.py"].replace("h.run()\n", end)}


MODELS = {
    "template": TEMPLATE_CELL,
    "script": PLAIN_SCRIPT,
    "own advance": _template_with(OWN_ADVANCE),
    "handler": _template_with(HANDLER),
    "dt from steps_per_ms": _template_with(NESTED_STEPS),
    "own stdinit": _template_with(OWN_STDINIT),
    "continuerun": _script_with("h.finitialize(-70)\nh.continuerun(15)\n"),
    "psolve": _script_with(
        "pc = h.ParallelContext()\npc.set_maxstep(10)\nh.finitialize(-71)\npc.psolve(h.tstop)\n"
    ),
}


@pytest.mark.parametrize("name", MODELS)
def test_a_run_ends_in_the_voltage_of_the_models_own_run(name: str, tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "model", MODELS[name])
    entry = "mosinit.hoc" if "mosinit.hoc" in MODELS[name] else "simulate.py"
    assert end_of_run(OURS, folder, entry) == end_of_run(BARE, folder, entry)


def test_a_scene_has_the_regions_names_and_facts_of_the_model(tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "Small cell", TEMPLATE_CELL)
    session = IsolatedSession(SessionSource.parse(str(folder)).create)
    with closing(session):
        scene = session.initialize()
    assert scene is not None
    assert scene.geometry is not None
    assert (scene.title, scene.dt_ms, scene.tstop_ms) == ("Small cell", 0.05, 30.0)
    assert scene.geometry.segment_ids[:2] == ("Pyr[0].soma(0.5)", "Pyr[0].dend[0](0.166667)")
    assert scene.facts["Point processes"] == "1 ExpSyn, 1 IClamp"
    assert scene.facts["Program"] == "mosinit.hoc"
    assert "-68" in scene.facts["Voltage at t = 0"].replace("\u2212", "-")
    assert set(scene.geometry.laid_out_sections) == {
        "Pyr[0].soma",
        *(f"Pyr[0].dend[{i}]" for i in range(3)),
    }


def test_regions_come_from_section_lists_before_names(tmp_path: Path) -> None:
    text = TEMPLATE_CELL["cell.hoc"].replace("basal.append()", "apical.append()")
    text = text.replace("basal", "apical")
    files = {**TEMPLATE_CELL, "cell.hoc": text}
    session = IsolatedSession(SessionSource.parse(str(write_folder(tmp_path / "a", files))).create)
    with closing(session):
        scene = session.initialize()
    assert scene is not None
    assert scene.geometry is not None
    assert scene.geometry.swc_type[1] == 4


def test_the_window_may_set_another_tstop(tmp_path: Path) -> None:
    folder = plain_script(tmp_path / "model")
    session = IsolatedSession(SessionSource.parse(str(folder)).create)
    with closing(session):
        session.initialize()
        session.handle(SetStopTime(7.0))
        session.handle(SetRunning(True))
        updates = settle(session)
    assert of_kind(RunStatus, updates)[-1].time_ms == pytest.approx(7.0)


def test_a_model_that_uses_cvode_runs_with_cvode(tmp_path: Path) -> None:
    files = _template_with("cvode_active(1)\nrun()\n")
    folder = write_folder(tmp_path / "model", files)
    ours, bare = (end_of_run(each, folder, "mosinit.hoc") for each in (OURS, BARE))
    assert ours[0] == pytest.approx(bare[0], abs=1e-6)
    assert ours[1] == pytest.approx(bare[1], abs=0.05)


@pytest.mark.slow
def test_mechanisms_of_a_folder_are_compiled_and_used(tmp_path: Path) -> None:
    files = {
        "mosinit.hoc": _template_with("cell.soma insert leak2\ncell.soma.g_leak2 = 0.001\nrun()\n")[
            "mosinit.hoc"
        ],
        "cell.hoc": TEMPLATE_CELL["cell.hoc"],
        "mod/leak2.mod": LEAK,
    }
    folder = write_folder(tmp_path / "model", files)
    session = IsolatedSession(SessionSource.parse(str(folder)).create)
    with closing(session):
        scene = session.initialize()
        assert scene is not None
        assert "g_leak2" in [each.name for each in scene.display_variables]
        session.handle(SetRunning(True))
        assert of_kind(RunStatus, settle(session))[-1].time_ms == pytest.approx(30.0)
