"""Sliders and lists of options that use the wheel only with the focus, so that a panel can be scrolled over them."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QComboBox, QSlider, QWidget


class WheelNeedsFocus:
    """Mixin, named before the widget's class: without the focus, the wheel goes to what is around the widget."""

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Use the wheel with the focus only."""
        if self.hasFocus():  # type: ignore[attr-defined]
            super().wheelEvent(event)  # type: ignore[misc]
        else:
            event.ignore()


class ComboBox(WheelNeedsFocus, QComboBox):
    """A list of options."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)


class Slider(WheelNeedsFocus, QSlider):
    """A horizontal slider."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
