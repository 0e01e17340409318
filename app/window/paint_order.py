"""Paints viewport frames and traces in turns.

Qt paints all of a window that is due in one go. Without a graphics card a frame takes about 15 ms and the
trace plot about 10 ms, and a click would wait for both.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import SignalInstance

if TYPE_CHECKING:
    from app.traces.plot import TracePlot
    from app.viewport.widget import Viewport

# Qt waits 5 ms between a widget's `update()` and its paint, to paint other widgets in the same go.
_QT_PAINT_DELAY_MS = 6.0


def alternate_painting(viewport: Viewport, plot: TracePlot) -> None:
    """Draw the plot when no frame is due or just after one, and delay the next frame meanwhile."""
    plot.may_draw = lambda: not viewport.is_frame_due
    defer_frame_for(viewport, plot.drawing)
    viewport.framePainted.connect(lambda _: plot.draw_due())


def defer_frame_for(viewport: Viewport, about_to_paint: SignalInstance) -> None:
    """Delay the next frame while another widget, which emits `about_to_paint`, is painted."""
    about_to_paint.connect(lambda *_: viewport.defer_frames(_QT_PAINT_DELAY_MS))
