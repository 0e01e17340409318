"""One process at a time at a file: a lock that the system takes back when its process ends, however it ends."""

from __future__ import annotations

import errno
import os
import sys
from typing import IO

_IS_HELD = {errno.EACCES, errno.EAGAIN, errno.EDEADLK}
_FAR = 1 << 40  # Windows locks bytes, and lets nobody read them: one that no file has


def locked(file: IO[bytes]) -> bool:
    """Take an open file until it is closed; return False where somebody else has it.

    A disk that knows no locks (some network disks) gives it to everybody.
    """
    try:
        if sys.platform == "win32":
            import msvcrt

            place = file.tell()
            file.seek(_FAR)
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
            file.seek(place)
        else:
            import fcntl

            fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        return error.errno not in _IS_HELD
    return True


def is_at(file: IO[bytes], path: str | os.PathLike[str]) -> bool:
    """Return whether an open file is still the one at a path: it may have been removed since."""
    try:
        return os.path.samestat(os.fstat(file.fileno()), os.stat(path))
    except FileNotFoundError:
        return False
