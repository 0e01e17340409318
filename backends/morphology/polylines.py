"""Polylines of sections, cut into segments: the arithmetic behind pictures and numbers.

NEURON stores 3-D points in single precision and cuts a section of length L into nseg pieces
of equal arc length. Within a piece the lateral area is the sum over its frusta of
π/2 (d₁ + d₂) √(¼ (d₁ − d₂)² + l²) and the diameter is the length-weighted mean of the frusta's mean
diameters (nrn/src/nrnoc/treeset.cpp, `diam_from_list`). All sections are handled as one long array
of points; a piece's border is a point inserted by linear interpolation along the arc.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
MAX_NSEG = 32_767


@dataclass(frozen=True, eq=False)
class Polyline:
    """A section as a line of points with radii, and where it is attached.

    Attributes
    ----------
    name : str
        The section's name, unique among all polylines of a geometry: ``"dend[3]"``.
    parent : int
        Index of the parent polyline, -1 for a root.
    parent_x : float
        0 … 1 along the parent.
    xyz : ndarray, shape (n_points, 3)
        µm, n_points ≥ 2.
    radii : ndarray, shape (n_points,)
        µm.
    nseg : int
    length : float or None
        µm; for sections without 3-D points. None where it follows from the points.
    segment_diameters : ndarray, shape (nseg,), or None
        µm; with `length`: each segment is a cylinder of this diameter.
    """

    name: str
    swc_type: int
    parent: int
    parent_x: float
    xyz: NDArray[np.float64]
    radii: NDArray[np.float64]
    nseg: int
    cell_index: int = 0
    length: float | None = None
    segment_diameters: NDArray[np.float64] | None = None


@dataclass(frozen=True, eq=False)
class PolylineBatch:
    """Many polylines as one array of points.

    Attributes
    ----------
    xyz : ndarray, shape (n_points, 3), float64
        µm, rounded to single precision as NEURON stores them.
    radii : ndarray, shape (n_points,), float64
    first : ndarray, shape (n_sections + 1,), int64
        Where each section's points begin; the last entry is n_points.
    """

    xyz: FloatArray
    radii: FloatArray
    first: IntArray

    @classmethod
    def of(
        cls, xyz: Sequence[NDArray[np.float64]], radii: Sequence[NDArray[np.float64]]
    ) -> PolylineBatch:
        """Join the points and radii of many sections, each at least two points long."""
        sizes = np.fromiter((len(each) for each in radii), np.int64, len(radii))
        first = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
        if not len(radii):
            return cls(np.empty((0, 3)), np.empty(0), first)
        joined_xyz = np.concatenate(xyz).astype(np.float32).astype(np.float64)
        joined_radii = np.concatenate(radii).astype(np.float32).astype(np.float64)
        return cls(joined_xyz, joined_radii, first)

    @property
    def n_sections(self) -> int:
        """Number of sections."""
        return len(self.first) - 1

    def section_of_points(self) -> IntArray:
        """Return the section of each point, shape (n_points,)."""
        return np.repeat(np.arange(self.n_sections), np.diff(self.first))

    def steps(self) -> FloatArray:
        """Return the length from each point's predecessor, µm; 0 at a section's first point."""
        steps = np.zeros(len(self.xyz))
        steps[1:] = np.sqrt(np.square(np.diff(self.xyz, axis=0)).sum(axis=1))
        steps[self.first[:-1]] = 0.0
        return steps

    def lengths(self) -> FloatArray:
        """Return the length of each section, µm."""
        return _sums(self.steps(), self.first)


@dataclass(frozen=True, eq=False)
class SegmentCut:
    """A batch with points inserted at segment borders.

    Attributes
    ----------
    batch : PolylineBatch
    is_border : ndarray, shape (n_points,), bool
        Which points were inserted.
    first_segment : ndarray, shape (n_sections + 1,), int64
        Where each section's segments begin, counted through all sections.
    """

    batch: PolylineBatch
    is_border: NDArray[np.bool_]
    first_segment: IntArray

    def frusta(self) -> tuple[IntArray, IntArray, IntArray]:
        """Return start point, end point and segment of every frustum, shape (n_frusta,) each."""
        begins = np.zeros(len(self.is_border), np.int64)
        begins[self.batch.first[:-1]] = 1
        segment = np.cumsum(begins + self.is_border) - 1
        end = np.flatnonzero(begins == 0)
        return end - 1, end, segment[end - 1]


def _sums(values: FloatArray, first: IntArray) -> FloatArray:
    if len(first) < 2:
        return np.empty(0)
    return np.add.reduceat(values, first[:-1])


def cut_at_segments(batch: PolylineBatch, nseg: IntArray) -> SegmentCut:
    """Insert points at the borders of `nseg[i]` equal pieces of section i."""
    first_segment = np.concatenate([[0], np.cumsum(nseg)]).astype(np.int64)
    if not batch.n_sections:
        return SegmentCut(batch, np.empty(0, bool), first_segment)
    arc, offset, lengths = _running_arc(batch)
    inner = nseg - 1
    section = np.repeat(np.arange(batch.n_sections), inner)
    rank = np.arange(len(section)) - np.repeat(np.cumsum(inner) - inner, inner) + 1
    local = lengths[section] * rank / nseg[section]
    at = np.searchsorted(arc, offset[section] + local, side="left")
    at = np.clip(at, batch.first[section] + 1, batch.first[section + 1] - 1)
    start_arc = arc[at - 1] - offset[section]
    span = arc[at] - offset[section] - start_arc
    share = np.divide(local - start_arc, span, out=np.zeros_like(local), where=span > 0)
    share = np.clip(share, 0.0, 1.0)
    xyz = batch.xyz[at - 1] + share[:, None] * (batch.xyz[at] - batch.xyz[at - 1])
    radii = batch.radii[at - 1] + share * (batch.radii[at] - batch.radii[at - 1])
    longer = PolylineBatch(
        np.insert(batch.xyz, at, xyz, axis=0),
        np.insert(batch.radii, at, radii),
        batch.first + np.concatenate([[0], np.cumsum(inner)]),
    )
    is_border = np.insert(np.zeros(len(batch.xyz), bool), at, True)
    return SegmentCut(longer, is_border, first_segment)


def _running_arc(batch: PolylineBatch) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return the arc length at each point along all sections laid end to end, and each section's start and length."""
    lengths = batch.lengths()
    offset = np.concatenate([[0.0], np.cumsum(lengths)])[:-1]
    return np.cumsum(batch.steps()), offset, lengths


