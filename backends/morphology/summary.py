"""A short summary of a morphology for the Cell panel."""

from __future__ import annotations

import numpy as np

from backends.morphology.morphology import Morphology
from backends.morphology.swc_types import SwcType, type_word
from backends.scene import MorphologyGeometry
from backends.text import grouped

ORIGIN_KEY = "origin."
"""Prefix of the keys of a morphology's metadata that describe its origin."""


def morphology_facts(morphology: Morphology, geometry: MorphologyGeometry) -> dict[str, str]:
    """Return sections, segments, length (µm) and area (µm²) by type, extent and soma, in order.

    For a cell of an archive, its origin comes first: archive, species and id.
    """
    facts = {
        key.removeprefix(ORIGIN_KEY): text
        for key, text in morphology.metadata.items()
        if key.startswith(ORIGIN_KEY)
    } | {
        "Sections": grouped(len(morphology.sections)),
        "Segments": grouped(geometry.n_segments),
    }
    if "points" in morphology.metadata:
        facts["Points"] = grouped(int(morphology.metadata["points"]))
    facts["Length"] = f"{grouped(geometry.length.sum())} µm"
    facts["Area"] = f"{grouped(geometry.area.sum())} µm²"
    if len(geometry.points):
        extent = np.ptp(geometry.points.astype(np.float64), axis=0)
        facts["Extent"] = " × ".join(grouped(side) for side in extent) + " µm"
    for type_ in np.unique(geometry.swc_type).tolist():
        of_type = geometry.swc_type == type_
        n = len(np.unique(geometry.section_index[of_type]))
        facts[type_word(type_).capitalize()] = (
            f"{n} section{'' if n == 1 else 's'}, {grouped(geometry.length[of_type].sum())} µm, "
            f"{grouped(geometry.area[of_type].sum())} µm²"
        )
    facts["Soma built as"] = describe_soma(morphology)
    return facts


def describe_soma(morphology: Morphology) -> str:
    """Return in words how the soma of the file became sections."""
    somas = [each for each in morphology.sections if each.swc_type == SwcType.SOMA]
    if not somas:
        return "no soma; the first section is the root"
    in_file = int(morphology.metadata.get("soma_points", "0"))
    origin = f" from {in_file} point{'' if in_file == 1 else 's'}" if in_file else ""
    if len(somas) > 1:
        return f"{len(somas)} sections{origin}"
    first = somas[0]
    length, diameter = first.length, 2 * float(first.radii.max())
    is_sphere = len(first.radii) == 3 and abs(length - diameter) <= 1e-6 * diameter
    if is_sphere and np.ptp(first.radii) == 0:
        return f"a sphere of {diameter:.3g} µm{origin} (cylinder of equal area)"
    return f"{len(first.radii) - 1} frusta in a row{origin}"
