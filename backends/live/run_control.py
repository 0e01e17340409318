"""When a session steps, and how far: run control, pacing, and batches that fill a wall-clock budget.

A run is counted in whole steps of dt, never in floating-point time, so Tstop, "Continue
for" and "Single Step" end exactly where they should. A batch ends when it has used its budget of
wall time (16 ms by default), because a frame shown is worth one batch and a batch costs one read
of the model; the time that a step takes is learnt as it runs.
"""

from __future__ import annotations

import math
import time
from collections import deque
from collections.abc import Callable

from backends.commands import (
    RunFor,
    SessionCommand,
    SetRunning,
    SetSpeed,
    SetStopTime,
    StepOnce,
)
from backends.errors import RequestError

Clock = Callable[[], float]

NO_LIMIT = 1 << 40
_ROUNDING = 1e-6  # of a step: drift of t after 10⁹ steps is still below it
FRAME_S = 1 / 60
_RATE_WINDOW_S = 1.0
_LARGEST_LAG_S = 0.25


def whole_steps(duration_ms: float, dt: float) -> int:
    """Return how many whole steps of `dt` (ms) fit in `duration_ms`; never more."""
    steps = duration_ms / dt
    return NO_LIMIT if steps >= NO_LIMIT else max(0, math.floor(steps + _ROUNDING))


class RunControl:
    """Run, pause, Tstop, "Continue for", "Single Step" and speed of one session.

    Attributes
    ----------
    running, finished : bool
        `finished`: paused because Tstop or the end of "Continue for" was reached.
    steps : int
        Steps taken since the last reset.
    stop_time : float or None
        Tstop, ms. "Continue for" and "Single Step" go past it, as in NEURON's RunControl.
    speed : float or None
        Simulated ms per wall second; None is as fast as possible.
    clock : callable
        Wall time in s; a test gives its own.
    """

    def __init__(self, clock: Clock = time.perf_counter) -> None:
        self.clock = clock
        self.running = False
        self.finished = False
        self.steps = 0
        self.stop_time: float | None = None
        self.speed: float | None = None
        self._left: int | None = None
        self._single_step = False
        self._anchor: tuple[float, float] | None = None
        self._next_frame = -math.inf
        self._moments: deque[tuple[float, float]] = deque()

    def carry_out(self, command: SessionCommand, t: float, dt: float) -> bool:
        """Carry out a command that is about running; return whether it is one.

        `Reset` is not: call `reset` when the model is back at its beginning.

        Raises
        ------
        RequestError
            If the run cannot be started like that.
        """
        match command:
            case SetRunning(running=True):
                self.start(t, dt)
            case SetRunning():
                self.pause()
            case StepOnce(steps):
                self.step_once(steps)
            case RunFor(duration_ms):
                self.run_for(duration_ms, dt)
            case SetStopTime(tstop_ms):
                self.stop_time = tstop_ms
            case SetSpeed(ms_per_second):
                self.set_speed(ms_per_second)
            case _:
                return False
        return True

    def reset(self) -> None:
        """Count steps from 0 and drop the end of a "Continue for"; a free run goes on."""
        if self._left is not None:
            self.pause()
        self.steps = 0
        self.finished = False
        self._anchor = None
        self._moments.clear()

    def start(self, t: float, dt: float) -> None:
        """Run until paused or Tstop.

        Raises
        ------
        RequestError
            If `t` has already reached Tstop.
        """
        if self.stop_time is not None and whole_steps(self.stop_time - t, dt) < 1:
            raise RequestError(
                f"t = {t:g} ms has reached Tstop ({self.stop_time:g} ms): "
                "raise Tstop, use Continue for, or Init.",
                code="stop-time-reached",
                hint="reset",
            )
        self._start_run(None, single_step=False)

    def pause(self) -> None:
        """Stop after the present step."""
        self.running = False
        self._left = None

    def step_once(self, steps: int) -> None:
        """Take exactly `steps` steps at once, then pause."""
        self._start_run(steps, single_step=True)

    def run_for(self, duration_ms: float, dt: float) -> None:
        """Run the whole steps in `duration_ms`, then pause.

        Raises
        ------
        RequestError
            If it is shorter than one step, or has more than 10¹² of them.
        """
        steps = whole_steps(duration_ms, dt)
        if steps < 1:
            raise RequestError(
                f"{duration_ms:g} ms is shorter than one step of dt ({dt:g} ms).",
                code="duration-too-short",
            )
        if steps >= NO_LIMIT:
            raise RequestError(
                f"{duration_ms:g} ms are more steps of dt ({dt:g} ms) than can be taken; choose a shorter time.",
                code="duration-too-long",
            )
        self.run_steps(steps)

    def run_steps(self, steps: int) -> None:
        """Run `steps` steps at the chosen speed, whatever the length of each, then pause."""
        self._start_run(steps, single_step=False)

    def finish(self) -> None:
        """Pause, finished: there is nothing after this."""
        self.finished = True
        self.pause()

    def set_speed(self, ms_per_second: float | None) -> None:
        """Set the simulated ms per wall second from now on; None is as fast as possible."""
        self.speed = ms_per_second
        self._anchor = None
        self._next_frame = -math.inf

    def _start_run(self, steps: int | None, *, single_step: bool) -> None:
        self._left, self._single_step = steps, single_step
        self.running, self.finished = True, False
        self._anchor = None
        self._next_frame = -math.inf
        self._moments.clear()

    def remaining(self, t: float, dt: float) -> int:
        """Return how many steps may follow before the run ends by itself."""
        if not self.running:
            return 0
        if self._left is not None:
            return self._left
        if self.stop_time is not None:
            return whole_steps(self.stop_time - t, dt)
        return NO_LIMIT

    def due(self, t: float, dt: float) -> int:
        """Return how many steps may be taken now: `remaining`, limited by the speed."""
        remaining = self.remaining(t, dt)
        if self.speed is None or self._single_step or remaining < 1:
            return remaining
        return min(remaining, whole_steps(self._due_time(t, dt) - t, dt))

    def wait(self, t: float, dt: float) -> float | None:
        """Return the seconds until something is due: 0.0 now, None when paused."""
        if not self.running:
            return None
        if self.speed is None or self._single_step or self.remaining(t, dt) < 1:
            return 0.0
        # Half a rounding beyond the step, so that whoever wakes on time finds it due.
        step_in = (t + dt * (1 - _ROUNDING / 2) - self._due_time(t, dt)) / self.speed
        return max(0.0, step_in, self._next_frame - self.clock())

    def _due_time(self, t: float, dt: float) -> float:
        """Return the simulated time that the speed requires now; start again from now if far behind."""
        now = self.clock()
        if self._anchor is None or self.speed is None:
            self._anchor = (now, t)
            return t
        wall, start = self._anchor
        due = start + (now - wall) * self.speed
        if due - (t + dt) > _LARGEST_LAG_S * self.speed:
            self._anchor = (now, t)
            due = t + max(dt, FRAME_S * self.speed)
        return due

    def record_steps(self, steps: int, t: float, dt: float) -> None:
        """Record that `steps` were taken and it is now `t`; pause where the run ends."""
        now = self.clock()
        self.steps += steps
        self._next_frame = now + FRAME_S
        if self._left is not None:
            self._left -= steps
        self._moments.append((now, t))
        while len(self._moments) > 2 and now - self._moments[0][0] > _RATE_WINDOW_S:
            self._moments.popleft()
        self.finish_if_done(t, dt)

    def finish_if_done(self, t: float, dt: float) -> None:
        """Pause, finished, if nothing remains of the run."""
        if self.running and self.remaining(t, dt) < 1:
            self.finished = not self._single_step
            self.pause()

    @property
    def rate(self) -> float:
        """Simulated ms per wall second over the last second; NaN where unknown."""
        if len(self._moments) < 2:
            return math.nan
        (wall_0, t_0), (wall_1, t_1) = self._moments[0], self._moments[-1]
        return (t_1 - t_0) / (wall_1 - wall_0) if wall_1 > wall_0 else math.nan


