"""`Spikes`: the spikes of `spike_sources`, as events of a raster with one row a source."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from backends.errors import ProtocolError, RequestError
from backends.field import Field
from backends.live.history import TraceHistory
from backends.live.hook_checks import error_of_hook, hook_error
from backends.live.hooks import SessionHooks
from backends.messages import EventsAppend, FieldReplace
from backends.scene import DisplayVariable, MorphologyGeometry, ViewSpec
from backends.views import RasterViewSpec

SPIKES_FIELD_ID = "spikes"
"""How many spikes each source has had; its events are those of the raster."""
THRESHOLD_MV = 10.0
"""NEURON's own default."""
_HOOK = "spike_sources"

Events = tuple[NDArray[np.int32], NDArray[np.float64]]


class SpikeSource(NamedTuple):
    """One row of the raster.

    Attributes
    ----------
    name : str
        "" where the author has given none.
    place : object
        What the author returned: a section, a segment, its id, a compartment, a NetCon.
    threshold : float or None
        mV; None where the author has given none.
    field_id : str
        Of the raster's field.
    line : str
        Where a script asks for it, in errors: ``"my_model.py, line 9"``; "" where the hook of a class does.
    """

    name: str
    place: Any
    threshold: float | None
    field_id: str = SPIKES_FIELD_ID
    line: str = ""


class SpikeReader(Protocol):
    """Where the spikes come from."""

    def drain(self) -> Events:
        """Return the spikes since the last call: rows (n,) and times (n,) in ms."""

    def restart(self) -> None:
        """Forget what was before a reset."""


class SpikingRun(Protocol):
    """What is needed of the engine."""

    session: SessionHooks
    history: TraceHistory
    geometry: MorphologyGeometry | None

    def segment_of(self, place: Any) -> str:
        """Return the id of the segment at a place."""

    def spike_reader(self, sources: Sequence[SpikeSource]) -> SpikeReader:
        """Return what reads the spikes of the sources."""


def spike_sources(session: SessionHooks) -> list[SpikeSource]:
    """Return what `spike_sources` returns, checked; ProtocolError for anything else."""
    given: Any = session.spike_sources()
    wanted = "a list of places, or a mapping of places by name"
    if isinstance(given, str) or not isinstance(given, (Mapping, Iterable)):
        raise hook_error(session, _HOOK, given, wanted)
    pairs = given.items() if isinstance(given, Mapping) else (("", each) for each in given)
    found = []
    for name, place in pairs:
        if isinstance(place, SpikeSource):
            found.append(place)
            continue
        threshold: Any = None
        if isinstance(place, tuple):
            place, threshold = place if len(place) == 2 else (None, None)
        is_number = isinstance(threshold, (int, float)) and np.isfinite(threshold)
        if not isinstance(name, str) or place is None or not (is_number or threshold is None):
            raise hook_error(
                session, _HOOK, given, f"{wanted}; each may be (place, threshold in mV)"
            )
        found.append(SpikeSource(name, place, threshold))
    return found


