"""`QueryLine`: the query as it is sent, shown and editable. `NoHits`: which condition to drop."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame, QLabel, QPlainTextEdit, QVBoxLayout, QWidget

from app.archive.search.query_parser import unclosed
from app.archive.search.query_state import Clause
from app.archive.text import cells_text
from app.ui.buttons import KeyedButton, compact_button, set_elided_text
from app.ui.flow_layout import FlowLayout
from app.ui.keys import RETURN_KEYS, EscapeHandler
from app.ui.layouts import clear, fill
from app.ui.style import set_style_property

_LINES = 4
_WIDEST = 180  # px
TIP = (
    "The query in the archive's language. Values match completely: species:human does not find "
    "“humans”, and a value of several words needs double quotes. * matches any letters, "
    "? exactly one. Return searches for this text; Esc undoes the changes."
)


class QueryLine(QWidget):
    """The text of the query; Return searches for the changed text.

    Signals
    -------
    edited(str)
        Return was pressed on a changed text.
    """

    edited = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._shown = ""
        self.text = _Text(self)
        self.text.setAccessibleName("Query as text")
        self.text.setToolTip(f"<qt>{TIP}</qt>")
        self.text.setTabChangesFocus(True)
        self.text.setFixedHeight(self.text.fontMetrics().lineSpacing() * _LINES + 16)
        self.problem = QLabel(wordWrap=True)
        self.problem.setObjectName("error")
        self.problem.hide()
        fill(QVBoxLayout(self), self.text, self.problem, spacing=4)
        self.text.submitted.connect(self._submit)
        self.text.reverted.connect(self._revert)
        self.text.textChanged.connect(self._show_problem)

    def set_text(self, text: str) -> None:
        """Show a query, unless the user is changing the text."""
        changed_by_hand = self.text.toPlainText() != self._shown
        self._shown = text
        if not (changed_by_hand and self.text.hasFocus()):
            self._revert()

    def _submit(self) -> None:
        text = " ".join(self.text.toPlainText().split("\n"))
        if text == self._shown or unclosed(text):
            return
        self._shown = self.text.toPlainText()
        self.edited.emit(text)

    def _revert(self) -> None:
        if self.text.toPlainText() != self._shown:
            self.text.setPlainText(self._shown)

    def _show_problem(self) -> None:
        sentence = unclosed(self.text.toPlainText())
        self.problem.setText(sentence)
        self.problem.setVisible(bool(sentence))
        set_style_property(self.text, "refused", bool(sentence))


class _Text(EscapeHandler, QPlainTextEdit):
    """A text field in which Return submits."""

    submitted = Signal()
    reverted = Signal()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Submit at Return; undo changes at Esc."""
        if event.key() in RETURN_KEYS:
            self.submitted.emit()
        elif event.key() == Qt.Key.Key_Escape:
            self.reverted.emit()
        else:
            super().keyPressEvent(event)


class NoHits(QFrame):
    """Nothing matches: a sentence, and a button for each condition that could be dropped.

    Signals
    -------
    dropRequested(object)
        The `QueryState` without the condition.
    """

    dropRequested = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("card")
        self.sentence = QLabel(wordWrap=True)
        self.sentence.setTextFormat(Qt.TextFormat.PlainText)
        self._button_area = QWidget()
        self._button_area.setObjectName("plain")
        self._row = FlowLayout(self._button_area)
        self.buttons: list[KeyedButton] = []
        items = (self.sentence, self._button_area)
        fill(QVBoxLayout(self), *items, margins=(8, 8, 8, 8), spacing=8)
        self.hide()

    def set_clauses(self, clauses: Sequence[Clause]) -> None:
        """Name the conditions; none closes the card."""
        clear(self._row)
        self.sentence.setText(_sentence(clauses))
        self.buttons = [self._button(each) for each in clauses]
        self.setVisible(bool(clauses))

    def _button(self, clause: Clause) -> KeyedButton:
        found = "" if clause.n_hits is None else f" ({clause.n_hits:,})"
        without = "" if clause.n_hits is None else f": {cells_text(clause.n_hits)} without it"
        button = compact_button(
            "",
            f"<qt>Search without {escape(clause.label)}</qt>",
            name=f"Remove {clause.label}{without}",
            parent=self._button_area,
        )
        set_elided_text(button, f"Remove {clause.label}", _WIDEST, found)
        button.clicked.connect(lambda: self.dropRequested.emit(clause.state_without))
        self._row.addWidget(button)
        button.show()
        return button


def _sentence(clauses: Sequence[Clause]) -> str:
    """Return the sentence; it names the condition that excludes the most cells, if that is known."""
    if len(clauses) == 1:
        return f"No cell matches {clauses[0].label}."
    counted = [each for each in clauses if each.n_hits]
    if counted:
        best = max(counted, key=lambda each: each.n_hits or 0)
        return f"No cell matches all of this; without {best.label} there would be {cells_text(best.n_hits or 0)}."
    if clauses and all(each.n_hits == 0 for each in clauses):
        return "No cell matches; no single condition is the reason; remove more than one."
    return "No cell matches all of this; remove a condition."
