"""`make_row`: the row of a control, by the widget that it asks for."""

from __future__ import annotations

from app.panels.rows.base import ControlRow
from app.panels.rows.bool_and_text import BoolRow, TextRow
from app.panels.rows.choice import ChoiceRow, RadioRow
from app.panels.rows.pad import PadRow
from app.panels.rows.scalar import ScalarRow
from backends.controls import ControlSpec

_ROWS: dict[str, type[ControlRow]] = {
    "slider": ScalarRow,
    "spin": ScalarRow,
    "knob": ScalarRow,
    "combo": ChoiceRow,
    "radio": RadioRow,
    "check": BoolRow,
    "text": TextRow,
    "pad": PadRow,
}


def make_row(spec: ControlSpec) -> ControlRow:
    """Make the row of a control."""
    return _ROWS[spec.kind](spec)
