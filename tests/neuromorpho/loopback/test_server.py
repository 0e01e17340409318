"""The loopback server answers as NeuroMorpho.Org was recorded to, so that tests against it mean something."""

from __future__ import annotations

import json
import math
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
import requests

from neuromorpho.records.models import NeuroMorphoNeuron
from tests.neuromorpho.server import KEYS, Server, Switches, hostile_records

REPOSITORY = Path(__file__).resolve().parents[3]


class Client:
    """Makes requests to one server and follows no redirect."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.session = requests.Session()
        self.session.trust_env = False

    def get(self, path: str, *params: tuple[str, Any], **options: Any) -> requests.Response:
        options = {"timeout": 10.0, "allow_redirects": False} | options
        return self.session.get(self.server.url + path, params=list(params), **options)

    def ids(self, *params: tuple[str, Any]) -> list[int]:
        """Return the ids that a select finds, of 500 at most; none if the server sends 404."""
        answer = self.get("/api/neuron/select", ("size", 500), *params)
        if answer.status_code == 404:
            return []
        assert answer.status_code == 200, answer.text
        return [each["neuron_id"] for each in answer.json()["_embedded"]["neuronResources"]]


@pytest.fixture
def client(server: Server) -> Iterator[Client]:
    """A client of the server with made cells."""
    made = Client(server)
    yield made
    made.session.close()


def records(server: Server) -> list[dict[str, Any]]:
    return [server.holdings.record(i) or {} for i in server.holdings.ids]


def test_a_made_record_has_the_servers_45_keys_in_its_order(client: Client) -> None:
    record = client.get("/api/neuron/id/1").json()
    assert list(record) == list(KEYS)
    assert len(KEYS) == 45
    assert record["neuron_id"] == 1


def test_the_keys_are_those_that_were_recorded(shared_data: Path) -> None:
    order = json.loads((shared_data / "neuromorpho_json/neuron_record_key_order.json").read_text())
    assert [*order, "_links"] == list(KEYS)


def test_a_cell_is_the_same_on_every_server(server: Server) -> None:
    with Server(n_made=300_000) as large:
        for neuron_id in (1, 64, 129):
            assert large.holdings.record(neuron_id) == server.holdings.record(neuron_id)
            assert large.files.swc(neuron_id) == server.files.swc(neuron_id)


def test_a_server_that_caches_its_records_answers_the_same() -> None:
    plain, keeping = Server(n_made=100).holdings, Server(n_made=100, keep=10).holdings
    for _ in range(2):
        for each in (*plain.ids, 13, 10**6):
            assert keeping.encoded(each) == plain.encoded(each)


def test_every_made_record_is_one_that_the_package_reads(server: Server) -> None:
    neurons = [NeuroMorphoNeuron.from_payload(record) for record in records(server)]
    assert [neuron.neuron_id for neuron in neurons] == list(server.holdings.ids)
    assert len({neuron.neuron_name for neuron in neurons}) == len(neurons) == 120


def test_values_have_the_traps_of_the_real_ones(server: Server) -> None:
    species = set(server.holdings.counts("species"))
    assert {"dragonfly ", "Steller's Sculpin", "capuchin monkey", "monkey"} <= species
    assert any("(" in each for each in species)
    assert any(" " in each["archive"] for each in records(server))
    missing = {each["min_age"] for each in records(server)}
    assert {"Not reported", "Not Reported", "Not applicable"} <= missing


@pytest.mark.parametrize("path", ["/api/neuron/select", "/api/neuron/select/"])
def test_select_answers_with_and_without_its_last_slash(client: Client, path: str) -> None:
    data = client.get(path, ("q", "species:rat")).json()
    found = data["_embedded"]["neuronResources"]
    assert {record["species"] for record in found} == {"rat"}
    assert data["page"]["totalElements"] == len(found) > 0


def test_a_post_finds_the_same_as_a_query(client: Client) -> None:
    url = f"{client.server.url}/api/neuron/select/?size=500"
    criteria = {"species": ["mouse", "dragonfly "], "domain": ["Dendrites, Soma, No Axon"]}
    posted = client.session.post(url, json=criteria, timeout=10).json()
    found = [each["neuron_id"] for each in posted["_embedded"]["neuronResources"]]
    domain = ("fq", 'domain:"Dendrites, Soma, No Axon"')
    assert found == client.ids(("q", 'species:mouse OR species:"dragonfly "'), domain)
    client.server.switches = Switches(post="no")
    assert client.session.post(url, json=criteria, timeout=10).status_code == 405


def test_a_quoted_value_is_matched_completely_and_an_unquoted_one_by_its_last_word(
    client: Client,
) -> None:
    monkeys = client.ids(("q", "species:monkey"))
    capuchins = client.ids(("q", 'species:"capuchin monkey"'))
    assert monkeys
    assert capuchins
    assert not set(monkeys) & set(capuchins)
    assert client.ids(("q", "species:capuchin monkey")) == monkeys
    assert client.ids(("q", "species:dragonfly")) == []
    assert len(client.ids(("q", 'species:"dragonfly "'))) == 1


def test_every_filter_narrows_what_is_found(client: Client) -> None:
    mice, hippocampi = ("q", "species:mouse"), ("fq", "brain_region_1:hippocampus")
    complete = ("fq", 'Physical_Integrity:"Dendrites Complete"')
    both = client.ids(mice, hippocampi)
    assert set(both) == set(client.ids(mice)) & set(client.ids(("q", hippocampi[1])))
    three = client.ids(mice, hippocampi, complete)
    assert set(three) == set(both) & set(client.ids(("q", complete[1])))


def test_what_is_found_is_what_a_walk_through_all_records_finds(client: Client) -> None:
    expected = [
        each["neuron_id"] for each in records(client.server) if "pyramidal" in each["cell_type"]
    ]
    assert client.ids(("q", "cell_type:pyramidal")) == expected
    named = [
        each["neuron_id"]
        for each in records(client.server)
        if each["neuron_name"].startswith("TypeA-1")
    ]
    assert client.ids(("q", "neuron_name:TypeA\\-1*")) == named != []


def test_a_query_that_cannot_be_read_is_refused(client: Client) -> None:
    assert client.get("/api/neuron/select", ("q", 'species:"mouse')).status_code == 400
    assert client.get("/api/neuron/select", ("sort", "no_such,asc")).status_code == 400


@pytest.mark.parametrize("field", ["neuron_name", "species", "upload_date", "surface"])
def test_a_search_is_sorted_by_any_field_either_way(client: Client, field: str) -> None:
    rising = client.ids(("sort", f"{field},asc"))
    values = [(client.server.holdings.record(i) or {})[field] for i in rising]
    assert values == sorted(values)
    falling = client.ids(("sort", f"{field},desc"))
    assert [(client.server.holdings.record(i) or {})[field] for i in falling] == values[::-1]
    assert sorted(falling) == sorted(rising) == list(client.server.holdings.ids)


def test_pages_have_every_cell_once_and_end(client: Client) -> None:
    found = []
    for page in range(4):
        data = client.get("/api/neuron", ("size", 37), ("page", page)).json()
        found += [each["neuron_id"] for each in data["_embedded"]["neuronResources"]]
        assert data["page"] == {"size": 37, "totalElements": 120, "totalPages": 4, "number": page}
        assert ("next" in data["_links"]) == (page < 3)
        assert all(each["href"].startswith("http://") for each in data["_links"].values())
    assert found == list(client.server.holdings.ids)


def test_no_match_and_no_such_page_are_404_or_empty(client: Client) -> None:
    nothing = ("/api/neuron/select", ("q", "species:unicorn"))
    beyond = ("/api/neuron/select", ("page", 99))
    for path, criteria in (nothing, beyond):
        refused = client.get(path, criteria)
        assert refused.status_code == refused.json()["status"] == 404
    client.server.switches = Switches(no_match="empty", past_end="empty")
    for path, criteria in (nothing, beyond):
        answer = client.get(path, criteria)
        assert answer.status_code == 200
        assert "_embedded" not in answer.json()


def test_a_page_of_more_than_500_is_cut_or_refused() -> None:
    with Server(n_made=700) as large:
        client = Client(large)
        data = client.get("/api/neuron/select", ("size", 10_000)).json()
        assert len(data["_embedded"]["neuronResources"]) == data["page"]["size"] == 500
        large.switches = Switches(oversize="refuse")
        assert client.get("/api/neuron/select", ("size", 10_000)).status_code == 400
        client.session.close()


@pytest.mark.parametrize("field", ["species", "brain_region", "cell_type_2", "Physical_Integrity"])
def test_a_facets_counts_are_what_a_search_finds(client: Client, field: str) -> None:
    data = client.get(f"/api/neuron/partition/{field}", ("size", 500)).json()
    assert list(data["fields"].values()) == sorted(data["fields"].values(), reverse=True)
    for value, count in data["fields"].items():
        assert len(client.ids(("q", f'{field}:"{value}"'))) == count, value
    values = client.get(f"/api/neuron/fields/{field}", ("size", 500)).json()
    assert values["fields"] == list(data["fields"])
    assert values["field_name"] == field


def test_the_values_of_a_field_come_in_pages(client: Client) -> None:
    every = client.get("/api/neuron/fields/species").json()
    assert every["page"]["totalPages"] == 1
    found: list[str] = []
    for page in range(math.ceil(every["page"]["totalElements"] / 7)):
        part = client.get("/api/neuron/fields/species", ("size", 7), ("page", page)).json()
        found += part["fields"]
    assert found == every["fields"]
    assert client.get("/api/neuron/fields/no_such").status_code == 404
    assert "Physical_Integrity" in client.get("/api/neuron/fields").json()["Neuron Fields"]


def test_a_name_finds_its_cell_whatever_is_in_it(client: Client) -> None:
    for record in records(client.server):
        answer = client.get(f"/api/neuron/name/{quote(record['neuron_name'], safe='')}")
        assert answer.json() == record
    missing = client.get("/api/neuron/name/AA1544")
    expected = {"status": 404, "error": "Not Found", "message": "Requested neuron not found"}
    assert missing.json() == {**expected, "path": "/api/neuron/name/AA1544"}


def test_what_was_recorded_is_answered_as_it_was(
    recorded_server: Server, shared_data: Path
) -> None:
    folder = shared_data / "neuromorpho_json"
    client = Client(recorded_server)
    for path, name in (("neuron/id/1", "neuron_id_1"), ("morphometry/id/1", "morphometry_id_1")):
        expected = json.loads((folder / f"{name}.json").read_text())
        answer = client.get(f"/api/{path}").json()
        assert (answer, list(answer)) == (expected, list(expected))
    recorded = json.loads((folder / "neuron_select_archive_Ascoli_page0.json").read_text())
    expected = recorded["_embedded"]["neuronResources"]
    assert client.ids(("q", "archive:Ascoli")) == sorted(each["neuron_id"] for each in expected)
    swc = client.get("/dableFiles/smith/CNG%20version/0-2.CNG.swc").content
    assert swc == (folder / "remod_swc/NMO_001999__0-2.CNG.swc").read_bytes()
    client.session.close()


def test_hostile_names_are_served_like_any_other() -> None:
    hostile = hostile_records()
    with Server(hostile) as server:
        client = Client(server)
        for record in hostile:
            name = quote(record["neuron_name"], safe="")
            archive = quote(record["archive"].lower(), safe="")
            assert client.get(f"/api/neuron/id/{record['neuron_id']}").json() == record
            path = f"/dableFiles/{archive}/CNG%20version/{name}.CNG.swc"
            if set(record["neuron_name"]) != {"."}:
                assert client.get(path).content == server.files.swc(record["neuron_id"])
        client.session.close()
    assert any(len(each["neuron_name"]) == 300 for each in hostile)
    assert any("\0" in each["neuron_name"] for each in hostile)


def test_requests_are_noted_counted_and_timed(client: Client) -> None:
    before = time.monotonic()
    client.get("/api/neuron/select", ("q", "species:rat"), ("fq", "a:b"), ("fq", "c:d"))
    client.get("/dableFiles/x/CNG%20version/y.CNG.swc", headers={"User-Agent": "Somascope/1"})
    first, second = client.server.requests
    assert (first.method, first.path) == ("GET", "/api/neuron/select")
    assert first.query == {"q": ["species:rat"], "fq": ["a:b", "c:d"]}
    assert second.path == "/dableFiles/x/CNG version/y.CNG.swc"
    assert second.headers["user-agent"] == "Somascope/1"
    assert before <= first.time <= second.time <= time.monotonic()
    assert client.server.count() == client.server.peak_per_second() == 2
    assert client.server.count("select") == client.server.count("/dableFiles/*.swc") == 1
    client.server.reset()
    assert client.server.count() == 0


def test_requests_at_the_same_time_are_counted(server: Server) -> None:
    server.faults.add("delay", 0.5)
    together = threading.Barrier(4)

    def ask(_: int) -> int:
        client = Client(server)
        together.wait(5)
        status = client.get("/api/health").status_code
        client.session.close()
        return status

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(ask, range(4))) == [200] * 4
    assert server.max_in_flight == 4


def test_a_large_server_sends_any_page_at_once() -> None:
    with Server(n_made=300_000) as server:
        client = Client(server)
        last = client.get("/api/neuron/select", ("size", 500), ("page", 599)).json()
        found = last["_embedded"]["neuronResources"]
        assert len(found) == 500
        assert found[-1]["neuron_id"] == server.holdings.ids[-1]
        assert last["page"]["totalElements"] == 300_000
        counts = client.get("/api/neuron/partition/species").json()["fields"]
        assert sum(counts.values()) == 300_000
        rare = client.get("/api/neuron/select", ("q", 'species:"dragonfly "'), ("size", 1)).json()
        assert rare["page"]["totalElements"] == counts["dragonfly "]
        client.session.close()


@pytest.mark.parametrize("count", [1, 12, 13, 1008, 1009, 1010, 2500])
def test_ids_by_arithmetic_are_those_by_counting(count: int) -> None:
    holdings = Server(n_made=count).holdings
    ids = list(holdings.ids)
    assert ids == [i for i in range(1, 2 * count + 20) if i % 13][:count]
    assert [i for i in range(-3, ids[-1] + 20) if holdings.encoded(i) is not None] == ids
    mice = list(holdings.select(["species:mouse"], "neuron_id", descending=False))
    assert mice == [i for i in ids if (holdings.record(i) or {})["species"] == "mouse"]
    assert list(holdings.ids[3:9]) == ids[3:9]


@pytest.mark.skipif(sys.platform == "win32", reason="Ctrl+C is no signal to send on Windows")
def test_the_command_prints_its_address_and_answers() -> None:
    command = [sys.executable, "-m", "tests.neuromorpho.server", "--no-data", "--records", "20"]
    with subprocess.Popen(
        [*command, "--fault", "unavailable=7,times=1"],
        cwd=REPOSITORY,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            assert process.stdout is not None
            url = process.stdout.readline().strip()
            refused = requests.get(f"{url}/api/neuron", timeout=10)
            assert (refused.status_code, refused.headers["Retry-After"]) == (503, "7")
            answer = requests.get(f"{url}/api/neuron", timeout=10)
            assert answer.json()["page"]["totalElements"] == 20
        finally:
            process.send_signal(signal.SIGINT)
        assert process.wait(10) == 0
