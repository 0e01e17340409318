"""Every way in which a session's process can end, fail to start or hang: a sentence, and nothing left."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest
from failing_sessions import (
    BuildsWithABug,
    CannotBuild,
    Dies,
    FailsInAdvance,
    HangsInAdvance,
    HangsInInitialize,
    HangsInShutdown,
    IgnoresSigterm,
)
from ramp import Ramp

from backends.errors import RequestError, SessionCancelled, SessionCrashed, SimulatorError
from backends.isolated.session import IsolatedSession
from backends.messages import (
    EntityClicked,
    Error,
    FieldAppend,
    InvokeAction,
    KeyPressed,
    SessionUpdate,
    SetRunning,
    TraceAdded,
)
from backends.session import Session

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[3]
on_linux = pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="looks into /proc")


@pytest.fixture
def start() -> Iterator[Callable[[Callable[[], Session]], IsolatedSession]]:
    """Return what starts an isolated session, which is shut down after the test."""
    sessions = []

    def started(factory: Callable[[], Session]) -> IsolatedSession:
        session = IsolatedSession(factory, name="pyramidal", shutdown_timeout_s=0.3)
        sessions.append(session)
        session.initialize()
        return session

    yield started
    for session in sessions:
        session.shutdown()


def last_words(session: Session) -> list[SessionUpdate]:
    """Advance until the session says that it is gone; return all that it said."""
    updates: list[SessionUpdate] = []
    deadline = time.monotonic() + 10
    while not any(isinstance(update, Error) and update.fatal for update in updates):
        assert time.monotonic() < deadline, "the session's end was never told"
        session.advance()
        updates += session.read_updates()
    return updates


@pytest.mark.parametrize(
    ("key", "how", "details"),
    [
        ("abort", "SIGABRT", "about to abort"),
        ("segfault", "SIGSEGV", "failing_sessions.py"),
        ("exit", "exit code 3", ""),
    ],
)
def test_a_child_that_dies_is_reported_in_one_sentence(
    start: Callable[..., IsolatedSession], key: str, how: str, details: str
) -> None:
    session = start(Dies)
    session.handle(KeyPressed(key))
    error = last_words(session)[-1]
    assert isinstance(error, Error)
    assert (error.code, error.hint, error.fatal) == ("session-crashed", "restart", True)
    assert f"pyramidal ended by itself ({how}" in error.message
    assert details in error.details
    assert not session.is_live()
    with pytest.raises(RequestError, match="pyramidal is not running") as refused:
        session.handle(SetRunning(True))
    assert refused.value.hint == "restart"


def test_a_killed_child_wakes_a_paused_session(start: Callable[..., IsolatedSession]) -> None:
    session = start(Ramp)
    session.read_updates()
    threading.Timer(0.1, os.kill, (session.pid, signal.SIGKILL)).start()
    started = time.monotonic()
    session.wait_idle(10.0)
    error = session.read_updates()[-1]
    assert time.monotonic() - started < 2.0
    assert isinstance(error, Error)
    assert "SIGKILL" in error.message
    assert "memory" in error.message
    assert session.read_updates() == []
    session.wait_idle(10.0)
    assert time.monotonic() - started < 2.0


def test_a_model_that_quits_neuron_is_reported_too(start: Callable[..., IsolatedSession]) -> None:
    pytest.importorskip("neuron", reason="NEURON is not installed")
    from neuron_models import QuitsNeuron

    session = start(QuitsNeuron)
    session.handle(InvokeAction("silence"))
    error = last_words(session)[-1]
    assert isinstance(error, Error)
    assert "The process of pyramidal ended by itself (exit code" in error.message


def test_a_missing_mechanism_is_reported_by_its_name(start: Callable[..., IsolatedSession]) -> None:
    pytest.importorskip("neuron", reason="NEURON is not installed")
    from neuron_models import LacksMechanism

    with pytest.raises(SimulatorError, match="xyz"):
        start(LacksMechanism)


def test_what_was_simulated_before_the_death_is_not_lost(
    start: Callable[..., IsolatedSession],
) -> None:
    session = start(FailsInAdvance)
    session.handle(EntityClicked("soma[0](0.5)"))
    session.handle(SetRunning(True))
    updates = last_words(session)
    appended = [u for u in updates if isinstance(u, FieldAppend)]
    assert appended[-1].coord_values[-1] == 20.0
    assert [u.code for u in updates if isinstance(u, Error)] == ["not-finite", "voltage-lost"]
    assert isinstance(updates[-1], Error)
    assert "soma[0](0.5)" in updates[-1].message


def test_a_new_session_of_the_same_factory_works_after_a_crash(
    start: Callable[..., IsolatedSession],
) -> None:
    session = start(Dies)
    session.handle(KeyPressed("abort"))
    last_words(session)
    again = start(Dies)
    again.handle(EntityClicked("soma[0](0.5)"))
    while again.is_live():
        again.advance()
    assert any(isinstance(u, TraceAdded) for u in again.read_updates())


def test_an_error_while_building_arrives_with_its_sentence_and_details(
    start: Callable[..., IsolatedSession],
) -> None:
    with pytest.raises(SimulatorError, match="there is no mechanism 'xyz'; load it") as caught:
        start(CannotBuild)
    assert caught.value.details == "loaded: hh, pas"
    assert (caught.value.code, caught.value.hint) == ("unknown-mechanism", "compile-mechanisms")


def test_a_bug_while_building_arrives_with_its_traceback(
    start: Callable[..., IsolatedSession],
) -> None:
    with pytest.raises(SimulatorError, match="ZeroDivisionError: nseg") as caught:
        start(BuildsWithABug)
    assert "in initialize" in caught.value.details


def test_a_child_that_leaves_while_building_is_a_crash_with_what_it_printed(
    start: Callable[..., IsolatedSession],
) -> None:
    class _Leaves:
        def __reduce__(self) -> tuple[object, ...]:
            return exec, ("print('no licence'); raise SystemExit(7)",)

    with pytest.raises(SessionCrashed, match="exit code 7") as caught:
        start(_Leaves())
    assert "no licence" in caught.value.details


def test_cancel_ends_an_initialize_that_hangs() -> None:
    session = IsolatedSession(HangsInInitialize, name="pyramidal")
    compiling = threading.Event()
    session.on_status = lambda status: compiling.set() if "ever" in status.message else None
    canceller = threading.Thread(target=lambda: (compiling.wait(), session.cancel()))
    canceller.start()
    with pytest.raises(SessionCancelled, match="The start of pyramidal was cancelled"):
        session.initialize()
    canceller.join()
    started = time.monotonic()
    session.shutdown()
    assert time.monotonic() - started < 0.5


def test_cancel_before_the_start_means_no_start() -> None:
    session = IsolatedSession(HangsInInitialize)
    session.cancel()
    with pytest.raises(SessionCancelled):
        session.initialize()
    assert session.pid is None
    session.shutdown()


@pytest.mark.parametrize("kind", [HangsInAdvance, IgnoresSigterm, HangsInShutdown])
def test_shutdown_takes_less_than_two_seconds_whatever_the_child_does(kind: type[Session]) -> None:
    session = IsolatedSession(kind, shutdown_timeout_s=1.5 if kind is IgnoresSigterm else 0.2)
    session.initialize()
    process = psutil.Process(session.pid)
    session.handle(SetRunning(True))
    deadline = time.monotonic() + 5
    while kind is not HangsInShutdown and "stuck" not in session.output():
        assert time.monotonic() < deadline
        session.advance()
    started = time.monotonic()
    session.shutdown()
    assert time.monotonic() - started < 2.0
    assert not process.is_running()
    session.shutdown()


def test_cancel_ends_a_step_that_hangs(start: Callable[..., IsolatedSession]) -> None:
    session = start(HangsInAdvance)
    session.handle(SetRunning(True))
    while "stuck" not in session.output():
        session.advance()
    started = time.monotonic()
    session.cancel()
    while session.is_live():
        session.advance()
    session.shutdown()
    assert time.monotonic() - started < 0.5


def test_an_idle_or_running_session_ends_at_once(start: Callable[..., IsolatedSession]) -> None:
    idle, running = start(Ramp), start(Ramp)
    running.handle(SetRunning(True))
    for session in (idle, running):
        started = time.monotonic()
        session.shutdown()
        assert time.monotonic() - started < 0.2
        assert not session.is_live()


def test_shutdown_before_initialize_is_no_trouble() -> None:
    session = IsolatedSession(Ramp)
    session.shutdown()
    session.interrupt()
    session.cancel()
    with pytest.raises(SessionCancelled):
        session.initialize()


@on_linux
def test_nothing_is_left_open_after_any_kind_of_end() -> None:
    def footprint() -> tuple[int, int]:
        return len(os.listdir("/proc/self/fd")), len(psutil.Process().children())

    IsolatedSession(Ramp).shutdown()
    before = footprint()
    for kind, key in ((Dies, "abort"), (Dies, "exit"), (Ramp, "W")):
        session = IsolatedSession(kind)
        session.initialize()
        session.handle(KeyPressed(key))
        session.advance()
        session.shutdown()
    with pytest.raises(SimulatorError):
        (failing := IsolatedSession(CannotBuild)).initialize()
    failing.shutdown()
    assert footprint() == before


@pytest.mark.parametrize("kind", ["Ramp", "HangsInInitialize", "HangsInAdvance"])
def test_a_child_does_not_outlive_its_parent(kind: str) -> None:
    parent = textwrap.dedent(
        f"""
        import os, sys, ramp, failing_sessions
        from backends.isolated.session import IsolatedSession
        from backends.messages import SetRunning
        session = IsolatedSession(getattr(failing_sessions, "{kind}"))
        def tell(status):
            if status.message != "Starting session":
                print(session.pid, flush=True)
        session.on_status = tell
        session.initialize()
        session.handle(SetRunning(True))
        while True:
            session.advance()
        """
    )
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    with subprocess.Popen(
        [sys.executable, "-c", parent], stdout=subprocess.PIPE, text=True, env=environment
    ) as process:
        assert process.stdout is not None
        child = psutil.Process(int(process.stdout.readline()))
        threading.Event().wait(0.3)  # so that it hangs, or runs
        process.kill()
        process.stdout.read()
    deadline = time.monotonic() + 5
    while _lives(child):
        assert time.monotonic() < deadline, "the child outlives its parent"
        time.sleep(0.01)


def _lives(process: psutil.Process) -> bool:
    """Return whether a process that is not ours to reap still runs."""
    try:
        return process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
