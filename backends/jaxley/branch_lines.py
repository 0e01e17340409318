"""The line along which each branch of a Jaxley module is drawn: its author's tracing wherever there is one.

`length` and `radius` of a module can be set after it was traced. As in NEURON, the tracing then keeps its
shape: it grows from its first point, what is attached to it moves with it, and its radii follow the table.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from backends.morphology.auto_layout import SectionWithoutPoints
from backends.morphology.geometry import parents_first
from backends.morphology.polylines import Polyline

FloatArray = NDArray[np.float64]

_TOLERANCE = 0.01
_MAX_BEND = 0.5
"""The centres of bent compartments may be so much nearer to each other than along the branch."""


@dataclass(frozen=True, eq=False)
class BranchLine:
    """Points and radii of a branch.

    Attributes
    ----------
    xyz : ndarray, shape (n_points, 3)
        µm.
    radii : ndarray, shape (n_points,)
        µm.
    is_traced : bool
        Whether the points are the author's, and not derived from the centres of compartments.
    """

    xyz: FloatArray
    radii: FloatArray
    is_traced: bool


def line_of(
    tracing: FloatArray | None, centres: FloatArray, lengths: FloatArray, radii: FloatArray
) -> BranchLine | None:
    """Return the line of a branch, of the size of its compartments; None if no place of it is known.

    Parameters
    ----------
    tracing : ndarray, shape (n_points, 4), or None
        x, y, z and radius, µm; the radii may be NaN.
    centres : ndarray, shape (n, 3)
        µm, of the compartments; NaN where they are not known.
    lengths, radii : ndarray, shape (n,)
        µm.
    """
    traced = None if tracing is None else _traced_line(np.asarray(tracing, np.float64))
    if traced is not None:
        xyz, own_radii = traced
        span = _arc(xyz)[-1]
        if span == 0:  # a soma of one point
            half = np.asarray([0.0, lengths.sum() / 2, 0.0])
            ends = np.stack([xyz[0] - half, xyz[0] + half])
            return BranchLine(*_with_radii(ends, radii), True)
        if own_radii is None:
            return BranchLine(*_with_radii(_resized(xyz, lengths.sum()), radii), True)
        points, fitted = _with_changed_radii(xyz, own_radii, radii)
        return BranchLine(_resized(points, lengths.sum()), fitted, True)
    if len(centres) < 2 or not np.isfinite(centres).all() or not _arc(centres)[-1]:
        return None
    borders = _borders_of(centres)
    apart, along = _arc(centres)[-1], (lengths[1:] + lengths[:-1]).sum() / 2
    if not _MAX_BEND * along <= apart <= (1 + _TOLERANCE) * along:
        borders = borders[0] + (borders - borders[0]) * along / apart
    return BranchLine(borders, _at_borders(radii), False)


def _traced_line(tracing: FloatArray) -> tuple[FloatArray, FloatArray | None] | None:
    """Return points and radii (None where not all are known) of a tracing; None where points are missing."""
    xyz, radii = tracing[:, :3], tracing[:, 3]
    if not len(xyz) or not np.isfinite(xyz).all():
        return None
    is_known = np.isfinite(radii).all() and (radii > 0).all()
    return xyz, radii if is_known else None


def _arc(xyz: FloatArray) -> FloatArray:
    """Return the length along a line to each of its points, µm."""
    steps = np.linalg.norm(np.diff(xyz, axis=0), axis=1)
    return np.concatenate([[0.0], np.cumsum(steps)])


def _resized(xyz: FloatArray, length: float) -> FloatArray:
    """Return a line scaled about its first point to a length, unless it nearly has it."""
    factor = length / float(_arc(xyz)[-1])
    return xyz if abs(factor - 1) <= _TOLERANCE else xyz[0] + (xyz - xyz[0]) * factor


def _with_changed_radii(
    xyz: FloatArray, traced: FloatArray, radii: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Return points and radii of a tracing whose radii agree with those of its compartments.

    A compartment whose radius is among those traced along it is left as it is: nobody has set another one.
    """
    arc, n = _arc(xyz), len(radii)
    borders = np.linspace(0.0, arc[-1], n + 1)
    centres = (borders[1:] + borders[:-1]) / 2
    at = np.unique(np.concatenate([arc, borders, centres]))
    fine = np.interp(at, arc, traced)
    ratios = np.ones(n)
    for i, radius in enumerate(radii):
        inside = fine[(at >= borders[i]) & (at <= borders[i + 1])]
        inside = np.append(inside, traced[(arc >= borders[i]) & (arc <= borders[i + 1])])
        is_traced = inside.min() * (1 - _TOLERANCE) <= radius <= inside.max() * (1 + _TOLERANCE)
        ratios[i] = 1.0 if is_traced else radius / inside.mean()
    if (ratios == 1).all():
        return xyz, traced
    points = np.column_stack([np.interp(at, arc, xyz[:, axis]) for axis in range(3)])
    return points, fine * np.interp(at, centres, ratios)


