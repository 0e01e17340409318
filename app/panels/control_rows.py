"""Rows of the Controls panel: one class for each kind of value, all with the same interface.

`set_value` shows a value without a signal, `edited(value)` is emitted when the user changes it, and
`set_error` shows why the session refused a value.
"""

from __future__ import annotations

import math
from typing import Any

from PySide6.QtCore import QSignalBlocker, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QHBoxLayout,
    QLineEdit,
    QSlider,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from app.ui.inputs import ComboBox, Slider
from app.ui.labels import WrappingLabel
from app.ui.number_field import UNBOUNDED, NumberField, field_text, return_focus
from app.ui.plain import PlainLabel, plain_tip
from app.ui.text import with_break_opportunities
from backends.controls import (
    BoolValueSpec,
    ChoiceValueSpec,
    ControlSpec,
    ScalarValueSpec,
    TextValueSpec,
)

_SLIDER_STEPS = 1000
_SPIN_PX = 118
_SHORTEST_SLIDER_PX = 48


class ControlRow(QWidget):
    """Label, editor, reset button, and a line for an error."""

    edited = Signal(object)

    def __init__(self, spec: ControlSpec, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.spec = spec
        self.label = WrappingLabel(spec.label)
        self.label.setToolTip(plain_tip(spec.note))
        self.reset = QToolButton()
        self.reset.setText("↺")
        self.reset.setObjectName("flat")
        self.reset.setEnabled(False)
        self.reset.setToolTip(plain_tip(f"Reset to {self.text_of(spec.value_spec.default)}"))
        self.reset.setAccessibleName(f"Reset {spec.label}")
        self.reset.clicked.connect(self._on_reset)
        self.error = PlainLabel()
        self.error.setObjectName("error")
        self.error.setWordWrap(True)
        self.error.hide()
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(2)
        self._above = QHBoxLayout()  # the label's place where it does not fit next to the editor
        self._head = QHBoxLayout()
        self._head.setSpacing(4)
        self._head.addWidget(self.label, 1)
        self._column.addLayout(self._above)
        self._column.addLayout(self._head)
        self.editor = self._build()
        self.editor.setToolTip(plain_tip(spec.note))
        self.editor.setAccessibleName(spec.label)
        self.label.setBuddy(self.editor)
        self._head.addWidget(self.reset)
        self._column.addWidget(self.error)
        self.set_value(spec.value_spec.default)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Put the label next to the editor, or above it where there is no room for one line."""
        super().resizeEvent(event)
        self._place_label()

    def _place_label(self) -> None:
        in_row = [self._head.itemAt(i).widget() for i in range(self._head.count())]
        others = [each for each in in_row if each not in (None, self.label)]
        needed = sum(each.sizeHint().width() + self._head.spacing() for each in others)
        is_wide = self.label.width_of_line() + needed <= self.width() or self._label_follows
        if is_wide == (self.label in in_row):
            return
        layout = self._head if is_wide else self._above
        if is_wide:
            self._above.removeWidget(self.label)
            layout.removeItem(layout.itemAt(0))  # the space that kept the editor on the right
            layout.insertWidget(0, self.label, 1)
        else:
            self._head.removeWidget(self.label)
            self._head.insertStretch(0, 1)
            layout.addWidget(self.label, 1)

    _label_follows = False

    def _build(self) -> QWidget:
        raise NotImplementedError

    def _show(self, value: Any) -> None:
        raise NotImplementedError

    def text_of(self, value: Any) -> str:
        """Return a value as readable text."""
        return str(value)

    def set_value(self, value: Any) -> None:
        """Show a value; emits no signal."""
        self._show(value)
        self._place_label()
        self.reset.setEnabled(value != self.spec.value_spec.default)

    def set_error(self, sentence: str | None) -> None:
        """Show why the value was refused; None clears it."""
        self.error.setText(with_break_opportunities(sentence or ""))
        self.error.setVisible(bool(sentence))
        if bool(self.editor.property("refused")) != bool(sentence):
            self.editor.setProperty("refused", bool(sentence))
            self.editor.style().unpolish(self.editor)
            self.editor.style().polish(self.editor)

    def _edit(self, value: Any) -> None:
        self.set_error(None)
        self._place_label()
        self.reset.setEnabled(value != self.spec.value_spec.default)
        self.edited.emit(value)

    def _on_reset(self) -> None:
        default = self.spec.value_spec.default
        self.set_value(default)
        self._edit(default)


class ScalarRow(ControlRow):
    """A number: spin box with its unit, and a slider if it has two bounds."""

    slider: QSlider | None = None

    def _build(self) -> QWidget:
        spec = self._scalar
        spin = NumberBox(spec)
        spin.refused.connect(self.set_error)
        spin.valueChanged.connect(self._on_spin)
        self._head.addWidget(spin)
        if spec.min is not None and spec.max is not None:
            self.slider = Slider()
            self.slider.setRange(0, self._steps())
            self.slider.setPageStep(max(self._steps() // 10, 1))
            self.slider.setAccessibleName(self.spec.label)
            self.slider.setToolTip(
                plain_tip(
                    f"{self.text_of(spec.min)} … {self.text_of(spec.max)}"
                    + (", logarithmic" if spec.log else "")
                )
            )
            self.slider.valueChanged.connect(self._on_slider)
            self._add_slider(self.slider, spec)
        return spin

    def _add_slider(self, slider: QSlider, spec: ScalarValueSpec) -> None:
        """Add a slider with the number of each end next to it."""
        row = QHBoxLayout()
        row.setSpacing(6)
        low, high = (PlainLabel(self._end_text(each)) for each in (spec.min, spec.max))
        for end in (low, high):
            end.setObjectName("quiet")
        slider.setMinimumWidth(_SHORTEST_SLIDER_PX)
        row.addWidget(low)
        row.addWidget(slider, 1)
        row.addWidget(high)
        self._column.addLayout(row)

    @staticmethod
    def _end_text(value: float | None) -> str:
        return field_text(value or 0.0).replace("-", "−")

    @property
    def _scalar(self) -> ScalarValueSpec:
        spec = self.spec.value_spec
        assert isinstance(spec, ScalarValueSpec)
        return spec

    def _steps(self) -> int:
        spec = self._scalar
        assert spec.min is not None
        assert spec.max is not None
        if spec.integer and not spec.log and spec.max - spec.min <= _SLIDER_STEPS:
            return int(spec.max - spec.min)
        if spec.step and not spec.log and (spec.max - spec.min) / spec.step <= 10 * _SLIDER_STEPS:
            return round((spec.max - spec.min) / spec.step)
        return _SLIDER_STEPS

    def text_of(self, value: Any) -> str:
        return f"{field_text(value)} {self._scalar.unit}".strip().replace("-", "−")

    def value_at(self, position: int) -> float:
        """Return the value at a position of the slider."""
        spec = self._scalar
        assert spec.min is not None
        assert spec.max is not None
        share = position / self._steps()
        if spec.log:
            value = spec.min * (spec.max / spec.min) ** share
        else:
            value = spec.min + share * (spec.max - spec.min)
        value = min(max(round(value, decimals_of(spec)), spec.min), spec.max)
        return round(value) if spec.integer else value

    def position_of(self, value: float) -> int:
        """Return the position of the slider for a value."""
        spec = self._scalar
        assert spec.min is not None
        assert spec.max is not None
        value = min(max(value, spec.min), spec.max)
        if spec.log:
            share = math.log(value / spec.min) / math.log(spec.max / spec.min)
        else:
            share = (value - spec.min) / (spec.max - spec.min)
        return round(share * self._steps())

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

    def _on_spin(self, value: float) -> None:
        self._show_slider(value)
        self._edit(round(value) if self._scalar.integer else value)

    def _on_slider(self, position: int) -> None:
        value = self.value_at(position)
        self._show_spin(value)
        self._edit(value)


class ChoiceRow(ControlRow):
    """One of several options."""

    def _build(self) -> QWidget:
        spec = self.spec.value_spec
        assert isinstance(spec, ChoiceValueSpec)
        box = ComboBox()
        box.addItems(list(spec.options))
        box.setMinimumWidth(_SPIN_PX)
        box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        box.currentTextChanged.connect(self._edit)
        widest = max(box.fontMetrics().horizontalAdvance(text) for text in spec.options)
        # A long option has a line of its own.
        (self._head if widest <= _SPIN_PX - 40 else self._column).addWidget(box)
        return box

    def _show(self, value: Any) -> None:
        with QSignalBlocker(self.editor):
            self.editor.setCurrentText(str(value))


class BoolRow(ControlRow):
    """On or off; a click on the label is one on the check box."""

    _label_follows = True

    def _build(self) -> QWidget:
        box = QCheckBox()
        box.toggled.connect(self._edit)
        self.label.clicked.connect(box.click)
        self._head.insertWidget(0, box)
        return box

    def text_of(self, value: Any) -> str:
        return "on" if value else "off"

    def _show(self, value: Any) -> None:
        with QSignalBlocker(self.editor):
            self.editor.setChecked(bool(value))


class TextRow(ControlRow):
    """A line of text; `edited` is emitted on Return or when the focus leaves."""

    def _build(self) -> QWidget:
        spec = self.spec.value_spec
        assert isinstance(spec, TextValueSpec)
        self._last_text = spec.default
        line = QLineEdit()
        line.setPlaceholderText(spec.placeholder)
        line.setMaxLength(spec.max_length)
        line.editingFinished.connect(self._on_finished)
        line.returnPressed.connect(lambda: return_focus(line))
        self._column.addWidget(line)
        return line

    def text_of(self, value: Any) -> str:
        return f"“{value}”" if value else "nothing"

    def _show(self, value: Any) -> None:
        self._last_text = str(value)
        if self.editor.text() != self._last_text:
            self.editor.setText(self._last_text)

    def _on_finished(self) -> None:
        text = self.editor.text()
        if text != self._last_text:
            self._last_text = text
            self._edit(text)


# NEURON's convention for "never ends": a duration of 1e9 ms.
INDEFINITE_MS = 1e9


class NumberBox(NumberField):
    """The number field of a control."""

    def __init__(self, spec: ScalarValueSpec, parent: QWidget | None = None) -> None:
        ends = spec.unit == "ms" and (spec.max is None or spec.max >= INDEFINITE_MS)
        super().__init__(
            parent,
            unit=spec.unit,
            low=-UNBOUNDED if spec.min is None else spec.min,
            high=UNBOUNDED if spec.max is None else spec.max,
            whole=spec.integer,
            infinite=INDEFINITE_MS if ends else None,
            least_px=_SPIN_PX,
        )
        if spec.log:
            self.setStepType(NumberField.StepType.AdaptiveDecimalStepType)
        else:
            self.setSingleStep(step_of(spec))


def step_of(spec: ScalarValueSpec) -> float:
    """Return the change by one press of an arrow key: the spec's, or 1/100 of the range as 1, 2 or 5 × 10ⁿ."""
    if spec.step:
        return spec.step
    if spec.integer:
        return 1.0
    if spec.min is None or spec.max is None:
        raw = abs(spec.default) / 100 or 0.1
    else:
        raw = (spec.max - spec.min) / 100
    power = 10.0 ** math.floor(math.log10(raw))
    return next(nice * power for nice in (1, 2, 5, 10) if nice * power >= raw * 0.999)


def decimals_of(spec: ScalarValueSpec) -> int:
    """Return the number of decimals that a tenth of a step, the default and the bounds need."""
    if spec.integer:
        return 0
    step = spec.min / 100 if spec.log and spec.min else step_of(spec) / 10
    needed = math.ceil(-math.log10(step) - 1e-9)
    for value in (spec.default, spec.min, spec.max):
        text = f"{value or 0:.12f}".rstrip("0")
        needed = max(needed, len(text.partition(".")[2]))
    return min(max(needed, 0), 12)


def make_row(spec: ControlSpec) -> ControlRow:
    """Make the row for a control's kind of value."""
    kinds: dict[type, type[ControlRow]] = {
        ScalarValueSpec: ScalarRow,
        ChoiceValueSpec: ChoiceRow,
        BoolValueSpec: BoolRow,
        TextValueSpec: TextRow,
    }
    return kinds[type(spec.value_spec)](spec)
