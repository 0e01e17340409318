"""`DownloadQueue`: which cells wait, run, are done or failed, in a file that outlives the process.

It is one SQLite file in the folder of the downloads. One process at a time claims a job; the jobs of a process
that was killed wait again when the queue is opened next. Nothing here makes a request.
"""

from __future__ import annotations

import json
import sqlite3
import threading
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from neuromorpho.bulk.process_owner import is_running, register, unregister
from neuromorpho.cache.files import storage_errors
from neuromorpho.cache.sqlite_errors import BUSY, BUSY_TIMEOUT_S, primary_code, sqlite_errors
from neuromorpho.errors import NeuroMorphoCacheError, NeuroMorphoError, one_line
from neuromorpho.records.models import DownloadMode, NeuroMorphoNeuron, record_of

QUEUE_NAME = ".somascope-queue.sqlite"
JobState = Literal["waiting", "running", "done", "failed"]
_VERSION = 2
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
_COLUMNS = "neuron_id, record, mode, state, reason, files, place"
_REPAIR = "remove it, the downloaded files stay"
_EXTENT = "SELECT count(*), coalesce(max(place), 0) FROM job"


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
    """The queue in one file, which is created with its folder; for several threads and several processes.

    Raises
    ------
    NeuroMorphoStorageError
        The file cannot be created or written.
    NeuroMorphoCacheError
        It is not a queue, or it is damaged.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self._lock = threading.RLock()
        self._owner = register()
        self._is_open = True
        self.released: tuple[int, ...] = ()
        with ExitStack() as on_error:
            on_error.callback(unregister, self._owner)
            with storage_errors(self.path):
                self.path.parent.mkdir(parents=True, exist_ok=True)
            with self._translate_errors():
                self._connection = sqlite3.connect(
                    self.path, timeout=BUSY_TIMEOUT_S, isolation_level=None, check_same_thread=False
                )
                on_error.callback(self._connection.close)
                _prepare(self._connection, self.path)
            self.release_stale()
            self._version = self._data_version()
            on_error.pop_all()

    # ------------------------------------------------------------------------ adding and removing

    def add(self, neurons: Iterable[NeuroMorphoNeuron], mode: DownloadMode = "standard") -> int:
        """Add cells at the end; those that are in the queue keep their place. Return how many are new.

        A cell that is in the queue with another `mode` waits again.
        """
        with self._transaction() as database:
            n_before, last = database.execute(_EXTENT).fetchone()
            database.executemany(
                "INSERT INTO job (neuron_id, place, record, mode) VALUES (?, ?, ?, ?)"
                " ON CONFLICT (neuron_id) DO UPDATE SET mode = excluded.mode, state = 'waiting'"
                " WHERE mode != excluded.mode AND state != 'running'",
                (
                    (each.neuron_id, last + i, json.dumps(record_of(each)), mode)
                    for i, each in enumerate(neurons, start=1)
                ),
            )
            n_after, _ = database.execute(_EXTENT).fetchone()
            return int(n_after - n_before)

    def remove(self, neuron_ids: Iterable[int]) -> None:
        """Remove cells from the queue; their files stay."""
        ids = json.dumps([int(each) for each in neuron_ids])
        self._execute("DELETE FROM job WHERE neuron_id IN (SELECT value FROM json_each(?))", ids)

    def move(self, neuron_id: int, before: int | None) -> None:
        """Put a cell right before another, or (None) at the end."""
        if before == neuron_id:
            return
        with self._transaction() as database:
            if before is None:
                place = database.execute(_EXTENT).fetchone()[1] + 1
            else:
                place = _place_before(database, before, neuron_id)
            database.execute("UPDATE job SET place = ? WHERE neuron_id = ?", (place, neuron_id))

    def pause(self) -> None:
        """Let no process claim a further job until `resume`."""
        self._execute("INSERT OR REPLACE INTO setting VALUES ('paused', '1')")

    def resume(self) -> None:
        """Let jobs be claimed again."""
        self._execute("DELETE FROM setting WHERE name = 'paused'")

    @property
    def paused(self) -> bool:
        """Whether no job can be claimed."""
        return bool(self._execute("SELECT 1 FROM setting WHERE name = 'paused' AND value = '1'"))

    # ----------------------------------------------------------------------------------- working

    def claim_next(self) -> DownloadJob | None:
        """Claim the first job that waits, and return it; None if there is none."""
        if self.paused:
            return None
        rows = self._execute(
            "UPDATE job SET state = 'running', owner = ? WHERE neuron_id = (SELECT neuron_id FROM job"
            f" WHERE state = 'waiting' ORDER BY place, neuron_id LIMIT 1) RETURNING {_COLUMNS}",
            self._owner,
        )
        return self._job(rows[0]) if rows else None

    def claim(self, neuron_id: int) -> bool:
        """Claim one cell's job, whatever its state; return False if another owner has claimed it.

        An owner is a `DownloadQueue` in a process that still runs.
        """
        claimed = self._execute(
            "UPDATE job SET state = 'running', reason = NULL, owner = ?1 WHERE neuron_id = ?2"
            " AND NOT (state = 'running' AND owner != ?1 AND is_running(owner)) RETURNING neuron_id",
            self._owner,
            neuron_id,
        )
        return bool(claimed)

    def set_state(
        self,
        neuron_id: int,
        state: JobState,
        files: Sequence[QueuedFile] = (),
        reason: str | None = None,
    ) -> None:
        """Note a result, or let a cell wait again; `reason` is as in `report.BulkItem`."""
        self._execute(
            "UPDATE job SET state = ?, reason = ?, files = ?, owner = NULL WHERE neuron_id = ?",
            state,
            reason,
            json.dumps([asdict(each) for each in files]),
            neuron_id,
        )

    def release_stale(self, fetching: Iterable[int] | None = None) -> tuple[int, ...]:
        """Let the jobs of processes that ended wait again; return their ids, and add them to `released`.

        Parameters
        ----------
        fetching
            The cells that this owner is fetching: its other jobs wait again too. Without it, all of its jobs stay.
        """
        rows = self._execute(
            "UPDATE job SET state = 'waiting', owner = NULL WHERE state = 'running' AND ("
            "NOT is_running(owner) OR"
            " (owner = ? AND neuron_id NOT IN (SELECT value FROM json_each(?)))) RETURNING neuron_id",
            "" if fetching is None else self._owner,
            json.dumps(list(fetching or ())),
        )
        found = tuple(neuron_id for (neuron_id,) in rows)
        self.released += found
        return found

    # ----------------------------------------------------------------------------------- reading

    def job(self, neuron_id: int) -> DownloadJob | None:
        """Return one cell's job; None if it is not in the queue."""
        rows = self._execute(f"SELECT {_COLUMNS} FROM job WHERE neuron_id = ?", neuron_id)
        return self._job(rows[0]) if rows else None

    def jobs(self) -> Iterator[DownloadJob]:
        """Yield the jobs in their order, a thousand at a time."""
        after: tuple[float, int] = (float("-inf"), 0)
        while rows := self._execute(
            f"SELECT {_COLUMNS} FROM job WHERE (place, neuron_id) > (?, ?)"
            " ORDER BY place, neuron_id LIMIT 1000",
            *after,
        ):
            yield from map(self._job, rows)
            after = (rows[-1][-1], rows[-1][0])

    def counts(self) -> Mapping[JobState, int]:
        """Return how many jobs are in each state."""
        rows = self._execute("SELECT state, count(*) FROM job GROUP BY state")
        found: dict[JobState, int] = {"waiting": 0, "running": 0, "done": 0, "failed": 0}
        return found | dict(rows)

    def has_changed_elsewhere(self) -> bool:
        """Return whether another queue on this file, of any process, changed it since the last call."""
        before, self._version = self._version, self._data_version()
        return self._version != before

    def close(self) -> None:
        """Close the file; jobs that run wait again, if the disk is full at the next opening."""
        with self._lock:
            if self._is_open:
                self._is_open = False
                unregister(self._owner)
                with suppress(NeuroMorphoError):
                    self.release_stale()
                self._connection.close()

    def __enter__(self) -> DownloadQueue:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # ------------------------------------------------------------------------------------ inside

    def _data_version(self) -> int:
        return int(self._execute("PRAGMA data_version")[0][0])  # this connection's commits leave it

    def _execute(self, statement: str, *parameters: object) -> list[Any]:
        """Execute one statement, which is a transaction, and return its rows."""
        with self._lock, self._translate_errors():
            return self._connection.execute(statement, parameters).fetchall()

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        """Yield the connection in a transaction; no other process writes meanwhile."""
        with self._lock, self._translate_errors():
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
                self._connection.execute("COMMIT")
            except BaseException:
                # SQLite itself rolls back when the disk is full.
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise

    def _translate_errors(self) -> AbstractContextManager[None]:
        return sqlite_errors(self.path, "queue", repair=_REPAIR, hint="choose-folder")

    def _job(self, row: tuple[Any, ...]) -> DownloadJob:
        neuron_id, record, mode, state, reason, files, _ = row
        try:
            neuron = NeuroMorphoNeuron.from_payload(json.loads(record))
            known = tuple(QueuedFile(**each) for each in json.loads(files))
        except (KeyError, TypeError, ValueError, RecursionError) as error:
            raise NeuroMorphoCacheError(
                f"The queue {self.path} is damaged (neuron {neuron_id}: {one_line(error)}); {_REPAIR}.",
                path=self.path,
                hint="",
            ) from error
        return DownloadJob(neuron, mode, state, reason, known)


