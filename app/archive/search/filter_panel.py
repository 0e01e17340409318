"""`FilterPanel`: filters of a search on two pages: values of fields, and ranges of numbers."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from app.archive.search.facet_panel import FacetPanel
from app.archive.search.range_rows import RangeRows
from app.ui.buttons import compact_button, joined
from app.ui.layouts import fill

VALUES, RANGES = 0, 1


class FilterPanel(QWidget):
    """Two pages and the buttons that show them; the pages have their own signals.

    Signals
    -------
    pageShown
        A page came into view.
    """

    pageShown = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Filter")
        self.facets, self.ranges = FacetPanel(), RangeRows()
        self.pages = QStackedWidget()
        self.pages.addWidget(self.facets)
        self.pages.addWidget(self.ranges)
        self.buttons = (
            compact_button("Values", "Choose values of fields"),
            compact_button("Morphometry", "Sizes, counts and shapes between two numbers"),
        )
        for page, button in enumerate(self.buttons):
            button.clicked.connect(partial(self.pages.setCurrentIndex, page))
        self.pages.currentChanged.connect(self.pageShown)
        row = fill(QHBoxLayout(), joined(*self.buttons), 1, margins=(8, 8, 8, 0))
        fill(QVBoxLayout(self), row, (self.pages, 1))

    def showEvent(self, event: QShowEvent) -> None:
        """Report that a page is in view."""
        super().showEvent(event)
        if not event.spontaneous():
            self.pageShown.emit()

    def set_n_ranges(self, n_ranges: int) -> None:
        """Show on its button how many ranges are chosen."""
        suffix = f" · {n_ranges}" if n_ranges else ""
        self.buttons[RANGES].setText(f"Morphometry{suffix}")
        self.buttons[RANGES].setAccessibleDescription(f"{n_ranges} chosen" if n_ranges else "")

    def go_to_first(self) -> None:
        """Give the focus to the first widget of the current page."""
        if self.pages.currentIndex() == VALUES:
            self.facets.line.setFocus(Qt.FocusReason.ShortcutFocusReason)
        else:
            self.ranges.go_to_first()
