"""How the points of an SWC tree are cut into sections."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from backends.morphology.swc_types import SwcType
from backends.swc.point_tree import PointTree

IntArray = NDArray[np.int64]

BoolArray = NDArray[np.bool_]

MAX_POINTS = 32_000

SOMA3_TOLERANCE = 0.01


def spans(tree: PointTree) -> tuple[IntArray, IntArray]:
    """Return the first point of each section, and one past its last, shape (n_sections,) each."""
    last = np.flatnonzero(_ends_section(tree)) + 1
    first = np.concatenate([[0], last[:-1]])
    too_long = np.flatnonzero(last - first > MAX_POINTS - 1)
    if not too_long.size:
        return first, last
    cuts = [np.arange(first[i] + MAX_POINTS - 1, last[i], MAX_POINTS - 1) for i in too_long]
    first = np.sort(np.concatenate([first, *cuts]))
    return first, np.append(first[1:], len(tree))


def _ends_section(tree: PointTree) -> BoolArray:
    """Return whether each point is the last of its section, shape (n_points,)."""
    types, parent = tree.rows.types, tree.parent
    here = np.arange(len(tree))
    n_children = np.bincount(parent[parent >= 0], minlength=len(tree))
    goes_on = np.append(parent[1:] == here[:-1], False)
    same_type = goes_on & np.append(types[1:] == types[:-1], False)
    last_child = np.zeros(len(tree), np.int64)
    last_child[parent[parent >= 0]] = here[parent >= 0]
    fork_of_type = forks_at_start(tree) & (types[last_child] == types)
    proceeds = same_type & ((n_children == 1) | fork_of_type)
    is_soma = types == SwcType.SOMA
    soma_fork = (tree.parent >= 0) & (count_soma_children(tree) > 1)
    proceeds |= same_type & is_soma & ~soma_fork
    centre = three_point_somas(tree)
    proceeds[centre + 1] = True
    ends: BoolArray = ~proceeds
    return ends


def count_soma_children(tree: PointTree) -> IntArray:
    is_soma = tree.rows.types == SwcType.SOMA
    below = tree.parent[is_soma & (tree.parent >= 0)]
    return np.bincount(below[is_soma[below]], minlength=len(tree))


def _root_of(tree: PointTree) -> IntArray:
    return np.flatnonzero(tree.parent < 0)[tree.tree]


def forks_at_start(tree: PointTree) -> BoolArray:
    """Return the points whose further children hang from the beginning of their section.

    These are a root that is no soma, and the first point after a soma, unless it is the tree's
    second point (where Import3d ends a section of one point).
    """
    types, parent = tree.rows.types, tree.parent
    after_soma = (parent >= 0) & (types[parent] == SwcType.SOMA)
    after_soma &= np.arange(len(tree)) - _root_of(tree) > 1
    starts: BoolArray = (types != SwcType.SOMA) & (after_soma | (parent < 0))
    return starts


def three_point_somas(tree: PointTree) -> IntArray:
    """Return the centres of three-point somas that stand for one sphere.

    Two childless points hang from the root, all three with one radius, each one radius away.
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
        even = (radii[sides] == radii[root]).all()
        if even and abs(span / (2 * radii[root]) - 1) < SOMA3_TOLERANCE:
            found.append(root)
    return np.asarray(found, np.int64)
