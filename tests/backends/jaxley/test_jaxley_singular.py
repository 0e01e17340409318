"""At a voltage where a channel's equation is 0/0 the error says so; a smaller dt would not help."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from backends.jaxley import JaxleySession
from backends.messages import Error, RunFor, SessionUpdate

jx = pytest.importorskip("jaxley")
CASES = [
    ("HH", -40.0),
    ("HH", -55.0),
    ("pospischil.Na", -47.0),
    ("pospischil.Na", -20.0),
    ("pospischil.K", -45.0),
    ("pospischil.CaL", -27.0),
]


def session_of(channel: str, start: float, clamp: float | None = None) -> JaxleySession:
    """Return two compartments with one of Jaxley's channels, which starts at `start` (mV), or is clamped."""

    class Mine(JaxleySession):
        v_init = start

        def build_cells(self) -> Any:
            from jaxley import channels
            from jaxley.channels import pospischil

            module, _, name = channel.rpartition(".")
            cell = jx.Cell([jx.Branch(ncomp=2)], parents=[-1])
            cell.insert(getattr(pospischil if module else channels, name)())
            if name in ("Na", "K"):
                cell.set("vt", -60.0)
            return cell

        def setup_model(self, network: Any, cells: Any) -> None:
            if clamp is not None:
                network.comp(0).clamp("v", np.full(100, clamp), verbose=False)

    return Mine()


def run(session: JaxleySession) -> list[SessionUpdate]:
    """Run for 1 ms; return the updates."""
    session.initialize()
    session.handle(RunFor(1.0))
    while session.is_live():
        session.advance()
    updates = session.read_updates()
    session.shutdown()
    return updates


@pytest.mark.slow
@pytest.mark.parametrize(("channel", "voltage"), CASES)
def test_the_voltage_and_what_helps_are_named(channel: str, voltage: float) -> None:
    errors = [each for each in run(session_of(channel, voltage)) if isinstance(each, Error)]
    assert [each.code for each in errors] == ["singular-voltage"]
    assert f"{voltage:g} mV" in errors[0].message
    beside = run(session_of(channel, voltage - 0.001))
    assert not any(isinstance(each, Error) for each in beside)


def test_a_clamp_to_such_a_voltage_is_named_too() -> None:
    errors = [each for each in run(session_of("HH", -65.0, clamp=-55.0)) if isinstance(each, Error)]
    assert [each.code for each in errors] == ["singular-voltage"]
    assert "-55 mV" in errors[0].message
