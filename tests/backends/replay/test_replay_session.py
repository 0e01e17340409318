"""A recording runs, pauses, steps and ends like a model; every value is known in advance."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from driving import of_kind, settle, trace_of
from ramp import line_geometry

from backends.errors import ProtocolError, RequestError
from backends.field import Field
from backends.messages import (
    CaptureTrace,
    EntityClicked,
    FieldReplace,
    InvokeAction,
    RemoveTrace,
    Reset,
    RunFor,
    RunStatus,
    SessionUpdate,
    SetControl,
    SetDisplayVariable,
    SetRunning,
    SetSpeed,
    SetStopTime,
    StepOnce,
    TraceAdded,
    TraceRemoved,
)
from backends.replay import RecordedTrace, ReplaySession
from backends.replay.scenes import morphology_scene
from backends.scene import Scene
from backends.views import ImageViewSpec

N = 10
TIMES = np.arange(N) * 0.5


def cell_session(**options: Any) -> ReplaySession:
    """Return a recording of three segments: segment i at frame k is 10 i + k."""
    geometry = line_geometry(3)
    frames = 10.0 * np.arange(3) + np.arange(N)[:, None]
    scene = morphology_scene(
        geometry, frames[0], unit="mV", label="", limits=(0.0, 30.0), title="Recorded"
    )
    options = {"times": TIMES, "interval_live": False} | options
    return ReplaySession(scene=scene, field_id="display", frames=frames, **options)


def built(**options: Any) -> ReplaySession:
    """Return it with its first updates read."""
    session = cell_session(**options)
    session.initialize()
    session.read_updates()
    return session


def frames_of(updates: list[SessionUpdate]) -> list[float]:
    """Return the first segment's value of each frame."""
    return [float(each.values[0]) for each in of_kind(FieldReplace, updates)]


def last_status(updates: list[SessionUpdate]) -> RunStatus:
    """Return the newest clock."""
    return of_kind(RunStatus, updates)[-1]


def test_a_recording_runs_to_the_end_of_its_data_and_has_then_finished() -> None:
    session = built()
    session.handle(SetRunning(True))
    updates = settle(session)
    assert frames_of(updates) == list(range(1, N))
    status = last_status(updates)
    assert (status.time_ms, status.running, status.finished) == (4.5, False, True)


def test_at_the_end_running_on_is_refused_and_init_begins_again() -> None:
    session = built()
    session.handle(SetRunning(True))
    settle(session)
    for command in (SetRunning(True), StepOnce(), RunFor(1.0)):
        with pytest.raises(RequestError) as caught:
            session.handle(command)
        assert caught.value.code == "recording-ended"
        assert caught.value.hint == "reset"
    session.handle(Reset())
    updates = session.read_updates()
    assert frames_of(updates) == [0.0]
    assert last_status(updates).time_ms == 0.0
    session.handle(SetRunning(True))
    assert frames_of(settle(session)) == list(range(1, N))


def test_steps_continue_for_and_tstop_end_where_they_should() -> None:
    session = built()
    session.handle(StepOnce(2))
    assert last_status(settle(session)).time_ms == 1.0
    session.handle(RunFor(1.2))
    status = last_status(settle(session))
    assert (status.time_ms, status.finished) == (2.0, True)
    session.handle(SetStopTime(3.2))
    session.handle(SetRunning(True))
    assert last_status(settle(session)).time_ms == 3.0
    with pytest.raises(RequestError, match="Tstop"):
        session.handle(SetRunning(True))
    with pytest.raises(RequestError) as caught:
        session.handle(RunFor(0.1))
    assert caught.value.code == "duration-too-short"


def test_frames_that_lie_far_apart_follow_the_speed_on_the_wall_clock() -> None:
    session = cell_session(times=np.array([0, 1, 2, 3, 4, 5, 6, 7, 8, 100.0]))
    now = [50.0]
    session.run_control.clock = lambda: now[0]
    session.initialize()
    session.handle(SetSpeed(1.0))  # ms per second: the last frame is due after 100 s
    session.handle(SetRunning(True))
    seen: list[float] = []
    while (wait := session.idle_sleep()) is not None:
        now[0] += wait
        session.advance()
        seen += [each.time_ms for each in of_kind(RunStatus, session.read_updates())]
        assert now[0] < 200
    assert seen[-1] == 100.0
    assert now[0] - 50.0 == pytest.approx(100.0, abs=0.1)


