"""Many cells: one report line for each, taken up again after whatever ended the work before."""

from __future__ import annotations

import csv
import errno
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest

import neuromorpho
from neuromorpho.bulk.download import download_many
from neuromorpho.bulk.folder_template import FolderTemplate
from neuromorpho.bulk.queue import QUEUE_NAME, DownloadQueue
from neuromorpho.bulk.report import BulkItem, BulkProgress, BulkReport
from neuromorpho.bulk.search_download import search_and_download
from neuromorpho.client import NeuroMorphoClient
from neuromorpho.errors import (
    NeuroMorphoCancelled,
    NeuroMorphoError,
    NeuroMorphoQueryError,
    NeuroMorphoStorageError,
)
from neuromorpho.http.rate_limiter import RateLimiter
from neuromorpho.provenance import write_provenance
from neuromorpho.query.query import NeuroMorphoQuery
from neuromorpho.query.query_file import NeuroMorphoQueryFile
from neuromorpho.records.models import NeuroMorphoNeuron
from tests.neuromorpho.server import Server, hostile_records
from tests.support.archive_client import client_of

REPOSITORY = Path(__file__).resolve().parents[3]
CHILD = """
import sys
from neuromorpho.bulk.search_download import search_and_download
from neuromorpho.client import NeuroMorphoClient
from neuromorpho.http.rate_limiter import RateLimiter
url, folder, group_by, pace = sys.argv[1:5]
with NeuroMorphoClient(base_url=url, limiter=RateLimiter(float(pace) or None)) as client:
    report = search_and_download("*:*", folder, None, group_by=group_by or None, client=client)
    print(len(report.completed), flush=True)
"""


def child(server: Server, folder: Path, group_by: str = "", pace: float = 0.0) -> Any:
    command = [sys.executable, "-c", CHILD, server.url, str(folder), group_by, str(pace)]
    return subprocess.Popen(command, cwd=REPOSITORY, stdout=subprocess.PIPE)


def swc_paths(folder: Path) -> list[Path]:
    return sorted(folder.rglob("*.swc"))


def is_whole(server: Server, path: Path, neuron_id: int) -> bool:
    return path.read_bytes() == server.files.swc(neuron_id)


def fetched(server: Server) -> Counter[str]:
    return Counter(seen.path for seen in server.requests if "CNG version" in seen.path)


@pytest.mark.slow
@pytest.mark.parametrize("group_by", ["", "species,brain_region"])
def test_after_a_kill_the_same_call_fetches_what_is_missing_and_nothing_else(
    tmp_path: Path, group_by: str
) -> None:
    with Server(n_made=200) as server:
        with child(server, tmp_path, group_by, pace=100.0) as first:
            while len(swc_paths(tmp_path)) < 60:
                assert first.poll() is None
                time.sleep(0.01)
            os.kill(first.pid, signal.SIGKILL)
            first.wait()
        before = swc_paths(tmp_path)
        assert 60 <= len(before) < 200
        server.reset()
        with client_of(server) as client:
            report = search_and_download("*:*", tmp_path, None, group_by=group_by, client=client)
            neurons = {each.neuron_id: each for each in client.search_all("*:*")}
        assert len(report.completed) == 200
        assert fetched(server).total() == 200 - len(before)
        assert set(fetched(server).values()) == {1}
        for item in report.items:
            path = tmp_path / item.files[0].path
            assert is_whole(server, path, item.neuron_id)
            if group_by:
                stem = FolderTemplate.parse(group_by).path(neurons[item.neuron_id])
                assert item.files[0].path == f"{stem}.CNG.swc"
            else:
                assert path.parent == tmp_path / str(item.neuron_id)
        assert list(tmp_path.rglob("*.part")) == []
        assert len(swc_paths(tmp_path)) == 200


@pytest.mark.slow
def test_two_processes_at_one_folder_share_the_work(tmp_path: Path) -> None:
    with Server(n_made=120) as server:
        with child(server, tmp_path) as one, child(server, tmp_path) as other:
            assert one.stdout is not None
            assert other.stdout is not None
            assert (one.stdout.read(), other.stdout.read()) == (b"120\n", b"120\n")
        assert set(fetched(server).values()) == {1}
        assert len(swc_paths(tmp_path)) == 120
        for path in swc_paths(tmp_path):
            assert is_whole(server, path, int(path.parent.name))
            assert json.loads((path.parent / "metadata.json").read_text())["neuron"]


