"""`HitTable`: any number of hits as rows; all rows have one height, so nothing is measured."""

from __future__ import annotations

from PySide6.QtCore import QItemSelectionModel, QModelIndex, QPersistentModelIndex, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableView

from app.archive.results.columns import COLUMNS, NAME
from app.archive.results.delegate import ROW_PX, Paint, RowDelegate
from app.archive.results.hit_view import HitView, StartDrag
from app.archive.results.model import ResultsModel

_Index = QModelIndex | QPersistentModelIndex
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
        rows.setDefaultSectionSize(ROW_PX)
        header = self.horizontalHeader()
        header.setHighlightSections(False)
        header.setSectionsClickable(True)
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

    def currentChanged(self, current: _Index, previous: _Index) -> None:
        """Follow the current row, whose mark is drawn in another cell than the current one."""
        super().currentChanged(current, previous)
        self.viewport().update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the ground, then the cells."""
        painter = QPainter(self.viewport())
        painter.fillRect(event.rect(), self._paint.ground)
        painter.end()
        super().paintEvent(event)
