"""What a script written for braincell's client leans on: names, requests in their order, files, keys.

The session here has `.get(url, **kwargs)` and nothing else, its responses have no headers: that is all
that such a script promises.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from neuromorpho.client import NeuroMorphoClient
from neuromorpho.errors import NeuroMorphoError, NeuroMorphoHTTPError, NeuroMorphoNotFoundError
from neuromorpho.http.get import request_with_retry
from neuromorpho.query.query import NeuroMorphoQuery
from neuromorpho.records.models import NeuroMorphoNeuron
from neuromorpho.shortcuts import fetch_neuromorpho, load_neuromorpho

SWC = b"# a cell\n1 1 0 0 0 5 -1\n2 3 10 0 0 1 1\n"
SELECT = "https://neuromorpho.org/api/neuron/select/"


class Response:
    """An answer: a status, JSON or bytes, perhaps an address."""

    def __init__(self, data: Any = None, content: bytes = b"", status: int = 200) -> None:
        self.data, self.content_given, self.status_code = data, content, status
        self.url = "https://neuromorpho.org/answered"

    def json(self) -> Any:
        return self.data

    def iter_content(self, chunk_size: int = 1) -> Iterator[bytes]:
        yield self.content_given

    def __enter__(self) -> Response:
        return self

    def __exit__(self, *_: object) -> None:
        return None


class Session:
    """Gives its responses in order, and records the requests."""

    def __init__(self, *answers: Response) -> None:
        self.answers = list(answers)
        self.requests: list[tuple[str, dict[str, Any]]] = []

    def get(self, url: str, **options: Any) -> Response:
        self.requests.append((url, options))
        return self.answers.pop(0)


def record(neuron_id: int = 10047, **more: Any) -> dict[str, Any]:
    return {
        "neuron_id": neuron_id,
        "neuron_name": "TypeA-10",
        "archive": "Some Lab",
        "species": "mouse",
        "brain_region": ["neocortex", "layer 3"],
        "cell_type": "pyramidal",
        "original_format": "Neurolucida.asc",
        "png_url": "http://neuromorpho.org/images/imageFiles/Lab/TypeA-10.png",
    } | more


def page(*ids: int, number: int = 0, total_pages: int = 1) -> Response:
    found = {
        "_embedded": {"neuronResources": [record(each, neuron_name=f"n{each}") for each in ids]},
        "page": {"size": 10, "number": number, "totalPages": total_pages, "totalElements": 42},
    }
    return Response(found)


def neuron(**more: Any) -> NeuroMorphoNeuron:
    return NeuroMorphoNeuron.from_payload(record(**more))


def test_a_search_requests_the_select_address_with_q_fq_and_the_timeout() -> None:
    session = Session(page(1, 2, number=1, total_pages=5))
    client = NeuroMorphoClient(session, timeout=12)
    found = client.search("species:mouse", fq=["brain_region:cerebellum"], size=10, page=1)
    url, options = session.requests[0]
    assert url == SELECT
    assert options["params"]["q"] == "species:mouse"
    assert options["params"]["fq"] == ["brain_region:cerebellum"]
    assert options["params"]["sort"] == "neuron_id,asc"
    assert (options["params"]["size"], options["params"]["page"], options["timeout"]) == (10, 1, 12)
    assert [each.neuron_id for each in found.items] == [1, 2]
    assert (found.page, found.size, found.total_pages, found.total_elements) == (1, 10, 5, 42)
    assert found.query_url == "https://neuromorpho.org/answered"


def test_a_query_object_ands_its_fields_and_quotes_only_what_needs_it() -> None:
    session = Session(page(1), page(1))
    client = NeuroMorphoClient(session)
    client.search(NeuroMorphoQuery(species="mouse", brain_region="cerebellum"))
    client.search(NeuroMorphoQuery(brain_region="entorhinal cortex", raw_fq=("stain:biocytin",)))
    first, second = (options["params"] for _, options in session.requests)
    assert first["q"] == "species:mouse AND brain_region:cerebellum"
    assert "fq" not in first
    assert second["q"] == 'brain_region:"entorhinal cortex"'
    assert second["fq"] == ["stain:biocytin"]


def test_an_iterated_search_drops_what_comes_twice_and_ends_at_the_last_page() -> None:
    session = Session(page(1, 2, total_pages=2), page(2, 3, number=1, total_pages=2))
    found = list(NeuroMorphoClient(session).iter_search("*:*", size=2))
    assert [each.neuron_id for each in found] == [1, 2, 3]
    assert [options["params"]["page"] for _, options in session.requests] == [0, 1]


def test_an_iterated_search_stops_at_its_limit_after_one_request() -> None:
    session = Session(page(1, 2, 3, total_pages=9))
    assert len(list(NeuroMorphoClient(session).iter_search("*:*", limit=2))) == 2
    assert len(session.requests) == 1


def test_an_iterated_search_ends_with_an_empty_page() -> None:
    session = Session(page(1, total_pages=9), Response({}))
    assert len(list(NeuroMorphoClient(session).iter_search("*:*"))) == 1


@pytest.mark.parametrize("answer", [{}, {"_embedded": None}, {"_embedded": {}}])
def test_a_body_without_records_is_an_empty_page(answer: Any) -> None:
    found = NeuroMorphoClient(Session(Response(answer))).search("species:unicorn")
    assert (found.items, found.total_pages, found.total_elements) == ((), 0, 0)


def test_a_404_of_a_search_is_an_empty_page_and_of_a_neuron_an_error() -> None:
    client = NeuroMorphoClient(Session(Response(status=404), Response(status=404)), retries=1)
    assert client.search("species:unicorn").items == ()
    with pytest.raises(NeuroMorphoNotFoundError) as raised:
        client.get_neuron(5)
    assert raised.value.status == 404
    assert raised.value.url
    assert "NMO_00005" in str(raised.value)


def test_a_measurement_without_an_id_gets_the_requested_id() -> None:
    session = Session(Response({"n_stems": 1.0, "length": 10.0}))
    found = NeuroMorphoClient(session).get_measurement(10047)
    assert session.requests[0][0] == "https://neuromorpho.org/api/morphometry/id/10047"
    assert (found.neuron_id, found.n_stems, found.length) == (10047, 1, 10.0)


def test_a_measurement_that_is_no_object_is_an_error_with_the_address() -> None:
    with pytest.raises(NeuroMorphoError) as raised:
        NeuroMorphoClient(Session(Response([1]))).get_measurement(1)
    assert raised.value.url


def test_a_description_finds_the_files_of_a_cache_with_empty_metadata(tmp_path: Path) -> None:
    folder = tmp_path / "10047"
    folder.mkdir()
    (folder / "metadata.json").write_text("{}")
    (folder / "TypeA-10.CNG.swc").write_bytes(SWC)
    session = Session()
    client = NeuroMorphoClient(session, cache_dir=tmp_path)
    found = client.describe(neuron(), include_measurement=False)
    status = found.cache_status
    assert status.metadata_exists
    assert status.standard_exists
    assert not status.original_exists
    assert str(found.thumbnail_url).startswith("https://neuromorpho.org/images/imageFiles/")
    assert found.measurement is None
    assert session.requests == []


def test_the_addresses_of_a_cell_cost_no_request() -> None:
    session = Session()
    urls = NeuroMorphoClient(session).get_urls(neuron())
    root = "https://neuromorpho.org/dableFiles/some%20lab"
    assert urls.standard_swc == f"{root}/CNG%20version/TypeA-10.CNG.swc"
    assert urls.original_file == f"{root}/Source-Version/TypeA-10.asc"
    assert urls.measurement == "https://neuromorpho.org/api/morphometry/id/10047"
    assert session.requests == []


def test_without_a_cache_the_status_still_names_the_cell() -> None:
    status = NeuroMorphoClient(Session()).get_cache_status(5)
    assert (status.configured, status.folder, status.exists, status.neuron_id) == (
        False,
        None,
        False,
        5,
    )


def downloads() -> Session:
    measured = Response({"neuron_id": 10047, "n_stems": 1.0})
    return Session(measured, Response(content=SWC), Response(content=b"; an original"))


def test_a_download_requests_the_measurement_then_the_standard_then_the_original(
    tmp_path: Path,
) -> None:
    session = downloads()
    found = NeuroMorphoClient(session).download(neuron(), tmp_path, mode="both")
    kinds = [url.split("/")[-2].replace("%20", " ") for url, _ in session.requests]
    assert kinds == ["id", "CNG version", "Source-Version"]
    assert [options.get("stream") for _, options in session.requests] == [None, True, True]
    assert session.requests[1][1]["timeout"] == 60
    folder = tmp_path / "10047"
    assert (folder / "TypeA-10.CNG.swc").read_bytes() == SWC
    assert (folder / "TypeA-10.asc").read_bytes() == b"; an original"
    metadata = json.loads((folder / "metadata.json").read_text())
    assert metadata["measurement"]["n_stems"] == 1.0
    assert metadata["download_mode"] == "both"
    assert [each["kind"] for each in metadata["download_items"]] == ["standard", "original"]
    assert [each["path"] for each in metadata["download_items"]] == [
        "TypeA-10.CNG.swc",
        "TypeA-10.asc",
    ]
    keys = "neuron_id neuron_name archive species brain_region cell_type original_format"
    keys += " thumbnail_url standard_swc_url original_file_url measurement_url links neuron"
    assert set(keys.split()) <= set(metadata)
    assert metadata["neuron"] == record()
    assert found.measurement is not None
    assert found.measurement.n_stems == 1
    assert all(each.downloaded_now for each in found.download_items)


def test_a_record_without_an_original_format_has_its_original_skipped(tmp_path: Path) -> None:
    session = Session(Response({"n_stems": 1.0}), Response(content=SWC))
    client = NeuroMorphoClient(session, cache_dir=tmp_path)
    found = client.download(neuron(original_format=None))
    assert found.folder == tmp_path / "10047"
    standard, original = found.download_items
    assert standard.downloaded_now
    assert not original.downloaded_now
    assert "original_format" in str(original.reason)
    assert [plan.kind for plan in client.file_plan(neuron())] == ["standard", "original"]
    client.close()


def test_a_dry_run_requests_nothing_and_writes_nothing(tmp_path: Path) -> None:
    session = Session()
    found = NeuroMorphoClient(session).download(neuron(), tmp_path / "out", dry_run=True)
    assert session.requests == []
    assert not (tmp_path / "out").exists()
    assert [each.reason for each in found.download_items] == ["dry_run", "dry_run"]
    assert found.dry_run
    assert found.measurement is None


def test_a_download_needs_a_folder_and_a_mode_that_there_is(tmp_path: Path) -> None:
    client = NeuroMorphoClient(Session())
    with pytest.raises(ValueError, match="output_dir"):
        client.download(neuron())
    with pytest.raises(ValueError, match="mode"):
        client.download(neuron(), tmp_path, mode="all")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="retries"):
        NeuroMorphoClient(Session(), retries=0)


def test_a_load_writes_the_cache_and_reads_from_it(tmp_path: Path) -> None:
    session = Session(Response(record()), Response({"n_stems": 1.0}), Response(content=SWC))
    client = NeuroMorphoClient(session)
    text = load_neuromorpho(10047, cache_dir=tmp_path, client=client, reader=Path.read_bytes)
    assert text == SWC == (tmp_path / "10047" / "TypeA-10.CNG.swc").read_bytes()


def test_a_file_that_is_there_without_metadata_costs_the_record_and_the_measurement(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "10047"
    folder.mkdir()
    (folder / "TypeA-10.CNG.swc").write_bytes(SWC)
    session = Session(Response(record()), Response({"n_stems": 1.0}))
    client = NeuroMorphoClient(session)
    assert load_neuromorpho(10047, cache_dir=tmp_path, client=client, reader=Path.read_bytes) == SWC
    assert len(session.requests) == 2
    load_neuromorpho(10047, cache_dir=tmp_path, client=client, reader=Path.read_bytes)
    assert len(session.requests) == 2


def test_a_fetch_writes_to_its_destination_and_nothing_else_there(tmp_path: Path) -> None:
    session = Session(Response(record()), Response({"n_stems": 1.0}), Response(content=SWC))
    found = fetch_neuromorpho(10047, tmp_path, client=NeuroMorphoClient(session))
    assert found.download_items[0].path == tmp_path / "10047" / "TypeA-10.CNG.swc"
    assert [each.name for each in tmp_path.iterdir()] == ["10047"]


def test_tries_are_counted_and_only_what_may_pass_is_tried_again() -> None:
    waits: list[float] = []
    down = Response(status=503)
    session = Session(down, down, Response({"ok": 1}))
    answer = request_with_retry(session, "https://x", timeout=1, attempts=3, sleep=waits.append)
    assert answer.json() == {"ok": 1}
    assert (len(session.requests), len(waits)) == (3, 2)
    for status in (404, 400):
        session = Session(Response(status=status))
        with pytest.raises(NeuroMorphoHTTPError) as raised:
            request_with_retry(session, "https://x", timeout=1, sleep=waits.append)
        assert (raised.value.status, len(session.requests)) == (status, 1)
    with pytest.raises(NeuroMorphoHTTPError) as raised:
        request_with_retry(
            Session(down, down), "https://x", timeout=1, attempts=2, sleep=waits.append
        )
    assert raised.value.status == 503
    with pytest.raises(ValueError, match="attempts"):
        request_with_retry(Session(), "https://x", timeout=1, attempts=0)
