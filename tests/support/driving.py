"""Drive any session the way its owners do, and look at what it says."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TypeVar

import numpy as np

from backends.messages import FieldAppend, SessionUpdate, TraceAdded
from backends.session import Session

LIMIT_S = 20.0
U = TypeVar("U", bound=SessionUpdate)


@contextmanager
def closing(session: Session) -> Iterator[None]:
    """Shut a session down, whatever happens."""
    try:
        yield
    finally:
        session.shutdown()


def settle(session: Session) -> list[SessionUpdate]:
    """Advance until the session rests; return all that it said."""
    said = session.read_updates()
    deadline = time.monotonic() + LIMIT_S
    while (seconds := session.idle_sleep()) is not None:
        assert time.monotonic() < deadline, "the session does not come to rest"
        time.sleep(seconds)
        if session.is_live():
            session.advance()
        said += session.read_updates()
    return said + session.read_updates()


def advance_until(session: Session, wanted: Callable[[SessionUpdate], bool]) -> list[SessionUpdate]:
    """Advance until an update is `wanted`; return all up to then."""
    said: list[SessionUpdate] = []
    deadline = time.monotonic() + LIMIT_S
    while not any(wanted(update) for update in said):
        assert time.monotonic() < deadline, "the update never came"
        session.advance()
        said += session.read_updates()
    return said


def of_kind(kind: type[U], said: Iterable[SessionUpdate]) -> list[U]:
    """Return the updates of one kind, in order."""
    return [update for update in said if isinstance(update, kind)]


def trace_of(trace_id: str, said: Iterable[SessionUpdate]) -> tuple[np.ndarray, np.ndarray]:
    """Return the times (ms) and values of one trace, put together as a window would."""
    times, values = np.empty(0), np.empty(0)
    for update in said:
        if isinstance(update, TraceAdded) and update.trace_id == trace_id:
            times, values = update.times, update.values
        elif isinstance(update, FieldAppend) and trace_id in update.rows:
            times = np.append(times, update.coord_values)
            values = np.append(values, update.values[update.rows.index(trace_id)])
    return times, values
