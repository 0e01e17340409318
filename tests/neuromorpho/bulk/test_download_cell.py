"""Downloading one cell: complete files, missing ones reported, nothing downloaded twice."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import resource
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from neuromorpho.errors import (
    NeuroMorphoAnswerError,
    NeuroMorphoCancelled,
    NeuroMorphoDownError,
    NeuroMorphoError,
    NeuroMorphoNotFoundError,
    NeuroMorphoStorageError,
)
from neuromorpho.records.models import NeuroMorphoNeuron
from tests.neuromorpho.server import Server, hostile_records
from tests.support.archive_client import client_of

REPOSITORY = Path(__file__).resolve().parents[3]


def metadata(folder: Path, neuron_id: int) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / str(neuron_id) / "metadata.json").read_text())
    return found


def parts(folder: Path) -> list[Path]:
    return [each for each in folder.rglob("*") if each.name.endswith((".part", ".tmp"))]


def with_another_suffix(server: Server) -> int:
    """Return a cell whose original is not of the suffix that its original_format ends with."""
    for neuron_id in server.holdings.ids:
        found = str((server.holdings.record(neuron_id) or {}).get("original_format"))
        if not found.endswith(server.files.suffix(neuron_id)) and "." in found:
            return neuron_id
    raise AssertionError("The server has no such cell.")


def test_files_equal_the_servers_and_have_size_and_hash(server: Server, tmp_path: Path) -> None:
    with client_of(server) as client:
        found = client.download(1, tmp_path, mode="standard")
    item = found.download_items[0]
    assert item.path.read_bytes() == server.files.swc(1)
    found = metadata(tmp_path, 1)["download_items"][0]
    assert found["sha256"] == hashlib.sha256(server.files.swc(1)).hexdigest()
    assert found["size"] == len(server.files.swc(1))
    assert metadata(tmp_path, 1)["licence"] == "CC BY 4.0"


def test_a_second_download_makes_no_request(server: Server, tmp_path: Path) -> None:
    with client_of(server) as client:
        first = client.download(1, tmp_path, mode="both")
        server.reset()
        again = client.download(1, tmp_path, mode="both")
        assert server.count() == 0
        assert [each.path for each in again.download_items] == [
            each.path for each in first.download_items
        ]
        assert again.measurement == first.measurement
        assert not any(each.downloaded_now for each in again.download_items)
        client.download(1, tmp_path, mode="standard", overwrite=True)
        assert server.count("CNG version") == 1


def test_a_damaged_file_is_downloaded_again(server: Server, tmp_path: Path) -> None:
    with client_of(server) as client:
        path = client.download(1, tmp_path, mode="standard").download_items[0].path
        path.write_bytes(path.read_bytes()[:-20])
        assert client.download(1, tmp_path, mode="standard").download_items[0].downloaded_now
    assert path.read_bytes() == server.files.swc(1)


def test_a_web_page_that_an_older_program_saved_is_downloaded_again(
    server: Server, tmp_path: Path
) -> None:
    with client_of(server) as client:
        name = f"{client.get_neuron(1).neuron_name}.CNG.swc"
        (tmp_path / "1").mkdir()
        (tmp_path / "1" / name).write_text("<!DOCTYPE html><html>Service Interruption</html>")
        assert client.download(1, tmp_path, mode="standard").download_items[0].downloaded_now
    assert (tmp_path / "1" / name).read_bytes() == server.files.swc(1)


def test_downloads_with_two_modes_leave_both_files_in_the_metadata(
    server: Server, tmp_path: Path
) -> None:
    with client_of(server) as client:
        client.download(1, tmp_path, mode="original")
        client.download(1, tmp_path, mode="standard")
        found = metadata(tmp_path, 1)
        assert {each["kind"] for each in found["download_items"]} == {"standard", "original"}
        assert found["download_mode"] == "both"
        server.reset()
        both = client.download(1, tmp_path, mode="both")
        assert [each.kind for each in both.download_items] == ["standard", "original"]
        assert server.count() == 0


def test_files_are_downloaded_without_a_measurement(server: Server, tmp_path: Path) -> None:
    server.faults.add("missing", path="/api/morphometry/*")
    with client_of(server) as client:
        found = client.download(1, tmp_path, mode="both")
    assert found.measurement is None
    assert all(each.path.is_file() for each in found.download_items)
    found = metadata(tmp_path, 1)
    assert found["measurement"] is None
    assert "morphometry" in found["measurement_error"]


def test_an_original_with_another_suffix_is_found_once(server: Server, tmp_path: Path) -> None:
    neuron_id = with_another_suffix(server)
    with client_of(server) as client:
        original = client.download(neuron_id, tmp_path).download_items[1]
        assert original.path.suffix == server.files.suffix(neuron_id)
        assert original.path.read_bytes() == server.files.original(neuron_id)
        n_requests = server.count("Source-Version")
        assert n_requests > 1
        (tmp_path / str(neuron_id) / "metadata.json").unlink()
        client.download(neuron_id, tmp_path)
    assert server.count("Source-Version") == n_requests


def test_a_missing_original_is_reported_and_never_requested_again(
    server: Server, tmp_path: Path
) -> None:
    server.faults.add("missing", path="*/Source-Version/*")
    with client_of(server) as client:
        standard, original = client.download(1, tmp_path).download_items
        assert standard.path.read_bytes() == server.files.swc(1)
        assert original.reason is not None
        assert "original" in original.reason
        server.reset()
        again = client.download(1, tmp_path).download_items[1]
        assert server.count() == 0
        assert again.reason == original.reason
        server.faults.add("missing", path="*/Source-Version/*")
        with pytest.raises(NeuroMorphoNotFoundError, match="original"):
            client.download(2, tmp_path, mode="original")
    assert metadata(tmp_path, 2)["neuron_id"] == 2


@pytest.mark.parametrize("fault", ["html_file", "empty", "short", "reset", "truncated", "missing"])
def test_a_bad_standard_file_is_an_error_after_the_rest_was_downloaded(
    server: Server, tmp_path: Path, fault: str
) -> None:
    server.faults.add(fault, path="*/CNG version/*")
    with client_of(server, retries=2) as client, pytest.raises(NeuroMorphoError) as raised:
        client.download(1, tmp_path)
    assert "CNG%20version" in raised.value.url
    assert list((tmp_path / "1").glob("*.CNG.swc")) == []
    kinds = {each["kind"]: each["reason"] for each in metadata(tmp_path, 1)["download_items"]}
    assert kinds["standard"]
    assert kinds["original"] is None
    assert parts(tmp_path) == []
    server.faults.clear()
    with client_of(server) as client:
        client.download(1, tmp_path)
    assert all(each["reason"] is None for each in metadata(tmp_path, 1)["download_items"])


def test_a_temporary_fault_is_retried(server: Server, tmp_path: Path) -> None:
    for fault in ("reset", "short", "unavailable"):
        server.faults.add(fault, times=1, path="*/CNG version/*")
    with client_of(server, retries=4) as client:
        found = client.download(1, tmp_path, mode="standard")
    assert found.download_items[0].path.read_bytes() == server.files.swc(1)


def test_damaged_metadata_are_written_again(server: Server, tmp_path: Path) -> None:
    with client_of(server) as client:
        client.download(1, tmp_path, mode="standard")
        (tmp_path / "1" / "metadata.json").write_text('{"neuron_id": 1, "downl')
        again = client.download(1, tmp_path, mode="standard")
    assert not again.download_items[0].downloaded_now
    assert metadata(tmp_path, 1)["neuron"]["neuron_id"] == 1


def test_a_cell_without_archive_has_no_file(tmp_path: Path) -> None:
    records = [{"neuron_id": 7, "neuron_name": "lost", "original_format": "Neurolucida.asc"}]
    with Server(records) as server, client_of(server) as client:
        assert client.get_urls(client.get_neuron(7)).standard_swc is None
        assert client.describe(7, include_measurement=False).urls.original_file is None
        with pytest.raises(NeuroMorphoError, match="archive"):
            client.download(7, tmp_path)
    assert [each["reason"] is None for each in metadata(tmp_path, 7)["download_items"]] == [
        False
    ] * 2


def test_hostile_names_never_leave_the_folder(tmp_path: Path) -> None:
    records = hostile_records()
    out = tmp_path / "a" / "b" / "out"
    refused: list[NeuroMorphoError] = []
    with Server(records) as server, client_of(server, retries=1) as client:
        for record in records:
            neuron = NeuroMorphoNeuron.from_payload(record)
            try:
                client.download(neuron, out)
            except NeuroMorphoError as error:
                refused.append(error)
    assert not any(isinstance(each, NeuroMorphoStorageError) for each in refused)
    outside = [each for each in tmp_path.rglob("*") if each.is_file() and out not in each.parents]
    assert outside == []
    assert {each.name for each in out.iterdir()} == {str(each["neuron_id"]) for each in records}
    for each in out.iterdir():
        assert metadata(out, int(each.name))["neuron_id"] == int(each.name)


def test_a_cell_named_metadata_does_not_overwrite_its_metadata(tmp_path: Path) -> None:
    record = {
        "neuron_id": 5,
        "neuron_name": "metadata",
        "archive": "A",
        "original_format": "x.json",
    }
    with Server([record]) as server, client_of(server) as client:
        original = client.download(5, tmp_path, mode="both").download_items[1]
    assert original.reason is not None
    assert metadata(tmp_path, 5)["neuron_name"] == "metadata"


def test_a_cancel_leaves_no_incomplete_file(server: Server, tmp_path: Path) -> None:
    server.faults.add("slow", "20", path="*/CNG version/*")
    cancel = threading.Event()
    timer = threading.Timer(0.3, cancel.set)
    timer.start()
    with client_of(server, cancel=cancel) as client, pytest.raises(NeuroMorphoCancelled):
        client.download(1, tmp_path)
    timer.join()
    assert parts(tmp_path) == []
    assert list(tmp_path.rglob("*.swc")) == []


def test_a_full_disk_is_reported_and_the_old_file_stays(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with client_of(server) as client:
        client.download(1, tmp_path, mode="standard")
        before = metadata(tmp_path, 1)

        def full(*_: object) -> None:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

        monkeypatch.setattr(os, "fsync", full)
        with pytest.raises(NeuroMorphoStorageError, match="No space left"):
            client.download(1, tmp_path, mode="both", overwrite=True)
    assert parts(tmp_path) == []
    assert metadata(tmp_path, 1) == before
    assert next(iter((tmp_path / "1").glob("*.CNG.swc"))).read_bytes() == server.files.swc(1)


def test_a_limit_on_the_file_size_is_reported(server: Server, tmp_path: Path) -> None:
    script = """
