"""`AppSpec`s made in one call, with CompNeuroVis's arguments."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from backends.compneurovis.specs.controls import ActionSpec, ControlSpec
from backends.compneurovis.specs.fields import Field
from backends.compneurovis.specs.geometry import GridGeometry
from backends.compneurovis.specs.messages import FieldReplace, Reset, SessionCommand
from backends.compneurovis.specs.scene import (
    PANEL_KIND_CONTROLS,
    PANEL_KIND_VIEW_3D,
    AppSpec,
    Grid,
    LayoutSpec,
    PanelSpec,
    Scene,
    panel_kind,
)
from backends.compneurovis.specs.session import BufferedSession
from backends.compneurovis.specs.views import (
    GridSliceOperatorSpec,
    LinePlotViewSpec,
    OperatorSpec,
    SurfaceViewSpec,
)


def grid_field(
    *,
    field_id: str,
    values: ArrayLike,
    x_coords: ArrayLike,
    y_coords: ArrayLike,
    x_dim: str = "x",
    y_dim: str = "y",
    unit: str | None = None,
) -> tuple[Field, GridGeometry]:
    """Return a field of shape (n_y, n_x), and its axes."""
    coords = {
        y_dim: np.asarray(y_coords, np.float32),
        x_dim: np.asarray(x_coords, np.float32),
    }
    field = Field(field_id, np.asarray(values, np.float32), (y_dim, x_dim), coords, unit)
    return field, GridGeometry(f"{field_id}-grid", (y_dim, x_dim), coords)


def build_surface_app(
    *,
    field: Field,
    geometry: GridGeometry | None = None,
    title: str = "Surface",
    surface_view: SurfaceViewSpec | None = None,
    line_views: tuple[LinePlotViewSpec, ...] = (),
    operators: Mapping[str, OperatorSpec] | None = None,
    controls: Mapping[str, ControlSpec] | None = None,
    panels: tuple[PanelSpec, ...] = (),
    panel_grid: Grid = (),
) -> AppSpec:
    """Return an app that shows a 2-D field as a surface, with plots and controls."""
    if surface_view is None:
        surface_view = SurfaceViewSpec(
            "surface", title, field.id, None if geometry is None else geometry.id
        )
    views = {each.id: each for each in (surface_view, *line_views)}
    operators, controls = dict(operators or {}), dict(controls or {})
    slices = tuple(
        each.id
        for each in operators.values()
        if isinstance(each, GridSliceOperatorSpec) and each.field_id == field.id
    )
    if not panels:
        panels = tuple(
            PanelSpec(f"{id_}-panel", panel_kind(each), (id_,)) for id_, each in views.items()
        )
        if controls:
            panels += (
                PanelSpec("controls-panel", PANEL_KIND_CONTROLS, control_ids=tuple(controls)),
            )
    for each in panels:
        if each.kind == PANEL_KIND_VIEW_3D and surface_view.id in each.view_ids:
            each.operator_ids = each.operator_ids or slices
    scene = Scene(
        fields={field.id: field},
        geometries={} if geometry is None else {geometry.id: geometry},
        views=dict(views),
        operators=operators,
        controls=controls,
        layout=LayoutSpec(title, panels, panel_grid),
    )
    return AppSpec(scene=scene, title=title)


class ReplaySession(BufferedSession):
    """Shows frames of a field one after the other, and again from the first after the last.

    The class of that name in CompNeuroVis, for its scripts: it takes a CompNeuroVis scene, its frames have no times, and it
    begins again at the end. A recording with a clock, segments that can be clicked, and files is
    `backends.replay.ReplaySession`.

    Parameters
    ----------
    frames : iterable of (values, coords or None)
    interval_live : bool
        Whether it advances by itself.
    """

    def __init__(
        self, *, scene: Scene, field_id: str, frames: Iterable[Any], interval_live: bool = True
    ) -> None:
        super().__init__()
        self.scene = scene
        self.field_id = field_id
        self.frames = list(frames)
        self.interval_live = interval_live
        self.index = 0

    def initialize(self) -> Scene:
        """Return the scene."""
        return self.scene

    def is_live(self) -> bool:
        """Whether it advances by itself."""
        return self.interval_live and bool(self.frames)

    def advance(self) -> None:
        """Show the next frame."""
        if self.frames:
            self._show(self.index)
            self.index = (self.index + 1) % len(self.frames)

    def handle(self, command: SessionCommand) -> None:
        """Go back to the first frame for a `Reset`."""
        if isinstance(command, Reset) and self.frames:
            self.index = 0
            self._show(0)

    def _show(self, index: int) -> None:
        values, coords = self.frames[index]
        self.emit(FieldReplace(self.field_id, values, coords))


def build_replay_app(*, scene: Scene, field_id: str, frames: Iterable[Any]) -> AppSpec:
    """Return an app that shows frames of a field one after the other; see `ReplaySession`."""
    scene.actions.setdefault("reset", ActionSpec("reset", "Reset", shortcuts=("Space",)))
    make = partial(ReplaySession, scene=scene, field_id=field_id, frames=list(frames))
    return AppSpec(scene=scene, session=make, title=scene.layout.title)


def build_neuron_app(
    session: Any, *, title: str | None = None, interaction_target: Any = None
) -> AppSpec:
    """Return an app over a class that derives from `NeuronSession`, or over what makes a session."""
    return AppSpec(session=session, interaction_target=interaction_target, title=title)


def build_jaxley_app(
    session: Any, *, title: str | None = None, interaction_target: Any = None
) -> AppSpec:
    """Return an app over a class that derives from `JaxleySession`, or over what makes a session."""
    return AppSpec(session=session, interaction_target=interaction_target, title=title)