def _place_before(database: sqlite3.Connection, before: int, neuron_id: int) -> float:
    """Return a place between a job and the one before it; renumber the places if there is none."""
    there, previous = database.execute(
        "SELECT there.place, coalesce(max(job.place), there.place - 2) FROM job AS there"
        " LEFT JOIN job ON job.place < there.place AND job.neuron_id != ? WHERE there.neuron_id = ?",
        (neuron_id, before),
    ).fetchone()
    if there is None:
        raise KeyError(f"Neuron {before} is not in the queue.")
    place = (previous + there) / 2.0
    if previous < place < there:
        return float(place)
    database.execute(
        "UPDATE job SET place = ranked.place FROM (SELECT neuron_id, row_number()"
        " OVER (ORDER BY place, neuron_id) AS place FROM job) AS ranked"
        " WHERE job.neuron_id = ranked.neuron_id"
    )
    return _place_before(database, before, neuron_id)


def _prepare(connection: sqlite3.Connection, path: Path) -> None:
    """Create the tables of a new file; refuse another version."""
    connection.create_function("is_running", 1, is_running)
    _use_wal(connection)
    connection.execute("PRAGMA synchronous=NORMAL")
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if version not in (0, _VERSION):
        age = "newer" if version > _VERSION else "older"
        raise NeuroMorphoCacheError(
            f"{path} was written by a Somascope that is {age} than this one; use that one, or remove "
            "the file: the downloaded files stay.",
            path=path,
            code=f"{age}-version",
            hint="",
        )
    if version != _VERSION:
        connection.executescript(_TABLES)
        connection.execute(f"PRAGMA user_version={_VERSION}")


def _use_wal(database: sqlite3.Connection) -> None:
    """Let readers and a writer work at once; retry while another process opens the file."""
    n_tries = 100
    for attempt in range(n_tries):
        try:
            database.execute("PRAGMA journal_mode=WAL")
            return
        except sqlite3.OperationalError as error:
            if primary_code(error) not in BUSY or attempt == n_tries - 1:
                raise
            time.sleep(0.05)
