"""Sliders and lists of options that use the wheel only with the focus, so that a panel can be scrolled over them."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QHelpEvent, QPaintEvent, QPalette, QWheelEvent
from PySide6.QtWidgets import (
    QComboBox,
    QSlider,
    QStyle,
    QStyleOptionComboBox,
    QStylePainter,
    QToolTip,
    QWidget,
)

from app.ui.plain import plain_tip


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
        option = QStyleOptionComboBox()
        self.initStyleOption(option)
        if self.currentIndex() < 0 and self.placeholderText():
            quiet = option.palette.color(QPalette.ColorRole.PlaceholderText)
            option.palette.setColor(QPalette.ColorRole.ButtonText, quiet)
            option.currentText = self.placeholderText()
        field = QStyle.SubControl.SC_ComboBoxEditField
        kind = QStyle.ComplexControl.CC_ComboBox
        room = self.style().subControlRect(kind, option, field, self).width() - 2
        option.currentText = self.fontMetrics().elidedText(
            option.currentText, Qt.TextElideMode.ElideMiddle, room
        )
        return option

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw the choice with an ellipsis where there is no room for all of it."""
        painter = QStylePainter(self)
        option = self._option()
        painter.drawComplexControl(QStyle.ComplexControl.CC_ComboBox, option)
        painter.drawControl(QStyle.ControlElement.CE_ComboBoxLabel, option)

    def event(self, event: QEvent) -> bool:
        """Show the complete choice in the tip where it is not drawn completely."""
        cut = self.currentIndex() >= 0 and self.shown_text() != self.currentText()
        if isinstance(event, QHelpEvent) and event.type() is QEvent.Type.ToolTip and cut:
            QToolTip.showText(event.globalPos(), plain_tip(self.currentText()), self)
            return True
        return bool(super().event(event))


class Slider(WheelNeedsFocus, QSlider):
    """A horizontal slider."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
