"""`digest_of_programs`: whether the program files of a model are those that a user has agreed to run. No simulator."""

from __future__ import annotations

import os
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

PROGRAM_SUFFIXES = frozenset({".hoc", ".oc", ".ses", ".py", ".mod", ".inc", ".h", ".c", ".cpp"})
"""Of files whose content decides what opening a model does; data and results may change freely."""
MOST_FILES = 20_000
MOST_BYTES = 256 << 20


def digest_of_programs(place: Path) -> str:
    """Return a digest of the names and contents of all program files of a folder, or beside a file.

    Parameters
    ----------
    place : Path
        A folder, with all folders in it; or a file, for its own folder.

    Returns
    -------
    str
        "" where there is no end of files: such a folder cannot be remembered.

    Raises
    ------
    OSError
        If a file cannot be read.
    """
    folder = place if place.is_dir() else place.parent
    digest = sha256()
    n_bytes = 0
    for count, file in enumerate(_files_in(folder)):
        if count >= MOST_FILES:
            return ""
        if file.suffix.lower() not in PROGRAM_SUFFIXES and file != place:
            continue
        if not file.is_file():  # a broken link, a pipe
            continue
        n_bytes += file.stat().st_size
        if n_bytes > MOST_BYTES:
            return ""
        content = file.read_bytes()
        name = file.relative_to(folder).as_posix().encode(errors="surrogateescape")
        digest.update(b"%d %s %d\n" % (len(name), name, len(content)))
        digest.update(content)
    return digest.hexdigest()[:32]


def _files_in(folder: Path) -> Iterator[Path]:
    """Yield the files below a folder, in the same order every time; links to folders are not followed."""
    for above, folders, files in os.walk(folder):
        folders.sort()
        for name in sorted(files):
            yield Path(above, name)
