"""`Morphology`: the tree from which both simulators, and the picture, are built.

A morphology is a list of *sections* (unbranched cables) in parent-first order. A section's points
are those it is built with: where NEURON's rules copy the parent's point into the child, the copy is included.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from backends.errors import MorphologyError
from backends.morphology.auto_layout import SectionWithoutPoints, lay_out_sections
from backends.morphology.geometry import geometry_from_polylines
from backends.morphology.polylines import Polyline, PolylineBatch, electrotonic_segments
from backends.morphology.swc_types import SwcType, type_word
from backends.scene import Finding, MorphologyGeometry

__all__ = [
    "Morphology",
    "Polyline",
    "Section",
    "SectionWithoutPoints",
    "SwcType",
    "build_geometry",
    "geometry_from_polylines",
    "lay_out_sections",
    "segment_counts",
    "type_word",
]


@dataclass(frozen=True, eq=False)
class Section:
    """An unbranched cable.

    Attributes
    ----------
    name : str
        As NEURON writes it: ``"soma[0]"``, ``"dend[3]"``, ``"apic[12]"``, ``"axon[0]"``, ``"dend_7[0]"``.
    swc_type : int
    parent : int
        Index of the parent section, -1 for a root.
    parent_x : float
        Where on the parent it is attached: 0, 0.5 or 1.
    xyz : ndarray, shape (n_points, 3), float64
        µm, n_points ≥ 2.
    radii : ndarray, shape (n_points,), float64
        µm, > 0.
    point_ids, lines : ndarray, shape (n_points,), int64
        SWC id and file line of each point, -1 where the point was copied or made by the soma rule.
    """

    name: str
    swc_type: int
    parent: int
    parent_x: float
    xyz: NDArray[np.float64]
    radii: NDArray[np.float64]
    point_ids: NDArray[np.int64]
    lines: NDArray[np.int64]

    @property
    def length(self) -> float:
        """Length along the points, µm."""
        return float(np.linalg.norm(np.diff(self.xyz, axis=0), axis=1).sum())


@dataclass(frozen=True, eq=False)
class Morphology:
    """A cell: its sections in parent-first order, and the findings of the audit.

    Attributes
    ----------
    name : str
        The stem of the file's name.
    sections : tuple of Section
        Parents before children.
    findings : tuple of Finding
    metadata : mapping of str to str
        ``"source"``, ``"sha256"``, header lines …
    """

    name: str
    sections: tuple[Section, ...]
    findings: tuple[Finding, ...] = ()
    metadata: Mapping[str, str] = field(default_factory=dict)


def segment_counts(
    morphology: Morphology,
    *,
    ra_ohm_cm: float = 100.0,
    cm_uf_cm2: float = 1.0,
    frequency_hz: float = 100.0,
    d_lambda: float = 0.1,
) -> NDArray[np.int64]:
    """Return nseg of every section by the d_lambda rule; odd numbers.

    Source: Hines & Carnevale 2001, "NEURON: a tool for neuroscientists", Neuroscientist 7:123.
    """
    sections = morphology.sections
    batch = PolylineBatch.of([each.xyz for each in sections], [each.radii for each in sections])
    return electrotonic_segments(batch, ra_ohm_cm, cm_uf_cm2, frequency_hz, d_lambda)


def build_geometry(morphology: Morphology, nseg: Sequence[int]) -> MorphologyGeometry:
    """Return the drawing of a morphology whose section i has nseg[i] segments.

    Frusta are cut at segment borders; a soma whose length is its diameter is drawn round.
    Lengths, areas and diameters are those that NEURON computes for the same points and nseg.
    """
    if len(nseg) != len(morphology.sections):
        raise MorphologyError(
            f"{morphology.name}: {len(nseg)} segment counts for {len(morphology.sections)} sections",
            code="segment-count",
        )
    polylines = [
        Polyline(
            name=each.name,
            swc_type=each.swc_type,
            parent=each.parent,
            parent_x=each.parent_x,
            xyz=each.xyz,
            radii=each.radii,
            nseg=int(count),
        )
        for each, count in zip(morphology.sections, nseg, strict=True)
    ]
    return geometry_from_polylines(polylines, cell_names=(morphology.name or "cell",))
