"""Events in a NumPy archive: the rasters of a recording, each as four arrays whose names begin with ``events0_``, ``events1_`` …"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from backends.field import Field, checked_array
from backends.replay.frames import RecordedEvents, Recording
from backends.scene import LayoutSpec, PanelSpec
from backends.views import RasterViewSpec

_NAME = re.compile(r"events(\d+)_times_ms")


def has_events(arrays: Mapping[str, Any]) -> bool:
    """Whether an archive has any."""
    return any(map(_NAME.fullmatch, arrays))


def written_events(events: Sequence[RecordedEvents]) -> dict[str, NDArray[Any]]:
    """Return the arrays of rasters."""
    content: dict[str, NDArray[Any]] = {}
    for i, each in enumerate(events):
        content |= {
            f"events{i}_rows": each.rows,
            f"events{i}_times_ms": each.times,
            f"events{i}_names": np.array(each.row_names, str),
            f"events{i}_title": np.array(each.title),
        }
    return content


def with_events(recording: Recording, arrays: Mapping[str, NDArray[Any]]) -> Recording:
    """Return a recording with the rasters of an archive: a field, a view and a panel each."""
    matches = (_NAME.fullmatch(name) for name in arrays)
    found = [_events(arrays, each[1]) for each in sorted(filter(None, matches), key=_number)]
    scene = recording.scene
    fields = [
        Field(each.field_id, np.zeros(len(each.names)), ("row",), {"row": each.names})
        for each in found
    ]
    views = [RasterViewSpec(f"raster {each.field_id}", each.field_id, each.title) for each in found]
    panels = [PanelSpec(each.id, "raster", each.title, each.id) for each in views]
    layout = LayoutSpec((*scene.layout.panels, *panels), scene.layout.root)
    scene = replace(
        scene, fields=(*scene.fields, *fields), views=(*scene.views, *views), layout=layout
    )
    return replace(recording, scene=scene, events=tuple(found))


def _number(match: re.Match[str]) -> int:
    return int(match[1])


def _events(arrays: Mapping[str, NDArray[Any]], number: str) -> RecordedEvents:
    prefix = f"events{number}_"
    missing = [name for name in ("rows", "names") if prefix + name not in arrays]
    if missing:
        raise ValueError(f"{prefix}times_ms without {prefix}{missing[0]}")
    names = checked_array(f"{prefix}names", arrays[f"{prefix}names"], shape=(None,)).astype(str)
    title = str(arrays.get(f"{prefix}title", "Spikes"))
    return RecordedEvents(
        f"events {number}",
        arrays[f"{prefix}rows"].astype(np.int32),
        arrays[f"{prefix}times_ms"].astype(np.float64),
        tuple(names.tolist()),
        title,
    )
