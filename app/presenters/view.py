"""`ViewPresenter`: shows a view of the model in any `ViewWidget`."""

from __future__ import annotations

from PySide6.QtCore import QObject

from app.model import Model
from app.palette import Theme
from app.views.base import ViewWidget
from backends.messages import EventsAppend


class ViewPresenter(QObject):
    """Updates a widget when its view, its fields or its events change; ends with the widget."""

    def __init__(self, model: Model, widget: ViewWidget, theme: Theme, view_id: str) -> None:
        super().__init__(widget)
        self._model = model
        self._widget = widget
        self._view_id = view_id
        model.sceneChanged.connect(self._show_scene)
        model.viewChanged.connect(self._show_view)
        model.fieldChanged.connect(self._show_field)
        model.eventsArrived.connect(self._append_events)
        model.runStatusChanged.connect(self._show_time)
        self._shown_ids: tuple[str, ...] = ()
        widget.set_theme(theme)
        self._show_scene()
        self._show_time()

    def set_theme(self, theme: Theme) -> None:
        """Apply a theme."""
        self._widget.set_theme(theme)

    def _field_ids(self) -> tuple[str, ...]:
        view = self._model.view(self._view_id)
        return () if view is None else view.field_ids

    def _show_scene(self) -> None:
        self._show_view(self._view_id)
        for field_id in self._field_ids():
            self._show_field(field_id)

    def _show_view(self, view_id: str) -> None:
        view = self._model.view(self._view_id)
        if view_id != self._view_id or view is None:
            return
        self._widget.set_spec(view)
        if view.field_ids != self._shown_ids:
            self._shown_ids = view.field_ids
            self._show_events()
            for field_id in view.field_ids:
                self._show_field(field_id)

    def _show_events(self) -> None:
        """Show the events that came before."""
        for field_id in self._field_ids():
            rows, times = self._model.events(field_id)
            if len(times):
                self._widget.append_events(rows, times, True)

    def _show_field(self, field_id: str) -> None:
        if field_id in self._field_ids() and field_id in self._model.fields:
            self._widget.set_field(self._model.fields[field_id])

    def _append_events(self, update: EventsAppend) -> None:
        if update.field_id in self._field_ids():
            self._widget.append_events(update.rows, update.times, update.from_start)

    def _show_time(self) -> None:
        self._widget.set_time(self._model.run_status.time_ms)
