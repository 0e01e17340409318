"""Buttons that Return and Enter press too."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QToolButton, QWidget

from app.ui.keys import RETURN_KEYS
from app.ui.layouts import fill
from app.ui.plain import menu_text, plain_tip


class KeyedButton(QToolButton):
    """A button that Return presses: Space always runs the simulation, whatever has the focus."""

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Press at Return or Enter."""
        if event.key() in RETURN_KEYS:
            self.click()
        else:
            super().keyPressEvent(event)


def set_elided_text(button: QToolButton, text: str, most_px: int, suffix: str = "") -> None:
    """Show a text that is shortened to a width, and a suffix that is not."""
    shown = button.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, most_px)
    button.setText(menu_text(shown + suffix))


def compact_button(
    text: str,
    tip: str = "",
    *,
    name: str = "",
    is_checkable: bool = False,
    parent: QWidget | None = None,
) -> KeyedButton:
    """Return a low button.

    Parameters
    ----------
    text, tip : str
        The tip is the tooltip.
    name : str
        For a screen reader; by default the text.
    """
    button = KeyedButton(parent)
    button.setText(text)
    button.setToolTip(plain_tip(tip))
    button.setAccessibleName(name or text)
    button.setCheckable(is_checkable)
    button.setProperty("compact", True)
    return button


def joined(*buttons: QToolButton) -> QWidget:
    """Return two or more buttons as one, of which exactly one is on: the first, to begin with."""
    group = QWidget()
    ends = ["first", *["middle"] * (len(buttons) - 2), "last"]
    for button, end in zip(buttons, ends, strict=True):
        button.setProperty("segment", end)
        button.setCheckable(True)
        button.setAutoExclusive(True)
    fill(QHBoxLayout(group), *buttons)
    buttons[0].setChecked(True)
    return group
