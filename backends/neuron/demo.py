"""The cell in NEURON's own wheel: `pyramid.nrn`, a pyramidal cell traced in 1992, 79 sections."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np

from backends.errors import SimulatorError
from backends.morphology import Morphology, Section, SwcType
from backends.neuron.simulator import all_sections, delete_sections, load_neuron

_PLACES = (".data/share/nrn/demo", "../../share/nrn/demo", "../../../../share/nrn/demo")
_APICAL = "dendrite_1["  # it reaches 960 µm from the soma, the other trees 340 µm at most


def demo_morphology() -> Morphology:
    """Return NEURON's demo cell, read by NEURON itself from its own file.

    Raises
    ------
    SimulatorError
        If NEURON, or the file in its wheel, is not there.
    """
    h = load_neuron()
    path = _demo_file()
    before = set(all_sections(h))
    h.xopen(str(path))
    read = [section for section in all_sections(h) if section not in before]
    try:
        sections = _sections(read)
    finally:
        delete_sections(h, read)
    return Morphology(path.stem, sections, metadata={"source": "NEURON's demo, pyramid.nrn"})


def _demo_file() -> Path:
    import neuron

    package = Path(neuron.__file__).parent
    for place in _PLACES:
        path = (package / place / "pyramid.nrn").resolve()
        if path.exists():
            return path
    raise SimulatorError(
        "This NEURON has no demo cell (pyramid.nrn) beside it; open a bundled cell instead."
    )


def _sections(read: list[Any]) -> tuple[Section, ...]:
    index = {section: i for i, section in enumerate(read)}
    counts: Counter[str] = Counter()
    sections = []
    for section in read:
        kind, word = _kind(section.name())
        parent = section.parentseg()
        xyz = [(section.x3d(i), section.y3d(i), section.z3d(i)) for i in range(section.n3d())]
        made = np.full(len(xyz), -1, np.int64)
        sections.append(
            Section(
                name=f"{word}[{counts[word]}]",
                swc_type=kind,
                parent=-1 if parent is None else index[parent.sec],
                parent_x=0.0 if parent is None else float(parent.x),
                xyz=np.array(xyz),
                radii=np.array([section.diam3d(i) / 2 for i in range(section.n3d())]),
                point_ids=made,
                lines=made,
            )
        )
        counts[word] += 1
    return tuple(sections)


def _kind(name: str) -> tuple[SwcType, str]:
    if name == "soma":
        return SwcType.SOMA, "soma"
    if name.startswith(_APICAL):
        return SwcType.APICAL_DENDRITE, "apic"
    return SwcType.BASAL_DENDRITE, "dend"
