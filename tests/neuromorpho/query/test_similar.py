"""What was meant by a value that no cell has."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from neuromorpho.errors import NeuroMorphoError
from neuromorpho.query.query import NeuroMorphoQuery
from neuromorpho.query.similar import criteria_in, similar_values, spelling_hints

KNOWN = ("mouse", "rat", "human", "dragonfly ", "SLM interneuron", "SLM pyramidal", "[made]")


@pytest.mark.parametrize(
    ("value", "meant"),
    [
        ("mouze", ["mouse"]),
        ("Mouse", ["mouse"]),
        ("dragonfly", ["dragonfly "]),
        ("slm*", ["SLM interneuron", "SLM pyramidal"]),
        ("huma?", ["human"]),
        ("mouze*", ["mouse"]),
        ("[made", ["[made]"]),
        ("mouse", []),
        ("nothing of this kind", []),
        ("", []),
        ("*[", []),
    ],
)
def test_case_blanks_wildcards_and_spelling_are_seen_through(value: str, meant: list[str]) -> None:
    assert similar_values(value, KNOWN) == meant


def test_one_clause_of_a_text_is_a_criterion() -> None:
    assert criteria_in("species:mouze") == {"species": ("mouze",)}
    assert criteria_in('species:"C. elegan"') == {"species": ("C. elegan",)}
    assert criteria_in(NeuroMorphoQuery(species="mouze")) == {"species": ("mouze",)}
    for text in ("*:*", "species:a AND stain:b", "length:[1 TO 2]", ""):
        assert criteria_in(text) == {}


def test_a_sentence_names_field_and_value_and_a_failure_is_none() -> None:
    (hint,) = spelling_hints({"species": ("mouse", "raat")}, lambda _: KNOWN)
    assert "species 'raat'" in hint
    assert "'rat'" in hint

    def fail(_: str) -> Iterable[str]:
        raise NeuroMorphoError("The server is down.")

    assert spelling_hints({"species": ("raat",)}, fail) == ()
