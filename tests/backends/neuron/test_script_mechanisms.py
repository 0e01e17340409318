"""Mechanisms compiled beside a script are found wherever the program was started, once, loaded by hand or not."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
NRNIVMODL = shutil.which("nrnivmodl") or shutil.which(
    "nrnivmodl", path=str(Path(sys.executable).parent)
)
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        NRNIVMODL is None or not (shutil.which("g++") or shutil.which("c++")),
        reason="nrnivmodl needs a C++ compiler",
    ),
]
MOD = """NEURON {
    SUFFIX halfleak
    NONSPECIFIC_CURRENT i
    RANGE g
}
PARAMETER { g = 0.0005 (S/cm2) }
ASSIGNED { v (mV) i (mA/cm2) }
BREAKPOINT { i = g * (v + 60) }
"""
SCRIPT = """
from neuron import h
import neuron
from backends.neuron import NeuronSession
{load}

class Mine(NeuronSession):
    def build_sections(self):
        self.soma = h.Section(name="soma")
        self.soma.L = self.soma.diam = 20
        self.soma.insert("halfleak")
        return [self.soma]
"""
LOADS = {
    "nothing": "",
    "load_mechanisms": "neuron.load_mechanisms(FOLDER)",
    "nrn_load_dll": "h.nrn_load_dll(LIBRARY)",
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a compiled mechanism."""
    found = tmp_path_factory.mktemp("mechanisms")
    (found / "halfleak.mod").write_text(MOD)
    subprocess.run([str(NRNIVMODL), "."], cwd=found, capture_output=True, check=True, timeout=200)
    return found


@pytest.mark.parametrize("load", LOADS)
@pytest.mark.parametrize("from_its_folder", [True, False])
def test_the_script_runs(folder: Path, tmp_path: Path, load: str, from_its_folder: bool) -> None:
    (library,) = folder.glob("*/libnrnmech.*")
    names = f"FOLDER, LIBRARY = {str(folder)!r}, {str(library)!r}"
    script = folder / f"{load}.py"
    script.write_text(SCRIPT.format(load=f"{names}\n{LOADS[load]}"))
    start = "import sys; from app.cli.main import main; sys.exit(main(sys.argv[1:]))"
    done = subprocess.run(
        [sys.executable, "-P", "-c", start, "run", str(script), "--for", "1"],
        cwd=folder if from_its_folder else tmp_path,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
