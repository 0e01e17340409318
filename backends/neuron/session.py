"""`NeuronSession`: a live session over the author's own NEURON model."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar, Unpack

import numpy as np
from numpy.typing import NDArray

from backends.errors import RequestError, SimulatorError, SomascopeError
from backends.live.hook_checks import short_repr
from backends.live.options import DEFAULTS, SessionOptions, show_options
from backends.live.session import INITIAL_VOLTAGE, LiveSession, voltage_text
from backends.live.stepper import Stepper
from backends.messages import FieldAppend, SessionCommand, TraceAdded
from backends.neuron.catalog import display_variables
from backends.neuron.checks import check_sections
from backends.neuron.scene import NeuronSceneBuilder
from backends.neuron.simulator import (
    all_sections,
    delete_sections,
    load_neuron,
    own_dt,
    own_v_init,
    own_voltages,
    simulator_error,
)
from backends.neuron.stepping import NeuronStepper
from backends.scene import MorphologyGeometry, Scene


class NeuronSession(LiveSession):
    """Build your sections; Somascope steps, draws and records them.

        class MyCell(NeuronSession):
            def build_sections(self):
                from neuron import h
                self.soma = h.Section(name="soma")
                self.soma.L = self.soma.diam = 20  # µm
                self.soma.insert("hh")
                return [self.soma]

            def setup_model(self, sections):
                from neuron import h
                self.clamp = h.IClamp(self.soma(0.5))
                self.clamp.delay, self.clamp.dur, self.clamp.amp = 10, 1e9, 0.5  # ms, ms, nA

    See `LiveSession` for parameters and attributes, `SessionHooks` for all that may be overridden.

    Attributes
    ----------
    sections : list of nrn.Section
        The model's sections, in the order of every frame.
    """

    BACKEND: ClassVar[str] = "NEURON"

    @show_options(DEFAULTS)
    def __init__(self, **options: Unpack[SessionOptions]) -> None:
        super().__init__(**options)
        self.sections: list[Any] = []
        self._to_record: dict[str, Any] = {}
        self._recorded_shown: set[str] = set()
        self._neuron: NeuronStepper | None = None
        self._existed_before: set[Any] = set()
        self._h: Any = None
        self._own_voltages: list[tuple[Any, float]] = []

    @abstractmethod
    def build_sections(self) -> Iterable[Any]:
        """Return the sections to simulate and show, parents and children connected."""

    def setup_model(self, sections: Sequence[Any]) -> object:
        """Insert mechanisms, place stimuli and synapses, call `record`; store the objects on self."""
        return None

    def build_geometry(self, sections: Sequence[Any]) -> MorphologyGeometry | None:
        """Return the drawing of `sections`; None shows no 3-D view."""
        return NeuronSceneBuilder.build_morphology_geometry(sections)

    # ---------------------------------------------------------------------------------- building

    def open_model(self) -> Stepper:
        """Build the author's model.

        Raises
        ------
        SimulatorError
            If NEURON is missing, or it or the author's code refuses the model.
        """
        self._h = h = load_neuron()
        self._existed_before = set(all_sections(h))
        h.t = 0.0  # what an earlier session has left
        if "dt" in self._origins or own_dt(h) is None:
            h.dt = self.dt
        self.sections = self._build_checked_sections(h)
        try:
            self.setup_model(self.sections)
        except SomascopeError:
            raise
        except Exception as error:  # the author's code may raise anything
            raise simulator_error(h, "setup_model", error) from error
        self._use_model_settings(h)
        try:
            self.geometry = self.build_geometry(self.sections)
            self.display_variables = display_variables(h, self.sections)
            segments = self._segments()
        except RuntimeError as error:  # raised by NEURON, for example for a section without width
            needed = "Drawing the model (a section needs a length and a diameter above 0)"
            raise simulator_error(h, needed, error) from error
        self._neuron = stepper = NeuronStepper(h, segments, self._release)
        stepper.initial_voltages = self._own_voltages
        try:
            stepper.record(self._to_record, running=False)
        except RuntimeError as error:
            raise simulator_error(h, "record", error) from error
        return stepper

    def _use_model_settings(self, h: Any) -> None:
        """Use the step and the voltages at t = 0 that the model has set, unless the session has its own."""
        if h.dt != self.dt:
            self._use_setting("dt", float(h.dt), "h.dt")
        v_init = own_v_init(h)
        if v_init is not None:
            self._use_setting("v_init", v_init, "h.v_init")
        if "v_init" not in self._origins:
            self._own_voltages = own_voltages(h, self.sections)

    def _initial_voltage(self) -> float | None:
        has_own = self._own_voltages and "v_init" not in self._origins
        return None if has_own else self.v_init

    def settings_facts(self) -> dict[str, str]:
        """Return the step, the voltage at t = 0 and the temperature, and where each comes from."""
        facts = super().settings_facts()
        if self._initial_voltage() is None:
            voltages = [v for _, v in self._own_voltages]
            facts[INITIAL_VOLTAGE] = voltage_text(voltages, "set in the sections")
        if self._h is not None:
            facts["Temperature"] = f"{self._h.celsius:g} °C (h.celsius)"
        return facts

    def _segments(self) -> list[Any]:
        """Return the segments in the order of every frame; none where nothing is drawn."""
        if self.geometry is None:
            return []
        segments = [segment for section in self.sections for segment in section]
        if len(segments) != self.geometry.n_segments:
            raise SimulatorError(
                f"The geometry has {self.geometry.n_segments} segments, the model {len(segments)}: "
                "set nseg in build_sections or setup_model, not later.",
                code="segment-count",
            )
        return segments

    def _build_checked_sections(self, h: Any) -> list[Any]:
        name = type(self).__name__
        try:
            built: Any = self.build_sections()
            if hasattr(built, "allseg"):
                built = [built]
            if not hasattr(built, "__iter__"):
                raise SimulatorError(
                    f"{name}.build_sections returned {built!r}: return a list of h.Section objects.",
                    code="hook-returned",
                )
            sections = list(built)
        except SomascopeError:
            raise
        except Exception as error:  # the author's code may raise anything
            raise simulator_error(h, "build_sections", error) from error
        if not sections:
            raise SimulatorError(
                f"{name}.build_sections returned no sections: return a list of them.",
                code="hook-returned",
            )
        check_sections(f"{name}.build_sections", sections)
        return sections

    def _release(self) -> None:
        h, existed = self._h, self._existed_before
        self.sections = []
        self._own_voltages = []
        self._to_record = {}
        delete_sections(h, [section for section in all_sections(h) if section not in existed])

    def shutdown(self) -> None:
        """Release the model: its sections are deleted, so that another session can follow."""
        super().shutdown()
        if self._h is not None and self._neuron is None:
            self._release()  # initialize failed halfway
        self._neuron, self._h = None, None

    # --------------------------------------------------------------------------------- recording

    def record(self, name: str, ref: Any) -> None:
        """Record a hoc reference (``soma(0.5)._ref_ina``) at every step of dt, and show it as trace `name`.

        On a running model NEURON is re-initialized and its state restored; the run continues unchanged.
        """
        self.record_many([name], [ref])

    def record_many(self, names: Sequence[str], refs: Sequence[Any]) -> None:
        """Record several references at once, with one re-initialization of a running model.

        Raises
        ------
        RequestError
            If names and refs differ in number, or a name is taken.
        """
        names, refs = list(names), list(refs)
        if len(names) != len(refs):
            raise RequestError(
                f"record_many: {len(names)} names for {len(refs)} references; give one name for each.",
                code="record-count",
            )
        taken = [
            name for i, name in enumerate(names) if name in self._to_record or name in names[:i]
        ]
        if taken:
            raise RequestError(
                f"record: the name {taken[0]!r} is already used; give each reference another name.",
                code="name-taken",
            )
        for name, ref in zip(names, refs, strict=True):
            if type(ref).__name__ != "HocObject":
                raise RequestError(
                    f"record: {name!r} needs a hoc reference, not {short_repr(ref)}; write "
                    "soma(0.5)._ref_v, not soma(0.5).v.",
                    code="bad-reference",
                )
        pairs = dict(zip(names, refs, strict=True))
        if self._neuron is not None:
            self._emit_new_samples()
            self._neuron.record(pairs, running=True)
        self._to_record |= pairs
        if self._neuron is not None:
            self._show_recorded(pairs)

    def on_recorded_samples(self, times: NDArray[np.float64], values: NDArray[np.float64]) -> None:
        """Process what was recorded since the last call.

        Parameters
        ----------
        times : ndarray, shape (n,)
            ms.
        values : ndarray, shape (n_names, n)
            Rows in the order of the names recorded.
        """

    def recorded_values(self) -> dict[str, float]:
        """Return the present value of everything recorded, by name."""
        return {} if self._neuron is None else self._neuron.recorded_values()

    def release_recorded(self, trace_id: str) -> bool:
        """Stop showing a recorded name as a trace; it is still recorded."""
        if trace_id not in self._recorded_shown:
            return False
        self._recorded_shown.discard(trace_id)
        return True

    def initialize(self) -> Scene:
        """Build the model and return its scene; RequestError if a hook changed the segments afterwards."""
        scene = super().initialize()
        if self._neuron is not None:
            self._neuron.check_segments(self.sections)
        return scene

    def advance(self) -> None:
        """Take the next batch of steps, of the dt that a hook may have set in ``h.dt`` meanwhile."""
        self._follow_model_dt()
        super().advance()

    def _follow_model_dt(self) -> None:
        changed = None if self._neuron is None else self._neuron.own_dt
        if changed is not None:
            self.dt = changed

    def handle(self, command: SessionCommand) -> None:
        """Execute a command; RequestError if its hook deleted sections or changed their nseg."""
        self._follow_model_dt()
        super().handle(command)
        if self._neuron is not None:
            self._neuron.check_segments(self.sections)

    def emit_recorded(self, *, from_start: bool = False) -> None:
        """Send what was recorded since the last call; or restart its traces at t = 0."""
        if not from_start:
            self._emit_new_samples()
        elif self._neuron is not None and self._to_record:
            drained = self._neuron.drain_recorded()
            self._show_recorded(self._to_record, drained)
            self._call_sample_hook(drained)

    def _show_recorded(
        self,
        names: Mapping[str, Any],
        drained: tuple[NDArray[np.float64], NDArray[np.float64]] | None = None,
    ) -> None:
        for row, name in enumerate(names):
            times, values = (
                (np.empty(0), np.empty(0)) if drained is None else (drained[0], drained[1][row])
            )
            self._recorded_shown.add(name)
            self.emit(TraceAdded(name, None, times, values, label=name))

    def _emit_new_samples(self) -> None:
        drained = None if self._neuron is None else self._neuron.drain_recorded()
        if drained is None:
            return
        times, values = drained
        shown = [i for i, name in enumerate(self._to_record) if name in self._recorded_shown]
        if shown:
            rows = tuple(name for name in self._to_record if name in self._recorded_shown)
            self.emit(FieldAppend(self.history_field_id(), rows, values[shown], times))
        self._call_sample_hook(drained)

    def _call_sample_hook(
        self, drained: tuple[NDArray[np.float64], NDArray[np.float64]] | None
    ) -> None:
        if drained is not None:
            self.run_hook("on_recorded_samples", lambda: self.on_recorded_samples(*drained))