def _with_radii(xyz: FloatArray, radii: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return a line's points, with one at every border of its equal compartments, and their radii."""
    arc = _arc(xyz)
    borders = np.linspace(0.0, arc[-1], len(radii) + 1)
    at = np.union1d(arc, borders)
    points = np.column_stack([np.interp(at, arc, xyz[:, axis]) for axis in range(3)])
    return points, np.interp(at, borders, _at_borders(radii))


def _borders_of(centres: FloatArray) -> FloatArray:
    """Return the borders of compartments with these centres: half-way between them, and at both ends."""
    middles = (centres[1:] + centres[:-1]) / 2
    begin, end = 2 * centres[:1] - middles[:1], 2 * centres[-1:] - middles[-1:]
    return np.concatenate([begin, middles, end])


def _at_borders(radii: FloatArray) -> FloatArray:
    return np.concatenate([radii[:1], (radii[1:] + radii[:-1]) / 2, radii[-1:]])


def joined(
    parts: Sequence[Polyline | SectionWithoutPoints],
    lines: Sequence[BranchLine | None],
    tracings: Sequence[FloatArray] | None,
) -> list[Polyline | SectionWithoutPoints]:
    """Return branches that begin where their parents end.

    What hangs on a resized tracing moves as far as the place that it hangs on. A tracing that begins inside its
    parent (at the surface of a soma) stays there.
    """
    done = list(parts)
    moves = np.zeros((len(parts), 2, 3))  # of both ends of each branch
    for i in parents_first([each.parent for each in parts]):
        each, line = done[i], lines[i]
        above = done[each.parent] if each.parent >= 0 else None
        if not isinstance(each, Polyline) or line is None:
            continue
        if isinstance(above, Polyline):
            known = above.xyz if tracings is None else np.asarray(tracings[each.parent], np.float64)
            shift = moves[each.parent, int(_is_nearer_to_end(known, each.xyz[0]))]
            each = done[i] = _begun_at(replace(each, xyz=each.xyz + shift), above, line.is_traced)
            moves[i] = shift
        if line.is_traced and tracings is not None and len(line.xyz) > 1:
            own = np.asarray(tracings[i], np.float64)
            if np.ptp(own[:, :3], axis=0).any():
                moves[i, 1] += line.xyz[-1] - own[-1, :3]
    return done


def _is_nearer_to_end(points: FloatArray, point: FloatArray) -> bool:
    """Whether a point is nearer to the last than to the first of others."""
    begin, end = np.linalg.norm(points[[0, -1], :3] - point, axis=1)
    return not begin < end


def _begun_at(each: Polyline, above: Polyline, is_traced: bool) -> Polyline:
    """Move the start of a branch to its parent's end, if that is near and the start is not inside the parent."""
    gap = above.xyz[-1] - each.xyz[0]
    is_near = np.linalg.norm(gap) <= max(each.length or 0.0, above.length or 0.0)
    if not is_near or not np.any(gap) or (is_traced and _is_inside(above, each.xyz[0])):
        return each
    return replace(each, xyz=np.concatenate([above.xyz[-1:], each.xyz[1:]]))


def _is_inside(line: Polyline, point: FloatArray) -> bool:
    """Whether a point is in or on the surface of a line with radii."""
    begin, along = line.xyz[:-1], np.diff(line.xyz, axis=0)
    squares = np.maximum(np.square(along).sum(axis=1), 1e-12)
    share = np.clip(((point - begin) * along).sum(axis=1) / squares, 0.0, 1.0)
    radii = line.radii[:-1] + share * np.diff(line.radii)
    distance = np.linalg.norm(begin + share[:, None] * along - point, axis=1)
    return bool((distance <= radii * (1 + _TOLERANCE)).any())
