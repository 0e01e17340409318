"""What every session promises, whichever simulator is in it and whichever process it lives in."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import pytest
from driving import advance_until, of_kind, settle, trace_of
from session_kinds import Kind, rows_with

from backends.errors import RequestError
from backends.messages import (
    CaptureTrace,
    EntityClicked,
    Error,
    EventsAppend,
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

MS = 8.0
"""How long a run is that a control or an action changes."""

F = TypeVar("F", bound=Callable[..., None])


def needs(*parts: str) -> Callable[[F], F]:
    """Run a test with the kinds that have these parts only; see `session_kinds.PARTS`."""

    def mark(test: F) -> F:
        vars(test)["parts"] = frozenset(parts)
        return test

    return mark


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Give each test the rows that have what it needs."""
    metafunc.parametrize("kind", rows_with(vars(metafunc.function).get("parts", frozenset())))


@dataclass
class Live:
    """An initialized session, its scene, and what it said at the start."""

    session: Session
    scene: Scene
    first: list[SessionUpdate]
    kind: Kind

    @property
    def segment_ids(self) -> tuple[str, ...]:
        """The segments that can be clicked."""
        assert self.scene.geometry is not None
        return self.scene.geometry.segment_ids

    @property
    def dt_ms(self) -> float:
        """The session's step, ms."""
        return self.scene.dt_ms or self.kind.step_ms

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
        if "rest" in kind.lacks and "run" not in kind.lacks:
            session.handle(SetRunning(False))
            session.handle(Reset())
        yield Live(session, scene, settle(session), kind)
    finally:
        session.shutdown()


def shown(received: list[SessionUpdate]) -> list[np.ndarray]:
    """Return what a window shows in the end: the last frame of each field, all traces and events."""
    frames = {each.field_id: each.values for each in of_kind(FieldReplace, received)}
    ids = {each.trace_id: None for each in of_kind(TraceAdded, received)}
    ids |= {row: None for each in of_kind(FieldAppend, received) for row in each.rows}
    events = [part for each in of_kind(EventsAppend, received) for part in (each.rows, each.times)]
    traces = [part for each in ids for part in trace_of(each, received)]
    return [*frames.values(), *traces, *events]


def are_equal(one: list[np.ndarray], other: list[np.ndarray]) -> bool:
    """Whether the same is shown, to the last bit."""
    pairs = zip(one, other, strict=False)
    return len(one) == len(other) and all(np.array_equal(a, b, equal_nan=True) for a, b in pairs)


def clock(received: list[SessionUpdate]) -> RunStatus:
    """Return the newest word on where the session is."""
    return of_kind(RunStatus, received)[-1]


@needs("cell")
def test_initialize_returns_a_scene_with_one_display_value_a_segment(
    live: Live, kind: Kind
) -> None:
    view, geometry = live.scene.morphology_view, live.scene.geometry
    assert view is not None
    assert geometry is not None
    display = live.scene.field_by_id(view.field_id)
    assert display.values.shape == (geometry.n_segments,)
    assert np.isfinite(display.values).all()
    assert live.scene.trace_view is not None or "traces" in kind.lacks


@needs("run", "rest")
def test_it_starts_paused_at_time_zero(live: Live) -> None:
    status = clock(live.first)
    assert (status.time_ms, status.steps, status.running) == (0.0, 0, False)
    assert not live.session.is_live()
    assert live.session.idle_sleep() is None


@needs("run")
def test_reading_updates_forgets_them(live: Live) -> None:
    assert live.do(StepOnce())
    assert live.session.read_updates() == []


@needs("run")
def test_single_steps_are_counted_exactly(live: Live) -> None:
    status = clock(live.do(StepOnce()))
    assert (status.steps, status.running) == (1, False)
    status = clock(live.do(StepOnce(7)))
    assert (status.steps, status.running) == (8, False)
    assert status.time_ms == pytest.approx(8 * live.dt_ms, abs=1e-9)


