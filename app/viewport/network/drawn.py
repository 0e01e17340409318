"""`drawn_geometry`: a geometry without its hidden cells, each of the others where it is to be drawn.

It has all segments of the model's geometry, with the same indices, and fewer frusta: so colours, marks and the search
for a pick work on it as on the model's own, and what is hidden is neither drawn, nor fitted to, nor picked.
"""

from __future__ import annotations

import weakref
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from app.viewport.network.arranging import AS_IN_MODEL, WORDS, drawn_cells, offsets_of
from backends.scene import MorphologyGeometry


@dataclass(frozen=True, slots=True)
class ShownCells:
    """Which cells of a geometry are drawn, and where.

    Attributes
    ----------
    hidden : frozenset of int
        Indices into `MorphologyGeometry.cell_names`.
    arrangement : {"model", "grid", "circle"}
        Where; of the others than "model" the places are not the model's.
    """

    hidden: frozenset[int] = frozenset()
    arrangement: str = AS_IN_MODEL

    @property
    def is_as_in_model(self) -> bool:
        """Whether nothing is hidden and nothing moved."""
        return not self.hidden and self.arrangement == AS_IN_MODEL


ALL_CELLS = ShownCells()
_KNOWN: weakref.WeakKeyDictionary[
    MorphologyGeometry, dict[ShownCells, weakref.ref[MorphologyGeometry]]
] = weakref.WeakKeyDictionary()


def drawn_geometry(geometry: MorphologyGeometry, cells: ShownCells) -> MorphologyGeometry:
    """Return what is drawn of a geometry: itself, or one that views that show the same cells at the same time share."""
    if cells.is_as_in_model:
        return geometry
    known = _KNOWN.setdefault(geometry, {})
    for old in [each for each, found in known.items() if found() is None]:
        del known[old]
    found = known.get(cells)
    drawn = None if found is None else found()
    if drawn is None:
        drawn = _make(geometry, cells)
        known[cells] = weakref.ref(drawn)
    return drawn


def _make(geometry: MorphologyGeometry, cells: ShownCells) -> MorphologyGeometry:
    cell = geometry.cell_index[geometry.frustum_segment]
    kept = np.flatnonzero(~np.isin(cell, list(cells.hidden)))
    n_cells = len(geometry.cell_names)
    # A point that cells share is one point for each of them; points that nothing uses would be fitted to.
    pairs = geometry.frusta[kept].astype(np.int64) * n_cells + cell[kept, None]
    used, ends = np.unique(pairs, return_inverse=True)
    points = geometry.points[used // n_cells]
    offsets = offsets_of(geometry, cells.arrangement)[used % n_cells]
    return replace(
        geometry,
        points=(points + offsets).astype(np.float32),
        radii=geometry.radii[used // n_cells],
        frusta=ends.reshape(-1, 2).astype(np.int32),
        frustum_segment=geometry.frustum_segment[kept],
    )


def cells_note(geometry: MorphologyGeometry | None, cells: ShownCells) -> tuple[str, ...]:
    """Return what a picture must say of the cells that it shows: how many of all, and how they are arranged."""
    if geometry is None or cells.is_as_in_model:
        return ()
    there = drawn_cells(geometry)
    shown = int((~np.isin(there, list(cells.hidden))).sum())
    count = f"{shown:,} of {len(there):,} cells shown".replace(",", " ")
    parts = (count if shown < len(there) else "", WORDS.get(cells.arrangement, ""))
    return tuple(filter(None, parts))


def segment_middles(geometry: MorphologyGeometry) -> NDArray[np.float64]:
    """Return the middle of every segment as `MorphologyGeometry.middle` does, µm, shape (n_segments, 3); NaN where none."""
    middles = np.full((geometry.n_segments, 3), np.nan)
    if not geometry.n_frusta:
        return middles
    order = np.argsort(geometry.frustum_segment, kind="stable")
    segment = geometry.frustum_segment[order]
    ends = geometry.points[geometry.frusta[order]].astype(float)
    length = np.linalg.norm(ends[:, 1] - ends[:, 0], axis=1)
    first = np.flatnonzero(np.concatenate([[True], segment[1:] != segment[:-1]]))
    n_of = np.diff(np.concatenate([first, [len(segment)]]))
    along = np.cumsum(length) - np.repeat((np.cumsum(length) - length)[first], n_of)
    half = np.repeat(along[first + n_of - 1] / 2, n_of)
    reached = np.flatnonzero(along >= half * (1 - 1e-12))
    _, at = np.unique(segment[reached], return_index=True)
    i = reached[at]
    with np.errstate(invalid="ignore", divide="ignore"):
        share = np.where(length[i] > 0, 1 - (along[i] - half[i]) / length[i], 0.5)
    middles[segment[i]] = ends[i, 0] + share[:, None] * (ends[i, 1] - ends[i, 0])
    return middles
