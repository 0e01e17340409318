"""Values that are infinite, or no numbers, in either simulator: named, marked on the cell, and undone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from driving import closing, of_kind, settle
from jaxley_models import Chain, TwoBranches

from backends.controls import ControlSpec, ScalarValueSpec
from backends.live.session import LiveSession
from backends.messages import (
    Error,
    FieldReplace,
    Reset,
    RunFor,
    SetControl,
    SetDisplayVariable,
    SetRunning,
)
from backends.neuron import NeuronSession

pytest.importorskip("jaxley")
pytest.importorskip("neuron")

SQUARED = ControlSpec("gna", "Sodium, as its root", ScalarValueSpec(0.12, -1.0, 1.0))


class Roots(TwoBranches):
    """Its slider sets the root of a value, which below 0 is no number."""

    parameter, place = "HH_gNa", (1, 2)

    def control_specs(self) -> list[ControlSpec]:
        """Return the slider."""
        return [SQUARED]

    def apply_control(self, control_id: str, value: Any) -> bool:
        """Set one compartment's parameter."""
        with np.errstate(invalid="ignore"):
            root = float(np.sqrt(value))
        branch, comp = self.place
        self.network.branch(branch).comp(comp).set(self.parameter, root)
        self.refresh_runtime_parameters()
        return True


def run(session: LiveSession, ms: float = 4.0) -> tuple[np.ndarray, list[Error]]:
    """Run from t = 0; return the last display values and what was complained of."""
    session.handle(Reset())
    session.handle(RunFor(ms))
    updates = settle(session)
    return of_kind(FieldReplace, updates)[-1].values, of_kind(Error, updates)


@pytest.mark.slow
@pytest.mark.parametrize("parameter", ["HH_gNa", "radius", "capacitance", "axial_resistivity"])
def test_a_parameter_set_to_nan_stops_the_run_and_a_good_value_and_init_mend_it(
    parameter: str,
) -> None:
    session = Roots()
    session.parameter = parameter
    with closing(session):
        session.initialize()
        good = {"HH_gNa": 0.12, "radius": 1.0, "capacitance": 1.0, "axial_resistivity": 1.0}
        session.handle(SetControl("gna", good[parameter] ** 2))
        before, complaints = run(session)
        assert complaints == []

        session.handle(SetControl("gna", -1.0))
        _, (complaint,) = run(session)
        cause = f"({parameter} is nan there); the run is paused"
        assert f"is no longer a number at t = 0.025 ms {cause}" in complaint.message

        session.handle(SetControl("gna", good[parameter] ** 2))
        after, complaints = run(session)
        assert complaints == []
        np.testing.assert_array_equal(after, before)


def test_a_nan_from_the_beginning_can_be_repaired_too() -> None:
    class Bad(Roots):
        def setup_model(self, network: Any, cells: Sequence[Any]) -> None:
            super().setup_model(network, cells)
            network.branch(1).comp(2).set("HH_gNa", np.nan)

    session = Bad()
    with closing(session):
        session.initialize()
        _, (complaint,) = run(session)
        assert "in branch[1](0.5) is no longer a number" in complaint.message
        session.handle(SetControl("gna", 0.12**2))
        assert run(session)[1] == []
        assert session.compilations == 2


@pytest.mark.slow
def test_a_synapse_set_to_nan_can_be_repaired() -> None:
    session = Chain()
    with closing(session):
        session.initialize()
        before, _ = run(session, 6.0)
        session.network.set("IonotropicSynapse_gS", np.nan)
        session.refresh_runtime_parameters()
        _, (complaint,) = run(session, 6.0)
        assert "is no longer a number" in complaint.message
        session.network.set("IonotropicSynapse_gS", session.WEIGHT.value_spec.default)
        session.refresh_runtime_parameters()
        after, complaints = run(session, 6.0)
        assert complaints == []
        np.testing.assert_array_equal(after, before)


def test_what_is_not_there_at_all_stays_absent_in_the_authors_table() -> None:
    class Half(TwoBranches):
        def build_cells(self) -> Any:
            from jaxley.channels import Leak

            cell = super().build_cells()
            cell.branch(1).insert(Leak())
            return cell

    session = Half()
    with closing(session):
        session.initialize()
        run(session, 1.0)
        assert np.isnan(session.network.nodes["Leak_gLeak"][0])
        session.handle(SetDisplayVariable("Leak_gLeak"))
        values, complaints = run(session, 1.0)
        assert complaints == []
        assert np.isnan(values[0])
        assert np.isfinite(values[1:]).all()


# ------------------------------------------------------------------------------------- infinities


class Endless(TwoBranches):
    """Has a leak that no equation uses in its dendrite, and so can be infinite while v is a number."""

    def build_cells(self) -> Any:
        """Return the cell with an idle channel."""
        from jaxley.channels import Channel

        class Idle(Channel):  # type: ignore[misc]
            def __init__(self, name: str | None = None) -> None:
                self.current_is_in_mA_per_cm2 = True
                super().__init__(name)
                self.channel_params = {"Idle_g": 1.0}
                self.channel_states = {"Idle_m": 0.5}
                self.current_name = "i_Idle"

            def update_states(self, states: Any, dt: Any, v: Any, params: Any) -> Any:
                return {"Idle_m": states["Idle_m"] * params["Idle_g"]}

            def compute_current(self, states: Any, v: Any, params: Any) -> Any:
                return 0.0 * v

            def init_state(self, states: Any, v: Any, params: Any, dt: Any) -> Any:
                return {"Idle_m": 0.5 + 0.0 * v}

        cell = super().build_cells()
        cell.insert(Idle())
        return cell

    def diverge(self) -> None:
        """Let one compartment's state grow beyond all bounds."""
        self.network.branch(1).comp(2).set("Idle_g", 1e300)
        self.refresh_runtime_parameters()


class EndlessNeuron(NeuronSession):
    """A soma whose passive leak is displayed, and can be made infinite, and a dendrite."""

    def __init__(self) -> None:
        super().__init__(dt=0.025)

    def build_sections(self) -> list[Any]:
        """Return the two."""
        from neuron import h

        self.soma, self.dend = h.Section(name="soma"), h.Section(name="dend")
        self.dend.nseg = 5
        self.dend.connect(self.soma(1))
        for each in (self.soma, self.dend):
            each.insert("hh")
        return [self.soma, self.dend]

    def diverge(self) -> None:
        """Let one segment's conductance be infinite while nothing computes with it."""
        self.dend(0.5).hh.gnabar = 1e300


@pytest.mark.parametrize(
    ("kind", "variable", "place"),
    [(Endless, "Idle_m", "branch[1](0.5)"), (EndlessNeuron, "gnabar_hh", "dend(0.5)")],
    ids=["Jaxley", "NEURON"],
)
def test_a_value_beyond_all_bounds_is_named_and_marked_as_one_that_is_no_number_is(
    kind: type[Any], variable: str, place: str
) -> None:
    session = kind()
    with closing(session):
        session.initialize()
        session.handle(SetDisplayVariable(variable))
        session.handle(RunFor(0.5))
        assert of_kind(Error, settle(session)) == []
        session.diverge()
        session.handle(SetRunning(True))
        updates = settle(session)
        (complaint,) = of_kind(Error, updates)
        assert complaint.message.startswith(f"{variable} in {place} is no longer a number at t = ")
        assert (complaint.segment_id, complaint.code) == (place, "not-finite")
        last = of_kind(FieldReplace, updates)[-1].values
        at = session.geometry.index_of(place)
        assert np.isnan(last[at]), "it must not have the colour of the map's end"
        assert np.isfinite(np.delete(last, at)).all()
