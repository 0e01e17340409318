"""`UpdateCollector`: what a session's updates amount to: its scene, traces, fields and clock."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from backends.error_updates import error_of
from backends.field import Field
from backends.messages import (
    Error,
    EventsAppend,
    FieldAppend,
    FieldReplace,
    LayoutReplace,
    NotAnswering,
    PanelPatch,
    RunStatus,
    ScenePatch,
    SceneReady,
    SessionUpdate,
    Status,
    TraceAdded,
    TraceRemoved,
)
from backends.scene import Scene
from backends.scene_changes import changed_scene


@dataclass
class GrowingTrace:
    """A trace in pieces of times (ms) and of values (in `unit`)."""

    trace_id: str
    unit: str | None
    times: list[NDArray[np.float64]] = field(default_factory=list)
    values: list[NDArray[np.float64]] = field(default_factory=list)
    label: str = ""
    segment_id: str | None = None

    def joined(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return all times and all values, each of shape (n_samples,)."""
        if not self.times:
            return np.empty(0), np.empty(0)
        return np.concatenate(self.times), np.concatenate(self.values)


class UpdateCollector:
    """Collects the updates of one session.

    Parameters
    ----------
    on_status : callable or None
        Called with the text of each `Status`.

    Attributes
    ----------
    scene : Scene or None
    traces : dict of str to GrowingTrace
    fields : dict of str to Field
        With their present values.
    frame : FieldReplace or None
        The newest values of the morphology view's field.
    events : dict of str to (rows, times)
        Of each raster: which row each event belongs to, and when it was, ms.
    time_ms : float
        Simulated time reached, ms.
    has_clock : bool
        Whether the session reports its time, by `RunStatus` or by the times of its samples.
    has_status : bool
        Whether it has sent a `RunStatus`.
    silence : str
        A sentence while the session's process is stopped, else "".
    errors : list of str
        Messages of errors that did not end the session, each once.
    """

    def __init__(self, on_status: Callable[[str], object] | None = None) -> None:
        self.scene: Scene | None = None
        self.traces: dict[str, GrowingTrace] = {}
        self.fields: dict[str, Field] = {}
        self.frame: FieldReplace | None = None
        self.events: dict[str, tuple[NDArray[np.int32], NDArray[np.float64]]] = {}
        self.time_ms = 0.0
        self.has_clock = self.has_status = False
        self.silence = ""
        self.errors: list[str] = []
        self._known: set[str] = set()
        self._on_status = on_status

    def set_scene(self, scene: Scene | None) -> None:
        """Take the scene that `initialize` has returned."""
        self.scene = scene
        self.fields = {} if scene is None else {each.id: each for each in scene.fields}

    def apply_all(self, updates: Iterable[SessionUpdate]) -> None:
        """Apply updates in order.

        Raises
        ------
        SimulatorError
            For an `Error` that ends the session.
        """
        for update in updates:
            self._apply(update)

    def _apply(self, update: SessionUpdate) -> None:
        match update:
            case TraceAdded():
                self._add_trace(update)
            case TraceRemoved(trace_id):
                self.traces.pop(trace_id, None)
            case FieldAppend() if self._is_trace_field(update.field_id):
                self._extend(update)
            case FieldReplace():
                self._replace(update)
            case EventsAppend():
                self._add_events(update)
            case RunStatus():
                self.time_ms, self.has_clock, self.has_status = update.time_ms, True, True
            case SceneReady(scene):
                self.set_scene(scene)
            case ScenePatch() | PanelPatch() | LayoutReplace() if self.scene is not None:
                self.scene = changed_scene(self.scene, update)
            case Status() if self._on_status is not None:
                self._on_status(update.message or str(update.phase))
            case NotAnswering(message):
                self.silence = message
            case Error(fatal=True):
                raise error_of(update)
            case Error() if update.message not in self.errors:
                self.errors.append(update.message)

    def _add_trace(self, added: TraceAdded) -> None:
        self._known.add(added.trace_id)
        self.traces[added.trace_id] = GrowingTrace(
            added.trace_id,
            added.unit,
            [added.times],
            [added.values],
            added.label,
            added.segment_id,
        )

    def _is_trace_field(self, field_id: str) -> bool:
        plots = [v.field_ids for v in self.scene.views if v.KIND == "traces"] if self.scene else []
        return not plots or any(field_id in ids for ids in plots)

    def _extend(self, update: FieldAppend) -> None:
        if len(update.coord_values) and not self.has_status:
            self.time_ms, self.has_clock = float(update.coord_values[-1]), True
        for trace_id, row in zip(update.rows, update.values, strict=True):
            if trace_id not in self._known:  # samples of a trace that was never added
                self._known.add(trace_id)
                self.traces[trace_id] = GrowingTrace(trace_id, None)
            if trace_id in self.traces:
                self.traces[trace_id].times.append(update.coord_values)
                self.traces[trace_id].values.append(row)

    def _replace(self, update: FieldReplace) -> None:
        known = self.fields.get(update.field_id)
        if known is not None:
            coords = known.coords if update.coords is None else update.coords
            self.fields[update.field_id] = replace(known, values=update.values, coords=coords)
        view = self.scene.morphology_view if self.scene else None
        if view is not None and view.field_id == update.field_id:
            self.frame = update

    def _add_events(self, update: EventsAppend) -> None:
        rows, times = self.events.get(update.field_id, (update.rows[:0], update.times[:0]))
        if update.from_start:
            rows, times = rows[:0], times[:0]
        self.events[update.field_id] = (
            np.concatenate([rows, update.rows]),
            np.concatenate([times, update.times]),
        )
