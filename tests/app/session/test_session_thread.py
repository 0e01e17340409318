"""The thread that drives a session: what it tells, how it stops, what it does with failures."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

import pytest
from pytestqt.qtbot import QtBot

from app.session.thread import SessionThread
from backends.errors import RequestError, SimulatorError
from backends.messages import (
    Error,
    Reset,
    RunStatus,
    SceneReady,
    SessionCommand,
    SessionUpdate,
    SetRunning,
)
from backends.scene import Scene
from backends.session import BufferedSession


class Counter(BufferedSession):
    """Counts advances; paused at first; `Reset` is refused."""

    def __init__(self) -> None:
        super().__init__()
        self.running = False
        self.count = 0
        self.threads = {threading.get_ident()}
        self.is_down = False

    def initialize(self) -> Scene:
        return Scene(title="Counter")

    def advance(self) -> None:
        self.threads.add(threading.get_ident())
        self.count += 1
        self.emit(RunStatus(float(self.count), running=True))

    def handle(self, command: SessionCommand) -> None:
        if isinstance(command, SetRunning):
            self.running = command.running
        if isinstance(command, Reset):
            raise RequestError("A counter cannot be reset.")

    def is_live(self) -> bool:
        return self.running

    def idle_sleep(self) -> float | None:
        return 0.001 if self.running else None

    def shutdown(self) -> None:
        self.is_down = True


class Broken(Counter):
    """Cannot be built."""

    def initialize(self) -> Scene:
        raise SimulatorError("no mechanism named nosuchmech", "traceback here")


Start = Callable[[Counter], SessionThread]


@pytest.fixture
def start(qtbot: QtBot) -> Iterator[Start]:
    threads: list[SessionThread] = []

    def make(session: Counter) -> SessionThread:
        thread = SessionThread(lambda: session)
        threads.append(thread)
        return thread

    yield make
    for thread in threads:
        assert thread.stop()


def heard(qtbot: QtBot, thread: SessionThread, wanted: Callable[[SessionUpdate], bool]) -> None:
    """Read what the thread says until something is `wanted`."""

    def has_come() -> bool:
        return any(wanted(update) for update in thread.read_updates())

    qtbot.waitUntil(has_come, timeout=5000)


def test_it_reports_the_scene_then_runs_when_requested_and_pauses_when_requested(
    qtbot: QtBot, start: Start
) -> None:
    session = Counter()
    thread = start(session)
    with qtbot.waitSignal(thread.updatesReady):
        thread.start()
    heard(qtbot, thread, lambda update: isinstance(update, SceneReady))
    assert session.count == 0
    thread.post(SetRunning(True))
    heard(qtbot, thread, lambda u: isinstance(u, RunStatus) and u.time_ms > 10)
    thread.post(SetRunning(False))
    qtbot.waitUntil(lambda: not session.running)
    thread.read_updates()
    count = session.count
    thread.post(Reset())
    heard(qtbot, thread, lambda update: isinstance(update, Error))
    assert session.count <= count + 1


def test_a_refused_command_is_reported_and_the_session_goes_on(qtbot: QtBot, start: Start) -> None:
    thread = start(Counter())
    thread.start()
    thread.post(Reset())
    thread.post(SetRunning(True))
    seen: list[SessionUpdate] = []

    def both() -> bool:
        seen.extend(thread.read_updates())
        kinds = {type(update) for update in seen}
        return {Error, RunStatus} <= kinds

    qtbot.waitUntil(both, timeout=5000)
    (error,) = [update for update in seen if isinstance(update, Error)]
    assert error.message == "A counter cannot be reset."
    assert not error.fatal


def test_a_session_that_cannot_be_built_ends_in_one_fatal_sentence_and_is_shut_down(
    qtbot: QtBot, start: Start
) -> None:
    session = Broken()
    thread = start(session)
    with qtbot.waitSignal(thread.finished):
        thread.start()
    errors = [update for update in thread.read_updates() if isinstance(update, Error)]
    assert [error.message for error in errors] == ["no mechanism named nosuchmech"]
    assert errors[0].fatal
    assert errors[0].details == "traceback here"
    assert session.is_down


def test_a_bug_in_a_session_is_reported_with_its_traceback(qtbot: QtBot, start: Start) -> None:
    class Buggy(Counter):
        def advance(self) -> None:
            raise ZeroDivisionError("in advance")

    session = Buggy()
    thread = start(session)
    thread.start()
    with qtbot.waitSignal(thread.finished):
        thread.post(SetRunning(True))
    (error,) = [update for update in thread.read_updates() if isinstance(update, Error)]
    assert error.fatal
    assert "in advance" in error.message
    assert "Traceback" in error.details
    assert session.is_down


def test_a_paused_thread_sleeps_and_stops_at_once(qtbot: QtBot, start: Start) -> None:
    session = Counter()
    thread = start(session)
    with qtbot.waitSignal(thread.updatesReady):
        thread.start()
    assert thread.stop(timeout_s=1.0)
    assert session.is_down


def test_only_the_thread_itself_touches_the_session(qtbot: QtBot, start: Start) -> None:
    session = Counter()
    session.threads.clear()
    thread = start(session)
    thread.start()
    thread.post(SetRunning(True))
    heard(qtbot, thread, lambda u: isinstance(u, RunStatus) and u.time_ms > 3)
    assert threading.get_ident() not in session.threads
    assert len(session.threads) == 1
