"""`TracesPresenter`: shows the model's traces in the trace plot."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QObject

from app.model import Model
from app.palette import Theme, trace_color
from app.traces.plot import TracePlot
from backends.messages import FieldAppend

# Labels that are too long for a vertical axis, and their short form.
SHORT_LABELS = {"Membrane potential": "V"}
DOCK_TITLES = ("Trace", "Traces")


class TracesPresenter(QObject):
    """Updates a trace plot when the model changes.

    Parameters
    ----------
    earlier : list of (TraceInfo, times, values) or FieldAppend
        Updates that arrived before the plot was created.
    """

    def __init__(self, model: Model, plot: TracePlot, theme: Theme, earlier: list[Any]) -> None:
        super().__init__(plot)
        self._model = model
        self._plot = plot
        self._theme = theme
        model.sceneChanged.connect(self._show_axes)
        model.traceSet.connect(self._set_trace)
        model.traceRemoved.connect(plot.remove_trace)
        model.traceShown.connect(plot.show_trace)
        model.samplesArrived.connect(self._append)
        model.runStatusChanged.connect(self._show_time)
        plot.set_theme(theme)
        self._show_axes()
        for each in earlier:
            if isinstance(each, FieldAppend):
                self._append(each)
            else:
                self._set_trace(each)
        self._show_time()

    def set_theme(self, theme: Theme) -> None:
        """Apply a theme to the plot and its traces."""
        self._theme = theme
        self._plot.set_theme(theme)
        for info in self._model.traces.values():
            self._plot.set_trace_color(info.trace_id, trace_color(info.color_index, theme))

    def _show_axes(self) -> None:
        view = self._model.scene.trace_view
        if view is not None:
            title = "" if view.title in DOCK_TITLES else view.title
            label = SHORT_LABELS.get(view.y_label, view.y_label)
            self._plot.set_axes(title, label, view.y_unit or "")

    def _set_trace(self, trace: Any) -> None:
        info, times, values = trace
        color = trace_color(info.color_index, self._theme)
        self._plot.set_trace(
            info.trace_id, info.label, color, times, values, info.note, unit=info.unit
        )
        self._plot.show_trace(info.trace_id, info.shown)

    def _append(self, update: FieldAppend) -> None:
        self._plot.append(update.rows, update.coord_values, update.values)

    def _show_time(self) -> None:
        self._plot.set_time(self._model.run_status.time_ms)
