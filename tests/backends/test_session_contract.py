"""What every session promises, whichever simulator is in it and whichever process it lives in."""

from __future__ import annotations

import importlib
import importlib.util
import pickle
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from driving import advance_until, of_kind, settle, trace_of

from backends.errors import RequestError
from backends.isolated.session import IsolatedSession
from backends.messages import (
    CaptureTrace,
    EntityClicked,
    Error,
    FieldAppend,
    FieldReplace,
    InvokeAction,
    KeyPressed,
    RemoveTrace,
    Reset,
    RunFor,
    RunStatus,
    SessionCommand,
    SessionUpdate,
    SetControl,
    SetDisplayVariable,
    SetRunning,
    SetSpeed,
    SetStopTime,
    StatePatch,
    StepOnce,
    TraceAdded,
    TraceRemoved,
)
from backends.scene import Scene
from backends.session import Session


@dataclass(frozen=True)
class Kind:
    """One row of the suite.

    Attributes
    ----------
    module, name : str
        The session class, in a module under tests/support or backends.
    control : (str, value, value)
        A control, a value that it takes, one that it must refuse.
    action : str
    sample_ms : float
        Interval between samples of a trace, ms.
    isolated : bool
        Whether it lives in a process of its own.
    """

    module: str
    name: str
    control: tuple[str, Any, Any]
    action: str
    sample_ms: float
    isolated: bool = False

    def make(self) -> Session:
        """Return a new session, not yet initialized."""
        session_class: Callable[[], Session] = getattr(
            importlib.import_module(self.module), self.name
        )
        return IsolatedSession(session_class) if self.isolated else session_class()


RAMP = ("ramp", "Ramp", ("slope", 2.5, 11.0), "flip", 0.5)
MOCK = ("backends.mock.session", "MockSession", ("amp", 0.5, 11.0), "silence", 0.1)
NEURON = ("neuron_models", "TwoSections", ("amp", 0.5, 11.0), "silence", 0.1)
JAXLEY = ("jaxley_models", "TwoBranches", ("amp", 0.5, 11.0), "silence", 0.1)
SCRIPT = ("script_models", "two_sections", ("amp", 0.5, 11.0), "silence", 0.1)
OWN_SOLVER = ("script_models", "decay", ("amp", 0.5, 11.0), "silence", 0.1)
LOADED = ("jaxley_models", "LoadedBall", ("stimulus_amp", 0.5, 1e6), "silence", 0.1)
needs_jaxley = pytest.mark.skipif(
    importlib.util.find_spec("jaxley") is None, reason="Jaxley is not installed"
)
needs_neuron = pytest.mark.skipif(
    importlib.util.find_spec("neuron") is None, reason="NEURON is not installed"
)
KINDS = [
    pytest.param(Kind(*RAMP), id="ramp"),
    pytest.param(Kind(*RAMP, isolated=True), id="isolated-ramp"),
    pytest.param(Kind(*MOCK), id="mock"),
    pytest.param(Kind(*MOCK, isolated=True), id="isolated-mock"),
    pytest.param(Kind(*NEURON), id="neuron", marks=needs_neuron),
    pytest.param(
        Kind(*NEURON, isolated=True), id="isolated-neuron", marks=[needs_neuron, pytest.mark.slow]
    ),
    pytest.param(Kind(*SCRIPT), id="script-neuron", marks=needs_neuron),
    pytest.param(Kind(*OWN_SOLVER), id="script-own-solver"),
    pytest.param(Kind(*OWN_SOLVER, isolated=True), id="isolated-script"),
    pytest.param(Kind(*JAXLEY), id="jaxley", marks=needs_jaxley),
    pytest.param(
        Kind(*LOADED, isolated=True), id="isolated-jaxley", marks=[needs_jaxley, pytest.mark.slow]
    ),
]


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> Kind:
    """Return the row."""
    row: Kind = request.param
    return row


