"""`ShownField`: what a view shows of a session's field, as a field of the window."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from backends import field as ours
from backends.compneurovis.specs.fields import Field
from backends.compneurovis.specs.geometry import GridGeometry, MorphologyGeometry
from backends.compneurovis.specs.views import LinePlotViewSpec, MorphologyViewSpec
from backends.views import StateBinding

State = Mapping[str, Any]


@dataclass(frozen=True)
class ShownField:
    """A field of the window that follows one of the session.

    Attributes
    ----------
    id : str
        In the window.
    source : str
        Id of the session's field.
    make : callable
        Returns the window's field, given the session's and the state.
    """

    id: str
    source: str
    make: Callable[[Field, State], ours.Field]
    keys: frozenset[str] = frozenset()
    """Names of the state that it depends on."""


def changed_coords(one: ours.Field, other: ours.Field) -> dict[str, Any] | None:
    """Return the coordinates of a field, None where another one has the same shape and coordinates."""
    is_same = one.values.shape == other.values.shape and all(
        each is other.coords.get(dim) or np.array_equal(each, other.coords.get(dim, ()))
        for dim, each in one.coords.items()
    )
    return None if is_same else dict(one.coords)


def value_of(value: Any, state: State, default: Any = None) -> Any:
    """Return the present value of what may be a binding."""
    return state.get(value.key, default) if isinstance(value, StateBinding) else value


def whole_field(source: str) -> ShownField:
    """Return a field that is shown as it is."""

    def make(field: Field, state: State) -> ours.Field:
        return ours.Field(source, field.values, field.dims, field.coords, field.unit)

    return ShownField(source, source, make)


def grid_of(source: str, grid: GridGeometry | None) -> ShownField:
    """Return a 2-D field with the rows, columns and coordinates of `grid`, None for its own."""
    if grid is None:
        return whole_field(source)

    def make(field: Field, state: State) -> ours.Field:
        values = field.values if field.dims == grid.dims else field.values.T
        fits = values.shape == tuple(len(grid.coords[dim]) for dim in grid.dims)
        coords = (
            grid.coords if fits else field.coords
        )  # a session may replace a field by a larger one
        return ours.Field(source, values, grid.dims, coords, field.unit)

    return ShownField(source, source, make)


def cell_values(view: MorphologyViewSpec, geometry: MorphologyGeometry) -> ShownField:
    """Return the values that colour a cell: one an entity, in the order of the drawing; NaN where there is none."""
    source = view.color_field_id or ""
    id_ = f"{source or 'nothing'} of {geometry.id}"
    n = len(geometry.entity_ids)

    def make(field: Field, state: State) -> ours.Field:
        if view.sample_dim in field.dims:
            field = field.select({view.sample_dim: -1})
        places = {str(each): i for i, each in enumerate(field.coord(view.entity_dim))}
        order = [places.get(each, -1) for each in geometry.entity_ids]
        values = np.append(np.asarray(field.values, np.float32), np.float32(np.nan))[order]
        return ours.Field(id_, values, ("segment",), {"segment": geometry.entity_ids}, field.unit)

    def make_nothing(field: Field, state: State) -> ours.Field:
        return ours.Field(
            id_, np.zeros(n, np.float32), ("segment",), {"segment": geometry.entity_ids}
        )

    return ShownField(id_, source, make if source else make_nothing)


def curves_of(view: LinePlotViewSpec) -> ShownField:
    """Return what a plot shows that has no time: dims (x,) or (series, x)."""
    id_ = f"{view.id} of {view.field_id}"

    def make(field: Field, state: State) -> ours.Field:
        part = selected(view, field, state)
        x_dim = view.x_dim or field.dims[-1]
        if part is None:
            return ours.Field(id_, np.empty(0), (x_dim,), {x_dim: ()}, field.unit)
        values = part.values
        if part.dims[0] == x_dim and len(part.dims) == 2:
            values = values.T
        dims = (*(each for each in part.dims if each != x_dim), x_dim)
        return ours.Field(id_, values, dims, part.coords, field.unit)

    bound = (each.key for each in view.selectors.values() if isinstance(each, StateBinding))
    return ShownField(id_, view.field_id, make, frozenset(bound))


def selected(view: LinePlotViewSpec, field: Field, state: State) -> Field | None:
    """Return the part of a field that a plot shows, None where what is selected is not there (yet)."""
    chosen: dict[str, Any] = {}
    for dim, selector in view.selectors.items():
        value = value_of(selector, state)
        if isinstance(value, (list, tuple, np.ndarray)) and np.asarray(value).dtype.kind in "UO":
            known = set(field.coord(dim).astype(str))
            value = [each for each in map(str, value) if each in known]
        elif isinstance(value, str) and value not in field.coord(dim).astype(str):
            return None
        if value is None or (isinstance(value, list) and not value):
            return None
        chosen[dim] = value
    return field.select(chosen)
