"""`ShownCellsState`: which cells of a network are drawn, where, and which views draw the connections.

All of it is about pictures only: the model, its geometry, recordings and exports know nothing of it.
"""

from __future__ import annotations

import weakref
from dataclasses import dataclass, field, replace

import numpy as np
from PySide6.QtCore import QObject, Signal

from backends.connections import Connections
from backends.scene import MorphologyGeometry, Scene
from backends.views import MorphologyViewSpec

AS_IN_MODEL = "model"
ARRANGEMENTS = (AS_IN_MODEL, "grid", "circle")


@dataclass(frozen=True, slots=True)
class ShownState:
    """Of one geometry: the names of its cells, which indices of them are hidden, and how they are arranged."""

    names: tuple[str, ...]
    hidden: frozenset[int] = field(default_factory=frozenset)
    arrangement: str = AS_IN_MODEL


class ShownCellsState(QObject):
    """Hidden cells and their arrangement by geometry, for all its views; connections by view.

    Signals
    -------
    changed()
        Cells or connections are to be drawn otherwise.
    """

    changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._states: dict[str, ShownState] = {}
        self._connections: tuple[Connections, ...] = ()
        self._choices: dict[str, tuple[bool, bool]] = {}  # of the user, and what the view said then

    def set_scene(self, scene: Scene, *, is_same_model: bool) -> None:
        """Begin with a scene, in which cells that have the name of a hidden one stay hidden; or anew."""
        before = self._states if is_same_model else {}
        if not is_same_model:
            self._choices = {}
        self._connections = scene.connections
        self._states = {
            each.id: _carried_over(before.get(each.id), each) for each in scene.geometries
        }

    # --------------------------------------------------------------------------- reading

    def of(self, geometry: MorphologyGeometry | None) -> ShownState:
        """Return the state of a geometry."""
        unknown = ShownState(())
        return unknown if geometry is None else self._states.get(geometry.id, unknown)

    def shown(self, geometry: MorphologyGeometry | None) -> frozenset[int]:
        """Return the cells of a geometry that are drawn: that have a shape and are not hidden."""
        if geometry is None:
            return frozenset()
        return _cells_of(geometry) - self.of(geometry).hidden

    def n_cells(self, geometry: MorphologyGeometry | None) -> int:
        """Return how many cells of a geometry have a shape."""
        return 0 if geometry is None else len(_cells_of(geometry))

    def connections_of(self, geometry: MorphologyGeometry | None) -> tuple[Connections, ...]:
        """Return the connections between the segments of a geometry, drawn or not; those without any are left out."""
        if geometry is None:
            return ()
        return tuple(c for c in self._connections if c.geometry_id == geometry.id and c.n)

    def draws_connections(self, view: MorphologyViewSpec) -> bool:
        """Whether a view (as it is now) draws its connections: as the user has chosen, else as the view says."""
        says = bool(view.connections)
        chosen, said = self._choices.get(view.id, (says, says))
        if said != says:
            del self._choices[view.id]
            return says
        return chosen

    # -------------------------------------------------------------------------- changing

    def hide(self, geometry: MorphologyGeometry, cell: int) -> None:
        """Hide a cell; nothing if no other one is drawn."""
        if self.shown(geometry) - {cell}:
            self._change(geometry, hidden=self.of(geometry).hidden | {cell})

    def show_only(self, geometry: MorphologyGeometry, cell: int) -> None:
        """Hide all other cells."""
        self._change(geometry, hidden=_cells_of(geometry) - {cell})

    def show_all(self, geometry: MorphologyGeometry) -> None:
        """Hide no cell."""
        self._change(geometry, hidden=frozenset())

    def arrange(self, geometry: MorphologyGeometry, arrangement: str) -> None:
        """Draw the cells where the model has them, or elsewhere: see `ARRANGEMENTS`."""
        self._change(geometry, arrangement=arrangement)

    def draw_connections(self, view: MorphologyViewSpec, drawn: bool) -> None:
        """Let a view draw its connections or not, until what it is bound to says otherwise."""
        choice = (drawn, bool(view.connections))
        if self._choices.get(view.id) != choice:
            self._choices[view.id] = choice
            self.changed.emit()

    def _change(self, geometry: MorphologyGeometry, **changes: object) -> None:
        before = self.of(geometry)
        after = replace(before, **changes)  # type: ignore[arg-type]
        if after != before:
            self._states[geometry.id] = after
            self.changed.emit()


_CELLS: weakref.WeakKeyDictionary[MorphologyGeometry, frozenset[int]] = weakref.WeakKeyDictionary()


def _cells_of(geometry: MorphologyGeometry) -> frozenset[int]:
    """Return the cells that have a shape; found once a geometry, as it is asked for at each move of the pointer."""
    if geometry not in _CELLS:
        cells = np.unique(geometry.cell_index[geometry.frustum_segment])
        _CELLS[geometry] = frozenset(cells.tolist())
    return _CELLS[geometry]


def _carried_over(before: ShownState | None, geometry: MorphologyGeometry) -> ShownState:
    names = geometry.cell_names
    if before is None:
        return ShownState(names)
    hidden = before.hidden
    if names != before.names:
        hidden_names = {before.names[each] for each in hidden}
        hidden = frozenset(i for i, name in enumerate(names) if name in hidden_names)
    if not _cells_of(geometry) - hidden:
        hidden = frozenset()
    return ShownState(names, hidden, before.arrangement)
