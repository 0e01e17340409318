"""The input conductance at an electrode, and the amplitude of a stimulus that follows from it."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from backends.cellmodel.mechanisms import Mechanism
from backends.cellmodel.model import CellModel
from backends.cellmodel.stimuli import IClamp
from backends.errors import SimulatorError
from backends.morphology.morphology import Morphology
from backends.scene import MorphologyGeometry

FloatArray = NDArray[np.float64]


def amplitude_na(
    clamp: IClamp, model: CellModel, morphology: Morphology, geometry: MorphologyGeometry
) -> float:
    """Return the amplitude of one of a model's stimuli, nA.

    Where the clamp has none, it is its depolarisation (mV) times the input conductance at its
    electrode, rounded to two digits.
    """
    if clamp.amp_na is not None:
        return clamp.amp_na
    electrode = model.segment_of(clamp.target, morphology, geometry)
    return float(f"{input_conductance(geometry, model, electrode) * clamp.drive_mv:.2g}")


def input_conductance(geometry: MorphologyGeometry, model: CellModel, electrode: int) -> float:
    """Return the input conductance at the segment `electrode`, µS, at `model.frequency_hz`.

    The tree is folded segment by segment towards its root (as in Hines elimination), then along
    the path from the root to the electrode. The membrane's conductance is the sum of its leak
    (g or gl), the HH channels at rest, and 2π f C.

    Raises
    ------
    SimulatorError
        If a segment comes before the one that it is attached to.
    """
    neighbour, axial = _axial_conductances(geometry, model)
    own = _membrane_conductances(geometry, model)
    path = [electrode]
    while neighbour[path[-1]] >= 0:
        path.append(int(neighbour[path[-1]]))
    on_path = set(path)
    load = own.copy()
    # The electrode becomes the root: links on its path are reversed, the others stay.
    for i in _leaves_first(neighbour):
        if i not in on_path and neighbour[i] >= 0:
            load[neighbour[i]] += load[i] * axial[i] / (load[i] + axial[i])
    for child, parent in zip(reversed(path[:-1]), reversed(path[1:]), strict=True):
        load[child] += load[parent] * axial[child] / (load[parent] + axial[child])
    return float(load[electrode])


def _leaves_first(parent: NDArray[np.int32]) -> list[int]:
    """Return segments such that each comes before the one it is attached to."""
    depth = np.zeros(len(parent), int)
    for i, above in enumerate(parent.tolist()):
        if above >= i:
            raise SimulatorError(
                "The geometry's segments are not in parent-first order.", code="segment-order"
            )
        depth[i] = 0 if above < 0 else depth[above] + 1
    return [int(i) for i in np.argsort(-depth, kind="stable")]


def _axial_conductances(
    geometry: MorphologyGeometry, model: CellModel
) -> tuple[NDArray[np.int32], FloatArray]:
    """Return each segment's neighbour towards the root, and the conductance to it, µS."""
    radius = np.maximum(geometry.diameter, 1e-3) / 2
    # Ω cm · µm / µm² = 10⁴ Ω; half a segment in MΩ:
    half = model.ra_ohm_cm * geometry.length / 2 / (math.pi * radius**2) * 1e-2
    parent = geometry.parent_segment
    through = half + np.where(parent >= 0, half[parent], 0.0)
    return parent, 1 / np.maximum(through, 1e-9)


_HH_REST_S_CM2 = 6.8e-4  # slope conductance of the squid axon at rest (Hodgkin & Huxley 1952)


def _rest_conductance(mechanism: Mechanism) -> float:
    """Return a mechanism's slope conductance at rest, S/cm²; 0 where it is not known."""
    known = mechanism.parameters
    if mechanism.name == "hh":
        return _HH_REST_S_CM2 * known.get("gkbar", 0.036) / 0.036
    return known.get("g", known.get("gl", 0.0))


def _membrane_conductances(geometry: MorphologyGeometry, model: CellModel) -> FloatArray:
    """Return each segment's conductance to the outside, µS."""
    density = np.full(
        geometry.n_segments, 2 * math.pi * model.frequency_hz * model.cm_uf_cm2 * 1e-6
    )
    for swc_type in np.unique(geometry.swc_type).tolist():
        leak = 0.0
        for mechanism in model.mechanisms_of(swc_type):
            leak += _rest_conductance(mechanism)
        density[geometry.swc_type == swc_type] += leak
    conductance: FloatArray = density * geometry.area * 1e-2  # S/cm² · µm² = 10⁻² µS
    return conductance
