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
from backends.trace_keys import TraceKeys, history_field
from backends.views import TracePlotViewSpec


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
        self._keys = TraceKeys()
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
                for key in self._keys.rows_of(trace_id):
                    self.traces.pop(key, None)
            case FieldAppend():
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
        key = self._keys.key(added.field_id or history_field(self.scene), added.trace_id)
        self.traces[key] = GrowingTrace(
            key, added.unit, [added.times], [added.values], added.label, added.segment_id
        )

    def _plots(self) -> list[TracePlotViewSpec]:
        views = self.scene.views if self.scene else ()
        return [view for view in views if isinstance(view, TracePlotViewSpec)]

    def _extend(self, update: FieldAppend) -> None:
        plots = self._plots()
        own = [view for view in plots if view.field_id == update.field_id]
        field_id = self._keys.field_of(update, is_plotted=bool(own) or not plots)
        if field_id is None:
            there = ", ".join(sorted({view.field_id for view in plots}))
            words = f"FieldAppend: no trace plot shows the field {update.field_id!r}; there are plots of"
            sentence = f"{words} {there}. The samples are left out."
            if sentence not in self.errors:
                self.errors.append(sentence)
            return
        if len(update.coord_values) and not self.has_status:
            self.time_ms, self.has_clock = float(update.coord_values[-1]), True
        for name, row in zip(update.rows, update.values, strict=True):
            is_new = not self._keys.knows(field_id, name)  # samples of a trace that was never added
            key = self._keys.key(field_id, name)
            if is_new:
                self.traces[key] = GrowingTrace(key, own[0].y_unit if own else None)
            if key in self.traces:
                self.traces[key].times.append(update.coord_values)
                self.traces[key].values.append(row)

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
