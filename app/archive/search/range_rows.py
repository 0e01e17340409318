"""`RangeRows`: a minimum and a maximum for each measure of a cell; grey numbers show what occurs.

Setters in, signals out. Return, or leaving the entry, applies a bound; Esc undoes the change. What is not a
number, or a minimum above the maximum, is reported below its row and not applied.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from html import escape
from itertools import groupby

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent, QResizeEvent
from PySide6.QtWidgets import (
    QBoxLayout,
    QHBoxLayout,
    QLineEdit,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from app.archive.search.range_fields import (
    RANGES,
    RangeField,
    bound_text,
    occurring,
    read_bound,
)
from app.ui.buttons import compact_button
from app.ui.keys import EscapeHandler
from app.ui.layouts import fill, scrolled
from app.ui.plain import PlainLabel, plain_tip
from app.ui.sentence_label import SentenceLabel
from app.ui.style import set_style_property

Ends = tuple[float | None, float | None]
NO_ENDS: Ends = (None, None)
IN_THE_LIBRARY = (
    "Grey numbers are the lowest and highest on this disk. Cells without a number match no range."
)
IN_THE_ARCHIVE = (
    "NeuroMorpho.Org has no search by range: its numbers are text, and morphometry is not part of its "
    "search. The library has: it searches what is on this disk. The command “somascope neuromorpho "
    "harvest” saves all cells of a search there."
)
_WIDE_PX = 310  # from this width on, entries are next to their labels
_PAIR_PX, _LABEL_PX = 156, 110
_NO_LIMIT = 16_777_215
_LONGEST = 24  # characters of a bound


class RangeRows(QWidget):
    """Setters in, signals out.

    Signals
    -------
    rangeChanged(str, object, object)
        A field and its bounds, None for none.
    """

    rangeChanged = Signal(str, object, object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.note = SentenceLabel("quiet", IN_THE_ARCHIVE)
        self.library = compact_button(
            "Search the library", "Search what is on this disk; no network is used"
        )
        self.rows = {each.name: RangeRow(each) for each in RANGES}
        self._lay_out()
        for row in self.rows.values():
            row.changed.connect(self.rangeChanged)
            for entry in row.entries:
                entry.stepped.connect(partial(self._step, entry))
        self.set_usable(False)

    def _lay_out(self) -> None:
        inside = QWidget()
        lines = fill(QVBoxLayout(inside), margins=(0, 0, 6, 0), spacing=6)
        for group, rows in groupby(self.rows.values(), key=lambda row: row.field.group):
            title = PlainLabel(group)
            title.setObjectName("group")
            title.setContentsMargins(0, 6 if lines.count() else 0, 0, 0)
            fill(lines, title, *rows, margins=None, spacing=6)
        lines.addStretch(1)
        self.scroll = scrolled(inside)
        items = (self.note, self.library, (self.scroll, 1))
        column = fill(QVBoxLayout(self), *items, margins=(8, 8, 8, 8), spacing=6)
        column.setAlignment(self.library, Qt.AlignmentFlag.AlignLeft)

    def set_ranges(self, ranges: Sequence[tuple[str, float | None, float | None]]) -> None:
        """Show which bounds are chosen."""
        bounds = {name: (low, high) for name, low, high in ranges}
        for name, row in self.rows.items():
            row.set_ends(bounds.get(name, NO_ENDS))

    def set_usable(self, usable: bool) -> None:
        """Enable the entries; else show why there are no ranges, and where there are."""
        self.note.setText(IN_THE_LIBRARY if usable else IN_THE_ARCHIVE)
        self.library.setVisible(not usable)
        for row in self.rows.values():
            row.set_usable(usable)

    def go_to_first(self) -> None:
        """Give the focus to the first entry, or to the library button if the entries are disabled."""
        first = next(iter(self.rows.values())).low
        found = first if first.isEnabled() else self.library
        found.setFocus(Qt.FocusReason.TabFocusReason)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Put entries next to their labels where there is room."""
        super().resizeEvent(event)
        for row in self.rows.values():
            row.set_wide(self.width() >= _WIDE_PX)

    def _step(self, entry: BoundEntry, by: int) -> None:
        """Give the focus to the entry above or below."""
        for column in zip(*(row.entries for row in self.rows.values()), strict=True):
            if entry in column and 0 <= column.index(entry) + by < len(column):
                found = column[column.index(entry) + by]
                found.setFocus(Qt.FocusReason.TabFocusReason)
                self.scroll.ensureWidgetVisible(found)


