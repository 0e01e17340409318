"""Checks of what an author's hooks return: an error names the hook and what it must return."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from difflib import get_close_matches
from typing import Any, cast

import numpy as np

from backends.controls import ActionSpec, ControlSpec
from backends.errors import ProtocolError, SimulatorError, SomascopeError, first_line
from backends.field import Field
from backends.live.default_scene import SpecT, specs_by_id
from backends.live.hooks import SessionHooks
from backends.live.interaction_hooks import InteractionHooks
from backends.scene import DisplayVariable, MorphologyGeometry, Scene, TracePlotViewSpec, ViewSpec
from backends.scripts import place_of_hook
from backends.views import View

_MOST_SHOWN = 80
_IDS = ("display_field_id", "history_field_id")
_TEXTS = ("morphology_color_map", "morphology_color_norm", "trace_title", "trace_y_label")
_NORMS = ("auto", "linear", "symmetric")
_UNITS = ("display_unit", "history_unit", "trace_y_unit")


def short_repr(value: object) -> str:
    """Return the first line of a value's repr, shortened to fit in a sentence."""
    text = repr(value).partition("\n")[0]
    return text if len(text) <= _MOST_SHOWN else f"{text[:_MOST_SHOWN]} …"


def hook_error(session: object, hook: str, value: object, wanted: str) -> ProtocolError:
    """Return the error of a hook that returned a wrong value, with the author's line."""
    lost = " (is a return missing?)" if value is None else ""
    return error_of_hook(
        session, hook, f"returned {short_repr(value)}{lost}: return {wanted}", "hook-returned"
    )


def error_of_hook(
    session: object, hook: str, words: str, code: str, *, joint: str = " "
) -> ProtocolError:
    """Return the error ``"Mine.view_specs returned 3 … (my_model.py, line 9)."`` with the author's line."""
    place = place_of_hook(getattr(session, hook, None))
    at = f" ({place})" if place else ""
    words = f"{type(session).__name__}.{hook}{joint}{words.rstrip('.')}{at}."
    return ProtocolError(words, code=code, hint="edit-script", location=place)


def control_specs(session: InteractionHooks) -> dict[str, ControlSpec]:
    """Return a session's controls by id; ProtocolError if the hook returned something else."""
    return _specs(session, "control_specs", ControlSpec)


def action_specs(session: InteractionHooks) -> dict[str, ActionSpec]:
    """Return a session's actions by id; ProtocolError if the hook returned something else."""
    return _specs(session, "action_specs", ActionSpec)


def view_specs(session: SessionHooks) -> dict[str, ViewSpec]:
    """Return a session's further views by id; ProtocolError if the hook returned something else."""
    return _specs(session, "view_specs", cast("type[ViewSpec]", View))


def extra_fields(session: SessionHooks) -> dict[str, Field]:
    """Return a session's further fields by id; ProtocolError if the hook returned something else."""
    return _specs(session, "extra_fields", Field)


def _specs(session: InteractionHooks, hook: str, kind: type[SpecT]) -> dict[str, SpecT]:
    specs: Any = getattr(session, hook)()
    if not isinstance(specs, (Mapping, Iterable)) or isinstance(specs, str):
        wanted = "views such as BarViewSpec" if hook == "view_specs" else kind.__name__
        raise hook_error(session, hook, specs, f"a list of {wanted}")
    try:
        return specs_by_id(kind, specs)
    except ProtocolError as error:
        raise error_of_hook(session, hook, error.message, error.code, joint=": ") from error


def checked_steps(session: SessionHooks) -> int | None:
    """Return the steps of a batch that a session sets; None fills the wall-clock budget."""
    try:
        steps: Any = session.steps_per_update()
    except SomascopeError:
        raise
    except (
        Exception
    ) as error:  # the author's code may raise anything, which must not end the session
        words = f"failed: {type(error).__name__}: {first_line(error)}"
        raise error_of_hook(session, "steps_per_update", words, "hook-failed") from error
    if steps is None:
        return None
    if not isinstance(steps, (int, float, np.integer, np.floating)) or not np.isfinite(steps):
        raise hook_error(session, "steps_per_update", steps, "a whole number of steps, or None")
    return max(1, int(steps))


