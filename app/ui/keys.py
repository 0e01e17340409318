"""Keys that a widget handles before the window's shortcuts do."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QKeyEvent

RETURN_KEYS = (Qt.Key.Key_Return, Qt.Key.Key_Enter)


def is_override(event: QEvent, *keys: Qt.Key) -> bool:
    """Whether Qt asks a widget if it handles one of these keys, before the window's shortcuts do.

    The widget takes the key by accepting the event.
    """
    return (
        event.type() == QEvent.Type.ShortcutOverride
        and isinstance(event, QKeyEvent)
        and event.key() in keys
    )


class EscapeHandler:
    """Mixin, named before the widget's class: Esc reaches the widget, not the window, while it is of use."""

    def handles_escape(self) -> bool:
        """Whether Esc is of use now."""
        return True

    def use_escape(self) -> None:
        """Do what Esc does here."""
        raise NotImplementedError

    def event(self, event: QEvent) -> bool:
        """Keep Esc from the window's shortcuts."""
        if is_override(event, Qt.Key.Key_Escape) and self.handles_escape():
            event.accept()
            return True
        return bool(super().event(event))  # type: ignore[misc]

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Use Esc, or leave it to the widgets around."""
        if event.key() != Qt.Key.Key_Escape:
            super().keyPressEvent(event)  # type: ignore[misc]
        elif self.handles_escape():
            self.use_escape()
        else:
            event.ignore()
