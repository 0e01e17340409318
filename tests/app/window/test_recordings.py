"""A recording in the window: opened like a cell, played, stepped, clicked, and its end."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QFileDialog
from pytestqt.qtbot import QtBot
from ramp import line_geometry

from backends.messages import EntityClicked, Phase, SetSpeed
from backends.replay import write_recording

if TYPE_CHECKING:
    from app.window.controller import Controller

OpenSomascope = Callable[..., "Controller"]
LONG_MS = 20_000
N = 30


@pytest.fixture
def path(tmp_path: Path) -> Path:
    frames = np.arange(N)[:, None] + 100.0 * np.arange(4)
    return write_recording(
        tmp_path / "recorded.npz",
        frames=frames, times=np.arange(N) * 0.5, geometry=line_geometry(4), unit="mV",
        title="My recording",
    )  # fmt: skip


def test_a_recording_is_played_to_its_end_and_init_begins_again(
    qtbot: QtBot, open_somascope: OpenSomascope, path: Path
) -> None:
    controller = open_somascope(str(path))
    model, window = controller.model, controller.window
    assert model.scene.title == "My recording"
    assert window.command_actions["jaxley"].toolTip() == (
        "recorded is a recording, which no simulator computes"
    )
    QTest.keyClick(window, Qt.Key.Key_Period)
    qtbot.waitUntil(lambda: model.run_status.time_ms == 0.5, timeout=LONG_MS)
    assert model.values.tolist() == [1, 101, 201, 301]
    controller.post(EntityClicked("soma[0](0.875)"))
    qtbot.waitUntil(lambda: "soma[0](0.875)" in model.traces, timeout=LONG_MS)
    controller.post(SetSpeed(None))
    QTest.keyClick(window, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: model.phase is Phase.FINISHED, timeout=LONG_MS)
    assert model.run_status.time_ms == 14.5
    assert model.values.tolist() == [29, 129, 229, 329]
    QTest.keyClick(window, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: "ends at t = 14.5 ms" in window.banner.message, timeout=LONG_MS)
    QTest.keyClick(window, Qt.Key.Key_R, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: model.run_status.time_ms == 0.0, timeout=LONG_MS)
    assert "soma[0](0.875)" in model.traces


@pytest.mark.slow
def test_the_menu_opens_a_recording_and_a_damaged_one_leaves_what_is_there(
    qtbot: QtBot, open_somascope: OpenSomascope, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    controller = open_somascope("ball_and_stick")
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (str(path), ""))
    controller.window.command_actions["open"].trigger()
    qtbot.waitUntil(lambda: controller.model.scene.title == "My recording", timeout=LONG_MS)
    assert [each.text for each in controller.window.settings.recent] == [str(path)]
    damaged = path.with_name("damaged.npz")
    damaged.write_bytes(path.read_bytes()[:500])
    controller.opener.open_text(str(damaged))
    qtbot.waitUntil(lambda: bool(controller.window.banner.message), timeout=LONG_MS)
    assert controller.window.banner.message.startswith("damaged.npz: ")
    assert controller.model.scene.title == "My recording"