def test_200_cells_need_one_request_for_records_and_one_for_morphometry(
    tmp_path: Path,
) -> None:
    with Server(n_made=200) as server, client_of(server) as client:
        ids = list(server.holdings.ids)
        report = client.download_many([*ids, 13, ids[0]], tmp_path)
        assert len(report.items) == 201
        assert [each.neuron_id for each in report.failed] == [13]
        assert "NMO_00013" in str(report.failed[0].reason)
        assert server.count("/api/") <= 4
        metadata = json.loads((tmp_path / str(ids[0]) / "metadata.json").read_text())
        assert metadata["measurement"] == server.holdings.measures(ids[0])
        server.reset()
        again = client.download_many(ids, tmp_path)
        assert {each.state for each in again.items} == {"present"}
        assert again.n_bytes == report.n_bytes
        assert server.count() == 0


@pytest.mark.slow
def test_at_most_five_requests_run_at_once_and_the_rate_limit_holds(
    server: Server, tmp_path: Path
) -> None:
    server.faults.add("delay", "0.05", path="/dableFiles/*")
    with client_of(server, limiter=RateLimiter(40.0)) as client:
        start = time.monotonic()
        client.download_many(list(server.holdings.ids)[:50], tmp_path, max_concurrent=50)
        assert time.monotonic() - start >= 50 / 40.0
    assert 2 <= server.max_in_flight <= 5
    assert server.peak_per_second() <= 41


@pytest.mark.slow
def test_an_outage_stops_the_work_and_the_same_call_resumes_it(
    server: Server, tmp_path: Path
) -> None:
    server.faults.add("unavailable", path="/dableFiles/*", after=30)
    ids = list(server.holdings.ids)
    with client_of(server, retries=2) as client:
        report = client.download_many(ids, tmp_path)
        assert len(report.completed) == 30
        assert len(report.waiting) == 90
        assert "is down" in str(report.stopped)
        assert "Stopped: " in report.text()
        assert server.count("/dableFiles/") < 60
        server.reset()
        again = client.download_many(ids, tmp_path)
    assert again.stopped is None
    assert len(again.completed) == 120
    assert fetched(server).total() == 90


def test_cells_that_an_outage_cost_wait_even_with_a_success_in_between(
    server: Server, tmp_path: Path
) -> None:
    ids = list(server.holdings.ids)[:8]
    with client_of(server, retries=1) as client:
        neurons = [client.get_neuron(each) for each in ids]
        for place, neuron in enumerate(neurons):
            if place != 1:
                (plan,) = client.file_plan(neuron, mode="standard")
                server.faults.add("unavailable", path=unquote(urlsplit(plan.url).path))
        report = client.download_many(neurons, tmp_path, max_concurrent=1)
    assert [each.state for each in report.items] == ["waiting", "done"] + 6 * ["waiting"]


def test_a_server_that_is_down_at_once_is_reported_not_raised(
    server: Server, tmp_path: Path
) -> None:
    server.stop()
    with client_of(server, retries=1) as client:
        report = client.download_many([1, 2, 3], tmp_path)
    assert [each.state for each in report.items] == ["waiting"] * 3
    assert "does not answer" in str(report.stopped)


def test_one_bad_cell_costs_one_line_of_the_report(server: Server, tmp_path: Path) -> None:
    name = server.holdings.record(5)["neuron_name"]  # type: ignore[index]
    server.faults.add("html_file", path=f"*/CNG version/{name}.CNG.swc")
    with client_of(server, retries=1) as client:
        report = client.download_many(range(1, 13), tmp_path, mode="both", images=True)
    assert [each.neuron_id for each in report.failed] == [5]
    assert len(report.completed) == 11
    kinds = {file.kind for each in report.completed for file in each.files}
    assert kinds == {"standard", "original", "image"}
    assert "NMO_00005" in report.text()


@pytest.mark.parametrize("fault", ["missing", "html_file", "empty"])
def test_a_missing_picture_or_measurement_costs_no_cell(
    server: Server, tmp_path: Path, fault: str
) -> None:
    server.faults.add(fault, path="/images/*")
    server.faults.add("truncated", path="/api/morphometry/*")
    with client_of(server, retries=1) as client:
        report = client.download_many([1, 2], tmp_path, images=True)
    assert [each.state for each in report.items] == ["done"] * 2
    assert all(each.reason for each in report.items)
    metadata = json.loads((tmp_path / "1" / "metadata.json").read_text())
    assert metadata["measurement"] is None
    assert "JSON" in metadata["measurement_error"]


