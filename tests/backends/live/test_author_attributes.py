"""An author may use any attribute name: the run stays the same, or one sentence names what is reserved."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from driving import closing, settle, trace_of

from backends.errors import SimulatorError, SomascopeError
from backends.messages import CaptureTrace, EntityClicked, KeyPressed, Reset, RunFor
from backends.neuron import NeuronSession
from backends.session import BufferedSession

pytest.importorskip("neuron")
Hook = Callable[[Any], None]
METHODS = ("handle", "emit", "advance", "record", "read_updates", "pid", "_live", "_updates")


class Soma(NeuronSession):
    """A soma whose hooks do what a test asks for."""

    before: Hook | None = None
    inside: Hook | None = None

    def build_sections(self) -> Any:
        from neuron import h

        if self.before:
            self.before()
        soma = h.Section(name="soma")
        soma.L = soma.diam = 20
        soma.insert("hh")
        return [soma]

    def setup_model(self, sections: Any) -> None:
        from neuron import h

        if self.inside:
            self.inside()
        vars(self)["my clamp"] = clamp = h.IClamp(sections[0](0.5))
        clamp.delay, clamp.dur, clamp.amp = 1, 5, 0.3


def names(kind: Any) -> list[str]:
    own = [*dir(kind()), *vars(kind())]
    return sorted({name for name in own if not name.startswith("__")} - {"before", "inside"})


def voltages(**hooks: Hook) -> np.ndarray:
    session = type("Mine", (Soma,), hooks)()
    with closing(session):
        session.initialize()
        session.handle(CaptureTrace("soma(0.5)"))
        session.handle(EntityClicked("soma(0.5)"))
        session.handle(KeyPressed("W"))
        session.handle(Reset())
        session.handle(RunFor(5.0))
        return trace_of("soma(0.5)", settle(session))[1]


@pytest.fixture(scope="module")
def expected() -> np.ndarray:
    return voltages()


@pytest.mark.slow
@pytest.mark.parametrize("hook", ["before", "inside"])
@pytest.mark.parametrize("name", names(Soma))
def test_any_name_runs_as_without_or_is_refused_by_its_name(
    name: str, hook: str, expected: np.ndarray
) -> None:
    def assign(self: Any) -> None:
        setattr(self, name, object())

    refused, found = None, None
    try:
        found = voltages(**{hook: assign})
    except SomascopeError as error:
        refused = error
    if refused is None:
        assert found is not None
        assert np.array_equal(found, expected)
    else:
        assert name in refused.message
        assert name in Soma.ENGINE.CHECKS or (refused.code, "Mine.assign" in refused.message) == (
            "reserved-name",
            True,
        )


@pytest.mark.parametrize("name", METHODS)
def test_methods_of_the_protocol_are_refused(name: str) -> None:
    def assign(self: Any) -> None:
        setattr(self, name, lambda: None)

    with pytest.raises(SimulatorError, match=name) as refused:
        voltages(inside=assign)
    assert refused.value.code == "reserved-name"


@pytest.mark.parametrize("name", ["t", "cells", "state", "run_control", "sections", "stepper"])
def test_what_can_be_read_can_be_used_for_other_things(name: str, expected: np.ndarray) -> None:
    seen: list[object] = []

    def keep(self: Any) -> None:
        setattr(self, name, "mine")
        seen.append(getattr(self, name))

    assert np.array_equal(voltages(inside=keep), expected)
    assert seen == ["mine"]


def test_names_on_the_class_are_the_author_s_too(expected: np.ndarray) -> None:
    hooks = {"traces"}  # attributes that are hooks: a wrong value of one is refused
    own = {
        name: None for name in names(Soma) if name not in Soma.ENGINE.CHECKS and name not in hooks
    }
    free = [name for name in own if not callable(getattr(Soma, name, None)) and name != "pid"]
    session = {name: 3 for name in free if not name.startswith("_") and name != "on_status"}
    assert {"t", "state", "history"} <= set(session)
    found = voltages(**session)  # type: ignore[arg-type]
    assert np.array_equal(found, expected)


def test_a_value_in_the_place_of_a_hook_is_refused_at_once() -> None:
    with pytest.raises(SimulatorError, match="trace_title") as refused:
        voltages(trace_title="Voltage")  # type: ignore[arg-type]
    assert refused.value.code == "reserved-name"


def test_a_function_may_be_assigned_to_a_hook() -> None:
    keys = []

    def assign(self: Any) -> None:
        self.on_key_press = lambda key, context: keys.append(key)

    voltages(inside=assign)
    assert keys == ["W"]


def test_options_are_obeyed_where_a_hook_sets_them() -> None:
    def set_them(self: Any) -> None:
        self.display_dt, self.max_samples, self.title = 0.5, 3, "Mine"
        self.facts = {"Age": "P14"}

    session = type("Mine", (Soma,), {"inside": set_them})()
    with closing(session):
        scene = session.initialize()
        assert dict(scene.facts) == {"Age": "P14"}
        session.handle(CaptureTrace("soma(0.5)"))
        session.handle(RunFor(5.0))
        times, _ = trace_of("soma(0.5)", settle(session))
    assert np.allclose(np.diff(times[-3:]), 0.5)


def test_bare_sessions_have_the_same_reserved_names() -> None:
    class Bare(BufferedSession):
        def initialize(self) -> None:
            self.t = 5
            self.emit = 3  # type: ignore[assignment, method-assign]

        def advance(self) -> None: ...

        def handle(self, command: Any) -> None: ...

    with pytest.raises(SimulatorError, match=r"Bare\.initialize sets self\.emit") as refused:
        Bare().initialize()
    assert refused.value.code == "reserved-name"
