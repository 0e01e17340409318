"""All pages of a search: in order, each cell once, a few in memory, and an end when it is wanted."""

from __future__ import annotations

import threading
import tracemalloc

import pytest

from neuromorpho.bulk.report import BulkProgress
from neuromorpho.bulk.search_all import SeenIds
from neuromorpho.client import NeuroMorphoClient
from neuromorpho.errors import NeuroMorphoCancelled, NeuroMorphoDownError, NeuroMorphoError
from tests.neuromorpho.server import Server
from tests.support.archive_client import client_of


def pages_requested(server: Server) -> list[int]:
    return sorted(int(seen.query["page"][0]) for seen in server.requests)


def test_the_order_is_the_servers_and_goes_with_every_page() -> None:
    with Server(n_made=1000) as server, client_of(server) as client:
        found = client.search_all("*:*", sort="neuron_id,desc", page_size=60)
        assert [each.neuron_id for each in found] == sorted(server.holdings.ids, reverse=True)
        assert pages_requested(server) == list(range(17))
        assert {seen.query["sort"][0] for seen in server.requests} == {"neuron_id,desc"}
        assert 1 <= server.max_in_flight <= 5


def test_a_query_and_its_clauses_go_with_every_page(server: Server) -> None:
    with client_of(server) as client:
        found = list(client.search_all("species:mouse", fq=["gender:Male"], page_size=3))
        assert {(each.species, each.get("gender")) for each in found} == {("mouse", "Male")}
        assert len(found) == client.count("species:mouse", fq=["gender:Male"])


def test_pages_that_shift_give_each_cell_once(server: Server) -> None:
    server.faults.add("duplicates")
    with client_of(server) as client:
        ids = [each.neuron_id for each in client.search_all("*:*", page_size=25)]
    assert ids == sorted(server.holdings.ids)


def test_no_match_is_nothing_and_a_limit_of_0_sends_no_request(server: Server) -> None:
    with client_of(server) as client:
        assert list(client.search_all("species:unicorn")) == []
        server.reset()
        assert list(client.search_all("*:*", limit=0)) == []
    assert server.count() == 0


@pytest.mark.parametrize(("limit", "pages"), [(5, 1), (20, 1), (25, 2), (60, 3), (500, 6)])
def test_a_limit_requests_no_more_pages_than_it_needs(
    server: Server, limit: int, pages: int
) -> None:
    with client_of(server) as client:
        found = list(client.search_all("*:*", limit=limit, page_size=20))
    assert len(found) == min(limit, 120)
    assert pages_requested(server) == list(range(pages))


@pytest.mark.parametrize(("wanted", "most"), [(50, 5), (5, 5), (2, 2), (0, 1), (-3, 1)])
def test_at_most_five_pages_are_requested_at_once(server: Server, wanted: int, most: int) -> None:
    server.faults.add("delay", "0.02")
    with client_of(server) as client:
        assert len(list(client.search_all("*:*", page_size=5, max_concurrent=wanted))) == 120
    assert 1 <= server.max_in_flight <= most
    assert most == 1 or server.max_in_flight > 1


def test_a_limit_is_reached_though_pages_repeat_cells(server: Server) -> None:
    server.faults.add("duplicates")
    with client_of(server) as client:
        assert len(list(client.search_all("*:*", limit=100, page_size=20))) == 100


def test_a_page_that_fails_once_is_retried_and_one_that_fails_always_is_named(
    server: Server,
) -> None:
    server.faults.add("unavailable", times=1, query="page=2")
    with client_of(server) as client:
        assert len(list(client.search_all("*:*", page_size=20))) == 120
        server.faults.add("unavailable", query="page=3")
        with pytest.raises(NeuroMorphoDownError, match=r"^Page 4 of the search") as raised:
            list(client.search_all("*:*", page_size=20))
    assert "page=3" in raised.value.url


def test_the_cells_before_a_failing_page_are_yielded(server: Server) -> None:
    server.faults.add("truncated", query="page=3")
    found: list[int] = []

    def take_all(client: NeuroMorphoClient) -> None:
        for each in client.search_all("*:*", page_size=20):
            found.append(each.neuron_id)

    with client_of(server) as client, pytest.raises(NeuroMorphoError):
        take_all(client)
    assert found == sorted(server.holdings.ids)[:60]


def test_a_cancel_ends_it_soon(server: Server) -> None:
    cancel = threading.Event()
    server.faults.add("delay", "0.05", path="/api/*")

    def take_one(client: NeuroMorphoClient) -> None:
        for _ in client.search_all("*:*", page_size=1, cancel=cancel):
            cancel.set()

    with client_of(server) as client, pytest.raises(NeuroMorphoCancelled):
        take_one(client)
    assert server.count() < 20


def test_leaving_in_the_middle_ends_the_threads_and_the_client_still_works(server: Server) -> None:
    with client_of(server) as client:
        for _ in client.search_all("*:*", page_size=5):
            break
        names = [each.name for each in threading.enumerate()]
        assert not any(name.startswith("neuromorpho-page") for name in names)
        assert client.count() == 120


def test_progress_is_reported_seldom_and_at_the_end(server: Server) -> None:
    reported: list[BulkProgress] = []
    with client_of(server) as client:
        list(client.search_all("*:*", page_size=20, progress=reported.append))
    assert (reported[-1].done, reported[-1].total, reported[-1].phase) == (120, 120, "searching")
    assert [each.done for each in reported] == sorted(each.done for each in reported)
    assert len(reported) < 30


@pytest.mark.slow
def test_memory_does_not_grow_with_the_number_of_cells() -> None:
    with Server(n_made=20_000) as server, client_of(server) as client:
        found = client.search_all("*:*")
        for _ in range(2_000):
            next(found)
        tracemalloc.start()
        try:
            n_found = 2_000 + sum(1 for _ in found)
            now, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    assert n_found == 20_000
    assert now < 4e6
    assert peak < 60e6  # 20,000 records are 150 MB


def test_seen_numbers_of_any_size_are_known_again() -> None:
    seen = SeenIds()
    numbers = [0, 7, 8, 300_000, 2**40, 5]
    assert [seen.is_new(each) for each in numbers] == [True] * 6
    assert [seen.is_new(each) for each in numbers] == [False] * 6
    assert len(seen) == 6
