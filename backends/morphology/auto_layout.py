"""Lays out sections without 3-D points: a plane drawing of the cell.

The first section of a cell is along x, its children fan out in the x-y plane, and each branch gets
a share of the circle by the number of its tips. Lengths and diameters are the section's; only the
directions are invented, and these sections are listed so that a view can say so.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from backends.morphology.geometry import parents_first
from backends.morphology.polylines import Polyline
from backends.morphology.swc_types import SwcType

HALF_FAN = np.pi / 3
CELL_GAP = 50.0
_SAME_PLACE = 1e-3  # µm; NEURON stores single precision


@dataclass(frozen=True, eq=False)
class SectionWithoutPoints:
    """A section that has length and diameters but no 3-D points.

    Attributes
    ----------
    length : float
        µm.
    segment_diameters : ndarray, shape (nseg,)
        µm.
    """

    name: str
    swc_type: int
    parent: int
    parent_x: float
    length: float
    segment_diameters: NDArray[np.float64]
    cell_index: int = 0


def lay_out_sections(
    sections: Sequence[Polyline | SectionWithoutPoints],
    anchors: Mapping[int, NDArray[np.float64]] | None = None,
) -> tuple[list[Polyline], tuple[str, ...]]:
    """Give every section without points a position; return all as polylines, and the names of those.

    Sections with points keep them. A section without points begins where its parent ends; one that has only
    children with points ends where they begin. Cells without any points are put beside the others.

    Parameters
    ----------
    anchors : dict of int to ndarray, shape (3,)
        Points, µm, by the index of a section with points: the section is moved so that this point is where
        it is connected to its parent.
    """
    parents = [each.parent for each in sections]
    order = parents_first(parents)
    placed: list[Polyline | None] = [None] * len(sections)
    heading = _headings(sections, parents, order)
    goals = _goals(sections, order, anchors or {})
    for index in order:
        each = sections[index]
        above = placed[each.parent] if each.parent >= 0 else None
        if isinstance(each, Polyline):
            anchor = None if anchors is None else anchors.get(index)
            placed[index] = each if above is None or anchor is None else _moved(each, above, anchor)
        else:
            placed[index] = _place(each, above, float(heading[index]), goals.get(index))
    done = [each for each in placed if each is not None]
    names = tuple(each.name for each in sections if isinstance(each, SectionWithoutPoints))
    return _side_by_side(done, sections), names


def _moved(each: Polyline, above: Polyline, anchor: NDArray[np.float64]) -> Polyline:
    shift = point_at(above, each.parent_x) - anchor
    if float(np.abs(shift).max()) <= _SAME_PLACE:
        return each
    return replace(each, xyz=each.xyz + shift)


@dataclass(frozen=True, eq=False)
class _Goal:
    """The section with points that sections without points lead to.

    Attributes
    ----------
    point : ndarray, shape (3,)
        Where it begins, µm.
    direction : ndarray, shape (3,)
        Where it goes from there, of length 1.
    remaining : float
        Length of the sections without points before it, µm.
    """

    point: NDArray[np.float64]
    direction: NDArray[np.float64]
    remaining: float


def _goals(
    sections: Sequence[Polyline | SectionWithoutPoints],
    order: Sequence[int],
    movable: Mapping[int, NDArray[np.float64]],
) -> dict[int, _Goal]:
    """Return, by the index of a section without points, the first one below that has points and is not moved."""
    goals: dict[int, _Goal] = {}
    for index in reversed(order):
        each = sections[index]
        if each.parent < 0 or isinstance(sections[each.parent], Polyline) or index in movable:
            continue
        before = float(getattr(sections[each.parent], "length", 0.0))
        if isinstance(each, Polyline):
            along = each.xyz[-1] - each.xyz[0]
            direction = along / max(float(np.linalg.norm(along)), 1e-9)
            goals[each.parent] = _Goal(each.xyz[0], direction, before)
        elif index in goals:
            goal = goals[index]
            goals[each.parent] = replace(goal, remaining=goal.remaining + before)
    return goals


def _place(
    each: SectionWithoutPoints, above: Polyline | None, angle: float, goal: _Goal | None
) -> Polyline:
    direction = np.asarray([np.cos(angle), np.sin(angle), 0.0])
    start = np.zeros(3)
    if above is None:
        start = -0.5 * each.length * direction if each.swc_type == SwcType.SOMA else start
        if goal is not None:
            start, direction = goal.point - goal.remaining * goal.direction, goal.direction
    else:
        start = point_at(above, each.parent_x)
        if above.swc_type == SwcType.SOMA and each.swc_type != SwcType.SOMA and goal is None:
            start = start + 0.9 * float(above.radii.max()) * direction
    span = each.length * direction
    if goal is not None and above is not None:
        span = (goal.point - start) * each.length / goal.remaining
    diameters = np.asarray(each.segment_diameters, np.float64)
    radii = np.concatenate([diameters[:1], (diameters[1:] + diameters[:-1]) / 2, diameters[-1:]])
    return Polyline(
        name=each.name,
        swc_type=each.swc_type,
        parent=each.parent,
        parent_x=each.parent_x,
        xyz=start + np.linspace(0.0, 1.0, len(radii))[:, None] * span,
        radii=radii / 2,
        nseg=len(diameters),
        cell_index=each.cell_index,
        length=each.length,
        segment_diameters=diameters,
    )


def point_at(line: Polyline, x: float) -> NDArray[np.float64]:
    """Return the point at the share `x` of a polyline's length, µm, shape (3,)."""
    arc = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(line.xyz, axis=0), axis=1))])
    point: NDArray[np.float64] = np.stack(
        [np.interp(x * arc[-1], arc, line.xyz[:, axis]) for axis in range(3)]
    )
    return point


