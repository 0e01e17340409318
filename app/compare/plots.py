"""`ComparePlots`: both voltages of the chosen segments over time, and below them their difference."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QHBoxLayout, QSplitter, QVBoxLayout, QWidget

from app.compare.result import Scale, symmetric_range
from app.palette import DARK, Rgb, Theme
from app.traces.canvas import TraceCanvas
from app.traces.envelope import TraceBuffer
from app.traces.layout import CanvasHint
from app.traces.ranges import Range, auto_range
from app.ui.plain import PlainLabel

EMPTY_HINT = "Click the cell, or press T, to add a segment's traces."
_LEFT, _RIGHT = " left", " right"
_DIFFERENCE_MARGIN = 1.08


@dataclass(frozen=True, eq=False)
class TracePair:
    """The traces of one segment.

    Attributes
    ----------
    left, right : ndarray, shape (n,)
        mV.
    """

    segment_id: str
    color: Rgb
    left: NDArray[np.float32]
    right: NDArray[np.float32]


class LineLegend(QWidget):
    """Shows which line is solid and which is dashed."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._names = ("", "")
        self._theme = DARK

    @property
    def names(self) -> tuple[str, str]:
        """The names of the solid and of the dashed line."""
        return self._names

    def set_names(self, left: str, right: str) -> None:
        """Name the solid line and the dashed one."""
        self._names = (left, right)
        self.updateGeometry()
        self.update()

    def set_theme(self, theme: Theme) -> None:
        """Use the colours of a theme."""
        self._theme = theme
        self.update()

    def sizeHint(self) -> QSize:
        """Return the size of both lines with their names."""
        width = sum(self.fontMetrics().horizontalAdvance(name) + 52 for name in self._names)
        return QSize(width, 20)

    minimumSizeHint = sizeHint

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw two pieces of line, each with its name."""
        painter, x, middle = QPainter(self), 0.0, self.height() / 2
        styles = (Qt.PenStyle.SolidLine, Qt.PenStyle.DashLine)
        for name, style in zip(self._names, styles, strict=True):
            painter.setPen(QPen(QColor(*self._theme.text), 1.0, style))
            painter.drawLine(int(x), int(middle), int(x + 28), int(middle))
            width = self.fontMetrics().horizontalAdvance(name)
            painter.setPen(QColor(*self._theme.text_quiet))
            area = QRectF(x + 34, 0, width + 4, self.height())
            painter.drawText(area, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, name)
            x += width + 52


class ComparePlots(QWidget):
    """Two plots over one time axis.

    Signals
    -------
    timeClicked(float)
        ms.
    """

    timeClicked = Signal(float)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.canvas = TraceCanvas(shows_time=False)
        self.difference_canvas = TraceCanvas(shows_time=False)
        self.key = LineLegend()
        self._pairs: tuple[TracePair, ...] = ()
        self._buffers: dict[str, TraceBuffer] = {}
        self._times: NDArray[np.float64] = np.zeros(1)
        self._x: Range = (0.0, 1.0)
        self._y: dict[TraceCanvas, Range | None] = {self.canvas: None, self.difference_canvas: None}
        self._time_ms: float | None = None
        self._scale = Scale.of(1.0)
        self._hint = CanvasHint(EMPTY_HINT, self.canvas)
        self._lay_out()
        self.canvas.setAccessibleName("Voltages over time")
        self.difference_canvas.setAccessibleName("Differences over time")
        self.canvas.set_labels("V", "mV")
        self.difference_canvas.set_labels("ΔV", "mV")
        upper = self.canvas.getPlotItem().getAxis("bottom")
        upper.setStyle(showValues=False)
        upper.showLabel(False)
        for canvas in (self.canvas, self.difference_canvas):
            canvas.cursorClicked.connect(self._click)
            canvas.rangeChangedByUser.connect(self._apply_user_range)
            canvas.liveRequested.connect(self.show_all)
            canvas.resized.connect(self._redraw)

    def _lay_out(self) -> None:
        title = PlainLabel("Chosen segments")
        title.setObjectName("group")
        head = QHBoxLayout()
        head.setContentsMargins(12, 6, 12, 2)
        head.addWidget(title)
        head.addStretch(1)
        head.addWidget(self.key)
        self._split = QSplitter(Qt.Orientation.Vertical)
        self._split.setChildrenCollapsible(False)
        self._split.addWidget(self.canvas)
        self._split.addWidget(self.difference_canvas)
        self._split.setSizes([180, 150])
        self._split.setStretchFactor(0, 3)
        self._split.setStretchFactor(1, 2)
        for canvas, least in ((self.canvas, 80), (self.difference_canvas, 110)):
            canvas.setMinimumHeight(least)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(head)
        column.addWidget(self._split, 1)

    # -------------------------------------------------------------------------------- setters

    def set_run(self, times: NDArray[np.float64], names: tuple[str, str]) -> None:
        """Start with the times (ms) of a new run and the names of its sides."""
        self.set_pairs(())
        self._times = times
        self.key.set_names(*names)
        self.show_all()

    def set_pairs(self, pairs: Sequence[TracePair]) -> None:
        """Show exactly these segments."""
        wanted = {pair.segment_id for pair in pairs}
        for pair in self._pairs:
            if pair.segment_id not in wanted:
                self._remove(pair)
        self._pairs = tuple(pairs)
        for pair in pairs:
            for curve, values in _curves(pair):
                self._add_buffer(curve, values)
            self.canvas.set_curve(pair.segment_id + _LEFT, pair.color)
            self.canvas.set_curve(pair.segment_id + _RIGHT, pair.color, Qt.PenStyle.DashLine)
            self.difference_canvas.set_curve(pair.segment_id, pair.color)
        self._hint.setVisible(not pairs)
        self._redraw()

    def set_time(self, time_ms: float) -> None:
        """Show the cursor at a time, ms."""
        self._time_ms = time_ms
        self._show_cursor()

    def set_theme(self, theme: Theme) -> None:
        """Use the colours of a theme; the caller sets those of the traces."""
        for each in (self.canvas, self.difference_canvas, self.key):
            each.set_theme(theme)
        self._show_cursor()

    def show_all(self) -> None:
        """Show the complete run, with a value range around all traces."""
        self._x = float(self._times[0]), float(max(self._times[-1], self._times[0] + 1e-3))
        self._y = {self.canvas: None, self.difference_canvas: None}
        self._redraw()

    # -------------------------------------------------------------------------------- reading

    def ranges(self) -> tuple[tuple[Range, Range], tuple[Range, Range]]:
        """Return the ranges of times (ms) and values shown above (mV) and below (in `unit`)."""
        return self.canvas.ranges(), self.difference_canvas.ranges()

    @property
    def unit(self) -> str:
        """The unit of the differences: ``"mV"``, ``"µV"``, ``"nV"``."""
        return self._scale.unit

    # -------------------------------------------------------------------------------- drawing

    def _add_buffer(self, curve: str, values: NDArray[np.float32]) -> None:
        if curve not in self._buffers:
            self._buffers[curve] = TraceBuffer(max(4, len(values)))
            self._buffers[curve].append(self._times, values)

    def _remove(self, pair: TracePair) -> None:
        for curve, _ in _curves(pair):
            del self._buffers[curve]
        self.canvas.remove_curve(pair.segment_id + _LEFT)
        self.canvas.remove_curve(pair.segment_id + _RIGHT)
        self.difference_canvas.remove_curve(pair.segment_id)

    def _redraw(self) -> None:
        self._hint.fit()
        reach = self._difference_range()
        self._scale_to(Scale.of(reach[1]))
        factor = self._scale.per_mv
        strip = reach[0] * factor, reach[1] * factor
        for canvas, automatic, by in (
            (self.canvas, self._voltage_range(), 1),
            (self.difference_canvas, strip, factor),
        ):
            canvas.set_ranges(self._x, self._y[canvas] or automatic)
            width = canvas.width_px()
            for curve in self._curves_of(canvas):
                times, values = self._buffers[curve].window(*self._x, width)
                canvas.draw(curve, times, values * by)
        self._show_cursor()

    def _scale_to(self, scale: Scale) -> None:
        """Show differences in a unit; a range that the user chose in another unit is forgotten."""
        if scale != self._scale:
            self._scale = scale
            self._y[self.difference_canvas] = None
            self.difference_canvas.set_labels("ΔV", scale.unit)

    def _curves_of(self, canvas: TraceCanvas) -> list[str]:
        marks = (_LEFT, _RIGHT) if canvas is self.canvas else ("",)
        return [pair.segment_id + mark for pair in self._pairs for mark in marks]

    def _voltage_range(self) -> Range:
        both = [values for pair in self._pairs for values in (pair.left, pair.right)]
        if not both:
            return auto_range(np.nan, np.nan, "mV")
        low, high = min(float(v.min()) for v in both), max(float(v.max()) for v in both)
        return auto_range(low, high, "mV")

    def _difference_range(self) -> Range:
        """Return a range even about 0 with a little air above the largest difference."""
        most = max((float(np.abs(p.left - p.right).max()) for p in self._pairs), default=1.0)
        return symmetric_range(most * _DIFFERENCE_MARGIN)

    def _show_cursor(self) -> None:
        for canvas in (self.canvas, self.difference_canvas):
            at = self._time_ms if self._pairs else None
            canvas.show_cursor(at, True, self._dots(canvas))

    def _dots(self, canvas: TraceCanvas) -> list[tuple[float, Rgb]]:
        if self._time_ms is None:
            return []
        is_strip = canvas is self.difference_canvas
        marks, by = (("",), self._scale.per_mv) if is_strip else ((_LEFT, _RIGHT), 1.0)
        return [
            (self._buffers[pair.segment_id + mark].value_at(self._time_ms) * by, pair.color)
            for pair in self._pairs
            for mark in marks
        ]

    # --------------------------------------------------------------------------------- events

    def _click(self, time_ms: float) -> None:
        self.timeClicked.emit(time_ms)

    def _apply_user_range(self, x: bool, y: bool) -> None:
        """Show in both plots the time range that the user chose in one."""
        canvas = self.sender()
        if not isinstance(canvas, TraceCanvas):
            return
        ranges = canvas.ranges()
        if x:
            self._x = ranges[0]
        if y:
            self._y[canvas] = ranges[1]
        self._redraw()


def _curves(pair: TracePair) -> list[tuple[str, NDArray[np.float32]]]:
    """Return the names and values of a pair's curves."""
    return [
        (pair.segment_id + _LEFT, pair.left),
        (pair.segment_id + _RIGHT, pair.right),
        (pair.segment_id, pair.left - pair.right),
    ]
