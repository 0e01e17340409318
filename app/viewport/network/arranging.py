"""Where cells are drawn that are not where the model has them: in a grid, or in a circle. No VTK."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from backends.scene import MorphologyGeometry

Vectors = NDArray[np.float64]

AS_IN_MODEL, GRID, CIRCLE = "model", "grid", "circle"
WORDS = {GRID: "arranged in a grid", CIRCLE: "arranged in a circle"}
"""What a picture says of an arrangement that is not the model's."""

_GAP = 1.15
_WIDE = 1.4  # width of a grid over its height


def drawn_cells(geometry: MorphologyGeometry) -> NDArray[np.intp]:
    """Return the indices of the cells that have frusta, in order."""
    return np.unique(geometry.cell_index[geometry.frustum_segment]).astype(np.intp)


def offsets_of(geometry: MorphologyGeometry, arrangement: str) -> Vectors:
    """Return by how much each cell is moved, µm, shape (n_cells, 3).

    The middle of a cell's bounding box comes to its place in the grid (from left to right, from top to bottom) or in the
    circle (clockwise from the top), in the plane z = 0; cells do not overlap. Zeros for `AS_IN_MODEL`.
    """
    offsets = np.zeros((len(geometry.cell_names), 3))
    cells = drawn_cells(geometry)
    if arrangement == AS_IN_MODEL or not len(cells):
        return offsets
    low, high = _boxes(geometry, len(offsets))
    size = np.maximum(high - low, 1e-3)[cells]
    places = _in_grid(size) if arrangement == GRID else _in_circle(size)
    offsets[cells, :2] = places
    offsets[cells] -= (low[cells] + high[cells]) / 2
    return offsets


def _boxes(geometry: MorphologyGeometry, n_cells: int) -> tuple[Vectors, Vectors]:
    """Return the corners of each cell's bounding box, shape (n_cells, 3) each; infinite for a cell without frusta."""
    cell = np.repeat(geometry.cell_index[geometry.frustum_segment], 2)
    ends = geometry.frusta.reshape(-1)
    points, radii = geometry.points[ends].astype(float), geometry.radii[ends, None].astype(float)
    low, high = np.full((n_cells, 3), np.inf), np.full((n_cells, 3), -np.inf)
    np.minimum.at(low, cell, points - radii)
    np.maximum.at(high, cell, points + radii)
    return low, high


def _in_grid(size: Vectors) -> Vectors:
    """Return the places of boxes in a grid whose columns and rows are as wide as their widest, shape (n, 2)."""
    n = len(size)
    width, height = size[:, 0].max(), size[:, 1].max()
    columns = min(n, max(1, round(math.sqrt(n * _WIDE * height / width))))
    row, column = np.divmod(np.arange(n), columns)
    across, along = np.zeros(columns), np.zeros(int(row[-1]) + 1)
    np.maximum.at(across, column, size[:, 0])
    np.maximum.at(along, row, size[:, 1])
    gap = (_GAP - 1) * max(across.mean(), along.mean())
    x = np.cumsum(across + gap) - across / 2
    y = np.cumsum(along + gap) - along / 2
    return np.stack([x[column], -y[row]], axis=1)


def _in_circle(size: Vectors) -> Vectors:
    """Return the places of boxes in a circle, each with as much of it as its diagonal needs, shape (n, 2)."""
    n = len(size)
    diagonal = np.hypot(size[:, 0], size[:, 1]) * _GAP
    if n == 1:
        return np.zeros((1, 2))
    # The arc between two neighbours is longer than the chord, which must not be shorter than the cells.
    longer = (math.pi / n) / math.sin(math.pi / n)
    radius = diagonal.sum() / (2 * math.pi) * longer
    share = diagonal / diagonal.sum()
    turn = 2 * math.pi * (np.cumsum(share) - share / 2 - share[0] / 2)
    return radius * np.stack([np.sin(turn), np.cos(turn)], axis=1)
