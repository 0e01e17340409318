"""A long harvest: cut short anywhere it goes on, brings each cell once, and leaves no half-written table."""

from __future__ import annotations

import csv
import errno
import gc
import io
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from filelock import FileLock

from neuromorpho import (
    NeuroMorphoClient,
    NeuroMorphoError,
    NeuroMorphoQueryError,
    RateLimiter,
)
from neuromorpho.bulk import harvest_journal
from neuromorpho.bulk.harvest import harvest_to_file, harvest_to_library
from neuromorpho.errors import NeuroMorphoStorageError
from neuromorpho.records.gc_pause import gc_paused
from tests.neuromorpho.server import Server

ROOT = Path(__file__).resolve().parents[3]
PAGES = "/api/neuron/select*"


@pytest.fixture
def client(server: Server, tmp_path: Path) -> Iterator[NeuroMorphoClient]:
    """A client of the loopback server with a cache, tries once."""
    with NeuroMorphoClient(
        base_url=server.url, limiter=RateLimiter(None), retries=1, cache_dir=tmp_path / "cache"
    ) as client:
        yield client


def ids_in(path: Path) -> list[int]:
    """Return the ids of a harvest's file, in its order."""
    if path.suffix == ".json":
        content = json.loads(path.read_text(encoding="utf-8"))
        return [each["neuron"]["neuron_id"] for each in content]
    with path.open(newline="", encoding="utf-8-sig") as file:
        return [int(row["neuron_id"]) for row in csv.DictReader(file)]


@pytest.mark.parametrize("name", ["all.json", "below/all.csv"])
def test_all_cells_are_in_the_file_in_order_and_the_journal_is_gone(
    client: NeuroMorphoClient, tmp_path: Path, name: str
) -> None:
    path = tmp_path / name
    report = harvest_to_file(client, "*:*", path, page_size=25)
    assert report.n_cells == report.total == client.count() == 120
    assert ids_in(path) == sorted(ids_in(path))
    assert len(set(ids_in(path))) == 120
    assert [each.name for each in path.parent.iterdir() if each.suffix == ".harvest"] == []


def test_an_interrupted_harvest_resumes_with_the_page_that_failed(
    client: NeuroMorphoClient, server: Server, tmp_path: Path
) -> None:
    path = tmp_path / "all.json"
    server.faults.add("unavailable", path=PAGES, query="page=3")
    with pytest.raises(NeuroMorphoError):
        harvest_to_file(client, "*:*", path, page_size=20, max_concurrent=1)
    assert not path.exists()
    server.reset()
    server.faults.clear()
    report = harvest_to_file(client, "*:*", path, page_size=20, max_concurrent=1)
    assert (report.n_before, report.n_cells) == (60, 120)
    pages = [
        dict(each.query)["page"][0] for each in server.requests if "/neuron/select" in each.path
    ]
    assert sorted(pages) == ["3", "4", "5"]
    assert ids_in(path) == sorted(set(ids_in(path)))


@pytest.mark.parametrize("torn", [100, 1])
def test_an_incomplete_line_after_a_crash_is_cut_off_and_its_page_requested_again(
    client: NeuroMorphoClient, server: Server, tmp_path: Path, torn: int
) -> None:
    path = tmp_path / "all.json"
    server.faults.add("unavailable", path=PAGES, query="page=3")
    with pytest.raises(NeuroMorphoError):
        harvest_to_file(client, "*:*", path, page_size=20, max_concurrent=1)
    server.faults.clear()
    journal = tmp_path / "all.json.harvest"
    journal.write_bytes(journal.read_bytes()[:-torn])
    report = harvest_to_file(client, "*:*", path, page_size=20)
    assert (report.n_before, report.n_cells) == (40, 120)
    assert len(set(ids_in(path))) == len(ids_in(path)) == 120


