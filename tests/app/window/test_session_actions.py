"""An author's action is a button, a menu entry, a palette entry and its keys; keys typed into a field stay there."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QLineEdit, QMenu, QWidget
from pytestqt.qtbot import QtBot

from app.actions import COMMANDS
from app.panels.controls import ControlsPanel
from app.presenters.session_actions import with_usable_keys
from app.window.controller import Controller
from app.window.dialogs.windows import CommandPalette, shortcut_sheet
from backends.compneurovis.translation.not_taken import OWN_KEYS
from backends.controls import ActionSpec

OpenSomascope = Callable[..., Controller]
LONG_MS = 20_000
SCRIPT = """
from backends.controls import ActionSpec, ControlSpec, ScalarValueSpec
from backends.mock.session import MockSession

class Busy(MockSession):
    count = 0
    keys = ""
    def control_specs(self):
        return [ControlSpec("n", "Count", ScalarValueSpec(0.0, 0.0, 1e6))]
    def action_specs(self):
        return [
            ActionSpec("kick", "Kick & run", shortcuts=("x", "Ctrl+K"), note="Kicks once"),
            ActionSpec("spaced", "Spaced", shortcuts=("Space",)),
            ActionSpec("hidden", "Hidden", shortcuts=("Y",)),
        ]
    def action_order(self):
        return ["spaced", "kick"]
    def on_action(self, action_id, payload, context):
        self.count += 1
        context.show_status(f"{action_id} {self.count}")
        return True
    def on_key_press(self, key, context):
        self.keys += key
        context.show_status(f"keys {self.keys}")
        return True
"""


@pytest.fixture
def busy(qtbot: QtBot, open_somascope: OpenSomascope, tmp_path: Path) -> Controller:
    """The window with a session of two actions, one of which wants the window's own key."""
    script = tmp_path / "busy.py"
    script.write_text(SCRIPT)
    controller = open_somascope(str(script), wait=False)
    qtbot.waitUntil(lambda: controller.model.has_scene, timeout=LONG_MS)
    return controller


def expect(qtbot: QtBot, controller: Controller, text: str) -> None:
    """Wait for the sentence that the session answers with."""
    qtbot.waitUntil(lambda: controller.model.status.message == text, timeout=LONG_MS)


def menu_of(controller: Controller) -> QMenu:
    menu = controller.window.findChild(QMenu, "menu-model")
    assert isinstance(menu, QMenu)
    return menu


def test_an_action_is_a_button_a_menu_entry_a_palette_entry_and_its_keys(
    qtbot: QtBot, busy: Controller
) -> None:
    panel = busy.window.findChild(ControlsPanel)
    qtbot.mouseClick(panel.button("kick"), Qt.MouseButton.LeftButton)
    expect(qtbot, busy, "kick 1")
    menu = menu_of(busy)
    assert menu.menuAction().isVisible()
    assert [each.text() for each in menu.actions()] == ["Spaced", "Kick && run"]
    menu.popup(busy.window.mapToGlobal(busy.window.rect().center()))
    qtbot.mouseClick(
        menu, Qt.MouseButton.LeftButton, pos=menu.actionGeometry(menu.actions()[1]).center()
    )
    expect(qtbot, busy, "kick 2")
    busy.window.command_actions["palette"].trigger()
    palette = busy.window.findChild(CommandPalette)
    qtbot.keyClicks(palette.field, "kick")
    assert "Model: Kick & run    X" in palette.results.item(0).text()
    qtbot.keyClick(palette.field, Qt.Key.Key_Return)
    expect(qtbot, busy, "kick 3")
    central = busy.window.centralWidget()
    central.setFocus()
    qtbot.keyClick(central, Qt.Key.Key_X)
    expect(qtbot, busy, "kick 4")
    qtbot.keyClick(central, Qt.Key.Key_K, Qt.KeyboardModifier.ControlModifier)
    expect(qtbot, busy, "kick 5")
    sheet = shortcut_sheet(busy.window, busy.commands.session_actions.actions)
    qtbot.addWidget(sheet)
    assert (
        "Ctrl+K"
        in sheet.findChild(QWidget, "qt_scrollarea_viewport").findChildren(QWidget)[0].text()
    )


def test_a_key_of_the_window_stays_the_window_s_and_that_is_said(
    qtbot: QtBot, busy: Controller
) -> None:
    (sentence,) = [each.message for each in busy.notices.items if "Space" in each.message]
    assert "Spaced" in sentence
    assert "Run" in sentence
    qtbot.keyClick(busy.window.centralWidget(), Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: busy.model.run_status.running, timeout=LONG_MS)
    assert busy.model.status.message == ""
    assert busy.window.findChild(ControlsPanel).button("spaced").toolTip() == "Spaced"


@pytest.mark.slow
def test_the_menu_goes_with_the_session(qtbot: QtBot, busy: Controller) -> None:
    busy.opener.open_text("ball_and_stick")
    qtbot.waitUntil(lambda: busy.model.scene.title != "Busy", timeout=LONG_MS)
    assert not menu_of(busy).menuAction().isVisible()
    assert not busy.commands.session_actions.actions


@pytest.mark.parametrize("name", ["Count", "Continue for"])
def test_what_is_typed_into_a_field_reaches_no_hook_and_no_action(
    qtbot: QtBot, busy: Controller, name: str
) -> None:
    field = next(w for w in busy.window.findChildren(QWidget) if w.accessibleName() == name)
    field.setFocus()
    line = QApplication.focusWidget()
    for key in (Qt.Key.Key_W, Qt.Key.Key_X, Qt.Key.Key_5, Qt.Key.Key_Up, Qt.Key.Key_PageDown):
        qtbot.keyClick(line, key)
    qtbot.keyClick(line, Qt.Key.Key_Return)
    central = busy.window.centralWidget()
    central.setFocus()
    qtbot.keyClick(central, Qt.Key.Key_J)
    expect(qtbot, busy, "keys J")


def test_what_is_typed_into_a_line_reaches_no_hook(qtbot: QtBot, busy: Controller) -> None:
    line = QLineEdit(busy.window.centralWidget())
    line.show()
    line.setFocus()
    qtbot.keyClicks(line, "wx ")
    qtbot.keyClick(line, Qt.Key.Key_Return)
    assert line.text() == "wx "
    line.deleteLater()
    busy.window.centralWidget().setFocus()
    qtbot.keyClick(busy.window.centralWidget(), Qt.Key.Key_J)
    expect(qtbot, busy, "keys J")


def test_keys_are_spelt_as_qt_does_and_each_has_one_owner() -> None:
    specs = [
        ActionSpec("a", "First", shortcuts=("ctrl+k", "x", "X")),
        ActionSpec("b", "Second", shortcuts=("X", "no such key", "Shift+1")),
    ]
    usable, refusals = with_usable_keys(specs)
    assert [each.shortcuts for each in usable] == [("Ctrl+K", "X"), ()]
    assert [each.split(":")[0] for each in refusals] == [
        "Second has no key X, which is the key of First",
        "Second has no key no such key, which is not the name of a key",
        "Second has no key Shift+1, which is Somascope's own (View XY from behind)",
    ]


def test_the_keys_that_compneurovis_scripts_lose_are_the_windows() -> None:
    keys = {key.lower() for command in COMMANDS for key in command.keys.split()}
    assert set(OWN_KEYS) <= keys
