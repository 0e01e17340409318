"""The tree and the line of the facet panel: which keys are theirs."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHeaderView, QLineEdit, QTreeWidget, QTreeWidgetItem

from app.ui.keys import RETURN_KEYS, EscapeHandler


class FacetTree(QTreeWidget):
    """A tree in which Return presses a row: Space is the window's.

    Signals
    -------
    rowPressed(QTreeWidgetItem)
    """

    rowPressed = Signal(QTreeWidgetItem)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Press the row at Return or Enter."""
        if event.key() in RETURN_KEYS and self.currentItem() is not None:
            self.rowPressed.emit(self.currentItem())
        else:
            super().keyPressEvent(event)


class FindLine(EscapeHandler, QLineEdit):
    """A line that the arrow down and Return leave for the tree, and that Esc empties."""

    leaving = Signal()

    def handles_escape(self) -> bool:
        """Whether there is a text to clear."""
        return bool(self.text())

    def use_escape(self) -> None:
        """Clear the text."""
        self.clear()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Leave, or type."""
        if event.key() in (*RETURN_KEYS, Qt.Key.Key_Down):
            self.leaving.emit()
        else:
            super().keyPressEvent(event)


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
