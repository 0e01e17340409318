"""`ColorBar`: the colours of a view with their values, beside it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QLinearGradient, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.palette import DARK, Theme
from app.traces.ranges import Range
from app.ui.number_text import bar_ticks, number_text

_BAR_PX, _TICK_PX, _EDGE_PX, _GAP_PX = 12, 4, 10, 6
_STOPS = 64
_PX_PER_TICK = 34
_LEAST_HEIGHT_PX = 60


class ColorBar(QWidget):
    """A bar with its numbers on the right, and its title upwards beside them.

    Attributes
    ----------
    limits : (float, float)
    title : str
        What the colours mean, with the unit.
    table : ndarray, shape (n, 3), uint8
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.limits: Range = (0.0, 1.0)
        self.title = ""
        self.table: NDArray[np.uint8] = np.zeros((2, 3), np.uint8)
        self._theme = DARK
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Expanding)

    def set_colors(self, table: NDArray[np.uint8], limits: Range, title: str) -> None:
        """Show a table of colours, shape (n, 3), from the lower to the upper limit."""
        if table is self.table and (limits, title) == (self.limits, self.title):
            return
        self.table, self.limits, self.title = table, limits, title
        self.updateGeometry()
        self.update()

    def set_theme(self, theme: Theme) -> None:
        """Use the colours of a theme."""
        self._theme = theme
        self.update()

    def _ticks(self) -> list[tuple[float, str]]:
        low, high = self.limits
        most = max(2, min(6, int((self.height() - 2 * _EDGE_PX) / _PX_PER_TICK)))
        return [(each, number_text(each, high - low)) for each in bar_ticks(low, high, most)]

    def sizeHint(self) -> QSize:
        """Return a width for the numbers and the title."""
        metrics = self.fontMetrics()
        numbers = max(metrics.horizontalAdvance(text) for _, text in self._ticks())
        title = metrics.height() + 2 if self.title else 0
        return QSize(_BAR_PX + _TICK_PX + 2 * _GAP_PX + numbers + title, 160)

    def minimumSizeHint(self) -> QSize:
        """Return the width that is needed."""
        return QSize(self.sizeHint().width(), 0)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw bar, ticks, numbers and title."""
        painter, theme, metrics = QPainter(self), self._theme, self.fontMetrics()
        painter.fillRect(self.rect(), QColor(*theme.surface))
        bar = QRectF(0.5, _EDGE_PX + 0.5, _BAR_PX, max(self.height() - 2 * _EDGE_PX - 1, 1))
        if self.height() < _LEAST_HEIGHT_PX:
            return
        gradient = QLinearGradient(bar.bottomLeft(), bar.topLeft())
        for i in np.linspace(0, len(self.table) - 1, _STOPS).astype(int):
            color = QColor(*self.table[i].tolist())
            gradient.setColorAt(float(i / (len(self.table) - 1)), color)
        painter.fillRect(bar, gradient)
        painter.setPen(QPen(QColor(*theme.border), 1))
        painter.drawRect(bar)
        low, high = self.limits
        widest = 0
        for value, text in self._ticks():
            y = bar.bottom() - (value - low) / (high - low) * bar.height()
            painter.setPen(QColor(*theme.text_quiet))
            painter.drawLine(QPointF(bar.right(), y), QPointF(bar.right() + _TICK_PX, y))
            left = bar.right() + _TICK_PX + _GAP_PX
            place = QRectF(left, y - metrics.height() / 2, self.width(), metrics.height())
            painter.drawText(place, Qt.AlignmentFlag.AlignVCenter, text)
            widest = max(widest, metrics.horizontalAdvance(text))
        self._draw_title(painter, bar.right() + _TICK_PX + 2 * _GAP_PX + widest)

    def _draw_title(self, painter: QPainter, left: float) -> None:
        metrics = painter.fontMetrics()
        room = self.height() - 2 * _EDGE_PX
        text = metrics.elidedText(self.title, Qt.TextElideMode.ElideRight, room)
        painter.setPen(QColor(*self._theme.text_quiet))
        painter.translate(left - 2 + metrics.ascent(), self.height() / 2)
        painter.rotate(-90)
        painter.drawText(
            QRectF(-room / 2, -metrics.ascent(), room, metrics.height()),
            Qt.AlignmentFlag.AlignHCenter,
            text,
        )
