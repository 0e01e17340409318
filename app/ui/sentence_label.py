"""`SentenceLabel`: a sentence that wraps in a narrow dock, even inside long addresses and paths."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QContextMenuEvent, QGuiApplication, QKeyEvent, QKeySequence
from PySide6.QtWidgets import QMenu, QWidget

from app.ui.plain import PlainLabel
from app.ui.text import MAY_BREAK, NO_BREAK, with_break_opportunities


class CopyLabel(PlainLabel):
    """A label whose copies are without the characters that it adds to break or join words."""

    def plain_text(self) -> str:
        """Return what is copied while nothing is selected."""
        return self.text()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Copy what is selected."""
        if event.matches(QKeySequence.StandardKey.Copy):
            self._copy()
        else:
            super().keyPressEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Show a menu to copy the selection, or everything."""
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.addAction("Copy", self._copy)
        menu.popup(event.globalPos())

    def _copy(self) -> None:
        selected = self.selectedText().replace(MAY_BREAK, "").replace(NO_BREAK, " ")
        QGuiApplication.clipboard().setText(selected or self.plain_text())


class SentenceLabel(CopyLabel):
    """Plain text to read and copy; `text` and the copy are without the added line breaks."""

    def __init__(self, name: str = "", text: str = "", parent: QWidget | None = None) -> None:
        super().__init__("", parent)
        self.setObjectName(name)
        self.setWordWrap(True)
        self.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.setText(text)

    def setText(self, text: str) -> None:
        """Show a sentence."""
        self._text = text
        super().setText(with_break_opportunities(text))

    def show_sentence(self, text: str) -> None:
        """Show a sentence; without one, hide the label."""
        self.setText(text)
        self.setVisible(bool(text))

    def text(self) -> str:
        """Return the sentence."""
        return self._text


def hint_label(text: str) -> SentenceLabel:
    """Return a label with the hint of an empty page, aligned to the top."""
    label = SentenceLabel("emptyHint", text)
    label.setAlignment(Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop)
    return label
