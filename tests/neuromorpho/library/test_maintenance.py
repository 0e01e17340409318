"""All that is on disk under one cache folder: counted, verified, repaired, removed."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from neuromorpho.cache.cache import NeuroMorphoCache
from neuromorpho.cache.metadata import sha256_of
from neuromorpho.client import NeuroMorphoClient
from neuromorpho.errors import (
    NeuroMorphoCacheError,
    NeuroMorphoCancelled,
    NeuroMorphoStorageError,
)
from neuromorpho.http.rate_limiter import RateLimiter
from neuromorpho.library import maintenance
from neuromorpho.library.library import Library
from tests.neuromorpho.server import Server

WITH_FILES = (1, 2, 3)


@pytest.fixture
def client(server: Server, tmp_path: Path) -> Iterator[NeuroMorphoClient]:
    """A client whose library has 100 records and whose cache the files of three cells."""
    folder = tmp_path / "cache"
    with NeuroMorphoClient(
        base_url=server.url, cache_dir=folder, limiter=RateLimiter(None)
    ) as client:
        client.search("*:*", size=100)
        for neuron_id in WITH_FILES:
            client.download(neuron_id, mode="standard")
        pictures = folder / maintenance.THUMBNAILS
        pictures.mkdir()
        (pictures / "1.png").write_bytes(b"x" * 1000)
        (pictures / "90.png").write_bytes(b"x" * 500)
        (folder / "mine.txt").write_text("not of the cache")
        yield client


def parts_of(client: NeuroMorphoClient) -> tuple[NeuroMorphoCache, Library]:
    """Return a client's cache and library."""
    assert client.cache is not None
    assert client.library is not None
    return client.cache, client.library


def swc_of(cache: NeuroMorphoCache, neuron_id: int) -> Path:
    """Return a cell's file."""
    path = cache.standard_swc_path(neuron_id)
    assert path is not None
    return path


def bytes_below(*folders: Path) -> int:
    """Return how many bytes folders hold."""
    return sum(each.stat().st_size for top in folders for each in top.rglob("*") if each.is_file())


def test_everything_in_the_folder_but_files_of_others_is_counted(client: NeuroMorphoClient) -> None:
    cache, library = parts_of(client)
    found = maintenance.disk_usage(cache)
    ours = [cache.root / str(each) for each in WITH_FILES] + [cache.root / maintenance.THUMBNAILS]
    assert (found.folder, found.n_records, found.n_files) == (cache.root, len(library), 3)
    assert found.n_bytes == bytes_below(*ours) + library.size()


def test_the_usage_of_some_cells_is_that_of_their_folders_and_thumbnails(
    client: NeuroMorphoClient,
) -> None:
    cache, _ = parts_of(client)
    found = maintenance.cells_on_disk(cache, [1, 2, 90, 90])
    assert found.n_files == 2
    assert found.n_bytes == bytes_below(cache.root / "1", cache.root / "2") + 1500


def test_damage_in_files_and_library_is_reported_and_repaired(
    client: NeuroMorphoClient,
) -> None:
    cache, library = parts_of(client)
    assert maintenance.verify(cache) == ()
    swc_of(cache, 1).write_text("<html>down</html>")
    swc_of(cache, 2).unlink()
    with sqlite3.connect(library.path) as connection:
        connection.execute("UPDATE records SET payload = x'00' WHERE neuron_id = 3")
    connection.close()
    found = maintenance.verify(cache)
    assert {each.neuron_id for each in found} >= {1, 2, 3}
    steps: list[tuple[str, int, int]] = []
    repaired = maintenance.repair(cache, lambda *step: steps.append(step))
    assert {each.neuron_id for each in repaired} >= {1, 2, 3}
    assert {what for what, _, _ in steps} == {"cells", "records"}
    assert maintenance.verify(cache) == ()
    record = library.record(3)
    assert record is not None, "the cell's folder had its record"
    assert not has_swc(cache, 1)


def has_swc(cache: NeuroMorphoCache, neuron_id: int) -> bool:
    """Return whether a cell's file is there."""
    return cache.standard_swc_path(neuron_id) is not None


def test_a_library_that_cannot_be_opened_is_rebuilt_and_opened_again(
    client: NeuroMorphoClient,
) -> None:
    cache, library = parts_of(client)
    path = library.path
    client.recorder.reopen()
    for ending in ("-wal", "-shm"):
        path.with_name(path.name + ending).unlink(missing_ok=True)
    path.write_bytes(b"no database" * 1000)
    assert client.library is None
    assert client.library_problem is not None
    problem = maintenance.disk_usage(cache).library_error
    assert problem is not None
    assert maintenance.disk_usage(cache).n_records == 0
    repaired = maintenance.repair(cache, close_library=client.recorder.reopen)
    assert [each.text for each in repaired if "rebuilt with 3 cells" in each.text]
    assert client.library is not None
    assert client.library.ids() == WITH_FILES
    assert path.with_name(path.name + ".damaged").exists()


