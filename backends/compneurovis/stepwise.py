"""NEURON models of CompNeuroVis whose authors step, sample and emit by themselves.

Such a class overrides one of `STEPWISE`. It is then not run by our engine, but step by step as there: `advance` calls
``h.fadvance()`` and `_sample_step` for each step, then `_emit_batch` with all samples.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from backends.compneurovis.morphology_scene import MorphologySceneBuilder
from backends.compneurovis.neuron_utils import geometry_of_sections
from backends.compneurovis.specs import messages as theirs
from backends.compneurovis.specs.controls import ActionSpec
from backends.compneurovis.specs.geometry import MorphologyGeometry
from backends.compneurovis.specs.scene import Scene
from backends.compneurovis.specs.views import LinePlotViewSpec
from backends.compneurovis.translation.context import AppContext
from backends.errors import RequestError
from backends.live.options import authored_classes
from backends.messages import Phase, SessionUpdate
from backends.neuron.simulator import load_neuron

STEPWISE = (
    "_sample_step", "_emit_batch", "_read_display_values", "_prepare_recorders", "initialize", "advance", "handle",
    "build_scene", "read_updates", "is_live", "idle_sleep", "startup_scene",
)  # fmt: skip


def is_stepwise(kind: type) -> bool:
    """Whether an author's class steps by itself."""
    return any(name in vars(each) for each in authored_classes(kind) for name in STEPWISE)


