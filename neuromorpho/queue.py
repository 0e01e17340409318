"""A queue of downloads that outlives its process: what waits, what runs, what landed, what failed and why.

It is one SQLite file beside what it brings. A job is taken by one process at a time; the jobs of a process
that was killed wait again when the queue is opened next. Nothing here makes a request.
"""

from __future__ import annotations

import json
import os
import sqlite3
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from neuromorpho.errors import NeuroMorphoCacheError, NeuroMorphoStorageError
from neuromorpho.records import DownloadMode, NeuroMorphoNeuron

QUEUE_NAME = ".somascope-queue.sqlite"
JobState = Literal["waiting", "running", "landed", "failed"]
_VERSION = 1
_TABLES = """
CREATE TABLE IF NOT EXISTS job (
    neuron_id INTEGER PRIMARY KEY,
    place REAL NOT NULL,
    record TEXT NOT NULL,
    mode TEXT NOT NULL,
    state TEXT NOT NULL DEFAULT 'waiting',
    reason TEXT,
    files TEXT NOT NULL DEFAULT '[]',
    owner TEXT
);
CREATE INDEX IF NOT EXISTS job_by_state ON job (state, place);
CREATE TABLE IF NOT EXISTS setting (name TEXT PRIMARY KEY, value TEXT NOT NULL);
"""


