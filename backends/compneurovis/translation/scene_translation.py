"""`TranslatedScene`: a CompNeuroVis scene as the window's, and what must be followed to keep it so."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from backends import (
    field as our_field,
    layout as our_layout,
    scene as our_scene,
    views as our_views,
)
from backends.compneurovis.specs.geometry import GridGeometry, MorphologyGeometry
from backends.compneurovis.specs.scene import (
    PANEL_KIND_CONTROLS,
    UNTITLED,
    AppSpec,
    PanelSpec,
    Scene,
)
from backends.compneurovis.specs.views import (
    GridSliceOperatorSpec,
    LinePlotViewSpec,
    MorphologyViewSpec,
    StateGraphViewSpec,
    SurfaceViewSpec,
    ViewSpec,
)
from backends.compneurovis.translation import not_taken
from backends.compneurovis.translation.colors import color_map, css_color
from backends.compneurovis.translation.plots import PlotTraces, is_over_time, y_limits
from backends.compneurovis.translation.shown_fields import (
    ShownField,
    State,
    cell_values,
    curves_of,
    grid_of,
    whole_field,
)
from backends.errors import ProtocolError
from backends.views import StateBinding

STANDS_STILL = "The script shows a scene without a session, so there is nothing to run."
Convert = Callable[[Any], Any]


@dataclass
class TranslatedScene:
    """One scene.

    Attributes
    ----------
    scene : backends.scene.Scene
        What the window shows.
    plots : list of PlotTraces
        The plots over time.
    shown : dict of str to ShownField
        The fields of all other views, by their ids in the window.
    converted : dict of str to (str, callable)
        Names of the state that stand for another name's value in our words: that name, and what converts it.
    """

    theirs: Scene
    app: AppSpec
    scene: our_scene.Scene = field(default_factory=our_scene.Scene)
    plots: list[PlotTraces] = field(default_factory=list)
    shown: dict[str, ShownField] = field(default_factory=dict)
    converted: dict[str, tuple[str, Convert]] = field(default_factory=dict)

    def bound_keys(self) -> set[str]:
        """Return the names of the state that the window's views read."""
        return {key for view in self.scene.views for key in view.bound_keys()}

    def state_for_window(self, state: State) -> dict[str, Any]:
        """Return the values that the window needs of `state`: those of controls, by both names, and of views."""
        found = {key: state[key] for key in self.bound_keys() if key in state}
        for key, (source, convert) in self.converted.items():
            if state.get(source) is not None:
                found[key] = convert(state[source])
        for control in self.scene.controls:
            if control.state_key in state:
                found[control.id] = found[control.state_key] = state[control.state_key]
        return found


def translate(theirs: Scene, app: AppSpec, state: State) -> TranslatedScene:
    """Return the translation of a scene.

    Raises
    ------
    ProtocolError
        If it names a view, field, geometry, control or action that it does not have.
    """
    result = TranslatedScene(theirs, app)
    views = {id_: _view(result, each) for id_, each in theirs.views.items()}
    left_out = {each.id for each in not_taken.controls_without_effect(theirs)}
    controls = [each for each in theirs.controls.values() if each.id not in left_out]
    fields = [_empty_traces(each) for each in result.plots]
    for each in result.shown.values():
        source = theirs.fields[each.source] if each.source else next(iter(theirs.fields.values()))
        fields.append(each.make(source, state))
    drawn = {
        each.geometry_id
        for each in views.values()
        if isinstance(each, our_views.MorphologyViewSpec)
    }
    geometries = [
        each for each in theirs.geometries.values() if isinstance(each, MorphologyGeometry)
    ]
    result.scene = our_scene.Scene(
        title=app.title or ("" if theirs.layout.title == UNTITLED else theirs.layout.title),
        geometries=tuple(each.translated() for each in geometries if each.id in drawn),
        fields=tuple(fields),
        views=tuple(views.values()),
        controls=tuple(each.translated(to_session=True) for each in controls),
        actions=not_taken.with_free_keys(theirs.actions.values()),
        layout=layout_of(theirs, views, left_out),
        findings=not_taken.findings(theirs, app),
        cannot_run="" if app.session is not None else STANDS_STILL,
        has_own_speed=app.session is not None,
    )
    return result


def _empty_traces(plot: PlotTraces) -> our_field.Field:
    unit = plot.view.y_unit or None
    return our_field.Field(plot.field_id, np.empty((0, 0)), ("trace", "time"), {}, unit)


# ----------------------------------------------------------------------------------------- views


