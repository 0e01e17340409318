"""An answer is read as records or refused with its address; no shape of JSON gets through as something else."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings, strategies as st

from neuromorpho.errors import (
    NeuroMorphoAnswerError,
    NeuroMorphoDownError,
    NeuroMorphoError,
    NeuroMorphoHTTPError,
    NeuroMorphoNotFoundError,
)
from neuromorpho.records.decode import (
    counts_of,
    field_names_of,
    is_up,
    measurement_of,
    measurements_of,
    neuron_of,
    page_of,
    persistence_of,
    publications_of,
    raise_for_error_body,
    records_of,
    search_page,
    values_of,
)
from neuromorpho.records.models import NeuroMorphoFieldValues

ANY_TIME = settings(deadline=None, max_examples=60)  # two busy cores are no failure

RECORDED = Path(__file__).resolve().parents[4] / "shared" / "data" / "neuromorpho_json"
URL = "https://neuromorpho.org/api/neuron/select/?q=species:mouse"
CELL = {"neuron_id": 1, "neuron_name": "cnic_001"}
READERS: list[Callable[[Any], object]] = [
    lambda data: raise_for_error_body(data, URL),
    lambda data: search_page(data, url=URL, size=20, page=0),
    lambda data: records_of(data, URL),
    lambda data: page_of(data, URL, size=20, page=0, found=0),
    lambda data: neuron_of(data, url=URL, neuron_id=1),
    lambda data: measurement_of(data, url=URL, neuron_id=1),
    lambda data: measurements_of(data, url=URL),
    lambda data: publications_of(data, url=URL),
    lambda data: persistence_of(data, url=URL, neuron_id=1),
    lambda data: field_names_of(data, url=URL),
    lambda data: values_of(data, url=URL, field="species"),
    lambda data: counts_of(data, url=URL, field="species"),
]


def recorded(name: str) -> Any:
    """Return what the server was recorded to answer; skip where the recordings are absent."""
    path = RECORDED / name
    if not path.exists():
        pytest.skip(f"{name} of ../shared/data is not here")
    return json.loads(path.read_text(encoding="utf-8"))


def test_a_page_is_read_with_its_place_among_all_pages() -> None:
    data = {
        "_embedded": {"neuronResources": [CELL, {**CELL, "neuron_id": 2}]},
        "_links": None,
        "page": {"size": 10, "totalElements": 42, "totalPages": 5, "number": 1},
    }
    page = search_page(data, url=URL, size=20, page=0)
    assert [cell.neuron_id for cell in page.items] == [1, 2]
    assert (page.page, page.size, page.total_pages, page.total_elements) == (1, 10, 5, 42)
    assert page.query_url == URL


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"_embedded": None},
        {"_embedded": {}},
        {"_embedded": {"neuronResources": None}},
        {"_embedded": {"neuronResources": []}, "page": None},
        {"_links": {}, "page": {"totalElements": None}},
    ],
)
def test_an_answer_without_records_is_an_empty_page(data: dict[str, Any]) -> None:
    page = search_page(data, url=URL, size=20, page=3)
    assert (page.items, page.page, page.size) == ((), 3, 20)
    assert (page.total_pages, page.total_elements) == (0, 0)


def test_missing_totals_are_the_number_of_records_found() -> None:
    page = search_page({"_embedded": {"anyKey": [CELL]}}, url=URL, size=20, page=0)
    assert (page.total_elements, page.total_pages) == (1, 0)
    assert records_of({"_embedded": {"a": None, "b": [CELL]}}, URL) == [CELL]


@pytest.mark.parametrize(
    ("data", "how"),
    [
        (None, "is no object"),
        ([CELL], "is no object"),
        ("<html>", "is no object"),
        ({"_embedded": [CELL]}, "as _embedded"),
        ({"_embedded": {"neuronResources": CELL}}, "no list in _embedded"),
        ({"_embedded": {"neuronResources": 0}}, "no list in _embedded"),
        ({"_embedded": {"neuronResources": [None, CELL["neuron_id"]]}}, "neuron at 0 .*malformed"),
        ({"_embedded": {"neuronResources": [{"neuron_id": 3}]}}, "neuron at 0 without neuron_name"),
        ({"_embedded": {"neuronResources": [{**CELL, "archive": {}}]}}, "neuron at 0 .*archive must be text"),
        ({"page": []}, "no object as page"),
        ({"page": {"totalElements": "many"}}, "'many' as the number page.totalElements"),
        ({"page": {"totalPages": -1}}, "-1 as the number page.totalPages"),
        ({"page": {"number": True}}, "True as the number page.number"),
    ],
)  # fmt: skip
def test_a_page_of_another_shape_is_refused_with_its_address(data: Any, how: str) -> None:
    with pytest.raises(NeuroMorphoAnswerError, match=how) as caught:
        search_page(data, url=URL, size=20, page=0)
    assert caught.value.url == URL
    assert URL.partition("?")[0] not in str(caught.value)


@pytest.mark.parametrize(
    ("invalid", "how"),
    [
        ({"neuron_id": 3}, "neuron at 1 without neuron_name"),
        ({**CELL, "neuron_name": ""}, "neuron at 1 without neuron_name"),
        (None, "neuron at 1 that is malformed"),
        ({**CELL, "archive": {}}, "archive must be text"),
    ],
)
def test_an_invalid_record_costs_no_other_and_is_told(invalid: Any, how: str) -> None:
    records = [CELL, invalid, {**CELL, "neuron_id": 2}, invalid]
    data = {"_embedded": {"neuronResources": records}, "page": {"totalElements": 4}}
    skipped: list[str] = []
    page = search_page(data, url=URL, size=20, page=0, skipped=skipped.append)
    assert [cell.neuron_id for cell in page.items] == [1, 2]
    assert page.total_elements == 4
    (sentence,) = skipped
    assert sentence.startswith("2 of 4 records were left out: ")
    assert how in sentence


def test_one_measurement_without_an_id_costs_no_other() -> None:
    data = {"_embedded": {"measurementResources": [{"length": 1.0}, {"neuron_id": 1}]}}
    skipped: list[str] = []
    measured = measurements_of(data, url=URL, skipped=skipped.append)
    assert [each.neuron_id for each in measured] == [1]
    assert skipped[0].startswith("1 of 2 records was left out: ")


@pytest.mark.parametrize(
    ("data", "kind", "status"),
    [
        ({"status": 500, "error": "Internal Server Error"}, NeuroMorphoDownError, 500),
        ({"status": "503", "message": "maintenance"}, NeuroMorphoDownError, 503),
        ({"status": 500, "_embedded": None}, NeuroMorphoDownError, 500),
        ({"status": 500, "_embedded": {}, "fields": None}, NeuroMorphoDownError, 500),
        ({"status": 404, "error": "Not Found"}, NeuroMorphoNotFoundError, 404),
        ({"status": 400, "message": "bad q"}, NeuroMorphoHTTPError, 400),
    ],
)
def test_an_error_inside_an_answer_is_that_error_and_never_no_results(
    data: dict[str, Any], kind: type, status: int
) -> None:
    with pytest.raises(NeuroMorphoHTTPError) as caught:
        raise_for_error_body(data, URL)
    assert type(caught.value) is kind
    assert (caught.value.status, caught.value.url) == (status, URL)


def test_an_error_without_a_status_is_a_wrong_answer_and_down_names_what_still_works() -> None:
    with pytest.raises(NeuroMorphoAnswerError, match="no such thing"):
        raise_for_error_body({"error": "no such\nthing"}, URL)
    with pytest.raises(NeuroMorphoDownError, match="500") as caught:
        raise_for_error_body({"status": 500}, URL)
    assert caught.value.hint == "use-mirror"
    with pytest.raises(NeuroMorphoDownError) as caught:
        raise_for_error_body({"status": 500, "message": "x" * 10_000}, URL)
    assert len(str(caught.value)) < 400


@pytest.mark.parametrize(
    "data",
    [
        {"status": "UP"},
        {"status": 200},
        {"status": None},
        {"status": True},
        {"article_id": "56e9", "status": "Positive"},
        {"neuron_id": 1, "error": "0.1", "status": 500},
        {"_embedded": {}, "error": None},
        [],
        None,
    ],
)
def test_a_record_or_a_health_is_no_error(data: Any) -> None:
    raise_for_error_body(data, URL)


def test_another_cell_than_the_requested_one_is_refused() -> None:
    assert neuron_of(CELL, url=URL, neuron_id=1).label == "NMO_00001"
    assert neuron_of(CELL, url=URL).neuron_id == 1
    with pytest.raises(NeuroMorphoAnswerError, match="neuron 1 instead of 2"):
        neuron_of(CELL, url=URL, neuron_id=2)
    with pytest.raises(NeuroMorphoAnswerError, match="neuron 1 instead of 2"):
        measurement_of({"neuron_id": 1}, url=URL, neuron_id=2)
    vector = {"neuron_id": 1, "scaling_factor": 1, "distance": 0, "coefficients": []}
    with pytest.raises(NeuroMorphoAnswerError, match="neuron 1 instead of 2"):
        persistence_of(vector, url=URL, neuron_id=2)


@pytest.mark.parametrize("record", [{}, {"neuron_id": None}])
def test_a_measurement_without_an_id_gets_the_requested_one(record: dict[str, Any]) -> None:
    found = measurement_of(record | {"n_stems": 1.0, "length": 10.0}, url=URL, neuron_id=10047)
    assert (found.neuron_id, found.n_stems, found.length) == (10047, 1, 10.0)
    with pytest.raises(NeuroMorphoAnswerError, match="malformed"):
        measurement_of(record, url=URL)


def test_lists_of_measurements_and_publications_are_read_under_any_key() -> None:
    batch = {"_embedded": {"whatever": [{"neuron_id": 1, "length": 1}, {"neuron_id": 2}]}}
    assert [found.neuron_id for found in measurements_of(batch, url=URL)] == [1, 2]
    with pytest.raises(NeuroMorphoAnswerError, match="measurement at 0"):
        measurements_of({"_embedded": {"a": [{}]}}, url=URL)
    assert (
        publications_of({"_embedded": {"x": [{"article_id": "a"}]}}, url=URL)[0].article_id == "a"
    )
    with pytest.raises(NeuroMorphoAnswerError, match="publication at 0 without article_id"):
        publications_of({"_embedded": {"x": [{"title": "x"}]}}, url=URL)


def test_values_have_the_servers_spelling() -> None:
    data = {
        "field_name": "species",
        "fields": ["mouse", "dragonfly ", None, 5],
        "page": {"size": 4, "totalPages": 3, "totalElements": 11, "number": 1},
    }
    found, page = values_of(data, url=URL, field="species", page=1)
    assert found == NeuroMorphoFieldValues("species", ("mouse", "dragonfly ", "5"))
    assert (page.page, page.total_pages, page.total_elements) == (1, 3, 11)
    assert values_of({"fields": None}, url=URL, field="species")[0].values == ()
    for wrong in ({"fields": {"a": 1}}, {"fields": [["a"]]}, {"fields": [True]}, {"fields": "a"}):
        with pytest.raises(NeuroMorphoAnswerError):
            values_of(wrong, url=URL, field="species")


def test_counts_are_numbers_by_value() -> None:
    data = {"fields": {"mouse": 3, "dragonfly ": 1.0, "": 0}, "page": {"totalPages": 1}}
    found, page = counts_of(data, url=URL, field="species")
    assert found == {"mouse": 3, "dragonfly ": 1, "": 0}
    assert page.total_pages == 1
    for wrong in ({"fields": ["mouse"]}, {"fields": {"a": "x"}}, {"fields": {"a": -1}}, {"fields": {"a": 0.5}}):  # fmt: skip
        with pytest.raises(NeuroMorphoAnswerError):
            counts_of(wrong, url=URL, field="species")


def test_fields_are_the_list_whatever_its_key_and_health_is_up_or_not() -> None:
    assert field_names_of({"Neuron Fields": ["neuron_id", "species"]}, url=URL) == (
        "neuron_id",
        "species",
    )
    with pytest.raises(NeuroMorphoAnswerError, match="no list of fields"):
        field_names_of({"Neuron Fields": [1]}, url=URL)
    assert is_up({"status": "UP"})
    assert not any(is_up(data) for data in ({"status": "DOWN"}, {}, None, "UP", {"status": 503}))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["_embedded", "page", "fields", "status", "error", "size", "number", "totalPages"]
            )
            | st.sampled_from(["neuron_id", "neuron_name", "article_id", "coefficients", "x"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@ANY_TIME
@given(JSON)
@example({"status": "²"})
@example({"status": float("nan")})
@example({"page": {"size": float("inf")}})
@example({"neuron_id": 1, "scaling_factor": 1, "distance": [1], "coefficients": [10**400]})
def test_any_json_is_read_or_refused_with_its_address(data: Any) -> None:
    for read in READERS:
        try:
            read(data)
        except NeuroMorphoError as error:
            assert error.url == URL  # noqa: PT017


def test_the_recorded_answers_are_read() -> None:
    page = search_page(
        recorded("neuron_select_archive_Ascoli_page0.json"), url=URL, size=50, page=0
    )
    assert (len(page.items), page.total_elements, page.total_pages) == (50, 380, 8)
    assert neuron_of(recorded("neuron_id_1.json"), url=URL, neuron_id=1).archive == "Wearne_Hof"
    assert measurement_of(recorded("morphometry_id_1.json"), url=URL, neuron_id=1).n_bifs == 47
    assert persistence_of(recorded("pvec_id_1_partial.json"), url=URL).scaling_factor == 244.928
    species, place = values_of(recorded("neuron_fields_species.json"), url=URL, field="species")
    assert "dragonfly " in species.values
    assert len(species.values) == place.total_elements == 95
    papers = publications_of(recorded("literature_select_partial.json"), url=URL)
    assert papers[0].pmid == "27432938"
    with pytest.raises(NeuroMorphoNotFoundError, match="Requested neuron not found"):
        raise_for_error_body(recorded("error_404_neuron_name.json"), URL)
