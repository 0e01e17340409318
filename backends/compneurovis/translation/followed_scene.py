"""`FollowedScene`: a scene of CompNeuroVis as it changes, and the updates that keep the window's scene like it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from backends import messages as ours, scene as our_scene
from backends.compneurovis.specs import messages as theirs
from backends.compneurovis.specs.fields import Field
from backends.compneurovis.specs.geometry import MorphologyGeometry
from backends.compneurovis.specs.scene import AppSpec, Scene
from backends.compneurovis.translation.plots import PlotTraces
from backends.compneurovis.translation.scene_changes import apply_change
from backends.compneurovis.translation.scene_translation import TranslatedScene, translate
from backends.compneurovis.translation.shown_fields import changed_coords
from backends.errors import ProtocolError
from backends.field import Field as OurField

Emit = Callable[[ours.SessionUpdate], None]
Change = theirs.ScenePatch | theirs.PanelPatch | theirs.LayoutReplace


def default_state(scene: Scene) -> dict[str, Any]:
    """Return the values of a scene's controls at the start, by their state keys."""
    return {each.resolved_state_key(): each.default_value() for each in scene.controls.values()}


class FollowedScene:
    """One scene.

    Parameters
    ----------
    state : dict
        The window's state, which outlives the scene.
    emit : callable
        Takes the updates for the window.

    Attributes
    ----------
    theirs : Scene
        The author's, with the present values of its fields.
    time_ms : float
        The newest time that a plot has.
    """

    def __init__(self, scene: Scene, app: AppSpec, state: dict[str, Any], emit: Emit) -> None:
        self.theirs = scene
        self._app = app
        self._state = state
        self._emit = emit
        self.time_ms = 0.0
        for key, value in default_state(scene).items():
            state.setdefault(key, value)
        self._translated: TranslatedScene = translate(scene, app, state)
        self._sent: dict[str, Any] = {}  # the state that the window has
        self._fields: dict[str, OurField] = {each.id: each for each in self.scene.fields}

    @property
    def scene(self) -> our_scene.Scene:
        """The window's scene."""
        return self._translated.scene

    def begin(self) -> None:
        """Send what belongs to the scene but is not in it: the state, and the traces of its plots."""
        self._send_state()
        for plot in self._translated.plots:
            field = self.theirs.fields[plot.view.field_id]
            self._send(plot.all_of(field, self._state))
            self._note_time(plot, field.coord(plot.x_dim(field)))

    def entity(self, entity_id: str) -> dict[str, Any] | None:
        """Return facts of an entity, None if no geometry has it."""
        for each in self.theirs.geometries.values():
            if isinstance(each, MorphologyGeometry) and entity_id in each.entity_ids:
                return each.entity_info(entity_id)
        return None

    # ------------------------------------------------------------------------------------ fields

    def replace(self, update: theirs.FieldReplace) -> None:
        """Give a field other values."""
        field = self._field(update.field_id, "FieldReplace")
        coords = None
        if update.coords is not None:
            coords = {**field.coords, **{k: np.asarray(v) for k, v in update.coords.items()}}
        new = field.with_values(np.asarray(update.values), coords, update.attrs_update)
        self.theirs.fields[update.field_id] = new
        for plot in self._plots_of(update.field_id):
            self._send(plot.all_of(new, self._state))
            self._note_time(plot, new.coord(plot.x_dim(new)), goes_back=True)
        self._send_fields(source=update.field_id)

    def append(self, update: theirs.FieldAppend) -> None:
        """Let a field grow."""
        field = self._field(update.field_id, "FieldAppend")
        n_new = len(np.atleast_1d(np.asarray(update.coord_values)))
        if not n_new:
            return
        new = field.append(
            update.append_dim,
            update.values,
            update.coord_values,
            max_length=update.max_length,
            attrs_update=update.attrs_update,
        )
        self.theirs.fields[update.field_id] = new
        for plot in self._plots_of(update.field_id):
            if update.append_dim == plot.x_dim(new):
                self._send(
                    plot.appended(new, min(n_new, len(new.coord(update.append_dim))), self._state)
                )
                self._note_time(plot, update.coord_values)
            else:
                self._send(plot.all_of(new, self._state))
        self._send_fields(source=update.field_id)

    def _field(self, field_id: str, what: str) -> Field:
        fields = self.theirs.fields
        if field_id not in fields:
            raise ProtocolError(
                f"{what}: the scene has no field {field_id!r}; it has {', '.join(fields) or 'none'}",
                code="unknown-field",
                hint="edit-script",
            )
        return fields[field_id]

    def is_plotted(self, field_id: str) -> bool:
        """Whether a plot over time shows a field."""
        return bool(self._plots_of(field_id))

    def _plots_of(self, field_id: str) -> list[PlotTraces]:
        return [each for each in self._translated.plots if each.view.field_id == field_id]

    def _send_fields(self, *, source: str | None = None, keys: set[str] | None = None) -> None:
        """Send the window's fields that follow one of the author's, or that depend on names of the state."""
        for shown in self._translated.shown.values():
            if not shown.source or (source is not None and shown.source != source):
                continue
            if keys is not None and not keys & shown.keys:
                continue
            field = shown.make(self.theirs.fields[shown.source], self._state)
            known = self._fields.get(shown.id)
            self._fields[shown.id] = field
            coords = None if known is None else changed_coords(field, known)
            time_ms = self.time_ms if self._translated.plots else np.nan
            self._emit(ours.FieldReplace(shown.id, field.values, time_ms, coords))

    def _note_time(self, plot: PlotTraces, times: Any, *, goes_back: bool = False) -> None:
        last = np.atleast_1d(np.asarray(times, float))[-1:] * plot.ms_per_x
        if len(last) and np.isfinite(last[0]):
            self.time_ms = float(last[0]) if goes_back else max(self.time_ms, float(last[0]))

    # ------------------------------------------------------------------------- scene and state

    def change(self, update: Change) -> None:
        """Change the author's scene, translate it again, and send what differs."""
        before = self._translated
        apply_change(self.theirs, update)
        after = self._translated = translate(self.theirs, self._app, self._state)
        known = {each.view.id: each for each in before.plots}
        new = []
        for i, plot in enumerate(after.plots):
            old = known.get(plot.view.id)
            if old is not None and old.view == plot.view:
                after.plots[i] = old
                continue
            if old is not None:
                plot.take_over(old)
            new.append(plot)
        changes = {
            name: value
            for name in ("fields", "views", "controls", "findings")
            if not _same(value := getattr(after.scene, name), getattr(before.scene, name), name)
        }
        if changes:
            self._emit(ours.ScenePatch(changes))
        if after.scene.layout != before.scene.layout:
            self._emit(ours.LayoutReplace(after.scene.layout))
        self._send_state()
        for plot in new:
            self._send(plot.all_of(self.theirs.fields[plot.view.field_id], self._state))

    def set_state(self, values: Mapping[str, Any]) -> None:
        """Set names of the state, which views, plots and controls follow."""
        self._state.update(values)
        self._send_state()
        keys = set(values)
        for plot in self._translated.plots:
            if plot.depends_on(keys):
                field = self.theirs.fields[plot.view.field_id]
                self._send(plot.all_of(field, self._state))
        self._send_fields(keys=keys)

    def send_value_again(self, control_id: str) -> None:
        """Send the value of a control that the window may have changed."""
        self._sent.pop(control_id, None)
        self._send_state()

    def _send_state(self) -> None:
        """Send the values of the state that the window needs and does not have."""
        wanted = self._translated.state_for_window(self._state)
        new = {key: each for key, each in wanted.items() if not _equal(self._sent.get(key), each)}
        if new:
            self._sent.update(new)
            self._emit(ours.StatePatch(new))

    def _send(self, updates: list[ours.SessionUpdate]) -> None:
        for each in updates:
            self._emit(each)


def _equal(one: Any, other: Any) -> bool:
    try:
        return type(one) is type(other) and bool(one == other)
    except ValueError:  # arrays
        return False


def _same(one: Any, other: Any, name: str) -> bool:
    if name == "fields":  # their values come by FieldReplace
        return [each.id for each in one] == [each.id for each in other]
    return bool(one == other)
