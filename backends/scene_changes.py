"""A scene after an update that changes a part of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, TypeVar

from backends.controls import ControlSpec
from backends.errors import ProtocolError
from backends.layout import LayoutSpec, PanelSpec
from backends.messages import LayoutReplace, PanelPatch, ScenePatch
from backends.scene import Scene
from backends.views import View

T = TypeVar("T", bound="View | ControlSpec")
SceneChange = ScenePatch | PanelPatch | LayoutReplace


def changed_scene(scene: Scene, update: SceneChange) -> Scene:
    """Return the scene after `update`.

    Raises
    ------
    ProtocolError
        If the update names a view, control, panel or attribute that the scene does not have; the scene is
        used further as it is.
    """
    match update:
        case ScenePatch():
            return replace(
                scene,
                **dict(update.changes)
                | _changed("views", scene.views, update.view_updates, update.changes)
                | _changed("controls", scene.controls, update.control_updates, update.changes),
            )
        case PanelPatch():
            return replace(scene, layout=_with_patched_panel(scene.layout, update))
        case LayoutReplace(layout):
            return replace(scene, layout=layout)


def _changed(
    what: str,
    items: tuple[T, ...],
    updates: Mapping[str, Mapping[str, Any]],
    changes: Mapping[str, Any],
) -> dict[str, Any]:
    """Return the new value of ``scene.views`` or ``scene.controls``, by name; {} where nothing changes."""
    if not updates:
        return {}
    by_id = {each.id: each for each in changes.get(what, items)}
    for id_, attributes in updates.items():
        if id_ not in by_id:
            raise ProtocolError(
                f"ScenePatch: there is no {what[:-1]} {id_!r}; there are {', '.join(by_id) or 'none'}",
                code=f"unknown-{what[:-1]}",
            )
        known = type(by_id[id_]).__dataclass_fields__
        unknown = [name for name in attributes if name not in known or name == "id"]
        if unknown:
            raise ProtocolError(
                f"ScenePatch: {unknown[0]!r} of {what[:-1]} {id_!r} cannot be changed; it has "
                f"{', '.join(name for name in known if name != 'id')}",
                code="unknown-attribute",
            )
        by_id[id_] = replace(by_id[id_], **attributes)
    return {what: tuple(by_id.values())}


def _with_patched_panel(layout: LayoutSpec, patch: PanelPatch) -> LayoutSpec:
    panel = layout.panel(patch.panel_id)
    if panel is None:
        known = ", ".join(each.id for each in layout.panels) or "none"
        raise ProtocolError(
            f"PanelPatch: there is no panel {patch.panel_id!r}; there are {known}",
            code="unknown-panel",
        )
    names = [name for name in PanelSpec.__dataclass_fields__ if hasattr(patch, name)]
    changes = {name: value for name in names if (value := getattr(patch, name)) is not None}
    return layout.with_panel(replace(panel, **changes))
