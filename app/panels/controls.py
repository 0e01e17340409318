"""`ControlsPanel`: a form of the session's controls, and buttons for its actions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from typing import Any

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import (
    QGridLayout,
    QPushButton,
    QStackedLayout,
    QVBoxLayout,
    QWidget,
)

from app.panels.control_rows import ControlRow, make_row
from app.ui.labels import ElidingButton, WrappingLabel
from app.ui.plain import plain_tip
from app.ui.rows import empty_hint
from app.ui.scroll_column import ScrollColumn
from backends.controls import ActionSpec, ControlSpec

EMIT_INTERVAL_MS = 33
NOTHING_OPEN = "The controls of a model appear here."
NOTHING_TO_ADJUST = "This model has no controls. A session defines them in control_specs()."
_BUTTONS_A_ROW = 2
_WIDEST_HALF_PX = 100  # of a text in a button that shares its row


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
        self._is_ordered = False
        self._rows: dict[str, ControlRow] = {}
        self._buttons: dict[str, QPushButton] = {}
        self._pending: dict[str, Any] = {}
        self._timer = QTimer(self, interval=EMIT_INTERVAL_MS)
        self._timer.timeout.connect(self._emit_pending)
        self._scroll = ScrollColumn(QWidget())
        self._stack = QStackedLayout(self)
        self._hint = empty_hint(NOTHING_OPEN)
        self._stack.addWidget(self._hint)
        self._stack.addWidget(self._scroll)

    # -------------------------------------------------------------------------------- setters

    def set_hint(self, text: str) -> None:
        """Set the text that is shown while there are no controls."""
        self._hint.setText(text)

    def set_specs(
        self,
        controls: Sequence[ControlSpec],
        actions: Sequence[ActionSpec],
        *,
        is_ordered: bool = False,
    ) -> None:
        """Build the form; the same specs keep the form, with text being typed.

        Parameters
        ----------
        is_ordered : bool
            Whether the author has chosen the order: then a group may appear more than once. Otherwise each
            group's controls stand together, those without a group first.
        """
        specs = tuple(controls), tuple(actions)
        if specs == self._specs and is_ordered == self._is_ordered:
            return
        self._specs, self._is_ordered = specs, is_ordered
        self._pending.clear()
        self._timer.stop()
        self._rows, self._buttons = {}, {}
        page = QWidget()
        column = QVBoxLayout(page)
        column.setContentsMargins(12, 8, 12, 12)
        column.setSpacing(8)
        for group, members in _grouped(controls, is_ordered):
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
            heading = WrappingLabel(group)
            heading.setObjectName("group")
            heading.setIndent(0)
            column.addWidget(heading)
        elif column.count():
            column.addSpacing(12)  # below another group's controls
        for spec in members:
            row = make_row(spec)
            row.edited.connect(lambda value, id_=spec.id: self._edit(id_, value))
            self._rows[spec.id] = row
            column.addWidget(row)

    def _add_actions(self, column: QVBoxLayout, actions: Sequence[ActionSpec]) -> None:
        grid = QGridLayout()
        grid.setSpacing(8)
        grid.setColumnStretch(0, 1)
        grid.setColumnStretch(1, 1)
        row = column_in_row = 0
        for spec in actions:
            button = ElidingButton(spec.label)
            keys = ", ".join(spec.shortcuts)
            tip = spec.note or spec.label
            button.setToolTip(plain_tip(f"{tip} ({keys})" if keys else tip))
            button.clicked.connect(lambda _=False, id_=spec.id: self.actionInvoked.emit(id_))
            self._buttons[spec.id] = button
            wide = button.fontMetrics().horizontalAdvance(spec.label) > _WIDEST_HALF_PX
            if column_in_row and wide:
                row, column_in_row = row + 1, 0
            grid.addWidget(button, row, column_in_row, 1, _BUTTONS_A_ROW if wide else 1)
            column_in_row = 0 if wide else (column_in_row + 1) % _BUTTONS_A_ROW
            row += column_in_row == 0
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


def _grouped(
    controls: Sequence[ControlSpec], is_ordered: bool
) -> Iterable[tuple[str, list[ControlSpec]]]:
    """Return runs of one group in the given order, or else each group once, controls without a group first."""
    if is_ordered:
        return [(group, list(members)) for group, members in groupby(controls, lambda c: c.group)]
    order = {group: i for i, group in enumerate(dict.fromkeys(c.group for c in controls), 1)}
    order[""] = 0
    by_group = sorted(controls, key=lambda each: order[each.group])
    return [(group, list(members)) for group, members in groupby(by_group, lambda c: c.group)]