def test_a_page_counts_only_when_it_is_on_disk(
    client: NeuroMorphoClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, synced = tmp_path / "all.json", []
    real = os.fsync

    def full_at_last(handle: int) -> None:
        synced.append(handle)
        if len(synced) == 4:  # the heading and two pages are down
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        real(handle)

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", full_at_last)
        with pytest.raises(NeuroMorphoStorageError, match="No space left"):
            harvest_to_file(client, "*:*", path, page_size=20)
    assert not path.exists()
    assert harvest_to_file(client, "*:*", path, page_size=20).n_before in (40, 60)
    assert len(set(ids_in(path))) == len(ids_in(path)) == 120


def test_a_journal_that_can_be_neither_written_nor_closed_is_named(
    client: NeuroMorphoClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class FullFile(io.BufferedRandom):
        """A file whose second line stays in its buffer, which does not fit on the disk at the close either."""

        n_flushed = 0

        def flush(self) -> None:
            self.n_flushed += 1
            if self.n_flushed > 1:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            super().flush()

    def open_full(path: Path, mode: str) -> FullFile:
        return FullFile(io.FileIO(path, mode))

    path = tmp_path / "all.json"
    with monkeypatch.context() as patched:
        patched.setattr(harvest_journal, "open", open_full, raising=False)
        with pytest.raises(NeuroMorphoStorageError, match="No space left") as caught:
            harvest_to_file(client, "*:*", path, page_size=20)
    assert caught.value.path == tmp_path / "all.json.harvest"
    assert harvest_to_file(client, "*:*", path, page_size=20).n_cells == 120


def test_a_harvest_starts_again_if_the_archive_has_changed(
    client: NeuroMorphoClient, server: Server, tmp_path: Path
) -> None:
    path = tmp_path / "all.json"
    server.faults.add("unavailable", path=PAGES, query="page=2")
    with pytest.raises(NeuroMorphoError):
        harvest_to_file(client, "*:*", path, page_size=50, max_concurrent=1)
    server.faults.clear()
    journal = tmp_path / "all.json.harvest"
    text = journal.read_text(encoding="utf-8")
    assert '"total": 120' in text
    journal.write_text(text.replace('"total": 120', '"total": 119'), encoding="utf-8")
    report = harvest_to_file(client, "*:*", path, page_size=50)
    assert (report.n_before, report.n_cells) == (0, 120)


def test_the_journal_of_another_harvest_is_refused_without_restart(
    client: NeuroMorphoClient, server: Server, tmp_path: Path
) -> None:
    path = tmp_path / "all.json"
    server.faults.add("unavailable", path=PAGES, query="page=1")
    with pytest.raises(NeuroMorphoError):
        harvest_to_file(client, "*:*", path, page_size=50, max_concurrent=1)
    server.faults.clear()
    with pytest.raises(NeuroMorphoQueryError) as caught:
        harvest_to_file(client, "species:mouse", path, page_size=50)
    assert (caught.value.code, caught.value.hint) == ("other-harvest", "restart-harvest")
    journal = tmp_path / "all.json.harvest"
    text = journal.read_text(encoding="utf-8")
    journal.write_text(text.replace('"request":', '"other":'), encoding="utf-8")
    with pytest.raises(NeuroMorphoQueryError, match="another harvest"):
        harvest_to_file(client, "*:*", path, page_size=50)
    mice = harvest_to_file(client, "species:mouse", path, page_size=50, restart=True)
    assert mice.n_cells == client.count("species:mouse") == len(ids_in(path))


@pytest.mark.parametrize("restart", [False, True])
def test_a_second_harvest_into_the_same_file_is_refused_and_harms_nothing(
    client: NeuroMorphoClient, tmp_path: Path, restart: bool
) -> None:
    path = tmp_path / "all.json"
    refused: list[str] = []

    def meanwhile(_: object) -> None:
        with pytest.raises(NeuroMorphoError) as error:
            harvest_to_file(client, "*:*", path, page_size=25, restart=restart)
        assert error.value.code == "in-use"
        refused.append(str(error.value))

    report = harvest_to_file(client, "*:*", path, page_size=25, progress=meanwhile)
    assert refused
    assert len(refused[0].splitlines()) == 1
    assert report.n_cells == len(ids_in(path)) == len(set(ids_in(path))) == 120
    assert harvest_to_file(client, "*:*", path, page_size=25).n_cells == 120


_DIES = """
import os, sys
from neuromorpho.bulk import harvest_journal
from neuromorpho.bulk.harvest import harvest_to_file
from neuromorpho.client import NeuroMorphoClient
from neuromorpho.http.rate_limiter import RateLimiter
with NeuroMorphoClient(base_url=sys.argv[1], limiter=RateLimiter(None)) as client:
    harvest_to_file(client, "*:*", sys.argv[2], page_size=25, progress=lambda _: os._exit(9))
"""


def test_the_lock_of_a_process_that_died_does_not_block_and_none_is_left(
    client: NeuroMorphoClient, server: Server, tmp_path: Path
) -> None:
    path = tmp_path / "all.json"
    command = [sys.executable, "-c", _DIES, server.url, str(path)]
    assert subprocess.run(command, cwd=ROOT, check=False).returncode == 9
    assert (tmp_path / "all.json.harvest").exists()
    assert harvest_to_file(client, "*:*", path, page_size=25).n_cells == 120
    assert [each.name for each in tmp_path.glob("all.json*")] == ["all.json"]


def test_a_disk_without_locks_can_be_harvested_to(
    client: NeuroMorphoClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError(errno.ENOTSUP, os.strerror(errno.ENOTSUP))

    monkeypatch.setattr(FileLock, "acquire", refuse)
    assert harvest_to_file(client, "*:*", tmp_path / "all.json", page_size=25).n_cells == 120


def test_a_cell_that_two_pages_have_is_in_the_file_once(
    client: NeuroMorphoClient, server: Server, tmp_path: Path
) -> None:
    server.faults.add("duplicates", path=PAGES)
    path = tmp_path / "all.csv"
    report = harvest_to_file(client, "*:*", path, page_size=20)
    assert len(ids_in(path)) == len(set(ids_in(path))) == report.n_cells


@pytest.mark.parametrize("limit", [1, 30, 45])
def test_a_limit_ends_it_at_that_many(
    client: NeuroMorphoClient, tmp_path: Path, limit: int
) -> None:
    path = tmp_path / "some.csv"
    report = harvest_to_file(client, "*:*", path, page_size=20, limit=limit)
    assert report.n_cells == len(ids_in(path)) == limit


def test_no_match_is_an_empty_table(client: NeuroMorphoClient, tmp_path: Path) -> None:
    report = harvest_to_file(client, "species:nosuch", tmp_path / "none.csv")
    assert (report.n_cells, report.total, ids_in(report.path)) == (0, 0, [])


def test_the_library_has_all_cells_with_their_morphometry_after_a_harvest(
    client: NeuroMorphoClient, server: Server
) -> None:
    server.faults.add("unavailable", path=PAGES, query="page=3")
    with pytest.raises(NeuroMorphoError):
        harvest_to_library(client, "*:*", page_size=20, max_concurrent=1)
    server.faults.clear()
    report = harvest_to_library(client, "*:*", page_size=20)
    library = client.library
    assert library is not None
    assert (report.n_before, report.n_cells, len(library)) == (60, 120, 120)
    assert library.search(ranges={"length": (0.0, None)}, limit=0).total > 100
    assert list((report.path.parent / "harvests").iterdir()) == []


def test_the_library_gets_exactly_the_cells_that_a_harvest_counts(
    client: NeuroMorphoClient,
) -> None:
    report = harvest_to_library(client, "*:*", page_size=50, limit=30)
    library = client.library
    assert library is not None
    assert report.n_cells == len(library) == 30
    assert library.measurement(1) is not None
    assert len(client.without_library().search("*:*", size=100).items) == 100
    assert len(library) == 30
    client.search("*:*", size=40)
    assert len(library) == 40


def test_a_client_without_a_cache_cannot_harvest(server: Server) -> None:
    with (
        NeuroMorphoClient(base_url=server.url, limiter=RateLimiter(None)) as client,
        pytest.raises(ValueError, match="cache_dir"),
    ):
        harvest_to_library(client, "*:*")


def test_a_file_of_another_format_is_refused_before_any_request(
    client: NeuroMorphoClient, server: Server, tmp_path: Path
) -> None:
    with pytest.raises(NeuroMorphoQueryError, match=r"\.json or \.csv"):
        harvest_to_file(client, "*:*", tmp_path / "x.parquet")
    assert server.count() == 0


def test_the_garbage_collector_pauses_during_a_harvest_only(
    client: NeuroMorphoClient, tmp_path: Path
) -> None:
    is_enabled: list[bool] = []

    def note(_: object) -> None:
        with gc_paused():
            is_enabled.append(gc.isenabled())

    harvest_to_file(client, "*:*", tmp_path / "all.json", page_size=50, progress=note)
    assert is_enabled
    assert not any(is_enabled)
    note(None)
    assert is_enabled[-1]
