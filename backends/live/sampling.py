"""`Sampler`: the steps of one batch, with a sample of the watched segments every display_dt on the way."""

from __future__ import annotations

import math

from backends.live.contract import LiveContract
from backends.live.hook_checks import checked_steps


class Sampler:
    """Steps a session's model and fills its history.

    Parameters
    ----------
    session : LiveContract

    Attributes
    ----------
    phase : int
        Steps taken since the last sample.
    """

    def __init__(self, session: LiveContract) -> None:
        self._session = session
        self.phase = 0

    def step(self, due: int) -> int:
        """Take a batch of at most `due` steps; return how many the simulator was told to take."""
        session, every = self._session, self._interval()
        fixed = checked_steps(session)
        step = session.live_stepper().step
        if session.history.is_active:
            step = self._step_and_sample
            if every < due < math.inf and not self.phase:
                due -= due % every
        if fixed is not None:
            n = min(due, fixed)
            step(n)
            return n
        multiple = every if session.history.is_active and not self.phase else 1
        clock = session.run_control.clock
        return session.budget.run_batch(session.batch_budget_s, step, due, clock, multiple)

    def sample_now(self) -> None:
        """Sample the watched segments as they are."""
        session = self._session
        self.phase = 0
        if session.history.is_active:
            times, values = session.history.reserve(1)
            session.history.commit(session.live_stepper().sample(0, times, values))

    def _interval(self) -> int:
        """Return the steps between two samples."""
        session = self._session
        if session.display_dt is None:
            return 1
        return max(1, round(session.display_dt / session.dt))

    def _step_and_sample(self, n: int) -> None:
        """Take `n` steps, sampling whenever display_dt is complete."""
        session, every = self._session, self._interval()
        stepper, history = session.live_stepper(), session.history
        if self.phase:
            lead = min(n, max(1, every - self.phase))
            stepper.step(lead)
            n -= lead
            self.phase += lead
            if self.phase >= every:
                self.sample_now()
        for_samples, rest = n - n % every, n % every
        while for_samples > 0:
            times, values = history.reserve(for_samples // every)
            filled = stepper.sample(every, times, values)
            history.commit(filled)
            if filled < len(times):
                return
            for_samples -= filled * every
        if rest and n >= 0:
            stepper.step(rest)
            self.phase = rest
