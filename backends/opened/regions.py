"""What a model says of itself in NEURON's terms: the regions of its sections, its point processes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from backends.morphology.swc_types import SwcType

REGIONS = {
    "somatic": SwcType.SOMA,
    "axonal": SwcType.AXON,
    "basal": SwcType.BASAL_DENDRITE,
    "apical": SwcType.APICAL_DENDRITE,
}
"""SectionLists by the names that NEURON's own import of morphologies gives them."""


def regions_of(h: Any, sections: Sequence[Any]) -> dict[Any, int]:
    """Return the SWC type of each section that is in a SectionList `somatic`, `axonal`, `basal` or `apical`.

    The lists are those of the cells' templates or classes, and of the top level.
    """
    cells: dict[int, Any] = {}
    for section in sections:
        cell = section.cell()
        if cell is not None:
            cells.setdefault(hash(str(cell)), cell)
    known, found = set(sections), {}
    for owner in (h, *cells.values()):
        for name, swc_type in REGIONS.items():
            for section in _sections_in(owner, name):
                if section in known:
                    found[section] = int(swc_type)
    return found


def _sections_in(owner: Any, name: str) -> Iterator[Any]:
    """Yield the sections of a public SectionList of hoc, or a list of sections of Python."""
    try:
        listed = getattr(owner, name)
        sections = list(listed)
    except (AttributeError, LookupError, RuntimeError, TypeError):
        return  # there is none of this name, or it is something else
    yield from (each for each in sections if type(each).__name__ == "Section")


def point_processes_of(sections: Sequence[Any]) -> Counter[str]:
    """Return how many point processes of each class are in sections: ``{"ExpSyn": 40, "IClamp": 1}``."""
    found: Counter[str] = Counter()
    for section in sections:
        for segment in section:
            for process in segment.point_processes():
                found[str(process.hname()).partition("[")[0]] += 1
    return found


def counted(names: Counter[str]) -> str:
    """Return counts as a text: ``"1 IClamp, 40 ExpSyn"``."""
    return ", ".join(f"{n:,} {name}" for name, n in sorted(names.items()))
