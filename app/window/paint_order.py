"""`take_turns`: frames and traces are painted one after the other, never in one go.

Qt paints everything of a window that is due at once. On a machine without a graphics card a frame takes some
15 ms and the trace plot some 10 ms; together they would keep a click waiting for both.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import SignalInstance

if TYPE_CHECKING:
    from app.traces.plot import TracePlot
    from app.viewport.widget import Viewport

# From a widget's `update()` to its paint Qt waits 5 ms, so that what else is due joins in.
_QT_PAINT_DELAY_MS = 6.0


def alternate_painting(viewport: Viewport, plot: TracePlot) -> None:
    """Have the plot drawn when no frame is due, or just after one, and the next frame wait for it."""
    plot.may_draw = lambda: not viewport.is_frame_due
    defer_frame_for(viewport, plot.drawing)
    viewport.framePainted.connect(lambda _: plot.draw_due())


def defer_frame_for(viewport: Viewport, about_to_paint: SignalInstance) -> None:
    """Have the next frame wait while something else that has just changed is painted."""
    about_to_paint.connect(lambda *_: viewport.defer_frames(_QT_PAINT_DELAY_MS))
