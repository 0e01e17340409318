"""The tree and the line of the facet panel: which keys are theirs."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHeaderView, QLineEdit, QTreeWidget, QTreeWidgetItem, QWidget

from app.ui.keys import RETURN_KEYS, EscapeHandler


class FacetTree(QTreeWidget):
    """A tree in which Return presses a row: Space is the window's.

    Its two columns are what it is, and how many cells have it.

    Signals
    -------
    rowPressed(QTreeWidgetItem)
    """

    rowPressed = Signal(QTreeWidgetItem)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setColumnCount(2)
        self.setHeaderHidden(True)
        self.setUniformRowHeights(True)
        self.setIndentation(16)
        self.setExpandsOnDoubleClick(False)  # one click does
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setObjectName("facets")
        self.setAccessibleName("Fields and their values")
        self.setProperty("ringed", "true")
        header = self.header()
        header.setStretchLastSection(False)
        header.setMinimumSectionSize(24)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        header.setSectionResizeMode(1, QHeaderView.ResizeMode.ResizeToContents)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Press the row at Return or Enter."""
        if event.key() in RETURN_KEYS and self.currentItem() is not None:
            self.rowPressed.emit(self.currentItem())
        else:
            super().keyPressEvent(event)


class FindLine(EscapeHandler, QLineEdit):
    """A line that the arrow down and Return leave for the tree, and that Esc empties."""

    leaving = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setPlaceholderText("Find a value")
        self.setToolTip(
            "<qt>Show only values with a word that begins like this, in the fields that were opened</qt>"
        )
        self.setAccessibleName("Find a value")
        self.setClearButtonEnabled(True)

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