class StepwiseSession:
    """What a class of `NEURON` models that steps by itself may use and override.

    `NeuronSession` derives from it, and calls ``begin_stepwise`` where its author's class is of this kind.
    """

    dt: float
    v_init: float
    max_samples: int
    display_dt: float | None
    title: str
    sections: Any
    geometry: Any

    def begin_stepwise(self) -> None:
        """Set the attributes that authors use."""
        self._stepwise_updates: list[Any] = []
        self._runtime_handles: Any = None
        self._recorded_names: list[str] = []
        self._recorded_refs: list[Any] = []
        self._recorded_ptrs: Any = None
        self._recorded_vector: Any = None
        self._segment_refs: Any = None
        self._segment_vector: Any = None
        self._field_max_samples: dict[str, int] = {}
        self._ui_state: dict[str, Any] = {}
        self._entity_index_by_id: dict[str, int] = {}

    # ------------------------------------------------------------------------------- the model

    def initialize_stepwise(self) -> Scene:
        """Build the model, sample it once, and return its scene."""
        session: Any = self
        h = load_neuron()
        session.sections = list(session.build_sections())
        self._runtime_handles = session.setup_model(session.sections)
        session.geometry = geometry_of_sections(session.sections)
        ids = session.geometry.entity_ids
        self._entity_index_by_id = {id_: i for i, id_ in enumerate(ids)}
        self._prepare_recorders()
        h.dt = self.dt
        h.finitialize(self.v_init)
        scene: Scene = session.build_scene(
            geometry=session.geometry,
            display_values=self._read_display_values(),
            time_value=float(h.t),
        )
        field_id = session.history_field_id()
        self._field_max_samples[field_id] = self._resolved_field_max_samples(
            scene, field_id=field_id, append_dim="time"
        )
        if ids:
            self._ui_state["selected_entity_id"] = ids[0]
            self._ui_state["selected_entity_label"] = session.geometry.label_for(ids[0])
            session.emit(theirs.StatePatch(dict(self._ui_state)))
        return scene

    def scene_stepwise(
        self,
        *,
        geometry: MorphologyGeometry,
        display_values: NDArray[Any],
        time_value: float,
    ) -> Scene:
        """Return a scene of the cell and of the trace of the selected entity."""
        session: Any = self
        actions = self._resolved_action_specs()
        scene = MorphologySceneBuilder.build_scene(
            geometry=geometry,
            display_values=display_values,
            trace_values=np.asarray(display_values)[:, None],
            trace_segment_ids=np.asarray(geometry.entity_ids),
            trace_times=np.array([time_value]),
            display_field_id=session.display_field_id(),
            history_field_id=session.history_field_id(),
            display_unit=session.display_unit(),
            history_unit=session.history_unit(),
            morphology_color_map=session.morphology_color_map(),
            morphology_color_limits=session.morphology_color_limits(),
            morphology_color_norm=session.morphology_color_norm(),
            trace_title=session.trace_title(),
            trace_y_label=session.trace_y_label(),
            trace_y_unit=session.trace_y_unit(),
            controls=session.control_specs() or {},
            actions=actions,
            title=self.title,
            control_ids=session.control_order(),
            action_ids=self._resolved_action_order(actions),
        )
        scene.replace_view("trace", session.trace_view_updates())
        return scene

    def _prepare_recorders(self) -> None:
        h = load_neuron()
        sections = {str(each.name()): each for each in self.sections}
        n = len(self.geometry.entity_ids)
        self._segment_refs, self._segment_vector = h.PtrVector(n), h.Vector(n)
        for i, name in enumerate(self.geometry.section_names):
            segment = sections[name](float(self.geometry.xlocs[i]))
            self._segment_refs.pset(i, segment._ref_v)

    def _read_display_values(self) -> NDArray[np.float32]:
        self._segment_refs.gather(self._segment_vector)
        return np.array(self._segment_vector, np.float32)

    def _resolved_field_max_samples(self, scene: Scene, *, field_id: str, append_dim: str) -> int:
        """Return how many samples a field keeps: as many as its plots' windows have, at least `max_samples`."""
        windows = [
            each.rolling_window
            for each in scene.views.values()
            if isinstance(each, LinePlotViewSpec)
            and (each.field_id, each.x_dim) == (field_id, append_dim)
            and each.rolling_window is not None
        ]
        steps = math.ceil(max(windows, default=0.0) / self.dt) + 1
        return max(int(self.max_samples), steps if windows else 0)

    # --------------------------------------------------------------------------------- stepping

    def advance_stepwise(self) -> None:
        """Take the steps in `display_dt`, and emit what they have given."""
        session: Any = self
        h = load_neuron()
        steps, times, recorded = [], [], []
        for _ in range(session.steps_per_update()):
            h.fadvance()
            times.append(float(h.t))
            steps.append(session._sample_step())
            if self._recorded_refs:
                recorded.append([float(each[0]) for each in self._recorded_refs])
        clock = np.array(times)
        session._emit_batch(clock, steps)
        if recorded:
            rows = np.array(recorded).T
            session.on_recorded_samples(clock, dict(zip(self._recorded_names, rows, strict=True)))

    def _sample_step(self) -> Any:
        """Return what `_emit_batch` gets of each step: the values that colour the cell."""
        return self._read_display_values()

    def _emit_batch(self, times_array: NDArray[Any], steps: list[Any]) -> None:
        """Emit the values that colour the cell, and those of its traces."""
        session: Any = self
        session.emit(theirs.FieldReplace(session.display_field_id(), steps[-1]))
        field_id = session.history_field_id()
        kept = self._field_max_samples.get(field_id, self.max_samples)
        values = np.stack(steps, axis=1)
        session.emit(theirs.FieldAppend(field_id, "time", values, times_array, kept))

    def handle_stepwise(self, command: theirs.SessionCommand) -> None:
        """Carry out a command."""
        session: Any = self
        match command:
            case theirs.Reset():
                h = load_neuron()
                h.finitialize(self.v_init)
                values = self._read_display_values()
                coords = {
                    "segment": np.asarray(self.geometry.entity_ids),
                    "time": np.array([h.t]),
                }
                session.emit(theirs.FieldReplace(session.display_field_id(), values))
                session.emit(
                    theirs.FieldReplace(session.history_field_id(), values[:, None], coords)
                )
            case theirs.SetControl(control_id, value):
                if session.apply_control(control_id, value) is False:
                    raise RequestError(
                        f"apply_control({control_id!r}, …) returned False: the session does not know what to set.",
                        code="control-not-applied",
                    )
            case theirs.InvokeAction(action_id, payload):
                self._dispatch_action(action_id, dict(payload))
            case theirs.EntityClicked(entity_id):
                self._ui_state["selected_entity_id"] = entity_id
                session.on_entity_clicked(entity_id, self._interaction_context())
            case theirs.KeyPressed(key):
                session.on_key_press(key, self._interaction_context())

    def record_stepwise(self, names: Sequence[str], refs: Sequence[Any]) -> None:
        """Record references at each step, for `on_recorded_samples`."""
        if len(names) != len(refs) or set(names) & set(self._recorded_names):
            raise RequestError(
                f"record_many: one reference for each of {', '.join(names)} is needed, and names that are new",
                code="bad-names",
            )
        self._recorded_names.extend(names)
        self._recorded_refs.extend(refs)

    # ---------------------------------------------------------------------- controls and actions

    def _resolved_action_specs(self) -> dict[str, ActionSpec]:
        """Return the author's actions, and one that resets where they have none of that id."""
        session: Any = self
        return {
            "reset": ActionSpec("reset", "Reset", shortcuts=("Space",)),
            **(session.action_specs() or {}),
        }

    def _resolved_action_order(self, actions: Mapping[str, ActionSpec]) -> tuple[str, ...] | None:
        session: Any = self
        order = session.action_order()
        return tuple(actions) if order is None else tuple(order)

    def _dispatch_action(self, action_id: str, payload: dict[str, Any]) -> bool:
        """Do an action: `on_action` first, else `apply_action`."""
        session: Any = self
        done = session.on_action(action_id, payload, self._interaction_context())
        return bool(done or session.apply_action(action_id, payload))

    def _interaction_context(self) -> AppContext:
        return AppContext(_StepwiseApp(self))


class _StepwiseApp:
    """What a context needs of a session that steps by itself."""

    def __init__(self, session: Any) -> None:
        self._session = session
        self.state: dict[str, Any] = session._ui_state

    @property
    def phase(self) -> Phase:
        return Phase.RUNNING

    def emit(self, update: SessionUpdate) -> None:
        self._session.emit(update)

    def set_state(self, values: Mapping[str, Any]) -> None:
        self.state.update(values)
        self._session.emit(theirs.StatePatch(dict(values)))

    def entity(self, entity_id: str) -> dict[str, Any] | None:
        known = self._session._entity_index_by_id
        found: dict[str, Any] | None = None
        if entity_id in known:
            found = self._session.geometry.entity_info(entity_id)
        return found

    def invoke(self, action_id: str, payload: Mapping[str, Any]) -> None:
        self._session._dispatch_action(action_id, dict(payload))

    def set_control(self, control_id: str, value: Any) -> None:
        self._session.apply_control(control_id, value)
