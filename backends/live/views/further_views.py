"""The author's own views, beside the cell and the plot of traces: merged into the default scene."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields, replace
from difflib import get_close_matches
from typing import Any, Protocol

from backends.errors import ProtocolError
from backends.field import Field
from backends.layout import LayoutNode, LayoutSpec, PanelSpec, Split, Tabs, panel_ids
from backends.live.default_scene import TRACE_VIEW_ID
from backends.live.hook_checks import error_of_hook, extra_fields, hook_error, view_specs
from backends.live.hooks import SessionHooks
from backends.live.views.shown_variables import ShownVariables
from backends.live.views.spikes import Spikes
from backends.scene import DisplayVariable, MorphologyViewSpec, Scene, ViewSpec


class ViewedRun(Protocol):
    """What is needed of the engine."""

    display_variables: tuple[DisplayVariable, ...]
    shown: ShownVariables
    spikes: Spikes


def with_further_views(session: SessionHooks, scene: Scene, live: ViewedRun) -> Scene:
    """Return a scene with what `view_specs`, `extra_fields`, `spike_sources` and `layout` return.

    Raises
    ------
    ProtocolError
        If a hook returned a wrong value, with the author's line.
    """
    known = {each.name: each for each in live.display_variables}
    own = {id_: _labelled(view, known) for id_, view in view_specs(session).items()}
    default = {each.id for each in scene.views} - set(own)
    views = [own.get(view.id, view) for view in scene.views]
    views += [view for id_, view in own.items() if id_ not in {each.id for each in scene.views}]
    all_fields = [*scene.fields, *extra_fields(session).values(), *live.spikes.fields()]
    for name in _missing_fields(session, own, all_fields, known):
        found = live.shown.field_of(name)
        all_fields += [] if found is None else [found]
    views += live.spikes.views(views)
    try:
        scene = replace(scene, fields=tuple(all_fields))
        scene = replace(scene, views=tuple(views))
    except ProtocolError as error:
        hook = "extra_fields" if error.code == "repeated-id" else "view_specs"
        raise _hook_error(session, hook, error) from error
    return _with_layout(session, scene, [each.id for each in views if each.id not in default])


def _hook_error(session: SessionHooks, hook: str, error: ProtocolError) -> ProtocolError:
    words = error.message.removeprefix("Scene: ").removeprefix("LayoutSpec: ")
    return error_of_hook(session, hook, words, error.code, joint=": ")


def _labelled(view: ViewSpec, known: Mapping[str, DisplayVariable]) -> ViewSpec:
    """Return a view of a display variable with the variable's label, unit and range where it has none of its own."""
    variable = known.get(getattr(view, "field_id", ""))
    if variable is None or not isinstance(view, MorphologyViewSpec):
        return view
    default = {each.name: each.default for each in fields(view)}
    ours: dict[str, Any] = {"label": variable.label, "unit": variable.unit, "title": variable.label}
    if view.color_norm == "auto":
        ours["color_limits"] = variable.limits
    return replace(
        view,
        **{name: value for name, value in ours.items() if getattr(view, name) == default[name]},
    )


def _missing_fields(
    session: SessionHooks,
    own: Mapping[str, ViewSpec],
    there: Iterable[Field],
    known: Mapping[str, DisplayVariable],
) -> list[str]:
    """Return the display variables that the author's views show and that are no field yet."""
    ids = [each.id for each in there]
    missing: list[str] = []
    for view in own.values():
        for field_id in view.field_ids:
            if field_id in known and field_id not in (*ids, *missing):
                missing.append(field_id)
            elif field_id not in known and field_id not in ids:
                near = get_close_matches(str(field_id), known, 6, cutoff=0.0)
                variables = f"; variables like it: {', '.join(near)}" if near else ""
                raise error_of_hook(
                    session,
                    "view_specs",
                    f"the view {view.id!r} shows {field_id!r}, which is no field and no variable of this "
                    f"model; fields: {', '.join(ids)}{variables}",
                    "unknown-field",
                    joint=": ",
                )
    return missing


# ----------------------------------------------------------------------------------------- layout


def _with_layout(session: SessionHooks, scene: Scene, own: Sequence[str]) -> Scene:
    given: Any = session.layout()
    if given is not None and not isinstance(given, (str, Split, Tabs, LayoutSpec)):
        wanted = "a LayoutSpec, a Split, Tabs, the id of a view, or None"
        raise hook_error(session, "layout", given, wanted)
    if given is None and not own:
        return scene
    try:
        return replace(scene, layout=_layout(scene, own, given))
    except ProtocolError as error:
        raise _hook_error(session, "layout", error) from error


def _layout(scene: Scene, own: Sequence[str], given: LayoutSpec | LayoutNode | None) -> LayoutSpec:
    """Return a layout with a panel for each view, but for the default plot where nothing names it."""
    panels = list(scene.layout.panels)
    root: LayoutNode | None = None
    if isinstance(given, LayoutSpec):
        root = given.root
        if given.panels:
            has_controls = any(each.kind == "controls" for each in given.panels)
            ours = [each for each in panels if each.kind == "controls" and not has_controls]
            panels = [*given.panels, *ours]
    elif given is not None:
        root = given
    panels += _panels_of(scene.views, panels)
    by_view = {each.view_id: each.id for each in panels if each.view_id is not None}
    ids = {each.id for each in panels}
    root = _named(root, {view: panel for view, panel in by_view.items() if view not in ids})
    default = by_view.get(TRACE_VIEW_ID)
    was_given = isinstance(given, LayoutSpec) and given.panel(default or "") is not None
    if not (was_given or default in set(panel_ids(root)) or TRACE_VIEW_ID in own):
        panels = [each for each in panels if each.view_id != TRACE_VIEW_ID]
    return LayoutSpec(tuple(panels), root)


def _panels_of(views: Iterable[ViewSpec], there: Iterable[PanelSpec]) -> list[PanelSpec]:
    """Return a panel for each view that has none."""
    shown = {each.view_id for each in there}
    taken = {each.id for each in there}
    found = []
    for view in views:
        if view.id in shown:
            continue
        id_ = view.id
        while id_ in taken:
            id_ = f"{id_} view"
        taken.add(id_)
        found.append(PanelSpec(id_, view.KIND, view.title or view.id, view_id=view.id))
    return found


def _named(node: LayoutNode | None, panel_of: Mapping[str, str]) -> LayoutNode | None:
    """Return a layout whose ids of views are those of their panels."""
    if isinstance(node, str):
        return panel_of.get(node, node)
    if node is None:
        return None
    children = tuple(
        child for each in node.children if (child := _named(each, panel_of)) is not None
    )
    return replace(node, children=children)
