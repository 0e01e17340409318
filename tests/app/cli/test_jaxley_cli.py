"""Jaxley from the command line: its results, its messages if it is missing or broken, its imports."""

from __future__ import annotations

import importlib.util
import json
import os
import pty
import re
import signal
import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[3]
needs_jaxley = pytest.mark.skipif(
    importlib.util.find_spec("jaxley") is None, reason="Jaxley is not installed"
)
BROKEN = {
    "missing": "raise ModuleNotFoundError(\"No module named 'jax'\", name='jax')",
    "raises": "raise RuntimeError('jaxlib is version 0.1, too old.\\nand more')",
    "linking": "raise ImportError('libstdc++.so.6: cannot open shared object file')",
    "other": "",
    "aborts": "import os; os.abort()",
    "exits": "import sys; sys.exit(3)",
    "hangs": "import os, time\nopen(os.environ['PID_FILE'], 'w').write(str(os.getpid()))\ntime.sleep(600)",
}


@pytest.fixture
def broken(tmp_path: Path) -> Callable[[str], str]:
    """Return what makes a folder with a broken package jax, to be put before the installed one."""

    def made(kind: str) -> str:
        package = tmp_path / kind / "jax"
        package.mkdir(parents=True)
        (package / "__init__.py").write_text(BROKEN[kind] + "\n")
        return str(package.parent)

    return made


