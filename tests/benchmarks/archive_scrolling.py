"""Scrolls the hits with real wheel events, and records when each step was painted."""

from __future__ import annotations

import time
from collections.abc import Callable
from random import Random

from PySide6.QtCore import QEvent, QObject, QPoint, QPointF, Qt, QTimer, Signal
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QAbstractItemView, QApplication

from tests.benchmarks.waiting import wait_until

STEP_MS = 16
_NOTCH = 120  # of the wheel, in eighths of a degree
_LINES_A_NOTCH = 3


class ScrollDriver(QObject):
    """Scrolls a view at 60 Hz.

    Attributes
    ----------
    seconds : list of float
        From each step to the end of the paint that shows it.
    """

    _painted = Signal()

    def __init__(self, view: QAbstractItemView) -> None:
        super().__init__(view)
        self.seconds: list[float] = []
        self._view, self._draw = view, Random(1)
        self._unseen: float | None = None
        self._timer = QTimer(self, interval=STEP_MS)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        view.viewport().installEventFilter(self)
        # Queued: it comes after the update of the whole window that the paint is a part of.
        self._painted.connect(self._on_painted, Qt.ConnectionType.QueuedConnection)

    def wheel(self, pixels: int, seconds: float) -> None:
        """Turn the wheel, `pixels` a step; Qt scrolls at most a page for each event."""
        self._move(lambda: self._turn(pixels), seconds)

    def drag(self, seconds: float) -> None:
        """Drag the handle of the scroll bar to random places, with the button down."""
        bar = self._view.verticalScrollBar()

        def step() -> None:
            self._begin_step()
            bar.setSliderPosition(self._draw.randrange(bar.maximum()))

        bar.setSliderDown(True)
        self._move(step, seconds)
        bar.setSliderDown(False)

    def begin(self, pixels: int, n_steps: int, n_rests: int) -> None:
        """Alternate between turning the wheel and pausing, until `end`."""
        self._timer.timeout.connect(self._with_rests(pixels, n_steps, n_rests))
        self._timer.start()

    def end(self) -> None:
        """Stop turning the wheel."""
        self._timer.stop()
        self._timer.timeout.disconnect()

    # ------------------------------------------------------------------------------------ inside

    def _with_rests(self, pixels: int, n_steps: int, n_rests: int) -> Callable[[], None]:
        n_done = 0

        def step() -> None:
            nonlocal n_done
            if n_done % (n_steps + n_rests) < n_steps:
                self._turn(pixels)
            n_done += 1

        return step

    def _move(self, step: Callable[[], None], seconds: float) -> None:
        self._unseen = None
        end = time.perf_counter() + seconds
        self._timer.timeout.connect(step)
        self._timer.start()
        wait_until(lambda: time.perf_counter() > end)
        self.end()

    def _turn(self, pixels: int) -> None:
        viewport, bar = self._view.viewport(), self._view.verticalScrollBar()
        angle = round(_NOTCH * pixels / (_LINES_A_NOTCH * max(1, bar.singleStep())))
        place = QPointF(viewport.rect().center())
        event = QWheelEvent(
            place,
            QPointF(viewport.mapToGlobal(place.toPoint())),
            QPoint(),
            QPoint(0, -angle),
            Qt.MouseButton.NoButton,
            Qt.KeyboardModifier.NoModifier,
            Qt.ScrollPhase.NoScrollPhase,
            False,
        )
        self._begin_step()
        QApplication.sendEvent(viewport, event)

    def _begin_step(self) -> None:
        if self._unseen is None:
            self._unseen = time.perf_counter()

    def _on_painted(self) -> None:
        if self._unseen is not None:
            self.seconds.append(time.perf_counter() - self._unseen)
            self._unseen = None

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:
        """Record every paint of the view."""
        if event.type() == QEvent.Type.Paint and self._unseen is not None:
            self._painted.emit()
        return False