def test_a_library_found_damaged_while_it_is_open_is_rebuilt(client: NeuroMorphoClient) -> None:
    cache, library = parts_of(client)
    path = library.path
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    with path.open("r+b") as file:
        file.seek(4096 * 3)
        file.write(b"\xff" * 4096 * 4)
    repaired = maintenance.repair(cache, close_library=client.recorder.reopen)
    assert [each for each in repaired if "rebuilt" in each.text]
    assert client.library is not None
    assert set(client.library.ids()) >= set(WITH_FILES)
    assert maintenance.verify(cache) == ()


def test_files_without_content_are_found_and_mended(client: NeuroMorphoClient) -> None:
    cache, library = parts_of(client)
    path = library.path
    client.recorder.close()
    path.write_bytes(b"")
    swc = swc_of(cache, 1)
    swc.write_bytes(b"")
    metadata = json.loads((swc.parent / "metadata.json").read_text())
    for item in metadata["download_items"]:
        item |= {"size": 0, "sha256": sha256_of(swc)}
    (swc.parent / "metadata.json").write_text(json.dumps(metadata))
    assert {each.path for each in maintenance.verify(cache)} == {path, swc}
    assert path.stat().st_size == 0, "to verify changes nothing"
    maintenance.repair(cache, close_library=client.recorder.reopen)
    assert maintenance.verify(cache) == ()
    assert client.library is not None
    assert client.library.ids() == WITH_FILES
    assert not has_swc(cache, 1)


def test_removed_cells_are_gone_from_folders_thumbnails_and_library(
    client: NeuroMorphoClient,
) -> None:
    cache, library = parts_of(client)
    n_before = len(library)
    assert maintenance.remove(cache, [1, 90, 12345]) == 2
    assert len(library) == n_before - 2
    assert cache.list_neurons() == (2, 3)
    assert list((cache.root / maintenance.THUMBNAILS).iterdir()) == []
    assert (cache.root / "mine.txt").exists()


def test_after_a_cancelled_or_refused_removal_disk_and_library_agree(
    client: NeuroMorphoClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache, library = parts_of(client)

    def stop(*_: object) -> None:
        raise NeuroMorphoCancelled("cancelled")

    with pytest.raises(NeuroMorphoCancelled):
        maintenance.remove(cache, WITH_FILES, stop)
    assert cache.list_neurons() == WITH_FILES
    removed = cache.remove

    def refuse(neuron_id: int) -> bool:
        if neuron_id == 2:
            raise NeuroMorphoStorageError("2 cannot be removed.", path=cache.root)
        return removed(neuron_id)

    monkeypatch.setattr(cache, "remove", refuse)
    with pytest.raises(NeuroMorphoStorageError):
        maintenance.remove(cache, WITH_FILES)
    assert cache.list_neurons() == (2, 3)
    assert 1 not in library
    assert 2 in library


def test_clear_leaves_the_files_of_others(client: NeuroMorphoClient) -> None:
    cache, library = parts_of(client)
    n_records = len(library)
    assert maintenance.clear(cache) == (3, n_records)
    assert len(library) == 0
    assert cache.list_neurons() == ()
    left = {each.name for each in cache.root.iterdir()}
    assert {each for each in left if not each.startswith("library.sqlite")} == {"mine.txt"}


def test_a_verification_reports_its_progress_and_can_be_cancelled(
    client: NeuroMorphoClient,
) -> None:
    cache, _ = parts_of(client)
    steps: list[tuple[str, int, int]] = []
    maintenance.verify(cache, lambda *step: steps.append(step))
    assert steps[0] == ("cells", 0, 3)
    assert [each[:2] for each in steps if each[0] == "records"] == [("records", 0)]

    def stop(what: str, _done: int, _total: int) -> None:
        if what == "records":
            raise NeuroMorphoCancelled("cancelled")

    with pytest.raises(NeuroMorphoCancelled):
        maintenance.verify(cache, stop)
    assert json.loads((cache.root / "1" / "metadata.json").read_text())["neuron_id"] == 1


def test_with_a_damaged_library_everything_else_is_removed_and_the_damage_is_an_error(
    client: NeuroMorphoClient,
) -> None:
    cache, library = parts_of(client)
    library.close()
    for suffix in ("-wal", "-shm"):
        library.path.with_name(library.path.name + suffix).unlink(missing_ok=True)
    library.path.write_bytes(b"no database" * 1000)
    with pytest.raises(NeuroMorphoCacheError) as caught:
        maintenance.remove(cache, [1])
    assert caught.value.path == library.path
    assert cache.list_neurons() == (2, 3)
    with pytest.raises(NeuroMorphoCacheError):
        maintenance.clear(cache)
    assert cache.list_neurons() == ()
    assert not (cache.root / maintenance.THUMBNAILS).exists()
