"""Repairs that invent no geometry, and remarks on what looks odd: radii, types, somas, units."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from backends.morphology.swc_types import SwcType
from backends.swc.audit import Report, count_text
from backends.swc.point_tree import PointTree
from backends.swc.rows import declared_units
from backends.swc.spans import spans, three_point_somas

UNITS = {"um": 1.0, "nm": 1e-3, "8nm": 8e-3}
DEFAULT_RADIUS = 0.5
DEFAULT_SOMA_RADIUS = 5.0
LARGE_EXTENT = 20_000.0
LARGE_SOMA_RADIUS = 100.0
LONG_EDGE = 500.0
FAR_AWAY = 1e6
MANY_CHILDREN = 1000
MANY_POINTS = 200_000
FORK_LABEL, TIP_LABEL = 5, 6


def repair_types(tree: PointTree, audit: Report) -> PointTree:
    """Give points labelled "fork" (5) and "tip" (6) the type of the cable that they are on."""
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
    audit.add(
        "info",
        "type.labels",
        f"types 5 and 6 mark forks and tips here: {count_text(int(labelled.sum()), 'point')} "
        "read as part of their branch",
        int(tree.rows.lines[labelled].min()),
    )
    return replace(tree, rows=replace(tree.rows, types=np.asarray(folded, np.int64)))


def repair_radii(tree: PointTree, audit: Report) -> PointTree:
    """Replace radii ≤ 0 by the nearest one on the section, else the parent's."""
    radii = tree.rows.radii
    bad = radii.astype(np.float32) <= 0
    if not bad.any():
        return tree
    lines = tree.rows.lines[bad]
    if bad.all():
        is_soma = tree.rows.types == SwcType.SOMA
        audit.add(
            "repair",
            "radius.none",
            f"no point has a radius: {DEFAULT_RADIUS:g} µm is used, and "
            f"{DEFAULT_SOMA_RADIUS:g} µm for the soma",
        )
        filled = np.where(is_soma, DEFAULT_SOMA_RADIUS, DEFAULT_RADIUS)
    else:
        filled = _nearest_radii(tree, bad)
        audit.add(
            "repair",
            "radius.not-positive",
            f"{count_text(len(lines), 'radius').replace('radiuss', 'radii')} ≤ 0: replaced by the "
            "nearest one along the section, or the parent's",
            int(lines.min()),
        )
    return replace(tree, rows=replace(tree.rows, radii=filled))


def _nearest_radii(tree: PointTree, bad: NDArray[np.bool_]) -> NDArray[np.float64]:
    radii = tree.rows.radii.copy()
    first, last = spans(tree)
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


def check_plausibility(tree: PointTree, audit: Report, *, units: str) -> None:
    """Add what a person should know of the points as they are."""
    _check_types(tree, audit)
    _check_somas(tree, audit)
    _check_shape(tree, audit)
    _check_units(tree, audit, units)


def _check_types(tree: PointTree, audit: Report) -> None:
    types, lines = tree.rows.types, tree.rows.lines
    for type_ in np.unique(types[(types < 0) | (types > 4)]).tolist():
        which = types == type_
        audit.add(
            "info" if type_ >= 0 else "warning",
            "type.custom" if type_ >= 0 else "type.unknown",
            f"{count_text(int(which.sum()), 'point')} of type {type_}: kept as a type of its own",
            int(lines[which].min()),
        )


