"""`ControlsPanel`: a form of the session's controls, and buttons for its actions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import (
    QGridLayout,
    QPushButton,
    QStackedLayout,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from app.panels.rows.base import ControlRow
from app.panels.rows.make import make_row
from app.ui.buttons import compact_button
from app.ui.fold import Fold
from app.ui.labels import ElidingButton, WrappingLabel
from app.ui.layouts import ScrollColumn, fill
from app.ui.plain import plain_tip
from app.ui.rows import empty_hint
from backends.controls import ActionSpec, ControlSpec

EMIT_INTERVAL_MS = 33
NOTHING_OPEN = "The controls of a model appear here."
NOTHING_TO_ADJUST = "This model has no controls. A session defines them in control_specs()."
RESET_ALL = "↺ Reset all"
_BUTTONS_A_ROW = 2
_WIDEST_HALF_PX = 72  # of a text in a button that shares its row in the narrowest panel


@dataclass(frozen=True, slots=True)
class ControlSection:
    """What one panel of a scene's layout has in the form.

    Attributes
    ----------
    title : str
        Shown where there are several sections.
    is_ordered : bool
        Whether the author has chosen the order: then a group may appear more than once. Otherwise each
        group's controls stand together, those without a group first.
    """

    title: str = ""
    controls: tuple[ControlSpec, ...] = ()
    actions: tuple[ActionSpec, ...] = ()
    is_ordered: bool = False


class ControlsPanel(QWidget):
    """A form made from specs.

    Signals
    -------
    controlChanged(str, object)
        Control id and new value; while a slider is dragged at most 30 per second and control, always
        including the last value.
    actionInvoked(str)
        Action id.
    groupFolded(str, bool)
        The user has folded or unfolded a group, by its heading.
    """

    controlChanged = Signal(str, object)
    actionInvoked = Signal(str)
    groupFolded = Signal(str, bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._sections: tuple[ControlSection, ...] = (ControlSection(),)
        self._rows: dict[str, list[ControlRow]] = {}
        self._buttons: dict[str, list[QPushButton]] = {}
        self._folds: dict[str, list[Fold]] = {}
        self._folded: frozenset[str] = frozenset()
        self._armed = ""
        self._pending: dict[str, Any] = {}
        self._timer = QTimer(self, interval=EMIT_INTERVAL_MS)
        self._timer.timeout.connect(self._emit_pending)
        self.reset_all = self._make_reset_all(self)
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
        """Build the form of one section; see `set_sections`."""
        self.set_sections([ControlSection("", tuple(controls), tuple(actions), is_ordered)])

    def set_sections(self, sections: Sequence[ControlSection]) -> None:
        """Build the form; what is the same as before keeps its place, with text being typed."""
        sections = tuple(sections)
        if sections == self._sections:
            return
        before, self._sections = self._sections, sections
        if _arrangement(before) == _arrangement(sections):
            self._replace_rows(spec for section in sections for spec in section.controls)
            return
        self._pending.clear()
        self._timer.stop()
        self._rows, self._buttons, self._folds = {}, {}, {}
        page = QWidget()
        column = QVBoxLayout(page)
        column.setContentsMargins(12, 8, 12, 12)
        column.setSpacing(8)
        for section in sections:
            self._add_section(column, section, is_headed=len(sections) > 1)
        self.reset_all = self._make_reset_all(page)
        if len(self._rows) > 1:
            self.reset_all.show()
            column.addWidget(self.reset_all, 0, Qt.AlignmentFlag.AlignRight)
        column.addStretch(1)
        self._scroll.setWidget(page)
        self._show_armed()
        has_any = any(each.controls or each.actions for each in sections)
        self._stack.setCurrentIndex(1 if has_any else 0)

    def set_values(self, values: Mapping[str, Any]) -> None:
        """Show current values; emits no signal. Unknown ids and controls that are being changed are skipped."""
        for control_id, value in values.items():
            if control_id not in self._pending:
                for row in self._rows.get(control_id, ()):
                    row.set_value(value)
        self._show_whether_changed()

    def set_error(self, control_id: str, sentence: str | None) -> None:
        """Show below a control why its value was refused, also in a group that is folded; None clears it."""
        for row in self._rows.get(control_id, ()):
            row.set_error(sentence)
            for fold in (each for folds in self._folds.values() for each in folds):
                if sentence and fold.isAncestorOf(row):
                    fold.set_open(True)

    def set_folded(self, groups: Iterable[str]) -> None:
        """Fold the groups with these headings, and unfold the others; emits no signal."""
        self._folded = frozenset(groups)
        for group, folds in self._folds.items():
            for fold in folds:
                fold.set_open(group not in self._folded)

    def set_armed(self, action_id: str) -> None:
        """Show which action waits for a segment, "" for none."""
        self._armed = action_id
        self._show_armed()

    # -------------------------------------------------------------------------------- reading

    def row(self, control_id: str) -> ControlRow:
        """Return the first row of a control; KeyError if there is none."""
        return self._rows[control_id][0]

    def shows(self, control_id: str) -> bool:
        """Whether the user can see a control."""
        return any(row.isVisible() for row in self._rows.get(control_id, ()))

    def button(self, action_id: str) -> QPushButton:
        """Return the first button of an action; KeyError if there is none."""
        return self._buttons[action_id][0]

    def fold(self, group: str) -> Fold:
        """Return the first fold of a group; KeyError if there is none."""
        return self._folds[group][0]

    # ------------------------------------------------------------------------------- building

    def _make_reset_all(self, parent: QWidget) -> QToolButton:
        button = compact_button(RESET_ALL, "Reset every control to its default", parent=parent)
        button.setObjectName("flat")
        button.setEnabled(False)
        button.hide()
        button.clicked.connect(self._on_reset_all)
        return button

    def _add_section(
        self, column: QVBoxLayout, section: ControlSection, *, is_headed: bool
    ) -> None:
        if is_headed and section.title:
            if column.count():
                column.addSpacing(12)
            heading = WrappingLabel(section.title)
            heading.setObjectName("title")
            heading.setIndent(0)
            column.addWidget(heading)
        is_first = True
        for group, members in _grouped(section.controls, section.is_ordered):
            self._add_group(column, group, members, is_first=is_first)
            is_first = False
        self._add_actions(column, section.actions)

    def _add_group(
        self, column: QVBoxLayout, group: str, members: Iterable[ControlSpec], *, is_first: bool
    ) -> None:
        rows = [self._add_row(spec) for spec in members]
        if not group:
            if not is_first:
                column.addSpacing(12)  # below another group's controls
            fill(column, *rows, margins=None, spacing=8)
            return
        content = QWidget()
        fill(QVBoxLayout(content), *rows, spacing=8)
        fold = Fold(group, content, is_group=True)
        fold.set_open(group not in self._folded)
        fold.toggled.connect(lambda is_open: self._on_fold(group, is_open))
        self._folds.setdefault(group, []).append(fold)
        column.addWidget(fold)

    def _add_row(self, spec: ControlSpec) -> ControlRow:
        row = self._make_row(spec)
        self._rows.setdefault(spec.id, []).append(row)
        return row

    def _make_row(self, spec: ControlSpec) -> ControlRow:
        row = make_row(spec)
        row.edited.connect(lambda value: self._edit(row, value))
        return row

    def _replace_rows(self, specs: Iterable[ControlSpec]) -> None:
        """Make the rows of changed controls again; the others, which may be in use, stay."""
        for spec in specs:
            for i, row in enumerate(self._rows[spec.id]):
                if row.spec != spec:
                    new = self._rows[spec.id][i] = self._make_row(spec)
                    self._pending.pop(spec.id, None)
                    row.parentWidget().layout().replaceWidget(row, new)
                    row.hide()
                    row.deleteLater()

    def _add_actions(self, column: QVBoxLayout, actions: Sequence[ActionSpec]) -> None:
        grid = QGridLayout()
        grid.setSpacing(8)
        grid.setColumnStretch(0, 1)
        grid.setColumnStretch(1, 1)
        row = column_in_row = 0
        for spec in actions:
            button = self._add_button(spec)
            wide = button.fontMetrics().horizontalAdvance(spec.label) > _WIDEST_HALF_PX
            if column_in_row and wide:
                row, column_in_row = row + 1, 0
            grid.addWidget(button, row, column_in_row, 1, _BUTTONS_A_ROW if wide else 1)
            column_in_row = 0 if wide else (column_in_row + 1) % _BUTTONS_A_ROW
            row += column_in_row == 0
        if actions:
            column.addSpacing(8)
            column.addLayout(grid)

    def _add_button(self, spec: ActionSpec) -> QPushButton:
        button = ElidingButton(spec.label)
        keys = ", ".join(spec.shortcuts)
        tip = spec.note or spec.label
        button.setToolTip(plain_tip(f"{tip} ({keys})" if keys else tip))
        button.setCheckable(spec.selection_mode)
        button.clicked.connect(lambda _=False, id_=spec.id: self._on_button(id_))
        self._buttons.setdefault(spec.id, []).append(button)
        return button

    # -------------------------------------------------------------------------------- signals

    def _edit(self, row: ControlRow, value: Any) -> None:
        control_id = row.spec.id
        for other in self._rows[control_id]:
            if other is not row:
                other.set_value(value)
        self._show_whether_changed()
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

    def _on_button(self, action_id: str) -> None:
        self.actionInvoked.emit(action_id)
        self._show_armed()  # a click has also checked the button by itself

    def _on_fold(self, group: str, is_open: bool) -> None:
        self.set_folded(self._folded - {group} if is_open else self._folded | {group})
        self.groupFolded.emit(group, not is_open)

    def _on_reset_all(self) -> None:
        for row in self._all_rows():
            if not row.is_default:
                row.reset_value()

    def _all_rows(self) -> list[ControlRow]:
        return [row for rows in self._rows.values() for row in rows]

    def _show_whether_changed(self) -> None:
        self.reset_all.setEnabled(any(not row.is_default for row in self._all_rows()))

    def _show_armed(self) -> None:
        for action_id, buttons in self._buttons.items():
            for button in buttons:
                button.setChecked(action_id == self._armed)


def _arrangement(sections: Sequence[ControlSection]) -> list[object]:
    """Return what the form consists of, but for what each control is."""
    return [
        (
            section.title if len(sections) > 1 else "",
            [(each.id, each.group) for each in section.controls],
            section.actions,
            section.is_ordered,
        )
        for section in sections
    ]


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
