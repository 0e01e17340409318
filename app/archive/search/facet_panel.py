"""`FacetPanel`: fields, their values with counts, boxes to choose values with, and a line to find them.

A field's values are requested when it is opened, not before. It may have thousands: the most frequent are
listed, the others are found by typing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from html import escape
from itertools import islice

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtGui import QBrush, QColor, QShowEvent
from PySide6.QtWidgets import QTreeWidgetItem, QVBoxLayout, QWidget

from app.archive.search.facet_field import FacetField
from app.archive.search.facet_tree import FindLine, facet_tree
from app.archive.search.query_state import FIELDS, label_of
from app.archive.text import accessible_text, show_edge_spaces
from app.palette import DARK, Theme
from app.ui.layouts import fill
from app.ui.sentence_label import SentenceLabel
from neuromorpho.library.codec import words_of as folded_words

LOADING = "Loading…"
LOAD_FAILED = "Could not be loaded; press to retry"
_LISTED, _LISTED_WHEN_SEARCHED = 200, 20
_VALUE = Qt.ItemDataRole.UserRole
_CHECK = Qt.ItemDataRole.CheckStateRole
_ACCESSIBLE_TEXT = Qt.ItemDataRole.AccessibleTextRole
# Made once: hundreds of rows are made again at each letter that is typed.
_TEXT_FLAGS = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable
_VALUE_FLAGS = _TEXT_FLAGS | Qt.ItemFlag.ItemIsUserCheckable | Qt.ItemFlag.ItemNeverHasChildren
_NUMBERS = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
_ON, _OFF = Qt.CheckState.Checked, Qt.CheckState.Unchecked


class FacetPanel(QWidget):
    """Setters in, signals out.

    Signals
    -------
    valueToggled(str, str, bool)
        A field's value was chosen, or is no longer.
    fieldOpened(str)
        A field was opened to see its values, or these are to be requested again.
    seen
        The fields came into view.
    """

    valueToggled = Signal(str, str, bool)
    fieldOpened = Signal(str)
    seen = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._quiet = QBrush(QColor(*DARK.text_quiet))
        self._was_chosen = False
        self.line = FindLine()
        self.line.setPlaceholderText("Find a value")
        self.line.setToolTip(
            "<qt>Show only values with a word that begins like this, in the fields that were opened</qt>"
        )
        self.line.setAccessibleName("Find a value")
        self.line.setClearButtonEnabled(True)
        self.tree = facet_tree()
        self.note = SentenceLabel("quiet")
        self.note.hide()
        self.failure = SentenceLabel("error")
        self.failure.hide()
        items = (self.line, (self.tree, 1), self.note, self.failure)
        fill(QVBoxLayout(self), *items, margins=(8, 8, 8, 8), spacing=6)
        self._fields = {name: self._field(name) for name in FIELDS}
        self.line.textChanged.connect(self._search)
        self.line.leaving.connect(self._go_to_first)
        self.tree.itemExpanded.connect(self._expanded)
        self.tree.itemCollapsed.connect(self._collapsed)
        self.tree.itemChanged.connect(self._changed)
        self.tree.itemPressed.connect(self._store_check)
        self.tree.itemClicked.connect(self._click)
        self.tree.rowPressed.connect(self._press)

    # ----------------------------------------------------------------------------------- setters

    def set_theme(self, theme: Theme) -> None:
        """Take the colours of a theme."""
        self._quiet = QBrush(QColor(*theme.text_quiet))
        for each in self._fields.values():
            self._show(each)

    def set_counts(self, field: str, counts: Mapping[str, int] | None, sentence: str = "") -> None:
        """Show a field's values; None where they are not known, with a sentence why.

        Parameters
        ----------
        field : str
            One of `FIELDS`.
        counts : mapping of value to number of cells, or None
        sentence : str
            Above the values: what the counts count. If there are no values, below all fields: what
            failed.
        """
        found = self._fields[field]
        found.sentence, found.live = sentence, None
        if counts is None:
            found.ranked = None
        else:
            found.ranked = sorted(counts.items(), key=lambda each: (-each[1], each[0].casefold()))
        self._show(found)
        self._show_search_note()
        self._show_failures()

    def set_live(self, field: str, live: Mapping[str, int] | None, sentence: str) -> None:
        """Show counts of the present search for some of a field's values; the others are shown in brackets.

        Parameters
        ----------
        field : str
            One of `FIELDS`; nothing is shown of one whose values are not known.
        live : mapping of value to number of cells, or None
            None for none: every count is that of `set_counts`.
        sentence : str
            Says so above the values.
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

    # ------------------------------------------------------------------------------------- state

    def fields_without_live(self) -> list[str]:
        """Return the open fields whose values are known and not counted in the present search."""
        known = (each for each in self._fields.values() if each.is_open and each.ranked is not None)
        return [each.name for each in known if each.live is None]

    def first_values(self, field: str, most: int) -> list[str]:
        """Return the first values of a field: those chosen, then the most frequent."""
        found = self._fields[field]
        ranked = (value for value, _ in found.ranked or ())
        return list(islice(dict.fromkeys((*found.chosen, *ranked)), most))

    def showEvent(self, event: QShowEvent) -> None:
        """Report that the fields are in view."""
        super().showEvent(event)
        if not event.spontaneous():
            self.seen.emit()

    # -------------------------------------------------------------------------------- the tree

    def _field(self, name: str) -> FacetField:
        item = QTreeWidgetItem(self.tree, [label_of(name).capitalize(), ""])
        item.setChildIndicatorPolicy(QTreeWidgetItem.ChildIndicatorPolicy.ShowIndicator)
        item.setFlags(_TEXT_FLAGS)
        return FacetField(name, item)

    def _show(self, found: FacetField) -> None:
        """Update a field's rows; the focus stays on its value."""
        words = self._search_words()
        rows = list(self._matching(found, words))
        is_named = bool(words) and words in f" {' '.join(folded_words(label_of(found.name)))}"
        current = self.tree.currentItem()
        current_value = (
            current.data(0, _VALUE) if current and current.parent() is found.item else None
        )
        scrolled = self.tree.verticalScrollBar().value()
        with QSignalBlocker(self.tree):
            found.item.setHidden(bool(words) and not rows and not is_named)
            self._show_head(found)
            unfolded = found.is_open or bool(words and rows)
            found.item.takeChildren()
            if unfolded:
                made = self._rows(found, rows, words)
                found.item.addChildren(made)
                for each in made:
                    if each.data(0, _VALUE) is None:
                        each.setFirstColumnSpanned(True)
            found.item.setExpanded(unfolded)
            if current is not None and current_value is not None:
                self._restore_current(found, current_value)
        self.tree.verticalScrollBar().setValue(scrolled)

    def _show_head(self, found: FacetField) -> None:
        n_chosen = len(found.chosen)
        label = label_of(found.name).capitalize()
        found.item.setText(0, f"{label} · {n_chosen} chosen" if n_chosen else label)
        font = found.item.font(0)
        font.setBold(n_chosen > 0)
        found.item.setFont(0, font)
        n_values = "" if found.ranked is None else f"{len(found.ranked):,}"
        found.item.setText(1, n_values)
        found.item.setForeground(1, self._quiet)
        found.item.setTextAlignment(1, _NUMBERS)
        text = f", {n_values} values" if n_values else ""
        found.item.setData(0, _ACCESSIBLE_TEXT, f"{label}{text}, {n_chosen} chosen")

    def _rows(
        self, found: FacetField, rows: list[tuple[str, int]], words: str
    ) -> list[QTreeWidgetItem]:
        sentence = found.sentence
        if found.ranked is None:
            sentence = LOAD_FAILED if sentence else LOADING
        made = [self._text_row(sentence)] if sentence else []
        listed = rows[: _LISTED_WHEN_SEARCHED if words else _LISTED]
        if not words:
            shown = {value for value, _ in listed}
            counts = dict(found.ranked or ())
            beyond = [value for value in found.chosen if value not in shown]
            made += [self._value(found, value, counts.get(value)) for value in beyond]
        made += [self._value(found, value, n_cells) for value, n_cells in listed]
        if len(rows) > len(listed):
            made.append(
                self._text_row(f"{len(rows) - len(listed):,} more; type above to find them")
            )
        elif found.ranked is not None and not made:
            made.append(self._text_row("No values"))
        return made

    def _value(self, found: FacetField, value: str, n_cells: int | None) -> QTreeWidgetItem:
        item = QTreeWidgetItem([show_edge_spaces(value), found.count_text(value, n_cells)])
        item.setFlags(_VALUE_FLAGS)
        item.setCheckState(0, _ON if value in found.chosen else _OFF)
        item.setData(0, _VALUE, (found.name, value))
        item.setTextAlignment(1, _NUMBERS)
        item.setForeground(1, self._quiet)
        text = found.count_words(value, n_cells)
        item.setToolTip(0, f"<qt>{escape(show_edge_spaces(value))}: {text}</qt>")
        item.setData(0, _ACCESSIBLE_TEXT, f"{accessible_text(value)}, {text}")
        return item

    def _text_row(self, sentence: str) -> QTreeWidgetItem:
        item = QTreeWidgetItem([sentence, ""])
        item.setFlags(_TEXT_FLAGS)
        item.setForeground(0, self._quiet)
        item.setToolTip(0, f"<qt>{escape(sentence)}</qt>")
        return item

    def _restore_current(self, found: FacetField, current_value: tuple[str, str]) -> None:
        """Make the same value current again, else the field."""
        children = (found.item.child(row) for row in range(found.item.childCount()))
        again = next(
            (each for each in children if each.data(0, _VALUE) == current_value), found.item
        )
        self.tree.setCurrentItem(again)

    # ----------------------------------------------------------------------------------- finding

    def _search_words(self) -> str:
        words = folded_words(self.line.text())
        return " " + " ".join(words) if words else ""

    def _matching(self, found: FacetField, words: str) -> Iterator[tuple[str, int]]:
        if not words:
            yield from found.ranked or ()
            return
        for row in found.ranked or ():
            if words in f" {' '.join(folded_words(row[0]))}":
                yield row

    def _search(self) -> None:
        for found in self._fields.values():
            self._show(found)
        self._show_search_note()

    def _show_search_note(self) -> None:
        n_known = sum(found.ranked is not None for found in self._fields.values())
        is_partial = bool(self._search_words()) and n_known < len(self._fields)
        self.note.setText(
            f"Searched in {n_known} of {len(self._fields)} fields; clear the line and open a field "
            "to search it too."
        )
        self.note.setVisible(is_partial)

    def _show_failures(self) -> None:
        """Show below the tree what failed: a row has no room for a sentence."""
        failed = (each for each in self._fields.values() if each.is_open and each.ranked is None)
        self.failure.show_sentence(next((each.sentence for each in failed if each.sentence), ""))

    def _go_to_first(self) -> None:
        """Go from the line to the first value that was found."""
        self.tree.setFocus()
        for found in self._fields.values():
            if found.item.isHidden():
                continue
            values = (found.item.child(row) for row in range(found.item.childCount()))
            first = next((each for each in values if each.data(0, _VALUE)), None)
            if first is not None and self._search_words():
                self.tree.setCurrentItem(first)
                return
        if self.tree.currentItem() is None:
            self.tree.setCurrentItem(self.tree.topLevelItem(0))

    # ------------------------------------------------------------------------------- what is done

    def _field_of(self, item: QTreeWidgetItem) -> FacetField | None:
        return next((each for each in self._fields.values() if each.item is item), None)

    def _expanded(self, item: QTreeWidgetItem) -> None:
        if (found := self._field_of(item)) is not None:
            found.is_open = True
            self._show(found)
            self.fieldOpened.emit(found.name)

    def _collapsed(self, item: QTreeWidgetItem) -> None:
        if (found := self._field_of(item)) is not None:
            found.is_open = False
            self._show_failures()

    def _changed(self, item: QTreeWidgetItem) -> None:
        data = item.data(0, _VALUE)
        if data is None:
            return
        name, value = data
        is_chosen = self._is_chosen(item)
        found = self._fields[name]
        if is_chosen == (value in found.chosen):
            return
        rest = tuple(each for each in found.chosen if each != value)
        found.chosen = (*rest, value) if is_chosen else rest
        with QSignalBlocker(self.tree):
            self._show_head(found)
        self.valueToggled.emit(name, value, is_chosen)

    def _store_check(self, item: QTreeWidgetItem) -> None:
        self._was_chosen = self._is_chosen(item)

    def _click(self, item: QTreeWidgetItem) -> None:
        """A click anywhere on a row presses it; one on its box has done so already."""
        if item.data(0, _VALUE) is None or self._is_chosen(item) == self._was_chosen:
            self._press(item)

    def _is_chosen(self, item: QTreeWidgetItem) -> bool:
        return item.checkState(0) is _ON

    def _press(self, item: QTreeWidgetItem) -> None:
        """Return on a row: choose a value, open or close a field, or request again."""
        if item.data(0, _VALUE) is not None:
            item.setCheckState(0, _OFF if self._is_chosen(item) else _ON)
        elif item.parent() is None:
            item.setExpanded(not item.isExpanded())
        elif (found := self._field_of(item.parent())) is not None and found.ranked is None:
            self.set_counts(found.name, None)
            self.fieldOpened.emit(found.name)
