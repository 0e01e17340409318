"""`ControlRow`: what all rows of the Controls panel have in common.

`set_value` shows a value without a signal, `edited(value)` is emitted when the user changes it, and
`set_error` shows why the session refused a value.
"""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QTimer, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QToolButton, QVBoxLayout, QWidget

from app.ui.labels import WrappingLabel
from app.ui.plain import PlainLabel, plain_tip
from app.ui.style import set_style_property
from app.ui.text import with_break_opportunities
from backends.controls import ControlSpec

SETTLE_MS = 250
"""After the user has let go of a slider, how long an older value from the session is not shown."""


class ControlRow(QWidget):
    """Label, editor, reset button, and a line for an error.

    Signals
    -------
    edited(object)
        The user has set another value.
    """

    edited = Signal(object)

    def __init__(self, spec: ControlSpec, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.spec = spec
        self.default = spec.default_value()
        self.label = WrappingLabel(spec.label)
        self.reset = QToolButton()
        self.reset.setText("↺")
        self.reset.setObjectName("flat")
        self.reset.setEnabled(False)
        self.reset.setToolTip(plain_tip(f"Reset to {self.text_of(self.default)}"))
        self.reset.setAccessibleName(f"Reset {spec.label}")
        self.reset.clicked.connect(self.reset_value)
        self.error = PlainLabel()
        self.error.setObjectName("error")
        self.error.setWordWrap(True)
        self.error.hide()
        self._late: Any = None  # what the session has sent while the user held the editor
        self._settle = QTimer(self, singleShot=True, interval=SETTLE_MS)
        self._settle.timeout.connect(self._show_late)
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
        self.editor.setAccessibleName(spec.label)
        self.label.setBuddy(self.editor)
        self._set_tips()
        self._head.addWidget(self.reset)
        self._column.addWidget(self.error)
        self.set_value(self.default)

    # -------------------------------------------------------------------- what a subclass defines

    _label_follows = False

    def _build(self) -> QWidget:
        raise NotImplementedError

    def _show(self, value: Any) -> None:
        raise NotImplementedError

    def text_of(self, value: Any) -> str:
        """Return a value as readable text."""
        return str(value)

    def range_text(self) -> str:
        """Return what is allowed, "" where that can be seen."""
        return ""

    def is_held(self) -> bool:
        """Whether the user is dragging or typing the value."""
        return False

    # -------------------------------------------------------------------------------------- values

    @property
    def is_default(self) -> bool:
        """Whether the value shown is the default."""
        return not self.reset.isEnabled()

    def set_value(self, value: Any) -> None:
        """Show a value; emits no signal. While the user drags or types it is shown afterwards."""
        if self.is_held():
            self._late = value
            return
        self._settle.stop()
        self._late = None
        self._show(value)
        self._place_label()
        self.reset.setEnabled(value != self.default)

    def reset_value(self) -> None:
        """Return to the default."""
        self.set_value(self.default)
        self._edit(self.default)

    def set_error(self, sentence: str | None) -> None:
        """Show why the value was refused; None clears it."""
        self.error.setText(with_break_opportunities(sentence or ""))
        self.error.setVisible(bool(sentence))
        self.editor.setAccessibleDescription(sentence or self.range_text())
        set_style_property(self.editor, "refused", bool(sentence))

    def _edit(self, value: Any) -> None:
        self._late = None  # older than the answer to this value
        self.set_error(None)
        self._place_label()
        self.reset.setEnabled(value != self.default)
        self.edited.emit(value)

    def _let_go(self) -> None:
        """Show what the session has sent meanwhile, unless its answer to the last value comes first."""
        if self._late is not None:
            self._settle.start()

    def _show_late(self) -> None:
        if self._late is not None and not self.is_held():
            self.set_value(self._late)

    # -------------------------------------------------------------------------------------- layout

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

    def _set_tips(self) -> None:
        """Say what the control does, what is allowed and what the default is."""
        facts = [self.range_text(), f"default {self.text_of(self.default)}"]
        line = ", ".join(each for each in facts if each)
        tip = "\n".join(each for each in (self.spec.note, line) if each)
        self.label.setToolTip(plain_tip(tip))
        self.editor.setToolTip(plain_tip(tip))
        self.editor.setAccessibleDescription(self.range_text())
