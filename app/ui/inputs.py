"""Sliders and lists of options that use the wheel only with the focus, so that a panel can be scrolled over them."""

from __future__ import annotations

from typing import TYPE_CHECKING

# PySide builds a type when it is first named: those for drawing are named where something is drawn.
from PySide6 import QtGui, QtWidgets
from PySide6.QtCore import QEvent, Qt
from PySide6.QtWidgets import QComboBox, QSlider

from app.ui.plain import plain_tip

if TYPE_CHECKING:
    from PySide6.QtGui import QPaintEvent, QWheelEvent
    from PySide6.QtWidgets import QStyleOptionComboBox, QWidget

# Qt's arrow, frame and margins beside the text of a list of options are narrower than this, px.
_BESIDE_TEXT_PX = 48


class WheelNeedsFocus:
    """Mixin, named before the widget's class: without the focus, the wheel goes to what is around the widget."""

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Use the wheel with the focus only."""
        if self.hasFocus():  # type: ignore[attr-defined]
            super().wheelEvent(event)  # type: ignore[misc]
        else:
            event.ignore()


class ComboBox(WheelNeedsFocus, QComboBox):
    """A list of options; a choice that has no room shows its beginning and its end, where units are."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    def shown_text(self) -> str:
        """Return the choice as it is drawn."""
        return self._option().currentText

    def _option(self) -> QStyleOptionComboBox:
        option = QtWidgets.QStyleOptionComboBox()
        self.initStyleOption(option)
        if self.currentIndex() < 0 and self.placeholderText():
            quiet = option.palette.color(QtGui.QPalette.ColorRole.PlaceholderText)
            option.palette.setColor(QtGui.QPalette.ColorRole.ButtonText, quiet)
            option.currentText = self.placeholderText()
        field = QtWidgets.QStyle.SubControl.SC_ComboBoxEditField
        kind = QtWidgets.QStyle.ComplexControl.CC_ComboBox
        room = self.style().subControlRect(kind, option, field, self).width() - 2
        option.currentText = self.fontMetrics().elidedText(
            option.currentText, Qt.TextElideMode.ElideMiddle, room
        )
        return option

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the choice with an ellipsis where there is no room for all of it."""
        wide = self.fontMetrics().horizontalAdvance(self.currentText()) + _BESIDE_TEXT_PX
        if self.currentIndex() >= 0 and wide <= self.width():
            super().paintEvent(event)
            return
        painter = QtWidgets.QStylePainter(self)
        option = self._option()
        painter.drawComplexControl(QtWidgets.QStyle.ComplexControl.CC_ComboBox, option)
        painter.drawControl(QtWidgets.QStyle.ControlElement.CE_ComboBoxLabel, option)

    def event(self, event: QEvent) -> bool:
        """Show the complete choice in the tip where it is not drawn completely."""
        is_help = event.type() is QEvent.Type.ToolTip and isinstance(event, QtGui.QHelpEvent)
        if is_help and self.currentIndex() >= 0 and self.shown_text() != self.currentText():
            QtWidgets.QToolTip.showText(event.globalPos(), plain_tip(self.currentText()), self)
            return True
        return bool(super().event(event))


class Slider(WheelNeedsFocus, QSlider):
    """A horizontal slider."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
