"""The drawing of the ball and stick: one soma segment, and a dendrite of equal segments."""

from __future__ import annotations

import numpy as np

from backends.morphology.geometry import geometry_from_polylines
from backends.morphology.polylines import Polyline
from backends.morphology.swc_types import SwcType
from backends.scene import MorphologyGeometry

SOMA_UM = 20.0
DENDRITE_UM = 400.0
DENDRITE_DIAMETER_UM = 2.0


def build_geometry(n_dendrite: int) -> MorphologyGeometry:
    """Return a soma of one segment and a dendrite of `n_dendrite` segments along the x axis."""
    soma = Polyline(
        "soma[0]",
        SwcType.SOMA,
        parent=-1,
        parent_x=0.0,
        xyz=np.array([[-SOMA_UM, 0.0, 0.0], [0.0, 0.0, 0.0]]),
        radii=np.full(2, SOMA_UM / 2),
        nseg=1,
    )
    dendrite = Polyline(
        "dend[0]",
        SwcType.BASAL_DENDRITE,
        parent=0,
        parent_x=1.0,
        xyz=np.array([[0.0, 0.0, 0.0], [DENDRITE_UM, 0.0, 0.0]]),
        radii=np.full(2, DENDRITE_DIAMETER_UM / 2),
        nseg=n_dendrite,
    )
    return geometry_from_polylines([soma, dendrite])
