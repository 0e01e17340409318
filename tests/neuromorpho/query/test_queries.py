"""The server receives exactly what the query has: every complete value, with any characters."""

from __future__ import annotations

import dataclasses
from datetime import date
from urllib.parse import parse_qs, urlencode

import pytest
from hypothesis import example, given, settings, strategies as st
from query_language import parse, parse_all

from neuromorpho.errors import NeuroMorphoError, NeuroMorphoQueryError
from neuromorpho.query.query import (
    EVERYTHING,
    TYPED_FIELDS,
    NeuroMorphoQuery,
    clause,
    compile_query,
    query_field,
    quote_value,
)

ANY_TIME = settings(deadline=None, max_examples=60)  # two busy cores are no failure

_AWKWARD = ["AND", "OR", "NOT", "TO", " ", "  ", '"', "\\", ",", "(", ")", "*", "?", ":", "-", "/"]
_SENDABLE = st.characters(exclude_categories=("Cs",), exclude_characters="\x00")
ANY_VALUE = st.one_of(
    st.text(_SENDABLE),
    st.lists(st.one_of(st.sampled_from(_AWKWARD), st.text(_SENDABLE, max_size=3))).map("".join),
)
ANY_FIELD = st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,12}", fullmatch=True).filter(
    lambda name: name.lower() not in {"physical_integrity", "neuron_id"}
)


@pytest.mark.parametrize(
    ("query", "q"),
    [
        (NeuroMorphoQuery(), "*:*"),
        (NeuroMorphoQuery(species="mouse"), "species:mouse"),
        (NeuroMorphoQuery(species=("mouse", "rat")), "(species:mouse OR species:rat)"),
        (NeuroMorphoQuery(species=("mouse",)), "species:mouse"),
        (
            NeuroMorphoQuery(brain_region="cerebellum", species="mouse"),
            "species:mouse AND brain_region:cerebellum",
        ),
        (
            NeuroMorphoQuery(species="mouse", raw_q=("soma_surface:1*",)),
            "species:mouse AND soma_surface:1*",
        ),
        (NeuroMorphoQuery(raw_q=("a:b OR c:d",)), "a:b OR c:d"),
    ],
)
def test_a_query_of_plain_words_compiles_as_braincells_does(
    query: NeuroMorphoQuery, q: str
) -> None:
    assert query.to_q() == q


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("mouse", "mouse"),
        ("C57BL-6.J_2", "C57BL-6.J_2"),
        ("entorhinal cortex", '"entorhinal cortex"'),
        ("dragonfly ", '"dragonfly "'),
        ("Dendrites, Soma, No Axon", '"Dendrites, Soma, No Axon"'),
        ("Praying mantis (Hierodula membranacea)", '"Praying mantis (Hierodula membranacea)"'),
        ("Steller's Sculpin", '"Steller\'s Sculpin"'),
        ("Male/Female", '"Male/Female"'),
        ("-26", '"-26"'),
        ("AND", '"AND"'),
        ("", '""'),
        ('a "b" \\', '"a \\"b\\" \\\\"'),
        ("Größe", '"Größe"'),
    ],
)
def test_a_value_is_quoted_only_where_it_needs_to_be(value: str, written: str) -> None:
    assert quote_value(value) == written


@ANY_TIME
@given(ANY_FIELD, ANY_VALUE)
@example("species", "dragonfly ")
@example("note", '" OR *:* OR x:"')
@example("note", "\\")
@example("note", "a\nb\u2028c\u3000")
def test_the_server_receives_exactly_the_value_of_the_query(field: str, value: str) -> None:
    query = parse(clause(field, value))
    (asked,) = query.asked
    assert (asked.field, asked.text, asked.is_pattern) == (field, value, False)
    assert query({field: value})
    assert query({field: ["something else", value]})
    assert not query({field: f"{value} "})
    assert not query({field: f" {value}"})


@ANY_TIME
@given(ANY_FIELD, st.lists(ANY_VALUE, min_size=1, max_size=5))
def test_the_server_reads_back_the_set_of_several_values(field: str, values: list[str]) -> None:
    query = parse(clause(field, values))
    assert query.values_asked == {field: set(values)}
    assert all(query({field: value}) for value in values)


@ANY_TIME
@given(st.dictionaries(st.sampled_from(TYPED_FIELDS), st.lists(ANY_VALUE, min_size=1, max_size=3)))
def test_a_query_survives_its_address_and_is_read_back(
    criteria: dict[str, list[str]],
) -> None:
    q, fq = compile_query(NeuroMorphoQuery.of(criteria))
    received = parse_qs(urlencode({"q": q, "fq": fq}, doseq=True), keep_blank_values=True)
    assert received == {"q": [q]}
    query = parse(received["q"][0])
    assert query.values_asked == {name: set(values) for name, values in criteria.items()}
    assert query({name: values[0] for name, values in criteria.items()})
    for name in criteria:
        assert not query({other: criteria[other][0] for other in criteria if other != name})


def test_all_fields_must_match_with_one_of_their_values() -> None:
    query = NeuroMorphoQuery(
        species=("mouse", "rat"),
        brain_region="entorhinal cortex",
        fields={"domain": "Dendrites, Soma, Axon", "physical_Integrity": ("A & B",)},  # type: ignore[arg-type]
    )
    cell = {
        "species": "rat",
        "brain_region": ["neocortex", "entorhinal cortex"],
        "domain": "Dendrites, Soma, Axon",
        "physical_Integrity": "A & B",
    }
    assert parse(query.to_q())(cell)
    for key in cell:
        assert not parse(query.to_q())({**cell, key: "cortex"})
    assert "Physical_Integrity:" in query.to_q()


