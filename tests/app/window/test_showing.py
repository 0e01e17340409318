"""`show` opens the window on a session: from a script in a process of its own, from a notebook at once."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from pytestqt.qtbot import QtBot
from ramp import Ramp

from app.session.given_source import GivenSource, source_of
from app.somascope import show
from app.window import showing
from backends.errors import RequestError, SomascopeError, SourceError
from backends.mock import MockSession

ROOT = Path(__file__).resolve().parents[3]
LONG_MS = 20_000
SCRIPT = """
import os, pathlib
import somascope as ss
from backends.mock import MockSession

class Mine(MockSession):
    def control_specs(self):
        pathlib.Path("built").write_text(str(os.getpid()))
        return super().control_specs()

ss.show(Mine)
pathlib.Path("after").write_text(str(os.getpid()))
"""


def test_a_script_shows_its_class_in_a_process_of_its_own(tmp_path: Path) -> None:
    script, built, after = tmp_path / "mine.py", tmp_path / "built", tmp_path / "after"
    script.write_text(SCRIPT)
    environ = os.environ | {"PYTHONPATH": f"{ROOT}:{ROOT / 'app'}"}
    process = subprocess.Popen([sys.executable, str(script)], cwd=tmp_path, env=environ)
    deadline = time.monotonic() + 60
    try:
        while not (built.exists() and built.read_text()):
            assert process.poll() is None
            assert time.monotonic() < deadline, "the model was never built"
            time.sleep(0.05)
        assert int(built.read_text()) != process.pid
        assert not after.exists()
        process.send_signal(signal.SIGINT)  # closes the window
        assert process.wait(30) == 0
    finally:
        process.kill()
    assert int(after.read_text()) == process.pid


class Shell:
    """As much of IPython's shell as is used."""

    def __init__(self, loop: str | None) -> None:
        self.active_eventloop = loop
        self.simple_prompt = False
        self.enabled: list[str] = []

    def enable_gui(self, gui: str) -> None:
        """Note which event loop was asked for."""
        self.enabled.append(gui)


@pytest.fixture
def shell(monkeypatch: pytest.MonkeyPatch) -> Iterator[Shell]:
    """A shell without an event loop."""
    monkeypatch.setattr("sys.excepthook", sys.excepthook)
    monkeypatch.setattr("threading.excepthook", sys.modules["threading"].excepthook)
    found = Shell(None)
    monkeypatch.setitem(sys.modules, "IPython", SimpleNamespace(get_ipython=lambda: found))
    yield found
    for controller in list(showing._open):
        controller.window.close()


def test_a_notebook_gets_the_window_at_once_and_its_event_loop(qtbot: QtBot, shell: Shell) -> None:
    controller: Any = show(MockSession())
    assert shell.enabled == ["qt"]
    qtbot.waitUntil(lambda: controller.model.has_scene, timeout=LONG_MS)
    qtbot.waitUntil(lambda: controller.commands.traces is not None, timeout=LONG_MS)
    assert controller.model.geometry.n_segments == 21
    controller.window.close()
    assert not showing._open
    controller.window.deleteLater()


def test_an_event_loop_that_runs_already_is_left_alone(shell: Shell) -> None:
    shell.active_eventloop = "qt6"
    showing._start_event_loop(shell)
    assert shell.enabled == []


def test_a_simple_prompt_in_which_no_window_would_answer_is_refused(shell: Shell) -> None:
    shell.simple_prompt = True
    with pytest.raises(SomascopeError) as caught:
        show(MockSession())
    assert caught.value.code == "no-window"
    assert "--simple-prompt" in caught.value.message
    assert not showing._open


def test_only_a_class_that_a_file_defines_at_its_top_is_run_from_that_file() -> None:
    class Local(Ramp):
        """A class of a function."""

    assert source_of(Ramp).class_name == "Ramp"
    assert source_of(Ramp).path.endswith("ramp.py")
    for given in (Local, Local(), MockSession):
        source = source_of(given)
        assert isinstance(source, GivenSource)
        assert source.title in ("Local", "MockSession")
    assert isinstance(source_of(Local).create(), Local)


def test_an_object_is_shown_once_and_says_how_a_restart_would_be_possible() -> None:
    session = Ramp()
    source = source_of(session)
    assert source.create() is session
    with pytest.raises(RequestError) as caught:
        source.create()
    assert caught.value.code == "cannot-rebuild"


def test_what_is_no_session_is_refused() -> None:
    with pytest.raises(SourceError) as caught:
        show(dict)  # type: ignore[arg-type]
    assert caught.value.code == "not-a-session"
    with pytest.raises(SomascopeError) as refused:
        show(Ramp, title="Mine")
    assert refused.value.code == "two-titles"
