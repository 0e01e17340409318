"""One loop that steps any session for a simulated time; whoever drives one without a window uses it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

from backends.driving.collector import UpdateCollector
from backends.errors import RequestError
from backends.messages import RunFor, SessionUpdate, SetRunning
from backends.session import Session

_NO_CLOCK_S, _BATCHES = 3.0, 20


def advance_for(
    session: Session,
    collected: UpdateCollector,
    duration_ms: float | None,
    stopped: Callable[[], bool] = lambda: False,
) -> Iterator[list[SessionUpdate]]:
    """Step a session; yield the updates of each batch, after `collected` has got them.

    A session that goes on beyond the time that it reports in its samples is not stepped further. Closing the
    iterator between two batches ends the run there.

    Parameters
    ----------
    duration_ms : float or None
        ms; None runs until the session stops by itself.
    stopped : callable
        Asked before each batch whether to end here.

    Raises
    ------
    RequestError
        ``no-clock``: the session reports no time, so that it would run for ever.
    SomascopeError
        What ends the session.
    """
    session.handle(SetRunning(True) if duration_ms is None else RunFor(duration_ms))
    begin, n_batches, start_ms = time.monotonic(), 0, collected.time_ms
    while session.is_live() and not _is_over(collected, start_ms, duration_ms):
        if stopped():
            break
        n_batches += 1
        is_late = n_batches > _BATCHES and time.monotonic() - begin > _NO_CLOCK_S
        if duration_ms is not None and not collected.has_clock and is_late:
            raise RequestError(
                "The session does not report its time, so a run of a given time cannot end: emit a "
                "RunStatus in advance, or samples with times (FieldAppend).",
                code="no-clock",
            )
        session.advance()
        yield read_into(collected, session)
        time.sleep(session.idle_sleep() or 0.0)
    if last := read_into(collected, session):
        yield last


def read_into(collected: UpdateCollector, session: Session) -> list[SessionUpdate]:
    """Give a session's updates to `collected`, and return them."""
    updates = session.read_updates()
    collected.apply_all(updates)
    return updates


def _is_over(collected: UpdateCollector, start_ms: float, duration_ms: float | None) -> bool:
    """Whether a session that has no run control of its own has reached the end."""
    if duration_ms is None or collected.has_status or not collected.has_clock:
        return False
    return collected.time_ms - start_ms >= duration_ms
