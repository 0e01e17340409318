"""Searching the library: every result is compared with a plain loop over the same records."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from neuromorpho.errors import NeuroMorphoQueryError
from neuromorpho.library.library import Library
from tests.support.library_cells import cell, cells, measured

RECORDS = {record["neuron_id"]: record for record in cells(3000, n_archives=60)}
MEASURED = {neuron_id: measured(neuron_id) for neuron_id in RECORDS if neuron_id % 3}


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    with Library(tmp_path_factory.mktemp("library") / "library.sqlite") as library:
        shuffled = list(RECORDS.values())
        random.Random(3).shuffle(shuffled)
        assert library.add(shuffled, measurements=MEASURED) == 3000
        yield library


def values_of(record: dict[str, Any], field: str) -> list[str]:
    stem, _, level = field.rpartition("_")
    if field == "upload_year":
        return [record["upload_date"][:4]]
    if level.isdigit():
        return record[stem][int(level) - 1 : int(level)]
    value = record.get(field)
    return value if isinstance(value, list) else [value] if value else []


CRITERIA: list[dict[str, Any]] = [
    {},
    {"species": "mouse"},
    {"species": ["mouse", "rat"], "gender": "Female"},
    {"brain_region": "neocortex", "upload_year": ["2010", "2011"]},
    {"brain_region_3": "layer 3", "cell_type_1": "interneuron"},
    {"strain": "no such strain"},
]


@pytest.mark.parametrize("criteria", CRITERIA)
def test_criteria_and_counts_equal_those_of_a_plain_loop(
    library: Library, criteria: dict[str, Any]
) -> None:
    fields = ("archive", "brain_region", "brain_region_2", "cell_type", "upload_year", "species")
    page = library.search(criteria=criteria, limit=None, facets=fields)
    expected = [
        record
        for record in RECORDS.values()
        if all(
            set(values_of(record, field)) & ({values} if isinstance(values, str) else set(values))
            for field, values in criteria.items()
        )
    ]
    assert page.total == len(expected)
    assert [item.payload for item in page.items] == expected
    for field in fields:
        counts = Counter(value for record in expected for value in values_of(record, field))
        assert page.facets[field].counts == counts
        ranked = list(page.facets[field].counts.values())
        assert ranked == sorted(ranked, reverse=True)


def test_all_words_are_matched_from_their_beginning(library: Library) -> None:
    page = library.search("neoc LAYER", limit=None)
    expected = [i for i, record in RECORDS.items() if record["brain_region"][0] == "neocortex"]
    assert [item.neuron_id for item in page.items] == expected
    assert library.search("cortex").total == 0  # no word begins so
    assert library.search("cell").total == 3000
    assert library.search("  ,;()\" ' * - ").total == 3000


def test_an_id_is_found_as_people_write_it(library: Library) -> None:
    assert [item.neuron_id for item in library.search("nmo_00017").items] == [17]
    assert library.search("NMO_99999").total == 0
    assert 17 in {item.neuron_id for item in library.search("17", limit=None).items}


@pytest.mark.parametrize("order", ["asc", "desc"])
@pytest.mark.parametrize(
    "field", ["neuron_id", "neuron_name", "archive", "upload_date", "length", "brain_region"]
)
def test_pages_in_any_order_join_to_the_complete_result(
    library: Library, field: str, order: str
) -> None:
    sort = f"{field},{order}"
    whole = library.search("neocortex", sort=sort, limit=None).items
    parts = [
        library.search("neocortex", sort=sort, limit=70, offset=offset).items
        for offset in range(0, len(whole), 70)
    ]
    ids = [item.neuron_id for item in whole]
    assert [item.neuron_id for part in parts for item in part] == ids
    assert len(set(ids)) == len(ids)

    def key(neuron_id: int) -> Any:
        if field == "length":
            return MEASURED[neuron_id]["length"] if neuron_id in MEASURED else None
        value = RECORDS[neuron_id][field]
        return [each.casefold() for each in value] if isinstance(value, list) else value

    keys = [key(neuron_id) for neuron_id in ids if key(neuron_id) is not None]
    assert keys == sorted(keys, reverse=order == "desc")
    assert all(key(neuron_id) is None for neuron_id in ids[len(keys) :])


def test_ranges_include_both_bounds_and_leave_out_unknown_values(library: Library) -> None:
    page = library.search(ranges={"length": (100, 200)}, limit=None)
    assert [item.neuron_id for item in page.items] == [10, 11, 13, 14, 16, 17, 19, 20]
    assert library.search(ranges={"length": (None, None)}).total == len(MEASURED)
    assert library.search(ranges={"soma_Surface": (834, None)}).total == len(MEASURED)


def test_a_widened_facet_counts_what_else_could_be_chosen(library: Library) -> None:
    criteria = {"species": "mouse", "gender": "Male"}
    page = library.search(criteria=criteria, facets=("species", "gender"), widen_facets=True)
    males = library.search(criteria={"gender": "Male"}, facets=("species",))
    assert page.facets["species"] == males.facets["species"]
    assert page.facets["gender"].counts["Male"] == page.total


def test_a_value_in_another_case_is_found_if_no_record_has_it(
    library: Library,
) -> None:
    mice = library.search(criteria={"species": "mouse"}).total
    assert library.search(criteria={"species": "MOUSE"}).total == mice
    assert library.search(criteria={"neuron_id": ["NMO_00003", "4"]}).total == 2


@pytest.mark.parametrize(
    "query",
    [
        {"criteria": {"specie": "mouse"}},
        {"ranges": {"species": (0, 1)}},
        {"sort": "size,asc"},
        {"sort": "neuron_id,up"},
        {"facets": ("x",)},
        {"limit": -1},
        {"criteria": {"neuron_id": "one"}},
    ],
)
def test_invalid_queries_are_errors(library: Library, query: dict[str, Any]) -> None:
    with pytest.raises(NeuroMorphoQueryError):
        library.search(**query)


def test_ids_far_apart_and_hostile_texts_are_found(tmp_path: Path) -> None:
    ids = [0, 5, 70_000, 2**40, 2**53 - 1]
    note = 'größer "AND" OR NEAR(* \x00 \ud800 日本語'
    with Library(tmp_path / "l.sqlite") as library:
        library.add(cell(neuron_id, note=note) for neuron_id in ids)
        for word in ("grosser", "GRÖSSER", "near(", "日本", '"and"'):
            found = library.search(word, sort="neuron_id,desc")
            assert [item.neuron_id for item in found.items] == ids[::-1]
        assert library.search(sort="neuron_name,asc").total == 5
        assert library.record(2**40).payload["note"] == note  # type: ignore[union-attr]


def test_a_change_shows_in_the_next_search(tmp_path: Path) -> None:
    with Library(tmp_path / "l.sqlite") as library:
        library.add(cell(neuron_id) for neuron_id in range(1, 11))
        assert library.search("mouse", {"species": "mouse"}, facets=["species"]).total == 10
        library.add([cell(3, species="rat", scientific_name="Rattus")])
        page = library.search(facets=["species"])
        assert dict(page.facets["species"].counts) == {"mouse": 9, "rat": 1}
        assert library.search("mouse").total == 9
        assert [item.neuron_id for item in library.search("rattus").items] == [3]
        library.remove([1, 2])
        assert library.search(facets=["species"]).facets["species"].counts["mouse"] == 7
        library.add_measurements([measured(3)])
        assert library.search(ranges={"length": (30, 30)}).total == 1
        library.clear()
        assert library.search("mouse", facets=["species"]).total == 0
        library.add([cell(1, species="cat")])
        assert dict(library.search(facets=["species"]).facets["species"].counts) == {"cat": 1}


def test_cells_can_be_searched_by_whether_they_have_files(tmp_path: Path) -> None:
    with Library(tmp_path / "l.sqlite") as library:
        library.add([cell(1), cell(2)])
        library.add_file(2, "standard", tmp_path / "2" / "x.CNG.swc", 10, "ab")
        assert [item.neuron_id for item in library.search(with_files=True).items] == [2]
        assert [item.neuron_id for item in library.search(with_files=False).items] == [1]
        (file,) = library.files(2)
        assert (file.path, file.size) == (tmp_path / "2" / "x.CNG.swc", 10)


def test_the_extent_of_a_number_is_that_of_the_cells_in_the_library(tmp_path: Path) -> None:
    with Library(tmp_path / "library.sqlite") as library:
        assert library.extent("length") is None
        library.add([cell(1), cell(5000), cell(9)], measurements={1: measured(1, length="250")})
        library.add_measurements([measured(9, length=40.5), measured(8, length=1.0)])
        assert library.extent("length") == (40.5, 250.0)  # of 8 there is no record
        assert library.extent("soma_Surface") == (834.0, 834.0)
        assert library.extent("max_weight") is None
        library.remove([9])
        assert library.extent("length") == (250.0, 250.0)
        with pytest.raises(NeuroMorphoQueryError, match="species"):
            library.extent("species")
