"""What a Jaxley model has in its tables (v, states of channels) stands; jx.integrate is the authority."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from backends.jaxley import JaxleySession
from backends.messages import RunFor

jx = pytest.importorskip("jaxley")


class Mine(JaxleySession):
    """Two compartments whose tables the author fills."""

    def build_cells(self) -> Any:
        from jaxley.channels import HH

        cell = jx.Cell([jx.Branch(ncomp=2)], parents=[-1])
        cell.insert(HH())
        return cell


class SetVoltage(Mine):
    def setup_model(self, network: Any, cells: Any) -> None:
        network.comp(0).set("v", -60.0)
        network.comp(1).set("v", -75.0)
        network.init_states(delta_t=0.1)


class SetGate(Mine):
    def setup_model(self, network: Any, cells: Any) -> None:
        network.init_states(delta_t=0.1)
        network.set("HH_m", 0.9)


class OwnVoltage(SetVoltage):
    v_init = -62.0


def start_of(kind: type[JaxleySession]) -> tuple[dict[str, np.ndarray], np.ndarray, dict[str, str]]:
    """Return the states at t = 0, the voltages after 5 ms, and the facts."""
    session = kind()
    scene = session.initialize()
    states = {name: session.state_of(name) for name in ("v", "HH_m", "HH_h", "HH_n")}
    session.handle(RunFor(5.0))
    while session.is_live():
        session.advance()
    after = session.state_of("v")
    session.shutdown()
    return states, after, dict(scene.facts)


def integrated(kind: type[JaxleySession]) -> np.ndarray:
    """Return the voltages after 5 ms by Jaxley alone."""
    session = kind()
    cell = session.build_cells()
    session.setup_model(cell, [cell])
    cell.comp(0).record("v", verbose=False)
    cell.comp(1).record("v", verbose=False)
    return np.asarray(jx.integrate(cell, delta_t=0.1, t_max=5.0))[:, 50]


@pytest.mark.slow
@pytest.mark.parametrize("kind", [SetVoltage, SetGate])
def test_voltages_and_states_of_the_tables_stand(kind: type[JaxleySession]) -> None:
    _, after, _ = start_of(kind)
    np.testing.assert_allclose(after, integrated(kind), atol=2e-4)


def test_where_the_voltages_come_from_is_a_fact() -> None:
    states, _, facts = start_of(SetVoltage)
    assert states["v"].tolist() == [-60.0, -75.0]
    assert facts["Voltage at t = 0"] == "−75 to −60 mV (Jaxley's tables)"


def test_what_the_class_sets_comes_first() -> None:
    states, _, facts = start_of(OwnVoltage)
    assert states["v"].tolist() == [-62.0, -62.0]
    assert facts["Voltage at t = 0"] == "−62 mV (class OwnVoltage)"
    assert states["HH_m"][0] == states["HH_m"][1]


def test_states_that_nobody_has_set_are_at_rest() -> None:
    states, _, _ = start_of(Mine)
    session = Mine()
    cell = session.build_cells()
    cell.init_states(delta_t=0.1)
    for name in ("HH_m", "HH_h", "HH_n"):
        np.testing.assert_allclose(states[name], cell.nodes[name].to_numpy(), rtol=1e-6)
