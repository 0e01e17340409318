"""Cells of a few sections, and one run of a loaded cell in full precision."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import numpy as np

from backends.cellmodel.model import CellModel
from backends.jaxley import JaxleyCellSession
from backends.live.loaded_cell import LoadedCell
from backends.morphology.morphology import Morphology, Section
from backends.morphology.swc_types import SwcType
from backends.neuron import NeuronCellSession

Point = tuple[float, float, float]


def section(
    name: str,
    swc_type: int,
    points: Sequence[Point],
    radii: Sequence[float],
    parent: int = -1,
    parent_x: float = 1.0,
) -> Section:
    """Return a section through points (µm) with radii (µm)."""
    unknown = np.full(len(points), -1)
    return Section(
        name,
        int(swc_type),
        parent,
        parent_x,
        np.array(points, float),
        np.array(radii, float),
        unknown,
        unknown,
    )


def ball(diameter_um: float = 20.0) -> Morphology:
    """Return a soma as long as it is wide, and no other section."""
    radius = diameter_um / 2
    points = [(-radius, 0.0, 0.0), (radius, 0.0, 0.0)]
    return Morphology("ball", (section("soma[0]", SwcType.SOMA, points, [radius, radius]),))


def typed_cell() -> Morphology:
    """Return a soma with an axon at its 0 end and a forked, tapering dendrite at its 1 end."""
    soma, axon, basal = SwcType.SOMA, SwcType.AXON, SwcType.BASAL_DENDRITE
    ball_points = [(-10.0, 0.0, 0.0), (10.0, 0.0, 0.0)]
    return Morphology(
        "typed",
        (
            section("soma[0]", soma, ball_points, [10.0, 10.0]),
            section("axon[0]", axon, [(-10.0, 0, 0), (-310.0, 0, 0)], [0.5, 0.4], 0, 0.0),
            section("dend[0]", basal, [(10.0, 0, 0), (60.0, 0, 0), (110, 9, 0)], [2, 1.4, 1], 0),
            section("dend[1]", basal, [(110.0, 9, 0), (250.0, 90, 0)], [0.8, 0.4], 2),
            section("dend[2]", basal, [(110.0, 9, 0), (240.0, -80, 0)], [0.7, 0.5], 2),
        ),
    )


@contextmanager
def opened(session: LoadedCell) -> Iterator[LoadedCell]:
    """Initialize a session, and shut it down also after an error."""
    try:
        session.initialize()
        yield session
    finally:
        session.shutdown()


def every_step(session: LoadedCell, duration_ms: float) -> np.ndarray:
    """Return the voltages of an initialized session from now on, mV, (n_steps + 1, n_segments)."""
    stepper = session.live_stepper()
    rows = [stepper.read().copy()]
    for _ in range(round(duration_ms / stepper.dt)):
        stepper.step(1)
        rows.append(stepper.read().copy())
    return np.array(rows)


def on_both(
    morphology: Morphology, model: CellModel, duration_ms: float
) -> tuple[np.ndarray, np.ndarray]:
    """Return every voltage of every step, mV, on NEURON and on Jaxley: (n_steps + 1, n_segments)."""
    found = []
    for kind in (NeuronCellSession, JaxleyCellSession):
        with opened(kind(morphology, model)) as session:
            found.append(every_step(session, duration_ms))
    return found[0], found[1]