def test_a_click_adds_the_trace_with_its_past_and_it_grows_with_the_frames() -> None:
    session = built()
    session.handle(StepOnce(3))
    updates = settle(session)
    session.handle(EntityClicked("soma[0](0.5)"))
    session.handle(EntityClicked("soma[0](0.5)"))
    updates += session.read_updates()
    assert len(of_kind(TraceAdded, updates)) == 1
    session.handle(SetRunning(True))
    updates += settle(session)
    times, values = trace_of("soma[0](0.5)", updates)
    np.testing.assert_allclose(times, TIMES)
    np.testing.assert_allclose(values, 10 + np.arange(N))
    session.handle(RemoveTrace("soma[0](0.5)"))
    assert of_kind(TraceRemoved, session.read_updates())


def test_recorded_traces_appear_as_far_as_the_clock_has_come_each_with_its_own_times() -> None:
    fine = RecordedTrace("fine", np.arange(0, 5, 0.1), np.arange(50), "nA")
    jump = RecordedTrace("jump", np.array([0.0, 1.0, 1.0, 2.0]), np.array([0, 0, 5, 5]), "mV")
    session = cell_session(traces=(fine, jump))
    session.initialize()
    updates = session.read_updates()
    assert len(trace_of("fine", updates)[0]) == 1
    session.handle(StepOnce(2))
    updates += settle(session)
    assert trace_of("jump", updates)[1].tolist() == [0, 0, 5]
    session.handle(SetRunning(True))
    updates += settle(session)
    np.testing.assert_allclose(trace_of("fine", updates)[0], fine.times[fine.times <= 4.5])
    assert {each.trace_id: each.unit for each in of_kind(TraceAdded, updates)}["fine"] == "nA"


def test_traces_alone_are_a_recording_whose_clock_stops_at_each_sample() -> None:
    trace = RecordedTrace("v", np.arange(5) * 2.0, np.arange(5), "mV")
    session = ReplaySession(scene=Scene(), traces=[trace], interval_live=False)
    session.initialize()
    session.handle(StepOnce())
    assert last_status(settle(session)).time_ms == 2.0


def test_pairs_of_values_and_coordinates_play_at_once_as_in_the_peer_s_replays() -> None:
    field = Field("wave", np.zeros((2, 3)), ("y", "x"))
    scene = Scene(fields=(field,), views=(ImageViewSpec("image", "wave"),))
    frames = [(np.full((2, 3), float(i)), None) for i in range(3)]
    frames.append((np.zeros((2, 4)), {"x": np.arange(4.0), "y": np.arange(2.0)}))
    session = ReplaySession(scene=scene, field_id="wave", frames=frames, interval_live=True)
    session.initialize()
    assert session.is_live()
    sent = of_kind(FieldReplace, settle(session))
    assert [float(each.values[0, 0]) for each in sent[:2]] == [1.0, 2.0]
    assert sent[2].coords is not None
    assert len(sent[2].coords["x"]) == 4


def test_a_loop_begins_again_until_it_is_paused() -> None:
    session = built(loop=True)
    session.handle(RunFor(4.5))
    updates = settle(session)
    session.handle(SetRunning(True))
    for _ in range(3):
        session.advance()
    updates = session.read_updates()
    assert 0.0 in [each.time_ms for each in of_kind(RunStatus, updates)]
    session.handle(SetRunning(False))
    assert session.idle_sleep() is None


@pytest.mark.parametrize(
    ("command", "code"),
    [
        (CaptureTrace("nothing"), "unknown-segment"),
        (RemoveTrace("nothing"), "unknown-trace"),
        (SetControl("gain", 1.0), "unknown-control"),
        (InvokeAction("fire"), "unknown-action"),
        (SetDisplayVariable("m_hh"), "unknown-variable"),
    ],
)
def test_what_a_recording_cannot_do_is_refused(command: Any, code: str) -> None:
    session = built()
    with pytest.raises(RequestError) as caught:
        session.handle(command)
    assert caught.value.code == code


def test_frames_that_do_not_suit_the_scene_are_named() -> None:
    field = Field("wave", np.zeros(3), ("x",))
    scene = Scene(fields=(field,))
    cases: list[tuple[dict[str, Any], str, str]] = [
        ({"field_id": "vave", "frames": [np.zeros(3)]}, "unknown-field", "wave"),
        ({"field_id": "wave", "frames": [np.zeros(3), np.zeros(4)]}, "bad-shape", "frame 1"),
        ({"field_id": "wave", "frames": []}, "empty-recording", "empty"),
        ({"field_id": "wave", "frames": np.zeros((2, 3)), "times": [0]}, "bad-shape", "2 frames"),
        ({"field_id": "wave", "frames": np.zeros((2, 3)), "times": [1, 0]}, "not-increasing", "1"),
    ]
    for options, code, word in cases:
        with pytest.raises(ProtocolError, match=word) as caught:
            ReplaySession(scene=scene, **options)
        assert caught.value.code == code
