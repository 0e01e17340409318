"""`TraceCanvas`: a plot of curves over time, with a time cursor.

Pens are one cosmetic pixel wide, which Qt draws fastest; only the highlighted trace has two.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, Qt, Signal
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QWidget

from app.palette import Rgb, Theme
from app.traces.plot_canvas import PlotCanvas

FloatArray = NDArray[np.floating[Any]]
MIN_TIME_SPAN_MS = 1e-3
_PICK_PX = 8


class TraceCanvas(PlotCanvas):
    """Curves by id and a time cursor; ranges and axes are those of `PlotCanvas`.

    Signals
    -------
    cursorHovered(float)
        Time under the pointer, ms; NaN once the pointer left.
    cursorClicked(float)
        Time of a click, ms.
    curveClicked(str)
        A click hit a curve.
    """

    cursorHovered = Signal(float)
    cursorClicked = Signal(float)
    curveClicked = Signal(str)

    def __init__(self, parent: QWidget | None = None, *, shows_time: bool = True) -> None:
        super().__init__(parent)
        self._shows_time = shows_time
        self._has_time_axis = True
        self._curves: dict[str, pg.PlotCurveItem] = {}
        self._colors: dict[str, Rgb] = {}
        self._styles: dict[str, Qt.PenStyle] = {}
        self._below: set[str] = set()
        self._highlighted: str | None = None
        self._cursor = pg.InfiniteLine(angle=90, movable=False)
        self._dots = pg.ScatterPlotItem(size=7, pen=None)
        self._time_label = pg.InfLineLabel(self._cursor, "", position=0.97, movable=False)
        self._prepare()

    def _prepare(self) -> None:
        self.setAccessibleName("Traces over time")
        self.box.setLimits(minXRange=MIN_TIME_SPAN_MS)
        for line in (self._cursor, self._dots):
            line.setZValue(100)
            line.hide()
            self.box.addItem(line, ignoreBounds=True)
        self.box.clicked.connect(self._on_click)
        self.hovered.connect(lambda time_ms, _: self.cursorHovered.emit(time_ms))
        self._time_label.setVisible(self._shows_time)
        self.set_labels("Value", "")

    # ------------------------------------------------------------------------------ setters

    def set_labels(self, y_label: str, y_unit: str) -> None:
        """Set the axes' labels; units are shown as given."""
        self.set_axis_labels("Time (ms)", y_label, y_unit)
        self.set_time_axis(self._has_time_axis)

    def set_time_axis(self, shown: bool) -> None:
        """Show the numbers and the label of the time axis, or only its ticks."""
        self._has_time_axis = shown
        self.plot_axes["bottom"].setStyle(showValues=shown)
        self.show_x_label(shown)

    def set_theme(self, theme: Theme) -> None:
        """Use the colours of a theme."""
        super().set_theme(theme)
        self._time_label.setColor(QColor(*theme.text))
        self._time_label.fill = pg.mkBrush(*theme.panel, 230)

    def set_curve(
        self,
        trace_id: str,
        color: Rgb,
        style: Qt.PenStyle = Qt.PenStyle.SolidLine,
        *,
        below: bool = False,
    ) -> None:
        """Add a curve, or change its colour and style; one `below` the others cannot be clicked."""
        if trace_id not in self._curves:
            curve = pg.PlotCurveItem(skipFiniteCheck=True, antialias=False)
            self._curves[trace_id] = curve
            self.box.addItem(curve, ignoreBounds=True)
        self._colors[trace_id], self._styles[trace_id] = color, style
        if below:
            self._below.add(trace_id)
        self._set_pen(trace_id)

    def has_curve(self, trace_id: str) -> bool:
        """Whether there is a curve of that id."""
        return trace_id in self._curves

    def remove_curve(self, trace_id: str) -> None:
        """Remove a curve."""
        self.box.removeItem(self._curves.pop(trace_id))
        del self._colors[trace_id], self._styles[trace_id]
        self._below.discard(trace_id)
        if self._highlighted == trace_id:
            self._highlighted = None

    def set_curve_shown(self, trace_id: str, shown: bool) -> None:
        """Show or hide a curve."""
        self._curves[trace_id].setVisible(shown)

    def highlight(self, trace_id: str | None) -> None:
        """Draw one curve thicker and above the others."""
        old, self._highlighted = self._highlighted, trace_id
        for each in (old, trace_id):
            if each in self._curves:
                self._set_pen(each)

    def _set_pen(self, trace_id: str) -> None:
        chosen = trace_id == self._highlighted
        curve = self._curves[trace_id]
        pen = pg.mkPen(
            self._colors[trace_id], width=2 if chosen else 1, style=self._styles[trace_id]
        )
        curve.setPen(pen)
        curve.setZValue(10 if chosen else 0 if trace_id in self._below else 1)

    def draw(self, trace_id: str, times: FloatArray, values: FloatArray) -> None:
        """Set a curve's points; NaN breaks the line."""
        is_complete = not np.isnan(values).any()
        self._curves[trace_id].setData(
            times, values, connect="all" if is_complete else "finite", skipFiniteCheck=is_complete
        )

    def drawn_ids(self) -> set[str]:
        """Return the traces that have points on the plot."""
        return {id_ for id_, curve in self._curves.items() if curve.xData is not None}

    def show_cursor(
        self, time_ms: float | None, pinned: bool, marks: Iterable[tuple[float, Rgb]]
    ) -> None:
        """Show the cursor with a dot of the trace's colour at each (value, colour); None hides it."""
        shown = time_ms is not None
        self._cursor.setVisible(shown)
        self._dots.setVisible(shown)
        if time_ms is None:
            return
        style = Qt.PenStyle.SolidLine if pinned else Qt.PenStyle.DashLine
        color = self._theme.accent if pinned else self._theme.text_quiet
        self._cursor.setPen(pg.mkPen(color, width=1, style=style))
        self._cursor.setValue(time_ms)
        if self._shows_time:
            self._time_label.setFormat(f"{time_ms:.2f} ms" + ("  pinned" if pinned else ""))
        self._dots.setData(
            [
                {"pos": (time_ms, value), "brush": pg.mkBrush(color)}
                for value, color in marks
                if np.isfinite(value)
            ]
        )

    # ------------------------------------------------------------------------------- events

    def _on_click(self, place: QPointF) -> None:
        self.cursorClicked.emit(float(self.box.mapSceneToView(place).x()))
        hit = self._curve_at(place)
        if hit is not None:
            self.curveClicked.emit(hit)

    def _curve_at(self, place: QPointF) -> str | None:
        """Return the curve nearest to `place` within a few px along the vertical."""
        best, best_px = None, float(_PICK_PX)
        at = self.box.mapSceneToView(place)
        px_per_unit = self.box.height() / max(float(np.ptp(self.ranges()[1])), 1e-300)
        reach = _PICK_PX / 2 * float(np.ptp(self.ranges()[0])) / self.width_px()
        for trace_id, curve in self._curves.items():
            times, values = curve.getData()
            is_drawn = curve.isVisible() and times is not None and len(times) >= 2
            if not is_drawn or trace_id in self._below:
                continue
            first, last = np.searchsorted(times, (at.x() - reach, at.x() + reach))
            near = values[max(first - 1, 0) : last + 1]
            if not np.isfinite(near).any():
                continue
            low, high = float(np.nanmin(near)), float(np.nanmax(near))
            distance = max(low - at.y(), at.y() - high, 0.0) * px_per_unit
            if distance < best_px:
                best, best_px = trace_id, distance
        return best
