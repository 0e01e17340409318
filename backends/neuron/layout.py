"""Where to draw sections that have a length and diameters but no 3-D points.

Theory. Every subtree gets a sector of the circle in proportion to its tips; a section runs along
the middle of its sector from where it hangs. Lengths are true, only the directions are invented,
and the model is not touched. Cells without points stand side by side.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from backends.geometry import parents_first
from backends.polylines import Polyline

FloatArray = NDArray[np.float64]
_SPREAD = 0.9 * np.pi  # widest sector of anything but a root


def lay_out_sections(
    polylines: Sequence[Polyline], lengths: FloatArray, diameters: Sequence[FloatArray]
) -> list[Polyline]:
    """Return `polylines` with points for those that have fewer than two.

    Parameters
    ----------
    polylines : sequence of Polyline
    lengths : ndarray, shape (n_sections,)
        µm.
    diameters : sequence of ndarray, each of shape (nseg,)
        µm, one per segment.
    """
    order = parents_first([each.parent for each in polylines])
    children: dict[int, list[int]] = {i: [] for i in range(-1, len(polylines))}
    for i in order:
        children[polylines[i].parent].append(i)
    tips = np.ones(len(polylines))
    for i in reversed(order):
        tips[i] = max(1.0, sum(tips[child] for child in children[i]))
    middle = _directions(order, children, tips)
    start = _root_places(polylines, children[-1], lengths)
    placed = list(polylines)
    for i in order:
        each = placed[i]
        if len(each.radii) >= 2:
            continue
        begin = start[i] if each.parent < 0 else _along(placed[each.parent], each.parent_x)
        direction = np.array([np.cos(middle[i]), np.sin(middle[i]), 0.0])
        placed[i] = _straight(each, begin, direction, float(lengths[i]), diameters[i])
    return placed


def _directions(
    order: Sequence[int], children: dict[int, list[int]], tips: FloatArray
) -> FloatArray:
    """Return the middle of each section's sector, rad; a root runs along x."""
    middle, width = np.zeros(len(order)), np.full(len(order), 2 * np.pi)
    for i in order:
        shares = np.array([tips[child] for child in children[i]])
        if not len(shares):
            continue
        alone = len(shares) == 1
        available = width[i] if not alone else min(width[i], _SPREAD)
        begin = middle[i] - available / 2
        for child, share in zip(children[i], shares / shares.sum(), strict=True):
            middle[child] = begin + share * available / 2
            width[child] = min(share * available, _SPREAD)
            begin += share * available
    return middle


def _root_places(
    polylines: Sequence[Polyline], roots: Sequence[int], lengths: FloatArray
) -> dict[int, FloatArray]:
    bare = [i for i in roots if len(polylines[i].radii) < 2]
    step = max(50.0, 0.5 * float(lengths.sum()) / max(1, len(roots)))
    return {root: np.array([rank * step, 0.0, 0.0]) for rank, root in enumerate(bare)}


def _along(polyline: Polyline, x: float) -> FloatArray:
    """Return the place at `x` (0 … 1) along a polyline, µm, shape (3,)."""
    steps = np.linalg.norm(np.diff(polyline.xyz, axis=0), axis=1)
    arc = np.concatenate([[0.0], np.cumsum(steps)])
    return np.array([np.interp(x * arc[-1], arc, axis) for axis in polyline.xyz.T])


def _straight(
    each: Polyline, begin: FloatArray, direction: FloatArray, length: float, diameters: FloatArray
) -> Polyline:
    """Return `each` as a straight line whose borders have the mean of their segments' radii."""
    along = np.linspace(0.0, length, each.nseg + 1)
    edges = np.concatenate([diameters[:1], diameters, diameters[-1:]])
    return replace(
        each,
        xyz=begin + along[:, None] * direction,
        radii=(edges[:-1] + edges[1:]) / 4,
        segment_diameters=np.asarray(diameters, float),
    )
