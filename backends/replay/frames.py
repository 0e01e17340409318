"""What was recorded: frames of one field over time, traces, and the scene that shows them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from backends.errors import ProtocolError
from backends.field import Field, checked_array, checked_name
from backends.messages import EventsAppend, FieldReplace, SessionUpdate
from backends.scene import Scene

FloatArray = NDArray[np.float64]
Coords = Mapping[str, Any]


class Frames(Protocol):
    """The frames of one field, in memory or in a file."""

    def __len__(self) -> int:
        """Return how many there are."""

    def values(self, index: int) -> NDArray[Any]:
        """Return a frame; its shape is the field's."""

    def coords(self, index: int) -> Coords | None:
        """Return the coordinates of a frame, None where they are those of the scene's field."""

    def column(self, segment: int, start: int, stop: int) -> NDArray[Any]:
        """Return one segment's values of the frames ``start … stop - 1``, shape (stop - start,)."""


class ArrayFrames:
    """Frames in memory.

    Parameters
    ----------
    frames : array, shape (n_frames, …), or iterable
        Arrays of the field's shape, or pairs of such an array and its coordinates (a mapping by dimension,
        None: those of the scene's field).
    field : Field
        Of the scene; a frame without coordinates must have its shape.

    Raises
    ------
    ProtocolError
        Naming the frame whose shape is wrong.
    """

    def __init__(self, frames: ArrayLike | Iterable[Any], field: Field) -> None:
        pairs = [_pair(each) for each in frames]  # type: ignore[union-attr]
        self._coords = [coords for _, coords in pairs]
        self._values = [np.asarray(values) for values, _ in pairs]
        for i, (values, coords) in enumerate(zip(self._values, self._coords, strict=True)):
            if values.shape != field.values.shape and coords is None:
                raise ProtocolError(
                    f"frame {i} has shape {values.shape}, field {field.id!r} has "
                    f"{field.values.shape}; give frames of that shape, or their coordinates too",
                    code="bad-shape",
                )
            if coords is not None:  # checks shape and coordinates against each other
                Field(field.id, values, field.dims, coords, field.unit)

    def __len__(self) -> int:
        return len(self._values)

    def values(self, index: int) -> NDArray[Any]:
        """See `Frames`."""
        return self._values[index]

    def coords(self, index: int) -> Coords | None:
        """See `Frames`."""
        return self._coords[index]

    def column(self, segment: int, start: int, stop: int) -> NDArray[Any]:
        """See `Frames`."""
        return np.array([each[segment] for each in self._values[start:stop]])


def _pair(frame: Any) -> tuple[Any, Coords | None]:
    """Return values and coordinates of what may be given as a frame."""
    if isinstance(frame, tuple) and len(frame) == 2 and isinstance(frame[1], Mapping | None):
        return frame[0], frame[1]
    return frame, None


@dataclass(frozen=True, eq=False)
class RecordedTrace:
    """One trace of a recording.

    Attributes
    ----------
    id : str
        Unique in the recording.
    times : ndarray, shape (n_samples,)
        ms, not decreasing.
    values : ndarray, shape (n_samples,)
        In `unit`.
    segment_id : str or None
        The segment to mark on the cell, if it belongs to one.
    label, quantity : str
        See `TraceAdded`.
    """

    id: str
    times: FloatArray
    values: NDArray[Any]
    unit: str = ""
    segment_id: str | None = None
    label: str = ""
    quantity: str = ""

    def __post_init__(self) -> None:
        checked_name("RecordedTrace.id", self.id)
        where = f"trace {self.id!r}"
        times = checked_array(f"{where}: times", self.times, shape=(None,), dtype=np.float64)
        values = checked_array(f"{where}: values", self.values, shape=times.shape)
        if not np.isfinite(times).all() or (np.diff(times) < 0).any():
            raise ProtocolError(f"{where}: its times (ms) decrease", code="not-increasing")
        object.__setattr__(self, "times", times)
        object.__setattr__(self, "values", values)


