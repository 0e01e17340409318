"""The cache folder: braincell's layout, damage in it, and files that are never followed or changed."""

from __future__ import annotations

import hashlib
import json
import os
import time
from pathlib import Path
from typing import Any

import pytest

from neuromorpho.cache.cache import NeuroMorphoCache, NeuroMorphoCacheLayout, default_cache_dir
from neuromorpho.cache.metadata import write_metadata
from neuromorpho.errors import NeuroMorphoCacheError
from neuromorpho.library.check import repair_cell, verify_cell
from neuromorpho.library.library import Library
from neuromorpho.library.maintenance import disk_usage, repair, verify
from tests.support.library_cells import cell, measured

SWC = b"1 1 0 0 0 5 -1\n2 3 10 0 0 1 1\n"


@pytest.fixture
def cache(tmp_path: Path) -> NeuroMorphoCache:
    return NeuroMorphoCache(tmp_path / "cache")


def fill(cache: NeuroMorphoCache, neuron_id: int = 7, **changes: Any) -> Path:
    """Put a cell with its standardized SWC into the cache; return the SWC."""
    folder = cache.layout.neuron_dir(neuron_id)
    folder.mkdir(parents=True)
    path = folder / "cnic.CNG.swc"
    path.write_bytes(SWC)
    item = {
        "kind": "standard",
        "url": "https://neuromorpho.org/x",
        "filename": path.name,
        "path": path.name,
        "size": len(SWC),
        "sha256": hashlib.sha256(SWC).hexdigest(),
        "reason": None,
    }
    metadata = {
        "neuron_id": neuron_id,
        "neuron_name": "cnic",
        "neuron": cell(neuron_id, neuron_name="cnic"),
        "measurement": measured(neuron_id),
        "download_items": [item | changes],
    }
    write_metadata(folder / "metadata.json", metadata)
    return path


def test_paths_are_those_of_braincell(tmp_path: Path) -> None:
    layout = NeuroMorphoCacheLayout(tmp_path)
    assert layout.metadata_path(10047) == tmp_path / "10047" / "metadata.json"
    assert layout.standard_swc_path(1, "Type A/10") == tmp_path / "1" / "Type_A_10.CNG.swc"
    assert layout.original_file_path(1, "TypeA-10", ".asc") == tmp_path / "1" / "TypeA-10.asc"


@pytest.mark.parametrize("bad", ["../1", -1, True, None, "1/..", 1.5])
def test_an_invalid_id_has_no_path(tmp_path: Path, bad: Any) -> None:
    with pytest.raises(ValueError, match="id"):
        NeuroMorphoCacheLayout(tmp_path).neuron_dir(bad)


@pytest.mark.parametrize("bad", ["/../x", "asc", ".a/b", ".a\\b"])
def test_an_invalid_suffix_has_no_path(tmp_path: Path, bad: str) -> None:
    with pytest.raises(ValueError, match="suffix"):
        NeuroMorphoCacheLayout(tmp_path).original_file_path(1, "x", bad)


def test_the_default_folder_is_that_of_somascope() -> None:
    assert default_cache_dir().parts[-2:] == ("somascope", "neuromorpho")


@pytest.mark.parametrize("url", ["https://neuromorpho.org/api", "http://cng.gmu.edu:8080"])
def test_the_archive_and_its_mirror_share_the_default_folder(url: str) -> None:
    assert default_cache_dir(url) == default_cache_dir()


def test_another_server_has_a_default_folder_of_its_own() -> None:
    here, there = "http://127.0.0.1:8765", "http://127.0.0.1:8766/api"
    folders = {default_cache_dir(), default_cache_dir(here), default_cache_dir(there)}
    assert len(folders) == 3
    assert default_cache_dir(here).name == "neuromorpho-127.0.0.1_8765"
    assert default_cache_dir(here) == default_cache_dir(f"{here}/")


def test_cells_are_listed_by_id_and_other_folders_left_out(cache: NeuroMorphoCache) -> None:
    assert cache.list_neurons() == ()
    for name in ("12", "3", "keepme", "007", "٣"):
        (cache.root / name).mkdir(parents=True)
    (cache.root / "9").write_text("a file")
    assert cache.list_neurons() == (3, 12)
    assert cache.contains(3)
    assert not cache.contains(4)


def test_clear_removes_cells_and_nothing_else(cache: NeuroMorphoCache) -> None:
    fill(cache, 3), fill(cache, 12)
    (cache.root / "keepme").mkdir()
    assert cache.clear() == 2
    assert [path.name for path in cache.root.iterdir()] == ["keepme"]
    assert not cache.remove(3)


def test_a_link_is_removed_and_what_it_points_to_stays(
    cache: NeuroMorphoCache, tmp_path: Path
) -> None:
    precious = tmp_path / "precious"
    precious.mkdir()
    (precious / "thesis.txt").write_text("years of work")
    fill(cache, 3)
    (cache.root / "5").symlink_to(precious)
    (cache.layout.neuron_dir(3) / "inner").symlink_to(precious)
    assert disk_usage(cache).cell_bytes < 10_000
    assert cache.remove(5)
    assert cache.clear() == 1
    assert (precious / "thesis.txt").read_text() == "years of work"


