"""Reports of NEURON in HDF5, as SONATA defines them: ``/report/<population>/data`` and its mapping.

A report has values over time of *elements* (segments) of *nodes* (cells), but no shape. So each section is
drawn as a straight line of an invented length, and the scene says so.
Source: github.com/AllenInstitute/sonata, docs/SONATA_DEVELOPER_GUIDE.md, "Element Reports".
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from backends.errors import SourceError
from backends.field import checked_array
from backends.live.default_scene import DISPLAY_FIELD_ID
from backends.morphology.auto_layout import CELL_GAP, SectionWithoutPoints, lay_out_sections
from backends.morphology.geometry import geometry_from_polylines
from backends.morphology.polylines import Polyline
from backends.morphology.swc_types import SwcType
from backends.replay.failures import bad
from backends.replay.frames import FloatArray, Recording
from backends.replay.scenes import limits_of, morphology_scene
from backends.replay.sonata_values import attribute, time_unit
from backends.replay.spikes import GROUP as SPIKES, spikes_of
from backends.scene import Finding, MorphologyGeometry, Scene

SEGMENT_UM, SOMA_UM, DIAMETER_UM = 20.0, 20.0, 2.0
"""What is drawn: a report has no lengths."""
MOST_ELEMENTS = 300_000
_SAMPLED_FRAMES = 64  # from which the colour range is taken
_VOLTAGE_LIMITS = (-80.0, 40.0)


def read_report(path: Path) -> Recording:
    """Return the first report in an HDF5 file, or its spikes; it stays open, and frames are read when they are shown.

    Raises
    ------
    SourceError, OSError, ValueError, KeyError
        What `backends.replay.files.telling_where` turns into one sentence.
    """
    try:
        import h5py
    except ImportError as error:
        raise SourceError(
            f"{path.name} is an HDF5 file, and h5py, which reads them, is not installed: run "
            "pip install h5py.",
            code="h5py-missing",
            hint="install-h5py",
        ) from error
    file = h5py.File(path, "r")
    try:
        return _read(path, file)
    except BaseException:  # raised again: only the file is closed
        file.close()
        raise


def _read(path: Path, file: Any) -> Recording:
    if SPIKES in file and "report" not in file:
        return spikes_of(path, file)
    name, group = _report_in(path, file)
    data = group["data"]
    if data.ndim != 2 or data.dtype.kind not in "fiu" or not all(data.shape):
        raise bad(
            path,
            f"/report/{name}/data is of {data.dtype} and shape {data.shape}, not numbers of shape "
            "(n_times, n_elements)",
        )
    elements = Elements.of(path, name, group, data.shape[1])
    geometry = elements.drawing(name)
    times = _times(path, name, group["mapping"], data.shape[0])
    unit = attribute(data, "units") or attribute(group, "units")
    scene = _scene(path, data, geometry, unit, times)
    return Recording(
        scene, times, DISPLAY_FIELD_ID, ReportFrames(data, elements.order), close=file.close
    )


def _report_in(path: Path, file: Any) -> tuple[str, Any]:
    """Return the first population of the file, by name, that has data and a mapping."""
    reports = file.get("report")
    if reports is None or not hasattr(reports, "keys"):
        there = ", ".join(f"/{each}" for each in file) or "nothing"
        raise bad(
            path,
            "it has no group /report/<population> or /spikes/<population>, as SONATA files have, but "
            f"{there}",
        )
    names = sorted(reports)
    for name in names:
        group = reports[name]
        if hasattr(group, "keys") and "data" in group and "mapping" in group:
            return name, group
    there = ", ".join(names) or "nothing"
    raise bad(path, f"no population in /report has data and mapping; there is {there}")


def _times(path: Path, name: str, mapping: Any, n: int) -> FloatArray:
    """Return the times of the frames, ms, from (start, stop, step) or from all of them."""
    where = f"/report/{name}/mapping/time"
    if "time" not in mapping:
        raise bad(path, f"{where} is missing")
    stored = np.asarray(mapping["time"][()], np.float64)
    unit, ms = time_unit(path, where, mapping["time"])
    if stored.shape == (3,) and n != 3:
        start, stop, step = stored
        expected = (stop - start) / step if step > 0 else np.nan
        if not np.isfinite(expected) or abs(expected - n) > 1.5:
            raise bad(
                path,
                f"{where} goes from {start:g} to {stop:g} {unit} by {step:g}, which does not suit "
                f"the {n} rows of /report/{name}/data",
            )
        stored = start + np.arange(n) * step
    elif stored.shape == (3,) and stored[0] + 3 * stored[2] <= stored[1] + 1.5 * stored[2]:
        stored = stored[0] + np.arange(3) * stored[2]
    times: FloatArray = checked_array(where, stored, shape=(n,)) * ms
    return times


@dataclass(frozen=True, eq=False)
class Elements:
    """What each column of a report is.

    Attributes
    ----------
    node, section : ndarray of int, shape (n_elements,)
        Id of the cell, and of the section in it.
    position : ndarray, shape (n_elements,)
        Along the section, 0 … 1.
    order : ndarray of int, shape (n_elements,)
        Columns in the order in which they are drawn: by cell, section, position.
    """

    node: NDArray[np.int64]
    section: NDArray[np.int64]
    position: FloatArray
    order: NDArray[np.int64]

    @classmethod
    def of(cls, path: Path, name: str, group: Any, n: int) -> Elements:
        """Return those of a report's mapping; SourceError where it does not suit the data."""
        mapping, where = group["mapping"], f"/report/{name}/mapping"
        for each in ("node_ids", "element_ids", "index_pointers"):
            if each not in mapping:
                raise bad(path, f"{where}/{each} is missing")
        if n > MOST_ELEMENTS:
            raise bad(path, f"it has {n} elements, more than the {MOST_ELEMENTS} that are drawn")
        nodes = checked_array(f"{where}/node_ids", mapping["node_ids"][()], shape=(None,))
        section = checked_array(f"{where}/element_ids", mapping["element_ids"][()], shape=(n,))
        pointers = checked_array(
            f"{where}/index_pointers", mapping["index_pointers"][()], shape=(None,), dtype=np.int64
        )
        if len(pointers) == len(nodes):  # older files leave out the last one
            pointers = np.append(pointers, n)
        counts = np.diff(pointers)
        if len(counts) != len(nodes) or pointers[0] != 0 or pointers[-1] != n or (counts < 0).any():
            raise bad(
                path,
                f"{where}/index_pointers does not divide the {n} elements among the {len(nodes)} "
                "nodes",
            )
        node = np.repeat(nodes.astype(np.int64), counts)
        section = section.astype(np.int64)
        position = np.full(n, np.nan)
        if "element_pos" in mapping:
            position = checked_array(
                f"{where}/element_pos", mapping["element_pos"][()], shape=(n,), dtype=np.float64
            )
        owner = np.repeat(np.arange(len(nodes)), counts)
        return cls(node, section, position, np.lexsort((position, section, owner)))

    def drawing(self, population: str) -> MorphologyGeometry:
        """Return cells whose sections are straight lines around their first section, side by side."""
        sections: list[SectionWithoutPoints] = []
        cells: list[str] = []
        root, last = -1, None
        for node, section, n in self._runs():
            if node != last:
                root, last = len(sections), node
                cells.append(f"{population}[{node}]")
            is_root = root == len(sections)
            diameter = SOMA_UM if is_root else DIAMETER_UM
            sections.append(
                SectionWithoutPoints(
                    name=f"{cells[-1]}.sec[{section}]",
                    swc_type=SwcType.SOMA if is_root else SwcType.BASAL_DENDRITE,
                    parent=-1 if is_root else root,
                    parent_x=1.0,
                    length=SOMA_UM if is_root else SEGMENT_UM * n,
                    segment_diameters=np.full(n, diameter),
                    cell_index=len(cells) - 1,
                )
            )
        placed, invented = lay_out_sections(sections)
        placed = _in_rows(placed, len(cells))
        return geometry_from_polylines(placed, cell_names=cells, laid_out_sections=invented)

    def _runs(self) -> Iterator[tuple[int, int, int]]:
        """Yield node, section and number of elements of each section, in the order drawn."""
        node, section = self.node[self.order], self.section[self.order]
        is_new = np.append(True, (np.diff(node) != 0) | (np.diff(section) != 0))
        starts = np.flatnonzero(is_new)
        for i, n in zip(starts, np.diff(np.append(starts, len(node))), strict=True):
            yield int(node[i]), int(section[i]), int(n)


