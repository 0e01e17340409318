"""The scene of a morphology that has values but no simulator."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from backends.field import checked_array
from backends.live.default_scene import build_scene, facts_of
from backends.scene import DisplayVariable, LayoutSpec, MorphologyGeometry, Scene

VALUE = "Value"
_QUANTITIES = {"mV": "Membrane potential", "nA": "Current", "pA": "Current", "µS": "Conductance"}


def quantity_of(unit: str) -> str:
    """Return what values of a unit usually are: ``"Membrane potential"`` for mV."""
    return _QUANTITIES.get(unit, VALUE)


def morphology_scene(
    geometry: MorphologyGeometry,
    values: ArrayLike,
    *,
    unit: str,
    label: str,
    limits: tuple[float, float] | None,
    title: str,
    variables: Sequence[DisplayVariable] = (),
    with_traces: bool = True,
) -> Scene:
    """Return the scene of a morphology that has values but no simulator.

    Parameters
    ----------
    values : array, shape (n_segments,)
        In `unit`.
    variables : sequence of DisplayVariable
        All that it can be coloured by; by default the one that `label`, `unit` and `limits` describe.
    """
    label = label or quantity_of(unit)
    scene = build_scene(
        geometry=geometry,
        display_values=values,
        trace_values=np.empty((0, 0)),
        trace_segment_ids=(),
        trace_times=(),
        display_unit=unit,
        history_unit=unit,
        morphology_color_limits=limits,
        trace_title="Traces",
        trace_y_label=label,
        trace_y_unit=unit,
        title=title,
    )
    if not with_traces:
        panels = tuple(each for each in scene.layout.panels if each.kind != "traces")
        views = tuple(each for each in scene.views if each.KIND != "traces")
        scene = replace(scene, views=views, layout=LayoutSpec(panels))
    shown = DisplayVariable("v" if unit == "mV" else label, label, unit, limits or (0.0, 1.0))
    return replace(
        scene,
        backend="Recording",
        display_variables=tuple(variables) or (shown,),
        facts=facts_of(geometry),
    )


def limits_of(given: ArrayLike | None, values: NDArray[Any]) -> tuple[float, float]:
    """Return the colour range that was given, else that of all finite values."""
    if given is not None:
        low, high = (float(each) for each in checked_array("limits", given, shape=(2,)))
    else:
        finite = values[np.isfinite(values)]
        low, high = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 1.0)
    return (low, high) if low < high else (low - 0.5, low + 0.5)
