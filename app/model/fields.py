"""`SceneFields`: the fields of a scene with their present values, and the events of its rasters. No Qt."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from backends.errors import ProtocolError
from backends.field import Field
from backends.messages import EventsAppend, FieldReplace
from backends.scene import Scene
from backends.views import MorphologyViewSpec

MOST_EVENTS = 4_000_000
Events = tuple[NDArray[np.int32], NDArray[np.float64]]


class SceneFields:
    """What the views of one scene read.

    Attributes
    ----------
    by_id : dict of str to Field
        With their present values.
    times_ms : dict of str to float
        Simulated time of the values, by field id; 0 until the first ones arrive.
    """

    def __init__(self) -> None:
        self.by_id: dict[str, Field] = {}
        self.times_ms: dict[str, float] = {}
        self._events: dict[str, list[Events]] = {}
        self._n_events: Counter[str] = Counter()

    def set_scene(self, scene: Scene) -> None:
        """Begin with the values of another scene."""
        self._events.clear()
        self._n_events.clear()
        self.times_ms.clear()
        self.set_fields(scene)

    def set_fields(self, scene: Scene) -> None:
        """Use the fields of a changed scene, with the values that they have there."""
        self.by_id = {each.id: each for each in scene.fields}

    def time_of(self, field_id: str) -> float:
        """Return the simulated time of a field's values, ms; NaN where there is none."""
        return self.times_ms.get(field_id, 0.0 if field_id in self.by_id else math.nan)

    def replace(self, scene: Scene, update: FieldReplace) -> None:
        """Store new values.

        Raises
        ------
        ProtocolError
            If the scene has no such field, or the shape does not suit its dimensions or the cell.
        """
        known = self.by_id.get(update.field_id)
        if known is None:
            there = ", ".join(self.by_id) or "none"
            raise ProtocolError(
                f"FieldReplace: there is no field {update.field_id!r}; there are {there}",
                code="unknown-field",
            )
        coords = dict(known.coords) if update.coords is None else dict(update.coords)
        new = replace(known, values=update.values, coords=coords)
        check_cell_field(scene, new)
        self.by_id[update.field_id] = new
        self.times_ms[update.field_id] = update.time_ms

    def append_events(self, update: EventsAppend) -> None:
        """Store events, so that a raster that is made later has them; the oldest are dropped beyond a limit.

        Raises
        ------
        ProtocolError
            If the scene has no such field.
        """
        if update.field_id not in self.by_id:
            there = ", ".join(self.by_id) or "none"
            raise ProtocolError(
                f"EventsAppend: there is no field {update.field_id!r}; there are {there}",
                code="unknown-field",
            )
        parts = self._events.setdefault(update.field_id, [])
        if update.from_start:
            parts.clear()
            self._n_events[update.field_id] = 0
        parts.append((update.rows, update.times))
        self._n_events[update.field_id] += len(update.times)
        while len(parts) > 1 and self._n_events[update.field_id] > MOST_EVENTS:
            self._n_events[update.field_id] -= len(parts.pop(0)[1])

    def events(self, field_id: str) -> Events:
        """Return rows and times (ms) of a field's events until now, shape (n,) each."""
        parts = self._events.get(field_id)
        if not parts:
            return np.empty(0, np.int32), np.empty(0)
        rows, times = (np.concatenate(each) for each in zip(*parts, strict=True))
        self._events[field_id] = [(rows, times)]
        return rows, times


def check_cell_field(scene: Scene, field: Field) -> None:
    """Raise ProtocolError if a cell is coloured by a field that has not one value a segment."""
    geometries = {each.id: each for each in scene.geometries}
    for view in scene.views:
        if isinstance(view, MorphologyViewSpec) and view.field_id == field.id:
            n = geometries[view.geometry_id].n_segments
            if field.values.shape != (n,):
                raise ProtocolError(
                    f"field {field.id!r}: the view {view.id!r} colours {n} segments, the values have "
                    f"shape {field.values.shape}",
                    code="bad-shape",
                )
