"""Actions, keys, clicks and the context of hooks: the same on NEURON, on Jaxley and without a simulator."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from driving import closing
from jaxley_models import TwoBranches
from neuron_models import TwoSections

from backends.controls import ActionSpec, ControlSpec, ScalarValueSpec
from backends.errors import RequestError
from backends.field import Field
from backends.live import InteractiveSession
from backends.messages import (
    CaptureTrace,
    EntityClicked,
    Error,
    InvokeAction,
    KeyPressed,
    Reset,
    SetControl,
    StatePatch,
    Status,
    StopSession,
    TraceAdded,
)
from backends.mock.scene import build_geometry
from backends.scene import MorphologyViewSpec, Scene
from backends.views import StateBinding

GAIN = ControlSpec("gain", "Gain", ScalarValueSpec(1.0, 0.0, 5.0))
ADD = ActionSpec("add", "Add synapse", {"weight": 2}, selection_mode=True)
PULSE = ActionSpec("pulse", "Pulse", {"amp": 1}, shortcuts=("P",))


class Hooks:
    """Notes what is called, and answers as a test asks for."""

    gain = 1.0
    used: Any = False
    raises: Exception | None = None

    def control_specs(self) -> Any:
        return [GAIN]

    def action_specs(self) -> Any:
        return [ADD, PULSE]

    @property
    def calls(self) -> list[Any]:
        return vars(self).setdefault("_calls", [])

    def on_action(self, action_id: str, payload: Any, context: Any) -> bool:
        self.calls.append((action_id, dict(payload), context.selected_entity_id))
        if self.raises:
            raise self.raises
        return True

    def on_key_press(self, key: str, context: Any) -> Any:
        self.calls.append(key)
        if key == "S":
            context.show_status("three seconds", timeout_ms=3000)
            context.set_state("shown", "line")
            context.set_control("gain", 9.0)
        if key == "G":
            context.set_control("gain", 3.0)
        return self.used

    def on_entity_clicked(self, entity_id: str, context: Any) -> bool:
        self.calls.append((entity_id, context.entity_info()["id"], context.state("gain")))
        return True


class Neuron(Hooks, TwoSections):
    apply_control = InteractiveSession.apply_control


class Jaxley(Hooks, TwoBranches):
    apply_control = InteractiveSession.apply_control


class Buffered(Hooks, InteractiveSession):
    def initialize(self) -> Scene:
        cell = build_geometry(2)
        values = Field("v", [0.0] * cell.n_segments, ("segment",))
        view = MorphologyViewSpec("m", cell.id, "v", color_map=StateBinding("colors"))
        return Scene(geometries=(cell,), fields=(values,), views=(view,))

    def advance(self) -> None:
        """Do nothing."""


@pytest.fixture(params=[Neuron, Jaxley, Buffered])
def session(request: pytest.FixtureRequest) -> Iterator[Any]:
    pytest.importorskip(
        {"Neuron": "neuron", "Jaxley": "jaxley"}.get(request.param.__name__, "numpy")
    )
    session = request.param()
    with closing(session):
        scene = session.initialize()
        session.segments = scene.geometry.segment_ids
        session.read_updates()
        yield session


def of(kind: type, updates: Any) -> list[Any]:
    return [each for each in updates if isinstance(each, kind)]


def test_a_control_sets_the_attribute_of_its_name(session: Any) -> None:
    session.handle(SetControl("gain", 2))
    assert session.gain == 2.0
    assert of(StatePatch, session.read_updates()) == [StatePatch({"gain": 2.0})]
    with pytest.raises(RequestError):
        session.handle(SetControl("gain", 6))
    assert of(StatePatch, session.read_updates()) == [StatePatch({"gain": 2.0})]


def test_an_action_gets_its_payload(session: Any) -> None:
    session.handle(InvokeAction("pulse", {"amp": 3}))
    session.handle(KeyPressed("P"))
    assert session.calls == [("pulse", {"amp": 3}, None), "P", ("pulse", {"amp": 1}, None)]
    with pytest.raises(RequestError) as refused:
        session.handle(InvokeAction("nothing"))
    assert refused.value.code == "unknown-action"


def test_an_action_that_needs_a_segment_gets_it_and_captures_nothing(session: Any) -> None:
    segment = session.segments[1]
    session.handle(InvokeAction("add", {"entity_id": segment}))
    assert session.calls == [("add", {"weight": 2, "entity_id": segment}, segment)]
    assert of(TraceAdded, session.read_updates()) == []
    for payload, code in (({}, "segment-needed"), ({"entity_id": "none(3)"}, "unknown-segment")):
        with pytest.raises(RequestError) as refused:
            session.handle(InvokeAction("add", payload))
        assert refused.value.code == code


def test_a_click_reaches_the_hook_with_the_segment_and_the_state(session: Any) -> None:
    segment = session.segments[1]
    session.handle(EntityClicked(segment))
    assert session.calls == [(segment, segment, 1.0)]
    captured = len(of(TraceAdded, session.read_updates()))
    assert captured == (0 if isinstance(session, Buffered) else 1)
    with pytest.raises(RequestError) as refused:
        session.handle(EntityClicked("none(3)"))
    assert refused.value.code == "unknown-segment"


def test_a_key_that_is_used_is_no_action(session: Any) -> None:
    session.used = True
    session.handle(KeyPressed("P"))
    assert session.calls == ["P"]


def test_a_hook_shows_a_sentence_for_a_while_and_sets_what_views_follow(session: Any) -> None:
    with pytest.raises(RequestError) as refused:
        session.handle(KeyPressed("S"))
    assert refused.value.code == "out-of-range"
    updates = session.read_updates()
    assert [(each.message, each.timeout_ms) for each in of(Status, updates)] == [
        ("three seconds", 3000)
    ]
    assert of(StatePatch, updates)[0] == StatePatch({"shown": "line"})
    session.handle(KeyPressed("G"))
    assert session.gain == 3.0
    assert of(StatePatch, session.read_updates()) == [StatePatch({"gain": 3.0})]


def test_a_hook_that_raises_is_told_and_the_session_goes_on(session: Any) -> None:
    session.raises = ZeroDivisionError("by nothing")
    session.handle(InvokeAction("pulse"))
    (error,) = of(Error, session.read_updates())
    assert (error.code, error.fatal) == ("hook-failed", False)
    assert "by nothing" in error.message
    session.handle(SetControl("gain", 4))
    assert session.gain == 4.0


def test_a_plain_session_leaves_other_commands_to_its_author() -> None:
    session = Buffered()
    session.initialize()
    for command in (Reset(), CaptureTrace("a(0.5)")):
        with pytest.raises(RequestError) as refused:
            session.handle(command)
        assert refused.value.code == "unknown-command"
    session.handle(StopSession())


def test_a_control_that_only_a_view_follows_needs_no_hook() -> None:
    class Bound(Buffered):
        def control_specs(self) -> Any:
            return [ControlSpec("c", "Colours", ScalarValueSpec(1), state_key="colors")]

    session = Bound()
    session.initialize()
    session.handle(SetControl("c", 2))
    assert session.read_updates() == [StatePatch({"c": 2.0, "colors": 2.0})]
    hook: Callable[..., bool] = session.apply_control
    assert hook("c", 2) is False


def test_a_hook_may_show_another_value_than_the_accepted_one() -> None:
    class Rounding(Buffered):
        def apply_control(self, control_id: str, value: Any) -> bool:
            self.emit(StatePatch({control_id: float(round(value))}))
            return True

    session = Rounding()
    session.initialize()
    session.handle(SetControl("gain", 2.4))
    assert session.read_updates()[-1] == StatePatch({"gain": 2.0})
    with pytest.raises(RequestError):
        session.handle(SetControl("gain", 7))
    assert session.read_updates() == [StatePatch({"gain": 2.0})]
