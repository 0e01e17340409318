"""Spikes in HDF5, as SONATA defines them: ``/spikes/<population>/timestamps`` and ``node_ids``.

All populations of a file are rows of one raster. Nodes without a spike are not in such a file.
Source: github.com/AllenInstitute/sonata, docs/SONATA_DEVELOPER_GUIDE.md, "Spike file".
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from backends.field import Field, checked_array
from backends.replay.failures import bad
from backends.replay.frames import FloatArray, RecordedEvents, Recording
from backends.replay.sonata_values import time_unit
from backends.scene import Finding, Scene
from backends.views import RasterViewSpec

GROUP, FIELD_ID = "spikes", "spikes"
MOST_NODES = 300_000
_STEP_MS, _MOST_STEPS = 0.1, 1_000_000  # of the clock; spikes keep their own times


def spikes_of(path: Path, file: Any) -> Recording:
    """Return the recording of all spikes in an open file, which stays open until it is closed.

    Raises
    ------
    SourceError, ValueError, KeyError
        What `backends.replay.files.telling_where` turns into one sentence.
    """
    groups = file[GROUP]
    names = sorted(groups) if hasattr(groups, "keys") else []
    names = [name for name in names if hasattr(groups[name], "keys")]
    rows: list[NDArray[np.int32]] = []
    times: list[FloatArray] = []
    nodes: list[str] = []
    for name in names:
        own, when = _population(path, name, groups[name])
        known, row = np.unique(own, return_inverse=True)
        rows.append((row + len(nodes)).astype(np.int32))
        times.append(when)
        nodes += [f"{name}[{node}]" for node in known.tolist()]
    if not nodes:
        raise bad(path, "no population in /spikes has a spike")
    if len(nodes) > MOST_NODES:
        raise bad(
            path, f"{len(nodes)} nodes have spikes, more than the {MOST_NODES} rows of a raster"
        )
    events = RecordedEvents(FIELD_ID, np.concatenate(rows), np.concatenate(times))
    begin, end = min(0.0, float(events.times[0])), float(events.times[-1])
    step = max(_STEP_MS, (end - begin) / _MOST_STEPS)
    clock = np.asarray(begin + np.arange(int(np.ceil((end - begin) / step)) + 1) * step, np.float64)
    scene = _scene(path.stem, nodes, f"{begin:g} … {end:g} ms, {len(events.times)} spikes")
    return Recording(scene, clock, events=(events,), close=file.close)


def _population(path: Path, name: str, group: Any) -> tuple[NDArray[np.int64], FloatArray]:
    """Return nodes and times (ms) of a population's spikes."""
    where = f"/spikes/{name}"
    for each in ("timestamps", "node_ids"):
        if each not in group:
            raise bad(path, f"{where}/{each} is missing")
    _, ms = time_unit(path, f"{where}/timestamps", group["timestamps"])
    stored = np.asarray(group["timestamps"][()], np.float64)
    times: FloatArray = checked_array(f"{where}/timestamps", stored, shape=(None,)) * ms
    if not np.isfinite(times).all():
        raise bad(path, f"{where}/timestamps has values that are not finite")
    nodes = checked_array(
        f"{where}/node_ids", group["node_ids"][()], shape=times.shape, dtype=np.int64
    )
    return nodes, times


def _scene(title: str, nodes: list[str], recorded: str) -> Scene:
    note = Finding(
        "info", "spikes.only-active", "A spike file has no silent nodes, so they have no row."
    )
    return Scene(
        title=title,
        fields=(Field(FIELD_ID, np.zeros(len(nodes)), ("node",), {"node": nodes}),),
        views=(RasterViewSpec("raster", FIELD_ID, "Spikes", y_label="Node"),),
        backend="Recording",
        findings=(note,),
        facts={"Recorded": recorded, "Nodes with spikes": str(len(nodes))},
    )
