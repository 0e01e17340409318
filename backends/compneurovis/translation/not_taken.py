"""Which attributes of a scene Somascope sets itself, told in one finding."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import MISSING, fields, replace
from typing import Any

from backends.compneurovis.specs.controls import ActionSpec, ControlSpec
from backends.compneurovis.specs.scene import AppSpec, PanelSpec, Scene
from backends.compneurovis.specs.views import (
    GridSliceOperatorSpec,
    LinePlotViewSpec,
    MorphologyViewSpec,
    StateGraphViewSpec,
    SurfaceViewSpec,
)
from backends.scene import Finding
from backends.views import StateBinding

_EVERY_VIEW = {"background_color": "background", "max_refresh_hz": "refresh rate"}
_WORDS: Mapping[type, Mapping[str, str]] = {
    MorphologyViewSpec: _EVERY_VIEW,
    SurfaceViewSpec: {
        **_EVERY_VIEW,
        "axes_in_middle": "place of the axes",
        "tick_count": "number of ticks",
        "tick_length_scale": "length of ticks",
        "tick_label_size": "size of numbers",
        "axis_label_size": "size of labels",
        "axis_color": "colour of axes",
        "text_color": "colour of text",
        "axis_alpha": "opacity of axes",
    },
    LinePlotViewSpec: {
        **_EVERY_VIEW,
        "show_legend": "legend on or off",
        "x_major_tick_spacing": "spacing of ticks",
        "x_minor_tick_spacing": "spacing of ticks",
    },
    StateGraphViewSpec: {**_EVERY_VIEW, "node_size": "size of nodes"},
    GridSliceOperatorSpec: {
        "color": "look of the slice",
        "alpha": "look of the slice",
        "fill_alpha": "look of the slice",
        "width": "look of the slice",
    },
    PanelSpec: {"camera_distance": "distance of the camera"},
}
OWN_KEYS = {"space": "Space", "r": "R"}
"""Keys of the window that scripts for CompNeuroVis often use; the window tells of others."""
_SAME = {"w": "white", "k": "black"}


def controls_without_effect(scene: Scene) -> tuple[ControlSpec, ...]:
    """Return the controls that only change what Somascope sets itself."""
    used = {key for each in _parts(scene) for key in _bound_keys(each, taken=True)}
    unused = {key for each in _parts(scene) for key in _bound_keys(each, taken=False)}
    return tuple(
        each
        for each in scene.controls.values()
        if not each.send_to_session and each.resolved_state_key() in unused - used
    )


def with_free_keys(actions: Iterable[ActionSpec]) -> tuple[ActionSpec, ...]:
    """Return actions without the keys that Somascope has itself."""
    return tuple(
        replace(each, shortcuts=tuple(k for k in each.shortcuts if k.lower() not in OWN_KEYS))
        for each in actions
    )


def findings(scene: Scene, app: AppSpec) -> tuple[Finding, ...]:
    """Return one finding with all that is not taken, () where there is nothing."""
    words = dict.fromkeys(word for each in _parts(scene) for word in _changed(each))
    plots = [each for each in scene.views.values() if isinstance(each, LinePlotViewSpec)]
    if any((each.y_min is None) is not (each.y_max is None) for each in plots):
        words["a vertical range with one end only"] = None
    if any(getattr(each, "colors", None) is not None for each in scene.geometries.values()):
        words["colours of a morphology"] = None
    if any(_turns_surface(each, scene) for each in scene.layout.panels):
        words["direction of a surface's camera"] = None
    if app.diagnostics is not None and any(
        getattr(app.diagnostics, each.name) for each in fields(app.diagnostics)
    ):
        words["log of times"] = None
    found = []
    if words:
        text = f"Set by Somascope, not by the script: {', '.join(words)}."
        found.append(Finding("info", "compneurovis.not-taken", text))
    left_out = controls_without_effect(scene)
    if left_out:
        names = ", ".join(each.label for each in left_out)
        text = f"Controls that would only change these are left out: {names}."
        found.append(Finding("info", "compneurovis.controls-left-out", text))
    keys = [
        f"{OWN_KEYS[key.lower()]} ({each.label})"
        for each in scene.actions.values()
        for key in each.shortcuts
        if key.lower() in OWN_KEYS
    ]
    if keys:
        text = f"Keys that Somascope uses itself, so use the buttons: {', '.join(keys)}."
        found.append(Finding("info", "compneurovis.keys", text))
    return tuple(found)


def _turns_surface(panel: PanelSpec, scene: Scene) -> bool:
    """Whether a panel says from where a surface is seen."""
    shows = any(isinstance(scene.views.get(id_), SurfaceViewSpec) for id_ in panel.view_ids)
    first = PanelSpec("", "")
    return shows and (panel.camera_azimuth, panel.camera_elevation) != (
        first.camera_azimuth,
        first.camera_elevation,
    )


def _parts(scene: Scene) -> Iterator[Any]:
    yield from scene.views.values()
    yield from scene.operators.values()
    yield from scene.layout.panels


def _bound_keys(part: Any, *, taken: bool) -> Iterator[str]:
    for each in fields(part):
        value = getattr(part, each.name)
        if (each.name not in _words_of(part)) is not taken:
            continue
        if isinstance(value, StateBinding):
            yield value.key
        elif each.name.endswith("_state_key") and value:
            yield value
        elif isinstance(value, Mapping):
            yield from (each.key for each in value.values() if isinstance(each, StateBinding))


def _changed(part: Any) -> Iterator[str]:
    """Yield words for the attributes that are not taken and differ from their default."""
    words = _words_of(part)
    for each in fields(part):
        if each.name not in words or each.default is MISSING:
            continue
        value = getattr(part, each.name)
        same = value == each.default or _SAME.get(str(each.default)) == value
        if not same or isinstance(value, StateBinding):
            yield words[each.name]


def _words_of(part: Any) -> Mapping[str, str]:
    return _WORDS.get(type(part), {})
