"""`QueueSnapshot`: the rows of the download queue in memory, kept up to date from any thread. No Qt.

The window shows thousands of rows without reading the queue's file. Rows are values: one that did not change
stays the same object.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from neuromorpho.bulk.queue import DownloadJob, JobState
from neuromorpho.bulk.report import BulkItem
from neuromorpho.bulk.worker import DownloadListener
from neuromorpho.records.models import NeuroMorphoNeuron


@dataclass(frozen=True, slots=True)
class DownloadRow:
    """One row of the queue.

    Attributes
    ----------
    reason : str
        Why it failed; of one that is done, what is missing besides the file; else "".
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


class QueueSnapshot(DownloadListener):
    """The queue's rows in order.

    Parameters
    ----------
    on_change
        Called after each change, in the thread that made it.

    Attributes
    ----------
    completed : deque of int
        Cells that are done and that nobody has read from here yet.
    """

    def __init__(self, on_change: Callable[[], None]) -> None:
        self._on_change = on_change
        self._lock = threading.Lock()
        self._rows: dict[int, DownloadRow] = {}
        self._touched: set[int] = set()  # since a reading began
        self._has_read = False
        self.completed: deque[int] = deque()

    def rows(self) -> list[DownloadRow]:
        """Return all rows in order."""
        with self._lock:
            return list(self._rows.values())

    def ids(self, state: JobState) -> list[int]:
        """Return the cells in a state, in order."""
        return [each.neuron_id for each in self.rows() if each.state == state]

    def missing(self, neuron_ids: Iterable[int]) -> list[int]:
        """Return those of these cells that have no row."""
        with self._lock:
            return [each for each in neuron_ids if each not in self._rows]

    def read(self, jobs: Iterable[DownloadJob]) -> None:
        """Replace all rows; what happens to one meanwhile is newer than what was read, and stays."""
        with self._lock:
            self._touched.clear()
        found = {each.neuron_id: DownloadRow.of(each) for each in jobs}
        with self._lock:
            for neuron_id, row in found.items():
                known = self._rows.get(neuron_id)
                is_running = known is not None and known.state == row.state == "running"
                if known is not None and (neuron_id in self._touched or is_running or known == row):
                    found[neuron_id] = known
                elif row.state == "done" and self._has_read:
                    self.completed.append(neuron_id)
            self._rows, self._has_read = found, True

    def move(self, neuron_id: int, before: int | None) -> None:
        """Put a row right before another, or (None) at the end."""
        with self._lock:
            ids = [each for each in self._rows if each != neuron_id]
            if len(ids) < len(self._rows):
                ids.insert(ids.index(before) if before in ids else len(ids), neuron_id)
                self._rows = {each: self._rows[each] for each in ids}

    # ---------------------------------------------------------------------------- DownloadListener

    def added(self, neurons: Sequence[NeuroMorphoNeuron]) -> None:
        """Add rows at the end, for the cells that have none."""
        with self._lock:
            for each in neurons:
                row = DownloadRow(each.neuron_id, each.neuron_name)
                self._rows.setdefault(each.neuron_id, row)

    def removed(self, neuron_ids: Sequence[int]) -> None:
        with self._lock:
            for each in neuron_ids:
                self._rows.pop(each, None)

    def started(self, neuron_id: int) -> None:
        self._update(neuron_id, state="running", reason="", n_bytes=0, total_bytes=None)

    def progressed(self, neuron_id: int, n_bytes: int, total_bytes: int | None) -> None:
        self._update(neuron_id, n_bytes=n_bytes, total_bytes=total_bytes)

    def ended(self, item: BulkItem) -> None:
        is_done = item.state in ("done", "present")
        if is_done:
            self.completed.append(item.neuron_id)
        self._update(
            item.neuron_id,
            state="done" if is_done else item.state,
            reason="" if item.state == "waiting" else item.reason or "",
            n_bytes=sum(each.size for each in item.files),
            total_bytes=None,
        )

    def changed(self) -> None:
        self._on_change()

    def _update(self, neuron_id: int, **changes: Any) -> None:
        """Change a row, if it is here: it is not, if it was cancelled."""
        with self._lock:
            row = self._rows.get(neuron_id)
            if row is not None:
                self._rows[neuron_id] = replace(row, **changes)
                self._touched.add(neuron_id)
        self._on_change()
