"""`LiveContract`: what the parts of a live session (commands, hook checks, sampling) need of it.

`LiveSession` implements it, so no part imports the session that holds it.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any

from backends.live.history import TraceHistory
from backends.live.hooks import SessionHooks
from backends.live.run_control import RunControl, StepBudget
from backends.live.stepper import Stepper
from backends.messages import SessionUpdate
from backends.scene import DisplayVariable, MorphologyGeometry, Scene
from backends.session import BufferedSession


class LiveContract(SessionHooks, BufferedSession, ABC):
    """The state of a live session and the messages that it can send.

    `LiveSession` documents the attributes.
    """

    title: str
    display_dt: float | None
    batch_budget_s: float
    state: dict[str, Any]
    scene: Scene | None
    geometry: MorphologyGeometry | None
    selected_entity_id: str | None
    display_variables: tuple[DisplayVariable, ...]
    history: TraceHistory
    run_control: RunControl
    budget: StepBudget

    @property
    @abstractmethod
    def dt(self) -> float:
        """Step, ms."""

    @property
    @abstractmethod
    def t(self) -> float:
        """Simulated time, ms."""

    @abstractmethod
    def live_stepper(self) -> Stepper:
        """Return the stepper; RequestError before `initialize` and after `shutdown`."""

    @abstractmethod
    def reset(self) -> None:
        """Go back to t = 0."""

    @abstractmethod
    def restart_history(self) -> None:
        """Remove all samples and send every chosen trace from the present value."""

    @abstractmethod
    def restart_sample_interval(self) -> None:
        """Count the interval to the next sample from now."""

    @abstractmethod
    def release_recorded(self, trace_id: str) -> bool:
        """Stop showing a recorded name as a trace; return whether there was one."""

    @abstractmethod
    def reason_of(self, error: BaseException) -> str:
        """Return what an author's hook raised, as part of a sentence."""

    @abstractmethod
    def emit_frame(self, own: Sequence[SessionUpdate] = ()) -> None:
        """Send the display values and the new samples of the chosen segments."""

    @abstractmethod
    def emit_samples(self) -> None:
        """Send the new samples of the chosen segments."""

    @abstractmethod
    def emit_trace(self, segment: int) -> None:
        """Send the stored samples of a chosen segment."""

    @abstractmethod
    def emit_status(self) -> None:
        """Send the clock and the run state."""

    @abstractmethod
    def invoke_action(self, action_id: str, payload: Mapping[str, Any]) -> None:
        """Do an action."""
