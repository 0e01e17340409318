"""`RunResult`: what a run has recorded, as arrays with units."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from backends.driving.collector import GrowingTrace
from backends.errors import RequestError
from backends.field import Field
from backends.scene import Scene
from backends.views import RasterViewSpec

if TYPE_CHECKING:
    from backends.replay.frames import RecordedEvents, RecordedTrace

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class TraceSamples:
    """One trace.

    Attributes
    ----------
    times, values : ndarray, shape (n_samples,)
        ms, not decreasing; in `unit`.
    unit : str
        "" for none.
    """

    name: str
    times: FloatArray
    values: FloatArray
    unit: str = ""
    segment_id: str | None = None

    @classmethod
    def of(cls, trace: GrowingTrace, axis_unit: str | None) -> TraceSamples:
        """Return what a trace has grown to; without a unit of its own it has that of its plot."""
        times, values = trace.joined()
        unit = axis_unit if trace.unit is None else trace.unit
        return cls(trace.trace_id, times, values, unit or "", trace.segment_id)

    def __repr__(self) -> str:
        unit = f" {self.unit}" if self.unit else ""
        return f"<{self.name}: {len(self.times)} samples{unit}>"


@dataclass(frozen=True, eq=False)
class RunResult:
    """What `run` returns.

    Attributes
    ----------
    scene : Scene or None
        As it was at the end.
    time_ms : float
        Simulated time reached, ms.
    traces : mapping of str to TraceSamples
        By name; ``result["soma(0.5)"]`` is ``result.traces["soma(0.5)"]``.
    fields : mapping of str to Field
        Values at the end, with their units and coordinates.
    frame_times : ndarray, shape (n_frames,)
        ms; empty unless `run` was given `frame_ms`.
    frames : ndarray, shape (n_frames, …)
        Values of `frame_field` at these times, in its unit.
    frame_field : str
        Id of that field, "" for none.
    events : mapping of str to (rows, times)
        Of each raster: which row each event belongs to, and when it was, ms.
    errors : tuple of str
        What went wrong without ending the run.
    is_complete : bool
        Whether the whole time was simulated.
    """

    scene: Scene | None
    time_ms: float
    traces: Mapping[str, TraceSamples]
    fields: Mapping[str, Field]
    frame_times: FloatArray
    frames: NDArray[np.floating]
    frame_field: str = ""
    events: Mapping[str, tuple[NDArray[np.int32], FloatArray]] = field(default_factory=dict)
    errors: tuple[str, ...] = ()
    is_complete: bool = True

    def __getitem__(self, name: str) -> TraceSamples:
        if name not in self.traces:
            raise KeyError(
                f"there is no trace {name!r}; there are {', '.join(self.traces) or 'none'}"
            )
        return self.traces[name]

    def __repr__(self) -> str:
        named = ", ".join(self.traces) or "no traces"
        return f"<RunResult: {self.time_ms:g} ms, {named}>"

    @property
    def times(self) -> FloatArray:
        """The times of the traces, ms, shape (n_samples,).

        Raises
        ------
        RequestError
            ``times-differ``: the traces have different times; each has its own in ``traces[name].times``.
        """
        all_times = [each.times for each in self.traces.values()]
        if not all_times:
            return np.empty(0)
        if not all(np.array_equal(each, all_times[0]) for each in all_times[1:]):
            raise RequestError(
                "The traces have different times; take those of each: result[name].times.",
                code="times-differ",
            )
        return all_times[0]

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write frames, traces and events to an NPZ file, which Somascope replays; return its path.

        Traces without the times of the first one are left to `somascope run --traces`.

        Raises
        ------
        RequestError
            ``no-frames``: the run has none; give `run` a `frame_ms`.
        OSError
            If the file cannot be written.
        """
        from backends.replay.npz import write_recording

        if not self.frame_field or self.scene is None:
            raise RequestError(
                "The run has no frames to save; give it frame_ms, the time between frames.",
                code="no-frames",
            )
        shown = self.fields[self.frame_field]
        view = self.scene.morphology_view
        is_cell = view is not None and view.field_id == self.frame_field
        return write_recording(
            path,
            frames=self.frames,
            times=self.frame_times,
            geometry=self.scene.geometry if is_cell else None,
            unit=shown.unit or "",
            label=view.label if view is not None and is_cell else "",
            limits=view.color_limits
            if view is not None and is_cell and isinstance(view.color_limits, tuple)
            else None,
            title=self.scene.title,
            coords={} if is_cell else {d: c for d, c in shown.coords.items() if d in ("x", "y")},
            traces=self._savable_traces(),
            events=self._savable_events(),
        )

    def _savable_events(self) -> list[RecordedEvents]:
        from backends.replay.frames import RecordedEvents

        views = () if self.scene is None else self.scene.views
        titles = {each.field_id: each.title for each in views if isinstance(each, RasterViewSpec)}
        found = []
        for field_id, (rows, times) in self.events.items():
            coords = self.fields[field_id].coords if field_id in self.fields else {}
            names = next(iter(coords.values()), ())
            title = titles.get(field_id) or "Spikes"
            found.append(RecordedEvents(field_id, rows, times, tuple(map(str, names)), title))
        return found

    def _savable_traces(self) -> list[RecordedTrace]:
        from backends.replay.frames import RecordedTrace

        found = list(self.traces.values())
        return [
            RecordedTrace(each.name, each.times, each.values, each.unit, each.segment_id)
            for each in found
            if np.array_equal(each.times, found[0].times)
        ]
