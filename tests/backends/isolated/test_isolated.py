"""A session in a process of its own: what comes across, in which order, and how fast."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import numpy as np
import psutil
import pytest
from driving import advance_until, settle
from failing_sessions import BuildsInStages, Dies, LosesUpdates, Paced, Plain
from ramp import Ramp, RampOf

from backends.errors import RequestError
from backends.isolated.session import IsolatedSession
from backends.messages import (
    EntityClicked,
    Error,
    FieldAppend,
    FieldReplace,
    InvokeAction,
    KeyPressed,
    Phase,
    RunFor,
    RunStatus,
    SceneReady,
    SessionUpdate,
    SetControl,
    SetRunning,
    StatePatch,
    Status,
    TraceAdded,
)
from backends.session import Session


@contextmanager
def isolated(factory: Callable[[], Session], name: str = "ramp") -> Iterator[IsolatedSession]:
    """Return an initialized isolated session; shut it down in the end."""
    session = IsolatedSession(factory, name=name)
    try:
        session.initialize()
        yield session
    finally:
        session.shutdown()


def times_of(updates: list[SessionUpdate]) -> np.ndarray:
    """Return the times of all trace samples, in the order in which they came."""
    parts = [
        u.times if isinstance(u, TraceAdded) else u.coord_values
        for u in updates
        if isinstance(u, (TraceAdded, FieldAppend))
    ]
    return np.concatenate(parts)


def test_status_is_reported_while_the_session_is_being_built() -> None:
    session = IsolatedSession(BuildsInStages, name="ramp")
    statuses: list[SessionUpdate] = []
    session.on_status = statuses.append
    session.initialize()
    session.shutdown()
    assert statuses == [
        Status(Phase.STARTING, "Starting ramp"),
        Status(Phase.BUILDING),
        Status(Phase.BUILDING, "Reading points", 0.25),
        Status(Phase.COMPILING, "Compiling"),
    ]


def test_the_child_imports_neither_the_window_nor_the_main_module() -> None:
    with isolated(Dies) as session:
        session.handle(KeyPressed("pid"))
        patch = next(u for u in settle(session) if isinstance(u, StatePatch))
        assert patch.values["pid"] == session.pid != os.getpid()
        modules = set(patch.values["modules"])
        assert not modules & {"PySide6", "vtkmodules", "app", "pytest", "neuron", "jax"}


def test_no_trace_sample_is_lost_and_frames_are_the_newest_when_the_reader_is_slow() -> None:
    with isolated(RampOf(n_segments=300)) as session:
        session.handle(EntityClicked("soma[0](0.5)".replace("0.5", f"{0.5 / 300:g}")))
        updates = settle(session)
        session.handle(RunFor(400.0))
        frames = 0
        while session.is_live():
            time.sleep(0.01)  # a slow reader, on purpose
            session.advance()
            now = session.read_updates()
            shown = [u for u in now if isinstance(u, FieldReplace)]
            assert len(shown) <= 1
            for frame in shown:
                assert np.array_equal(frame.values, frame.time_ms * np.arange(1.0, 301))
                frames += 1
            updates += now
        assert np.array_equal(times_of(updates), np.arange(801) * 0.5)
        assert 0 < frames < 100


def test_no_frame_is_torn_while_the_child_writes_as_fast_as_it_can() -> None:
    with isolated(RampOf(n_segments=50_000, steps_per_batch=1)) as session:
        session.handle(RunFor(200.0))
        while session.is_live():
            session.advance()
            for update in session.read_updates():
                if isinstance(update, FieldReplace) and update.time_ms > 0:
                    steps = update.values / np.arange(1.0, 50_001)
                    assert np.ptp(steps) < 1e-9 * update.time_ms


def test_a_parent_that_does_not_read_stops_the_child_after_three_batches() -> None:
    with isolated(RampOf(steps_per_batch=1)) as session:
        settle(session)
        session.handle(SetRunning(True))
        child = psutil.Process(session.pid)
        time.sleep(0.1)
        before = sum(child.cpu_times()[:2])
        time.sleep(0.1)
        assert sum(child.cpu_times()[:2]) - before <= 0.02
        session.handle(SetRunning(False))
        status = [u for u in settle(session) if isinstance(u, RunStatus)][-1]
        assert status.steps <= 3


def test_running_is_live_at_once_and_pausing_comes_to_rest() -> None:
    with isolated(Ramp) as session:
        settle(session)
        assert not session.is_live()
        assert session.idle_sleep() is None
        session.handle(SetRunning(True))
        assert session.is_live()
        assert session.idle_sleep() == 0.0
        advance_until(session, lambda u: isinstance(u, RunStatus) and u.steps > 100)
        session.handle(SetRunning(False))
        last = [u for u in settle(session) if isinstance(u, RunStatus)][-1]
        assert not last.running
        session.wait_idle(0.05)
        assert session.read_updates() == []


def test_a_command_that_fails_is_reported_and_the_simulation_goes_on() -> None:
    with isolated(Dies) as session:
        session.handle(SetRunning(True))
        session.handle(SetControl("slope", 99.0))
        session.handle(KeyPressed("raise"))
        updates = advance_until(
            session, lambda u: isinstance(u, Error) and u.code == "request-failed"
        )
        refused, failed = [u for u in updates if isinstance(u, Error)]
        assert (refused.code, refused.subject) == ("out-of-range", "slope")
        assert "99" in refused.message
        assert "KeyPressed failed (ValueError: the slider is stuck)" in failed.message
        assert "Traceback" in failed.details
        assert not failed.fatal
        advance_until(session, lambda u: isinstance(u, RunStatus) and u.steps > 1000)


def test_an_update_that_cannot_be_pickled_costs_only_itself() -> None:
    with isolated(Dies) as session:
        session.handle(KeyPressed("unpicklable"))
        session.handle(EntityClicked("soma[0](0.5)"))
        updates = settle(session)
        assert [u.code for u in updates if isinstance(u, Error)] == ["update-lost"]
        assert [u.trace_id for u in updates if isinstance(u, TraceAdded)] == ["soma[0](0.5)"]


def test_updates_lost_at_each_batch_are_told_once_a_kind_and_cost_nothing_else() -> None:
    with isolated(LosesUpdates) as session:
        session.handle(EntityClicked("soma[0](0.5)"))
        session.handle(RunFor(40.0))
        updates = settle(session)
        lost = [u for u in updates if isinstance(u, Error)]
        assert [(u.code, u.hint) for u in lost] == [("update-lost", "edit-script")] * 2
        unreadable, unpicklable = sorted((u.message for u in lost), key=lambda m: "StatePatch" in m)
        assert "StatePatch" in unpicklable
        assert "0x" not in unpicklable
        assert "not here" in unreadable
        assert np.array_equal(times_of(updates), np.arange(81) * 0.5)


def test_frames_may_grow_or_hold_objects() -> None:
    with isolated(Dies) as session:
        session.handle(RunFor(10.0))
        settle(session)
        session.handle(KeyPressed("objects"))
        (frame,) = [u for u in settle(session) if isinstance(u, FieldReplace)]
        assert frame.values.tolist() == [None, 1]
        for _ in range(6):
            session.handle(KeyPressed("grow"))
            (frame,) = [u for u in settle(session) if isinstance(u, FieldReplace)]
            assert np.array_equal(frame.values, np.arange(100_000.0))


def test_a_frame_older_than_a_new_scene_is_dropped() -> None:
    with isolated(Dies) as session:
        session.handle(KeyPressed("new scene"))
        updates = settle(session)
        assert any(isinstance(u, SceneReady) for u in updates)
        assert "stale" not in [u.field_id for u in updates if isinstance(u, FieldReplace)]


def test_big_answers_and_many_commands_at_once_do_not_block_each_other() -> None:
    with isolated(Dies) as session:
        session.handle(InvokeAction("many", {"n": 5, "samples": 200_000}))
        for value in range(2000):
            session.handle(SetControl("slope", value % 10))
        updates = settle(session)
        assert len([u for u in updates if isinstance(u, TraceAdded)]) == 5
        assert [u.values["slope"] for u in updates if isinstance(u, StatePatch)][-1] == 9


def test_interrupt_wakes_a_waiting_thread() -> None:
    with isolated(Ramp) as session:
        settle(session)
        woken = threading.Timer(0.05, session.interrupt)
        woken.start()
        started = time.monotonic()
        session.wait_idle(5.0)
        assert time.monotonic() - started < 1.0
        woken.join()
        session.interrupt()  # an interrupt before the wait is not lost
        session.wait_idle(5.0)
        assert time.monotonic() - started < 1.0


def test_a_paused_session_uses_no_processor_time_on_either_side() -> None:
    with isolated(Ramp) as session:
        settle(session)
        session.wait_idle(0.1)
        child = psutil.Process(session.pid)
        child_before, before = sum(child.cpu_times()[:2]), time.thread_time()
        session.wait_idle(0.4)
        assert time.thread_time() - before < 0.005
        assert sum(child.cpu_times()[:2]) - child_before <= 0.011  # the kernel counts in 0.01 s


def test_a_paced_session_keeps_its_pace_and_stays_live_between_batches() -> None:
    with isolated(Paced) as session:
        session.handle(SetRunning(True))
        settle_by = time.monotonic() + 0.5
        steps = 0
        while time.monotonic() < settle_by:
            assert session.is_live()
            session.advance()
            steps = max(
                [steps, *(u.steps for u in session.read_updates() if isinstance(u, RunStatus))]
            )
        assert 4 * 5 <= steps <= 4 * 26


def test_a_session_that_is_always_live_runs_without_being_reported() -> None:
    with isolated(Plain) as session:
        assert session.is_live()
        advance_until(session, lambda u: isinstance(u, RunStatus) and u.steps > 100)


def test_ctrl_c_is_not_for_the_child() -> None:
    with isolated(Dies) as session:
        session.handle(KeyPressed("sigint"))
        session.handle(KeyPressed("pid"))
        assert any(isinstance(u, StatePatch) for u in settle(session))


@pytest.mark.skipif(not os.path.exists("/proc/self/fd"), reason="looks into /proc")
def test_what_the_model_prints_can_be_read_and_does_not_fill_the_disk(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("backends.isolated.process._MOST_OUTPUT_BYTES", 20_000)
    with isolated(Dies) as session:
        for _ in range(100):
            session.handle(KeyPressed("print"))
            settle(session)
        assert session.output().endswith("xxx\n")
        assert os.stat(f"/proc/{session.pid}/fd/1").st_size < 60_000


def test_what_cannot_be_sent_to_another_process_is_refused_at_once() -> None:
    with pytest.raises(RequestError, match="cannot be sent to another process"):
        IsolatedSession(lambda: Ramp(), name="ramp")
