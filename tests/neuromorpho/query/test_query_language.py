"""The parser that stands in for the server's reads what was recorded of the real one's behaviour."""

from __future__ import annotations

import pytest
from query_language import QuerySyntaxError, parse, parse_all

LAYER_3 = {
    "neuron_id": 1,
    "species": "monkey",
    "brain_region": ["neocortex", "entorhinal cortex", "layer 3"],
    "domain": "Dendrites, Soma, No Axon",
    "physical_Integrity": "Dendrites Moderate",
    "neuron_name": "CB_CKp25_2w_F_Animal01_T7",
}
CORTEX = {"neuron_id": 2, "species": "dragonfly ", "brain_region": ["cortex"], "note": 'a "b" \\ c'}


@pytest.mark.parametrize(
    "q",
    [
        "*:*",
        "",
        "species:monkey",
        "species:cat,monkey",
        "neuron_id:1",
        "Neuron_id:7,1",
        'brain_region:"entorhinal cortex"',
        'brain_region_2:"entorhinal cortex"',
        'domain:"Dendrites, Soma, No Axon"',
        'Physical_Integrity:"Dendrites Moderate"',
        "neuron_name:CB_CKp25_2w_F_Animal01_*",
        "neuron_name:CB?CKp25*",
        "brain_region:layer?3",
        "species:cat OR species:monkey",
        "(species:cat OR species:monkey) AND brain_region:neocortex",
        "species:monkey AND NOT species:cat",
        "species:cat AND species:dog OR species:monkey",
        "species:old monkey",
    ],
)
def test_a_query_for_this_record_finds_it_and_no_other(q: str) -> None:
    assert parse(q)(LAYER_3)
    assert parse(q)(CORTEX) == (q in {"*:*", ""})


@pytest.mark.parametrize(
    ("q", "record"),
    [
        ("brain_region:entorhinal cortex", CORTEX),
        ('species:"dragonfly "', CORTEX),
        (r'note:"a \"b\" \\ c"', CORTEX),
    ],
)
def test_blanks_count_within_quotes_and_only_the_last_word_counts_without(
    q: str, record: dict[str, object]
) -> None:
    assert parse(q)(record)
    assert not parse(q)(LAYER_3)


@pytest.mark.parametrize(
    "q", ["species:Monkey", "species:monk", 'species:"monk*"', "strain:x", "brain_region_1:cortex"]
)
def test_a_complete_value_is_compared(q: str) -> None:
    assert not parse(q)(LAYER_3)


@pytest.mark.parametrize(
    "q",
    [
        "mouse",
        "species:",
        'species:"a',
        "(species:a",
        "species:a)",
        "species:a brain_region:b",
        "species:a AND",
        "species:mantis (Hierodula)",
        "reference_pmid:-26",
        "species:a:b",
        "x OR y",
        "species:OR",
    ],
)
def test_what_is_no_query_is_refused(q: str) -> None:
    with pytest.raises(QuerySyntaxError):
        parse(q)


def test_filters_are_joined_to_the_query_by_and() -> None:
    query = parse_all("species:monkey", ["brain_region:neocortex", "neuron_id:1,3"])
    assert query(LAYER_3)
    assert not parse_all("species:monkey", ["neuron_id:3"])(LAYER_3)
    assert query.values_asked == {
        "species": {"monkey"},
        "brain_region": {"neocortex"},
        "neuron_id": {"1", "3"},
    }
