"""`Redrawing`: draws the model again after a control or a hook has changed its shape.

Nothing is polled while the model runs: an engine says when the shape may have changed, and however many
changes there were, one drawing is made when the updates are read. Drawings take at most a fifth of the time
of a running model; a paused one is drawn at once.
"""

from __future__ import annotations

import traceback
from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import fields, replace
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from backends.errors import SomascopeError, first_line
from backends.live.default_scene import facts_of
from backends.live.run_control import RunControl
from backends.messages import Error, ScenePatch, SessionUpdate
from backends.scene import MorphologyGeometry, Scene

Shape = tuple[NDArray[np.float64], ...]

_PAUSE = 4  # times as long as a drawing took


class Drawn(Protocol):
    """What is drawn: the engine of a session."""

    geometry: MorphologyGeometry | None
    scene: Scene | None
    run_control: RunControl

    @abstractmethod
    def shape(self) -> Shape:
        """Return the lengths, diameters and points that the drawing follows; () where it follows none."""

    @abstractmethod
    def draw(self) -> MorphologyGeometry | None:
        """Return the drawing of the model as it is now."""

    @abstractmethod
    def emit(self, update: SessionUpdate) -> None:
        """Send an update."""


class Redrawing:
    """Keeps the drawing of one model up to date."""

    def __init__(self, drawn: Drawn) -> None:
        self._drawn = drawn
        self._shape: Shape = ()
        self._is_due = self._is_certain = False
        self._not_before = 0.0

    def begin(self) -> None:
        """Note that the present drawing shows the present shape."""
        self._shape = self._drawn.shape()
        self._is_due = self._is_certain = False

    def note_change(self, *, is_certain: bool = False) -> None:
        """Note that the shape may have changed, or that it certainly has, whatever `shape` says."""
        self._is_due = True
        self._is_certain = self._is_certain or is_certain

    def send(self) -> None:
        """Send a new drawing, with its facts, if the shape has changed."""
        drawn, run = self._drawn, self._drawn.run_control
        if not self._is_due or drawn.scene is None or drawn.geometry is None:
            return
        begin = run.clock()
        if run.running and begin < self._not_before:
            return
        try:
            shape = drawn.shape()
        except (SomascopeError, ReferenceError, RuntimeError):
            self._is_due = False  # of a section that was deleted: the next step says so
            return
        if not self._is_certain and _is_same(shape, self._shape):
            self._is_due = False
            return
        self._shape = shape
        self._is_due = self._is_certain = False
        geometry = self._new_geometry(drawn.geometry)
        if geometry is not None:
            self._patch(drawn.scene, drawn.geometry, geometry)
        end = run.clock()
        self._not_before = end + _PAUSE * (end - begin)

    def _new_geometry(self, old: MorphologyGeometry) -> MorphologyGeometry | None:
        """Return the new drawing; None if it looks like the old one, or after reporting why there is none."""
        try:
            geometry = self._drawn.draw()
        except Exception as error:  # an author's build_geometry may raise anything
            reason = error.message if isinstance(error, SomascopeError) else first_line(error)
            words = (
                f"The changed cell could not be drawn: {reason}; the picture shows it as it was."
            )
            self._drawn.emit(Error(words, traceback.format_exc(), code="not-drawn"))
            return None
        if (
            geometry is None
            or geometry.segment_ids != old.segment_ids
            or _looks_same(geometry, old)
        ):
            return None
        return geometry

    def _patch(self, scene: Scene, old: MorphologyGeometry, geometry: MorphologyGeometry) -> None:
        drawn = self._drawn
        drawn.geometry = geometry
        if scene.geometry is not old:
            return  # the author shows a drawing of their own
        before, after = facts_of(old), facts_of(geometry)
        facts = {
            name: after.get(name, text) if before.get(name) == text else text
            for name, text in scene.facts.items()
        }
        drawn.scene = replace(scene, geometries=(geometry, *scene.geometries[1:]), facts=facts)
        changes = {"geometries": drawn.scene.geometries, "facts": facts}
        drawn.emit(ScenePatch(changes))


def _is_same(one: Sequence[NDArray[np.float64]], other: Sequence[NDArray[np.float64]]) -> bool:
    return len(one) == len(other) and all(
        np.array_equal(a, b, equal_nan=True) for a, b in zip(one, other, strict=True)
    )


def _looks_same(one: MorphologyGeometry, other: MorphologyGeometry) -> bool:
    for each in fields(MorphologyGeometry):
        a, b = getattr(one, each.name), getattr(other, each.name)
        if isinstance(a, np.ndarray) and not np.array_equal(a, b):
            return False
    return True
