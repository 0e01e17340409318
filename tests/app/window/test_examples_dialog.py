"""File ▸ Examples: a list with pictures, a page for each, and two buttons."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QPixmap
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QFileDialog
from pytestqt.qtbot import QtBot

from app.window.dialogs.examples import ExamplesDialog
from backends.messages import RunFor, SetSpeed
from resources.example_models import examples

if TYPE_CHECKING:
    from app.window.controller import Controller

OpenSomascope = Callable[..., "Controller"]
LONG_MS = 20_000


@pytest.fixture
def dialog(qtbot: QtBot) -> ExamplesDialog:
    found = ExamplesDialog()
    found.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose, False)  # qtbot deletes it
    qtbot.addWidget(found)
    found.show()
    return found


def row_of(name: str) -> int:
    """Return the row of an example."""
    return [each.name for each in examples()].index(name)


def test_each_example_has_its_picture_and_its_first_line(dialog: ExamplesDialog) -> None:
    assert dialog.list.count() == len(examples())
    for row, example in enumerate(examples()):
        item = dialog.list.item(row)
        assert item.text() == f"{example.title}\n{example.summary}"
        picture = QPixmap(str(example.picture))
        assert (picture.width(), picture.isNull()) == (480, False)
        dialog.list.setCurrentRow(row)
        assert dialog.current == example


def test_a_page_is_read_without_marks_and_keeps_its_equations() -> None:
    page = examples()[row_of("fitzhugh_nagumo")].page
    assert "    dv/dt = v − v³/3 − w + I" in page
    assert "`" not in page
    assert "RunControl" in page


def test_enter_opens_the_selected_example(qtbot: QtBot, dialog: ExamplesDialog) -> None:
    dialog.list.setFocus()
    QTest.keyClick(dialog.list, Qt.Key.Key_Down)
    with qtbot.waitSignal(dialog.chosen) as chosen:
        QTest.keyClick(dialog.list, Qt.Key.Key_Return)
    assert chosen.args == [str(examples()[1].path)]
    assert not dialog.isVisible()


def test_a_copy_is_written_where_the_user_says(
    qtbot: QtBot, dialog: ExamplesDialog, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "mine"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(target), ""))
    with qtbot.waitSignal(dialog.copied) as copied:
        QTest.mouseClick(dialog.copy_button, Qt.MouseButton.LeftButton)
    assert copied.args == [f"{target}.py"]
    assert Path(f"{target}.py").read_bytes() == examples()[0].path.read_bytes()
    monkeypatch.setattr(
        QFileDialog, "getSaveFileName", lambda *_: (str(tmp_path / "no" / "x.py"), "")
    )
    with qtbot.waitSignal(dialog.copyFailed):
        QTest.mouseClick(dialog.copy_button, Qt.MouseButton.LeftButton)


def test_the_menu_opens_an_example_in_the_window(
    qtbot: QtBot, open_somascope: OpenSomascope
) -> None:
    controller = open_somascope("ball_and_stick")
    controller.window.command_actions["examples"].trigger()
    dialog = controller.window.findChild(ExamplesDialog)
    dialog.list.setCurrentRow(row_of("distances"))
    QTest.mouseClick(dialog.open_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: controller.model.scene.title == "Distances", timeout=LONG_MS)
    qtbot.waitUntil(
        lambda: not controller.window.command_actions["run"].isEnabled(), timeout=LONG_MS
    )
    for id_ in ("run", "step", "init", "init_run", "continue_for"):
        action = controller.window.command_actions[id_]
        assert not action.isEnabled()
        assert "nothing to run" in action.toolTip()
    controller.model.select(0)
    inspector = controller.window.docks["inspector"].widget()
    qtbot.waitUntil(lambda: inspector.facts is not None, timeout=LONG_MS)
    assert not inspector.trace_button.isEnabled()
    assert "nothing to run" in inspector.trace_button.toolTip()
    assert not controller.model.traces
    assert not controller.window.banner.message
    controller.opener.open_text("ball_and_stick")
    qtbot.waitUntil(lambda: controller.window.command_actions["run"].isEnabled(), timeout=LONG_MS)
    assert "nothing to run" not in controller.window.command_actions["run"].toolTip()


@pytest.mark.slow
def test_every_example_opens_from_the_list_runs_and_says_nothing_is_wrong(
    qtbot: QtBot, open_somascope: OpenSomascope
) -> None:
    controller = open_somascope("ball_and_stick")
    model, notices = controller.model, controller.notices
    for example in examples():
        scene = model.scene
        controller.commands.show_examples()
        dialog = controller.window.findChildren(ExamplesDialog)[-1]
        dialog.list.setCurrentRow(row_of(example.name))
        QTest.mouseClick(dialog.open_button, Qt.MouseButton.LeftButton)
        qtbot.waitUntil(lambda before=scene: model.scene is not before, timeout=5 * LONG_MS)
        if not model.scene.cannot_run:
            controller.post(SetSpeed(None))
            controller.post(RunFor(5.0))
            qtbot.waitUntil(lambda: model.run_status.finished, timeout=LONG_MS)
        wrong = [each.text for each in notices.items if each.severity != "info"]
        assert not wrong, example.name
        assert not controller.window.banner.message, example.name
