"""`InlineView`: what an author adds plots, controls and derived values to; one for each kind of model."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, NoReturn

from backends.errors import ProtocolError
from backends.inline.coloured import Coloured
from backends.inline.connected import ConnectionsFace
from backends.inline.controls import CONTROLS_PANEL, ControlsFace
from backends.inline.derived import Derived
from backends.inline.handles import TraceHandle, ViewHandle, bound
from backends.inline.labels import argument_texts, heading_of, named_sources
from backends.inline.plots import PlotsFace
from backends.inline.registry import Registry
from backends.layout import LayoutNode, LayoutSpec, PanelSpec, panel_ids
from backends.live.default_scene import HISTORY_FIELD_ID, MORPHOLOGY_VIEW_ID, TRACE_VIEW_ID
from backends.live.engine import LiveEngine
from backends.live.history import HistoryCaptureMode
from backends.live.hook_checks import short_repr
from backends.scene import DisplayVariable, MorphologyViewSpec, TracePlotViewSpec
from backends.session import Session
from backends.views import StateBinding, ViewSpec

SELECTED = "selected"
_PLOTS = (
    "morphology",
    "connections",
    "trace",
    "derive",
    "raster",
    "line",
    "image",
    "surface",
    "bar",
    "table",
    "graph",
)
_CONTROLS = ("slider", "choice", "check", "text", "pad", "button", "hotkey", "on_key", "on_click")
_OF_THE_PACKAGE = ("layout", "show", "row", "column", "tabs")


def capture_mode(history: bool) -> HistoryCaptureMode:
    """Return whose samples a session stores: those of all segments, or of the chosen ones."""
    return HistoryCaptureMode.FULL if history else HistoryCaptureMode.ON_DEMAND


class InlineView(ControlsFace, PlotsFace, ConnectionsFace, ABC):
    """A model and what is shown of it.

    Parameters
    ----------
    title : str
        Of the window; "" for that of `show`, else the script's name.
    **options
        Of the session: dt, display_dt and others; None leaves its default.
    """

    cannot_run: str = ""
    """Why there is nothing to run; "" where there is."""
    speed_ms_per_s: float | None = None
    """Simulated ms per second with which the window begins; None leaves it to the user."""

    def __init__(self, title: str = "", **options: Any) -> None:
        ControlsFace.__init__(self)
        PlotsFace.__init__(self)
        ConnectionsFace.__init__(self)
        self.title = title
        self.options = {name: value for name, value in options.items() if value is not None}
        self.coloured: list[Coloured] = []
        self.trace_names: dict[str, Any] = {}
        self.derived: list[Derived] = []
        self.shows_selected = False
        self.initial_segments: list[Any] = []

    if not TYPE_CHECKING:  # a checker shall know what there is

        def __getattr__(self, name: str) -> NoReturn:
            """Raise AttributeError with what there is; what exists does not come here."""
            if name in _OF_THE_PACKAGE:
                raise AttributeError(f"a view has no {name!r}; write ss.{name}")
            near = get_close_matches(name, (*_PLOTS, *_CONTROLS), 1) or _PLOTS
            raise AttributeError(f"a view has no {name!r}; it has {', '.join(near)}")

    # ----------------------------------------------------------------------------------- cells

    def morphology(
        self,
        variable: str = "v",
        *,
        title: str | None = None,
        label: str | None = None,
        unit: str | None = None,
        limits: Any = None,
        color_map: Any = "scalar",
        symmetric: bool = False,
        connections: Any = False,
    ) -> ViewHandle:
        """Add the cell, coloured by a variable: ``morphology("v", limits=(-80, 40))``.

        Parameters
        ----------
        limits : (low, high), control or None
            Colour range; None is the variable's usual one.
        title : str or None
            Above it, with the unit in parentheses.
        label, unit : str or None
            Beside the colour bar; by default the simulator's.
        symmetric : bool
            Whether the colours diverge from 0.
        connections : bool or control
            Whether synapses and gap junctions are drawn at first; the window switches them on and off.
        """
        if not isinstance(variable, str):
            raise ProtocolError(
                f'morphology needs the name of a variable, as in morphology("v"), not {short_repr(variable)}',
                code="bad-source",
            )
        if any(each.variable == variable for each in self.coloured):
            raise ProtocolError(f"morphology: {variable!r} is shown already", code="repeated-view")
        title, what, unit = heading_of(title, label, unit, "")
        label = None if label is None else what
        checked = None if limits is None else bound(limits)
        coloured = Coloured(
            variable, label, unit, tuple(limits) if isinstance(limits, Sequence) else checked
        )
        is_first = not self.coloured
        self.coloured.append(coloured)
        norm = "symmetric" if symmetric else "auto"
        drawn = bound(connections)
        if not isinstance(drawn, bool | StateBinding):
            raise ProtocolError(
                f"morphology: connections must be True, False or a control, not {short_repr(drawn)}",
                code="bad-type",
            )
        id_ = MORPHOLOGY_VIEW_ID if is_first else self.new_view_id(title or f"cell {variable}")

        def make(live: LiveEngine) -> ViewSpec:
            assert live.geometry is not None  # `needs_geometry`
            shown = coloured.applied_to(self._variable(live, variable))
            return MorphologyViewSpec(
                id_,
                live.geometry.id,
                live.session.display_field_id() if is_first else variable,
                shown.unit,
                shown.label,
                bound(color_map),
                shown.limits if checked is None else checked,
                norm,
                title or (shown.label if len(self.coloured) > 1 else ""),
                connections=drawn,
            )

        handle = ViewHandle(id_, title, make)
        self.view_handles[id_] = handle
        return handle

    def _variable(self, live: LiveEngine, name: str) -> DisplayVariable:
        """Return a variable of the model; ProtocolError where there is none."""
        known = {each.name: each for each in live.display_variables}
        if name not in known:
            near = get_close_matches(name, known, 6, cutoff=0.0)
            raise ProtocolError(
                f"morphology: this model has no variable {name!r}; nearest to it are {', '.join(near)}",
                code="unknown-variable",
                hint="edit-script",
            )
        return known[name]

    # ---------------------------------------------------------------------------------- traces

    def trace(
        self,
        *sources: Any,
        title: str | None = None,
        label: str | None = None,
        unit: str | None = None,
        limits: Any = None,
        window_ms: Any = None,
        start: Any = (),
    ) -> TraceHandle:
        """Add a plot over time: ``trace(soma(0.5)._ref_v, dend(0.5)._ref_v, title="Voltage (mV)")``.

        Parameters
        ----------
        *sources
            What is recorded, see the kind of view; dicts of these give them names. ``"selected"`` alone is the plot
            of the segments that are clicked.
        title : str or None
            With the unit of the values in parentheses.
        label : str or None
            Of the vertical axis; of one source alone it is also its name in the legend. Without it the axis has the
            title, or what all traces have in common.
        limits : (low, high), control or None
            Of the vertical axis; None follows the values.
        window_ms : float, control or None
            Length of the rolling window; None shows everything.
        start : segment or sequence of segments
            With ``"selected"``: those that are in the plot from the start.
        """
        texts = argument_texts()
        if sources == (SELECTED,):
            return self._trace_selected(title, label, unit, limits, window_ms, start)
        if not sources:
            raise ProtocolError('trace: give what to record, or "selected"', code="no-traces")
        if start != ():
            raise ProtocolError('trace: start= is for trace("selected")', code="bad-source")
        heading, what, unit = heading_of(title, label, unit, "")
        fallback = heading or "trace"
        named = named_sources(sources, texts, fallback)
        if what and len(named) == 1 and not isinstance(sources[0], Mapping):
            named = [(what, named[0][1])]
        added = [self._add_trace(name, source, fallback, unit) for name, source in named]
        names = tuple(name for name, _, _ in added)
        quantities = {quantity for _, quantity, _ in added}
        units = {each for _, _, each in added}
        what = what or (quantities.pop() if len(quantities) == 1 else "")
        own_unit = units.pop() if len(units) == 1 else unit
        only = names[0] if len(names) == 1 else ""  # several names together are what no axis has
        return self._add_plot(
            heading or what or ", ".join(names), what or heading or only, own_unit, names,
            limits, window_ms,
        )  # fmt: skip

    def _trace_selected(
        self,
        title: str | None,
        label: str | None,
        unit: str | None,
        limits: Any,
        window_ms: Any,
        start: Any,
    ) -> TraceHandle:
        self.check_selectable()
        if self.shows_selected:
            raise ProtocolError('trace("selected") is there already', code="repeated-view")
        self.shows_selected = True
        self.initial_segments += start if isinstance(start, (list, tuple)) else [start]
        heading, what, own_unit = heading_of(title, label, unit, "")
        heading = heading or "Selected segments"
        limits, window = bound(limits), bound(window_ms)

        def make(live: LiveEngine) -> ViewSpec:
            session = live.session
            y_label = what or session.trace_y_label()
            y_unit = session.trace_y_unit() if own_unit is None else own_unit
            return TracePlotViewSpec(
                TRACE_VIEW_ID, session.history_field_id(), heading, y_label, y_unit, limits, None, window
            )  # fmt: skip

        handle = TraceHandle(TRACE_VIEW_ID, heading, make)
        self.view_handles[TRACE_VIEW_ID] = handle
        return handle

    def _add_plot(
        self,
        title: str,
        label: str,
        unit: str | None,
        names: tuple[str, ...],
        limits: Any,
        window_ms: Any,
    ) -> TraceHandle:
        def make(id_: str) -> ViewSpec:
            return TracePlotViewSpec(
                id_, HISTORY_FIELD_ID, title, label, unit, bound(limits), names, bound(window_ms)
            )

        plain = self.add_view(title, make)
        handle = TraceHandle(plain.id, title, plain.make, names=names)
        self.view_handles[plain.id] = handle
        return handle

    def _add_trace(
        self, name: str, source: Any, fallback: str, unit: str | None
    ) -> tuple[str, str, str | None]:
        """Register a trace under a name that is not taken; return name, quantity and unit."""
        if not name:
            name = fallback
        plain, n = name, 2
        while name in self.trace_names:
            name, n = f"{plain} {n}", n + 1
        name, quantity, own_unit = self.add_recording(name, source, unit)
        return name, quantity, own_unit

    @abstractmethod
    def add_recording(
        self, name: str, source: Any, unit: str | None
    ) -> tuple[str, str, str | None]:
        """Register what a trace shows in `trace_names`.

        Returns
        -------
        name, quantity, unit : str, str, str or None
            The trace's id; what it is, for an axis, "" if unknown.

        Raises
        ------
        ProtocolError
            ``bad-source``
        """

    def derive(
        self,
        function: Callable[..., Any],
        *,
        over: Any,
        window: float | None = None,
        title: str | None = None,
        label: str | None = None,
        unit: str | None = None,
        limits: Any = None,
        window_ms: Any = None,
    ) -> TraceHandle:
        """Add a plot of values that are computed from recorded ones, whenever there are new samples.

        ``derive(lambda v, i: v * i, over=(voltage, current), title="Power (pW)")``

        Parameters
        ----------
        function : callable
            Takes one array of shape (n,) for each trace of `over`, of the n new samples; a parameter called ``t``
            gets their times, ms. Returns an array of shape (n,).
        over : trace handle, name, or sequence of these
        window : float or None
            ms: the arrays have shape (n, m) then, of the samples in the window that ends at each new one, and the
            function reduces the last axis: ``lambda v: v.mean(axis=-1)``. It begins with the first full window.
        label : str or None
            Of the vertical axis, and the trace's name in the legend; by default the title.
        """
        heading, label, unit = heading_of(title, label, unit, "Derived")
        rows = _names_of(over)
        known = [*self.trace_names, *(each for one in self.derived for each in one.names)]
        for each in rows:
            if each not in known:
                raise ProtocolError(
                    f"{heading}: {each!r} is not recorded; there are {', '.join(known) or 'none'}",
                    code="unknown-trace",
                )
        derived = Derived(heading, function, rows, label or heading, unit, window)
        if derived.name in known:
            raise ProtocolError(
                f"{heading}: {derived.name!r} is recorded already", code="name-taken"
            )
        self.derived.append(derived)
        return self._add_plot(heading, derived.name, unit, derived.names, limits, window_ms)

    def check_selectable(self) -> None:
        """Raise ProtocolError where there is no cell whose segments can be clicked."""

    # --------------------------------------------------------------------------------- session

    @abstractmethod
    def session_class(self, registry: Registry, name: str, module: str) -> type[Session]:
        """Return the class of the session that shows this view."""

    @property
    def is_empty(self) -> bool:
        """Whether nothing is shown of the model."""
        return not self.view_handles

    @property
    def needs_geometry(self) -> bool:
        """Whether the cell is drawn, or its segments are clicked or traced."""
        return bool(self.coloured or self.shows_selected or self.click_callbacks)

    def view_specs(self, live: LiveEngine) -> list[ViewSpec]:
        """Return the views, once the model is built."""
        return [handle.make(live) for handle in self.view_handles.values()]

    def layout_spec(self, live: LiveEngine, root: LayoutNode | None) -> LayoutSpec:
        """Return a panel for each view, and where they stand.

        Raises
        ------
        ProtocolError
            ``unknown-panel``: the layout names something else.
        """
        views = self.view_specs(live)
        known = {each.id for each in views}
        for named in panel_ids(root):
            if named not in known:
                raise ProtocolError(
                    f"layout names {named!r}, which is not of this model", code="unknown-panel"
                )
        panels = [
            PanelSpec(each.id, each.KIND, each.title or live.scene_title, view_id=each.id)
            for each in views
        ]
        if self.control_handles or self.action_specs:
            ids = tuple(self.control_handles), tuple(self.action_specs)
            panels.append(PanelSpec(CONTROLS_PANEL, "controls", "Controls", None, *ids))
        return LayoutSpec(tuple(panels), root)


def _names_of(over: Any) -> tuple[str, ...]:
    if isinstance(over, TraceHandle):
        return over.names
    if isinstance(over, str):
        return (over,)
    return tuple(name for each in over for name in _names_of(each))
