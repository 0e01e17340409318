"""From rows to one tree (or several): checks ids and parents, selects roots, puts parents first.

Order: every point after its parent, each branch finished before the next begins; of siblings, soma
points first, then by id. NEURON's Import3d uses the same order. Everything is iterative, not
recursive: 20 000 nested forks are an ordinary input.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from backends.morphology.swc_types import SwcType
from backends.swc.audit import Report, count_text
from backends.swc.rows import Rows

IntArray = NDArray[np.int64]
ROOT = -1


@dataclass(frozen=True, eq=False)
class PointTree:
    """Points in parent-first order.

    Attributes
    ----------
    rows : Rows
        Reordered; `rows.parents` still holds ids.
    parent : ndarray, shape (n_points,), int64
        Index of each point's parent, smaller than its own; -1 at roots.
    tree : ndarray, shape (n_points,), int64
        Which tree each point belongs to, count_text from 0 in order.
    """

    rows: Rows
    parent: IntArray
    tree: IntArray

    def __len__(self) -> int:
        return len(self.parent)

    @property
    def n_trees(self) -> int:
        """Number of roots."""
        return int((self.parent < 0).sum())


def build_point_tree(rows: Rows, report: Report, *, all_trees: bool) -> PointTree:
    """Return the checked tree of `rows`: its main tree, or all of them.

    Raises
    ------
    SwcError
        ``id.duplicate``, ``parent.*``.
    """
    rows = _drop_repeated_rows(rows, report)
    parent = _parent_index(rows, report)
    label = _root_of_each_point(parent, rows, report)
    if (parent[1:] >= np.arange(1, len(parent))).any() or (np.diff(rows.ids) < 0).any():
        report.add("info", "order.unsorted", "rows are not in parent-first order: sorted")
    parent, label = _join_coincident_roots(rows, parent, label, report)
    parent = _reroot_at_somas(rows, parent, label, report)
    if (parent < 0).sum() > 1:
        keep = _select_trees(rows, parent, label, report, all_trees=all_trees)
        if not keep.all():
            new_index = np.cumsum(keep) - 1
            parent = np.where(parent < 0, ROOT, new_index[parent])[keep]
            rows, label = rows.take(keep), label[keep]
    order = _depth_first(rows, parent, report)
    place = np.empty(len(order), np.int64)
    place[order] = np.arange(len(order))
    parent = np.where(parent[order] < 0, ROOT, place[parent[order]])
    return PointTree(rows.take(order), parent, np.cumsum(parent < 0) - 1)


def _drop_repeated_rows(rows: Rows, report: Report) -> Rows:
    """Drop rows that repeat an earlier one exactly; refuse other rows of the same id."""
    order = np.argsort(rows.ids, kind="stable")
    same = np.flatnonzero(np.diff(rows.ids[order]) == 0)
    if not same.size:
        return rows
    start = np.searchsorted(rows.ids[order], rows.ids[order][same])
    first, repeat = order[start], order[same + 1]
    identical = (
        (rows.types[first] == rows.types[repeat])
        & (rows.parents[first] == rows.parents[repeat])
        & (rows.radii[first] == rows.radii[repeat])
        & (rows.xyz[first] == rows.xyz[repeat]).all(axis=1)
    )
    if not identical.all():
        worst = min(np.flatnonzero(~identical), key=lambda i: rows.lines[repeat[i]])
        id_, line = rows.ids[repeat[worst]], int(rows.lines[repeat[worst]])
        earlier = rows.lines[first[worst]]
        what = f"id {id_} is already used on line {earlier}, with other values"
        more = int((~identical).sum()) - 1
        raise report.error("id.duplicate", what, line, f"and {more} more" if more else "")
    i = int(np.argmin(rows.lines[repeat]))
    report.add(
        "repair",
        "id.duplicate-identical",
        f"the row repeats line {rows.lines[first[i]]} exactly: "
        f"{count_text(len(repeat), 'repeated row')} dropped",
        int(rows.lines[repeat[i]]),
    )
    keep = np.ones(len(rows), bool)
    keep[repeat] = False
    return rows.take(keep)


def _parent_index(rows: Rows, report: Report) -> IntArray:
    """Return the index of each row's parent, -1 for roots; refuse parents that do not exist."""
    order = np.argsort(rows.ids, kind="stable")
    sorted_ids = rows.ids[order]
    at = np.clip(np.searchsorted(sorted_ids, rows.parents), 0, len(rows) - 1)
    exists = sorted_ids[at] == rows.parents
    parent = np.where(exists, order[at], ROOT)
    is_root = rows.parents == ROOT
    odd = ~exists & ~is_root
    zero = odd & (rows.parents == 0)
    _add_root_repairs(zero, "parent.zero-root", "parent 0, and there is no point 0", rows, report)
    negative = odd & (rows.parents < 0)
    _add_root_repairs(
        negative, "parent.negative-root", "a negative parent other than -1", rows, report
    )
    missing = np.flatnonzero(odd & ~zero & ~negative)
    if missing.size:
        _refuse_missing(missing, rows, report)
    own_parent = np.flatnonzero(parent == np.arange(len(rows)))
    if own_parent.size:
        line = int(rows.lines[own_parent].min())
        id_ = rows.ids[own_parent[np.argmin(rows.lines[own_parent])]]
        if own_parent.size > 1 or (parent < 0).any():
            raise report.error("parent.self", f"point {id_} names itself as its parent", line)
        report.add(
            "repair",
            "parent.self-root",
            f"point {id_} names itself as parent and there is no other root: read as the root",
            line,
        )
        parent[own_parent] = ROOT
    return parent


