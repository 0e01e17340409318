"""What a script written for neuromorphopy leans on: names, arguments, results, files, over our requests."""

from __future__ import annotations

import asyncio
import csv
import inspect
import json
import logging
from collections.abc import Coroutine, Iterator
from pathlib import Path
from typing import Any, TypeVar

import pytest

import neuromorpho
from neuromorpho import neuromorphopy
from neuromorpho.http.rate_limiter import RateLimiter
from neuromorpho.neuromorphopy import (
    ApiError,
    NeuroMorphoClient,
    Query,
    QueryFields,
    ValidationError,
    search_and_download,
)
from neuromorpho.neuromorphopy.query import QueryConfig, QueryFilter, QuerySort
from tests.neuromorpho.server import Server
from tests.support.archive_client import client_of

_T = TypeVar("_T")


@pytest.fixture
def script(server: Server, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """A server that the script's own clients ask, as it knows the archive's address only."""
    options: dict[str, Any] = {
        "base_url": server.url,
        "limiter": RateLimiter(None),
        "backoff_base": 0.01,
        "retries": 1,
    }
    plain = neuromorphopy.NeuroMorphoClient.__init__

    def made(self: NeuroMorphoClient, *arguments: Any, **more: Any) -> None:
        plain(self, *arguments, **(options | more))

    monkeypatch.setattr(NeuroMorphoClient, "__init__", made)
    with client_of(server) as client:
        monkeypatch.setattr(QueryFields, "client", client)
        yield server


def run(work: Coroutine[Any, Any, _T]) -> _T:
    return asyncio.run(work)


def test_the_names_and_arguments_are_those_of_0_3_3() -> None:
    assert set(neuromorphopy.__all__) == {
        "ApiError", "NeuroMorphoClient", "NeuroMorphoError", "Query", "QueryFields",
        "ValidationError", "search_and_download",
    }  # fmt: skip

    def arguments(call: Any) -> list[str]:
        return [
            name
            for name, each in inspect.signature(call).parameters.items()
            if each.kind is each.POSITIONAL_OR_KEYWORD and name != "self"
        ]

    kind = neuromorpho.NeuroMorphoClient
    assert arguments(NeuroMorphoClient.__init__) == ["max_concurrent", "max_connections"]
    searching = ["query", "output_dir", "metadata_filename", "show_progress"]
    assert (
        arguments(kind.search_neurons) == arguments(NeuroMorphoClient.search_neurons) == searching
    )
    downloading = ["neurons", "output_dir", "max_concurrent", "show_progress", "group_by"]
    assert arguments(kind.download_neurons) == downloading
    assert arguments(NeuroMorphoClient.download_neurons) == downloading
    assert arguments(kind.get_swc_url) == ["neuron_name"]
    assert arguments(search_and_download) == [
        "query", "output_dir", "metadata_filename", "max_concurrent", "group_by"
    ]  # fmt: skip
    assert arguments(Query().filter) == ["field", "values"]
    assert arguments(Query().sort) == ["field", "ascending"]
    assert arguments(Query.from_file) == ["path"]


def test_a_search_returns_records_in_the_order_of_the_query(script: Server) -> None:
    async def work() -> list[dict[str, Any]]:
        query = {"species": ["mouse", "rat"], "_sort": {"field": "neuron_name", "order": "desc"}}
        async with NeuroMorphoClient(max_concurrent=50) as client:
            assert client.max_concurrent == 5
            return await client.search_neurons(query=query, show_progress=False)

    found = run(work())
    holdings = script.holdings
    wanted = [
        each for each in map(holdings.record, holdings.ids) if each["species"] in ("mouse", "rat")
    ]
    assert [each["neuron_name"] for each in found] == sorted(
        (each["neuron_name"] for each in wanted), reverse=True
    )
    assert found[0] == next(each for each in wanted if each["neuron_id"] == found[0]["neuron_id"])
    assert script.count("*.jsp") == 0


def test_a_search_writes_the_table_that_it_is_asked_for(script: Server, tmp_path: Path) -> None:
    async def work() -> list[dict[str, Any]]:
        async with NeuroMorphoClient() as client:
            return await client.search_neurons({"species": ["mouse"]}, tmp_path / "out", "m.csv")

    found = run(work())
    with open(tmp_path / "out" / "m.csv", encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    for key in ("neuron_name", "archive", "species", "reconstruction_software"):
        assert [row[key] for row in rows] == [each[key] for each in found]
    assert rows[0]["brain_region"] == "; ".join(found[0]["brain_region"])


def test_no_match_is_an_empty_list_and_no_filter_the_complete_archive(
    script: Server, caplog: pytest.LogCaptureFixture
) -> None:
    async def work(query: dict[str, Any]) -> int:
        async with NeuroMorphoClient() as client:
            return len(await client.search_neurons(query, show_progress=False))

    assert run(work({"species": ["unicorn"]})) == 0
    assert run(work({"species": ["mouze"]})) == 0
    assert "'mouse'" in caplog.text
    assert run(work({})) == 120


def test_files_have_the_names_of_their_cells_and_are_fetched_once(
    script: Server, tmp_path: Path
) -> None:
    async def work() -> list[dict[str, Any]]:
        async with NeuroMorphoClient(max_concurrent=3) as client:
            neurons = await client.search_neurons({"species": ["mouse"]}, show_progress=False)
            report = await client.download_neurons(neurons, tmp_path, show_progress=False)
            assert int(report) == len(neurons)
            n_before = script.count("CNG version")
            await client.download_neurons(neurons=neurons, output_dir=tmp_path, max_concurrent=50)
            assert script.count("CNG version") == n_before == len(neurons)
            return neurons

    neurons = run(work())
    files = sorted((tmp_path / "downloads").glob("*.swc"))
    assert [each.stem for each in files] == sorted(each["neuron_name"] for each in neurons)
    for each in neurons:
        path = tmp_path / "downloads" / f"{each['neuron_name']}.swc"
        assert path.read_bytes() == script.files.swc(each["neuron_id"])


def test_files_are_grouped_by_fields(script: Server, tmp_path: Path) -> None:
    async def work() -> list[dict[str, Any]]:
        async with NeuroMorphoClient() as client:
            neurons = await client.search_neurons({"species": ["mouse", "rat"]})
            await client.download_neurons(neurons, tmp_path, group_by="species, archive")
            return neurons

    for each in run(work()):
        folder = tmp_path / "downloads" / each["species"] / each["archive"]
        assert (folder / f"{each['neuron_name']}.swc").is_file()


def test_a_name_alone_is_enough_and_an_unknown_one_is_reported(
    script: Server, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    name = script.holdings.record(1)["neuron_name"]

    async def work() -> Any:
        async with NeuroMorphoClient() as client:
            return await client.download_neurons(
                [{"neuron_name": "nobody"}, {"neuron_name": name}], tmp_path, show_progress=False
            )

    with caplog.at_level(logging.ERROR, "neuromorphopy"):
        report = run(work())
    assert (tmp_path / "downloads" / f"{name}.swc").read_bytes() == script.files.swc(1)
    assert [each.neuron_name for each in report.failed] == ["nobody"]
    assert "nobody" in caplog.text


def test_the_address_of_a_file_needs_no_web_page_and_no_instance(script: Server) -> None:
    record = script.holdings.record(1)

    async def work() -> tuple[str, str]:
        async with NeuroMorphoClient() as client:
            first = await client.get_swc_url(record["neuron_name"])
        return first, await NeuroMorphoClient.get_swc_url(record["neuron_name"])

    first, second = run(work())
    assert first == second
    assert first.startswith(f"{script.url}/dableFiles/{record['archive'].lower()}/CNG%20version/")
    assert first.endswith(".CNG.swc")
    assert script.count("*.jsp") == 0


def test_single_requests_go_to_the_archive_only(script: Server) -> None:
    async def work() -> None:
        client = NeuroMorphoClient()
        with pytest.raises(RuntimeError, match="async with"):
            _ = client.client
        async with client:
            response = await client.client.get(
                f"{client.base_url}/neuron/select", params={"q": "species:mouse", "size": 1}
            )
            response.raise_for_status()
            assert (response.status_code, response.is_success) == (200, True)
            assert response.json()["page"]["size"] == 1
            official = await client.client.get("https://neuromorpho.org/api/neuron/id/1")
            assert json.loads(official.text)["neuron_id"] == 1
            missing = await client.client.get(f"{client.base_url}/neuron/id/999999")
            assert (missing.status_code, missing.is_success) == (404, False)
            with pytest.raises(ApiError) as raised:
                missing.raise_for_status()
            assert raised.value.status_code == 404
            for address in ("https://example.org/x", f"{script.url}/neuron_info.jsp?neuron_name=a"):
                with pytest.raises(ValidationError):
                    await client.client.get(address)

    run(work())


def test_a_failed_search_is_an_api_error_with_its_status(script: Server) -> None:
    script.faults.add("unavailable", path="/api/*")

    async def work() -> None:
        async with NeuroMorphoClient() as client:
            await client.search_neurons({"species": ["mouse"]}, show_progress=False)

    with pytest.raises(ApiError) as raised:
        run(work())
    assert isinstance(raised.value, neuromorphopy.NeuroMorphoError)
    assert raised.value.status_code == 503


def test_search_and_download_returns_how_many_cells_are_on_disk(
    script: Server, tmp_path: Path
) -> None:
    lost = next(
        each for each in script.holdings.ids if script.holdings.record(each)["species"] == "mouse"
    )
    name = script.holdings.record(lost)["neuron_name"]
    script.faults.add("missing", path=f"*/{name}.CNG.swc")
    with client_of(script) as client:
        n_cells = search_and_download(
            Query().filter("species", "mouse").build(), tmp_path, group_by="species", client=client
        )
        total = client.count("species:mouse")
    assert type(n_cells) is int
    assert n_cells == total - 1 == len(list((tmp_path / "downloads" / "mouse").glob("*.swc")))
    assert (tmp_path / "neuron_metadata.csv").is_file()


def test_our_own_search_and_download_returns_what_int_takes(script: Server, tmp_path: Path) -> None:
    with client_of(script) as client:
        report = neuromorpho.search_and_download({"species": ["rat"]}, tmp_path, client=client)
        assert int(report) == len(report.completed) == client.count("species:rat") > 0


def test_a_query_is_built_step_by_step_and_checked(script: Server) -> None:
    query = Query().filter("species", ["mouse"]).filter("species", "rat").sort("archive", False)
    assert query.build() == {"species": ["rat"], "_sort": {"field": "archive", "order": "desc"}}
    for field, value, keyword in (
        ("speceis", "mouse", "species"),
        ("species", "mouze", "mouse"),
        ("species", [], "no value"),
    ):
        with pytest.raises(ValueError, match=keyword) as raised:
            Query().filter(field, value)
        assert isinstance(raised.value, ValidationError)
    with pytest.raises(ValidationError, match="nothing_like_it"):
        Query().sort("nothing_like_it")


def test_a_query_is_read_from_a_file_in_both_documented_orders(tmp_path: Path) -> None:
    path = tmp_path / "query.yaml"
    for sort, order in (
        ("order: ascending", "asc"),
        ("order: descending", "desc"),
        ("ascending: false", "desc"),
    ):
        path.write_text(
            "filters:\n  species: [mouse, rat]\n  brain_region: [neocortex]\n"
            f"sort:\n  field: brain_region\n  {sort}\n"
        )
        assert Query.from_file(path) == {
            "species": ["mouse", "rat"],
            "brain_region": ["neocortex"],
            "_sort": {"field": "brain_region", "order": order},
        }
    path.write_text("filters: {}")
    assert Query.from_file(str(path)) == {}
    with pytest.raises(FileNotFoundError):
        Query.from_file(tmp_path / "none.yaml")
    with pytest.raises(ValueError, match="yaml"):
        Query.from_file(tmp_path / "query.toml")
    path.write_text("filters: {species: mouse}\nq: 'a:b'")
    with pytest.raises(ValidationError, match="NeuroMorphoQueryFile"):
        Query.from_file(path)


def test_fields_and_values_are_sets_and_requested_once(script: Server) -> None:
    fields = QueryFields.get_fields()
    assert {"species", "brain_region", "archive"} <= fields
    values = QueryFields.get_values("species")
    assert "mouse" in values
    n_requests = script.count()
    assert QueryFields.get_fields() == fields
    assert QueryFields.get_values("species") == values
    assert script.count() == n_requests
    assert QueryFields.describe()["species"] == values
    with pytest.raises(ValidationError):
        QueryFields.get_values("nosuch")
    assert QueryConfig.get_valid_fields() == fields
    assert QueryConfig.get_field_values("species") == values
    assert (QuerySort("archive", False).order, QuerySort("archive").order) == ("desc", "asc")
    assert QueryConfig({"species": ["rat"]}).filters == {
        "species": QueryFilter("species", ["rat"]).values
    }
