"""Views and operators with CompNeuroVis's arguments."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

Value = Any
"""A value, or a `StateBinding` that stands for one."""


@dataclass(frozen=True, slots=True)
class ViewSpec:
    """What all views have."""

    id: str
    title: str = ""


@dataclass(frozen=True, slots=True)
class MorphologyViewSpec(ViewSpec):
    """A morphology coloured by a field.

    Attributes
    ----------
    color_field_id : str or None
        The field; None draws the cell in one colour.
    entity_dim, sample_dim : str
        Dimensions of the field: entities, and where it has one, time, of which the last value is shown.
    """

    geometry_id: str = "morphology"
    color_field_id: str | None = None
    entity_dim: str = "segment"
    sample_dim: str | None = "time"
    color_map: Value = "scalar"
    color_limits: Value = None
    color_norm: str = "auto"
    background_color: Value = "white"
    max_refresh_hz: float | None = None


@dataclass(frozen=True, slots=True)
class SurfaceViewSpec(ViewSpec):
    """A 2-D field as a surface in 3-D."""

    field_id: str = ""
    geometry_id: str | None = None
    color_map: Value = "bwr"
    color_limits: Value = None
    color_by: Value = "height"
    surface_color: Value = (0.5, 0.6, 0.8, 1.0)
    surface_shading: Value = "unlit"
    surface_alpha: Value = 1.0
    background_color: Value = "white"
    render_axes: Value = False
    axes_in_middle: Value = True
    tick_count: Value = 5
    tick_length_scale: Value = 1.0
    tick_label_size: Value = 12.0
    axis_label_size: Value = 16.0
    axis_color: Value = "black"
    text_color: Value = "black"
    axis_alpha: Value = 1.0
    axis_labels: tuple[str, str, str] | None = None
    max_refresh_hz: float | None = None


@dataclass(frozen=True, slots=True)
class LinePlotViewSpec(ViewSpec):
    """Curves of a field over one of its dimensions, or what an operator makes of a field.

    Attributes
    ----------
    x_dim, series_dim : str or None
        The horizontal axis; the dimension of which each place is a curve.
    selectors : dict of str to object
        Which places of the other dimensions are shown; see `Field.select`.
    rolling_window : float or None
        In `x_unit`.
    """

    field_id: str = ""
    operator_id: str | None = None
    x_dim: str | None = None
    series_dim: str | None = None
    selectors: dict[str, Value] = field(default_factory=dict)
    x_label: str = "x"
    y_label: str = "y"
    x_unit: str = ""
    y_unit: str = ""
    pen: Value = "k"
    background_color: Value = "w"
    show_legend: bool = True
    series_colors: Mapping[str, Value] = field(default_factory=dict)
    series_palette: tuple[Value, ...] = ()
    rolling_window: float | None = None
    trim_to_rolling_window: bool = False
    max_refresh_hz: float | None = None
    y_min: float | None = None
    y_max: float | None = None
    x_major_tick_spacing: float | None = None
    x_minor_tick_spacing: float | None = None


@dataclass(frozen=True, slots=True)
class StateGraphViewSpec(ViewSpec):
    """A graph of states, coloured by a field each for states and transitions.

    Attributes
    ----------
    node_positions : tuple of (name, x, y)
        0 … 1, from left to right and from bottom to top.
    edges : tuple of (source, target, id)
    """

    node_field_id: str = ""
    edge_field_id: str = ""
    node_positions: tuple[tuple[str, float, float], ...] = ()
    edges: tuple[tuple[str, str, str], ...] = ()
    node_color_map: str = "fire"
    edge_color_map: str = "bwr"
    node_color_limits: tuple[float, float] = (0.0, 1.0)
    edge_color_limits: tuple[float, float] = (-0.1, 0.1)
    node_size: float = 20.0
    background_color: Value = "white"
    max_refresh_hz: float | None = None


@dataclass(frozen=True, slots=True)
class OperatorSpec:
    """What makes another field of one."""

    id: str


@dataclass(frozen=True, slots=True)
class GridSliceOperatorSpec(OperatorSpec):
    """A line through a 2-D field.

    Attributes
    ----------
    axis_state_key, position_state_key : str or None
        Names in the window's state: the dimension that is cut, and where, 0 … 1.
    """

    field_id: str = ""
    geometry_id: str | None = None
    axis_state_key: str | None = None
    position_state_key: str | None = None
    color: Value = "#111111"
    alpha: Value = 0.95
    fill_alpha: Value = 0.0
    width: Value = 3.0
