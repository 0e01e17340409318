"""What is known of the download queue in memory: its rows, and what happened since it was last asked. No Qt.

`Mirror` may be used from any thread. Jobs are values: one that did not change stays the same object.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from neuromorpho.bulk.queue import DownloadJob, JobState
from neuromorpho.records.models import NeuroMorphoNeuron


@dataclass(frozen=True, slots=True)
class DownloadRow:
    """One row of the queue.

    Attributes
    ----------
    reason : str
        Why it failed; of one that landed, what could not be had beside it; else "".
    n_bytes : int
        On disk, or so far.
    total_bytes : int or None
        Of the file that is being fetched, where the server tells.
    """

    neuron_id: int
    name: str
    state: JobState = "waiting"
    reason: str = ""
    n_bytes: int = 0
    total_bytes: int | None = None

    @classmethod
    def of(cls, job: DownloadJob) -> DownloadRow:
        """Return the row of a job of the queue."""
        n_bytes = sum(each.size for each in job.files)
        return cls(job.neuron_id, job.neuron.neuron_name, job.state, job.reason or "", n_bytes)


@dataclass(frozen=True, slots=True)
class Completed:
    """A cell's file is there."""

    neuron_id: int
    path: Path


@dataclass(frozen=True, slots=True)
class DownloadFailed:
    """A cell's file could not be had."""

    neuron_id: int
    sentence: str


@dataclass(frozen=True, slots=True)
class AddFailed:
    """A cell that was added by its id has no row: nobody knows its record."""

    neuron_id: int
    sentence: str


Event = Completed | DownloadFailed | AddFailed


class QueueSnapshot:
    """The queue's rows in order, and events that nobody has heard yet."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._jobs: dict[int, DownloadRow] = {}
        self._events: deque[Event] = deque()

    def jobs(self) -> list[DownloadRow]:
        """Return all rows in order."""
        with self._lock:
            return list(self._jobs.values())

    def ids(self, *states: JobState, among: Iterable[int] | None = None) -> list[int]:
        """Return the cells in one of these states, all or those `among`, in order."""
        some = None if among is None else set(among)
        return [
            each.neuron_id
            for each in self.jobs()
            if each.state in states and (some is None or each.neuron_id in some)
        ]

    def read(self, jobs: Iterable[DownloadRow]) -> None:
        """Have these rows and no other."""
        found = {each.neuron_id: each for each in jobs}
        with self._lock:
            self._jobs = found

    def add(self, neurons: Iterable[NeuroMorphoNeuron]) -> list[int]:
        """Add rows at the end, that wait; return the cells that are here already."""
        known = []
        with self._lock:
            for each in neurons:
                if each.neuron_id in self._jobs:
                    known.append(each.neuron_id)
                else:
                    self._jobs[each.neuron_id] = DownloadRow(each.neuron_id, each.neuron_name)
        return known

    def note(self, job: DownloadRow) -> None:
        """Have a row as it is told, at the end if it is new."""
        with self._lock:
            self._jobs[job.neuron_id] = job

    def update(self, neuron_id: int, **changes: Any) -> bool:
        """Change a row; return whether it is here: it is not, if it was cancelled."""
        with self._lock:
            job = self._jobs.get(neuron_id)
            if job is not None:
                self._jobs[neuron_id] = replace(job, **changes)
            return job is not None

    def forget(self, ids: Iterable[int]) -> None:
        """Take rows out."""
        with self._lock:
            for each in ids:
                self._jobs.pop(each, None)

    def move(self, neuron_id: int, before: int | None) -> None:
        """Put a row right before another, or (None) at the end."""
        with self._lock:
            moved = self._jobs.pop(neuron_id, None)
            if moved is None:
                return
            rest, self._jobs = self._jobs, {}
            for each in rest.values():
                if each.neuron_id == before:
                    self._jobs[neuron_id] = moved
                self._jobs[each.neuron_id] = each
            self._jobs.setdefault(neuron_id, moved)

    def tell(self, *events: Event) -> None:
        """Keep what happened until it is taken."""
        with self._lock:
            self._events += events

    def take_event(self) -> Event | None:
        """Return the oldest thing that happened, None where there is none."""
        with self._lock:
            return self._events.popleft() if self._events else None
