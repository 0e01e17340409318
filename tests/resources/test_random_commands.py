"""Whatever a user does to an example or another kind of session, in any order, it goes on: refusals are sentences, and Init leads back to t = 0."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import other_sessions
import pytest
import script_models
from hypothesis import HealthCheck, given, settings, strategies as st

from backends.controls import ControlSpec
from backends.driving import UpdateCollector
from backends.errors import RequestError
from backends.isolated import IsolatedSession
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
    StepOnce,
)
from backends.scene import Scene
from backends.session import Session
from backends.sources.source import SessionSource
from resources.example_models import Example, examples

LIMIT_S = 120.0
MOST_COMMANDS = 8
STEPS, FAST = st.integers(1, 5), st.sampled_from([None, 1e5])
NAMES = st.sampled_from(["x", "soma", "unknown(0.5)", "mean", "<b>"])


def commands(scene: Scene) -> st.SearchStrategy[SessionCommand]:
    """Return what a window may send to a session with this scene, right or wrong."""
    geometry = scene.geometry
    segments = st.sampled_from(geometry.segment_ids) if geometry is not None else NAMES
    ids = st.one_of(segments, NAMES)
    kinds: list[st.SearchStrategy[SessionCommand]] = [
        st.builds(Reset),
        st.builds(SetRunning, st.booleans()),
        st.builds(StepOnce, STEPS),
        st.builds(RunFor, st.floats(0.001, 3.0)),
        st.builds(SetStopTime, st.one_of(st.none(), st.floats(0.5, 50.0))),
        st.builds(SetSpeed, FAST),
        st.builds(CaptureTrace, ids),
        st.builds(EntityClicked, ids),
        st.builds(RemoveTrace, ids),
        st.builds(KeyPressed, st.sampled_from(["X", "Y", "Shift+W", "0", "F9"])),
        st.builds(SetDisplayVariable, variables(scene)),
        st.builds(InvokeAction, st.sampled_from([*(a.id for a in scene.actions), "unknown"])),
        st.builds(SetControl, st.just("unknown"), st.just(1.0)),
        *(st.builds(SetControl, st.just(each.id), values(each)) for each in scene.controls),
    ]
    return st.one_of(kinds)


def variables(scene: Scene) -> st.SearchStrategy[str]:
    """Return names of display variables, and one that there is not."""
    return st.sampled_from([*(each.name for each in scene.display_variables), "unknown"])


def values(spec: ControlSpec) -> st.SearchStrategy[Any]:
    """Return values of a control: allowed, at the bounds, beyond them, and of another kind."""
    low, high = getattr(spec.value_spec, "min", None), getattr(spec.value_spec, "max", None)
    wrong = st.sampled_from([True, "one", None, float("nan"), float("inf"), 1e300, -1e300])
    if low is None or high is None:
        return st.one_of(wrong, st.just(spec.value_spec.default))
    return st.one_of(st.floats(low, high), st.sampled_from([low, high]), wrong)


@dataclass
class Run:
    """An example in a process of its own, and all that it has reported."""

    session: IsolatedSession
    scene: Scene
    collected: UpdateCollector
    fresh: list[SessionUpdate] = field(default_factory=list)
    refusals: list[RequestError] = field(default_factory=list)

    def read(self) -> None:
        """Take what it reports; a session that has failed raises."""
        updates = self.session.read_updates()
        self.collected.apply_all(updates)
        self.fresh += updates

    def send(self, command: SessionCommand) -> None:
        """Send a command, and let it go on for a moment."""
        try:
            self.session.handle(command)
        except RequestError as error:
            self.refusals.append(error)
        for _ in range(3):
            if self.session.is_live():
                self.session.advance()
            self.read()

    def settle(self, done: Callable[[], bool]) -> None:
        """Go on until `done`."""
        deadline = time.monotonic() + LIMIT_S
        while not done():
            assert time.monotonic() < deadline, "the session does not come to rest"
            if self.session.is_live():
                self.session.advance()
            else:
                self.session.wait_idle(0.01)
            self.read()

    def status(self) -> RunStatus | None:
        """Return the newest clock since `fresh` was emptied."""
        found = [each for each in self.fresh if isinstance(each, RunStatus)]
        return found[-1] if found else None


def source_of(example: Example) -> Callable[[], Session]:
    """Return what makes the session of an example, in any process."""
    return SessionSource("script", str(example.path)).create


def parameters() -> list[Any]:
    """Return the examples and kinds of sessions that none is of; most are slow."""
    quick = {"hh_point", "channel_states", "replay"}
    others = (script_models.still, other_sessions.App, other_sessions.Recorded)
    return [
        pytest.param(
            source_of(each), id=each.name, marks=[] if each.name in quick else pytest.mark.slow
        )
        for each in examples()
    ] + [pytest.param(each, id=each.__name__) for each in others]


@pytest.fixture(params=parameters())
def run(request: pytest.FixtureRequest) -> Iterator[Run]:
    """Each session, opened once for all lists of commands."""
    if "jaxley" in request.node.name:
        pytest.importorskip("jaxley")
    session = IsolatedSession(request.param, name="it")
    try:
        scene = session.initialize()
        assert scene is not None
        collected = UpdateCollector()
        collected.set_scene(scene)
        found = Run(session, scene, collected)
        found.read()
        yield found
    finally:
        session.shutdown()


@settings(
    max_examples=25,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
@given(data=st.data())
def test_an_example_survives_whatever_is_done_to_it(run: Run, data: st.DataObject) -> None:
    run.fresh.clear()
    for command in data.draw(st.lists(commands(run.scene), max_size=MOST_COMMANDS)):
        run.send(command)
    check_values(run)
    lead_back(run)


def check_values(run: Run) -> None:
    """Every error is a sentence with a code, every value belongs to a field that the scene has."""
    assert all(each.message and each.code for each in run.refusals)
    for update in run.fresh:
        match update:
            case Error():
                assert not update.fatal
                assert update.message
                assert update.code
                assert "Traceback" not in update.message
            case FieldReplace(field_id):
                assert field_id in {each.id for each in run.collected.fields.values()}
            case FieldAppend():
                assert np.isfinite(update.coord_values).all()


def lead_back(run: Run) -> None:
    """Pause, put every control back, and go to t = 0; then a millisecond runs to its end, and no further."""
    if run.scene.cannot_run:
        return
    for command in (SetRunning(False), SetSpeed(None), SetStopTime(None)):
        run.send(command)
    for each in run.scene.controls:
        run.send(SetControl(each.id, each.value_spec.default))
    run.fresh.clear()
    run.send(Reset())
    run.settle(lambda: (now := run.status()) is not None and now.time_ms == 0.0)
    run.fresh.clear()
    run.send(RunFor(1.0))
    run.settle(lambda: (now := run.status()) is not None and now.finished)
    end = run.status()
    assert end is not None
    assert end.time_ms == pytest.approx(1.0, abs=run.scene.dt_ms or 0.11)
    assert not [each for each in run.fresh if isinstance(each, Error)]
