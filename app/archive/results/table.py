"""`HitTable`: any number of hits as rows; all rows have one height, so nothing is measured."""

from __future__ import annotations

from PySide6.QtCore import (
    QItemSelectionModel,
    QModelIndex,
    QObject,
    QRect,
    QRectF,
    QSize,
    Qt,
)
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
)

from app.archive.records.plain_text import NOTHING
from app.archive.results.columns import COLUMNS, NAME, READY
from app.archive.results.hit_view import LEFT, RIGHT, HitView, Paint, StartDrag
from app.archive.results.model import Index, ResultsModel
from neuromorpho.records.models import NeuroMorphoNeuron

_ROW_PX = 44
_THUMB = QSize(50, 38)
_PAD = 6
_SELECTED = QStyle.StateFlag.State_Selected
_Action = QAbstractItemView.CursorAction


class HitTable(HitView, QTableView):
    """The hits of a `ResultsModel` as a table."""

    def __init__(self, model: ResultsModel, paint: Paint, start_drag: StartDrag) -> None:
        super().__init__(model, paint, start_drag, "Results as a table")
        self.setItemDelegate(RowDelegate(model, paint, self))
        self.setShowGrid(False)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        rows = self.verticalHeader()
        rows.hide()
        rows.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        rows.setDefaultSectionSize(_ROW_PX)
        header = self.horizontalHeader()
        header.setHighlightSections(False)
        header.setSectionsClickable(True)
        header.setSortIndicatorShown(True)
        header.setSectionsMovable(True)
        header.setMinimumSectionSize(40)
        header.setTextElideMode(Qt.TextElideMode.ElideRight)
        header.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        header.setAccessibleName("Columns of the results")
        # At each repaint a header checks row by row whether a column is selected: 10 s for 300,000.
        header.setSelectionModel(QItemSelectionModel(model, header))
        for index, column in enumerate(COLUMNS):
            self.setColumnWidth(index, column.width)
        self.show_usual_columns()

    def show_usual_columns(self) -> None:
        """Show the columns that are shown before anyone chose."""
        for index, column in enumerate(COLUMNS):
            self.setColumnHidden(index, not column.is_shown)

    def rows_in_view(self) -> tuple[int, int]:
        """Return the first and the last row in view; ``(0, -1)`` where there is none."""
        if not self._hits.total():
            return 0, -1
        last = self.rowAt(self.viewport().height() - 1)
        return max(0, self.rowAt(0)), self._hits.total() - 1 if last < 0 else last

    def moveCursor(self, action: _Action, keys: Qt.KeyboardModifier) -> QModelIndex:
        """Return where a key goes: Home and End to the first and last row, not along a row."""
        if action in (_Action.MoveHome, _Action.MoveEnd) and self._hits.total():
            row = 0 if action == _Action.MoveHome else self._hits.total() - 1
            return self._hits.index(row, max(self.currentIndex().column(), NAME))
        return super().moveCursor(action, keys)

    def currentChanged(self, current: Index, previous: Index) -> None:
        """Follow the current row, whose mark is drawn in another cell than the current one."""
        super().currentChanged(current, previous)
        self.viewport().update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self.viewport())
        painter.fillRect(event.rect(), self._paint.ground)
        painter.end()
        super().paintEvent(event)


class RowDelegate(QStyledItemDelegate):
    """Draws a table's cells."""

    def __init__(self, model: ResultsModel, paint: Paint, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._model = model
        self._paint = paint

    def sizeHint(self, _option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(COLUMNS[index.column()].width, _ROW_PX)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
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
        self, painter: QPainter, place: QRect, neuron: NeuroMorphoNeuron | None, index: Index
    ) -> None:
        row, column = index.row(), index.column()
        side = RIGHT if COLUMNS[column].is_measured else LEFT
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
        elif word := self._model.failure_word(row):
            self._paint.line(painter, words, word, self._paint.quiet, LEFT)
        else:
            self._paint.bar(painter, upper, 0.55 + 0.09 * (row % 5))
            self._paint.bar(painter, lower, 0.4)
