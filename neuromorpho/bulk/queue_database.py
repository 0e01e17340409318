"""`QueueDatabase`: the SQLite file of a download queue, for several threads and several processes."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from typing import Any

from neuromorpho.bulk.process_owner import is_running
from neuromorpho.cache.sqlite_errors import BUSY, BUSY_TIMEOUT_S, primary_code, sqlite_errors
from neuromorpho.errors import NeuroMorphoCacheError, NeuroMorphoStorageError, storage_code

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


class QueueDatabase:
    """The open file; see `queue.DownloadQueue`. SQL can call ``is_running(owner)``."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.lock = threading.RLock()
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise NeuroMorphoStorageError(
                f"{path.parent} cannot be created ({error.strerror}).",
                path=path.parent,
                code=storage_code(error),
            ) from error
        with self._translate_errors(), ExitStack() as on_error:
            self._connection = sqlite3.connect(
                path, timeout=BUSY_TIMEOUT_S, isolation_level=None, check_same_thread=False
            )
            on_error.callback(self._connection.close)
            self._prepare()
            on_error.pop_all()

    def _prepare(self) -> None:
        connection = self._connection
        connection.create_function("is_running", 1, is_running)
        _use_wal(connection)
        connection.execute("PRAGMA synchronous=NORMAL")
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        if version not in (0, _VERSION):
            age = "newer" if version > _VERSION else "older"
            raise NeuroMorphoCacheError(
                f"{self.path} was written by a Somascope that is {age} than this one; use that one, or "
                "remove the file: the downloaded files stay.",
                path=self.path,
                code=f"{age}-version",
                hint="",
            )
        if version != _VERSION:
            connection.executescript(_TABLES)
            connection.execute(f"PRAGMA user_version={_VERSION}")

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def execute(self, statement: str, *parameters: object) -> list[Any]:
        """Execute one statement, which is a transaction, and return its rows."""
        with self.lock, self._translate_errors():
            return self._connection.execute(statement, parameters).fetchall()

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Yield the connection in a transaction; no other process writes meanwhile."""
        with self.lock, self._translate_errors():
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
                self._connection.execute("COMMIT")
            except BaseException:
                if (
                    self._connection.in_transaction
                ):  # SQLite itself rolls back when the disk is full
                    self._connection.execute("ROLLBACK")
                raise

    def _translate_errors(self) -> AbstractContextManager[None]:
        repair = "remove it, the downloaded files stay"
        return sqlite_errors(self.path, "queue", repair=repair, hint="choose-folder")


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