def somascope(*words: object, **environ: str) -> subprocess.CompletedProcess[str]:
    """Run the command line from the repository's root."""
    return subprocess.run(
        [sys.executable, "-m", "app", *map(str, words)],
        cwd=ROOT, env=os.environ | environ, capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip


def on_jaxley(**environ: str) -> subprocess.CompletedProcess[str]:
    """Run the smallest bundled cell on Jaxley."""
    return somascope("run", "ball_and_stick", "--for", 1, "--backend", "jaxley", **environ)


@needs_jaxley
def test_a_run_on_jaxley_has_the_same_samples_and_spike_as_on_neuron(tmp_path: Path) -> None:
    voltages = {}
    for backend in ("neuron", "jaxley"):
        traces = tmp_path / f"{backend}.npz"
        words = ("run", "ball_and_stick", "--for", 16, "--record", "soma[0](0.5)")
        done = somascope(*words, "--backend", backend, "--traces", traces)
        assert (done.returncode, done.stderr) == (0, "")
        with np.load(traces) as archive:
            times, voltages[backend] = archive["time_ms"], archive["values"].ravel()
        np.testing.assert_allclose(times, np.arange(641) * 0.025, atol=1e-6)
        assert archive_peak(times, voltages[backend]) > 10.0
    apart = abs(archive_peak(times, voltages["neuron"]) - archive_peak(times, voltages["jaxley"]))
    assert apart < 0.05
    assert "on Jaxley: 16 of 16 ms" in done.stdout


def archive_peak(times: np.ndarray, voltages: np.ndarray) -> float:
    """Return the time of the highest voltage, ms, which must be a spike."""
    assert voltages.max() > 0
    return float(times[voltages.argmax()])


@needs_jaxley
def test_the_audit_names_backend_versions_precision_and_device(tmp_path: Path) -> None:
    audit = tmp_path / "a.json"
    words = ("run", "ball_and_stick", "--for", 1, "--audit", audit)
    done = somascope(*words, "--backend", "jaxley", "--precision", "float32")
    assert (done.returncode, done.stderr) == (0, "")
    assert "on Jaxley in float32: 1 of 1 ms" in done.stdout
    simulator = json.loads(audit.read_text())["simulator"]
    assert (simulator["backend"], simulator["precision"]) == ("Jaxley", "float32")
    assert simulator["device"].startswith(("CPU", "GPU"))
    assert list(simulator["versions"]) == ["jaxley", "jax", "jaxlib"]
    assert all(re.match(r"\d+\.\d+", each) for each in simulator["versions"].values())
    assert somascope(*words).returncode == 0
    simulator = json.loads(audit.read_text())["simulator"]
    assert (simulator["backend"], simulator["precision"]) == ("NEURON", "float64")
    assert list(simulator["versions"]) == ["neuron"]


@pytest.mark.parametrize("words", [["run", "ball_and_stick", "--for", "1"], ["ball_and_stick"], []])
def test_float32_without_jaxley_is_refused_before_anything_is_opened(words: list[str]) -> None:
    done = somascope(*words, "--precision", "float32")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("somascope: NEURON always computes in float64")
    assert "add --backend jaxley" in done.stderr


def test_a_backend_that_a_script_does_not_have_is_refused_with_its_file(tmp_path: Path) -> None:
    script = tmp_path / "mine.py"
    script.write_text(
        "from backends.neuron import NeuronSession\n"
        "class Mine(NeuronSession):\n"
        "    def build_sections(self): ...\n"
    )
    done = somascope("run", script, "--for", 1, "--backend", "jaxley")
    assert done.returncode == 1
    assert done.stderr.startswith("somascope: mine.py: Mine runs on NEURON")
    assert "leave out --backend" in done.stderr


# ---------------------------------------------------------------------- missing or broken


@pytest.mark.parametrize(
    ("kind", "reason", "remedy"),
    [
        ("missing", "jax is not installed", "run pip install jaxley, or"),
        (
            "raises",
            "(RuntimeError: jaxlib is version 0.1, too old)",
            "jaxley --force-reinstall, or",
        ),
        ("linking", "(ImportError: libstdc++.so.6: cannot open", "jaxley --force-reinstall, or"),
        ("other", "module 'jax' has no attribute", "jaxley --force-reinstall, or"),
        ("aborts", "ended by itself at “Loading JAX” (SIGABRT", "jaxley --force-reinstall, or"),
        ("exits", "ended by itself at “Loading JAX” (exit code 3)", "jaxley --force-reinstall, or"),
    ],
)
def test_a_missing_or_broken_jax_is_one_sentence_with_the_command_that_fixes_it(
    broken: Callable[[str], str], kind: str, reason: str, remedy: str
) -> None:
    done = on_jaxley(PYTHONPATH=broken(kind))
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("somascope: ")
    assert done.stderr.count("\n") == 1
    assert reason in done.stderr
    assert remedy in done.stderr
    assert done.stderr.endswith("choose the NEURON backend.\n")


def test_neuron_works_where_jax_would_abort(broken: Callable[[str], str]) -> None:
    done = somascope("run", "ball_and_stick", "--for", 1, PYTHONPATH=broken("aborts"))
    assert (done.returncode, done.stderr) == (0, "")
    assert "on NEURON: 1 of 1 ms" in done.stdout


@needs_jaxley
def test_a_device_that_is_not_there_is_one_sentence() -> None:
    done = on_jaxley(JAX_PLATFORMS="no_such_device")
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert "(JAX_PLATFORMS=no_such_device): unset JAX_PLATFORMS, or choose" in done.stderr


@needs_jaxley
def test_a_cache_that_cannot_be_written_costs_time_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    done = on_jaxley(JAX_COMPILATION_CACHE_DIR=str(tmp_path / "file"))
    assert (done.returncode, done.stderr) == (0, "")


# -------------------------------------------------------------------------- at a terminal


class Terminal:
    """A run whose stderr is a terminal."""

    def __init__(self, *words: str, **environ: str) -> None:
        self._ours, theirs = pty.openpty()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "app", *words],
            cwd=ROOT, env=os.environ | environ, stdout=subprocess.DEVNULL, stderr=theirs,
        )  # fmt: skip
        os.close(theirs)
        self.output = ""

    def read(self) -> bool:
        """Read what there is, waiting for it; return whether there may be more."""
        try:
            more = os.read(self._ours, 65536)
        except OSError:  # Linux's end of a terminal
            more = b""
        self.output += more.decode()
        return bool(more)

    def read_until(self, words: str) -> None:
        """Read until `words` have been printed."""
        while words not in self.output:
            assert self.read(), f"{words!r} was not output, but {self.output!r}"

    def end(self) -> int:
        """Read the rest; return the exit status."""
        while self.read():
            pass
        os.close(self._ours)
        return self.process.wait(60)


