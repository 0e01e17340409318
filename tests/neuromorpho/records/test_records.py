"""Records keep all that was received, fold what is missing, and become plain JSON."""

from __future__ import annotations

import copy
import dataclasses
import json
import math
import pickle
from datetime import date
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st

from neuromorpho.records.measurements import UNITS, NeuroMorphoMeasurement
from neuromorpho.records.models import (
    RECORD_KEYS,
    NeuroMorphoCacheStatus,
    NeuroMorphoDetail,
    NeuroMorphoDownloadItem,
    NeuroMorphoDownloadRecord,
    NeuroMorphoFacet,
    NeuroMorphoNeuron,
    NeuroMorphoPersistence,
    NeuroMorphoPublication,
    NeuroMorphoUrls,
)
from neuromorpho.records.parsing import is_missing, neuron_id_of
from neuromorpho.records.serialise import jsonable

ANY_TIME = settings(deadline=None, max_examples=60)  # two busy cores are no failure

RECORDED = Path(__file__).resolve().parents[4] / "shared" / "data" / "neuromorpho_json"
MORPHOMETRY: dict[str, Any] = {
    "neuron_name": "cnic_001",
    "bif_ampl_remote": 50.461,
    "neuron_id": 1,
    "surface": 8842.91,
    "volume": 4725.89,
    "contraction": 0.934755,
    "fragmentation": 1274.0,
    "partition_asymmetry": 0.413619,
    "pk_classic": 1.52521,
    "bif_ampl_local": 33.3799,
    "fractal_Dim": 1.01989,
    "soma_Surface": 834.0,
    "n_stems": 6.0,
    "n_bifs": 47.0,
    "n_branch": 100.0,
    "width": 230.779,
    "height": 330.4,
    "depth": 84.73,
    "diameter": 0.543665,
    "eucDistance": 224.624,
    "pathDistance": 253.921,
    "branch_Order": 8.0,
    "length": 4911.5,
}
CELL: dict[str, Any] = {
    "neuron_id": 10047,
    "neuron_name": "TypeA-10",
    "archive": "Scanziani",
    "species": "mouse",
    "brain_region": ["neocortex", "occipital", "layer 6"],
    "cell_type": "principal cell",
    "original_format": "Neurolucida.asc",
    "png_url": None,
    "physical_Integrity": "Dendrites Moderate",
    "note": "",
}

WHOLE = CELL | {"species": "mouse", "png_url": "http://neuromorpho.org/a.png", "neuron_name": "b"}


def recorded(name: str) -> Any:
    """Return what the server was recorded to answer; skip where the recordings are absent."""
    path = RECORDED / name
    if not path.exists():
        pytest.skip(f"{name} of ../shared/data is not here")
    return json.loads(path.read_text(encoding="utf-8"))


def test_a_neuron_has_its_complete_record_and_typed_values() -> None:
    neuron = NeuroMorphoNeuron.from_payload(CELL)
    assert (neuron.neuron_id, neuron.neuron_name, neuron.label) == (10047, "TypeA-10", "NMO_10047")
    assert neuron.brain_region == ("neocortex", "occipital", "layer 6")
    assert neuron.cell_type == ("principal cell",)
    assert neuron.png_url is None
    assert neuron.payload == CELL
    assert isinstance(neuron.payload, dict)
    assert neuron.payload is not CELL
    assert hash(neuron) == hash(NeuroMorphoNeuron.from_payload(CELL))
    assert pickle.loads(pickle.dumps(neuron)) == neuron


@pytest.mark.parametrize(("given_id", "label"), [(1, "NMO_00001"), (322002, "NMO_322002")])
def test_an_id_is_written_as_people_write_it(given_id: int, label: str) -> None:
    assert NeuroMorphoNeuron(given_id, "x").label == label
    assert neuron_id_of(label) == given_id


def test_a_record_with_only_an_id_and_a_name_is_a_neuron() -> None:
    neuron = NeuroMorphoNeuron.from_payload({"neuron_id": "5", "neuron_name": 12})
    assert neuron == NeuroMorphoNeuron(5, "12", payload={"neuron_id": "5", "neuron_name": 12})
    assert (neuron.archive, neuron.brain_region, neuron.cell_type) == (None, (), ())