@dataclass
class Live:
    """An initialized session, its scene, and what it said at the start."""

    session: Session
    scene: Scene
    first: list[SessionUpdate]

    @property
    def segment_ids(self) -> tuple[str, ...]:
        """The segments that can be clicked."""
        assert self.scene.geometry is not None
        return self.scene.geometry.segment_ids

    @property
    def dt_ms(self) -> float:
        """The session's step, ms."""
        assert self.scene.dt_ms is not None
        return self.scene.dt_ms

    def do(self, *commands: SessionCommand) -> list[SessionUpdate]:
        """Give commands; return all that was said until the session rests."""
        received: list[SessionUpdate] = []
        for command in commands:
            self.session.handle(command)
            received += settle(self.session)
        return received

    def refusal(self, command: SessionCommand) -> tuple[str, str]:
        """Give a command that must be refused; return the error's code and sentence."""
        try:
            updates = self.do(command)
        except RequestError as error:
            return error.code, error.message
        (error,) = of_kind(Error, updates)
        assert not error.fatal
        return error.code, error.message


@pytest.fixture
def live(kind: Kind) -> Iterator[Live]:
    """Return an initialized session, shut down after the test."""
    session = kind.make()
    try:
        scene = session.initialize()
        assert isinstance(scene, Scene)
        yield Live(session, scene, settle(session))
    finally:
        session.shutdown()


def clock(received: list[SessionUpdate]) -> RunStatus:
    """Return the newest word on where the session is."""
    return of_kind(RunStatus, received)[-1]


def test_initialize_returns_a_scene_with_one_display_value_a_segment(live: Live) -> None:
    view, geometry = live.scene.morphology_view, live.scene.geometry
    assert view is not None
    assert geometry is not None
    display = live.scene.field_by_id(view.field_id)
    assert display.values.shape == (geometry.n_segments,)
    assert np.isfinite(display.values).all()
    assert live.scene.trace_view is not None


def test_it_starts_paused_at_time_zero(live: Live) -> None:
    status = clock(live.first)
    assert (status.time_ms, status.steps, status.running) == (0.0, 0, False)
    assert not live.session.is_live()
    assert live.session.idle_sleep() is None


def test_reading_updates_forgets_them(live: Live) -> None:
    assert live.do(StepOnce())
    assert live.session.read_updates() == []


def test_single_steps_are_counted_exactly(live: Live) -> None:
    status = clock(live.do(StepOnce()))
    assert (status.steps, status.running) == (1, False)
    status = clock(live.do(StepOnce(7)))
    assert (status.steps, status.running) == (8, False)
    assert status.time_ms == pytest.approx(8 * live.dt_ms, abs=1e-9)


def test_continue_for_ends_exactly_where_it_should(live: Live) -> None:
    for duration, end in ((10.0, 10.0), (10.0, 20.0), (1.0, 21.0)):
        status = clock(live.do(RunFor(duration)))
        assert status.time_ms == pytest.approx(end, abs=1e-9)
        assert status.steps == round(end / live.dt_ms)
        assert status.finished
        assert not status.running


def test_a_run_ends_at_tstop(live: Live) -> None:
    status = clock(live.do(SetStopTime(7.5), SetRunning(True)))
    assert status.time_ms == pytest.approx(7.5, abs=1e-9)
    assert status.finished
    assert not status.running


def test_running_begins_at_once_and_pause_ends_it_between_steps(live: Live) -> None:
    live.session.handle(SetRunning(True))
    assert live.session.is_live()
    advance_until(live.session, lambda u: isinstance(u, RunStatus) and u.steps > 10)
    paused = clock(live.do(SetRunning(False)))
    assert not paused.running
    assert not paused.finished
    assert paused.time_ms == pytest.approx(paused.steps * live.dt_ms, abs=1e-6)
    resumed = clock(live.do(RunFor(1.0)))
    assert resumed.time_ms == pytest.approx(paused.time_ms + 1.0, abs=1e-6)


def test_frames_have_one_finite_value_a_segment_and_belong_to_the_clock(live: Live) -> None:
    assert live.scene.morphology_view is not None
    received = live.do(RunFor(5.0))
    frame = of_kind(FieldReplace, received)[-1]
    assert frame.field_id == live.scene.morphology_view.field_id
    assert frame.values.shape == (len(live.segment_ids),)
    assert np.isfinite(frame.values).all()
    assert frame.time_ms == pytest.approx(clock(received).time_ms, abs=1e-9)


