"""The pyramidal cell that comes with NEURON itself, as a `Morphology`."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import numpy as np

from backends.errors import MorphologyError
from backends.morphology.morphology import Morphology, Section
from backends.morphology.swc_types import SwcType
from backends.neuron.simulator import load_neuron

_FILE = Path("share", "nrn", "demo", "pyramid.nrn")


def neuron_demo_cell() -> Morphology:
    """Return NEURON's demo cell, ``pyramid.nrn``, read by NEURON from its own folder.

    The sections that this creates are read and deleted again. They have the names of the file:
    ``soma``, ``dendrite_1[0]``.

    Raises
    ------
    SimulatorError
        If NEURON is not installed.
    MorphologyError
        If this NEURON comes without the file, or another model has a ``soma`` already.
    """
    h = load_neuron()
    path = demo_file(h)
    if path is None:
        raise MorphologyError(
            "this NEURON was installed without its demo cell pyramid.nrn; open an SWC file instead",
            code="no-demo-cell",
        )
    before = list(h.allsec())
    if any(each.name() == "soma" for each in before):
        raise MorphologyError(
            "NEURON already has a section named soma; load its demo cell in a new session",
            code="name-taken",
        )
    h.load_file(1, str(path))
    made = [each for each in h.allsec() if each not in before]
    try:
        sections = _sections(h, made)
    finally:
        for each in made:
            h.delete_section(sec=each)
    metadata = {
        "source": "pyramid.nrn (NEURON's demo)",
        "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
        "units": "um",
        "points": str(sum(len(each.radii) for each in sections)),
    }
    return Morphology(name="NEURON demo pyramid", sections=sections, metadata=metadata)


def demo_file(h: Any) -> Path | None:
    """Return the path of this NEURON's ``pyramid.nrn``, or None."""
    import neuron

    homes = [Path(str(h.neuronhome())).parents[1]]
    homes += [Path(folder, ".data") for folder in neuron.__path__]
    return next((home / _FILE for home in homes if (home / _FILE).is_file()), None)


def _sections(h: Any, made: list[Any]) -> tuple[Section, ...]:
    index = {each: place for place, each in enumerate(made)}
    sections = []
    for each in made:
        n = int(each.n3d())
        xyz = [(each.x3d(i), each.y3d(i), each.z3d(i)) for i in range(n)]
        above = each.parentseg()
        none = np.full(n, -1, np.int64)
        sections.append(
            Section(
                name=each.name(),
                swc_type=int(SwcType.SOMA if above is None else SwcType.BASAL_DENDRITE),
                parent=-1 if above is None else index[above.sec],
                parent_x=1.0 if above is None else float(above.x),
                xyz=np.asarray(xyz, np.float64),
                radii=np.asarray([each.diam3d(i) / 2 for i in range(n)], np.float64),
                point_ids=none,
                lines=none,
            )
        )
    return tuple(sections)
