"""Labels with units, ids, names from the author's line, and what a callback gets."""

from __future__ import annotations

import pytest

from backends.errors import ProtocolError
from backends.inline.callbacks import Callback
from backends.inline.labels import argument_texts, heading_of, id_of, split_unit


@pytest.mark.parametrize(
    ("label", "expected"),
    [
        ("Amplitude (nA)", ("Amplitude", "nA")),
        ("gNa (S/cm2)", ("gNa", "S/cm2")),
        ("Rate", ("Rate", None)),
        ("(nA)", ("(nA)", None)),
        ("f(x) of it", ("f(x) of it", None)),
    ],
)
def test_the_unit_is_read_from_the_parentheses(
    label: str, expected: tuple[str, str | None]
) -> None:
    assert split_unit(label) == expected


def test_a_unit_that_is_given_leaves_the_label_as_it_is() -> None:
    assert split_unit("Amplitude (peak)", "nA") == ("Amplitude (peak)", "nA")


def test_a_unit_may_stand_in_the_title_or_in_the_label() -> None:
    assert heading_of("Gates", None, None, "Bars") == ("Gates", "", None)
    assert heading_of("Voltage (mV)", None, None, "Bars") == ("Voltage", "", "mV")
    assert heading_of("Soma", "V (mV)", None, "Bars") == ("Soma", "V", "mV")
    assert heading_of(None, "V (mV)", None, "Bars") == ("V", "V", "mV")
    assert heading_of(None, None, "nA", "Bars") == ("Bars", "", "nA")
    assert heading_of(None, "V", None, "") == ("", "V", None)


def test_ids_are_words_of_the_label_and_differ() -> None:
    assert id_of("Sodium current") == "sodium-current"
    assert id_of("Sodium current", ["sodium-current"]) == "sodium-current-2"
    assert id_of("…") == "view"


def named(*_: object, **__: object) -> list[str]:
    """Return what the arguments of a call of this look like."""
    return argument_texts()


def test_arguments_are_named_as_the_line_has_them() -> None:
    soma = "soma"
    assert named(soma.upper(), 3, title="x") == ["soma.upper()", "3"]
    assert named(
        soma,
        {"a": 1},
    ) == ["soma", "{'a': 1}"]
    assert [named(soma), named(3)] == [["soma"], ["3"]]
    assert named(soma, *[1, 2], 3) == ["soma"]


def called(function: object, *values: object) -> object:
    return Callback("it", function, len(values))("context", *values)  # type: ignore[arg-type]


def test_a_callback_takes_nothing_the_context_the_value_or_both() -> None:
    assert called(lambda: "nothing") == "nothing"
    assert called(lambda ctx: ctx) == "context"
    assert called(lambda anything: anything) == "context"
    assert called(lambda: 0, 5) == 0
    assert called(lambda value: value, 5) == 5
    assert called(lambda context: context, 5) == "context"
    assert called(lambda ctx, value: (ctx, value), 5) == ("context", 5)
    assert called(lambda value, ctx: (value, ctx), 5) == (5, "context")
    assert called(lambda value, kept=7: kept, 5) == 7


@pytest.mark.parametrize("function", [None, 3, lambda a, b, c: 0])
def test_what_cannot_be_called_back_is_refused_at_once(function: object) -> None:
    with pytest.raises(ProtocolError) as caught:
        Callback("on_click", function, 1)  # type: ignore[arg-type]
    assert caught.value.code == "bad-callback"
    assert "on_click" in str(caught.value)