def _view(result: TranslatedScene, view: ViewSpec) -> our_views.ViewSpec:
    match view:
        case MorphologyViewSpec():
            return _morphology(result, view)
        case SurfaceViewSpec():
            return _surface(result, view)
        case LinePlotViewSpec():
            return _line_plot(result, view)
        case StateGraphViewSpec():
            return _state_graph(result, view)
    raise ProtocolError(
        f"view {view.id!r}: a {type(view).__name__} is not known", code="unknown-kind"
    )


def _follow(result: TranslatedScene, view: ViewSpec, shown: ShownField) -> str:
    """Let a field of the window follow the session's; return its id."""
    if shown.source:
        _known(result, view, "field", shown.source, result.theirs.fields)
    result.shown.setdefault(shown.id, shown)
    return shown.id


def _known(
    result: TranslatedScene, view: ViewSpec, what: str, id_: str | None, known: dict[str, Any]
) -> Any:
    if id_ not in known:
        raise ProtocolError(
            f"view {view.id!r}: the scene has no {what} {id_!r}; it has {', '.join(known) or 'none'}",
            code=f"unknown-{what}",
        )
    return known[id_]


def _converted(result: TranslatedScene, view: ViewSpec, name: str, convert: Convert) -> Any:
    """Return an attribute in our words; where it is bound, a binding to a name that is kept up to date."""
    value = getattr(view, name)
    if not isinstance(value, StateBinding):
        return convert(value)
    key = f"{view.id}.{name}"
    result.converted[key] = (value.key, convert)
    return StateBinding(key)


def _limits(limits: Any) -> Any:
    return None if limits is None else (float(limits[0]), float(limits[1]))


def _morphology(result: TranslatedScene, view: MorphologyViewSpec) -> our_views.MorphologyViewSpec:
    geometry = _known(result, view, "geometry", view.geometry_id, result.theirs.geometries)
    field_id = _follow(result, view, cell_values(view, geometry))
    source = result.theirs.fields.get(view.color_field_id or "")
    unit = None if source is None else source.unit
    return our_views.MorphologyViewSpec(
        view.id,
        view.geometry_id,
        field_id,
        unit,
        "Membrane potential" if unit == "mV" else view.title or view.color_field_id or "",
        color_map=_converted(result, view, "color_map", color_map),
        color_limits=_converted(result, view, "color_limits", _limits),
        color_norm=view.color_norm,
        title=view.title,
        direction=_direction(result.theirs, view),
    )


def _direction(theirs: Scene, view: MorphologyViewSpec) -> tuple[float, float] | None:
    """Return from where a cell is seen first: what its panel says."""
    panel = theirs.layout.panel_for_view(view.id)
    if panel is None:
        return None
    return panel.camera_azimuth, min(max(panel.camera_elevation, -89.0), 89.0)


def _surface(result: TranslatedScene, view: SurfaceViewSpec) -> our_views.SurfaceViewSpec:
    source = _known(result, view, "field", view.field_id, result.theirs.fields)
    grid = _grid(result, view.geometry_id)
    y_dim, x_dim = source.dims if grid is None else grid.dims
    slices = [
        each
        for panel in result.theirs.layout.panels
        if view.id in panel.view_ids
        for each in map(result.theirs.operators.get, panel.operator_ids)
        if isinstance(each, GridSliceOperatorSpec)
    ]
    return our_views.SurfaceViewSpec(
        view.id,
        _follow(result, view, grid_of(view.field_id, grid)),
        title=view.title,
        unit=source.unit,
        axis_labels=view.axis_labels or (x_dim, y_dim, "value"),
        color_map=_converted(result, view, "color_map", color_map),
        color_limits=_converted(result, view, "color_limits", _limits),
        color_by=view.color_by,
        surface_color=_converted(result, view, "surface_color", css_color),
        shading=view.surface_shading,
        alpha=view.surface_alpha,
        show_axes=view.render_axes,
        slice=_slice(slices[0]) if slices else None,
    )


def _grid(result: TranslatedScene, geometry_id: str | None) -> GridGeometry | None:
    found = result.theirs.geometries.get(geometry_id or "")
    return found if isinstance(found, GridGeometry) else None


def _slice(operator: GridSliceOperatorSpec) -> our_views.GridSlice | None:
    if not operator.axis_state_key or not operator.position_state_key:
        return None
    return our_views.GridSlice(
        StateBinding(operator.axis_state_key), StateBinding(operator.position_state_key)
    )


