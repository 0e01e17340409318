"""Hooks that are called after every batch and fail: one error, a paused run, and the session goes on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from driving import closing, of_kind, settle

from backends.messages import Error, FieldReplace, PanelPatch, Reset, RunFor, RunStatus
from backends.mock.session import MockSession

Hook = Callable[[Any], object]


def fails(session: Any) -> None:
    raise ValueError("no such thing")


def emits_wrong(session: Any) -> None:
    session.emit(PanelPatch("nowhere", title="x"))


@pytest.mark.parametrize(
    ("hook", "code", "word"),
    [(fails, "hook-failed", "no such thing"), (emits_wrong, "unknown-panel", "nowhere")],
)
@pytest.mark.parametrize("name", ["after_batch", "after_reset"])
def test_a_hook_that_fails_after_a_batch_pauses_the_run(
    name: str, hook: Hook, code: str, word: str
) -> None:
    session: Any = MockSession()
    with closing(session):
        session.initialize()
        setattr(session, name, lambda: hook(session))
        session.read_updates()
        session.handle(RunFor(5.0))
        session.handle(Reset())
        session.handle(RunFor(50.0))
        received = settle(session)
        errors = of_kind(Error, received)
        assert {error.code for error in errors} == {code}
        assert word in errors[0].message
        assert name in errors[0].message
        assert "test_failing_hooks.py, line" in errors[0].message
        assert not any(error.fatal for error in errors)
        assert of_kind(FieldReplace, received)
        setattr(session, name, lambda: None)
        session.handle(RunFor(5.0))
        last = of_kind(RunStatus, settle(session))[-1]
        assert last.finished


def test_a_wrong_number_of_steps_pauses_the_run_with_one_error() -> None:
    session: Any = MockSession()
    with closing(session):
        session.initialize()
        session.steps_per_update = lambda: "many"
        session.read_updates()
        session.handle(RunFor(5.0))
        (error,) = of_kind(Error, settle(session))
        assert error.code == "hook-returned"
        assert "steps_per_update" in error.message
