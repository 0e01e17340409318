"""`LiveEngine`: what runs a live session, whichever simulator steps it.

An engine holds four things: a *stepper* (the simulator), a `RunControl` (when and how
far), a `StepBudget` (how many steps fit a batch) and a `TraceHistory` (stored samples). `advance`
steps one batch: steps until the budget of wall time is used, sampling the watched segments every
display_dt on the way, then reads the display values once and reports the time.

The engine is apart from the session, since a session's attributes belong to its author: of the session it
uses the hooks and the methods of the session protocol, nothing else.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, ClassVar, TypeVar

import numpy as np

from backends.error_updates import error_update
from backends.errors import RequestError, SomascopeError
from backends.live.history import HistoryCaptureMode, TraceHistory
from backends.live.hook_checks import (
    checked_scene,
    control_specs,
    ordered_display_variables,
    short_repr,
)
from backends.live.hooks import SessionHooks
from backends.live.interaction_dispatch import InteractionDispatch, reason_of
from backends.live.options import CHECKS, CLASS_OPTIONS, Check
from backends.live.other_variables import OtherVariables
from backends.live.redrawing import Redrawing, Shape
from backends.live.run_control import RunControl, StepBudget
from backends.live.sampling import Sampler
from backends.live.stepper import Stepper
from backends.live.targets import TargetFinder
from backends.live.traces import SegmentTraces
from backends.live.views.completion import complete_scene
from backends.live.views.connections import Found, SceneConnections
from backends.live.views.frames import Frames
from backends.live.views.named_traces import named_traces, trace_error
from backends.live.views.shown_variables import ShownVariables
from backends.live.views.spikes import (
    THRESHOLD_MV,
    SampledSpikes,
    SpikeReader,
    Spikes,
    SpikeSource,
    check_variable,
)
from backends.messages import RunStatus, SessionUpdate
from backends.scene import DisplayVariable, Finding, MorphologyGeometry, Scene
from backends.scene_changes import SceneChange, changed_scene
from backends.text import with_minus

T = TypeVar("T")

_SHARE_OF_OTHERS = 4  # of the memory for history, a variable other than the first gets a quarter

INITIAL_VOLTAGE = "Voltage at t = 0"


def voltage_text(voltages: Iterable[float], origin: str) -> str:
    """Return the range of voltages (mV) and where they come from, for the Cell panel."""
    values = np.fromiter(voltages, float)
    low, high = values.min(), values.max()
    span = f"{low:g} mV" if low == high else f"{low:g} to {high:g} mV"
    return f"{with_minus(span)} ({origin})"


class LiveEngine(ABC):
    """Runs one session.

    Parameters
    ----------
    session : SessionHooks

    Attributes
    ----------
    dt, v_init, max_samples, display_dt, history_capture_mode, title, display_variable, batch_budget_s, \
