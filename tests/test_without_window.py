"""A server without Qt, VTK and plots: the libraries, `somascope run`, and one sentence for what needs a window."""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
OF_THE_WINDOW = (
    "PySide6", "shiboken6", "vtk", "vtkmodules", "pyvista", "pyvistaqt", "pyqtgraph", "matplotlib", "PIL",
)  # fmt: skip
BLOCK = f"""
import sys
from importlib.machinery import PathFinder
class Installed:
    @staticmethod
    def find_spec(name, path=None, target=None):
        if name.partition(".")[0] in {OF_THE_WINDOW!r}:
            return None
        return PathFinder.find_spec(name, path, target)
sys.meta_path[sys.meta_path.index(PathFinder)] = Installed
"""


def server(code: str, *arguments: str, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    """Run Python code where nothing of the window can be imported, in its child processes neither."""
    (cwd / "sitecustomize.py").write_text(BLOCK)
    path = os.pathsep.join([str(cwd), str(ROOT), str(ROOT / "app")])
    return subprocess.run(
        [sys.executable, "-c", code, *arguments],
        cwd=cwd, env=os.environ | {"PYTHONPATH": path}, capture_output=True, text=True, check=False,
        timeout=180,
    )  # fmt: skip


def test_the_window_s_packages_are_really_absent_there(tmp_path: Path) -> None:
    done = server("import PySide6", cwd=tmp_path)
    assert "No module named 'PySide6'" in done.stderr


IMPORT_ALL = """
import importlib, pkgutil
NEEDS_JAXLEY = ("channels", "tree_cell", "diagnosis", "tracing")  # which itself needs matplotlib
for name in ("backends", "neuromorpho", "resources"):
    package = importlib.import_module(name)
    for each in pkgutil.walk_packages(package.__path__, f"{name}."):
        if each.name.rpartition(".")[2] not in (*NEEDS_JAXLEY, "__main__"):
            importlib.import_module(each.name)
import somascope
for each in somascope.__all__:
    getattr(somascope, each)
"""


def test_every_module_of_the_libraries_can_be_imported(tmp_path: Path) -> None:
    done = server(IMPORT_ALL, cwd=tmp_path)
    assert done.returncode == 0, done.stderr


DRIVE = """
from backends import drive, run
from backends.isolated import IsolatedSession
from backends.mock import MockSession
result = run(MockSession, for_ms=5)
assert len(result.times) == 51
assert run(IsolatedSession(MockSession), for_ms=5).time_ms > 4.9
assert sum(1 for _ in drive(MockSession, for_ms=1)) > 3
import sys
assert not {name.partition(".")[0] for name in sys.modules} & {"PySide6", "vtkmodules", "pyqtgraph"}
"""


def test_sessions_run_in_this_process_and_in_one_of_their_own(tmp_path: Path) -> None:
    done = server(DRIVE, cwd=tmp_path)
    assert done.returncode == 0, done.stderr


CLI = "import sys; from app.cli.main import main; sys.exit(main(sys.argv[1:]))"


def test_the_command_line_runs_a_cell_and_writes_files(tmp_path: Path) -> None:
    pytest.importorskip("neuron")
    table, frames = tmp_path / "v.csv", tmp_path / "v.npz"
    done = server(
        CLI, "run", "ball_and_stick", "--for", "5", "--traces", str(table), "--recording", str(frames),
        cwd=tmp_path,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    assert table.exists()
    assert frames.exists()


@pytest.mark.parametrize(
    "arguments",
    [(), ("example", "hh_point"), ("run", "ball_and_stick", "--for", "1", "--image", "x.png")],
)
def test_what_needs_the_window_says_what_to_install(
    tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    done = server(CLI, *arguments, cwd=tmp_path)
    assert done.returncode == 1
    assert 'pip install "somascope[gui]"' in done.stderr
    assert "Traceback" not in done.stderr


def test_the_extras_divide_what_a_complete_installation_has() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"]
    assert extras["all"] == ["somascope[neuron,jaxley,gui,hdf5]"]
    assert "somascope[all]" in extras["test"]
    base = " ".join(project["dependencies"]).lower()
    divided = ("gui", "neuron", "jaxley", "hdf5")
    for name in ("pyside", "vtk", "pyqtgraph", "neuron", "jax", "h5py", "matplotlib"):
        assert name not in base
        assert name in " ".join(f"{extras[each]}" for each in divided).lower()
    assert "'.[all]'" in (ROOT / "Makefile").read_text()
