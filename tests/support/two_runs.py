"""Comparisons without simulators: a spike travels along a bundled cell, later or larger on one side."""

from __future__ import annotations

import numpy as np

from backends.batch.run import StimulusFacts
from backends.comparison.result import Comparison, SideFacts, default_segments
from backends.morphology.morphology import build_geometry
from backends.swc.reader import read_swc
from resources import path_of

SPIKE_MS = 12.0
WIDTH_MS = 0.8
UM_PER_MS = 400.0


def two_runs(
    cell: str = "ball_and_stick",
    *,
    late_ms: float = 0.05,
    offset_mv: float = 0.0,
    duration_ms: float = 30.0,
    nseg: int = 5,
    sample_ms: float = 0.1,
) -> Comparison:
    """Return two runs of a bundled cell; on the right the spike is later, and all voltages are lower."""
    morphology = read_swc(path_of(cell))
    geometry = build_geometry(morphology, [nseg] * len(morphology.sections))
    times = np.arange(round(duration_ms / sample_ms) + 1) * sample_ms
    arrival = SPIKE_MS + geometry.path_distance / UM_PER_MS
    types = sorted(set(geometry.swc_type.tolist()))

    def voltages(delay_ms: float) -> np.ndarray:
        distance = (times[:, None] - arrival - delay_ms) / WIDTH_MS
        return -65.0 + 95.0 * np.exp(-(distance**2))

    def side(name: str) -> SideFacts:
        areas = {t: float(geometry.area[geometry.swc_type == t].sum()) for t in types}
        counts = {t: int((geometry.swc_type == t).sum()) for t in types}
        return SideFacts(name, f"{name} 1.0; float64", counts, areas, 0.3, 0.02)

    return Comparison(
        morphology.name,
        geometry,
        times,
        voltages(0.0),
        voltages(late_ms) - offset_mv,
        (side("NEURON"), side("Jaxley")),
        duration_ms=duration_ms,
        dt_ms=0.025,
        sample_ms=sample_ms,
        stimuli=(StimulusFacts("soma[0](0.5)", 10.0, 1e9, 0.21),),
        settings={"NEURON's HH rate table": "off"},
        default_segments=default_segments(geometry, ()),
    )
