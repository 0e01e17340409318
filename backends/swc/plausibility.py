"""Remarks on what looks odd in a file's points: types, somas, sizes, units. Nothing is changed."""

from __future__ import annotations

import numpy as np

from backends.morphology.swc_types import SwcType
from backends.swc.audit import Report, count_text
from backends.swc.point_tree import PointTree
from backends.swc.rows import declared_units
from backends.swc.spans import Spans

UNITS = {"um": 1.0, "nm": 1e-3, "8nm": 8e-3}
LARGE_EXTENT = 20_000.0
LARGE_SOMA_RADIUS = 100.0
LARGE_RADIUS = 100.0
LARGEST_RADIUS = 1000.0
LONG_EDGE = 500.0
FAR_AWAY = 1e6
MANY_CHILDREN = 1000
MANY_POINTS = 200_000


def check_plausibility(tree: PointTree, spans: Spans, report: Report, *, units: str) -> None:
    """Add to the report what a person should know about the points."""
    _check_types(tree, report)
    _check_somas(tree, spans, report)
    _check_size(tree, report)
    _check_radii(tree, report)
    _check_forks(tree, report)
    _check_edges(tree, report)
    _check_units(tree, report, units)


def _check_types(tree: PointTree, report: Report) -> None:
    types, lines = tree.rows.types, tree.rows.lines
    for type_ in np.unique(types[(types < 0) | (types > 4)]).tolist():
        which = types == type_
        report.add(
            "info" if type_ >= 0 else "warning",
            "type.custom" if type_ >= 0 else "type.unknown",
            f"{count_text(int(which.sum()), 'point')} of type {type_}: kept as a separate type",
            int(lines[which].min()),
        )


def _check_somas(tree: PointTree, spans: Spans, report: Report) -> None:
    types, parent, lines = tree.rows.types, tree.parent, tree.rows.lines
    is_soma = types == SwcType.SOMA
    n_children = np.bincount(parent[parent >= 0], minlength=len(tree))
    if not is_soma.any():
        report.add("info", "soma.none", "there is no soma: the first point is the root")
    elif (
        is_soma.all() and len(tree) > 3 and (n_children > 1).any() and not spans.sphere_centres.size
    ):
        report.add(
            "warning",
            "soma.all",
            f"all {len(tree)} points are typed soma: their types may have been lost",
        )
    tops = np.flatnonzero(is_soma & ((parent < 0) | ~is_soma[parent]))
    if len(tops) > 1:
        ids = ", ".join(str(id_) for id_ in sorted(tree.rows.ids[tops].tolist())[:6])
        report.add(
            "warning",
            "soma.several",
            f"there are {len(tops)} separate somas (points {ids}): the cell begins at the first",
            int(np.sort(lines[tops])[1]),
        )
    on_soma = np.flatnonzero((parent >= 0) & ~is_soma & is_soma[parent])
    tips = on_soma[(parent[parent[on_soma]] >= 0)]
    if int(is_soma.sum()) == 3 and tips.size and _is_star(tree):
        report.add(
            "info",
            "soma.wrong-root",
            f"a branch is attached to soma point {tree.rows.ids[parent[tips[0]]]}, where NeuroMorpho "
            "attaches it to the centre: built as in the file",
            int(lines[tips].min()),
        )


def _is_star(tree: PointTree) -> bool:
    somas = np.flatnonzero(tree.rows.types == SwcType.SOMA)
    return bool((tree.parent[somas[1:]] == somas[0]).all())


def _check_size(tree: PointTree, report: Report) -> None:
    rows = tree.rows
    if len(tree) >= MANY_POINTS:
        report.add("info", "size.large", f"the cell has {count_text(len(tree), 'point')}")
    if len(tree) == 1 and rows.types[0] != SwcType.SOMA:
        report.add(
            "warning",
            "geometry.one-point",
            "the only point is not a soma: built as a sphere",
            int(rows.lines[0]),
        )
    far = float(np.abs(rows.xyz).max())
    if far > FAR_AWAY:
        report.add(
            "warning",
            "geometry.far-away",
            f"points are {far:.3g} µm from the origin, where single precision is coarse: "
            "move the cell to the origin",
        )


def _check_radii(tree: PointTree, report: Report) -> None:
    """Report radii that no neuron has; squid's giant axon, the thickest known, has up to 500 µm all along."""
    radii, types = tree.rows.radii, tree.rows.types
    limit = min(LARGEST_RADIUS, max(LARGE_RADIUS, 10 * float(np.median(radii))))
    too_large = np.flatnonzero(
        (radii > limit) & ((types != SwcType.SOMA) | (radii > LARGEST_RADIUS))
    )
    if too_large.size:
        worst = too_large[np.argmax(radii[too_large])]
        report.add(
            "warning",
            "radius.large",
            f"{count_text(len(too_large), 'radius').replace('radiuss', 'radii')} above {limit:g} µm, "
            f"up to {radii[worst]:.4g} µm: kept, but no neurite is known to be so thick",
            int(tree.rows.lines[worst]),
        )


def _check_forks(tree: PointTree, report: Report) -> None:
    n_children = np.bincount(tree.parent[tree.parent >= 0], minlength=len(tree))
    busiest = int(np.argmax(n_children))
    if n_children[busiest] > MANY_CHILDREN:
        report.add(
            "warning",
            "tree.many-children",
            f"{count_text(int(n_children[busiest]), 'branch').replace('branchs', 'branches')} "
            f"on point {tree.rows.ids[busiest]}",
            int(tree.rows.lines[busiest]),
        )


def _check_edges(tree: PointTree, report: Report) -> None:
    parent, rows = tree.parent, tree.rows
    inner = np.flatnonzero(parent >= 0)
    if not inner.size:
        return
    edges = np.linalg.norm(rows.xyz[inner] - rows.xyz[parent[inner]], axis=1)
    median = float(np.median(edges))
    longest = int(np.argmax(edges))
    if edges[longest] > LONG_EDGE and edges[longest] > 100 * median:
        report.add(
            "warning",
            "geometry.long-edge",
            f"the point is {edges[longest]:.0f} µm from its parent (median {median:.1f} µm): kept",
            int(rows.lines[inner[longest]]),
        )


def _check_units(tree: PointTree, report: Report, units: str) -> None:
    extent = float(np.ptp(tree.rows.xyz, axis=0).max())
    is_soma = tree.rows.types == SwcType.SOMA
    soma = float(tree.rows.radii[is_soma].max()) if is_soma.any() else 0.0
    declared = declared_units(tree.rows.header)
    if units != "um":
        report.add("info", "units.scaled", f"one unit of the file was read as {UNITS[units]:g} µm")
    if units != "um" or not (extent > LARGE_EXTENT or soma > LARGE_SOMA_RADIUS or declared == "nm"):
        return
    measure = f"the cell is {extent:,.0f} µm long".replace(",", " ")
    if soma > LARGE_SOMA_RADIUS:
        measure += f" and its soma radius {soma:.0f} µm"
    guess = "; the header says nanometres" if declared == "nm" else ""
    report.add(
        "warning",
        "units.suspect",
        f"{measure}{guess}: perhaps the unit is not µm; the file can be read in nm or in 8 nm voxels",
    )
