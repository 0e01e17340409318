"""No simulator opens a window, whatever a script imports in its first line."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from backends.isolated import IsolatedSession
from backends.simulator_environment import set_simulator_environment
from backends.sources import SessionSource

SCRIPT = """
import os
OPTIONS = os.environ.get("NEURON_MODULE_OPTIONS", "").split()
from neuron import h, gui
from backends.neuron import NeuronSession
h.load_file("nrngui.hoc")

class Mine(NeuronSession):
    title = " ".join(OPTIONS)

    def build_sections(self):
        self.soma = h.Section(name="soma")
        self.soma.L = self.soma.diam = 20
        return [self.soma]
"""


@pytest.mark.parametrize(
    ("before", "after"),
    [("", "-nogui"), ("-print-options", "-print-options -nogui"), ("-nogui -x", "-nogui -x")],
)
def test_what_the_user_has_set_for_neuron_stays(before: str, after: str) -> None:
    environ = {"NEURON_MODULE_OPTIONS": before, "MPLBACKEND": "svg"}
    set_simulator_environment(environ)
    assert environ["NEURON_MODULE_OPTIONS"] == after
    assert environ["MPLBACKEND"] == "svg"


def test_a_child_is_told_before_its_script_imports_neuron(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NEURON_MODULE_OPTIONS", raising=False)
    script = tmp_path / "mine.py"
    script.write_text(SCRIPT)
    session = IsolatedSession(SessionSource.parse(str(script)).create, name="mine")
    try:
        scene = session.initialize()
    finally:
        session.shutdown()
    assert scene is not None
    assert scene.title == "-nogui"


@pytest.mark.slow
def test_run_without_a_display_says_nothing_of_it(tmp_path: Path) -> None:
    script = tmp_path / "mine.py"
    script.write_text(SCRIPT)
    environ = {
        name: value
        for name, value in os.environ.items()
        if name not in ("DISPLAY", "NEURON_MODULE_OPTIONS")
    }
    command = [sys.executable, "-m", "app", "run", str(script), "--for", "1"]
    done = subprocess.run(command, env=environ, capture_output=True, text=True, check=True)
    assert done.stderr == ""
