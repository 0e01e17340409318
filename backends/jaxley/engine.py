"""`JaxleyEngine`: builds an author's Jaxley model and runs it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from backends.errors import RequestError, SimulatorError, SomascopeError, first_line
from backends.jaxley.catalog import describe_unknown_parameter, display_variables
from backends.jaxley.checks import (
    check_module,
    check_place,
    is_module,
    is_network,
    short_repr,
)
from backends.jaxley.connections import connections_of
from backends.jaxley.hooks import JaxleyHooks
from backends.jaxley.simulator import (
    BROKEN_REMEDY,
    Precision,
    checked_precision,
    device,
    load_jaxley,
    place_of_hook,
    set_precision,
    simulator_error,
    versions,
)
from backends.jaxley.targets import JaxleyTargetFinder
from backends.live.engine import INITIAL_VOLTAGE, LiveEngine, T, voltage_text
from backends.live.history import HistoryCaptureMode
from backends.live.hook_checks import checked_geometry
from backends.live.options import CHECKS, CLASS_OPTIONS, Check
from backends.live.redrawing import Shape
from backends.live.stepper import Stepper
from backends.live.views.connections import Found
from backends.live.views.spikes import spike_sources
from backends.messages import Phase, Status
from backends.scene import MorphologyGeometry

if TYPE_CHECKING:
    from backends.jaxley.compiled.inputs import CurrentStep, SampledInput
    from backends.jaxley.compiled.program import ProgramModel
    from backends.jaxley.compiled.tracing import TracedModel
    from backends.jaxley.stepping import JaxleyStepper


_SHAPE = ("radius", "length", "area")


class JaxleyEngine(LiveEngine):
    """Runs one `JaxleySession`; see `LiveEngine`.

    Attributes
    ----------
    precision : {"float64", "float32"}
        An option of the session.
    compilations : int
        Programs compiled since the session began.
    built_cells, built_network
        What the hooks have returned, so far.
    """

    BACKEND: ClassVar[str] = "Jaxley"
    CHECKS: ClassVar[Mapping[str, Check]] = {
        **CHECKS,
        "precision": lambda _, value: checked_precision(value),
    }
    CLASS_OPTIONS: ClassVar[Mapping[str, Any]] = {**CLASS_OPTIONS, "precision": "float64"}

    session: JaxleyHooks
    precision: Precision

    def __init__(self, session: JaxleyHooks) -> None:
        super().__init__(session)
        self.built_cells: list[Any] = []
        self.built_network: Any = None
        self._jaxley: JaxleyStepper | None = None
        self._injected: list[CurrentStep] = []
        self._unchecked_places: list[Any] = []
        self.compilations = 0

    def target_finder(self) -> JaxleyTargetFinder:
        """Return what finds the targets of controls."""
        return JaxleyTargetFinder(self.session)

    @property
    def cells(self) -> list[Any]:
        """What `build_cells` returned, as a list."""
        return self.built_cells

    @property
    def network(self) -> Any:
        """The module that is simulated: the only cell, or the `jx.Network`."""
        return self.built_network

    # ---------------------------------------------------------------------------------- building

    def open_model(self) -> Stepper:
        """Build the author's model and compile its steps.

        Raises
        ------
        SimulatorError
            If JAX or Jaxley is missing or broken, or it or the author's code refuses the model.
        """
        self._injected, self._unchecked_places, self.built_network = [], [], None
        model = self.open_network()
        from backends.jaxley.stepping import JaxleyStepper

        self._jaxley = stepper = JaxleyStepper(model)
        stepper.inputs.steps = self._injected
        stepper.dt = self.dt
        self.refresh_runtime_externals()
        stepper.watch(self.history_watches())
        set_precision(self.precision)  # a hook may have changed it
        self._compile(stepper)
        return stepper

    def _compile(self, stepper: JaxleyStepper) -> None:
        """Compile; the error names the author's mechanism that cannot be compiled."""
        try:
            stepper.compile()
        except SomascopeError:
            raise
        except Exception as error:  # JAX may raise anything about the author's equations
            from backends.jaxley.compiled.diagnosis import find_failing_mechanism

            failure = find_failing_mechanism(self.network, self.dtype)
            reason, place = ("", "") if failure is None else failure
            raise simulator_error("Compiling the model", error, reason, place) from error

    def open_network(self) -> ProgramModel:
        """Build the author's network and set `geometry`; return what its steps are compiled from."""
        model = self.traced_network()
        self._call_hook("setup_model", lambda: self.session.setup_model(self.network, self.cells))
        for place in self._unchecked_places:
            check_place(place, self.network)
        model.read_structure()
        self.geometry = checked_geometry(self.session, self.session.build_geometry(self.network))
        self._check_geometry()
        self.display_variables = display_variables(self.network)
        return model

    def traced_network(self) -> TracedModel:
        """Build `cells` and `network`."""
        self.emit_phase(Phase.BUILDING, "Loading JAX and Jaxley", BROKEN_REMEDY, "reinstall-jaxley")
        load_jaxley(checked_precision(self.precision))
        from backends.jaxley.compiled.tracing import TracedModel

        self.emit_phase(Phase.BUILDING, f"Building {self.scene_title}")
        self.built_cells = self._build_checked_cells()
        network = self._call_hook("build_network", lambda: self.session.build_network(self.cells))
        check_module("build_network", network)
        self.built_network = network
        return TracedModel(network, self.dtype, self._on_compile)

    def segment_of(self, place: Any) -> str:
        """Return the id of the first compartment of a view; RequestError where it is no view of this model."""
        if isinstance(place, str) or self.geometry is None:
            return super().segment_of(place)
        check_place(place, self.built_network, "")
        is_first = self.network.nodes.index == place.nodes.index[0]
        return self.geometry.segment_ids[int(np.argmax(is_first))]

    def history_watches(self) -> Sequence[int] | None:
        """Return as many segments as will be sampled from the start: all of them (None), or those that spike."""
        if self.history_capture_mode is HistoryCaptureMode.FULL:
            return None
        return tuple(range(len(spike_sources(self.session))))  # as many: the program's width

    def initial_voltage(self) -> float | None:
        """Return the voltage for a reset, mV; None where the tables' own stands."""
        return self.v_init if "v_init" in self.origins else None

    def settings_facts(self) -> dict[str, str]:
        """Return the step and the voltage at t = 0, and where each comes from."""
        facts = super().settings_facts()
        if self.initial_voltage() is None and self.built_network is not None:
            facts[INITIAL_VOLTAGE] = voltage_text(self.built_network.nodes["v"], "Jaxley's tables")
        return facts

    def found_connections(self) -> Found:
        """Return the synapses of the network's table."""
        if self.geometry is None or not hasattr(self.built_network, "edges"):
            return Found()
        return connections_of(self.network, self.geometry.id)

    def simulator_facts(self) -> dict[str, str]:
        """Return versions, precision and device."""
        return {"Simulator": versions(), "Precision": f"{self.precision} on {device()}"}

    def emit_phase(self, phase: Phase, sentence: str, remedy: str = "", hint: str = "") -> None:
        """Send a `Status`."""
        self.session.emit(Status(phase, sentence, remedy=remedy, hint=hint))

    @property
    def dtype(self) -> type[np.floating[Any]]:
        """numpy's type of the model's numbers."""
        return np.float64 if self.precision == "float64" else np.float32

    def _on_compile(self, sentence: str) -> None:
        self.compilations += 1
        self.emit_phase(Phase.COMPILING, sentence)

    def _call_hook(self, where: str, hook: Callable[[], T]) -> T:
        try:
            return hook()
        except RequestError as error:  # raised by `inject`, or by the author
            raise simulator_error(where, error, first_line(error)) from error
        except SomascopeError:
            raise
        except Exception as error:  # the author's code may raise anything
            reason = describe_unknown_parameter(error, self.built_network)
            place = place_of_hook(getattr(type(self.session), where, None))
            raise simulator_error(where, error, reason, place) from error

    def reason_of(self, error: BaseException) -> str:
        """Return the reason of an error in an author's hook; for an unknown parameter, the known ones."""
        return describe_unknown_parameter(error, self.built_network) or super().reason_of(error)

    def _build_checked_cells(self) -> list[Any]:
        name = f"{self.class_name}.build_cells"
        built = self._call_hook("build_cells", self.session.build_cells)
        cells = [built] if is_module(built) else built
        if not isinstance(cells, (list, tuple)):
            raise SimulatorError(
                f"{name} returned {short_repr(built)}: return a jx.Cell, or a list of them.",
                code="hook-returned",
            )
        if not cells:
            raise SimulatorError(
                f"{name} returned no cells: return a list of them.", code="hook-returned"
            )
        for each in cells:
            check_module(name, each)
            if len(cells) > 1 and is_network(each):
                raise SimulatorError(
                    f"{name} returned a jx.Network among {len(cells)} modules: return the network "
                    "alone, or all cells in one list.",
                    code="hook-returned",
                )
        return list(cells)

    def _check_geometry(self) -> None:
        geometry, nodes = self.geometry, self.network.nodes
        if geometry is not None and geometry.n_segments != len(nodes):
            raise SimulatorError(
                f"The geometry has {geometry.n_segments} segments, the model {len(nodes)} "
                "compartments: build_geometry must draw each of them once.",
                code="segment-count",
            )

    # ------------------------------------------------------------------------------ running model

    def inject(self, place: Any, *, delay: float, dur: float, amp: float) -> CurrentStep:
        """Inject a current step into the first compartment of a view; see `JaxleySession.inject`."""
        if self.built_network is None:
            self._unchecked_places.append(place)  # called while the network is being built
        check_place(place, self.built_network)
        return self._add_current_step(int(place.nodes.index[0]), delay, dur, amp)

    def inject_at(self, segment: int, *, delay: float, dur: float, amp: float) -> CurrentStep:
        """Inject a current step into a segment, by its index in every frame; see `inject`."""
        drawn = self.geometry
        n = len(self.network.nodes) if drawn is None else drawn.n_segments
        if not 0 <= segment < n:
            raise RequestError(
                f"inject_at: there is no segment {segment}; this model has {n}, the first is 0.",
                code="unknown-segment",
            )
        return self._add_current_step(self.node_of(segment), delay, dur, amp)

    def node_of(self, segment: int) -> int:
        """Return the solver's node of a segment, by its index in every frame."""
        return int(self.network.nodes.index[segment])

    def _add_current_step(self, node: int, delay: float, dur: float, amp: float) -> CurrentStep:
        from backends.jaxley.compiled.inputs import CurrentStep

        for name, value in (("delay", delay), ("dur", dur), ("amp", amp)):
            if isinstance(value, str) or not np.isscalar(value) or np.isnan(value):
                raise RequestError(
                    f"inject: {name} must be a number, not {short_repr(value)}.",
                    code="not-a-number",
                )
        step = CurrentStep(node, float(delay), float(dur), float(amp))
        self._injected.append(step)
        return step

    def refresh_runtime_parameters(self) -> None:
        """Update the running model with the parameters of channels, synapses and compartments in the tables.

        States are not changed; `reset` starts from the present parameters too. Nothing is
        compiled.
        """
        if self._jaxley is not None and self.stepper is not None:
            self._jaxley.reload_parameters()
            self.redrawing.note_change()

    def reset(self) -> None:
        """Go back to t = 0 with the present parameters; chosen traces start again."""
        super().reset()
        self.redrawing.note_change()

    def shape(self) -> Shape:
        """Return radius, length and area of the compartments and the points of their branches, µm."""
        if self.built_network is None or self.geometry is None:
            return ()
        nodes = self.network.nodes
        columns = [nodes[name].to_numpy(np.float64, copy=True) for name in _SHAPE if name in nodes]
        tracings = [np.asarray(each, np.float64) for each in self.network.xyzr]
        return (*columns, np.concatenate(tracings)) if tracings else tuple(columns)

    def draw(self) -> MorphologyGeometry | None:
        """Return the drawing of the model as it is now; None where a size is NaN, which the next step reports."""
        sizes = self.network.nodes[["radius", "length"]].to_numpy(np.float64)
        return self.session.build_geometry(self.network) if np.isfinite(sizes).all() else None

    def refresh_runtime_externals(self) -> None:
        """Update the running model with the network's present stimuli and clamps.

        An entry's k-th value acts in the k-th step after t = 0; past its end, a current is 0 and a
        clamp holds its last value. Nothing is compiled unless a new kind of clamp appears, or more
        stimuli than there is room for.
        """
        from backends.jaxley.compiled.inputs import SampledInput

        if self._jaxley is None or self.built_network is None:
            return
        sampled = {
            name: SampledInput(
                np.asarray(self.network.external_inds[name], np.int64),
                np.atleast_2d(np.asarray(values, np.float64)),
            )
            for name, values in self.network.externals.items()
        }
        for name, each in sampled.items():
            _check_sampled(name, each)
        self._jaxley.inputs.sampled = sampled

    def state_of(self, name: str) -> NDArray[np.float64]:
        """Return a copy of a state or current as it is now: over nodes, or over a kind of synapse.

        Raises
        ------
        RequestError
            If the model has no state of that name.
        """
        known = {} if self._jaxley is None else self._jaxley.states
        if name not in known:
            raise RequestError(
                f"This model has no state {name!r}; it has {', '.join(known)}.",
                code="unknown-state",
            )
        return np.array(known[name], np.float64)

    def shutdown(self) -> None:
        """Release the model and its programs."""
        super().shutdown()
        if self._jaxley is not None:
            self._jaxley.close()
        self._jaxley, self.built_network = None, None
        self.interactions.targets = {}
        self.built_cells, self._injected, self._unchecked_places = [], [], []


def _check_sampled(name: str, sampled: SampledInput) -> None:
    """Raise RequestError if a stimulus or clamp has a value that is not finite."""
    not_finite = np.argwhere(~np.isfinite(sampled.values))
    if len(not_finite):
        what = "values of stimulate" if name == "i" else f"values of clamp({name!r}, …)"
        row, step = not_finite[0]
        raise RequestError(
            f"The {what} are {sampled.values[row, step]:g} at their step {step}: give numbers.",
            code="not-finite",
        )
