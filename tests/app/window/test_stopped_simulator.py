"""A simulator that the system has stopped: told in the window, with Restart and End, and never left behind."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

import psutil
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QToolButton
from pytestqt.qtbot import QtBot

from app.session import opener
from app.window.controller import Controller
from backends.isolated.session import IsolatedSession
from backends.messages import Phase, SetRunning

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")

OpenSomascope = Callable[..., Controller]
LONG_MS = 20_000
ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def stopped(
    qtbot: QtBot, open_somascope: OpenSomascope, monkeypatch: pytest.MonkeyPatch
) -> tuple[Controller, psutil.Process]:
    """Return a window whose running simulator was stopped, and said so; and the simulator's process."""
    monkeypatch.setattr(opener, "IsolatedSession", partial(IsolatedSession, patience_s=0.0))
    controller = open_somascope()
    child = psutil.Process(controller.owner.child_pid)
    child.suspend()
    qtbot.waitUntil(lambda: child.status() == psutil.STATUS_STOPPED, timeout=LONG_MS)
    controller.post(SetRunning(True))
    banner = controller.window.banner
    qtbot.waitUntil(lambda: "does not answer" in banner.message, timeout=LONG_MS)
    return controller, child


def visible_buttons(controller: Controller) -> list[str]:
    """Return the texts of the banner's buttons."""
    buttons = controller.window.banner.findChildren(QToolButton)
    return [each.text() for each in buttons if each.isVisible()]


@pytest.mark.slow
def test_the_sentence_stands_until_the_simulator_goes_on(
    qtbot: QtBot, stopped: tuple[Controller, psutil.Process]
) -> None:
    controller, child = stopped
    assert visible_buttons(controller)[:2] == ["Restart", "End"]
    assert controller.window.run_bar.lamp.text == "Not answering"
    child.resume()
    qtbot.waitUntil(lambda: not controller.window.banner.message, timeout=LONG_MS)
    qtbot.waitUntil(lambda: controller.model.run_status.time_ms > 0.5, timeout=LONG_MS)
    assert controller.window.run_bar.lamp.text != "Not answering"


def test_restart_builds_the_model_again_and_ends_the_stopped_process(
    qtbot: QtBot, stopped: tuple[Controller, psutil.Process]
) -> None:
    controller, child = stopped
    qtbot.mouseClick(controller.window.banner.retry_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: not child.is_running(), timeout=LONG_MS)
    qtbot.waitUntil(lambda: controller.model.phase is Phase.READY, timeout=LONG_MS)
    assert not controller.window.banner.message


@pytest.mark.slow
def test_end_ends_the_process_and_keeps_what_is_shown(
    qtbot: QtBot, stopped: tuple[Controller, psutil.Process]
) -> None:
    controller, child = stopped
    traces = set(controller.model.traces)
    qtbot.mouseClick(controller.window.banner.end_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: controller.model.phase is Phase.FAILED, timeout=LONG_MS)
    qtbot.waitUntil(lambda: not child.is_running(), timeout=LONG_MS)
    assert "was ended" in controller.window.banner.message
    assert visible_buttons(controller)[:1] == ["Restart"]
    assert "End" not in visible_buttons(controller)
    assert set(controller.model.traces) == traces
    qtbot.mouseClick(controller.window.banner.retry_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: controller.model.phase is Phase.READY, timeout=LONG_MS)


def test_closing_the_window_ends_it(stopped: tuple[Controller, psutil.Process]) -> None:
    controller, child = stopped
    controller.window.close()
    assert controller.close()
    assert not child.is_running()


NEVER_RETURNS = """
from neuron import h
from backends.neuron import NeuronSession
class Mine(NeuronSession):
    def build_sections(self):
        self.soma = h.Section(name="soma")
        return [self.soma]
    def on_key_press(self, key, context):
        open("stuck", "w").close()
        while True:
            pass
"""
START = """
import os, sys
from PySide6.QtCore import QTimer
import app.window.launch as launch
from app.window.launch import start_session
from backends.messages import KeyPressed
def started(*args, **options):
    controller = start_session(*args, **options)
    def close_if_stuck():
        if os.path.exists("stuck"):
            controller.window.close()
    timer = QTimer(controller, interval=50)
    timer.timeout.connect(close_if_stuck)
    timer.start()
    controller.model.sceneChanged.connect(lambda: controller.post(KeyPressed("W")))
    return controller
launch.start_session = started
from app.cli.main import main
sys.exit(main(sys.argv[1:]))
"""


@pytest.mark.slow
@pytest.mark.skipif(not os.environ.get("DISPLAY"), reason="needs a display")
def test_a_model_of_this_process_that_never_returns_does_not_abort_the_end(tmp_path: Path) -> None:
    pytest.importorskip("neuron", reason="NEURON is not installed")
    script = tmp_path / "mine.py"
    script.write_text(NEVER_RETURNS)
    environ = os.environ | {"PYTHONPATH": str(ROOT), "XDG_CONFIG_HOME": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", START, "--in-process", str(script)],
        cwd=tmp_path, env=environ, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert done.returncode == 1
    assert "did not end" in done.stderr
