"""`KeyedButton`: a tool button that Return and Enter press too."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QToolButton


class KeyedButton(QToolButton):
    """A button that Return presses: Space always runs the simulation, whatever has the focus."""

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Click on Return or Enter."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.click()
        else:
            super().keyPressEvent(event)
