"""`ControlsPanel`: a form of the session's controls, and buttons for its actions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from typing import Any

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import (
    QGridLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QStackedLayout,
    QVBoxLayout,
    QWidget,
)

from app.panels.control_rows import ControlRow, make_row
from app.ui.rows import empty_hint
from backends.controls import ActionSpec, ControlSpec

EMIT_INTERVAL_MS = 33
NOTHING_OPEN = "The controls of a model appear here."
NOTHING_TO_ADJUST = "This model has no controls. A session defines them in control_specs()."
_BUTTONS_A_ROW = 2


class ControlsPanel(QWidget):
    """A form made from specs.

    Signals
    -------
    controlChanged(str, object)
        Control id and new value; while a slider is dragged at most 30 per second and control, always
        including the last value.
    actionInvoked(str)
        Action id.
    """

    controlChanged = Signal(str, object)
    actionInvoked = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._specs: tuple[tuple[ControlSpec, ...], tuple[ActionSpec, ...]] = ((), ())
        self._rows: dict[str, ControlRow] = {}
        self._buttons: dict[str, QPushButton] = {}
        self._pending: dict[str, Any] = {}
        self._timer = QTimer(self, interval=EMIT_INTERVAL_MS)
        self._timer.timeout.connect(self._emit_pending)
        self._scroll = QScrollArea()
        self._scroll.setWidgetResizable(True)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._stack = QStackedLayout(self)
        self._hint = empty_hint(NOTHING_OPEN)
        self._stack.addWidget(self._hint)
        self._stack.addWidget(self._scroll)

    # -------------------------------------------------------------------------------- setters

    def set_hint(self, text: str) -> None:
        """Set the text that is shown while there are no controls."""
        self._hint.setText(text)

    def set_specs(self, controls: Sequence[ControlSpec], actions: Sequence[ActionSpec]) -> None:
        """Build the form; the same specs keep the form, with text being typed."""
        specs = tuple(controls), tuple(actions)
        if specs == self._specs:
            return
        self._specs = specs
        self._pending.clear()
        self._timer.stop()
        self._rows, self._buttons = {}, {}
        page = QWidget()
        column = QVBoxLayout(page)
        column.setContentsMargins(12, 8, 12, 12)
        column.setSpacing(8)
        for group, members in _grouped(controls):
            self._add_group(column, group, members)
        self._add_actions(column, actions)
        column.addStretch(1)
        self._scroll.setWidget(page)
        self._stack.setCurrentIndex(1 if controls or actions else 0)

    def set_values(self, values: Mapping[str, Any]) -> None:
        """Show current values; emits no signal. Unknown ids and controls that are being changed are skipped."""
        for control_id, value in values.items():
            row = self._rows.get(control_id)
            if row is not None and control_id not in self._pending:
                row.set_value(value)

    def set_error(self, control_id: str, sentence: str | None) -> None:
        """Show below a control why its value was refused; None clears it."""
        row = self._rows.get(control_id)
        if row is not None:
            row.set_error(sentence)

    # -------------------------------------------------------------------------------- reading

    def row(self, control_id: str) -> ControlRow:
        """Return the row of a control; KeyError if there is none."""
        return self._rows[control_id]

    def button(self, action_id: str) -> QPushButton:
        """Return the button of an action; KeyError if there is none."""
        return self._buttons[action_id]

    # ------------------------------------------------------------------------------- building

    def _add_group(self, column: QVBoxLayout, group: str, members: Iterable[ControlSpec]) -> None:
        if group:
            heading = QLabel(group)
            heading.setObjectName("group")
            heading.setIndent(0)
            column.addWidget(heading)
        for spec in members:
            row = make_row(spec)
            row.edited.connect(lambda value, id_=spec.id: self._edit(id_, value))
            self._rows[spec.id] = row
            column.addWidget(row)

    def _add_actions(self, column: QVBoxLayout, actions: Sequence[ActionSpec]) -> None:
        grid = QGridLayout()
        grid.setSpacing(8)
        for i, spec in enumerate(actions):
            button = QPushButton(spec.label)
            keys = ", ".join(spec.shortcuts)
            tip = spec.note or spec.label
            button.setToolTip(f"{tip} ({keys})" if keys else tip)
            button.clicked.connect(lambda _=False, id_=spec.id: self.actionInvoked.emit(id_))
            self._buttons[spec.id] = button
            grid.addWidget(button, i // _BUTTONS_A_ROW, i % _BUTTONS_A_ROW)
        if actions:
            column.addSpacing(8)
            column.addLayout(grid)

    # -------------------------------------------------------------------------------- signals

    def _edit(self, control_id: str, value: Any) -> None:
        self._pending[control_id] = value
        if not self._timer.isActive():
            self._timer.start()
            self._emit_pending()

    def _emit_pending(self) -> None:
        if not self._pending:
            self._timer.stop()
            return
        pending, self._pending = self._pending, {}
        for control_id, value in pending.items():
            self.controlChanged.emit(control_id, value)


def _grouped(controls: Sequence[ControlSpec]) -> Iterable[tuple[str, list[ControlSpec]]]:
    """Return groups in order of first appearance, controls without a group first."""
    order = {group: i for i, group in enumerate(dict.fromkeys(c.group for c in controls), 1)}
    order[""] = 0
    by_group = sorted(controls, key=lambda each: order[each.group])
    return [(group, list(members)) for group, members in groupby(by_group, lambda c: c.group)]
