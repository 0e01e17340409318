"""A child that is stopped, killed in the middle of a message, or has children itself: told, and ended."""

from __future__ import annotations

import os
import select
import signal
import socket
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

import psutil
import pytest
from driving import advance_until, settle
from failing_sessions import Dies, Forks, HangsInInitialize
from ramp import Ramp

from backends.comparison.side import SideRun, Simulator
from backends.errors import SessionCancelled
from backends.isolated.connection import MessageConnection
from backends.isolated.session import IsolatedSession
from backends.messages import (
    EntityClicked,
    Error,
    InvokeAction,
    KeyPressed,
    NotAnswering,
    RunStatus,
    SessionUpdate,
    SetRunning,
    StatePatch,
    Status,
    TraceAdded,
)
from backends.session import Session

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")


class RunsForEver(Ramp):
    """Runs from the start."""

    def is_live(self) -> bool:
        return True

    def idle_sleep(self) -> float | None:
        return 0.0


N_TRACES, N_SAMPLES = 8, 200_000


@contextmanager
def isolated(kind: type[Session]) -> Iterator[IsolatedSession]:
    """Return a started session that asks at once whether a silent child is stopped."""
    session = IsolatedSession(kind, name="pyramidal", patience_s=0.0)
    try:
        session.initialize()
        settle(session)
        yield session
    finally:
        session.shutdown()


def wait_for(process: psutil.Process, status: str) -> None:
    """Wait until a process has a status; one that has ended is "gone"."""
    wait_until(lambda: status_of(process) == status)


def wait_until(holds: Callable[[], bool]) -> None:
    """Wait until a condition holds."""
    deadline = time.monotonic() + 30
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def status_of(process: psutil.Process) -> str:
    """Return the status of a process; a zombie that is not ours to reap is "gone" too."""
    try:
        status = process.status()
    except psutil.NoSuchProcess:
        return "gone"
    return "gone" if status == psutil.STATUS_ZOMBIE else str(status)


def stop(session: IsolatedSession) -> psutil.Process:
    """Stop the child and return it."""
    child = psutil.Process(session.pid)
    child.suspend()
    wait_for(child, psutil.STATUS_STOPPED)
    return child


def wait_in_mid_message(session: IsolatedSession) -> None:
    """Request more than the pipe holds, and wait until its beginning is there."""
    session.handle(InvokeAction("many", {"n": N_TRACES, "samples": N_SAMPLES}))
    assert session._process is not None
    select.select([session._process.connection], [], [])


def is_silence(update: SessionUpdate) -> bool:
    return isinstance(update, NotAnswering) and bool(update.message)


def is_answer(update: SessionUpdate) -> bool:
    return isinstance(update, NotAnswering) and not update.message


def fork_of(session: IsolatedSession, key: str) -> psutil.Process:
    """Let the model start a process and return it."""
    session.handle(KeyPressed(key))
    (patch,) = [u for u in settle(session) if isinstance(u, StatePatch) and "fork" in u.values]
    return psutil.Process(patch.values["fork"])


# ------------------------------------------------------------------------------------ stopped


def test_a_stopped_child_is_told_with_what_to_do_and_told_again_when_it_goes_on() -> None:
    with isolated(Ramp) as session:
        session.handle(SetRunning(True))
        advance_until(session, lambda u: isinstance(u, RunStatus) and u.steps > 10)
        child = stop(session)
        told = next(filter(is_silence, advance_until(session, is_silence)))
        assert isinstance(told, NotAnswering)
        assert "The process of pyramidal does not answer" in told.message
        assert f"kill -CONT {child.pid}" in told.message
        for _ in range(3):
            session.advance()
            assert not any(isinstance(u, NotAnswering) for u in session.read_updates())
        child.resume()
        advance_until(session, is_answer)
        advance_until(session, lambda u: isinstance(u, RunStatus) and u.running)


def test_a_paused_session_that_is_stopped_says_nothing_until_something_is_wanted_of_it() -> None:
    with isolated(Ramp) as session:
        child = stop(session)
        session.wait_idle(0.0)
        assert session.read_updates() == []
        session.handle(EntityClicked("soma[0](0.5)"))
        advance_until(session, is_silence)
        child.resume()
        updates = settle(session)
        assert any(is_answer(u) for u in updates)
        assert any(isinstance(u, TraceAdded) for u in updates)


def test_a_child_that_is_stopped_while_it_builds_is_told_as_its_status() -> None:
    session = IsolatedSession(HangsInInitialize, name="pyramidal", patience_s=0.0)
    told: list[SessionUpdate] = []

    def follow(update: SessionUpdate) -> None:
        told.append(update)
        assert isinstance(update, Status)
        if "ever" in update.message:
            stop(session) if len(told) < 4 else session.cancel()
        elif update.hint == "continue-process":
            psutil.Process(session.pid).resume()

    session.on_status = follow
    with pytest.raises(SessionCancelled):
        session.initialize()
    session.shutdown()
    assert [u.hint for u in told if isinstance(u, Status)][-2:] == ["continue-process", ""]
    assert told[-1] == told[-3]


