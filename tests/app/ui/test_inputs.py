"""Lists of options."""

from __future__ import annotations

from PySide6.QtCore import QEvent
from PySide6.QtGui import QHelpEvent
from PySide6.QtWidgets import QApplication, QToolTip
from pytestqt.qtbot import QtBot

from app.palette import DARK
from app.ui.inputs import ComboBox
from app.ui.style import stylesheet

LONG = "Membrane potential (mV)"


def test_a_choice_without_room_keeps_its_unit_and_is_complete_in_the_tip(qtbot: QtBot) -> None:
    box = ComboBox()
    qtbot.addWidget(box)
    box.setStyleSheet(stylesheet(DARK))
    box.addItems([LONG, "m (hh)"])
    box.resize(150, 30)
    box.show()
    assert "…" in box.shown_text()
    assert box.shown_text().endswith("(mV)")
    middle = box.rect().center()
    QApplication.sendEvent(box, QHelpEvent(QEvent.Type.ToolTip, middle, box.mapToGlobal(middle)))
    assert QToolTip.text() == LONG
    QToolTip.hideText()
    box.resize(400, 30)
    assert box.shown_text() == LONG
    box.setPlaceholderText("Choose…")
    box.setCurrentIndex(-1)
    assert box.shown_text() == "Choose…"
