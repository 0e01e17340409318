"""The lines of connections as arrays: where each begins and ends, its colour, and how it fades. No VTK."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.palette import Rgb, Theme, connection_color
from app.viewport.network.drawn import segment_middles
from backends.connections import Connections
from backends.scene import MorphologyGeometry

Floats = NDArray[np.float32]

TITLE = "Connections"
FAINTEST = 0.15  # opacity at the source, where that at the target is 1
_LOOP_PARTS = 14
_LEAST_LOOP = 4.0  # µm
_NO_DASHES = -1e6
_MOST_CHARACTERS = 28


@dataclass(frozen=True, slots=True)
class LegendRow:
    """One group of connections in the legend: how many of its lines are drawn, of how many that there are."""

    name: str
    color: Rgb
    is_gap_junction: bool
    n_drawn: int
    n: int

    @property
    def text(self) -> str:
        """What the row says: ``"ExpSyn  800"``, or of how many where some are of hidden cells."""
        name = self.name
        if len(name) > _MOST_CHARACTERS:
            name = f"{name[: _MOST_CHARACTERS - 1]}…"
        counts = [self.n] if self.n_drawn == self.n else [self.n_drawn, self.n]
        return f"{name}  {' of '.join(f'{n:,}' for n in counts).replace(',', ' ')}"


@dataclass(frozen=True, eq=False)
class Lines:
    """Straight lines, of which a connection has one; that of a segment with itself is a loop of several.

    Attributes
    ----------
    ends : ndarray, shape (n, 2, 3), float32
        From source to target, in the renderer's coordinates, µm.
    color : ndarray, shape (n, 3), float32
        0 … 1.
    strength : ndarray, shape (n, 2), float32
        Opacity at both ends, 0 … 1.
    along : ndarray, shape (n, 2), float32
        µm from the source, for dashes; far below 0 where there are none.
    cells : ndarray, shape (n, 2), int32
        Cell of source and target.
    """

    ends: Floats
    color: Floats
    strength: Floats
    along: Floats
    cells: NDArray[np.int32]

    def __len__(self) -> int:
        return len(self.ends)

    def some(self, which: NDArray[np.intp] | NDArray[np.bool_]) -> Lines:
        """Return some of the lines."""
        arrays = (self.ends, self.color, self.strength, self.along, self.cells)
        return Lines(*(each[which] for each in arrays))

    def of_cell(self, cell: int) -> Lines:
        """Return the lines that begin or end at a cell."""
        return self.some((self.cells == cell).any(axis=1))


def opacity_of(n: int) -> float:
    """Return the opacity of a line, at its target, where there are `n`."""
    return float(np.clip(6 / np.sqrt(max(n, 1)), 0.045, 0.8))


def lines_of(
    groups: Sequence[Connections],
    drawn: MorphologyGeometry,
    centre: NDArray[np.float64],
    theme: Theme,
) -> tuple[Lines, list[LegendRow]]:
    """Return the lines of connections whose both ends are drawn, and the legend.

    Parameters
    ----------
    drawn : MorphologyGeometry
        The geometry of the groups as it is drawn: see `drawn_geometry`.
    centre : ndarray, shape (3,)
        Subtracted from all positions, µm.
    """
    middles = segment_middles(drawn) - centre
    parts, legend = [], []
    n_synapses = 0
    for group in groups:
        is_gap = group.kind == "gap junction"
        color = connection_color(-1 if is_gap else n_synapses, theme)
        n_synapses += not is_gap
        ends = np.stack([middles[group.source], middles[group.target]], axis=1)
        there = np.flatnonzero(np.isfinite(ends).all(axis=(1, 2)))
        legend.append(LegendRow(group.name, color, is_gap, len(there), group.n))
        source, target = group.source[there], group.target[there]
        parts.append(_straight(ends[there], source, target, drawn, color, is_gap))
        itself = source == target
        parts.append(_loops(ends[there][itself, 0], source[itself], drawn, color, is_gap))
    if not parts:
        return _straight(np.empty((0, 2, 3)), _NOBODY, _NOBODY, drawn, (0, 0, 0), False), legend
    names = ("ends", "color", "strength", "along", "cells")
    return Lines(*(np.concatenate([getattr(p, name) for p in parts]) for name in names)), legend


_NOBODY = np.empty(0, np.int32)


def _straight(
    ends: NDArray[np.float64],
    source: NDArray[np.int32],
    target: NDArray[np.int32],
    drawn: MorphologyGeometry,
    color: Rgb,
    is_gap: bool,
) -> Lines:
    n = len(ends)
    length = np.linalg.norm(ends[:, 1] - ends[:, 0], axis=1)
    along = np.stack([np.zeros(n), length], axis=1) if is_gap else np.full((n, 2), _NO_DASHES)
    strength = np.tile([1.0 if is_gap else FAINTEST, 1.0], (n, 1))
    cells = np.stack([drawn.cell_index[source], drawn.cell_index[target]], axis=1)
    return Lines(
        ends.astype(np.float32),
        np.tile(np.array(color, np.float32) / 255, (n, 1)),
        strength.astype(np.float32),
        along.astype(np.float32),
        cells.astype(np.int32),
    )


def _loops(
    at: NDArray[np.float64],
    segment: NDArray[np.int32],
    drawn: MorphologyGeometry,
    color: Rgb,
    is_gap: bool,
) -> Lines:
    """Return a circle beside the middle of each segment that is connected with itself."""
    n = len(at)
    radius = np.maximum(0.6 * drawn.diameter[segment], _LEAST_LOOP)
    turn = np.linspace(0, 2 * np.pi, _LOOP_PARTS + 1)
    ring = np.stack([np.sin(turn), 1 - np.cos(turn), 0 * turn], axis=1)
    points = at[:, None, :] + radius[:, None, None] * ring
    ends = np.stack([points[:, :-1], points[:, 1:]], axis=2).reshape(-1, 2, 3)
    repeated = np.repeat(segment, _LOOP_PARTS)
    lines = _straight(ends, repeated, repeated, drawn, color, is_gap)
    if not is_gap:
        fade = np.linspace(FAINTEST, 1, _LOOP_PARTS + 1, dtype=np.float32)
        lines.strength[:] = np.tile(np.stack([fade[:-1], fade[1:]], axis=1), (n, 1))
    else:
        step = radius[:, None] * turn
        lines.along[:] = np.stack([step[:, :-1], step[:, 1:]], axis=2).reshape(-1, 2)
    return lines
