"""A current begins and ends in the same step on both simulators, for every delay, duration and dt."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from backends.jaxley.compiled.inputs import CurrentStep, Inputs

h = pytest.importorskip("neuron").h
DTS = [0.1, 0.05, 0.025, 0.0125, 0.01, 0.2, 1 / 30, 0.07]


def neuron_pattern(delay: float, dur: float, dts: list[float], steps: int) -> list[bool]:
    """Return in which steps NEURON's IClamp is on; each dt holds for `steps` of them."""
    soma = h.Section(name="edges")
    clamp = h.IClamp(soma(0.5))
    clamp.delay, clamp.dur, clamp.amp = delay, dur, 1.0
    h.dt = dts[0]
    h.finitialize(-65)
    pattern = []
    for dt in dts:
        h.dt = dt
        for _ in range(steps):
            h.fadvance()
            pattern.append(clamp.i != 0)
    del clamp
    h.delete_section(sec=soma)
    h.dt = 0.025
    return pattern


def jaxley_pattern(
    delay: float, dur: float, dts: list[float], steps: int, cuts: list[int]
) -> list[bool]:
    """Return the same of a `CurrentStep`, asked for in windows that begin at the cuts."""
    inputs = Inputs(1)
    inputs.steps.append(CurrentStep(0, delay, dur, 1.0))
    pattern: list[bool] = []
    for i, dt in enumerate(dts):
        if i:
            inputs.clock.end_dt(len(pattern), dts[i - 1])
        begin = i * steps
        borders = sorted({begin, begin + steps, *(begin + cut for cut in cuts if cut < steps)})
        for first, end in pairwise(borders):
            window = inputs.windows([("i", 1)], first, dt, end - first)["i"]
            pattern += (window[: end - first, 0] != 0).tolist()
    return pattern


@settings(max_examples=200, deadline=None)
@given(
    dt=st.sampled_from(DTS),
    half_delay=st.integers(0, 400),
    half_dur=st.integers(0, 200),
    cuts=st.lists(st.integers(1, 299), max_size=4),
)
def test_edges_on_borders_and_middles_of_steps(
    dt: float, half_delay: int, half_dur: int, cuts: list[int]
) -> None:
    delay, dur = half_delay * dt / 2, half_dur * dt / 2
    expected = neuron_pattern(delay, dur, [dt], 300)
    assert jaxley_pattern(delay, dur, [dt], 300, cuts) == expected


@settings(max_examples=100, deadline=None)
@given(
    dt=st.sampled_from(DTS),
    delay=st.floats(0, 10).map(lambda x: round(x, 3)),
    dur=st.floats(0, 10).map(lambda x: round(x, 3)),
)
def test_edges_written_in_decimals(dt: float, delay: float, dur: float) -> None:
    assert jaxley_pattern(delay, dur, [dt], 250, [100]) == neuron_pattern(delay, dur, [dt], 250)


@settings(max_examples=50, deadline=None)
@given(dts=st.lists(st.sampled_from(DTS), min_size=2, max_size=3), half_delay=st.integers(0, 200))
def test_edges_after_a_change_of_dt(dts: list[float], half_delay: int) -> None:
    delay = half_delay * dts[0] / 2
    expected = neuron_pattern(delay, 3.0, dts, 80)
    assert jaxley_pattern(delay, 3.0, dts, 80, [33]) == expected


def test_far_from_t_0_the_clock_is_still_neuron_s() -> None:
    n, dt = 40_000, 0.025
    h.dt = dt
    soma = h.Section(name="clock")
    h.finitialize(-65)
    for _ in range(n):
        h.fadvance()
    t = h.t
    h.delete_section(sec=soma)
    clock = Inputs(1).clock
    for first in range(0, n, 512):
        clock.middles(first, dt, 512)
    assert clock.middles(n, dt, 1)[0] == t + 0.5 * dt
    assert np.abs(t - n * dt) > 0
