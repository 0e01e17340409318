"""`NeuronStepper`: NEURON stepped in slices, its segments read in one gather.

`ParallelContext.psolve(end)` takes every complete step that fits before `end`, so an end half a
step later makes the count exact despite rounding of t, and slicing a run changes no bit of it.
`PtrVector.gather` copies one range variable of all segments into one Vector whose memory numpy
sees; that view is made once. Full-dt recordings are `Vector.record`.
"""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from backends.errors import RequestError, SimulatorError
from backends.live.nonfinite import NonFiniteValue, first_nonfinite
from backends.live.stepper import Together
from backends.neuron.recorder import Recorder
from backends.neuron.sample_recorders import Groups, SampleRecorders
from backends.neuron.simulator import simulator_error

FloatArray = NDArray[np.float64]

LONGEST_DELAY_MS = 10.0
_FEW_STEPS = 16
_FEW_SAMPLES = 4
_SEGMENTS_CHANGED = (
    "A section was deleted, or its nseg changed, during the simulation: do that in build_sections "
    "or setup_model, then restart the session."
)


class Gather:
    """A range variable of some segments, read at once.

    Attributes
    ----------
    values : ndarray, shape (n,), float64
        NEURON's own memory: the values at the last `read`, NaN where a segment lacks the variable.
    present : ndarray, shape (n,), bool
        Which segments have the variable.
    """

    def __init__(self, h: Any, segments: Sequence[Any], variable: str) -> None:
        n = len(segments)
        reference = f"_ref_{variable}"
        self._missing = h.Vector([float("nan")])
        self._pointers = h.PtrVector(max(n, 1))
        self._vector = h.Vector(max(n, 1))
        self.present = np.ones(n, bool)
        self._pointers.pset(0, self._missing._ref_x[0])
        for i, segment in enumerate(segments):
            pointer = getattr(segment, reference, None)
            if pointer is None:
                self.present[i] = False
                pointer = self._missing._ref_x[0]
            self._pointers.pset(i, pointer)
        self.values: FloatArray = self._vector.as_numpy()[:n]
        gather, vector = self._pointers.gather, self._vector
        self.read: Callable[[], object] = lambda: gather(vector)