def test_unwanted_measurements_are_neither_requested_nor_reported_as_missing(
    server: Server, tmp_path: Path
) -> None:
    with client_of(server) as client:
        client.download_many([1], tmp_path, measurements=False)
    assert server.count("morphometry") == 0
    assert "measurement_error" not in json.loads((tmp_path / "1" / "metadata.json").read_text())


def test_a_malformed_record_costs_its_own_cell(tmp_path: Path) -> None:
    bad = {"neuron_id": 900, "neuron_name": "odd", "brain_region": {"a": 1}}
    with Server([bad], n_made=10) as server, client_of(server) as client:
        made = [each for each in server.holdings.ids if each != 900][:2]
        report = client.download_many([*made, 900], tmp_path)
    assert [each.state for each in report.items] == ["done", "done", "failed"]


@pytest.mark.parametrize("group_by", [None, "species,archive", "{archive}/{neuron_name}"])
def test_hostile_names_stay_in_the_folder(tmp_path: Path, group_by: str | None) -> None:
    out = tmp_path / "a" / "b" / "out"
    neurons = [NeuroMorphoNeuron.from_payload(each) for each in hostile_records()]
    with Server(hostile_records()) as server, client_of(server, retries=1) as client:
        report = client.download_many(neurons, out, group_by=group_by, mode="both", images=True)
        again = client.download_many(neurons, out, group_by=group_by, mode="both", images=True)
    assert report.stopped is None
    assert len(report.items) == len(neurons)
    files = [each for each in tmp_path.rglob("*") if each.is_file()]
    assert all(out in each.parents for each in files)
    paths = [file.path for each in again.completed for file in each.files]
    assert len({path.casefold() for path in paths}) == len(paths) > 0