@needs_jaxley
def test_a_terminal_shows_what_is_being_done_and_the_line_goes_away(tmp_path: Path) -> None:
    cache = {"XDG_CACHE_HOME": str(tmp_path), "JAX_COMPILATION_CACHE_DIR": ""}
    run = Terminal("run", "ball_and_stick", "--for", "1", "--backend", "jaxley", **cache)
    assert run.end() == 0
    lines = [each for each in run.output.split("\r\x1b[K") if each]
    output = [re.sub(r" …( \d+ s)?$", "", each) for each in lines]
    assert "Loading JAX" in output
    assert any(each.startswith("Compiling") for each in output)
    assert output.index("Loading JAX") < [each.startswith("Compiling") for each in output].index(
        True
    )
    assert run.output.endswith("\r\x1b[K")


def test_ctrl_c_while_jax_is_loaded_ends_at_once_and_leaves_no_process(
    broken: Callable[[str], str], tmp_path: Path
) -> None:
    pid_file = tmp_path / "pid"
    run = Terminal(
        "run", "ball_and_stick", "--for", "1", "--backend", "jaxley",
        PYTHONPATH=broken("hangs"), PID_FILE=str(pid_file),
    )  # fmt: skip
    run.read_until("Loading JAX … 1 s")
    run.process.send_signal(signal.SIGINT)
    assert run.end() == 1
    assert run.output.endswith("somascope: Stopped by Ctrl+C.\r\n")
    with pytest.raises(ProcessLookupError):
        os.kill(int(pid_file.read_text()), 0)


# ------------------------------------------------------------------------------- imports


def imported_by(script: str, tmp_path: Path) -> set[str]:
    """Return which simulators a process has imported that ran `script`."""
    ending = "\nimport json, sys\nsys.stdout.write(json.dumps(sorted(sys.modules)))"
    environ = os.environ | {"QT_QPA_PLATFORM": "offscreen", "XDG_CONFIG_HOME": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script) + ending],
        cwd=ROOT, env=environ, capture_output=True, text=True, check=True, timeout=120,
    )  # fmt: skip
    names = set(json.loads(done.stdout.splitlines()[-1]))
    return names & {"neuron", "jax", "jaxlib", "jaxley", "pandas"}


def test_help_imports_no_simulator(tmp_path: Path) -> None:
    script = """
        import contextlib, io
        from app.cli.main import main
        for command in ([], ["run"], ["compare"], ["doctor"], ["neuromorpho"]):
            with contextlib.suppress(SystemExit), contextlib.redirect_stdout(io.StringIO()):
                main([*command, "--help"])
        """
    assert imported_by(script, tmp_path) == set()


@pytest.mark.parametrize(("backend", "allowed"), [("neuron", {"neuron"}), ("jaxley", set())])
def test_a_cell_imports_only_its_own_simulator(
    tmp_path: Path, backend: str, allowed: set[str]
) -> None:
    if backend == "jaxley":
        pytest.importorskip("jaxley", reason="Jaxley is not installed")
        allowed = {"jax", "jaxlib", "jaxley", "pandas"}
    script = f"""
        from backends.sources.source import SessionSource
        session = SessionSource.parse("ball_and_stick", {backend!r}).create()
        session.initialize()
        """
    assert {backend if backend == "neuron" else "jax"} <= imported_by(script, tmp_path) <= allowed


@pytest.mark.parametrize("backend", ["neuron", "jaxley"])
def test_the_window_s_own_process_imports_no_simulator(tmp_path: Path, backend: str) -> None:
    pytest.importorskip(backend, reason=f"{backend} is not installed")
    script = f"""
        import time
        from app.window.launch import make_application, open_window
        application = make_application()
        controller = open_window("ball_and_stick", backend={backend!r}, in_process=False)
        deadline = time.monotonic() + 60
        while not controller.model.has_scene and time.monotonic() < deadline:
            application.processEvents()
        backend = controller.model.scene.backend
        controller.window.close()
        controller.close()
        assert backend.lower() == {backend!r}, backend
        """
    assert imported_by(script, tmp_path) == set()
