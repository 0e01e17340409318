"""An author's controls in the real window: refusals, actions that need a segment, sentences, folded groups."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from app.panels.controls import ControlsPanel
from app.window.controller import Controller

OpenSomascope = Callable[..., Controller]
LEFT = Qt.MouseButton.LeftButton
LONG_MS = 20_000
AUTHORED = """
from backends.controls import *
from backends.errors import RequestError
from backends.messages import PanelPatch, StatePatch
from backends.mock.session import MockSession

RATE = ScalarValueSpec(1.0, 0.0, 10.0, unit="Hz")

class Authored(MockSession):
    low = rate = 1.0
    def control_specs(self):
        return [
            ControlSpec("rate", "Rate", RATE, "First"),
            ControlSpec("low", "Low", RATE, "Second", target="low"),
            ControlSpec("colors", "Colours", ChoiceValueSpec("scalar", ("scalar", "viridis")),
                        send_to_session=False),
        ]
    def action_specs(self):
        return [
            ActionSpec("add", "Add synapse", shortcuts=("X",), selection_mode=True),
            ActionSpec("brief", "Brief"),
            ActionSpec("rename", "Rename"),
        ]
    def apply_control(self, control_id, value):
        if value > 5:
            raise RequestError(f"Rate: {value:g} Hz is too fast.")
        if value > 3:
            raise ZeroDivisionError("no period")
        self.rate = value
        return True
    def on_action(self, action_id, payload, context):
        if action_id == "brief":
            context.show_status("for a moment", timeout_ms=40)
        elif action_id == "rename":
            self.emit(PanelPatch("controls", title="Other", control_ids=("low",), action_ids=("add",)))
        else:
            context.show_status(f"added at {payload['entity_id']}, {context.selected_entity_id}")
        return True
    def build_scene(self, **what):
        from dataclasses import replace
        from backends.views import StateBinding
        scene = super().build_scene(**what)
        views = [replace(v, color_map=StateBinding("colors")) if v.KIND == "morphology" else v
                 for v in scene.views]
        return replace(scene, views=tuple(views))
"""
QUIET = """
from backends.controls import ControlSpec, ScalarValueSpec
from backends.errors import RequestError
from backends.messages import SetControl
from backends.scene import Scene
from backends.session import BufferedSession

class Quiet(BufferedSession):
    def initialize(self):
        return Scene("Quiet", controls=[ControlSpec("n", "N", ScalarValueSpec(1, 0, 9))])
    def advance(self):
        pass
    def is_live(self):
        return False
    def idle_sleep(self):
        return None
    def handle(self, command):
        if isinstance(command, SetControl) and command.value > 5:
            raise RequestError("N: more than five is too much.")