def test_a_child_stopped_in_the_middle_of_a_message_loses_nothing() -> None:
    with isolated(Dies) as session:
        wait_in_mid_message(session)
        child = stop(session)
        advance_until(session, is_silence)
        child.resume()
        updates = settle(session)
        traces = [u for u in updates if isinstance(u, TraceAdded)]
        assert [len(trace.values) for trace in traces] == [N_SAMPLES] * N_TRACES


@pytest.mark.parametrize("in_mid_message", [False, True])
def test_a_stopped_child_is_ended(in_mid_message: bool) -> None:
    with isolated(Dies) as session:
        if in_mid_message:
            wait_in_mid_message(session)
        child = stop(session)
        session.advance()
        session.shutdown()
        assert status_of(child) == "gone"


def test_a_long_command_waits_for_a_stopped_child_without_blocking() -> None:
    with isolated(Dies) as session:
        child = stop(session)
        session.handle(InvokeAction("many", {"n": 1, "samples": 3, "ballast": bytes(8 << 20)}))
        session.handle(SetRunning(True))
        advance_until(session, is_silence)
        child.resume()
        updates = advance_until(session, lambda u: isinstance(u, RunStatus) and u.steps > 10)
        assert [len(u.values) for u in updates if isinstance(u, TraceAdded)] == [3]


def test_a_stopped_child_does_not_outlive_its_parent() -> None:
    parent = textwrap.dedent(
        """
        import signal, psutil, failing_sessions
        from driving import settle
        from backends.isolated.session import IsolatedSession
        from backends.messages import KeyPressed
        session = IsolatedSession(failing_sessions.Forks)
        session.initialize()
        session.handle(KeyPressed("sleeps"))
        fork = next(u.values["fork"] for u in settle(session) if "fork" in getattr(u, "values", ()))
        print(session.pid, fork, flush=True)
        signal.pause()
        """
    )
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    with subprocess.Popen(
        [sys.executable, "-c", parent], stdout=subprocess.PIPE, text=True, env=environment
    ) as process:
        assert process.stdout is not None
        child, fork = map(psutil.Process, map(int, process.stdout.readline().split()))
        child.suspend()
        wait_for(child, psutil.STATUS_STOPPED)
        process.kill()
        process.wait()
        wait_for(child, "gone")
        wait_for(fork, "gone")


# ------------------------------------------------------------------------- killed in mid-message


def test_a_child_killed_in_the_middle_of_a_message_is_told_as_killed() -> None:
    with isolated(Dies) as session:
        wait_in_mid_message(session)
        os.kill(session.pid or 0, signal.SIGKILL)
        error = advance_until(session, lambda u: isinstance(u, Error) and u.fatal)[-1]
        assert isinstance(error, Error)
        assert error.code == "session-crashed"
        assert "SIGKILL" in error.message


def test_a_message_that_ends_in_the_middle_is_the_end_and_whole_ones_before_it_arrive() -> None:
    ours, theirs = socket.socketpair()
    connection = MessageConnection(ours)
    assert connection.receive() is None
    theirs.sendall(b"\0\0\0\3one\0\0\0\0\0\0\0\5tw")
    assert [connection.receive(), connection.receive(), connection.receive()] == [b"one", b"", None]
    assert connection.is_receiving
    theirs.close()
    with pytest.raises(EOFError):
        connection.receive()
    connection.close()


# ------------------------------------------------------------------------------------- forked


@pytest.mark.parametrize("how", ["shutdown", "cancel", "killed"])
def test_a_process_that_a_model_has_started_ends_with_the_session(how: str) -> None:
    with isolated(Forks) as session:
        fork = fork_of(session, "sleeps")
        assert status_of(fork) != "gone"
        match how:
            case "cancel":
                session.cancel()
            case "killed":
                os.kill(session.pid or 0, signal.SIGKILL)
                session.handle(KeyPressed("x"))
                advance_until(session, lambda u: isinstance(u, Error) and u.fatal)
        session.shutdown()
        wait_for(fork, "gone")


def test_a_model_that_forks_and_goes_on_in_both_runs_once() -> None:
    with isolated(Forks) as session:
        fork = fork_of(session, "goes on")
        wait_for(fork, "gone")
        session.handle(SetRunning(True))
        advance_until(session, lambda u: isinstance(u, RunStatus) and u.steps > 100)


# ------------------------------------------------------------------------------ who waits for it


@pytest.mark.parametrize("kind", [HangsInInitialize, RunsForEver])
def test_a_comparison_says_which_side_does_not_answer(
    kind: type[Session], monkeypatch: pytest.MonkeyPatch
) -> None:
    patient = partial(IsolatedSession, patience_s=0.0)
    monkeypatch.setattr("backends.comparison.side.IsolatedSession", patient)
    side = SideRun(Simulator("NEURON", kind))

    def run() -> None:
        with pytest.raises(SessionCancelled):
            side.run()

    ended = threading.Thread(target=run)
    ended.start()
    wanted = "Compiling" if kind is HangsInInitialize else "started"
    wait_until(lambda: wanted in f"{side.doing} {side.geometry and 'started'}")
    child = stop(side._session)
    wait_until(lambda: "does not answer" in side.progress(1.0))
    child.resume()
    wait_until(lambda: "does not answer" not in side.progress(1.0))
    side.cancel()
    ended.join()
    assert status_of(child) == "gone"
