"""A live run equals one `jx.integrate` of the same module, however it is sliced; nearly so in float32."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from copy import deepcopy
from typing import Any

import numpy as np
import pytest
from driving import closing, trace_of
from jaxley_models import AMP, Chain, TwoBranches

from backends.jaxley import JaxleySession
from backends.jaxley.simulator import load_jaxley
from backends.messages import CaptureTrace, Reset, RunFor

pytest.importorskip("jaxley")

DT, STEPS = 0.025, 800


@pytest.fixture(scope="module")
def pair() -> Iterator[TwoBranches]:
    """Return one HH cell with an `inject`ed current."""
    session = TwoBranches()
    with closing(session):
        session.initialize()
        yield session


@pytest.fixture(scope="module")
def chain() -> Iterator[Chain]:
    """Return three HH cells, two synapses and a stimulus of Jaxley."""
    session = Chain()
    with closing(session):
        session.initialize()
        yield session


@pytest.fixture(params=["pair", "chain"])
def session(request: pytest.FixtureRequest) -> Any:
    """Return one of the two at t = 0."""
    found = request.getfixturevalue(request.param)
    found.handle(Reset())
    return found


def step_by_step(session: JaxleySession, times: int, steps: int = 1) -> np.ndarray:
    """Return v before, and after each number of steps, mV, (times + 1, n_segments)."""
    stepper = session.live_stepper()
    rows = [stepper.read().copy()]
    for _ in range(times):
        stepper.step(steps)
        rows.append(stepper.read().copy())
    return np.array(rows)


def integrated(session: JaxleySession, steps: int) -> np.ndarray:
    """Return the result of `jx.integrate` for the session's module, mV, (steps + 1, n_segments)."""
    import jaxley as jx

    module = deepcopy(session.network)
    if isinstance(session, TwoBranches):
        middles = (np.arange(steps) + 0.5) * DT
        current = np.where(middles >= 1.0, AMP.value_spec.default, 0.0)
        module.branch(0).comp(0).stimulate(current, verbose=False)
    module.set("v", session.v_init)
    module.init_states(DT)
    module.record(verbose=False)
    found = jx.integrate(module, delta_t=DT, t_max=steps * DT)
    return np.asarray(found).T[: steps + 1]


def states_of(session: JaxleySession) -> dict[str, np.ndarray]:
    """Return copies of all states: voltages, gates, currents, synapses."""
    return {name: np.array(value) for name, value in session._live._jaxley.states.items()}  # type: ignore[union-attr]


@pytest.mark.slow
def test_every_voltage_of_every_step_is_that_of_integrate(session: Any) -> None:
    expected, found = integrated(session, STEPS), step_by_step(session, STEPS)
    assert found.shape == expected.shape
    assert expected[:, 0].max() > 0, "no spike to compare"
    assert np.abs(found - expected).max() < 1e-9


SLICES: dict[str, Callable[[], list[int]]] = {
    "one by one": lambda: [1] * 60,
    "odd sizes": lambda: [1, 2, 3, 5, 7, 11, 400, 13, 1, 757],
    "around a window": lambda: [1023, 1024, 1025, 1, 1024, 3],
    "beyond a window": lambda: [2100, 1, 1],
    "at random": lambda: np.random.default_rng(7).integers(1, 300, 25).tolist(),
}


@pytest.mark.parametrize("slices", SLICES.values(), ids=SLICES)
def test_slices_of_any_size_end_in_the_very_bits_of_one_run(
    session: Any, slices: Callable[[], list[int]]
) -> None:
    stepper, sizes = session.live_stepper(), slices()
    for size in sizes:
        stepper.step(size)
    sliced, t = states_of(session), stepper.t
    session.handle(Reset())
    stepper.step(sum(sizes))
    assert stepper.t == pytest.approx(t, abs=1e-9)
    for name, value in states_of(session).items():
        np.testing.assert_array_equal(value, sliced[name], err_msg=name)


@pytest.mark.parametrize("every", [1, 4, 7, 1024, 1500])
def test_samples_are_the_values_of_their_steps(session: Any, every: int) -> None:
    stepper = session.live_stepper()
    n = max(2, 90 // every)
    expected = step_by_step(session, n, every)[1:]
    session.handle(Reset())
    width = session.geometry.n_segments
    times, values = np.empty(n), np.empty((n, width), np.float32)
    stepper.watch(None)
    assert stepper.sample(every, times, values) == n
    stepper.watch(session.history.watched)
    np.testing.assert_allclose(times, np.arange(1, n + 1) * every * DT, atol=1e-9)
    np.testing.assert_array_equal(values, expected.astype(np.float32))


def test_a_trace_of_a_run_in_batches_is_integrates(pair: TwoBranches) -> None:
    pair.handle(Reset())
    expected = integrated(pair, STEPS)
    pair.read_updates()
    batches = np.random.default_rng(5)
    pair.steps_per_update = lambda: int(batches.integers(1, 90))  # type: ignore[method-assign]
    pair.handle(CaptureTrace("branch[1](0.5)"))
    pair.handle(RunFor(STEPS * DT))
    while pair.is_live():
        pair.advance()
    del pair.steps_per_update
    times, values = trace_of("branch[1](0.5)", pair.read_updates())
    np.testing.assert_allclose(times, np.arange(0, STEPS + 1, 4) * DT, atol=1e-9)
    np.testing.assert_allclose(values, expected[::4, 3], atol=1e-5)  # traces are float32


@pytest.mark.slow
def test_float32_is_a_choice_that_costs_digits_and_no_more(pair: TwoBranches) -> None:
    class Single(TwoBranches):
        precision = "float32"

    pair.handle(Reset())
    double = step_by_step(pair, 400)
    session = Single()
    try:
        with closing(session):
            session.initialize()
            assert {each.dtype for each in states_of(session).values()} == {np.dtype(np.float32)}
            assert session.state_of("v").dtype == np.float64  # a copy, in the window's type
            assert session._live.dtype is np.float32
            assert "float32" in session._live.simulator_facts()["Precision"]
            single = step_by_step(session, 400)
            assert {each.dtype for each in states_of(session).values()} == {np.dtype(np.float32)}
    finally:
        load_jaxley("float64")
    difference = np.abs(single - double)
    upstroke = int(np.argmax(double[:, 0] > -45.0))
    assert double.max() > 0
    assert upstroke > 40, "the spike comes at once"
    assert np.isfinite(single).all()
    assert 0 < difference[:upstroke].max() < 0.1
    assert difference.max() < 1.0  # in the upstroke, 300 mV/ms, a microsecond is 0.3 mV
