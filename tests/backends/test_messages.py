"""Commands and updates are checked at birth; each wrong value's error names the field and what it was."""

from __future__ import annotations

import dataclasses
import math
import pickle
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given, strategies as st
from hypothesis.extra import numpy as hnp
from ramp import Ramp

from backends import messages
from backends.errors import ProtocolError, RequestError
from backends.messages import (
    CaptureTrace,
    EntityClicked,
    Error,
    EventsAppend,
    FieldAppend,
    FieldReplace,
    InvokeAction,
    KeyPressed,
    LayoutReplace,
    NotAnswering,
    PanelPatch,
    Phase,
    RemoveTrace,
    Reset,
    RunFor,
    RunStatus,
    ScenePatch,
    SceneReady,
    SessionCommand,
    SessionUpdate,
    SetControl,
    SetDisplayVariable,
    SetRunning,
    SetSpeed,
    SetStopTime,
    StartupScene,
    StatePatch,
    Status,
    StepOnce,
    StopSession,
    TraceAdded,
    TraceRemoved,
)
from backends.scene import LayoutSpec, PanelSpec, Scene
from backends.session import BufferedSession

NAMED_COMMANDS = [
    (lambda name: SetControl(name, 1.0), "SetControl.control_id"),
    (InvokeAction, "InvokeAction.action_id"),
    (KeyPressed, "KeyPressed.key"),
    (EntityClicked, "EntityClicked.entity_id"),
    (CaptureTrace, "CaptureTrace.segment_id"),
    (RemoveTrace, "RemoveTrace.trace_id"),
    (SetDisplayVariable, "SetDisplayVariable.name"),
    (lambda name: FieldReplace(name, np.zeros(1)), "FieldReplace.field_id"),
    (lambda name: FieldAppend(name, (), np.empty((0, 0)), np.empty(0)), "FieldAppend.field_id"),
    (lambda name: TraceAdded(name, None, np.empty(0), np.empty(0)), "TraceAdded.trace_id"),
    (PanelPatch, "PanelPatch.panel_id"),
    (Error, "Error.message"),
]
NUMBERED_COMMANDS = [
    (RunFor, "RunFor.duration_ms"),
    (SetStopTime, "SetStopTime.tstop_ms"),
    (SetSpeed, "SetSpeed.ms_per_second"),
]
EXAMPLES: list[SessionCommand | SessionUpdate] = [
    Reset(),
    SetControl("amp", 0.5),
    InvokeAction("flip", {"n": 1}),
    KeyPressed("Shift+X"),
    EntityClicked("soma[0](0.5)"),
    CaptureTrace("soma[0](0.5)"),
    RemoveTrace("soma[0](0.5)"),
    SetRunning(True),
    StepOnce(3),
    RunFor(5.0),
    SetStopTime(None),
    SetSpeed(10),
    SetDisplayVariable("v"),
    StopSession(),
    FieldReplace("v", np.arange(3.0), 1.5),
    FieldAppend("v", ("a", "b"), np.zeros((2, 3)), np.arange(3.0)),
    TraceAdded("a", None, np.arange(3.0), np.zeros(3), note="history begins at 0 ms"),
    TraceRemoved("a"),
    RunStatus(1.0, True, 40, finished=False),
    ScenePatch({"title": "New"}),
    StatePatch({"amp": 0.5}),
    PanelPatch("cell", title="Cell"),
    EventsAppend("spikes", np.array([0, 2]), np.array([1.0, 1.5])),
    StartupScene(Scene(title="Cell")),
    LayoutReplace(LayoutSpec((PanelSpec("cell", "morphology", "Cell"),))),
    Status(Phase.COMPILING, "Compiling", 0.5),
    NotAnswering("pyramidal does not answer."),
    Error("Broken.", "log", fatal=True, code="session-crashed"),
    SceneReady(Scene()),
]


@pytest.mark.parametrize(("make", "where"), NAMED_COMMANDS)
@pytest.mark.parametrize("bad", ["", None, 3])
def test_names_are_strings_that_say_something(make: Any, where: str, bad: Any) -> None:
    with pytest.raises(ProtocolError, match=where) as caught:
        make(bad)
    assert repr(bad) in caught.value.message


@pytest.mark.parametrize(("make", "where"), NUMBERED_COMMANDS)
@given(
    bad=st.one_of(
        st.floats(max_value=0.0), st.just(math.nan), st.just(math.inf), st.booleans(), st.text()
    )
)
def test_times_and_speeds_are_finite_and_positive(make: Any, where: str, bad: Any) -> None:
    with pytest.raises(ProtocolError, match=f"{where} must be a finite number > 0") as caught:
        make(bad)
    assert repr(bad) in caught.value.message


@pytest.mark.parametrize(("make", "where"), NUMBERED_COMMANDS)
@given(good=st.floats(min_value=0.0, exclude_min=True, allow_infinity=False))
def test_every_positive_time_or_speed_is_taken(make: Any, where: str, good: float) -> None:
    assert getattr(make(good), where.split(".")[1]) == good


