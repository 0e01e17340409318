"""`Chips`: the conditions of a search as small buttons in lines that wrap; pressing one drops it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from html import escape

from PySide6.QtCore import QPoint, QRect, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QLayout, QLayoutItem, QWidget

from app.archive.query_state import QueryState, label_of, spoken, visible
from app.run_bar import KeyedButton

_WIDEST = 250  # px; a longer value is shortened in the chip and whole in its tooltip
_GAP = 4


@dataclass(frozen=True, slots=True)
class _Chip:
    """One condition: what is shown, what is said, and what is left without it."""

    field: str
    value: str
    text: str
    spoken: str
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
        """The chips as they stand."""
        return tuple(self._buttons)

    def set_state(self, state: QueryState) -> None:
        """Show the conditions of a state."""
        chips = _chips_of(state)
        if chips == self._chips:
            return
        focused = next((at for at, each in enumerate(self._buttons) if each.hasFocus()), None)
        self._chips = chips
        for button in self._buttons:
            self._row.removeWidget(button)
            button.hide()
            button.deleteLater()
        self._buttons = [self._button(chip) for chip in chips]
        self.setVisible(bool(chips))
        if focused is not None and self._buttons:
            self._buttons[min(focused, len(self._buttons) - 1)].setFocus()
        elif focused is not None:
            self.emptied.emit()

    def _button(self, chip: _Chip) -> _ChipButton:
        button = _ChipButton(self)
        shown = button.fontMetrics().elidedText(chip.text, Qt.TextElideMode.ElideRight, _WIDEST)
        button.setText(f"{shown}  ✕".replace("&", "&&"))
        button.setProperty("compact", True)
        button.setAccessibleName(f"Drop {chip.spoken}")
        button.setToolTip(f"<qt>Drop {escape(chip.text)}</qt>")
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
            f"{label_of(name)}: {visible(value)}",
            f"{label_of(name)}: {spoken(value)}",
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


def chain(first: QWidget, rest: Iterable[QWidget]) -> None:
    """Let Tab go from a widget to others one by one: those made later would come at the window's end."""
    for each in rest:
        QWidget.setTabOrder(first, each)
        first = each


class FlowLayout(QLayout):
    """Widgets one after another, in as many lines as the width asks for."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._items: list[QLayoutItem] = []
        self.setContentsMargins(0, 0, 0, 0)

    def addItem(self, item: QLayoutItem) -> None:
        """Put an item at the end."""
        self._items.append(item)

    def count(self) -> int:
        """Return how many items there are."""
        return len(self._items)

    def itemAt(self, index: int) -> QLayoutItem | None:
        """Return an item; None where there is none."""
        return self._items[index] if 0 <= index < len(self._items) else None

    def takeAt(self, index: int) -> QLayoutItem | None:
        """Take an item out; None where there is none."""
        return self._items.pop(index) if 0 <= index < len(self._items) else None

    def expandingDirections(self) -> Qt.Orientation:
        """Return that no more room is wanted than is needed."""
        return Qt.Orientation(0)

    def hasHeightForWidth(self) -> bool:
        """Return that the height follows from the width."""
        return True

    def heightForWidth(self, width: int) -> int:
        """Return the height of all lines at a width, px."""
        return self._place(QRect(0, 0, width, 0), move=False)

    def setGeometry(self, area: QRect) -> None:
        """Put every item in its place."""
        super().setGeometry(area)
        self._place(area, move=True)

    def sizeHint(self) -> QSize:
        """Return the size that is asked for."""
        return self.minimumSize()

    def minimumSize(self) -> QSize:
        """Return the size of the largest item."""
        size = QSize(0, 0)
        for item in self._items:
            size = size.expandedTo(QSize(40, item.sizeHint().height()))
        return size

    def _place(self, area: QRect, *, move: bool) -> int:
        """Return the height of all lines; put the items there if told to."""
        x, y, line = area.x(), area.y(), 0
        for item in self._items:
            hint = item.sizeHint()
            size = QSize(min(hint.width(), max(area.width(), 1)), hint.height())
            if x > area.x() and x + size.width() > area.x() + area.width():
                x, y, line = area.x(), y + line + _GAP, 0
            if move:
                item.setGeometry(QRect(QPoint(x, y), size))
            x += size.width() + _GAP
            line = max(line, size.height())
        return y + line - area.y()
