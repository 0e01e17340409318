"""The client makes each request once, and a missing record is a result."""

from __future__ import annotations

import inspect
import json
import threading
import time
from pathlib import Path

import pytest

from neuromorpho.bibliography.citations import find_publications
from neuromorpho.bulk.harvest import harvest_to_file
from neuromorpho.client import NeuroMorphoClient
from neuromorpho.errors import (
    NeuroMorphoAnswerError,
    NeuroMorphoCancelled,
    NeuroMorphoDownError,
    NeuroMorphoError,
    NeuroMorphoNotFoundError,
    NeuroMorphoQueryError,
    NeuroMorphoStorageError,
)
from neuromorpho.http.rate_limiter import RateLimiter
from neuromorpho.query.query import NeuroMorphoQuery
from neuromorpho.records.models import NeuroMorphoNeuron
from tests.neuromorpho.server import Server, Switches
from tests.support.archive_client import client_of


def test_the_signatures_are_those_that_scripts_know() -> None:
    def defaults(name: str) -> dict[str, object]:
        parameters = inspect.signature(getattr(NeuroMorphoClient, name)).parameters
        return {key: each.default for key, each in parameters.items() if key != "self"}

    assert list(defaults("__init__").items())[:5] == [
        ("session", None),
        ("timeout", 30.0),
        ("cache_dir", None),
        ("retries", 3),
        ("backoff_base", 0.5),
    ]
    search = {"fq": None, "size": 20, "page": 0, "sort": "neuron_id,asc"}
    assert search.items() <= defaults("search").items()
    iterated = {"fq": None, "size": 20, "limit": None, "start_page": 0, "sort": "neuron_id,asc"}
    assert iterated.items() <= defaults("iter_search").items()
    download = {"output_dir": None, "mode": "both", "overwrite": False, "dry_run": False}
    assert download.items() <= defaults("download").items()


@pytest.mark.parametrize("way", ["404", "empty"])
def test_a_search_without_a_hit_is_an_empty_page(server: Server, way: str) -> None:
    server.switches = Switches().but("no_match", way).but("past_end", way)
    with client_of(server) as client:
        found = client.search("species:unicorn")
        assert (found.items, found.total_elements) == ((), 0)
        assert list(client.iter_search("species:unicorn")) == []
        assert client.count("species:unicorn") == 0
        assert client.search("*:*", page=1000).items == ()
    assert server.count() == 4


@pytest.mark.parametrize("fault", ["null_embedded", "no_embedded"])
def test_a_page_without_its_reported_cells_is_an_error(
    server: Server, tmp_path: Path, fault: str
) -> None:
    server.faults.add(fault, query="page=1")
    server.faults.add(fault, query="size=1")
    path = tmp_path / "all.json"
    with client_of(server) as client:
        with pytest.raises(NeuroMorphoAnswerError, match="120") as raised:
            client.search("*:*", page=1)
        assert server.url in raised.value.url
        assert client.count() == 120
        with pytest.raises(NeuroMorphoAnswerError, match="120"):
            harvest_to_file(client, "*:*", path, page_size=20)
        server.faults.clear()
        server.faults.add(fault, path="/api/morphometry/*")
        with pytest.raises(NeuroMorphoAnswerError, match="none of this page"):
            client.get_measurements(server.holdings.ids)
    assert not path.exists()


@pytest.mark.parametrize(
    "fault", ["error_inside", "notice", "truncated", "empty", "wrong_types", "unavailable"]
)
def test_a_broken_answer_is_an_error_with_its_address_and_never_no_hits(
    server: Server, fault: str
) -> None:
    server.faults.add(fault)
    with client_of(server) as client, pytest.raises(NeuroMorphoError) as raised:
        client.search("*:*")
    assert server.url in raised.value.url
    down = fault in {"error_inside", "notice", "unavailable"}
    assert isinstance(raised.value, NeuroMorphoDownError if down else NeuroMorphoAnswerError)


def test_a_404_that_is_a_web_page_is_no_empty_result(server: Server) -> None:
    with (
        client_of(server, base_url=f"{server.url}/no-such-place") as client,
        pytest.raises(NeuroMorphoError, match="web page"),
    ):
        client.search("*:*")


def test_a_limit_of_0_requests_nothing(server: Server) -> None:
    with client_of(server) as client:
        assert list(client.iter_search("*:*", limit=0)) == []
    assert server.count() == 0


def test_an_iterated_search_gives_each_cell_once_though_the_pages_shift(server: Server) -> None:
    server.faults.add("duplicates")
    with client_of(server) as client:
        ids = [each.neuron_id for each in client.iter_search("*:*", size=50)]
    assert ids == sorted(server.holdings.ids)


