"""The library as a file: lossless, shared by processes and threads, damaged, full, read-only."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import threading
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from neuromorpho.cache.cache import NeuroMorphoCache
from neuromorpho.cache.metadata import write_metadata
from neuromorpho.errors import NeuroMorphoCacheError, NeuroMorphoStorageError
from neuromorpho.library import maintenance
from neuromorpho.library.library import Library
from neuromorpho.library.repair import (
    add_cached_cells,
    repair_library,
    repair_rows,
    verify_library,
)
from tests.support.library_cells import cell, cells, measured

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "library.sqlite"


@pytest.fixture
def library(path: Path) -> Iterator[Library]:
    with Library(path) as library:
        yield library


def child(code: str, *arguments: object) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", code, *map(str, arguments)]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)


def test_a_record_is_read_back_unchanged_with_its_key_order(library: Library) -> None:
    odd = cell(5, note="µm\n\x00 \ud800", magnification=1e300, nested={"a": [None, True, 1.0]})
    assert library.add([odd], measurements={5: measured(5)}) == 1
    neuron, measurement = library.record(5), library.measurement(5)
    assert neuron is not None
    assert measurement is not None
    assert neuron.payload == odd
    assert list(neuron.payload) == list(odd)
    assert dict(measurement.raw) == measured(5)
    assert library.record(6) is None
    assert [found.neuron_id for found in library.named("CELL_00005")] == [5]


def test_adding_the_same_record_again_is_no_change(library: Library) -> None:
    assert library.add(cells(10)) == 10
    assert library.add(cells(10)) == 0
    assert library.add_measurements([measured(3)]) == 1
    assert library.add_measurements([measured(3)]) == 0


@pytest.mark.parametrize("bad", [{}, {"neuron_id": 1}, {"neuron_id": "x", "neuron_name": "y"}])
def test_an_invalid_record_is_refused_and_its_batch_is_not_saved(
    library: Library, bad: dict[str, Any]
) -> None:
    with pytest.raises(ValueError):  # noqa: PT011
        library.add([cell(1), bad])
    assert len(library) == 0
    assert library.add([cell(2)]) == 1


@pytest.mark.parametrize("bad", ["../1", None, True, -3])
def test_ids_are_numbers(library: Library, bad: Any) -> None:
    with pytest.raises(ValueError, match="id"):
        library.remove([bad])


_WRITE = """
import sys
sys.path.insert(0, ".")
from neuromorpho.library.library import Library
from tests.support.library_cells import cell
start = int(sys.argv[2])
with Library(sys.argv[1]) as library:
    for neuron_id in range(start, start + 60):
        library.add([cell(neuron_id, species=f"species {neuron_id % 5}")])
