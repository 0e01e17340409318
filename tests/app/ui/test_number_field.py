"""The number field, by keys and wheel."""

from __future__ import annotations

from typing import Any

import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QKeyEvent, QWheelEvent
from PySide6.QtWidgets import QApplication, QLineEdit, QMainWindow, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from app.palette import DARK
from app.ui.number_field import NumberField
from app.ui.style import stylesheet


@pytest.fixture
def field(qtbot: QtBot) -> NumberField:
    """A field for 0 to 5 nA that shows 0.5, with the focus, beside another widget."""
    window = QMainWindow()
    window.setStyleSheet(stylesheet(DARK))
    central = QWidget()
    window.setCentralWidget(central)
    central.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
    field = NumberField(unit="nA", low=0.0, high=5.0)
    field.setValue(0.5)
    field.setToolTip("Injected current")
    column = QVBoxLayout(central)
    column.addWidget(field)
    column.addWidget(QLineEdit())
    qtbot.addWidget(window)
    window.show()
    qtbot.waitExposed(window)
    window.activateWindow()
    field.setFocus()
    qtbot.waitUntil(field.hasFocus)
    field.selectAll()
    field.window_of_test = window  # so that it lives as long as the field
    return field


def type_in(qtbot: QtBot, field: NumberField, text: str, key: Qt.Key = Qt.Key.Key_Return) -> None:
    """Replace the text of a field, then press a key."""
    field.selectAll()
    for letter in text:  # as an event, since QTest's own keys are ASCII only
        pressed = QKeyEvent(QEvent.Type.KeyPress, 0, Qt.KeyboardModifier.NoModifier, text=letter)
        QApplication.sendEvent(field, pressed)
    qtbot.keyClick(field, key)


@pytest.mark.parametrize(
    ("text", "value"),
    [("0,6", 0.6), ("0.6", 0.6), ("600 pA", 0.6), ("0,0006 µA", 0.6), ("1.25 nA", 1.25)],
)
def test_commas_points_and_units_are_read(
    qtbot: QtBot, field: NumberField, text: str, value: float
) -> None:
    type_in(qtbot, field, text)
    assert field.value() == value
    assert field.text() == f"{value:g} nA"
    assert field.refusal == ""


@pytest.mark.parametrize("text", ["600", "abc", "5 ms", "1,200", "-1", "1e999", "2 2"])
def test_what_cannot_be_used_is_refused_and_changes_nothing(
    qtbot: QtBot, field: NumberField, text: str
) -> None:
    changes: list[float] = []
    field.valueChanged.connect(changes.append)
    type_in(qtbot, field, text)
    assert field.value() == 0.5
    assert changes == []
    assert field.property("refused") is True
    for told in (field.toolTip(), field.accessibleDescription()):
        assert "0 to 5 nA" in told
    assert field.text() == text  # to be corrected
    assert field.hasFocus()


def test_a_red_edge_is_drawn_while_a_text_is_refused(qtbot: QtBot, field: NumberField) -> None:
    type_in(qtbot, field, "abc")
    edge = field.grab().toImage().pixelColor(field.width() // 2, 0)
    assert edge.red() > edge.green() + 60
    type_in(qtbot, field, "1")
    edge = field.grab().toImage().pixelColor(field.width() // 2, 0)
    assert edge.red() < edge.green() + 60


def test_leaving_a_refused_field_shows_the_value_in_use_and_why(
    qtbot: QtBot, field: NumberField
) -> None:
    type_in(qtbot, field, "600")
    qtbot.keyClick(field, Qt.Key.Key_Tab)
    assert field.text() == "0.5 nA"
    assert "600" in field.toolTip()
    field.setFocus()
    type_in(qtbot, field, "0.7")
    assert (field.value(), field.toolTip(), field.property("refused")) == (
        0.7,
        "Injected current",
        False,
    )


def test_escape_gives_the_value_back(qtbot: QtBot, field: NumberField) -> None:
    type_in(qtbot, field, "600")
    qtbot.keyClick(field, Qt.Key.Key_Escape)
    assert (field.text(), field.refusal, field.hasFocus()) == ("0.5 nA", "", False)


def test_an_empty_field_keeps_its_value(qtbot: QtBot, field: NumberField) -> None:
    type_in(qtbot, field, " ")
    assert (field.value(), field.text(), field.refusal) == (0.5, "0.5 nA", "")


def test_a_whole_number_is_not_rounded(qtbot: QtBot, field: NumberField) -> None:
    whole = NumberField(low=0, high=10, whole=True)
    qtbot.addWidget(whole)
    whole.show()
    type_in(qtbot, whole, "3.5")
    assert (whole.value(), "whole" in whole.refusal) == (0.0, True)
    type_in(qtbot, whole, "4")
    assert whole.value() == 4.0


def test_no_digit_that_is_typed_is_lost(qtbot: QtBot, field: NumberField) -> None:
    type_in(qtbot, field, "0.000123456")
    assert field.value() == 0.000123456
    assert field.text() == "0.000123456 nA"


def test_infinity_is_typed_as_it_is_shown(qtbot: QtBot) -> None:
    stop = NumberField(unit="ms", low=0.0, high=1e9, infinite=0.0)
    qtbot.addWidget(stop)
    stop.show()
    assert stop.text() == "∞"
    type_in(qtbot, stop, "12,5 ms")
    assert stop.value() == 12.5
    type_in(qtbot, stop, "∞")
    assert (stop.value(), stop.text()) == (0.0, "∞")


def test_steps_have_no_binary_tails(qtbot: QtBot, field: NumberField) -> None:
    field.setSingleStep(0.1)
    field.setValue(0.1)
    for _ in range(2):
        qtbot.keyClick(field, Qt.Key.Key_Up)
    assert field.value() == 0.3
    for _ in range(60):
        qtbot.keyClick(field, Qt.Key.Key_Up)
    assert field.value() == 5.0


def scroll(widget: QWidget) -> None:
    """Turn the wheel by one notch over a widget."""
    middle = QPointF(widget.rect().center())
    event = QWheelEvent(
        middle, widget.mapToGlobal(middle), QPoint(), QPoint(0, 120), Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(widget, event)


def test_the_wheel_needs_the_focus(field: NumberField) -> None:
    field.setSingleStep(0.1)
    field.clearFocus()
    scroll(field)
    assert (field.value(), field.hasFocus()) == (0.5, False)
    field.setFocus()
    scroll(field)
    assert field.value() == 0.6


def test_a_field_grows_with_its_number(field: NumberField) -> None:
    narrow = field.sizeHint().width()
    field.setValue(0.0001234567891)
    text = field.fontMetrics().horizontalAdvance(field.text())
    assert field.sizeHint().width() > narrow
    assert field.sizeHint().width() >= text + 16


@pytest.mark.parametrize(
    ("bounds", "words"),
    [
        ({"low": 0, "high": 5}, "from 0 to 5"),
        ({"low": 1, "unit": "ms"}, "from 1 ms"),
        ({"high": 1}, "up to 1"),
        ({"whole": True}, "whole"),
        ({"unit": "mV"}, "in mV"),
        ({"low": 0, "high": 1e9, "unit": "ms", "infinite": 1e9}, "to ∞"),
    ],
)
def test_the_range_is_written_for_every_kind_of_bound(
    qtbot: QtBot, bounds: dict[str, Any], words: str
) -> None:
    field = NumberField(**bounds)
    qtbot.addWidget(field)
    assert words in field.range_text
