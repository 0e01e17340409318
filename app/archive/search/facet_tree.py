"""The tree and the line of the facet panel: which keys are theirs."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHeaderView, QLineEdit, QTreeWidget, QTreeWidgetItem

from app.archive.search.search_line import is_escape_override

_RETURN = (Qt.Key.Key_Return, Qt.Key.Key_Enter)


class FacetTree(QTreeWidget):
    """A tree in which Return presses a row: Space is the window's.

    Signals
    -------
    rowPressed(QTreeWidgetItem)
    """

    rowPressed = Signal(QTreeWidgetItem)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Press the row at Return or Enter."""
        if event.key() in _RETURN and self.currentItem() is not None:
            self.rowPressed.emit(self.currentItem())
        else:
            super().keyPressEvent(event)


class FindLine(QLineEdit):
    """A line that the arrow down and Return leave for the tree, and that Esc empties."""

    leaving = Signal()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Leave, empty, or type."""
        if event.key() in (*_RETURN, Qt.Key.Key_Down):
            self.leaving.emit()
        elif event.key() == Qt.Key.Key_Escape and self.text():
            self.clear()
        elif event.key() == Qt.Key.Key_Escape:
            event.ignore()
        else:
            super().keyPressEvent(event)

    def event(self, event: QEvent) -> bool:
        """Keep Esc from the window while there is a text to empty with it."""
        if self.text() and is_escape_override(event):
            event.accept()
            return True
        return bool(super().event(event))


def facet_tree() -> FacetTree:
    """Return a tree of two columns: what it is, and how many cells have it."""
    tree = FacetTree()
    tree.setColumnCount(2)
    tree.setHeaderHidden(True)
    tree.setUniformRowHeights(True)
    tree.setIndentation(16)
    tree.setExpandsOnDoubleClick(False)  # one click does
    tree.setTextElideMode(Qt.TextElideMode.ElideRight)
    tree.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    tree.setObjectName("facets")
    tree.setAccessibleName("Fields and their values")
    tree.setProperty("ringed", "true")
    header = tree.header()
    header.setStretchLastSection(False)
    header.setMinimumSectionSize(24)
    header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
    header.setSectionResizeMode(1, QHeaderView.ResizeMode.ResizeToContents)
    return tree
