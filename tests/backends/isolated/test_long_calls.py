"""A child that does not return from a call: its line is told, the session can be ended, and it is taken back when it goes on."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from driving import advance_until
from failing_sessions import HangsInAdvance
from ramp import Ramp

from backends.isolated.long_call import place_in
from backends.isolated.session import IsolatedSession
from backends.messages import (
    KeyPressed,
    NotAnswering,
    RunStatus,
    SessionCommand,
    SessionUpdate,
    SetRunning,
    StatePatch,
)
from backends.session import Session


class Waits(Ramp):
    """Sleeps in a command until a file is there; and can be slow between two batches without a call."""

    def handle(self, command: SessionCommand) -> None:
        match command:
            case KeyPressed(key) if key.startswith("/"):
                import os

                self.emit(StatePatch({"before": 1}))
                while not os.path.exists(key):
                    time.sleep(0.01)
            case _:
                super().handle(command)


class Slow(Ramp):
    """Is live, and has nothing to do for an hour."""

    def is_live(self) -> bool:
        return False

    def idle_sleep(self) -> float | None:
        return 3600.0


@contextmanager
def impatient(kind: type[Session]) -> Iterator[IsolatedSession]:
    """Return a started session that looks after any silence where its child is."""
    session = IsolatedSession(kind, name="pyramidal", longest_call_s=0.2)
    try:
        session.initialize()
        yield session
    finally:
        session.shutdown()


def is_told(update: SessionUpdate) -> bool:
    return isinstance(update, NotAnswering) and bool(update.message)


def test_an_endless_loop_is_told_with_its_line_once_and_can_be_ended() -> None:
    with impatient(HangsInAdvance) as session:
        session.handle(SetRunning(True))
        (told,) = filter(is_told, advance_until(session, is_told))
        assert isinstance(told, NotAnswering)
        assert "failing_sessions.py, line" in told.message
        assert "press Restart" in told.message
        for _ in range(20):
            session.advance()
            assert not session.read_updates()
        session.cancel()
        while session.is_live():
            session.advance()


@pytest.mark.slow
def test_it_is_taken_back_when_the_call_returns(tmp_path: object) -> None:
    with impatient(Waits) as session:
        path = f"{tmp_path}/go on"
        session.handle(KeyPressed(path))
        advance_until(session, is_told)
        open(path, "w").close()
        advance_until(session, lambda u: isinstance(u, NotAnswering) and not u.message)
        session.handle(SetRunning(True))
        advance_until(session, lambda u: isinstance(u, RunStatus) and u.steps > 10)


def test_a_session_that_only_waits_is_in_no_call() -> None:
    with impatient(Slow) as session:
        session.handle(SetRunning(True))
        while "Stack" not in session.output():
            session.advance()
            assert not any(map(is_told, session.read_updates()))
        assert place_in(session.output()) == ""


STACK = """printed before
Stack (most recent call first):
  File "{first}", line 7 in {function}
  File "/home/me/my_model.py", line 12 in step
  File "/home/me/other.py", line 3 in helper
"""


WAITS = STACK.format(first="/x/child.py", function="_process_commands")
IN_STDLIB = f'Stack (most recent call first):\n  File "{threading.__file__}", line 1 in x\n'


@pytest.mark.parametrize(
    ("output", "place"),
    [
        ("", ""),
        ("printed only", ""),
        (STACK.format(first="/home/me/a.py", function="f"), "a.py, line 7"),
        (STACK.format(first=threading.__file__, function="f"), "my_model.py, line 12"),
        (WAITS, ""),
        (IN_STDLIB, "the simulator's code"),
        (WAITS + STACK.format(first="/home/me/a.py", function="f"), "a.py, line 7"),
    ],
)
def test_the_last_stack_of_an_output_says_where_it_is(output: str, place: str) -> None:
    assert place_in(output) == place
