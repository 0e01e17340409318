"""How the sections of a tree become coupled compartments: NEURON's areas, loads and couplings, in numpy.

NEURON couples two neighbouring segments by the resistance of half of each, integrated
over the frusta of their points; children of a section's end meet in a node without membrane (Jaxley's
*branchpoint*), and children at the middle of a section are coupled to that segment's own node. The
constructors of `jx.Cell` attach every child to its parent's end, and compile some forty small array
operations, which takes ten seconds for a pyramidal cell; here numpy fills the tables.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from backends.errors import MorphologyError
from backends.morphology.morphology import Morphology
from backends.morphology.polylines import PolylineBatch, cut_at_segments

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

COMP_TO_COMP, POINT_TO_PARENT, POINT_TO_CHILD, PARENT_TO_POINT, CHILD_TO_POINT = range(5)
DIRECT = "direct"
"""Column of `_comp_edges`: 1 where a child is attached to the middle of a compartment."""


def half_axial_integrals(morphology: Morphology, nseg: IntArray) -> tuple[FloatArray, FloatArray]:
    """Return ∫ dx / (π r²) over the first and second half of every segment, 1/µm, as NEURON integrates."""
    sections = morphology.sections
    batch = PolylineBatch.of([each.xyz for each in sections], [each.radii for each in sections])
    halves = cut_at_segments(batch, 2 * nseg)
    start, end, half = halves.frusta()
    steps = np.sqrt(np.square(halves.batch.xyz[end] - halves.batch.xyz[start]).sum(axis=1))
    radii = halves.batch.radii
    load = steps / (np.pi * radii[start] * radii[end])
    both = np.bincount(half, load, int(halves.first_segment[-1])).reshape(-1, 2)
    return np.ascontiguousarray(both[:, 0]), np.ascontiguousarray(both[:, 1])


@dataclass(frozen=True, eq=False)
class Links:
    """The graph of compartments (0 … n-1) and branchpoints (n …).

    Attributes
    ----------
    source, sink, kind : ndarray, shape (n_edges,), int64
        Each link twice, once in each direction; `kind` is Jaxley's edge type.
    ordered, direct : ndarray, shape (n_edges,), int64
        As Jaxley's column "ordered", and `DIRECT`.
    n_nodes : int
    """

    source: IntArray
    sink: IntArray
    kind: IntArray
    ordered: IntArray
    direct: IntArray
    n_nodes: int


class _Wiring:
    """Collects links; makes a branchpoint where the first child needs one."""

    def __init__(self, first: IntArray) -> None:
        self._first = first
        self._points: dict[tuple[int, bool], int] = {}
        self._n = int(first[-1])
        self.rows: list[tuple[int, int, int, int, int]] = []

    def join_neighbours(self, section: int) -> None:
        for comp in range(int(self._first[section]), int(self._first[section + 1]) - 1):
            self.rows.append((comp, comp + 1, COMP_TO_COMP, 1, 0))
            self.rows.append((comp + 1, comp, COMP_TO_COMP, 0, 0))

    def attach_in_the_middle(self, child: int, comp: int) -> None:
        first = int(self._first[child])
        self.rows.append((comp, first, COMP_TO_COMP, 1, 1))
        self.rows.append((first, comp, COMP_TO_COMP, 0, 1))

    def attach_at_an_end(self, child: int, parent: int, *, far: bool) -> None:
        if (parent, far) not in self._points:
            point = self._points[parent, far] = self._n + len(self._points)
            comp = int(self._first[parent + 1] - 1 if far else self._first[parent])
            down, up = (POINT_TO_PARENT, PARENT_TO_POINT) if far else _CHILD_KINDS
            self._join(comp, point, down, up)
        self._join(int(self._first[child]), self._points[parent, far], *_CHILD_KINDS)

    def _join(self, comp: int, point: int, down: int, up: int) -> None:
        far = down == POINT_TO_PARENT
        self.rows.append((point, comp, down, 0 if far else 1, 0))
        self.rows.append((comp, point, up, 1 if far else 0, 0))

    def links(self) -> Links:
        """Return the links, sorted by kind as Jaxley's solvers expect."""
        table = np.array(self.rows, np.int64).reshape(-1, 5)
        table = table[np.argsort(table[:, 2], kind="stable")]
        source, sink, kind, ordered, direct = (np.ascontiguousarray(each) for each in table.T)
        return Links(source, sink, kind, ordered, direct, self._n + len(self._points))


_CHILD_KINDS = (POINT_TO_CHILD, CHILD_TO_POINT)