def test_reset_goes_back_to_the_state_at_time_zero(live: Live) -> None:
    first = of_kind(FieldReplace, live.do(Reset()))[-1]
    live.do(RunFor(5.0))
    received = live.do(Reset())
    assert (clock(received).time_ms, clock(received).steps, clock(received).running) == (
        0.0,
        0,
        False,
    )
    again = of_kind(FieldReplace, received)[-1]
    assert again.time_ms == 0.0
    assert np.array_equal(again.values, first.values)


def test_the_same_run_gives_the_same_values_after_reset(live: Live) -> None:
    segment = live.segment_ids[0]
    first = trace_of(segment, live.do(EntityClicked(segment), RunFor(5.0)))
    again = trace_of(segment, live.do(Reset(), RunFor(5.0)))
    assert np.array_equal(first[0], again[0])
    assert np.array_equal(first[1], again[1])


def test_a_good_control_value_is_taken_and_reported(live: Live, kind: Kind) -> None:
    control_id, good, _ = kind.control
    assert of_kind(StatePatch, live.do(SetControl(control_id, good)))[-1].values[control_id] == good


def test_a_control_changes_what_is_simulated(live: Live, kind: Kind) -> None:
    before = of_kind(FieldReplace, live.do(RunFor(5.0)))[-1].values
    live.do(SetControl(*kind.control[:2]), Reset())
    after = of_kind(FieldReplace, live.do(RunFor(5.0)))[-1].values
    assert not np.allclose(before, after)


def test_an_action_changes_what_is_simulated(live: Live, kind: Kind) -> None:
    before = of_kind(FieldReplace, live.do(RunFor(5.0)))[-1].values
    live.do(InvokeAction(kind.action), Reset())
    after = of_kind(FieldReplace, live.do(RunFor(5.0)))[-1].values
    assert not np.allclose(before, after)


def test_what_cannot_be_is_refused_by_name_and_the_session_goes_on(live: Live, kind: Kind) -> None:
    control_id, _, bad = kind.control
    label = {spec.id: spec.label for spec in live.scene.controls}[control_id]
    for command, expected_code, name in (
        (SetControl(control_id, bad), "out-of-range", label),
        (SetControl(control_id, "much"), "not-a-number", label),
        (SetControl("no_such", 1.0), "unknown-control", "no_such"),
        (InvokeAction("no_such"), "unknown-action", "no_such"),
        (CaptureTrace("nowhere(0.5)"), "unknown-segment", "nowhere(0.5)"),
        (RemoveTrace("nowhere(0.5)"), "unknown-trace", "nowhere(0.5)"),
        (SetDisplayVariable("no_such"), "unknown-variable", "no_such"),
    ):
        code, message = live.refusal(command)
        assert code == expected_code
        assert name in message
    assert clock(live.do(RunFor(1.0))).finished


def test_commands_of_taste_are_accepted(live: Live) -> None:
    received = live.do(
        SetSpeed(None),
        SetStopTime(None),
        KeyPressed("W"),
        SetDisplayVariable(live.scene.display_variables[0].name),
    )
    assert of_kind(Error, received) == []


def test_a_trace_has_every_sample_once_across_pauses_and_steps(live: Live, kind: Kind) -> None:
    segment = live.segment_ids[-1]
    received = live.do(EntityClicked(segment))
    (added,) = of_kind(TraceAdded, received)
    assert (added.trace_id, added.segment_id) == (segment, segment)
    received += live.do(RunFor(3.0), StepOnce(3), StepOnce(2), RunFor(5.0))
    live.session.handle(SetRunning(True))
    received += advance_until(live.session, lambda u: isinstance(u, RunStatus) and u.time_ms > 60.0)
    received += live.do(SetRunning(False), RunFor(2 * kind.sample_ms))
    times, values = trace_of(segment, received)
    assert np.allclose(np.diff(times), kind.sample_ms, rtol=0, atol=1e-6)
    assert times[0] <= kind.sample_ms
    assert times[-1] > clock(received).time_ms - kind.sample_ms * 1.001
    assert np.isfinite(values).all()
    for part in of_kind(FieldAppend, received):
        assert part.rows == (segment,)