"""


@pytest.fixture
def open_script(
    qtbot: QtBot, open_somascope: OpenSomascope, tmp_path: Path
) -> Callable[[str], Controller]:
    """Return a function that opens a script in the window."""

    def open_(text: str) -> Controller:
        script = tmp_path / "authored.py"
        script.write_text(text)
        controller = open_somascope(str(script), wait=False)
        qtbot.waitUntil(lambda: controller.model.has_scene, timeout=LONG_MS)
        return controller

    return open_


def panel_of(controller: Controller) -> ControlsPanel:
    panel = controller.window.findChild(ControlsPanel)
    assert isinstance(panel, ControlsPanel)
    return panel


def type_number(qtbot: QtBot, controller: Controller, control_id: str, text: str) -> None:
    box = panel_of(controller).row(control_id).editor
    box.setFocus()
    box.selectAll()
    qtbot.keyClicks(box, text)
    qtbot.keyClick(box, Qt.Key.Key_Return)


def expect_refusal(qtbot: QtBot, controller: Controller, control_id: str, word: str) -> None:
    row = panel_of(controller).row(control_id)
    qtbot.waitUntil(lambda: word in row.error.text().replace("\u200b", ""), timeout=LONG_MS)


def test_a_refused_value_leaves_what_the_model_has(
    qtbot: QtBot, open_script: Callable[[str], Controller]
) -> None:
    controller = open_script(AUTHORED)
    row = panel_of(controller).row("rate")
    type_number(qtbot, controller, "rate", "2")
    qtbot.waitUntil(lambda: controller.model.control_values["rate"] == 2.0, timeout=LONG_MS)
    type_number(qtbot, controller, "rate", "7")
    expect_refusal(qtbot, controller, "rate", "too fast")
    assert row.editor.value() == 2.0
    assert row.slider.value() == row.position_of(2.0)
    assert not controller.window.banner.isVisible()
    type_number(qtbot, controller, "rate", "4")  # the hook raises something else
    expect_refusal(qtbot, controller, "rate", "no period")
    assert row.editor.value() == 2.0
    assert controller.window.banner.isVisible()  # with the traceback in its details
    type_number(qtbot, controller, "rate", "3")
    qtbot.waitUntil(lambda: controller.model.control_values["rate"] == 3.0, timeout=LONG_MS)
    assert not row.error.isVisible()


def test_a_session_that_never_answers_is_believed_until_it_refuses(
    qtbot: QtBot, open_script: Callable[[str], Controller]
) -> None:
    controller = open_script(QUIET)
    type_number(qtbot, controller, "n", "3")
    qtbot.waitUntil(lambda: controller.model.control_values["n"] == 3.0, timeout=LONG_MS)
    type_number(qtbot, controller, "n", "8")
    expect_refusal(qtbot, controller, "n", "too much")
    assert panel_of(controller).row("n").editor.value() == 3.0


def test_an_action_waits_for_a_click_on_a_segment(
    qtbot: QtBot, open_script: Callable[[str], Controller]
) -> None:
    controller = open_script(AUTHORED)
    window, model = controller.window, controller.model
    selection = controller.commands.interaction.selection
    button = panel_of(controller).button("add")
    qtbot.waitUntil(lambda: bool(model.traces), timeout=LONG_MS)  # that of the soma
    traces = list(model.traces)
    qtbot.mouseClick(button, LEFT)
    assert window.author_status.text() == "Click a segment for “Add synapse” · Esc to leave"
    assert button.isChecked()
    viewport = controller.commands.viewport
    assert viewport is not None
    segment = 5
    qtbot.mouseClick(viewport, LEFT, pos=viewport.project(segment).toPoint())
    qtbot.waitUntil(lambda: "added at" in window.author_status.text(), timeout=LONG_MS)
    clicked = model.segment_id(model.selected)
    assert clicked
    assert window.author_status.text() == f"added at {clicked}, {clicked}"
    assert list(model.traces) == traces
    assert selection.spec is None
    assert not button.isChecked()


def test_esc_and_a_second_choice_leave_the_action(
    qtbot: QtBot, open_script: Callable[[str], Controller]
) -> None:
    controller = open_script(AUTHORED)
    window, button = controller.window, panel_of(controller).button("add")
    qtbot.keyClick(window.centralWidget(), Qt.Key.Key_X)  # its shortcut
    assert "Add synapse" in window.author_status.text()
    qtbot.keyClick(window.centralWidget(), Qt.Key.Key_Escape)
    assert window.author_status.text() == ""
    qtbot.mouseClick(button, LEFT)
    assert "Add synapse" in window.author_status.text()
    qtbot.mouseClick(button, LEFT)
    assert window.author_status.text() == ""
    assert not button.isChecked()


def test_a_sentence_with_a_time_goes_by_itself_and_comes_again(
    qtbot: QtBot, open_script: Callable[[str], Controller]
) -> None:
    controller = open_script(AUTHORED)
    label, panel = controller.window.author_status, panel_of(controller)
    for _ in range(2):
        with qtbot.waitSignal(controller.model.phaseChanged, timeout=LONG_MS):
            qtbot.mouseClick(panel.button("brief"), LEFT)
        qtbot.waitUntil(lambda: label.text() == "", timeout=LONG_MS)
        assert controller.model.status.message == ""


def test_a_control_of_the_window_changes_its_view_without_the_session(
    qtbot: QtBot, open_script: Callable[[str], Controller]
) -> None:
    controller = open_script(AUTHORED)
    sent: list[object] = []
    controller.commands.interaction._send = sent.append
    qtbot.keyClick(panel_of(controller).row("colors").editor, Qt.Key.Key_Down)
    view_id = controller.model.scene.views[0].id
    qtbot.waitUntil(lambda: controller.model.view(view_id).color_map == "viridis")
    assert sent == []


def test_a_session_changes_which_controls_its_panel_has(
    qtbot: QtBot, open_script: Callable[[str], Controller]
) -> None:
    controller = open_script(AUTHORED)
    panel = panel_of(controller)
    qtbot.mouseClick(panel.button("rename"), LEFT)
    qtbot.waitUntil(lambda: "rate" not in panel._rows, timeout=LONG_MS)
    assert list(panel._rows) == ["low"]
    assert list(panel._buttons) == ["add"]
    assert len(controller.commands.session_actions.actions) == 1


@pytest.mark.slow
def test_a_folded_group_is_folded_at_the_next_start(
    qtbot: QtBot, open_script: Callable[[str], Controller]
) -> None:
    panel = panel_of(open_script(AUTHORED))
    qtbot.mouseClick(panel.fold("Second").button, LEFT)
    assert not panel.row("low").isVisible()
    again = panel_of(open_script(AUTHORED))
    assert again is not panel
    assert not again.fold("Second").is_open
    assert again.fold("First").is_open
    assert isinstance(again.row("rate"), QWidget)
