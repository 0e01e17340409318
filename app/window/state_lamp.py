"""`StateLamp`: what the simulation is doing, as a dot and a word."""

from __future__ import annotations

import time

from PySide6.QtCore import QSize, Qt, QTimer
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from app.palette import DARK, Rgb, Theme
from app.ui.plain import plain_tip
from backends.phase import Phase

BUSY = (Phase.STARTING, Phase.BUILDING, Phase.COMPILING)


class StateLamp(QWidget):
    """A dot and a word; while a model is built, also the elapsed seconds."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._phase = Phase.STARTING
        self._theme = DARK
        self._since = time.monotonic()
        self._timer = QTimer(self, interval=250)
        self._timer.timeout.connect(self.update)
        self._timer.start()
        self._has_word = True
        self.setAccessibleName("State of the simulation")

    def set_phase(self, phase: Phase, message: str = "") -> None:
        """Show a phase; `message` becomes the tooltip."""
        if phase is not self._phase:
            self._phase = phase
            self._since = time.monotonic()
        if phase in BUSY:
            self._timer.start()
        else:
            self._timer.stop()
        self.setToolTip(plain_tip(message or self.text))
        self.setAccessibleDescription(self.text)
        self.update()

    def set_theme(self, theme: Theme) -> None:
        """Use the colours of a theme."""
        self._theme = theme
        self.update()

    def set_word_shown(self, shown: bool) -> None:
        """Show the word beside the dot; otherwise it is in the tip only."""
        self._has_word = shown
        self.updateGeometry()
        self.update()

    @property
    def text(self) -> str:
        """The word, with elapsed seconds while building or compiling."""
        if self._phase not in BUSY:
            return str(self._phase)
        return f"{self._phase}… {time.monotonic() - self._since:.0f} s"

    def sizeHint(self) -> QSize:
        """Return a size for the longest text."""
        if not self._has_word:
            return QSize(22, 24)
        return QSize(self.fontMetrics().horizontalAdvance("Compiling… 99 s") + 26, 24)

    minimumSizeHint = sizeHint

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw the dot and the word."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        middle = self.height() // 2
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(*self._color()))
        painter.drawEllipse(6, middle - 5, 10, 10)
        if not self._has_word:
            return
        painter.setPen(QColor(*self._theme.text))
        area = self.rect().adjusted(22, 0, 0, 0)
        painter.drawText(
            area, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, self.text
        )

    def _color(self) -> Rgb:
        theme = self._theme
        if self._phase is Phase.RUNNING:
            return theme.good
        if self._phase is Phase.FAILED:
            return theme.bad
        is_pending = self._phase in (*BUSY, Phase.NOT_ANSWERING)
        return theme.warn if is_pending else theme.text_quiet