def _headings(
    sections: Sequence[Polyline | SectionWithoutPoints], parents: list[int], order: list[int]
) -> NDArray[np.float64]:
    """Return the direction of each section in the plane, radians."""
    tips = np.zeros(len(parents))
    children: list[list[int]] = [[] for _ in parents]
    for index in reversed(order):
        tips[index] = max(tips[index], 1.0)
        if parents[index] >= 0:
            tips[parents[index]] += tips[index]
            children[parents[index]].append(index)
    heading = np.zeros(len(parents))
    half = np.full(len(parents), HALF_FAN)
    for index in order:
        below = children[index][::-1]
        is_centre = parents[index] < 0 and sections[index].swc_type == SwcType.SOMA
        if parents[index] < 0 and not is_centre:
            heading[index] = np.pi / 2
        if is_centre:
            _fan_out(below, tips, np.pi / 2, np.pi, heading, half)
            continue
        ends = [child for child in below if sections[child].parent_x >= 0.99]
        begins = [child for child in below if sections[child].parent_x <= 0.01]
        sides = [child for child in below if child not in {*ends, *begins}]
        _fan_out(ends, tips, heading[index], half[index], heading, half)
        _fan_out(begins, tips, heading[index] + np.pi, HALF_FAN, heading, half)
        for place, child in enumerate(sides):
            heading[child] = heading[index] + (HALF_FAN if place % 2 else -HALF_FAN)
            half[child] = HALF_FAN / 2
    return heading


def _fan_out(
    members: list[int],
    tips: NDArray[np.float64],
    middle: float,
    half_width: float,
    heading: NDArray[np.float64],
    half: NDArray[np.float64],
) -> None:
    """Share the angles `middle` ± `half_width` among `members` by their tips."""
    total = sum(tips[member] for member in members)
    begin = middle - half_width
    for member in members:
        width = 2 * half_width * tips[member] / total
        heading[member] = begin + width / 2
        half[member] = min(width / 2, HALF_FAN)
        begin += width


def _side_by_side(
    lines: list[Polyline], sections: Sequence[Polyline | SectionWithoutPoints]
) -> list[Polyline]:
    """Shift cells that had no points at all along x until none overlaps."""
    cells: dict[int, list[int]] = {}
    for index, each in enumerate(lines):
        cells.setdefault(each.cell_index, []).append(index)
    is_free = {
        cell: all(isinstance(sections[index], SectionWithoutPoints) for index in members)
        for cell, members in cells.items()
    }
    right: float | None = None
    moved = list(lines)
    for cell in sorted(cells, key=lambda each: (is_free[each], each)):
        xs = np.concatenate([lines[index].xyz[:, 0] for index in cells[cell]])
        shift = 0.0
        if is_free[cell] and right is not None:
            shift = right + CELL_GAP - float(xs.min())
            for index in cells[cell]:
                moved[index] = replace(
                    lines[index], xyz=lines[index].xyz + np.asarray([shift, 0, 0])
                )
        right = max(right if right is not None else -np.inf, float(xs.max()) + shift)
    return moved
