"""`FilterPanel`: filters of a search on two pages: values of fields, and ranges of numbers."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from app.archive.search.facet_panel import FacetPanel
from app.archive.search.range_rows import RangeRows
from app.ui.buttons import KeyedButton

VALUES, RANGES = 0, 1


class FilterPanel(QWidget):
    """Two pages and the buttons that show them; the pages have their own signals.

    Parameters
    ----------
    facets, ranges
        The pages.
    """

    def __init__(
        self, facets: FacetPanel, ranges: RangeRows, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setAccessibleName("Filter")
        self.facets, self.ranges = facets, ranges
        self.pages = QStackedWidget()
        self.pages.addWidget(facets)
        self.pages.addWidget(ranges)
        self.buttons = (
            _button("Values", "first", "Choose values of fields"),
            _button("Morphometry", "last", "Sizes, counts and shapes between two numbers"),
        )
        self._group = QButtonGroup(self)
        row = QHBoxLayout()
        row.setContentsMargins(8, 8, 8, 0)
        row.setSpacing(0)
        for page, button in enumerate(self.buttons):
            self._group.addButton(button, page)
            row.addWidget(button)
        row.addStretch(1)
        self._group.idClicked.connect(self.pages.setCurrentIndex)
        self.buttons[VALUES].setChecked(True)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(row)
        column.addWidget(self.pages, 1)

    def show_page(self, page: int) -> None:
        """Show `VALUES` or `RANGES`."""
        self.buttons[page].setChecked(True)
        self.pages.setCurrentIndex(page)

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


def _button(text: str, segment: str, tip: str) -> KeyedButton:
    button = KeyedButton()
    button.setText(text)
    button.setToolTip(tip)
    button.setAccessibleName(text)
    button.setProperty("segment", segment)
    button.setProperty("compact", True)
    button.setCheckable(True)
    return button