@needs("run")
def test_continue_for_ends_exactly_where_it_should(live: Live) -> None:
    for duration, end in ((10.0, 10.0), (10.0, 20.0), (1.0, 21.0)):
        status = clock(live.do(RunFor(duration)))
        assert status.time_ms == pytest.approx(end, abs=1e-9)
        assert status.steps == round(end / live.dt_ms)
        assert status.finished
        assert not status.running


@needs("run")
def test_a_run_ends_at_tstop(live: Live) -> None:
    end = 7.5 if live.dt_ms <= 0.5 else 7.0  # a whole number of steps
    status = clock(live.do(SetStopTime(end), SetRunning(True)))
    assert status.time_ms == pytest.approx(end, abs=1e-9)
    assert status.finished
    assert not status.running


@needs("run")
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


@needs("run", "cell")
def test_frames_have_one_finite_value_a_segment_and_belong_to_the_clock(live: Live) -> None:
    assert live.scene.morphology_view is not None
    received = live.do(RunFor(5.0))
    field_id = live.scene.morphology_view.field_id
    frame = [each for each in of_kind(FieldReplace, received) if each.field_id == field_id][-1]
    assert frame.values.shape == (len(live.segment_ids),)
    assert np.isfinite(frame.values).all()
    assert frame.time_ms == pytest.approx(clock(received).time_ms, abs=1e-9)


@needs("run")
def test_reset_goes_back_to_the_state_at_time_zero(live: Live) -> None:
    first = shown(live.do(Reset()))
    live.do(RunFor(5.0))
    received = live.do(Reset())
    assert (clock(received).time_ms, clock(received).steps, clock(received).running) == (
        0.0,
        0,
        False,
    )
    view = live.scene.morphology_view
    for frame in of_kind(FieldReplace, received):
        is_cell = view is not None and frame.field_id == view.field_id
        assert frame.time_ms == 0.0 or not (is_cell or frame.time_ms > 0.0)  # NaN: it says none
    assert first
    assert are_equal(shown(received), first)


@needs("run")
def test_the_same_run_gives_the_same_values_after_reset(live: Live) -> None:
    if "traces" not in live.kind.lacks:
        live.do(EntityClicked(live.segment_ids[0]))
    first = shown(live.do(Reset(), RunFor(5.0)))
    again = shown(live.do(Reset(), RunFor(5.0)))
    assert first
    assert are_equal(first, again)


@needs("control")
def test_a_good_control_value_is_taken_and_reported(live: Live, kind: Kind) -> None:
    control_id, good, _ = kind.control
    assert of_kind(StatePatch, live.do(SetControl(control_id, good)))[-1].values[control_id] == good


@needs("run", "effect")
def test_a_control_changes_what_is_simulated(live: Live, kind: Kind) -> None:
    before = shown(live.do(Reset(), RunFor(MS)))
    live.do(SetControl(*kind.control[:2]))
    after = shown(live.do(Reset(), RunFor(MS)))
    assert not are_equal(before, after)


@needs("run", "action")
def test_an_action_changes_what_is_simulated(live: Live, kind: Kind) -> None:
    before = shown(live.do(Reset(), RunFor(MS)))
    live.do(InvokeAction(kind.action))
    after = shown(live.do(Reset(), RunFor(MS)))
    assert not are_equal(before, after)


@needs("run")
def test_what_cannot_be_is_refused_by_name_and_the_session_goes_on(live: Live, kind: Kind) -> None:
    for command, expected_code, name in refused(live, kind):
        code, message = live.refusal(command)
        assert code
        if "codes" not in kind.lacks:
            assert code == expected_code
            assert name in message
    assert clock(live.do(RunFor(1.0))).finished


def refused(live: Live, kind: Kind) -> Iterator[tuple[SessionCommand, str, str]]:
    """Yield what must be refused, the code, and a word of the sentence."""
    control_id, _, bad = kind.control
    if "control" not in kind.lacks:
        label = {spec.id: spec.label for spec in live.scene.controls}[control_id]
        yield SetControl(control_id, bad), "out-of-range", label
        yield SetControl(control_id, "much"), "not-a-number", label
    yield SetControl("no_such", 1.0), "unknown-control", "no_such"
    yield InvokeAction("no_such"), "unknown-action", "no_such"
    yield CaptureTrace("nowhere(0.5)"), "unknown-segment", "nowhere(0.5)"
    yield RemoveTrace("nowhere(0.5)"), "unknown-trace", "nowhere(0.5)"
    yield SetDisplayVariable("no_such"), "unknown-variable", "no_such"


