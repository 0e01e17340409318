"""Recordings in NumPy archives: the traces that Somascope exports, and frames of a field.

=======================  =========================================================================
``time_ms``              times of the traces, shape (n_samples,), ms
``values``               traces, shape (n_samples, n_traces); NaN where a trace has no sample
``labels``, ``units``    of the traces, shape (n_traces,)
``frames``               shape (n_frames, n_segments), (n_frames, x) or (n_frames, y, x)
``frame_times_ms``       shape (n_frames,); without it a frame each ms
``unit``, ``label``      what the frames are: ``"mV"``, ``"Membrane potential"``
``limits``               colour range of the frames, shape (2,)
``x``, ``y``             coordinates of frames without a morphology
``axis_unit``            of both: ``"mm"``; an image then has the same scale along both
``title``                of the window
``events0_rows``         of a raster: the row of each event, shape (n_events,)
``events0_times_ms``     when they were, shape (n_events,)
``events0_names``        of the rows, shape (n_rows,); ``events0_title``; then ``events1_…``
``morphology_…``         the attributes of a `MorphologyGeometry`
=======================  =========================================================================

A file has traces, frames, events, or several of these.
"""

from __future__ import annotations

import os
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from backends.field import Field, checked_array
from backends.live.default_scene import DISPLAY_FIELD_ID, build_scene
from backends.replay.failures import bad
from backends.replay.frames import (
    ArrayFrames,
    RecordedEvents,
    RecordedTrace,
    Recording,
    clock_of,
)
from backends.replay.npz_events import has_events, with_events, written_events
from backends.replay.scenes import VALUE, limits_of, morphology_scene, quantity_of
from backends.scene import (
    SEGMENT_COLUMNS,
    UNTITLED,
    LayoutSpec,
    MorphologyGeometry,
    PanelSpec,
    Scene,
)
from backends.views import ImageViewSpec, LinePlotViewSpec

_PREFIX = "morphology_"
_ARRAYS = ("points", "radii", "frusta", "frustum_segment", *SEGMENT_COLUMNS)
_NAMES = ("segment_ids", "section_names", "cell_names", "laid_out_sections")

Arrays = Mapping[str, NDArray[Any]]


def read_npz(path: Path) -> Recording:
    """Return what was recorded in a NumPy archive; see the module for the names in it.

    Raises
    ------
    SourceError, ProtocolError, OSError, ValueError
        What `backends.replay.files.telling_where` turns into one sentence.
    """
    try:
        with path.open("rb") as file:
            archive = np.load(file, allow_pickle=False)
            if isinstance(archive, np.ndarray):  # numpy's .npy under another name
                raise bad(path, "it holds a single array and no names; write it by numpy.savez")
            arrays = {name: archive[name] for name in archive.files}
    except zipfile.BadZipFile as error:
        raise bad(path, f"it is no complete NumPy archive ({error})") from error
    if not ("frames" in arrays or "values" in arrays or has_events(arrays)):
        there = ", ".join(arrays) or "nothing"
        raise bad(path, f"it has neither frames nor values, but {there}")
    traces = _traces(arrays) if "values" in arrays else ()
    title = _text(arrays, "title") or path.stem
    if "frames" not in arrays:
        return _without_frames(arrays, title, traces)
    return with_events(_frames(arrays, title, traces), arrays)


def _without_frames(arrays: Arrays, title: str, traces: tuple[RecordedTrace, ...]) -> Recording:
    """Return a recording of traces, events or both; its clock has all their times."""
    scene = _trace_scene(title, traces) if traces else Scene(title=title, backend="Recording")
    found = with_events(Recording(scene, np.zeros(1), traces=traces), arrays)
    return replace(found, times=clock_of([*traces, *found.events]))


