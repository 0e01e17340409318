"""Files, pictures, measurements and papers of the loopback server are complete, in place and true."""

from __future__ import annotations

import math
from collections.abc import Iterator
from io import BytesIO
from typing import Any
from urllib.parse import quote

import pytest
import requests
from PIL import Image

from neuromorpho.records.models import NeuroMorphoNeuron
from neuromorpho.urls import Site, build_standard_swc_url
from tests.neuromorpho.server import Server
from tests.neuromorpho.server.trees import measures, read_swc


class Client:
    """Makes requests to one server and follows no redirect."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.session = requests.Session()
        self.session.trust_env = False

    def get(self, path: str, *params: tuple[str, Any], **options: Any) -> requests.Response:
        options = {"timeout": 10.0, "allow_redirects": False} | options
        return self.session.get(self.server.url + path, params=list(params), **options)


@pytest.fixture
def client(server: Server) -> Iterator[Client]:
    """A client of the server with made cells."""
    made = Client(server)
    yield made
    made.session.close()


def records(server: Server) -> list[dict[str, Any]]:
    return [server.holdings.record(i) or {} for i in server.holdings.ids]


def test_every_swc_file_is_where_the_package_looks_for_it(client: Client) -> None:
    site = Site(client.server.url)
    for record in records(client.server):
        url = build_standard_swc_url(NeuroMorphoNeuron.from_payload(record), site=site)
        answer = client.session.get(url, timeout=10)
        assert answer.status_code == 200, url
        assert answer.content == client.server.files.swc(record["neuron_id"])


def test_measures_are_those_of_the_file_that_is_served(client: Client) -> None:
    for neuron_id in list(client.server.holdings.ids)[:12]:
        measured = client.get(f"/api/morphometry/id/{neuron_id}").json()
        own = measures(read_swc(client.server.files.swc(neuron_id).decode()))
        for key, value in own.items():
            assert measured[key] == pytest.approx(value, rel=1e-3, abs=1e-3), (neuron_id, key)
        record = client.server.holdings.record(neuron_id) or {}
        assert float(record["surface"]) == pytest.approx(measured["surface"], rel=1e-4)


def test_a_straight_cable_measures_what_it_is() -> None:
    rows = [
        "1 1 0 0 0 5 -1",
        "2 3 10 0 0 1 1",
        "3 3 20 0 0 1 2",
        "4 3 20 10 0 1 3",
        "5 3 30 0 0 1 3",
    ]
    found = measures(read_swc("\n".join(rows)))
    assert found["length"] == pytest.approx(40)
    assert found["surface"] == pytest.approx(2 * math.pi * 40, rel=1e-5)
    assert found["volume"] == pytest.approx(math.pi * 40, rel=1e-5)
    assert found["soma_Surface"] == pytest.approx(100 * math.pi, rel=1e-5)
    assert (found["n_stems"], found["n_bifs"], found["n_branch"]) == (1, 1, 3)
    assert (found["eucDistance"], found["pathDistance"]) == (30, 30)
    assert (found["bif_ampl_local"], found["branch_Order"]) == (90, 1)


def test_measures_come_in_batches_without_the_cells_that_have_none(client: Client) -> None:
    ids = list(client.server.holdings.ids)
    without = ids[41]
    assert client.get(f"/api/morphometry/id/{without}").status_code == 404
    id_list = ",".join(map(str, [*ids, 999_999]))
    data = client.get(
        "/api/morphometry/select", ("q", f"neuron_id:{id_list}"), ("size", 500)
    ).json()
    (found,) = data["_embedded"].values()
    assert [each["neuron_id"] for each in found] == [each for each in ids if each != without]


def test_upper_and_lower_case_matter_in_the_address_of_a_file(client: Client) -> None:
    assert client.get("/dableFiles/wearne_hof/CNG%20version/cnic_1.CNG.swc").status_code == 200
    assert client.get("/dableFiles/Wearne_Hof/CNG%20version/cnic_1.CNG.swc").status_code == 404
    assert client.get("/dableFiles/wearne_hof/CNG%20version/CNIC_1.CNG.swc").status_code == 404
    assert client.get("/images/imageFiles/Wearne_Hof/cnic_1.png").status_code == 200
    assert client.get("/images/imageFiles/wearne_hof/cnic_1.png").status_code == 404


def test_an_original_is_only_under_the_suffix_that_it_has(client: Client) -> None:
    lying = 0
    for record in records(client.server):
        neuron_id, name = record["neuron_id"], quote(record["neuron_name"], safe="")
        where = f"/dableFiles/{quote(record['archive'].lower())}/Source-Version/{name}"
        suffix = client.server.files.suffix(neuron_id)
        assert client.get(where + suffix).content == client.server.files.original(neuron_id)
        format_suffix = "." + record["original_format"].rpartition(".")[2]
        if format_suffix != suffix:
            lying += 1
            assert client.get(where + format_suffix).status_code == 404
    assert lying


def test_a_thumbnail_shows_a_cell(client: Client) -> None:
    body = client.get("/images/imageFiles/Wearne_Hof/cnic_1.png").content
    with Image.open(BytesIO(body)) as image:
        assert (image.size, image.mode) == ((300, 240), "RGBA")
        colours = image.convert("RGB").getcolors() or []
    assert len(colours) >= 2
    assert max(colours)[1] == (0, 0, 0)


def test_logs_pictures_and_old_versions_are_there(client: Client) -> None:
    for path in (
        "/dableFiles/wearne_hof/Remaining%20issues/cnic_1.CNG.swc.std",
        "/dableFiles/wearne_hof/Standardization%20log/cnic_1.std",
        "/dableFiles/previous/v6.1/wearne_hof/cnic_1.CNG.swc",
        "/rotatingImages/cnic_1.CNG.gif",
    ):
        assert client.get(path).status_code == 200, path
    assert client.get("/neuron_info.jsp").status_code == 403


def test_papers_are_found_by_the_pubmed_id_of_a_record(client: Client) -> None:
    pmids = {p for each in records(client.server) for p in each["reference_pmid"] if int(p) > 0}
    for pmid in pmids:
        data = client.get("/api/literature/select", ("q", f"pmid:{pmid}")).json()
        (paper,) = data["_embedded"]["publicationResources"]
        assert paper["pmid"] == pmid
        assert client.get(f"/api/literature/id/{paper['article_id']}").json() == paper
        assert len(paper) == 18


def test_a_persistence_vector_has_a_hundred_numbers(client: Client) -> None:
    data = client.get("/api/pvec/id/1").json()
    assert list(data) == ["neuron_id", "scaling_factor", "distance", "coefficients"]
    assert len(data["coefficients"]) == 100
    assert client.get("/api/health").json() == {"status": "UP"}
