"""The start of a window: the first session's process, and panels that let the first frames go first."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest
from PySide6.QtCore import QObject, Signal
from pytestqt.qtbot import QtBot

import app.session.first_child as first_child
from app.window.panel_steps import BETWEEN_MS, PanelSteps
from backends.isolated.process import ChildProcess
from backends.phase import Phase
from tests.app.conftest import OpenSomascope

SCRIPT = """
from ramp import Ramp
class Mine(Ramp):
    pass
"""


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[ChildProcess]:
    """The children that windows start before their sessions."""
    children: list[ChildProcess] = []

    def note(modules: tuple[str, ...]) -> ChildProcess:
        children.append(ChildProcess(modules))
        return children[-1]

    monkeypatch.setattr(first_child, "ChildProcess", note)
    return children


def test_the_first_cell_is_built_in_the_process_that_was_started_with_the_window(
    open_somascope: OpenSomascope, started: list[ChildProcess]
) -> None:
    controller = open_somascope("ball_and_stick")
    assert controller.owner.child_pid == started[0].pid
    assert len(started) == 1


@pytest.mark.slow
def test_another_cell_gets_a_process_of_its_own(
    qtbot: QtBot, open_somascope: OpenSomascope, started: list[ChildProcess]
) -> None:
    controller = open_somascope("ball_and_stick")
    with qtbot.waitSignal(controller.opener.opened, timeout=20_000):
        controller.opener.open_text("pyramidal")
    assert controller.owner.child_pid != started[0].pid


def test_a_script_is_not_run_where_a_simulator_has_been_imported(
    open_somascope: OpenSomascope, started: list[ChildProcess], tmp_path: Path
) -> None:
    script = tmp_path / "mine.py"
    script.write_text(SCRIPT)
    controller = open_somascope(f"{script}:Mine", wait=False)
    assert started == []
    assert controller.opener.is_opening or controller.model.has_scene


def test_a_script_after_a_name_that_cannot_be_opened_ends_the_process(
    qtbot: QtBot, open_somascope: OpenSomascope, started: list[ChildProcess], tmp_path: Path
) -> None:
    controller = open_somascope(str(tmp_path / "missing.swc"), wait=False)
    assert psutil.pid_exists(started[0].pid)
    script = tmp_path / "mine.py"
    script.write_text(SCRIPT)
    controller.opener.open_text(str(script))
    assert not psutil.pid_exists(started[0].pid)


def test_a_process_that_no_session_used_ends_with_the_window(
    open_somascope: OpenSomascope, started: list[ChildProcess], tmp_path: Path
) -> None:
    controller = open_somascope(str(tmp_path / "missing.swc"), wait=False)
    controller.window.close()
    assert controller.close()
    assert not psutil.pid_exists(started[0].pid)


class Steps:
    """Two steps of a window whose model and frames a test sets."""

    class Painter(QObject):
        """Stands for the viewport."""

        framePainted = Signal(float)

    def __init__(self, *, has_scene: bool, phase: Phase = Phase.READY) -> None:
        self.model = SimpleNamespace(has_scene=has_scene, phase=phase)
        self.viewport, self.taken = self.Painter(), list[int]()
        steps: tuple[Callable[[], None], ...] = (
            lambda: self.taken.append(1),
            lambda: self.taken.append(2),
        )
        self.steps = PanelSteps(self.model, steps, self.viewport)  # type: ignore[arg-type]
        self.steps.start(self.viewport)  # type: ignore[arg-type]

    def paint(self) -> None:
        """Paint a frame."""
        self.viewport.framePainted.emit(1.0)


def turns(qtbot: QtBot) -> None:
    """Let all steps that wait for nothing be taken."""
    qtbot.wait(4 * BETWEEN_MS)


def test_without_a_cell_the_panels_are_created_at_once(qtbot: QtBot) -> None:
    window = Steps(has_scene=False)
    assert window.taken == []
    qtbot.waitUntil(lambda: window.taken == [1, 2])


def test_a_cell_that_is_there_is_drawn_before_the_panels_are_created(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.window.panel_steps.LONGEST_TO_FRAME_MS", 60_000)
    window = Steps(has_scene=True)
    turns(qtbot)
    assert window.taken == []
    window.paint()
    qtbot.waitUntil(lambda: window.taken == [1, 2])


def test_while_a_cell_runs_a_frame_is_drawn_between_two_steps(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.window.panel_steps.LONGEST_TO_FRAME_MS", 60_000)
    window = Steps(has_scene=True, phase=Phase.RUNNING)
    turns(qtbot)
    window.paint()
    qtbot.waitUntil(lambda: window.taken == [1])
    turns(qtbot)
    assert window.taken == [1]
    window.paint()
    qtbot.waitUntil(lambda: window.taken == [1, 2])


def test_a_window_that_draws_nothing_has_its_panels_too(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.window.panel_steps.LONGEST_TO_FRAME_MS", 1)
    window = Steps(has_scene=True)
    qtbot.waitUntil(lambda: window.taken == [1, 2])
