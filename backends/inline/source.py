"""`source` and `static`: views of a model that a script steps by itself, or that does not move."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from backends.errors import ProtocolError
from backends.field import checked_positive
from backends.inline.handles import ViewHandle, bound
from backends.inline.readings import Reader, reader_of
from backends.inline.registry import Registry, registry
from backends.inline.session import InlineHooks, session_class_of
from backends.inline.stepping import SourceStepper, Steps
from backends.inline.view import InlineView
from backends.live.engine import LiveEngine
from backends.live.hook_checks import short_repr
from backends.live.options import DEFAULTS, SessionOptions
from backends.live.session import LiveSession
from backends.live.stepper import FloatArray, Stepper
from backends.messages import EventsAppend, FieldAppend, TraceAdded
from backends.replay.static import CANNOT_RUN
from backends.scene import DisplayVariable, MorphologyGeometry, Scene
from backends.session import Session
from backends.views import RasterViewSpec, ViewSpec

FRAMES_PER_S = 60
"""Of a source, with the speed with which the window begins."""


def source(
    step: Any = None,
    *,
    dt: float = 1.0,
    reset: Callable[..., Any] | None = None,
    geometry: Any = None,
    steps_per_frame: int = 1,
    title: str = "",
    start_running: bool | None = None,
) -> SourceView:
    """Return a view of a model that is stepped by a function, a generator or any iterable.

    Parameters
    ----------
    step : callable, generator function, iterable or None
        Called for each step, with nothing or with the context (``ctx.t``, ``ctx.dt``); or yields once a step. A dict
        that it returns or yields gives names to values, which plots can name. None: only the clock goes on.
    dt : float
        Simulated time of one step, ms.
    reset : callable or None
        Leads the model back to t = 0; a generator function is begun again.
    geometry : MorphologyGeometry, path of an SWC file, or sections of NEURON
        The cell that `morphology` draws.
    steps_per_frame : int
        Steps in one frame of the window. The window begins with 60 frames a second; its speed can be changed.
    """
    checked_positive("ss.source: dt", dt)
    view = SourceView(
        Steps(step, reset),
        geometry,
        int(checked_positive("ss.source: steps_per_frame", steps_per_frame)),
        title=title,
        dt=dt,
        start_running=start_running,
    )
    registry().add(view)
    return view


def static(geometry: Any = None, *, title: str = "") -> SourceView:
    """Return a view of what does not move: values of a cell's segments, images, tables.

    Parameters
    ----------
    geometry : MorphologyGeometry, path of an SWC file, sections of NEURON, or None
        The cell that `morphology` draws.
    """
    view = SourceView(Steps(None, None), geometry, 1, title=title)
    view.cannot_run, view.speed_ms_per_s = CANNOT_RUN, None
    registry().add(view)
    return view


class SourceView(InlineView):
    """A model that a script steps by itself, and what is shown of it.

    `trace` takes functions, which are called after every step, and names of what `step` returns or yields; `line`,
    `image`, `bar` and the others take arrays and these too.
    """

    def __init__(self, steps: Steps, geometry: Any, steps_per_frame: int, **options: Any) -> None:
        super().__init__(**options)
        self.steps = steps
        self.steps_per_frame = steps_per_frame
        self.speed_ms_per_s = FRAMES_PER_S * steps_per_frame * float(options.get("dt", 1.0))
        self.geometry = None if geometry is None else geometry_of(geometry)
        self.rasters: dict[str, SourceRaster] = {}
        self.segment_values: Reader | None = None

    def read_one(self, what: str, source: Any) -> Reader | None:
        """Return what reads a name of what `step` returns or yields."""
        return self._named(what, source) if isinstance(source, str) else None

    def _named(self, what: str, name: str) -> Reader:
        def read(context: object) -> Any:
            values = self.steps.values
            if name in values:
                return values[name]
            if not values and name not in values:
                return np.nan  # before the first step
            raise ProtocolError(
                f"{what}: step gives no {name!r}; it gives {', '.join(values)}", code="unknown-name"
            )

        return read

    def add_recording(
        self, name: str, source: Any, unit: str | None
    ) -> tuple[str, str, str | None]:
        """Register a function, or a name of what `step` gives."""
        if not callable(source) and not isinstance(source, str):
            raise ProtocolError(
                f"trace: {name!r} needs a function that returns a number, as in trace(lambda: x), not "
                f"{short_repr(source)}",
                code="bad-source",
            )
        self.trace_names[name] = (reader_of(f"trace {name}", source, self.read_one), unit)
        return name, "", unit

    def morphology(self, variable: Any = None, **attributes: Any) -> ViewHandle:
        """Add the cell, coloured by a value for each segment.

        Parameters
        ----------
        variable : source of shape (n_segments,)
            An array, a function, or a name of what `step` gives.
        **attributes
            See `InlineView.morphology`; the colour range is that of the first values where nothing is said.
        """
        if self.geometry is None:
            raise ProtocolError(
                "morphology: there is no cell; give ss.source(…, geometry=…) or ss.static(geometry)",
                code="no-geometry",
            )
        if self.coloured:
            raise ProtocolError(
                "morphology: this model has one value for each segment, which is shown already",
                code="repeated-view",
            )
        if variable is None:
            raise ProtocolError("morphology: give a value for each segment", code="bad-source")
        self.segment_values = reader_of("morphology", variable, self.read_one)
        return super().morphology("value", **attributes)

    def raster(
        self,
        fired: Any,
        *,
        rows: Sequence[str] | int,
        title: str = "Events",
        window_ms: Any = None,
        y_label: str = "Cell",
    ) -> ViewHandle:
        """Add a raster of events.

        Parameters
        ----------
        fired : source
            Called after each step; returns the numbers of the rows that have an event at this step, or a mask of
            shape (n_rows,).
        rows : sequence of str, or int
            Names of the rows, or how many there are.
        window_ms : float, control or None
            Length of the rolling window; None shows everything.
        """
        names = tuple(str(each) for each in (range(rows) if isinstance(rows, int) else rows))
        raster = SourceRaster(title, len(names), reader_of(title, fired, self.read_one))
        field_id = self.read_counts(title, names, raster.read_counts)
        self.rasters[field_id] = raster

        def make(id_: str) -> ViewSpec:
            return RasterViewSpec(id_, field_id, title, y_label, bound(window_ms))

        return self.add_view(title, make, field_id)

    def check_selectable(self) -> None:
        """Raise ProtocolError where there is no cell that is coloured."""
        if not self.coloured:
            raise ProtocolError(
                'trace("selected"): there are no segments to click; add view.morphology(values) before',
                code="no-geometry",
            )

    @property
    def needs_geometry(self) -> bool:
        """Whether the cell is drawn."""
        return self.geometry is not None and super().needs_geometry

    def session_class(self, registry: Registry, name: str, module: str) -> type[Session]:
        """Return the class of the session over this model."""
        return session_class_of(SourceSession, self, registry, name, module)


class SourceRaster:
    """The events of one raster, until they are sent."""

    def __init__(self, title: str, n_rows: int, read: Reader) -> None:
        self._title, self._read = title, read
        self._counts = np.zeros(n_rows)
        self._rows: list[int] = []
        self._times: list[float] = []

    def restart(self) -> None:
        """Count from 0 again."""
        self._counts[:] = 0
        self._rows, self._times = [], []

    def read(self, context: Any) -> float:
        """Read the events of the present step; return how many."""
        fired = np.atleast_1d(np.asarray(self._read(context)))
        if fired.dtype == bool:
            fired = np.flatnonzero(fired)
        if fired.dtype.kind == "f" and np.isnan(fired).all():
            return 0.0  # before the first step
        rows = fired.astype(int)
        n = len(self._counts)
        if len(rows) and (rows.min() < 0 or rows.max() >= n):
            raise ProtocolError(
                f"{self._title}: row {rows.max()} fired, but there are {n} rows, from 0 on",
                code="bad-index",
            )
        np.add.at(self._counts, rows, 1)
        self._rows += rows.tolist()
        self._times += [context.t] * len(rows)
        return float(len(rows))

    def read_counts(self, context: object) -> Any:
        """Return how many events each row has had."""
        return self._counts

    def drain(self, field_id: str, *, from_start: bool) -> EventsAppend | None:
        """Return the events since the last call, None where there are none."""
        if not self._times and not from_start:
            return None
        rows, times = np.array(self._rows, np.int32), np.array(self._times, float)
        self._rows, self._times = [], []
        return EventsAppend(field_id, rows, times, from_start)


class SourceEngine(LiveEngine):
    """Runs one `SourceSession`; see `LiveEngine`."""

    BACKEND: ClassVar[str] = ""

    session: SourceSession
    source_stepper: SourceStepper

    def open_model(self) -> Stepper:
        """Put the author's steps and functions behind the clock."""
        view = self.session.inline_view
        if view.needs_geometry and view.geometry is not None:
            self.geometry = view.geometry
        n = 0 if self.geometry is None else self.geometry.n_segments
        self.source_stepper = stepper = SourceStepper(view.steps, n)
        stepper.context = self.session.inline_context()
        stepper.segments = view.segment_values
        if self.geometry is not None:
            known = DisplayVariable("value", "Value", "", _range_of(stepper.read()))
            shown = view.coloured[0].applied_to(known) if view.coloured else known
            self.set_option("display_variable", shown)
            self.display_variables = (shown,)
        stepper.recorded = {name: read for name, (read, _) in view.trace_names.items()}
        stepper.recorded |= {f"{id_} events": each.read for id_, each in view.rasters.items()}
        return stepper

    def settings_facts(self) -> dict[str, str]:
        """Return the step."""
        is_static = bool(self.session.inline_view.cannot_run)
        return {} if is_static else {"Step (dt)": f"{self.dt:g} ms"}

    def initialize(self) -> Scene:
        """Return the scene; one that is static has no step."""
        scene = super().initialize()
        if scene.cannot_run:
            self.scene = scene = replace(scene, dt_ms=None)
        return scene

    def advance(self) -> None:
        """Take the next steps; finish where an iterator has ended."""
        super().advance()
        run = self.run_control
        if run.running and self.session.inline_view.steps.ended:
            run.pause()
            run.finished = True
            self.emit_status()

    def emit_recorded(self, *, from_start: bool = False) -> None:
        """Send what the author's functions gave since the last call."""
        session, stepper = self.session, self.source_stepper
        view = session.inline_view
        drained = stepper.drain_recorded()
        times, values = (
            (np.empty(0), np.empty((len(stepper.recorded), 0))) if drained is None else drained
        )
        names = tuple(view.trace_names)
        if from_start:
            for row, name in enumerate(names):
                unit = view.trace_names[name][1]
                session.emit(TraceAdded(name, None, times, values[row], label=name, unit=unit))
        elif names and len(times):
            shown = values[: len(names)]
            session.emit(FieldAppend(session.history_field_id(), names, shown, times))
        for field_id, raster in view.rasters.items():
            events = raster.drain(field_id, from_start=from_start)
            if events is not None:
                session.emit(events)
        if drained is not None:
            self.run_hook(
                "derive", lambda: session.on_recorded_samples(times, values[: len(names)])
            )

    def reset(self) -> None:
        """Go back to t = 0; rasters begin again."""
        for raster in self.session.inline_view.rasters.values():
            raster.restart()
        super().reset()


