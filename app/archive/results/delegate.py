"""How a hit is drawn: its picture or a placeholder, its readiness mark, a table's cell.

Records are painted directly: a table of thirty rows and twelve columns is repainted at each step of a scroll,
and Qt's own item painting through a style sheet takes ten times as long.
"""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import (
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QPointF,
    QRect,
    QRectF,
    QSize,
    Qt,
)
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPen, QPixmap
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from app.archive.records.plain_text import NOTHING
from app.archive.results.columns import COLUMNS, NAME, READY
from app.archive.results.model import ResultsModel
from app.palette import DARK, Theme
from app.ui.severity import draw_sign
from app.ui.style import blend
from neuromorpho.records.models import NeuroMorphoNeuron

ROW_PX = 44
_THUMB = QSize(50, 38)
_PAD = 6
_Index = QModelIndex | QPersistentModelIndex
# As numbers, made once: hundreds of cells are drawn in a frame.
LEFT = (Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter).value
_RIGHT = (Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter).value
_ONE_LINE = Qt.TextFlag.TextSingleLine.value
_SELECTED = QStyle.StateFlag.State_Selected
_SMOOTH = QPainter.RenderHint.Antialiasing
_MOST_TEXTS = 20_000
PixmapOf = Callable[[NeuroMorphoNeuron], QPixmap | None]
HasNone = Callable[[NeuroMorphoNeuron], bool]
_SIGNS = {"ready": "good", "caution": "warning", "not": "error"}


class Paint:
    """The colours of a theme, and the drawing that table and grid share."""

    def __init__(self, theme: Theme = DARK) -> None:
        self.set_theme(theme)
        self.pixmap_of: PixmapOf = lambda _: None
        self.has_none: HasNone = lambda neuron: not neuron.png_url

    def set_theme(self, theme: Theme) -> None:
        """Take the colours of a theme, whose letters may be others too."""
        self._elided: dict[tuple[str, int], str] = {}
        self.text, self.quiet = QColor(*theme.text), QColor(*theme.text_quiet)
        self.ground, self.border = QColor(*theme.surface), QColor(*theme.border)
        self.chosen = QColor(*blend(theme.panel, theme.accent, 0.22))
        self.accent = QColor(*theme.accent)
        self.waiting = QColor(*blend(theme.surface, theme.text, 0.08))
        self.levels = {"ready": theme.good, "caution": theme.warn, "not": theme.bad}

    def mark(self, painter: QPainter, middle: QPointF, level: str) -> None:
        """Draw a readiness mark: its shape has the same meaning as its colour."""
        draw_sign(painter, middle, _SIGNS[level], QColor(*self.levels[level]))

    def picture(self, painter: QPainter, place: QRect, neuron: NeuroMorphoNeuron | None) -> None:
        """Draw a cell's picture, or a placeholder: a quiet tile, or "no picture"."""
        painter.setRenderHint(_SMOOTH)
        found = None if neuron is None else self.pixmap_of(neuron)
        if found is None:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(self.waiting)
            painter.drawRoundedRect(place, 4, 4)
            if neuron is not None and self.has_none(neuron):
                self._no_picture(painter, QRectF(place))
            return
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        size = found.size().scaled(place.size(), Qt.AspectRatioMode.KeepAspectRatio)
        target = QRect(place.topLeft(), size)
        target.moveCenter(place.center())
        corner = QPainterPath()
        corner.addRoundedRect(QRectF(target), 4, 4)
        painter.save()
        painter.setClipPath(corner, Qt.ClipOperation.IntersectClip)
        painter.drawPixmap(target, found)
        painter.restore()

    def bar(self, painter: QPainter, line: QRect, share: float, flags: int = LEFT) -> None:
        """Draw a placeholder for a line of text that is not loaded yet, over a share of its width."""
        place = QRect(0, 0, int(line.width() * share), 8)
        place.moveCenter(line.center())
        if flags == LEFT:
            place.moveLeft(line.left())
        elif flags == _RIGHT:
            place.moveRight(line.right())
        painter.setRenderHint(_SMOOTH)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self.waiting)
        painter.drawRoundedRect(place, 3, 3)

    def line(self, painter: QPainter, place: QRect, text: str, color: QColor, flags: int) -> None:
        """Draw a text, elided at its right."""
        width = place.width()
        elided = self._elided.get((text, width))
        if elided is None:
            elided = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, width)
            if len(self._elided) >= _MOST_TEXTS:
                self._elided.clear()
            self._elided[text, width] = elided
        painter.setPen(color)
        painter.drawText(place, flags | _ONE_LINE, elided)

    def _no_picture(self, painter: QPainter, place: QRectF) -> None:
        """Draw a small branching cell, struck out."""
        unit = min(place.width() / 5, place.height() / 4, 14.0)
        middle = place.center()
        painter.setPen(QPen(self.quiet, max(1.0, unit / 8)))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for x, y in ((-1, -1), (1, -1), (0, 1.2)):
            painter.drawLine(middle, middle + QPointF(x, y) * unit)
        painter.setBrush(self.quiet)
        painter.drawEllipse(middle, unit / 4, unit / 4)
        painter.drawLine(middle + QPointF(-1.6, 0.2) * unit, middle + QPointF(1.6, 0.2) * unit)