def _traces(arrays: Arrays) -> tuple[RecordedTrace, ...]:
    for name in ("time_ms", "labels"):
        if name not in arrays:
            raise ValueError(f"values without {name}")
    times = checked_array("time_ms", arrays["time_ms"], shape=(None,), dtype=np.float64)
    values = checked_array("values", arrays["values"], shape=(len(times), None), dtype=np.float64)
    n = values.shape[1]
    labels = checked_array("labels", arrays["labels"], shape=(n,)).astype(str).tolist()
    given = arrays.get("units", np.array([""] * n))
    units = checked_array("units", given, shape=(n,)).astype(str).tolist()
    first = units[0] if units else ""
    found, known = [], set()
    for i, (label, unit) in enumerate(zip(labels, units, strict=True)):
        id_, copy = label or f"trace {i + 1}", 2
        while id_ in known:
            id_, copy = f"{label} #{copy}", copy + 1
        known.add(id_)
        is_there = ~np.isnan(values[:, i])
        quantity = "" if unit == first else quantity_of(unit)
        trace = RecordedTrace(
            id_, times[is_there], values[is_there, i], unit, label=label, quantity=quantity
        )
        found.append(trace)
    return tuple(found)


def _trace_scene(title: str, traces: Sequence[RecordedTrace]) -> Scene:
    unit = traces[0].unit if traces else ""
    scene = build_scene(
        geometry=None,
        display_values=(),
        trace_values=np.empty((0, 0)),
        trace_segment_ids=(),
        trace_times=(),
        history_unit=unit,
        trace_title="Recorded traces",
        trace_y_label=quantity_of(unit),
        trace_y_unit=unit,
        title=title,
    )
    return replace(scene, backend="Recording", facts={"Traces": str(len(traces))})


def _frames(arrays: Arrays, title: str, traces: tuple[RecordedTrace, ...]) -> Recording:
    frames = np.asarray(arrays["frames"])
    if frames.ndim not in (2, 3) or frames.dtype.kind not in "fiub":
        raise ValueError(
            f"frames are of {frames.dtype} and shape {frames.shape}, not numbers of shape "
            "(n_frames, n) or (n_frames, y, x)"
        )
    if not len(frames):
        raise ValueError("there is no frame in it")
    n = len(frames)
    times = arrays.get("frame_times_ms", np.arange(n, dtype=np.float64))
    times = checked_array("frame_times_ms", times, shape=(n,), dtype=np.float64)
    geometry = _geometry(arrays)
    if geometry is not None:
        scene = morphology_scene(
            geometry,
            frames[0],
            unit=_text(arrays, "unit"),
            label=_text(arrays, "label"),
            limits=limits_of(arrays.get("limits"), frames),
            title=title,
        )
    else:
        scene = _grid_scene(arrays, frames, title)
    field = scene.field_by_id(DISPLAY_FIELD_ID)
    id_of = geometry.segment_ids if geometry is not None else ()
    traces = tuple(
        replace(each, segment_id=each.id) if each.id in id_of else each for each in traces
    )
    return Recording(scene, times, DISPLAY_FIELD_ID, ArrayFrames(frames, field), traces)


def _grid_scene(arrays: Arrays, frames: NDArray[Any], title: str) -> Scene:
    """Return the scene of frames without a morphology: a line, or an image."""
    dims = ("y", "x")[-(frames.ndim - 1) :]
    sizes = dict(zip(dims, frames.shape[1:], strict=True))
    coords = {
        dim: checked_array(dim, arrays.get(dim, np.arange(size)), shape=(size,))
        for dim, size in sizes.items()
    }
    unit, label = _text(arrays, "unit"), _text(arrays, "label") or VALUE
    axis = _text(arrays, "axis_unit")
    x_label, y_label = (f"{dim} ({axis})" if axis else dim for dim in ("x", "y"))
    field = Field(DISPLAY_FIELD_ID, frames[0], dims, coords, unit)
    limits = limits_of(arrays.get("limits"), frames)
    view: ImageViewSpec | LinePlotViewSpec
    if len(dims) == 2:
        view = ImageViewSpec(
            "image", field.id, title, unit=unit, label=label, x_label=x_label, y_label=y_label,
            color_limits=limits,
        )  # fmt: skip
    else:
        view = LinePlotViewSpec(
            "line", field.id, title, x_unit=axis, y_label=label, y_unit=unit, y_limits=limits
        )
    panel = PanelSpec(view.id, view.KIND, title, view.id)
    facts = {"Values in a frame": " × ".join(str(size) for size in sizes.values())}
    return Scene(
        title=title,
        fields=(field,),
        views=(view,),
        layout=LayoutSpec((panel,), panel.id),
        backend="Recording",
        facts=facts,
    )