import resource, sys
from neuromorpho.client import NeuroMorphoClient
from neuromorpho.errors import NeuroMorphoStorageError
resource.setrlimit(resource.RLIMIT_FSIZE, (200, 200))
with NeuroMorphoClient(base_url=sys.argv[1]) as client:
    try:
        client.download(1, sys.argv[2], mode="standard")
    except NeuroMorphoStorageError as error:
        sys.exit(0 if "File too large" in str(error) else 3)
sys.exit(4)
"""
    assert resource.RLIMIT_FSIZE is not None
    command = [sys.executable, "-c", script, server.url, str(tmp_path)]
    assert subprocess.run(command, cwd=REPOSITORY, check=False).returncode == 0
    assert [each for each in tmp_path.rglob("*") if each.is_file()] == []


def test_threads_that_download_the_same_cell_leave_it_complete(
    server: Server, tmp_path: Path
) -> None:
    with client_of(server) as client:
        threads = [
            threading.Thread(target=client.download, args=(1, tmp_path), kwargs={"overwrite": True})
            for _ in range(4)
        ]
        for each in threads:
            each.start()
        for each in threads:
            each.join()
        server.reset()
        client.download(1, tmp_path)
    assert server.count() == 0
    assert parts(tmp_path) == []


def test_an_outage_between_two_files_is_reported_once(server: Server, tmp_path: Path) -> None:
    server.faults.add("unavailable", path="/dableFiles/*")
    with (
        client_of(server, retries=1) as client,
        pytest.raises(NeuroMorphoDownError, match="is down"),
    ):
        client.download(1, tmp_path)


def test_a_bomb_is_refused(server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("neuromorpho.cache.files.MAX_FILE_BYTES", 1024**2)
    server.faults.add("bomb", "8", path="*/CNG version/*")
    with client_of(server, retries=1) as client, pytest.raises(NeuroMorphoAnswerError, match="MB"):
        client.download(1, tmp_path, mode="standard")
    assert parts(tmp_path) == []
