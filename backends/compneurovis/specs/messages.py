"""Commands and updates with CompNeuroVis's arguments; the commands are ours."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from numpy.typing import ArrayLike

from backends.compneurovis.specs.scene import PanelSpec, Scene
from backends.messages import (
    EntityClicked as EntityClicked,
    InvokeAction as InvokeAction,
    KeyPressed as KeyPressed,
    Reset as Reset,
    SessionCommand as SessionCommand,
    SetControl as SetControl,
    StopSession as StopSession,
)


@dataclass(frozen=True, slots=True)
class SessionUpdate:
    """Base of what a session reports."""


@dataclass(frozen=True, slots=True)
class SceneReady(SessionUpdate):
    """Another scene."""

    scene: Scene


@dataclass(frozen=True, slots=True, eq=False)
class FieldReplace(SessionUpdate):
    """All values of a field; `coords` where these have changed."""

    field_id: str
    values: ArrayLike
    coords: Mapping[str, ArrayLike] | None = None
    attrs_update: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, eq=False)
class FieldAppend(SessionUpdate):
    """More values along `append_dim`, of which the field keeps the last `max_length`."""

    field_id: str
    append_dim: str
    values: ArrayLike
    coord_values: ArrayLike
    max_length: int | None = None
    attrs_update: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ScenePatch(SessionUpdate):
    """New attributes of views, operators and controls, by their ids."""

    view_updates: dict[str, dict[str, Any]] = field(default_factory=dict)
    operator_updates: dict[str, dict[str, Any]] = field(default_factory=dict)
    control_updates: dict[str, dict[str, Any]] = field(default_factory=dict)
    metadata_updates: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class StatePatch(SessionUpdate):
    """New values of the window's state, by name."""

    updates: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PanelPatch(SessionUpdate):
    """What has changed of a panel; None leaves a thing as it is."""

    panel_id: str
    control_ids: tuple[str, ...] | None = None
    action_ids: tuple[str, ...] | None = None
    view_ids: tuple[str, ...] | None = None
    title: str | None = None


@dataclass(frozen=True, slots=True)
class LayoutReplace(SessionUpdate):
    """Other panels in another arrangement."""

    panels: tuple[PanelSpec, ...]
    panel_grid: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True, slots=True)
class Status(SessionUpdate):
    """A sentence in the status bar, for `timeout_ms` milliseconds or until another one."""

    message: str
    timeout_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Error(SessionUpdate):
    """Something failed; the session goes on."""

    message: str
