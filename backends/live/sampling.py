"""`Sampler`: the steps of one batch, with a sample of the watched segments every display_dt on the way."""

from __future__ import annotations

import math
from typing import Protocol

from backends.live.history import TraceHistory
from backends.live.hook_checks import checked_steps
from backends.live.hooks import SessionHooks
from backends.live.other_variables import OtherVariables
from backends.live.run_control import RunControl, StepBudget
from backends.live.stepper import Stepper


class SampledRun(Protocol):
    """What the sampler needs of the engine."""

    session: SessionHooks
    dt: float
    display_dt: float | None
    batch_budget_s: float
    history: TraceHistory
    others: OtherVariables
    run_control: RunControl
    budget: StepBudget

    def live_stepper(self) -> Stepper:
        """Return the stepper."""


class Sampler:
    """Steps a session's model and fills its history.

    Parameters
    ----------
    live : SampledRun

    Attributes
    ----------
    phase : int
        Steps taken since the last sample.
    every_step : bool
        Whether to sample at every step, whatever display_dt the author has set.
    """

    def __init__(self, live: SampledRun) -> None:
        self._live = live
        self.phase = 0
        self.every_step = False

    def step(self, due: int) -> int:
        """Take a batch of at most `due` steps; return how many the simulator was told to take."""
        live, every = self._live, self._interval()
        fixed = checked_steps(live.session)
        step = live.live_stepper().step
        if self._is_active:
            step = self._step_and_sample
            if every < due < math.inf and not self.phase:
                due -= due % every
        if fixed is not None:
            n = min(due, fixed)
            step(n)
            return n
        multiple = every if self._is_active and not self.phase else 1
        clock = live.run_control.clock
        return live.budget.run_batch(live.batch_budget_s, step, due, clock, multiple)

    @property
    def _is_active(self) -> bool:
        return self._live.history.is_active or self._live.others.is_active

    def sample_now(self) -> None:
        """Sample the watched segments, and the other variables, as they are."""
        live = self._live
        self.phase = 0
        if live.history.is_active:
            times, values = live.history.reserve(1)
            live.history.commit(live.live_stepper().sample(0, times, values))
        live.others.sample(live.live_stepper())

    @property
    def interval_ms(self) -> float:
        """Between two samples, ms."""
        return self._interval() * self._live.dt

    def _interval(self) -> int:
        """Return the steps between two samples."""
        live = self._live
        if self.every_step or live.display_dt is None:
            return 1
        return max(1, round(live.display_dt / live.dt))

    def _step_and_sample(self, n: int) -> None:
        """Take `n` steps, sampling whenever display_dt is complete."""
        every, stepper = self._interval(), self._live.live_stepper()
        if self.phase:
            lead = min(n, max(1, every - self.phase))
            stepper.step(lead)
            n -= lead
            self.phase += lead
            if self.phase >= every:
                self.sample_now()
        for_samples, rest = n - n % every, n % every
        while for_samples > 0:
            wanted, filled = self._sample_rows(for_samples // every, every)
            if filled < wanted:
                return
            for_samples -= filled * every
        if rest and n >= 0:
            stepper.step(rest)
            self.phase = rest

    def _sample_rows(self, n: int, every: int) -> tuple[int, int]:
        """Take at most `n` samples, `every` steps apart; return how many were tried, and how many taken.

        Where the stepper does not sample other variables itself, they are read between two of its calls, one
        sample at a time.
        """
        live, stepper = self._live, self._live.live_stepper()
        if live.others.is_active:
            is_first = live.history.is_active
            together = stepper.sample_together(every, n, live.others.sampled, watched=is_first)
            if together is not None:
                times, columns = together
                if is_first:
                    live.history.store(times, columns[0])
                live.others.store(times, columns[int(is_first) :])
                return n, len(times)
            n = 1
        if not live.history.is_active:
            stepper.step(every)
            live.others.sample(stepper)
            return 1, 1
        times, values = live.history.reserve(n)
        filled = stepper.sample(every, times, values)
        live.history.commit(filled)
        live.others.sample(stepper)
        return len(times), filled
