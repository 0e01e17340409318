"""The row of two numbers that are set together."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QSignalBlocker, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QGridLayout, QWidget

from app.panels.rows.base import ControlRow
from app.panels.rows.scalar import EDITOR_PX
from app.panels.rows.scale import nice_step
from app.panels.rows.xy_pad import XYPad
from app.ui.labels import WrappingLabel
from app.ui.number_field import NumberField, field_text
from backends.controls import XYValueSpec
from backends.errors import RequestError


class PadRow(ControlRow):
    """Two numbers: a pad, and below it a field for each.

    Attributes
    ----------
    fields : dict of str to NumberField
        ``"x"`` and ``"y"``.
    """

    def _build(self) -> QWidget:
        spec = self._pair
        presentation = self.spec.presentation
        is_circle = presentation is not None and presentation.shape == "circle"
        pad = XYPad(
            spec.x_range,
            spec.y_range,
            _with_unit(spec.x_label, spec.x_unit),
            _with_unit(spec.y_label, spec.y_unit),
            is_circle=is_circle,
        )
        pad.moved.connect(self._on_pad)
        pad.released.connect(self._let_go)
        self._column.addWidget(pad, 0, Qt.AlignmentFlag.AlignTop)
        self._grid = grid = QGridLayout()
        grid.setSpacing(4)
        grid.setColumnStretch(0, 1)
        self.fields: dict[str, NumberField] = {}
        for row, axis in enumerate(("x", "y")):
            grid.addWidget(WrappingLabel(self._label(axis)), row, 0)
            grid.addWidget(self._field(axis), row, 1)
        self._column.addLayout(grid)
        return pad

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Let the fields end where those of other rows do: left of the button that resets."""
        super().resizeEvent(event)
        right = self.width() - self.reset.x() + self._head.spacing()
        if self._grid.contentsMargins().right() != right:
            self._grid.setContentsMargins(0, 2, right, 0)

    def _field(self, axis: str) -> NumberField:
        low, high = self._pair.range_of(axis)
        field = NumberField(unit=self._unit(axis), low=low, high=high, least_px=EDITOR_PX)
        field.setSingleStep(nice_step((high - low) / 100))
        field.setAccessibleName(f"{self.spec.label}: {self._label(axis)}")
        field.refused.connect(self.set_error)
        field.valueChanged.connect(lambda value: self._on_field(axis, value))
        field.editingFinished.connect(self._let_go)
        self.fields[axis] = field
        return field

    @property
    def _pair(self) -> XYValueSpec:
        spec = self.spec.value_spec
        assert isinstance(spec, XYValueSpec)
        return spec

    def _label(self, axis: str) -> str:
        return self._pair.x_label if axis == "x" else self._pair.y_label

    def _unit(self, axis: str) -> str:
        return self._pair.x_unit if axis == "x" else self._pair.y_unit

    def text_of(self, value: Any) -> str:
        return ", ".join(
            f"{self._label(axis)} {field_text(value[axis])} {self._unit(axis)}".strip()
            for axis in ("x", "y")
        ).replace("-", "−")

    def range_text(self) -> str:
        parts = []
        for axis in ("x", "y"):
            low, high = self._pair.range_of(axis)
            parts.append(
                f"{self._label(axis)} {field_text(low)} … {field_text(high)} {self._unit(axis)}"
            )
        return ", ".join(each.strip() for each in parts).replace("-", "−")

    def is_held(self) -> bool:
        return bool(self.editor.is_held) or any(f.is_typed_into() for f in self.fields.values())

    def _show(self, value: Any) -> None:
        self.editor.set_value(value)
        self._show_fields(value)

    def _show_fields(self, value: Any) -> None:
        for axis, field in self.fields.items():
            with QSignalBlocker(field):
                field.setValue(value[axis])

    def _on_pad(self, x: float, y: float) -> None:
        value = {"x": x, "y": y}
        self._show_fields(value)
        self._edit(value)

    def _on_field(self, axis: str, number: float) -> None:
        before = self.editor.value
        value = {**before, axis: number}
        try:
            self.spec.accept(value)
        except RequestError as error:  # outside the circle
            self._show_fields(before)
            self.set_error(error.message)
            return
        self.editor.set_value(value)
        self._edit(value)


def _with_unit(label: str, unit: str) -> str:
    return f"{label} ({unit})" if unit else label