class SourceSession(InlineHooks, LiveSession):
    """The session of a `SourceView`."""

    BACKEND: ClassVar[str] = ""
    DEFAULTS: ClassVar[SessionOptions] = DEFAULTS
    ENGINE: ClassVar[type[LiveEngine]] = SourceEngine

    inline_view: ClassVar[SourceView]
    inline_title: ClassVar[str] = ""
    _live: SourceEngine

    def __init__(self) -> None:
        super().__init__(title=self.inline_title, display_dt=None)
        for name, value in self.inline_view.options.items():
            self._live.set_option(name, value)

    def steps_per_update(self) -> int:
        """Return the steps of one frame."""
        return self.inline_view.steps_per_frame


def _range_of(values: FloatArray) -> tuple[float, float]:
    """Return the lowest and the highest value, apart from each other; 0 … 1 where there is none."""
    finite = values[np.isfinite(values)]
    if not len(finite):
        return 0.0, 1.0
    low, high = float(finite.min()), float(finite.max())
    return (low, high) if low < high else (low - 0.5, high + 0.5)


def geometry_of(given: Any) -> MorphologyGeometry:
    """Return the drawing of a cell that is given as such, as an SWC file, or as sections of NEURON.

    Raises
    ------
    ProtocolError
        ``bad-geometry``
    """
    if isinstance(given, MorphologyGeometry):
        return given
    if isinstance(given, str | Path):
        from backends.morphology.morphology import build_geometry, segment_counts
        from backends.swc.reader import read_swc

        cell = read_swc(Path(given))
        return build_geometry(cell, segment_counts(cell).tolist())
    sections = [given] if hasattr(given, "allseg") else given
    is_sections = isinstance(sections, (list, tuple)) and sections
    if is_sections and all(hasattr(each, "allseg") for each in sections):
        from backends.neuron.scene import NeuronSceneBuilder

        drawn: MorphologyGeometry = NeuronSceneBuilder.build_morphology_geometry(sections)
        return drawn
    raise ProtocolError(
        f"geometry: {short_repr(given)} is neither a MorphologyGeometry nor an SWC file nor sections",
        code="bad-geometry",
    )
