"""Jaxley's numbers against NEURON's own, step by step in float64, and against a cable's analytic solution."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from neuron_bench import hoc
from small_trees import ball, every_step, on_both, opened, section, typed_cell

from backends.cellmodel.mechanisms import HH, WEAK_HH, Mechanism
from backends.cellmodel.model import CellModel
from backends.cellmodel.stimuli import IClamp, Target
from backends.jaxley import JaxleyCellSession
from backends.messages import Reset
from backends.morphology.morphology import Morphology
from backends.morphology.swc_types import SwcType
from backends.neuron import NeuronCellSession

pytest.importorskip("jaxley")
pytest.importorskip("neuron")

RUN_MS, DIAMETER_UM = 30.0, 20.0
STEP = IClamp(delay_ms=5.0, dur_ms=1e9, amp_na=0.3)
HH_ALONE = CellModel(regions={"all": (HH,)}, stimuli=(STEP,), rate_tables=False)


# ------------------------------------------------------------------------ one compartment, bare NEURON


def bare(dt: float, celsius: float, v_init: float) -> np.ndarray:
    """Return v (mV) of one HH section of NEURON at every step of 30 ms, stepped by `fadvance`."""
    h = hoc()
    soma = h.Section(name="bare")
    soma.L = soma.diam = DIAMETER_UM
    soma.cm = 1.0
    soma.insert("hh")
    clamp = h.IClamp(soma(0.5))
    clamp.delay, clamp.dur, clamp.amp = STEP.delay_ms, STEP.dur_ms, STEP.amp_na
    tables, h.usetable_hh = h.usetable_hh, 0
    h.celsius, h.dt = celsius, dt
    h.finitialize(v_init)
    found = [soma(0.5).v]
    for _ in range(round(RUN_MS / dt)):
        h.fadvance()
        found.append(soma(0.5).v)
    h.usetable_hh, h.celsius, h.dt = tables, 6.3, 0.025
    del clamp
    h.delete_section(sec=soma)
    return np.array(found)


@pytest.fixture(scope="module", params=[6.3, 20.0], ids=["6.3 °C", "20 °C"])
def compartment(request: pytest.FixtureRequest) -> Iterator[JaxleyCellSession]:
    """Return one HH compartment on Jaxley, at two temperatures."""
    with opened(JaxleyCellSession(ball(), replace(HH_ALONE, celsius=request.param))) as session:
        assert isinstance(session, JaxleyCellSession)
        yield session


def restarted(session: Any, dt: float, v_init: float) -> Any:
    """Return a session at t = 0 with another step and another initial voltage."""
    session.dt, session.v_init = dt, v_init
    session.handle(Reset())
    return session


@pytest.mark.slow
@pytest.mark.parametrize(
    ("dt", "v_init"), [(0.025, -65.0), (0.025, -55.0), (0.025, -40.0), (0.01, -65.0), (0.01, -40.0)]
)
def test_a_compartment_is_that_of_bare_neuron_at_every_step(
    compartment: JaxleyCellSession, dt: float, v_init: float
) -> None:
    # alpha_m is 0/0 at exactly -40 mV, alpha_n at -55 mV.
    expected = bare(dt, compartment.model.celsius, v_init)
    found = every_step(restarted(compartment, dt, v_init), RUN_MS)[:, 0]
    assert expected.max() > 0, "no spike to compare"
    assert found[0] == v_init
    assert np.abs(found - expected).max() < 1e-6


@pytest.mark.parametrize("v", [-40.0, -55.0, -40.0 + 5e-6, -55.0 - 5e-6, -40.0 + 2e-5])
def test_a_compartment_is_defined_at_and_around_the_singular_points_of_hh(
    compartment: JaxleyCellSession, v: float
) -> None:
    expected = bare(0.025, compartment.model.celsius, v)[:40]
    found = every_step(restarted(compartment, 0.025, v), 39 * 0.025)[:, 0]
    assert np.abs(found - expected).max() < 1e-6


def test_a_loaded_compartment_on_neuron_is_bare_neuron_too() -> None:
    with opened(NeuronCellSession(ball(), HH_ALONE)) as session:
        found = every_step(session, RUN_MS)[:, 0]
    assert np.abs(found - bare(0.025, 6.3, -65.0)).max() < 1e-9  # L from points, not as a number


def test_ten_degrees_are_a_factor_of_three_in_the_gates() -> None:
    cold, warm = bare(0.025, 6.3, -65.0), bare(0.025, 20.0, -65.0)
    assert np.abs(cold - warm).max() > 10, "the temperature makes no difference to compare"


# ----------------------------------------------------------------------------------- regions and inputs

PAS = Mechanism("pas", {"g": 1e-4, "e": -65.0})
SOMA = Target("soma")
TIP = Target("basal", 1.0, 2)


def clamps(*steps: tuple[Target, float, float, float]) -> tuple[IClamp, ...]:
    """Return current steps from (target, delay, dur, amp)."""
    return tuple(IClamp(target, delay, dur, amp) for target, delay, dur, amp in steps)


MIXED = {"soma": (HH,), "axon": (HH,), "basal": (PAS,)}
REGIONS = {
    "hh in soma and axon, pas in dendrites": MIXED,
    "hh of another density in each region": {
        "soma": (HH,),
        "axon": (replace(HH, parameters={**HH.parameters, "gnabar": 0.2}),),
        "basal": (WEAK_HH,),
    },
    "hh and pas together, with their defaults": {"all": (Mechanism("hh"), Mechanism("pas"))},
    "pas with another reversal in each region": {
        "soma": (PAS,),
        "axon": (replace(PAS, parameters={"g": 5e-5, "e": -75.0}),),
        "basal": (replace(PAS, parameters={"g": 2e-4, "e": -55.0}),),
    },
    "one mechanism twice: everywhere, and otherwise in the soma": {
        "soma": (replace(PAS, parameters={"g": 3e-4}),),
        "all": (replace(PAS, parameters={"e": -60.0}),),
    },
    "a bare soma and axon": {"basal": (PAS,)},
    "nothing at all": {},
}


@pytest.mark.slow
@pytest.mark.parametrize("regions", REGIONS.values(), ids=REGIONS)
def test_a_cell_with_different_regions_is_the_same_on_both(regions: dict[str, Any]) -> None:
    model = CellModel(
        regions=regions, stimuli=clamps((SOMA, 2.0, 6.0, 0.6)), cm_uf_cm2=0.8, rate_tables=False
    )
    neuron, jaxley = on_both(typed_cell(), model, 12.0)
    assert np.ptp(neuron, axis=0).min() > 1, "nothing happens that could differ"
    assert np.abs(neuron - jaxley).max() < 1e-6


INPUTS = {
    "a second step later": clamps((SOMA, 1.0, 2.0, 0.6), (SOMA, 6.0, 2.0, 0.6)),
    "a negative one": clamps((SOMA, 1.0, 5.0, -0.4)),
    "overlapping in one segment": clamps((SOMA, 1.0, 4.0, 0.3), (SOMA, 3.0, 4.0, 0.3)),
    "overlapping in two segments": clamps((SOMA, 1.0, 5.0, 0.4), (TIP, 3.0, 5.0, 0.2)),
    "against each other": clamps((SOMA, 1.0, 5.0, 0.5), (TIP, 1.0, 5.0, -0.2)),
    "no longer than a step, and of no duration": clamps((SOMA, 1, 0.025, 9.0), (SOMA, 2, 0, 9.0)),
    "begun and ended between two steps": clamps((SOMA, 1.013, 2.02, 0.6), (TIP, 3.49, 1.01, 0.2)),
    "from the very start": clamps((SOMA, 0.0, 3.0, 0.6)),
    "ten at once": clamps(*((Target("basal", 0.5, i % 3), 1.0 + i, 3.0, 0.1) for i in range(10))),
    "none": (),
}


@pytest.mark.slow
@pytest.mark.parametrize("stimuli", INPUTS.values(), ids=INPUTS)
def test_current_steps_act_at_the_same_steps_on_both(stimuli: tuple[IClamp, ...]) -> None:
    model = CellModel(regions=MIXED, stimuli=stimuli, rate_tables=False)
    neuron, jaxley = on_both(typed_cell(), model, 12.0)
    assert np.abs(neuron - jaxley).max() < 1e-6


@pytest.mark.slow
def test_a_step_changed_during_the_run_has_the_same_effect_on_both() -> None:
    model = CellModel(regions=MIXED, stimuli=clamps((SOMA, 1.0, 9.0, 0.2)), rate_tables=False)
    found = []
    for kind in (NeuronCellSession, JaxleyCellSession):
        with opened(kind(typed_cell(), model)) as session:
            rows = [every_step(session, 3.0)]
            session.apply_control(session.CONTROL_AMP, 0.7)
            rows.append(every_step(session, 3.0))
            session.apply_control(session.CONTROL_DUR, 4.0)
            rows.append(every_step(session, 3.0))
            found.append(np.concatenate(rows))
    assert found[0].max() > 0, "no spike to compare"
    assert np.abs(found[0] - found[1]).max() < 1e-6


# ------------------------------------------------------------------------------------ Jaxley by itself

LENGTH_UM, RADIUS_UM, RA, G, E, AMP = 1000.0, 1.0, 100.0, 1e-4, -65.0, 0.01
LAMBDA_UM = 1e4 * np.sqrt(2 * RADIUS_UM * 1e-4 / (4 * RA * G))


def cable(pieces: int) -> Morphology:
    """Return a straight cable of 1 mm, as one section or as several end to end."""
    edges = np.linspace(0.0, LENGTH_UM, pieces + 1)
    basal, radii = SwcType.BASAL_DENDRITE, [RADIUS_UM] * 2
    parts = [
        section(f"dend[{i}]", basal, [(begin, 0.0, 0.0), (end, 0.0, 0.0)], radii, i - 1)
        for i, (begin, end) in enumerate(pairwise(edges.tolist()))
    ]
    return Morphology("cable", tuple(parts))


@pytest.mark.parametrize("pieces", [1, 4])
def test_a_sealed_passive_cable_comes_to_its_analytic_steady_state(pieces: int) -> None:
    # V(x) = I R∞ cosh(x₀/λ) cosh((L − x)/λ) / sinh(L/λ) for x ≥ x₀, R∞ = 2/π √(Ra/g) d^(−3/2): Rall 1977.
    model = CellModel(
        regions={"all": (Mechanism("pas", {"g": G, "e": E}),)},
        ra_ohm_cm=RA,
        d_lambda=0.005,
        stimuli=(IClamp(Target("basal", 0.0), 0.0, 1e9, AMP),),
    )
    with opened(JaxleyCellSession(cable(pieces), model, dt=0.5)) as session:
        session.live_stepper().step(1200)
        v = session.live_stepper().read().copy()
        geometry = session.geometry
    assert geometry is not None
    assert geometry.n_segments > 100
    x = np.cumsum(geometry.length) - geometry.length / 2
    resistance = 2 / np.pi * np.sqrt(RA / G) * (2 * RADIUS_UM * 1e-4) ** -1.5 * 1e-6  # MΩ
    expected = AMP * resistance * np.cosh(x[0] / LAMBDA_UM) * np.cosh((LENGTH_UM - x) / LAMBDA_UM)
    expected /= np.sinh(LENGTH_UM / LAMBDA_UM)
    assert expected[0] > 2 * expected[-1] > 2, "the cable is too short for this test"
    np.testing.assert_allclose(v - E, expected, rtol=1e-4)


def test_a_passive_compartment_charges_as_backward_euler_predicts_and_nearly_exponentially() -> (
    None
):
    model = CellModel(
        regions={"all": (Mechanism("pas", {"g": G, "e": E}),)},
        v_init_mv=E,
        stimuli=(IClamp(Target("soma"), 0.0, 1e9, AMP),),
    )
    with opened(JaxleyCellSession(ball(), model)) as session:
        v = every_step(session, 20.0)[:, 0] - E
    area_cm2 = np.pi * (DIAMETER_UM * 1e-4) ** 2
    rise, tau_ms = AMP * 1e-6 / (G * area_cm2), 1e-3 / G  # mV; cm/g, µF/mS
    n = np.arange(len(v))
    np.testing.assert_allclose(v, rise * (1 - (1 + 0.025 / tau_ms) ** -n), atol=1e-9)
    np.testing.assert_allclose(v, rise * (1 - np.exp(-n * 0.025 / tau_ms)), atol=1e-2)
