"""`TracesPresenter`: shows the model's traces in trace plots: each plot those of its view."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QObject

from app.export.trace_column import TraceColumn
from app.model import Model, TraceInfo
from app.palette import Theme, trace_color, trace_pattern
from app.presenters.captions import PLAIN_TITLES
from app.traces.plot import TracePlot
from app.traces.store import StoredTrace, TraceStore
from backends.messages import FieldAppend
from backends.views import TracePlotViewSpec

# Labels that are too long for a vertical axis, and their short form.
SHORT_LABELS = {"Membrane potential": "V"}
LEFT_OVER = ""
"""In the place of a view's id: the traces that no plot of the scene shows."""


class TracesPresenter(QObject):
    """Updates trace plots when the model changes. Samples are stored once, whatever plots show them.

    Parameters
    ----------
    earlier : list of (TraceInfo, times, values) or FieldAppend
        Updates that arrived before the first plot was created.

    Attributes
    ----------
    store : TraceStore
        The samples; every plot must be made with it.
    """

    def __init__(self, model: Model, theme: Theme, earlier: list[Any], parent: QObject) -> None:
        super().__init__(parent)
        self._model = model
        self._theme = theme
        self.store = TraceStore()
        self._plots: dict[TracePlot, str] = {}
        self._above: dict[TracePlot, str] = {}
        self._windows: dict[TracePlot, float | None] = {}
        model.sceneChanged.connect(self._show_all)
        model.viewChanged.connect(self._show_all)
        model.traceSet.connect(self._set_trace)
        model.traceRemoved.connect(self._remove_trace)
        model.traceShown.connect(self._show_trace)
        model.samplesArrived.connect(self._append)
        model.runStatusChanged.connect(self._show_time)
        for each in earlier:
            if isinstance(each, FieldAppend):
                self._append(each)
            else:
                self._set_trace(each)

    # --------------------------------------------------------------------------------- plots

    def show_in(self, plot: TracePlot, view_id: str) -> None:
        """Show a view in a plot, or the traces of no plot (`LEFT_OVER`), until `release`."""
        if plot not in self._plots:
            plot.set_theme(self._theme)
            plot.set_time(self._model.run_status.time_ms)
            earlier = [each for each, shown in self._plots.items() if shown == view_id]
            if earlier:  # in another place until now
                plot.set_axes("", "", earlier[0].y_unit)
                plot.copy_ranges(earlier[0])
                self._windows[plot] = self._windows.get(earlier[0])
        self._plots[plot] = view_id
        self._show_view(plot)

    def set_title_above(self, plot: TracePlot, title: str) -> None:
        """Leave the title of a plot out where it already stands above it."""
        if plot in self._plots and self._above.get(plot, "") != title:
            self._above[plot] = title
            self._show_view(plot)

    def release(self, plot: TracePlot) -> None:
        """Leave a plot alone that is about to be deleted."""
        self._plots.pop(plot, None)
        self._windows.pop(plot, None)
        self._above.pop(plot, None)

    def columns(self) -> list[TraceColumn]:
        """Return every trace, for export."""
        return [
            TraceColumn(each.label, self._written_unit(each), each.buffer.times, each.buffer.values)
            for each in self.store
        ]

    def _written_unit(self, trace: StoredTrace) -> str:
        if trace.unit is not None:
            return trace.unit
        info = self._model.traces[trace.trace_id]
        view = self._first_plot_of(info.field_id)
        return (view.y_unit if view is not None else info.unit) or ""

    def set_theme(self, theme: Theme) -> None:
        """Apply a theme to the plots and their traces."""
        self._theme = theme
        for plot in self._plots:
            plot.set_theme(theme)
        for info in self._model.traces.values():
            color = trace_color(info.color_index, theme)
            if info.trace_id in self.store:
                self.store[info.trace_id].color = color
            for plot in self._plots:
                plot.set_trace_color(info.trace_id, color)

    def _show_all(self, *_: object) -> None:
        for plot in self._plots:
            self._show_view(plot)

    def _show_view(self, plot: TracePlot) -> None:
        view = self._model.view(self._plots[plot])
        if isinstance(view, TracePlotViewSpec):
            label = SHORT_LABELS.get(view.y_label, view.y_label)
            known = (*PLAIN_TITLES, self._above.get(plot, ""))
            plot.set_axes("" if view.title in known else view.title, label, view.y_unit or "")
            plot.set_y_limits(None if view.y_limits is None else tuple(view.y_limits))
            if self._windows.get(plot, plot.window_ms) != view.window_ms:
                plot.set_window(view.window_ms)
            self._windows[plot] = view.window_ms
        else:
            plot.set_axes("", *self._left_over_axes())
            plot.set_y_limits(None)
        self._show_traces(plot)

    def _left_over_axes(self) -> tuple[str, str]:
        """Return label and unit of what is captured on a cell."""
        plot, cell = self._model.scene.trace_view, self._model.scene.morphology_view
        label, unit = ("Value", None)
        if plot is not None:
            label, unit = plot.y_label, plot.y_unit
        elif cell is not None:
            label, unit = cell.label, cell.unit
        return SHORT_LABELS.get(label, label), unit or ""

    def _show_traces(self, plot: TracePlot) -> None:
        plot.show_only([each for each in self._wanted(plot) if each in self.store])

    def _wanted(self, plot: TracePlot) -> tuple[str, ...]:
        view = self._model.view(self._plots[plot])
        if isinstance(view, TracePlotViewSpec):
            return self._model.traces_of(view)
        return self._model.traces_in_no_plot()

    # -------------------------------------------------------------------------------- traces

    def _set_trace(self, trace: Any) -> None:
        info, times, values = trace
        stored = StoredTrace(
            info.trace_id,
            info.label,
            trace_color(info.color_index, self._theme),
            self._unit_of(info),
            info.note,
            info.shown,
            info.quantity,
            trace_pattern(info.color_index),
        )
        self.store.put(stored, times, values)
        for plot in self._plots:
            if info.trace_id in plot:
                plot.add(info.trace_id)
            self._show_traces(plot)

    def _unit_of(self, info: TraceInfo) -> str | None:
        """Return the unit of a trace, None for that of the plot, whatever the plot calls it."""
        units = {each.unit for each in self._model.scene.fields if each.id == info.field_id}
        if self._first_plot_of(info.field_id) is None:
            return next(iter(units), None) if info.unit is None else info.unit
        return (
            None if info.unit is None or (info.unit in units and not info.quantity) else info.unit
        )

    def _first_plot_of(self, field_id: str) -> TracePlotViewSpec | None:
        views = self._model.scene.views
        plots = (each for each in views if isinstance(each, TracePlotViewSpec))
        return next((each for each in plots if each.field_id == field_id), None)

    def _remove_trace(self, trace_id: str) -> None:
        for plot in self._plots:
            plot.remove_trace(trace_id)
        if trace_id in self.store:
            self.store.remove(trace_id)

    def _show_trace(self, trace_id: str, shown: bool) -> None:
        if trace_id in self.store:
            self.store[trace_id].shown = shown
        for plot in self._plots:
            plot.show_trace(trace_id, shown)

    def _append(self, update: FieldAppend) -> None:
        self.store.append(update.rows, update.coord_values, update.values)
        for plot in self._plots:
            plot.note_samples(update.rows)

    def _show_time(self) -> None:
        for plot in self._plots:
            plot.set_time(self._model.run_status.time_ms)
