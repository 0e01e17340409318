"""Rows of numbers: a field to type in, alone or with a slider or a knob."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QSignalBlocker
from PySide6.QtWidgets import QAbstractSlider, QHBoxLayout, QSlider, QWidget

from app.panels.rows.base import ControlRow
from app.panels.rows.knob import Knob
from app.panels.rows.scale import Scale, step_of
from app.ui.inputs import Slider
from app.ui.number_field import UNBOUNDED, NumberField, field_text
from app.ui.plain import PlainLabel, plain_tip
from backends.controls import ControlSpec, ScalarValueSpec

EDITOR_PX = 118
_SHORTEST_SLIDER_PX = 48
# NEURON's convention for "never ends": a duration of 1e9 ms.
INDEFINITE_MS = 1e9


class ScalarRow(ControlRow):
    """A number: a field with its unit, and the slider or knob that the control asks for."""

    slider: QAbstractSlider | None = None

    def _build(self) -> QWidget:
        self._scale = Scale(self.spec) if self.spec.kind in ("slider", "knob") else None
        spin = NumberBox(self.spec)
        spin.refused.connect(self.set_error)
        spin.valueChanged.connect(self._on_spin)
        spin.editingFinished.connect(self._let_go)
        if self.spec.kind == "slider":
            self._head.addWidget(spin)
            self._add_slider(Slider())
        elif self.spec.kind == "knob":
            self._use(knob := Knob())
            self._head.addWidget(knob)
            self._head.addWidget(spin)
        else:
            self._head.addWidget(spin)
        return spin

    def _use(self, slider: QAbstractSlider) -> None:
        """Connect a slider or knob."""
        assert self._scale is not None
        self.slider = slider
        slider.setRange(0, self._scale.steps)
        slider.setPageStep(max(self._scale.steps // 10, 1))
        slider.setAccessibleName(self.spec.label)
        slider.setToolTip(
            plain_tip(self.range_text() + (", logarithmic" if self.spec.is_log else ""))
        )
        slider.valueChanged.connect(self._on_slider)
        slider.sliderReleased.connect(self._let_go)

    def _add_slider(self, slider: QSlider) -> None:
        """Add a slider with the number of each end next to it."""
        self._use(slider)
        row = QHBoxLayout()
        row.setSpacing(6)
        low, high = (PlainLabel(_end_text(each)) for each in (self._scalar.min, self._scalar.max))
        for end in (low, high):
            end.setObjectName("quiet")
        slider.setMinimumWidth(_SHORTEST_SLIDER_PX)
        row.addWidget(low)
        row.addWidget(slider, 1)
        row.addWidget(high)
        self._column.addLayout(row)

    @property
    def _scalar(self) -> ScalarValueSpec:
        spec = self.spec.value_spec
        assert isinstance(spec, ScalarValueSpec)
        return spec

    def text_of(self, value: Any) -> str:
        return f"{field_text(value)} {self._scalar.unit}".strip().replace("-", "−")

    def range_text(self) -> str:
        low, high, unit = self._scalar.min, self._scalar.max, self._scalar.unit
        if low is None and high is None:
            return f"in {unit}" if unit else ""
        if low is None:
            return f"up to {self.text_of(high)}"
        if high is None or high >= INDEFINITE_MS:
            return f"from {self.text_of(low)}"
        return f"{self.text_of(low)} … {self.text_of(high)}"

    def is_held(self) -> bool:
        if self.slider is not None and self.slider.isSliderDown():
            return True
        return bool(self.editor.is_typed_into())

    def value_at(self, position: int) -> float:
        """Return the value at a position of the slider or knob."""
        assert self._scale is not None
        return self._scale.value_at(position)

    def position_of(self, value: float) -> int:
        """Return the position of the slider or knob for a value."""
        assert self._scale is not None
        return self._scale.position_of(value)

    def _show(self, value: Any) -> None:
        self._show_spin(value)
        self._show_slider(value)

    def _show_spin(self, value: float) -> None:
        with QSignalBlocker(self.editor):
            self.editor.setValue(float(value))

    def _show_slider(self, value: float) -> None:
        if self.slider is not None:
            with QSignalBlocker(self.slider):
                self.slider.setValue(self.position_of(float(value)))
            self.slider.update()

    def _on_spin(self, value: float) -> None:
        self._show_slider(value)
        self._edit(round(value) if self._scalar.integer else value)

    def _on_slider(self, position: int) -> None:
        value = self.value_at(position)
        self._show_spin(value)
        self._edit(value)


def _end_text(value: float | None) -> str:
    return field_text(value or 0.0).replace("-", "−")


class NumberBox(NumberField):
    """The number field of a control."""

    def __init__(self, control: ControlSpec, parent: QWidget | None = None) -> None:
        spec = control.value_spec
        assert isinstance(spec, ScalarValueSpec)
        ends = spec.unit == "ms" and (spec.max is None or spec.max >= INDEFINITE_MS)
        super().__init__(
            parent,
            unit=spec.unit,
            low=-UNBOUNDED if spec.min is None else spec.min,
            high=UNBOUNDED if spec.max is None else spec.max,
            whole=spec.integer,
            infinite=INDEFINITE_MS if ends else None,
            least_px=EDITOR_PX,
        )
        if control.is_log:
            self.setStepType(NumberField.StepType.AdaptiveDecimalStepType)
        else:
            self.setSingleStep(step_of(spec))
