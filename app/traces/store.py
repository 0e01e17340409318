"""`TraceStore`: all traces of a plot, within a limit of memory; no Qt."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from numpy.typing import ArrayLike

from app.palette import Rgb
from app.traces.envelope import TraceBuffer

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
    """

    trace_id: str
    label: str
    color: Rgb
    unit: str | None = None
    note: str = ""
    shown: bool = True
    quantity: str = ""
    buffer: TraceBuffer = field(default_factory=TraceBuffer)

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
        trace.shown = known.shown if known else trace.shown
        self._traces[trace.trace_id] = trace
        self._share_memory()
        trace.buffer.append(times, values)
        return trace

    def remove(self, trace_id: str) -> None:
        """Remove a trace; KeyError if there is none."""
        del self._traces[trace_id]
        self._share_memory()

    def _share_memory(self) -> None:
        share = min(self._max_samples, self._max_total // max(len(self._traces), 1))
        for trace in self:
            trace.buffer.limit(share)