def test_a_trace_ends_with_the_value_that_is_shown(live: Live) -> None:
    segment = live.segment_ids[1]
    received = live.do(EntityClicked(segment), RunFor(5.0))
    times, values = trace_of(segment, received)
    frame = of_kind(FieldReplace, received)[-1]
    assert times[-1] == pytest.approx(frame.time_ms, abs=1e-6)
    assert values[-1] == pytest.approx(frame.values[1], rel=1e-5)


def test_a_second_click_adds_a_second_row_and_loses_nothing_of_the_first(
    live: Live, kind: Kind
) -> None:
    one, two = live.segment_ids[:2]
    received = live.do(EntityClicked(one), RunFor(2.0), EntityClicked(two), RunFor(2.0))
    times, _ = trace_of(one, received)
    assert np.allclose(np.diff(times), kind.sample_ms, rtol=0, atol=1e-6)
    assert times[-1] == pytest.approx(4.0, abs=1e-6)
    later, _ = trace_of(two, received)
    assert np.allclose(np.diff(later), kind.sample_ms, rtol=0, atol=1e-6)
    assert later[-1] == pytest.approx(4.0, abs=1e-6)


def test_capturing_what_is_captured_does_not_double_it(live: Live) -> None:
    segment = live.segment_ids[0]
    received = live.do(CaptureTrace(segment), CaptureTrace(segment), RunFor(1.0))
    assert {part.rows for part in of_kind(FieldAppend, received)} == {(segment,)}


def test_a_removed_trace_gets_no_more_samples(live: Live) -> None:
    one, two = live.segment_ids[:2]
    live.do(CaptureTrace(one), CaptureTrace(two), RunFor(1.0))
    received = live.do(RemoveTrace(one), RunFor(1.0))
    assert of_kind(TraceRemoved, received) == [TraceRemoved(one)]
    assert {part.rows for part in of_kind(FieldAppend, received)} == {(two,)}


def test_reset_keeps_the_chosen_traces_and_starts_them_again(live: Live) -> None:
    segment = live.segment_ids[0]
    live.do(CaptureTrace(segment), RunFor(3.0))
    received = live.do(Reset(), RunFor(1.0))
    (added,) = of_kind(TraceAdded, received)
    assert added.times.size == 0 or added.times[-1] == 0.0
    times, _ = trace_of(segment, received)
    assert times[-1] == pytest.approx(1.0, abs=1e-6)


def test_a_reset_during_a_run_pauses_at_time_zero_or_runs_from_there(live: Live) -> None:
    segment = live.segment_ids[0]
    live.do(CaptureTrace(segment))
    live.session.handle(SetRunning(True))
    advance_until(live.session, lambda u: isinstance(u, RunStatus) and u.steps > 10)
    received = live.do(SetRunning(False), Reset(), RunFor(1.0))
    times, _ = trace_of(segment, received)
    assert times[-1] == pytest.approx(1.0, abs=1e-6)
    assert (np.diff(times) > 0).all()


def test_everything_that_is_reported_can_be_pickled(live: Live, kind: Kind) -> None:
    segment = live.segment_ids[0]
    received = live.first + live.do(
        CaptureTrace(segment),
        SetControl(*kind.control[:2]),
        RunFor(2.0),
        RemoveTrace(segment),
        Reset(),
    )
    for update in [*received, live.scene]:
        assert type(pickle.loads(pickle.dumps(update))) is type(update)


def test_shutdown_may_be_called_twice_and_while_running(live: Live) -> None:
    live.session.handle(SetRunning(True))
    live.session.advance()
    live.session.shutdown()
    live.session.shutdown()
    assert not live.session.is_live()


def test_shutdown_before_initialize_is_no_trouble(kind: Kind) -> None:
    session = kind.make()
    session.shutdown()
    session.shutdown()
