"""`MockSession`: a live session over the ball and stick of `stepping`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from backends.controls import ActionSpec, ControlSpec, ScalarValueSpec
from backends.live.engine import LiveEngine
from backends.live.session import LiveSession
from backends.live.stepper import Stepper
from backends.mock.scene import build_geometry
from backends.mock.stepping import VARIABLES, MockStepper

AMP_NA = 0.1
AMP = ControlSpec("amp", "Amplitude", ScalarValueSpec(AMP_NA, 0.0, 10.0, unit="nA"), "Stimulus")
SILENCE = ActionSpec("silence", "Switch the current off", shortcuts=("0",))


class MockEngine(LiveEngine):
    """Builds and runs the model of one `MockSession`; see `LiveEngine` for what else it may override."""

    BACKEND: ClassVar[str] = "Mock"

    session: MockSession

    def open_model(self) -> Stepper:
        """Build the model and its drawing; a real backend raises SimulatorError where it cannot."""
        self.geometry = build_geometry(self.session.n_dendrite)
        self.display_variables = VARIABLES
        self.model = MockStepper(self.geometry)
        self.model.amp = AMP_NA
        return self.model


class MockSession(LiveSession):
    """A passive cell with a current into its soma; see `LiveSession` for options and attributes."""

    BACKEND: ClassVar[str] = "Mock"
    ENGINE: ClassVar[type[LiveEngine]] = MockEngine

    _live: MockEngine
    n_dendrite: int = 20

    def control_specs(self) -> Sequence[ControlSpec]:
        """Return the one control: the current, nA."""
        return (AMP,)

    def action_specs(self) -> Sequence[ActionSpec]:
        """Return the one action."""
        return (SILENCE,)

    def apply_control(self, control_id: str, value: Any) -> bool:
        """Set the current; its range has been checked."""
        if control_id != AMP.id:
            return False
        self._live.model.amp = float(value)
        return True

    def apply_action(self, action_id: str, payload: Mapping[str, Any]) -> bool:
        """Switch the current off."""
        if action_id != SILENCE.id:
            return False
        self._live.model.amp = 0.0
        return True