class Spikes:
    """The spikes of one session, on their way to the window.

    Parameters
    ----------
    live : SpikingRun
    """

    def __init__(self, live: SpikingRun) -> None:
        self._live = live
        self._reader: SpikeReader | None = None
        self._names: tuple[str, ...] = ()
        self._counts = np.zeros(0, np.int64)
        self._of_field: dict[str, NDArray[np.intp]] = {}  # its sources, in order

    def open(self) -> None:
        """Begin to read the spikes of `spike_sources`, if there are any.

        Raises
        ------
        ProtocolError
            If the hook returned what is no source of spikes.
        """
        session = self._live.session
        sources = spike_sources(session)
        if not sources:
            return
        ids = [each.field_id for each in sources]
        self._of_field = {
            id_: np.flatnonzero([each == id_ for each in ids]) for id_ in dict.fromkeys(ids)
        }
        try:
            self._names = self._named(sources)
            self._reader = self._live.spike_reader(sources)
        except RequestError as error:
            raise _error_of(session, sources, error) from error
        self._counts = np.zeros(len(sources), np.int64)

    def close(self) -> None:
        """Release the sources."""
        self._reader = None

    def _named(self, sources: Sequence[SpikeSource]) -> tuple[str, ...]:
        """Return the names of the rows: the author's, else the cells', where a cell has one row, else the segments'."""
        names = [source.name for source in sources]
        for own in self._of_field.values():
            unnamed = [int(i) for i in own if not names[i]]
            found = self._names_of_places([sources[i].place for i in unnamed])
            for i, name in zip(unnamed, found, strict=True):
                names[i] = name
        return tuple(names)

    def _names_of_places(self, places: Sequence[Any]) -> list[str]:
        ids = [self._live.segment_of(each) for each in places]
        geometry = self._live.geometry
        if geometry is None:
            return ids
        cells = [
            geometry.cell_names[geometry.cell_index[geometry.index_of(id_)]]
            if id_ in geometry
            else id_
            for id_ in ids
        ]
        return cells if len(set(cells)) == len(cells) else ids

    def fields(self) -> list[Field]:
        """Return the fields of the spikes, one for each raster; none where there are no sources."""
        if self._reader is None:
            return []
        return [
            Field(id_, self._counts[own], ("row",), {"row": tuple(self._names[i] for i in own)})
            for id_, own in self._of_field.items()
        ]

    def views(self, there: Iterable[ViewSpec]) -> list[ViewSpec]:
        """Return a raster of the spikes, where there are some that no view shows."""
        is_shown = any(SPIKES_FIELD_ID in each.field_ids for each in there)
        if self._reader is None or is_shown or SPIKES_FIELD_ID not in self._of_field:
            return []
        return [RasterViewSpec(SPIKES_FIELD_ID, SPIKES_FIELD_ID, title="Spikes")]

    def emit(self, *, from_start: bool = False) -> None:
        """Send the new spikes and how many each source has had; `from_start` forgets those before."""
        if self._reader is None:
            return
        if from_start:
            self._reader.restart()
            self._counts[:] = 0
        rows, times = self._reader.drain()
        if not len(rows) and not from_start:
            return
        self._counts += np.bincount(rows, minlength=len(self._counts))
        session = self._live.session
        for id_, own in self._of_field.items():
            place = np.full(len(self._counts), -1, np.int32)
            place[own] = np.arange(len(own))
            at = place[rows]
            mine = at >= 0
            if mine.any() or from_start:
                at = at[mine]
                session.emit(EventsAppend(id_, at, times[mine], from_start))
                session.emit(FieldReplace(id_, self._counts[own]))


def _error_of(
    session: SessionHooks, sources: Sequence[SpikeSource], error: RequestError
) -> ProtocolError:
    """Return what is wrong with sources, as an error of what has asked for them."""
    lines = {each.line for each in sources}
    if "" in lines:
        return error_of_hook(session, _HOOK, error.message, error.code, joint=": ")
    line = " and ".join(sorted(lines))
    words = f"raster: {error.message.rstrip('.')} ({line})."
    return ProtocolError(words, code=error.code, hint="edit-script", location=line)


class SampledSpikes:
    """Spikes where a sampled voltage rises through a threshold, at the time between two samples.

    Parameters
    ----------
    history : callable
        Returns the history that samples `segments`.
    segments : sequence of int
    thresholds : sequence of float
        mV.
    """

    def __init__(
        self,
        history: Callable[[], TraceHistory],
        segments: Sequence[int],
        thresholds: Sequence[float],
    ) -> None:
        self._history = history
        self._thresholds = np.asarray(thresholds, float)
        self._last: tuple[NDArray[np.float64], NDArray[np.float32]] | None = None
        history().also_sample(segments)

    def restart(self) -> None:
        """Forget what was before a reset."""
        self._last = None

    def drain(self) -> Events:
        """Return the spikes since the last call: rows (n,) and times (n,) in ms."""
        times, values = self._history().drain_also_sampled()
        if self._last is not None:
            times = np.concatenate([self._last[0], times])
            values = np.concatenate([self._last[1], values])
        if not len(times):
            return np.zeros(0, np.int32), np.zeros(0)
        self._last = times[-1:], values[-1:]
        before, after = values[:-1], values[1:]
        steps, rows = np.nonzero((before < self._thresholds) & (after >= self._thresholds))
        low, high = before[steps, rows], after[steps, rows]
        share = (self._thresholds[rows] - low) / (high - low)
        return rows.astype(np.int32), times[steps] + share * (times[steps + 1] - times[steps])


def check_variable(variable: DisplayVariable) -> None:
    """Raise RequestError unless what is sampled is the voltage."""
    if variable.name != "v":
        raise RequestError(
            f"spikes are read from sampled voltages, and the cell is coloured by {variable.name!r} first; colour it "
            "by 'v' first (display_variable, morphology), and show the other one in a further view.",
            code="unknown-variable",
        )
