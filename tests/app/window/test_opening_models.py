"""A NEURON model in the window: the question before its code runs, the choice of a script, archives, and failures."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QFileDialog, QMessageBox
from pytestqt.qtbot import QtBot

from app.session.recent import Recent
from tests.support.model_user import LONG_MS, ModelUser as User, drop
from tests.support.neuron_folders import template_cell, write_folder

if TYPE_CHECKING:
    from app.window.controller import Controller

pytest.importorskip("neuron")

OpenSomascope = Callable[..., "Controller"]
LEFT = Qt.MouseButton.LeftButton
SMALL = "create soma\nsoma { insert pas }\n"


@pytest.fixture
def user(qtbot: QtBot, open_somascope: OpenSomascope) -> User:
    return User(qtbot, open_somascope("ball_and_stick"))


@pytest.fixture
def model(tmp_path: Path) -> Path:
    return template_cell(tmp_path / "Pyr <b>")


def test_nothing_runs_before_the_user_agrees(user: User, model: Path) -> None:
    marker = model / "it ran"
    with (model / "mosinit.hoc").open("a") as file:
        file.write('objref mark\nmark = new File()\nmark.wopen("it ran")\nmark.close()\n')
    before = user.controller.opener.source
    drop(user.controller, model)
    question = user.question()
    assert model.name in question.text()
    user.press(question, "Cancel")
    user.qtbot.waitUntil(lambda: not user.controller.opener.is_opening, timeout=LONG_MS)
    assert user.controller.opener.source == before
    assert not user.controller.window.busy_bar.isVisible()
    assert not marker.exists()
    drop(user.controller, model)
    user.press(user.question(), "Open")
    user.see("Pyr <b>")
    assert marker.exists()
    assert user.controller.model.geometry.section_names[0] == "Pyr[0].soma"


def test_the_answer_holds_until_a_program_changes(user: User, model: Path) -> None:
    drop(user.controller, model)
    user.press(user.question(), "Open")
    user.see("Pyr <b>")
    assert user.controller.window.settings.recent[0] == Recent.file(str(model))
    user.controller.window.recentChosen.emit(str(model))
    user.see("Pyr <b>")
    with (model / "cell.hoc").open("a") as file:
        file.write("// changed\n")
    user.controller.window.recentChosen.emit(str(model))
    user.press(user.question(), "Cancel")
    user.qtbot.waitUntil(lambda: not user.controller.opener.is_opening, timeout=LONG_MS)
    user.controller.commands.restart()  # what is on the screen was agreed to
    user.see("Pyr <b>")


def test_a_question_ends_where_something_else_is_opened(user: User, model: Path) -> None:
    drop(user.controller, model)
    question = user.question()
    ended: list[int] = []
    question.finished.connect(ended.append)
    user.controller.opener.open_text("stellate")
    assert ended
    user.qtbot.waitUntil(lambda: not user.controller.opener.is_opening, timeout=LONG_MS)
    assert user.controller.opener.source.path == "stellate"


def test_who_names_a_model_on_the_command_line_is_not_asked(
    qtbot: QtBot, open_somascope: OpenSomascope, model: Path
) -> None:
    user = User(qtbot, open_somascope(str(model)))
    user.see("Pyr <b>")


def test_one_of_several_scripts_is_chosen_beside_the_readme(user: User, tmp_path: Path) -> None:
    files = {
        "fig1.hoc": "// Figure 1\n" + SMALL,
        "fig2.hoc": SMALL + "create dend\n",
        "readme.txt": "Two figures.",
    }
    folder = write_folder(tmp_path / "figures", files)
    drop(user.controller, folder)
    user.press(user.question(), "Open")
    chooser = user.chooser()
    assert chooser.list.item(0).text() == "fig1.hoc\nFigure 1"
    assert chooser.page.toPlainText() == "Two figures."
    place = chooser.list.visualItemRect(chooser.list.item(1)).center()
    QTest.mouseClick(chooser.list.viewport(), LEFT, pos=place)
    QTest.mouseDClick(chooser.list.viewport(), LEFT, pos=place)
    user.see("figures")
    assert user.controller.opener.source.entry == "fig2.hoc"
    assert set(user.controller.model.geometry.section_names) == {"soma", "dend"}


def test_an_archive_is_unpacked_and_asked_about(user: User, tmp_path: Path) -> None:
    path = tmp_path / "small.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("small/mosinit.hoc", SMALL)
    drop(user.controller, path)
    assert "small.zip" in user.question().text()
    user.press(user.question(), "Open")
    user.see("small")
    assert user.controller.window.settings.recent[0] == Recent.file(str(path))


def test_a_damaged_archive_leaves_the_cell_on_the_screen(user: User, tmp_path: Path) -> None:
    path = tmp_path / "damaged.zip"
    path.write_bytes(b"PK\x03\x04 and no more")
    before = user.controller.opener.source
    drop(user.controller, path)
    banner = user.controller.window.banner
    user.qtbot.waitUntil(banner.isVisible, timeout=LONG_MS)
    assert "damaged.zip" in banner.message
    assert user.controller.opener.source == before
    assert not user.controller.opener.is_opening


def test_a_folder_and_a_file_are_chosen_in_the_menu(
    user: User, model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(model))
    user.controller.window.command_actions["open_model"].trigger()
    user.press(user.question(), "Open")
    user.see("Pyr <b>")
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (str(model / "cell.hoc"), ""))
    user.controller.window.command_actions["open"].trigger()
    banner = user.controller.window.banner  # agreed already; it only defines a template
    user.qtbot.waitUntil(banner.isVisible, timeout=LONG_MS)
    assert "cell.hoc" in banner.message


def test_esc_takes_a_question_back(user: User, model: Path) -> None:
    drop(user.controller, model)
    user.question()
    user.controller.window.command_actions["cancel"].trigger()
    user.qtbot.waitUntil(lambda: not user.controller.opener.is_opening, timeout=LONG_MS)
    assert not [e for e in user.controller.window.findChildren(QMessageBox) if e.isVisible()]


def test_a_folder_without_a_model_is_one_sentence(user: User, tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "notes", {"notes.txt": "nothing"})
    drop(user.controller, folder)
    banner = user.controller.window.banner
    user.qtbot.waitUntil(banner.isVisible, timeout=LONG_MS)
    assert "notes" in banner.message
    assert not user.controller.window.findChildren(QMessageBox)


@pytest.mark.slow
def test_cancel_ends_a_compilation_and_leaves_the_cell(
    user: User, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("neuron")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    mods = {f"mod/kd{i}.mod": f"NEURON {{ SUFFIX kd{i} }}\n" for i in range(12)}
    folder = write_folder(tmp_path / "mods", {"mosinit.hoc": SMALL, **mods})
    before = user.controller.opener.source
    texts: list[str] = []
    user.controller.opener.progressed.connect(lambda text, *_: texts.append(text))
    drop(user.controller, folder)
    user.press(user.question(), "Open")
    user.qtbot.waitUntil(lambda: any(".mod" in each for each in texts), timeout=LONG_MS)
    bar = user.controller.window.busy_bar
    assert bar.isVisible()
    QTest.mouseClick(bar.cancel_button, LEFT)
    user.qtbot.waitUntil(lambda: not user.controller.opener.is_opening, timeout=LONG_MS)
    assert user.controller.opener.source == before
    assert not bar.isVisible()
    assert not user.controller.window.banner.isVisible()


@pytest.mark.slow
def test_a_mistake_in_a_mechanism_names_its_file_and_line(user: User, tmp_path: Path) -> None:
    mod = "NEURON { SUFFIX kd }\nBREAKPOINT { i = }\n"
    folder = write_folder(tmp_path / "bad", {"mosinit.hoc": SMALL, "mod/kd.mod": mod})
    drop(user.controller, folder)
    user.press(user.question(), "Open")
    banner = user.controller.window.banner
    user.qtbot.waitUntil(banner.isVisible, timeout=2 * LONG_MS)
    assert "kd.mod" in banner.message
    assert "2" in banner.message
    assert banner.details_button.isVisible()
    assert user.controller.model.has_scene