def test_the_server_sorts_every_page(server: Server) -> None:
    with client_of(server) as client:
        ids = [e.neuron_id for e in client.iter_search("*:*", size=50, sort="neuron_id,desc")]
    assert ids == sorted(server.holdings.ids, reverse=True)
    assert {seen.query["sort"][0] for seen in server.requests} == {"neuron_id,desc"}


def test_a_cell_is_found_by_its_id_in_any_form_and_by_its_name(server: Server) -> None:
    numpy = pytest.importorskip("numpy")
    with client_of(server) as client:
        one = client.get_neuron(1)
        assert client.get_neuron("NMO_00001") == one  # type: ignore[arg-type]
        assert client.get_neuron(numpy.int64(1)) == one
        assert client.get_neuron_by_name(one.neuron_name) == one
        with pytest.raises(NeuroMorphoNotFoundError, match="NMO_00013"):
            client.get_neuron(13)
        for junk in (2.5, True, "one", -1):
            with pytest.raises(ValueError, match="id"):
                client.get_neuron(junk)  # type: ignore[arg-type]


def test_a_page_size_beyond_the_servers_is_refused_without_a_request(server: Server) -> None:
    with client_of(server) as client:
        for size in (0, 501):
            with pytest.raises(NeuroMorphoQueryError, match="500"):
                client.search("*:*", size=size)
    assert server.count() == 0


def test_many_measurements_come_500_in_a_request() -> None:
    with Server(n_made=1200) as server, client_of(server) as client:
        ids = list(server.holdings.ids)
        found = client.get_measurements([*ids, 13, ids[0]])
        with_some = [each for each in ids if server.holdings.measures(each)]
        assert list(found) == with_some
        assert server.count("/api/morphometry/select") == 3
        length = server.holdings.measures(ids[5])["length"]
        assert found[ids[5]].length == pytest.approx(length)
        assert client.get_measurements([]) == {}


def test_a_cell_without_morphometry_differs_from_a_failure(server: Server) -> None:
    server.faults.add("missing", path="/api/morphometry/id/*")
    with client_of(server) as client:
        with pytest.raises(NeuroMorphoNotFoundError):
            client.get_measurement(1)
        assert client.describe(1).measurement is None


def test_all_pages_of_a_field_are_read_with_blanks_and_commas(server: Server) -> None:
    with client_of(server) as client:
        assert "species" in client.fields()
        domains = client.field_values("domain")
        facet = client.partition("domain")
        assert set(domains) == set(facet.counts)
        assert facet.total == sum(facet.counts.values())
        for value, count in facet.counts.items():
            assert client.count(NeuroMorphoQuery.of({"domain": value})) == count
        with pytest.raises(NeuroMorphoQueryError, match="colour"):
            client.partition("colour")


def test_a_field_of_more_values_than_a_page_is_read_to_its_end() -> None:
    with Server(n_made=1100) as large, client_of(large) as client:
        names = client.field_values("neuron_name")
        assert len(names) == len(set(names)) == client.count() == 1100
        assert large.count("/api/neuron/fields/*") == 3
        counts = client.partition("neuron_name").counts
        assert set(counts) == set(names)
        assert large.count("/api/neuron/partition/*") == 3


def test_counts_are_cached_with_their_age_and_per_server(server: Server, tmp_path: Path) -> None:
    with client_of(server, cache_dir=tmp_path) as client:
        first = client.partition("species")
        assert client.partition("species") == first
        assert server.count("/api/neuron/partition/species") == 1
        client.partition("species", max_age_s=0.0)
        assert server.count("/api/neuron/partition/species") == 2
        cached = tmp_path / "facets" / "species.json"
        content = json.loads(cached.read_text())
        cached.write_text(json.dumps(content | {"fetched": time.time() - 90_000}))
        client.partition("species")
        assert server.count("/api/neuron/partition/species") == 3
        cached.write_text("{half of")
        assert client.partition("species") == first
        cached.write_text(json.dumps(content | {"from": "https://elsewhere"}))
        assert client.partition("species") == first
        assert server.count("/api/neuron/partition/species") == 5


def test_papers_and_persistence_vectors_are_typed(server: Server) -> None:
    with client_of(server) as client:
        cell = client.get_neuron(1)
        papers, _ = find_publications(client, [cell])
        assert all(paper.title for paper in papers)
        assert all(paper.title for paper in client.get_publications(cell))
        assert client.get_publication("-26") is None
        server.reset()
        placeholders = NeuroMorphoNeuron(
            1, "a", payload={"reference_pmid": ["-26", "Not reported"]}
        )
        assert find_publications(client, [placeholders]) == ((), None)
        assert client.get_publications(placeholders) == ()
        assert server.count() == 0
        assert client.search_literature("journal:Nowhere") == ()
        assert len(client.get_persistence(cell).coefficients) == 100


