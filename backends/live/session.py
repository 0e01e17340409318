"""`LiveSession`: what a live session is, whichever simulator steps it.

A session holds four things: a *stepper* (the simulator), a `RunControl` (when and how
far), a `StepBudget` (how many steps fit a batch) and a `TraceHistory` (stored samples). `advance`
steps one batch: steps until the budget of wall time is used, sampling the watched segments every
display_dt on the way, then reads the display values once and reports the time. `handle` passes a
command to one of the four, or to one of the author's hooks.
"""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar, TypeVar, Unpack

import numpy as np
from numpy.typing import NDArray

from backends.error_updates import error_update
from backends.errors import ProtocolError, RequestError, SimulatorError, first_line
from backends.field import checked_finite, checked_positive
from backends.live.commands import CommandDispatch
from backends.live.contract import LiveContract
from backends.live.default_scene import build_scene, facts_of
from backends.live.history import HistoryCaptureMode, TraceHistory
from backends.live.hook_checks import (
    control_specs,
    ordered_display_variables,
    scene_arguments,
    with_trace_updates,
)
from backends.live.hooks import misspelt_hooks
from backends.live.nonfinite import mask_nonfinite, nonfinite_error
from backends.live.options import DEFAULTS, SessionOptions, resolve_options, show_options
from backends.live.run_control import RunControl, StepBudget
from backends.live.sampling import Sampler
from backends.live.stepper import FloatArray, Stepper
from backends.messages import (
    FieldAppend,
    FieldReplace,
    RunStatus,
    SessionCommand,
    SessionUpdate,
    TraceAdded,
)
from backends.scene import (
    DisplayVariable,
    Finding,
    MorphologyGeometry,
    Scene,
)

T = TypeVar("T")
INITIAL_VOLTAGE = "Voltage at t = 0"


def voltage_text(voltages: Iterable[float], origin: str) -> str:
    """Return the range of voltages (mV) and where they come from, for the Cell panel."""
    values = np.fromiter(voltages, float)
    low, high = values.min(), values.max()
    span = f"{low:g} mV" if low == high else f"{low:g} to {high:g} mV"
    return f"{span} ({origin})"


