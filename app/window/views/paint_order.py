"""Paints the frames of viewports, traces and other views in turns.

Qt paints all of a window that is due in one go. Without a graphics card a frame takes about 15 ms and a
trace plot about 10 ms, and a click would wait for all of them.
"""

from __future__ import annotations

import time
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, SignalInstance

if TYPE_CHECKING:
    from app.ui.live_widget import LiveWidget
    from app.viewport.widget import Viewport

# Qt waits 5 ms between a widget's `update()` and its paint, to paint other widgets in the same go.
_QT_PAINT_DELAY_MS = 6.0
LONGEST_TO_FRAME_MS = (
    1000  # a viewport without any room, or in a window that is covered, paints none
)
_FEW = 4  # plots that wait; of more, two are drawn after a frame


def alternate_painting(viewport: Viewport, plot: LiveWidget) -> None:
    """Draw the plot when no frame is due or just after one, and delay the next frame meanwhile."""
    turns = PaintTurns(viewport)
    turns.add_viewport(viewport)
    turns.add(plot)


def defer_frame_for(viewport: Viewport, about_to_paint: SignalInstance) -> None:
    """Delay the next frame while another widget, which emits `about_to_paint`, is painted."""
    about_to_paint.connect(lambda *_: viewport.defer_frames(_QT_PAINT_DELAY_MS))


class PaintTurns(QObject):
    """Lets plots draw when no frame is due or just after one, and one after the other."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._viewports: list[Viewport] = []
        self._plots: list[LiveWidget] = []
        self._waiting: list[LiveWidget] = []
        self._drawn_at, self._last = 0.0, None
        self._timer = QTimer(self, singleShot=True)
        self._timer.timeout.connect(self._draw_without_frame)

    def add_viewport(self, viewport: Viewport) -> None:
        """Give a viewport its turns."""
        self._viewports.append(viewport)
        viewport.framePending.connect(self._on_frame_pending)
        viewport.framePainted.connect(self._draw_after_frame)

    def remove_viewport(self, viewport: Viewport) -> None:
        """Leave a viewport alone that is about to be deleted."""
        if viewport in self._viewports:
            self._viewports.remove(viewport)
            viewport.framePending.disconnect(self._on_frame_pending)
            viewport.framePainted.disconnect(self._draw_after_frame)

    def add(self, plot: LiveWidget) -> None:
        """Give a plot, or another view, its turns."""
        self._plots.append(plot)
        plot.may_draw = partial(self._may_draw, plot)
        plot.drawing.connect(partial(self._on_drawing, plot))
        if plot.is_due:  # since before it had turns here
            self._let_wait(plot)

    def remove(self, plot: LiveWidget) -> None:
        """Leave a plot alone that is about to be deleted."""
        for plots in (self._plots, self._waiting):
            if plot in plots:
                plots.remove(plot)
        plot.may_draw = lambda: False

    def _may_draw(self, plot: LiveWidget) -> bool:
        if not self._is_frame_due and not self._is_painting(plot):
            return True
        self._let_wait(plot)
        return False

    def _let_wait(self, plot: LiveWidget) -> None:
        if plot not in self._waiting:
            self._waiting.append(plot)
        if not self._timer.isActive():
            self._start_timer()

    def _start_timer(self) -> None:
        """Draw without a frame soon, or after a while if a frame is due that is perhaps never painted."""
        self._timer.start(LONGEST_TO_FRAME_MS if self._is_frame_due else int(_QT_PAINT_DELAY_MS))

    @property
    def _is_frame_due(self) -> bool:
        return any(viewport.is_frame_due for viewport in self._viewports)

    def _is_painting(self, plot: LiveWidget) -> bool:
        """Whether another plot is being painted."""
        age_ms = 1e3 * (time.perf_counter() - self._drawn_at)
        return self._last is not None and self._last is not plot and age_ms < _QT_PAINT_DELAY_MS

    def _on_drawing(self, plot: LiveWidget) -> None:
        self._drawn_at, self._last = time.perf_counter(), plot
        if plot in self._waiting:
            self._waiting.remove(plot)
        for viewport in self._viewports:
            viewport.defer_frames(_QT_PAINT_DELAY_MS)

    def _on_frame_pending(self) -> None:
        """Let the other viewports wait: several frames in one go would be as many times as long."""
        others = [each for each in self._viewports if each is not self.sender()]
        for place, viewport in enumerate(others, 1):
            viewport.defer_frames(place * _QT_PAINT_DELAY_MS)

    def _draw_after_frame(self, _frame_ms: float) -> None:
        self._viewports.sort(
            key=lambda each: each is self.sender()
        )  # who has waited longest is first
        self._draw_waiting(1 if len(self._waiting) <= _FEW else 2)

    def _draw_without_frame(self) -> None:
        self._draw_waiting(1)

    def _draw_waiting(self, most: int) -> None:
        due = [plot for plot in self._waiting if plot.is_due]
        self._waiting = due[most:]
        for plot in due[:most]:
            plot.draw_due()
        if self._waiting:
            self._start_timer()
        else:
            self._timer.stop()
