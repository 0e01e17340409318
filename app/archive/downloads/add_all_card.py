"""`AddAllCard`: asks before all cells of a search are added to the queue, and shows the progress."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QProgressBar, QSizePolicy, QVBoxLayout, QWidget

from app.ui.buttons import KeyedButton
from app.ui.layouts import fill
from app.ui.plain import plain_tip
from app.ui.sentence_label import SentenceLabel

CONFIRMING, ADDING, ENDED = "confirming", "adding", "ended"


class AddAllCard(QWidget):
    """Hidden while there is nothing to show.

    Attributes
    ----------
    yes, no : KeyedButton
        Adds the cells to the queue, or continues after a stop; and ends what is shown or being done.

    Signals
    -------
    closedWithFocus
    """

    closedWithFocus = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        frame = QFrame(objectName="card")
        self.setAccessibleName("Download all results")
        self.question, self.about = SentenceLabel(), SentenceLabel("quiet")
        for label in (self.question, self.about):
            label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.bar = QProgressBar(textVisible=False, accessibleName="Cells added to the queue")
        self.yes, self.no = KeyedButton(), KeyedButton()
        self.yes.setObjectName("primary")
        self.no.setProperty("compact", True)
        self.state = ""
        self.hide()
        row = fill(QHBoxLayout(), self.yes, self.no, 1, spacing=8)
        parts = (self.question, self.about, self.bar, row)
        fill(QVBoxLayout(frame), *parts, margins=(8, 8, 8, 8), spacing=6)
        fill(QVBoxLayout(self), frame, margins=(8, 8, 8, 0))

    def show_state(self, state: str, sentence: str, about: str = "", yes: str = "") -> None:
        """Show a question, the progress, or the end; `yes` is the text of the first button, "" for none."""
        had_focus = self.yes.hasFocus() or self.no.hasFocus()
        self.state = state
        self.question.setText(sentence)
        self.about.show_sentence(about)
        self.bar.setVisible(state == ADDING)
        no = "Stop" if state == ADDING else "Cancel" if yes and state == CONFIRMING else "Close"
        for button, text in ((self.yes, yes), (self.no, no)):
            button.setText(text)
            button.setAccessibleName(text)
            button.setVisible(bool(text))
        self.no.setToolTip(plain_tip(f"{no} (Esc)"))
        self.show()
        if had_focus or state == CONFIRMING:
            (self.yes if yes else self.no).setFocus(Qt.FocusReason.OtherFocusReason)

    def close_card(self) -> None:
        """Hide the card."""
        had_focus = self.yes.hasFocus() or self.no.hasFocus()
        self.state = ""
        self.hide()
        if had_focus:
            self.closedWithFocus.emit()
