"""The library's database: its tables and versions, how it is opened, and how its errors are translated.

``records`` has the complete records. ``terms`` numbers the values of each field, and ``columns`` has these
numbers (and the morphometry's) for 1,024 ids at a time, so that a search over everything reads a few hundred
rows instead of all records. ``text`` finds ids by word. See `columns` and `search`.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
from pathlib import Path

from neuromorpho.cache.sqlite_errors import BUSY_TIMEOUT_S, sqlite_errors
from neuromorpho.errors import (
    NeuroMorphoCacheError,
    NeuroMorphoStorageError,
    storage_code,
)

APPLICATION_ID = 0x534F4D41  # "SOMA"
VERSION = 1
_CREATE = f"""
    BEGIN IMMEDIATE;
    CREATE TABLE IF NOT EXISTS records (
        neuron_id INTEGER PRIMARY KEY, name TEXT NOT NULL, digest BLOB NOT NULL,
        source TEXT NOT NULL, added TEXT NOT NULL, payload BLOB NOT NULL
    );
    CREATE INDEX IF NOT EXISTS records_by_name ON records (name COLLATE NOCASE, neuron_id);
    CREATE TABLE IF NOT EXISTS measurements (
        neuron_id INTEGER PRIMARY KEY, digest BLOB NOT NULL, payload BLOB NOT NULL
    );
    CREATE TABLE IF NOT EXISTS files (
        neuron_id INTEGER NOT NULL, kind TEXT NOT NULL, path TEXT NOT NULL,
        size INTEGER NOT NULL, sha256 TEXT NOT NULL, PRIMARY KEY (neuron_id, kind)
    ) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS terms (
        field INTEGER NOT NULL, value TEXT NOT NULL, code INTEGER NOT NULL,
        PRIMARY KEY (field, value)
    ) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS columns (
        field INTEGER NOT NULL, block INTEGER NOT NULL, generation INTEGER NOT NULL,
        data BLOB NOT NULL
    );
    CREATE UNIQUE INDEX IF NOT EXISTS columns_by_block ON columns (field, block, generation);
    CREATE TABLE IF NOT EXISTS state (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
    INSERT OR IGNORE INTO state VALUES ('generation', 0), ('epoch', 0);
    CREATE VIRTUAL TABLE IF NOT EXISTS text USING fts5(
        words, content='', detail=none, columnsize=0, tokenize='ascii', prefix='1 2 3 4 5 6 7 8 9 10 11 12'
    );
    PRAGMA application_id={APPLICATION_ID};
    PRAGMA user_version={VERSION};
    COMMIT;
"""


def connect(path: Path) -> tuple[sqlite3.Connection, bool]:
    """Return a connection for this thread, and whether it is read-only.

    Raises
    ------
    NeuroMorphoStorageError
        The file can be neither written nor read.
    NeuroMorphoCacheError
        It is damaged, another program's, or from a newer version of this one.
    """
    path = path.expanduser().absolute()
    with translate_sqlite_errors(path), contextlib.ExitStack() as on_error:
        can_write = _can_write(path)
        connection = _open(f"{path.as_uri()}?mode=rwc") if can_write else _open_read_only(path)
        on_error.callback(connection.close)  # which rolls back, too
        if not _has_tables(connection, path):
            if not can_write:
                raise _not_created(path, "it is empty and not writable")
            connection.execute("PRAGMA journal_mode=WAL")
            connection.executescript(_CREATE)  # another process may do the same meanwhile
        if can_write:
            connection.execute("PRAGMA synchronous=NORMAL")
            connection.execute("PRAGMA journal_size_limit=67108864")
        on_error.pop_all()
        return connection, not can_write


def _can_write(path: Path) -> bool:
    """Return whether the file and SQLite's log in its folder can be written; create the folder."""
    if path.exists():
        return os.access(path, os.W_OK) and os.access(path.parent, os.W_OK)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        reason = error.strerror or str(error)
        raise _not_created(path, reason, storage_code(error)) from error
    if os.access(path.parent, os.W_OK):
        return True
    raise _not_created(path, "its folder is not writable")


def _not_created(path: Path, reason: str, code: str = "") -> NeuroMorphoStorageError:
    return NeuroMorphoStorageError(
        f"The library {path} cannot be created: {reason}; choose another cache folder.",
        path=path,
        code=code,
        hint="choose-cache-folder",
    )


def _open(uri: str) -> sqlite3.Connection:
    return sqlite3.connect(
        uri, uri=True, timeout=BUSY_TIMEOUT_S, isolation_level=None, check_same_thread=False
    )


def _open_read_only(path: Path) -> sqlite3.Connection:
    """Return a read-only connection; "immutable" where SQLite cannot create its shared memory file."""
    connection = _open(f"{path.as_uri()}?mode=ro")
    try:
        connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    except sqlite3.OperationalError:
        connection.close()
        log = path.with_name(path.name + "-wal")
        if log.exists() and log.stat().st_size:
            raise
        connection = _open(f"{path.as_uri()}?mode=ro&immutable=1")
    return connection


def _has_tables(connection: sqlite3.Connection, path: Path) -> bool:
    """Return whether a database has our tables, False if it has none; raise an error if it is not ours."""
    (found,) = connection.execute("PRAGMA user_version").fetchone()
    (owner,) = connection.execute("PRAGMA application_id").fetchone()
    (n_tables,) = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    if n_tables and owner != APPLICATION_ID:
        raise NeuroMorphoCacheError(
            f"{path} is another program's database, not a library of Somascope; name another file.",
            path=path,
            code="not-a-library",
            hint="choose-cache-folder",
        )
    if n_tables and found != VERSION:
        raise NeuroMorphoCacheError(
            f"The library {path} was written by a newer Somascope (version {found} of its tables; this "
            f"one knows {VERSION}): update Somascope, or use another cache folder.",
            path=path,
            code="newer-version",
            hint="choose-cache-folder",
        )
    return bool(n_tables)


def translate_sqlite_errors(path: Path) -> contextlib.AbstractContextManager[None]:
    """Translate SQLite's errors of the library into ours."""
    return sqlite_errors(path, "library", repair="", hint="choose-cache-folder")
