"""Segment ids typed by a person: check them, suggest similar ones, choose the default."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable

import numpy as np

from backends.errors import RequestError
from backends.morphology.morphology import SwcType
from backends.scene import MorphologyGeometry

_ID = re.compile(r"(?P<section>.*?)\((?P<x>[^()]*)\)", re.DOTALL)
_N_SUGGESTIONS = 3


def check_segments(geometry: MorphologyGeometry, ids: Iterable[str], where: str) -> None:
    """Raise RequestError for the first of `ids` that the cell lacks, naming similar ones; `where`: the cell's name."""
    for segment_id in ids:
        if segment_id not in geometry:
            near = ", ".join(near_segments(geometry, segment_id))
            raise RequestError(
                f"{where} has no segment {segment_id!r}. Similar ids: {near}.",
                code="unknown-segment",
            )


def near_segments(geometry: MorphologyGeometry, segment_id: str) -> list[str]:
    """Return the ids that were most likely meant: the nearest x in the section, or a similar section name."""
    match = _ID.fullmatch(segment_id)
    section, x_text = (match["section"], match["x"]) if match else (segment_id, "0.5")
    if section not in geometry.section_names:
        close = difflib.get_close_matches(
            section, geometry.section_names, _N_SUGGESTIONS, cutoff=0.0
        )
        return [near_segments(geometry, f"{name}({x_text})")[0] for name in close]
    try:
        x = float(x_text)
    except ValueError:
        x = 0.5
    members = np.flatnonzero(geometry.section_index == geometry.section_names.index(section))
    nearest = members[np.argsort(np.abs(geometry.x[members] - x), kind="stable")]
    return [geometry.segment_ids[i] for i in nearest[:_N_SUGGESTIONS]]


def soma_segment(geometry: MorphologyGeometry) -> str:
    """Return the middle segment of the first soma, or of the root section if there is no soma."""
    somas = np.flatnonzero(geometry.swc_type == SwcType.SOMA)
    first = int(somas[0]) if somas.size else 0
    section = geometry.section_names[geometry.section_index[first]]
    return near_segments(geometry, f"{section}(0.5)")[0]
