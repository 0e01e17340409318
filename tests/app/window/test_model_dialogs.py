"""What is asked before a model runs: whether it may, remembered by its program files, and with which script."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QSettings, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QMessageBox, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from app.window.dialogs.models import CONSENT, EntryChooser, program_question
from app.window.settings import Settings

Choose = Callable[..., EntryChooser]
ENTRIES = [("mosinit.hoc", ""), ("init.hoc", ""), ("run.py", "a script")]


@pytest.fixture
def window(qtbot: QtBot) -> QWidget:
    found = QWidget()
    qtbot.addWidget(found)
    found.show()
    return found


@pytest.fixture
def choose(window: QWidget, qtbot: QtBot) -> Choose:
    """Return a function that shows a chooser."""

    def show(readme: str = "Press Weak current.") -> EntryChooser:
        found = EntryChooser("hh", ENTRIES, readme, window)
        found.open()
        qtbot.waitUntil(found.isVisible)
        return found

    return show


def button_of(dialog: QWidget, text: str) -> QPushButton:
    return next(each for each in dialog.findChildren(QPushButton) if each.text() == text)


def question(window: QWidget, **options: bool) -> QMessageBox:
    return program_question(
        window, "hh <b>", "/models/hh <b>", **({"is_remembered": True} | options)
    )


@pytest.mark.parametrize(("text", "is_accepted"), [("Open", True), ("Cancel", False)])
def test_the_question_names_the_folder_and_has_two_answers(
    qtbot: QtBot, window: QWidget, text: str, is_accepted: bool
) -> None:
    box = question(window)
    answers: list[bool] = []
    box.accepted.connect(lambda: answers.append(True))
    box.rejected.connect(lambda: answers.append(False))
    box.open()
    qtbot.waitUntil(box.isVisible)
    assert CONSENT in box.text()
    assert "hh <b>" in box.text()
    assert "/models/hh <b>" in box.informativeText()
    assert box.textFormat() == Qt.TextFormat.PlainText
    QTest.mouseClick(button_of(box, text), Qt.MouseButton.LeftButton)
    assert answers == [is_accepted]


@pytest.mark.parametrize("key", [Qt.Key.Key_Return, Qt.Key.Key_Escape])
def test_enter_and_escape_are_no_agreement(qtbot: QtBot, window: QWidget, key: Qt.Key) -> None:
    box = question(window)
    answers: list[bool] = []
    box.accepted.connect(lambda: answers.append(True))
    box.rejected.connect(lambda: answers.append(False))
    box.open()
    qtbot.waitUntil(box.isVisible)
    QTest.keyClick(box, key)
    assert answers == [False]


def test_what_cannot_be_remembered_says_so(window: QWidget) -> None:
    texts = {question(window, is_remembered=each).informativeText() for each in (True, False)}
    assert len(texts) == 2


def test_a_double_click_opens_a_script(choose: Choose) -> None:
    chooser = choose()
    chosen: list[int] = []
    chooser.accepted.connect(lambda: chosen.append(chooser.row))
    place = chooser.list.visualItemRect(chooser.list.item(2)).center()
    QTest.mouseClick(chooser.list.viewport(), Qt.MouseButton.LeftButton, pos=place)
    QTest.mouseDClick(chooser.list.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert chosen == [2]


def test_keys_choose_a_script(choose: Choose) -> None:
    chooser = choose()
    chosen: list[int] = []
    chooser.accepted.connect(lambda: chosen.append(chooser.row))
    QTest.keyClick(chooser.list, Qt.Key.Key_Down)
    QTest.keyClick(chooser.list, Qt.Key.Key_Return)
    assert chosen == [1]


def test_cancel_chooses_nothing(choose: Choose) -> None:
    chooser = choose()
    answers: list[str] = []
    chooser.accepted.connect(lambda: answers.append("accepted"))
    chooser.rejected.connect(lambda: answers.append("rejected"))
    QTest.mouseClick(button_of(chooser, "Cancel"), Qt.MouseButton.LeftButton)
    assert answers == ["rejected"]


def test_the_readme_is_plain_text_beside_the_list(choose: Choose) -> None:
    assert choose("<b>Run</b> mosinit.hoc").page.toPlainText() == "<b>Run</b> mosinit.hoc"
    chooser = choose("")
    assert chooser.page.toPlainText() == ""
    assert "no readme" in chooser.page.placeholderText()


def test_an_agreement_is_kept_until_the_programs_change(tmp_path: Path) -> None:
    path = str(tmp_path / "settings.ini")
    settings = Settings(QSettings(path, QSettings.Format.IniFormat))
    settings.keep_agreed("a" * 32)
    settings.keep_agreed("b" * 32)
    settings.keep_agreed("")
    again = Settings(QSettings(path, QSettings.Format.IniFormat))
    assert again.is_agreed("a" * 32)
    assert again.is_agreed("b" * 32)
    assert not again.is_agreed("c" * 32)
    assert not again.is_agreed("")