class StepBudget:
    """Steps in slices until a budget of wall time is used, learning how long a step takes.

    While the time of a step hardly changes, the first slice of each batch has the same length, so that
    a stepper can predict the next call.
    """

    _LARGEST_GROWTH = 16
    _SLICES = 6
    _FAIR_SHARE = (
        4  # a slice of a fourth of the longest one's steps, or less, is mostly the cost of the call
    )

    def __init__(self) -> None:
        self._seconds_per_step: float | None = None
        self._longest = 0
        self._usual = 0

    def reset(self) -> None:
        """Measure again: the model, or what is read of it, has changed."""
        self._seconds_per_step = None
        self._longest = 0

    def run_batch(
        self,
        seconds: float,
        step: Callable[[int], object],
        limit: int,
        clock: Clock,
        multiple: int = 1,
    ) -> int:
        """Call ``step(n)`` until `seconds` are used or `limit` steps are taken.

        Every n is a multiple of `multiple`, unless the limit or the budget is smaller.

        Returns
        -------
        int
            The steps taken, at least 1 if `limit` allows.
        """
        begin = clock()
        done, largest = 0, 1 if self._seconds_per_step is None else NO_LIMIT
        for _ in range(self._SLICES):
            left = seconds - (clock() - begin)
            target = largest
            if self._seconds_per_step:
                target = min(target, int(left / self._seconds_per_step))
                if not done:
                    target = self._usual_near(target)
            if done and (target < 1 or left < seconds / 2):
                break
            n = min(max(target, 1), limit - done, 1 << 16)
            if n > multiple:
                n -= n % multiple
            if n < 1:
                break
            before = clock()
            step(n)
            self._update_step_time(n, clock() - before)
            done += n
            largest = n * self._LARGEST_GROWTH
        return done

    def _usual_near(self, target: int) -> int:
        """Return the usual length of a first slice if it is near enough; else this is the usual one."""
        if not 0.65 * self._usual <= target <= 1.5 * self._usual:
            self._usual = target
        return self._usual

    def _update_step_time(self, n: int, seconds: float) -> None:
        known, longest = self._seconds_per_step, self._longest
        if known and n * self._FAIR_SHARE <= longest:
            return
        share = 1.0 if not known or n >= self._FAIR_SHARE * longest else 0.3
        self._seconds_per_step = share * seconds / n + (1 - share) * (known or 0.0)
        self._longest = max(n, longest // 2)
