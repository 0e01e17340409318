"""`BusyBar`: shows what is being built and for how long, with a button to cancel."""

from __future__ import annotations

import time

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QProgressBar,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from app.ui.labels import ElidingLabel
from app.ui.layouts import fill
from app.ui.plain import PlainLabel, plain_tip

_LINE_PX = 4


class BusyBar(QFrame):
    """Shown while a session is being built.

    Signals
    -------
    cancelRequested
    """

    cancelRequested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("busyBar")
        self._text = ""
        self._since = 0.0
        self._label, self._seconds = ElidingLabel(), PlainLabel()
        self._seconds.setObjectName("quiet")
        self._seconds.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self._seconds.setMinimumWidth(self.fontMetrics().horizontalAdvance("000 s"))
        self._progress = QProgressBar()
        self._progress.setTextVisible(False)
        self._progress.setFixedHeight(_LINE_PX)
        self._progress.setRange(0, 0)
        self.cancel_button = QToolButton(text="Cancel")
        self.cancel_button.setToolTip("Stop building (Esc)")
        self.cancel_button.clicked.connect(self.cancelRequested)
        row = fill(QHBoxLayout(), (self._label, 1), self._seconds, self.cancel_button, spacing=8)
        # Below the text, which so has the width of a narrow column for itself.
        fill(QVBoxLayout(self), row, self._progress, margins=(12, 6, 8, 4), spacing=4)
        self._timer = QTimer(self, interval=200)
        self._timer.timeout.connect(self._refresh)
        self.hide()

    def show_progress(self, text: str, progress: float | None) -> None:
        """Show what is being done; `progress` is 0 … 1, or None if unknown."""
        if self.isHidden():
            self._since = time.monotonic()
            self._timer.start()
            self.show()
        self._text = text
        self._progress.setRange(0, 0 if progress is None else 1000)
        if progress is not None:
            self._progress.setValue(round(1000 * progress))
        self._refresh()

    @property
    def text(self) -> str:
        """The text shown."""
        return self._text

    def finish(self) -> None:
        """Hide the bar."""
        self._timer.stop()
        self.hide()

    def _refresh(self) -> None:
        seconds = int(time.monotonic() - self._since)
        self._seconds.setText(f"{seconds} s" if seconds else "")
        self._label.setText(self._text)
        self._label.setToolTip(plain_tip(self._text))
