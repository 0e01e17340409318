"""Every fault of the loopback server does what it is named for, where, when and as often as set."""

from __future__ import annotations

import http.client
import time
import zlib
from collections.abc import Iterator
from email.utils import parsedate_to_datetime
from typing import Any

import pytest
import requests

from tests.neuromorpho.server import KINDS, Server, Switches

SWC = "/dableFiles/wearne_hof/CNG%20version/cnic_1.CNG.swc"
SELECT = "/api/neuron/select?size=50"


class Reader:
    """Reads answers without help: no retries, no redirects, no unpacking but what requests does."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.session = requests.Session()
        self.session.trust_env = False

    def get(self, path: str = SELECT, **options: Any) -> requests.Response:
        options = {"timeout": 5.0, "allow_redirects": False} | options
        return self.session.get(self.server.url + path, **options)


@pytest.fixture
def reader(server: Server) -> Iterator[Reader]:
    """A reader of the server."""
    made = Reader(server)
    yield made
    made.session.close()


def test_a_fault_occurs_as_often_as_set_and_after_as_many_requests(reader: Reader) -> None:
    fault = reader.server.faults.add("unavailable", times=2, after=1)
    assert [reader.get().status_code for _ in range(5)] == [200, 503, 503, 200, 200]
    assert fault.hits == 2


def test_a_fault_occurs_only_where_set(reader: Reader) -> None:
    reader.server.faults.add("failing", path="/dableFiles/*.swc")
    reader.server.faults.add("failing", 502, query="page=1")
    assert reader.get(SWC).status_code == 500
    assert reader.get().status_code == 200
    assert reader.get(SELECT + "&page=1").status_code == 502
    assert reader.get("/api/neuron/select?size=2&page=10").status_code == 200
    reader.server.faults.clear()
    assert reader.get(SWC).status_code == 200


def test_faults_are_written_as_text_too(reader: Reader) -> None:
    reader.server.faults.add_text("unavailable=3,times=1,path=/api/*")
    assert reader.get(SWC).status_code == 200
    assert reader.get().headers["Retry-After"] == "3"
    assert reader.get().status_code == 200
    with pytest.raises(ValueError, match="no fault 'nope'"):
        reader.server.faults.add_text("nope")
    with pytest.raises(ValueError, match="often=3"):
        reader.server.faults.add_text("empty,often=3")


def test_a_server_that_is_down_may_send_retry_after(reader: Reader) -> None:
    reader.server.faults.add("unavailable", times=1)
    assert "Retry-After" not in reader.get().headers
    reader.server.faults.add("too_many", 2, times=1)
    answer = reader.get()
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "2")
    reader.server.faults.add("too_many", "date:60", times=1)
    when = parsedate_to_datetime(reader.get().headers["Retry-After"])
    assert 50 < when.timestamp() - time.time() < 70


def test_what_is_not_json_comes_with_200(reader: Reader) -> None:
    reader.server.faults.add("notice", times=1)
    assert b"Service Interruption Notice" in reader.get().content
    reader.server.faults.add("html_file")
    assert reader.get().json()
    assert reader.get(SWC).headers["Content-Type"].startswith("text/html")
    reader.server.faults.clear()
    reader.server.faults.add("empty", times=1)
    empty = reader.get()
    assert (empty.status_code, empty.content) == (200, b"")
    reader.server.faults.add("truncated", times=1)
    with pytest.raises(requests.JSONDecodeError):
        reader.get().json()
    reader.server.faults.add("error_inside", times=1)
    inside = reader.get()
    assert (inside.status_code, inside.json()["status"]) == (200, 500)


def test_what_is_json_is_not_what_it_should_be(reader: Reader) -> None:
    reader.server.faults.add("null_embedded", times=1)
    assert reader.get().json()["_embedded"] is None
    reader.server.faults.add("no_embedded", times=1)
    assert "_embedded" not in reader.get().json()
    reader.server.faults.add("wrong_types")
    data = reader.get().json()
    assert data["_embedded"]["neuronResources"][0]["neuron_id"] == "one"
    assert data["page"]["number"] == "many"
    assert isinstance(reader.get("/api/morphometry/id/1").json()["length"], list)


def test_the_same_cell_comes_on_two_pages(reader: Reader) -> None:
    reader.server.faults.add("duplicates")
    found = []
    for page in range(3):
        data = reader.get(f"{SELECT}&page={page}").json()
        found.append([each["neuron_id"] for each in data["_embedded"]["neuronResources"]])
    assert [len(page) for page in found] == [50, 51, 21]
    assert found[1][0] == found[0][-1]
    assert found[2][0] == found[1][-1]
    assert len({each for page in found for each in page}) == 120


def test_a_body_is_cut_short_or_reset(reader: Reader) -> None:
    for kind in ("short", "reset"):
        reader.server.faults.add(kind, times=1)
        with pytest.raises(requests.exceptions.ChunkedEncodingError) as caught:
            reader.get()
        assert ("reset" in str(caught.value)) == (kind == "reset")
    reader.server.faults.add("drop", times=1)
    with pytest.raises(requests.ConnectionError):
        reader.get()
    assert reader.get().status_code == 200


def test_a_stalled_body_is_silent_until_the_reader_gives_up(reader: Reader) -> None:
    reader.server.faults.add("stall", times=1)
    with pytest.raises(requests.ConnectionError, match="Read timed out"):
        reader.get(timeout=0.3)


def test_a_slow_body_lasts_as_long_as_set_and_is_complete(reader: Reader) -> None:
    complete = reader.get(SWC).content
    reader.server.faults.add("slow", 0.5)
    started = time.monotonic()
    assert reader.get(SWC).content == complete
    assert time.monotonic() - started >= 0.5
    reader.server.faults.clear()
    reader.server.faults.add("delay", 0.4)
    started = time.monotonic()
    assert reader.get("/api/health").status_code == 200
    assert time.monotonic() - started >= 0.4


def test_an_endless_body_ends_with_the_reader_or_the_server(server: Server) -> None:
    server.faults.add("endless")
    reader = Reader(server)
    with reader.get(stream=True) as answer:
        pieces = answer.iter_content(1 << 16)
        assert sum(len(next(pieces)) for _ in range(20)) > 200_000
    with reader.get(stream=True):
        started = time.monotonic()
        server.stop()
        assert time.monotonic() - started < 5
    reader.session.close()


def test_a_bomb_is_small_until_it_is_unpacked(reader: Reader) -> None:
    reader.server.faults.add("bomb", 20)
    with reader.get("/api/neuron/id/1", stream=True) as answer:
        packed = answer.raw.read(decode_content=False)
    assert len(packed) < 100_000
    assert answer.headers["Content-Encoding"] == "gzip"
    assert len(zlib.decompress(packed, 31)) > 20 * 2**20


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("here", "/moved/api/health?a=b"),
        ("foreign", "https://example.org/api/health?a=b"),
        ("http", "http://example.org/api/health?a=b"),
        ("official", "http://neuromorpho.org/api/health?a=b"),
        ("loop", "/api/health?a=b"),
        ("https://127.0.0.1:1{target}", "https://127.0.0.1:1/api/health?a=b"),
    ],
)
def test_a_redirect_leads_where_set(reader: Reader, value: str, expected: str) -> None:
    reader.server.faults.add("redirect", value)
    answer = reader.get("/api/health?a=b")
    assert (answer.status_code, answer.headers["Location"]) == (302, expected)


def test_a_redirect_to_the_same_server_leads_to_the_answer(reader: Reader) -> None:
    reader.server.faults.add("redirect", "here")
    assert reader.get("/api/health", allow_redirects=True).json() == {"status": "UP"}
    assert reader.server.count("/api/health") == 2
    reader.server.faults.clear()
    reader.server.faults.add("redirect", "loop")
    with pytest.raises(requests.TooManyRedirects):
        reader.get("/api/health", allow_redirects=True)


def test_a_file_may_hold_latin_1_and_a_cell_lack_its_measures(reader: Reader) -> None:
    reader.server.faults.add("latin1")
    body = reader.get(SWC).content
    with pytest.raises(UnicodeDecodeError):
        body.decode("utf-8")
    assert body.endswith(reader.server.files.swc(1))
    reader.server.faults.add("missing")
    assert reader.get("/api/morphometry/id/1").status_code == 404
    assert reader.get("/api/neuron/id/1").status_code == 200


def test_a_request_without_user_agent_is_refused(server: Server) -> None:
    def status() -> int:
        connection = http.client.HTTPConnection(server.url.removeprefix("http://"), timeout=5)
        connection.request("GET", "/api/health")
        found = connection.getresponse()
        found.read()
        connection.close()
        return found.status

    assert status() == 403
    server.switches = Switches(agent="ignored")
    assert status() == 200
    with pytest.raises(ValueError, match="agent must be refused or ignored"):
        Switches(agent="maybe")


@pytest.mark.parametrize("verb", ["PUT", "DELETE", "HEAD", "PATCH"])
def test_other_verbs_are_noted_and_not_allowed(reader: Reader, verb: str) -> None:
    answer = reader.session.request(verb, f"{reader.server.url}/api/neuron/id/1", timeout=5)
    assert answer.status_code == 405
    assert reader.server.requests[-1].method == verb
    assert reader.get("/api/neuron/id/1").status_code == 200


def test_a_server_starts_again_where_it_was(reader: Reader) -> None:
    assert reader.get("/api/health").status_code == 200
    reader.server.stop()
    with pytest.raises(requests.ConnectionError):
        reader.get("/api/health")
    reader.server.start()
    assert reader.get("/api/health").status_code == 200
    with pytest.raises(RuntimeError, match="already runs"):
        reader.server.start()


def test_a_connection_is_reused_for_the_next_request(reader: Reader) -> None:
    for _ in range(3):
        with reader.get("/api/health", stream=True) as answer:
            assert answer.json()
            assert answer.raw.version == 11
    pool = reader.session.get_adapter(reader.server.url).get_connection_with_tls_context(
        requests.Request("GET", reader.server.url).prepare(), verify=True
    )
    assert (pool.num_connections, pool.num_requests) == (1, 3)


def test_every_kind_of_fault_has_a_description() -> None:
    assert all(kind.description for kind in KINDS.values())