class LiveSession(LiveContract):
    """Base of `NeuronSession` and `JaxleySession`.

    Parameters
    ----------
    **options
        Each may be set on the class instead: ``dt = 0.025``.
    dt : float
        Step, ms.
    v_init : float
        Membrane potential at t = 0, mV.

        What the model itself sets (NEURON's ``h.dt``, ``h.v_init``, voltages of sections, Jaxley's tables)
        stands where neither the class nor the constructor sets dt or v_init.
    max_samples : int
        Samples stored of each chosen segment in ON_DEMAND mode.
    display_dt : float or None
        Interval between samples of traces and history, ms; None samples every step.
    history_capture_mode : HistoryCaptureMode or str
        Whose samples are stored.
    title : str

    Attributes
    ----------
    t : float
        Simulated time, ms.
    geometry : MorphologyGeometry or None
    history_bytes : int
        Bound of the memory for the history of all segments in FULL mode.
    batch_budget_s : float
        Wall time that one batch may take, s.
    is_constructed : bool
        False where a subclass has not called ``super().__init__()``.
    start_running : bool
        Whether the simulation runs as soon as it is built.
    run_control : RunControl
        Its `clock` may be replaced before `initialize`.
    state : dict
        Present values of the controls, and other values that hooks have set.
    findings, facts
        What `Scene` has of these names.
    """

    HISTORY_CAPTURE_ON_DEMAND: ClassVar[HistoryCaptureMode] = HistoryCaptureMode.ON_DEMAND
    HISTORY_CAPTURE_FULL: ClassVar[HistoryCaptureMode] = HistoryCaptureMode.FULL

    DEFAULTS: ClassVar[SessionOptions] = DEFAULTS
    is_constructed: bool = False
    start_running: bool = False
    batch_budget_s: float = 0.016
    history_bytes: int = 256 << 20

    @show_options(DEFAULTS)
    def __init__(self, **options: Unpack[SessionOptions]) -> None:
        super().__init__()
        self._origins: dict[str, str] = {}
        self._set_options(options)
        self.geometry: MorphologyGeometry | None = None
        self.scene: Scene | None = None
        self.state: dict[str, Any] = {}
        self.selected_entity_id: str | None = None
        self.findings: tuple[Finding, ...] = ()
        self.facts: Mapping[str, str] = {}
        self.display_variables: tuple[DisplayVariable, ...] = (self.display_variable,)
        self.run_control = RunControl()
        self._dispatch = CommandDispatch(self)
        self.budget = StepBudget()
        self.history = TraceHistory(0, self.history_capture_mode, self.max_samples, 0)
        self.stepper: Stepper | None = None
        self.sampler = Sampler(self)
        self.is_constructed = True

    def _set_options(self, given: SessionOptions) -> None:
        values, origins = resolve_options(type(self), self.DEFAULTS, given)
        display_dt, title = values["display_dt"], values["title"]
        self.dt = checked_positive("dt", values["dt"])  # checked: a class's dt hides the property
        self.v_init = checked_finite("v_init", values["v_init"])
        self._origins = origins
        self.max_samples = int(checked_positive("max_samples", values["max_samples"]))
        self.display_dt = None if display_dt is None else checked_positive("display_dt", display_dt)
        self.history_capture_mode = HistoryCaptureMode(values["history_capture_mode"])
        if not isinstance(title, str):
            raise ProtocolError(f"title must be a string, not {title!r}", code="bad-type")
        self.title = title

    # ------------------------------------------------------------------ what a simulator fills in

    @abstractmethod
    def open_model(self) -> Stepper:
        """Build the model, set `geometry` and `display_variables`, return what steps it."""

    def initial_traces(self) -> Sequence[str]:
        """Return the segments whose traces are captured from the start."""
        return ()

    def simulator_facts(self) -> dict[str, str]:
        """Return facts of the simulator that matter for the numbers."""
        return {}

    def settings_facts(self) -> dict[str, str]:
        """Return the step and the voltage at t = 0, and where each comes from."""
        return {
            "Step (dt)": f"{self.dt:g} ms{self._origin_text('dt')}",
            INITIAL_VOLTAGE: f"{self.v_init:g} mV{self._origin_text('v_init')}",
        }

    def _origin_text(self, name: str) -> str:
        origin = self._origins.get(name, "Somascope's default")
        return "" if origin == "session" else f" ({origin})"

    def emit_recorded(self, *, from_start: bool = False) -> None:
        """Send what is recorded besides the segments' traces; `from_start` replaces it from t = 0."""

    def after_batch(self) -> None:
        """Follow up on a batch of steps, before its frame is sent.

        A `FieldReplace` of `display_field_id()` emitted here colours the cell instead of that frame.
        """

    def after_reset(self) -> None:
        """Follow up on a reset, before its frame is sent; see `after_batch`."""

    # --------------------------------------------------------------------------------- lifecycle

    @property
    def dt(self) -> float:
        """Step, ms; the next batch takes a changed one."""
        return self._dt

    @dt.setter
    def dt(self, dt: float) -> None:
        self._dt = checked_positive("dt", dt)
        self._origins["dt"] = "session"

    @property
    def v_init(self) -> float:
        """Membrane potential at t = 0, mV; the next `reset` uses a changed one."""
        return self._v_init

    @v_init.setter
    def v_init(self, v_init: float) -> None:
        self._v_init = checked_finite("v_init", v_init)
        self._origins["v_init"] = "session"

    def _use_setting(self, name: str, value: float, origin: str) -> None:
        """Set dt or v_init to what the model itself has, unless its author has chosen one for the session."""
        if name not in self._origins:
            setattr(self, name, value)
            self._origins[name] = origin

    def _initial_voltage(self) -> float | None:
        """Return the voltage for the stepper's reset, mV; None where the model itself has set its voltages."""
        return self.v_init

    @property
    def t(self) -> float:
        """Simulated time, ms."""
        return 0.0 if self.stepper is None else self.stepper.t

    @np.errstate(over="ignore")  # a value beyond float32 becomes inf, which `emit_frame` reports
    def initialize(self) -> Scene:
        """Build the model and return its scene, paused at t = 0 unless `start_running`."""
        self.stepper = stepper = self.open_model()
        n = 0 if self.geometry is None else self.geometry.n_segments
        self.history = TraceHistory(
            n, self.history_capture_mode, self.max_samples, self.history_bytes
        )
        stepper.dt = self.dt
        stepper.watch(self.history.watched)
        if self.geometry is not None:
            self.display_variables = ordered_display_variables(self)
            if self.display_variable.name != "v":
                stepper.show(self.display_variable.name)
        stepper.reset(self._initial_voltage())
        controls = control_specs(self)
        self.state = {id_: spec.value_spec.default for id_, spec in controls.items()} | self.state
        self.sampler.sample_now()
        scene = self.build_scene(
            geometry=self.geometry,
            display_values=stepper.read().astype(np.float32),
            trace_values=np.empty((0, 0), np.float32),
            trace_segment_ids=(),
            trace_times=np.empty(0),
        )
        self.emit_recorded(from_start=True)
        self.after_reset()
        for segment_id in self.initial_traces():
            self._dispatch.capture(segment_id)
        if self.start_running:
            self.run_control.start(self.t, self.dt)
        self.emit_status()
        self.scene = self._complete_scene(scene)
        return self.scene

    def build_scene(
        self,
        *,
        geometry: MorphologyGeometry | None,
        display_values: NDArray[np.float32],
        trace_values: NDArray[np.float32],
        trace_segment_ids: Sequence[str],
        trace_times: FloatArray,
    ) -> Scene:
        """Return the scene, from all the hooks; see `default_scene.build_scene` for the shapes."""
        scene = build_scene(
            geometry=geometry,
            display_values=display_values,
            trace_values=trace_values,
            trace_segment_ids=trace_segment_ids,
            trace_times=trace_times,
            **scene_arguments(self),
        )
        return with_trace_updates(self, scene)

    def _complete_scene(self, scene: Scene) -> Scene:
        return replace(
            scene,
            backend=scene.backend or self.BACKEND,
            dt_ms=self.dt if scene.dt_ms is None else scene.dt_ms,
            display_variables=scene.display_variables or self.display_variables,
            findings=(scene.findings or self.findings) + misspelt_hooks(type(self)),
            facts=scene.facts
            or self.facts
            or {**facts_of(self.geometry), **self.settings_facts(), **self.simulator_facts()},
        )

    def shutdown(self) -> None:
        """Release the model; may be called at any time, more than once."""
        stepper, self.stepper = self.stepper, None
        self.run_control.pause()
        self.history = TraceHistory(0, self.history_capture_mode, self.max_samples, 0)
        if stepper is not None:
            stepper.close()

    # ---------------------------------------------------------------------------------- stepping

    def is_live(self) -> bool:
        """Whether a step is due now: running, and not delayed by the speed."""
        return self.stepper is not None and self.idle_sleep() == 0.0

    def idle_sleep(self) -> float | None:
        """Return seconds until the next step is due: 0.0 now, None while paused."""
        if self.stepper is None:
            return None
        return self.run_control.wait(self.t, self.dt)

    @np.errstate(over="ignore")
    def advance(self) -> None:
        """Take the next batch of steps, then send one frame, the traces' samples and the clock."""
        stepper, run = self.stepper, self.run_control
        if stepper is None or not run.running:
            return
        stepper.dt = self.dt
        due = run.due(stepper.t, self.dt)
        try:
            if due > 0:
                begin, n_requested = stepper.t, self.sampler.step(due)
                # A stepper stops by itself where a value is not finite.
                run.record_steps(
                    min(n_requested, round((stepper.t - begin) / self.dt)), stepper.t, self.dt
                )
            else:
                run.finish_if_done(stepper.t, self.dt)
            n_before = len(self._updates)
            self.emit_recorded()
            self.after_batch()
            self.emit_frame(self._updates[n_before:])
        except SimulatorError as error:
            run.pause()
            self.emit(error_update(error))
        self.emit_status()

    def emit_frame(self, own: Sequence[SessionUpdate] = ()) -> None:
        """Send the display values, after checking them, and the samples of the chosen segments.

        Where a hook has already sent values of the display field, among `own`, they are shown instead.
        """
        stepper = self.live_stepper()
        values = stepper.read()
        frame = values.astype(np.float32)
        fault = stepper.fault(frame)
        if fault is not None:
            frame = mask_nonfinite(frame)
        field_id = self.display_field_id()
        is_sent = any(isinstance(u, FieldReplace) and u.field_id == field_id for u in own)
        if len(frame) and not is_sent:
            self.emit(FieldReplace(field_id, frame, stepper.t))
        self.emit_samples()
        if fault is not None and self.geometry is not None:
            self.run_control.pause()
            noticed = None if fault.exact else self.history.first_nonfinite(stepper.present)
            if noticed is not None:
                fault = replace(fault, t=noticed[0], segment=noticed[1])
            segment_id = self.geometry.segment_ids[fault.segment]
            self.emit(nonfinite_error(fault, segment_id, self.dt))

    def emit_samples(self) -> None:
        drained = self.history.drain()
        if drained is None or self.geometry is None:
            return
        times, values = drained
        rows = tuple(self.geometry.segment_ids[i] for i in self.history.captured)
        self.emit(FieldAppend(self.history_field_id(), rows, values, times))

    def emit_status(self) -> None:
        run = self.run_control
        rate = run.rate if run.running or run.finished else math.nan
        self.emit(RunStatus(self.t, run.running, run.steps, rate, run.finished))

    # ---------------------------------------------------------------------------------- commands

    @np.errstate(over="ignore")
    def handle(self, command: SessionCommand) -> None:
        """Carry out a command; see `backends.live.commands`.

        Raises
        ------
        RequestError
            If that is not possible; nothing has changed then.
        """
        self._dispatch.dispatch(command)

    def invoke_action(self, action_id: str, payload: Mapping[str, Any]) -> None:
        """Do the action `action_id`, as `InvokeAction` does."""
        self._dispatch.invoke(action_id, payload)

    def run_hook(self, what: str, hook: Callable[[], T]) -> T | None:
        """Call an author's hook; an exception becomes an `Error` and None is returned."""
        return self._dispatch.run_hook(what, hook)

    def reason_of(self, error: BaseException) -> str:
        """Return what an author's hook raised, as part of a sentence."""
        return f"{type(error).__name__}: {first_line(error)}"

    def release_recorded(self, trace_id: str) -> bool:
        """Stop showing a recorded name as a trace; return whether there was one."""
        return False

    def reset(self) -> None:
        """Go back to t = 0 with the present parameters; chosen traces start again."""
        stepper = self.live_stepper()
        stepper.dt = self.dt
        stepper.reset(self._initial_voltage())
        self.run_control.reset()
        n_before = len(self._updates)
        self.emit_recorded(from_start=True)
        self.after_reset()
        own = self._updates[n_before:]
        self.restart_history()
        self.emit_frame(own)
        self.emit_status()

    def restart_history(self) -> None:
        """Remove all samples and send every chosen trace from the present value."""
        self.history.clear()
        self.sampler.sample_now()
        self.history.drain()
        for segment in self.history.captured:
            self.emit_trace(segment)

    def restart_sample_interval(self) -> None:
        """Count the interval to the next sample from now."""
        self.sampler.phase = 0

    def emit_trace(self, segment: int) -> None:
        """Send all stored samples of a chosen segment."""
        if self.geometry is None:
            return
        id_ = self.geometry.segment_ids[segment]
        times, values = self.history.samples_of(segment)
        note = self.history.note(segment)
        unit = self.history_unit()
        self.emit(TraceAdded(id_, id_, times, values, label=id_, unit=unit, note=note))

    def live_stepper(self) -> Stepper:
        """Return the stepper, or refuse what needs one before `initialize` or after `shutdown`."""
        if self.stepper is None:
            raise RequestError(
                "The session has no model: it is not initialized, or has ended.", code="no-model"
            )
        return self.stepper