@pytest.mark.parametrize("key", ["neuron_id", "neuron_name"])
@pytest.mark.parametrize("absent", [None, "", ...])
@pytest.mark.parametrize("cell", [CELL, WHOLE])
def test_a_record_without_id_or_name_is_none(
    cell: dict[str, Any], key: str, absent: object
) -> None:
    record = {name: value for name, value in cell.items() if name != key}
    if absent is not ...:
        record[key] = absent
    with pytest.raises(KeyError, match=key):
        NeuroMorphoNeuron.from_payload(record)


@pytest.mark.parametrize(
    "wrong",
    [
        {"neuron_id": "../../x"},
        {"neuron_id": -1},
        {"neuron_id": True},
        {"neuron_id": 1.5},
        {"neuron_id": 10**30},
        {"neuron_id": float("nan")},
        {"neuron_id": "１２"},
        {"neuron_id": [1]},
        {"neuron_name": ["a"]},
        {"archive": {"a": 1}},
        {"species": True},
        {"brain_region": {"a": 1}},
        {"cell_type": [["nested"]]},
        {"png_url": ["x"]},
    ],
)
@pytest.mark.parametrize("cell", [CELL, WHOLE])
def test_a_value_of_a_wrong_kind_is_refused(cell: dict[str, Any], wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"must be|neuron's id"):
        NeuroMorphoNeuron.from_payload(cell | wrong)


@pytest.mark.parametrize(
    ("odd", "read"),
    [
        ({}, {}),
        ({"neuron_id": "NMO_00007"}, {"neuron_id": 7}),
        ({"neuron_id": 7.0}, {"neuron_id": 7}),
        ({"neuron_id": 2**53 - 1}, {"neuron_id": 2**53 - 1}),
        ({"species": 5}, {"species": "5"}),
        ({"archive": None}, {"archive": None}),
        ({"brain_region": "neocortex"}, {"brain_region": ("neocortex",)}),
        ({"brain_region": ["a", None, 3]}, {"brain_region": ("a", "3")}),
        ({"cell_type": None}, {"cell_type": ()}),
        ({"cell_type": []}, {"cell_type": ()}),
    ],
)
def test_a_record_with_all_values_is_read_like_any_other_and_need_not_be_copied(
    odd: dict[str, Any], read: dict[str, Any]
) -> None:
    record = WHOLE | odd
    neuron = NeuroMorphoNeuron.of_record(record)
    usual = {
        "neuron_id": 10047,
        "neuron_name": "b",
        "archive": WHOLE["archive"],
        "species": "mouse",
        "brain_region": ("neocortex", "occipital", "layer 6"),
        "cell_type": ("principal cell",),
        "original_format": WHOLE["original_format"],
        "png_url": WHOLE["png_url"],
    }
    assert neuron == NeuroMorphoNeuron(**(usual | read), payload=record)
    assert neuron.payload is record
    assert NeuroMorphoNeuron.from_payload(record) == neuron


@pytest.mark.parametrize("payload", [None, [], "text", 3])
def test_what_is_no_object_is_no_record(payload: Any) -> None:
    for kind in (NeuroMorphoNeuron, NeuroMorphoPublication, NeuroMorphoPersistence):
        with pytest.raises(ValueError, match="must be an object"):
            kind.from_payload(payload)
    with pytest.raises(ValueError, match="must be an object"):
        NeuroMorphoMeasurement.from_payload(payload)


def test_a_record_is_read_by_its_own_keys_and_by_those_of_a_query() -> None:
    neuron = NeuroMorphoNeuron.from_payload(CELL)
    assert neuron.get("note") == ""
    assert neuron.get("strain") is None
    assert neuron.get("strain", "?") == "?"
    assert neuron.get("Physical_Integrity") == "Dendrites Moderate"
    assert neuron.get("brain_region_3") == "layer 6"
    assert neuron.get("brain_region_4", "-") == "-"
    assert neuron.get("cell_type_1") == "principal cell"
    assert neuron.get("brain_region_0", "-") == "-"
    assert NeuroMorphoNeuron(3, "x", archive="Smith").get("archive") == "Smith"


@pytest.mark.parametrize(
    "value",
    [None, "", "  ", "Not reported", "Not Reported", "not applicable", "Not  Applicable ", [], [""],
     ["Not reported", None], float("nan")],
)  # fmt: skip
def test_every_spelling_of_nothing_known_is_missing(value: object) -> None:
    assert is_missing(value)


@pytest.mark.parametrize(
    "value", [0, 0.0, False, "0", "0.0", "Control", ["", "x"], "Not Corrected", {}]
)
def test_a_real_value_is_not_missing(value: object) -> None:
    assert not is_missing(value)


