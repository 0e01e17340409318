"""`SeriesLegend`: the names of a view's curves, in their colours, in one row."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from app.palette import DARK, Rgb, Theme

_LINE_PX, _GAP_PX, _BETWEEN_PX, _MARGIN_PX = 18, 6, 18, 12
_LONGEST_PX = 160

Entry = tuple[str, Rgb, Qt.PenStyle]


class SeriesLegend(QWidget):
    """As many names as there is room for, then how many more there are; all names are its tool tip.

    Attributes
    ----------
    entries : tuple of (name, colour, style of the line)
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.entries: tuple[Entry, ...] = ()
        self._theme = DARK
        self.setFixedHeight(22)

    def set_entries(self, entries: Sequence[Entry]) -> None:
        """Show curves; hidden for one alone."""
        if tuple(entries) != self.entries:
            self.entries = tuple(entries)
            self.setVisible(len(self.entries) > 1)
            self.update()

    def set_theme(self, theme: Theme) -> None:
        """Use the colours of a theme."""
        self._theme = theme
        self.update()

    def minimumSizeHint(self) -> QSize:
        """Let names be left out."""
        return QSize(0, 22)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw a piece of each line and its name."""
        painter, metrics, theme = QPainter(self), self.fontMetrics(), self._theme
        painter.fillRect(self.rect(), QColor(*theme.surface))
        x, middle, n = float(_MARGIN_PX), self.height() / 2, len(self.entries)
        for i, (name, color, style) in enumerate(self.entries):
            text = metrics.elidedText(name, Qt.TextElideMode.ElideRight, _LONGEST_PX)
            wide = metrics.horizontalAdvance(text)
            rest = f"+ {n - i} more"
            after = 0 if i == n - 1 else metrics.horizontalAdvance(rest) + _BETWEEN_PX
            painter.setPen(QColor(*theme.text))
            if x + _LINE_PX + _GAP_PX + wide + after > self.width() - _MARGIN_PX and i:
                self._write(painter, x, rest)
                return
            painter.setPen(QPen(QColor(*color), 2, style))
            painter.drawLine(QPointF(x, middle), QPointF(x + _LINE_PX, middle))
            painter.setPen(QColor(*theme.text))
            self._write(painter, x + _LINE_PX + _GAP_PX, text)
            x += _LINE_PX + _GAP_PX + wide + _BETWEEN_PX

    def _write(self, painter: QPainter, x: float, text: str) -> None:
        place = QRectF(x, 0, self.width(), self.height())
        painter.drawText(place, Qt.AlignmentFlag.AlignVCenter, text)