def test_a_full_disk_stops_the_work_which_can_be_resumed(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    replace = os.replace
    n_moved = 0

    def full(*paths: Any) -> None:
        nonlocal n_moved
        n_moved += 1
        if n_moved > 20:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        replace(*paths)

    ids = list(server.holdings.ids)[:40]
    with client_of(server) as client:
        with monkeypatch.context() as patched:
            patched.setattr(os, "replace", full)
            report = client.download_many(ids, tmp_path)
        assert "No space left" in str(report.stopped)
        assert report.failed == ()
        assert len(report.waiting) >= 25
        assert list(tmp_path.rglob("*.part")) == []
        again = client.download_many(ids, tmp_path)
    assert len(again.completed) == 40


@pytest.mark.slow
def test_a_cancel_leaves_the_rest_waiting(server: Server, tmp_path: Path) -> None:
    cancel = threading.Event()

    def enough(progress: BulkProgress) -> None:
        cancel.set()

    with client_of(server) as client:
        ids = list(server.holdings.ids)
        report = client.download_many(ids, tmp_path, cancel=cancel, progress=enough)
        assert "cancelled" in str(report.stopped)
        assert 1 <= len(report.completed) <= 20
        assert len(report.completed) + len(report.waiting) == 120
        assert client.count() == 120
        assert len(client.download_many(ids, tmp_path).completed) == 120


def test_a_search_that_yields_the_cells_may_fail_without_costing_the_report(
    server: Server, tmp_path: Path
) -> None:
    server.faults.add("unavailable", query="page=5")
    with client_of(server, retries=1) as client:
        found = client.iter_search("*:*", size=50, start_page=0)
        many = client.search_all("*:*", page_size=20)
        assert len(client.download_many(found, tmp_path / "a").completed) == 120
        report = client.download_many(many, tmp_path / "b")
    assert "Page 6" in str(report.stopped)


@pytest.mark.slow
def test_progress_comes_at_most_twenty_times_a_second_and_ends_with_all(
    server: Server, tmp_path: Path
) -> None:
    reported: list[tuple[float, BulkProgress]] = []
    with client_of(server) as client:
        client.download_many(
            list(server.holdings.ids),
            tmp_path,
            progress=lambda progress: reported.append((time.monotonic(), progress)),
        )
    moments = [moment for moment, _ in reported[:-1]]
    assert 1 < len(moments) <= 2 + 20 * (moments[-1] - moments[0])
    last = reported[-1][1]
    assert (last.done, last.total, last.failed) == (120, 120, 0)
    assert last.n_bytes == sum(len(server.files.swc(each)) for each in server.holdings.ids)


def test_an_invalid_template_is_refused_before_any_request(server: Server, tmp_path: Path) -> None:
    with client_of(server) as client, pytest.raises(NeuroMorphoQueryError, match="colour"):
        search_and_download("*:*", tmp_path, group_by="colour", client=client)
    assert server.count() == 0
    assert list(tmp_path.iterdir()) == []


def test_another_template_downloads_to_other_folders(server: Server, tmp_path: Path) -> None:
    with client_of(server) as client:
        by_species = client.download_many([1], tmp_path, group_by="species")
        by_archive = client.download_many([1], tmp_path, group_by="archive")
    assert by_species.items[0].files[0].path != by_archive.items[0].files[0].path
    assert (tmp_path / by_archive.items[0].files[0].path).is_file()


def test_a_dry_run_reports_what_is_there_and_fetches_nothing(
    server: Server, tmp_path: Path
) -> None:
    with client_of(server) as client:
        out = tmp_path / "out"
        report = search_and_download("*:*", out, client=client, limit=5, dry_run=True)
        assert [each.state for each in report.items] == ["planned"] * 5
        assert not out.exists()
        for group_by in (None, "species"):
            client.download_many([1], out, group_by=group_by)
            report = client.download_many([1, 2], out, group_by=group_by, dry_run=True)
            assert [each.state for each in report.items] == ["present", "planned"]
    assert "1 planned" in report.text()


QUERIES = [
    "species:mouse",
    NeuroMorphoQuery(species="mouse"),
    NeuroMorphoQueryFile(NeuroMorphoQuery(species="mouse"), "neuron_id,desc"),
    {"filters": {"species": ["mouse"]}, "sort": {"field": "neuron_id", "ascending": False}},
    {"species": ["mouse"], "_sort": {"field": "neuron_id", "order": "desc"}},
    Path("query.yaml"),
]


@pytest.mark.parametrize("query", QUERIES, ids=lambda each: type(each).__name__)
def test_a_query_in_any_form_finds_the_same_cells(
    server: Server, tmp_path: Path, query: Any
) -> None:
    descending = not isinstance(query, str | NeuroMorphoQuery)
    if isinstance(query, Path):
        query = tmp_path / query
        query.write_text(
            "filters: {species: [mouse]}\nsort: {field: neuron_id, ascending: false}\n"
        )
    with client_of(server) as client:
        report = search_and_download(query, tmp_path / "out", client=client, measurements=False)
        expected = [each.neuron_id for each in client.search_all("species:mouse")]
    assert [each.neuron_id for each in report.items] == (expected[::-1] if descending else expected)
    assert len(report.completed) == len(expected) > 2


def test_the_tables_are_in_the_given_folder_and_morphometry_is_requested_once(
    server: Server, tmp_path: Path
) -> None:
    with client_of(server) as client:
        report = client.search_and_download("*:*", tmp_path, "tables/all.csv", limit=30)
    with open(tmp_path / "tables" / "all.csv", encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    content = json.loads((tmp_path / "tables" / "all.json").read_text(encoding="utf-8"))
    ids = [each.neuron_id for each in report.items]
    assert [int(row["neuron_id"]) for row in rows] == ids
    assert [each["neuron"] for each in content] == [server.holdings.record(each) for each in ids]
    assert content[0]["measurement"] == server.holdings.measures(ids[0])
    assert server.count("/api/morphometry/select") == 1
    metadata = json.loads((tmp_path / str(ids[0]) / "metadata.json").read_text())
    assert metadata["measurement"] == content[0]["measurement"]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("all.json", {"all.csv", "all.json"}),
        ("table", {"table", "table.json"}),
        ("a.tsv", {"a.tsv", "a.tsv.json"}),
    ],
)
def test_one_table_never_overwrites_the_other(
    server: Server, tmp_path: Path, name: str, expected: set[str]
) -> None:
    with client_of(server) as client:
        search_and_download("*:*", tmp_path, name, client=client, limit=1)
    assert {each.name for each in tmp_path.iterdir() if each.is_file()} - {QUEUE_NAME} == expected


