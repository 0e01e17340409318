"""Changes of a scene that a session has asked for."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from backends.compneurovis.specs import messages as theirs
from backends.compneurovis.specs.scene import Scene
from backends.errors import ProtocolError


def apply_change(
    scene: Scene, update: theirs.ScenePatch | theirs.PanelPatch | theirs.LayoutReplace
) -> None:
    """Change `scene`.

    Raises
    ------
    ProtocolError
        If it has no view, operator, control, panel or attribute of a name; then nothing has changed.
    """
    match update:
        case theirs.ScenePatch():
            changed = [
                (items, _changed(what, items, updates))
                for what, items, updates in (
                    ("view", scene.views, update.view_updates),
                    ("operator", scene.operators, update.operator_updates),
                    ("control", scene.controls, update.control_updates),
                )
            ]
            for items, new in changed:
                items.update(new)
            scene.metadata.update(update.metadata_updates)
        case theirs.PanelPatch():
            _patch_panel(scene, update)
        case theirs.LayoutReplace(panels, panel_grid):
            scene.layout.replace_panels(panels, panel_grid)


def _changed(
    what: str, items: dict[str, Any], updates: dict[str, dict[str, Any]]
) -> dict[str, Any]:
    found = {}
    for id_, attributes in updates.items():
        if id_ not in items:
            raise _unknown("ScenePatch", what, id_, items)
        known = type(items[id_]).__dataclass_fields__
        for name in attributes:
            if name not in known or name == "id":
                raise _unknown(f"ScenePatch of {what} {id_!r}", "attribute", name, known)
        found[id_] = replace(items[id_], **attributes)
    return found


def _patch_panel(scene: Scene, patch: theirs.PanelPatch) -> None:
    names = ("control_ids", "action_ids", "view_ids", "title")
    changes = {name: value for name in names if (value := getattr(patch, name)) is not None}
    if not scene.layout.patch_panel(patch.panel_id, **changes):
        panels = [each.id for each in scene.layout.panels]
        raise _unknown("PanelPatch", "panel", patch.panel_id, panels)


def _unknown(where: str, what: str, name: str, known: Any) -> ProtocolError:
    return ProtocolError(
        f"{where}: there is no {what} {name!r}; there are {', '.join(known) or 'none'}",
        code=f"unknown-{what}",
        hint="edit-script",
    )
