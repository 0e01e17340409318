"""The scene that both simulators' sessions show unless their author changes it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol, TypeVar

import numpy as np
from numpy.typing import ArrayLike

from backends.controls import ActionSpec, ControlSpec
from backends.errors import ProtocolError
from backends.field import Field, checked_array
from backends.scene import (
    UNTITLED,
    LayoutSpec,
    MorphologyGeometry,
    MorphologyViewSpec,
    PanelSpec,
    Scene,
    TracePlotViewSpec,
    ViewSpec,
)

DISPLAY_FIELD_ID = "display"
"""One value per segment: what the cell is coloured by."""
TRACE_FIELD_ID = "trace"
"""Samples of the chosen segments and recorded names over time."""
HISTORY_FIELD_ID = TRACE_FIELD_ID
"""The field that the trace plot shows: the same, unless an author has another."""

MORPHOLOGY_VIEW_ID = "morphology"
TRACE_VIEW_ID = "trace"
VOLTAGE_LIMITS_MV = (-80.0, 40.0)
TRACE_WINDOW_MS = 100.0
"""What the trace plot shows, unless an author or the user wants another length."""

LAID_OUT = "Laid out"
"""The fact that says which sections are drawn at an invented place."""
_NAMED = 3  # sections that it names


class Identified(Protocol):
    """What has an id."""

    @property
    def id(self) -> str:
        """What others call it by."""


SpecT = TypeVar("SpecT", bound=Identified)


def specs_by_id(
    kind: type[SpecT], specs: Mapping[str, SpecT] | Iterable[SpecT] | None
) -> dict[str, SpecT]:
    """Return specs given as a mapping or a sequence, by id.

    Raises
    ------
    ProtocolError
        If one is not of `kind`, an id is used twice, or a key is not its spec's id.
    """
    if specs is None:
        return {}
    pairs = specs.items() if isinstance(specs, Mapping) else ((None, spec) for spec in specs)
    found: dict[str, SpecT] = {}
    for key, spec in pairs:
        if not isinstance(spec, kind):
            raise ProtocolError(f"expected a {kind.__name__}, not {spec!r}", code="bad-type")
        if key is not None and key != spec.id:
            raise ProtocolError(
                f"{kind.__name__} {spec.id!r} is filed under {key!r}", code="id-mismatch"
            )
        if spec.id in found:
            raise ProtocolError(f"{kind.__name__} id {spec.id!r} is used twice", code="repeated-id")
        found[spec.id] = spec
    return found


def _ordered(kind: str, ids: Sequence[str] | None, known: Mapping[str, Any]) -> tuple[str, ...]:
    if ids is None:
        return tuple(known)
    missing = [id_ for id_ in ids if id_ not in known]
    if missing:
        raise ProtocolError(
            f"the order of the {kind} names {missing[0]!r}, which does not exist", code="unknown-id"
        )
    return tuple(ids)


def build_scene(
    *,
    geometry: MorphologyGeometry | None,
    display_values: ArrayLike,
    trace_values: ArrayLike,
    trace_segment_ids: Sequence[str],
    trace_times: ArrayLike,
    display_field_id: str | None = None,
    history_field_id: str | None = None,
    display_unit: str | None = None,
    history_unit: str | None = None,
    morphology_color_map: str = "scalar",
    morphology_color_limits: tuple[float, float] | None = None,
    morphology_color_norm: str = "auto",
    morphology_connections: bool = False,
    trace_title: str = "Trace",
    trace_y_label: str = "Value",
    trace_y_unit: str | None = None,
    controls: Mapping[str, ControlSpec] | Iterable[ControlSpec] | None = None,
    actions: Mapping[str, ActionSpec] | Iterable[ActionSpec] | None = None,
    title: str = UNTITLED,
    control_ids: Sequence[str] | None = None,
    action_ids: Sequence[str] | None = None,
) -> Scene:
    """Return a scene of one morphology, one trace plot, controls and actions.

    Parameters
    ----------
    geometry : MorphologyGeometry or None
        None, or one without segments, gives a scene without a 3-D view.
    display_values : array, shape (n_segments,)
        In `display_unit`.
    trace_values : array, shape (n_traces, n_samples)
        In `history_unit`.
    trace_segment_ids : sequence of str, length n_traces
    trace_times : array, shape (n_samples,)
        ms.
    control_ids, action_ids : sequence of str or None
        Which to show, in order; None shows all.

    Raises
    ------
    ProtocolError
        If shapes disagree or an order names what does not exist.
    """
    views: list[ViewSpec] = []
    fields: list[Field] = []
    is_drawn = geometry is not None and geometry.n_segments > 0
    if geometry is not None and is_drawn:
        field_id = display_field_id or DISPLAY_FIELD_ID
        fields.append(_display_field(field_id, geometry, display_values, display_unit))
        label = trace_y_label if trace_y_label != "Value" else "Membrane potential"
        colors = morphology_color_map, morphology_color_limits, morphology_color_norm
        views.append(
            MorphologyViewSpec(
                MORPHOLOGY_VIEW_ID,
                geometry.id,
                field_id,
                display_unit,
                label,
                *colors,
                connections=morphology_connections,
            )
        )
    field_id = history_field_id or HISTORY_FIELD_ID
    fields.append(
        _trace_field(field_id, trace_values, trace_segment_ids, trace_times, history_unit)
    )
    plot = TracePlotViewSpec(
        TRACE_VIEW_ID,
        field_id,
        title=trace_title,
        y_label=trace_y_label,
        y_unit=trace_y_unit,
        window_ms=TRACE_WINDOW_MS,
    )
    views.append(plot)
    known_controls = specs_by_id(ControlSpec, controls)
    known_actions = specs_by_id(ActionSpec, actions)
    panels = _view_panels(views, title)
    if known_controls or known_actions:
        shown = _ordered("controls", control_ids, known_controls)
        done = _ordered("actions", action_ids, known_actions)
        panels.append(
            PanelSpec("controls", "controls", "Controls", control_ids=shown, action_ids=done)
        )
    return Scene(
        title=title,
        geometries=(geometry,) if geometry is not None and is_drawn else (),
        fields=tuple(fields),
        views=tuple(views),
        controls=tuple(known_controls.values()),
        actions=tuple(known_actions.values()),
        layout=LayoutSpec(tuple(panels)),
    )


def _view_panels(views: Iterable[ViewSpec], title: str) -> list[PanelSpec]:
    """Return one panel a view; that of the cell has the scene's title."""
    return [
        PanelSpec("traces", "traces", view.title, view_id=view.id)
        if isinstance(view, TracePlotViewSpec)
        else PanelSpec("morphology", "morphology", title, view_id=view.id)
        for view in views
    ]


