"""Texts from outside (names of cells, files, traces, records), shown as they are.

Qt takes a text that looks like HTML for HTML, in labels and tool tips, and would load the pictures that it
names; a menu takes `&` for a key. So labels are `PlainLabel`s, and tips and menu texts go through here.
"""

from __future__ import annotations

from PySide6 import QtGui
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QWidget

_LONGEST_LINE = 80


class PlainLabel(QLabel):
    """A label whose text is never read as markup. Keywords are Qt properties, as for `QLabel`."""

    def __init__(self, text: str = "", parent: QWidget | None = None, **properties: object) -> None:
        super().__init__(parent, textFormat=Qt.TextFormat.PlainText, **properties)
        self.setText(text)


def plain_tip(text: str) -> str:
    """Return what a tool tip must be given to show `text` as it is; a long one wraps."""
    if len(text) <= _LONGEST_LINE and not QtGui.Qt.mightBeRichText(text):
        return text
    from html import escape  # here, as the window waits for the imports of this module

    return f"<qt>{escape(text)}</qt>".replace("\n", "<br>")


def menu_text(text: str) -> str:
    """Return what an action or a button must be given to show `text` as it is."""
    return text.replace("&", "&&").replace("\t", " ")
