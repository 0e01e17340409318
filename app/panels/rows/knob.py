"""`Knob`: a number that is turned."""

from __future__ import annotations

from typing import TYPE_CHECKING

# PySide builds a type when it is first named: those for drawing are named where something is drawn.
from PySide6 import QtGui
from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtWidgets import QDial

from app.ui.inputs import WheelNeedsFocus

if TYPE_CHECKING:
    from PySide6.QtGui import QPaintEvent
    from PySide6.QtWidgets import QWidget

_SIZE_PX = 40
_FIRST_DEGREES, _TURN_DEGREES = 240.0, 300.0  # from the lower left clockwise to the lower right


class Knob(WheelNeedsFocus, QDial):
    """A dial: turned with the mouse, the arrow keys, and the wheel while it has the focus."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setFixedSize(_SIZE_PX, _SIZE_PX)

    def sizeHint(self) -> QSize:
        """Return the fixed size."""
        return QSize(_SIZE_PX, _SIZE_PX)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw the turn, the part of it that the value is, and the hand."""
        painter = QtGui.QPainter(self)
        painter.setRenderHint(QtGui.QPainter.RenderHint.Antialiasing)
        roles, colors = QtGui.QPalette.ColorRole, self.palette()
        accent, text = colors.color(roles.Highlight), colors.color(roles.WindowText)
        quiet = QtGui.QColor(text)
        quiet.setAlphaF(0.25)
        area = QRectF(self.rect()).adjusted(5, 5, -5, -5)
        if self.hasFocus():
            painter.setPen(QtGui.QPen(accent, 1.0))
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 5, 5)
        span = max(self.maximum() - self.minimum(), 1)
        share = (self.sliderPosition() - self.minimum()) / span
        for color, part in ((quiet, 1.0), (accent, share)):
            painter.setPen(QtGui.QPen(color, 4.0, Qt.PenStyle.SolidLine, Qt.PenCapStyle.FlatCap))
            painter.drawArc(area, round(_FIRST_DEGREES * 16), round(-part * _TURN_DEGREES * 16))
        painter.translate(area.center())
        painter.rotate(-(_FIRST_DEGREES - share * _TURN_DEGREES))
        painter.setPen(QtGui.QPen(text, 2.5, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
        radius = area.width() / 2
        painter.drawLine(QPointF(radius * 0.25, 0), QPointF(radius * 0.75, 0))
        painter.end()
