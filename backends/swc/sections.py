"""From a tree of points to sections, by the rules of NEURON's Import3d.

A section ends at a fork or a change of type and begins with a copy of the point that it is attached
to. A one-point soma, and NeuroMorpho's three-point one (centre and two points one radius away), is a
cylinder along x as long as it is wide, whose area is the sphere's. A section attached to a soma takes
its own second diameter at the copied point; in the middle of a soma it is joined "by a wire", that
is, without the copy. Source: nrn/share/lib/hoc/import3d/read_swc.hoc, NEURON 9.

Deliberate differences: the order of rows never splits a section; what is attached to the only point
of a section is attached to its end, where the point is; separate trees are never wired together; a
section without length becomes a sphere if it is a root, and is left out otherwise; a section of more
than 32 000 points is split, since NEURON holds at most 32 767.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from backends.morphology.morphology import Section
from backends.morphology.swc_types import SwcType
from backends.swc.audit import Report, count_text
from backends.swc.point_tree import PointTree
from backends.swc.spans import BoolArray, IntArray, Spans


@dataclass(eq=False)
class _Plan:
    """Sections as spans of a tree's points; all arrays have shape (n_sections,).

    Attributes
    ----------
    first, last : ndarray of int64
        First own point, and one past the last.
    parent : ndarray of int64
        Parent section, -1 for a root.
    parent_x : ndarray of float64
    copies : ndarray of bool
        Whether the section begins with a copy of the point that it is attached to.
    own_width : ndarray of bool
        Whether that copy has the radius of the section's own first point.
    """

    first: IntArray
    last: IntArray
    parent: IntArray
    parent_x: NDArray[np.float64]
    copies: BoolArray
    own_width: BoolArray

    @property
    def sizes(self) -> IntArray:
        """Number of points of each section, including the copied one."""
        return self.last - self.first + self.copies

    def gathered(self, parent: IntArray) -> tuple[IntArray, IntArray]:
        """Return the tree's point for every point of every section, and where each section begins."""
        sizes = self.sizes
        starts = np.cumsum(sizes) - sizes
        points = np.arange(int(sizes.sum())) + np.repeat(self.first - self.copies - starts, sizes)
        points[starts[self.copies]] = parent[self.first[self.copies]]
        return points, starts


def build_sections(tree: PointTree, spans: Spans, report: Report) -> tuple[Section, ...]:
    """Return the sections of `tree`, parents first, named as NEURON's Import3d names them.

    Radii must be positive.
    """
    plan = _plan_sections(tree, spans, report)
    report.update_progress(0.85)
    plan = _drop_empty_sections(tree, plan, report)
    return _sections_of_plan(tree, plan)


def _plan_sections(tree: PointTree, spans: Spans, report: Report) -> _Plan:
    """Return the spans with their parents, by Import3d's five rules of attachment."""
    types, parent = tree.rows.types, tree.parent
    first, last = spans.first, _shorten_spheres(tree, spans, report)
    section_of = np.searchsorted(first, np.arange(len(tree)), side="right") - 1
    above = parent[first]
    is_root = above < 0
    above_section = np.where(is_root, -1, section_of[above])
    below_root = ~is_root & is_root[above_section]
    of_soma = ~is_root & (types[first[above_section]] == SwcType.SOMA)
    is_soma = types[first] == SwcType.SOMA
    on_soma = of_soma & ~is_soma
    many = last - first > 1
    on_sphere = below_root & on_soma & (last - first == 1)[above_section]
    at_begin = below_root & ~on_sphere & (above == first[above_section])
    inside = of_soma & ~on_sphere & ~at_begin & (above < last[above_section] - 1)
    at_soma_fork = on_soma & (spans.n_soma_children[above] > 1)
    by_wire = many & (on_sphere | (inside & on_soma) | (at_soma_fork & ~inside & ~on_sphere))
    at_fork = ~is_root & (first != above + 1) & spans.forks_at_start[above]
    at_fork &= (last - first)[above_section] > 1
    at_begin |= at_fork & (above == first[above_section])
    parent_x = np.where(on_sphere | inside, 0.5, 1.0)
    parent_x[at_begin] = 0.0
    return _Plan(first, last, above_section, parent_x, ~is_root & ~by_wire, on_soma)


