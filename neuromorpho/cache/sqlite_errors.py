"""`sqlite_errors`: errors of a database as ours: a damaged file, a full disk, a lock of another process."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from neuromorpho.errors import NeuroMorphoCacheError, NeuroMorphoStorageError

BUSY_TIMEOUT_S = 30.0
BUSY = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}
# Where SQLite has only a general code, or Python none.
_DAMAGE_TEXT = re.compile(
    "no such (table|column)|vtable constructor|unsupported file format|Could not decode|.*malformed"
)
_DAMAGED = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_FORMAT}


@contextmanager
def sqlite_errors(path: Path, name: str, *, repair: str, hint: str) -> Iterator[None]:
    """Raise SQLite's errors as errors that name the file.

    Parameters
    ----------
    name
        What it is: "library".
    repair
        What to do if it is damaged, for a person; "" where the library's repair helps.
    hint
        What to do if the file cannot be used.
    """
    try:
        yield
    except sqlite3.Error as error:
        code = primary_code(error)
        if code in _DAMAGED or _DAMAGE_TEXT.match(str(error)):
            raise NeuroMorphoCacheError(
                f"The {name} {path} is damaged ({error}){repair and f'; {repair}'}.",
                path=path,
                hint="" if repair else None,
            ) from error
        if code in BUSY:
            raise NeuroMorphoStorageError(
                f"The {name} {path} is locked by another process; try again when it has ended.",
                path=path,
                code="in-use",
                hint="retry",
            ) from error
        if isinstance(error, sqlite3.OperationalError) and code != sqlite3.SQLITE_ERROR:
            raise NeuroMorphoStorageError(
                f"The {name} {path} cannot be used: {error}; nothing was saved. Check whether the disk "
                "is full and the folder is writable.",
                path=path,
                code="disk-full" if code == sqlite3.SQLITE_FULL else "not-writable",
                hint=hint,
            ) from error
        raise


def primary_code(error: sqlite3.Error) -> int:
    """Return SQLite's primary result code."""
    return int(getattr(error, "sqlite_errorcode", 0)) & 0xFF
