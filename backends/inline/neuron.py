"""`neuron`: a view of the NEURON model that a script has built."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from backends.errors import ProtocolError, SimulatorError
from backends.inline.handles import ViewHandle, bound
from backends.inline.readings import Reader
from backends.inline.registry import Registry, registry
from backends.inline.session import InlineHooks, places_of, session_class_of
from backends.inline.view import Coloured, InlineView
from backends.live.hook_checks import short_repr
from backends.live.targets import TargetFinder
from backends.messages import EventsAppend
from backends.neuron.catalog import display_variables
from backends.neuron.engine import NeuronEngine
from backends.neuron.leftovers import Snapshot
from backends.neuron.references import reference_of
from backends.neuron.session import NeuronSession
from backends.neuron.simulator import all_sections, load_neuron, own_dt
from backends.neuron.targets import NeuronTargetFinder
from backends.neuron.units import unit_of_reference, variable_of_reference
from backends.scene import MorphologyGeometry, Scene
from backends.session import Session
from backends.views import RasterViewSpec, ViewSpec

_DT = 0.025  # ms, NEURON's own h.dt


def neuron(
    sections: Iterable[Any] | None = None,
    *,
    dt: float | None = None,
    v_init: float | None = None,
    display_dt: float | None = None,
    title: str = "",
    start_running: bool | None = None,
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
    """
    view = NeuronView(
        None if sections is None else _each(sections),
        title=title,
        dt=dt,
        v_init=v_init,
        display_dt=display_dt,
        start_running=start_running,
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


class NeuronView(InlineView):
    """A NEURON model and what is shown of it.

    `trace`, `bar`, `table`, `line` and `graph` take hoc references (``soma(0.5)._ref_v``, ``clamp._ref_i``), and
    segments for their voltage. What `trace` records is recorded by NEURON's own vectors, at every step. Units are
    NEURON's own (``h.units``) where nothing is said.
    """

    def __init__(self, sections: list[Any] | None, **options: Any) -> None:
        super().__init__(**options)
        self.sections = sections
        self.rasters: list[NeuronRaster] = []

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

    def raster(
        self,
        title: str,
        sources: Any,
        *,
        threshold: float = 0.0,
        window_ms: Any = None,
        y_label: str = "Cell",
    ) -> ViewHandle:
        """Add a raster of the times at which voltages rise above a threshold.

        Parameters
        ----------
        sources : sequence or dict of segments
            One row each.
        threshold : float
            mV.
        window_ms : float, control or None
            Length of the rolling window; None shows everything.
        """
        pairs = (
            sources.items()
            if hasattr(sources, "items")
            else ((str(each), each) for each in sources)
        )
        rows = {str(name): segment for name, segment in pairs}
        for name, segment in rows.items():
            if type(segment).__name__ != "Segment":
                raise ProtocolError(
                    f"raster: {name!r} needs a segment such as soma(0.5), not {short_repr(segment)}",
                    code="bad-source",
                )
        raster = NeuronRaster(list(rows.values()), threshold)
        raster.field_id = field_id = self.read_counts(title, tuple(rows), raster.read_counts)
        self.rasters.append(raster)

        def make(id_: str) -> ViewSpec:
            return RasterViewSpec(id_, field_id, title, y_label, bound(window_ms))

        return self.add_view(title, make, field_id)

    def session_class(self, registry: Registry, name: str, module: str) -> type[Session]:
        """Return the class of the session over this model."""
        return session_class_of(InlineNeuronSession, self, registry, name, module)


class NeuronRaster:
    """The spikes of some segments, found by NEURON's own NetCons."""

    def __init__(self, segments: Sequence[Any], threshold: float) -> None:
        self.field_id = ""
        self._segments, self._threshold = segments, threshold
        self._connections: list[Any] = []
        self._times: Any = None
        self._rows: Any = None
        self._counts = np.zeros(len(segments))

    def connect(self, h: Any) -> None:
        """Let NEURON record the spikes from the next initialization on."""
        self._times, self._rows = h.Vector(), h.Vector()
        for row, segment in enumerate(self._segments):
            connection = h.NetCon(segment._ref_v, None, sec=segment.sec)
            connection.threshold = self._threshold
            connection.record(self._times, self._rows, row)
            self._connections.append(connection)

    def restart(self) -> None:
        """Count from 0 again."""
        self._counts[:] = 0

    def drain(self, *, from_start: bool) -> EventsAppend | None:
        """Return the spikes since the last call, None where there are none."""
        if self._times is None:
            return None
        times, rows = self._times.as_numpy().copy(), self._rows.as_numpy().astype(np.int32)
        self._times.resize(0)
        self._rows.resize(0)
        if not len(times) and not from_start:
            return None
        self._counts += np.bincount(rows, minlength=len(self._counts))
        return EventsAppend(self.field_id, rows, times, from_start)

    def read_counts(self, context: object) -> NDArray[np.float64]:
        """Return how many spikes each row has had."""
        return self._counts


class InlineNeuronSession(InlineHooks, NeuronSession):
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

    def setup_model(self, sections: Sequence[Any]) -> None:
        """Record what the rasters show."""
        for raster in self.inline_view.rasters:
            raster.connect(load_neuron())

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

    def after_batch(self) -> None:
        """Send what is read from the model, and the spikes."""
        self._send_spikes(from_start=False)
        super().after_batch()

    def after_reset(self) -> None:
        """Send what is read from the model; rasters begin again."""
        for raster in self.inline_view.rasters:
            raster.restart()
        self._send_spikes(from_start=True)
        super().after_reset()

    def _send_spikes(self, *, from_start: bool) -> None:
        for raster in self.inline_view.rasters:
            events = raster.drain(from_start=from_start)
            if events is not None:
                self.emit(events)

    def _colour_by(self, coloured: Coloured, sections: Sequence[Any]) -> None:
        if self._live.stepper is not None:
            return  # the shape is drawn again; another variable may be shown by now
        known = {each.name: each for each in display_variables(load_neuron(), sections)}
        if coloured.variable in known:
            self._live.set_option("display_variable", coloured.applied_to(known[coloured.variable]))
