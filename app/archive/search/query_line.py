"""`QueryLine`: the query as it is sent, shown and editable."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QPlainTextEdit, QVBoxLayout, QWidget

from app.archive.search.query_parser import unclosed
from app.ui.keys import RETURN_KEYS, EscapeHandler
from app.ui.layouts import fill
from app.ui.sentence_label import SentenceLabel
from app.ui.style import set_style_property

_LINES = 4
TIP = (
    "The query in the archive's language. Values match completely: species:human does not find "
    "“humans”, and a value of several words needs double quotes. * matches any letters, "
    "? exactly one. Return searches for this text; Esc undoes the changes."
)


class QueryLine(QWidget):
    """The text of the query, and what is wrong with it."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.text = QueryText()
        self.problem = SentenceLabel("error")
        self.problem.hide()
        fill(QVBoxLayout(self), self.text, self.problem, spacing=4)
        self.text.textChanged.connect(self._show_problem)

    def _show_problem(self) -> None:
        sentence = unclosed(self.text.toPlainText())
        self.problem.show_sentence(sentence)
        set_style_property(self.text, "refused", bool(sentence))


class QueryText(EscapeHandler, QPlainTextEdit):
    """The text of the query; Return searches for the changed text, Esc undoes the changes.

    Signals
    -------
    edited(str)
        Return was pressed on a changed text.
    """

    edited = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._shown = ""
        self.setAccessibleName("Query as text")
        self.setToolTip(f"<qt>{TIP}</qt>")
        self.setTabChangesFocus(True)
        self.setFixedHeight(self.fontMetrics().lineSpacing() * _LINES + 16)

    def set_query(self, text: str) -> None:
        """Show a query, unless the user is changing the text."""
        changed_by_hand = self.toPlainText() != self._shown
        self._shown = text
        if not (changed_by_hand and self.hasFocus()):
            self.use_escape()

    def use_escape(self) -> None:
        """Undo the changes."""
        if self.toPlainText() != self._shown:
            self.setPlainText(self._shown)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Submit at Return."""
        if event.key() not in RETURN_KEYS:
            super().keyPressEvent(event)
            return
        text = " ".join(self.toPlainText().split("\n"))
        if text != self._shown and not unclosed(text):
            self._shown = self.toPlainText()
            self.edited.emit(text)
