"""`TracePlot`: live traces over time, with a toolbar above and a legend beside.

Samples go into buffers at once; the picture follows at most `FRAMES_PER_S` times a second, by a timer
that runs only while something has changed. Importing this module imports pyqtgraph (about a second),
so a window does it after it is on the screen.
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from PySide6.QtCore import QPoint, QTimer, Signal
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.export.traces import TraceColumn, write_traces
from app.palette import DARK, Rgb, Theme
from app.traces.canvas import TraceCanvas
from app.traces.menu import TraceMenu
from app.traces.picture import picture_of
from app.traces.ranges import VOLTAGE_RANGE, Range, RangePolicy
from app.traces.reading import TraceReading
from app.traces.side import CanvasHint, TraceSide, TraceSplit
from app.traces.store import StoredTrace, TraceStore
from app.traces.toolbar import TraceToolbar

FRAMES_PER_S = 30
_MANY_TRACES, _FRAMES_PER_S_OF_MANY = 20, 20
_UNPIN_PX = 4
EMPTY_HINT = "Click a segment, or press T for the soma."


class TracePlot(QWidget):
    """Live traces.

    Signals
    -------
    traceRemoveRequested(str), traceVisibilityChanged(str, bool), traceHighlighted(str)
        By trace id, from the user's hands only; the highlight is "" when it is taken away.
    clearRequested(), exportRequested()
    cursorMoved(float)
        Time under the pointer or of the pinned cursor, ms; NaN when there is none.
    cursorPinned(float)
        Time at which a click pinned the cursor, ms; NaN when it was let go.
    windowChanged(object)
        The rolling window's length in ms, None for everything.
    followingChanged(bool)
        Whether the picture follows the present time.
    drawing()
        The picture is about to be painted anew.

    Attributes
    ----------
    may_draw : callable
        Asked before a drawing; after a no, whoever said it calls `draw_due`.
    """

    traceRemoveRequested = Signal(str)
    traceVisibilityChanged = Signal(str, bool)
    traceHighlighted = Signal(str)
    clearRequested = Signal()
    exportRequested = Signal()
    cursorMoved = Signal(float)
    cursorPinned = Signal(float)
    windowChanged = Signal(object)
    followingChanged = Signal(bool)
    drawing = Signal()

    def __init__(self, parent: QWidget | None = None, store: TraceStore | None = None) -> None:
        super().__init__(parent)
        self._store = store or TraceStore()
        self._theme = DARK
        self._ranges = RangePolicy()
        self._highlighted: str | None = None
        self._pending = self._is_due = False
        self.may_draw: Callable[[], bool] = lambda: True
        self._timer = QTimer(self, singleShot=True)
        self._build()
        self._wire()
        self.set_theme(DARK)

    def _build(self) -> None:
        self.toolbar = TraceToolbar()
        self.canvas = TraceCanvas()
        self._hint = CanvasHint(EMPTY_HINT, self.canvas)
        self._side = side = TraceSide()
        self.legend = side.legend
        self._reading = TraceReading(self._store, self.canvas, self.legend, side.heading)
        self._split = TraceSplit(self.canvas, side)
        side.hide()
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(0)
        whole.addWidget(self.toolbar)
        row = QHBoxLayout()
        row.addWidget(self._split)
        whole.addLayout(row, 1)

    def _wire(self) -> None:
        self._timer.timeout.connect(self._take_turn)
        self.canvas.resized.connect(self._change)
        self.toolbar.windowChosen.connect(self._choose_window)
        self.toolbar.autoToggled.connect(self.set_auto_range)
        self.toolbar.liveAsked.connect(self.go_live)
        self.toolbar.exportAsked.connect(self.exportRequested)
        self.toolbar.clearAsked.connect(self.clearRequested)
        self.legend.removeRequested.connect(self.traceRemoveRequested)
        self.legend.visibilityToggled.connect(self._toggle)
        self.legend.chosen.connect(self._choose)
        self.canvas.curveClicked.connect(self._choose)
        self.canvas.cursorHovered.connect(self._hover)
        self.canvas.cursorClicked.connect(self._pin)
        self.canvas.escapePressed.connect(lambda: self._pin(math.nan))
        self.canvas.rangedByHand.connect(self._stop_following)
        self.canvas.liveAsked.connect(self.go_live)
        self.canvas.menuAsked.connect(self._open_menu)
        self.toolbar.set_window(self._ranges.window_ms)
        self.toolbar.set_auto(self._ranges.auto)
        self.toolbar.set_filled(False)

    # -------------------------------------------------------------------------------- setters

    def set_axes(self, title: str, y_label: str, y_unit: str = "") -> None:
        """Name the plot and its values. Voltage (mV) starts on −80 … 40, everything else on auto."""
        self.toolbar.set_title(title)
        self.canvas.set_labels(y_label, y_unit)
        if y_unit != self._reading.y_unit:
            self._reading.y_unit = y_unit
            self.set_y_range(VOLTAGE_RANGE if y_unit == "mV" else None)

    def set_trace(
        self,
        trace_id: str,
        label: str,
        color_rgb: Rgb,
        times: ArrayLike,
        values: ArrayLike,
        note: str = "",
        unit: str | None = None,
    ) -> None:
        """Add a trace with its whole past, or replace it.

        Parameters
        ----------
        times, values : array_like, shape (n,)
            ms, strictly increasing; in `unit`, or in the plot's unit if that is None.
        """
        trace = StoredTrace(trace_id, label or trace_id, tuple(color_rgb), unit, note)
        self._store.put(trace, times, values)
        self.canvas.set_curve(trace_id, trace.color)
        self.canvas.set_curve_shown(trace_id, trace.shown)
        self._reading.list(trace)
        self._show_filled()
        self._change()

    def set_trace_color(self, trace_id: str, color_rgb: Rgb) -> None:
        """Give a trace another colour; nothing happens if there is no such trace."""
        trace = self._store.get(trace_id)
        if trace is not None and trace.color != tuple(color_rgb):
            trace.color = tuple(color_rgb)
            self.canvas.set_curve(trace_id, trace.color)
            self._reading.list(trace)

    def show_trace(self, trace_id: str, shown: bool) -> None:
        """Draw a trace, or hide it; no signal, and nothing happens if there is no such trace."""
        trace = self._store.get(trace_id)
        if trace is not None and trace.shown != shown:
            trace.shown = shown
            self.canvas.set_curve_shown(trace_id, shown)
            self._reading.list(trace)
            self._change()

    def append(self, rows: Sequence[str], times: ArrayLike, values: ArrayLike) -> None:
        """Add samples to known traces; rows of others are passed over.

        Parameters
        ----------
        rows : sequence of str
            Trace ids.
        times : array_like, shape (n,)
            ms, strictly increasing. Going back in time replaces what was there.
        values : array_like, shape (n_rows, n)
        """
        table = np.asarray(values)
        for trace_id, row in zip(rows, table, strict=True):
            trace = self._store.get(trace_id)
            if trace is not None:
                trace.buffer.append(times, row)
        self._change()

    def remove_trace(self, trace_id: str) -> None:
        """Drop a trace; nothing happens if there is none."""
        if trace_id not in self._store:
            return
        self._store.remove(trace_id)
        self.canvas.remove_curve(trace_id)
        self.legend.rows.remove(trace_id)
        if self._highlighted == trace_id:
            self.highlight(None)
        self._show_filled()
        self._change()

    def clear(self) -> None:
        """Drop every trace."""
        for trace in list(self._store):
            self.remove_trace(trace.trace_id)

    def set_window(self, window_ms: float | None) -> None:
        """Show the last `window_ms`; None shows everything."""
        if window_ms == self._ranges.window_ms:
            return
        self._ranges.window_ms = window_ms
        self.toolbar.set_window(window_ms)
        self.windowChanged.emit(window_ms)
        self._change()

    def set_y_range(self, limits: Range | None) -> None:
        """Show fixed values; None follows the traces."""
        if limits is not None:
            self._ranges.fixed_y = limits
        self.set_auto_range(limits is None)

    def set_auto_range(self, auto: bool) -> None:
        """Follow the traces' values, or go back to the fixed range (what is shown, if none was set)."""
        if not auto and self._ranges.fixed_y is None:
            self._ranges.fixed_y = self.canvas.ranges()[1]
        self._ranges.set_auto(auto)
        self.toolbar.set_auto(auto)
        self._show_following()
        self._change()

    def set_time(self, time_ms: float) -> None:
        """Say what the present simulated time is, ms."""
        if time_ms != self._reading.now_ms:
            self._reading.now_ms = time_ms
            self._change()

    def set_cursor(self, time_ms: float | None) -> None:
        """Pin the cursor at a time (ms), or let it go; no signal."""
        self._reading.pinned_ms = math.nan if time_ms is None else float(time_ms)
        self._change()

    def set_theme(self, theme: Theme) -> None:
        """Take the colours of a theme; those of the traces are the caller's."""
        self._theme = theme
        self.canvas.set_theme(theme)
        self.legend.set_theme(theme)
        self._change()

    def highlight(self, trace_id: str | None) -> None:
        """Draw one trace thicker; None or "" none. No signal."""
        self._highlighted = trace_id if trace_id in self._store else None
        self.canvas.highlight(self._highlighted)
        self.legend.choose(self._highlighted)

    def set_empty_hint(self, text: str) -> None:
        """Say what to do while there is no trace."""
        self._hint.setText(text)

    def go_live(self) -> None:
        """Follow the present time and the chosen value range again."""
        self._ranges.go_live()
        self._show_following()
        self._change()

    # -------------------------------------------------------------------------------- reading

    @property
    def is_following(self) -> bool:
        """Whether the picture follows the present time."""
        return self._ranges.follow_x

    @property
    def is_auto_range(self) -> bool:
        """Whether the value range follows the traces."""
        return self._ranges.auto

    def trace_ids(self) -> tuple[str, ...]:
        """Return the ids of all traces in the order in which they were added."""
        return tuple(trace.trace_id for trace in self._store)

    def data(self, trace_id: str) -> tuple[NDArray[np.float64], NDArray[Any]]:
        """Return times (ms) and values of a trace, shape (n,) each; KeyError if there is none."""
        buffer = self._store[trace_id].buffer
        return buffer.times.copy(), buffer.values.copy()

    def values_at(self, time_ms: float) -> dict[str, float]:
        """Return the value of every trace at a time (ms); NaN where it has none."""
        return {trace.trace_id: trace.buffer.value_at(time_ms) for trace in self._store}

    def columns(self) -> list[TraceColumn]:
        """Return every trace, ready to be written."""
        return [
            TraceColumn(
                trace.label, self._reading.unit_of(trace), trace.buffer.times, trace.buffer.values
            )
            for trace in self._store
        ]

    def write(self, path: str | os.PathLike[str]) -> None:
        """Write every trace to a CSV table or, by suffix, an NPZ archive; OSError if it cannot be."""
        write_traces(path, self.columns())

    # -------------------------------------------------------------------------------- drawing

    def _change(self, *_: object) -> None:
        """Have the picture drawn soon; many changes make one picture."""
        self._pending = True
        if self.isVisible() and not self._timer.isActive() and not self._is_due:
            many = len(self._store) > _MANY_TRACES
            self._timer.start(1000 // (_FRAMES_PER_S_OF_MANY if many else FRAMES_PER_S))

    def _take_turn(self) -> None:
        self._is_due = not self.may_draw()
        if not self._is_due:
            self._redraw()

    def draw_due(self) -> None:
        """Draw now what has waited for its turn."""
        if self._is_due and self.isVisible():
            self._redraw()

    def _redraw(self) -> None:
        self._pending = self._is_due = False
        self.drawing.emit()
        picture = picture_of(
            self._store,
            self._ranges,
            self.canvas.ranges(),
            now_ms=self._reading.now_ms,
            y_unit=self._reading.y_unit,
            width_px=self.canvas.width_px(),
        )
        self.canvas.set_ranges(picture.x, picture.y)
        for trace_id, times, values in picture.curves:
            self.canvas.draw(trace_id, times, values)
        self._reading.show()

    def _show_filled(self) -> None:
        filled = len(self._store) > 0
        self._hint.setVisible(not filled)
        self._side.setVisible(filled)
        self.toolbar.set_filled(filled)

    def _show_following(self) -> None:
        following = self._ranges.follow_x and self._ranges.follow_y
        if self.toolbar.live.isHidden() != following:
            self.toolbar.live.setVisible(not following)
            self.followingChanged.emit(following)

    # --------------------------------------------------------------------------------- events

    def showEvent(self, event: QShowEvent) -> None:
        """Draw what changed while nobody could see it."""
        super().showEvent(event)
        self._hint.fit()
        if self._pending:
            self._change()

    def hideEvent(self, event: QHideEvent) -> None:
        """Draw nothing that nobody can see."""
        super().hideEvent(event)
        self._timer.stop()
        self._is_due = False

    def _choose_window(self, window_ms: float | None) -> None:
        self.set_window(window_ms)
        self._ranges.follow_x = True
        self._show_following()
        self._change()

    def _toggle(self, trace_id: str) -> None:
        shown = not self._store[trace_id].shown
        self.show_trace(trace_id, shown)
        self.traceVisibilityChanged.emit(trace_id, shown)

    def _choose(self, trace_id: str) -> None:
        if trace_id != self._highlighted:
            self.highlight(trace_id)
            self.traceHighlighted.emit(trace_id)

    def _hover(self, time_ms: float) -> None:
        if self._reading.hover(time_ms):
            if not self._reading.is_pinned:
                self.cursorMoved.emit(time_ms)
            self._change()

    def _pin(self, time_ms: float) -> None:
        """Pin the cursor; a click on the pinned cursor, or NaN, lets it go."""
        if not len(self._store):
            return
        (x0, x1), _ = self.canvas.ranges()
        reach = _UNPIN_PX * (x1 - x0) / self.canvas.width_px()
        if self._reading.pin(time_ms, reach):
            self.cursorPinned.emit(self._reading.pinned_ms)
            self.cursorMoved.emit(self._reading.cursor_ms)
            self._change()

    def _stop_following(self, x: bool, y: bool) -> None:
        self._ranges.follow_x &= not x
        self._ranges.follow_y &= not y
        self._show_following()
        self._change()

    def _open_menu(self, place: QPoint) -> None:
        menu = TraceMenu(
            self,
            self._store.get(self._highlighted or ""),
            is_following=self.toolbar.live.isHidden(),
            is_auto=self._ranges.auto,
            is_pinned=self._reading.is_pinned,
            is_filled=len(self._store) > 0,
        )
        menu.liveAsked.connect(self.go_live)
        menu.autoAsked.connect(self.set_auto_range)
        menu.unpinAsked.connect(lambda: self._pin(math.nan))
        menu.toggleAsked.connect(self._toggle)
        menu.removeAsked.connect(self.traceRemoveRequested)
        menu.exportAsked.connect(self.exportRequested)
        menu.popup(place)
