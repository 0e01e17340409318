"""`TraceReadout`: the values shown at a plot's time cursor and in its legend."""

from __future__ import annotations

import math

from PySide6.QtCore import QElapsedTimer, QObject, QTimer
from PySide6.QtWidgets import QLabel

from app.traces.legend import LegendRow, TraceLegend
from app.traces.panes import TracePanes
from app.traces.store import ShownTraces, StoredTrace

_EVERY_MS = 100


class TraceReadout(QObject):
    """Shows the values at the cursor, or else the present ones ten times a second.

    Attributes
    ----------
    y_unit : str
        Unit of traces without a unit.
    now_ms, hover_ms, pinned_ms : float
        Present time, time under the pointer, time of the pinned cursor; NaN for none.
    """

    def __init__(
        self, traces: ShownTraces, panes: TracePanes, legend: TraceLegend, heading: QLabel
    ) -> None:
        super().__init__(panes)
        self._traces = traces
        self._panes = panes
        self._legend = legend
        self._heading = heading
        self._since = QElapsedTimer()
        self._later = QTimer(self, singleShot=True)
        self._later.timeout.connect(self._show_present)
        self.y_unit = ""
        self.now_ms = 0.0
        self.hover_ms = math.nan
        self.pinned_ms = math.nan

    @property
    def is_pinned(self) -> bool:
        """Whether the cursor is pinned."""
        return math.isfinite(self.pinned_ms)

    @property
    def cursor_ms(self) -> float:
        """Time of the cursor, pinned or hovering; NaN if there is none."""
        return self.pinned_ms if self.is_pinned else self.hover_ms

    def hover(self, time_ms: float) -> bool:
        """Set the time under the pointer (ms; NaN for none); return whether it changed."""
        before, self.hover_ms = self.hover_ms, time_ms
        return not (time_ms == before or (math.isnan(time_ms) and math.isnan(before)))

    def pin(self, time_ms: float, reach_ms: float) -> bool:
        """Pin the cursor at a time, unpin it at NaN or within `reach_ms` of it; return whether it changed."""
        before = self.pinned_ms
        self.pinned_ms = math.nan if abs(time_ms - before) <= reach_ms else time_ms
        return not (math.isnan(self.pinned_ms) and math.isnan(before))

    def unit_of(self, trace: StoredTrace) -> str:
        """Return a trace's unit."""
        return self.y_unit if trace.unit is None else trace.unit

    def show_in_legend(self, trace: StoredTrace) -> None:
        """Add a trace to the legend, or update its row."""
        self._legend.rows.put(
            LegendRow(
                trace.trace_id,
                trace.label,
                trace.color,
                self.unit_of(trace),
                trace.buffer.last_value,
                trace.shown,
                trace.remark,
                trace.pattern,
            )
        )

    def show(self) -> None:
        """Show the cursor and the values: those at the cursor at once, present ones as fast as one can read."""
        at = self.cursor_ms
        if not math.isfinite(at) or not len(self._traces):
            self._panes.show_cursor(None, False, ())
            wait = _EVERY_MS - self._since.elapsed() if self._since.isValid() else 0
            if wait <= 0:
                self._show_present()
            elif not self._later.isActive():
                self._later.start(int(wait))
            return
        self._since.invalidate()
        values = {trace.trace_id: trace.buffer.value_at(at) for trace in self._traces}
        marks = [(t.trace_id, values[t.trace_id], t.color) for t in self._traces if t.shown]
        self._panes.show_cursor(at, self.is_pinned, marks)
        self._heading.setText(f"{'Pinned at' if self.is_pinned else 'At'} {at:.2f} ms")
        self._legend.rows.set_values(values)

    def _last_ms(self) -> float:
        """Return the time of the values shown: a run may pause between two samples."""
        ends = [each.buffer.last_time for each in self._traces if len(each.buffer)]
        return max(ends, default=self.now_ms)

    def _show_present(self) -> None:
        if math.isfinite(self.cursor_ms):
            return
        self._since.start()
        self._heading.setText(f"Latest, {self._last_ms():.2f} ms")
        self._legend.rows.set_values({t.trace_id: t.buffer.last_value for t in self._traces})
        for trace in self._traces:
            if self._legend.rows.note_of(trace.trace_id) != trace.remark:
                self.show_in_legend(trace)
