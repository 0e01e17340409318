"""A script that is open and changes on the disk: a question, or a reload that keeps what the user has set up."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from app.session.script_watch import ScriptWatch
from backends.messages import CaptureTrace, SetRunning, SetSpeed

if TYPE_CHECKING:
    from app.window.controller import Controller

OpenSomascope = Callable[..., "Controller"]
LONG_MS = 20_000
SCRIPT = """
from backends.mock import MockSession

class Mine(MockSession):
    title = "FIRST"
    n_dendrite = 20
"""
TRACE = "dend[0](0.975)"


@pytest.fixture
def script(tmp_path: Path) -> Path:
    path = tmp_path / "mine.py"
    path.write_text(SCRIPT)
    return path


@pytest.fixture
def opened(qtbot: QtBot, open_somascope: OpenSomascope, script: Path) -> Controller:
    """A window with the script, a trace of its own, and a camera that was turned."""
    controller = open_somascope(str(script), wait=False)
    model, viewport = controller.model, controller.commands.viewport
    assert viewport is not None
    qtbot.waitUntil(lambda: model.has_scene, timeout=LONG_MS)
    controller.post(CaptureTrace(TRACE))
    qtbot.waitUntil(lambda: TRACE in model.traces, timeout=LONG_MS)
    viewport.turn(40.0, 15.0)
    return controller


def save_as_editors_do(path: Path, text: str) -> None:
    """Put another file in the place of a file."""
    other = path.with_name("mine.py~tmp")
    other.write_text(text)
    other.replace(path)


def docks_of(controller: Controller) -> dict[str, tuple[bool, int]]:
    """Return which docks are shown, and their widths."""
    docks = controller.window.docks.items()
    return {id_: (each.isVisible(), each.width()) for id_, each in docks}


def test_a_changed_file_is_asked_about_and_reloaded_by_a_click(
    qtbot: QtBot, opened: Controller, script: Path
) -> None:
    model, banner, viewport = opened.model, opened.window.banner, opened.commands.viewport
    assert viewport is not None
    view, docks = viewport.scene.navigation.view(), docks_of(opened)
    save_as_editors_do(script, SCRIPT.replace("FIRST", "SECOND").replace("= 20", "= 30"))
    qtbot.waitUntil(lambda: banner.message == "mine.py has changed.", timeout=LONG_MS)
    assert model.scene.title == "FIRST"
    assert banner.retry_button.text() == "Reload"
    QTest.mouseClick(banner.retry_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: model.scene.title == "SECOND", timeout=LONG_MS)
    assert model.geometry is not None
    assert model.geometry.n_segments == 31
    qtbot.waitUntil(lambda: viewport.scene.geometry is model.geometry, timeout=LONG_MS)
    after = viewport.scene.navigation.view()
    assert after.eye == pytest.approx(view.eye)
    assert after.parallel_scale == pytest.approx(view.parallel_scale)
    assert docks_of(opened) == docks
    assert not model.run_status.running


@pytest.mark.slow
def test_a_file_that_is_saved_again_and_again_is_noticed_each_time(
    qtbot: QtBot, opened: Controller, script: Path
) -> None:
    opened.window.command_actions["reload_on_save"].trigger()
    for title in ("SECOND", "THIRD", "FOURTH"):
        save_as_editors_do(script, SCRIPT.replace("FIRST", title))
        qtbot.waitUntil(lambda t=title: opened.model.scene.title == t, timeout=LONG_MS)
        qtbot.waitUntil(lambda: TRACE in opened.model.traces, timeout=LONG_MS)
    assert not opened.window.banner.message


@pytest.mark.slow
def test_with_the_check_in_the_menu_a_running_model_is_rebuilt_and_runs_on(
    qtbot: QtBot, opened: Controller, script: Path
) -> None:
    opened.window.command_actions["reload_on_save"].trigger()
    assert opened.window.settings.reloads_on_save
    opened.post(SetRunning(True))
    qtbot.waitUntil(lambda: opened.model.run_status.running, timeout=LONG_MS)
    script.write_text(SCRIPT.replace("FIRST", "SECOND"))
    qtbot.waitUntil(lambda: opened.model.scene.title == "SECOND", timeout=LONG_MS)
    qtbot.waitUntil(lambda: opened.model.run_status.running, timeout=LONG_MS)


@pytest.mark.slow
def test_a_mistake_names_its_line_and_the_running_model_goes_on(
    qtbot: QtBot, opened: Controller, script: Path
) -> None:
    opened.window.command_actions["reload_on_save"].trigger()
    opened.post(SetSpeed(1.0))
    opened.post(SetRunning(True))
    qtbot.waitUntil(lambda: opened.model.run_status.running, timeout=LONG_MS)
    script.write_text(SCRIPT + "\nundefined_name\n")
    qtbot.waitUntil(lambda: bool(opened.window.banner.message), timeout=LONG_MS)
    assert opened.window.banner.message.startswith("mine.py, line 8: NameError")
    assert opened.model.scene.title == "FIRST"
    qtbot.waitUntil(lambda: opened.model.run_status.running, timeout=LONG_MS)
    script.write_text(SCRIPT.replace("FIRST", "SECOND"))
    qtbot.waitUntil(lambda: opened.model.scene.title == "SECOND", timeout=LONG_MS)


@pytest.mark.slow
def test_a_file_that_never_opened_is_watched_too(
    qtbot: QtBot, open_somascope: OpenSomascope, script: Path
) -> None:
    script.write_text("import nothing_of_this_name\n")
    controller = open_somascope(str(script), wait=False)
    qtbot.waitUntil(lambda: bool(controller.window.banner.message), timeout=LONG_MS)
    script.write_text(SCRIPT)
    qtbot.waitUntil(
        lambda: controller.window.banner.message == "mine.py has changed.", timeout=LONG_MS
    )
    QTest.mouseClick(controller.window.banner.retry_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: controller.model.has_scene, timeout=LONG_MS)


def test_only_another_content_is_a_change(qtbot: QtBot, tmp_path: Path) -> None:
    path = tmp_path / "mine.py"
    path.write_text("a = 1\n")
    watch, seen = ScriptWatch(), []
    watch.changed.connect(seen.append)
    watch.watch(str(path))
    path.write_text("a = 1\n")  # the same again
    watch.look()
    path.write_text("")  # an editor truncates before it writes
    watch.look()
    path.unlink()
    watch.look()
    assert seen == []
    path.write_text("a = 2\n")
    watch.look()
    assert seen == [str(path)]
    watch.close()
    path.write_text("a = 3\n")
    watch.look()
    assert len(seen) == 1
