"""`ViewportPresenter`: shows the model in the viewport."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QObject

from app.model import Model
from app.palette import Theme, trace_color, trace_pattern
from app.presenters.captions import cell_caption
from app.viewport.widget import Viewport
from backends.scene import MorphologyGeometry, MorphologyViewSpec

MV_LIMITS = (-80.0, 40.0)
_DRAWN = ("points", "radii", "frusta", "frustum_segment", "swc_type")


class ViewportPresenter(QObject):
    """Updates a viewport when the model changes."""

    def __init__(self, model: Model, viewport: Viewport, theme: Theme) -> None:
        super().__init__(viewport)
        self._model = model
        self._viewport = viewport
        self._theme = theme
        self._geometry: MorphologyGeometry | None = None
        self.show_hint = False
        viewport.segmentHovered.connect(model.hover)
        model.shapeChanged.connect(self._show_shape)
        model.sceneChanged.connect(self.show_scene)
        model.valuesChanged.connect(self._show_values)
        model.tracesChanged.connect(self._show_marks)
        model.selectionChanged.connect(self._show_marks)
        model.runStatusChanged.connect(self._show_running)
        self.set_theme(theme)
        self.show_scene()

    def set_theme(self, theme: Theme) -> None:
        """Apply a theme to the viewport and its marks."""
        self._theme = theme
        self._viewport.set_theme(theme)
        self._show_marks()

    def show_scene(self) -> None:
        """Show geometry, colours, caption and marks."""
        model, viewport = self._model, self._viewport
        if not same_drawing(model.geometry, self._geometry):  # otherwise the camera stays
            self._geometry = model.geometry
            viewport.set_geometry(model.geometry)
        view = model.scene.morphology_view
        if view is not None:
            name, limits = self._colors(view)
            viewport.set_color_map(name, limits, view.unit or "", view.label)
        viewport.set_caption(cell_caption(model))
        self._show_values()
        self._show_marks()

    def _show_shape(self) -> None:
        """Show the new shape of the same cell, from where it is looked at."""
        new, old = self._model.geometry, self._geometry
        if new is not None and old is not None and new.segment_ids == old.segment_ids:
            self._geometry = new
            self._viewport.change_shape(new)

    def _colors(self, view: MorphologyViewSpec) -> tuple[str, tuple[float, float]]:
        """Return the colour map and its range, which stays the same from frame to frame."""
        limits = view.color_limits
        if limits is None and view.unit == "mV":
            limits = MV_LIMITS
        if limits is None:
            values = self._model.values
            low, high = (float(values.min()), float(values.max())) if len(values) else (0.0, 1.0)
            limits = (low, high) if high > low else (low - 0.5, low + 0.5)
        if view.color_norm == "symmetric":
            reach = max(abs(limits[0]), abs(limits[1]))
            limits = (-reach, reach)
        return view.color_map, limits

    def _show_values(self) -> None:
        if len(self._model.values):
            self._viewport.set_values(self._model.values, self._model.values_time_ms)

    def _show_running(self) -> None:
        self._viewport.set_moving(self._model.run_status.running)

    def _show_marks(self) -> None:
        model = self._model
        marks = [
            (info.segment, trace_color(info.color_index, self._theme))
            for info in model.traces.values()
            if info.segment >= 0
        ]
        if model.selected >= 0 and model.selected not in {segment for segment, _ in marks}:
            marks.append((model.selected, self._theme.text))
        shapes = {
            info.segment: trace_pattern(info.color_index)
            for info in model.traces.values()
            if info.segment >= 0
        }
        self._viewport.set_marks(marks, shapes)


def same_drawing(one: MorphologyGeometry | None, other: MorphologyGeometry | None) -> bool:
    """Whether two geometries look the same and have the same segments: one cell, built twice."""
    if one is None or other is None or one is other:
        return one is other
    return one.segment_ids == other.segment_ids and all(
        np.array_equal(getattr(one, name), getattr(other, name)) for name in _DRAWN
    )
