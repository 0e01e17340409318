"""All that is on disk under one cache folder, cells' files and library together: size, health, removal.

The folder holds the cells' folders (`cache`), the library (`library`), and beside them what can be had again:
facets, harvests, thumbnails. Whatever else lies there is not ours and is never counted, touched or removed.

Each of these may take long. `progress` is called as it goes on with what is done, how much of it and of how
much; an exception that it raises ends the work, and what was done by then stays done.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from neuromorpho.cache.cache import NeuroMorphoCache
from neuromorpho.cache.check import DAMAGED_SUFFIX, CacheProblem
from neuromorpho.cache.metadata import METADATA_NAME
from neuromorpho.errors import NeuroMorphoCacheError, NeuroMorphoStorageError
from neuromorpho.library.library import Library
from neuromorpho.library.repair import LibraryProblem, repair_library
from neuromorpho.records.parsing import neuron_id_of

__all__ = [
    "BESIDE",
    "THUMBNAILS",
    "DiskUsage",
    "Progress",
    "cells_on_disk",
    "clear",
    "disk_usage",
    "remove",
    "repair",
    "verify",
]

THUMBNAILS = "thumbnails"
BESIDE = ("facets", "harvests", THUMBNAILS)
Progress = Callable[[str, int, int], object]
Problem = CacheProblem | LibraryProblem
_TELL_EVERY = 16
_BATCH = 256


@dataclass(frozen=True)
class DiskUsage:
    """What is on disk.

    Attributes
    ----------
    folder : Path
        The cache folder.
    n_records : int
        Cells that the library knows.
    n_files : int
        Files in the cells' folders, morphologies; what is written about them is not counted.
    n_bytes : int
        All together, with the library and what lies beside it.
    """

    folder: Path
    n_records: int
    n_files: int
    n_bytes: int


def disk_usage(
    cache: NeuroMorphoCache, library: Library | None, progress: Progress | None = None
) -> DiskUsage:
    """Return all that is on disk; `library` is None where it cannot be opened."""
    found = _counted(cache, cache.list_neurons(), progress)
    n_bytes = found[1] + sum(_weighed(cache.root / name)[1] for name in BESIDE)
    if library is not None:
        n_bytes += library.size()
    return DiskUsage(cache.root, 0 if library is None else len(library), found[0], n_bytes)


def cells_on_disk(
    cache: NeuroMorphoCache, library: Library | None, ids: Iterable[int]
) -> DiskUsage:
    """Return what is on disk of some cells: their records, and the bytes of their files and pictures."""
    wanted = sorted({neuron_id_of(each) for each in ids})
    n_files, n_bytes = _counted(cache, wanted, None)
    n_bytes += sum(_length(_thumbnail(cache, each)) for each in wanted)
    n_records = 0 if library is None else sum(each in library for each in wanted)
    return DiskUsage(cache.root, n_records, n_files, n_bytes)


def verify(
    cache: NeuroMorphoCache, library: Library | None, progress: Progress | None = None
) -> tuple[Problem, ...]:
    """Return all that is damaged or missing: reads every file and every record, changes nothing."""
    found: list[Problem] = []
    ids = cache.list_neurons()
    for number, neuron_id in enumerate(ids):
        if progress is not None and number % _TELL_EVERY == 0:
            progress("cells", number, len(ids))
        found += cache.verify(neuron_id)
    if library is not None:
        found += library.verify(_told(progress, "records"))
    return tuple(found)


def repair(
    cache: NeuroMorphoCache,
    library: Library | None,
    progress: Progress | None = None,
    *,
    library_path: Path | None = None,
) -> tuple[Problem, ...]:
    """Mend what `verify` reports, and return it; nothing is fetched.

    A damaged file is removed, so that the next download brings it again; a damaged record is taken from
    the cell's folder where that has it. See `cache_check.repair` and `library_repair.repair`.

    Parameters
    ----------
    library
        None where it cannot be opened. A library whose file itself is damaged is closed here.
    library_path
        Where the library is; it is made anew there if its file is damaged.

    Raises
    ------
    NeuroMorphoStorageError
        The folder may not be written.
    """
    path = library_path or (library.path if library is not None else None)
    mended: list[Problem] = []
    try:
        if library is None and path is not None and path.exists():
            raise NeuroMorphoCacheError(f"The library {path} cannot be opened.", path=path)
        if library is not None:
            mended += library.repair(cache, _told(progress, "records"))
    except NeuroMorphoCacheError as error:
        assert path is not None
        if library is not None:
            library.close()
        n_cells = repair_library(path, cache)
        text = f"{error} It was made anew with {n_cells:,} cells."
        mended.append(LibraryProblem("file", text))
        with Library(path) as anew:
            return (*_mended_files(cache, anew, progress), *mended)
    return (*_mended_files(cache, library, progress), *mended)


def _mended_files(
    cache: NeuroMorphoCache, library: Library | None, progress: Progress | None
) -> list[Problem]:
    mended: list[Problem] = []
    ids = cache.list_neurons()
    for number, neuron_id in enumerate(ids):
        if progress is not None and number % _TELL_EVERY == 0:
            progress("cells", number, len(ids))
        mended += cache.repair(neuron_id, library=library)
    return mended


def remove(
    cache: NeuroMorphoCache,
    library: Library | None,
    ids: Iterable[int],
    progress: Progress | None = None,
) -> int:
    """Remove cells from this disk: folders, pictures, records; return how many there were.

    Raises
    ------
    NeuroMorphoStorageError
        A folder cannot be removed; cells before it are gone, and the library does not tell of them.
    """
    wanted = sorted({neuron_id_of(each) for each in ids})
    n_removed = 0
    for start in range(0, len(wanted), _BATCH):
        if progress is not None:
            progress("cells", start, len(wanted))
        gone: list[int] = []
        try:
            for neuron_id in wanted[start : start + _BATCH]:
                is_known = library is not None and neuron_id in library
                was_here = cache.remove(neuron_id)
                _unlink(_thumbnail(cache, neuron_id))
                gone.append(neuron_id)
                n_removed += is_known or was_here
        finally:
            if library is not None:
                library.remove(gone)
    return n_removed


def clear(
    cache: NeuroMorphoCache, library: Library | None, progress: Progress | None = None
) -> tuple[int, int]:
    """Remove every cell's folder, all records, and what lies beside them; return how many of each.

    Raises
    ------
    NeuroMorphoStorageError
        A folder cannot be removed; what was removed before stays so.
    """
    ids = cache.list_neurons()
    for number, neuron_id in enumerate(ids):
        if progress is not None and number % _TELL_EVERY == 0:
            progress("cells", number, len(ids))
        cache.remove(neuron_id)
    n_records = library.clear() if library is not None else 0
    for name in BESIDE:
        folder = cache.root / name
        if folder.is_dir() and not folder.is_symlink():
            try:
                shutil.rmtree(folder)
            except OSError as error:
                raise _not_removed(folder, error) from error
    return len(ids), n_records


# ----------------------------------------------------------------------------------------- inside


def _counted(
    cache: NeuroMorphoCache, ids: Sequence[int], progress: Progress | None
) -> tuple[int, int]:
    """Return how many morphologies cells have, and how many bytes their folders hold."""
    n_files = n_bytes = 0
    for number, neuron_id in enumerate(ids):
        if progress is not None and number % _TELL_EVERY == 0:
            progress("cells", number, len(ids))
        found = _weighed(cache.layout.neuron_dir(neuron_id))
        n_files, n_bytes = n_files + found[0], n_bytes + found[1]
    return n_files, n_bytes


def _weighed(folder: Path) -> tuple[int, int]:
    """Return how many files a folder holds that are worth a name, and the bytes of all; links not followed."""
    n_files = n_bytes = 0
    if folder.is_symlink():
        return 0, 0
    for here, _, names in os.walk(folder):
        for name in names:
            n_bytes += _length(Path(here, name))
            is_about = name == METADATA_NAME or name.endswith(DAMAGED_SUFFIX)
            n_files += not (is_about or name.startswith("."))
    return n_files, n_bytes


def _length(path: Path) -> int:
    try:
        return path.lstat().st_size
    except OSError:  # gone in the meantime, or never there
        return 0


def _thumbnail(cache: NeuroMorphoCache, neuron_id: int) -> Path:
    return cache.root / THUMBNAILS / f"{neuron_id}.png"


def _unlink(path: Path) -> None:
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        raise _not_removed(path, error) from error


def _not_removed(path: Path, error: OSError) -> NeuroMorphoStorageError:
    return NeuroMorphoStorageError(
        f"{path} cannot be removed: {error.strerror or error}.", path=path, hint=""
    )


def _told(progress: Progress | None, what: str) -> Callable[[int, int], object] | None:
    if progress is None:
        return None
    return lambda done, total: progress(what, done, total)
