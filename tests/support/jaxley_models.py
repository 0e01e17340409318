"""Small Jaxley models for tests, as an author would write them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from backends.cellmodel.model import CellModel
from backends.cellmodel.stimuli import IClamp
from backends.controls import ActionSpec, ControlSpec, ScalarValueSpec
from backends.errors import RequestError
from backends.jaxley import JaxleyCellSession, JaxleySession
from backends.swc.reader import read_swc
from resources import path_of

AMP = ControlSpec("amp", "Amplitude", ScalarValueSpec(0.3, -1.0, 1.0, unit="nA"))
SILENCE = ActionSpec("silence", "Switch the stimulus off")


def ball_and_stick() -> Any:
    """Return an HH soma of 20 µm and a dendrite of 200 µm in five compartments."""
    import jaxley as jx
    from jaxley.channels import HH

    compartment = jx.Compartment()
    cell = jx.Cell([jx.Branch(compartment, ncomp=1), jx.Branch(compartment, ncomp=5)], [-1, 0])
    cell.branch(0).set("radius", 10.0)
    cell.branch(0).set("length", 20.0)
    cell.branch(1).set("radius", 1.0)
    cell.branch(1).set("length", 40.0)
    cell.set("axial_resistivity", 100.0)
    cell.insert(HH())
    return cell


class TwoBranches(JaxleySession):
    """An HH soma with an HH dendrite, 6 compartments in all, stimulated in the soma from 1 ms on."""

    def __init__(self) -> None:
        super().__init__(dt=0.025, v_init=-65.0, display_dt=0.1, title="Two branches")

    def build_cells(self) -> Any:
        """Return the cell."""
        return ball_and_stick()

    def setup_model(self, network: Any, cells: Sequence[Any]) -> None:
        """Add the stimulus."""
        self._clamp = self.inject(
            network.branch(0).comp(0), delay=1.0, dur=1e9, amp=AMP.value_spec.default
        )

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


class Chain(JaxleySession):
    """Three cells, each driving the next through a synapse; the first is stimulated by a `jx` current."""

    WEIGHT = ControlSpec(
        "weight", "Synaptic conductance", ScalarValueSpec(2e-3, 0.0, 0.1, unit="µS")
    )
    SODIUM = ControlSpec("gna", "Sodium conductance", ScalarValueSpec(0.12, 0.0, 1.0, unit="S/cm²"))
    CURRENT = ControlSpec("current", "Current", ScalarValueSpec(0.5, -5.0, 5.0, unit="nA"))

    def __init__(self) -> None:
        super().__init__(dt=0.025, v_init=-65.0, history_capture_mode="full", title="Chain")

    def build_cells(self) -> list[Any]:
        """Return the three cells."""
        return [ball_and_stick() for _ in range(3)]

    def cell_names(self, cells: Sequence[Any]) -> Sequence[str]:
        """Return first, second, third."""
        return ["first", "second", "third"]

    def build_network(self, cells: Sequence[Any]) -> Any:
        """Connect dendrite to dendrite: first to second, second to third."""
        import jaxley as jx
        from jaxley.connect import connect
        from jaxley.synapses import IonotropicSynapse

        network = jx.Network(list(cells))
        for pre, post in ((0, 1), (1, 2)):
            connect(
                network.cell(pre).branch(0).comp(0),
                network.cell(post).branch(1).comp(2),
                IonotropicSynapse(),
            )
        network.set("IonotropicSynapse_gS", self.WEIGHT.value_spec.default)
        return network

    def setup_model(self, network: Any, cells: Sequence[Any]) -> None:
        """Stimulate the first soma as Jaxley's users do."""
        self._stimulate(self.CURRENT.value_spec.default)

    def _stimulate(self, amp_na: float) -> None:
        import jaxley as jx

        self.network.delete_stimuli()
        current = jx.step_current(
            i_delay=2.0, i_dur=400.0, i_amp=amp_na, delta_t=self.dt, t_max=500.0
        )
        self.network.cell(0).branch(0).comp(0).stimulate(current, verbose=False)

    def control_specs(self) -> list[ControlSpec]:
        """Return the sliders."""
        return [self.WEIGHT, self.SODIUM, self.CURRENT]

    def apply_control(self, control_id: str, value: Any) -> bool:
        """Set a slider's value in the running network."""
        if control_id == "weight":
            self.network.set("IonotropicSynapse_gS", value)
            self.refresh_runtime_parameters()
        elif control_id == "gna":
            self.network.set("HH_gNa", value)
            self.refresh_runtime_parameters()
        elif control_id == "current":
            self._stimulate(value)
            self.refresh_runtime_externals()
        else:
            raise RequestError(f"There is no control {control_id!r}.")
        return True


class LoadedBall(JaxleyCellSession):
    """The bundled ball and stick, with a switch; its compiled programs are cached, so it starts fast."""

    caches_programs = True

    def __init__(self) -> None:
        morphology = read_swc(path_of("ball_and_stick"))
        clamp = IClamp(delay_ms=1.0, amp_na=AMP.value_spec.default)
        model = CellModel.default_for(morphology, stimuli=(clamp,), recordings=())
        super().__init__(morphology, model, history_capture_mode="on_demand")

    def action_specs(self) -> list[ActionSpec]:
        """Return the switch."""
        return [SILENCE]

    def apply_action(self, action_id: str, payload: Any) -> bool:
        """Switch the stimulus off."""
        self.clamps[0].amp = 0.0
        return True
