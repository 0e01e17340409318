"""`TraceList`: the traces of a session, and which plot shows which. No Qt."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from app.palette import free_color_index, nearest_color_index
from backends.messages import TraceAdded
from backends.scene import MorphologyGeometry, Scene
from backends.trace_keys import TraceKeys, history_field
from backends.views import StateBinding, TracePlotViewSpec


@dataclass(frozen=True, slots=True)
class TraceInfo:
    """A recorded trace, without its samples.

    Attributes
    ----------
    trace_id : str
        Unique in the window: the session's id, with the field where another field has a trace of that id.
    segment : int
        Index of its segment in the first cell that has it, -1 if it belongs to none.
    color_index : int
        Into the trace colours of the theme.
    shown : bool
        Whether the plot draws it.
    quantity : str
        What its values are, where that is not the first display variable.
    field_id : str
        Of the field that it belongs to; "" where no plot shows one.
    row : str
        What the session calls it.
    segment_id : str
        "" if it belongs to no segment.
    """

    trace_id: str
    label: str
    unit: str | None
    segment: int
    color_index: int
    note: str = ""
    shown: bool = True
    quantity: str = ""
    field_id: str = ""
    row: str = ""
    segment_id: str = ""


class TraceList:
    """Traces in the order in which they were added.

    Attributes
    ----------
    infos : dict of str to TraceInfo
        By `TraceInfo.trace_id`.
    keys : TraceKeys
    """

    def __init__(self) -> None:
        self.infos: dict[str, TraceInfo] = {}
        self.keys = TraceKeys()
        self._reserved_colors: dict[str, int] = {}
        self._hidden_on_arrival: frozenset[str] = frozenset()

    def forget(self) -> None:
        """Forget which traces there have been, and the colours reserved."""
        self.keys.clear()
        self.expect({}, ())

    def expect(self, colors: Mapping[str, int], hidden: Iterable[str]) -> None:
        """Reserve colour indices (by id) for traces that are about to arrive; `hidden` names those not to draw."""
        self._reserved_colors = dict(colors)
        self._hidden_on_arrival = frozenset(hidden)

    def removed(self, row: str) -> list[str]:
        """Return the ids of the traces that the session calls `row`."""
        return [key for key in self.keys.rows_of(row) if key in self.infos]

    def put(
        self, added: TraceAdded, field_id: str, geometries: Sequence[MorphologyGeometry]
    ) -> TraceInfo:
        """Add a trace, or replace what is known of it, and return it."""
        key = self.keys.key(field_id, added.trace_id)
        known = self.infos.get(key)
        color = self._color_for(key, field_id, added.color) if known is None else known.color_index
        shown = key not in self._hidden_on_arrival if known is None else known.shown
        self._hidden_on_arrival -= {key}
        segment_id = added.segment_id or ""
        owner = next((each for each in geometries if segment_id in each), None)
        info = TraceInfo(
            key,
            added.label or added.trace_id,
            added.unit,
            -1 if owner is None else owner.index_of(segment_id),
            color,
            added.note,
            shown,
            added.quantity,
            field_id,
            added.trace_id,
            "" if owner is None else segment_id,
        )
        self.infos[key] = info
        return info

    def show(self, trace_id: str, shown: bool) -> bool:
        """Set whether a trace is drawn; return whether that has changed anything."""
        info = self.infos.get(trace_id)
        if info is None or info.shown == shown:
            return False
        self.infos[trace_id] = replace(info, shown=shown)
        return True

    def _color_for(self, trace_id: str, field_id: str, wanted: str) -> int:
        if trace_id in self._reserved_colors:
            return self._reserved_colors.pop(trace_id)
        beside = {each.color_index for each in self.infos.values() if each.field_id == field_id}
        nearest = nearest_color_index(wanted, beside) if wanted else None
        if nearest is not None:
            return nearest
        taken = {each.color_index for each in self.infos.values()}
        return free_color_index(taken | set(self._reserved_colors.values()))

    # ------------------------------------------------------------------------------- plots

    def in_plot(
        self, view: TracePlotViewSpec, plots: Iterable[TracePlotViewSpec]
    ) -> tuple[str, ...]:
        """Return the ids of the traces that a plot shows, in its order.

        Parameters
        ----------
        view, plots : TracePlotViewSpec
            The plot and all plots, with the present values of what they are bound to.
        """
        own = {info.row: key for key, info in self.infos.items() if info.field_id == view.field_id}
        if view.series is not None and not isinstance(view.series, StateBinding):
            return tuple(own[row] for row in view.series if row in own)
        named = {
            row
            for each in plots
            if each.field_id == view.field_id and not isinstance(each.series, StateBinding)
            for row in each.series or ()
        }
        return tuple(key for row, key in own.items() if row not in named)

    def in_no_plot(self, scene: Scene, plots: Sequence[TracePlotViewSpec]) -> tuple[str, ...]:
        """Return the ids of the traces that no plot shows, nor may show with another state."""
        shown = {key for view in plots for key in self.in_plot(view, plots)}
        bound = {
            each.field_id
            for each in scene.views
            if isinstance(each, TracePlotViewSpec) and isinstance(each.series, StateBinding)
        }
        return tuple(
            key
            for key, info in self.infos.items()
            if key not in shown and info.field_id not in bound
        )


def shows_captured(scene: Scene) -> bool:
    """Whether a plot that the scene has a panel for shows what is captured on a cell."""
    takers = {
        view.id
        for view in scene.views
        if isinstance(view, TracePlotViewSpec)
        and view.series is None
        and view.field_id == history_field(scene)
    }
    panels = [panel for panel in scene.layout.panels if panel.kind != "controls"]
    if not scene.layout.panels:
        return bool(takers)
    return any(panel.view_id in takers and panel.visible for panel in panels)
