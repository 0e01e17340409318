"""The next call of a Jaxley model, made early: used if it is the same, else dropped."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from driving import closing
from jaxley_models import TwoBranches

from backends.jaxley.compiled.prefetch import Call, Prefetcher
from backends.jaxley.compiled.program import BatchOutcome
from backends.messages import Reset

pytest.importorskip("jaxley")

Change = Callable[[TwoBranches], None]


@pytest.fixture(scope="module")
def session() -> Iterator[TwoBranches]:
    """Return an HH cell of six compartments."""
    made = TwoBranches()
    with closing(made):
        made.initialize()
        yield made


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, int]]:
    """Return the rows and steps of every call that is made, early or not."""
    made: list[tuple[int, int]] = []
    really = Call.run

    def run_and_note(self: Call) -> BatchOutcome:
        made.append((self.rows, self.every))
        return really(self)

    monkeypatch.setattr(Call, "run", run_and_note)
    return made


def batches(session: TwoBranches, n: int, rows: int = 5, every: int = 4) -> np.ndarray:
    """Return the samples of `n` batches of one size, mV."""
    stepper: Any = session.live_stepper()
    found = []
    for _ in range(n):
        times, values = np.empty(rows), np.empty((rows, len(stepper.read())), np.float32)
        assert stepper.sample(every, times, values) == rows
        found.append(values)
    return np.concatenate(found)


def raise_the_current(session: TwoBranches) -> None:
    session._clamp.amp = 1.5


def double_sodium(session: TwoBranches) -> None:
    session.network.set("HH_gNa", 0.24)
    session.refresh_runtime_parameters()


def halve_dt(session: TwoBranches) -> None:
    session.live_stepper().dt = 0.0125


@pytest.fixture(params=[raise_the_current, double_sodium, halve_dt])
def change(request: pytest.FixtureRequest, session: TwoBranches) -> Iterator[Change]:
    """Return a change that affects the next batch, and undo it afterwards."""
    yield request.param
    undo_all(session)


def test_a_steady_run_computes_each_batch_once(
    session: TwoBranches, calls: list[tuple[int, int]]
) -> None:
    session.handle(Reset())
    batches(session, 2)
    calls.clear()
    batches(session, 10)
    assert calls == [(5, 4)] * 10  # one of them early, for the batch after


def test_an_early_call_is_dropped_where_something_changed(
    session: TwoBranches, change: Change
) -> None:
    session.handle(Reset())
    batches(session, 12)
    change(session)
    late = batches(session, 12)
    undo_all(session)

    session.handle(Reset())
    stepper: Any = session.live_stepper()
    stepper._prefetcher = Never()
    batches(session, 12)
    change(session)
    np.testing.assert_array_equal(late, batches(session, 12))
    stepper._prefetcher = Prefetcher()


def test_a_batch_of_another_length_is_not_affected_by_an_early_call(session: TwoBranches) -> None:
    session.handle(Reset())
    steady = batches(session, 6)
    session.handle(Reset())
    pieces = [batches(session, 3), batches(session, 1, rows=3), batches(session, 1, rows=12)]
    np.testing.assert_array_equal(np.concatenate(pieces), steady)


def test_after_a_miss_no_call_is_made_early_for_a_while(
    session: TwoBranches, calls: list[tuple[int, int]]
) -> None:
    session.handle(Reset())
    batches(session, 4)
    raise_the_current(session)
    calls.clear()
    batches(session, 3)
    undo_all(session)
    assert len(calls) == 3, "after a miss each batch is computed once, when it is due"


def test_reset_and_end_drop_an_early_call(session: TwoBranches) -> None:
    session.handle(Reset())
    first = batches(session, 6)
    session.handle(Reset())
    np.testing.assert_array_equal(batches(session, 6), first)


def undo_all(session: TwoBranches) -> None:
    """Undo every change of the tests."""
    session._clamp.amp = 0.3
    session.network.set("HH_gNa", 0.12)
    session.refresh_runtime_parameters()
    session.live_stepper().dt = session.dt


class Never(Prefetcher):
    """Makes no call early."""

    def is_repeating(self, rows: int, every: int) -> bool:
        """Return False."""
        return False