@pytest.mark.parametrize(
    "raw",
    [
        "species:cat OR species:dog",
        "species:cat OR(species:dog)",
        "species:cat\tOR\tspecies:dog",
        "(species:cat) OR (species:dog)",
    ],
)
def test_the_ors_of_a_raw_clause_stay_together_among_other_clauses(raw: str) -> None:
    query = parse(NeuroMorphoQuery(gender="Male", raw_q=(raw,)).to_q())
    assert query({"gender": "Male", "species": "dog"})
    assert query({"gender": "Male", "species": "cat"})
    assert not query({"gender": "Female", "species": "dog"})
    assert not query({"gender": "Male", "species": "rat"})


@pytest.mark.parametrize("raw", ["species:c*", 'species:"a b"', "note:a\\*", "species:cat,dog"])
def test_a_raw_clause_of_one_term_is_unchanged(raw: str) -> None:
    assert NeuroMorphoQuery(gender="Male", raw_q=(raw,)).to_q() == f"gender:Male AND {raw}"


def test_raw_filters_go_to_fq_and_blank_clauses_nowhere() -> None:
    query = NeuroMorphoQuery(species="mouse", raw_q=(" ",), raw_fq=("stain:x", ""))
    assert compile_query(query) == ("species:mouse", ["stain:x"])
    assert str(query) == "q=species:mouse & fq=stain:x"
    assert NeuroMorphoQuery(raw_q="a:b").raw_q == ("a:b",)  # type: ignore[arg-type]
    raw = NeuroMorphoQuery.of({}, raw_q="a:b", raw_fq=["c:d"])
    assert compile_query(raw) == ("a:b", ["c:d"])


def test_a_repeated_field_matches_the_values_of_both() -> None:
    query = NeuroMorphoQuery(species="mouse", fields=(("species", ("rat", "mouse")),))
    assert query.criteria == {"species": ("mouse", "rat")}
    both = NeuroMorphoQuery.of({"Physical_Integrity": "a", "physical_Integrity": "b"})
    assert parse(both.to_q()).values_asked == {"Physical_Integrity": {"a", "b"}}


def test_a_query_is_a_value_whatever_it_was_made_of() -> None:
    made = NeuroMorphoQuery(species=["rat", "mouse"], stain={"b", "a"})  # type: ignore[arg-type]
    assert made == NeuroMorphoQuery(species=("rat", "mouse"), stain=("a", "b"))
    assert hash(made) == hash(dataclasses.replace(made))
    assert made.species == ("rat", "mouse")
    assert NeuroMorphoQuery(species="rat").species == "rat"


def test_numbers_and_dates_are_sent_as_text() -> None:
    criteria = {"magnification": 100, "min_age": 24.0, "upload_date": date(2006, 8, 1)}
    assert NeuroMorphoQuery.of(criteria).criteria == {  # type: ignore[arg-type]
        "magnification": ("100",),
        "min_age": ("24.0",),
        "upload_date": ("2006-08-01",),
    }


@pytest.mark.parametrize(
    "value",
    [
        True,
        b"x",
        {"a": 1},
        [None],
        [["nested"]],
        float("nan"),
        float("inf"),
        [1 << 20000],
        object(),
    ],
)
def test_what_is_no_value_is_refused_in_one_short_sentence(value: object) -> None:
    with pytest.raises(NeuroMorphoQueryError, match="value of a query") as caught:
        NeuroMorphoQuery(species=value)  # type: ignore[arg-type]
    assert len(str(caught.value)) < 250


@pytest.mark.parametrize("value", ["a\x00b", "\ud800"])
def test_characters_that_no_address_carries_are_refused(value: str) -> None:
    with pytest.raises(NeuroMorphoQueryError, match="cannot be sent"):
        NeuroMorphoQuery(species=value).to_q()


@pytest.mark.parametrize("name", ["", "a b", "species:x OR y", "brain-region", "é", "1a", 3])
def test_what_cannot_be_a_fields_name_is_refused(name: str) -> None:
    with pytest.raises(NeuroMorphoQueryError) as caught:
        clause(name, "x")
    assert (caught.value.code, caught.value.hint) == ("unknown-field", "list-fields")
    with pytest.raises(ValueError, match="field name"):
        NeuroMorphoQuery(fields=((name, ("x",)),))
    assert issubclass(NeuroMorphoQueryError, NeuroMorphoError)


@pytest.mark.parametrize(
    ("name", "asked"),
    [
        ("physical_Integrity", "Physical_Integrity"),
        ("physical_integrity", "Physical_Integrity"),
        ("Physical_Integrity", "Physical_Integrity"),
        ("brain_region_1", "brain_region_1"),
    ],
)
def test_a_records_key_is_sent_under_the_servers_name(name: str, asked: str) -> None:
    assert query_field(name) == asked


def test_a_text_is_sent_unchanged_and_filters_are_added_to_those_of_the_query() -> None:
    query = NeuroMorphoQuery(species="mouse", raw_fq=("a:b",))
    assert compile_query(query, ["c:d"]) == ("species:mouse", ["a:b", "c:d"])
    assert compile_query("species:mouse", "c:d") == ("species:mouse", ["c:d"])
    assert compile_query("  ") == (EVERYTHING, [])
    with pytest.raises(NeuroMorphoQueryError, match="not a query"):
        compile_query(17)  # type: ignore[arg-type]


def test_filters_and_query_are_read_by_the_server_as_one_conjunction() -> None:
    q, fq = compile_query(NeuroMorphoQuery(species="rat"), [clause("stain", "lucifer yellow")])
    assert parse_all(q, fq)({"species": "rat", "stain": "lucifer yellow"})
    assert not parse_all(q, fq)({"species": "rat", "stain": "yellow"})
