"""Repairs of types and radii; they invent no geometry."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from backends.morphology.swc_types import SwcType
from backends.swc.audit import Report, count_text
from backends.swc.point_tree import PointTree
from backends.swc.spans import Spans

DEFAULT_RADIUS = 0.5
DEFAULT_SOMA_RADIUS = 5.0
FORK_LABEL, TIP_LABEL = 5, 6


def repair_types(tree: PointTree, report: Report) -> PointTree:
    """Give points labelled "fork" (5) and "tip" (6) the type of their branch."""
    types = tree.rows.types
    forks, tips = types == FORK_LABEL, types == TIP_LABEL
    labelled = forks | tips
    if not (forks.any() and tips.any()) or labelled.all():
        return tree
    n_children = np.bincount(tree.parent[tree.parent >= 0], minlength=len(tree))
    if (n_children[forks] > 1).mean() < 0.9 or (n_children[tips] == 0).mean() < 0.9:
        return tree
    folded = types.tolist()
    parent = tree.parent.tolist()
    is_label = labelled.tolist()
    others = types[~labelled & (types != SwcType.SOMA)]
    default = int(others[0]) if others.size else int(SwcType.UNDEFINED)
    for point in np.flatnonzero(labelled).tolist():
        above = folded[parent[point]] if parent[point] >= 0 else default
        below = point + 1
        if above == SwcType.SOMA:
            known = below < len(folded) and parent[below] == point and not is_label[below]
            above = folded[below] if known else default
        folded[point] = above
    report.add(
        "info",
        "type.labels",
        f"types 5 and 6 mark forks and tips here: {count_text(int(labelled.sum()), 'point')} "
        "read as part of their branch",
        int(tree.rows.lines[labelled].min()),
    )
    return replace(tree, rows=replace(tree.rows, types=np.asarray(folded, np.int64)))


def repair_radii(tree: PointTree, spans: Spans, report: Report) -> PointTree:
    """Replace radii ≤ 0 by the nearest one on the section, else the parent's; return the tree."""
    radii = tree.rows.radii
    bad = radii.astype(np.float32) <= 0
    if not bad.any():
        return tree
    lines = tree.rows.lines[bad]
    if bad.all():
        is_soma = tree.rows.types == SwcType.SOMA
        report.add(
            "repair",
            "radius.none",
            f"no point has a radius: {DEFAULT_RADIUS:g} µm is used, and "
            f"{DEFAULT_SOMA_RADIUS:g} µm for the soma",
        )
        filled = np.where(is_soma, DEFAULT_SOMA_RADIUS, DEFAULT_RADIUS)
    else:
        filled = _nearest_radii(tree, spans, bad)
        report.add(
            "repair",
            "radius.not-positive",
            f"{count_text(len(lines), 'radius').replace('radiuss', 'radii')} ≤ 0: replaced by the "
            "nearest one along the section, or the parent's",
            int(lines.min()),
        )
    return replace(tree, rows=replace(tree.rows, radii=filled))


def _nearest_radii(tree: PointTree, spans: Spans, bad: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return the radii, shape (n_points,) µm, with each `bad` one replaced."""
    radii = tree.rows.radii.copy()
    first, last = spans.first, spans.last
    section = np.repeat(np.arange(len(first)), last - first)
    here = np.arange(len(tree))
    steps = np.linalg.norm(tree.rows.xyz - tree.rows.xyz[np.maximum(tree.parent, 0)], axis=1)
    arc = np.cumsum(steps)
    before = np.maximum.accumulate(np.where(bad, -1, here))
    after = np.minimum.accumulate(np.where(bad, len(tree), here)[::-1])[::-1]
    has_before = (before >= 0) & (section[before] == section)
    after_safe = np.minimum(after, len(tree) - 1)
    has_after = (after < len(tree)) & (section[after_safe] == section)
    nearer_after = has_after & (~has_before | (arc[after_safe] - arc < arc - arc[before]))
    source = np.where(nearer_after, after_safe, before)
    fill = bad & (has_before | has_after)
    radii[fill] = tree.rows.radii[source[fill]]
    anywhere = float(tree.rows.radii[np.argmin(bad)])
    for index in np.flatnonzero(np.logical_and.reduceat(bad, first)).tolist():
        above = int(tree.parent[first[index]])
        radii[first[index] : last[index]] = radii[above] if above >= 0 else anywhere
    return radii
