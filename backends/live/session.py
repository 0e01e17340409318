"""`LiveSession`: the face of a live session towards its author, its window and every test.

What runs it is its `LiveEngine`, which it holds under one private name, so that every other name of the
session is its author's.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Unpack

import numpy as np
from numpy.typing import NDArray

from backends.live.commands import CommandDispatch
from backends.live.default_scene import build_scene
from backends.live.engine import LiveEngine
from backends.live.history import HistoryCaptureMode
from backends.live.hook_checks import scene_arguments, with_trace_updates
from backends.live.hooks import SessionHooks
from backends.live.options import (
    DEFAULTS,
    SessionOptions,
    class_options,
    our_class,
    resolve_options,
    show_options,
)
from backends.live.stepper import FloatArray
from backends.live.views.further_views import with_further_views
from backends.messages import SessionCommand, SessionUpdate
from backends.reserved import Readable, refuse_reserved_attributes
from backends.scene import MorphologyGeometry, Scene


class LiveSession(SessionHooks):
    """Base of `NeuronSession` and `JaxleySession`.

    An author may use every attribute name for values of their own. The values below can be read as long as
    the author has set nothing else of that name; the options can also be set. The methods of the session
    protocol (``handle``, ``emit``, ``record`` …) cannot be assigned.

    Parameters
    ----------
    **options
        Each may be set on the class instead: ``dt = 0.025``.
    dt : float
        Step, ms; the next batch takes a changed one.

        What the model itself sets (NEURON's ``h.dt``, ``h.v_init``, voltages of sections, Jaxley's tables)
        stands where neither the class nor the constructor sets dt or v_init.
    v_init : float
        Membrane potential at t = 0, mV; the next reset uses a changed one.
    max_samples : int
        Samples stored of each chosen segment in ON_DEMAND mode.
    display_dt : float or None
        Interval between samples of traces and history, ms; None samples every step.
    history_capture_mode : HistoryCaptureMode or str
        Whose samples are stored.
    title : str

    Attributes
    ----------
    display_variable : DisplayVariable
        What the cell is coloured by; an option that is set on the class or before `initialize`.
    batch_budget_s : float
        Option: wall time that one batch may take, s.
    history_bytes : int
        Option: bound of the memory for the history of all segments in FULL mode.
    start_running : bool
        Option: whether the simulation runs as soon as it is built.
    findings, facts
        What `Scene` has of these names; they may be set before `initialize` has ended.
    """

    HISTORY_CAPTURE_ON_DEMAND: ClassVar[HistoryCaptureMode] = HistoryCaptureMode.ON_DEMAND
    HISTORY_CAPTURE_FULL: ClassVar[HistoryCaptureMode] = HistoryCaptureMode.FULL

    DEFAULTS: ClassVar[SessionOptions] = DEFAULTS
    ENGINE: ClassVar[type[LiveEngine]]

    _live: LiveEngine
    dt: float
    v_init: float
    max_samples: int
    display_dt: float | None
    history_capture_mode: HistoryCaptureMode
    title: str
    batch_budget_s: float
    history_bytes: int
    start_running: bool

    t = Readable("Simulated time, ms.")
    geometry = Readable("The drawing, a `MorphologyGeometry`; None where there is none.")
    scene = Readable("The `Scene` that `initialize` returned.")
    state = Readable(
        "Present values of the controls, and other values that hooks have set: a dict."
    )
    findings = Readable("Remarks on the model, a tuple of `Finding`.")
    facts = Readable("Facts of the model by name.")
    selected_entity_id = Readable("The segment that was clicked last, or None.")
    display_variables = Readable("What the cell can be coloured by.")
    run_control = Readable("The `RunControl`; its `clock` may be replaced before `initialize`.")
    history = Readable("The `TraceHistory`: samples of segments over time.")
    stepper = Readable("The `Stepper`, or None.")
    live_stepper = Readable("Returns the `Stepper`, or refuses where there is none.")
    budget = Readable("The `StepBudget`.")

    @show_options(DEFAULTS)
    def __init__(self, **options: Unpack[SessionOptions]) -> None:
        super().__init__()
        kind = type(self)
        refuse_reserved_attributes(kind)
        ours: type[LiveSession] = our_class(kind)
        values, origins = resolve_options(kind, ours.DEFAULTS, options)
        engine = ours.ENGINE(self)
        for name, value in (values | class_options(kind, engine.CLASS_OPTIONS)).items():
            engine.set_option(name, value)
        engine.origins = origins
        vars(self)["_live"] = engine  # a name that cannot be assigned

    def __setattr__(self, name: str, value: object) -> None:
        """Assign an attribute; an option is checked, and a method of the protocol is refused."""
        engine: LiveEngine | None = vars(self).get("_live")
        is_option = engine is not None and name in engine.CHECKS
        if engine is not None and is_option and not _is_property(type(self), name):
            engine.set_option(name, value)
        else:
            super().__setattr__(name, value)

    def emit(self, update: SessionUpdate) -> None:
        """Queue `update` for the next `read_updates`.

        Raises
        ------
        TypeError
            If it is not a `SessionUpdate`.
        ProtocolError
            If it changes what the scene does not have: a view, a panel, an attribute, values of another shape.
        """
        self._live.note_emitted(update)
        super().emit(update)

    def read_updates(self) -> list[SessionUpdate]:
        """Return and remove the queued updates, oldest first, with the drawing of a model that has changed."""
        self._live.redrawing.send()
        return super().read_updates()

    # --------------------------------------------------------------------------------- lifecycle

    @np.errstate(over="ignore")  # a value beyond float32 becomes inf, which the engine reports
    def initialize(self) -> Scene:
        """Build the model and return its scene, paused at t = 0 unless `start_running`."""
        return self._live.initialize()

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
            **scene_arguments(self, self._live.scene_title),
        )
        return with_further_views(self, with_trace_updates(self, scene), self._live)

    def shutdown(self) -> None:
        """Release the model; may be called at any time, more than once."""
        self._live.shutdown()

    def is_live(self) -> bool:
        """Whether a step is due now: running, and not delayed by the speed."""
        return self._live.is_live()

    def idle_sleep(self) -> float | None:
        """Return seconds until the next step is due: 0.0 now, None while paused."""
        return self._live.idle_sleep()

    @np.errstate(over="ignore")
    def advance(self) -> None:
        """Take the next batch of steps, then send one frame, the traces' samples and the clock."""
        self._live.advance()

    @np.errstate(over="ignore")
    def handle(self, command: SessionCommand) -> None:
        """Carry out a command; see `backends.live.commands`.

        Raises
        ------
        RequestError
            If that is not possible; nothing has changed then.
        """
        self._live.before_command()
        CommandDispatch(self._live).dispatch(command)
        self._live.after_command()
        self._live.interactions.read_back()


def _is_property(kind: type, name: str) -> bool:
    """Whether an author has made a property of an option's name."""
    return isinstance(getattr(kind, name, None), property)