def scene_arguments(session: SessionHooks, title: str) -> dict[str, Any]:
    """Return what a session's hooks return for its scene, as arguments of `default_scene.build_scene`.

    Raises
    ------
    ProtocolError
        If a hook returned a wrong value.
    """
    found: dict[str, Any] = {}
    for hook in (*_IDS, *_TEXTS, *_UNITS):
        value = found[hook] = getattr(session, hook)()
        if not isinstance(value, str) and not (hook in _UNITS and value is None):
            raise hook_error(
                session, hook, value, "a string, or None" if hook in _UNITS else "a string"
            )
        if hook in _IDS and not value:
            raise hook_error(session, hook, value, "a string that is not empty")
    limits: Any = session.morphology_color_limits()
    if limits is not None and not _is_range(limits):
        wanted = "two numbers in rising order, or None"
        raise hook_error(session, "morphology_color_limits", limits, wanted)
    norm = found["morphology_color_norm"]
    if norm not in _NORMS:
        raise hook_error(session, "morphology_color_norm", norm, f"one of {', '.join(_NORMS)}")
    controls, actions = control_specs(session), action_specs(session)
    connections: Any = session.morphology_connections()
    if not isinstance(connections, bool):
        raise hook_error(session, "morphology_connections", connections, "True or False")
    return found | {
        "morphology_color_limits": limits,
        "morphology_connections": connections,
        "controls": controls,
        "actions": actions,
        "control_ids": _order(session, "control_order", controls),
        "action_ids": _order(session, "action_order", actions),
        "title": title,
    }


def _order(session: SessionHooks, hook: str, known: Iterable[str]) -> tuple[str, ...] | None:
    """Return the ids that a hook puts in order; None for all."""
    ids: Any = getattr(session, hook)()
    if ids is None:
        return None
    there = ", ".join(known) or "none"
    if isinstance(ids, str) or not isinstance(ids, Iterable) or not set(ids) <= set(known):
        raise hook_error(session, hook, ids, f"a list of ids, or None; there are {there}")
    return tuple(ids)


def checked_geometry(session: SessionHooks, geometry: Any) -> MorphologyGeometry | None:
    """Return what `build_geometry` returned, if it is a drawing or None."""
    if geometry is not None and not isinstance(geometry, MorphologyGeometry):
        wanted = "a MorphologyGeometry, or None to show no cell"
        raise hook_error(session, "build_geometry", geometry, wanted)
    return geometry


def checked_scene(session: SessionHooks, scene: Any) -> Scene:
    """Return what `build_scene` returned, if it is a scene."""
    if not isinstance(scene, Scene):
        raise hook_error(session, "build_scene", scene, "a Scene")
    return scene


def ordered_display_variables(
    session: SessionHooks, own: DisplayVariable, known: Sequence[DisplayVariable]
) -> tuple[DisplayVariable, ...]:
    """Return what a model can be coloured by, the author's choice `own` first and with its labels.

    Raises
    ------
    SimulatorError
        If the model has no such variable.
    """
    others = tuple(each for each in known if each.name != own.name)
    if len(others) == len(known):
        near = get_close_matches(own.name, [each.name for each in others], 6, cutoff=0.0)
        raise SimulatorError(
            f"{type(session).__name__}.display_variable is {own.name!r}, which this model does not "
            f"have; nearest to it are {', '.join(near)}.",
            code="unknown-variable",
        )
    return (own, *others)


def with_trace_updates(session: SessionHooks, scene: Scene) -> Scene:
    """Return a scene with the changes of `trace_view_updates`; ProtocolError if there is no such attribute."""
    hook, changes = "trace_view_updates", cast("Any", session.trace_view_updates())
    if not isinstance(changes, Mapping):
        raise hook_error(session, hook, changes, "a dict of a trace plot's attributes")
    known = [name for name in TracePlotViewSpec.__dataclass_fields__ if name != "KIND"]
    unknown = sorted(set(changes) - set(known))
    if unknown:
        words = f"a trace plot has no {unknown[0]!r}; it has {', '.join(known)}"
        raise error_of_hook(session, hook, words, "unknown-attribute", joint=": ")
    try:
        views = [
            replace(view, **changes) if isinstance(view, TracePlotViewSpec) else view
            for view in scene.views
        ]
    except ProtocolError as error:
        raise error_of_hook(session, hook, error.message, error.code, joint=": ") from error
    return replace(scene, views=tuple(views)) if changes else scene


def _is_range(limits: Any) -> bool:
    try:
        low, high = limits
        return bool(low < high)
    except (TypeError, ValueError):
        return False
