"""Nothing in the working folder is ever imported: a `json.py` there is data, not code of Somascope."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
NAMES = ("json", "numpy", "pickle", "queue", "vtkmodules", "jax", "neuron", "backends", "app")
COMMANDS = [
    "run pyramidal --for 1 --image picture.png",
    "compare pyramidal --for 1",
    "doctor",
]


@pytest.mark.slow
@pytest.mark.parametrize("command", COMMANDS)
def test_a_module_of_the_working_folder_is_not_imported(tmp_path: Path, command: str) -> None:
    for name in NAMES:
        (tmp_path / f"{name}.py").write_text(
            f"open('imported-{name}', 'w').close()\nraise SystemExit\n"
        )
    environ = os.environ | {"PYTHONPATH": str(ROOT)}
    start = "import sys; from app.cli.main import main; sys.exit(main(sys.argv[1:]))"
    done = subprocess.run(
        [sys.executable, "-P", "-c", start, *command.split()],
        cwd=tmp_path,
        env=environ,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert [each.name for each in tmp_path.glob("imported-*")] == []
    if command != "doctor":
        assert done.returncode == 0, done.stderr


@pytest.mark.slow
def test_a_script_imports_the_modules_beside_it_from_any_folder(tmp_path: Path) -> None:
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "helper.py").write_text("LENGTH = 30\n")
    (tmp_path / "models" / "mine.py").write_text(
        "from neuron import h\n"
        "import helper\n"
        "from backends.neuron import NeuronSession\n"
        "class Mine(NeuronSession):\n"
        "    def build_sections(self):\n"
        "        self.soma = h.Section(name='soma')\n"
        "        self.soma.L = self.soma.diam = helper.LENGTH\n"
        "        return [self.soma]\n"
    )
    (tmp_path / "numpy.py").write_text("raise SystemExit\n")
    start = "import sys; from app.cli.main import main; sys.exit(main(sys.argv[1:]))"
    done = subprocess.run(
        [
            sys.executable,
            "-P",
            "-c",
            start,
            "run",
            "models/mine.py",
            "--for",
            "1",
            "--image",
            "p.png",
        ],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "p.png").exists()