def _line_plot(
    result: TranslatedScene, view: LinePlotViewSpec
) -> our_views.TracePlotViewSpec | our_views.LinePlotViewSpec:
    if view.operator_id:
        return _sliced_plot(result, view)
    source = _known(result, view, "field", view.field_id, result.theirs.fields)
    if is_over_time(view, source):
        cells = [g for g in result.theirs.geometries.values() if isinstance(g, MorphologyGeometry)]
        labels = {
            id_: name for g in cells for id_, name in zip(g.entity_ids, g.labels, strict=True)
        }
        marks = not result.plots and view.series_dim is None
        plot = PlotTraces(view, labels, marks=marks)
        result.plots.append(plot)
        return plot.spec(source.unit)
    return our_views.LinePlotViewSpec(
        view.id,
        _follow(result, view, curves_of(view)),
        title=view.title,
        x_label=view.x_label,
        x_unit=view.x_unit or None,
        y_label=view.y_label,
        y_unit=view.y_unit or source.unit,
        y_limits=y_limits(view),
    )


def _sliced_plot(result: TranslatedScene, view: LinePlotViewSpec) -> our_views.LinePlotViewSpec:
    operator = _known(result, view, "operator", view.operator_id, result.theirs.operators)
    source = _known(result, view, "field", operator.field_id, result.theirs.fields)
    grid = _grid(result, operator.geometry_id)
    return our_views.LinePlotViewSpec(
        view.id,
        _follow(result, view, grid_of(operator.field_id, grid)),
        title=view.title,
        x_label=view.x_label,
        x_unit=view.x_unit or None,
        y_label=view.y_label,
        y_unit=view.y_unit or source.unit,
        y_limits=y_limits(view),
        slice=_slice(operator),
    )


def _state_graph(result: TranslatedScene, view: StateGraphViewSpec) -> our_views.StateGraphViewSpec:
    edges = view.edge_field_id
    source = _known(result, view, "field", view.node_field_id, result.theirs.fields)
    return our_views.StateGraphViewSpec(
        view.id,
        _follow(result, view, whole_field(view.node_field_id)),
        states=view.node_positions,
        edges=view.edges,
        edge_field_id=_follow(result, view, whole_field(edges)) if edges else "",
        title=view.title,
        unit=source.unit,
        color_map=color_map(view.node_color_map),
        color_limits=_limits(view.node_color_limits),
        edge_color_map=color_map(view.edge_color_map),
        edge_limits=_limits(view.edge_color_limits),
    )


# ---------------------------------------------------------------------------------------- layout


def layout_of(
    theirs: Scene, views: dict[str, our_views.ViewSpec], left_out: set[str]
) -> our_layout.LayoutSpec:
    """Return the panels and their places; controls stand in their dock."""
    panels = [
        each
        for panel in theirs.layout.panels
        for each in (
            [_controls_panel(theirs, panel, left_out)]
            if panel.kind == PANEL_KIND_CONTROLS
            else _view_panels(panel, views)
        )
    ]
    standing = {each.id for each in panels if each.kind != "controls"}
    rows = [[each for each in row if each in standing] for row in theirs.layout.panel_grid]
    nodes = [_split(row, "row") for row in rows if row]
    root = _split(nodes, "column") if nodes else None
    return our_layout.LayoutSpec(tuple(panels), root)


def _split(nodes: list[Any], orientation: Any) -> our_layout.LayoutNode:
    node: our_layout.LayoutNode = (
        nodes[0] if len(nodes) == 1 else our_layout.Split(tuple(nodes), orientation)
    )
    return node


def _view_panels(
    panel: PanelSpec, views: dict[str, our_views.ViewSpec]
) -> Iterable[our_layout.PanelSpec]:
    for i, view_id in enumerate(panel.view_ids):
        if view_id not in views:
            raise ProtocolError(
                f"panel {panel.id!r}: the scene has no view {view_id!r}; it has {', '.join(views) or 'none'}",
                code="unknown-view",
            )
        view = views[view_id]
        title = panel.title or getattr(view, "title", "") or view_id
        id_ = panel.id if i == 0 else f"{panel.id}-{i + 1}"
        yield our_layout.PanelSpec(id_, view.KIND, title, view_id=view_id)


def _controls_panel(theirs: Scene, panel: PanelSpec, left_out: set[str]) -> our_layout.PanelSpec:
    controls, actions = panel.control_ids, panel.action_ids
    if not controls and not actions:
        controls, actions = tuple(theirs.controls), tuple(theirs.actions)
    return our_layout.PanelSpec(
        panel.id,
        "controls",
        panel.title or "Controls",
        control_ids=tuple(
            each for each in controls if each in theirs.controls and each not in left_out
        ),
        action_ids=tuple(each for each in actions if each in theirs.actions),
    )
