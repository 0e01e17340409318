"""`BatchRun`: a loaded cell simulated once from t = 0 to an end, every segment sampled, nothing shown.

Two simulators can be compared only sample by sample, so both must sample at the same steps: every k-th
step of dt, from t = 0 on, where k follows from the requested interval, from dt and from a limit of
memory, and so is the same on both. The session is driven like any other, in its own process, but accepts
no commands: it runs once. Its updates are one `RunPlan`, then `RunSamples` until all have been sent.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from backends.cellmodel.stimuli import INDEFINITE_MS
from backends.errors import RequestError, SimulatorError
from backends.live.engine import engine_of
from backends.live.loaded_cell import LoadedCell
from backends.live.run_control import StepBudget, whole_steps
from backends.live.stepper import FloatArray, Stepper
from backends.messages import SessionCommand, SessionUpdate
from backends.scene import MorphologyGeometry, Scene
from backends.session import BufferedSession
from backends.sources.deferred import DeferredSession
from backends.sources.source import SessionSource

MAX_BYTES = 1_000_000_000
"""Of all samples of two sides."""
_BATCH_S = 0.1
_BATCH_BYTES = 8 << 20


@dataclass(frozen=True, slots=True)
class RunPlan(SessionUpdate):
    """What will be simulated; sent once, when the model is at t = 0.

    Attributes
    ----------
    simulator : str
        Version and precision.
    dt_ms : float
    steps_per_sample, n_samples : int
        Samples at t = 0 and after every `steps_per_sample` steps of dt.
    requested_ms : float
        The requested interval between samples.
    areas_um2 : ndarray, shape (n_segments,)
        Membrane area that the simulator itself uses, µm².
    stimuli : tuple of StimulusFacts
    recorded : tuple of str
        Segments that the model records.
    """

    simulator: str
    dt_ms: float
    steps_per_sample: int
    n_samples: int
    requested_ms: float
    areas_um2: FloatArray
    stimuli: tuple[StimulusFacts, ...]
    recorded: tuple[str, ...]

    @property
    def sample_ms(self) -> float:
        """The interval between samples, ms."""
        return self.steps_per_sample * self.dt_ms

    @property
    def times(self) -> FloatArray:
        """When the samples are taken, ms, shape (n_samples,)."""
        steps = np.arange(self.n_samples, dtype=np.int64) * self.steps_per_sample
        times: FloatArray = steps.astype(np.float64) * self.dt_ms
        return times


@dataclass(frozen=True, slots=True)
class RunSamples(SessionUpdate):
    """The next samples of all segments, in order: times (n,) ms, values (n, n_segments) mV."""

    times: FloatArray
    values: NDArray[np.float32]


class BatchRun(BufferedSession):
    """One run of a source's cell.

    Parameters
    ----------
    source : SessionSource
        Of a morphology; a script has its own session, which only its simulator can run.
    duration_ms, sample_ms : float
        How long to simulate, and the interval between samples, ms.
    model_changes : mapping
        Attributes of the cell's `CellModel` to replace: ``{"rate_tables": False}``.
    max_bytes : int
        Limit for the samples of two such runs; the interval is made longer where it is exceeded.
    controls : mapping
        Values of the cell's controls, by id, instead of the model's.
    """

    def __init__(
        self,
        source: SessionSource,
        duration_ms: float,
        sample_ms: float,
        model_changes: Mapping[str, Any] | None = None,
        max_bytes: int = MAX_BYTES,
        controls: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__()
        self._source = replace(
            source, history_capture_mode="full"
        )  # compiled to sample all segments
        self._duration_ms, self._requested_ms = duration_ms, sample_ms
        self._model_changes = dict(model_changes or {})
        self._max_bytes = max_bytes
        self._controls = dict(controls or {})
        self._deferred: DeferredSession | None = None
        self._stepper: Stepper | None = None
        self._geometry: MorphologyGeometry | None = None
        self._every, self._left = 1, 0
        self._budget = StepBudget()

    def initialize(self) -> Scene | None:
        """Build the model, send the plan and the sample at t = 0.

        Raises
        ------
        RequestError
            If the source is not a morphology.
        """
        deferred = self._source.create()
        if not isinstance(deferred, DeferredSession):
            raise RequestError(
                f"{self._source.title} is a script; only cells can be compared.",
                code="script-not-comparable",
            )
        self._deferred = deferred
        deferred.on_status = self.emit
        cell = deferred.make()
        if not isinstance(cell, LoadedCell):
            raise RequestError(
                f"{self._source.title} is not a cell that two simulators can build.",
                code="not-a-cell",
            )
        cell.model = replace(cell.model, **self._model_changes)
        cell.set_initial_controls(self._controls)
        scene = deferred.initialize()
        live = engine_of(cell)
        self._stepper, self._geometry = live.live_stepper(), live.geometry
        self.emit(self._make_plan(cell))
        self._sample(0, 1)
        return scene

    def _make_plan(self, cell: LoadedCell) -> RunPlan:
        live = engine_of(cell)
        geometry = live.geometry
        assert geometry is not None  # a loaded cell always has one
        dt, n_segments = live.dt, geometry.n_segments
        steps = whole_steps(self._duration_ms, dt)
        if steps < 1:
            raise RequestError(
                f"{self._duration_ms:g} ms is shorter than one step of dt ({dt:g} ms).",
                code="duration-too-short",
            )
        requested = max(1, min(steps, round(self._requested_ms / dt)))
        most_samples = max(2, self._max_bytes // (2 * 4 * n_segments))
        self._every = max(requested, -(-steps // (most_samples - 1)))
        n_samples = 1 + steps // self._every
        self._left = n_samples - 1
        stimuli = zip(cell.model.stimuli, cell.amplitudes_na, strict=True)
        return RunPlan(
            simulator=simulator_of(cell),
            dt_ms=dt,
            steps_per_sample=self._every,
            n_samples=n_samples,
            requested_ms=requested * dt,
            areas_um2=membrane_areas(cell),
            stimuli=tuple(
                StimulusFacts(_target_id(cell, each.target), each.delay_ms, each.dur_ms, amplitude)
                for each, amplitude in stimuli
            ),
            recorded=tuple(cell.initial_traces()),
        )

    def is_live(self) -> bool:
        """Return whether samples are missing."""
        return self._stepper is not None and self._left > 0

    def idle_sleep(self) -> float | None:
        """Return 0.0 until all samples have been sent."""
        return 0.0 if self.is_live() else None

    def advance(self) -> None:
        """Take and send as many samples as fit in a tenth of a second."""
        n_segments = 0 if self._geometry is None else self._geometry.n_segments
        limit = min(self._left, max(1, _BATCH_BYTES // (4 * max(1, n_segments))))
        done = self._budget.run_batch(
            _BATCH_S, lambda n: self._sample(self._every, n), limit, time.perf_counter
        )
        self._left -= done

    def _sample(self, every: int, n: int) -> None:
        """Send `n` samples, each after `every` steps.

        Raises
        ------
        SimulatorError
            If a voltage is not finite.
        """
        stepper, geometry = self._stepper, self._geometry
        if stepper is None or geometry is None:
            return
        times, values = np.empty(n), np.empty((n, geometry.n_segments), np.float32)
        with np.errstate(
            over="ignore"
        ):  # a voltage beyond float32 becomes inf, which is reported below
            filled = stepper.sample(every, times, values)
        if filled < n or not np.isfinite(values).all():
            raise SimulatorError(
                _nonfinite_message(stepper, geometry, times[:filled], values[:filled]),
                code="not-finite",
            )
        self.emit(RunSamples(times, values))

    def handle(self, command: SessionCommand) -> None:
        """Refuse every command: nothing can be changed during the run."""
        raise RequestError(
            f"A batch run accepts no {type(command).__name__}; it can only be ended.",
            code="unknown-command",
        )

    def shutdown(self) -> None:
        """Release the model."""
        self._stepper = None
        if self._deferred is not None:
            self._deferred.shutdown()


def _target_id(cell: LoadedCell, target: Any) -> str:
    geometry = engine_of(cell).geometry
    assert geometry is not None
    return geometry.segment_ids[cell.model.segment_of(target, cell.morphology, geometry)]


def _nonfinite_message(
    stepper: Stepper,
    geometry: MorphologyGeometry,
    times: FloatArray,
    values: NDArray[np.float32],
) -> str:
    """Return the message that says where and when a variable first was not finite."""
    bad = np.argwhere(~np.isfinite(values))
    if len(bad):
        variable, segment, when = "v", int(bad[0, 1]), float(times[bad[0, 0]])
    else:
        fault = stepper.fault(stepper.read().astype(np.float32))
        if fault is None:
            return "The run stopped before its end."
        variable, segment, when = fault.variable, fault.segment, fault.t
    return (
        f"{variable} in {geometry.segment_ids[segment]} is no longer a number at t = {when:g} ms; "
        f"make dt smaller than {stepper.dt:g} ms, or correct the model."
    )


def simulator_of(cell: LoadedCell) -> str:
    """Return version and precision of the simulator that holds `cell`."""
    facts = engine_of(cell).facts
    if "Simulator" in facts:
        return f"{facts['Simulator']}; {facts.get('Precision', 'float64')}"
    from importlib.metadata import version

    return f"NEURON {version('neuron')}; float64 on CPU"


def membrane_areas(cell: LoadedCell) -> FloatArray:
    """Return the membrane area (µm²) of each segment that the simulator itself uses, (n_segments,)."""
    sections: Sequence[Any] | None = getattr(engine_of(cell), "sections", None)
    if sections is not None:
        return np.array([segment.area() for section in sections for segment in section])
    stepper = engine_of(cell).live_stepper()
    # A parameter of the compiled program, whether or not Jaxley was imported.
    return stepper.read_variable("area").copy()


@dataclass(frozen=True, slots=True)
class StimulusFacts:
    """A current step of both sides: where, ms, ms, nA."""

    segment_id: str
    delay_ms: float
    dur_ms: float
    amp_na: float

    @property
    def text(self) -> str:
        """Return it for a reader: ``"0.21 nA at soma[0](0.5) from 10 ms on"``."""
        end = self.delay_ms + self.dur_ms
        until = "on" if self.dur_ms >= INDEFINITE_MS else f"to {end:g} ms"
        return f"{self.amp_na:g} nA at {self.segment_id} from {self.delay_ms:g} ms {until}"