def test_a_measurement_has_one_spelling_units_and_integer_counts() -> None:
    found = NeuroMorphoMeasurement.from_payload(MORPHOMETRY)
    assert (found.soma_surface, found.euclidean_distance, found.path_distance) == (
        834.0,
        224.624,
        253.921,
    )
    counts = (found.n_stems, found.n_bifs, found.n_branch, found.branch_order, found.fragmentation)
    assert counts == (6, 47, 100, 8, 1274)
    assert all(type(count) is int for count in counts)
    assert dict(found.extras) == {"neuron_name": "cnic_001", "fractal_Dim": 1.01989}
    assert dict(found.raw) == MORPHOMETRY
    assert isinstance(found.raw, MappingProxyType)
    assert set(MORPHOMETRY) - {"neuron_id", "neuron_name"} <= set(UNITS)
    assert set(found.as_dict()) - {"neuron_id", "neuron_name"} <= set(UNITS)
    assert (UNITS["surface"], UNITS["volume"], UNITS["eucDistance"]) == ("µm²", "µm³", "µm")
    assert (UNITS["bif_ampl_local"], UNITS["contraction"]) == ("°", "")


@pytest.mark.parametrize(
    ("spelling", "name"),
    [
        ("soma_Surface", "soma_surface"),
        ("soma_surface", "soma_surface"),
        ("somaSurface", "soma_surface"),
        ("eucDistance", "euclidean_distance"),
        ("euc_distance", "euclidean_distance"),
        ("pathDistance", "path_distance"),
        ("path_distance", "path_distance"),
        ("branch_Order", "branch_order"),
        ("branch_order", "branch_order"),
        ("Surface", "surface"),
        ("N_stems", "n_stems"),
        ("Pk_classic", "pk_classic"),
    ],
)
def test_every_spelling_of_a_measure_is_the_same_measure(spelling: str, name: str) -> None:
    found = NeuroMorphoMeasurement.from_payload({"neuron_id": 1, spelling: 3.0})
    assert getattr(found, name) == 3
    assert found.get(spelling) == found.get(name) == 3
    assert not found.extras


@pytest.mark.parametrize(
    ("value", "count"),
    [(2.7, 3), ("5", 5), (" 6.0 ", 6), ("x", None), (None, None), (math.nan, None), ("inf", None),
     (True, None), ([1], None), ("1e999", None)],
)  # fmt: skip
def test_a_count_is_rounded_and_what_is_no_number_is_none(value: object, count: int | None) -> None:
    found = NeuroMorphoMeasurement.from_payload({"neuron_id": 1, "n_stems": value})
    assert found.n_stems == count


def test_a_measurement_needs_a_usable_id() -> None:
    for record in ({}, {"neuron_id": None}, {"neuron_id": "x"}):
        with pytest.raises(ValueError, match=r"neuron_id|neuron's id"):
            NeuroMorphoMeasurement.from_payload(record)


def test_a_measurement_is_read_by_name_then_among_the_extras() -> None:
    found = NeuroMorphoMeasurement.from_payload(MORPHOMETRY)
    assert found.get("length") == 4911.5
    assert found.get("fractal_Dim") == 1.01989
    assert found.get("neuron_id") == 1
    assert found.get("other", "-") == "-"
    assert found.as_dict()["soma_surface"] == 834.0
    assert found.as_dict()["fractal_Dim"] == 1.01989


def test_a_measurement_is_frozen_and_yet_can_be_copied_and_sent_to_another_process() -> None:
    found = NeuroMorphoMeasurement.from_payload(MORPHOMETRY)
    for twin in (pickle.loads(pickle.dumps(found)), copy.deepcopy(found)):
        assert twin == found
        assert dict(twin.raw) == MORPHOMETRY
    with pytest.raises(TypeError):
        found.raw["length"] = 0  # type: ignore[index]
    with pytest.raises(dataclasses.FrozenInstanceError):
        found.length = 0.0  # type: ignore[misc]


def test_a_publication_has_its_day_and_its_placeholders() -> None:
    record = {
        "article_id": "56e9c8a1e4b0355017b2fb12",
        "pmid": -26,
        "authors": ["A B", "C D"],
        "publishedDate": 1451606400000,
        "status": "Positive",
    }
    found = NeuroMorphoPublication.from_payload(record)
    assert (found.pmid, found.authors, found.published) == ("-26", ("A B", "C D"), date(2016, 1, 1))
    assert found.payload == record
    with pytest.raises(KeyError, match="article_id"):
        NeuroMorphoPublication.from_payload({})


