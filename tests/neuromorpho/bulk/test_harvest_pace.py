"""What a harvest's pace rests on: an answer read at once, pages parsed in turn, records that are not copied."""

from __future__ import annotations

import gc
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any

import pytest

from neuromorpho.bulk import search_all
from neuromorpho.errors import NeuroMorphoCancelled
from neuromorpho.http.transport import Transport
from neuromorpho.records.models import NeuroMorphoNeuron
from tests.neuromorpho.server import Server
from tests.support.archive_client import client_of
from tests.support.archive_transport import transport_of

pytestmark = pytest.mark.slow

PAGE = {"q": "*:*", "size": 500, "page": 0}


def neurons_alive() -> int:
    """Return how many records there are in this process."""
    return sum(type(each) is NeuroMorphoNeuron for each in gc.get_objects())


def wait_until(is_so: Callable[[], bool]) -> None:
    """Wait for something that comes about by itself; an AssertionError after ten seconds."""
    end = time.monotonic() + 10
    pause = threading.Event()
    while not is_so():
        assert time.monotonic() < end
        pause.wait(0.01)


@pytest.fixture
def large_server() -> Iterator[Server]:
    """A server with 1,000 cells."""
    with Server(n_made=1000) as running:
        yield running


def sizes_read(through: Transport) -> list[int]:
    """Return a list that gets the size of each piece that a transport reads."""
    sizes: list[int] = []

    def note(response: Any, **_: Any) -> None:
        read = response.iter_content

        def noted(size: int) -> Iterator[bytes]:
            for piece in read(size):
                sizes.append(len(piece))
                yield piece

        response.iter_content = noted

    through.state.session.hooks["response"].append(note)
    return sizes


def test_a_response_of_known_length_is_read_at_once(large_server: Server) -> None:
    with closing(transport_of(large_server)) as through:
        sizes = sizes_read(through)
        through.json(f"{large_server.url}/api/neuron/select/", PAGE)
    assert len(sizes) == 1
    assert sizes[0] > 500_000


def test_a_file_is_read_in_pieces_small_enough_for_progress(server: Server) -> None:
    with closing(transport_of(server)) as through:
        sizes = sizes_read(through)
        url = f"{server.url}/api/neuron/select/?size=120"
        assert through.read(url, lambda body: len(b"".join(body.chunks)), max_bytes=10**7) > 100_000
    assert len(sizes) > 5
    assert max(sizes) <= 16 * 1024


def test_pages_that_arrive_early_are_parsed_in_their_turn(
    large_server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search_all, "_MAX_WAIT_FOR_TURN_S", 60.0)
    before = neurons_alive()
    with client_of(large_server) as client:
        found = client.search_all("*:*", page_size=50)
        next(found)
        for _ in range(50):
            next(found)
        wait_until(lambda: large_server.count() >= 7)
        assert neurons_alive() - before <= 100  # the page just read, and the one before it
        assert len(list(found)) == 1000 - 51


def test_no_thread_waits_for_ever_for_the_caller(
    large_server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search_all, "_MAX_WAIT_FOR_TURN_S", 0.02)
    before = neurons_alive()
    with client_of(large_server) as client:
        found = client.search_all("*:*", page_size=50)
        for _ in range(51):
            next(found)
        wait_until(lambda: neurons_alive() - before >= 300)
        assert len(list(found)) == 1000 - 51


def test_leaving_ends_the_pages_that_wait_for_their_turn(
    large_server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search_all, "_MAX_WAIT_FOR_TURN_S", 60.0)
    started = time.monotonic()
    with client_of(large_server) as client:
        found = client.search_all("*:*", page_size=50)
        for _ in range(51):
            next(found)
        found.close()  # type: ignore[attr-defined]
        assert client.count() == 1000
    assert time.monotonic() - started < 30


def test_the_wait_for_a_turn_is_no_server_time_and_a_cancel_stops_later_pages(
    server: Server,
) -> None:
    waits: list[float] = []

    class Ear:
        def request_started(self, url: str) -> None:
            pass

        def request_ended(self, url: str, seconds: float, error: Exception | None) -> None:
            waits.append(seconds)

    cancel, never = threading.Event(), threading.Event()
    with closing(transport_of(server)) as through:
        through.listener = Ear()
        through.before_parse(lambda: never.wait(0.5)).json(f"{server.url}/api/neuron/id/1")
        assert waits[0] < 0.5
        waiting = through.with_cancel(cancel).before_parse(cancel.set)
        with pytest.raises(NeuroMorphoCancelled):
            waiting.json(f"{server.url}/api/neuron/id/1")


def test_a_page_with_invalid_json_is_retried_in_its_turn(large_server: Server) -> None:
    large_server.faults.add("truncated", times=1, query="page=4")
    with client_of(large_server, retries=2) as client:
        assert len(list(client.search_all("*:*", page_size=100))) == 1000
    pages = [each.query["page"] for each in large_server.requests]
    assert pages.count(["4"]) == 2
    assert len(pages) == 11
