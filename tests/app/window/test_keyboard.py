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


@pytest.mark.parametrize("name", ["Continue for", "Amplitude"])
def test_space_runs_from_inside_a_number_and_takes_what_was_typed(
    qtbot: QtBot, open_somascope: OpenSomascope, name: str
) -> None:
    controller = open_somascope()
    field = next(w for w in controller.window.findChildren(QWidget) if w.accessibleName() == name)
    field.setFocus()
    field.selectAll()
    qtbot.keyClicks(focused(), "1.25")
    qtbot.keyClick(focused(), Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: controller.model.run_status.running, timeout=LONG_MS)
    assert field.value() == pytest.approx(1.25)


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
