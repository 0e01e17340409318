"""`LiveWidget`: a widget that is redrawn soon after its data have changed, however often they change."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QTimer, Signal
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QWidget

FRAMES_PER_S = 30


class LiveWidget(QWidget):
    """Base of widgets whose setters store and call `schedule_redraw`; `_redraw` draws what is stored.

    It is drawn at most `frames_per_s` times a second, by a timer that runs only after a change, and not
    while it is hidden.

    Signals
    -------
    drawing()
        It is about to be redrawn; `_redraw` emits it.

    Attributes
    ----------
    may_draw : callable
        Called before a redraw; if it returns False, its owner calls `draw_due` later.
    """

    drawing = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._pending = self._is_due = False
        self.may_draw: Callable[[], bool] = lambda: True
        self._timer = QTimer(self, singleShot=True)
        self._timer.timeout.connect(self._draw_if_allowed)

    @property
    def frames_per_s(self) -> int:
        """How often it is drawn, at most."""
        return FRAMES_PER_S

    @property
    def is_due(self) -> bool:
        """Whether a redraw waits for `draw_due`."""
        return self._is_due

    def schedule_redraw(self, *_: object) -> None:
        """Redraw soon; many changes make one redraw."""
        self._pending = True
        if self.isVisible() and not self._timer.isActive() and not self._is_due:
            self._timer.start(1000 // self.frames_per_s)

    def draw_due(self) -> None:
        """Draw now, if a redraw was postponed."""
        if self._is_due and self.isVisible():
            self._redraw()

    def _draw_if_allowed(self) -> None:
        self._is_due = not self.may_draw()
        if not self._is_due:
            self._redraw()

    def _redraw(self) -> None:
        """Draw what has changed. Subclasses extend it."""
        self._pending = self._is_due = False
        self.drawing.emit()

    def showEvent(self, event: QShowEvent) -> None:
        """Draw what changed while the widget was hidden."""
        super().showEvent(event)
        if self._pending:
            self.schedule_redraw()

    def hideEvent(self, event: QHideEvent) -> None:
        """Draw nothing while hidden."""
        super().hideEvent(event)
        self._timer.stop()
        self._is_due = False
