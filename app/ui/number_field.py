"""`NumberField`: a number field that returns the keyboard focus to the window after Return or Escape."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QDoubleSpinBox, QMainWindow, QWidget

_DONE = (Qt.Key.Key_Return, Qt.Key.Key_Enter)


class NumberField(QDoubleSpinBox):
    """A spin box for a window with single-key shortcuts.

    Space accepts the typed number and is passed on to the window, which runs or pauses. Return accepts
    it, Escape discards it, and both return the keyboard focus to the window.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAlignment(Qt.AlignmentFlag.AlignRight)
        self.setKeyboardTracking(False)

    def event(self, event: QEvent) -> bool:
        """Leave Space to the window; the text field inside would take it."""
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
        """Return the focus after Return and Escape."""
        if event.key() == Qt.Key.Key_Escape:
            self.setValue(self.value())
            return_focus(self)
            return
        super().keyPressEvent(event)
        if event.key() in _DONE:
            return_focus(self)


def return_focus(widget: QWidget) -> None:
    """Move the keyboard focus from `widget` to the central widget of its main window."""
    window: QWidget | None = widget.window()
    if isinstance(window, QMainWindow) and window.centralWidget() is not None:
        window.centralWidget().setFocus(Qt.FocusReason.OtherFocusReason)
    else:
        widget.clearFocus()
