"""`neuron`: a view of the NEURON model that a script has built."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, ClassVar

from backends.errors import ProtocolError, SimulatorError
from backends.inline.coloured import Coloured
from backends.inline.rasters import SpikingHooks, SpikingView
from backends.inline.readings import Reader
from backends.inline.registry import Registry, registry
from backends.inline.session import places_of, session_class_of
from backends.inline.view import capture_mode
from backends.live.hook_checks import short_repr
from backends.live.targets import TargetFinder
from backends.neuron.catalog import display_variables
from backends.neuron.engine import NeuronEngine
from backends.neuron.leftovers import Snapshot
from backends.neuron.references import reference_of
from backends.neuron.scene import StableNames
from backends.neuron.session import NeuronSession
from backends.neuron.simulator import all_sections, load_neuron, own_dt
from backends.neuron.spikes import is_netcon, source_segment
from backends.neuron.targets import NeuronTargetFinder
from backends.neuron.units import unit_of_reference, variable_of_reference
from backends.scene import MorphologyGeometry, Scene
from backends.session import Session

_DT = 0.025  # ms, NEURON's own h.dt


def neuron(
    sections: Iterable[Any] | None = None,
    *,
    dt: float | None = None,
    v_init: float | None = None,
    display_dt: float | None = None,
    title: str = "",
    start_running: bool | None = None,
    history: bool = True,
) -> NeuronView:
    """Return a view of a NEURON model.

    Parameters
    ----------
    sections : iterable of h.Section, or None
        The sections to show; None is all there are when the script ends. All are simulated in any case.
    dt : float or None
        Step, ms; None is ``h.dt``.
    v_init : float or None
        Voltage at t = 0, mV; None is what the model has set (``h.v_init``, voltages of sections), else -65 mV.
    display_dt : float or None
        Interval between samples of the traces of clicked segments, ms; None is 0.1 ms. What `trace` records has a
        sample at every step.
    title : str
        Of the window.
    start_running : bool or None
        Whether it runs as soon as it is built.
    history : bool
        Whether the past of every segment is stored (at most 256 MiB), so that a click shows it; otherwise a trace
        begins at the click, and a small cell runs some 15 % faster.
    """
    view = NeuronView(
        None if sections is None else _each(sections),
        title=title,
        dt=dt,
        v_init=v_init,
        display_dt=display_dt,
        start_running=start_running,
        history_capture_mode=capture_mode(history),
    )
    registry().add(view)
    return view


def _each(sections: Any) -> list[Any]:
    """Return sections given alone, in a list, or in a SectionList."""
    if hasattr(sections, "allseg"):
        return [sections]
    found = list(sections) if isinstance(sections, Iterable) else [sections]
    for each in found:
        if not hasattr(each, "allseg"):
            raise ProtocolError(
                f"ss.neuron needs sections, as in ss.neuron([soma, dend]), not {short_repr(each)}",
                code="bad-source",
            )
    return found


class NeuronView(SpikingView):
    """A NEURON model and what is shown of it.

    `trace`, `bar`, `table`, `line` and `graph` take hoc references (``soma(0.5)._ref_v``, ``clamp._ref_i``), and
    segments for their voltage. What `trace` records is recorded by NEURON's own vectors, at every step. Units are
    NEURON's own (``h.units``) where nothing is said.
    """

    SPIKE_SOURCES = "sections, segments or NetCons"

    def __init__(self, sections: list[Any] | None, **options: Any) -> None:
        super().__init__(**options)
        self.sections = sections

    def read_one(self, what: str, source: Any) -> Reader | None:
        """Return what reads a hoc reference, or a segment's voltage."""
        reference = reference_of(source)
        if reference is None:
            return None
        return lambda context: float(reference[0])

    def target_finder(self) -> TargetFinder:
        """Return what finds attributes of sections and point processes, with NEURON's units."""
        return NeuronTargetFinder(self)

    def add_recording(
        self, name: str, source: Any, unit: str | None
    ) -> tuple[str, str, str | None]:
        """Register a hoc reference, or a segment for its voltage."""
        reference = reference_of(source)
        if inspect.isroutine(source):
            raise ProtocolError(
                f"trace: {name!r} is a function, and NEURON records references, no functions; write "
                "soma(0.5)._ref_v, or view.derive for what is computed from traces",
                code="bad-source",
            )
        if reference is None:
            raise ProtocolError(
                f"trace: {name!r} needs a hoc reference or a segment, not {short_repr(source)}; write "
                "soma(0.5)._ref_v",
                code="bad-source",
            )
        own = unit_of_reference(reference) if unit is None else unit
        self.trace_names[name] = (reference, own)
        is_voltage = variable_of_reference(reference) == "v"
        return name, "Membrane potential" if is_voltage else "", own

    def is_one_source(self, sources: Any) -> bool:
        """Whether this is a section, a segment or a NetCon."""
        return is_netcon(sources) or hasattr(sources, "allseg") or hasattr(sources, "sec")

    def spike_name(self, source: Any) -> str:
        """Return NEURON's name of a section or segment, of a NetCon that of its source."""
        place = source_segment(source)  # checked
        if is_netcon(source):
            return str(source.pre() if place is None else place)
        return str(source)

    def session_class(self, registry: Registry, name: str, module: str) -> type[Session]:
        """Return the class of the session over this model."""
        return session_class_of(InlineNeuronSession, self, registry, name, module)


