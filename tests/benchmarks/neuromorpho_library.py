"""Offline search over 300,000 records: each key stroke in the dock, the worst words, and the import."""

from __future__ import annotations

import resource
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from neuromorpho.library.bulk_import import import_harvest
from neuromorpho.library.library import Library
from tests.benchmarks.large_library import N_RECORDS, save_library_for_run
from tests.benchmarks.table import Figure, median_seconds
from tests.support.library_cells import cells

GROUP = "NeuroMorpho library, 300 000 records"
FACETS = ("species", "brain_region", "archive")
QUESTIONS: dict[str, tuple[dict[str, Any], str]] = {
    "a word, three facets": ({"text": "neocortex"}, "a sixth of the records"),
    "no word, three facets": ({}, "all records"),
    "the most frequent word, three facets": ({"text": "cell"}, "all records"),
    "one letter, three facets": ({"text": "c"}, "all records, the first key stroke"),
    "a word, two values, three facets": (
        {"text": "neocortex", "criteria": {"species": ["mouse", "rat"], "gender": "Female"}},
        "",
    ),
    "a word, three facets, by name": ({"text": "neocortex", "sort": "neuron_name,desc"}, ""),
    "a word, three facets, by archive": ({"text": "neocortex", "sort": "archive,asc"}, ""),
}


def figures() -> list[Figure]:
    """Take in a harvest, open the library, search it."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "library.sqlite"
        found = [*_import(path)]
        opened = median_seconds(lambda: Library(path).close())
        found.append(Figure(GROUP, "open", 1000 * opened, "ms", 50.0))
        with Library(path) as library:
            start = time.perf_counter()
            library.search(facets=FACETS)
            first = 1000 * (time.perf_counter() - start)
            found.append(Figure(GROUP, "first search of a process", first, "ms"))
            found += [_searched(library, name) for name in QUESTIONS]
        save_library_for_run(path)
        return found


def _import(path: Path) -> list[Figure]:
    before = _memory()
    with Library(path) as library:
        start = time.perf_counter()
        import_harvest(library, cells(N_RECORDS))
        seconds = time.perf_counter() - start
        size = library.size() / 1e6
    return [
        Figure(GROUP, "import", N_RECORDS / seconds, "records/s", note="records made included"),
        Figure(GROUP, "import, memory more than before", _memory() - before, "MB", 100.0),
        Figure(GROUP, "file", size, "MB"),
    ]


def _searched(library: Library, name: str) -> Figure:
    question, note = QUESTIONS[name]

    def search() -> None:
        library._index._sets.clear()  # as if it were typed for the first time
        library.search(**question, facets=FACETS)

    search()
    return Figure(GROUP, name, 1000 * median_seconds(search), "ms", 100.0, note=note)


def _memory() -> float:
    """Return the most memory that this process has had, in MB."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 1e6 if sys.platform == "darwin" else peak / 1e3