class NeuronStepper:
    """NEURON with a built model; see `backends.live.stepper.Stepper`.

    Parameters
    ----------
    h : HocObject
    segments : sequence of nrn.Segment
        In the order of every frame.
    close : callable
        Called once by `close`.

    Attributes
    ----------
    initial_voltages : sequence of (segment, float)
        mV: where a `reset` begins that is given no voltage.
    threads : int
        NEURON's threads; the next `reset` uses them.
    """

    def __init__(self, h: Any, segments: Sequence[Any], close: Callable[[], None]) -> None:
        self.dt = float(h.dt)
        self._used_dt: float | None = self.dt
        self._h = h
        self._segments = list(segments)
        self._close: Callable[[], None] | None = close
        self._context = h.ParallelContext()
        self._cvode = h.CVode()
        self._clock = h._ref_t
        self._variable = self._traced = "v"
        self._gathers = {"v": Gather(h, self._segments, "v")}
        self._watched: Sequence[int] | None = None
        self._sampled: Gather | None = self._gathers["v"]
        self._recorders: dict[str, Recorder] = {}
        self._record_clock: Recorder | None = None
        self._filled: list[Recorder] = []  # recorders that NEURON fills
        self._read_by_hand = False
        self._samplers = SampleRecorders(h)
        self.initial_voltages: Sequence[tuple[Any, float]] = ()
        self.threads = 1

    @property
    def own_dt(self) -> float | None:
        """The step that the model itself has set since the session's was used, ms; None where it has not."""
        if self._cvode.active():
            self._used_dt = None  # CVODE's own steps; the session's follow when it is switched off
        if self._used_dt is None or self._h.dt == self._used_dt:
            return None
        return float(self._h.dt)

    @property
    def t(self) -> float:
        """Simulated time, ms."""
        return float(self._clock[0])

    # ---------------------------------------------------------------------------------- stepping

    def reset(self, v_init: float | None) -> None:
        """Initialize to t = 0 with the present parameters, at `v_init` (mV) or at `initial_voltages`.

        Raises
        ------
        SimulatorError
            If an INITIAL block or a handler fails.
        """
        h = self._h
        h.dt = self._used_dt = self.dt
        if int(self._context.nthread()) != self.threads:
            self._context.nthread(self.threads)
        self._note_filled()
        self._samplers.note_started()
        try:
            if v_init is None:
                for segment, v in self.initial_voltages:
                    segment.v = v
                h.finitialize()
            else:
                h.finitialize(v_init)
        except RuntimeError as error:
            where = "" if v_init is None else f" at {v_init:g} mV"
            raise simulator_error(h, f"Initializing the model{where}", error) from error
        self._context.set_maxstep(LONGEST_DELAY_MS)  # psolve refuses to run without

    def step(self, n: int) -> None:
        """Take exactly `n` steps of dt (ms); under CVODE, the same time in its own steps."""
        if n < 1:
            return
        if self._h.dt != self.dt:
            self._h.dt = self._used_dt = self.dt
        steps = n if self._cvode.active() else n + 0.5
        try:
            if self._read_by_hand:
                self._advance_by_hand(n, self._h.fadvance)
            else:
                self._context.psolve(self._clock[0] + steps * self.dt)
        except RuntimeError as error:
            raise simulator_error(self._h, f"The step after t = {self.t:g} ms", error) from error

    def sample(self, every: int, times: FloatArray, values: NDArray[np.float32]) -> int:
        """Fill each row of `times` (n,) ms and `values` (n, n_watched) after `every` steps each."""
        sampled = self._sampled
        if sampled is None:
            sampled = self._sampled = self._gather_watched()
        read, source, clock, is_fast = sampled.read, sampled.values, self._clock, self._is_fast
        # A few samples at a time, as where other variables are read too, cost less one by one.
        groups = ((self._traced, self._indices(self._watched)),)
        if is_fast and len(times) > _FEW_SAMPLES and self._prepare_samplers(every, groups):
            self._samplers.clear()
            self.step(every * len(times))
            return self._samplers.take(every, times, values)
        self._samplers.clear()
        if every and is_fast:
            self._sample_fast(every, times, values, sampled)
            return len(times)
        for row in range(len(times)):
            self.step(every)
            read()
            values[row] = source
            times[row] = clock[0]
        self._samplers.clear()
        return len(times)

    def sample_together(
        self, every: int, n: int, variables: Mapping[str, Sequence[int] | None], *, watched: bool
    ) -> Together | None:
        """Take `n` samples of several variables, where NEURON itself can record them; see `Stepper`."""
        chosen = {self._traced: self._watched} if watched else {}
        groups = tuple(
            (name, self._indices(segments))
            for name, segments in (*chosen.items(), *variables.items())
        )
        if not self._is_fast or n <= _FEW_SAMPLES or not self._prepare_samplers(every, groups):
            return None
        widths = [len(segments) for _, segments in groups]
        times, values = np.empty(n), np.empty((n, sum(widths)), np.float32)
        self._samplers.clear()
        self.step(every * n)
        filled = self._samplers.take(every, times, values)
        return times[:filled], np.split(values[:filled], np.cumsum(widths)[:-1], axis=1)

    @property
    def _is_fast(self) -> bool:
        """Whether every step is one of dt, taken by NEURON alone."""
        return self._h.dt == self.dt and not self._cvode.active() and not self._read_by_hand

    def _indices(self, segments: Sequence[int] | None) -> tuple[int, ...]:
        return tuple(range(len(self._segments)) if segments is None else segments)

    def _prepare_samplers(self, every: int, groups: Groups) -> bool:
        """Let NEURON itself record what is sampled, where that costs less; return whether it does."""
        n_watched = sum(len(segments) for _, segments in groups)
        if not SampleRecorders.is_worth(len(self._segments), n_watched, every):
            self._samplers.drop()
            return False
        if self._samplers.has(groups):
            return self._samplers.are_started
        references = [
            getattr(self._segments[i], f"_ref_{name}", None)
            for name, segments in groups
            for i in segments
        ]
        self._samplers.record(groups, references)
        self._samplers.are_started = self._collect_recorders()
        if self._samplers.are_started:
            self._note_filled()
        return self._samplers.are_started

    def _sample_fast(
        self, every: int, times: FloatArray, values: NDArray[np.float32], sampled: Gather
    ) -> None:
        """Do what `sample` does, with only NEURON in the loop."""
        psolve, clock, span = self._context.psolve, self._clock, (every + 0.5) * self.dt
        read, source, fadvance = sampled.read, sampled.values, self._h.fadvance
        # Entering psolve costs as much as a few calls of fadvance; the steps are the same.
        one_by_one = range(every if every <= _FEW_STEPS else 0)
        try:
            for row in range(len(times)):
                for _ in one_by_one:
                    fadvance()
                if not one_by_one:
                    psolve(clock[0] + span)
                read()
                values[row] = source
                times[row] = clock[0]
        except RuntimeError as error:
            raise simulator_error(self._h, f"The step after t = {self.t:g} ms", error) from error

    # ----------------------------------------------------------------------------------- reading

    def watch(self, segments: Sequence[int] | None) -> None:
        """Set which segments `sample` reads; None is all of them."""
        if segments is None or self._watched is None or list(segments) != list(self._watched):
            self._samplers.drop()
        self._watched = segments
        self._sampled = self._gather(self._traced) if segments is None else None

    def _gather_watched(self) -> Gather:
        watched = self._watched or ()
        return Gather(self._h, [self._segments[i] for i in watched], self._traced)

    def _gather(self, variable: str) -> Gather:
        """Return the reader of a range variable of all segments."""
        if variable not in self._gathers:
            self._gathers[variable] = Gather(self._h, self._segments, variable)
        return self._gathers[variable]

    def trace(self, variable: str) -> None:
        """Let `sample` read another range variable."""
        self._traced = variable
        self.watch(self._watched)

    def show(self, variable: str) -> None:
        """Let `read` and `fault` read another range variable."""
        self._variable = variable
        self._gathers.pop(variable, None)  # built again: mechanisms may have been inserted
        self.watch(self._watched)

    def read(self) -> FloatArray:
        """Return the display values now, shape (n_segments,); valid until the next call."""
        return self.read_variable(self._variable)

    def read_variable(self, variable: str) -> FloatArray:
        """Return the values of any range variable now, shape (n_segments,); valid until the next call."""
        gather = self._gather(variable)
        try:
            gather.read()
        except RuntimeError as error:
            raise SimulatorError(
                _SEGMENTS_CHANGED, traceback.format_exc(), code="section-deleted"
            ) from error
        return gather.values

    def check_segments(self, sections: Sequence[Any]) -> None:
        """Raise RequestError if the number of segments of `sections` has changed."""
        if not self._segments:
            return
        try:
            n = sum(section.nseg for section in sections)
        except ReferenceError as error:  # of a section that was deleted
            raise RequestError(_SEGMENTS_CHANGED, code="section-deleted") from error
        if n != len(self._segments):
            raise RequestError(_SEGMENTS_CHANGED, code="section-deleted")

    @property
    def present(self) -> NDArray[np.bool_]:
        """Which segments have the variable shown, shape (n_segments,)."""
        return self._gather(self._variable).present

    def fault(self, frame: NDArray[np.floating[Any]]) -> NonFiniteValue | None:
        """Return the first segment that has the variable and no finite value of it, or None."""
        return first_nonfinite(frame, self._gather(self._variable).present, self.t, self._variable)

    # --------------------------------------------------------------------------------- recording

    def record(self, references: Mapping[str, Any], *, running: bool) -> None:
        """Record hoc references every dt from now on, without disturbing a running model."""
        h = self._h
        if not references:
            return
        if self._record_clock is None:
            self._record_clock = Recorder(h, h._ref_t)
        for name, reference in references.items():
            self._recorders[name] = Recorder(h, reference)
        if running:
            self._start_recorders()

    def _start_recorders(self) -> None:
        """Let NEURON use new recorders from the next step on, without an initialization.

        NEURON collects the recorders whenever an integrator is prepared. In fixed step, switching CVODE on and
        off again does that and changes neither states, nor queued events, nor random sequences. CVODE itself,
        where it is in use, starts its multistep method again from the present state.
        """
        if self._cvode.active():
            self._cvode.re_init()
            self._note_filled()
        elif self._collect_recorders():
            self._note_filled()
        else:  # a mechanism that CVODE cannot integrate: read the references after each step
            self._read_by_hand = True

    def _collect_recorders(self) -> bool:
        """Let NEURON collect all recorders, in fixed step; return whether it could."""
        h, cvode, dt = self._h, self._cvode, self._h.dt
        if int(self._context.nthread()) > 1:
            return False  # the threads' clocks would differ afterwards, which ends the process
        try:
            cvode.active(True)
            return True
        except RuntimeError:
            return False
        finally:
            cvode.active(False)
            h.dt = dt

    def _note_filled(self) -> None:
        """Note that NEURON fills all recorders from now on."""
        self._read_by_hand = False
        self._filled = list(self._all_recorders())

    def _all_recorders(self) -> Iterator[Recorder]:
        yield from self._recorders.values()
        if self._record_clock is not None:
            yield self._record_clock

    def _advance_by_hand(self, n: int, advance: Callable[[], object]) -> None:
        """Take `n` steps by a function of NEURON and append to each recorder that NEURON does not fill."""
        recorders = [each for each in self._all_recorders() if each not in self._filled]
        for _ in range(n):
            advance()
            for recorder in recorders:
                recorder.append()

    def drain_recorded(self) -> tuple[FloatArray, FloatArray] | None:
        """Return and clear the recorded samples: times (n,) ms, values (n_names, n); or None."""
        n = 0 if self._record_clock is None else self._record_clock.size
        if self._record_clock is None or not n:
            return None
        times = self._record_clock.samples(n).copy()
        values = np.empty((len(self._recorders), n))
        for row, recorder in enumerate(self._recorders.values()):
            values[row] = recorder.samples(n)
        for recorder in self._all_recorders():
            recorder.clear()
        return times, values

    @property
    def recorded_names(self) -> tuple[str, ...]:
        """The names given to `record`, in order."""
        return tuple(self._recorders)

    def recorded_values(self) -> dict[str, float]:
        """Return the present value of every recorded reference."""
        return {name: float(each.reference[0]) for name, each in self._recorders.items()}

    def close(self) -> None:
        """Release every pointer into the model, then delete it."""
        close, self._close = self._close, None
        if int(self._context.nthread()) != 1:
            self._context.nthread(1)  # of the process, whatever model is next
        self._recorders.clear()
        self._filled = []
        self._record_clock = None
        self._samplers.drop()
        self._segments, self.initial_voltages = [], ()
        self._gathers.clear()
        self._sampled = Gather(self._h, (), "v")
        if close is not None:
            close()
