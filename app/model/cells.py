"""`CellState`: the cells on the screen: which one the pointer is on, its values, the selected segment."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal

from app.model.fields import SceneFields
from app.model.shown_cells import ShownCellsState
from app.model.traces import TraceInfo, TraceList
from app.model.views import ResolvedViews
from backends.field import Field
from backends.scene import MorphologyGeometry, Scene
from backends.views import MorphologyViewSpec


class CellState(QObject):
    """The part of `Model` that is about cells.

    A segment is an index into `geometry`, the cell of the view that the pointer was on last.

    Signals
    -------
    valuesChanged()
        The cell that the pointer was on last has new values.
    focusChanged()
        The pointer is on another view of a cell.

    Attributes
    ----------
    focused_view : str
        Id of the view of a cell that the pointer was on last, "" for the first one.
    shown_cells : ShownCellsState
        Which cells of a network are drawn, and where.
    """

    valuesChanged = Signal()
    selectionChanged = Signal()
    hoverChanged = Signal()
    focusChanged = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.scene = Scene()
        self.shown_cells = ShownCellsState(self)
        self.focused_view = ""
        self.hovered = -1
        self._selected = ("", -1)
        self._fields = SceneFields()
        self._traces = TraceList()
        self._views = ResolvedViews(self.report)

    def report(self, sentence: str, code: str) -> None:
        """Report once that something of the author's cannot be shown."""
        raise NotImplementedError

    @property
    def fields(self) -> dict[str, Field]:
        """The fields of the scene with their present values, by id."""
        return self._fields.by_id

    @property
    def traces(self) -> dict[str, TraceInfo]:
        """The traces, by `TraceInfo.trace_id`, in the order in which they were added."""
        return self._traces.infos

    @property
    def morphology_view(self) -> MorphologyViewSpec | None:
        """The view of a cell that the pointer was on last, at first the first one."""
        views = self._views.morphologies()
        first = views[0] if views else None
        return next((each for each in views if each.id == self.focused_view), first)

    @property
    def geometry(self) -> MorphologyGeometry | None:
        """The cell of `morphology_view`, or the first one."""
        view = self.morphology_view
        return self.scene.geometry if view is None else self.geometry_of(view)

    def geometry_of(self, view: MorphologyViewSpec) -> MorphologyGeometry | None:
        """Return the cell that a view shows."""
        return next((g for g in self.scene.geometries if g.id == view.geometry_id), None)

    @property
    def values(self) -> NDArray[np.float32]:
        """Present values of `morphology_view`, one a segment of `geometry`."""
        return self.values_of(self.morphology_view)

    @property
    def values_time_ms(self) -> float:
        """Simulated time of `values`, ms."""
        view = self.morphology_view
        return math.nan if view is None else self._fields.time_of(view.field_id)

    def values_of(self, view: MorphologyViewSpec | None) -> NDArray[np.float32]:
        """Return the present values of a view, shape (n_segments,)."""
        if view is None or view.field_id not in self.fields:
            return np.empty(0, np.float32)
        return np.asarray(self.fields[view.field_id].values, np.float32)

    @property
    def shown_variable(self) -> str:
        """Name of the variable that the first cell is coloured by, "" if there is none."""
        return self.variable_of(self.scene.morphology_view)

    def variable_of(self, view: MorphologyViewSpec | None) -> str:
        """Return the name of the variable that a view shows, "" if there is none."""
        variables = self.scene.display_variables
        if view is None or not variables:
            return ""
        if view.field_id in [each.name for each in variables]:
            return view.field_id
        shown = (each for each in variables if (each.label, each.unit) == (view.label, view.unit))
        return next(shown, variables[0]).name

    def focus(self, view_id: str) -> None:
        """Let `geometry`, `values` and the segments by index be those of another view of a cell."""
        before, geometry = self.morphology_view, self.geometry
        self.focused_view = view_id
        if self.morphology_view is before:
            return
        self.hover(-1)
        self.focusChanged.emit()
        if self.geometry is not geometry:
            self.selectionChanged.emit()
        self.valuesChanged.emit()

    @property
    def selected(self) -> int:
        """The selected segment of `geometry`, -1: none; the one that the inspector shows and key T records."""
        geometry = self.geometry
        return -1 if geometry is None else self.selected_in(geometry)

    def selected_in(self, geometry: MorphologyGeometry) -> int:
        """Return the selected segment of a cell, -1 if it is not in that cell."""
        geometry_id, segment = self._selected
        return segment if geometry.id == geometry_id else -1

    def select(self, segment: int) -> None:
        """Select a segment of `geometry` (index, -1: none)."""
        geometry = self.geometry
        wanted = ("", -1) if geometry is None or segment < 0 else (geometry.id, segment)
        if wanted != self._selected:
            self._selected = wanted
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

    def cell_of(self, segment: int) -> int:
        """Return the cell (an index into `MorphologyGeometry.cell_names`) of a segment index, -1 for none."""
        geometry = self.geometry
        if geometry is None or not 0 <= segment < geometry.n_segments:
            return -1
        return int(geometry.cell_index[segment])

    def value_of(self, segment: int) -> float:
        """Return the display value of a segment index, NaN if there is none."""
        return float(self.values[segment]) if 0 <= segment < len(self.values) else math.nan

    def trace_of(self, segment: int) -> str:
        """Return the id of a segment's trace of the variable that the cell is coloured by, "" for none."""
        variables, view = self.scene.display_variables, self.morphology_view
        first = not variables or self.variable_of(view) == variables[0].name
        quantity = "" if first or view is None else view.label
        segment_id = self.segment_id(segment)
        return next(
            (
                info.trace_id
                for info in self.traces.values()
                if info.segment_id == segment_id != "" and info.quantity == quantity
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
