"""`Sheet`: a window over the dock that shows something, and perhaps the progress of work on it."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QProgressBar,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from app.ui.layouts import Item, fill
from app.ui.sentence_label import SentenceLabel


class Sheet(QDialog):
    """Parts above a row of buttons; deleted when it is closed.

    Signals
    -------
    stopped
        The sheet was closed, or Esc pressed, while work was running.
    """

    stopped = Signal()

    def __init__(
        self,
        name: str,
        title: str,
        width: int,
        height: int,
        parent: QWidget | None,
        close: str = "Close",
    ) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.setWindowTitle(title)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.resize(width, height)
        self.is_working = False
        self.message = SentenceLabel()
        self.bar = QProgressBar(textVisible=False, accessibleName="Progress")
        self.buttons = QDialogButtonBox()
        self.buttons.rejected.connect(self.close)
        self.close_button = QPushButton(close)
        self._close_text = close

    def add_button(self, text: str) -> QPushButton:
        """Add and return a button that leaves the sheet open."""
        return self.buttons.addButton(text, QDialogButtonBox.ButtonRole.ActionRole)

    def lay_out(self, *parts: Item) -> None:
        """Put parts one below the other, and the buttons below them, the one that closes last."""
        self.buttons.addButton(self.close_button, QDialogButtonBox.ButtonRole.RejectRole)
        fill(QVBoxLayout(self), *parts, self.buttons, margins=(16, 16, 16, 12), spacing=8)

    def show_work(self, sentence: str, share: float | None) -> None:
        """Show what is being done, and the share that is done (None for unknown)."""
        self.set_working(True)
        self.show_message(sentence)
        self.bar.setRange(0, 0 if share is None else 1000)
        self.bar.setValue(0 if share is None else round(1000 * share))

    def set_working(self, is_working: bool) -> None:
        """Show whether work is running, which the last button stops."""
        self.is_working = is_working
        self.bar.setVisible(is_working)
        self.close_button.setText("Stop" if is_working else self._close_text)
        if is_working:
            self.close_button.setFocus()

    def show_message(self, sentence: str) -> None:
        """Show a sentence, which a screen reader reads too."""
        self.message.setText(sentence)
        self.message.setAccessibleName(sentence)

    def done(self, result: int) -> None:
        """Stop the work with the sheet: Esc, Stop and the window's close button all come here."""
        if self.is_working:
            self.is_working = False
            self.stopped.emit()
        super().done(result)