@pytest.mark.parametrize("bad", [0, -1, 1.5, "2"])
def test_steps_are_counted_from_one(bad: Any) -> None:
    with pytest.raises(ProtocolError, match=r"StepOnce\.steps must be a whole number ≥ 1"):
        StepOnce(bad)


shapes = hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=4)


@given(values_shape=shapes, n_rows=st.integers(0, 3), n_samples=st.integers(0, 4))
def test_an_append_is_rows_by_samples_or_reports_both_shapes(
    values_shape: tuple[int, ...], n_rows: int, n_samples: int
) -> None:
    rows = tuple(f"trace {i}" for i in range(n_rows))

    def make() -> FieldAppend:
        return FieldAppend("v", rows, np.zeros(values_shape), np.arange(float(n_samples)))

    if values_shape == (n_rows, n_samples):
        assert make().values.shape == values_shape
        return
    with pytest.raises(ProtocolError, match="FieldAppend 'v': values must have shape") as caught:
        make()
    assert f"({n_rows}, {n_samples})" in caught.value.message
    assert str(values_shape) in caught.value.message


@given(times=hnp.arrays(np.float64, st.integers(2, 6), elements=st.floats(-10, 10)))
def test_an_append_is_taken_exactly_when_time_does_not_decrease(times: np.ndarray) -> None:
    if all(later >= earlier for earlier, later in pairwise(times)):
        FieldAppend("v", ("a",), np.zeros((1, len(times))), times)
    else:
        with pytest.raises(ProtocolError, match="coord_values") as refused:
            FieldAppend("v", ("a",), np.zeros((1, len(times))), times)
        assert refused.value.code == "not-increasing"


@given(n_times=st.integers(0, 5), n_values=st.integers(0, 5))
def test_a_trace_has_a_value_for_each_time_or_reports_both_shapes(
    n_times: int, n_values: int
) -> None:
    def make() -> TraceAdded:
        return TraceAdded("soma", None, np.arange(n_times), np.zeros(n_values))

    if n_times == n_values:
        assert make().times.dtype == np.float64
        return
    with pytest.raises(ProtocolError, match="TraceAdded 'soma': values must have shape") as caught:
        make()
    assert f"({n_times})" in caught.value.message
    assert f"({n_values},)" in caught.value.message


def test_a_scene_patch_names_what_a_scene_has_not() -> None:
    with pytest.raises(ProtocolError, match="ScenePatch: a scene has no colour, smell"):
        ScenePatch({"title": "Cell", "smell": 1, "colour": 2})


@pytest.mark.parametrize(
    ("make", "where"),
    [
        (ScenePatch, "ScenePatch.changes"),
        (StatePatch, "StatePatch.values"),
        (lambda bad: InvokeAction("a", bad), "InvokeAction.payload"),
    ],
)
@pytest.mark.parametrize("bad", [{1: 2}, ["a"], "a"])
def test_mappings_have_string_keys(make: Any, where: str, bad: Any) -> None:
    with pytest.raises(ProtocolError, match=f"{where} must be a mapping with string keys"):
        make(bad)


def test_a_phase_may_be_given_by_its_word_and_only_by_such_a_word() -> None:
    assert Status("Building").phase is Phase.BUILDING  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="'Dreaming' is not a valid Phase"):
        Status("Dreaming")  # type: ignore[arg-type]


def test_the_examples_below_cover_every_message() -> None:
    kinds = {
        kind
        for kind in vars(messages).values()
        if isinstance(kind, type)
        and issubclass(kind, (SessionCommand, SessionUpdate))
        and kind not in (SessionCommand, SessionUpdate)
    }
    assert {type(example) for example in EXAMPLES} == kinds


@pytest.mark.parametrize("message", EXAMPLES, ids=lambda message: type(message).__name__)
def test_messages_are_frozen_small_and_pickle_to_the_same_words(message: Any) -> None:
    again = pickle.loads(pickle.dumps(message))
    assert repr(again) == repr(message)
    assert not hasattr(message, "__dict__")
    for field in dataclasses.fields(message):
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(message, field.name, None)


def test_a_payload_is_the_message_s_own_copy() -> None:
    payload = {"n": 1}
    action = InvokeAction("flip", payload)
    payload["n"] = 2
    assert action.payload == {"n": 1}


def test_emit_takes_updates_only() -> None:
    session: BufferedSession = Ramp()
    with pytest.raises(TypeError, match=r"emit\(\) takes a SessionUpdate, not Reset"):
        session.emit(Reset())  # type: ignore[arg-type]


def test_a_status_goes_at_once_to_who_requests_for_it_and_nothing_else_does() -> None:
    session, statuses = Ramp(), []
    session.on_status = statuses.append
    session.emit(Status(Phase.BUILDING))
    session.emit(TraceRemoved("a"))
    session.on_status = None
    session.emit(Status(Phase.READY))
    assert statuses == [Status(Phase.BUILDING)]
    assert session.read_updates() == [TraceRemoved("a"), Status(Phase.READY)]


def test_errors_keep_message_and_details_through_pickle() -> None:
    error = pickle.loads(pickle.dumps(RequestError("No.", "because")))
    assert (type(error), error.message, error.details) == (RequestError, "No.", "because")
