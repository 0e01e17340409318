"""`TreeCell`: a `jx.Cell` with given instead of derived tables. Importing this imports Jaxley."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import jaxley as jx
import numpy as np
import pandas as pd
from jaxley.modules.base import Module
from numpy.typing import NDArray

from backends.errors import MorphologyError
from backends.jaxley.compartments import (
    DIRECT,
    Links,
    correct_direct_couplings,
    half_axial_integrals,
    link_compartments,
    solve_indexer,
    solve_order,
)
from backends.morphology.morphology import Morphology
from backends.scene import MorphologyGeometry

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


def build_cell(
    morphology: Morphology,
    geometry: MorphologyGeometry,
    nseg: IntArray,
    *,
    ra_ohm_cm: float,
    cm_uf_cm2: float,
    v_init: float,
) -> Any:
    """Return a `jx.Cell`, one branch a section, whose compartments are `geometry`'s segments in order.

    Raises
    ------
    MorphologyError
        If the sections are not one tree, or a section has no length.
    """
    short = np.flatnonzero(geometry.length <= 0)
    if len(short):
        raise MorphologyError(
            f"{geometry.section_names[int(geometry.section_index[short[0]])]} has no length and "
            "therefore no membrane to simulate on Jaxley: remove it, or give it a second point.",
            code="no-length",
        )
    links = link_compartments(
        [each.parent for each in morphology.sections],
        [each.parent_x for each in morphology.sections],
        nseg,
    )
    load_in, load_out = half_axial_integrals(morphology, nseg)
    columns = {
        "length": geometry.length,
        "radius": geometry.diameter / 2,
        "axial_resistivity": np.full(geometry.n_segments, float(ra_ohm_cm)),
        "capacitance": np.full(geometry.n_segments, float(cm_uf_cm2)),
        "v": np.full(geometry.n_segments, float(v_init)),
        "area": geometry.area,
        "volume": np.pi * np.square(geometry.diameter / 2) * geometry.length,
        "resistive_load_in": load_in,
        "resistive_load_out": load_out,
    }
    xyzr = [np.column_stack([each.xyz, each.radii]) for each in morphology.sections]
    parents = [each.parent for each in morphology.sections]
    return TreeCell(links, parents, nseg, columns, xyzr)


class TreeCell(jx.Cell):  # type: ignore[misc]  # Jaxley has no type information
    """A cell with one branch a section, coupled by `links`.

    Everything of `jx.Cell` works: `insert`, `set`, `stimulate`, `record`, views, `jx.integrate`,
    `jx.Network`.

    Parameters
    ----------
    links : Links
    parents : sequence of int
        Parent branch of each branch, -1 for the root.
    nseg : ndarray, shape (n_branches,)
    columns : mapping of str to ndarray, shape (n_compartments,)
        Of `nodes`: length and radius (µm), area (µm²), resistive loads (1/µm) …
    xyzr : sequence of ndarray, shape (n_points, 4)
        µm, of each branch.
    """

    def __init__(
        self,
        links: Links,
        parents: Sequence[int],
        nseg: IntArray,
        columns: Mapping[str, FloatArray],
        xyzr: Sequence[FloatArray],
    ) -> None:
        Module.__init__(self)
        self._links = links
        n_branches = len(parents)
        self.xyzr = list(xyzr)
        self.total_nbranches = n_branches
        self.nbranches_per_cell = [n_branches]
        self.comb_parents = _as_jax(np.asarray(parents))
        self._cumsum_nbranches = np.asarray([0, n_branches])
        self.ncomp_per_branch = np.asarray(nseg)
        self.ncomp = int(self.ncomp_per_branch.max())
        self.cumsum_ncomp = np.concatenate([[0], np.cumsum(nseg)])
        n = int(self.cumsum_ncomp[-1])
        self._internal_node_inds = np.arange(n)
        indices = {
            "global_cell_index": np.zeros(n, int),
            "global_branch_index": np.repeat(np.arange(n_branches), nseg),
            "global_comp_index": np.arange(n),
        }
        self.nodes = pd.DataFrame({**indices, **columns, **_centres(xyzr, nseg)})
        self.branch_edges = pd.DataFrame(
            {
                "parent_branch_index": np.asarray(parents[1:], int),
                "child_branch_index": np.arange(1, n_branches),
            }
        )
        above = self.branch_edges["parent_branch_index"].to_numpy()
        self._par_inds, self._child_belongs_to_branchpoint = np.unique(above, return_inverse=True)
        self._child_inds = self.branch_edges["child_branch_index"].to_numpy()
        self.initialize()

    @property
    def comb_children(self) -> Any:
        """The children of each branch, which Jaxley uses to lay out cells without coordinates."""
        from jaxley.utils.cell_utils import compute_children_indices

        return compute_children_indices(self.comb_parents)

    def _init_comp_graph(self) -> None:
        links = self._links
        self._comp_edges = pd.DataFrame(
            {
                "source": links.source,
                "sink": links.sink,
                "ordered": links.ordered,
                "type": links.kind,
                DIRECT: links.direct,
            }
        )
        n, n_points = int(self.cumsum_ncomp[-1]), links.n_nodes - int(self.cumsum_ncomp[-1])
        self._branchpoints = pd.DataFrame(
            np.zeros((n_points, 3)), columns=["x", "y", "z"], index=np.arange(n, links.n_nodes)
        )
        self._n_nodes = links.n_nodes
        self._off_diagonal_inds = np.stack([links.source, links.sink])

    def _init_solvers(self, allowed_nodes_per_level: int | None = None) -> None:
        if self._solver_device != "cpu" or (allowed_nodes_per_level or 1) > 1:
            self._init_solver_jaxley_dhs_solve(allowed_nodes_per_level)
        else:
            self._dhs_solve_indexer = solve_indexer(self._links, solve_order(self._links))
        self.initialized_solver = True

    def get_all_parameters(self, pstate: list[dict[str, Any]]) -> dict[str, Any]:
        """Return all parameters, with NEURON's coupling of children in mid-compartment."""
        return correct_direct_couplings(self, super().get_all_parameters(pstate))


def _as_jax(values: NDArray[Any]) -> Any:
    import jax.numpy as jnp

    return jnp.asarray(values)


def _centres(xyzr: Sequence[FloatArray], nseg: IntArray) -> dict[str, FloatArray]:
    """Return x, y and z of the middle of every compartment, µm."""
    rows = []
    for points, n in zip(xyzr, nseg.tolist(), strict=True):
        steps = np.linalg.norm(np.diff(points[:, :3], axis=0), axis=1)
        arc = np.concatenate([[0.0], np.cumsum(steps)])
        middles = (np.arange(n) + 0.5) / n * arc[-1]
        rows.append(
            np.column_stack([np.interp(middles, arc, points[:, axis]) for axis in range(3)])
        )
    centres = np.concatenate(rows)
    return {axis: centres[:, i] for i, axis in enumerate("xyz")}
