"""A library of 300,000 made-up records, built once in a run of `make bench` and copied for each use."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from neuromorpho.library.bulk_import import import_harvest
from neuromorpho.library.library import Library
from tests.support.library_cells import cells

N_RECORDS = 300_000
SHARED = "SOMASCOPE_BENCH_SHARED"  # names a folder shared by all benchmarks of a run
_NAME = "library.sqlite"


def put_large_library(cache: Path) -> None:
    """Put the library into a cache folder; build it if no benchmark of this run has."""
    cache.mkdir(parents=True, exist_ok=True)
    path, saved = cache / _NAME, _saved_path()
    if saved is not None and saved.exists():
        shutil.copyfile(saved, path)
        return
    with Library(path) as library:
        import_harvest(library, cells(N_RECORDS))
    save_library_for_run(path)


def save_library_for_run(path: Path) -> None:
    """Save a library that was built, and is closed, for the rest of the run."""
    saved = _saved_path()
    if saved is not None and not saved.exists():
        part = saved.with_suffix(".part")
        shutil.copyfile(path, part)
        part.rename(saved)


def _saved_path() -> Path | None:
    folder = os.environ.get(SHARED)
    return Path(folder) / _NAME if folder else None