def test_status_and_files_are_found_by_the_metadata(cache: NeuroMorphoCache) -> None:
    path = fill(cache, 7)
    status = cache.status(7)
    assert (status.exists, status.metadata_exists, status.standard_exists) == (True, True, True)
    assert not status.original_exists
    assert cache.standard_swc_path(7) == path
    measurement = cache.measurement(7)
    assert measurement is not None
    assert measurement.length == 70.0


def test_an_older_folder_with_empty_metadata_still_has_its_swc(cache: NeuroMorphoCache) -> None:
    folder = cache.layout.neuron_dir(7)
    folder.mkdir(parents=True)
    (folder / "metadata.json").write_text("{}")
    (folder / "any.CNG.swc").write_bytes(SWC)
    assert cache.standard_swc_path(7) == folder / "any.CNG.swc"
    assert cache.status(7).metadata_exists
    assert not cache.complete(7, "standard")


def test_a_path_outside_the_folder_is_never_followed(cache: NeuroMorphoCache) -> None:
    (cache.root).mkdir()
    (cache.root / "secret.swc").write_bytes(SWC)
    path = fill(cache, 7, path="../secret.swc", filename="/etc/passwd")
    assert cache.standard_swc_path(7) == path  # by the name expected, in its own folder


def test_an_original_swc_is_not_taken_for_the_standard_one(cache: NeuroMorphoCache) -> None:
    path = fill(cache, 7, kind="original", path="cnic.swc", filename="cnic.swc")
    path.rename(path.with_name("cnic.swc"))
    assert cache.standard_swc_path(7) is None
    assert cache.original_file_path(7) == path.with_name("cnic.swc")


def test_load_needs_a_reader_and_passes_it_the_file(cache: NeuroMorphoCache) -> None:
    path = fill(cache, 7)
    with pytest.raises(ValueError, match="reader"):
        cache.load(7)
    assert cache.load(7, reader=Path.read_bytes) == SWC
    assert cache.load(7, reader=Path.read_bytes, return_report=True) == (SWC, None)
    assert cache.load(7, reader=lambda path: (path.name, "fine"), return_report=True)[1] == "fine"
    assert cache.load(7, reader=lambda path: (path.name, "fine")) == path.name
    with pytest.raises(FileNotFoundError, match="8"):
        cache.load(8, reader=Path.read_bytes)
    assert path.exists()


def test_a_cell_is_complete_only_while_its_file_is_unchanged(cache: NeuroMorphoCache) -> None:
    path = fill(cache, 7)
    assert cache.complete(7, "standard")
    assert not cache.complete(7, "both")
    path.write_bytes(SWC.replace(b"5 -1", b"6 -1"))
    assert not cache.complete(7, "standard")


def test_verify_reports_damage_and_repair_repairs_it(cache: NeuroMorphoCache) -> None:
    changed, cut, gone, whole = (fill(cache, neuron_id) for neuron_id in (1, 2, 3, 4))
    changed.write_bytes(SWC.replace(b"5 -1", b"6 -1"))
    cut.write_bytes(SWC[:10])
    gone.unlink()
    part = whole.with_name(".cnic.CNG.swc.0123456789ab.part")
    part.write_bytes(b"1 1")
    os.utime(part, (time.time() - 2 * 86_400,) * 2)
    found = {(problem.neuron_id, problem.kind) for problem in verify(cache)}
    assert found == {(1, "damaged"), (2, "damaged"), (3, "missing"), (4, "leftover")}
    assert len(repair(cache)) == 4
    assert verify(cache) == ()
    assert whole.exists()
    assert not part.exists()
    assert not changed.exists()
    assert not cache.complete(1, "standard")


def test_a_web_page_that_an_older_client_saved_is_found(cache: NeuroMorphoCache) -> None:
    path = fill(cache, 7, sha256=None, size=None)
    path.write_bytes(b"<!DOCTYPE html><title>Service Interruption Notice</title>")
    (problem,) = verify_cell(cache, 7)
    assert problem.kind == "damaged"
    assert "web page" in problem.text


@pytest.mark.parametrize("text", ["{", "[1]", '{"a": "\\ud8', "", "[" * 100_000])
def test_broken_metadata_are_reported_and_rebuilt_from_the_library(
    cache: NeuroMorphoCache, tmp_path: Path, text: str
) -> None:
    path = fill(cache, 7)
    broken = cache.layout.metadata_path(7)
    broken.write_text(text)
    with pytest.raises(NeuroMorphoCacheError, match="damaged"):
        cache.metadata(7)
    assert cache.status(7).standard_exists
    assert cache.standard_swc_path(7) == path
    with Library(tmp_path / "library.sqlite") as library:
        library.add([cell(7, neuron_name="cnic")], measurements={7: measured(7)})
        assert [problem.kind for problem in repair_cell(cache, 7, library)] == ["metadata"]
    assert verify(cache) == ()
    assert cache.complete(7, "standard")
    assert cache.metadata(7)["neuron"] == cell(7, neuron_name="cnic")
    assert broken.with_name("metadata.json.damaged").read_text() == text
    assert json.loads(broken.read_text())["measurement"]["length"] == 70.0
