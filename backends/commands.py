"""The commands of the protocol: what the window wants a session to do. Read them from `backends.messages`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from backends.errors import ProtocolError
from backends.field import checked_name, checked_positive, frozen_mapping


@dataclass(frozen=True, slots=True)
class SessionCommand:
    """Base of all commands: what the window wants a session to do."""


@dataclass(frozen=True, slots=True)
class Reset(SessionCommand):
    """Back to t = 0 with the present parameters; the chosen traces stay and start again."""


@dataclass(frozen=True, slots=True)
class SetControl(SessionCommand):
    """Give the control `control_id` a new value, in the unit of its spec."""

    control_id: str
    value: Any

    def __post_init__(self) -> None:
        checked_name("SetControl.control_id", self.control_id)


@dataclass(frozen=True, slots=True)
class InvokeAction(SessionCommand):
    """Do the action `action_id` once."""

    action_id: str
    payload: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        checked_name("InvokeAction.action_id", self.action_id)
        payload = dict(frozen_mapping("InvokeAction.payload", self.payload))
        object.__setattr__(self, "payload", payload)


@dataclass(frozen=True, slots=True)
class KeyPressed(SessionCommand):
    """A key that the window itself does not use, by Qt's portable name: ``"W"``, ``"Shift+X"``."""

    key: str

    def __post_init__(self) -> None:
        checked_name("KeyPressed.key", self.key)


@dataclass(frozen=True, slots=True)
class EntityClicked(SessionCommand):
    """A click on a segment. The session's hooks decide; by default its trace is captured."""

    entity_id: str

    def __post_init__(self) -> None:
        checked_name("EntityClicked.entity_id", self.entity_id)


@dataclass(frozen=True, slots=True)
class CaptureTrace(SessionCommand):
    """Add a trace of `segment_id`, whatever the click hooks return (key T, restored layouts).

    Attributes
    ----------
    variable : str
        Name of a display variable; "" for the one that the cell is coloured by.
    """

    segment_id: str
    variable: str = ""

    def __post_init__(self) -> None:
        checked_name("CaptureTrace.segment_id", self.segment_id)


@dataclass(frozen=True, slots=True)
class RemoveTrace(SessionCommand):
    """Stop capturing the trace `trace_id`."""

    trace_id: str

    def __post_init__(self) -> None:
        checked_name("RemoveTrace.trace_id", self.trace_id)


@dataclass(frozen=True, slots=True)
class SetRunning(SessionCommand):
    """Run until paused (or Tstop), or pause after the present step."""

    running: bool


@dataclass(frozen=True, slots=True)
class StepOnce(SessionCommand):
    """Advance by `steps` steps of dt, then pause."""

    steps: int = 1

    def __post_init__(self) -> None:
        if not isinstance(self.steps, int) or self.steps < 1:
            raise ProtocolError(
                f"StepOnce.steps must be a whole number ≥ 1, not {self.steps!r}", code="bad-number"
            )


@dataclass(frozen=True, slots=True)
class RunFor(SessionCommand):
    """Run `duration_ms` from the present time, then pause ("Continue for")."""

    duration_ms: float

    def __post_init__(self) -> None:
        checked_positive("RunFor.duration_ms", self.duration_ms)


@dataclass(frozen=True, slots=True)
class SetStopTime(SessionCommand):
    """Pause when t reaches `tstop_ms` (ms); None runs until paused."""

    tstop_ms: float | None

    def __post_init__(self) -> None:
        if self.tstop_ms is not None:
            checked_positive("SetStopTime.tstop_ms", self.tstop_ms)


@dataclass(frozen=True, slots=True)
class SetSpeed(SessionCommand):
    """Simulated ms per second of wall time; None is as fast as possible."""

    ms_per_second: float | None

    def __post_init__(self) -> None:
        if self.ms_per_second is not None:
            checked_positive("SetSpeed.ms_per_second", self.ms_per_second)


@dataclass(frozen=True, slots=True)
class SetDisplayVariable(SessionCommand):
    """Colour the cell by another of the scene's `display_variables`: ``"v"``, ``"m_hh"``."""

    name: str

    def __post_init__(self) -> None:
        checked_name("SetDisplayVariable.name", self.name)


@dataclass(frozen=True, slots=True)
class StopSession(SessionCommand):
    """End the session; nothing follows."""