def segment_measures(cuts: SegmentCut) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return length (µm), lateral area (µm²) and diameter (µm) of every segment, as NEURON does."""
    n = int(cuts.first_segment[-1])
    xyz, radii = cuts.batch.xyz, cuts.batch.radii
    start, end, segment = cuts.frusta()
    length = np.sqrt(np.square(xyz[end] - xyz[start]).sum(axis=1))
    d1, d2 = 2 * radii[start], 2 * radii[end]
    lateral = np.pi / 2 * (d1 + d2) * np.sqrt(0.25 * np.square(d1 - d2) + np.square(length))
    lengths = np.bincount(segment, length, n).astype(np.float64)
    areas = np.bincount(segment, lateral, n).astype(np.float64)
    weighted = np.bincount(segment, length * (d1 + d2) / 2, n)
    mean = np.bincount(segment, (d1 + d2) / 2, n) / np.maximum(np.bincount(segment, minlength=n), 1)
    diameters: FloatArray = np.divide(weighted, lengths, out=mean, where=lengths > 0)
    return lengths, areas, diameters


def electrotonic_segments(
    batch: PolylineBatch, ra_ohm_cm: float, cm_uf_cm2: float, frequency_hz: float, d_lambda: float
) -> IntArray:
    """Return nseg of each section by the d_lambda rule, as `fixnseg` with NEURON's `lambda_f`.

    The AC length constant is integrated over the 3-D points. At most 32 767, NEURON's limit.
    """
    steps = batch.steps()
    diameters = 2 * batch.radii
    pair = np.ones(len(diameters))
    pair[1:] = diameters[:-1] + diameters[1:]
    root = np.sqrt(np.maximum(pair, np.finfo(np.float64).tiny))
    attenuation = np.sqrt(2.0) * 1e-5 * np.sqrt(4 * np.pi * frequency_hz * ra_ohm_cm * cm_uf_cm2)
    in_lambdas = _sums(steps / root, batch.first) * attenuation
    half = np.floor((in_lambdas / d_lambda + 0.9) / 2)
    counts: IntArray = np.minimum(half, MAX_NSEG // 2).astype(np.int64) * 2 + 1
    return counts
