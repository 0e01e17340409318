"""`Chips`: the conditions of a search as small buttons in lines that wrap; pressing one removes it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from html import escape

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QWidget

from app.archive.search.query_state import QueryState, label_of
from app.archive.text import accessible_text, show_edge_spaces
from app.ui.buttons import KeyedButton, set_elided_text
from app.ui.flow_layout import FlowLayout
from app.ui.layouts import clear

_WIDEST = 250  # px; a longer value is shortened in the chip and complete in its tooltip


@dataclass(frozen=True, slots=True)
class _Chip:
    """One condition: its text, its accessible name, and the search without it."""

    field: str
    value: str
    text: str
    accessible_name: str
    state_without: QueryState


class Chips(QWidget):
    """One chip for each value, range and raw clause; Return, Delete or a click drops it.

    Signals
    -------
    removed(str, str)
        A field and its value are no longer wanted; the value of a range is "".
    dropped(object)
        The raw clause is no longer wanted: the `QueryState` without it.
    emptied
        The last chip went while it had the keyboard.
    """

    removed = Signal(str, str)
    dropped = Signal(object)
    emptied = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._chips: list[_Chip] = []
        self._buttons: list[_ChipButton] = []
        self._row = FlowLayout(self)
        self.setAccessibleName("Conditions of the search")
        self.hide()

    @property
    def buttons(self) -> tuple[KeyedButton, ...]:
        """The chips, in order."""
        return tuple(self._buttons)

    def set_state(self, state: QueryState) -> None:
        """Show the conditions of a state."""
        chips = _chips_of(state)
        if chips == self._chips:
            return
        focused = next((at for at, each in enumerate(self._buttons) if each.hasFocus()), None)
        self._chips = chips
        clear(self._row)
        self._buttons = [self._button(chip) for chip in chips]
        self.setVisible(bool(chips))
        if focused is not None and self._buttons:
            self._buttons[min(focused, len(self._buttons) - 1)].setFocus()
        elif focused is not None:
            self.emptied.emit()

    def _button(self, chip: _Chip) -> _ChipButton:
        button = _ChipButton(self)
        set_elided_text(button, chip.text, _WIDEST, "  ✕")
        button.setProperty("compact", True)
        button.setAccessibleName(f"Remove {chip.accessible_name}")
        button.setToolTip(f"<qt>Remove {escape(chip.text)}</qt>")
        button.clicked.connect(lambda: self._drop(chip))
        self._row.addWidget(button)
        button.show()
        return button

    def _drop(self, chip: _Chip) -> None:
        if chip.field:
            self.removed.emit(chip.field, chip.value)
        else:
            self.dropped.emit(chip.state_without)


class _ChipButton(KeyedButton):
    """A button that Delete presses too."""

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Press at Delete or Backspace as well."""
        if event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            self.click()
        else:
            super().keyPressEvent(event)


def _chips_of(state: QueryState) -> list[_Chip]:
    chips = [
        _Chip(
            name,
            value,
            f"{label_of(name)}: {show_edge_spaces(value)}",
            f"{label_of(name)}: {accessible_text(value)}",
            state.without(name, value),
        )
        for name, values in state.criteria
        for value in values
    ]
    only_ranges = replace(state, text="", criteria=(), raw="")
    for (name, _, _), clause in zip(state.ranges, only_ranges.clauses(), strict=True):
        chips.append(_Chip(name, "", clause.label, clause.label, state))
    if state.raw.strip():
        raw = state.raw.strip()
        chips.append(_Chip("", "", raw, f"the clause {raw}", replace(state, raw="")))
    return chips