def link_compartments(parents: Sequence[int], parent_x: Sequence[float], nseg: IntArray) -> Links:
    """Return how the compartments of a tree of sections are coupled, as NEURON couples them."""
    first = np.concatenate([[0], np.cumsum(nseg)]).astype(np.int64)
    wiring = _Wiring(first)
    for section in range(len(parents)):
        wiring.join_neighbours(section)
    for section, (parent, x) in enumerate(zip(parents, parent_x, strict=True)):
        while parent >= 0 and x == 0 and parents[parent] >= 0:
            parent, x = parents[parent], parent_x[parent]  # the 0 end is where that one is attached
        if parent < 0:
            continue
        if x in (0, 1):
            wiring.attach_at_an_end(section, parent, far=x == 1)
        else:
            wiring.attach_in_the_middle(section, int(first[parent] + int(x * nseg[parent])))
    return wiring.links()


@dataclass(frozen=True, eq=False)
class SolveOrder:
    """Nodes from the root outwards.

    Attributes
    ----------
    rank : ndarray, shape (n_nodes,), int64
        When each node is solved.
    parent : ndarray, shape (n_nodes,), int64
        The rank of its parent, by rank; -1 at the root.
    """

    rank: IntArray
    parent: IntArray


def solve_order(links: Links) -> SolveOrder:
    """Return an order in which each node follows its neighbour towards node 0.

    Raises
    ------
    MorphologyError
        If not every node is connected with node 0.
    """
    neighbours: list[list[int]] = [[] for _ in range(links.n_nodes)]
    for source, sink in zip(links.source.tolist(), links.sink.tolist(), strict=True):
        neighbours[source].append(sink)
    rank = np.full(links.n_nodes, -1, np.int64)
    parent = np.full(links.n_nodes, -1, np.int64)
    pending: list[tuple[int, int]] = [(0, -1)]
    count = 0
    while pending:
        node, above = pending.pop()
        rank[node], parent[count] = count, above
        pending += [(each, count) for each in reversed(neighbours[node]) if rank[each] < 0]
        count += 1
    if count != links.n_nodes:
        raise MorphologyError(
            "Jaxley needs one connected tree; this morphology has separate parts. "
            "Open it on NEURON, or join the parts in the file.",
            code="not-one-tree",
            hint="use-neuron",
        )
    return SolveOrder(rank, parent)


def solve_indexer(links: Links, order: SolveOrder) -> dict[str, Any]:
    """Return the tables of Jaxley's dendritic hierarchical solver, one node at a time (CPU)."""
    n, rank = links.n_nodes, order.rank
    child = np.arange(1, n)
    pairs = np.stack([child, order.parent[1:]], axis=1)
    before, after = rank[links.source], rank[links.sink]
    lower, upper = np.zeros(n, np.int64), np.zeros(n, np.int64)
    edges = np.arange(len(before))
    downwards = before < after
    lower[after[downwards]] = edges[downwards]
    upper[before[~downwards]] = edges[~downwards]
    lookup = np.full(n + 1, -1, np.int64)
    lookup[pairs[:, 0]] = pairs[:, 1]
    return {
        "map_dict": dict(enumerate(rank.tolist())),
        "inv_map_to_solve_order": rank,
        "map_to_solve_order": np.argsort(rank),
        "map_to_solve_order_lower": lower,
        "map_to_solve_order_upper": upper,
        "node_order": np.column_stack([pairs, np.arange(len(pairs))]),
        "node_order_grouped": list(pairs[:, None, :]),
        "parent_lookup": lookup,
        "all_children": pairs[:, 0],
        "all_parents": pairs[:, 1],
    }


def correct_direct_couplings(module: Any, params: dict[str, Any]) -> dict[str, Any]:
    """Return `params` with corrected couplings of children in mid-compartment.

    Jaxley's formula includes half of the parent; NEURON's node is in the middle, so only the child's
    own half counts.
    """
    edges = module._comp_edges
    if DIRECT not in edges or not edges[DIRECT].any():
        return params
    rows = np.flatnonzero(edges[DIRECT].to_numpy() == 1)
    outwards = edges["ordered"].to_numpy()[rows] == 1
    sink = edges["sink"].to_numpy().astype(int)[rows]
    child = np.where(outwards, sink, edges["source"].to_numpy().astype(int)[rows])
    resistance = params["axial_resistivity"][child] * params["resistive_load_in"][child]
    # 10⁷ converts S / (cm µm) into mS/cm², as in Jaxley.
    coupling = 1e7 / (resistance * params["area"][sink] * params["capacitance"][sink])
    couplings = params["axial_conductances"]
    corrected = couplings["v"].at[rows].set(coupling)
    return {**params, "axial_conductances": {**couplings, "v": corrected}}