@dataclass(frozen=True)
class QueuedFile:
    """A file that landed: its path below the queue's folder, bytes, and SHA-256."""

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
        The file; made where it is missing, with its folder.

    Raises
    ------
    NeuroMorphoStorageError
        The file cannot be made or written.
    NeuroMorphoCacheError
        It is no queue, or a damaged one.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self._lock = threading.RLock()
        self._owner = _this_process()
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise NeuroMorphoStorageError(
                f"{self.path.parent} cannot be made ({error.strerror}).", path=self.path.parent
            ) from error
        with self._told():
            self._database = sqlite3.connect(
                self.path, timeout=30.0, isolation_level=None, check_same_thread=False
            )
        try:
            self._prepare()
        except BaseException:
            self._database.close()
            raise

    def _prepare(self) -> None:
        with self._told():
            self._database.execute("PRAGMA journal_mode=WAL")
            self._database.execute("PRAGMA synchronous=NORMAL")
            version = self._database.execute("PRAGMA user_version").fetchone()[0]
            if version > _VERSION:
                raise NeuroMorphoCacheError(
                    f"{self.path} was written by a newer Somascope; update, or remove the file.",
                    path=self.path,
                )
            self._database.executescript(_TABLES)
            self._database.execute(f"PRAGMA user_version={_VERSION}")
        self._take_back_from_the_dead()

    # ----------------------------------------------------------------------- putting in and out

    def add(self, neurons: Iterable[NeuroMorphoNeuron], mode: DownloadMode = "standard") -> int:
        """Put cells at the end; those that are in it stay where they are. Return how many are new."""
        with self._changing() as database:
            n_before = _n_jobs(database)
            last = database.execute("SELECT coalesce(max(place), 0) FROM job").fetchone()[0]
            database.executemany(
                "INSERT INTO job (neuron_id, place, record, mode) VALUES (?, ?, ?, ?)"
                " ON CONFLICT (neuron_id) DO UPDATE SET mode = excluded.mode"
                " WHERE mode != excluded.mode AND state != 'running'",
                (
                    (each.neuron_id, last + i, json.dumps(_payload(each)), mode)
                    for i, each in enumerate(neurons, start=1)
                ),
            )
            return _n_jobs(database) - n_before

    def remove(self, neuron_ids: Iterable[int]) -> None:
        """Take cells out of the queue; files that landed stay where they are."""
        with self._changing() as database:
            database.executemany(
                "DELETE FROM job WHERE neuron_id = ?", ((int(each),) for each in neuron_ids)
            )

    def move(self, neuron_id: int, before: int | None) -> None:
        """Put a cell right before another, or (None) at the end."""
        with self._changing() as database:
            if before is None:
                place = database.execute("SELECT coalesce(max(place), 0) + 1 FROM job").fetchone()[
                    0
                ]
            else:
                there = _place_of(database, before)
                previous = database.execute(
                    "SELECT max(place) FROM job WHERE place < ? AND neuron_id != ?",
                    (there, neuron_id),
                ).fetchone()[0]
                place = there - 1 if previous is None else (previous + there) / 2
            database.execute("UPDATE job SET place = ? WHERE neuron_id = ?", (place, neuron_id))

    def retry(self, neuron_ids: Iterable[int] | None = None) -> None:
        """Let failed cells wait again: these, or all of them."""
        with self._changing() as database:
            statement = "UPDATE job SET state = 'waiting', reason = NULL WHERE state = 'failed'"
            if neuron_ids is None:
                database.execute(statement)
            else:
                database.executemany(
                    f"{statement} AND neuron_id = ?", ((int(each),) for each in neuron_ids)
                )

    def pause(self) -> None:
        """Give out no further job, in any process, until `resume`."""
        self._set("paused", "1")

    def resume(self) -> None:
        """Give out jobs again."""
        self._set("paused", "0")

    @property
    def paused(self) -> bool:
        """Whether the queue gives out no jobs."""
        with self._told():
            row = self._database.execute(
                "SELECT value FROM setting WHERE name = 'paused'"
            ).fetchone()
        return row is not None and row[0] == "1"

    # ----------------------------------------------------------------------------------- working

    def take(self) -> DownloadJob | None:
        """Return the first job that waits, which is this process's from now on; None if there is none."""
        if self.paused:
            return None
        with self._changing() as database:
            row = database.execute(
                "SELECT neuron_id FROM job WHERE state = 'waiting' ORDER BY place LIMIT 1"
            ).fetchone()
            if row is None:
                return None
            database.execute(
                "UPDATE job SET state = 'running', owner = ? WHERE neuron_id = ?",
                (self._owner, row[0]),
            )
        return self.job(row[0])

    def claim(self, neuron_id: int) -> bool:
        """Take one cell's job, whatever became of it before; False where another process has it."""
        with self._changing() as database:
            taken = database.execute(
                "UPDATE job SET state = 'running', reason = NULL, owner = ?"
                " WHERE neuron_id = ? AND (state != 'running' OR owner IS NULL OR owner = ?)",
                (self._owner, neuron_id, self._owner),
            )
            return taken.rowcount == 1

    def land(self, neuron_id: int, files: Sequence[QueuedFile], reason: str | None = None) -> None:
        """Say that a cell's files landed; `reason` tells of one beside them that could not be had."""
        told = json.dumps([vars_of(each) for each in files])
        self._end(neuron_id, "landed", reason, told)

    def fail(self, neuron_id: int, reason: str) -> None:
        """Say that a cell failed, and why."""
        self._end(neuron_id, "failed", reason, "[]")

    def put_back(self, neuron_id: int) -> None:
        """Let a job wait again that was taken and not done."""
        self._end(neuron_id, "waiting", None, "[]")

    # ------------------------------------------------------------------------------------ asking

    def job(self, neuron_id: int) -> DownloadJob | None:
        """Return one cell's job; None where it is not in the queue."""
        with self._told():
            row = self._database.execute(f"{_SELECT} WHERE neuron_id = ?", (neuron_id,)).fetchone()
        return None if row is None else _job(row)

    def jobs(self, state: JobState | None = None) -> Iterator[DownloadJob]:
        """Yield the jobs in their order, a thousand at a time."""
        after = float("-inf")
        while True:
            with self._told():
                rows = self._database.execute(
                    f"{_SELECT} WHERE place > ? AND (? IS NULL OR state = ?)"
                    " ORDER BY place LIMIT 1000",
                    (after, state, state),
                ).fetchall()
            if not rows:
                return
            yield from map(_job, rows)
            after = rows[-1][-1]

    def counts(self) -> Mapping[JobState, int]:
        """Return how many jobs are in each state."""
        with self._told():
            rows = self._database.execute("SELECT state, count(*) FROM job GROUP BY state")
            found: dict[JobState, int] = {"waiting": 0, "running": 0, "landed": 0, "failed": 0}
            return found | dict(rows.fetchall())

    def close(self) -> None:
        """Close the file; jobs taken and not done wait again."""
        with self._lock:
            if self._is_open:
                with self._changing() as database:
                    database.execute(
                        "UPDATE job SET state = 'waiting', owner = NULL"
                        " WHERE state = 'running' AND owner = ?",
                        (self._owner,),
                    )
                self._database.close()
                self._is_open = False

    _is_open = True

    def __enter__(self) -> DownloadQueue:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # ------------------------------------------------------------------------------------ inside

    def _end(self, neuron_id: int, state: JobState, reason: str | None, files: str) -> None:
        with self._changing() as database:
            database.execute(
                "UPDATE job SET state = ?, reason = ?, files = ?, owner = NULL WHERE neuron_id = ?",
                (state, reason, files, neuron_id),
            )

    def _set(self, name: str, value: str) -> None:
        with self._changing() as database:
            database.execute("INSERT OR REPLACE INTO setting VALUES (?, ?)", (name, value))

    def _take_back_from_the_dead(self) -> None:
        """Let the jobs wait again whose process is gone."""
        with self._changing() as database:
            owners = database.execute(
                "SELECT DISTINCT owner FROM job WHERE state = 'running'"
            ).fetchall()
            for (owner,) in owners:
                if owner is None or not _is_alive(owner):
                    database.execute(
                        "UPDATE job SET state = 'waiting', owner = NULL"
                        " WHERE state = 'running' AND owner IS ?",
                        (owner,),
                    )

    @contextmanager
    def _changing(self) -> Iterator[sqlite3.Connection]:
        """Yield the database within a transaction that no other process can come between."""
        with self._lock, self._told():
            self._database.execute("BEGIN IMMEDIATE")
            try:
                yield self._database
            except BaseException:
                self._database.execute("ROLLBACK")
                raise
            self._database.execute("COMMIT")

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Turn SQLite's errors into sentences that name the file."""
        try:
            with self._lock:
                yield
        except sqlite3.DatabaseError as error:
            said = str(error)
            if any(word in said for word in ("full", "readonly", "unable to open", "disk I/O")):
                raise NeuroMorphoStorageError(
                    f"The queue {self.path} cannot be written ({said}).", path=self.path
                ) from error
            raise NeuroMorphoCacheError(
                f"The queue {self.path} is damaged ({said}); remove it, what landed stays.",
                path=self.path,
            ) from error


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


