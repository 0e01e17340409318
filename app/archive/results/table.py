"""`HitTable`: any number of hits as rows; all rows have one height, so nothing is measured."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QItemSelectionModel, QModelIndex, QPersistentModelIndex, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableView, QWidget

from app.archive.results.columns import COLUMNS, NAME
from app.archive.results.delegate import ROW_PX, Paint, RowDelegate
from app.archive.results.model import ResultsModel

_Index = QModelIndex | QPersistentModelIndex
_Action = QAbstractItemView.CursorAction


class HitTable(QTableView):
    """The hits of a `ResultsModel` as a table.

    Parameters
    ----------
    start_drag : callable
        Begins the drag of what is chosen: Qt's own way would list every cell of every chosen row.
    """

    def __init__(
        self,
        model: ResultsModel,
        paint: Paint,
        start_drag: Callable[[QAbstractItemView], object],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._hits = model
        self._paint = paint
        self._start_drag = start_drag
        self.setAccessibleName("Results as a table")
        self.setProperty("ringed", "true")
        self.setModel(model)
        self.setItemDelegate(RowDelegate(model, paint, self))
        choose_rows(self)
        # It draws its own ground, so a scroll moves what was drawn and draws only what comes into view.
        self.viewport().setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setCornerButtonEnabled(False)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        rows = self.verticalHeader()
        rows.hide()
        rows.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        rows.setMinimumSectionSize(ROW_PX)
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
            self.setColumnHidden(index, not column.is_shown)

    def reset(self) -> None:
        """Show the hits of another search from the first one on."""
        super().reset()
        self.scrollToTop()

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

    def keyboardSearch(self, _text: str) -> None:
        """Do nothing: a search by first letters would read every row, loaded or not."""

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the ground, then the cells."""
        painter = QPainter(self.viewport())
        painter.fillRect(event.rect(), self._paint.ground)
        painter.end()
        super().paintEvent(event)

    def startDrag(self, _actions: Qt.DropAction) -> None:
        """Drag what is chosen."""
        self._start_drag(self)


def choose_rows(view: QAbstractItemView) -> None:
    """Select complete rows, several at once, which can be dragged out."""
    view.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
    view.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
    view.setDragEnabled(True)
    view.setDragDropMode(QAbstractItemView.DragDropMode.DragOnly)
    view.setTabKeyNavigation(False)
