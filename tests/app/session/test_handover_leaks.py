"""Compilations cancelled, and windows closed in one, while a simulation runs: nothing is left."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
import pytest
from belongings import belongings, grown
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QToolButton
from pytestqt.qtbot import QtBot

from backends.messages import SetRunning, SetSpeed

pytestmark = pytest.mark.slow

if TYPE_CHECKING:
    from app.window.controller import Controller

pytest.importorskip("neuron")
pytest.importorskip("jaxley")

OpenSomascope = Callable[..., "Controller"]
LONG_MS = 30_000


def choose(qtbot: QtBot, controller: Controller, backend: str) -> None:
    """Click a simulator."""
    button = controller.window.run_bar.findChild(QToolButton, f"simulator-{backend}")
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


def run_at_full_speed(qtbot: QtBot, controller: Controller) -> None:
    """Run, and wait until it is under way."""
    model = controller.model
    controller.post(SetSpeed(None))
    controller.post(SetRunning(True))
    qtbot.waitUntil(
        lambda: model.run_status.running and model.run_status.time_ms > 5, timeout=LONG_MS
    )


def jaxley_compiles(
    qtbot: QtBot, controller: Controller, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Choose Jaxley where nothing has been compiled yet, and wait until it compiles."""
    monkeypatch.setenv("JAX_COMPILATION_CACHE_DIR", str(folder))
    choose(qtbot, controller, "jaxley")
    lamp = controller.window.run_bar.lamp
    qtbot.waitUntil(lambda: lamp.text.startswith("Compiling"), timeout=LONG_MS)


def test_compilations_that_are_cancelled_leave_nothing_and_neuron_runs_on(
    qtbot: QtBot, open_somascope: OpenSomascope, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    controller = open_somascope()
    run_at_full_speed(qtbot, controller)
    before: dict[str, int] = {}
    for i in range(3):
        jaxley_compiles(qtbot, controller, tmp_path / f"{i}", monkeypatch)
        qtbot.mouseClick(controller.window.busy_bar.cancel_button, Qt.MouseButton.LeftButton)
        qtbot.waitUntil(lambda: not controller.owner.is_ending, timeout=LONG_MS)
        before = before or belongings(controller)
    qtbot.waitUntil(lambda: grown(controller, before) == {}, timeout=LONG_MS)
    assert controller.model.scene.backend == "NEURON"
    time_ms = controller.model.run_status.time_ms
    controller.post(SetRunning(True))
    qtbot.waitUntil(lambda: controller.model.run_status.time_ms > time_ms, timeout=LONG_MS)


def test_a_window_closed_in_a_compilation_takes_its_compiler_along(
    qtbot: QtBot, open_somascope: OpenSomascope, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    controller = open_somascope()
    run_at_full_speed(qtbot, controller)
    jaxley_compiles(qtbot, controller, tmp_path / "none", monkeypatch)
    family = psutil.Process().children(recursive=True)
    assert len(family) >= 2, "NEURON that runs, and Jaxley that compiles"
    controller.window.close()
    assert controller.close()
    ours = [each for each in family if "backends.isolated.child" in " ".join(_words(each))]
    assert ours == []


def _words(process: psutil.Process) -> list[str]:
    try:
        return [] if process.status() == psutil.STATUS_ZOMBIE else process.cmdline()
    except psutil.NoSuchProcess:
        return []