@pytest.mark.parametrize(
    ("value", "day"),
    [(-86400000, date(1969, 12, 31)), ("2016-01-02", date(2016, 1, 2)), (None, None),
     ("soon", None), (1e300, None), (True, None)],
)  # fmt: skip
def test_a_day_that_cannot_be_read_is_none(value: object, day: date | None) -> None:
    record = {"article_id": "a", "publishedDate": value}
    assert NeuroMorphoPublication.from_payload(record).published == day


def test_a_persistence_vector_is_numbers() -> None:
    record = {"neuron_id": 1, "scaling_factor": 244.9, "distance": 0.0, "coefficients": [1, 2.5]}
    found = NeuroMorphoPersistence.from_payload(record)
    assert found == NeuroMorphoPersistence(1, 244.9, 0.0, (1.0, 2.5))
    for wrong in ({"coefficients": "abc"}, {"coefficients": ["x"]}, {"scaling_factor": [1]}):
        with pytest.raises(ValueError, match="must be"):
            NeuroMorphoPersistence.from_payload(record | wrong)


def test_every_record_becomes_json() -> None:
    neuron = NeuroMorphoNeuron.from_payload(CELL)
    measurement = NeuroMorphoMeasurement.from_payload(MORPHOMETRY)
    status = NeuroMorphoCacheStatus(True, Path("a/b"), True, True, True, False, 1)
    detail = NeuroMorphoDetail(neuron, measurement, NeuroMorphoUrls("s", None, "m", "t"), status)
    item = NeuroMorphoDownloadItem("standard", "u", "f", Path("a/f"), True)
    download = NeuroMorphoDownloadRecord(Path("a"), Path("a/m"), (item,), measurement, "both")
    paper = NeuroMorphoPublication("a", published=date(2016, 1, 1))
    facet = NeuroMorphoFacet("species", MappingProxyType({"rat": 3}), 3)
    text = json.dumps(jsonable([detail, download, paper, facet]), allow_nan=False)
    shown, fetched, cited, counted = json.loads(text)
    assert shown["neuron"]["payload"] == CELL
    assert shown["neuron"]["brain_region"] == ["neocortex", "occipital", "layer 6"]
    assert shown["measurement"]["soma_surface"] == 834.0
    assert shown["cache_status"]["folder"] == str(Path("a/b"))
    assert fetched["download_items"][0]["path"] == str(Path("a/f"))
    assert cited["published"] == "2016-01-01"
    assert counted["counts"] == {"rat": 3}
    assert (detail.standard_swc_url, detail.original_file_url, detail.thumbnail_url) == (
        "s",
        None,
        "t",
    )


def test_what_json_cannot_spell_becomes_none_and_what_is_no_record_is_refused() -> None:
    assert jsonable({1: math.inf, "a": {3, 1}, "e": ValueError("no")}) == {
        "1": None,
        "a": [1, 3],
        "e": "no",
    }
    with pytest.raises(TypeError, match="object cannot be written"):
        jsonable([object()])


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
)


@ANY_TIME
@given(st.dictionaries(st.sampled_from(RECORD_KEYS) | st.text(), JSON))
def test_any_object_is_a_neuron_or_is_refused_as_promised(record: dict[str, Any]) -> None:
    try:
        neuron = NeuroMorphoNeuron.from_payload(record)
    except (KeyError, ValueError):
        return
    assert neuron.payload == record
    assert json.dumps(jsonable(neuron), allow_nan=False)


def test_the_recorded_records_are_read_completely() -> None:
    first = NeuroMorphoNeuron.from_payload(recorded("neuron_id_1.json"))
    assert (first.label, first.archive, first.species) == ("NMO_00001", "Wearne_Hof", "monkey")
    assert [key for key in first.payload if key != "_links"] == list(RECORD_KEYS)
    assert is_missing(first.get("objective_type"))
    found = NeuroMorphoMeasurement.from_payload(recorded("morphometry_id_1.json"))
    assert found == NeuroMorphoMeasurement.from_payload(MORPHOMETRY)
    assert not any(is_missing(value) for value in found.as_dict().values())
    page = recorded("neuron_select_archive_Ascoli_page0.json")["_embedded"]["neuronResources"]
    neurons = [NeuroMorphoNeuron.from_payload(record) for record in page]
    assert len({neuron.neuron_id for neuron in neurons}) == 50
    assert {neuron.archive for neuron in neurons} == {"Ascoli"}
    assert all(is_missing(neuron.get("min_weight")) for neuron in neurons)
