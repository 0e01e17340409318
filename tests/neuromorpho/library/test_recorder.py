"""Saving what arrives: no damage is called a full disk, and no lock of another process delays the results."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from neuromorpho.library import recorder as module
from neuromorpho.library.library import Library
from neuromorpho.library.recorder import LIBRARY_NAME, LibraryRecorder
from neuromorpho.library.repair import repair_library, repair_rows, verify_library
from neuromorpho.records.models import NeuroMorphoNeuron
from tests.support.library_cells import cell, cells

FOUND = [NeuroMorphoNeuron.from_payload(cell(each)) for each in (5, 60)]
DAMAGES = [
    "UPDATE columns SET data = x'00'",
    "DELETE FROM state",
    "UPDATE state SET value = 'x'",
    "UPDATE terms SET value = value || CAST(x'ff' AS TEXT)",
    "DELETE FROM terms",
    "DROP TABLE terms",
    "DROP TABLE records",
    "UPDATE text_data SET block = x'00'",
]


@pytest.fixture
def library(tmp_path: Path) -> Path:
    """The file of a library with 50 cells."""
    with Library(tmp_path / LIBRARY_NAME) as library:
        library.add(cells(50))
    return library.path


def execute(path: Path, statement: str) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(statement)
        connection.commit()


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Write as another process does, until the end."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        yield


@pytest.mark.parametrize("damage", DAMAGES)
def test_damage_is_told_as_damage_and_never_as_a_full_disk(library: Path, damage: str) -> None:
    execute(library, damage)
    recorder = LibraryRecorder(library.parent)
    recorder.record(FOUND, (), "")
    recorder.close()
    problem = recorder.problem
    if problem is None:  # what is written needs nothing of it; a search finds it
        assert verify_library(library)
        return
    assert problem.code == "damaged"
    assert problem.hint == "repair-library"
    assert "space" not in str(problem)


@pytest.mark.parametrize("damage", DAMAGES[:5])
def test_what_a_search_cannot_read_is_found_by_verify_and_mended(
    library: Path, damage: str
) -> None:
    execute(library, damage)
    problems = verify_library(library)
    assert [each.neuron_id for each in problems] == [None]
    if problems[0].kind == "index":
        with Library(library) as opened:
            repair_rows(opened, problems)
    else:
        assert repair_library(library) == 50
    with Library(library) as opened:
        assert opened.search(facets=("species",)).total == 50
    assert verify_library(library) == ()


def test_an_error_of_one_record_asks_for_no_room(library: Path) -> None:
    recorder = LibraryRecorder(library.parent)
    recorder.record([NeuroMorphoNeuron(7, "n", None, None, payload={"neuron_id": 7})], (), "")
    recorder.close()
    assert recorder.problem is not None
    assert recorder.problem.code == "not-saved"
    assert "space" not in str(recorder.problem)


def test_another_process_that_writes_does_not_hold_the_results(
    library: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_LONGEST_WAIT_S", 0.01)
    recorder = LibraryRecorder(library.parent)
    with locked(library):
        started = time.monotonic()
        recorder.record(FOUND, (), "")
        assert time.monotonic() - started < 20.0
    assert recorder.problem is not None
    assert recorder.problem.code == "in-use"
    recorder.reopen()
    recorder.record(FOUND, (), "")
    assert recorder.problem is None
    recorder.close()


def test_a_search_goes_on_while_a_write_waits_for_another_process(library: Path) -> None:
    with Library(library) as opened:
        writer = threading.Thread(target=lambda: opened.add(cells(60)))
        with locked(library):
            writer.start()
            assert opened.search().total == 50
            assert writer.is_alive()
        writer.join(30.0)
        assert not writer.is_alive()
        assert opened.search().total == 60
