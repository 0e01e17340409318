"""Scripts that end the process in the middle of their session: one sentence and status 1."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest
from driving import failure_of

from backends.isolated.session import IsolatedSession
from backends.sources.source import SessionSource

pytestmark = pytest.mark.slow

pytest.importorskip("neuron")

ROOT = Path(__file__).resolve().parents[3]
MODEL = """
import os, sys
from backends.neuron import NeuronSession

class Mine(NeuronSession):
    def build_sections(self):
        from neuron import h
        self.soma = h.Section(name="soma")
        self.soma.insert("hh")
        return [self.soma]

"""
HOOKS = {
    "build": "    def setup_model(self, sections): {}\n",
    "advance": "    def after_batch(self): {}\n",
}


def written(tmp_path: Path, text: str) -> Path:
    """Write a script; return its path."""
    script = tmp_path / "mine.py"
    script.write_text(text)
    return script


def ran(script: Path) -> subprocess.CompletedProcess[str]:
    """Run a script for 2 ms as a shell would."""
    return subprocess.run(
        [sys.executable, "-m", "app", "run", str(script), "--for", "2"],
        cwd=ROOT, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip


def isolated(script: Path) -> IsolatedSession:
    """Return a script's session in another process."""
    return IsolatedSession(SessionSource.parse(str(script)).create, name="mine")


@pytest.mark.parametrize(("when", "call"), [("build", "os._exit(0)"), ("advance", "os._exit(0)"),
                                            ("advance", "sys.exit('done')")])  # fmt: skip
def test_an_exit_in_a_hook_is_placed_by_the_command_and_by_the_window_s_process(
    tmp_path: Path, when: str, call: str
) -> None:
    script = written(tmp_path, MODEL + HOOKS[when].format(call))
    done = ran(script)
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert done.stderr.startswith(f"somascope: mine.py, line 12: {call} was called")
    assert failure_of(isolated(script)).startswith(f"{call} was called (mine.py, line 12)")


ENDINGS = {
    "import ctypes; ctypes.CDLL(None)._exit(3)": "exit code 3)",
    "os.abort()": "SIGABRT",
    "import signal; os.kill(os.getpid(), signal.SIGKILL)": "SIGKILL",
}


@pytest.mark.parametrize("call", list(ENDINGS))
def test_an_end_that_python_cannot_catch_is_reported_by_the_command(
    tmp_path: Path, call: str
) -> None:
    done = ran(written(tmp_path, MODEL + HOOKS["advance"].format(call)))
    assert done.returncode == 1
    last = done.stderr.splitlines()[-1]
    assert last.startswith(f"somascope: The process of mine.py ended by itself ({ENDINGS[call]}"), (
        last
    )
    assert "exit" in last or "--verbose" in last


def test_an_end_with_status_0_names_possible_causes(tmp_path: Path) -> None:
    script = written(tmp_path, MODEL + HOOKS["build"].format("from neuron import h; h.quit()"))
    for text in (ran(script).stderr, failure_of(isolated(script))):
        assert "exit code 0" in text
        assert "quit or _exit" in text


def test_a_fork_of_the_script_may_leave_as_it_likes(tmp_path: Path) -> None:
    fork = "pid = os.fork(); (pid == 0 and os._exit(7)); self.left = os.waitpid(pid, 0)[1] >> 8"
    leaving = "print('left with', self.left)"
    done = ran(written(tmp_path, MODEL + HOOKS["build"].format(f"{fork}; {leaving}")))
    assert (done.returncode, done.stderr) == (0, "")
    assert "left with 7" in done.stdout


@contextmanager
def begun(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """Start an endless run; yield its process after its first steps."""
    first_batch = "self.begun = getattr(self, 'begun', None) or print('begun', flush=True) or True"
    script = written(tmp_path, MODEL + HOOKS["advance"].format(first_batch))
    process = subprocess.Popen(
        [sys.executable, "-m", "app", "run", str(script), "--for", "1e9"],
        cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    with process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "begun\n"
            yield process
        finally:
            process.kill()


def test_an_interrupt_reaches_the_run_once_and_ends_it(tmp_path: Path) -> None:
    with begun(tmp_path) as process:
        process.send_signal(signal.SIGINT)
        _, stderr = process.communicate(timeout=20)
    assert process.returncode == 1
    assert "Stopped by Ctrl+C at " in stderr


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_nothing_runs_on_when_the_command_is_ended(tmp_path: Path, number: signal.Signals) -> None:
    with begun(tmp_path) as process:
        family = psutil.Process(process.pid).children(recursive=True)
        assert family
        os.kill(process.pid, number)
        process.communicate(timeout=20)
        _, alive = psutil.wait_procs(family, timeout=5)
    assert alive == []
