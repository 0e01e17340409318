"""`DownloadQueue`: which cells wait, run, are done or failed, in a file that outlives the process.

It is one SQLite file in the folder of the downloads. One process at a time claims a job; the jobs of a process
that was killed wait again when the queue is opened next. Nothing here makes a request.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from neuromorpho.bulk.process_owner import is_running, register, unregister
from neuromorpho.bulk.queue_database import QueueDatabase
from neuromorpho.errors import NeuroMorphoError
from neuromorpho.records.models import DownloadMode, NeuroMorphoNeuron, record_of

QUEUE_NAME = ".somascope-queue.sqlite"
JobState = Literal["waiting", "running", "done", "failed"]


@dataclass(frozen=True)
class QueuedFile:
    """A file on disk: its path below the queue's folder, bytes, and SHA-256."""

    kind: str
    path: str
    size: int
    sha256: str


@dataclass(frozen=True)
class DownloadJob:
    """One cell of the queue."""

    neuron: NeuroMorphoNeuron
    mode: DownloadMode
    state: JobState
    reason: str | None = None
    files: tuple[QueuedFile, ...] = ()

    @property
    def neuron_id(self) -> int:
        """The cell's id."""
        return self.neuron.neuron_id


class DownloadQueue:
    """The queue in one file; safe to use from several threads and several processes.

    Parameters
    ----------
    path
        The file; created with its folder if it is missing.

    Raises
    ------
    NeuroMorphoStorageError
        The file cannot be created or written.
    NeuroMorphoCacheError
        It is not a queue, or it is damaged.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self._database = QueueDatabase(self.path)
        self._owner = register()
        self._is_open = True
        self.released: tuple[int, ...] = ()
        try:
            self.release_stale()
        except BaseException:
            self._database.close()
            unregister(self._owner)
            raise

    # ------------------------------------------------------------------------ adding and removing

    def add(self, neurons: Iterable[NeuroMorphoNeuron], mode: DownloadMode = "standard") -> int:
        """Add cells at the end; those that are in the queue keep their place. Return how many are new.

        A cell that is in the queue with another `mode` waits again.
        """
        with self._database.transaction() as database:
            n_before = _n_jobs(database)
            last = database.execute("SELECT coalesce(max(place), 0) FROM job").fetchone()[0]
            database.executemany(
                "INSERT INTO job (neuron_id, place, record, mode) VALUES (?, ?, ?, ?)"
                " ON CONFLICT (neuron_id) DO UPDATE SET mode = excluded.mode, state = 'waiting'"
                " WHERE mode != excluded.mode AND state != 'running'",
                (
                    (each.neuron_id, last + i, json.dumps(record_of(each)), mode)
                    for i, each in enumerate(neurons, start=1)
                ),
            )
            return _n_jobs(database) - n_before

    def remove(self, neuron_ids: Iterable[int]) -> None:
        """Remove cells from the queue; their files stay."""
        with self._database.transaction() as database:
            database.executemany(
                "DELETE FROM job WHERE neuron_id = ?", ((int(each),) for each in neuron_ids)
            )

    def move(self, neuron_id: int, before: int | None) -> None:
        """Put a cell right before another, or (None) at the end."""
        with self._database.transaction() as database:
            if before is None:
                place = database.execute("SELECT coalesce(max(place), 0) + 1 FROM job").fetchone()[
                    0
                ]
            elif before == neuron_id:
                return
            else:
                place = _place_before(database, before, neuron_id)
            database.execute("UPDATE job SET place = ? WHERE neuron_id = ?", (place, neuron_id))

    def retry(self, neuron_ids: Iterable[int] | None = None) -> None:
        """Let these failed cells, or all, wait again."""
        with self._database.transaction() as database:
            statement = "UPDATE job SET state = 'waiting', reason = NULL WHERE state = 'failed'"
            if neuron_ids is None:
                database.execute(statement)
            else:
                database.executemany(
                    f"{statement} AND neuron_id = ?", ((int(each),) for each in neuron_ids)
                )

    def pause(self) -> None:
        """Let no process claim a further job until `resume`."""
        self._save_setting("paused", "1")

    def resume(self) -> None:
        """Let jobs be claimed again."""
        self._save_setting("paused", "0")

    @property
    def paused(self) -> bool:
        """Whether no job can be claimed."""
        with self._database.reading() as database:
            row = database.execute("SELECT value FROM setting WHERE name = 'paused'").fetchone()
        return row is not None and row[0] == "1"

    # ----------------------------------------------------------------------------------- working

    def claim_next(self) -> DownloadJob | None:
        """Claim the first job that waits, and return it; None if there is none."""
        if self.paused:
            return None
        with self._database.transaction() as database:
            row = database.execute(
                "SELECT neuron_id FROM job WHERE state = 'waiting' ORDER BY place, neuron_id LIMIT 1"
            ).fetchone()
            if row is None:
                return None
            database.execute(
                "UPDATE job SET state = 'running', owner = ? WHERE neuron_id = ?",
                (self._owner, row[0]),
            )
        return self.job(row[0])

    def claim(self, neuron_id: int) -> bool:
        """Claim one cell's job, whatever its state; return False if another owner has claimed it.

        An owner is a `DownloadQueue` in a process that still runs.
        """
        with self._database.transaction() as database:
            row = database.execute(
                "SELECT state, owner FROM job WHERE neuron_id = ?", (neuron_id,)
            ).fetchone()
            if row is None:
                return False
            state, owner = row
            if state == "running" and owner not in (None, self._owner) and is_running(owner):
                return False
            database.execute(
                "UPDATE job SET state = 'running', reason = NULL, owner = ? WHERE neuron_id = ?",
                (self._owner, neuron_id),
            )
            return True

    def complete(
        self, neuron_id: int, files: Sequence[QueuedFile], reason: str | None = None
    ) -> None:
        """Note that a cell's files are on disk; `reason` says which further file is missing, and why."""
        self._set_state(neuron_id, "done", reason, json.dumps([asdict(each) for each in files]))

    def fail(self, neuron_id: int, reason: str) -> None:
        """Note that a cell failed, and why."""
        self._set_state(neuron_id, "failed", reason, "[]")

    def requeue(self, neuron_id: int) -> None:
        """Let a job wait again."""
        self._set_state(neuron_id, "waiting", None, "[]")

    def release_stale(self) -> tuple[int, ...]:
        """Let the jobs of processes that ended wait again; return their ids, and add them to `released`."""
        with self._database.transaction() as database:
            running = database.execute(
                "SELECT neuron_id, owner FROM job WHERE state = 'running'"
            ).fetchall()
            dead = {owner for _, owner in running if owner is None or not is_running(owner)}
            found = tuple(neuron_id for neuron_id, owner in running if owner in dead)
            database.executemany(
                "UPDATE job SET state = 'waiting', owner = NULL WHERE neuron_id = ?",
                ((each,) for each in found),
            )
        self.released += found
        return found

    # ----------------------------------------------------------------------------------- reading

    def job(self, neuron_id: int) -> DownloadJob | None:
        """Return one cell's job; None if it is not in the queue."""
        with self._database.reading() as database:
            row = database.execute(f"{_SELECT} WHERE neuron_id = ?", (neuron_id,)).fetchone()
        return None if row is None else _job(row)

    def jobs(self, state: JobState | None = None) -> Iterator[DownloadJob]:
        """Yield the jobs in their order, a thousand at a time."""
        after: tuple[float, int] = (float("-inf"), 0)
        while True:
            with self._database.reading() as database:
                rows = database.execute(
                    f"{_SELECT} WHERE (place, neuron_id) > (?, ?) AND (? IS NULL OR state = ?)"
                    " ORDER BY place, neuron_id LIMIT 1000",
                    (*after, state, state),
                ).fetchall()
            if not rows:
                return
            yield from map(_job, rows)
            after = (rows[-1][-1], rows[-1][0])

    def counts(self) -> Mapping[JobState, int]:
        """Return how many jobs are in each state."""
        with self._database.reading() as database:
            rows = database.execute("SELECT state, count(*) FROM job GROUP BY state")
            found: dict[JobState, int] = {"waiting": 0, "running": 0, "done": 0, "failed": 0}
            return found | dict(rows.fetchall())

    def close(self) -> None:
        """Close the file; jobs that run wait again, if the disk is full at the next opening."""
        with self._database.reading():
            if not self._is_open:
                return
            self._is_open = False
            unregister(self._owner)
            with suppress(NeuroMorphoError), self._database.transaction() as database:
                database.execute(
                    "UPDATE job SET state = 'waiting', owner = NULL"
                    " WHERE state = 'running' AND owner = ?",
                    (self._owner,),
                )
            self._database.close()

    def __enter__(self) -> DownloadQueue:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # ------------------------------------------------------------------------------------ inside

    def _set_state(self, neuron_id: int, state: JobState, reason: str | None, files: str) -> None:
        with self._database.transaction() as database:
            database.execute(
                "UPDATE job SET state = ?, reason = ?, files = ?, owner = NULL WHERE neuron_id = ?",
                (state, reason, files, neuron_id),
            )

    def _save_setting(self, name: str, value: str) -> None:
        with self._database.transaction() as database:
            database.execute("INSERT OR REPLACE INTO setting VALUES (?, ?)", (name, value))


