"""The protocol: every command (window → session) and every update (session → window).

Messages are frozen, picklable and checked when they are made. Commands are requests: a session that
cannot carry one out answers with `Error` and continues. Updates of one kind fall in two classes: *latest wins*
(`FieldReplace`, `RunStatus`, `Status`, `StatePatch`), of which a reader may drop all but the newest
per id, and *in order* (everything else), of which none may be lost.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from backends.commands import (
    CaptureTrace as CaptureTrace,
    EntityClicked as EntityClicked,
    InvokeAction as InvokeAction,
    KeyPressed as KeyPressed,
    RemoveTrace as RemoveTrace,
    Reset as Reset,
    RunFor as RunFor,
    SessionCommand as SessionCommand,
    SetControl as SetControl,
    SetDisplayVariable as SetDisplayVariable,
    SetRunning as SetRunning,
    SetSpeed as SetSpeed,
    SetStopTime as SetStopTime,
    StepOnce as StepOnce,
    StopSession as StopSession,
)
from backends.errors import ProtocolError
from backends.field import checked_array, checked_name, checked_positive, frozen_mapping
from backends.phase import Phase as Phase  # part of the protocol, light enough to stand alone
from backends.scene import LayoutSpec, Scene


@dataclass(frozen=True, slots=True)
class SessionUpdate:
    """Base of all updates: what a session reports to the window."""


@dataclass(frozen=True, slots=True)
class SceneReady(SessionUpdate):
    """The complete scene, once after `initialize` and again when the morphology changes."""

    scene: Scene


@dataclass(frozen=True, slots=True)
class StartupScene(SessionUpdate):
    """What to show while the model is being built: `Session.startup_scene`. `SceneReady` follows."""

    scene: Scene


@dataclass(frozen=True, slots=True)
class FieldReplace(SessionUpdate):
    """All present values of a field. Latest wins.

    Attributes
    ----------
    values : ndarray
        Same dims as the scene's field; display values have shape (n_segments,), one a segment.
    time_ms : float
        Simulated time at which the values hold, ms; NaN where there is none.
    coords : mapping or None
        New coordinates by dimension, where they have changed or the shape has; see `Field`.
    """

    field_id: str
    values: NDArray[Any]
    time_ms: float = math.nan
    coords: Mapping[str, Any] | None = None

    def __post_init__(self) -> None:
        checked_name("FieldReplace.field_id", self.field_id)
        object.__setattr__(self, "values", np.asarray(self.values))
        if self.coords is not None:
            coords = dict(frozen_mapping("FieldReplace.coords", self.coords))
            object.__setattr__(self, "coords", coords)


@dataclass(frozen=True, slots=True)
class FieldAppend(SessionUpdate):
    """New samples along one dimension of a field, in order, none lost.

    Attributes
    ----------
    rows : tuple of str
        What each row of `values` is: trace ids.
    values : ndarray, shape (n_rows, n_samples)
        In the unit that the field declares (mV for voltage).
    coord_values : ndarray, shape (n_samples,)
        Simulated time in ms, not decreasing. A time occurs twice where a value jumps, as CVODE samples it.
    append_dim : str
        The dimension that grows.
    """

    field_id: str
    rows: tuple[str, ...]
    values: NDArray[Any]
    coord_values: NDArray[Any]
    append_dim: str = "time"

    def __post_init__(self) -> None:
        checked_name("FieldAppend.field_id", self.field_id)
        where = f"FieldAppend {self.field_id!r}"
        rows = tuple(self.rows)
        coord = checked_array(f"{where}: coord_values", self.coord_values, shape=(None,))
        shape = (len(rows), len(coord))
        values = checked_array(f"{where}: values", self.values, shape=shape)
        if len(coord) > 1 and not (np.diff(coord) >= 0).all():
            raise ProtocolError(f"{where}: coord_values decrease", code="not-increasing")
        for name, value in (("rows", rows), ("coord_values", coord), ("values", values)):
            object.__setattr__(self, name, value)


@dataclass(frozen=True, slots=True)
class TraceAdded(SessionUpdate):
    """A trace was chosen; these are its samples until now. Later samples come by `FieldAppend`.

    Sent again for a known `trace_id` (after `Reset`, for example) it replaces what was there.

    Attributes
    ----------
    trace_id : str
        Unique; for a segment's first display variable it is the segment id, for another one the segment id
        and the variable's name (``"soma(0.5).m_hh"``), else the recorded name.
    segment_id : str or None
        The segment to mark on the cell, if it belongs to one.
    times : ndarray, shape (n_samples,)
        ms, not decreasing; empty when nothing was stored.
    values : ndarray, shape (n_samples,)
        In `unit`.
    unit : str or None
        None is the unit of the plot's axis; "" is no unit.
    note : str
        What the reader should know of these samples: ``"history begins at 120 ms"``.
    quantity : str
        What the values are, for the axis; "" for what the plot shows at first.
    field_id : str
        The field that it belongs to, and with it the plots that may show it; "" is that of the first plot.
    color : str
        ``"#rrggbb"``: the window takes the nearest of its trace colours that no other trace of the field has,
        so that it is legible in both themes. "" leaves it to the window.
    """

    trace_id: str
    segment_id: str | None
    times: NDArray[Any]
    values: NDArray[Any]
    label: str = ""
    unit: str | None = None
    note: str = ""
    quantity: str = ""
    field_id: str = ""
    color: str = ""

    def __post_init__(self) -> None:
        checked_name("TraceAdded.trace_id", self.trace_id)
        where = f"TraceAdded {self.trace_id!r}"
        times = checked_array(f"{where}: times", self.times, shape=(None,), dtype=np.float64)
        values = checked_array(f"{where}: values", self.values, shape=times.shape)
        object.__setattr__(self, "times", times)
        object.__setattr__(self, "values", values)


@dataclass(frozen=True, slots=True)
class TraceRemoved(SessionUpdate):
    """The trace `trace_id` is no longer captured."""

    trace_id: str


@dataclass(frozen=True, slots=True)
class EventsAppend(SessionUpdate):
    """New events of a raster, such as spikes, in order, none lost.

    Attributes
    ----------
    rows : ndarray of int, shape (n,)
        Which row of the field each event belongs to.
    times : ndarray, shape (n,)
        Simulated time, ms; not sorted between rows.
    from_start : bool
        Whether they replace all events until now, as after `Reset`.
    """

    field_id: str
    rows: NDArray[np.int32]
    times: NDArray[np.float64]
    from_start: bool = False

    def __post_init__(self) -> None:
        checked_name("EventsAppend.field_id", self.field_id)
        where = f"EventsAppend {self.field_id!r}"
        rows = checked_array(f"{where}: rows", self.rows, shape=(None,), dtype=np.int32)
        times = checked_array(f"{where}: times", self.times, shape=rows.shape, dtype=np.float64)
        object.__setattr__(self, "rows", rows)
        object.__setattr__(self, "times", times)


@dataclass(frozen=True, slots=True)
class RunStatus(SessionUpdate):
    """Clock and run state. Latest wins.

    Attributes
    ----------
    time_ms : float
        Simulated time, ms.
    running : bool
        Whether the session advances.
    steps : int
        Steps taken since the last reset.
    rate_ms_per_s : float
        Simulated ms per wall second over the last moments; NaN where unknown.
    finished : bool
        Whether it paused because Tstop or "Continue for" was reached.
    """

    time_ms: float
    running: bool
    steps: int = 0
    rate_ms_per_s: float = math.nan
    finished: bool = False


@dataclass(frozen=True, slots=True)
class ScenePatch(SessionUpdate):
    """New values of some of the scene's attributes, or of those of its views and controls.

    Attributes
    ----------
    changes : mapping
        By name of the scene's attribute: ``{"title": "…"}``.
    view_updates, control_updates : mapping
        Attributes by id: ``{"plot": {"y_limits": (0, 1)}}``.
    """

    changes: Mapping[str, Any] = field(default_factory=dict)
    view_updates: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    control_updates: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name in ("view_updates", "control_updates"):
            by_id = frozen_mapping(f"ScenePatch.{name}", getattr(self, name))
            checked = {
                id_: dict(frozen_mapping(f"ScenePatch.{name}[{id_!r}]", each))
                for id_, each in by_id.items()
            }
            object.__setattr__(self, name, checked)
        changes = dict(frozen_mapping("ScenePatch.changes", self.changes))
        unknown = set(changes) - set(Scene.__dataclass_fields__)
        if unknown:
            raise ProtocolError(
                f"ScenePatch: a scene has no {', '.join(sorted(unknown))}", code="unknown-attribute"
            )
        object.__setattr__(self, "changes", changes)


@dataclass(frozen=True, slots=True)
class StatePatch(SessionUpdate):
    """Present values of some controls, by control id, and of names that views are bound to. Latest wins."""

    values: Mapping[str, Any]

    def __post_init__(self) -> None:
        object.__setattr__(self, "values", dict(frozen_mapping("StatePatch.values", self.values)))


@dataclass(frozen=True, slots=True)
class PanelPatch(SessionUpdate):
    """What has changed of one panel; None leaves a thing as it is, and () empties a list.

    Attributes
    ----------
    control_ids, action_ids : tuple of str or None
        Of a panel of controls.
    view_id : str or None
        Another view of the same kind.
    """

    panel_id: str
    title: str | None = None
    visible: bool | None = None
    control_ids: tuple[str, ...] | None = None
    action_ids: tuple[str, ...] | None = None
    view_id: str | None = None

    def __post_init__(self) -> None:
        checked_name("PanelPatch.panel_id", self.panel_id)


@dataclass(frozen=True, slots=True)
class LayoutReplace(SessionUpdate):
    """A new arrangement of the panels."""

    layout: LayoutSpec


@dataclass(frozen=True, slots=True)
class Status(SessionUpdate):
    """What the session is doing, for the state lamp. Latest wins.

    Attributes
    ----------
    progress : float or None
        0 … 1 where it is known.
    remedy : str
        What to do if the process dies of it, as the end of a sentence: ``"run pip install jaxley"``.
    hint : str
        The same, machine-readable; see `backends.errors`.
    timeout_ms : float or None
        After how many milliseconds the window removes the message; None leaves it.
    """

    phase: Phase
    message: str = ""
    progress: float | None = None
    remedy: str = ""
    hint: str = ""
    timeout_ms: float | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "phase", Phase(self.phase))
        if self.timeout_ms is not None:
            checked_positive("Status.timeout_ms", self.timeout_ms)


@dataclass(frozen=True, slots=True)
class NotAnswering(SessionUpdate):
    """The session's process is stopped by the system or does not return from a call, or goes on. Latest wins.

    Attributes
    ----------
    message : str
        One sentence for the user; "" where the process goes on.
    """

    message: str


@dataclass(frozen=True, slots=True)
class Error(SessionUpdate):
    """Something failed.

    Attributes
    ----------
    message : str
        One sentence for the user: the thing, the place, the next step.
    details : str
        Folded away beneath it: traceback, log.
    fatal : bool
        Whether the session has ended (it can be restarted); False if it continues.
    code : str
        Stable name of what happened: ``"out-of-range"``, ``"session-crashed"``.
    hint : str
        Machine-readable next step, "" for none; see `backends.errors`.
    subject : str
        Id of the control that was refused, "" for anything else.
    segment_id : str
        Where on the cell it happened, "" for nowhere.
    """

    message: str
    details: str = ""
    fatal: bool = False
    code: str = ""
    hint: str = ""
    subject: str = ""
    segment_id: str = ""

    def __post_init__(self) -> None:
        checked_name("Error.message", self.message)