def vars_of(file: QueuedFile) -> dict[str, Any]:
    """Return a file as plain JSON."""
    return {"kind": file.kind, "path": file.path, "size": file.size, "sha256": file.sha256}


def _payload(neuron: NeuroMorphoNeuron) -> dict[str, Any]:
    named = {"neuron_id": neuron.neuron_id, "neuron_name": neuron.neuron_name}
    return neuron.payload or named


def _n_jobs(database: sqlite3.Connection) -> int:
    return int(database.execute("SELECT count(*) FROM job").fetchone()[0])


def _place_of(database: sqlite3.Connection, neuron_id: int) -> float:
    row = database.execute("SELECT place FROM job WHERE neuron_id = ?", (neuron_id,)).fetchone()
    if row is None:
        raise KeyError(f"Neuron {neuron_id} is not in the queue.")
    return float(row[0])


def _this_process() -> str:
    """Return what names this process among all that ever had its number."""
    return f"{os.getpid()} {_started(os.getpid())}"


def _started(pid: int) -> str:
    """Return when a process started, where the system tells; "" elsewhere."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace")
    except OSError:
        return ""
    return stat.rpartition(")")[2].split()[19]


def _is_alive(owner: str) -> bool:
    pid, _, started = owner.partition(" ")
    if not pid.isdigit():
        return False
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return _started(int(pid)) == started
