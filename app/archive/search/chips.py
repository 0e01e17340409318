"""Buttons that drop a condition of the search: `Chips` for all there are, `NoHits` where nothing matches."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame, QVBoxLayout, QWidget

from app.archive.search.query_state import Clause, QueryState
from app.archive.text import cells_text
from app.ui.buttons import KeyedButton, compact_button, set_elided_text
from app.ui.flow_layout import FlowLayout
from app.ui.layouts import clear, fill
from app.ui.sentence_label import SentenceLabel

CLEAR_ALL = "Clear all"


class ConditionButtons(QWidget):
    """Buttons in lines that wrap; Return, Delete or a click drops a condition.

    Signals
    -------
    dropRequested(object)
        The `QueryState` without the condition.
    """

    dropRequested = Signal(object)
    widest_px = 180  # a longer text is shortened, and complete in its tooltip

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.buttons: list[KeyedButton] = []
        self._row = FlowLayout(self)

    def clear(self) -> None:
        """Remove all buttons."""
        clear(self._row)
        self.buttons = []

    def add(
        self, clause: Clause, text: str, suffix: str, *, tip: str, name: str, style: str = ""
    ) -> None:
        """Add a button; the suffix is never shortened, and `style` names its look."""
        button = compact_button("", tip, name=name, parent=self)
        button.setObjectName(style)
        set_elided_text(button, text, self.widest_px, suffix)
        button.clicked.connect(lambda: self.dropRequested.emit(clause.state_without))
        self.buttons.append(button)
        self._row.addWidget(button)
        button.show()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Press the button that has the focus at Delete or Backspace."""
        focused = next((each for each in self.buttons if each.hasFocus()), None)
        if focused and event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            focused.click()
        else:
            super().keyPressEvent(event)


class Chips(ConditionButtons):
    """One chip for each value, range and raw clause, and a button that drops all of them and the words.

    Signals
    -------
    emptied
        The last chip went while it had the keyboard.
    """

    emptied = Signal()
    widest_px = 250

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._shown: Sequence[Clause] = ()
        self.setAccessibleName("Conditions of the search")
        self.hide()

    def set_state(self, state: QueryState) -> None:
        """Show the conditions of a state."""
        shown = state.chips()
        if shown == self._shown:
            return
        focused = next((at for at, each in enumerate(self.buttons) if each.hasFocus()), None)
        self._shown = shown
        self.clear()
        for each in shown:
            name = f"Remove {each.accessible_label or each.label}"
            self.add(each, each.label, "  ✕", tip=f"Remove {each.label}", name=name)
        if shown:
            nothing, tip = QueryState(sort=state.sort), "Remove all conditions and words"
            everything = Clause(CLEAR_ALL, nothing)
            self.add(everything, CLEAR_ALL, "", tip=tip, name=CLEAR_ALL, style="flat")
        self.setVisible(bool(shown))
        if focused is not None and shown:
            self.buttons[min(focused, len(shown) - 1)].setFocus()
        elif focused is not None:
            self.emptied.emit()


class NoHits(QFrame):
    """Nothing matches: a sentence, and a button for each condition that could be dropped."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("card")
        self.sentence = SentenceLabel()
        self.question = SentenceLabel("", "Did you mean:")
        self.meant = ConditionButtons()
        self.meant.setObjectName("plain")
        self.conditions = ConditionButtons()
        self.conditions.setObjectName("plain")
        column = QVBoxLayout(self)
        parts = (self.sentence, self.question, self.meant, self.conditions)
        fill(column, *parts, margins=(8, 8, 8, 8), spacing=8)
        self.hide()

    def set_clauses(self, clauses: Sequence[Clause], meant: Sequence[Clause] = ()) -> None:
        """Name the conditions, and the searches that may be meant; without conditions, close the card."""
        self.sentence.setText(_sentence(clauses))
        self.meant.clear()
        for each in meant:
            tip = f"Search for {each.label}"
            self.meant.add(each, each.label, "", tip=tip, name=f"Did you mean {each.label}?")
        self.question.setVisible(bool(meant))
        self.meant.setVisible(bool(meant))
        self.conditions.clear()
        for each in clauses:
            text, name, suffix = f"Remove {each.label}", f"Remove {each.label}", ""
            if each.n_hits is not None:
                name += f": {cells_text(each.n_hits)} without it"
                suffix = f" ({each.n_hits:,})"
            self.conditions.add(each, text, suffix, tip=f"Search without {each.label}", name=name)
        self.setVisible(bool(clauses))

    def has_focus(self) -> bool:
        """Whether one of the buttons has the keyboard."""
        return any(each.hasFocus() for each in (*self.meant.buttons, *self.conditions.buttons))


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
