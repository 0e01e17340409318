"""The template backend computes what theory says, and colours the cell by either variable."""

from __future__ import annotations

import numpy as np
import pytest
from driving import closing, of_kind, settle

from backends.messages import FieldReplace, RunFor, SetControl, SetDisplayVariable
from backends.mock import MockSession
from backends.mock.stepping import REST_MV


def test_the_steady_state_is_that_of_a_cable_with_a_sealed_end() -> None:
    session = MockSession(dt=1.0)
    session.n_dendrite = 200
    with closing(session):
        scene = session.initialize()
        settle(session)
        session.handle(SetControl("amp", 0.2))
        session.handle(RunFor(500.0))
        values = of_kind(FieldReplace, settle(session))[-1].values - REST_MV
    geometry = scene.geometry
    assert geometry is not None
    rm, ra, radius, length = 1e12, 1e6, 1.0, 400.0  # Ω µm², Ω µm, µm, µm
    space_constant = np.sqrt(rm * radius / (2 * ra))
    end = length / space_constant
    g_dendrite = (
        2 * np.pi * radius**1.5 / np.sqrt(2 * rm * ra) * np.tanh(end) * 1e6
    )  # µS, of the semi-infinite cable times tanh(L)
    g_soma = float(geometry.area[0]) / rm * 1e6
    assert values[0] == pytest.approx(0.2 / (g_dendrite + g_soma), rel=0.01)
    assert values[-1] / values[0] == pytest.approx(1 / np.cosh(end), rel=0.02)


def test_the_cell_can_be_coloured_by_the_leak_current() -> None:
    session = MockSession()
    with closing(session):
        session.initialize()
        session.handle(RunFor(20.0))
        volts = of_kind(FieldReplace, settle(session))[-1].values
        session.handle(SetDisplayVariable("i_pas"))
        current = of_kind(FieldReplace, settle(session))[-1].values
    assert not np.allclose(volts, current)
    assert (current > 0).all()
