"""`jaxley`: a view of the Jaxley cell or network that a script has built."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar

from backends.errors import ProtocolError
from backends.inline.derived import PendingSamples
from backends.inline.rasters import SpikingHooks, SpikingView
from backends.inline.registry import Registry, registry
from backends.inline.session import places_of, session_class_of
from backends.inline.view import capture_mode
from backends.jaxley.catalog import display_variables
from backends.jaxley.checks import check_place, is_module, is_network
from backends.jaxley.engine import JaxleyEngine
from backends.jaxley.session import JaxleySession
from backends.jaxley.targets import JaxleyTargetFinder
from backends.live.hook_checks import short_repr
from backends.live.targets import TargetFinder
from backends.messages import FieldAppend, SessionUpdate, TraceAdded
from backends.scene import MorphologyGeometry
from backends.session import Session


def jaxley(
    model: Any,
    *,
    dt: float | None = None,
    v_init: float | None = None,
    display_dt: float | None = None,
    precision: str | None = None,
    title: str = "",
    start_running: bool | None = None,
    history: bool = True,
) -> JaxleyView:
    """Return a view of a Jaxley model.

    Parameters
    ----------
    model : jx.Cell or jx.Network
    dt : float or None
        Step, ms; None is 0.1 ms.
    v_init : float or None
        Voltage at t = 0, mV; None is what the model's tables have.
    display_dt : float or None
        Interval between samples of traces, ms; None is 0.1 ms.
    precision : {"float64", "float32"} or None
        None is float64.
    title : str
        Of the window.
    start_running : bool or None
        Whether it runs as soon as it is built.
    history : bool
        Whether the past of every segment is stored (at most 256 MiB), so that a click shows it; otherwise a trace
        begins at the click, and a small cell runs some 15 % faster.
    """
    if not is_module(model) or model.base is not model:
        raise ProtocolError(
            f"ss.jaxley needs a jx.Cell or jx.Network, not {short_repr(model)}", code="bad-source"
        )
    view = JaxleyView(
        model,
        title=title,
        dt=dt,
        v_init=v_init,
        display_dt=display_dt,
        precision=precision,
        start_running=start_running,
        history_capture_mode=capture_mode(history),
    )
    registry().add(view)
    return view


class InjectedCurrent:
    """A current step of `JaxleyView.inject`; what is assigned to it takes effect in the running model.

    Attributes
    ----------
    delay, dur : float
        ms.
    amp : float
        nA.
    """

    place: Any
    delay: float
    dur: float
    amp: float

    def __init__(self, place: Any, delay: float, dur: float, amp: float) -> None:
        vars(self).update(place=place, step=None, delay=delay, dur=dur, amp=amp)

    def __setattr__(self, name: str, value: Any) -> None:
        """Assign delay, dur or amp, in the running model too."""
        if name not in ("delay", "dur", "amp"):
            raise AttributeError(f"a current has delay, dur and amp, no {name!r}")
        vars(self)[name] = value
        step = vars(self)["step"]
        if step is not None:
            setattr(step, name, value)


class JaxleyView(SpikingView):
    """A Jaxley model and what is shown of it.

    `trace` takes compartments (``cell.branch(0).comp(0)``) for their voltage, and pairs of a compartment and the name
    of a state (``(cell.branch(0).comp(0), "HH_m")``). Sliders take views and the name of a parameter.
    """

    SPIKE_SOURCES = "compartments or cells, as in cell.branch(0).comp(0),"

    def __init__(self, model: Any, **options: Any) -> None:
        super().__init__(**options)
        self.model = model
        self.currents: list[InjectedCurrent] = []

    def inject(self, place: Any, *, delay: float, dur: float, amp: float) -> InjectedCurrent:
        """Inject a current step into the first compartment of a view; return what can be changed live.

        Parameters
        ----------
        delay, dur : float
            ms.
        amp : float
            nA.
        """
        check_place(place, self.model)
        current = InjectedCurrent(place, delay, dur, amp)
        self.currents.append(current)
        return current

    def add_recording(
        self, name: str, source: Any, unit: str | None
    ) -> tuple[str, str, str | None]:
        """Register a compartment for its voltage, or a pair of compartment and state."""
        place, *rest = source if isinstance(source, tuple) else (source,)
        if not is_module(place):
            raise ProtocolError(
                f"trace: {name!r} needs a compartment such as cell.branch(0).comp(0), or a pair of it and "
                f'a name such as "HH_m", not {short_repr(source)}',
                code="bad-source",
            )
        check_place(place, self.model)
        variable = str(rest[0]) if rest else "v"
        is_voltage = variable == "v"
        known = {each.name: each.unit for each in display_variables(self.model)}
        own = known.get(variable, "") if unit is None else unit
        self.trace_names[name] = (place, variable, own)
        return name, "Membrane potential" if is_voltage else variable, own

    def is_one_source(self, sources: Any) -> bool:
        """Whether this is a view, and no collection of them."""
        return is_module(sources)

    def spike_name(self, source: Any) -> str:
        """Return "" for a view of this model."""
        check_place(source, self.model, "")
        return ""

    def target_finder(self) -> TargetFinder:
        """Return what finds parameters in the tables; `InlineJaxleySession.model_changed` puts them to use."""
        return JaxleyTargetFinder(self)

    def refresh_runtime_parameters(self) -> None:
        """Do nothing: see `target_finder`."""

    def session_class(self, registry: Registry, name: str, module: str) -> type[Session]:
        """Return the class of the session over this model."""
        return session_class_of(InlineJaxleySession, self, registry, name, module)


class InlineJaxleySession(SpikingHooks, JaxleySession):
    """The session of a `JaxleyView`: the model exists already."""

    inline_view: ClassVar[JaxleyView]
    inline_title: ClassVar[str] = ""
    _live: JaxleyEngine

    def __init__(self) -> None:
        super().__init__(title=self.inline_title)
        derived = self.inline_view.derived
        wanted = {row for each in derived for row in each.rows}
        self._pending = PendingSamples([n for n in self.inline_view.trace_names if n in wanted])
        for name, value in self.inline_view.options.items():
            self._live.set_option(name, value)

    def build_cells(self) -> Any:
        """Return the model."""
        return self.inline_view.model

    def setup_model(self, network: Any, cells: Sequence[Any]) -> None:
        """Inject the currents."""
        for each in self.inline_view.currents:
            step = self.inject(each.place, delay=each.delay, dur=each.dur, amp=each.amp)
            vars(each)["step"] = step

    def traces(self) -> Mapping[str, Callable[[Any], Any]]:
        """Return the traces, by name."""
        return places_of(self.inline_view)

    def cell_places(self) -> list[tuple[str, Any]]:
        """Return of each cell the soma, where a group is called so, else the first compartment; named as the cells."""
        model = self.inline_view.model
        n = int(model.nodes["global_cell_index"].max()) + 1
        cells = [model.cell(i) for i in range(n)] if is_network(model) else [model]
        return [
            ("", each.soma if "soma" in each.group_names and each.nodes["soma"].any() else each)
            for each in cells
        ]

    def emit(self, update: SessionUpdate) -> None:
        """Send an update; samples of traces are what is derived from."""
        super().emit(update)
        match update:
            case TraceAdded(trace_id, _, times, values):
                self._pending.begin(trace_id, times, values)
            case FieldAppend(_, rows, values, times):
                for name, row in zip(rows, values, strict=True):
                    self._pending.add(name, times, row)
            case _:
                return
        times, taken = self._pending.take()
        if len(times):
            self.derive_from(times, taken, self._live.sampler.interval_ms)

    def model_changed(self) -> None:
        """Let the running model use what the author's functions have changed in the tables."""
        self.refresh_runtime_parameters()

    def build_geometry(self, network: Any) -> MorphologyGeometry | None:
        """Return the drawing, whose segments the traces need too; it is coloured by the first variable asked for."""
        coloured = self.inline_view.coloured
        if coloured and self._live.stepper is None:
            known = {each.name: each for each in display_variables(network)}
            if coloured[0].variable in known:
                shown = coloured[0].applied_to(known[coloured[0].variable])
                self._live.set_option("display_variable", shown)
        return super().build_geometry(network)