@needs("run", "cell", "codes")
def test_commands_of_taste_are_accepted(live: Live) -> None:
    received = live.do(
        SetSpeed(None),
        SetStopTime(None),
        KeyPressed("W"),
        SetDisplayVariable(live.scene.display_variables[0].name),
    )
    assert of_kind(Error, received) == []


@needs("run", "traces")
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


@needs("run", "traces")
def test_a_trace_ends_with_the_value_that_is_shown(live: Live) -> None:
    segment = live.segment_ids[1]
    received = live.do(EntityClicked(segment), RunFor(5.0))
    times, values = trace_of(segment, received)
    frame = of_kind(FieldReplace, received)[-1]
    assert times[-1] == pytest.approx(frame.time_ms, abs=1e-6)
    assert values[-1] == pytest.approx(frame.values[1], rel=1e-5)


@needs("run", "traces")
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


@needs("run", "traces")
def test_capturing_what_is_captured_does_not_double_it(live: Live) -> None:
    segment = live.segment_ids[0]
    received = live.do(CaptureTrace(segment), CaptureTrace(segment), RunFor(1.0))
    assert {part.rows for part in of_kind(FieldAppend, received)} == {(segment,)}


@needs("run", "traces")
def test_a_removed_trace_gets_no_more_samples(live: Live) -> None:
    one, two = live.segment_ids[:2]
    live.do(CaptureTrace(one), CaptureTrace(two), RunFor(1.0))
    received = live.do(RemoveTrace(one), RunFor(1.0))
    assert of_kind(TraceRemoved, received) == [TraceRemoved(one)]
    assert {part.rows for part in of_kind(FieldAppend, received)} == {(two,)}


@needs("run", "traces")
def test_reset_keeps_the_chosen_traces_and_starts_them_again(live: Live) -> None:
    segment = live.segment_ids[0]
    live.do(CaptureTrace(segment), RunFor(3.0))
    received = live.do(Reset(), RunFor(1.0))
    (added,) = of_kind(TraceAdded, received)
    assert added.times.size == 0 or added.times[-1] == 0.0
    times, _ = trace_of(segment, received)
    assert times[-1] == pytest.approx(1.0, abs=1e-6)


@needs("run", "traces")
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
    commands: list[SessionCommand] = [RunFor(2.0), Reset()]
    if "run" in kind.lacks:
        commands = [SetDisplayVariable(each.name) for each in live.scene.display_variables]
    if "control" not in kind.lacks:
        commands.insert(0, SetControl(*kind.control[:2]))
    if "traces" not in kind.lacks:
        segment = live.segment_ids[0]
        commands = [CaptureTrace(segment), *commands, RemoveTrace(segment)]
    received = live.first + live.do(*commands)
    for update in [*received, live.scene]:
        assert type(pickle.loads(pickle.dumps(update))) is type(update)


def test_what_cannot_run_refuses_to(live: Live, kind: Kind) -> None:
    assert bool(live.scene.cannot_run) == ("run" in kind.lacks)
    if live.scene.cannot_run:
        for command in (SetRunning(True), StepOnce(), RunFor(1.0)):
            assert live.refusal(command)[0] == "cannot-run"
        assert not live.session.is_live()


@needs("run")
def test_shutdown_may_be_called_twice_and_while_running(live: Live) -> None:
    live.session.handle(SetRunning(True))
    live.session.advance()
    live.session.shutdown()
    live.session.shutdown()
    if "codes" not in live.kind.lacks:  # a session of the author's own is not asked any more
        assert not live.session.is_live()


def test_shutdown_before_initialize_is_no_trouble(kind: Kind) -> None:
    session = kind.make()
    session.shutdown()
    session.shutdown()
