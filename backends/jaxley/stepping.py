"""`JaxleyStepper`: a Jaxley model stepped by one compiled program. No JAX until it is used."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from backends.errors import RequestError
from backends.jaxley.compiled.inputs import Inputs
from backends.jaxley.compiled.prefetch import Call, Prefetcher
from backends.jaxley.compiled.program import WINDOW_STEPS, ProgramModel, Shape
from backends.jaxley.compiled.tables import DERIVED, Arrays
from backends.live.nonfinite import NonFiniteValue, first_nonfinite
from backends.live.stepper import Together

FloatArray = NDArray[np.float64]

_FEWEST_TRACES = 64
_FEWEST_SLOTS = 8
_SHIFT_MV = 1e-3


class JaxleyStepper:
    """A Jaxley module with compiled programs; see `backends.live.stepper.Stepper`.

    Parameters
    ----------
    model : ProgramModel

    Attributes
    ----------
    inputs : Inputs
    """

    def __init__(self, model: ProgramModel) -> None:
        self._step_ms = 0.025
        self._model = model
        self.inputs = Inputs(model.n_nodes)
        self._states: Arrays = {}
        self._params: Arrays = {}
        self._shown = self._traced = "v"
        self._present = np.ones(len(model.index), bool)
        self._extra: Any = np.zeros(model.n_nodes, model.dtype)
        self._watched: Sequence[int] | None = None
        self._watched_nodes = model.index
        self._n_steps, self._clock, self._steps_since_clock = 0, 0.0, 0
        self._frame: FloatArray | None = None
        self._fault: NonFiniteValue | None = None
        self._prefetcher = Prefetcher()

    # ------------------------------------------------------------------------------------- clock

    @property
    def t(self) -> float:
        """Simulated time, ms."""
        return self._clock + self._steps_since_clock * self._step_ms

    @property
    def dt(self) -> float:
        """Step, ms."""
        return self._step_ms

    @dt.setter
    def dt(self, dt: float) -> None:
        if self._step_ms != dt:
            self._clock, self._steps_since_clock = self.t, 0
            self.inputs.clock.end_dt(self._n_steps, self._step_ms)
        self._step_ms = dt

    # --------------------------------------------------------------------------------- compiling

    def compile(self) -> None:
        """Compile what the present selection needs, so that the first step is as fast as any other."""
        self._states, self._params = self._model.prepare(-65.0, self.dt)
        self.read()

    def _shape(self) -> Shape:
        slots = {
            name: max(_FEWEST_SLOTS, _next_power_of_two(n))
            for name, n in self.inputs.slots_in_use().items()
        }
        watched = self._watched
        width = (
            len(self._model.index)
            if watched is None
            else max(_FEWEST_TRACES, _next_power_of_two(len(watched)))
        )
        return Shape.for_width(slots, width)

    # ---------------------------------------------------------------------------------- stepping

    def reset(self, v_init: float | None) -> None:
        """Return to t = 0: parameters and synapses from the tables, at rest at `v_init` (mV).

        None: at the tables' own voltages, and with the states that the author has set.
        """
        self._states, self._params = self._model.prepare(v_init, self.dt)
        self._n_steps, self._clock, self._steps_since_clock = 0, 0.0, 0
        self.inputs.clock.reset()
        self._frame, self._fault = None, None

    def reload_parameters(self) -> None:
        """Update the running model with the present parameters of the module's tables."""
        _, self._params = self._model.prepare(-65.0, self.dt)
        self.trace(self._traced)

    def step(self, n: int) -> None:
        """Take exactly `n` steps of dt, or stop at the first value that is not finite."""
        while n > 0 and self._fault is None:
            now = min(n, WINDOW_STEPS)
            self._run(1, now)
            n -= now

    def sample(self, every: int, times: FloatArray, values: NDArray[np.float32]) -> int:
        """Fill each row of `times` (n,) ms and `values` (n, n_watched) after `every` steps each."""
        row, n = 0, len(times)
        while row < n and self._fault is None:
            now = 1
            if every > WINDOW_STEPS:
                self.step(every - WINDOW_STEPS)
            elif every:
                now = min(n - row, self._shape().rows, WINDOW_STEPS // every)
            done, since = self._n_steps, self._steps_since_clock
            stride = min(every, WINDOW_STEPS)
            samples = self._run(now, stride)
            if self._fault is not None:
                now = (self._n_steps - done) // max(stride, 1)
            # From the count of steps, so that the times do not depend on how a run is sliced.
            counts = since + stride * np.arange(1, now + 1)
            times[row : row + now] = self._clock + counts * self.dt
            values[row : row + now] = samples[:now, : values.shape[1]]
            row += now
        return row

    def sample_together(
        self, every: int, n: int, variables: Mapping[str, Sequence[int] | None], *, watched: bool
    ) -> Together | None:
        """Return None: the program samples one variable."""
        return None

    def _run(self, rows: int, every: int) -> NDArray[np.float32]:
        """Call the program once; return its samples (rows, width)."""
        before = self._states
        outcome = self._prefetcher.outcome(self._call(before, self._n_steps, rows, every))
        self._states = outcome.state
        if not bool(outcome.is_finite):
            self._stop_at_first_nonfinite(before, rows * every)
            return np.asarray(outcome.samples)
        self._advance_clock(rows * every)
        if self._prefetcher.is_repeating(rows, every):
            self._prefetcher.begin(self._call(self._states, self._n_steps, rows, every))
        self._frame = np.asarray(outcome.frame, np.float64)
        samples: NDArray[np.float32] = np.asarray(outcome.samples)
        return samples

    def _advance_clock(self, steps: int) -> None:
        self._n_steps += steps
        self._steps_since_clock += steps

    def _call(self, states: Arrays, n_done: int, rows: int, every: int) -> Call:
        program = self._model.program(self._shape())
        slots = program.shape.slots
        return Call(
            program,
            states=dict(states),
            params=dict(self._params),
            places=self.inputs.places(slots),
            windows=self.inputs.windows(slots, n_done, self.dt, rows * every),
            rows=rows,
            every=every,
            watched=self._padded_nodes(program.shape.width),
            which=self._variable_index(),
            extra=self._extra,
            dt=self.dt,
        )

    def _padded_nodes(self, width: int) -> NDArray[np.int32]:
        if len(self._watched_nodes) != width:
            padded = np.zeros(width, np.int32)
            padded[: len(self._watched_nodes)] = self._watched_nodes
            self._watched_nodes = padded
        return self._watched_nodes

    def _variable_index(self) -> int:
        known = self._model.readable
        return known.index(self._traced) if self._traced in known else len(known)

    # ------------------------------------------------------------------------------------ faults

    def _stop_at_first_nonfinite(self, before: Arrays, steps: int) -> None:
        """Go to the first step after which a value is not finite, and record which and where."""
        good = 0  # steps after which all values are finite
        state = before
        span = steps
        while span > 0:
            half = max(1, span // 2)
            after = self._call(state, self._n_steps + good, 1, half).run()
            fault = self._first_nonfinite_state(after.state)
            if fault is None:
                good, state = good + half, after.state
                span -= half
            elif half == 1:
                self._states = after.state
                self._advance_clock(good + 1)
                singular = self._singular_voltage(state, fault[0])
                found = NonFiniteValue(self.t, *fault, exact=True, singular_mv=singular)
                self._fault = found = self._with_cause(found)
                frame = np.array(after.frame, np.float64)
                frame[found.segment] = np.nan
                self._frame = frame
                return
            else:
                span = half

    def _singular_voltage(self, before: Arrays, segment: int) -> float | None:
        """Return a segment's voltage before the step, mV, if the step is finite from a voltage 1 µV away."""
        voltage = float(np.asarray(before["v"])[self._model.index[segment]])
        if not np.isfinite(voltage):
            return None
        if self._first_nonfinite_state(before) is None:
            shifted = {**before, "v": before["v"] + _SHIFT_MV}
        else:  # not even the states at rest are finite
            shifted, _ = self._model.prepare(voltage + _SHIFT_MV, self.dt)
        after = self._call(shifted, self._n_steps - 1, 1, 1).run()
        is_finite = self._first_nonfinite_state(after.state) is None
        return voltage if is_finite else None

    def _first_nonfinite_state(self, states: Arrays) -> tuple[int, str] | None:
        """Return segment and name of a node state that is not finite; None if all are.

        One solve spreads such a voltage over the complete tree, so of several states it is the one
        that is wrong in the fewest segments.
        """
        found: list[tuple[int, bool, int, str]] = []
        for name in self._model.readable:
            values = np.asarray(states[name])[self._model.index]
            present = self._model.rows_with(name)
            bad = ~np.isfinite(values) & (True if present is None else present)
            if bad.any():
                found.append((int(bad.sum()), name == "v", int(np.argmax(bad)), name))
        if not found:
            return None
        *_, segment, name = min(found, key=lambda each: each[:2])
        return segment, name

    def _with_cause(self, fault: NonFiniteValue) -> NonFiniteValue:
        """Return a fault with the parameter that is not finite, and its segment, if there is one.

        If a radius or a capacitance is not finite, no voltage is finite, so the voltages do not show
        the segment.
        """
        state = np.asarray(self._states[fault.variable])[self._model.index]
        found = fault
        for name in sorted(self._params):
            present = None if name in DERIVED else self._model.rows_with(name)
            if present is None:
                continue
            values = np.asarray(self._params[name])[self._model.index]
            bad = ~np.isfinite(values) & ~np.isfinite(state) & present
            if not bad.any():
                continue
            segment = fault.segment if bad[fault.segment] else int(np.argmax(bad))
            cause = f"{name} is {values[segment]:g} there"
            if segment == fault.segment:
                return replace(fault, cause=cause)
            found = replace(fault, segment=segment, cause=cause)
        return found

    def fault(self, frame: NDArray[np.floating[Any]]) -> NonFiniteValue | None:
        """Return the first value that is not finite, with its time and name, or None."""
        if self._fault is not None:
            return self._fault
        return first_nonfinite(frame, self._present, self.t, self._shown)

    # ----------------------------------------------------------------------------------- reading

    @property
    def present(self) -> NDArray[np.bool_]:
        """Which segments have the variable shown, shape (n_segments,)."""
        return self._present

    def watch(self, segments: Sequence[int] | None) -> None:
        """Set which segments `sample` reads; None is all of them."""
        self._watched = segments
        self._watched_nodes = (
            self._model.index if segments is None else self._model.index[list(segments)]
        )

    def trace(self, variable: str) -> None:
        """Let `sample` read another variable: a state, a current or a parameter.

        Raises
        ------
        RequestError
            If the module has none of that name.
        """
        self._rows_with(variable)
        self._traced = variable
        if variable not in self._model.readable:
            self._extra = np.asarray(self._params[variable], self._model.dtype)
        self._frame = None

    def show(self, variable: str) -> None:
        """Let `read` and `fault` read another variable: a state, a current or a parameter.

        Raises
        ------
        RequestError
            If the module has none of that name.
        """
        self._present = self._rows_with(variable)
        self._shown = variable
        self._frame = None

    def _rows_with(self, variable: str) -> NDArray[np.bool_]:
        present = self._model.rows_with(variable)
        if present is None:
            raise RequestError(f"This model has no variable {variable!r}.", code="unknown-variable")
        return present

    def read_variable(self, variable: str) -> FloatArray:
        """Return the values of any variable now, shape (n_segments,); NaN where a segment has none."""
        source = self._states if variable in self._model.readable else self._params
        values = np.asarray(source[variable], np.float64)[self._model.index]
        return np.where(self._rows_with(variable), values, np.nan)

    def read(self) -> FloatArray:
        """Return the display values now, shape (n_segments,); NaN where a segment has none."""
        if self._shown != self._traced:
            return self.read_variable(self._shown)
        if self._frame is None:
            outcome = self._call(self._states, self._n_steps, 0, 0).run()
            self._frame = np.array(outcome.frame, np.float64)
        if not self._present.all():
            self._frame = np.where(self._present, self._frame, np.nan)
        return self._frame

    @property
    def params(self) -> Arrays:
        """The parameters of the running model, arrays over nodes or synapses."""
        return self._params

    @property
    def states(self) -> Arrays:
        """The states of the running model, arrays over nodes or synapses."""
        return self._states

    def close(self) -> None:
        """Release the model and its arrays."""
        self._prefetcher.drop()
        self._model.close()
        self._states, self._params = {}, {}


def _next_power_of_two(n: int) -> int:
    """Return the next power of two."""
    return 1 << max(0, n - 1).bit_length()
