"""When a session steps and how far, on a clock that the test turns by hand."""

from __future__ import annotations

import math

import pytest

from backends.errors import RequestError
from backends.live.run_control import NO_LIMIT, RunControl, StepBudget, whole_steps

DT = 0.1


class Clock:
    """A clock that stands still until it is turned."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


class Model:
    """Counts steps; each costs a fixed time on the clock."""

    def __init__(self, clock: Clock, cost_s: float) -> None:
        self.clock, self.cost_s = clock, cost_s
        self.steps, self.calls = 0, 0

    def take(self, n: int) -> None:
        self.steps += n
        self.calls += 1
        self.clock.now += n * self.cost_s


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def run(clock: Clock) -> RunControl:
    return RunControl(clock)


def drive(run: RunControl, clock: Clock, seconds: float, t: float = 0.0) -> tuple[float, int]:
    """Step whenever something is due for `seconds` of the clock; return t and the batches taken."""
    end, batches = clock.now + seconds, 0
    while clock.now < end:
        wait = run.wait(t, DT)
        if wait is None:
            break
        clock.now += wait
        due = run.due(t, DT)
        if due:
            t += due * DT
            run.record_steps(due, t, DT)
            batches += 1
        else:
            clock.now += 1e-6
    return t, batches


def test_only_whole_steps_fit_whatever_t_has_drifted_to() -> None:
    assert whole_steps(10.0, 0.1) == 100
    assert whole_steps(10.0 - 1e-11, 0.1) == 100
    assert whole_steps(0.26, 0.1) == 2
    assert whole_steps(-1.0, 0.1) == 0
    assert whole_steps(1e300, 1e-300) == NO_LIMIT


def test_more_steps_than_can_be_taken_are_refused(run: RunControl) -> None:
    with pytest.raises(RequestError) as caught:
        run.run_for(1e300, 1e-300)
    assert caught.value.code == "duration-too-long"
    assert not run.running


def test_nothing_is_due_until_it_is_started(run: RunControl) -> None:
    assert run.wait(0.0, DT) is None
    assert run.due(0.0, DT) == 0
    run.start(0.0, DT)
    assert run.wait(0.0, DT) == 0.0
    assert run.due(0.0, DT) == NO_LIMIT


def test_single_step_takes_its_steps_and_is_not_called_finished(run: RunControl) -> None:
    run.step_once(3)
    assert run.due(0.0, DT) == 3
    run.record_steps(3, 0.3, DT)
    assert (run.running, run.finished, run.steps) == (False, False, 3)


def test_continue_for_ends_finished_after_its_whole_steps(run: RunControl) -> None:
    run.run_for(0.55, DT)
    assert run.due(0.0, DT) == 5
    run.record_steps(2, 0.2, DT)
    assert run.due(0.2, DT) == 3
    run.record_steps(3, 0.5, DT)
    assert (run.running, run.finished) == (False, True)


def test_continue_for_less_than_a_step_is_refused(run: RunControl) -> None:
    with pytest.raises(RequestError, match=r"0\.05 ms is shorter than one step of dt \(0\.1 ms\)"):
        run.run_for(0.05, DT)


def test_tstop_pauses_on_the_last_whole_step_before_it(run: RunControl) -> None:
    run.stop_time = 1.05
    run.start(0.0, DT)
    assert run.due(0.0, DT) == 10
    run.record_steps(10, 1.0, DT)
    assert (run.running, run.finished) == (False, True)


def test_running_on_at_tstop_is_refused_with_what_to_do(run: RunControl) -> None:
    run.stop_time = 1.0
    with pytest.raises(RequestError, match="raise Tstop, use Continue for, or Init"):
        run.start(1.0, DT)
    run.run_for(1.0, DT)
    assert run.due(1.0, DT) == 10


def test_a_tstop_set_into_the_past_ends_the_run(run: RunControl) -> None:
    run.start(5.0, DT)
    run.stop_time = 2.0
    assert run.wait(5.0, DT) == 0.0
    run.finish_if_done(5.0, DT)
    assert (run.running, run.finished) == (False, True)


def test_at_a_speed_simulated_time_follows_the_clock(run: RunControl, clock: Clock) -> None:
    run.set_speed(20.0)
    run.start(0.0, DT)
    t, _ = drive(run, clock, 3.0)
    assert t == pytest.approx(60.0, rel=0.02)
    assert run.rate == pytest.approx(20.0, rel=0.02)


def test_a_slow_speed_waits_for_its_next_step_and_a_fast_one_for_a_frame(
    run: RunControl, clock: Clock
) -> None:
    run.set_speed(1.0)
    run.start(0.0, DT)
    t, batches = drive(run, clock, 2.0)
    assert batches == pytest.approx(20, abs=1)
    assert t == pytest.approx(2.0, abs=0.15)
    run.set_speed(1000.0)
    _, batches = drive(run, clock, 2.0, t)
    assert batches <= 2.0 * 60 + 2


def test_after_a_stall_the_speed_is_kept_and_the_lost_time_not_made_up(
    run: RunControl, clock: Clock
) -> None:
    run.set_speed(10.0)
    run.start(0.0, DT)
    t, _ = drive(run, clock, 1.0)
    clock.now += 60.0
    assert run.due(t, DT) < 10
    after, _ = drive(run, clock, 1.0, t)
    assert after - t == pytest.approx(10.0, rel=0.1)


def test_single_steps_do_not_wait_for_the_speed(run: RunControl) -> None:
    run.set_speed(0.001)
    run.step_once(1)
    assert run.wait(0.0, DT) == 0.0
    assert run.due(0.0, DT) == 1


def test_a_reset_lets_a_free_run_go_on_and_ends_a_bounded_one(run: RunControl) -> None:
    run.start(0.0, DT)
    run.record_steps(7, 0.7, DT)
    run.reset()
    assert (run.running, run.steps) == (True, 0)
    run.run_for(5.0, DT)
    run.reset()
    assert not run.running


def test_the_rate_is_unknown_before_there_is_something_to_measure(run: RunControl) -> None:
    assert math.isnan(run.rate)


@pytest.mark.parametrize("cost_s", [1e-6, 2e-5, 3e-4, 5e-3])
def test_a_batch_fills_its_budget_whatever_a_step_costs(clock: Clock, cost_s: float) -> None:
    budget, model = StepBudget(), Model(clock, cost_s)
    budget.run_batch(0.016, model.take, NO_LIMIT, clock)
    for _ in range(3):
        before, steps = clock.now, model.steps
        taken = budget.run_batch(0.016, model.take, NO_LIMIT, clock)
        assert taken == model.steps - steps
        assert 0.010 < clock.now - before < 0.021


def test_batches_have_one_length_while_a_step_costs_about_the_same(clock: Clock) -> None:
    budget, model = StepBudget(), Model(clock, 2e-5)
    taken = []
    for i in range(40):
        model.cost_s = 2e-5 * (1 + 0.15 * (-1) ** i)
        taken.append(budget.run_batch(0.016, model.take, NO_LIMIT, clock))
    assert len(set(taken[2:])) == 1
    model.cost_s = 8e-5
    slower = [budget.run_batch(0.016, model.take, NO_LIMIT, clock) for _ in range(6)]
    assert slower[-1] < 0.5 * taken[-1], "a step that costs four times as much is noticed"


def test_a_step_longer_than_the_budget_is_taken_alone(clock: Clock) -> None:
    budget, model = StepBudget(), Model(clock, 0.5)
    assert [budget.run_batch(0.016, model.take, NO_LIMIT, clock) for _ in range(3)] == [1, 1, 1]


def test_a_batch_never_takes_more_than_its_limit(clock: Clock) -> None:
    budget, model = StepBudget(), Model(clock, 1e-6)
    for limit in (1, 7, 1000):
        assert budget.run_batch(0.016, model.take, limit, clock) == limit


def test_a_clock_that_stands_still_ends_a_batch_all_the_same(clock: Clock) -> None:
    budget, model = StepBudget(), Model(clock, 0.0)
    assert budget.run_batch(0.016, model.take, NO_LIMIT, clock) > 0
    assert model.calls < 20
