"""`SeverityMark`: the icon of a finding, with a shape of its own for each severity."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from app.palette import DARK, Theme
from app.ui.plain import plain_tip

SEVERITY_WORDS = {"info": "Note", "warning": "Warning", "repair": "Repaired", "error": "Error"}


class SeverityMark(QWidget):
    """An icon whose shape and colour show the severity: check, i, !, +, ×."""

    def __init__(self, severity: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("plain")
        self.setFixedSize(QSize(16, 18))
        self._theme = DARK
        self.set_severity(severity)

    def set_severity(self, severity: str) -> None:
        """Show "good" or one of a finding's severities."""
        self.severity = severity
        self.setAccessibleName(SEVERITY_WORDS.get(severity, "No findings"))
        self.setToolTip(plain_tip(SEVERITY_WORDS.get(severity, "")))
        self.update()

    def set_theme(self, theme: Theme) -> None:
        """Use the colours of a theme."""
        self._theme = theme
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw the icon."""
        theme = self._theme
        colors = {
            "good": theme.good,
            "info": theme.accent,
            "warning": theme.warn,
            "repair": theme.warn,
            "error": theme.bad,
        }
        painter = QPainter(self)
        draw_sign(painter, QPointF(8, 9), self.severity, QColor(*colors[self.severity]))
        painter.end()


def draw_sign(painter: QPainter, middle: QPointF, severity: str, color: QColor) -> None:
    """Draw the sign of a severity, 13 px wide."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(color, 1.5))
    painter.drawEllipse(middle, 6.5, 6.5)
    painter.setPen(QPen(color, 1.7, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
    for start, stop in _STROKES[severity]:
        painter.drawLine(middle + QPointF(*start), middle + QPointF(*stop))


_Stroke = tuple[tuple[float, float], tuple[float, float]]

_STROKES: dict[str, tuple[_Stroke, ...]] = {
    "good": (((-2.8, 0.2), (-0.8, 2.3)), ((-0.8, 2.3), (3.0, -2.2))),
    "info": (((0, -0.5), (0, 3.2)), ((0, -3.2), (0, -3.1))),
    "warning": (((0, -3.3), (0, 0.6)), ((0, 3.1), (0, 3.2))),
    "repair": (((-3, 0), (3, 0)), ((0, -3), (0, 3))),
    "error": (((-2.3, -2.3), (2.3, 2.3)), ((-2.3, 2.3), (2.3, -2.3))),
}