"""


def test_two_processes_and_two_threads_write_while_others_search(path: Path) -> None:
    with Library(path) as library:
        writers = [child(_WRITE, path, start) for start in (1, 1001)]
        threads = [
            threading.Thread(
                target=lambda start=start: [library.add([cell(start + n)]) for n in range(40)]
            )
            for start in (2001, 3001)
        ]
        for thread in threads:
            thread.start()
        totals = []
        while any(writer.poll() is None for writer in writers):
            page = library.search("cell", facets=["species"])
            assert page.facets["species"].total == page.total
            totals.append(page.total)
        for thread in threads:
            thread.join()
        assert [writer.communicate() and writer.returncode for writer in writers] == [0, 0]
        assert totals == sorted(totals)
        assert len(library) == library.search("cell", facets=["species"]).total == 200
        assert verify_library(library.path) == ()


def test_a_damaged_record_is_reported_left_out_and_read_from_the_cache(
    library: Library, path: Path, tmp_path: Path
) -> None:
    library.add(cells(20), measurements={4: measured(4)})
    with sqlite3.connect(path) as other:
        other.execute("UPDATE records SET payload = zeroblob(40) WHERE neuron_id IN (3, 7)")
        other.execute("UPDATE measurements SET payload = x'00' WHERE neuron_id = 4")
    other.close()
    with pytest.raises(NeuroMorphoCacheError, match=r"neuron 3 .* damaged"):
        library.record(3)
    assert library.search().damaged == (3, 7)
    reported = {(problem.kind, problem.neuron_id) for problem in verify_library(library.path)}
    assert reported == {("record", 3), ("record", 7), ("measurement", 4)}
    cache = NeuroMorphoCache(tmp_path / "cache")
    folder = cache.layout.neuron_dir(3)
    folder.mkdir(parents=True)
    write_metadata(folder / "metadata.json", {"neuron": cell(3), "measurement": measured(3)})
    repair_rows(library, verify_library(path))
    add_cached_cells(library, cache)
    assert verify_library(library.path) == ()
    assert library.record(3) is not None
    assert library.record(7) is None
    assert library.measurement(4) is None
    assert library.search("cell", facets=["species"]).total == 19


def test_an_index_without_its_terms_is_a_damaged_library(library: Library, path: Path) -> None:
    library.add(cells(20))
    with sqlite3.connect(path) as other:
        other.execute("DELETE FROM terms")
    other.close()
    for query in ({"facets": ["species"]}, {"criteria": {"species": "mouse"}}, {"sort": "archive"}):
        with pytest.raises(NeuroMorphoCacheError, match="index"):
            library.search(**query)  # type: ignore[arg-type]


def test_a_damaged_index_is_reported_and_rebuilt(library: Library, path: Path) -> None:
    library.add(cells(20))
    with sqlite3.connect(path) as other:
        other.execute("UPDATE columns SET data = x'00'")
    other.close()
    with Library(path) as fresh:
        with pytest.raises(NeuroMorphoCacheError, match="index"):
            fresh.search(facets=["species"])
        assert [problem.kind for problem in verify_library(path)] == ["index"]
        repair_rows(fresh, verify_library(path))
        assert fresh.search("cell", facets=["species"]).facets["species"].total == 20
        assert verify_library(path) == ()


def test_a_damaged_file_is_named_and_rebuilt_from_what_can_be_read(path: Path) -> None:
    with Library(path) as library:
        library.add(cells(3000))
    with path.open("r+b") as file:
        file.seek(path.stat().st_size // 2)
        file.write(os.urandom(40_000))
    assert [problem.kind for problem in verify_library(path)] == ["file"]
    assert 0 < repair_library(path) <= 3000
    with Library(path) as library:
        assert verify_library(library.path) == ()
        assert library.search("cell").total == len(library)
    assert path.with_name("library.sqlite.damaged").exists()


def test_a_file_that_is_not_a_database_is_named(path: Path) -> None:
    path.write_bytes(b"not a database at all" * 100)
    with pytest.raises(NeuroMorphoCacheError, match=r"library\.sqlite"):
        Library(path)
    assert repair_library(path) == 0
    with Library(path) as library:
        assert library.add([cell(1)]) == 1


def test_another_program_s_database_is_not_touched(path: Path) -> None:
    other = sqlite3.connect(path)
    other.execute("CREATE TABLE t (a)")
    other.close()
    before = path.read_bytes()
    with pytest.raises(NeuroMorphoCacheError, match="another"):
        Library(path)
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    ("change", "code"),
    [("PRAGMA user_version=99", "newer-version"), ("PRAGMA application_id=1", "not-a-library")],
)
def test_a_library_of_a_newer_or_another_program_is_refused_and_not_repaired(
    path: Path, change: str, code: str
) -> None:
    with Library(path) as library:
        library.add(cells(3))
    other = sqlite3.connect(path)
    other.execute(change)
    other.close()
    before = path.read_bytes()
    cache = NeuroMorphoCache(path.parent)
    for refused in (Library, repair_library, lambda _: maintenance.repair(cache)):
        with pytest.raises(NeuroMorphoCacheError) as caught:
            refused(path)
        assert caught.value.code == code
    (problem,) = maintenance.verify(cache)
    assert str(path) in problem.text
    assert path.read_bytes() == before
    assert [each.name for each in path.parent.iterdir()] == [path.name]


_READ_ONLY = """
import json, numpy, os, platformdirs, sqlite3, sys
from neuromorpho.errors import NeuroMorphoStorageError
from neuromorpho.library.library import Library
if os.geteuid() == 0:
    os.setgid(65534)
    os.setuid(65534)  # root may write anywhere
with Library(sys.argv[1]) as library:
    print(library.read_only, library.search("cell", facets=["species"]).total)
    try:
        library.remove([1])
    except NeuroMorphoStorageError as error:
        print("read-only" in str(error))
try:
    Library(sys.argv[1] + ".new")
except NeuroMorphoStorageError as error:
    print(error.hint == "choose-cache-folder")
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such permissions")
def test_a_library_in_a_read_only_folder_can_be_searched() -> None:
    folder = Path(tempfile.mkdtemp(prefix="somascope-read-only-"))
    try:
        path = folder / "library.sqlite"
        with Library(path) as library:
            library.add(cells(10))
        path.chmod(0o444)
        folder.chmod(0o555)
        with child(_READ_ONLY, path) as reader:
            output, _ = reader.communicate()
        assert output.split() == ["True", "10", "True", "True"]
    finally:
        folder.chmod(0o755)
        shutil.rmtree(folder)


_FULL = """
import resource, sys
sys.path.insert(0, ".")
from neuromorpho.errors import NeuroMorphoStorageError
from neuromorpho.library.library import Library
from tests.support.library_cells import cells
with Library(sys.argv[1]) as library:
    library.add(cells(100))
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, resource.RLIM_INFINITY))
    try:
        library.add(cells(20_000))
    except NeuroMorphoStorageError as error:
        print(len(library), library.search("cell").total == len(library), "full" in str(error))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such limit")
def test_a_full_disk_is_reported_and_the_library_stays_intact(path: Path) -> None:
    with child(_FULL, path) as writer:
        output, _ = writer.communicate()
    n_cells, *rest = output.split()
    assert rest == ["True", "True"]
    with Library(path) as library:
        assert len(library) == int(n_cells)
        assert verify_library(library.path) == ()


def test_a_closed_library_is_an_error(library: Library) -> None:
    library.close()
    with pytest.raises(NeuroMorphoStorageError, match="closed"):
        library.search()


def test_a_record_takes_a_third_of_its_json(library: Library) -> None:
    library.add([cell(1)])
    connection = sqlite3.connect(library.path)
    (payload,) = connection.execute("SELECT payload FROM records").fetchone()
    connection.close()
    assert len(payload) < len(zlib.compress(str(cell(1)).encode())) * 0.7