_SELECT = "SELECT neuron_id, record, mode, state, reason, files, place FROM job"


def _job(row: tuple[Any, ...]) -> DownloadJob:
    _, record, mode, state, reason, files, _ = row
    return DownloadJob(
        NeuroMorphoNeuron.from_payload(json.loads(record)),
        mode,
        state,
        reason,
        tuple(QueuedFile(**each) for each in json.loads(files)),
    )


def _n_jobs(database: sqlite3.Connection) -> int:
    return int(database.execute("SELECT count(*) FROM job").fetchone()[0])


def _place_of(database: sqlite3.Connection, neuron_id: int) -> float:
    row = database.execute("SELECT place FROM job WHERE neuron_id = ?", (neuron_id,)).fetchone()
    if row is None:
        raise KeyError(f"Neuron {neuron_id} is not in the queue.")
    return float(row[0])


def _place_before(database: sqlite3.Connection, before: int, neuron_id: int) -> float:
    """Return a place between a job and the one before it; renumber the places if there is none."""
    for _ in range(2):
        there = _place_of(database, before)
        previous = database.execute(
            "SELECT max(place) FROM job WHERE place < ? AND neuron_id != ?", (there, neuron_id)
        ).fetchone()[0]
        place = there - 1.0 if previous is None else (float(previous) + there) / 2.0
        if place < there and (previous is None or previous < place):
            break
        database.execute(
            "UPDATE job SET place = ranked.place FROM (SELECT neuron_id, row_number()"
            " OVER (ORDER BY place, neuron_id) AS place FROM job) AS ranked"
            " WHERE job.neuron_id = ranked.neuron_id"
        )
    return place
