"""`RasterView`: events, such as spikes, over time: one row a cell, all drawn as one picture."""

from __future__ import annotations

import math

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QRectF
from PySide6.QtGui import QImage, QPainter

from app.export.export_table import ExportTable
from app.palette import Theme
from app.traces.plot_canvas import PlotCanvas
from app.traces.ranges import Range, RangePolicy
from app.ui.live_widget import FRAMES_PER_S
from app.views.event_store import EventStore
from app.views.field_values import check_dims, names_of
from app.views.plot_view import PlotView
from app.views.problem import NoValues
from backends.field import Field
from backends.views import RasterViewSpec, ViewSpec

_GAP_FROM_PX = 4
_NEAR_PX = 4
_MOST_TICK_PX = 24
_RATES = ((200_000, FRAMES_PER_S), (1_000_000, 10), (math.inf, 3))  # of events, redraws a second


def spike_picture(
    rows: NDArray[np.int32],
    times: NDArray[np.float64],
    x: Range,
    y: Range,
    size: tuple[int, int],
) -> NDArray[np.bool_]:
    """Return which pixels events cover, shape (height, width), top row first.

    Each event is a line of one pixel's width, nearly as high as its row; the time that this takes depends on the number
    of events only by one assignment each.

    Parameters
    ----------
    rows, times : ndarray, shape (n,)
        Row r is from r − 0.5 to r + 0.5.
    x, y : (float, float)
        Times (ms) and rows shown.
    """
    width, height = size
    scaled = (times - x[0]) * (width / (x[1] - x[0]))
    columns = np.clip(scaled, -1.0, width, out=scaled).astype(np.int32)
    row_px = height / (y[1] - y[0])
    if row_px < 1:
        lines = ((y[1] - rows) * row_px).astype(np.int32)
        return _covered(lines, columns, times >= x[0], (height, width))
    first, last = max(0, math.floor(y[0] + 0.5)), math.ceil(y[1] - 0.5)
    n = max(last - first + 1, 0)
    by_row = np.zeros((n + 1, width), np.bool_)  # the last one is empty
    by_row[:n] = _covered(rows - np.int32(first), columns, times >= x[0], (n, width))
    place = y[1] - (np.arange(height) + 0.5) / row_px
    nearest = np.round(place)
    share = 1.0 if row_px < _GAP_FROM_PX else min(0.8, _MOST_TICK_PX / row_px)
    is_tick = (np.abs(place - nearest) <= share / 2) & (nearest >= first) & (nearest <= last)
    return by_row[np.where(is_tick, nearest - first, n).astype(np.intp)]


def _covered(
    lines: NDArray[np.int32],
    columns: NDArray[np.int32],
    known: NDArray[np.bool_],
    shape: tuple[int, int],
) -> NDArray[np.bool_]:
    """Return a table of `shape` that is True at (lines, columns), but for those that are outside or not `known`."""
    height, width = shape
    picture = np.zeros(height * width, np.bool_)
    inside = known & (columns < width) & (lines >= 0) & (lines < height)
    places = lines * np.int32(width) + columns
    picture[places if inside.all() else places[inside]] = True
    return picture.reshape(shape)


class _Spikes(pg.GraphicsObject):
    """Draws the events of a store that are in view."""

    def __init__(self) -> None:
        super().__init__()
        self.events = EventStore()
        self._ink = (255, 255, 255)

    def set_ink(self, color: tuple[int, int, int]) -> None:
        """Set the colour of the events."""
        self._ink = color
        self.update()

    def boundingRect(self) -> QRectF:
        """Return all that the axes show."""
        box = self.getViewBox()
        return QRectF() if box is None else box.viewRect()

    def viewRangeChanged(self) -> None:
        """Draw what is in view now."""
        self.prepareGeometryChange()

    def paint(self, painter: QPainter, *_: object) -> None:
        """Draw one picture as large as the box."""
        box = self.getViewBox()
        if box is None or not len(self.events):
            return
        place = painter.transform().mapRect(box.viewRect())
        width, height = (
            round(place.width()),
            round(place.height()),
        )  # logical, so that ticks are not too thin
        if width < 1 or height < 1:
            return
        x, y = box.viewRange()
        rows, times = self.events.within(*x)
        covered = spike_picture(rows, times, tuple(x), tuple(y), (width, height))
        pixels = np.zeros((height, width), np.uint32)
        red, green, blue = self._ink
        pixels[covered] = 0xFF000000 | red << 16 | green << 8 | blue
        image = QImage(
            pixels.data, width, height, 4 * width, QImage.Format.Format_ARGB32_Premultiplied
        )
        painter.save()
        painter.resetTransform()
        painter.drawImage(place, image)
        painter.restore()


