"""`Running`: whether and when a session without a run state of its own takes its next step."""

from __future__ import annotations

import time

from backends.messages import (
    RunFor,
    RunStatus,
    SessionCommand,
    SetRunning,
    SetSpeed,
    SetStopTime,
    StepOnce,
)


class Running:
    """Run, pause, single steps, "Continue for" and Tstop; one `advance` of the session is one step.

    Attributes
    ----------
    running : bool
        From the start, as in CompNeuroVis.
    time_ms : float
        The newest time that the session has reported.
    """

    def __init__(self) -> None:
        self.running = True
        self.finished = False
        self.steps = 0
        self.time_ms = 0.0
        self._stop_time: float | None = None
        self._steps_left: int | None = None
        self._until: float | None = None
        self._due = 0.0

    def status(self) -> RunStatus:
        """Return what the window shows."""
        return RunStatus(self.time_ms, self.running, self.steps, finished=self.finished)

    def handle(self, command: SessionCommand) -> bool:
        """Carry out a command of the run bar; return whether it was one."""
        match command:
            case SetRunning(running):
                self._start(None, None)
                self.running = running
            case StepOnce(steps):
                self._start(steps, None)
            case RunFor(duration_ms):
                self._start(None, self.time_ms + duration_ms)
            case SetStopTime(tstop_ms):
                self._stop_time = tstop_ms
            case SetSpeed():
                pass  # the scene says that the session has its own
            case _:
                return False
        return True

    def reset(self) -> None:
        """Count from 0; a free run goes on."""
        self.steps, self.time_ms, self.finished = 0, 0.0, False
        if self._steps_left is not None or self._until is not None:
            self.running = False
            self._steps_left = self._until = None

    def _start(self, steps: int | None, until: float | None) -> None:
        self.running, self.finished = True, False
        self._steps_left, self._until = steps, until
        self._due = 0.0

    def wait(self) -> float | None:
        """Return the seconds until the next step: 0.0 now, None while paused."""
        return max(0.0, self._due - time.monotonic()) if self.running else None

    def begin_step(self, interval_s: float) -> None:
        """Note that a step begins, and that the next one is due `interval_s` later."""
        self._due = time.monotonic() + max(0.0, interval_s)

    def end_step(self, time_ms: float) -> None:
        """Note that a step has ended at `time_ms`, and pause where the run ends."""
        self.time_ms = time_ms
        self.steps += 1
        if self._steps_left is not None:
            self._steps_left -= 1
            if self._steps_left < 1:
                self.running = False
            return
        end = self._stop_time if self._until is None else self._until
        if end is not None and self.time_ms >= end - 1e-9 * max(1.0, end):
            self.running, self.finished = False, True
