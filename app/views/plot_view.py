"""`PlotView`: base class of the views that are plots: axes, what the user has moved, the value under the pointer."""

from __future__ import annotations

import math

from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.palette import Theme
from app.traces.plot_canvas import PlotCanvas
from app.traces.ranges import Range
from app.ui.layouts import fill
from app.views.field_view import FieldView, S

_EDGE = 0.002


class PlotView(FieldView[S]):
    """A `FieldView` with a `PlotCanvas`; one widget may stand above it and one on its right."""

    def __init__(
        self,
        parent: QWidget | None = None,
        *,
        moves_both: bool = False,
        above: QWidget | None = None,
        beside: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.canvas = PlotCanvas(moves_both=moves_both)
        self.follows_x = self.follows_y = True
        self._at = (math.nan, math.nan)
        self.canvas.hovered.connect(self._hover)
        self.canvas.rangeChangedByUser.connect(self._stop_following)
        self.canvas.liveRequested.connect(self.show_all)
        self.canvas.menuRequested.connect(self.open_menu)
        self.canvas.resized.connect(self.schedule_redraw)
        for axis in self.canvas.plot_axes.values():
            axis.setStyle(hideOverlappingLabels=False)  # those at the ends of the axis
        content = QWidget()
        row = fill(QHBoxLayout(), (self.canvas, 1), *([] if beside is None else [beside]))
        fill(QVBoxLayout(content), *([] if above is None else [above]), (row, 1))
        self._build(self.canvas)
        self._set_content(content)

    def _build(self, canvas: PlotCanvas) -> None:
        """Add to the canvas what is drawn on it."""

    def _apply_theme(self, theme: Theme) -> None:
        self.canvas.set_theme(theme)

    def _set_ranges(self, x: Range, y: Range, edge: float = _EDGE) -> None:
        """Show ranges, but for those that the user has moved; `edge`, a share of each, shows the numbers at their ends."""
        shown = self.canvas.ranges()
        wider = [(low - edge * (high - low), high + edge * (high - low)) for low, high in (x, y)]
        self.canvas.set_ranges(
            wider[0] if self.follows_x else shown[0], wider[1] if self.follows_y else shown[1]
        )

    def _follow(self) -> None:
        self.follows_x = self.follows_y = True

    def _stop_following(self, x: bool, y: bool) -> None:
        self.follows_x &= not x
        self.follows_y &= not y
        self.header.back.setVisible(not (self.follows_x and self.follows_y))
        self.schedule_redraw()

    def _hover(self, x: float, y: float) -> None:
        self._at = (x, y)
        self._show_readout()

    def _show_readout(self) -> None:
        """Show the value under the pointer; a subclass calls it when it has drawn."""
        x, y = self._at
        is_over = math.isfinite(x) and self.redraws > 0 and not self.message
        self.header.set_readout(self._readout_at(x, y) if is_over else "")

    def _readout_at(self, x: float, y: float) -> str:
        """Return the value at a place of the axes as text."""
        raise NotImplementedError