def test_a_client_has_its_options_as_attributes() -> None:
    class Session:
        def get(self, url: str, **_: object) -> None:
            raise AssertionError(url)

    session = Session()
    with NeuroMorphoClient(session, timeout=12, retries=2, backoff_base=0.1) as client:
        assert client.session is session
        assert (client.timeout, client.retries, client.backoff_base) == (12, 2, 0.1)
        assert (client.cache, client.cache_dir) == (None, None)


def test_whether_the_server_is_up_is_seen_from_what_works(server: Server) -> None:
    with client_of(server, retries=1) as client:
        assert client.is_up()
        server.faults.add("unavailable", path="/api/health")
        assert client.is_up()
        for fault in ("unavailable", "notice", "truncated"):
            server.reset()
            server.faults.add(fault)
            assert not client.is_up()


def test_a_server_that_does_not_run_is_named_as_down(server: Server) -> None:
    server.stop()
    with client_of(server, retries=1) as client:
        with pytest.raises(NeuroMorphoDownError, match=r"127\.0\.0\.1"):
            client.get_neuron(1)
        assert not client.is_up()


def test_the_mirror_is_used_after_one_outage_and_stays_in_use(server: Server) -> None:
    with Server() as other, client_of(server, mirror=other.url, retries=2) as client:
        server.stop()
        assert client.get_neuron(1).neuron_id == 1
        assert client.site.root == other.url
        client.get_neuron(2)
        assert other.count() == 2


def test_the_pace_is_for_all_requests_of_a_client(server: Server) -> None:
    with client_of(server, limiter=RateLimiter(20.0)) as client:
        start = time.monotonic()
        for _ in range(11):
            client.count()
        assert time.monotonic() - start >= 10 / 20.0
    assert server.peak_per_second() <= 21


def test_two_clients_share_one_pace_by_default(server: Server) -> None:
    with (
        NeuroMorphoClient(base_url=server.url) as one,
        NeuroMorphoClient(base_url=server.url) as two,
    ):
        start = time.monotonic()
        for client in (one, two, one, two):
            client.count()
        assert time.monotonic() - start >= 0.59


def test_a_cancel_of_the_client_or_of_one_piece_of_work_ends_what_waits(server: Server) -> None:
    general, special = threading.Event(), threading.Event()
    with client_of(server, cancel=general) as client:
        work = client.with_cancel(special)
        work.count()
        special.set()
        with pytest.raises(NeuroMorphoCancelled):
            work.count()
        client.count()
        general.set()
        for each in (client, client.with_cancel(threading.Event())):
            with pytest.raises(NeuroMorphoCancelled):
                each.count()


def test_what_was_answered_is_in_the_library(server: Server, tmp_path: Path) -> None:
    with client_of(server, cache_dir=tmp_path) as client:
        client.search("*:*", size=30)
        client.get_neuron(100)
        client.get_measurement(1)
        client.download(2, mode="standard")
        library = client.library
        assert library is not None
        assert client.library_problem is None
        assert len(library) == 31
        assert library.record(100) == client.get_neuron(100)
        assert library.measurement(1) is not None
        assert [each.kind for each in library.files(2)] == ["standard"]


def test_a_broken_library_costs_no_answer(server: Server, tmp_path: Path) -> None:
    (tmp_path / "library.sqlite").write_bytes(b"this is no database" * 200)
    with client_of(server, cache_dir=tmp_path) as client:
        assert len(client.search("*:*", size=10).items) == 10
        assert client.download(1).download_items[0].downloaded_now
        assert client.library is None
        assert isinstance(client.library_problem, NeuroMorphoError)


def test_a_library_that_breaks_later_costs_no_answer(server: Server, tmp_path: Path) -> None:
    with client_of(server, cache_dir=tmp_path) as client:
        client.search("*:*", size=10)
        library = client.library
        assert library is not None
        library.close()
        assert len(client.search("*:*", size=10, page=1).items) == 10
        assert isinstance(client.library_problem, NeuroMorphoStorageError)
        assert len(list(client.search_all("*:*"))) == 120


def test_a_cache_that_cannot_be_written_still_answers(server: Server, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    with client_of(server, cache_dir=tmp_path / "file" / "cache") as client:
        assert client.partition("species").total
        assert len(client.search("*:*").items) == 20
        assert client.library is None
        assert client.library_problem is not None
        with pytest.raises(NeuroMorphoStorageError, match="cache"):
            client.download(1)
