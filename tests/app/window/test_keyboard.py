"""Keys do what the user expects, whichever widget has the keyboard focus."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from app.window.controller import Controller

OpenSomascope = Callable[..., Controller]
LONG_MS = 20_000


def focused() -> QWidget:
    """Return the widget that has the keyboard focus."""
    widget = QApplication.focusWidget()
    assert widget is not None
    return widget


def test_space_runs_in_a_window_that_nobody_has_clicked_yet(
    qtbot: QtBot, open_somascope: OpenSomascope
) -> None:
    controller = open_somascope()
    qtbot.keyClick(focused(), Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: controller.model.run_status.running, timeout=LONG_MS)


@pytest.mark.parametrize(("name", "value"), [("Continue for", 2000.0), ("Amplitude", 0.6)])
def test_space_in_a_number_is_typed_and_starts_nothing(
    qtbot: QtBot, open_somascope: OpenSomascope, name: str, value: float
) -> None:
    controller = open_somascope()
    field = next(w for w in controller.window.findChildren(QWidget) if w.accessibleName() == name)
    field.setFocus()
    field.selectAll()
    qtbot.keyClicks(focused(), "2 s" if name == "Continue for" else "600 pA")
    qtbot.keyClick(focused(), Qt.Key.Key_Return)
    assert field.value() == value
    qtbot.wait(200)
    assert not controller.model.run_status.running
    qtbot.keyClick(focused(), Qt.Key.Key_Space)  # the window has the keyboard again
    qtbot.waitUntil(lambda: controller.model.run_status.running, timeout=LONG_MS)


def test_run_uses_the_number_that_is_still_being_typed(
    qtbot: QtBot, open_somascope: OpenSomascope
) -> None:
    controller = open_somascope()
    field = next(
        w for w in controller.window.findChildren(QWidget) if w.accessibleName() == "Amplitude"
    )
    field.setFocus()
    field.selectAll()
    qtbot.keyClicks(focused(), "0,6")
    qtbot.mouseClick(controller.window.run_bar.run_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: controller.model.run_status.running, timeout=LONG_MS)
    assert controller.model.control_values[
        next(spec.id for spec in controller.model.scene.controls if spec.label == "Amplitude")
    ] == pytest.approx(0.6)


def test_a_refused_time_is_not_run(qtbot: QtBot, open_somascope: OpenSomascope) -> None:
    controller = open_somascope()
    bar = controller.window.run_bar
    bar.continue_ms.setFocus()
    bar.continue_ms.selectAll()
    qtbot.keyClicks(focused(), "5 mV")
    qtbot.mouseClick(bar.continue_button, Qt.MouseButton.LeftButton)
    qtbot.wait(200)
    assert controller.model.run_status.time_ms == 0.0
    assert bar.continue_ms.value() == 5.0
    assert "mV" in bar.continue_ms.toolTip()


@pytest.mark.parametrize(("key", "expected"), [(Qt.Key.Key_Return, 7.0), (Qt.Key.Key_Escape, 5.0)])
def test_return_and_escape_return_the_focus_to_the_window(
    qtbot: QtBot, open_somascope: OpenSomascope, key: Qt.Key, expected: float
) -> None:
    controller = open_somascope()
    field = controller.window.run_bar.continue_ms
    field.setFocus()
    field.selectAll()
    qtbot.keyClicks(focused(), "7")
    qtbot.keyClick(focused(), key)
    assert field.value() == expected
    assert focused() is controller.window.centralWidget()