def _in_rows(placed: Sequence[Polyline], n_cells: int) -> list[Polyline]:
    """Return cells that stand side by side in as many rows as there are columns."""
    n_columns = math.ceil(math.sqrt(n_cells))
    low, high = np.full((n_cells, 2), np.inf), np.full((n_cells, 2), -np.inf)
    for each in placed:
        i = each.cell_index
        low[i] = np.minimum(low[i], each.xyz[:, :2].min(axis=0))
        high[i] = np.maximum(high[i], each.xyz[:, :2].max(axis=0))
    pitch = (high - low).max(axis=0) + CELL_GAP
    cell = np.arange(n_cells)
    goal = np.stack([cell % n_columns, -(cell // n_columns)], axis=1) * pitch
    shift = np.zeros((n_cells, 3))
    shift[:, :2] = goal - (low + high) / 2
    return [replace(each, xyz=each.xyz + shift[each.cell_index]) for each in placed]


class ReportFrames:
    """Frames in an open report, read one at a time; see `backends.replay.frames.Frames`.

    Parameters
    ----------
    data : h5py.Dataset, shape (n_times, n_elements)
    order : ndarray of int, shape (n_elements,)
        The column of each segment.
    """

    def __init__(self, data: Any, order: NDArray[np.int64]) -> None:
        self._data, self._order = data, order

    def __len__(self) -> int:
        return int(self._data.shape[0])

    def values(self, index: int) -> NDArray[Any]:
        """Return a frame, shape (n_elements,)."""
        frame: NDArray[Any] = np.asarray(self._data[index], np.float32)[self._order]
        return frame

    def coords(self, index: int) -> None:
        """Return None: the segments stay the same."""
        return

    def column(self, segment: int, start: int, stop: int) -> NDArray[Any]:
        """Return one segment's values."""
        return np.asarray(self._data[start:stop, int(self._order[segment])], np.float64)


def _scene(
    path: Path, data: Any, geometry: MorphologyGeometry, unit: str, times: FloatArray
) -> Scene:
    some = np.unique(np.linspace(0, len(times) - 1, _SAMPLED_FRAMES).astype(int))
    limits = _VOLTAGE_LIMITS if unit == "mV" else limits_of(None, np.asarray(data[some]))
    first = np.zeros(geometry.n_segments, np.float32)
    scene = morphology_scene(geometry, first, unit=unit, label="", limits=limits, title=path.stem)
    note = Finding(
        "info",
        "report.no-shape",
        "A report has no shape: each section is drawn as a straight line of invented length.",
    )
    facts = dict(scene.facts)
    for measured in ("Length", "Area"):  # of what was invented
        facts.pop(measured, None)
    span = f"{times[0]:g} … {times[-1]:g} ms, {len(times)} frames"
    return replace(scene, findings=(note,), facts={"Recorded": span, **facts})
