"""What a scene can show: one spec a kind of view. Each names the field whose values it shows.

Any attribute of a view but its id may be a `StateBinding`: the window then takes the value that a control, or
`StatePatch`, has at that moment.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any, ClassVar, TypeVar

from backends.errors import ProtocolError
from backends.field import checked_finite, checked_name, checked_positive, frozen_mapping

Limits = tuple[float, float]


@dataclass(frozen=True, slots=True)
class StateBinding:
    """Stands for the present value of a control, or of a name that `set_state` has set.

    Attributes
    ----------
    key : str
        Id of the control, or the name.
    """

    key: str

    def __post_init__(self) -> None:
        checked_name("StateBinding.key", self.key)


@dataclass(frozen=True, slots=True)
class GridSlice:
    """A line through a 2-D field.

    Attributes
    ----------
    dim : str
        The dimension that is cut: its coordinate is the same along the line.
    position : float
        Where, 0 (first coordinate) … 1 (last coordinate).
    """

    dim: str | StateBinding
    position: float | StateBinding = 0.5


@dataclass(frozen=True, slots=True)
class View:
    """Base of all views.

    Attributes
    ----------
    KIND : str
        `PanelSpec.kind` of a panel that shows it.
    """

    KIND: ClassVar[str] = ""

    @property
    def field_ids(self) -> tuple[str, ...]:
        """Ids of the fields that the view reads."""
        return (getattr(self, "field_id"),)  # noqa: B009 (each subclass has one)

    def bindings(self) -> dict[str, StateBinding]:
        """Return the attributes that are bound to state, by name."""
        found = {each.name: getattr(self, each.name) for each in fields(self)}
        return {name: value for name, value in found.items() if isinstance(value, StateBinding)}

    def bound_keys(self) -> set[str]:
        """Return the keys of the state that the view, or the slice that it shows, is bound to."""
        line = getattr(self, "slice", None)
        of_slice = [] if line is None else [line.dim, line.position]
        found = [*self.bindings().values(), *of_slice]
        return {each.key for each in found if isinstance(each, StateBinding)}


@dataclass(frozen=True, slots=True)
class MorphologyViewSpec(View):
    """A morphology coloured by one field.

    Attributes
    ----------
    label : str
        What the values are; shown with the unit beside the colour bar.
    color_map : str
        ``"scalar"`` is the default map (cividis); any name that the colour tables know.
    color_limits : (float, float) or None
        In `unit`; None with norm "auto" means −80 … 40 for mV, else from the data once.
    color_norm : {"auto", "linear", "symmetric"}
        "symmetric" centres a diverging map on 0.
    title : str
        Of its panel, where the scene has several views.
    direction : (float, float) or None
        From where it is seen first: azimuth and elevation, degrees, with z up; azimuth 0 is from −y. None is from the
        front, with y up.
    connections : bool
        Whether it draws the scene's connections at first; the user may switch them on and off.
    """

    KIND: ClassVar[str] = "morphology"

    id: str
    geometry_id: str
    field_id: str
    unit: str | None = None
    label: str = "Membrane potential"
    color_map: str | StateBinding = "scalar"
    color_limits: Limits | StateBinding | None = None
    color_norm: str | StateBinding = "auto"
    title: str = ""
    direction: tuple[float, float] | None = None
    connections: bool | StateBinding = False

    def __post_init__(self) -> None:
        _check_colors(self.id, self.color_limits, self.color_norm)
        if not isinstance(self.connections, bool | StateBinding):
            raise ProtocolError(
                f"view {self.id!r}: connections must be True or False, not {self.connections!r}",
                code="bad-type",
            )
        if self.direction is not None:
            azimuth, elevation = self.direction
            checked_finite(f"view {self.id!r}: azimuth", azimuth)
            if not abs(checked_finite(f"view {self.id!r}: elevation", elevation)) < 90:
                raise ProtocolError(
                    f"view {self.id!r}: the elevation must be between -90 and 90, not {elevation}",
                    code="bad-range",
                )


@dataclass(frozen=True, slots=True)
class TracePlotViewSpec(View):
    """Traces of one field over time (ms).

    Attributes
    ----------
    y_limits : (float, float) or None
        In `y_unit`; None adapts to the values.
    series : tuple of str or None
        Ids of the traces to show, in order; None shows every trace that no other plot names.
    window_ms : float or None
        Length of the rolling window, ms; None shows everything.
    """

    KIND: ClassVar[str] = "traces"

    id: str
    field_id: str
    title: str = "Trace"
    y_label: str = "Value"
    y_unit: str | None = None
    y_limits: Limits | StateBinding | None = None
    series: tuple[str, ...] | StateBinding | None = None
    window_ms: float | StateBinding | None = None

    def __post_init__(self) -> None:
        _check_limits(self.id, "y_limits", self.y_limits)
        if isinstance(self.series, str):
            object.__setattr__(self, "series", (self.series,))
        elif isinstance(self.series, Iterable):
            object.__setattr__(self, "series", tuple(self.series))
        elif not isinstance(self.series, StateBinding | None):
            raise ProtocolError(
                f"view {self.id!r}: series must be ids of traces, not {self.series!r}",
                code="bad-type",
            )
        if not isinstance(self.window_ms, StateBinding | None):
            checked_positive(f"view {self.id!r}: window_ms", self.window_ms)


@dataclass(frozen=True, slots=True)
class LinePlotViewSpec(View):
    """The present values of a field as curves over a coordinate; or, of a 2-D field, a line through it.

    The field has dims (x,) or (series, x); the coordinates of x are the horizontal axis.

    Attributes
    ----------
    x_label : str
        "x" stands for the name of the dimension, as in the other views with an x axis.
    slice : GridSlice or None
        The line through a field of dims (y, x).
    """

    KIND: ClassVar[str] = "line"

    id: str
    field_id: str
    title: str = ""
    x_label: str = "x"
    x_unit: str | None = None
    y_label: str = "Value"
    y_unit: str | None = None
    x_limits: Limits | StateBinding | None = None
    y_limits: Limits | StateBinding | None = None
    slice: GridSlice | None = None

    def __post_init__(self) -> None:
        _check_limits(self.id, "x_limits", self.x_limits)
        _check_limits(self.id, "y_limits", self.y_limits)


@dataclass(frozen=True, slots=True)
class ImageViewSpec(View):
    """A field of dims (y, x) as an image; its coordinates are the axes, the first row is at the bottom.

    Attributes
    ----------
    x_label, y_label : str
        Axes whose labels end with the same unit, "x (mm)" and "y (mm)", have the same scale.
    color_limits : (float, float) or None
        None means −80 … 40 for mV with norm "auto", else a range that follows the values.
    color_norm : {"auto", "linear", "symmetric"}
        As of `MorphologyViewSpec`; a surface has the same.
    slice : GridSlice or None
        Drawn as a line.
    """

    KIND: ClassVar[str] = "image"

    id: str
    field_id: str
    title: str = ""
    unit: str | None = None
    label: str = "Value"
    x_label: str = "x"
    y_label: str = "y"
    color_map: str | StateBinding = "scalar"
    color_limits: Limits | StateBinding | None = None
    color_norm: str | StateBinding = "auto"
    slice: GridSlice | None = None

    def __post_init__(self) -> None:
        _check_colors(self.id, self.color_limits, self.color_norm)


@dataclass(frozen=True, slots=True)
class SurfaceViewSpec(View):
    """A field of dims (y, x) as a surface in 3-D, whose height and colour are the values.

    Attributes
    ----------
    axis_labels : (str, str, str)
        x, y, and what the values are.
    color_by : {"height", "uniform"}
        "uniform" uses `surface_color`, as ``"#rrggbb"`` or a name of the CSS.
    shading : {"lit", "unlit"}
    alpha : float
        0 (invisible) … 1.
    """

    KIND: ClassVar[str] = "surface"

    id: str
    field_id: str
    title: str = ""
    unit: str | None = None
    axis_labels: tuple[str, str, str] = ("x", "y", "value")
    color_map: str | StateBinding = "scalar"
    color_limits: Limits | StateBinding | None = None
    color_norm: str | StateBinding = "auto"
    color_by: str | StateBinding = "height"
    surface_color: str | StateBinding = "#6b8fd6"
    shading: str | StateBinding = "lit"
    alpha: float | StateBinding = 1.0
    show_axes: bool | StateBinding = True
    slice: GridSlice | None = None

    def __post_init__(self) -> None:
        _check_colors(self.id, self.color_limits, self.color_norm)
        _check_option(self.id, "color_by", self.color_by, ("height", "uniform"))
        _check_option(self.id, "shading", self.shading, ("lit", "unlit"))
        if isinstance(self.axis_labels, str) or len(tuple(self.axis_labels)) != 3:
            raise ProtocolError(
                f"view {self.id!r}: axis_labels must be three texts, not {self.axis_labels!r}",
                code="bad-shape",
            )


@dataclass(frozen=True, slots=True)
class BarViewSpec(View):
    """The present values of a field of dims (name,) as bars; its coordinates are the names."""

    KIND: ClassVar[str] = "bar"

    id: str
    field_id: str
    title: str = ""
    y_label: str = "Value"
    y_unit: str | None = None
    y_limits: Limits | StateBinding | None = None

    def __post_init__(self) -> None:
        _check_limits(self.id, "y_limits", self.y_limits)


@dataclass(frozen=True, slots=True)
class RasterViewSpec(View):
    """Events, such as spikes, over time (ms): one row a cell. They come by `EventsAppend`.

    The field has dims (row,): how many events each row has had; its coordinates name the rows.

    Attributes
    ----------
    window_ms : float or None
        Length of the rolling window, ms; None shows everything.
    """

    KIND: ClassVar[str] = "raster"

    id: str
    field_id: str
    title: str = ""
    y_label: str = "Cell"
    window_ms: float | StateBinding | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.window_ms, StateBinding | None):
            checked_positive(f"view {self.id!r}: window_ms", self.window_ms)


@dataclass(frozen=True, slots=True)
class TableViewSpec(View):
    """The present values of a field as numbers: dims (row,) or (row, column), whose coordinates are the headings.

    Attributes
    ----------
    units : mapping of str to str
        Unit of a column, by its heading; with dims (row,) of a row. Else the field's unit.
    """

    KIND: ClassVar[str] = "table"

    id: str
    field_id: str
    title: str = ""
    units: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        units = dict(frozen_mapping(f"view {self.id!r}: units", self.units))
        object.__setattr__(self, "units", units)


@dataclass(frozen=True, slots=True)
class StateGraphViewSpec(View):
    """A kinetic scheme: states coloured by their occupancy, transitions by their flux.

    Attributes
    ----------
    field_id : str
        Field of dims (state,), coordinates: names of states; 0 … 1 unless `color_limits` says else.
    states : tuple of (name, x, y)
        Where each state is drawn, 0 … 1 from left to right and from bottom to top; () for a circle.
    edges : tuple of (source, target, id)
        Transitions; `id` is the coordinate in `edge_field_id`.
    edge_field_id : str
        Field of dims (edge,); "" draws all edges alike.
    """

    KIND: ClassVar[str] = "state_graph"

    id: str
    field_id: str
    states: tuple[tuple[str, float, float], ...] = ()
    edges: tuple[tuple[str, str, str], ...] = ()
    edge_field_id: str = ""
    title: str = ""
    unit: str | None = None
    edge_unit: str | None = None
    color_map: str | StateBinding = "scalar"
    color_limits: Limits | StateBinding | None = (0.0, 1.0)
    edge_color_map: str | StateBinding = "diverging"
    edge_limits: Limits | StateBinding | None = None

    @property
    def field_ids(self) -> tuple[str, ...]:
        """Ids of the fields of states and of edges."""
        return (self.field_id, self.edge_field_id) if self.edge_field_id else (self.field_id,)

    def __post_init__(self) -> None:
        _check_limits(self.id, "color_limits", self.color_limits)
        _check_limits(self.id, "edge_limits", self.edge_limits)
        names = [name for name, _, _ in self.states]
        pairs = [(source, target) for source, target, _ in self.edges]
        for name in (each for pair in pairs for each in pair):
            if name not in names:
                raise ProtocolError(
                    f"view {self.id!r}: an edge names the state {name!r}, which it does not have",
                    code="unknown-state",
                )
        repeated = [each for each in (*names, *pairs) if (*names, *pairs).count(each) > 1]
        if repeated or any(source == target for source, target in pairs):
            what = repeated[0] if repeated else next(p for p in pairs if p[0] == p[1])
            raise ProtocolError(
                f"view {self.id!r}: {what!r} occurs twice; states differ, edges lead from one state to "
                "another, and there is one for each direction",
                code="repeated-id",
            )
        for name, x, y in self.states:
            if not (0 <= x <= 1 and 0 <= y <= 1):
                raise ProtocolError(
                    f"view {self.id!r}: state {name!r} is at ({x}, {y}), not within 0 … 1",
                    code="bad-number",
                )


ViewSpec = (
    MorphologyViewSpec
    | TracePlotViewSpec
    | LinePlotViewSpec
    | ImageViewSpec
    | SurfaceViewSpec
    | BarViewSpec
    | RasterViewSpec
    | TableViewSpec
    | StateGraphViewSpec
)

V = TypeVar("V", bound=View)


def resolved(view: V, state: Mapping[str, Any]) -> V:
    """Return a view with the present values of `state` where it has bindings.

    A binding whose key has no value yet is replaced by the attribute's default.

    Raises
    ------
    ProtocolError
        If a value does not suit the attribute: limits in falling order, an unknown norm.
    """
    changes: dict[str, Any] = {}
    for name, binding in view.bindings().items():
        default = {each.name: each.default for each in fields(view)}[name]
        changes[name] = state.get(binding.key, default)
    line: GridSlice | None = getattr(view, "slice", None)
    if line is not None:
        changes["slice"] = GridSlice(
            _value(line.dim, state, "x"), _value(line.position, state, 0.5)
        )
    return replace(view, **changes) if changes else view


def _value(value: Any, state: Mapping[str, Any], default: Any) -> Any:
    return state.get(value.key, default) if isinstance(value, StateBinding) else value


def _check_limits(view_id: str, name: str, limits: Limits | StateBinding | None) -> None:
    if limits is None or isinstance(limits, StateBinding):
        return
    try:
        low, high = (float(each) for each in limits)
    except (TypeError, ValueError) as error:
        raise ProtocolError(
            f"view {view_id!r}: {name} must be two numbers, not {limits!r}", code="bad-range"
        ) from error
    if not -math.inf < low < high < math.inf:
        raise ProtocolError(
            f"view {view_id!r}: {name} {tuple(limits)} are not in rising order and finite",
            code="bad-range",
        )


def _check_option(view_id: str, name: str, value: Any, known: tuple[str, ...]) -> None:
    if not isinstance(value, StateBinding) and value not in known:
        raise ProtocolError(
            f"view {view_id!r}: {name} must be one of {', '.join(known)}, not {value!r}",
            code="unknown-option",
        )


def _check_colors(
    view_id: str, limits: Limits | StateBinding | None, norm: str | StateBinding
) -> None:
    _check_limits(view_id, "color_limits", limits)
    if not isinstance(norm, StateBinding) and norm not in ("auto", "linear", "symmetric"):
        raise ProtocolError(
            f"view {view_id!r}: color_norm {norm!r} is not known", code="unknown-norm"
        )
