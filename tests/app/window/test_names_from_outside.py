"""Names of cells, files, traces and controls that look like HTML stand in the window as they are."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from marked_up import NAME
from PySide6 import QtGui
from PySide6.QtCore import QAbstractListModel, QModelIndex, Qt
from PySide6.QtGui import QTextDocumentFragment
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QApplication,
    QComboBox,
    QLabel,
    QMenu,
    QWidget,
)
from pytestqt.qtbot import QtBot

from app.ui.plain import PlainLabel, menu_text, plain_tip
from app.ui.text import MAY_BREAK, NO_BREAK
from app.window.controller import Controller
from app.window.dialogs.windows import rebuild_question
from backends.messages import KeyPressed, SetControl

OpenSomascope = Callable[..., Controller]
LONG_MS = 20_000
FILE_NAME = "<b>x<b> & <i>y<i>.swc"
SWC = "1 1 0 0 0 5 -1\n2 3 0 20 0 1 1\n3 3 0 90 0 1 2\n"


def as_read(text: str) -> str:
    """Return what a user reads where Qt decides by itself whether a text is HTML."""
    if QtGui.Qt.mightBeRichText(text):
        text = QTextDocumentFragment.fromHtml(text).toPlainText()
    return text.replace(MAY_BREAK, "").replace(NO_BREAK, " ")


def shown_by(widget: QWidget) -> list[str]:
    """Return what a user reads on a widget and in its tip."""
    texts = [as_read(widget.toolTip())]
    match widget:
        case QLabel():
            plain = widget.textFormat() is Qt.TextFormat.PlainText
            text = QLabel.text(widget).replace(MAY_BREAK, "").replace(NO_BREAK, " ")
            texts.append(text if plain else as_read(text))
            if widget.buddy() is not None:
                texts[-1] = texts[-1].replace("&&", "&")
            assert "&&" not in texts[-1]
        case QAbstractButton():
            texts.append(widget.text().replace("&&", "&"))
        case QComboBox():
            texts += [widget.itemText(i) for i in range(widget.count())]
        case QMenu():
            texts += [action.text().replace("&&", "&") for action in widget.actions()]
        case QAbstractItemView() if widget.model() is not None:
            model = widget.model()
            is_list = isinstance(model, QAbstractListModel)  # keeps its columnCount to itself
            n_columns = 1 if is_list else model.columnCount(QModelIndex())
            for row in range(min(model.rowCount(QModelIndex()), 50)):
                for column in range(n_columns):
                    index = model.index(row, column)
                    texts.append(str(index.data() or ""))
                    texts.append(as_read(str(index.data(Qt.ItemDataRole.ToolTipRole) or "")))
    return texts


def places_of(name: str) -> set[str]:
    """Return the classes of the widgets that show a name, complete and as it is."""
    return {
        type(widget).__name__
        for widget in QApplication.allWidgets()
        if any(name in text for text in shown_by(widget))
    }


def assert_nothing_is_markup() -> None:
    """Check that no label and no tip of any window shows ``x & y`` for ``<b>x</b> & <i>y</i>``."""
    for widget in QApplication.allWidgets():
        for text in shown_by(widget):
            assert "x & y" not in text, f"{type(widget).__name__} reads its text as HTML: {text}"
        if isinstance(widget, QLabel) and widget.textFormat() is not Qt.TextFormat.PlainText:
            assert "<b>x" not in QLabel.text(widget)


@pytest.fixture
def marked_up(qtbot: QtBot, open_somascope: OpenSomascope, tmp_path: Path) -> Controller:
    """Return a window on a session with one name for everything."""
    script = tmp_path / "<b>x<b> & <i>y<i>.py"
    script.write_text("from marked_up import MarkedUp\nclass Mine(MarkedUp): pass\n")
    controller = open_somascope(str(script))
    qtbot.waitUntil(lambda: controller.model.scene.title == NAME, timeout=LONG_MS)
    return controller


def test_everything_that_an_author_names_is_plain(qtbot: QtBot, marked_up: Controller) -> None:
    controller, window = marked_up, marked_up.window
    controller.post(SetControl("a", 99.0))
    controller.post(KeyPressed("E"))
    qtbot.waitUntil(lambda: window.banner.message == NAME, timeout=LONG_MS)
    controller.model.select(0)
    controller.model.hover(0)
    assert_nothing_is_markup()
    places = {
        "PlainLabel",
        "WrappingLabel",
        "ComboBox",
        "ElidingButton",
        "KeyedButton",
        "Slider",
        "TraceLegend",
    }
    assert places <= places_of(NAME)
    assert NAME in window.author_status.text()
    assert NAME in window.backend.text()
    assert NAME in window.windowTitle()
    assert (
        NAME in controller.commands.traces.canvas.getPlotItem().getAxis("left").label.toPlainText()
    )
    window.command_actions["messages"].trigger()
    window.command_actions["palette"].trigger()
    window.command_actions["record_named"].trigger()
    window.command_actions["about"].trigger()
    question = rebuild_question(window, NAME, "Restart", 3.0)
    question.setInformativeText(NAME)
    question.show()
    assert_nothing_is_markup()
    assert all(
        label.textFormat() is Qt.TextFormat.PlainText
        for label in question.findChildren(QLabel)
        if NAME in label.text()
    )
    for widget in QApplication.topLevelWidgets():
        if widget is not window and widget.isVisible():
            widget.close()


def test_the_name_of_a_file_is_plain_in_compare_and_in_the_recent_files(
    qtbot: QtBot, open_somascope: OpenSomascope, tmp_path: Path
) -> None:
    pytest.importorskip("neuron", reason="NEURON is not installed")
    path = tmp_path / FILE_NAME
    path.write_text(SWC)
    controller = open_somascope(str(path))
    stem = path.stem
    qtbot.waitUntil(lambda: stem in controller.model.scene.title, timeout=LONG_MS)
    controller.window.command_actions["compare"].trigger()
    compare = controller.commands.comparer.window
    qtbot.waitUntil(compare.isVisible, timeout=LONG_MS)
    assert_nothing_is_markup()
    hints = [each for each in compare.findChildren(QLabel) if stem in each.text()]
    assert hints
    assert all(each.textFormat() is Qt.TextFormat.PlainText for each in hints)
    assert "QMenu" in places_of(stem)  # Open recent
    compare.close()


@pytest.mark.parametrize(
    "text", [NAME, "a & b", "<img src='x.png'>", "&lt;", "two\nlines <b>x</b>", "x " * 90]
)
def test_a_tip_is_read_as_it_was_given(text: str) -> None:
    assert as_read(plain_tip(text)).strip() == text.strip()


@pytest.mark.usefixtures("qapp")
def test_a_plain_label_takes_qt_s_properties_and_no_markup() -> None:
    label = PlainLabel(NAME, wordWrap=True, visible=False)
    assert (label.text(), label.wordWrap(), label.textFormat()) == (
        NAME,
        True,
        Qt.TextFormat.PlainText,
    )
    assert menu_text("Na & K\tx") == "Na && K x"
