"""What a control accepts, how it may be shown, and which specs are refused."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, strategies as st

from backends.controls import (
    ActionSpec,
    AttributeRef,
    BoolValueSpec,
    ChoiceValueSpec,
    ControlPresentationSpec,
    ControlSpec,
    ScalarValueSpec,
    TextValueSpec,
    XYValueSpec,
    with_state_keys,
)
from backends.errors import ProtocolError, RequestError

ANYTHING = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=3),
    st.lists(st.floats(), max_size=3), st.sampled_from(["a", "b"]),
    st.dictionaries(st.sampled_from(["x", "y", "z"]), st.floats() | st.text(max_size=2)),
    st.floats(width=32).map(np.float32), st.integers(-9, 9).map(np.int64),
)  # fmt: skip
NUMBER = ScalarValueSpec(0.5, 0.1, 2.0)
OPEN = ScalarValueSpec(0.5)
CHOICE = ChoiceValueSpec("a", ("a", "b"))
PAIR = XYValueSpec({"x": 0.5}, (0.0, 1.0), (-5.0, 5.0))


def outcome(spec: Any, value: Any) -> tuple[Any, str]:
    """Return what a spec makes of a value, or None and the code of its refusal."""
    try:
        return spec.accept(value), ""
    except RequestError as error:
        return None, error.code


@given(low=st.floats(-1e6, 1e6), span=st.floats(1e-3, 1e6), whole=st.booleans(), value=ANYTHING)
def test_an_accepted_number_is_within_the_bounds(
    low: float, span: float, whole: bool, value: Any
) -> None:
    low, high = (math.floor(low), math.ceil(low + span)) if whole else (low, low + span)
    spec = ScalarValueSpec(low, low, high, value_type="int" if whole else "float")
    accepted, code = outcome(spec, value)
    if code:
        assert code in ("not-a-number", "out-of-range", "not-whole")
        return
    assert low <= accepted <= high
    assert type(accepted) is (int if whole else float)
    assert spec.accept(accepted) == accepted


@given(value=ANYTHING, circle=st.booleans())
def test_an_accepted_pair_is_within_its_ranges(value: Any, circle: bool) -> None:
    shown = ControlPresentationSpec(shape="circle" if circle else None)
    control = ControlSpec("p", "Place", PAIR, presentation=shown)
    accepted, code = outcome(control, value)
    if code:
        assert code in ("not-a-pair", "not-a-number", "out-of-range")
        return
    assert 0 <= accepted["x"] <= 1
    assert -5 <= accepted["y"] <= 5
    if circle:
        assert math.hypot(2 * accepted["x"] - 1, accepted["y"] / 5) <= 1 + 1e-9
    assert control.accept(accepted) == accepted


@given(value=ANYTHING)
def test_choice_bool_and_text_accept_their_own_only(value: Any) -> None:
    for spec, kind in ((CHOICE, str), (BoolValueSpec(), bool), (TextValueSpec("", "", 2), str)):
        try:
            accepted = spec.accept(value)
        except RequestError:
            continue
        assert type(accepted) is kind
        assert accepted == value


SUITABLE = [
    (NUMBER, None, "slider"),
    (NUMBER, "slider", "slider"),
    (NUMBER, "spin", "spin"),
    (NUMBER, "spinbox", "spin"),
    (NUMBER, "knob", "knob"),
    (OPEN, None, "spin"),
    (CHOICE, None, "combo"),
    (CHOICE, "dropdown", "combo"),
    (CHOICE, "radio", "radio"),
    (BoolValueSpec(), "checkbox", "check"),
    (TextValueSpec(), "text", "text"),
    (PAIR, "xy_pad", "pad"),
    (PAIR, None, "pad"),
]


@pytest.mark.parametrize(("values", "kind", "widget"), SUITABLE)
def test_a_value_is_shown_as_asked(values: Any, kind: str | None, widget: str) -> None:
    assert ControlSpec("c", "C", values, presentation=ControlPresentationSpec(kind)).kind == widget


UNSUITABLE = [
    (NUMBER, {"kind": "combo"}, "slider or spin or knob"),
    (CHOICE, {"kind": "slider"}, "combo or radio"),
    (BoolValueSpec(), {"kind": "radio"}, "check"),
    (PAIR, {"kind": "knob"}, "pad"),
    (OPEN, {"kind": "slider"}, "min and max"),
    (OPEN, {"kind": "knob"}, "min and max"),
    (OPEN, {"steps": 10}, "min and max"),
    (NUMBER, {"kind": "spin", "steps": 10}, "steps"),
    (CHOICE, {"scale": "log"}, "log"),
    (ScalarValueSpec(0.5, 0.0, 1.0), {"scale": "log"}, "min > 0"),
    (NUMBER, {"shape": "circle"}, "pad"),
]


@pytest.mark.parametrize(("values", "shown", "word"), UNSUITABLE)
def test_an_unsuitable_presentation_is_refused(values: Any, shown: Any, word: str) -> None:
    presentation = ControlPresentationSpec(**shown)
    with pytest.raises(ProtocolError) as refused:
        ControlSpec("c", "C", values, presentation=presentation)
    assert refused.value.code == "unsuitable-presentation"
    assert word in refused.value.message


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ({"kind": "wheel"}, "unknown-option"),
        ({"scale": "cubic"}, "unknown-option"),
        ({"shape": "star"}, "unknown-option"),
        ({"steps": 0}, "bad-number"),
        ({"steps": 2.5}, "bad-number"),
        ({"steps": True}, "bad-number"),
    ],
)
def test_an_unknown_presentation_is_refused(arguments: Any, code: str) -> None:
    with pytest.raises(ProtocolError) as refused:
        ControlPresentationSpec(**arguments)
    assert refused.value.code == code


def test_value_type_is_another_way_to_say_integer() -> None:
    assert ScalarValueSpec(3, 1, 6, value_type="int").accept(4.0) == 4
    assert ScalarValueSpec(3, 1, 6, value_type="int").integer
    assert not ScalarValueSpec(3, 1, 6, value_type="float").integer
    with pytest.raises(ProtocolError) as refused:
        ScalarValueSpec(3, integer=True, value_type="float")
    assert refused.value.code == "conflict"
    with pytest.raises(ProtocolError) as refused:
        ScalarValueSpec(3, value_type="double")  # type: ignore[arg-type]
    assert refused.value.code == "unknown-option"


@pytest.mark.parametrize(
    "pair",
    [{"x_range": (1, 1)}, {"y_range": (0, math.nan)}, {"x_range": "ab"}, {"x_range": (0, 1, 2)}],
)
def test_a_range_that_is_none_is_refused(pair: Any) -> None:
    with pytest.raises(ProtocolError) as refused:
        XYValueSpec(**pair)
    assert refused.value.code == "bad-range"


def test_the_default_of_a_pair_must_be_inside() -> None:
    with pytest.raises(RequestError) as refused:
        XYValueSpec({"x": 2.0})
    assert refused.value.code == "out-of-range"
    corner = XYValueSpec({"x": 0.0, "y": 0.0})
    with pytest.raises(RequestError):
        ControlSpec("c", "C", corner, presentation=ControlPresentationSpec(shape="circle"))


@pytest.mark.parametrize("target", ["", 3, ("a",), (1, 2), ("a", "b", "c"), ["a", "b"]])
def test_a_target_that_is_none_is_refused(target: Any) -> None:
    with pytest.raises(ProtocolError) as refused:
        ControlSpec("c", "C", NUMBER, target=target)
    assert refused.value.code == "bad-target"


def test_a_target_belongs_to_the_session() -> None:
    with pytest.raises(ProtocolError) as refused:
        ControlSpec("c", "C", NUMBER, target="soma.cm", send_to_session=False)
    assert refused.value.code == "conflict"


def test_an_attribute_reference_is_read_and_written() -> None:
    class Model:
        class Channel:
            g = 1.0

        channel = Channel()

    ref = AttributeRef("channel", "g")
    ref.write(Model, 3.0)
    assert ref.read(Model) == Model.channel.g == 3.0
    with pytest.raises(ProtocolError):
        AttributeRef("", "g")


def test_a_value_has_both_of_its_names() -> None:
    controls = [ControlSpec("a", "A", OPEN, state_key="key"), ControlSpec("b", "B", OPEN)]
    assert with_state_keys(controls, {"a": 1}) == {"a": 1, "key": 1}
    assert with_state_keys(controls, {"key": 2, "other": 3}) == {"a": 2, "key": 2, "other": 3}
    assert controls[1].state_key == "b"


def test_an_action_that_needs_a_segment_names_where_it_goes() -> None:
    assert ActionSpec("a", "A", selection_mode=True).selection_payload_key == "entity_id"
    with pytest.raises(ProtocolError):
        ActionSpec("a", "A", selection_mode=True, selection_payload_key="")
