"""Rows of choices: a list that opens, or a button for each option."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QSignalBlocker
from PySide6.QtWidgets import QButtonGroup, QComboBox, QRadioButton, QVBoxLayout, QWidget

from app.panels.rows.base import ControlRow
from app.panels.rows.scalar import EDITOR_PX
from app.ui.inputs import ComboBox
from app.ui.plain import menu_text, plain_tip
from backends.controls import ChoiceValueSpec


class ChoiceRow(ControlRow):
    """One of several options: a list that opens."""

    def _build(self) -> QWidget:
        spec = self.spec.value_spec
        assert isinstance(spec, ChoiceValueSpec)
        box = ComboBox()
        box.addItems(list(spec.options))
        box.setMinimumWidth(EDITOR_PX)
        box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        box.currentTextChanged.connect(self._edit)
        widest = max(box.fontMetrics().horizontalAdvance(text) for text in spec.options)
        # A long option has a line of its own.
        (self._head if widest <= EDITOR_PX - 40 else self._column).addWidget(box)
        return box

    def _show(self, value: Any) -> None:
        with QSignalBlocker(self.editor):
            self.editor.setCurrentText(str(value))


class RadioRow(ControlRow):
    """One of several options: a button for each, below each other.

    Attributes
    ----------
    buttons : dict of str to QRadioButton
        By option.
    """

    def _build(self) -> QWidget:
        spec = self.spec.value_spec
        assert isinstance(spec, ChoiceValueSpec)
        box = QWidget()
        column = QVBoxLayout(box)
        column.setContentsMargins(4, 4, 4, 4)  # for the edge of a refused choice
        column.setSpacing(4)
        self._group = QButtonGroup(box)
        self.buttons: dict[str, QRadioButton] = {}
        for option in spec.options:
            button = QRadioButton(menu_text(option))
            button.setAccessibleName(f"{self.spec.label}: {option}")
            button.setToolTip(plain_tip(option))
            button.setMinimumWidth(EDITOR_PX)  # a longer option is cut, and complete in its tip
            self.buttons[option] = button
            self._group.addButton(button)
            column.addWidget(button)
        self._group.buttonToggled.connect(self._on_toggled)
        box.setFocusProxy(next(iter(self.buttons.values()), None))
        self._column.addWidget(box)
        return box

    def _show(self, value: Any) -> None:
        with QSignalBlocker(self._group):
            if value in self.buttons:
                self.buttons[value].setChecked(True)
                self.editor.setFocusProxy(self.buttons[value])

    def _on_toggled(self, button: QRadioButton, is_on: bool) -> None:
        if is_on:
            self._edit(next(option for option, each in self.buttons.items() if each is button))
