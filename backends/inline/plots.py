"""`PlotsFace`: the plots and pictures of an inline view, but for its cell and its traces."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from backends.errors import ProtocolError
from backends.inline.controls import CONTROLS_PANEL
from backends.inline.handles import ViewHandle, bound
from backends.inline.labels import Heading, heading_of, id_of, line_of_call, split_unit
from backends.inline.readings import Reader, Reading, reader_of
from backends.live.default_scene import MORPHOLOGY_VIEW_ID, TRACE_VIEW_ID
from backends.live.engine import LiveEngine
from backends.views import (
    BarViewSpec,
    GridSlice,
    ImageViewSpec,
    LinePlotViewSpec,
    StateGraphViewSpec,
    SurfaceViewSpec,
    TableViewSpec,
    ViewSpec,
)


class PlotsFace:
    """What an author calls to add plots of present values; each returns a handle for `layout`.

    Values are read after every batch of steps. They are given as an array, which is looked at again each time; as a
    function that takes nothing or the context; as NEURON's references; or as a dict of these by name.
    """

    def __init__(self) -> None:
        self.view_handles: dict[str, ViewHandle] = {}
        self.readings: dict[str, Reading] = {}

    def read_one(self, what: str, source: Any) -> Reader | None:
        """Return the reader of what only the simulator knows; None for anything else."""
        return None

    # ----------------------------------------------------------------------------------- lines

    def line(
        self,
        values: Any,
        *,
        x: Any = None,
        title: str | None = None,
        label: str | None = None,
        unit: str | None = None,
        limits: Any = None,
        x_label: str = "x",
        x_limits: Any = None,
        along: str | None = None,
        at: Any = 0.5,
    ) -> ViewHandle:
        """Add curves of present values over a coordinate, or a line through an image.

        Parameters
        ----------
        values : source of shape (n,), dict of these by name, or the handle of an image or surface
        x : source of shape (n,) or None
            The coordinate; None counts from 0.
        label, x_label : str
            Of the vertical and the horizontal axis, with the unit in parentheses: ``"Distance (µm)"``.
        limits, x_limits : (low, high), control or None
            Of the vertical and the horizontal axis.
        along : {"x", "y"}
            Of an image: the axis of the line.
        at : float or control
            Of an image: where the line cuts the other axis, 0 … 1.
        """
        is_cut = isinstance(values, ViewHandle)
        title, label, unit = heading_of(title, label, unit, values.title if is_cut else "Lines")
        if is_cut:
            field_id, line = self._shared(title, values), _cut(title, along, at)
        else:
            dims = ("series", "x") if isinstance(values, Mapping) else ("x",)
            coords = {} if x is None else {"x": x}
            field_id = self._read(title, values, dims, coords, unit)
            line = None
        x_name, x_unit = split_unit(x_label)

        def make(id_: str) -> ViewSpec:
            return LinePlotViewSpec(
                id_, field_id, title, x_name, x_unit, label or "Value", unit, bound(x_limits),
                bound(limits), line,
            )  # fmt: skip

        return self.add_view(title, make, field_id)

    # ---------------------------------------------------------------------------- 2-D fields

    def image(
        self,
        values: Any,
        *,
        x: Any = None,
        y: Any = None,
        title: str | None = None,
        label: str | None = None,
        unit: str | None = None,
        limits: Any = None,
        x_label: str = "x",
        y_label: str = "y",
        color_map: Any = "scalar",
        symmetric: bool = False,
    ) -> ViewHandle:
        """Add an image of values over two coordinates.

        Parameters
        ----------
        values : source of shape (n_y, n_x), or the handle of a surface
        x, y : source of shape (n_x,), (n_y,) or None
            None counts from 0.
        title, label : str or None
            Above it and beside the colour bar, with the unit in parentheses: ``"Activity (mV)"``.
        limits : (low, high), control or None
            None is -80 … 40 for mV, else the range of the first values.
        symmetric : bool
            Whether the colours diverge from 0.
        """
        name, label, unit = self._grid_heading(values, title, label, unit, "Image")
        field_id = self._grid(name, values, x, y, unit)
        norm = "symmetric" if symmetric else "auto"

        def make(id_: str) -> ViewSpec:
            return ImageViewSpec(
                id_, field_id, name, unit, label or name, x_label, y_label, bound(color_map),
                bound(limits), norm,
            )  # fmt: skip

        return self.add_view(name, make, field_id)

    def surface(
        self,
        values: Any,
        *,
        x: Any = None,
        y: Any = None,
        title: str | None = None,
        label: str | None = None,
        unit: str | None = None,
        limits: Any = None,
        x_label: str = "x",
        y_label: str = "y",
        color_map: Any = "scalar",
        color: Any = None,
        symmetric: bool = False,
        alpha: Any = 1.0,
        lit: bool = True,
        show_axes: Any = True,
    ) -> ViewHandle:
        """Add a surface in 3-D whose height and colour are the values; see `image`.

        Parameters
        ----------
        color : str, control or None
            One colour for all of it (``"#6b8fd6"``), instead of the colour map.
        alpha : float or control
            0 (invisible) … 1.
        lit : bool
            Whether light and shade are drawn.
        """
        name, label, unit = self._grid_heading(values, title, label, unit, "Surface")
        field_id = self._grid(name, values, x, y, unit)
        plain: dict[str, Any] = (
            {} if color is None else {"color_by": "uniform", "surface_color": bound(color)}
        )

        def make(id_: str) -> ViewSpec:
            return SurfaceViewSpec(
                id_, field_id, name, unit, (x_label, y_label, label or name), bound(color_map),
                bound(limits), "symmetric" if symmetric else "auto",
                shading="lit" if lit else "unlit", alpha=bound(alpha), show_axes=bound(show_axes),
                **plain,
            )  # fmt: skip

        return self.add_view(name, make, field_id)

    def _grid_heading(
        self, values: Any, title: str | None, label: str | None, unit: str | None, fallback: str
    ) -> Heading:
        """Return what is written at a view of a grid: where it says nothing, what the view says whose values it shows."""
        found = heading_of(title, label, unit, fallback)
        if not isinstance(values, ViewHandle):
            return found
        shared = self.readings[self._shared(found.title, values)]
        own = found.title if title or label else values.title
        return Heading(own, found.label, shared.unit if found.unit is None else found.unit)

    def _grid(self, title: str, values: Any, x: Any, y: Any, unit: str | None) -> str:
        if isinstance(values, ViewHandle):
            return self._shared(title, values)
        coords = {dim: each for dim, each in (("x", x), ("y", y)) if each is not None}
        return self._read(title, values, ("y", "x"), coords, unit)

    # -------------------------------------------------------------------------- named numbers

    def bar(
        self,
        values: Any,
        *,
        names: Sequence[str] | None = None,
        title: str | None = None,
        label: str | None = None,
        unit: str | None = None,
        limits: Any = None,
    ) -> ViewHandle:
        """Add bars: ``bar({"m": soma(0.5)._ref_m_hh, "h": soma(0.5)._ref_h_hh}, limits=(0, 1))``.

        Parameters
        ----------
        values : dict of sources of a number by name, or source of shape (n,)
        names : sequence of str or None
            Of the bars, where the values have no names.
        label : str or None
            Of the vertical axis, with the unit in parentheses.
        """
        title, label, unit = heading_of(title, label, unit, "Bars")
        coords = {} if names is None else {"name": tuple(names)}
        field_id = self._read(title, values, ("name",), coords, unit)

        def make(id_: str) -> ViewSpec:
            return BarViewSpec(id_, field_id, title, label or "Value", unit, bound(limits))

        return self.add_view(title, make, field_id)

    def table(
        self,
        values: Any,
        *,
        rows: Sequence[str] | None = None,
        columns: Sequence[str] | None = None,
        title: str = "Table",
        units: Mapping[str, str] | None = None,
    ) -> ViewHandle:
        """Add a table of numbers.

        Parameters
        ----------
        values : dict of sources by row, or source of shape (n_rows,) or (n_rows, n_columns)
            With `columns`, each row has a number for each.
        units : dict of str to str
            By column; without columns by row.
        """
        dims = ("row",) if columns is None else ("row", "column")
        given = (("row", rows), ("column", columns))
        coords = {dim: tuple(each) for dim, each in given if each is not None}
        field_id = self._read(title, values, dims, coords, None)

        def make(id_: str) -> ViewSpec:
            return TableViewSpec(id_, field_id, title, dict(units or {}))

        return self.add_view(title, make, field_id)

    def graph(
        self,
        states: Mapping[str, Any],
        edges: Mapping[tuple[str, str], Any] | Iterable[tuple[str, str]] = (),
        *,
        places: Mapping[str, tuple[float, float]] | None = None,
        title: str | None = None,
        unit: str | None = None,
        edge_unit: str | None = None,
        limits: Any = (0.0, 1.0),
        edge_limits: Any = None,
        color_map: Any = "scalar",
    ) -> ViewHandle:
        """Add a kinetic scheme: states coloured by occupancy, transitions by flux.

        Parameters
        ----------
        states : dict of sources of a number by state
        edges : dict of sources by (from, to), or pairs alone
            Pairs alone are drawn all alike.
        places : dict of (x, y) by state
            0 … 1, from left to right and from bottom to top; by default on a circle.
        """
        title, _, unit = heading_of(title, None, unit, "States")
        found = dict(places or _on_circle(list(states)))
        missing = [name for name in states if name not in found]
        if missing:
            raise ProtocolError(f"{title}: places lacks {missing[0]!r}", code="unknown-state")
        drawn = tuple((name, float(found[name][0]), float(found[name][1])) for name in states)
        arrows = tuple((source, end, f"{source}→{end}") for source, end in edges)
        field_id = self._read(title, states, ("state",), {}, unit)
        edge_field_id = ""
        if isinstance(edges, Mapping) and edges:
            flows = {f"{source}→{end}": each for (source, end), each in edges.items()}
            edge_field_id = self._read(f"{title}: edges", flows, ("edge",), {}, edge_unit)

        def make(id_: str) -> ViewSpec:
            return StateGraphViewSpec(
                id_, field_id, drawn, arrows, edge_field_id, title, unit, edge_unit,
                bound(color_map), bound(limits), edge_limits=bound(edge_limits),
            )  # fmt: skip

        return self.add_view(title, make, field_id)

    # ------------------------------------------------------------------------------- register

    def _read(
        self,
        title: str,
        values: Any,
        dims: tuple[str, ...],
        coords: Mapping[str, Any],
        unit: str | None,
    ) -> str:
        """Register a field that is read after every batch; return its id."""
        id_ = id_of(f"{title} values", self.readings)
        along = {
            dim: each if isinstance(each, tuple) else reader_of(title, each, self.read_one)
            for dim, each in coords.items()
        }
        read = reader_of(title, values, self.read_one)
        self.readings[id_] = Reading(id_, title, dims, read, along, unit, line_of_call())
        return id_

    def read_counts(self, title: str, rows: tuple[str, ...], read: Reader) -> str:
        """Register the field of a raster: how many events each row has had; return its id."""
        id_ = id_of(f"{title} counts", self.readings)
        self.readings[id_] = Reading(id_, title, ("row",), read, {"row": rows})
        return id_

    def _shared(self, title: str, handle: ViewHandle) -> str:
        """Return the field of an image or surface."""
        for field_id in handle.field_ids:
            if field_id in self.readings and self.readings[field_id].dims == ("y", "x"):
                return field_id
        raise ProtocolError(
            f"{title}: {handle.title!r} is neither an image nor a surface of this view",
            code="no-grid",
        )

    def new_view_id(self, title: str) -> str:
        """Return an id for a view, and for its panel."""
        taken = (CONTROLS_PANEL, MORPHOLOGY_VIEW_ID, TRACE_VIEW_ID)
        return id_of(title, [*self.view_handles, *taken])

    def add_view(self, title: str, make: Callable[[str], ViewSpec], *field_ids: str) -> ViewHandle:
        """Register a view whose spec is known; what is wrong with it is raised here, at the author's line."""
        id_ = self.new_view_id(title)
        spec = make(id_)

        def made(live: LiveEngine) -> ViewSpec:
            return spec

        handle = ViewHandle(id_, title, made, field_ids)
        self.view_handles[id_] = handle
        return handle


def _cut(title: str, along: str | None, at: Any) -> GridSlice:
    """Return the line through an image along an axis; the protocol names the axis that is cut."""
    if along is None:
        along = "x"
    if along not in ("x", "y"):
        raise ProtocolError(
            f'{title}: along must be "x" or "y", not {along!r}', code="unknown-option"
        )
    return GridSlice("y" if along == "x" else "x", bound(at))


def _on_circle(names: Sequence[str]) -> dict[str, tuple[float, float]]:
    """Return places for states: two or three beside each other, more on a circle, the first at the left."""
    n = len(names)
    if n <= 3:
        return {name: ((i + 0.5) / n, 0.5) for i, name in enumerate(names)}
    angles = [math.pi - 2 * math.pi * i / n for i in range(n)]
    return {
        name: (0.5 + 0.4 * math.cos(angle), 0.5 + 0.4 * math.sin(angle))
        for name, angle in zip(names, angles, strict=True)
    }
