"""`BusyBar`: shows what is being built and for how long, with a button to cancel."""

from __future__ import annotations

import time

from PySide6.QtCore import QSize, Qt, QTimer, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QProgressBar, QToolButton, QWidget

from app.ui.labels import ElidingLabel
from app.ui.plain import PlainLabel, plain_tip


class _SteadyLabel(ElidingLabel):
    """Wants the room of its longest text, so that the progress bar does not jump when the text changes."""

    widest = 0

    def sizeHint(self) -> QSize:
        hint = super().sizeHint()
        self.widest = max(self.widest, hint.width())
        return QSize(self.widest, hint.height())


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
        self._label, self._seconds = _SteadyLabel(), PlainLabel()
        self._seconds.setObjectName("quiet")
        self._seconds.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self._seconds.setMinimumWidth(self.fontMetrics().horizontalAdvance("000 s"))
        self._progress = QProgressBar()
        self._progress.setTextVisible(False)
        self._progress.setFixedHeight(6)
        self._progress.setRange(0, 0)
        self.cancel_button = QToolButton(text="Cancel")
        self.cancel_button.setToolTip("Stop building (Esc)")
        self.cancel_button.clicked.connect(self.cancelRequested)
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 6, 8, 6)
        row.setSpacing(8)
        row.addWidget(self._label)
        row.addWidget(self._progress, 1)
        row.addWidget(self._seconds)
        row.addWidget(self.cancel_button)
        self._timer = QTimer(self, interval=200)
        self._timer.timeout.connect(self._refresh)
        self.hide()

    def show_progress(self, text: str, progress: float | None) -> None:
        """Show what is being done; `progress` is 0 … 1, or None if unknown."""
        if self.isHidden():
            self._since = time.monotonic()
            self._label.widest = 0
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
