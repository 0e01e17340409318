"""From Jaxley's table of compartments to a `MorphologyGeometry`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from backends.errors import SimulatorError
from backends.jaxley.branch_lines import BranchLine, joined, line_of
from backends.live import default_scene
from backends.morphology.auto_layout import CELL_GAP, SectionWithoutPoints, lay_out_sections
from backends.morphology.geometry import geometry_from_polylines
from backends.morphology.polylines import Polyline
from backends.morphology.swc_types import SwcType
from backends.scene import MorphologyGeometry

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

_NEEDED = ("global_comp_index", "global_branch_index", "global_cell_index", "length", "radius")
_TYPE_OF_GROUP = {
    "soma": SwcType.SOMA,
    "axon": SwcType.AXON,
    "basal": SwcType.BASAL_DENDRITE,
    "dendrite": SwcType.BASAL_DENDRITE,
    "apical": SwcType.APICAL_DENDRITE,
}


class JaxleySceneBuilder:
    """Builds scenes of Jaxley models; the same methods as `NeuronSceneBuilder`."""

    DISPLAY_FIELD_ID = default_scene.DISPLAY_FIELD_ID
    HISTORY_FIELD_ID = default_scene.HISTORY_FIELD_ID
    TRACE_FIELD_ID = default_scene.TRACE_FIELD_ID

    build_scene = staticmethod(default_scene.build_scene)

    @staticmethod
    def build_morphology_geometry(
        nodes: Any,
        *,
        xyzr: Sequence[FloatArray] | None = None,
        cell_names: Sequence[str] | None = None,
        parents: Sequence[int] | None = None,
    ) -> MorphologyGeometry:
        """Return the drawing of a module's compartments, in the order of ``global_comp_index``.

        A branch is one unbroken line of the length of its compartments. It is drawn along its tracing, else
        through the centres of its compartments, else laid out at its parent's end and listed in
        `laid_out_sections`. Lengths, diameters and areas are the table's.

        Parameters
        ----------
        nodes : DataFrame, one row a compartment
            ``module.nodes``: radius and length in µm, and Jaxley's global indices; x, y, z in µm,
            area in µm² and groups (soma, axon, basal, apical) where there are any.
        xyzr : sequence of ndarray, shape (n_points, 4), or None
            ``module.xyzr``, µm, one array a branch.
        cell_names : sequence of str or None
            One a cell; None numbers them where there are several.
        parents : sequence of int or None
            ``module.comb_parents``: the parent of each branch, -1 at roots; None draws each apart.

        Raises
        ------
        SimulatorError
            If the table lacks a column, or the other arguments do not fit it.
        """
        table = _Table.of(nodes)
        branches = table.branches()
        _check(branches, xyzr, cell_names, parents)
        names = _cell_names(branches, cell_names)
        several = int(branches.cell.max()) > 0 or cell_names is not None
        parts: list[Polyline | SectionWithoutPoints] = []
        lines: list[BranchLine | None] = []
        for i in range(len(branches.first) - 1):
            cell = int(branches.cell[i])
            rank = i - int(np.searchsorted(branches.cell, cell))
            name = f"{names[cell]}.branch[{rank}]" if several else f"branch[{rank}]"
            parent = -1 if parents is None else int(parents[i])
            rows = branches.rows(i)
            tracing = None if xyzr is None else xyzr[i]
            line = line_of(tracing, table.centres[rows], table.length[rows], table.radius[rows])
            lines.append(line)
            parts.append(_drawn_branch(table, rows, name, parent, cell, line))
        polylines, laid_out = lay_out_sections(joined(parts, lines, xyzr))
        polylines, moved = _move_apart(polylines)
        geometry = geometry_from_polylines(
            polylines,
            cell_names=names,
            laid_out_sections=tuple(dict.fromkeys((*laid_out, *moved))),
        )
        return replace(geometry, length=table.length, diameter=2 * table.radius, area=table.area)


@dataclass(frozen=True, eq=False)
class _Branches:
    """The rows of each branch in the table, and its cell."""

    first: IntArray
    cell: IntArray

    def rows(self, branch: int) -> slice:
        return slice(int(self.first[branch]), int(self.first[branch + 1]))


@dataclass(frozen=True, eq=False)
class _Table:
    """The columns that are drawn, in the order of the compartments."""

    branch: IntArray
    cell: IntArray
    length: FloatArray
    radius: FloatArray
    area: FloatArray
    centres: FloatArray
    swc_type: IntArray

    @classmethod
    def of(cls, nodes: Any) -> _Table:
        missing = [name for name in _NEEDED if name not in nodes]
        if missing:
            raise SimulatorError(
                f"The table of compartments has no column {missing[0]!r}: give a Jaxley module's nodes.",
                code="bad-table",
            )
        if not len(nodes):
            raise SimulatorError(
                "The table of compartments is empty: there is nothing to draw.", code="bad-table"
            )
        nodes = nodes.sort_values("global_comp_index")
        length, radius = (  # copies: the author may change the table
            nodes[name].to_numpy(np.float64, copy=True) for name in ("length", "radius")
        )
        bad = ~((length > 0) & (radius > 0) & np.isfinite(length) & np.isfinite(radius))
        if bad.any():
            i = int(np.argmax(bad))
            raise SimulatorError(
                f"Compartment {i} has length {length[i]:g} µm and radius {radius[i]:g} µm; "
                "both must be > 0.",
                code="bad-size",
            )
        area = 2 * np.pi * radius * length
        if "area" in nodes:
            known = nodes["area"].to_numpy(np.float64)
            area = np.where(known > 0, known, area)
        centres = np.full((len(nodes), 3), np.nan)
        for axis, name in enumerate("xyz"):
            if name in nodes:
                centres[:, axis] = nodes[name].to_numpy(np.float64)
        return cls(
            branch=nodes["global_branch_index"].to_numpy(np.int64),
            cell=nodes["global_cell_index"].to_numpy(np.int64),
            length=length,
            radius=radius,
            area=area,
            centres=centres,
            swc_type=_types(nodes),
        )

    def branches(self) -> _Branches:
        starts = np.flatnonzero(np.diff(self.branch, prepend=self.branch[0] - 1))
        first = np.append(starts, len(self.branch)).astype(np.int64)
        return _Branches(first, self.cell[starts])


def _types(nodes: Any) -> IntArray:
    types = np.zeros(len(nodes), np.int64)
    for group, swc_type in _TYPE_OF_GROUP.items():
        if group in nodes:
            types[nodes[group].to_numpy().astype(bool)] = int(swc_type)
    return types


def _check(
    branches: _Branches,
    xyzr: Sequence[Any] | None,
    cell_names: Sequence[str] | None,
    parents: Sequence[int] | None,
) -> None:
    n_branches, n_cells = len(branches.cell), int(branches.cell.max()) + 1
    for what, given, wanted, each in (
        ("xyzr", xyzr, n_branches, "branch"),
        ("parents", parents, n_branches, "branch"),
        ("cell_names", cell_names, n_cells, "cell"),
    ):
        if given is not None and len(given) != wanted:
            raise SimulatorError(
                f"{what} has {len(given)} entries for {wanted} of them: give one a {each}.",
                code="bad-table",
            )
    if cell_names is not None and len(set(cell_names)) < n_cells:
        raise SimulatorError(
            f"cell_names must differ from each other: {', '.join(cell_names)}.",
            code="repeated-name",
        )


def _cell_names(branches: _Branches, given: Sequence[str] | None) -> tuple[str, ...]:
    n = int(branches.cell.max()) + 1
    if given is not None:
        return tuple(str(name) for name in given)
    return ("cell",) if n == 1 else tuple(f"cell[{i}]" for i in range(n))


def _drawn_branch(
    table: _Table,
    rows: slice,
    name: str,
    parent: int,
    cell: int,
    line: BranchLine | None,
) -> Polyline | SectionWithoutPoints:
    swc_type = int(np.bincount(table.swc_type[rows]).argmax())
    length, diameters = float(table.length[rows].sum()), 2 * table.radius[rows]
    if line is None:
        return SectionWithoutPoints(name, swc_type, parent, 1.0, length, diameters, cell)
    return Polyline(
        name=name,
        swc_type=swc_type,
        parent=parent,
        parent_x=1.0,
        xyz=line.xyz,
        radii=line.radii,
        nseg=rows.stop - rows.start,
        cell_index=cell,
        length=length,
        segment_diameters=diameters,
    )


def _move_apart(lines: Sequence[Polyline]) -> tuple[list[Polyline], tuple[str, ...]]:
    """Move cells that begin at the same point as another one; return all lines and the moved branches.

    Jaxley puts every cell at the position of the first, until its author moves it.
    """
    starts: dict[int, NDArray[np.float64]] = {}
    for each in lines:
        starts.setdefault(each.cell_index, each.xyz[0])
    occupied: set[tuple[float, ...]] = set()
    crowded: set[int] = set()
    for cell, start in starts.items():
        place = tuple(np.round(start, 6).tolist())
        if place in occupied:
            crowded.add(cell)
        occupied.add(place)
    if not crowded:
        return list(lines), ()
    low: dict[int, float] = {}
    high: dict[int, float] = {}
    for each in lines:
        cell, xs = each.cell_index, each.xyz[:, 0]
        low[cell] = min(low.get(cell, np.inf), float(xs.min()))
        high[cell] = max(high.get(cell, -np.inf), float(xs.max()))
    right = max(high[cell] for cell in starts if cell not in crowded)
    shift: dict[int, float] = {}
    for cell in sorted(crowded):
        shift[cell] = right + CELL_GAP - low[cell]
        right += CELL_GAP + high[cell] - low[cell]
    moved = [
        replace(each, xyz=each.xyz + np.asarray([shift.get(each.cell_index, 0.0), 0.0, 0.0]))
        for each in lines
    ]
    return moved, tuple(each.name for each in lines if each.cell_index in crowded)
