"""What is searched for, said as a question to the archive, to the library, and as text."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import pytest
from hypothesis import given, strategies as st

from app.archive.search.query_parser import parse_query, unclosed
from app.archive.search.query_state import QueryState, archive_words, words_of
from app.archive.search.suggestions import KnownValues
from app.archive.text import accessible_text, show_edge_spaces
from neuromorpho.errors import NeuroMorphoQueryError
from neuromorpho.library.library import RANGE_FIELDS, Library
from tests.neuromorpho.server import Server
from tests.support.archive_client import client_of
from tests.support.library_cells import cell, measured
from tests.support.query_language import parse

SNARES = (
    "human",
    "dragonfly ",
    " led",
    "Steller's Sculpin",
    "Dendrites, Soma, No Axon",
    "drosophila melanogaster",
    'a "quoted" one',
    "back\\slash",
    "Praying mantis (Hierodula membranacea)",
    "AND",
    "a AND b",
    "*",
    "Dendrites & Axon Complete",
)
FIELDS = ("species", "brain_region", "cell_type_2", "domain", "Physical_Integrity", "archive")
numbers = st.none() | st.floats(-1e9, 1e9, allow_nan=False)
states = st.builds(
    QueryState,
    text=st.lists(
        st.text("abcXYZ019-'.", min_size=1).filter(lambda w: w.strip("?")), max_size=3
    ).map(lambda words: " ".join(dict.fromkeys(words))),
    criteria=st.lists(
        st.tuples(
            st.sampled_from(FIELDS),
            st.lists(st.sampled_from(SNARES) | st.text(min_size=1), min_size=1, max_size=3).map(
                tuple
            ),
        ),
        max_size=3,
    ).map(tuple),
    ranges=st.lists(st.tuples(st.sampled_from(RANGE_FIELDS), numbers, numbers), max_size=2).map(
        tuple
    ),
    raw=st.sampled_from(
        ("", "neuron_name:CB*", "stain:a* OR stain:b*", "(a:* OR b:*) AND c:*", "-species:rat")
    ),
)


def sendable(state: QueryState) -> bool:
    try:
        state.to_query().to_q()
    except NeuroMorphoQueryError:
        return False
    return True


@given(states.filter(sendable))
def test_every_text_that_is_shown_is_read_back_as_the_same_query(state: QueryState) -> None:
    again = parse_query(state.query_text(), sort=state.sort)
    assert again.query_text() == state.query_text()
    assert again.criteria == state.criteria
    assert again.ranges == state.ranges
    assert words_of(again.text) == words_of(state.text)


@given(states)
def test_a_state_is_the_same_after_json(state: QueryState) -> None:
    assert QueryState.from_json(json.loads(json.dumps(asdict(state)))) == state


@given(st.text(max_size=60))
def test_whatever_is_typed_as_a_query_makes_a_state_whose_text_stays(text: str) -> None:
    state = parse_query(text)
    if sendable(state):
        assert parse_query(state.query_text()).query_text() == state.query_text()


@pytest.mark.parametrize("value", SNARES)
def test_a_chosen_value_is_sent_complete_and_unaltered(value: str) -> None:
    state = QueryState().with_value("species", value)
    assert parse_query(state.query_text()).criteria == (("species", (value,)),)
    assert parse(state.to_query().to_q()).matches({"species": value})


def test_values_are_toggled_and_equal_states_are_equal() -> None:
    state = QueryState().with_value("species", "human").with_value("species", "rat")
    assert state.criteria == (("species", ("human", "rat")),)
    assert state.with_value("species", "human") == state
    assert state.with_value("species", "rat", False) == QueryState().with_value("species", "human")
    assert state.without("species") == QueryState()
    assert QueryState().with_value("physical_Integrity", "x").criteria[0][0] == "Physical_Integrity"
    ranged = state.with_range("length", 100.0, None)
    assert ranged.with_range("length", None, None) == state


def test_a_free_word_is_searched_inside_names_and_values_in_either_case() -> None:
    (made,) = archive_words("purkinje")
    assert "cell_type:*purkinje*" in made
    assert "cell_type:*Purkinje*" in made
    assert archive_words('"entorhinal cortex"')[0].startswith("neuron_name:*entorhinal?cortex*")
    assert archive_words("NMO_00010") == ["neuron_id:10"]
    assert archive_words("* ?") == []
    both = QueryState(text="human purkinje").to_query()
    record = {"species": "human", "cell_type": ["principal cell", "Purkinje"], "neuron_name": "a1"}
    assert parse(both.to_q()).matches(record)
    assert not parse(both.to_q()).matches({**record, "species": "rat"})


def test_the_library_is_searched_for_words_values_and_ranges() -> None:
    state = QueryState("human NMO_00007", (("species", ("rat",)),), (("length", 1.0, None),), "x:*")
    assert state.to_library() == {
        "text": "human",
        "criteria": {"species": ("rat",), "neuron_id": ("7",)},
        "ranges": {"length": (1.0, None)},
    }


def test_each_condition_can_be_dropped_alone() -> None:
    state = QueryState(
        "a b", (("species", ("human", "dragonfly ")),), (("length", 1.0, 2.5),), "x:*"
    )
    clauses = {each.label: each.state_without for each in state.clauses()}
    assert list(clauses) == [
        "the word “a”",
        "the word “b”",
        "species: human or dragonfly␣",
        "length 1 to 2.5 µm",
        "x:*",
    ]
    assert clauses["the word “a”"].text == "b"
    assert clauses["x:*"].raw == ""
    assert clauses["species: human or dragonfly␣"].criteria == ()
    assert clauses["length 1 to 2.5 µm"].ranges == ()


@pytest.mark.parametrize(
    ("text", "criteria", "raw"),
    [
        ("species:drosophila melanogaster", (("species", ("drosophila melanogaster",)),), ""),
        ("species:cat,rat", (("species", ("cat", "rat")),), ""),
        ('species:"cat,rat"', (("species", ("cat,rat",)),), ""),
        ("species:cat AND species:rat", (("species", ("cat",)),), "species:rat"),
        ("species:cat OR stain:x AND a:b", (), "species:cat OR stain:x AND a:b"),
        ("species:ca*", (), "species:ca*"),
        ("NOT species:cat", (), "NOT species:cat"),
        ('species:"cat', (), 'species:"cat'),
        ("species:mouse stain:x", (), "species:mouse stain:x"),
        ("(species:cat OR species:rat)", (("species", ("cat", "rat")),), ""),
        ("*:*", (), ""),
        ("", (), ""),
    ],
)
def test_a_query_that_a_person_wrote_is_understood_or_left_unchanged(
    text: str, criteria: object, raw: str
) -> None:
    state = parse_query(text)
    assert (state.criteria, state.raw, state.text) == (criteria, raw, "")


def test_words_without_a_field_are_free_words_and_an_open_quote_is_reported() -> None:
    assert parse_query("human purkinje").text == "human purkinje"
    assert unclosed('species:"cat') == unclosed("(species:cat") != ""
    assert unclosed('species:"a (b"') == ""


@pytest.mark.parametrize(
    "data",
    [
        None,
        [],
        {},
        {"text": 1},
        {**asdict(QueryState()), "raw": None},
        {**asdict(QueryState()), "ranges": [["length", float("nan"), None]]},
        {**asdict(QueryState()), "criteria": [["no field!", ["x"]]]},
    ],
)
def test_other_data_is_no_search(data: object) -> None:
    with pytest.raises(ValueError, match="saved search"):
        QueryState.from_json(data)


def test_blanks_at_the_ends_of_a_value_are_visible_and_accessible() -> None:
    assert show_edge_spaces("dragonfly ") == "dragonfly␣"
    assert show_edge_spaces(" a b") == "␣a b"
    assert accessible_text("dragonfly ") == "dragonfly (with a space at its end)"
    assert accessible_text("cat") == "cat"


@pytest.fixture
def known() -> KnownValues:
    values = KnownValues()
    values.set_counts("species", {"human": 50, "monkey": 18, "capuchin monkey": 3, "dragonfly ": 1})
    values.set_counts("cell_type_1", {"principal cell": 900, "Purkinje": 5})
    values.set_counts("cell_type_2", {"Purkinje": 40, "pyramidal": 700})
    values.set_counts("brain_region_2", {"entorhinal cortex": 12, "CA1": 80})
    return values


def test_a_human_purkinje_cell_is_a_species_and_a_cell_type(known: KnownValues) -> None:
    first = known.suggestions("human Purkinje cell")[0]
    assert first.label == "species: human + cell type: Purkinje"
    state = first.applied(QueryState(text="human Purkinje cell"))
    assert state == QueryState(criteria=(("species", ("human",)), ("cell_type", ("Purkinje",))))
    assert known.suggestions("human pur")[0].text_left == "pur"


def test_the_longest_value_is_taken_and_other_words_stay(known: KnownValues) -> None:
    found = known.reading("capuchin monkey entorhinal cortex layer 3")
    assert found is not None
    assert found.label == "species: capuchin monkey + region: entorhinal cortex"
    assert found.text_left == "layer 3"
    assert known.reading("unheard of") is None


def test_incomplete_words_suggest_values_with_their_counts(known: KnownValues) -> None:
    labels = {each.label: each for each in known.suggestions("human pu")}
    assert labels["cell type: Purkinje"].n_cells == 45
    assert labels["cell type: Purkinje"].text_left == "human"
    assert [each.label for each in known.suggestions("drag")] == ["species: dragonfly␣"]
    assert known.suggestions("") == known.suggestions("x") == ()
    assert known.suggestions("principal cell")[0].label == "cell type: principal cell"


def test_the_server_finds_by_value_what_its_facet_counts(
    archive_server: Server, tmp_path: Path
) -> None:
    with client_of(archive_server, cache_dir=tmp_path) as client:
        known = KnownValues()
        for name in ("species", "cell_type_1", "cell_type_2", "brain_region_1"):
            known.set_counts(name, client.partition(name).counts)
        for value, n_cells in client.partition("species").counts.items():
            state = QueryState().with_value("species", value)
            assert client.count(state.to_query()) == n_cells
        taken = known.suggestions("mouse neurons")[0].applied(QueryState())
        assert taken == QueryState().with_value("species", "mouse")
        by_word = client.count(QueryState("Mous").to_query())
        assert by_word >= client.count(taken.to_query()) > 0


def test_the_library_finds_what_the_same_state_describes(tmp_path: Path) -> None:
    with Library(tmp_path / "library.sqlite") as library:
        library.add([cell(1, species="human"), cell(2), cell(3, species="dragonfly ")])
        library.add_measurements([measured(1, length="500"), measured(2, length="50")])

        def ids(state: QueryState) -> list[int]:
            return [each.neuron_id for each in library.search(**state.to_library()).items]

        assert ids(QueryState().with_value("species", "dragonfly ")) == [3]
        assert ids(QueryState("pyra").with_value("species", "human")) == [1]
        assert ids(QueryState("NMO_00002 pyramidal")) == [2]
        assert ids(QueryState().with_range("length", 100.0, None)) == [1]
