"""`FacetField`: a field in the facet panel, with a row for each of its values and their counts."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

from PySide6.QtCore import QSignalBlocker, Qt
from PySide6.QtGui import QBrush
from PySide6.QtWidgets import QTreeWidget, QTreeWidgetItem

from app.archive.search.query_state import label_of
from app.archive.text import accessible_text, cells_text, show_edge_spaces
from neuromorpho.library.codec import words_of as folded_words

LOADING = "Loading…"
LOAD_FAILED = "Could not be loaded; press to retry"
VALUE = Qt.ItemDataRole.UserRole
CHOSEN, NOT_CHOSEN = Qt.CheckState.Checked, Qt.CheckState.Unchecked
_LISTED, _LISTED_WHEN_SEARCHED = 200, 20
_ACCESSIBLE_TEXT = Qt.ItemDataRole.AccessibleTextRole
# Made once: hundreds of rows are made again at each letter that is typed.
_TEXT_FLAGS = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable
_VALUE_FLAGS = _TEXT_FLAGS | Qt.ItemFlag.ItemIsUserCheckable | Qt.ItemFlag.ItemNeverHasChildren
_NUMBERS = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter


class FacetField(QTreeWidgetItem):
    """A field; the rows below it have a value as `VALUE`, or are sentences.

    Attributes
    ----------
    ranked : list of (value, number of cells) or None
        The most frequent first; None where they are not known.
    sentence : str
        What the counts count; without values, what failed.
    live : mapping of value to number of cells, or None
        Counts of the present search for some of the values; then all others are of more than that.
    is_open : bool
        Whether the user opened it; a field in which values are found is unfolded too.
    """

    def __init__(self, tree: QTreeWidget, name: str) -> None:
        super().__init__(tree)
        self.setChildIndicatorPolicy(QTreeWidgetItem.ChildIndicatorPolicy.ShowIndicator)
        self.setFlags(_TEXT_FLAGS)
        self.setTextAlignment(1, _NUMBERS)
        self.name, self.label = name, label_of(name).capitalize()
        self.ranked: list[tuple[str, int]] | None = None
        self.sentence = ""
        self.chosen: tuple[str, ...] = ()
        self.live: Mapping[str, int] | None = None
        self.is_open = False

    @property
    def values(self) -> list[QTreeWidgetItem]:
        """The rows of values."""
        rows = (self.child(at) for at in range(self.childCount()))
        return [row for row in rows if row.data(0, VALUE) is not None]

    def show_head(self, quiet: QBrush) -> None:
        """Show the field's name, and how many values it has and are chosen."""
        n_chosen = len(self.chosen)
        self.setText(0, f"{self.label} · {n_chosen} chosen" if n_chosen else self.label)
        font = self.font(0)
        font.setBold(n_chosen > 0)
        self.setFont(0, font)
        n_values = "" if self.ranked is None else f"{len(self.ranked):,}"
        self.setText(1, n_values)
        self.setForeground(1, quiet)
        text = f", {n_values} values" if n_values else ""
        self.setData(0, _ACCESSIBLE_TEXT, f"{self.label}{text}, {n_chosen} chosen")

    def show_rows(self, begin: str, quiet: QBrush) -> None:
        """Show the head and the rows; the focus stays on its value.

        Parameters
        ----------
        begin : str
            List only values with words that begin so (`searchable_text`), "" for all.
        """
        ranked = self.ranked or []
        found = [row for row in ranked if begin in searchable_text(row[0])] if begin else ranked
        tree = self.treeWidget()
        current = tree.currentItem()
        value = current.data(0, VALUE) if current and current.parent() is self else None
        scrolled = tree.verticalScrollBar().value()
        with QSignalBlocker(tree):
            self.setHidden(not found and begin not in searchable_text(self.label))
            self.show_head(quiet)
            self.takeChildren()
            unfolded = self.is_open or bool(begin and found)
            if unfolded:
                self._add_rows(found, begin, quiet)
            self.setExpanded(unfolded)
            if value is not None:
                same = (row for row in self.values if row.data(0, VALUE) == value)
                tree.setCurrentItem(next(same, self))
        tree.verticalScrollBar().setValue(scrolled)

    def _add_rows(self, found: list[tuple[str, int]], begin: str, quiet: QBrush) -> None:
        sentence = self.sentence
        if self.ranked is None:
            sentence = LOAD_FAILED if sentence else LOADING
        listed = found[: _LISTED_WHEN_SEARCHED if begin else _LISTED]
        beyond: list[str] = []
        if not begin:
            shown = {value for value, _ in listed}
            beyond = [value for value in self.chosen if value not in shown]
        counts = dict(self.ranked or ()) if beyond else {}
        rows = [self._value_row(value, counts.get(value), quiet) for value in beyond]
        rows += [self._value_row(value, n_cells, quiet) for value, n_cells in listed]
        if sentence:
            self._add_sentence(sentence, quiet)
        self.addChildren(rows)
        if len(found) > len(listed):
            n_more = len(found) - len(listed)
            self._add_sentence(f"{n_more:,} more; type above to find them", quiet)
        elif self.ranked is not None and not self.childCount():
            self._add_sentence("No values", quiet)

    def _value_row(self, value: str, n_cells: int | None, quiet: QBrush) -> QTreeWidgetItem:
        row = QTreeWidgetItem([show_edge_spaces(value), self._count_text(value, n_cells)])
        row.setFlags(_VALUE_FLAGS)
        row.setCheckState(0, CHOSEN if value in self.chosen else NOT_CHOSEN)
        row.setData(0, VALUE, value)
        row.setTextAlignment(1, _NUMBERS)
        row.setForeground(1, quiet)
        text = self._count_words(value, n_cells)
        row.setToolTip(0, f"<qt>{escape(f'{show_edge_spaces(value)}: {text}')}</qt>")
        row.setData(0, _ACCESSIBLE_TEXT, f"{accessible_text(value)}, {text}")
        return row

    def _add_sentence(self, sentence: str, quiet: QBrush) -> None:
        row = QTreeWidgetItem(self, [sentence, ""])
        row.setFlags(_TEXT_FLAGS)
        row.setForeground(0, quiet)
        row.setToolTip(0, f"<qt>{escape(sentence)}</qt>")
        row.setFirstColumnSpanned(True)

    def _count_text(self, value: str, n_cells: int | None) -> str:
        """Return the count next to a value: in brackets if it counts more than the present search."""
        if self.live is not None and value in self.live:
            return f"{self.live[value]:,}"
        count = "—" if n_cells is None else f"{n_cells:,}"
        return count if self.live is None or n_cells is None else f"({count})"

    def _count_words(self, value: str, n_cells: int | None) -> str:
        text = "number of cells unknown" if n_cells is None else cells_text(n_cells)
        if self.live is None:
            return text
        of_all = f"{text} in the entire archive"
        if value not in self.live:
            return of_all
        return f"{cells_text(self.live[value])} in this search, {of_all}"


def searchable_text(text: str) -> str:
    """Return the words of a text, each after a blank, to find beginnings of words in; "" for none."""
    return "".join(f" {word}" for word in folded_words(text))
