"""Small NEURON models for tests, as an author would write them."""

from __future__ import annotations

from typing import Any

from backends.controls import ActionSpec, ControlSpec, ScalarValueSpec
from backends.neuron import NeuronSession

AMP = ControlSpec("amp", "Amplitude", ScalarValueSpec(0.3, -1.0, 1.0, unit="nA"))
SILENCE = ActionSpec("silence", "Switch the stimulus off")


class TwoSections(NeuronSession):
    """An HH soma with a passive dendrite, 6 segments in all, stimulated in the soma from 1 ms on."""

    def __init__(self) -> None:
        super().__init__(dt=0.025, display_dt=0.1, title="Two sections")

    def build_sections(self) -> list[Any]:
        """Return the soma and the dendrite."""
        from neuron import h

        soma, dend = h.Section("soma"), h.Section("dend")
        soma.L = soma.diam = 20.0
        soma.insert("hh")
        dend.L, dend.diam, dend.nseg = 200.0, 2.0, 5
        dend.insert("pas")
        dend.connect(soma(1))
        return [soma, dend]

    def setup_model(self, sections: Any) -> None:
        """Add the stimulus."""
        from neuron import h

        self._clamp = h.IClamp(sections[0](0.5))
        self._clamp.delay, self._clamp.dur, self._clamp.amp = 1.0, 1e9, AMP.value_spec.default

    def control_specs(self) -> list[ControlSpec]:
        """Return the amplitude slider."""
        return [AMP]

    def action_specs(self) -> list[ActionSpec]:
        """Return the switch."""
        return [SILENCE]

    def apply_control(self, control_id: str, value: Any) -> bool:
        """Set the amplitude."""
        self._clamp.amp = value
        return True

    def apply_action(self, action_id: str, payload: Any) -> bool:
        """Switch the stimulus off."""
        self._clamp.amp = 0.0
        return True


class QuitsNeuron(TwoSections):
    """Ends NEURON, and with it the process."""

    def apply_action(self, action_id: str, payload: Any) -> bool:
        """Quit NEURON, as no model should."""
        from neuron import h

        h.quit()
        return True


class LacksMechanism(TwoSections):
    """Needs a mechanism that is not compiled."""

    def build_sections(self) -> list[Any]:
        """Insert a mechanism that does not exist."""
        sections = super().build_sections()
        sections[0].insert("xyz")
        return sections