def _check_somas(tree: PointTree, audit: Report) -> None:
    types, parent, lines = tree.rows.types, tree.parent, tree.rows.lines
    is_soma = types == SwcType.SOMA
    n_children = np.bincount(parent[parent >= 0], minlength=len(tree))
    if not is_soma.any():
        audit.add("info", "soma.none", "there is no soma: the first point is the root")
    elif (
        is_soma.all()
        and len(tree) > 3
        and (n_children > 1).any()
        and not three_point_somas(tree).size
    ):
        audit.add(
            "warning",
            "soma.all",
            f"all {len(tree)} points are typed soma: their types may have been lost",
        )
    tops = np.flatnonzero(is_soma & ((parent < 0) | ~is_soma[parent]))
    if len(tops) > 1:
        ids = ", ".join(str(id_) for id_ in sorted(tree.rows.ids[tops].tolist())[:6])
        audit.add(
            "warning",
            "soma.several",
            f"there are {len(tops)} separate somas (points {ids}): the cell begins at the first",
            int(np.sort(lines[tops])[1]),
        )
    on_soma = np.flatnonzero((parent >= 0) & ~is_soma & is_soma[parent])
    tips = on_soma[(parent[parent[on_soma]] >= 0)]
    if int(is_soma.sum()) == 3 and tips.size and _is_star(tree):
        audit.add(
            "info",
            "soma.wrong-root",
            f"a branch hangs from soma point {tree.rows.ids[parent[tips[0]]]}, where NeuroMorpho "
            "would have it hang from the centre: built as it is",
            int(lines[tips].min()),
        )


def _is_star(tree: PointTree) -> bool:
    somas = np.flatnonzero(tree.rows.types == SwcType.SOMA)
    return bool((tree.parent[somas[1:]] == somas[0]).all())


def _check_shape(tree: PointTree, audit: Report) -> None:
    parent, rows = tree.parent, tree.rows
    if len(tree) >= MANY_POINTS:
        audit.add("info", "size.large", f"the cell has {count_text(len(tree), 'point')}")
    if len(tree) == 1 and rows.types[0] != SwcType.SOMA:
        audit.add(
            "warning",
            "geometry.one-point",
            "the only point is no soma: built as a sphere",
            int(rows.lines[0]),
        )
    inner = np.flatnonzero(parent >= 0)
    if not inner.size:
        return
    far = float(np.abs(rows.xyz).max())
    if far > FAR_AWAY:
        audit.add(
            "warning",
            "geometry.far-away",
            f"points lie {far:.3g} µm from the origin, where single precision is coarse: "
            "move the cell to the origin",
        )
    n_children = np.bincount(parent[inner], minlength=len(tree))
    busiest = int(np.argmax(n_children))
    if n_children[busiest] > MANY_CHILDREN:
        audit.add(
            "warning",
            "tree.many-children",
            f"{count_text(int(n_children[busiest]), 'branch').replace('branchs', 'branches')} "
            f"on point {rows.ids[busiest]}",
            int(rows.lines[busiest]),
        )
    edges = np.linalg.norm(rows.xyz[inner] - rows.xyz[parent[inner]], axis=1)
    median = float(np.median(edges))
    longest = int(np.argmax(edges))
    if edges[longest] > LONG_EDGE and edges[longest] > 100 * median:
        audit.add(
            "warning",
            "geometry.long-edge",
            f"the point is {edges[longest]:.0f} µm from its parent (median {median:.1f} µm): kept",
            int(rows.lines[inner[longest]]),
        )


def _check_units(tree: PointTree, audit: Report, units: str) -> None:
    extent = float(np.ptp(tree.rows.xyz, axis=0).max())
    is_soma = tree.rows.types == SwcType.SOMA
    soma = float(tree.rows.radii[is_soma].max()) if is_soma.any() else 0.0
    declared = declared_units(tree.rows.header)
    if units != "um" or not (extent > LARGE_EXTENT or soma > LARGE_SOMA_RADIUS or declared == "nm"):
        return
    measure = f"the cell is {extent:,.0f} µm long".replace(",", " ")
    if soma > LARGE_SOMA_RADIUS:
        measure += f" and its soma radius {soma:.0f} µm"
    guess = "; the header says nanometres" if declared == "nm" else ""
    audit.add(
        "warning",
        "units.suspect",
        f"{measure}{guess}: perhaps these are not µm; it can be read as nm or as 8 nm voxels",
    )