def _display_field(
    field_id: str, geometry: MorphologyGeometry, values: ArrayLike, unit: str | None
) -> Field:
    checked = checked_array(
        "build_scene: display_values", values, shape=(geometry.n_segments,), dtype=np.float32
    )
    return Field(field_id, checked, ("segment",), {"segment": geometry.segment_ids}, unit)


def _trace_field(
    field_id: str, values: ArrayLike, ids: Sequence[str], times: ArrayLike, unit: str | None
) -> Field:
    clock = checked_array("build_scene: trace_times", times, shape=(None,), dtype=np.float64)
    array = np.asarray(values, np.float32)
    if not len(ids) and not array.size:
        array = array.reshape(0, len(clock))
    checked = checked_array("build_scene: trace_values", array, shape=(len(ids), len(clock)))
    coords: dict[str, Any] = {"trace": tuple(str(id_) for id_ in ids), "time": clock}
    return Field(field_id, checked, ("trace", "time"), coords, unit)


def facts_of(geometry: MorphologyGeometry | None) -> dict[str, str]:
    """Return the facts of any geometry for the Cell panel."""
    if geometry is None or not geometry.n_segments:
        return {}
    facts = {} if len(geometry.cell_names) < 2 else {"Cells": f"{len(geometry.cell_names)}"}
    facts |= {
        "Sections": spaced(len(geometry.section_names)),
        "Segments": spaced(geometry.n_segments),
        "Length": f"{spaced(float(geometry.length.sum()))} µm",
        "Area": f"{spaced(float(geometry.area.sum()))} µm²",
    }
    return facts | _layout_fact(geometry)


def _layout_fact(geometry: MorphologyGeometry) -> dict[str, str]:
    """Return which sections have an invented place; nothing where none has."""
    names, n = geometry.laid_out_sections, len(geometry.section_names)
    if not names:
        return {}
    if len(names) == n:
        return {LAID_OUT: "all sections" if n == 1 else f"all {spaced(n)} sections"}
    listed = ", ".join(names[:_NAMED]) + (" …" if len(names) > _NAMED else "")
    return {LAID_OUT: f"{spaced(len(names))} of {spaced(n)} sections: {listed}"}


def spaced(number: float) -> str:
    """Return a whole number with thin gaps between thousands: ``"18 205"``."""
    return f"{number:,.0f}".replace(",", " ")
