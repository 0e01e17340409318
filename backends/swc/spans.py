"""How the points of an SWC tree are divided into sections."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from backends.morphology.swc_types import SwcType
from backends.swc.point_tree import PointTree

IntArray = NDArray[np.int64]

BoolArray = NDArray[np.bool_]

MAX_POINTS = 32_000

SOMA3_TOLERANCE = 0.01


@dataclass(frozen=True, eq=False)
class Spans:
    """The points of a tree as runs that become sections.

    Attributes
    ----------
    first, last : ndarray, shape (n_sections,), int64
        The first point of each section, and one past its last.
    sphere_centres : ndarray, shape (n_spheres,), int64
        The centres of three-point somas that stand for one sphere.
    forks_at_start : ndarray, shape (n_points,), bool
        The points whose further children are attached to the beginning of their section.
    n_soma_children : ndarray, shape (n_points,), int64
        How many soma points are attached to each soma point.
    """

    first: IntArray
    last: IntArray
    sphere_centres: IntArray
    forks_at_start: BoolArray
    n_soma_children: IntArray


def find_spans(tree: PointTree) -> Spans:
    """Return the spans of a tree; they depend on its radii where a soma has three points."""
    centres, forks = _sphere_centres(tree), _forks_at_start(tree)
    n_soma_children = _count_soma_children(tree)
    last = np.flatnonzero(_ends_section(tree, centres, forks, n_soma_children)) + 1
    first = np.concatenate([[0], last[:-1]])
    too_long = np.flatnonzero(last - first > MAX_POINTS - 1)
    if too_long.size:
        cuts = [np.arange(first[i] + MAX_POINTS - 1, last[i], MAX_POINTS - 1) for i in too_long]
        first = np.sort(np.concatenate([first, *cuts]))
        last = np.append(first[1:], len(tree))
    return Spans(first, last, centres, forks, n_soma_children)


def _ends_section(
    tree: PointTree, centres: IntArray, forks: BoolArray, n_soma_children: IntArray
) -> BoolArray:
    """Return whether each point is the last of its section, shape (n_points,)."""
    types, parent = tree.rows.types, tree.parent
    here = np.arange(len(tree))
    n_children = np.bincount(parent[parent >= 0], minlength=len(tree))
    goes_on = np.append(parent[1:] == here[:-1], False)
    same_type = goes_on & np.append(types[1:] == types[:-1], False)
    last_child = np.zeros(len(tree), np.int64)
    last_child[parent[parent >= 0]] = here[parent >= 0]
    fork_of_type = forks & (types[last_child] == types)
    proceeds = same_type & ((n_children == 1) | fork_of_type)
    is_soma = types == SwcType.SOMA
    soma_fork = (parent >= 0) & (n_soma_children > 1)
    proceeds |= same_type & is_soma & ~soma_fork
    proceeds[centres + 1] = True
    ends: BoolArray = ~proceeds
    return ends


def _count_soma_children(tree: PointTree) -> IntArray:
    is_soma = tree.rows.types == SwcType.SOMA
    below = tree.parent[is_soma & (tree.parent >= 0)]
    return np.bincount(below[is_soma[below]], minlength=len(tree))


def _root_of(tree: PointTree) -> IntArray:
    return np.flatnonzero(tree.parent < 0)[tree.tree]


def _forks_at_start(tree: PointTree) -> BoolArray:
    """Return whether further children of each point are attached to the start of its section.

    This holds for a root that is no soma, and for the first point after a soma, unless it is the
    tree's second point (where Import3d ends a section of one point).
    """
    types, parent = tree.rows.types, tree.parent
    after_soma = (parent >= 0) & (types[parent] == SwcType.SOMA)
    after_soma &= np.arange(len(tree)) - _root_of(tree) > 1
    starts: BoolArray = (types != SwcType.SOMA) & (after_soma | (parent < 0))
    return starts


def _sphere_centres(tree: PointTree) -> IntArray:
    """Return the centres of three-point somas that stand for one sphere, shape (n_spheres,).

    Two points without children are attached to the root; all three have one radius, and each of
    the two is one radius away.
    """
    types, parent, radii = tree.rows.types, tree.parent, tree.rows.radii
    n_soma = np.bincount(tree.tree, types == SwcType.SOMA)
    n_children = np.bincount(parent[parent >= 0], minlength=len(tree))
    found = []
    for root in np.flatnonzero(parent < 0)[n_soma == 3].tolist():
        if root + 2 >= len(tree) or (types[root : root + 3] != SwcType.SOMA).any():
            continue
        sides = slice(root + 1, root + 3)
        if (parent[sides] != root).any() or n_children[sides].any():
            continue
        span = np.linalg.norm(tree.rows.xyz[sides] - tree.rows.xyz[root], axis=1).sum()
        even = np.float32(radii[root]) > 0 and (radii[sides] == radii[root]).all()
        if even and abs(span / (2 * radii[root]) - 1) < SOMA3_TOLERANCE:
            found.append(root)
    return np.asarray(found, np.int64)