class RangeRow(QWidget):
    """A measure: its name and unit, its minimum and maximum.

    Signals
    -------
    changed(str, object, object)
        The field and its other bounds, None for none.
    """

    changed = Signal(str, object, object)

    def __init__(self, field: RangeField, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.field = field
        self._ends: Ends = NO_ENDS
        self.label = PlainLabel(field.title)
        self.label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.label.setMinimumWidth(_LABEL_PX)
        self.label.setToolTip(plain_tip(field.tip or field.label))
        self.entries = self.low, self.high = self._entry("at least"), self._entry("at most")
        self.problem = SentenceLabel("error")
        self.problem.hide()
        self._pair = QWidget()
        dash = PlainLabel("–")
        dash.setObjectName("quiet")
        fill(QHBoxLayout(self._pair), (self.low, 1), dash, (self.high, 1), spacing=4)
        self._line = QBoxLayout(QBoxLayout.Direction.TopToBottom)
        fill(self._line, (self.label, 1), self._pair, spacing=2)
        fill(QVBoxLayout(self), self._line, self.problem, spacing=2)

    def _entry(self, word: str) -> BoundEntry:
        unit = f", {self.field.unit}" if self.field.unit else ""
        entry = BoundEntry()
        entry.setAccessibleName(f"{self.field.label}, {word}{unit}")
        entry.setToolTip(
            f"<qt>{escape(self.field.label)}, {escape(word)}. Return applies the number, Esc undoes the change; "
            "an empty entry is no bound.</qt>"
        )
        entry.editingFinished.connect(self._apply)
        return entry

    def set_ends(self, ends: Ends) -> None:
        """Show the chosen bounds; if they have not changed, what is being typed stays."""
        if ends == self._ends:
            return
        self._ends = ends
        for entry, end in zip(self.entries, ends, strict=True):
            entry.set_shown("" if end is None else bound_text(end))
        self._show_problem("")
        font = self.label.font()
        font.setBold(ends != NO_ENDS)
        self.label.setFont(font)

    def set_extent(self, extent: tuple[float, float] | None) -> None:
        """Show the lowest and the highest number that occur, in grey; a dash where none does."""
        texts = ("—", "—") if extent is None else occurring(self.field, *extent)
        for entry, text in zip(self.entries, texts, strict=True):
            entry.setPlaceholderText(text)
            occurs = "no values known" if extent is None else f"{text} occurs"
            entry.setAccessibleDescription(occurs)

    def set_usable(self, usable: bool) -> None:
        """Let bounds be written."""
        for entry in self.entries:
            entry.setEnabled(usable)
            if not usable:
                entry.setPlaceholderText("")

    def set_wide(self, is_wide: bool) -> None:
        """Put the entries next to the label, or below it."""
        self._pair.setMaximumWidth(_PAIR_PX if is_wide else _NO_LIMIT)
        way = QBoxLayout.Direction
        self._line.setDirection(way.LeftToRight if is_wide else way.TopToBottom)

    def _apply(self) -> None:
        """Apply what is typed, if it is valid and new."""
        try:
            low, high = (read_bound(each.text(), self.field.unit) for each in self.entries)
        except ValueError as error:
            self._show_problem(str(error))
            return
        if low is not None and high is not None and low > high:
            least, most = bound_text(low), bound_text(high)
            self._show_problem(f"The minimum {least} is above the maximum {most}.")
            return
        is_other = (low, high) != self._ends
        self.set_ends((low, high))
        self._show_problem("")
        if is_other:
            self.changed.emit(self.field.name, low, high)

    def _show_problem(self, sentence: str) -> None:
        self.problem.show_sentence(sentence)
        for entry in self.entries:
            set_style_property(entry, "refused", bool(sentence))


class BoundEntry(EscapeHandler, QLineEdit):
    """A line for one number; Esc undoes the change.

    Signals
    -------
    stepped(int)
        An arrow was pressed: -1 for up, 1 for down.
    """

    stepped = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._shown = ""
        self.setMinimumWidth(48)
        self.setAlignment(Qt.AlignmentFlag.AlignRight)
        self.setMaxLength(_LONGEST)

    def set_shown(self, text: str) -> None:
        """Show the chosen bound."""
        self._shown = text
        self.setText(text)

    def handles_escape(self) -> bool:
        """Whether there is a change to undo."""
        return bool(self.text() != self._shown)

    def use_escape(self) -> None:
        """Undo the change."""
        self.setText(self._shown)
        self.editingFinished.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Emit the arrow keys."""
        if event.key() in (Qt.Key.Key_Up, Qt.Key.Key_Down):
            self.stepped.emit(1 if event.key() == Qt.Key.Key_Down else -1)
        else:
            super().keyPressEvent(event)
