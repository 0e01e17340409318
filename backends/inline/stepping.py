"""`SourceStepper`: an author's function or iterator as a simulator, with a clock of its own."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from backends.errors import ProtocolError, RequestError, SimulatorError, first_line
from backends.inline.callbacks import Callback
from backends.inline.readings import Reader
from backends.live.nonfinite import NonFiniteValue
from backends.live.stepper import FloatArray, Together
from backends.scripts import user_code_location


class Steps:
    """What one step of a model is: a call of a function, or the next item of an iterator.

    Parameters
    ----------
    step : callable, generator function, iterable, iterator or None
        None: only the clock goes on.
    reset : callable or None
        Leads the model back to t = 0.

    Attributes
    ----------
    values : mapping of str to object
        What the last step returned or yielded, where that was a mapping.
    ended : bool
        Whether the iterator has ended.
    """

    def __init__(self, step: Any, reset: Callable[..., Any] | None) -> None:
        self.values: Mapping[str, Any] = {}
        self.ended = False
        self._reset = None if reset is None else Callback("ss.source: reset", reset)
        self._call: Callback | None = None
        self._make: Callable[[object], Iterable[Any]] | None = None
        self._items: Iterator[Any] | None = None
        if inspect.isgeneratorfunction(step):
            self._make = Callback("ss.source", step)
        elif isinstance(step, Iterator):
            self._items = step
        elif isinstance(step, Iterable):
            self._make = lambda context: step
        elif step is not None:
            self._call = Callback("ss.source", step)
        self._only_clock = step is None

    @property
    def can_restart(self) -> bool:
        """Whether `restart` leads back to the beginning."""
        return self._reset is not None or self._make is not None or self._only_clock

    def restart(self, context: object) -> None:
        """Go back to the beginning."""
        if self._reset is not None:
            self._reset(context)
        if self._make is not None:
            self._items = None
        self.ended, self.values = False, {}

    def take(self, context: object) -> bool:
        """Take one step; return False where there is none left."""
        if self._only_clock:
            return True
        if self._call is not None:
            returned = self._call(context)
        else:
            if self._items is None and self._make is not None:
                self._items = iter(self._make(context))
            assert self._items is not None  # given, or made
            try:
                returned = next(self._items)
            except StopIteration:
                self.ended = True
                return False
        if isinstance(returned, Mapping):
            self.values = returned
        return True


class SourceStepper:
    """An author's steps and a clock; the methods are those of `Stepper`, which documents them.

    Attributes
    ----------
    recorded : dict of str to Reader
        What is read after each step.
    segments : Reader or None
        The values of all segments of the cell that is drawn.
    context : object
        What the author's functions get.
    """

    def __init__(self, steps: Steps, n_segments: int) -> None:
        self.dt = 1.0
        self.t = 0.0
        self.present = np.ones(n_segments, bool)
        self.recorded: dict[str, Reader] = {}
        self.segments: Reader | None = None
        self.context: object = None
        self._steps_of = steps
        self._steps, self._t_start, self._counted_dt = 0, 0.0, 0.0
        self._times: list[float] = []
        self._values: list[list[float]] = []
        self._watched: Sequence[int] | slice = slice(None)
        self._has_begun = False

    def reset(self, v_init: float | None) -> None:
        """Go back to t = 0."""
        if self._has_begun:
            if not self._steps_of.can_restart:
                raise RequestError(
                    "This model cannot go back to t = 0 by itself: give ss.source(step, reset=function), "
                    "or press Restart, which runs the script again.",
                    code="no-reset",
                    hint="restart",
                )
            self._run("reset", lambda: self._steps_of.restart(self.context))
        self._has_begun = True
        self.t = self._t_start = 0.0
        self._steps = 0
        self._times, self._values = [], []
        self._record()

    def step(self, n: int) -> None:
        """Take `n` steps, fewer where an iterator ends."""
        if self._counted_dt != self.dt:
            self._counted_dt, self._t_start, self._steps = self.dt, self.t, 0
        for _ in range(n):
            if not self._run("step", lambda: self._steps_of.take(self.context)):
                return
            self._steps += 1
            self.t = self._t_start + self._steps * self.dt  # counted: a sum of dt would drift
            self._record()

    def _run(self, what: str, function: Callable[[], Any]) -> Any:
        try:
            return function()
        except (SimulatorError, RequestError):
            raise
        except Exception as error:  # the author's code may raise anything
            raise step_error(what, error, self.t) from error

    def _record(self) -> None:
        if self.recorded:
            row = [
                self._run(name, lambda each=read: _number(each(self.context)))  # type: ignore[misc]
                for name, read in self.recorded.items()
            ]
            self._times.append(self.t)
            self._values.append(row)

    def drain_recorded(self) -> tuple[FloatArray, FloatArray] | None:
        """Return and remove the recorded samples: times (n,) ms, values (n_names, n); or None."""
        if not self._times:
            return None
        times, values = np.array(self._times), np.array(self._values).T
        self._times, self._values = [], []
        return times, values

    def sample(self, every: int, times: FloatArray, values: NDArray[np.float32]) -> int:
        """Fill a row after each `every` steps (0: the present values); return how many."""
        for row in range(len(times)):
            self.step(every)
            if self._steps_of.ended:
                return row
            times[row], values[row] = self.t, self.read()[self._watched]
        return len(times)

    def sample_together(
        self, every: int, n: int, variables: Mapping[str, Sequence[int] | None], *, watched: bool
    ) -> Together | None:
        """Return None: there is one variable."""
        return None

    def watch(self, segments: Sequence[int] | None) -> None:
        """Choose the segments that `sample` reads; None is all."""
        self._watched = slice(None) if segments is None else list(segments)

    def trace(self, variable: str) -> None:
        """There is one variable."""

    def show(self, variable: str) -> None:
        """There is one variable."""

    def read(self) -> FloatArray:
        """Return the value of every segment."""
        if self.segments is None:
            return np.empty(0)
        read = self.segments
        values = np.asarray(self._run("morphology", lambda: read(self.context)), np.float64)
        if values.shape != self.present.shape:
            raise ProtocolError(
                f"morphology: the values have shape {values.shape}; the cell has {len(self.present)} "
                "segments, so give one value for each",
                code="bad-shape",
            )
        return values

    def read_variable(self, variable: str) -> FloatArray:
        """Return the value of every segment."""
        return self.read()

    def fault(self, frame: NDArray[np.floating[Any]]) -> NonFiniteValue | None:
        """Let values be what they are: NaN is drawn as missing."""
        return None

    def close(self) -> None:
        """Nothing to release."""


def _number(value: Any) -> float:
    return float(value)


def step_error(what: str, error: BaseException, time_ms: float) -> SimulatorError:
    """Return the error for what an author's function raised: its line first."""
    place = user_code_location(error)
    words = f"{what} failed at t = {time_ms:g} ms: {type(error).__name__}: {first_line(error)}."
    return SimulatorError(
        f"{place}: {words}" if place else words.capitalize(),
        code="step-failed",
        hint="edit-script",
        location=place,
    )
