"""A control that names its target: the model has the value, the control shows what the model has."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from driving import closing
from hypothesis import given, strategies as st
from jaxley_models import TwoBranches as OnJaxley
from neuron_models import TwoSections as OnNeuron

from backends.controls import (
    AttributeRef,
    BoolValueSpec,
    ChoiceValueSpec,
    ControlSpec,
    ScalarValueSpec,
    TextValueSpec,
    XYValueSpec,
    first_values,
)
from backends.errors import RequestError, SimulatorError
from backends.live import InteractiveSession
from backends.live.targets import TargetFinder
from backends.messages import Error, KeyPressed, Reset, RunFor, SetControl, StatePatch
from backends.scene import Scene

AMP = ScalarValueSpec(0.3, -1.0, 1.0)


class Clipped:
    """An object whose rate is at most 5, whatever is assigned."""

    def __init__(self) -> None:
        self._rate = 1.0

    @property
    def rate(self) -> float:
        return self._rate

    @rate.setter
    def rate(self, value: float) -> None:
        if value == 7:
            raise ValueError("seven is not a rate")
        self._rate = min(value, 5.0)


class Plain(InteractiveSession):
    """A session without a simulator."""

    def __init__(self) -> None:
        super().__init__()
        self.model = Clipped()
        self.params = {"tau": 3.0}
        self.cells = [SimpleNamespace(gain=1.0), SimpleNamespace(gain=2.0)]
        self.place = np.array([0.25, 0.5])
        self.name, self.is_on, self.kind, self.n = "first", True, "a", 2

    def controls(self) -> list[ControlSpec]:
        return []

    def initialize(self) -> Scene:
        return Scene(controls=tuple(self.controls()))

    def advance(self) -> None:
        """Do nothing."""


def with_controls(base: type, *controls: Any) -> Any:
    """Return a session of a class with these controls; a function is called with the session."""

    def specs(session: Any) -> list[ControlSpec]:
        return [each(session) if callable(each) else each for each in controls]

    hook = "controls" if base is Plain else "control_specs"
    return type("Mine", (base,), {hook: specs})()


def shown(session: Any) -> dict[str, Any]:
    """Return what the window shows of the controls, from the updates since the last call."""
    patches = [each for each in session.read_updates() if isinstance(each, StatePatch)]
    return {id_: value for patch in patches for id_, value in patch.values.items()}


@pytest.fixture
def opened() -> Iterator[Callable[..., Any]]:
    """Open sessions, and close them afterwards."""
    closers = []

    def open_(base: type, *controls: Any) -> Any:
        session = with_controls(base, *controls)
        closer = closing(session)
        closer.__enter__()
        closers.append(closer)
        session.scene_shown = session.initialize()
        return session

    yield open_
    for closer in closers:
        closer.__exit__(None, None, None)


NEURON_TARGETS = {
    "soma.gnabar_hh": lambda s: s.sections[0].gnabar_hh,
    "soma(0.5).hh.gnabar": lambda s: s.sections[0](0.5).hh.gnabar,
    "soma(0.5).gnabar_hh": lambda s: s.sections[0](0.5).gnabar_hh,
    "dend.g_pas": lambda s: s.sections[1](0.9).g_pas,
    "dend.cm": lambda s: s.sections[1].cm,
    "gnabar_hh": lambda s: s.sections[0].gnabar_hh,
    "_clamp.amp": lambda s: s._clamp.amp,
}


@pytest.mark.parametrize("target", NEURON_TARGETS)
def test_a_neuron_target_is_written_and_read(opened: Any, target: str) -> None:
    pytest.importorskip("neuron")
    spec = ControlSpec("x", "X", ScalarValueSpec(0.1, 0.0, 1.0), target=target)
    session = opened(OnNeuron, spec)
    read = NEURON_TARGETS[target]
    assert session.scene_shown.controls[0].first_value() == pytest.approx(read(session))
    shown(session)
    session.handle(SetControl("x", 0.25))
    assert read(session) == pytest.approx(0.25)
    assert shown(session) == {"x": pytest.approx(0.25)}
    session.handle(Reset())
    assert read(session) == pytest.approx(0.25)


def test_a_neuron_object_and_its_attribute_are_a_target(opened: Any) -> None:
    pytest.importorskip("neuron")
    session = opened(
        OnNeuron,
        lambda s: ControlSpec("amp", "Amplitude", AMP, target=(s._clamp, "amp")),
        ControlSpec("ref", "The same", AMP, target=AttributeRef("_clamp", "amp")),
        ControlSpec("g", "Sodium", ScalarValueSpec(0.12, 0, 1), target="soma.gnabar_hh"),
        ControlSpec("t", "Temperature", ScalarValueSpec(6.3, 0, 40), target="h.celsius"),
    )
    session.handle(SetControl("amp", 0.5))
    assert session._clamp.amp == 0.5
    assert shown(session) == {"amp": 0.5, "ref": 0.5}
    units = {each.id: each.value_spec.unit for each in session.scene_shown.controls}
    assert units == {"amp": "nA", "ref": "", "g": "S/cm²", "t": "°C"}
    assert [each.target for each in pickle.loads(pickle.dumps(session.scene_shown)).controls] == [
        None
    ] * 4


def test_a_target_changes_the_simulation(opened: Any) -> None:
    pytest.importorskip("neuron")
    spec = ControlSpec("amp", "Amplitude", AMP, target="_clamp.amp")
    session = opened(OnNeuron, spec)
    session.handle(SetControl("amp", 0.0))
    session.handle(RunFor(20.0))
    while session.is_live():
        session.advance()
    assert session.sections[0].v < -50  # the default current makes it fire


JAXLEY_TARGETS = {
    "HH_gNa": slice(None),
    "branch(0).HH_gNa": [0],
    "branch(1).HH_gNa": [1, 2, 3, 4, 5],
    "branch(1).comp(2).HH_gNa": [3],
    "radius": slice(None),
}


@pytest.mark.parametrize("target", JAXLEY_TARGETS)
def test_a_jaxley_target_is_written_and_read(opened: Any, target: str) -> None:
    pytest.importorskip("jaxley")
    spec = ControlSpec("x", "X", ScalarValueSpec(0.1, 0.0, 20.0), target=target)
    session = opened(OnJaxley, spec)
    compilations = session.compilations
    shown(session)
    session.handle(SetControl("x", 0.25))
    column = session.network.nodes[target.rpartition(".")[2]].to_numpy()
    where = np.zeros(len(column), bool)
    where[JAXLEY_TARGETS[target]] = True
    assert (column[where] == 0.25).all()
    assert not (column[~where] == 0.25).any()
    assert shown(session) == {"x": 0.25}
    assert session.compilations == compilations


def test_a_jaxley_view_and_a_stimulus_are_targets(opened: Any) -> None:
    pytest.importorskip("jaxley")
    session = opened(
        OnJaxley,
        lambda s: ControlSpec(
            "g", "gNa", ScalarValueSpec(0.1, 0, 1), target=(s.network.branch(1), "HH_gNa")
        ),
        ControlSpec("amp", "Amplitude", AMP, target="_clamp.amp"),
    )
    assert session.scene_shown.controls[0].first_value() == pytest.approx(0.12)
    session.handle(SetControl("g", 0.5))
    session.handle(SetControl("amp", 0.0))
    session.handle(RunFor(20.0))
    while session.is_live():
        session.advance()
    assert session.network.nodes["HH_gNa"].tolist() == [pytest.approx(0.12), *[0.5] * 5]
    assert session._clamp.amp == 0.0
    assert session.scene_shown.controls[0].value_spec.unit == "S/cm²"


PLAIN_TARGETS = {
    "model.rate": (ScalarValueSpec(1, 0, 10), 4.0, lambda s: s.model.rate),
    "params.tau": (ScalarValueSpec(1, 0, 10), 4.0, lambda s: s.params["tau"]),
    "cells.gain": (ScalarValueSpec(1, 0, 10), 4.0, lambda s: s.cells[1].gain),
    "cells[1].gain": (ScalarValueSpec(1, 0, 10), 4.0, lambda s: s.cells[1].gain),
    "n": (ScalarValueSpec(1, 0, 10, value_type="int"), 4, lambda s: s.n),
    "is_on": (BoolValueSpec(), False, lambda s: s.is_on),
    "kind": (ChoiceValueSpec("a", ("a", "b")), "b", lambda s: s.kind),
    "name": (TextValueSpec(), "other", lambda s: s.name),
    "place": (
        XYValueSpec(),
        {"x": 1.0, "y": 0.0},
        lambda s: dict(zip("xy", s.place, strict=True)),
    ),
}


@pytest.mark.parametrize("target", PLAIN_TARGETS)
def test_an_attribute_of_a_session_is_a_target(opened: Any, target: str) -> None:
    values, wanted, read = PLAIN_TARGETS[target]
    session = opened(Plain, ControlSpec("x", "X", values, target=target))
    shown(session)
    session.handle(SetControl("x", wanted))
    assert read(session) == wanted
    assert shown(session) == {"x": wanted}
    assert type(session.place) is np.ndarray


def test_a_control_shows_what_the_model_made_of_its_value(opened: Any) -> None:
    session = opened(
        Plain, ControlSpec("r", "Rate", ScalarValueSpec(1, 0, 10), target="model.rate")
    )
    session.handle(SetControl("r", 9.0))
    assert session.model.rate == 5.0
    assert shown(session) == {"r": 5.0}


def test_a_refused_value_comes_back_with_the_present_one(opened: Any) -> None:
    session = opened(
        Plain, ControlSpec("r", "Rate", ScalarValueSpec(1, 0, 10), target="model.rate")
    )
    with pytest.raises(RequestError) as refused:
        session.handle(SetControl("r", 11))
    assert refused.value.code == "out-of-range"
    assert shown(session) == {"r": 1.0}
    session.handle(SetControl("r", 7))  # the model raises
    updates = session.read_updates()
    errors = [each for each in updates if isinstance(each, Error)]
    assert [(each.code, each.subject) for each in errors] == [("hook-failed", "r")]
    assert "seven" in errors[0].message
    assert [each.values for each in updates if isinstance(each, StatePatch)] == [{"r": 1.0}]


@pytest.mark.parametrize(
    ("base", "target", "word"),
    [
        (OnNeuron, "sma.gnabar_hh", "soma"),
        (OnNeuron, "soma.gnabar_h", "gnabar_hh"),
        (OnNeuron, "dend.gnabar_hh", "g_pas"),
        (OnNeuron, "soma(2).hh.gnabar", "soma"),
        (OnNeuron, "_clamp.ampl", "amp"),
        (OnNeuron, "soma.insert", "insert"),
        (OnNeuron, "dend.nseg", "build_sections"),
        (OnJaxley, "HH_gna", "HH_gNa"),
        (OnJaxley, "branch(7).HH_gNa", "branch"),
        (OnJaxley, "branch(0).HH_m", "HH_m"),
        (OnJaxley, "_clamp.ampl", "amp"),
        (Plain, "model.rat", "rate"),
        (Plain, "nothing", "model"),
        (Plain, "cells[9].gain", "cells"),
        (Plain, "1 + 1", "1 + 1"),
        (Plain, "name.x[", "name"),
    ],
)
def test_a_target_that_does_not_exist_is_an_error_at_the_start(
    base: type, target: str, word: str
) -> None:
    pytest.importorskip("neuron" if base is OnNeuron else "jaxley")
    session = with_controls(base, ControlSpec("x", "Unknown", AMP, target=target))
    with closing(session), pytest.raises(SimulatorError) as failed:
        session.initialize()
    assert failed.value.code == "unknown-target"
    assert "test_control_targets.py, line" in failed.value.message
    assert word in failed.value.message
    assert repr(target) in failed.value.message


def test_a_control_of_the_window_is_not_applied(opened: Any) -> None:
    local = ControlSpec("w", "Window", ScalarValueSpec(1, 0, 9), send_to_session=False)
    session = opened(Plain, local)
    session.handle(SetControl("w", 5))
    assert shown(session) == {"w": 5.0}


def test_a_state_key_is_what_views_call_the_value(opened: Any) -> None:
    spec = ControlSpec("n", "N", ScalarValueSpec(1, 0, 9), state_key="count", target="n")
    session = opened(Plain, spec)
    assert first_values(session.scene_shown.controls) == {"n": 2.0, "count": 2.0}
    session.handle(SetControl("n", 5))
    assert shown(session) == {"n": 5.0, "count": 5.0}


class Drifting(OnNeuron):
    """Its stimulus grows by itself."""

    def after_batch(self) -> None:
        self._clamp.amp += 0.125


def test_a_control_follows_what_the_running_model_changes(opened: Any) -> None:
    pytest.importorskip("neuron")
    session = opened(Drifting, ControlSpec("amp", "Amplitude", AMP, target="_clamp.amp"))
    session.handle(RunFor(1.0))
    while session.is_live():
        session.advance()
    assert shown(session) == {"amp": session._clamp.amp}
    assert session._clamp.amp > 0.3


def test_a_plain_model_that_changes_by_itself_is_followed(opened: Any) -> None:
    session = opened(Plain, ControlSpec("n", "N", ScalarValueSpec(2, 0, 9), target="n"))
    shown(session)
    session.n = 7
    session.handle(KeyPressed("K"))
    assert shown(session) == {"n": 7.0}


@given(
    path=st.text("ab.()[]0123 'x", max_size=8)
    | st.sampled_from(["model.rate", "cells[0].gain", "params.tau", "place"])
)
def test_any_text_is_a_target_or_one_error_with_the_line(path: str) -> None:
    finder = TargetFinder(Plain())
    spec = ControlSpec("x", "X", ScalarValueSpec(1.0), target=path or "?")
    try:
        found = finder.find(spec)
    except SimulatorError as error:
        assert error.code == "unknown-target"  # noqa: PT017 (either is right)
        assert "line" in error.message  # noqa: PT017
    else:
        assert isinstance(found.read(), float)
