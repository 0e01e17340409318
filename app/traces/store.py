"""`TraceStore`: all traces of a plot, within a limit of memory; no Qt."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from app.palette import Rgb
from app.traces.envelope import TraceBuffer, checked_samples

MAX_SAMPLES = 2_000_000
MAX_TOTAL_SAMPLES = 20_000_000


@dataclass(slots=True)
class StoredTrace:
    """A trace and how it is shown.

    Attributes
    ----------
    unit : str or None
        None: the unit of the plot.
    note : str
        Where its samples come from, if not from the start of the run.
    quantity : str
        What the values are, for the axis; "" is what the plot shows.
    pattern : int
        0 … 3: line style and mark, which tell traces of one colour apart.
    last_run : TraceBuffer or None
        The samples of the run before the last Init.
    """

    trace_id: str
    label: str
    color: Rgb
    unit: str | None = None
    note: str = ""
    shown: bool = True
    quantity: str = ""
    pattern: int = 0
    buffer: TraceBuffer = field(default_factory=TraceBuffer)
    last_run: TraceBuffer | None = None

    @property
    def remark(self) -> str:
        """The note, and the time before which samples were dropped to limit memory."""
        if not self.buffer.dropped:
            return self.note
        dropped = f"samples before {self.buffer.first_time:.1f} ms were dropped"
        return f"{self.note}; {dropped}" if self.note else dropped


class TraceStore:
    """Traces by id, in the order in which they were added.

    Parameters
    ----------
    max_samples, max_total_samples : int
        Limits for one trace and for all together (16 bytes per sample, and half as much again for
        drawing).
    """

    def __init__(
        self, max_samples: int = MAX_SAMPLES, max_total_samples: int = MAX_TOTAL_SAMPLES
    ) -> None:
        self._traces: dict[str, StoredTrace] = {}
        self._max_samples = max_samples
        self._max_total = max_total_samples

    def __len__(self) -> int:
        return len(self._traces)

    def __iter__(self) -> Iterator[StoredTrace]:
        return iter(self._traces.values())

    def __contains__(self, trace_id: object) -> bool:
        return trace_id in self._traces

    def __getitem__(self, trace_id: str) -> StoredTrace:
        return self._traces[trace_id]

    def get(self, trace_id: str) -> StoredTrace | None:
        """Return a trace, or None."""
        return self._traces.get(trace_id)

    def put(self, trace: StoredTrace, times: ArrayLike, values: ArrayLike) -> StoredTrace:
        """Add or replace a trace with all its samples; a hidden one stays hidden."""
        known = self._traces.get(trace.trace_id)
        if known is not None:
            trace.shown = known.shown
            if known.unit == trace.unit:
                trace.last_run = _last_run(known, np.atleast_1d(times))
        self._traces[trace.trace_id] = trace
        self._share_memory()
        trace.buffer.append(times, values)
        return trace

    def append(self, rows: Sequence[str], times: ArrayLike, values: ArrayLike) -> None:
        """Add samples to known traces; rows of others are ignored.

        Parameters
        ----------
        rows : sequence of str
            Trace ids.
        times : array_like, shape (n,)
            ms, not decreasing. Samples at earlier times replace those there.
        values : array_like, shape (n_rows, n)
        """
        new_times, new_values = checked_samples(times, values)
        for trace_id, row in zip(rows, new_values, strict=True):
            trace = self._traces.get(trace_id)
            if trace is not None:
                trace.buffer.extend(new_times, row)

    def remove(self, trace_id: str) -> None:
        """Remove a trace; KeyError if there is none."""
        del self._traces[trace_id]
        self._share_memory()

    def _share_memory(self) -> None:
        buffers = [each.buffer for each in self]
        buffers += [each.last_run for each in self if each.last_run is not None]
        share = min(self._max_samples, self._max_total // max(len(buffers), 1))
        for buffer in buffers:
            buffer.limit(share)


class ShownTraces:
    """The traces of a store that one plot shows, in its order. A store may have several plots.

    Attributes
    ----------
    store : TraceStore
    """

    def __init__(self, store: TraceStore) -> None:
        self.store = store
        self._ids: dict[str, None] = {}

    def __len__(self) -> int:
        return len(self._ids)

    def __iter__(self) -> Iterator[StoredTrace]:
        return (self.store[trace_id] for trace_id in self._ids)

    def __contains__(self, trace_id: object) -> bool:
        return trace_id in self._ids

    def __getitem__(self, trace_id: str) -> StoredTrace:
        if trace_id not in self._ids:
            raise KeyError(trace_id)
        return self.store[trace_id]

    def get(self, trace_id: str) -> StoredTrace | None:
        """Return a trace that is shown, or None."""
        return self.store.get(trace_id) if trace_id in self._ids else None

    def has_any(self, trace_ids: Iterable[str]) -> bool:
        """Whether one of some traces is shown."""
        return not self._ids.keys().isdisjoint(trace_ids)

    def add(self, trace_id: str) -> StoredTrace:
        """Show a trace of the store, the last; KeyError if it has none of that id."""
        trace = self.store[trace_id]
        self._ids[trace_id] = None
        return trace

    def discard(self, trace_id: str) -> None:
        """Do not show a trace any more."""
        self._ids.pop(trace_id, None)


def last_run_id(trace_id: str) -> str:
    """Return the id of the curve of a trace's last run; no trace has it, since it has a line break."""
    return f"{trace_id}\nlast run"


def _last_run(known: StoredTrace, times: NDArray[Any]) -> TraceBuffer | None:
    """Return the run to keep when a trace is sent again with samples at `times`: after Init, what is there now."""
    ran = len(known.buffer) > 1
    is_init = not len(times) or (len(times) == 1 and times[0] <= known.buffer.first_time)
    return known.buffer if ran and is_init else known.last_run
