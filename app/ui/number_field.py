"""`NumberField`: a field for a number that gives the keyboard back when the number is said."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QDoubleSpinBox, QMainWindow, QWidget

_DONE = (Qt.Key.Key_Return, Qt.Key.Key_Enter)


class NumberField(QDoubleSpinBox):
    """A spin box beside single-key shortcuts.

    Space is no part of a number: it takes what is typed and goes on to the window, which runs or
    pauses. Return takes what is typed, Escape drops it, and both give the keyboard to the window.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAlignment(Qt.AlignmentFlag.AlignRight)
        self.setKeyboardTracking(False)

    def event(self, event: QEvent) -> bool:
        """Let the window have Space, which the line of text inside would claim as its own."""
        if (
            event.type() == QEvent.Type.ShortcutOverride
            and isinstance(event, QKeyEvent)
            and event.key() == Qt.Key.Key_Space
        ):
            self.interpretText()
            event.ignore()
            return True
        return bool(super().event(event))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Give the keyboard back after Return and Escape."""
        if event.key() == Qt.Key.Key_Escape:
            self.setValue(self.value())
            return_focus(self)
            return
        super().keyPressEvent(event)
        if event.key() in _DONE:
            return_focus(self)


def return_focus(widget: QWidget) -> None:
    """Take the keyboard focus from `widget` to the middle of its main window."""
    window: QWidget | None = widget.window()
    if isinstance(window, QMainWindow) and window.centralWidget() is not None:
        window.centralWidget().setFocus(Qt.FocusReason.OtherFocusReason)
    else:
        widget.clearFocus()