def _shorten_spheres(tree: PointTree, spans: Spans, report: Report) -> IntArray:
    """Return the ends of the spans, with only the first point of somas that stand for spheres."""
    first, last = spans.first, spans.last.copy()
    is_sphere = np.isin(first, spans.sphere_centres)
    last[is_sphere] = first[is_sphere] + 1
    roots = np.flatnonzero((tree.parent[first] < 0) & (last - first > 1))
    for root in roots.tolist():
        span = tree.rows.xyz[first[root] : last[root]].astype(np.float32)
        if (span == span[0]).all():
            last[root] = first[root] + 1
            report.add(
                "repair",
                "soma.zero-length",
                f"the {count_text(len(span), 'point')} at the start of the tree are at one position: "
                "built as a sphere",
                int(tree.rows.lines[first[root]]),
            )
    return last


def _drop_empty_sections(tree: PointTree, plan: _Plan, report: Report) -> _Plan:
    """Leave out sections without length; their children are attached to their parents.

    Lengths are compared in single precision, which NEURON stores.
    """
    points, starts = plan.gathered(tree.parent)
    xyz = tree.rows.xyz[points].astype(np.float32)
    away = (xyz != np.repeat(xyz[starts], plan.sizes, axis=0)).any(axis=1)
    empty = ~np.logical_or.reduceat(away, starts) & (plan.parent >= 0)
    if not empty.any():
        return plan
    parent, parent_x = plan.parent.copy(), plan.parent_x.copy()
    for section in np.flatnonzero(empty).tolist():
        above = parent[section]
        if empty[above]:
            parent[section], parent_x[section] = parent[above], parent_x[above]
    orphan = (parent >= 0) & empty[parent] & ~empty
    parent_x[orphan] = parent_x[parent[orphan]]
    parent[orphan] = parent[parent[orphan]]
    lines = tree.rows.lines[plan.first[empty]]
    report.add(
        "repair",
        "geometry.zero-length-section",
        f"{count_text(int(empty.sum()), 'section')} without length left out",
        int(lines.min()),
    )
    keep = ~empty
    new_index = np.cumsum(keep) - 1
    parent = np.where(parent < 0, -1, new_index[parent])[keep]
    return _Plan(
        plan.first[keep],
        plan.last[keep],
        parent,
        parent_x[keep],
        plan.copies[keep],
        plan.own_width[keep],
    )


def _sections_of_plan(tree: PointTree, plan: _Plan) -> tuple[Section, ...]:
    rows = tree.rows
    points, starts = plan.gathered(tree.parent)
    xyz, radii = rows.xyz[points], rows.radii[points]
    widened = starts[plan.copies & plan.own_width]
    radii[widened] = radii[widened + 1]
    ids, lines = rows.ids[points], rows.lines[points]
    ids[starts[plan.copies]] = -1
    lines[starts[plan.copies]] = -1
    types = rows.types[plan.first].tolist()
    names = section_names(types)
    ends = (starts + plan.sizes).tolist()
    sections = []
    columns = (starts.tolist(), ends, plan.parent.tolist(), plan.parent_x.tolist())
    for index, (start, end, parent, x) in enumerate(zip(*columns, strict=True)):
        span = slice(start, end)
        parts = (xyz[span], radii[span], ids[span], lines[span])
        if end - start == 1:
            parts = _as_sphere(*parts)
        sections.append(Section(names[index], types[index], parent, x, *parts))
    return tuple(sections)


def _as_sphere(
    xyz: NDArray[np.float64], radii: NDArray[np.float64], ids: IntArray, lines: IntArray
) -> tuple[NDArray[np.float64], NDArray[np.float64], IntArray, IntArray]:
    """Return three points along x for a sphere: a cylinder as long as it is wide."""
    offsets = np.asarray([[-radii[0], 0.0, 0.0], [0.0, 0.0, 0.0], [radii[0], 0.0, 0.0]])
    none = np.full(3, -1, np.int64)
    own_ids, own_lines = none.copy(), none
    own_ids[1], own_lines[1] = ids[0], lines[0]
    return xyz[0] + offsets, np.repeat(radii, 3), own_ids, own_lines


def section_names(types: list[int]) -> list[str]:
    """Return Import3d's names: ``soma[0]``, ``dend[3]``, ``dend_7[0]``, ``minus_3[0]``."""
    stems = {1: "soma", 2: "axon", 3: "dend", 4: "apic"}
    counts: dict[int, int] = {}
    names = []
    for type_ in types:
        index = counts.get(type_, 0)
        counts[type_] = index + 1
        stem = stems.get(type_) or (f"dend_{type_}" if type_ >= 0 else f"minus_{-type_}")
        names.append(f"{stem}[{index}]")
    return names