class InlineNeuronSession(SpikingHooks, NeuronSession):
    """The session of a `NeuronView`: the sections exist already."""

    inline_view: ClassVar[NeuronView]
    inline_title: ClassVar[str] = ""
    _live: NeuronEngine
    made_since: ClassVar[Snapshot | None] = None
    """What existed before the script, whose model ends with the session; None where the model is not ours to end."""

    def __init__(self) -> None:
        super().__init__(title=self.inline_title)
        for name, value in self.inline_view.options.items():
            self._live.set_option(name, value)
        self._live.made_since = self.made_since

    def initialize(self) -> Scene:
        """Take over the model; NEURON's own step and what the model has set are used where nothing is said."""
        h = load_neuron()
        if self._live.made_since is None:
            self._live.made_since = Snapshot.of(h, keeps_settings=True)
        if "dt" not in self._live.origins:
            self._live.use_setting("dt", own_dt(h) or _DT, "h.dt")
        return super().initialize()

    def build_sections(self) -> list[Any]:
        """Return the sections that exist."""
        sections = self.inline_view.sections
        if sections is not None:
            return sections
        before = () if self.made_since is None else self.made_since.sections
        found = [each for each in all_sections(load_neuron()) if each not in before]
        if not found:
            raise SimulatorError(
                "The script has made no section: make h.Section objects, and keep each in a variable, as NEURON "
                "deletes a section that nobody keeps.",
                code="no-sections",
                hint="edit-script",
            )
        return found

    def cell_places(self) -> list[tuple[str, Any]]:
        """Return names of the cells, and of each the middle of its soma, else of its first section."""
        sections = self._live.sections
        names = StableNames(sections)
        firsts: dict[int, Any] = {}
        for section, i in zip(sections, names.cell_index, strict=True):
            is_soma = "soma" in section.name().rpartition(".")[2].lower()
            if i not in firsts or (is_soma and "soma" not in str(firsts[i]).rpartition(".")[2]):
                firsts[i] = section
        return [(names.cells[i], section) for i, section in sorted(firsts.items())]

    def traces(self) -> Mapping[str, Callable[[Any], Any]]:
        """Return what is recorded, by name."""
        return places_of(self.inline_view)

    def segment_id_of(self, place: Any) -> str:
        """Return the id of a segment of the model; RequestError for anything else."""
        live = self._live
        segments = [segment for section in live.sections for segment in section]
        if type(place).__name__ != "Segment" or live.geometry is None:
            return live.segment_of(place)
        wanted = place.sec(place.x)
        found = [i for i, each in enumerate(segments) if each.sec == place.sec]
        nearest = min(found, key=lambda i: abs(segments[i].x - wanted.x), default=None)
        return live.segment_of(place if nearest is None else live.geometry.segment_ids[nearest])

    def build_geometry(self, sections: Sequence[Any]) -> MorphologyGeometry | None:
        """Return the drawing, where the cell is shown."""
        view = self.inline_view
        if not view.needs_geometry:
            return None
        if view.coloured:
            self._colour_by(view.coloured[0], sections)
        return super().build_geometry(sections)

    def _colour_by(self, coloured: Coloured, sections: Sequence[Any]) -> None:
        if self._live.stepper is not None:
            return  # the shape is drawn again; another variable may be shown by now
        known = {each.name: each for each in display_variables(load_neuron(), sections)}
        if coloured.variable in known:
            self._live.set_option("display_variable", coloured.applied_to(known[coloured.variable]))
