"""`FacetPanel`: fields, their values with counts, boxes to choose values with, and a line to find them.

A field's values are requested when it is opened, not before. It may have thousands: the most frequent are
listed, the others are found by typing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import islice

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtGui import QBrush, QColor, QKeyEvent
from PySide6.QtWidgets import (
    QHeaderView,
    QLineEdit,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from app.archive.search.facet_field import CHOSEN, NOT_CHOSEN, VALUE, FacetField, searchable_text
from app.archive.search.query_state import FIELDS
from app.palette import DARK, Theme
from app.ui.keys import RETURN_KEYS, EscapeHandler
from app.ui.layouts import fill
from app.ui.sentence_label import SentenceLabel


class FacetPanel(QWidget):
    """Setters in, signals out.

    Signals
    -------
    valueToggled(str, str, bool)
        A field's value was chosen, or is no longer.
    fieldOpened(str)
        A field was opened to see its values, or these are to be requested again.
    """

    valueToggled = Signal(str, str, bool)
    fieldOpened = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._quiet = QBrush(QColor(*DARK.text_quiet))
        self._was_chosen = False
        self.line, self.tree = FindLine(), FacetTree()
        self.note, self.failure = SentenceLabel("quiet"), SentenceLabel("error")
        self.note.hide()
        self.failure.hide()
        items = (self.line, (self.tree, 1), self.note, self.failure)
        fill(QVBoxLayout(self), *items, margins=(8, 8, 8, 8), spacing=6)
        self._fields = {name: FacetField(self.tree, name) for name in FIELDS}
        self.line.textChanged.connect(self._show_all)
        self.line.leaving.connect(self._go_to_first)
        self.tree.itemExpanded.connect(self._expanded)
        self.tree.itemCollapsed.connect(self._collapsed)
        self.tree.itemChanged.connect(self._changed)
        self.tree.itemPressed.connect(self._store_check)
        self.tree.itemClicked.connect(self._click)
        self.tree.rowPressed.connect(self._press)
        self._show_all()

    def set_theme(self, theme: Theme) -> None:
        """Take the colours of a theme."""
        self._quiet = QBrush(QColor(*theme.text_quiet))
        self._show_all()

    def set_counts(self, field: str, counts: Mapping[str, int] | None, sentence: str = "") -> None:
        """Show how many cells have each value of a field.

        A sentence above the values says what the counts count. None is for values that are not known; then the
        sentence says below all fields what failed.
        """
        found = self._fields[field]
        found.sentence, found.live, found.ranked = sentence, None, None
        if counts is not None:
            found.ranked = sorted(counts.items(), key=lambda each: (-each[1], each[0].casefold()))
        self._show(found)
        self._show_search_note()
        self._show_failures()

    def set_live(self, field: str, live: Mapping[str, int] | None, sentence: str) -> None:
        """Show counts of the present search for some of a field's values; the others are shown in brackets.

        None shows the counts of `set_counts` again. Nothing is shown of a field whose values are not known.
        """
        found = self._fields[field]
        if found.ranked is None or (live, sentence) == (found.live, found.sentence):
            return
        found.live, found.sentence = live, sentence
        self._show(found)

    def set_chosen(self, criteria: Sequence[tuple[str, Sequence[str]]]) -> None:
        """Show which values are chosen."""
        chosen = {name: tuple(values) for name, values in criteria}
        for name, found in self._fields.items():
            if set(found.chosen) != set(chosen.get(name, ())):
                found.chosen = chosen.get(name, ())
                self._show(found)

    def values_without_live(self, most: int) -> dict[str, list[str]]:
        """Return the first values of each open field that are not counted in the present search.

        First are those chosen, then the most frequent; a field whose values are not known is left out.
        """
        return {
            name: list(islice(dict.fromkeys((*found.chosen, *dict(found.ranked))), most))
            for name, found in self._fields.items()
            if found.is_open and found.ranked is not None and found.live is None
        }

    def _show(self, found: FacetField) -> None:
        found.show_rows(searchable_text(self.line.text()), self._quiet)

    def _show_all(self) -> None:
        for found in self._fields.values():
            self._show(found)
        self._show_search_note()

    def _show_search_note(self) -> None:
        n_known = sum(found.ranked is not None for found in self._fields.values())
        is_partial = bool(searchable_text(self.line.text())) and n_known < len(self._fields)
        sentence = (
            f"Searched in {n_known} of {len(self._fields)} fields; clear the line and open a field "
            "to search it too."
        )
        self.note.show_sentence(sentence if is_partial else "")

    def _show_failures(self) -> None:
        """Show below the tree what failed: a row has no room for a sentence."""
        failed = (each for each in self._fields.values() if each.is_open and each.ranked is None)
        self.failure.show_sentence(next((each.sentence for each in failed if each.sentence), ""))

    def _go_to_first(self) -> None:
        """Go from the line to the first value that was found."""
        self.tree.setFocus()
        shown = (each for each in self._fields.values() if not each.isHidden())
        first = next((row for each in shown for row in each.values), None)
        if first is not None and searchable_text(self.line.text()):
            self.tree.setCurrentItem(first)
        elif self.tree.currentItem() is None:
            self.tree.setCurrentItem(self.tree.topLevelItem(0))

    def _expanded(self, found: FacetField) -> None:
        found.is_open = True
        self._show(found)
        self.fieldOpened.emit(found.name)

    def _collapsed(self, found: FacetField) -> None:
        found.is_open = False
        self._show_failures()

    def _changed(self, row: QTreeWidgetItem) -> None:
        """Choose the value of a box that was pressed, or choose it no longer."""
        value, found = row.data(0, VALUE), row.parent()
        is_chosen = row.checkState(0) is CHOSEN
        found.chosen = tuple(each for each in found.chosen if each != value)
        if is_chosen:
            found.chosen += (value,)
        with QSignalBlocker(self.tree):
            found.show_head(self._quiet)
        self.valueToggled.emit(found.name, value, is_chosen)

    def _store_check(self, row: QTreeWidgetItem) -> None:
        self._was_chosen = row.checkState(0) is CHOSEN

    def _click(self, row: QTreeWidgetItem) -> None:
        """A click anywhere on a row presses it; one on its box has done so already."""
        is_chosen = row.checkState(0) is CHOSEN
        if row.data(0, VALUE) is None or is_chosen == self._was_chosen:
            self._press(row)

    def _press(self, row: QTreeWidgetItem) -> None:
        """Return on a row: choose a value, open or close a field, or request again."""
        found = row.parent()
        if found is None:
            row.setExpanded(not row.isExpanded())
        elif row.data(0, VALUE) is not None:
            is_chosen = row.checkState(0) is CHOSEN
            row.setCheckState(0, NOT_CHOSEN if is_chosen else CHOSEN)
        elif found.ranked is None:
            self.set_counts(found.name, None)
            self.fieldOpened.emit(found.name)


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