def _add_root_repairs(
    which: NDArray[np.bool_], code: str, what: str, rows: Rows, report: Report
) -> None:
    if which.any():
        n = int(which.sum())
        verb = "has" if n == 1 else "have"
        text = f"{count_text(n, 'point')} {verb} {what}: read as {'a root' if n == 1 else 'roots'}"
        report.add("repair", code, text, int(rows.lines[which].min()))


def _refuse_missing(missing: IntArray, rows: Rows, report: Report) -> None:
    missing = missing[np.argsort(rows.lines[missing])]
    line = int(rows.lines[missing[0]])
    what = f"parent {rows.parents[missing[0]]} does not exist"
    if len(missing) > 1:
        what += f" ({len(missing)} points name parents that do not exist)"
    if not (rows.parents == ROOT).any():
        what += " and the file has no root"
    details = "\n".join(
        f"line {rows.lines[i]}: parent {rows.parents[i]} does not exist" for i in missing[:20]
    )
    raise report.error("parent.missing", what, line, details)


def _root_of_each_point(parent: IntArray, rows: Rows, report: Report) -> IntArray:
    """Return the root of each point, by pointer doubling; refuse loops."""
    here = np.arange(len(parent))
    top = np.where(parent < 0, here, parent)
    for _ in range(max(1, int(np.ceil(np.log2(len(parent) + 1))))):
        above = top[top]
        if (above == top).all():
            break
        top = above
    looped = np.flatnonzero(parent[top] >= 0)
    if looped.size:
        _refuse_loop(int(top[looped[0]]), parent, rows, report)
    return top


def _refuse_loop(point: int, parent: IntArray, rows: Rows, report: Report) -> None:
    """Raise the error that names the loop containing `point`."""
    seen: dict[int, int] = {}
    while point not in seen:
        seen[point] = len(seen)
        point = int(parent[point])
    loop = [each for each, place in seen.items() if place >= seen[point]]
    loop.sort(key=lambda each: rows.lines[each])
    lines = ", ".join(str(rows.lines[each]) for each in loop[:6])
    ids = ", ".join(str(rows.ids[each]) for each in loop[:6])
    more = f" and {len(loop) - 6} more" if len(loop) > 6 else ""
    raise report.error(
        "parent.cycle",
        f"points {ids}{more} (lines {lines}{more}) form a loop, each the parent of the next",
        int(rows.lines[loop[0]]),
    )


def _join_coincident_roots(
    rows: Rows, parent: IntArray, label: IntArray, report: Report
) -> tuple[IntArray, IntArray]:
    """Attach each root that is at the position of another tree's point to that point."""
    roots = np.flatnonzero(parent < 0)
    if len(roots) < 2:
        return parent, label
    main = _main_root(rows, label)
    keys = [tuple(each) for each in rows.xyz[roots].tolist()]
    wanted: dict[tuple[float, ...], list[int]] = {key: [] for key in keys}
    near = np.flatnonzero(np.isin(rows.xyz[:, 0], rows.xyz[roots, 0]))
    for point, key in zip(near.tolist(), map(tuple, rows.xyz[near].tolist()), strict=True):
        if key in wanted:
            wanted[key].append(point)
    group = {int(root): int(root) for root in roots}

    def top(root: int) -> int:
        while group[root] != root:
            group[root] = group[group[root]]
            root = group[root]
        return root

    joined: list[int] = []
    parent = parent.copy()
    for root, key in zip(roots.tolist(), keys, strict=True):
        if root == main:
            continue
        tops = ((point, top(int(label[point]))) for point in wanted[key])
        partner = next(((point, there) for point, there in tops if there != top(root)), None)
        if partner is not None:
            parent[root], group[top(root)] = partner
            joined.append(root)
    if joined:
        report.add(
            "repair",
            "tree.join-coincident",
            f"{count_text(len(joined), 'root')} at the position of another tree's point: joined there",
            int(rows.lines[joined].min()),
        )
        tops_of = np.arange(len(parent))
        tops_of[roots] = [top(int(root)) for root in roots]
        label = tops_of[label]
    return parent, label


