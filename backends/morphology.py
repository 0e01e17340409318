"""`Morphology`: the one tree from which both simulators, and the picture, are built.

A morphology is a list of *sections* (unbranched cables) in parent-first order. A section's points
are as it is built: where NEURON's rules copy the attach point into the child, the copy is there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from backends.scene import Finding, MorphologyGeometry


class SwcType(IntEnum):
    """The structure types of the SWC format."""

    UNDEFINED = 0
    SOMA = 1
    AXON = 2
    BASAL_DENDRITE = 3
    APICAL_DENDRITE = 4


def type_word(swc_type: int) -> str:
    """Return the word a person reads for an SWC type: ``"basal dendrite"``, ``"type 7"``."""
    words = {0: "undefined", 1: "soma", 2: "axon", 3: "basal dendrite", 4: "apical dendrite"}
    return words.get(swc_type, f"type {swc_type}")


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
    """A cell: its sections in parent-first order, and what the audit has to say of it.

    Attributes
    ----------
    name : str
        What a person calls it: the file's stem.
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
    raise NotImplementedError


def build_geometry(morphology: Morphology, nseg: Sequence[int]) -> MorphologyGeometry:
    """Return the drawing of a morphology whose section i has nseg[i] segments.

    Frusta are cut at segment borders; a soma whose length is its diameter is drawn round.
    Lengths, areas and diameters are those that NEURON computes for the same points and nseg.
    """
    raise NotImplementedError
