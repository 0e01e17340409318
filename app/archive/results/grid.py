"""`TileGrid`: any number of hits as tiles; positions are computed, so nothing is laid out.

Qt's own icon view lays out every row whenever its width changes. Here all tiles have one size and
``row = line * n_across + place``, so that showing, finding and scrolling cost the tiles in view only.
"""

from __future__ import annotations

from PySide6.QtCore import (
    QItemSelection,
    QItemSelectionModel,
    QModelIndex,
    QPoint,
    QPointF,
    QRect,
    QSize,
    Qt,
)
from PySide6.QtGui import QPainter, QPaintEvent, QPen, QRegion, QResizeEvent
from PySide6.QtWidgets import QAbstractItemView

from app.archive.results.columns import COLUMNS, NAME
from app.archive.results.hit_view import HitView, Paint, StartDrag
from app.archive.results.model import HERE, Index, ResultsModel

_TILE = QSize(132, 142)
_GAP = 8
_PITCH_X, _PITCH_Y = _TILE.width() + _GAP, _TILE.height() + _GAP
_Action = QAbstractItemView.CursorAction
_CENTRED = (Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignVCenter).value


class TileGrid(HitView, QAbstractItemView):
    """The hits of a `ResultsModel` as tiles with a picture, a name and the readiness mark."""

    def __init__(self, model: ResultsModel, paint: Paint, start_drag: StartDrag) -> None:
        super().__init__(model, paint, start_drag, "Results as tiles")
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOn)
        model.totalChanged.connect(self._on_total_changed)

    def scrollContentsBy(self, dx: int, dy: int) -> None:
        self.viewport().scroll(dx, dy)

    def n_across(self) -> int:
        """Return how many tiles are side by side."""
        return max(1, (self.viewport().width() - _GAP) // _PITCH_X)

    def rows_in_view(self) -> tuple[int, int]:
        """Return the first and the last row in view; ``(0, -1)`` where there is none."""
        top, across = self.verticalOffset(), self.n_across()
        last_line = (top + self.viewport().height()) // _PITCH_Y
        return top // _PITCH_Y * across, min((last_line + 1) * across, self._hits.total()) - 1

    def tile(self, row: int) -> QRect:
        """Return where a row's tile is, in px of the viewport."""
        line, place = divmod(row, self.n_across())
        spare = self.viewport().width() - self.n_across() * _PITCH_X - _GAP
        left = _GAP + spare // 2 + place * _PITCH_X
        top = _GAP + line * _PITCH_Y - self.verticalOffset()
        return QRect(QPoint(left, top), _TILE)

    def visualRect(self, index: Index) -> QRect:
        return self.tile(index.row()) if index.isValid() else QRect()

    def indexAt(self, point: QPoint) -> QModelIndex:
        """Return the row under a point of the viewport."""
        line = max(0, point.y() + self.verticalOffset() - _GAP) // _PITCH_Y
        for row in range(line * self.n_across(), (line + 1) * self.n_across()):
            if row < self._hits.total() and self.tile(row).contains(point):
                return self._hits.index(row, NAME)
        return QModelIndex()

    def horizontalOffset(self) -> int:
        """Return 0: a grid is never wider than its view."""
        return 0

    def verticalOffset(self) -> int:
        """Return how far it is scrolled, in px."""
        return self.verticalScrollBar().value()

    def isIndexHidden(self, _index: Index) -> bool:
        """Return False: no row is hidden."""
        return False

    def scrollTo(
        self,
        index: Index,
        hint: QAbstractItemView.ScrollHint = QAbstractItemView.ScrollHint.EnsureVisible,
    ) -> None:
        """Scroll to a row."""
        tile, bar = self.visualRect(index), self.verticalScrollBar()
        if hint == QAbstractItemView.ScrollHint.PositionAtTop or tile.top() < _GAP:
            bar.setValue(bar.value() + tile.top() - _GAP)
        elif tile.bottom() > self.viewport().height() - _GAP:
            bar.setValue(bar.value() + tile.bottom() + _GAP - self.viewport().height())

    def moveCursor(self, action: _Action, _keys: Qt.KeyboardModifier) -> QModelIndex:
        """Return the row that an arrow key goes to."""
        total, current = self._hits.total(), self.currentIndex()
        if not total:
            return QModelIndex()
        if not current.isValid():
            return self._hits.index(max(0, self.rows_in_view()[0]), NAME)
        across = self.n_across()
        lines = max(1, self.viewport().height() // _PITCH_Y)
        step = {
            _Action.MoveLeft: -1,
            _Action.MovePrevious: -1,
            _Action.MoveRight: 1,
            _Action.MoveNext: 1,
            _Action.MoveUp: -across,
            _Action.MoveDown: across,
            _Action.MovePageUp: -across * lines,
            _Action.MovePageDown: across * lines,
            _Action.MoveHome: -current.row(),
            _Action.MoveEnd: total - 1 - current.row(),
        }.get(action, 0)
        row = current.row() + step
        is_off_by_a_line = abs(step) == across and not 0 <= row < total
        row = current.row() if is_off_by_a_line else min(max(row, 0), total - 1)
        return self._hits.index(row, NAME)

    def setSelection(self, rect: QRect, command: QItemSelectionModel.SelectionFlag) -> None:
        """Choose the rows from the tile at one corner of a rectangle to the tile at the other."""
        ends = [self.indexAt(corner).row() for corner in (rect.topLeft(), rect.bottomRight())]
        chosen = QItemSelection()
        if min(ends) >= 0:
            first, last = min(ends), max(ends)
            right = self._hits.index(last, len(COLUMNS) - 1)
            chosen.select(self._hits.index(first, NAME), right)
        self.selectionModel().select(chosen, command)

    def visualRegionForSelection(self, _selection: QItemSelection) -> QRegion:
        """Return what to repaint when other tiles are chosen: all in view."""
        return QRegion(self.viewport().rect())

    def updateGeometries(self) -> None:
        """Fit the scroll bar to the number of rows."""
        lines = -(-self._hits.total() // self.n_across())
        bar, height = self.verticalScrollBar(), self.viewport().height()
        bar.setRange(0, max(0, lines * _PITCH_Y + _GAP - height))
        bar.setPageStep(height)
        bar.setSingleStep(_PITCH_Y // 3)
        super().updateGeometries()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep the first row in view, whatever the number of tiles side by side."""
        old_across = max(1, (event.oldSize().width() - _GAP) // _PITCH_X)
        row = self.verticalOffset() // _PITCH_Y * old_across
        super().resizeEvent(event)
        self.updateGeometries()
        if old_across != self.n_across() and event.oldSize().isValid():
            self.verticalScrollBar().setValue(row // self.n_across() * _PITCH_Y)

    def _on_total_changed(self) -> None:
        self.updateGeometries()
        self.viewport().update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self.viewport())
        painter.fillRect(event.rect(), self._paint.ground)
        first, last = self.rows_in_view()
        # From the previous line of tiles on: a tile's border extends half a pixel beyond it.
        for row in range(max(0, first - self.n_across()), last + 1):
            tile = self.tile(row)
            if tile.adjusted(-1, -1, 1, 1).intersects(event.rect()):
                self._draw(painter, tile, row)
        painter.end()

    def _draw(self, painter: QPainter, tile: QRect, row: int) -> None:
        paint, index = self._paint, self._hits.index(row, NAME)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        is_current = index == self.currentIndex() and self.hasFocus()
        is_chosen = self.selectionModel().isSelected(index)
        painter.setPen(QPen(paint.accent if is_current else paint.border, 2 if is_current else 1))
        painter.setBrush(paint.chosen if is_chosen else paint.ground)
        painter.drawRoundedRect(tile, 6, 6)
        neuron = self._hits.neuron_at(row)
        picture = QRect(tile.left() + 6, tile.top() + 6, tile.width() - 12, 96)
        paint.picture(painter, picture, neuron)
        words = QRect(tile.left() + 8, picture.bottom() + 4, tile.width() - 16, 16)
        below = words.translated(0, 16)
        if neuron is None:
            if word := self._hits.failure_word(row):
                paint.line(painter, words, word, paint.quiet, _CENTRED)
            else:
                paint.bar(painter, words, 0.75, _CENTRED)
            return
        paint.line(painter, words, self._hits.text(row, NAME), paint.text, _CENTRED)
        about = neuron.species or neuron.label
        if self._hits.is_on_disk(neuron):
            about += f" · {HERE}"
        paint.line(painter, below.adjusted(18, 0, 0, 0), about, paint.quiet, _CENTRED)
        middle = QPointF(below.left() + 7, below.center().y() + 0.5)
        paint.mark(painter, middle, self._hits.readiness_of(neuron).level)
