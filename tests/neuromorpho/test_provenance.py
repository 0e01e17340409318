"""The manifest of a download: it describes what is on disk, and earlier downloads too."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from neuromorpho import NeuroMorphoClient, RateLimiter
from neuromorpho.bulk.download import download_many
from neuromorpho.bulk.search_download import search_and_download
from neuromorpho.provenance import manifest, records_in_folder, write_manifest, write_provenance
from neuromorpho.records.models import NeuroMorphoNeuron
from tests.neuromorpho.server import Server


@pytest.fixture
def client(server: Server) -> Iterator[NeuroMorphoClient]:
    """A client of the loopback server, at its full pace and without a cache."""
    with NeuroMorphoClient(
        base_url=server.url, limiter=RateLimiter(None), retries=1, backoff_base=0.01
    ) as client:
        yield client


def manifest_in(folder: Path) -> dict[str, Any]:
    """Return the manifest of a folder."""
    found: dict[str, Any] = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    return found


@pytest.mark.parametrize("group_by", [None, "species"])
def test_the_manifest_lists_every_file_with_its_size_and_hash(
    client: NeuroMorphoClient, tmp_path: Path, group_by: str | None
) -> None:
    before = datetime.now(UTC) - timedelta(seconds=2)
    report = search_and_download(
        "species:mouse", tmp_path, client=client, limit=4, images=True, mode="both",
        group_by=group_by,
    )  # fmt: skip
    write_provenance(tmp_path, report, client=client, query="species:mouse")
    content = manifest_in(tmp_path)
    assert content["totals"]["neurons"] == len(report.items) == len(content["neurons"])
    kinds = set()
    for cell in content["neurons"]:
        assert cell["id"] == f"NMO_{cell['neuron_id']:05d}"
        assert cell["archive"]
        for file in cell["files"]:
            data = (tmp_path / file["path"]).read_bytes()
            assert (len(data), hashlib.sha256(data).hexdigest()) == (file["size"], file["sha256"])
            assert before <= datetime.fromisoformat(file["fetched"]) <= datetime.now(UTC)
            assert client.transport.length_of(file["url"]) == file["size"]
            kinds.add(file["kind"])
    assert kinds >= {"standard", "image"}


def test_the_manifest_has_licence_terms_query_host_and_tool(
    client: NeuroMorphoClient, server: Server, tmp_path: Path
) -> None:
    report = search_and_download("species:mouse", tmp_path, client=client, limit=2)
    write_provenance(tmp_path, report, client=client, query="species:mouse", fq=["gender:Male"])
    content = manifest_in(tmp_path)
    (download,) = content["downloads"]
    assert content["licence"]["name"] == "CC BY 4.0"
    assert content["licence"]["terms_of_use"].startswith("https://neuromorpho.org/")
    assert download["query"] == {"q": "species:mouse", "fq": ["gender:Male"]}
    assert download["host"] == server.url
    assert download["mirror"] is False
    assert download["tool"]["name"] == "somascope"
    assert datetime.fromisoformat(download["date"]).utcoffset() == timedelta(0)


def test_citations_are_written_next_to_the_manifest(
    client: NeuroMorphoClient, tmp_path: Path
) -> None:
    report = search_and_download("species:mouse", tmp_path, client=client, limit=4)
    written = write_provenance(tmp_path, report, client=client)
    assert written.problem is None
    assert "RRID:SCR_002145" in (tmp_path / "CITATION.txt").read_text(encoding="utf-8")
    assert "10.1096/fba.2024-00048" in (tmp_path / "citations.bib").read_text(encoding="utf-8")


def test_a_failing_literature_service_does_not_fail_the_download(
    client: NeuroMorphoClient, server: Server, tmp_path: Path
) -> None:
    server.faults.add("unavailable", path="/api/literature/*")
    report = search_and_download("species:mouse", tmp_path, client=client, limit=2)
    written = write_provenance(tmp_path, report, client=client)
    assert written.problem
    assert len(report.completed) == 2
    assert "RRID:SCR_002145" in written.citation.read_text(encoding="utf-8")


def test_a_second_download_into_the_folder_forgets_nothing_of_the_first(
    client: NeuroMorphoClient, tmp_path: Path
) -> None:
    for ids in ([1, 2], [2, 3]):
        write_provenance(tmp_path, download_many(client, ids, tmp_path), client=client)
    content = manifest_in(tmp_path)
    assert [each["neuron_id"] for each in content["neurons"]] == [1, 2, 3]
    assert [each["neuron_ids"] for each in content["downloads"]] == [[1, 2], [2, 3]]
    assert all(len(each["files"]) == 1 for each in content["neurons"])
    assert content["totals"]["files"] == 3
    citation = (tmp_path / "CITATION.txt").read_text(encoding="utf-8")
    assert all(f"NMO_0000{each}" in citation for each in (1, 2, 3))


def test_a_deleted_file_is_not_listed_any_longer(client: NeuroMorphoClient, tmp_path: Path) -> None:
    report = download_many(client, [1, 2], tmp_path)
    write_provenance(tmp_path, report, client=client)
    (path,) = [tmp_path / each.path for each in report.items[0].files]
    path.unlink()
    neuron = client.get_neuron(1)
    write_manifest(tmp_path / "manifest.json", manifest([neuron], {}, client=client))
    assert next(each["files"] for each in manifest_in(tmp_path)["neurons"]) == []


@pytest.mark.parametrize(
    "damage", ["{", "[]", '{"neurons": 3}', '{"neurons": [1], "downloads": []}']
)
def test_a_damaged_manifest_is_renamed_and_written_again(
    client: NeuroMorphoClient, tmp_path: Path, damage: str
) -> None:
    (tmp_path / "manifest.json").write_text(damage, encoding="utf-8")
    write_provenance(tmp_path, download_many(client, [1], tmp_path), client=client)
    assert len(manifest_in(tmp_path)["neurons"]) == 1
    assert (tmp_path / "manifest.json.damaged").read_text(encoding="utf-8") == damage


def test_missing_files_are_listed_with_their_reason(
    client: NeuroMorphoClient, server: Server, tmp_path: Path
) -> None:
    server.faults.add("missing", path="*/CNG version/*")
    write_provenance(tmp_path, download_many(client, [1], tmp_path), client=client)
    (content,) = manifest_in(tmp_path)["neurons"]
    assert content["files"] == []
    assert "1" in content["missing"]


def test_records_come_from_the_queue_or_from_the_cells_folder(
    client: NeuroMorphoClient, tmp_path: Path
) -> None:
    client.download(1, tmp_path)
    download_many(client, [2], tmp_path, group_by="species")
    found = records_in_folder(tmp_path, [1, 2, 3])
    assert [each.neuron_id for each in found] == [1, 2]


def test_a_manifest_can_be_made_without_a_client_or_files() -> None:
    neuron = NeuroMorphoNeuron.from_payload({"neuron_id": 1, "neuron_name": "a\ud800"})
    content = manifest([neuron], {})
    assert content["downloads"][0]["host"] == "https://neuromorpho.org"
    assert content["neurons"][0]["files"] == []
    json.dumps(content, allow_nan=False)
