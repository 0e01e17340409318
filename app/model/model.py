"""`Model`: the window's state. Views read it and connect to its signals."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal

from app.model.cells import CellState
from app.model.fields import check_cell_field
from app.model.views import ResolvedViews
from backends.controls import first_values, with_state_keys
from backends.errors import ProtocolError
from backends.messages import (
    Error,
    EventsAppend,
    FieldAppend,
    FieldReplace,
    LayoutReplace,
    NotAnswering,
    PanelPatch,
    Phase,
    RunStatus,
    ScenePatch,
    SceneReady,
    SessionUpdate,
    StartupScene,
    StatePatch,
    Status,
    TraceAdded,
    TraceRemoved,
)
from backends.scene import Scene
from backends.scene_changes import SceneChange, changed_scene
from backends.trace_keys import history_field
from backends.views import TracePlotViewSpec, ViewSpec

MOST_REPORTS = 200  # different ones of a session


class Model(CellState):
    """Scene, current values, recorded traces, selection and run state of one session.

    A setter that changes nothing emits nothing.

    Signals
    -------
    shapeChanged()
        The same cell has another shape; `sceneChanged` follows.
    fieldChanged(str)
        A field, by id, has new values, which `fields` has.
    viewChanged(str)
        A view, by id, has changed, or what it is bound to; `view` returns it as it is now.
    eventsArrived(EventsAppend)
        `events` has them too.
    samplesArrived(FieldAppend)
        Its rows are ids of `traces`.

    Attributes
    ----------
    is_rebuilt : bool
        Whether the session is of the model that was shown before it, built again.
    is_starting : bool
        Whether the scene is one that is shown while the model is being built.
    panel_titles : dict of str to str
        Titles that `PanelPatch` has given to panels, by id.
    """

    sceneChanged = Signal()
    shapeChanged = Signal()
    runStatusChanged = Signal()
    phaseChanged = Signal()
    answeringChanged = Signal()
    fieldChanged = Signal(str)
    viewChanged = Signal(str)
    eventsArrived = Signal(object)
    tracesChanged = Signal()
    traceSet = Signal(object)
    traceRemoved = Signal(str)
    traceShown = Signal(str, bool)
    samplesArrived = Signal(object)
    controlsChanged = Signal(dict)
    layoutChanged = Signal()
    errorReported = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.has_scene = False
        self.is_starting = False
        self.panel_titles: dict[str, str] = {}
        self.is_rebuilt = False
        self.run_status = RunStatus(0.0, running=False)
        self.status = Status(Phase.STARTING)
        self.not_answering = ""  # a sentence while the session's process is stopped
        self.control_values: dict[str, Any] = {}
        self._reported: set[tuple[str, str]] = set()
        self._is_new_session = True

    # ------------------------------------------------------------------- what is on the screen

    def time_of(self, field_id: str) -> float:
        """Return the simulated time of a field's values, ms; NaN where there is none."""
        return self._fields.time_of(field_id)

    def events(self, field_id: str) -> tuple[NDArray[np.int32], NDArray[np.float64]]:
        """Return rows and times (ms) of a field's events until now."""
        return self._fields.events(field_id)

    def traces_of(self, view: TracePlotViewSpec) -> tuple[str, ...]:
        """Return the ids of the traces that a plot shows, in its order."""
        return self._traces.in_plot(view, self._views.plots())

    def traces_in_no_plot(self) -> tuple[str, ...]:
        """Return the ids of the traces that no plot shows, nor may show with another state."""
        return self._traces.in_no_plot(self.scene, self._views.plots())

    @property
    def phase(self) -> Phase:
        """What the session is doing, for the state lamp: the build phase, then the run state."""
        if self.status.phase not in (Phase.READY, Phase.RUNNING, Phase.PAUSED, Phase.FINISHED):
            return self.status.phase
        run = self.run_status
        if run.running:
            return Phase.RUNNING
        if run.finished:
            return Phase.FINISHED
        return Phase.READY if run.time_ms == 0 else Phase.PAUSED

    @property
    def is_failed(self) -> bool:
        """Whether the session has failed for good."""
        return self.status.phase is Phase.FAILED

    def apply(self, updates: Iterable[SessionUpdate]) -> None:
        """Apply a session's updates, in order."""
        for update in updates:
            self._apply(update)

    def _apply(self, update: SessionUpdate) -> None:
        match update:
            case SceneReady(scene):
                self._set_scene(scene)
            case FieldReplace():
                self._set_values(update)
            case FieldAppend():
                self._append_samples(update)
            case TraceAdded():
                self._set_trace(update)
            case TraceRemoved(trace_id):
                for key in self._traces.removed(trace_id):
                    self._drop_trace(key)
            case RunStatus():
                self._set_run_status(update)
            case Status():
                self._set_status(update)
            case NotAnswering(message):
                self._set_not_answering(message)
            case StatePatch():
                values = with_state_keys(self.scene.controls, update.values)
                self.control_values.update(values)
                self.controlsChanged.emit(values)
                self._resolve_views(set(values))
            case ScenePatch() | PanelPatch() | LayoutReplace():
                self._change_scene(update)
            case EventsAppend():
                self._append_events(update)
            case StartupScene(scene):
                self._set_startup_scene(scene)
            case Error():
                self._set_error(update)
            case _:
                raise TypeError(f"the model has no handler for {type(update).__name__}")

    def clear(self) -> None:
        """Remove all state of the session, before another one is opened."""
        for trace_id in list(self.traces):
            self._drop_trace(trace_id)
        self._is_new_session = True
        self.status = Status(Phase.STARTING)
        self.run_status = RunStatus(0.0, running=False)
        self._set_not_answering("")
        self.control_values = {}
        self.is_starting = False
        self._reported.clear()
        self._traces.forget()
        self.focused_view = ""
        self.select(-1)
        self.hover(-1)
        self.phaseChanged.emit()
        self.runStatusChanged.emit()

    def expect_traces(self, colors: Mapping[str, int], hidden: Iterable[str]) -> None:
        """Reserve colour indices (by id) for traces that are about to arrive; `hidden` names those not to draw."""
        self._traces.expect(colors, hidden)

    def show_trace(self, trace_id: str, shown: bool) -> None:
        """Draw a trace, or hide it while recording continues; an unknown id is ignored."""
        if self._traces.show(trace_id, shown):
            self.traceShown.emit(trace_id, shown)

    def view(self, view_id: str) -> ViewSpec | None:
        """Return a view with the present values of what it is bound to; None if there is none of that id.

        Where the state has a value that does not suit the view, that is reported once and the view stays as it was.
        """
        return self._views.by_id.get(view_id)

    def report(self, sentence: str, code: str) -> None:
        """Report once that something of the author's cannot be shown."""
        if (code, sentence) not in self._reported and len(self._reported) < MOST_REPORTS:
            self._reported.add((code, sentence))
            self.errorReported.emit(Error(sentence, code=code, hint="edit-script"))

    # ------------------------------------------------------------------ one update each

    def _set_scene(self, scene: Scene) -> None:
        self.scene = scene
        is_same_model = self.is_rebuilt or not self._is_new_session
        self.shown_cells.set_scene(scene, is_same_model=is_same_model)
        self._is_new_session = False
        self.has_scene, self.is_starting = True, False
        self.panel_titles = {}
        self._fields.set_scene(scene)
        self.control_values = first_values(scene.controls)
        self._views = ResolvedViews(self.report)
        self._resolve_views()
        self._selected, self.hovered = ("", -1), -1
        if self.status.phase is not Phase.FAILED:
            self.status = Status(Phase.READY)
        self._check_cell_fields()
        self.sceneChanged.emit()
        self.valuesChanged.emit()
        self.phaseChanged.emit()

    def _check_cell_fields(self) -> None:
        """Report values of the scene that do not suit the cell that they colour."""
        for field in self.fields.values():
            try:
                check_cell_field(self.scene, field)
            except ProtocolError as error:
                self.report(f"{error.message}; the cell has no colours.", error.code)

    def _resolve_views(self, changed: set[str] | None = None) -> None:
        """Resolve the views that depend on a part of the state, or all."""
        for view_id in self._views.resolve(self.scene, self.control_values, changed):
            self.viewChanged.emit(view_id)

    def _set_startup_scene(self, scene: Scene) -> None:
        """Show a scene whose model is still being built, unless there is another one to look at."""
        if self.has_scene and not self.is_starting:
            return
        self._set_scene(scene)
        self.is_starting = True
        self.phaseChanged.emit()

    def drop_startup_scene(self) -> None:
        """Show nothing again, where the model of a startup scene could not be built."""
        if self.is_starting:
            self._set_scene(Scene())
            self.has_scene = False
            self.clear()

    def _set_values(self, update: FieldReplace) -> None:
        try:
            self._fields.replace(self.scene, update)
        except ProtocolError as error:
            if ("field", update.field_id) not in self._reported:  # they come many times a second
                self._reported.add(("field", update.field_id))
                self.report(f"{error.message}; the values are not shown.", error.code)
            return
        self.fieldChanged.emit(update.field_id)
        view = self.morphology_view
        if view is not None and update.field_id == view.field_id:
            self.valuesChanged.emit()

    def _append_events(self, update: EventsAppend) -> None:
        try:
            self._fields.append_events(update)
        except ProtocolError as error:
            self.report(f"{error.message}; the events are not shown.", error.code)
            return
        if not self._views.has_raster_of(update.field_id):
            words = f"EventsAppend: no raster shows the field {update.field_id!r}"
            self.report(f"{words}; add a RasterViewSpec of it.", "field-not-shown")
        self.eventsArrived.emit(update)

    def _append_samples(self, update: FieldAppend) -> None:
        """Pass samples on; add the traces that a session never added, but none that it removed."""
        plots = [each for each in self._views.plots() if each.field_id == update.field_id]
        field_id = self._traces.keys.field_of(update, is_plotted=bool(plots))
        if field_id is None:
            there = ", ".join(sorted({each.field_id for each in self._views.plots()})) or "none"
            words = f"FieldAppend: no trace plot shows the field {update.field_id!r}; there are plots of"
            self.report(f"{words} {there}. The samples are not shown.", "field-not-shown")
            return
        for row in update.rows:
            if plots and not self._traces.keys.knows(field_id, row):
                added = TraceAdded(row, None, np.empty(0), np.empty(0), unit=plots[0].y_unit)
                self._set_trace(replace(added, field_id=field_id))
        rows = self._traces.keys.keys_of(field_id, update.rows)
        self.samplesArrived.emit(update if rows == update.rows else replace(update, rows=rows))

    def _set_trace(self, added: TraceAdded) -> None:
        field_id = added.field_id or history_field(self.scene)
        if added.field_id and added.field_id not in self.fields:
            there = ", ".join(self.fields) or "none"
            words = f"TraceAdded {added.trace_id!r}: there is no field {added.field_id!r}; there are {there}"
            self.report(f"{words}. The trace is shown with those of no field.", "unknown-field")
        known = dict(self.traces)
        info = self._traces.put(added, field_id, self.scene.geometries)
        self.traceSet.emit((info, added.times, added.values))
        if info != known.get(info.trace_id):
            self.tracesChanged.emit()

    def _drop_trace(self, trace_id: str) -> None:
        if self.traces.pop(trace_id, None) is not None:
            self.traceRemoved.emit(trace_id)
            self.tracesChanged.emit()

    def _set_run_status(self, status: RunStatus) -> None:
        phase_before = self.phase
        self.run_status = status
        self.runStatusChanged.emit()
        if self.phase is not phase_before:
            self.phaseChanged.emit()

    def _set_status(self, status: Status) -> None:
        if status != self.status or status.timeout_ms is not None:
            self.status = status
            self.phaseChanged.emit()

    def clear_message(self) -> None:
        """Remove the sentence of a session's `show_status`."""
        if self.status.message:
            self.status = replace(self.status, message="", timeout_ms=None)
            self.phaseChanged.emit()

    def _set_not_answering(self, message: str) -> None:
        if message != self.not_answering:
            self.not_answering = message
            self.answeringChanged.emit()

    def _change_scene(self, update: SceneChange) -> None:
        try:
            self.scene = changed_scene(self.scene, update)
        except ProtocolError as error:
            self.report(f"{error.message}; the window stays as it is.", error.code)
            return
        except (TypeError, ValueError) as error:  # an author's value that no check knows
            words = f"{type(update).__name__}: {error}; the window stays as it is."
            self.report(words, "bad-value")
            return
        if isinstance(update, PanelPatch) and update.title is not None:
            self.panel_titles[update.panel_id] = update.title
        if not isinstance(update, ScenePatch):
            self.layoutChanged.emit()
            return
        self.shown_cells.set_scene(self.scene, is_same_model=True)
        if "geometries" in update.changes:
            self.shapeChanged.emit()
        if "fields" in update.changes:
            self._fields.set_fields(self.scene)
            self._check_cell_fields()
        self.control_values = first_values(self.scene.controls) | self.control_values
        self._resolve_views()
        self.sceneChanged.emit()

    def _set_error(self, error: Error) -> None:
        if error.fatal:
            self._set_not_answering("")
            self.run_status = replace(self.run_status, running=False)
            self.status = Status(Phase.FAILED, error.message)
            self.runStatusChanged.emit()
            self.phaseChanged.emit()
        self.errorReported.emit(error)
