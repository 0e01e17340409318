"""Rows of a check box and of a line of text."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QSignalBlocker
from PySide6.QtWidgets import QCheckBox, QLineEdit, QWidget

from app.panels.rows.base import ControlRow
from app.ui.number_field import return_focus
from backends.controls import TextValueSpec

_LONGEST = 2**31 - 1  # of what Qt can count


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
        line.setMaxLength(_LONGEST if spec.max_length is None else spec.max_length)
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

    def is_held(self) -> bool:
        return bool(self.editor.hasFocus() and self.editor.isModified())

    def _on_finished(self) -> None:
        text = self.editor.text()
        self.editor.setModified(False)
        self._let_go()
        if text != self._last_text:
            self._last_text = text
            self._edit(text)
