"""`TraceCanvas`: draws curves, axes and a time cursor with pyqtgraph.

Pens are one cosmetic pixel wide, which Qt draws fastest; only the highlighted trace has two. Ranges are
always set and never searched for by pyqtgraph, and a unit is part of the label's text, because pyqtgraph
would turn "ms" into "mms".
"""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from typing import Any

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPointF, Qt, Signal
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QWidget

from app.palette import DARK, Rgb, Theme

FloatArray = NDArray[np.floating[Any]]
MIN_TIME_SPAN_MS = 1e-3
_PICK_PX = 8
_TICKS, _FEW_TICKS, _LOW_PX = 1.6, 0.6, 130
_AXIS_PX, _AROUND_TICKS_PX = 58, 32  # around: the tick, the axis label and the gaps


class _TraceViewBox(pg.ViewBox):
    """Wheel and drag change the time range; with Ctrl, or over the Y axis, the value range.

    pyqtgraph's own menu is off: the canvas handles a right click.
    """

    clicked = Signal(object)
    menuRequested = Signal(object)
    doubleClicked = Signal()

    def wheelEvent(self, event: Any, axis: int | None = None) -> None:
        if axis is None:
            axis = 1 if event.modifiers() & Qt.KeyboardModifier.ControlModifier else 0
        super().wheelEvent(event, axis)

    def mouseDragEvent(self, event: Any, axis: int | None = None) -> None:
        if event.button() == Qt.MouseButton.RightButton:
            event.ignore()
            return
        if axis is None:
            axis = 1 if event.modifiers() & Qt.KeyboardModifier.ControlModifier else 0
        super().mouseDragEvent(event, axis)

    def mouseClickEvent(self, event: Any) -> None:
        event.accept()
        if event.button() == Qt.MouseButton.RightButton:
            self.menuRequested.emit(event.screenPos())
        elif event.double():
            self.doubleClicked.emit()
        else:
            self.clicked.emit(event.scenePos())


class _Axis(pg.AxisItem):
    """An axis whose negative numbers have a minus sign, not a hyphen."""

    needsWidth = Signal(int)

    def tickStrings(self, values: Any, scale: float, spacing: float) -> list[str]:
        """Return the numbers; emit `needsWidth` where the widest is cut."""
        texts = [text.replace("-", "−") for text in super().tickStrings(values, scale, spacing)]
        if self.orientation == "left" and texts:
            font = QFontMetricsF(self.style["tickFont"] or QFont())
            widest = max(font.horizontalAdvance(text) for text in texts)
            needed = int(widest) + _AROUND_TICKS_PX
            if needed > self.width():
                self.needsWidth.emit(needed)
        return texts