def _text(arrays: Arrays, name: str) -> str:
    return str(arrays[name]) if name in arrays else ""


def _geometry(arrays: Arrays) -> MorphologyGeometry | None:
    if f"{_PREFIX}points" not in arrays:
        return None
    parts: dict[str, Any] = {name: arrays[_PREFIX + name] for name in _ARRAYS}
    parts |= {name: tuple(arrays[_PREFIX + name].astype(str).tolist()) for name in _NAMES}
    return MorphologyGeometry(**parts)


def write_recording(
    path: str | os.PathLike[str],
    *,
    frames: ArrayLike,
    times: ArrayLike,
    geometry: MorphologyGeometry | None = None,
    unit: str = "",
    label: str = "",
    limits: tuple[float, float] | None = None,
    title: str = "",
    coords: Mapping[str, ArrayLike] | None = None,
    traces: Sequence[RecordedTrace] = (),
    events: Sequence[RecordedEvents] = (),
) -> Path:
    """Write a recording that Somascope opens; return its path, which ends in ``.npz``.

    The file is complete or does not appear: it is written under another name, then moved.

    Parameters
    ----------
    frames : array, shape (n_frames, n_segments), or (n_frames, x) or (n_frames, y, x) without a `geometry`
        In `unit`.
    times : array, shape (n_frames,)
        ms.
    coords : mapping of str to array
        Coordinates ``"x"`` and ``"y"`` of frames without a `geometry`.
    traces : sequence of RecordedTrace
        They must all have the same times.
    events : sequence of RecordedEvents
        Of rasters, each with the names of its rows.

    Raises
    ------
    ProtocolError
        If shapes disagree.
    OSError
        If the file cannot be written.
    """
    array = np.asarray(frames)
    n_segments = None if geometry is None else geometry.n_segments
    shape = (None, n_segments) if geometry is not None else (None,) * array.ndim
    array = checked_array("frames", frames, shape=shape)
    content: dict[str, Any] = {
        "frames": array,
        "frame_times_ms": checked_array("times", times, shape=(len(array),), dtype=np.float64),
        "unit": unit,
        "label": label,
        **{name: np.asarray(each) for name, each in (coords or {}).items()},
    }
    if title and title != UNTITLED:
        content["title"] = title
    if limits is not None:
        content["limits"] = np.asarray(limits, np.float64)
    if geometry is not None:
        content |= {_PREFIX + name: getattr(geometry, name) for name in _ARRAYS}
        content |= {_PREFIX + name: np.array(getattr(geometry, name), str) for name in _NAMES}
    if traces:
        shared = traces[0].times
        content |= {
            "time_ms": shared,
            "values": np.column_stack(
                [checked_array(f"trace {t.id!r}", t.values, shape=shared.shape) for t in traces]
            ),
            "labels": np.array([each.id for each in traces]),
            "units": np.array([each.unit for each in traces]),
        }
    content |= written_events(events)
    target = Path(path)
    target = target if target.suffix.lower() == ".npz" else target.with_name(f"{target.name}.npz")
    _save(target, content)
    return target


def _save(target: Path, content: Mapping[str, Any]) -> None:
    temporary = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        with temporary.open("wb") as file:
            np.savez_compressed(file, **content)
        temporary.replace(target)
    finally:
        temporary.unlink(missing_ok=True)
