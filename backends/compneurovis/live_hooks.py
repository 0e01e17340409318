"""What `NeuronSession` and `JaxleySession` of CompNeuroVis have beside ours: its specs, its updates, its pace."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from functools import wraps
from typing import Any, ClassVar, Unpack

import numpy as np

from backends import messages as ours
from backends.compneurovis.specs import messages as theirs
from backends.compneurovis.specs.controls import ControlSpec
from backends.errors import ProtocolError
from backends.field import checked_positive
from backends.live.engine import LiveEngine
from backends.live.options import DEFAULTS, SessionOptions
from backends.live.run_control import FRAME_S
from backends.live.session import LiveSession
from backends.messages import Phase
from backends.scene import Finding, Scene

RUNS_FROM_THE_START: Mapping[str, Any] = {"start_running": True}
"""The option that differs from ours."""
_OF_PLOTS = {
    "title": "title",
    "y_label": "y_label",
    "y_unit": "y_unit",
    "rolling_window": "window_ms",
}
_OF_PLOTS_NOT_TAKEN = frozenset(
    {
        "pen", "background_color", "show_legend", "series_colors", "series_palette",
        "trim_to_rolling_window", "max_refresh_hz", "x_major_tick_spacing", "x_minor_tick_spacing",
    }
)  # fmt: skip


class PeerHooks(LiveSession):
    """A live session whose author writes CompNeuroVis's specs and updates.

    Attributes
    ----------
    app_title : str
        What `AppSpec.title` has; "" for the session's own.
    """

    app_title: ClassVar[str] = ""
    _live: LiveEngine

    def __init__(self, **options: Unpack[SessionOptions]) -> None:
        own = getattr(type(self), "display_dt", DEFAULTS["display_dt"])
        given: dict[str, Any] = {**options, "display_dt": None}
        super().__init__(**given)
        self.display_dt = options.get("display_dt", own)

    def __init_subclass__(cls, *, converts: bool = True, **arguments: Any) -> None:
        """Let the author's hooks return our specs."""
        super().__init_subclass__(**arguments)
        for name, convert in _CONVERSIONS.items():
            if converts and name in vars(cls):
                setattr(cls, name, _converted(getattr(cls, name), convert))

    def initialize(self) -> Scene:
        """Build the model and return its scene."""
        if self.app_title:
            self.title = self.app_title
        return super().initialize()

    def __setattr__(self, name: str, value: object) -> None:
        """Assign an attribute; `display_dt` is not our option of that name: traces have every step."""
        if name == "display_dt" and "_live" in vars(self):
            vars(self)[name] = None if value is None else checked_positive(name, value)
        else:
            super().__setattr__(name, value)

    def steps_per_update(self) -> int | None:
        """Return the steps in one update of the window: those in `display_dt`, or more where the speed needs more."""
        interval = self.dt if self.display_dt is None else self.display_dt
        speed = self._live.run_control.speed
        if speed is not None:
            interval = max(interval, speed * FRAME_S)
        return max(1, math.ceil(interval / self.dt - 1e-9))

    def emit(self, update: Any) -> None:
        """Queue an update of CompNeuroVis or of ours.

        Raises
        ------
        ProtocolError
            ``not-in-live-session``: it belongs to a scene that the author has made.
        """
        super().emit(self._translated(update))

    def _translated(self, update: Any) -> Any:
        match update:
            case theirs.StatePatch(updates):
                self._live.state.update(updates)
                return ours.StatePatch(updates)
            case theirs.Status(message, timeout_ms):
                phase = Phase.RUNNING if self.is_live() else Phase.PAUSED
                return ours.Status(phase, message, timeout_ms=timeout_ms or None)
            case theirs.Error(message):
                return ours.Error(message, code="session-error")
            case theirs.FieldReplace(field_id, values) if field_id == self.display_field_id():
                return ours.FieldReplace(field_id, np.asarray(values), self._live.t)
            case theirs.SessionUpdate():
                raise ProtocolError(
                    f"{type(self).__name__}: {type(update).__name__} changes what this scene does not have; "
                    "write a BufferedSession with a scene of its own for that",
                    code="not-in-live-session",
                    hint="edit-script",
                )
        return update


def _converted(hook: Any, convert: Callable[[Any, Any], Any]) -> Any:
    @wraps(hook)
    def method(self: Any) -> Any:
        return convert(self, hook(self))

    return method


def _control_specs(session: Any, specs: Any) -> Any:
    """Return controls of either kind as ours."""
    if isinstance(specs, Mapping):
        return {id_: _control(each) for id_, each in specs.items()}
    return [_control(each) for each in specs] if isinstance(specs, Iterable) else specs


def _control(spec: Any) -> Any:
    return spec.translated() if isinstance(spec, ControlSpec) else spec


def _trace_view_updates(session: Any, updates: Any) -> Any:
    """Return attributes of the trace plot by our names; what is not taken becomes a finding."""
    if not isinstance(updates, Mapping):
        return updates
    changes = {_OF_PLOTS.get(name, name): value for name, value in updates.items()}
    low, high = changes.pop("y_min", None), changes.pop("y_max", None)
    if low is not None and high is not None:
        changes["y_limits"] = (low, high)
    left_out = [name for name in changes if name in _OF_PLOTS_NOT_TAKEN]
    for name in left_out:
        del changes[name]
    if left_out:
        words = f"Set by Somascope, not by trace_view_updates: {', '.join(left_out)}."
        found = Finding("info", "compneurovis.not-taken", words)
        live = session._live
        live.findings = (*(each for each in live.findings if each != found), found)
    return changes


_CONVERSIONS: Mapping[str, Callable[[Any, Any], Any]] = {
    "control_specs": _control_specs,
    "trace_view_updates": _trace_view_updates,
}
