"""`Scene`, its layout, and `AppSpec`, with CompNeuroVis's arguments."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from backends.compneurovis.specs.controls import ActionSpec, ControlSpec
from backends.compneurovis.specs.fields import Field
from backends.compneurovis.specs.geometry import Geometry
from backends.compneurovis.specs.views import (
    LinePlotViewSpec,
    OperatorSpec,
    StateGraphViewSpec,
    ViewSpec,
)
from backends.errors import ProtocolError

PANEL_KIND_VIEW_3D = "view_3d"
PANEL_KIND_LINE_PLOT = "line_plot"
PANEL_KIND_CONTROLS = "controls"
PANEL_KIND_STATE_GRAPH = "state_graph"
_KINDS = (
    PANEL_KIND_VIEW_3D, PANEL_KIND_LINE_PLOT, PANEL_KIND_CONTROLS, PANEL_KIND_STATE_GRAPH,
)  # fmt: skip

UNTITLED = "CompNeuroVis"
"""The title of a layout whose author has given none; the window then shows the name of the session's class."""

Grid = tuple[tuple[str, ...], ...]


@dataclass(slots=True)
class PanelSpec:
    """A place in the window: views, or controls and actions."""

    id: str
    kind: str
    view_ids: tuple[str, ...] = ()
    control_ids: tuple[str, ...] = ()
    action_ids: tuple[str, ...] = ()
    operator_ids: tuple[str, ...] = ()
    host_kind: str = "independent_canvas"
    title: str | None = None
    camera_distance: float | None = 200.0
    camera_elevation: float = 30.0
    camera_azimuth: float = 30.0


@dataclass(slots=True)
class LayoutSpec:
    """Panels, and the rows in which they stand; () leaves their places to the window."""

    title: str = UNTITLED
    panels: tuple[PanelSpec, ...] = ()
    panel_grid: Grid = ()

    def resolved_panels(self) -> tuple[PanelSpec, ...]:
        """Return the panels."""
        return self.panels

    def panels_of_kind(self, kind: str) -> tuple[PanelSpec, ...]:
        """Return the panels of one kind, in order."""
        return tuple(each for each in self.panels if each.kind == kind)

    def panel(self, panel_id: str) -> PanelSpec | None:
        """Return a panel, None if there is none of that id."""
        return next((each for each in self.panels if each.id == panel_id), None)

    def panel_for_view(self, view_id: str, *, kind: str | None = None) -> PanelSpec | None:
        """Return the panel that shows a view, None if none does."""
        found = (each for each in self.panels if view_id in each.view_ids)
        return next((each for each in found if kind in (None, each.kind)), None)

    def patch_panel(self, panel_id: str, **changes: Any) -> bool:
        """Change attributes of a panel; return whether there is one of that id."""
        if self.panel(panel_id) is None:
            return False
        self.panels = tuple(
            replace(each, **changes) if each.id == panel_id else each for each in self.panels
        )
        return True

    def replace_panels(self, panels: Sequence[PanelSpec], panel_grid: Grid = ()) -> None:
        """Set all panels and their rows."""
        self.panels, self.panel_grid = tuple(panels), panel_grid

    def normalize_panels(
        self,
        *,
        views: Mapping[str, ViewSpec],
        controls: Mapping[str, ControlSpec],
        actions: Mapping[str, ActionSpec],
    ) -> None:
        """Check the panels; without any, give each view one, and the controls and actions one.

        Raises
        ------
        ProtocolError
            If an id is used twice or a kind is unknown.
        """
        if not self.panels:
            self.panels = (
                *(
                    PanelSpec(f"{each.id}-panel", panel_kind(each), (each.id,))
                    for each in views.values()
                ),
                *(
                    [PanelSpec("controls-panel", PANEL_KIND_CONTROLS)]
                    if controls or actions
                    else []
                ),
            )
        ids = [each.id for each in self.panels]
        for each in self.panels:
            if each.kind not in _KINDS:
                raise ProtocolError(
                    f"panel {each.id!r}: kind {each.kind!r} is not one of {', '.join(_KINDS)}",
                    code="unknown-kind",
                )
            if ids.count(each.id) > 1:
                raise ProtocolError(f"panel id {each.id!r} is used twice", code="repeated-id")


def panel_kind(view: ViewSpec) -> str:
    """Return the kind of the panel that shows a view."""
    if isinstance(view, LinePlotViewSpec):
        return PANEL_KIND_LINE_PLOT
    return PANEL_KIND_STATE_GRAPH if isinstance(view, StateGraphViewSpec) else PANEL_KIND_VIEW_3D


@dataclass(slots=True)
class Scene:
    """Everything that the window shows; each mapping is by id."""

    fields: dict[str, Field]
    geometries: dict[str, Geometry]
    views: dict[str, ViewSpec]
    operators: dict[str, OperatorSpec] = field(default_factory=dict)
    controls: dict[str, ControlSpec] = field(default_factory=dict)
    actions: dict[str, ActionSpec] = field(default_factory=dict)
    layout: LayoutSpec = field(default_factory=LayoutSpec)
    metadata: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name in (
            "fields", "geometries", "views", "operators", "controls", "actions", "metadata",
        ):  # fmt: skip
            setattr(self, name, dict(getattr(self, name)))
        self.layout.normalize_panels(views=self.views, controls=self.controls, actions=self.actions)

    def replace_view(self, view_id: str, updates: Mapping[str, Any]) -> None:
        """Change attributes of a view."""
        self.views[view_id] = replace(self.views[view_id], **updates)

    def replace_operator(self, operator_id: str, updates: Mapping[str, Any]) -> None:
        """Change attributes of an operator."""
        self.operators[operator_id] = replace(self.operators[operator_id], **updates)

    def replace_control(self, control_id: str, updates: Mapping[str, Any]) -> None:
        """Change attributes of a control."""
        self.controls[control_id] = replace(self.controls[control_id], **updates)


@dataclass(slots=True)
class DiagnosticsSpec:
    """Where CompNeuroVis writes its times; Somascope writes none."""

    perf_log_enabled: bool = False
    perf_log_dir: str | Path | None = None
    perf_echo_stderr: bool = False


@dataclass(slots=True)
class AppSpec:
    """What `run_app` shows.

    Attributes
    ----------
    scene : Scene or None
        Shown without a session, or until the session has its own.
    session : type, callable or None
        The class of the session, or what makes one.
    interaction_target : object or None
        Has some of the methods ``on_action(action_id, payload, context)``, ``on_key_press(key, context)`` and
        ``on_entity_clicked(entity_id, context)``, which are asked before the session; or what makes one.
    """

    scene: Scene | None = None
    session: Any = None
    interaction_target: Any = None
    title: str | None = None
    diagnostics: DiagnosticsSpec | None = None