def _main_root(rows: Rows, label: IntArray) -> int:
    """Return the root of the largest tree with a soma, else of the largest tree."""
    somatic = label[rows.types == SwcType.SOMA]
    sizes = np.bincount(label, minlength=len(label))
    if somatic.size:
        candidates = np.unique(somatic)
        return int(candidates[np.argmax(sizes[candidates])])
    return int(np.argmax(sizes))


def _reroot_at_somas(rows: Rows, parent: IntArray, label: IntArray, report: Report) -> IntArray:
    """Make a soma point the root of every tree that has one below a root of another type."""
    is_soma = rows.types == SwcType.SOMA
    tops = np.flatnonzero(is_soma & (parent >= 0) & ~is_soma[parent])
    if not tops.size:
        return parent
    tops = tops[np.argsort(rows.ids[tops], kind="stable")]
    done: set[int] = set()
    parent = parent.copy()
    for point in tops.tolist():
        root = int(label[point])
        if root in done or is_soma[root]:
            continue
        done.add(root)
        report.add(
            "repair",
            "soma.not-root",
            f"soma point {rows.ids[point]} is not the root: the tree was re-rooted there",
            int(rows.lines[point]),
        )
        previous, here = ROOT, point
        while here >= 0:
            after = int(parent[here])
            parent[here] = previous
            previous, here = here, after
    return parent


def _select_trees(
    rows: Rows, parent: IntArray, label: IntArray, report: Report, *, all_trees: bool
) -> NDArray[np.bool_]:
    """Return which points to load where there are several trees, and report it."""
    roots = np.flatnonzero(parent < 0)
    main: NDArray[np.bool_] = label == _main_root(rows, label)
    lines = sorted(rows.lines[roots].tolist())
    listed = ", ".join(map(str, lines[:6])) + (" …" if len(lines) > 6 else "")
    what = f"there are {len(roots)} separate trees (roots on lines {listed})"
    if all_trees:
        keep = _trees_with_extent(rows, label)
        n_single = int((~keep).sum())
        but = f" but {count_text(n_single, 'single point')} outside a soma" if n_single else ""
        report.add("info", "tree.all", f"{what}: all are loaded{but}", lines[0])
        return keep
    share = _share_of_cable(rows, parent, ~main)
    which = "the one with the soma" if (rows.types == SwcType.SOMA).any() else "the largest"
    left_out = (
        f"{count_text(int((~main).sum()), 'point')} ({share:.2g} % of the cable) are left out"
    )
    report.add(
        "warning",
        "tree.several",
        f"{what}: only {which} is loaded, {left_out}",
        min(int(rows.lines[root]) for root in roots if not main[root]),
    )
    return main


def _share_of_cable(rows: Rows, parent: IntArray, part: NDArray[np.bool_]) -> float:
    """Return the share of the length of all trees that is in a part of the points, %."""
    lengths = np.linalg.norm(rows.xyz - rows.xyz[np.maximum(parent, 0)], axis=1) * (parent >= 0)
    total = float(lengths.sum())
    return 100 * float(lengths[part].sum()) / total if total else 0.0


def _trees_with_extent(rows: Rows, label: IntArray) -> NDArray[np.bool_]:
    """Return which points are of a soma, or of a tree of several points: one point alone has no length."""
    _, tree, sizes = np.unique(label, return_inverse=True, return_counts=True)
    keep: NDArray[np.bool_] = (sizes[tree] > 1) | (rows.types == SwcType.SOMA)
    return keep if keep.any() else np.ones(len(rows), bool)


def _depth_first(rows: Rows, parent: IntArray, report: Report) -> IntArray:
    """Return indices in depth-first order: of siblings soma points first, then by id."""
    n = len(parent)
    not_soma = rows.types != SwcType.SOMA
    by_sibling = np.lexsort((rows.ids, not_soma, parent))
    sorted_parents = parent[by_sibling]
    begin = np.searchsorted(sorted_parents, np.arange(n), side="left").tolist()
    end = np.searchsorted(sorted_parents, np.arange(n), side="right").tolist()
    children = by_sibling.tolist()
    n_roots = int((parent < 0).sum())
    stack = children[:n_roots][::-1]
    order: list[int] = []
    while stack:
        point = stack.pop()
        order.append(point)
        if len(order) % 65536 == 0:
            report.update_progress(0.5 + 0.3 * len(order) / n)
        first, last = begin[point], end[point]
        if last - first == 1:
            stack.append(children[first])
        elif last > first:
            stack.extend(reversed(children[first:last]))
    return np.asarray(order, np.int64)
