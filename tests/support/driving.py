"""Steps any session as its owners do, and reads its updates."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TypeVar

import numpy as np

from backends.errors import SomascopeError
from backends.messages import Error, FieldAppend, RunFor, SessionUpdate, TraceAdded
from backends.session import Session

LIMIT_S = 20.0
U = TypeVar("U", bound=SessionUpdate)


@contextmanager
def closing(session: Session) -> Iterator[None]:
    """Shut a session down, also after an error."""
    try:
        yield
    finally:
        session.shutdown()


def settle(session: Session) -> list[SessionUpdate]:
    """Advance until the session is idle; return all its updates."""
    updates = session.read_updates()
    deadline = time.monotonic() + LIMIT_S
    while (seconds := session.idle_sleep()) is not None:
        assert time.monotonic() < deadline, "the session does not become idle"
        time.sleep(seconds)
        if session.is_live():
            session.advance()
        updates += session.read_updates()
    return updates + session.read_updates()


def failure_of(session: Session) -> str:
    """Build a session and run it until it fails; return its sentence."""
    try:
        session.initialize()
        session.handle(RunFor(1.0))
        while True:
            session.advance()
            for each in session.read_updates():
                if isinstance(each, Error):
                    return each.message
    except SomascopeError as error:
        return error.message
    finally:
        session.shutdown()


def advance_until(session: Session, wanted: Callable[[SessionUpdate], bool]) -> list[SessionUpdate]:
    """Advance until an update is `wanted`; return all updates until then."""
    updates: list[SessionUpdate] = []
    deadline = time.monotonic() + LIMIT_S
    while not any(wanted(update) for update in updates):
        assert time.monotonic() < deadline, "the update never came"
        session.advance()
        updates += session.read_updates()
    return updates


def of_kind(kind: type[U], updates: Iterable[SessionUpdate]) -> list[U]:
    """Return the updates of one kind, in order."""
    return [update for update in updates if isinstance(update, kind)]


def trace_of(trace_id: str, updates: Iterable[SessionUpdate]) -> tuple[np.ndarray, np.ndarray]:
    """Return the times (ms) and values of one trace, assembled as a window does."""
    times, values = np.empty(0), np.empty(0)
    for update in updates:
        if isinstance(update, TraceAdded) and update.trace_id == trace_id:
            times, values = update.times, update.values
        elif isinstance(update, FieldAppend) and trace_id in update.rows:
            times = np.append(times, update.coord_values)
            values = np.append(values, update.values[update.rows.index(trace_id)])
    return times, values
