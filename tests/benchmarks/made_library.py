"""A library of 300,000 made records, made once in a run of `make bench` and copied by whoever needs it."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from neuromorpho.library.bulk_import import import_harvest
from neuromorpho.library.library import Library
from tests.support.library_cells import cells

N_RECORDS = 300_000
SHARED = "SOMASCOPE_BENCH_SHARED"  # names a folder that all benchmarks of a run have in common
_NAME = "library.sqlite"


def put_made_library(cache: Path) -> None:
    """Put the library into a cache folder, made now if no benchmark of this run has."""
    cache.mkdir(parents=True, exist_ok=True)
    path, kept = cache / _NAME, _kept()
    if kept is not None and kept.exists():
        shutil.copyfile(kept, path)
        return
    with Library(path) as library:
        import_harvest(library, cells(N_RECORDS))
    keep_library(path)


def keep_library(path: Path) -> None:
    """Keep a library that was made, and is closed, for the rest of the run."""
    kept = _kept()
    if kept is not None and not kept.exists():
        half = kept.with_suffix(".part")
        shutil.copyfile(path, half)
        half.rename(kept)


def _kept() -> Path | None:
    folder = os.environ.get(SHARED)
    return Path(folder) / _NAME if folder else None