@dataclass(frozen=True, eq=False)
class RecordedEvents:
    """The events of one raster.

    Attributes
    ----------
    field_id : str
        The field of the raster: its values are how many events each row has had.
    rows : ndarray of int, shape (n,)
        The row of each event, from 0 on.
    times : ndarray, shape (n,)
        ms; both are sorted by time here.
    names : tuple of str
        Of the rows, for a file; () numbers them.
    title : str
        Of the raster, for a file.
    """

    field_id: str
    rows: NDArray[np.int32]
    times: FloatArray
    names: tuple[str, ...] = ()
    title: str = "Spikes"

    def __post_init__(self) -> None:
        checked_name("RecordedEvents.field_id", self.field_id)
        where = f"events of {self.field_id!r}"
        times = checked_array(f"{where}: times", self.times, shape=(None,), dtype=np.float64)
        rows = checked_array(f"{where}: rows", self.rows, shape=times.shape, dtype=np.int32)
        if not np.isfinite(times).all():
            raise ProtocolError(f"{where}: a time (ms) is not finite", code="not-finite")
        order = np.argsort(times, kind="stable")
        object.__setattr__(self, "times", times[order])
        object.__setattr__(self, "rows", rows[order])

    @property
    def row_names(self) -> tuple[str, ...]:
        """The names of the rows, or their numbers."""
        n_rows = int(self.rows.max()) + 1 if len(self.rows) else 0
        return self.names or tuple(map(str, range(n_rows)))

    def updates(self, after_ms: float, until_ms: float, n_rows: int) -> list[SessionUpdate]:
        """Return what tells of the events after a time, and how many each row has had; -inf: of all from the start."""
        begin, end = (int(np.searchsorted(self.times, t, "right")) for t in (after_ms, until_ms))
        is_whole = after_ms == -np.inf
        if begin == end and not is_whole:
            return []
        counts = np.bincount(self.rows[:end], minlength=n_rows).astype(np.float64)
        return [
            EventsAppend(self.field_id, self.rows[begin:end], self.times[begin:end], is_whole),
            FieldReplace(self.field_id, counts, until_ms),
        ]


def _nothing() -> None:
    return


@dataclass(frozen=True, eq=False)
class Recording:
    """What a `ReplaySession` shows.

    Attributes
    ----------
    scene : Scene
    times : ndarray, shape (n,)
        When the clock stands still for a moment: the times of the frames; without frames those of the
        traces. ms, increasing.
    field_id : str
        The field that the frames belong to; "" without frames.
    frames : Frames or None
    traces : tuple of RecordedTrace
    events : tuple of RecordedEvents
        Their fields are in the scene.
    close : callable
        Closes the file, where there is one.
    """

    scene: Scene
    times: FloatArray
    field_id: str = ""
    frames: Frames | None = None
    traces: tuple[RecordedTrace, ...] = ()
    events: tuple[RecordedEvents, ...] = ()
    close: Callable[[], object] = field(default=_nothing)

    def __post_init__(self) -> None:
        times = checked_array("the recording's times", self.times, shape=(None,), dtype=np.float64)
        if not len(times):
            raise ProtocolError("the recording is empty: it has no time", code="empty-recording")
        if not np.isfinite(times).all() or (np.diff(times) <= 0).any():
            at = int(np.argmin(np.diff(times))) + 1 if np.isfinite(times).all() else 0
            raise ProtocolError(
                f"the recording's times must increase; time {at} ({times[at]:g} ms) does not",
                code="not-increasing",
            )
        if self.frames is not None and len(self.frames) != len(times):
            raise ProtocolError(
                f"the recording has {len(self.frames)} frames and {len(times)} times",
                code="bad-shape",
            )
        ids = [each.id for each in self.traces]
        for id_ in ids:
            if ids.count(id_) > 1:
                raise ProtocolError(
                    f"the recording has two traces called {id_!r}", code="repeated-id"
                )
        for each in self.events:
            n_rows = len(field_of(self.scene, each.field_id).values)
            if len(each.rows) and not 0 <= each.rows.min() <= each.rows.max() < n_rows:
                raise ProtocolError(
                    f"events of {each.field_id!r}: row {each.rows.max()} has an event, but there are {n_rows} "
                    "rows, from 0 on",
                    code="bad-index",
                )
        object.__setattr__(self, "times", times)
        object.__setattr__(self, "traces", tuple(self.traces))
        object.__setattr__(self, "events", tuple(self.events))


def field_of(scene: Scene, field_id: str) -> Field:
    """Return a scene's field; ProtocolError, code ``unknown-field``, naming those that there are."""
    found = next((each for each in scene.fields if each.id == field_id), None)
    if found is None:
        there = ", ".join(each.id for each in scene.fields) or "none"
        raise ProtocolError(
            f"the scene has no field {field_id!r} to replay; there are {there}",
            code="unknown-field",
        )
    return found


def clock_of(traces: Sequence[RecordedTrace | RecordedEvents]) -> FloatArray:
    """Return all times (ms) of traces and events, each once."""
    times = [each.times for each in traces]
    return np.unique(np.concatenate(times)) if times else np.empty(0)
