"""`Model`: the window's state. Views read it and connect to its signals."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from PySide6.QtCore import QObject, Signal

from app.palette import free_color_index
from backends.errors import ProtocolError
from backends.field import Field
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
from backends.scene import MorphologyGeometry, Scene
from backends.scene_changes import SceneChange, changed_scene
from backends.views import ViewSpec, resolved


@dataclass(frozen=True, slots=True)
class TraceInfo:
    """A recorded trace, without its samples.

    Attributes
    ----------
    segment : int
        Index of its segment, -1 if it belongs to none.
    color_index : int
        Into the trace colours of the theme.
    shown : bool
        Whether the plot draws it.
    quantity : str
        What its values are, where that is not the first display variable.
    """

    trace_id: str
    label: str
    unit: str | None
    segment: int
    color_index: int
    note: str = ""
    shown: bool = True
    quantity: str = ""


class Model(QObject):
    """Scene, current values, recorded traces, selection and run state of one session.

    A setter that changes nothing emits nothing.

    Signals
    -------
    shapeChanged()
        The same cell has another shape; `sceneChanged` follows.
    fieldChanged(str)
        A field, by id, has new values, which `fields` has.
    viewChanged(str)
        What a view, by id, is bound to has changed; `view` returns it as it is now.
    eventsArrived(EventsAppend)

    Attributes
    ----------
    fields : dict of str to Field
        The fields of the scene with their present values.
    is_starting : bool
        Whether the scene is one that is shown while the model is being built.
    """

    sceneChanged = Signal()
    shapeChanged = Signal()
    valuesChanged = Signal()
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
    selectionChanged = Signal()
    hoverChanged = Signal()
    errorReported = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.scene = Scene()
        self.has_scene = False
        self.fields: dict[str, Field] = {}
        self.is_starting = False
        self._refused_fields: set[str] = set()
        self.values = np.empty(0, np.float32)
        self.values_time_ms = math.nan
        self.run_status = RunStatus(0.0, running=False)
        self.status = Status(Phase.STARTING)
        self.not_answering = ""  # a sentence while the session's process is stopped
        self._known_traces: set[str] = set()  # those removed too
        self.traces: dict[str, TraceInfo] = {}
        self.control_values: dict[str, Any] = {}
        self._reserved_colors: dict[str, int] = {}
        self._hidden_on_arrival: frozenset[str] = frozenset()
        self.selected = -1
        self.hovered = -1

    @property
    def geometry(self) -> MorphologyGeometry | None:
        """The cell on the screen."""
        return self.scene.geometry

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
    def shown_variable(self) -> str:
        """Name of the variable that the cell is coloured by, "" if there is none."""
        view, variables = self.scene.morphology_view, self.scene.display_variables
        if view is None or not variables:
            return ""
        shown = (each for each in variables if (each.label, each.unit) == (view.label, view.unit))
        return next(shown, variables[0]).name

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
                self._add_unknown_traces(update)
                self.samplesArrived.emit(update)
            case TraceAdded():
                self._set_trace(update)
            case TraceRemoved(trace_id):
                self._drop_trace(trace_id)
            case RunStatus():
                self._set_run_status(update)
            case Status():
                self._set_status(update)
            case NotAnswering(message):
                self._set_not_answering(message)
            case StatePatch(values):
                self.control_values.update(values)
                self.controlsChanged.emit(dict(values))
                self._change_bound_views(values)
            case ScenePatch() | PanelPatch() | LayoutReplace():
                self._change_scene(update)
            case EventsAppend():
                self.eventsArrived.emit(update)
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
        self.status = Status(Phase.STARTING)
        self.run_status = RunStatus(0.0, running=False)
        self._set_not_answering("")
        self.control_values = {}
        self._refused_fields.clear()
        self._known_traces.clear()
        self.expect_traces({}, ())
        self.select(-1)
        self.hover(-1)
        self.phaseChanged.emit()
        self.runStatusChanged.emit()

    def expect_traces(self, colors: Mapping[str, int], hidden: Iterable[str]) -> None:
        """Reserve colour indices (by id) for traces that are about to arrive; `hidden` names those not to draw."""
        self._reserved_colors = dict(colors)
        self._hidden_on_arrival = frozenset(hidden)

    def show_trace(self, trace_id: str, shown: bool) -> None:
        """Draw a trace, or hide it while recording continues; an unknown id is ignored."""
        info = self.traces.get(trace_id)
        if info is not None and info.shown != shown:
            self.traces[trace_id] = replace(info, shown=shown)
            self.traceShown.emit(trace_id, shown)

    def view(self, view_id: str) -> ViewSpec | None:
        """Return a view with the present values of what it is bound to; None if there is none of that id."""
        view = next((each for each in self.scene.views if each.id == view_id), None)
        if view is None:
            return None
        try:
            return resolved(view, self.control_values)
        except ProtocolError as error:
            words = f"{error.message}; the view stays as it was."
            self.errorReported.emit(Error(words, code=error.code, hint="edit-script"))
            return None

    def _change_bound_views(self, values: Mapping[str, Any]) -> None:
        for view in self.scene.views:
            if set(view.bound_keys()) & set(values):
                self.viewChanged.emit(view.id)

    def select(self, segment: int) -> None:
        """Select a segment (index, -1: none): the one that the inspector shows and key T records."""
        if segment != self.selected:
            self.selected = segment
            self.selectionChanged.emit()

    def hover(self, segment: int) -> None:
        """Set the segment under the pointer (index, -1: none)."""
        if segment != self.hovered:
            self.hovered = segment
            self.hoverChanged.emit()

    def segment_id(self, segment: int) -> str:
        """Return the id of a segment index, "" for none."""
        geometry = self.geometry
        if geometry is None or not 0 <= segment < geometry.n_segments:
            return ""
        return geometry.segment_ids[segment]

    def value_of(self, segment: int) -> float:
        """Return the display value of a segment index, NaN if there is none."""
        return float(self.values[segment]) if 0 <= segment < len(self.values) else math.nan

    def trace_of(self, segment: int) -> str:
        """Return the id of a segment's trace of the variable that the cell is coloured by, "" for none."""
        variables = self.scene.display_variables
        first = not variables or self.shown_variable == variables[0].name
        view = self.scene.morphology_view
        quantity = "" if first or view is None else view.label
        return next(
            (
                info.trace_id
                for info in self.traces.values()
                if info.segment == segment >= 0 and info.quantity == quantity
            ),
            "",
        )

    def root_segment(self) -> int:
        """Return the index of the first soma segment, or of the first root, or -1."""
        geometry = self.geometry
        if geometry is None or not geometry.n_segments:
            return -1
        somatic = np.flatnonzero(geometry.swc_type == 1)
        roots = np.flatnonzero(geometry.parent_segment < 0)
        return int((somatic if len(somatic) else roots)[0])

    # ------------------------------------------------------------------ one update each

    def _set_scene(self, scene: Scene) -> None:
        self.scene = scene
        self.has_scene, self.is_starting = True, False
        self.fields = {each.id: each for each in scene.fields}
        self.control_values = {each.id: each.value_spec.default for each in scene.controls}
        view = scene.morphology_view
        self.values = (
            np.asarray(scene.field_by_id(view.field_id).values, np.float32)
            if view is not None
            else np.empty(0, np.float32)
        )
        self.values_time_ms = 0.0
        self.selected = self.hovered = -1
        if self.status.phase is not Phase.FAILED:
            self.status = Status(Phase.READY)
        self.sceneChanged.emit()
        self.valuesChanged.emit()
        self.phaseChanged.emit()

    def _set_startup_scene(self, scene: Scene) -> None:
        """Show a scene whose model is still being built, unless there is another one to look at."""
        if self.has_scene and not self.is_starting:
            return
        self._set_scene(scene)
        self.is_starting = True

    def _set_values(self, update: FieldReplace) -> None:
        if not self._set_field(update):
            return
        view = self.scene.morphology_view
        if view is None or update.field_id != view.field_id:
            return
        self.values = np.asarray(update.values, np.float32)
        self.values_time_ms = update.time_ms
        self.valuesChanged.emit()

    def _set_field(self, update: FieldReplace) -> bool:
        """Store the values of a field; return whether the scene has it and they suit it."""
        known = self.fields.get(update.field_id)
        try:
            if known is None:
                there = ", ".join(self.fields) or "none"
                raise ProtocolError(
                    f"FieldReplace: there is no field {update.field_id!r}; there are {there}",
                    code="unknown-field",
                )
            coords = dict(known.coords) if update.coords is None else dict(update.coords)
            self.fields[update.field_id] = replace(known, values=update.values, coords=coords)
        except ProtocolError as error:
            if update.field_id not in self._refused_fields:  # once: they come many times a second
                self._refused_fields.add(update.field_id)
                words = f"{error.message}; the values are not shown."
                self.errorReported.emit(Error(words, code=error.code, hint="edit-script"))
            return False
        self.fieldChanged.emit(update.field_id)
        return True

    def _add_unknown_traces(self, update: FieldAppend) -> None:
        """Add traces whose samples a session sends without having added them; a removed one stays removed."""
        view = self.scene.trace_view
        if view is None or view.field_id != update.field_id:
            return
        for trace_id in update.rows:
            if trace_id not in self._known_traces:
                self._set_trace(
                    TraceAdded(trace_id, None, np.empty(0), np.empty(0), unit=view.y_unit)
                )

    def _set_trace(self, added: TraceAdded) -> None:
        self._known_traces.add(added.trace_id)
        geometry = self.geometry
        known = self.traces.get(added.trace_id)
        color = self._color_for(added.trace_id) if known is None else known.color_index
        shown = added.trace_id not in self._hidden_on_arrival if known is None else known.shown
        self._hidden_on_arrival -= {added.trace_id}
        segment = -1
        if geometry is not None and added.segment_id in geometry:
            segment = geometry.index_of(str(added.segment_id))
        label = added.label or added.trace_id
        info = TraceInfo(
            added.trace_id, label, added.unit, segment, color, added.note, shown, added.quantity
        )
        self.traces[added.trace_id] = info
        self.traceSet.emit((info, added.times, added.values))
        if info != known:
            self.tracesChanged.emit()

    def _color_for(self, trace_id: str) -> int:
        if trace_id in self._reserved_colors:
            return self._reserved_colors.pop(trace_id)
        taken = {each.color_index for each in self.traces.values()}
        return free_color_index(taken | set(self._reserved_colors.values()))

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
        if status != self.status:
            self.status = status
            self.phaseChanged.emit()

    def _set_not_answering(self, message: str) -> None:
        if message != self.not_answering:
            self.not_answering = message
            self.answeringChanged.emit()

    def _change_scene(self, update: SceneChange) -> None:
        try:
            self.scene = changed_scene(self.scene, update)
        except ProtocolError as error:
            words = f"{error.message}; the window stays as it is."
            self.errorReported.emit(Error(words, code=error.code, hint="edit-script"))
            return
        if not isinstance(update, ScenePatch):
            self.layoutChanged.emit()
            return
        if "geometries" in update.changes:
            self.shapeChanged.emit()
        if "fields" in update.changes:
            self.fields = {each.id: each for each in self.scene.fields}
        self.sceneChanged.emit()

    def _set_error(self, error: Error) -> None:
        if error.fatal:
            self._set_not_answering("")
            self.run_status = replace(self.run_status, running=False)
            self.status = Status(Phase.FAILED, error.message)
            self.runStatusChanged.emit()
            self.phaseChanged.emit()
        self.errorReported.emit(error)