def test_tables_are_never_written_outside_of_the_folder(server: Server, tmp_path: Path) -> None:
    with client_of(server) as client, pytest.raises(NeuroMorphoStorageError, match="outside"):
        search_and_download("*:*", tmp_path / "out", "../all.csv", client=client)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "name",
    ["", ".", "a/..", "manifest.csv", "Manifest.json", "CITATION.txt", "citations.bib", QUEUE_NAME],
)
def test_a_table_cannot_have_the_name_of_another_file_of_the_download(
    server: Server, tmp_path: Path, name: str
) -> None:
    with client_of(server) as client, pytest.raises(NeuroMorphoQueryError, match="name of a table"):
        search_and_download("*:*", tmp_path / "out", name, client=client, limit=1)
    assert list(tmp_path.iterdir()) == []
    assert server.count() == 0


def test_species_named_like_files_of_the_download_get_other_folders(tmp_path: Path) -> None:
    species = ["mouse", "manifest.json", "CITATION.TXT", "citations.bib", "all.csv", "All.json"]
    records = [
        {"neuron_id": i, "neuron_name": f"n{i}", "archive": "Lab", "species": each}
        for i, each in enumerate(species, start=1)
    ]
    (tmp_path / "disk").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "disk")
    out = tmp_path / "link"
    with Server(records, n_made=0) as server, client_of(server) as client:
        for state in ("done", "present"):
            report = search_and_download(
                "*:*", out, "meta/all.csv", group_by="archive,species", client=client
            )
            assert {each.state for each in report.items} == {state}
            report = search_and_download("*:*", out, "all.csv", group_by="species", client=client)
            assert {each.state for each in report.items} == {state}
            write_provenance(out, report, client=client)
    folders = {each.name for each in out.iterdir() if each.is_dir()} - {"meta", "Lab"}
    assert folders == {"mouse", *(f"_{each}" for each in species[1:])}
    assert {each.name for each in (out / "Lab").iterdir()} == set(species)
    assert report.items[1].files[0].path == "_manifest.json/2_n2.CNG.swc"


def test_a_failing_or_cancelled_search_leaves_no_table(server: Server, tmp_path: Path) -> None:
    cancel = threading.Event()
    cancel.set()
    with client_of(server, retries=1) as client:
        with pytest.raises(NeuroMorphoCancelled):
            search_and_download("*:*", tmp_path, client=client, cancel=cancel)
        server.faults.add("truncated", path="/api/neuron/*")
        with pytest.raises(NeuroMorphoError, match="JSON"):
            search_and_download("*:*", tmp_path, client=client)
    assert [each for each in tmp_path.rglob("*") if each.is_file()] == []


def test_tables_without_morphometry_are_reported(server: Server, tmp_path: Path) -> None:
    server.faults.add("truncated", path="/api/morphometry/*")
    with client_of(server, retries=1) as client:
        report = search_and_download("*:*", tmp_path, client=client, limit=3)
    assert len(report.completed) == 3
    assert "tables lack morphometry" in report.text()


def test_a_damaged_queue_is_reported_with_the_next_step(server: Server, tmp_path: Path) -> None:
    (tmp_path / QUEUE_NAME).write_bytes(b"nothing of a database" * 100)
    with client_of(server) as client, pytest.raises(NeuroMorphoError, match="remove it"):
        client.download_many([1], tmp_path)


def test_the_queue_lists_all_downloaded_files(server: Server, tmp_path: Path) -> None:
    with client_of(server) as client:
        report = download_many(client, [1, 2, 3], tmp_path)
    with DownloadQueue(tmp_path / QUEUE_NAME) as queue:
        assert [each.files for each in queue.jobs()] == [e.files for e in report.items]


def test_without_a_client_one_is_created_for_the_archive(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def client() -> NeuroMorphoClient:
        return client_of(server)

    monkeypatch.setattr("neuromorpho.shortcuts.NeuroMorphoClient", client)
    assert len(neuromorpho.search_and_download("*:*", tmp_path, limit=2).completed) == 2


def test_a_report_starts_with_totals_and_shortens_long_lists() -> None:
    failed = tuple(BulkItem(each, f"n{each}", "failed", reason="gone") for each in range(25))
    report = BulkReport((BulkItem(77, "ok", "present", reason="no original"), *failed), "full.")
    lines = report.text().splitlines()
    assert lines[0].startswith("26 cells: 0 downloaded, 1 ")
    assert lines[1:3] == ["Stopped: full.", "NMO_00000 n0: gone"]
    assert "… and 5 more that failed." in lines
    assert lines[-1] == "NMO_00077 ok: no original"
