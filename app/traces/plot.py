"""`TracePlot`: live traces over time, with a toolbar above and a legend on the right.

Samples go into buffers at once, and are drawn soon after (see `LiveWidget`). Importing this module imports
pyqtgraph (about a second), so a window does it after it is on the screen.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.export.trace_column import TraceColumn
from app.palette import DARK, Rgb, Theme
from app.traces.layout import CanvasHint, LegendPanel, TraceSplitter
from app.traces.menu import TraceMenu
from app.traces.panes import Pane
from app.traces.picture import picture_of, times_of
from app.traces.ranged_plot import RangedPlot
from app.traces.ranges import Range
from app.traces.readout import TraceReadout
from app.traces.store import ShownTraces, StoredTrace, TraceStore
from app.ui.live_widget import FRAMES_PER_S
from app.ui.style import blend

_MANY_TRACES, _FRAMES_PER_S_OF_MANY = 20, 20
_UNPIN_PX = 4
_LAST_RUN_OPACITY = 0.55
_STYLES = (
    Qt.PenStyle.SolidLine,
    Qt.PenStyle.DashLine,
    Qt.PenStyle.DotLine,
    Qt.PenStyle.DashDotLine,
)
_MOST_NAMED = 2  # quantities on one axis
EMPTY_HINT = "Click a segment, or press T for the soma."


class TracePlot(RangedPlot):
    """Live traces.

    Signals
    -------
    traceRemoveRequested(str), traceVisibilityChanged(str, bool), traceHighlighted(str)
        By trace id, for the user's actions only; "" means no trace is highlighted.
    clearRequested(), exportRequested()
    cursorMoved(float)
        Time under the pointer or of the pinned cursor, ms; NaN if there is none.
    cursorPinned(float)
        Time at which a click pinned the cursor, ms; NaN once it is unpinned.
    """

    traceRemoveRequested = Signal(str)
    traceVisibilityChanged = Signal(str, bool)
    traceHighlighted = Signal(str)
    clearRequested = Signal()
    exportRequested = Signal()
    cursorMoved = Signal(float)
    cursorPinned = Signal(float)

    def __init__(self, parent: QWidget | None = None, store: TraceStore | None = None) -> None:
        super().__init__(parent)
        self._store = TraceStore() if store is None else store
        self._owns_store = store is None
        self._traces = ShownTraces(self._store)
        self._theme = DARK
        self._highlighted: str | None = None
        self._keeps_last = True
        self._build()
        self._wire()
        self.set_theme(DARK)

    def _build(self) -> None:
        self._hint = CanvasHint(EMPTY_HINT, self.canvas)
        self._side = side = LegendPanel()
        self.legend = side.legend
        self._readout = TraceReadout(self._traces, self.panes, self.legend, side.heading)
        self._split = TraceSplitter(self.panes, side)
        side.hide()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.toolbar)
        row = QHBoxLayout()
        row.addWidget(self._split)
        column.addLayout(row, 1)

    def _wire(self) -> None:
        self.panes.resized.connect(self.schedule_redraw)
        self.toolbar.windowChosen.connect(self._choose_window)
        self.toolbar.autoToggled.connect(self.set_auto_range)
        self.toolbar.liveRequested.connect(self.go_live)
        self.toolbar.exportRequested.connect(self.exportRequested)
        self.toolbar.clearRequested.connect(self.clearRequested)
        self.legend.removeRequested.connect(self.traceRemoveRequested)
        self.legend.visibilityToggled.connect(self._toggle)
        self.legend.chosen.connect(self._select)
        self.panes.curveClicked.connect(self._select)
        self.panes.cursorHovered.connect(self._hover)
        self.panes.cursorClicked.connect(self._pin)
        self.panes.escapePressed.connect(lambda: self._pin(math.nan))
        self.panes.rangeChangedByUser.connect(self._stop_following)
        self.panes.liveRequested.connect(self.go_live)
        self.panes.menuRequested.connect(self._open_menu)
        self.toolbar.set_window(self._ranges.window_ms)
        self.toolbar.set_auto(self._ranges.auto)
        self.toolbar.set_filled(False)

    # -------------------------------------------------------------------------------- setters

    def set_axes(self, title: str, y_label: str, y_unit: str = "") -> None:
        """Set the title and the label of the values. Voltage (mV) starts with −80 … 40, all else on auto."""
        self.toolbar.set_title(title)
        self.canvas.set_labels(y_label, y_unit)
        if y_unit != self._readout.y_unit:
            self._readout.y_unit = y_unit
            self._set_author_range()
            for trace in self._traces:
                self._place(trace)

    def set_trace(
        self,
        trace_id: str,
        label: str,
        color_rgb: Rgb,
        times: ArrayLike,
        values: ArrayLike,
        note: str = "",
        unit: str | None = None,
        quantity: str = "",
        pattern: int = 0,
    ) -> None:
        """Add a trace with all its samples, or replace it.

        Parameters
        ----------
        times, values : array_like, shape (n,)
            ms, not decreasing; in `unit`, or in the plot's unit if that is None.
        quantity : str
            What the values are, for the axis of a unit that is not the plot's.
        pattern : int
            0 … 3: line style and mark.
        """
        trace = StoredTrace(
            trace_id,
            label or trace_id,
            tuple(color_rgb),
            unit,
            note,
            quantity=quantity,
            pattern=pattern,
        )
        self._store.put(trace, times, values)
        self.add(trace_id)

    def add(self, trace_id: str) -> None:
        """Show a trace of the store, or show again what has been replaced there; KeyError if it is not there."""
        trace = self._traces.add(trace_id)
        self._place(trace)
        self._readout.show_in_legend(trace)
        self._show_filled()
        self.schedule_redraw()

    def show_only(self, trace_ids: Sequence[str]) -> None:
        """Show these traces of the store, in this order, and no others."""
        present = [each.trace_id for each in self._traces]
        stay = [trace_id for trace_id in present if trace_id in trace_ids]
        if stay != list(trace_ids[: len(stay)]):
            stay = []  # in another order
        for trace_id in present:
            if trace_id not in stay:
                self._take_away(trace_id)
        for trace_id in trace_ids:
            if trace_id not in self._traces:
                self.add(trace_id)

    def _place(self, trace: StoredTrace) -> None:
        """Put a trace into the pane of its unit, and label the panes."""
        unit = None if self._readout.unit_of(trace) == self._readout.y_unit else trace.unit
        self.panes.set_curve(trace.trace_id, unit, trace.color, _STYLES[trace.pattern])
        self.panes.set_curve_shown(trace.trace_id, trace.shown)
        self._show_last_run(trace)
        self._label_panes()

    def _show_last_run(self, trace: StoredTrace) -> None:
        if trace.last_run is not None:
            shown = self._keeps_last and trace.shown
            grey = blend(self._theme.surface, self._theme.text_quiet, _LAST_RUN_OPACITY)
            self.panes.set_last_run(trace.trace_id, grey, shown)

    def set_keep_last_run(self, keep: bool) -> None:
        """Show or hide the line of the last run; Init starts a new one."""
        self._keeps_last = keep
        for trace in self._traces:
            self._show_last_run(trace)
        self.schedule_redraw()

    def _label_panes(self) -> None:
        for pane in self.panes:
            if pane is not self.panes.main:
                traces = [trace for trace in self._traces if trace.trace_id in pane.curves]
                names = list(dict.fromkeys(each.quantity or each.label for each in traces))
                label = ", ".join(names) if len(names) <= _MOST_NAMED else "Value"
                pane.canvas.set_labels(label, pane.unit)

    def set_trace_color(self, trace_id: str, color_rgb: Rgb) -> None:
        """Change a trace's colour; does nothing if there is no such trace."""
        trace = self._traces.get(trace_id)
        if trace is not None:
            trace.color = tuple(color_rgb)
            self._place(trace)
            self._readout.show_in_legend(trace)

    def show_trace(self, trace_id: str, shown: bool) -> None:
        """Show or hide a trace without a signal; does nothing if there is no such trace."""
        trace = self._traces.get(trace_id)
        if trace is not None:
            trace.shown = shown
            self.panes.set_curve_shown(trace_id, shown)
            self._show_last_run(trace)
            self._readout.show_in_legend(trace)
            self.schedule_redraw()

    def append(self, rows: Sequence[str], times: ArrayLike, values: ArrayLike) -> None:
        """Add samples to known traces; rows of others are ignored.

        Parameters
        ----------
        rows : sequence of str
            Trace ids.
        times : array_like, shape (n,)
            ms, not decreasing. Samples at earlier times replace those there.
        values : array_like, shape (n_rows, n)
        """
        self._store.append(rows, times, values)
        self.schedule_redraw()

    def remove_trace(self, trace_id: str) -> None:
        """Remove a trace; does nothing if there is none."""
        if trace_id not in self._traces:
            return
        self._take_away(trace_id)
        if self._owns_store:
            self._store.remove(trace_id)

    def _take_away(self, trace_id: str) -> None:
        self._traces.discard(trace_id)
        self.panes.remove_curve(trace_id)
        self._label_panes()
        self.legend.rows.remove(trace_id)
        if self._highlighted == trace_id:
            self.highlight(None)
        self._show_filled()
        self.schedule_redraw()

    def clear(self) -> None:
        """Remove every trace."""
        for trace in list(self._traces):
            self.remove_trace(trace.trace_id)

    def set_time(self, time_ms: float) -> None:
        """Set the present simulated time, ms."""
        if time_ms != self._readout.now_ms:
            self._readout.now_ms = time_ms
            self.schedule_redraw()

    def set_cursor(self, time_ms: float | None) -> None:
        """Pin the cursor at a time (ms), or unpin it; no signal."""
        self._readout.pinned_ms = math.nan if time_ms is None else float(time_ms)
        self.schedule_redraw()

    def set_theme(self, theme: Theme) -> None:
        """Use the colours of a theme; the caller sets those of the traces."""
        self._theme = theme
        self.panes.set_theme(theme)
        for trace in self._traces:
            self._show_last_run(trace)
        self.legend.set_theme(theme)
        self.schedule_redraw()

    def highlight(self, trace_id: str | None) -> None:
        """Draw one trace thicker, or none for None or ""; no signal."""
        self._highlighted = trace_id if trace_id in self._traces else None
        self.panes.highlight(self._highlighted)
        self.legend.choose(self._highlighted)

    def set_empty_hint(self, text: str) -> None:
        """Set the text shown while there is no trace."""
        self._hint.setText(text)

    # -------------------------------------------------------------------------------- reading

    def __contains__(self, trace_id: object) -> bool:
        return trace_id in self._traces

    def note_samples(self, trace_ids: Sequence[str]) -> None:
        """Redraw soon if one of these traces, which have new samples in the store, is shown."""
        if self._traces.has_any(trace_ids):
            self.schedule_redraw()

    @property
    def y_unit(self) -> str:
        """Unit of the values."""
        return self._readout.y_unit

    def trace_ids(self) -> tuple[str, ...]:
        """Return the ids of all traces in the order in which they were added."""
        return tuple(trace.trace_id for trace in self._traces)

    def data(self, trace_id: str) -> tuple[NDArray[np.float64], NDArray[Any]]:
        """Return times (ms) and values of a trace, shape (n,) each; KeyError if there is none."""
        buffer = self._traces[trace_id].buffer
        return buffer.times.copy(), buffer.values.copy()

    def values_at(self, time_ms: float) -> dict[str, float]:
        """Return the value of every trace at a time (ms); NaN where it has none."""
        return {trace.trace_id: trace.buffer.value_at(time_ms) for trace in self._traces}

    def columns(self) -> list[TraceColumn]:
        """Return every trace, for export."""
        return [
            TraceColumn(
                trace.label, self._readout.unit_of(trace), trace.buffer.times, trace.buffer.values
            )
            for trace in self._traces
        ]

    # -------------------------------------------------------------------------------- drawing

    @property
    def frames_per_s(self) -> int:
        """How often it is drawn, at most: many traces take longer."""
        return _FRAMES_PER_S_OF_MANY if len(self._traces) > _MANY_TRACES else FRAMES_PER_S

    def _redraw(self) -> None:
        super()._redraw()
        times = times_of(
            self._traces,
            self._ranges,
            self.canvas.ranges()[0],
            self._readout.now_ms,
            keeps_last=self._keeps_last,
        )
        for pane in self.panes:
            self._draw_pane(pane, times)
        self._readout.show()

    def _draw_pane(self, pane: Pane, times: Range) -> None:
        picture = picture_of(
            [trace for trace in self._traces if trace.trace_id in pane.curves],
            pane.ranges,
            times,
            pane.canvas.ranges()[1],
            unit=self._readout.y_unit if pane is self.panes.main else pane.unit,
            width_px=pane.canvas.width_px(),
            keeps_last=self._keeps_last,
        )
        pane.canvas.set_ranges(picture.x, picture.y)
        for trace_id, at, values in picture.curves:
            if pane.canvas.has_curve(trace_id):
                pane.canvas.draw(trace_id, at, values)

    def _show_filled(self) -> None:
        filled = len(self._traces) > 0
        self._hint.setVisible(not filled)
        self._side.setVisible(filled)
        self.toolbar.set_filled(filled)

    # --------------------------------------------------------------------------------- events

    def showEvent(self, event: QShowEvent) -> None:
        """Draw what changed while the plot was hidden, and the hint where it belongs."""
        super().showEvent(event)
        self._hint.fit()

    def _choose_window(self, window_ms: float | None) -> None:
        self.set_window(window_ms)
        self._ranges.follow_x = True
        self._show_following()
        self.schedule_redraw()

    def _toggle(self, trace_id: str) -> None:
        shown = not self._traces[trace_id].shown
        self.show_trace(trace_id, shown)
        self.traceVisibilityChanged.emit(trace_id, shown)

    def _select(self, trace_id: str) -> None:
        if trace_id != self._highlighted:
            self.highlight(trace_id)
            self.traceHighlighted.emit(trace_id)

    def _hover(self, time_ms: float) -> None:
        if self._readout.hover(time_ms):
            if not self._readout.is_pinned:
                self.cursorMoved.emit(time_ms)
            self.schedule_redraw()

    def _pin(self, time_ms: float) -> None:
        """Pin the cursor; a click on the pinned cursor, or NaN, unpins it."""
        if not len(self._traces):
            return
        (x0, x1), _ = self.canvas.ranges()
        reach = _UNPIN_PX * (x1 - x0) / self.canvas.width_px()
        if self._readout.pin(time_ms, reach):
            self.cursorPinned.emit(self._readout.pinned_ms)
            self.cursorMoved.emit(self._readout.cursor_ms)
            self.schedule_redraw()

    def _stop_following(self, pane: Pane, x: bool, y: bool) -> None:
        self._ranges.follow_x &= not x
        pane.ranges.follow_y &= not y
        if x:
            self.panes.set_times(pane)
        self._show_following()
        self.schedule_redraw()

    def _open_menu(self, place: QPoint) -> None:
        menu = TraceMenu(
            self,
            self._traces.get(self._highlighted or ""),
            is_following=self.toolbar.live.isHidden(),
            is_auto=self._ranges.auto,
            is_pinned=self._readout.is_pinned,
            is_filled=len(self._traces) > 0,
        )
        menu.liveRequested.connect(self.go_live)
        menu.autoRequested.connect(self.set_auto_range)
        menu.unpinRequested.connect(lambda: self._pin(math.nan))
        menu.toggleRequested.connect(self._toggle)
        menu.removeRequested.connect(self.traceRemoveRequested)
        menu.exportRequested.connect(self.exportRequested)
        menu.popup(place)