history_bytes, start_running
        The session's options; see `LiveSession`.
    origins : dict of str to str
        Where the options come from that are not defaults: ``{"dt": "class Mine"}``.
    display_variables : tuple of DisplayVariable
        All that the cell can be coloured by.
    state : dict
        Present values of the controls, and other values that hooks have set.
    """

    BACKEND: ClassVar[str] = ""
    CHECKS: ClassVar[Mapping[str, Check]] = CHECKS
    CLASS_OPTIONS: ClassVar[Mapping[str, Any]] = CLASS_OPTIONS

    dt: float
    v_init: float
    max_samples: int
    display_dt: float | None
    history_capture_mode: HistoryCaptureMode
    title: str
    display_variable: DisplayVariable
    batch_budget_s: float
    history_bytes: int
    start_running: bool

    def __init__(self, session: SessionHooks) -> None:
        self.session = session
        self.origins: dict[str, str] = {}
        self.geometry: MorphologyGeometry | None = None
        self.scene: Scene | None = None
        self.state: dict[str, Any] = {}
        self.selected_entity_id: str | None = None
        self.findings: tuple[Finding, ...] = ()
        self.facts: Mapping[str, str] = {}
        self.display_variables: tuple[DisplayVariable, ...] = ()
        self.run_control = RunControl()
        self.budget = StepBudget()
        self.history = TraceHistory(0, HistoryCaptureMode.ON_DEMAND, 1, 0)
        self.others = OtherVariables(self._new_history_of_other)
        self.traces = SegmentTraces(self)
        self.stepper: Stepper | None = None
        self.sampler = Sampler(self)
        self.redrawing = Redrawing(self)
        self.shown = ShownVariables(self)
        self.spikes = Spikes(self)
        self.connections = SceneConnections(self)
        self.interactions = InteractionDispatch(session, self, self.target_finder())
        self.frames = Frames(self)

    @property
    def scene_title(self) -> str:
        """The title that the author has chosen, else the name of the class."""
        return self.title if "title" in self.origins else self.class_name

    @property
    def class_name(self) -> str:
        """The name of the session's class, for errors."""
        return type(self.session).__name__

    def set_option(self, name: str, value: Any, origin: str = "session") -> None:
        """Set an option, and the session's attribute of that name; ProtocolError for a wrong value."""
        checked = self.CHECKS[name](name, value)
        setattr(self, name, checked)
        self.origins[name] = origin
        if not isinstance(getattr(type(self.session), name, None), property):  # an author's
            vars(self.session)[name] = checked

    # ------------------------------------------------------------------ what a simulator fills in

    @abstractmethod
    def open_model(self) -> Stepper:
        """Build the model, set `geometry` and `display_variables`, return what steps it."""

    def shape(self) -> Shape:
        """Return the lengths, diameters and points (µm) that the drawing follows; () where it follows none."""
        return ()

    def draw(self) -> MorphologyGeometry | None:
        """Return the drawing of the model as it is now."""
        return self.geometry

    def initial_traces(self) -> Sequence[str]:
        """Return the segments whose traces are captured from the start."""
        return ()

    def capture_named_traces(self) -> None:
        """Begin the traces of `SessionHooks.traces`."""
        for each in named_traces(self.session, self.reason_of):
            try:
                segment_id = self.segment_of(each.place)
                self.traces.capture(segment_id, each.word(0) or "", each.name, each.word(1))
            except RequestError as error:
                words = f"cannot be traced: {error.message}"
                raise trace_error(self.session, each.name, words, each.line) from error

    def segment_of(self, place: Any) -> str:
        """Return the id of the segment at a place that an author has named; RequestError for a wrong one."""
        if not isinstance(place, str):
            raise RequestError(
                f"{short_repr(place)} is no place in this model; return a segment id, alone or with a variable.",
                code="unknown-segment",
            )
        return place

    def spike_reader(self, sources: Sequence[SpikeSource]) -> SpikeReader:
        """Return what reads the spikes of the sources; RequestError for what is no source."""
        check_variable(self.display_variable)
        segments = [self.traces.segment_index(self.segment_of(each.place)) for each in sources]
        given = (each.threshold for each in sources)
        thresholds = [THRESHOLD_MV if each is None else each for each in given]
        return SampledSpikes(lambda: self.history, segments, thresholds)

    def found_connections(self) -> Found:
        """Return what the simulator knows of its connections."""
        return Found()

    def simulator_facts(self) -> dict[str, str]:
        """Return facts of the simulator that matter for the numbers."""
        return {}

    def emit_recorded(self, *, from_start: bool = False) -> None:
        """Send what is recorded besides the segments' traces; `from_start` replaces it from t = 0."""
        return

    def before_command(self) -> None:
        """Prepare for a command."""
        return

    def after_command(self) -> None:
        """Check the model after a command whose hooks may have changed it."""
        return

    def release_recorded(self, trace_id: str) -> bool:
        """Stop showing a recorded name as a trace; return whether there was one."""
        return False

    def reason_of(self, error: BaseException) -> str:
        """Return what an author's hook raised, as part of a sentence."""
        return reason_of(error)

    def target_finder(self) -> TargetFinder:
        """Return what finds the targets of controls."""
        return TargetFinder(self.session)

    def check_entity(self, entity_id: str) -> None:
        """Refuse an id that is no segment's."""
        self.traces.segment_index(entity_id)

    def capture(self, entity_id: str) -> None:
        """Add the trace of a segment."""
        self.traces.capture(entity_id)

    # ---------------------------------------------------------------------------------- settings

    def settings_facts(self) -> dict[str, str]:
        """Return the step and the voltage at t = 0, and where each comes from."""
        return {
            "Step (dt)": f"{self.dt:g} ms{self._origin_text('dt')}",
            INITIAL_VOLTAGE: f"{with_minus(f'{self.v_init:g}')} mV{self._origin_text('v_init')}",
        }

    def _origin_text(self, name: str) -> str:
        origin = self.origins.get(name, "Somascope's default")
        return "" if origin == "session" else f" ({origin})"

    def use_setting(self, name: str, value: float, origin: str) -> None:
        """Set dt or v_init to what the model itself has, unless its author has chosen one for the session."""
        if name not in self.origins:
            self.set_option(name, value, origin)

    def initial_voltage(self) -> float | None:
        """Return the voltage for the stepper's reset, mV; None where the model itself has set its voltages."""
        return self.v_init

    # --------------------------------------------------------------------------------- lifecycle

    @property
    def t(self) -> float:
        """Simulated time, ms."""
        return 0.0 if self.stepper is None else self.stepper.t

    def initialize(self) -> Scene:
        """Build the model and return its scene, paused at t = 0 unless `start_running`."""
        self.stepper = stepper = self.open_model()
        self.history = self._new_history()
        self.others = OtherVariables(self._new_history_of_other)
        stepper.dt = self.dt
        self.spikes.open()
        stepper.watch(self.history.watched)
        if self.geometry is not None:
            self.display_variables = ordered_display_variables(
                self.session, self.display_variable, self.display_variables
            )
            if self.display_variable.name != "v":
                stepper.show(self.display_variable.name)
                stepper.trace(self.display_variable.name)
        self.traces.unit = self.session.history_unit()
        stepper.reset(self.initial_voltage())
        self.redrawing.begin()
        self.interactions.begin(control_specs(self.session).values())
        self.sampler.sample_now()
        scene = self.session.build_scene(
            geometry=self.geometry,
            display_values=stepper.read().astype(np.float32),
            trace_values=np.empty((0, 0), np.float32),
            trace_segment_ids=(),
            trace_times=np.empty(0),
        )
        self.emit_recorded(from_start=True)
        self.session.after_reset()
        for segment_id in self.initial_traces():
            self.traces.capture(segment_id)
        self.capture_named_traces()
        if self.start_running and not scene.cannot_run:
            self.run_control.start(self.t, self.dt)
        self.emit_status()
        scene = self.connections.added_to(checked_scene(self.session, scene))
        self.scene = complete_scene(self, scene)
        self.frames.shapes.begin(self.scene)
        self.shown.follow(self.scene)
        return self.scene

    def _new_history(self) -> TraceHistory:
        n = 0 if self.geometry is None else self.geometry.n_segments
        return TraceHistory(n, self.history_capture_mode, self.max_samples, self.history_bytes)

    def _new_history_of_other(self) -> TraceHistory:
        n = 0 if self.geometry is None else self.geometry.n_segments
        limit = self.history_bytes // _SHARE_OF_OTHERS
        return TraceHistory(n, self.history_capture_mode, self.max_samples, limit)

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
        return self.stepper is not None and self.session.idle_sleep() == 0.0

    def idle_sleep(self) -> float | None:
        """Return seconds until the next step is due: 0.0 now, None while paused."""
        if self.stepper is None:
            return None
        return self.run_control.wait(self.t, self.dt)

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
            hook = self.session.after_batch
            self.frames.emit(self.frames.follow_up("after_batch", hook, from_start=False))
        except SomascopeError as error:  # of the simulator, or of what a hook returned
            run.pause()
            self.session.emit(error_update(error))
        self.interactions.read_back_sometimes(run.clock() if run.running else math.inf)
        self.emit_status()

    def emit(self, update: SessionUpdate) -> None:
        """Send an update."""
        self.session.emit(update)

    def note_emitted(self, update: SessionUpdate) -> None:
        """Note an update that the session emits: a change of the scene, or what follows up on a batch or reset.

        Raises
        ------
        ProtocolError
            If it changes what the scene does not have, or has values of another shape than their field.
        """
        if isinstance(update, SceneChange) and self.scene is not None:
            self.scene = changed_scene(self.scene, update)
            self.shown.follow(self.scene)
        self.frames.note(update)

    def emit_frame(self) -> None:
        """Send the display values, after checking them, the samples of the chosen segments, and spikes."""
        self.frames.emit()

    def emit_status(self) -> None:
        """Send the clock and the run state."""
        run = self.run_control
        rate = run.rate if run.running or run.finished else math.nan
        self.session.emit(RunStatus(self.t, run.running, run.steps, rate, run.finished))

    # ---------------------------------------------------------------------------------- commands

    def run_hook(self, what: str, hook: Callable[[], T]) -> T | None:
        """Return what the author's hook returns, or None after reporting what it raised."""
        return self.interactions.run_hook(what, hook)

    def reset(self) -> None:
        """Go back to t = 0 with the present parameters; chosen traces start again."""
        stepper = self.live_stepper()
        stepper.dt = self.dt
        stepper.reset(self.initial_voltage())
        self.run_control.reset()
        own = self.frames.follow_up("after_reset", self.session.after_reset, from_start=True)
        self.traces.restart()
        self.frames.emit(own, from_start=True)
        self.emit_status()
        self.run_hook("extra_connections", self.connections.send_changes)

    def live_stepper(self) -> Stepper:
        """Return the stepper, or refuse what needs one before `initialize` or after `shutdown`."""
        if self.stepper is None:
            raise RequestError(
                "The session has no model: it is not initialized, or has ended.", code="no-model"
            )
        return self.stepper


def engine_of(session: SessionHooks) -> LiveEngine:
    """Return the engine of a session whose ``__init__`` has run."""
    engine: LiveEngine = vars(session)["_live"]
    return engine


def is_constructed(session: SessionHooks) -> bool:
    """Whether the session's ``__init__`` has called ``super().__init__()``."""
    return "_live" in vars(session)