class RasterView(PlotView[RasterViewSpec]):
    """Events over time; row 0 is at the bottom.

    Attributes
    ----------
    events : EventStore
    """

    SPEC = RasterViewSpec
    EXPORT = "Export events…"

    def _build(self, canvas: PlotCanvas) -> None:
        self._now_ms = 0.0
        self._start_ms = math.inf  # the earliest time of this run
        self._ranges = RangePolicy(window_ms=None)
        self._names: tuple[str, ...] = ()
        self._counts: NDArray[np.float64] = np.empty(0)
        self.spikes = _Spikes()
        self.events = self.spikes.events
        canvas.box.addItem(self.spikes, ignoreBounds=True)
        canvas.setAccessibleName("Events over time")
        self.header.set_back_text("Live ▸", "Follow the present time again (or double-click)")

    def _apply_theme(self, theme: Theme) -> None:
        super()._apply_theme(theme)
        self.canvas.getPlotItem().showGrid(x=True, y=False, alpha=0.35 if theme.is_dark else 0.6)
        self.spikes.set_ink(theme.text)

    def set_spec(self, view: ViewSpec) -> None:
        """Show a view; events of another field go."""
        if self._spec is not None and view.field_ids != self._spec.field_ids:
            self.events.clear()
        super().set_spec(view)

    def append_events(
        self, rows: NDArray[np.int32], times: NDArray[np.float64], from_start: bool = False
    ) -> None:
        """Add events, or replace all of them: rows of the field, and times in ms, shape (n,) each."""
        if from_start:
            self.events.clear()
            if math.isfinite(self._start_ms):
                self._start_ms = self._now_ms  # that of the start follows, or was before
        self.events.append(rows, times)
        self.schedule_redraw()

    def set_time(self, time_ms: float) -> None:
        """Set the present simulated time, ms."""
        self._start_ms = min(self._start_ms, time_ms)
        if time_ms != self._now_ms:
            self._now_ms = time_ms
            self.schedule_redraw()

    # ------------------------------------------------------------------------------ drawing

    @property
    def frames_per_s(self) -> int:
        """How often it is drawn, at most: less often where there is very much to draw."""
        events, window = self.events, self._ranges.window_ms
        span = events.last_ms - events.first_ms
        share = 1.0 if window is None or not span > window else window / span
        return next(rate for most, rate in _RATES if share * len(events) <= most)

    def _show(self, spec: RasterViewSpec, field: Field) -> None:
        check_dims(spec, field, ("row",))
        n = len(field.values)
        if not n:
            raise NoValues("No rows yet.")
        self._names = names_of(spec, field, field.dims[0])
        self._counts = np.asarray(field.values)
        self._ranges.window_ms = spec.window_ms
        self.canvas.set_axis_labels("Time (ms)", spec.y_label)
        has_names = field.coords.get(field.dims[0]) is not None
        self.canvas.plot_axes["left"].set_names(self._names if has_names else _numbers(n))
        x = self._ranges.x(self._first_ms(), self._present_ms(), self.canvas.ranges()[0])
        self._set_ranges(x, (-0.5, n - 0.5), 0.0)
        self.header.set_summary(self._summary(n))
        if self.events.highest_row >= n:
            self.warn(
                f"There are events of row {self.events.highest_row}; field {field.id!r} has rows 0 to {n - 1}."
            )
        self.spikes.update()
        self._show_readout()

    def _first_ms(self) -> float:
        """Return the time of the run's start, or of the first event that is kept where some were dropped, ms."""
        first, start = self.events.first_ms, self._start_ms
        return float(np.fmin(first, start)) if self.events.is_complete else first

    def _present_ms(self) -> float:
        return float(np.fmax(self._now_ms, self.events.last_ms))

    def _summary(self, n: int) -> str:
        count = len(self.events)
        rows = f"{n:,} row{'' if n == 1 else 's'}"
        events = f"{count:,} event{'' if count == 1 else 's'}" if count else "no events yet"
        return f"{rows}  ·  {events}".replace(",", " ")

    # ------------------------------------------------------------------------------ reading

    def _readout_at(self, x: float, y: float) -> str:
        row = round(y)
        if not 0 <= row < len(self._names):
            return ""
        name = self._names[row]
        label = f"{self.spec.y_label} {name}" if name.isdecimal() else name
        (x0, x1), _ = self.canvas.ranges()
        reach = _NEAR_PX * (x1 - x0) / self.canvas.width_px()
        rows, times = self.events.within(x - reach, x + reach)
        times = times[rows == row]
        near = times[np.argmin(np.abs(times - x))] if len(times) else math.nan
        place = f"event at {near:.2f} ms" if abs(near - x) <= reach else f"{x:.2f} ms"
        count = int(self._counts[row])
        return f"{label}:  {place}  ·  {count} event{'' if count == 1 else 's'} in all"

    def _table(self, spec: RasterViewSpec, field: Field) -> ExportTable:
        check_dims(spec, field, ("row",))
        rows, times = self.events.all()
        order = np.lexsort((rows, times))
        rows, times = rows[order], times[order]
        names = np.asarray(names_of(spec, field, field.dims[0]))
        known = np.clip(rows, 0, max(len(names) - 1, 0))
        return ExportTable(
            ("time_ms", "row", "name"),
            (times, rows, names[known] if len(names) else ()),
            {"time_ms": times, "row": rows, "names": names},
        )


def _numbers(n: int) -> tuple[str, ...]:
    return tuple(map(str, range(n)))
