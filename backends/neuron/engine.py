"""`NeuronEngine`: builds an author's NEURON model and runs it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from backends.errors import RequestError, SimulatorError, SomascopeError, first_line
from backends.live.engine import INITIAL_VOLTAGE, LiveEngine, voltage_text
from backends.live.hook_checks import checked_geometry
from backends.live.options import CHECKS, CLASS_OPTIONS, Check
from backends.live.redrawing import Shape
from backends.live.stepper import Stepper
from backends.live.views.connections import Found
from backends.live.views.named_traces import NamedTrace, named_traces, trace_error
from backends.live.views.spikes import SpikeReader, SpikeSource
from backends.messages import FieldAppend, TraceAdded
from backends.neuron.catalog import display_variables
from backends.neuron.checks import check_recordings, check_sections, checked_threads
from backends.neuron.connections import NeuronConnections
from backends.neuron.hooks import NeuronHooks
from backends.neuron.leftovers import Leftovers, Snapshot, discard_model
from backends.neuron.recorded_values import RecordedValues
from backends.neuron.simulator import (
    load_neuron,
    own_dt,
    own_v_init,
    own_voltages,
    simulator_error,
)
from backends.neuron.spikes import NeuronSpikes, is_netcon, source_segment
from backends.neuron.stepping import NeuronStepper
from backends.neuron.targets import NeuronTargetFinder
from backends.neuron.units import unit_of_reference
from backends.scene import MorphologyGeometry, Scene


class NeuronEngine(LiveEngine):
    """Runs one `NeuronSession`; see `LiveEngine`.

    Attributes
    ----------
    sections : list of nrn.Section
        The model's sections, in the order of every frame.
    made_since : Snapshot or None
        What existed before the model was built, where that was before `initialize`.
    """

    BACKEND: ClassVar[str] = "NEURON"
    CHECKS: ClassVar[Mapping[str, Check]] = {**CHECKS, "threads": checked_threads}
    CLASS_OPTIONS: ClassVar[Mapping[str, Any]] = {**CLASS_OPTIONS, "threads": 1}

    session: NeuronHooks
    threads: int

    def __init__(self, session: NeuronHooks) -> None:
        self._finder = NeuronTargetFinder(session)
        super().__init__(session)
        self.sections: list[Any] = []
        self.made_since: Snapshot | None = None
        self._to_record: dict[str, Any] = {}
        self._units: dict[str, str] = {}
        self._recorded_shown: set[str] = set()
        self._removed: set[str] = set()  # traces that the user has removed
        self._neuron: NeuronStepper | None = None
        self._leftovers: Leftovers | None = None
        self._h: Any = None
        self._own_voltages: list[tuple[Any, float]] = []
        self._n_netcons = 0  # when the connections were read

    def target_finder(self) -> NeuronTargetFinder:
        """Return what finds the targets of controls."""
        return self._finder

    # ---------------------------------------------------------------------------------- building

    def initialize(self) -> Scene:
        """Build the model and return its scene; RequestError if a hook changed the segments afterwards."""
        try:
            scene = super().initialize()
            self.after_command()
        except BaseException:  # raised again
            self.shutdown()  # another session may follow in this process
            raise
        return scene

    def open_model(self) -> Stepper:
        """Build the author's model.

        Raises
        ------
        SimulatorError
            If NEURON is missing, or in use by another session, or it or the author's code refuses the model.
        """
        h = load_neuron()
        self._leftovers = Leftovers.begin(h, self, self.made_since)
        self._h = h
        h.t = 0.0  # what an earlier session has left
        if "dt" in self.origins or own_dt(h) is None:
            h.dt = self.dt
        self.sections = self._build_checked_sections(h)
        try:
            self.session.setup_model(self.sections)
        except SomascopeError:
            raise
        except Exception as error:  # the author's code may raise anything
            raise simulator_error(h, "setup_model", error) from error
        self.use_model_settings(h)
        self._finder.use_sections(self.sections)
        try:
            drawn = self.session.build_geometry(self.sections)
            self.geometry = checked_geometry(self.session, drawn)
            self.display_variables = display_variables(h, self.sections)
            segments = self._segments()
        except RuntimeError as error:  # raised by NEURON, for example for a section without width
            needed = "Drawing the model (a section needs a length and a diameter above 0)"
            raise simulator_error(h, needed, error) from error
        self._record_named_traces(segments)
        self._neuron = stepper = self.new_stepper(h, segments)
        stepper.initial_voltages = self._own_voltages
        stepper.threads = self.threads
        try:
            stepper.record(self._to_record, running=False)
        except RuntimeError as error:
            raise simulator_error(h, "record", error) from error
        return stepper

    def new_stepper(self, h: Any, segments: Sequence[Any]) -> NeuronStepper:
        """Return what steps the model, whose `close` releases it."""
        return NeuronStepper(h, segments, self._release)

    def use_model_settings(self, h: Any) -> None:
        """Use the step and the voltages at t = 0 that the model has set, unless the session has its own."""
        if h.dt != self.dt:
            self.use_setting("dt", float(h.dt), "h.dt")
        v_init = own_v_init(h)
        if v_init is not None:
            self.use_setting("v_init", v_init, "h.v_init")
        if "v_init" not in self.origins:
            self._own_voltages = own_voltages(h, self.sections)

    def set_option(self, name: str, value: Any, origin: str = "session") -> None:
        """Set an option; see `LiveEngine`. The next reset uses other threads."""
        super().set_option(name, value, origin)
        if name == "threads" and self._neuron is not None:
            self._neuron.threads = self.threads

    def initial_voltage(self) -> float | None:
        """Return the voltage for a reset, mV; None where the sections have their own."""
        has_own = self._own_voltages and "v_init" not in self.origins
        return None if has_own else self.v_init

    def settings_facts(self) -> dict[str, str]:
        """Return the step, the voltage at t = 0 and the temperature, and where each comes from."""
        facts = super().settings_facts()
        if self.initial_voltage() is None:
            voltages = [v for _, v in self._own_voltages]
            facts[INITIAL_VOLTAGE] = voltage_text(voltages, "set in the sections")
        if self._h is not None:
            facts["Temperature"] = f"{self._h.celsius:g} °C (h.celsius)"
        if self.threads > 1:
            facts["Threads"] = str(self.threads)
        return facts

    def _segments(self) -> list[Any]:
        """Return the segments in the order of every frame; none where nothing is drawn."""
        if self.geometry is None:
            return []
        counts = np.cumsum([0, *(int(section.nseg) for section in self.sections)])
        self._first_segments = dict(zip(self.sections, counts.tolist(), strict=False))
        segments = [segment for section in self.sections for segment in section]
        if len(segments) != self.geometry.n_segments:
            raise SimulatorError(
                f"The geometry has {self.geometry.n_segments} segments, the model {len(segments)}: "
                "set nseg in build_sections or setup_model, not later.",
                code="segment-count",
            )
        return segments

    def _build_checked_sections(self, h: Any) -> list[Any]:
        name = self.class_name
        try:
            built: Any = self.session.build_sections()
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
                f"{name}.build_sections returned no sections: return a list of them, and keep each in "
                "a variable of the session (self.soma = h.Section(...)), as NEURON deletes a section that "
                "nobody keeps, also when a SectionList has it.",
                code="hook-returned",
            )
        check_sections(f"{name}.build_sections", sections)
        return sections

    def _release(self) -> None:
        self.sections = []
        self._finder.use_sections(())
        self.interactions.targets = {}
        self._own_voltages = []
        self._to_record = {}
        leftovers, self._leftovers = self._leftovers, None
        if leftovers is not None:
            leftovers.remove(self.session)

    def shutdown(self) -> None:
        """Release the model: its sections are deleted, so that another session can follow."""
        super().shutdown()
        made_since, self.made_since = self.made_since, None
        if made_since is not None and self._leftovers is None and self._h is None:
            discard_model(made_since)  # built by a script, and never begun
        if self._h is not None:
            self._release()  # initialize may have failed halfway
        self._neuron, self._h = None, None

    # ---------------------------------------------------------------------------------- stepping

    def advance(self) -> None:
        """Take the next batch of steps, of the dt that a hook may have set in ``h.dt`` meanwhile."""
        self.before_command()
        super().advance()
        if self._h is not None and self._h.diam_changed:  # by a hook after the last step
            self.redrawing.note_change(is_certain=True)

    def before_command(self) -> None:
        """Use the dt that a hook has set in ``h.dt``."""
        changed = None if self._neuron is None else self._neuron.own_dt
        if changed is not None:
            self.set_option("dt", changed)

    def after_command(self) -> None:
        """Raise RequestError if a hook has deleted sections or changed their nseg; note a changed shape."""
        if self._neuron is not None:
            self._neuron.check_segments(self.sections)
            self.redrawing.note_change(is_certain=bool(self._h.diam_changed))
            if self._netcon_count() != self._n_netcons:
                self.run_hook("extra_connections", self.connections.send_changes)

    def _netcon_count(self) -> int:
        return int(self._h.List("NetCon").count())

    def found_connections(self) -> Found:
        """Return the NetCons and POINTERs between segments that are drawn."""
        self._n_netcons = self._netcon_count()
        if self.geometry is None:
            return Found()
        try:
            return NeuronConnections(self._h, self.sections, self.geometry.id).find()
        except RuntimeError as error:  # of hoc; the model runs without its lines
            return Found((), {f"what NEURON could not list ({first_line(error)})": 0})

    def shape(self) -> Shape:
        """Return the diameters of the segments and the lengths of the sections, µm."""
        if self._neuron is None or self.geometry is None:
            return ()
        lengths = np.array([section.L for section in self.sections], float)
        return self._neuron.read_variable("diam").copy(), lengths

    def draw(self) -> MorphologyGeometry | None:
        """Return the drawing of the model as it is now."""
        return self.session.build_geometry(self.sections)

    # --------------------------------------------------------------------------------- recording

    def segment_of(self, place: Any) -> str:
        """Return the id of the segment of a section, segment, NetCon or id; RequestError for anything else."""
        if isinstance(place, str):
            return place
        segment = source_segment(place)
        if segment is None:
            return str(place.pre())
        if self.geometry is None:
            return str(segment)
        first = self._first_segments.get(segment.sec)
        if first is None:
            raise RequestError(
                f"{segment} is in no section that build_sections returned.", code="bad-place"
            )
        nseg = int(segment.sec.nseg)
        segment_id: str = self.geometry.segment_ids[first + min(int(segment.x * nseg), nseg - 1)]
        return segment_id

    def spike_reader(self, sources: Sequence[SpikeSource]) -> SpikeReader:
        """Return what records the spikes of the sources."""
        segments, drawn = {}, [segment for section in self.sections for segment in section]
        for row, source in enumerate(sources):
            place = source.place
            if isinstance(place, str):
                place = drawn[self.traces.segment_index(place)]
            if not is_netcon(place):
                segments[row] = source_segment(place)
        return NeuronSpikes(self._h, sources, segments)

    def capture_named_traces(self) -> None:
        """Do nothing: they are recorded, from the start on."""
        return

    def _record_named_traces(self, segments: Sequence[Any]) -> None:
        """Record what `traces` names, each at every step."""
        for each in named_traces(self.session, self.reason_of):
            try:
                reference, unit = self._reference_of(each, segments)
                self.record_many([each.name], [reference], [unit])
            except RequestError as error:
                words = f"cannot be traced: {error.message}"
                raise trace_error(self.session, each.name, words, each.line) from error

    def _reference_of(self, trace: NamedTrace, segments: Sequence[Any]) -> tuple[Any, str | None]:
        """Return the reference that an author has named, and its unit where that was given."""
        place = trace.place
        if isinstance(place, str) and self.geometry is not None and place in self.geometry:
            place = segments[self.geometry.index_of(place)]
        if type(place).__name__ == "HocObject" or not hasattr(place, "_ref_v"):
            return place, trace.word(0)
        variable = trace.word(0) or "v"
        reference = getattr(place, f"_ref_{variable}", None)
        if reference is None:
            near = get_close_matches(
                variable, [each.name for each in self.display_variables], 6, cutoff=0.0
            )
            raise RequestError(
                f"{place} has no variable {variable!r}; like it are {', '.join(near)}.",
                code="unknown-variable",
            )
        return reference, trace.word(1)

    def record_many(self, names: list[str], refs: list[Any], units: list[str | None]) -> None:
        """Record references; see `NeuronSession.record_many`."""
        check_recordings(names, refs, units, self._to_record)
        pairs = dict(zip(names, refs, strict=True))
        if self._neuron is not None:
            self._emit_new_samples()
            self._neuron.record(pairs, running=True)
        self._to_record |= pairs
        for name, ref, unit in zip(names, refs, units, strict=True):
            self._units[name] = unit_of_reference(ref) if unit is None else unit
        if self._neuron is not None:
            self._show_recorded(pairs)

    def recorded_values(self) -> dict[str, float]:
        """Return the present value of everything recorded, by name."""
        return {} if self._neuron is None else self._neuron.recorded_values()

    def release_recorded(self, trace_id: str) -> bool:
        """Stop showing a recorded name as a trace; it is still recorded."""
        if trace_id not in self._recorded_shown:
            return False
        self._recorded_shown.discard(trace_id)
        self._removed.add(trace_id)
        return True

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
            if name in self._removed:
                continue
            times, values = (
                (np.empty(0), np.empty(0)) if drained is None else (drained[0], drained[1][row])
            )
            self._recorded_shown.add(name)
            unit = self._units[name]
            self.session.emit(TraceAdded(name, None, times, values, label=name, unit=unit))

    def _emit_new_samples(self) -> None:
        drained = None if self._neuron is None else self._neuron.drain_recorded()
        if drained is None:
            return
        times, values = drained
        shown = [i for i, name in enumerate(self._to_record) if name in self._recorded_shown]
        if shown:
            rows = tuple(name for name in self._to_record if name in self._recorded_shown)
            field_id = self.session.history_field_id()
            self.session.emit(FieldAppend(field_id, rows, values[shown], times))
        self._call_sample_hook(drained)

    def _call_sample_hook(
        self, drained: tuple[NDArray[np.float64], NDArray[np.float64]] | None
    ) -> None:
        if drained is not None:
            times, values = drained[0], RecordedValues.of(tuple(self._to_record), drained[1])
            try:
                self.session.on_recorded_samples(times, values)
            except Exception as error:  # the author's code may raise anything; the session goes on
                self.frames.report("on_recorded_samples", error)
