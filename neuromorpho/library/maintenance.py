"""All that is on disk under one cache folder, cells and library together: measured, verified, repaired, removed.

The folder holds the cells' folders (`cache`), the library (`library`), and facets, harvests and thumbnails,
which can be downloaded again. Other files in it are never counted, changed or removed.

The window and the command line call these functions. Each may take long: `progress` is called with what is
being done, how many are done, and of how many. An exception that it raises ends the work; what was done
until then stays done.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from neuromorpho.cache.cache import NeuroMorphoCache, disk_errors, folder_usage
from neuromorpho.errors import NeuroMorphoError
from neuromorpho.library.check import CacheProblem, repair_cell, verify_cell
from neuromorpho.library.library import Library
from neuromorpho.library.recorder import LIBRARY_NAME
from neuromorpho.library.repair import (
    Progress,
    add_cached_cells,
    repair_library,
    repair_rows,
    verify_library,
    with_progress,
)
from neuromorpho.records.parsing import neuron_id_of

THUMBNAILS = "thumbnails"
EXTRA_FOLDERS = ("facets", "harvests", THUMBNAILS)


@dataclass(frozen=True)
class DiskUsage:
    """What is on disk.

    Attributes
    ----------
    folder : Path
        The cache folder.
    n_cells : int
        Cells that have a folder.
    n_records : int
        Cells in the library.
    n_files : int
        Morphology files; their metadata are not counted.
    cell_bytes, library_bytes, extra_bytes : int
        Bytes of the cells' folders, of the library, and of facets, harvests and thumbnails.
    library_error : NeuroMorphoError or None
        Why the library cannot be opened.
    """

    folder: Path
    n_cells: int = 0
    n_records: int = 0
    n_files: int = 0
    cell_bytes: int = 0
    library_bytes: int = 0
    extra_bytes: int = 0
    library_error: NeuroMorphoError | None = None

    @property
    def n_bytes(self) -> int:
        """All bytes together."""
        return self.cell_bytes + self.library_bytes + self.extra_bytes


def disk_usage(cache: NeuroMorphoCache, progress: Progress | None = None) -> DiskUsage:
    """Return all that is on disk."""
    ids = cache.list_neurons()
    n_files, cell_bytes = _usage_of(cache, with_progress(ids, len(ids), "cells", progress))
    extra_bytes = sum(folder_usage(cache.root / name)[1] for name in EXTRA_FOLDERS)
    found = DiskUsage(
        cache.root, len(ids), n_files=n_files, cell_bytes=cell_bytes, extra_bytes=extra_bytes
    )
    try:
        with _open_library(cache) as library:
            if library is None:
                return found
            return replace(found, n_records=len(library), library_bytes=library.size())
    except NeuroMorphoError as error:
        return replace(found, library_error=error)


def cells_on_disk(cache: NeuroMorphoCache, ids: Iterable[int]) -> DiskUsage:
    """Return the files on disk of some cells, their thumbnails included; their records are not counted."""
    wanted = {neuron_id_of(each) for each in ids}
    n_files, cell_bytes = _usage_of(cache, wanted)
    thumbnails = [path for each in wanted if (path := _thumbnail(cache, each)).is_file()]
    extra_bytes = sum(path.lstat().st_size for path in thumbnails)
    return DiskUsage(cache.root, n_files=n_files, cell_bytes=cell_bytes, extra_bytes=extra_bytes)


def verify(cache: NeuroMorphoCache, progress: Progress | None = None) -> tuple[CacheProblem, ...]:
    """Return all that is damaged or missing: reads every file and every record, changes nothing."""
    found: list[CacheProblem] = []
    ids = cache.list_neurons()
    for neuron_id in with_progress(ids, len(ids), "cells", progress):
        found += verify_cell(cache, neuron_id)
    return (*found, *verify_library(cache.root / LIBRARY_NAME, progress))


def repair(
    cache: NeuroMorphoCache,
    progress: Progress | None = None,
    *,
    close_library: Callable[[], object] = lambda: None,
) -> tuple[CacheProblem, ...]:
    """Repair what `verify` reports, and return it; nothing is downloaded.

    A damaged file is removed, so that the next download fetches it again; a damaged record is read again
    from the cell's folder, if it is there.

    Parameters
    ----------
    close_library
        Called before and after a damaged library file is replaced: closes it where this process has it
        open.

    Raises
    ------
    NeuroMorphoStorageError
        The folder cannot be written.
    NeuroMorphoCacheError
        The library is of a newer version or of another program; nothing is repaired.
    """
    path = cache.root / LIBRARY_NAME
    found = list(verify(cache, progress))
    in_library = [each for each in found if each.path == path]
    others = (each for each in found if each.path != path)
    in_cells = {each.neuron_id for each in others if each.neuron_id is not None}
    is_unreadable = any(each.kind == "file" for each in in_library)
    if is_unreadable:
        close_library()
        n_cells = repair_library(path, cache)
        close_library()
        text = f"{found[-1].text} It was rebuilt with {n_cells:,} cells."
        found[-1] = replace(found[-1], text=text)
    with _open_library(cache) as library:
        if library is not None and in_library and not is_unreadable:
            repair_rows(library, in_library)
            add_cached_cells(library, cache)
        for neuron_id in with_progress(in_cells, len(in_cells), "cells", progress):
            repair_cell(cache, neuron_id, library)
    return tuple(found)


def unlisted_cells(cache: NeuroMorphoCache, library: Library | None) -> tuple[int, ...]:
    """Return the cells whose record is in their folder, but not in the library: no search finds them."""
    missing = (each for each in cache.list_neurons() if library is None or each not in library)
    return tuple(each for each in missing if cache.known_metadata(each).get("neuron"))


def index_cells(cache: NeuroMorphoCache, progress: Progress | None = None) -> int:
    """Add the cells that `unlisted_cells` returns to the library, which is made where there is none; return how many."""
    with Library(cache.root / LIBRARY_NAME) as library:
        ids, n_before = unlisted_cells(cache, library), len(library)
        add_cached_cells(library, cache, with_progress(ids, len(ids), "cells", progress))
        return len(library) - n_before


def remove(cache: NeuroMorphoCache, ids: Iterable[int], progress: Progress | None = None) -> int:
    """Remove cells from the disk: folders, thumbnails, records; return how many there were.

    Raises
    ------
    NeuroMorphoStorageError
        A folder cannot be removed; the cells before it are removed from the library too.
    """
    wanted = sorted({neuron_id_of(each) for each in ids})
    removed: list[int] = []
    known: set[int] = set()
    try:
        for neuron_id in with_progress(wanted, len(wanted), "cells", progress):
            if cache.remove(neuron_id):
                known.add(neuron_id)
            thumbnail = _thumbnail(cache, neuron_id)
            with disk_errors(thumbnail, "removed"):
                thumbnail.unlink(missing_ok=True)
            removed.append(neuron_id)
    finally:
        with _open_library(cache) as library:
            if library is not None:
                known |= {each for each in removed if each in library}
                library.remove(removed)
    return len(known)


def clear(cache: NeuroMorphoCache, progress: Progress | None = None) -> tuple[int, int]:
    """Remove every cell's folder, the extra folders and all records; return the numbers of cells and records.

    Raises
    ------
    NeuroMorphoStorageError
        A folder cannot be removed; what was removed before it stays removed.
    """
    ids = cache.list_neurons()
    for neuron_id in with_progress(ids, len(ids), "cells", progress):
        cache.remove(neuron_id)
    for folder in (cache.root / name for name in EXTRA_FOLDERS):
        if folder.is_dir() and not folder.is_symlink():
            with disk_errors(folder, "removed"):
                shutil.rmtree(folder)
    with _open_library(cache) as library:
        return len(ids), 0 if library is None else library.clear()


@contextmanager
def _open_library(cache: NeuroMorphoCache) -> Iterator[Library | None]:
    """Yield the folder's library; None if it has none."""
    path = cache.root / LIBRARY_NAME
    if not path.is_file():
        yield None
        return
    with Library(path) as library:
        yield library


def _usage_of(cache: NeuroMorphoCache, ids: Iterable[int]) -> tuple[int, int]:
    """Return how many morphology files cells have, and how many bytes their folders hold."""
    usages = [folder_usage(cache.layout.neuron_dir(neuron_id)) for neuron_id in ids]
    return sum(n_files for n_files, _ in usages), sum(n_bytes for _, n_bytes in usages)


def _thumbnail(cache: NeuroMorphoCache, neuron_id: int) -> Path:
    return cache.root / THUMBNAILS / f"{neuron_id}.png"