class TraceCanvas(pg.PlotWidget):
    """Curves by id, ranges, time cursor.

    Signals
    -------
    cursorHovered(float)
        Time under the pointer, ms; NaN once the pointer left.
    cursorClicked(float)
        Time of a click, ms.
    curveClicked(str)
        A click hit a curve.
    rangeChangedByUser(bool, bool)
        The user changed the time range, or the value range.
    liveRequested(), menuRequested(QPoint), escapePressed(), resized()
    axisWidthNeeded(int)
        The vertical axis has been made this wide (px), so that its numbers are complete.
    """

    cursorHovered = Signal(float)
    cursorClicked = Signal(float)
    curveClicked = Signal(str)
    rangeChangedByUser = Signal(bool, bool)
    liveRequested = Signal()
    menuRequested = Signal(object)
    escapePressed = Signal()
    resized = Signal()
    axisWidthNeeded = Signal(int)

    def __init__(self, parent: QWidget | None = None, *, shows_time: bool = True) -> None:
        self._shows_time = shows_time
        self._has_time_axis = True
        self._labels = ("Value", "Value")
        self._box = _TraceViewBox(enableMenu=False)
        axes = {side: _Axis(side) for side in ("left", "bottom")}
        super().__init__(parent, viewBox=self._box, axisItems=axes)
        self._curves: dict[str, pg.PlotCurveItem] = {}
        self._colors: dict[str, Rgb] = {}
        self._styles: dict[str, Qt.PenStyle] = {}
        self._below: set[str] = set()
        self._highlighted: str | None = None
        self._theme = DARK
        self._ranges = ((0.0, 1.0), (0.0, 1.0))
        self._cursor = pg.InfiniteLine(angle=90, movable=False)
        self._dots = pg.ScatterPlotItem(size=7, pen=None)
        self._time_label = pg.InfLineLabel(self._cursor, "", position=0.97, movable=False)
        self._prepare()

    def _prepare(self) -> None:
        self.setAccessibleName("Traces over time")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setFrameShape(self.Shape.NoFrame)
        item = self.getPlotItem()
        item.hideButtons()
        item.setMenuEnabled(False)
        # pyqtgraph makes this menu without a parent; so it would never be deleted.
        item.ctrlMenu.setParent(self, item.ctrlMenu.windowFlags())
        item.setContentsMargins(4, 8, 12, 4)
        self._box.disableAutoRange()
        self._box.setLimits(minXRange=MIN_TIME_SPAN_MS)
        for name in ("left", "bottom"):
            axis = item.getAxis(name)
            axis.enableAutoSIPrefix(False)
            axis.setStyle(tickLength=4, maxTickLevel=1)
            axis.setZValue(-1000)  # its grid is below the traces, so that their colours stay true
        self.set_axis_width(_AXIS_PX)
        item.getAxis("left").setTickDensity(_TICKS)
        for line in (self._cursor, self._dots):
            line.setZValue(100)
            line.hide()
            self._box.addItem(line, ignoreBounds=True)
        self._box.sigRangeChangedManually.connect(self._on_user_range)
        self._box.clicked.connect(self._on_click)
        self._box.menuRequested.connect(lambda place: self.menuRequested.emit(place.toPoint()))
        self._box.doubleClicked.connect(self.liveRequested)
        self.scene().sigMouseMoved.connect(self._on_move)
        # Later, since an axis asks while it is painted.
        item.getAxis("left").needsWidth.connect(
            self.axisWidthNeeded, Qt.ConnectionType.QueuedConnection
        )
        self.axisWidthNeeded.connect(
            lambda width: self.set_axis_width(max(width, self.axis_width()))
        )
        self._time_label.setVisible(self._shows_time)
        self.set_labels("Value", "")

    # ------------------------------------------------------------------------------ setters

    def set_labels(self, y_label: str, y_unit: str) -> None:
        """Set the axes' labels; units are shown as given."""
        item = self.getPlotItem()
        item.setLabel("bottom", "Time (ms)")
        self.set_time_axis(self._has_time_axis)
        self._labels = (f"{y_label} ({y_unit})" if y_unit else y_label, y_unit or y_label)
        self._fit_label()

    def _fit_label(self) -> None:
        """Write the vertical axis's label, or only the unit where there is no room for both."""
        item, (full, short) = self.getPlotItem(), self._labels
        room = self._box.height() or self.height()
        text = full if QFontMetricsF(QFont()).horizontalAdvance(full) <= room else short
        text = escape(text, quote=False)  # pyqtgraph takes it for HTML
        if item.getAxis("left").labelText != text:
            item.setLabel("left", text)

    def set_time_axis(self, shown: bool) -> None:
        """Show the numbers and the label of the time axis, or only its ticks."""
        self._has_time_axis = shown
        axis = self.getPlotItem().getAxis("bottom")
        axis.setStyle(showValues=shown)
        axis.showLabel(shown)

    def axis_width(self) -> int:
        """Width of the vertical axis, px."""
        return self._axis_px

    def set_axis_width(self, width: int) -> None:
        """Set the width of the vertical axis, px."""
        self._axis_px = width
        self.getPlotItem().getAxis("left").setWidth(width)

    def set_theme(self, theme: Theme) -> None:
        """Use the colours of a theme."""
        self._theme = theme
        self.setBackground(QColor(*theme.surface))
        item = self.getPlotItem()
        for name in ("left", "bottom"):
            axis = item.getAxis(name)
            axis.setPen(pg.mkPen(theme.border))
            axis.setTextPen(pg.mkPen(theme.text_quiet))
        item.showGrid(x=True, y=True, alpha=0.35 if theme.is_dark else 0.6)
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
            self._box.addItem(curve, ignoreBounds=True)
        self._colors[trace_id], self._styles[trace_id] = color, style
        if below:
            self._below.add(trace_id)
        self._set_pen(trace_id)

    def has_curve(self, trace_id: str) -> bool:
        """Whether there is a curve of that id."""
        return trace_id in self._curves

    def remove_curve(self, trace_id: str) -> None:
        """Remove a curve."""
        self._box.removeItem(self._curves.pop(trace_id))
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

    def set_ranges(self, x: tuple[float, float], y: tuple[float, float]) -> None:
        """Show times `x` (ms) and values `y`."""
        if (x, y) != self._ranges:
            self._ranges = (x, y)
            self._box.setRange(xRange=x, yRange=y, padding=0, update=False)

    def ranges(self) -> tuple[tuple[float, float], tuple[float, float]]:
        """Return the times (ms) and values shown."""
        (x0, x1), (y0, y1) = self._box.viewRange()
        return (float(x0), float(x1)), (float(y0), float(y1))

    def width_px(self) -> int:
        """Width of the picture between the axes, logical px."""
        return max(int(self._box.width()), 16)

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

    def position_of(self, time_ms: float, value: float) -> QPointF:
        """Return the position of a time and a value in this widget, px."""
        return QPointF(self.mapFromScene(self._box.mapViewToScene(QPointF(time_ms, value))))

    def leaveEvent(self, event: QEvent) -> None:
        """Hide the hover cursor when the pointer leaves."""
        super().leaveEvent(event)
        self.cursorHovered.emit(float("nan"))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Esc unpins the cursor; the window handles every other key."""
        if event.key() == Qt.Key.Key_Escape:
            self.escapePressed.emit()
        else:
            event.ignore()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Emit `resized`: the number of pixel columns has changed."""
        super().resizeEvent(event)
        item = self.getPlotItem()
        if item is not None:  # Qt resizes a widget that pyqtgraph is still making
            is_low = self.height() < _LOW_PX
            axis = item.getAxis("left")
            axis.setTickDensity(_FEW_TICKS if is_low else _TICKS)
            axis.setStyle(maxTickLevel=0 if is_low else 1)
            self._fit_label()
        self.resized.emit()

    def _on_move(self, place: QPointF) -> None:
        if self._box.sceneBoundingRect().contains(place):
            self.cursorHovered.emit(float(self._box.mapSceneToView(place).x()))
        else:
            self.cursorHovered.emit(float("nan"))

    def _on_user_range(self, *_mask: object) -> None:
        old, new = self._ranges, self.ranges()
        self._ranges = new
        self.rangeChangedByUser.emit(
            not np.allclose(old[0], new[0], rtol=1e-9), not np.allclose(old[1], new[1], rtol=1e-9)
        )

    def _on_click(self, place: QPointF) -> None:
        self.cursorClicked.emit(float(self._box.mapSceneToView(place).x()))
        hit = self._curve_at(place)
        if hit is not None:
            self.curveClicked.emit(hit)

    def _curve_at(self, place: QPointF) -> str | None:
        """Return the curve nearest to `place` within a few px along the vertical."""
        best, best_px = None, float(_PICK_PX)
        at = self._box.mapSceneToView(place)
        px_per_unit = self._box.height() / max(float(np.ptp(self.ranges()[1])), 1e-300)
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