class RowDelegate(QStyledItemDelegate):
    """Draws a table's cells."""

    def __init__(self, model: ResultsModel, paint: Paint, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._model = model
        self._paint = paint

    def sizeHint(self, _option: QStyleOptionViewItem, index: _Index) -> QSize:
        """Return a cell's size."""
        return QSize(COLUMNS[index.column()].width, ROW_PX)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        """Draw one cell."""
        rect, state = option.rect, option.state
        painter.save()
        if state & _SELECTED:
            painter.fillRect(rect, self._paint.chosen)
        neuron = self._model.neuron_at(index.row())
        inside = rect.adjusted(_PAD, 0, -_PAD, 0)
        if index.column() == NAME:
            self._name(painter, inside, neuron, index.row())
        elif neuron is not None and index.column() == READY:
            middle = QRectF(rect).center()
            self._paint.mark(painter, middle, self._model.readiness_of(neuron).level)
        else:
            self._value(painter, inside, neuron, index)
        painter.fillRect(rect.left(), rect.bottom(), rect.width(), 1, self._paint.border)
        view = option.widget
        is_current = view.hasFocus() and view.currentIndex().row() == index.row()
        if is_current and index.column() == NAME:
            painter.fillRect(QRect(rect.left(), rect.top(), 3, rect.height()), self._paint.accent)
        painter.restore()

    def _value(
        self, painter: QPainter, place: QRect, neuron: NeuroMorphoNeuron | None, index: _Index
    ) -> None:
        row, column = index.row(), index.column()
        side = _RIGHT if COLUMNS[column].is_number else LEFT
        if neuron is not None:
            text = self._model.text(row, column)
            color = self._paint.quiet if text == NOTHING else self._paint.text
            self._paint.line(painter, place, text, color, side)
        elif not self._model.failure_at(row):
            self._paint.bar(painter, place, 0.4 + 0.1 * ((row + column) % 4), side)

    def _name(
        self, painter: QPainter, place: QRect, neuron: NeuroMorphoNeuron | None, row: int
    ) -> None:
        top = place.top() + (place.height() - _THUMB.height()) // 2
        self._paint.picture(painter, QRect(place.left(), top, *_THUMB.toTuple()), neuron)
        words = place.adjusted(_THUMB.width() + 8, 4, 0, -5)
        upper, lower = QRect(words), QRect(words)
        upper.setHeight(words.height() // 2)
        lower.setTop(upper.bottom() + 1)
        if neuron is not None:
            self._paint.line(painter, upper, self._model.text(row, NAME), self._paint.text, LEFT)
            self._paint.line(painter, lower, neuron.label, self._paint.quiet, LEFT)
        elif self._model.failure_at(row):
            self._paint.line(painter, words, "Not loaded", self._paint.quiet, LEFT)
        else:
            self._paint.bar(painter, upper, 0.55 + 0.09 * (row % 5))
            self._paint.bar(painter, lower, 0.4)
