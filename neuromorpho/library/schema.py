"""The library's database: its tables and versions, how it is opened, and how its errors are translated.

``records`` has the complete records. ``terms`` numbers the values of each field, and ``columns`` has these
numbers (and the morphometry's) for 1,024 ids at a time, so that a search over everything reads a few hundred
rows instead of all records. ``text`` finds ids by word. See `columns` and `search`.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from neuromorpho.errors import (
    NeuroMorphoCacheError,
    NeuroMorphoError,
    NeuroMorphoStorageError,
    storage_code,
)

APPLICATION_ID = 0x534F4D41  # "SOMA"
BUSY_TIMEOUT_S = 30.0
MIGRATIONS: tuple[str, ...] = (
    """
    CREATE TABLE records (
        neuron_id INTEGER PRIMARY KEY, name TEXT NOT NULL, digest BLOB NOT NULL,
        source TEXT NOT NULL, added TEXT NOT NULL, payload BLOB NOT NULL
    );
    CREATE INDEX records_by_name ON records (name COLLATE NOCASE, neuron_id);
    CREATE TABLE measurements (
        neuron_id INTEGER PRIMARY KEY, digest BLOB NOT NULL, payload BLOB NOT NULL
    );
    CREATE TABLE files (
        neuron_id INTEGER NOT NULL, kind TEXT NOT NULL, path TEXT NOT NULL,
        size INTEGER NOT NULL, sha256 TEXT NOT NULL, PRIMARY KEY (neuron_id, kind)
    ) WITHOUT ROWID;
    CREATE TABLE terms (
        field INTEGER NOT NULL, value TEXT NOT NULL, code INTEGER NOT NULL,
        PRIMARY KEY (field, value)
    ) WITHOUT ROWID;
    CREATE TABLE columns (
        field INTEGER NOT NULL, block INTEGER NOT NULL, generation INTEGER NOT NULL,
        data BLOB NOT NULL
    );
    CREATE UNIQUE INDEX columns_by_block ON columns (field, block, generation);
    CREATE TABLE state (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
    INSERT INTO state VALUES ('generation', 0), ('epoch', 0);
    CREATE VIRTUAL TABLE text USING fts5(
        words, content='', detail=none, columnsize=0, tokenize='ascii', prefix='1 2 3 4 5 6 7 8 9 10 11 12'
    );
    """,
)
VERSION = len(MIGRATIONS)
_DAMAGED = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_FORMAT}
_BUSY = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}


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
        if can_write:
            _prepare(connection, path)
        else:
            _check_version(connection, path, can_write=False)
        on_error.pop_all()
        return connection, not can_write


def _can_write(path: Path) -> bool:
    """Return whether the file and SQLite's log in its folder can be written; create the folder."""
    if path.exists():
        return os.access(path, os.W_OK) and os.access(path.parent, os.W_OK)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise NeuroMorphoStorageError(
            f"The library {path} cannot be created: {error.strerror or error}; choose another cache folder.",
            path=path,
            code=storage_code(error),
            hint="choose-cache-folder",
        ) from error
    if os.access(path.parent, os.W_OK):
        return True
    raise NeuroMorphoStorageError(
        f"The library {path} cannot be created: its folder is not writable; choose another cache folder.",
        path=path,
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


def _prepare(connection: sqlite3.Connection, path: Path) -> None:
    """Create or update the tables of a writable database."""
    if _check_version(connection, path, can_write=True) < VERSION:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("BEGIN IMMEDIATE")
        # Read again: another process may have been faster.
        found = _check_version(connection, path, can_write=True)
        for script in MIGRATIONS[found:]:
            for statement in script.split(";\n"):
                connection.execute(statement)
        connection.execute(f"PRAGMA application_id={APPLICATION_ID}")
        connection.execute(f"PRAGMA user_version={VERSION}")
        connection.execute("COMMIT")
    connection.execute("PRAGMA synchronous=NORMAL")
    connection.execute("PRAGMA journal_size_limit=67108864")


def _check_version(connection: sqlite3.Connection, path: Path, *, can_write: bool) -> int:
    """Return a database's version, 0 if it is empty; raise an error if it is not one of ours."""
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
    if found > VERSION:
        raise NeuroMorphoCacheError(
            f"The library {path} was written by a newer Somascope (version {found} of its tables; this "
            f"one knows {VERSION}): update Somascope, or use another cache folder.",
            path=path,
            code="newer-version",
            hint="choose-cache-folder",
        )
    if found < VERSION and not can_write:
        raise NeuroMorphoStorageError(
            f"The library {path} was written by an older Somascope and its folder is not writable; copy "
            "it to a folder of your own.",
            path=path,
            code="older-version",
            hint="choose-cache-folder",
        )
    return int(found)


@contextlib.contextmanager
def translate_sqlite_errors(path: Path) -> Iterator[None]:
    """Translate SQLite's errors into ours: a damaged file, a full disk, a lock of another process."""
    try:
        yield
    except NeuroMorphoError:
        raise
    except sqlite3.Error as error:
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF
        if code in _DAMAGED:
            raise NeuroMorphoCacheError(
                f"The library {path} is damaged ({error}).", path=path
            ) from error
        if code in _BUSY:
            raise NeuroMorphoStorageError(
                f"The library {path} has been locked by another process for {BUSY_TIMEOUT_S:g} s; "
                "try again when it has ended.",
                path=path,
                code="in-use",
                hint="retry",
            ) from error
        if isinstance(error, sqlite3.OperationalError) and code != sqlite3.SQLITE_ERROR:
            raise NeuroMorphoStorageError(
                f"The library {path} cannot be used: {error}; nothing was saved. Check whether the disk "
                "is full and the folder is writable.",
                path=path,
                code="disk-full" if code == sqlite3.SQLITE_FULL else "not-writable",
                hint="choose-cache-folder",
            ) from error
        if code in {0, sqlite3.SQLITE_ERROR} and "malformed" in str(error):
            raise NeuroMorphoCacheError(
                f"The library {path} is damaged: {error}.", path=path
            ) from error
        raise
