"""`MorphologySceneBuilder`: a scene of one morphology and the trace of the selected entity."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from backends import scene as our_scene
from backends.compneurovis.specs.controls import ActionSpec, ControlSpec
from backends.compneurovis.specs.fields import Field
from backends.compneurovis.specs.geometry import MorphologyGeometry
from backends.compneurovis.specs.scene import (
    PANEL_KIND_CONTROLS,
    PANEL_KIND_LINE_PLOT,
    PANEL_KIND_VIEW_3D,
    LayoutSpec,
    PanelSpec,
    Scene,
)
from backends.compneurovis.specs.views import LinePlotViewSpec, MorphologyViewSpec
from backends.views import StateBinding


def along_z(directions: NDArray[Any]) -> NDArray[np.float32]:
    """Return rotations, shape (n, 3, 3), whose third columns are `directions` (n, 3) at length 1."""
    lengths = np.linalg.norm(directions, axis=1, keepdims=True)
    axis = np.where(lengths > 1e-9, directions / np.maximum(lengths, 1e-9), [0.0, 0.0, 1.0])
    helper = np.where(np.abs(axis[:, :1]) < 0.9, [1.0, 0.0, 0.0], [0.0, 1.0, 0.0])
    first = np.cross(helper, axis)
    first /= np.linalg.norm(first, axis=1, keepdims=True)
    return np.stack([first, np.cross(axis, first), axis], axis=2).astype(np.float32)


def entities_of(geometry: our_scene.MorphologyGeometry) -> MorphologyGeometry:
    """Return a drawing of ours with one straight entity for each segment."""
    order = np.argsort(geometry.frustum_segment, kind="stable")
    segments = geometry.frustum_segment[order]
    first = order[np.searchsorted(segments, np.arange(geometry.n_segments))]
    last = order[np.searchsorted(segments, np.arange(geometry.n_segments), "right") - 1]
    begin = geometry.points[geometry.frusta[first, 0]]
    end = geometry.points[geometry.frusta[last, 1]]
    return MorphologyGeometry(
        geometry.id,
        positions=(begin + end) / 2,
        orientations=along_z(end - begin),
        radii=geometry.diameter / 2,
        lengths=np.linalg.norm(end - begin, axis=1),
        entity_ids=geometry.segment_ids,
        section_names=tuple(geometry.section_names[i] for i in geometry.section_index),
        xlocs=geometry.x,
    )


class MorphologySceneBuilder:
    """What the scene builders of NEURON and Jaxley share."""

    DISPLAY_FIELD_ID = "segment_display"
    HISTORY_FIELD_ID = "segment_history"
    TRACE_FIELD_ID = HISTORY_FIELD_ID

    @staticmethod
    def build_scene(
        *,
        geometry: MorphologyGeometry,
        display_values: ArrayLike,
        trace_values: ArrayLike,
        trace_segment_ids: ArrayLike,
        trace_times: ArrayLike,
        display_field_id: str | None = None,
        history_field_id: str | None = None,
        display_unit: str | None = None,
        history_unit: str | None = None,
        morphology_color_map: str = "scalar",
        morphology_color_limits: tuple[float, float] | None = None,
        morphology_color_norm: str = "auto",
        trace_title: str = "Trace",
        trace_y_label: str = "Value",
        trace_y_unit: str | None = None,
        controls: Mapping[str, ControlSpec] | None = None,
        actions: Mapping[str, ActionSpec] | None = None,
        title: str = "CompNeuroVis",
        control_ids: Sequence[str] | None = None,
        action_ids: Sequence[str] | None = None,
    ) -> Scene:
        """Return a scene of a morphology, a plot of the selected entity, and controls.

        Parameters
        ----------
        display_values : array, shape (n_entities,)
        trace_values : array, shape (n_traces, n_times)
        trace_segment_ids : array of str, shape (n_traces,)
        trace_times : array, shape (n_times,)
            ms.
        """
        unit = display_unit if history_unit is None else history_unit
        of_segment = {"segment": np.asarray(geometry.entity_ids)}
        display = Field(
            display_field_id or MorphologySceneBuilder.DISPLAY_FIELD_ID,
            np.asarray(display_values),
            ("segment",),
            of_segment,
            display_unit,
        )
        coords = {"segment": np.asarray(trace_segment_ids), "time": np.asarray(trace_times)}
        history = Field(
            history_field_id or MorphologySceneBuilder.HISTORY_FIELD_ID,
            np.asarray(trace_values),
            ("segment", "time"),
            coords,
            unit,
        )
        plot = LinePlotViewSpec(
            "trace",
            trace_title,
            history.id,
            x_dim="time",
            selectors={"segment": StateBinding("selected_entity_id")},
            x_label="Time",
            x_unit="ms",
            y_label=trace_y_label,
            y_unit=(unit or "") if trace_y_unit is None else trace_y_unit,
        )
        cell = MorphologyViewSpec(
            "morphology",
            "Morphology",
            geometry.id,
            display.id,
            sample_dim=None,
            color_map=morphology_color_map,
            color_limits=morphology_color_limits,
            color_norm=morphology_color_norm,
        )
        controls, actions = dict(controls or {}), dict(actions or {})
        panels = [
            PanelSpec("morphology-panel", PANEL_KIND_VIEW_3D, (cell.id,)),
            PanelSpec("trace-panel", PANEL_KIND_LINE_PLOT, (plot.id,)),
        ]
        if controls or actions:
            panels.append(
                PanelSpec(
                    "controls-panel",
                    PANEL_KIND_CONTROLS,
                    control_ids=tuple(each for each in control_ids or controls if each in controls),
                    action_ids=tuple(each for each in action_ids or actions if each in actions),
                )
            )
        return Scene(
            fields={display.id: display, history.id: history},
            geometries={geometry.id: geometry},
            views={cell.id: cell, plot.id: plot},
            controls=controls,
            actions=actions,
            layout=LayoutSpec(title, tuple(panels), (("morphology-panel", "trace-panel"),)),
        )
