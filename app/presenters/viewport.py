"""`ViewportPresenter`: shows one view of a cell in a viewport."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QObject

from app.model import Model
from app.palette import Theme, trace_color, trace_pattern
from app.presenters.captions import cell_caption
from app.viewport.colors import MV_LIMITS as MV_LIMITS, Limits, is_color_map, map_and_limits
from app.viewport.network.drawn import ShownCells
from app.viewport.widget import Viewport
from backends.scene import MorphologyGeometry, MorphologyViewSpec

_DRAWN = ("points", "radii", "frusta", "frustum_segment", "swc_type")


class ViewportPresenter(QObject):
    """Updates a viewport when the model changes.

    Parameters
    ----------
    view_id : str
        The view that it shows; "" for the first one of the scene, whichever that is.
    """

    def __init__(self, model: Model, viewport: Viewport, theme: Theme, view_id: str = "") -> None:
        super().__init__(viewport)
        self._model = model
        self._viewport = viewport
        self._theme = theme
        self._view_id = view_id
        self._geometry: MorphologyGeometry | None = None
        self._caption: str | None = None
        self._is_captioned = True
        self._data_limits: tuple[object, Limits] | None = None
        viewport.segmentHovered.connect(self._hover)
        model.shapeChanged.connect(self._show_shape)
        model.sceneChanged.connect(self.show_scene)
        model.viewChanged.connect(self._show_view)
        model.fieldChanged.connect(self._show_field)
        model.tracesChanged.connect(self._show_marks)
        model.selectionChanged.connect(self._show_marks)
        model.hoverChanged.connect(self._show_hovered)
        model.runStatusChanged.connect(self._show_running)
        model.shown_cells.changed.connect(self._show_cells)
        self.set_theme(theme)
        self.show_scene()
        self._show_running()

    @property
    def view(self) -> MorphologyViewSpec | None:
        """The view as it is now, None where the scene has none."""
        scene = self._model.scene
        first = scene.morphology_view
        view = self._model.view(self._view_id or ("" if first is None else first.id))
        return view if isinstance(view, MorphologyViewSpec) else None

    def set_view(self, view_id: str, *, is_captioned: bool, title: str | None = None) -> None:
        """Show another view of the scene ("": the first).

        Parameters
        ----------
        is_captioned : bool
            Whether the viewport has a caption, as one that is alone in the window; else the panel has the title.
        title : str or None
            In the caption; None for the scene's.
        """
        state = (view_id, is_captioned, title)
        if state != (self._view_id, self._is_captioned, self._caption):
            self._view_id, self._is_captioned, self._caption = state
            self._viewport.set_bar_room(not is_captioned)
            self.show_scene()

    def focus(self) -> None:
        """Let the segments of the model be those of this view."""
        view = self.view
        if view is not None:
            self._model.focus(view.id)

    def set_theme(self, theme: Theme) -> None:
        """Apply a theme to the viewport and its marks."""
        self._theme = theme
        self._viewport.set_theme(theme)
        self._show_marks()

    def _cell(self) -> MorphologyGeometry | None:
        view = self.view
        return self._model.scene.geometry if view is None else self._model.geometry_of(view)

    def show_scene(self) -> None:
        """Show geometry, colours, caption and marks."""
        cell = self._cell()
        self._viewport.set_home(None if self.view is None else self.view.direction)
        if not same_drawing(cell, self._geometry):  # otherwise the camera stays
            cells, is_rebuilt = self._shown_cells(cell), self._model.is_rebuilt
            self._viewport.set_geometry(cell, keep_view=is_rebuilt, cells=cells)
        self._geometry = cell
        self._show_cells()
        self._show_colors()
        caption = cell_caption(self._model, self._caption) if self._is_captioned else ""
        self._viewport.set_caption(caption)
        self._show_values()
        self._show_marks()

    def _show_view(self, view_id: str) -> None:
        if self.view is not None and self.view.id == view_id:
            self.show_scene()

    def _show_shape(self) -> None:
        """Show the new shape of the same cell, from where it is looked at."""
        new, old = self._cell(), self._geometry
        if new is not None and old is not None and new.segment_ids == old.segment_ids:
            self._geometry = new
            self._viewport.change_shape(new)

    def _show_cells(self) -> None:
        """Show the cells that are not hidden where they are to be drawn, and their connections."""
        cell, view, shown = self._geometry, self.view, self._model.shown_cells
        if cell is None:
            return
        self._viewport.set_cells(self._shown_cells(cell))
        draws = view is not None and shown.draws_connections(view)
        self._viewport.set_connections(shown.connections_of(cell) if draws else ())
        self._show_marks()

    def _shown_cells(self, cell: MorphologyGeometry | None) -> ShownCells:
        state = self._model.shown_cells.of(cell)
        return ShownCells(state.hidden, state.arrangement)

    def _show_colors(self) -> None:
        view = self.view
        if view is None:
            return
        if not is_color_map(view.color_map):
            words = f"view {view.id!r}: there is no colour map {view.color_map!r}; cividis is shown"
            self._model.report(f"{words}, which is 'scalar'.", "unknown-color-map")
        name, limits = map_and_limits(
            str(view.color_map),
            view.color_limits or self._limits_of_data(view),
            str(view.color_norm),
            view.unit,
            self._model.values_of(view),
        )
        self._viewport.set_color_map(name, limits, view.unit or "", view.label)

    def _limits_of_data(self, view: MorphologyViewSpec) -> Limits | None:
        """Return the range that was taken from the data of this view when it was first shown."""
        if view.unit == "mV" and view.color_norm == "auto":
            return None
        key = (view.id, view.field_id, view.label, view.unit, id(self._geometry))
        if self._data_limits is None or self._data_limits[0] != key:
            values = self._model.values_of(view)
            self._data_limits = key, map_and_limits("scalar", None, "linear", None, values)[1]
        return self._data_limits[1]

    def _show_field(self, field_id: str) -> None:
        view = self.view
        if view is not None and view.field_id == field_id:
            self._show_values()

    def _show_values(self) -> None:
        view = self.view
        values = self._model.values_of(view)
        if view is not None and len(values):
            self._viewport.set_values(values, self._model.time_of(view.field_id))

    def _show_running(self) -> None:
        self._viewport.set_moving(self._model.run_status.running)

    def _hover(self, segment: int) -> None:
        if segment >= 0:
            self.focus()
        if segment >= 0 or self._is_focused():
            self._model.hover(segment)

    def _is_focused(self) -> bool:
        return self._model.morphology_view is self.view

    def _show_hovered(self) -> None:
        """Outline the segment under the pointer in the other views of the same cell."""
        if not self._is_focused() and self._geometry is not None:
            is_same = self._model.geometry is self._geometry
            self._viewport.show_hovered(self._model.hovered if is_same else -1)

    def _show_marks(self) -> None:
        model, cell = self._model, self._geometry
        if cell is None:
            self._viewport.set_marks([])
            return
        traced = {
            info.trace_id: cell.index_of(info.segment_id)
            for info in model.traces.values()
            if info.segment_id in cell
        }
        marks = [
            (segment, trace_color(model.traces[trace_id].color_index, self._theme))
            for trace_id, segment in traced.items()
        ]
        selected = model.selected_in(cell)
        self._viewport.set_selected(selected)
        if selected >= 0 and selected not in traced.values():
            marks.append((selected, self._theme.text))
        shapes = {
            segment: trace_pattern(model.traces[trace_id].color_index)
            for trace_id, segment in traced.items()
        }
        self._viewport.set_marks(marks, shapes)


def same_drawing(one: MorphologyGeometry | None, other: MorphologyGeometry | None) -> bool:
    """Whether two geometries look the same and have the same segments: one cell, built twice."""
    if one is None or other is None or one is other:
        return one is other
    return one.segment_ids == other.segment_ids and all(
        np.array_equal(getattr(one, name), getattr(other, name)) for name in _DRAWN
    )
