"""`QueryLine`: the query as it is sent, shown and editable."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
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
        self.problem = SentenceLabel("error")
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
        self.problem.show_sentence(sentence)
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
