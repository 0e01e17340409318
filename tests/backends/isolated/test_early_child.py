"""A child that is started before it is known which session it will run."""

from __future__ import annotations

from pathlib import Path

import psutil
import pytest
from driving import settle
from failing_sessions import Dies
from ramp import Ramp

from backends.isolated.process import ChildProcess
from backends.isolated.session import IsolatedSession
from backends.messages import KeyPressed, StatePatch


def is_alive(pid: int) -> bool:
    """Return whether a process runs; one that has ended and is not waited for does not."""
    return psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE


@pytest.mark.parametrize("modules", [(), ("wave", "no_module_of_this_name")])
def test_a_session_runs_in_the_child_that_it_is_given(modules: tuple[str, ...]) -> None:
    child = ChildProcess(modules)
    session = IsolatedSession(Dies, name="ramp", process=child)
    try:
        session.initialize()
        session.handle(KeyPressed("pid"))
        patch = next(u for u in settle(session) if isinstance(u, StatePatch))
        assert patch.values["pid"] == session.pid == child.pid
    finally:
        session.shutdown()
    assert not is_alive(child.pid)


def test_the_child_imports_the_modules_before_it_knows_its_session(tmp_path: Path) -> None:
    import sys

    (tmp_path / "leaves_a_mark.py").write_text(
        f"from pathlib import Path; Path({str(tmp_path / 'mark')!r}).touch()"
    )
    sys.path.insert(0, str(tmp_path))
    try:
        child = ChildProcess(("leaves_a_mark",))
    finally:
        sys.path.remove(str(tmp_path))
    session = IsolatedSession(Ramp, name="ramp", process=child)
    try:
        session.initialize()
        assert (tmp_path / "mark").exists()
    finally:
        session.shutdown()


def test_a_child_that_no_session_used_ends_with_the_session_or_by_itself() -> None:
    child, other = ChildProcess(), ChildProcess()
    IsolatedSession(Ramp, name="ramp", process=child).shutdown()
    other.discard()
    assert not is_alive(child.pid)
    assert not is_alive(other.pid)
