"""NEURON's own numbers, bit for bit, however a run is sliced; and a cable's analytic solution."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from driving import of_kind, trace_of
from neuron_bench import Built, bare_run, finish, hoc, run_for, running, spiking_pair

from backends.messages import (
    CaptureTrace,
    FieldReplace,
    Reset,
    RunFor,
    SetRunning,
    SetStopTime,
    StepOnce,
)

pytest.importorskip("neuron")

DT = 0.025


def last_frame(updates: list[Any]) -> FieldReplace:
    return of_kind(FieldReplace, updates)[-1]


@pytest.mark.slow
@pytest.mark.parametrize("mode", ["on_demand", "full"])
@pytest.mark.parametrize("steps", [None, 1, 3, 4, 50])
def test_voltages_are_those_of_bare_neuron_however_the_run_is_sliced(
    mode: str, steps: int | None
) -> None:
    times, voltages = bare_run(spiking_pair, 15.0, DT)
    session = Built(dt=DT, history_capture_mode=mode)
    session.steps_per_update = lambda: steps  # type: ignore[method-assign]
    with running(session):
        frame = last_frame(run_for(session, 15.0))
        present = [segment.v for section in session.sections for segment in section]
    assert frame.time_ms == times[-1]
    np.testing.assert_array_equal(present, voltages[-1])
    np.testing.assert_array_equal(frame.values, voltages[-1].astype(np.float32))


def test_the_history_of_every_segment_is_that_of_bare_neuron_at_display_dt() -> None:
    times, voltages = bare_run(spiking_pair, 12.0, DT)
    with running(session := Built(dt=DT, history_capture_mode="full")):
        run_for(session, 7.3)
        run_for(session, 4.7)
        for i, segment_id in enumerate(session.geometry.segment_ids):  # type: ignore[union-attr]
            session.handle(CaptureTrace(segment_id))
            got_times, got = trace_of(segment_id, session.read_updates())
            np.testing.assert_array_equal(got_times, times[::4])
            np.testing.assert_array_equal(got, voltages[::4, i].astype(np.float32))


@pytest.mark.parametrize("mode", ["on_demand", "full"])
def test_a_trace_is_complete_and_in_order_over_steps_pauses_and_odd_slices(mode: str) -> None:
    times, voltages = bare_run(spiking_pair, 9.0, DT)
    with running(session := Built(dt=DT, history_capture_mode=mode)) as updates:
        session.handle(CaptureTrace("dend(0.5)"))
        for steps in (1, 2, 1, 7, 30, 3):
            session.handle(StepOnce(steps))
            updates += finish(session)
        updates += run_for(session, 9.0 - 44 * DT)
    got_times, got = trace_of("dend(0.5)", updates)
    np.testing.assert_array_equal(got_times, times[::4])
    np.testing.assert_array_equal(got, voltages[::4, 10].astype(np.float32))


def test_tstop_continue_for_and_single_step_take_exactly_their_steps() -> None:
    with running(session := Built(dt=DT)):
        session.handle(StepOnce(3))
        finish(session)
        assert session.run_control.steps == 3
        assert session.t == pytest.approx(3 * DT, abs=1e-9)
        run_for(session, 1.01)  # 40 complete steps fit
        assert session.run_control.steps == 43
        session.handle(SetStopTime(30.0))
        session.handle(SetRunning(True))
        finish(session)
        assert session.run_control.steps == 1200
        assert session.t == pytest.approx(30.0, abs=1e-9)


def test_after_reset_the_same_run_gives_the_same_bits() -> None:
    with running(session := Built(dt=DT)):
        first = last_frame(run_for(session, 12.0))
        session.handle(Reset())
        assert session.t == 0.0
        again = last_frame(run_for(session, 12.0))
    np.testing.assert_array_equal(first.values, again.values)


LENGTH_UM, DIAM_UM, RA, G, E = 1000.0, 2.0, 100.0, 1e-4, -65.0
LAMBDA_UM = 1e4 * np.sqrt(DIAM_UM * 1e-4 / (4 * RA * G))


def passive_cable(h: Any) -> tuple[list[Any], list[Any]]:
    """Return a sealed passive cable with a current into its 0 end."""
    cable = h.Section(name="cable")
    cable.L, cable.diam, cable.Ra, cable.nseg = LENGTH_UM, DIAM_UM, RA, 201
    cable.insert("pas")
    cable.g_pas, cable.e_pas = G, E
    clamp = h.IClamp(cable(0))
    clamp.delay, clamp.dur, clamp.amp = 0.0, 1e9, 0.01
    return [cable], [clamp]


def test_a_passive_cable_comes_to_its_analytic_steady_state() -> None:
    # V(x) = I R∞ cosh((L − x)/λ) / sinh(L/λ), R∞ = 2/π √(Ra/g) d^(−3/2): Rall 1977.
    with running(session := Built(passive_cable, dt=0.1)):
        values = last_frame(run_for(session, 200.0)).values
        x = session.geometry.x * LENGTH_UM  # type: ignore[union-attr]
    resistance = 2 / np.pi * np.sqrt(RA / G) * (DIAM_UM * 1e-4) ** -1.5 * 1e-6  # MΩ
    expected = 0.01 * resistance * np.cosh((LENGTH_UM - x) / LAMBDA_UM)
    expected /= np.sinh(LENGTH_UM / LAMBDA_UM)
    np.testing.assert_allclose(values - E, expected, rtol=2e-3)


def test_a_uniform_passive_membrane_decays_with_its_time_constant() -> None:
    def quiet(h: Any) -> tuple[list[Any], list[Any]]:
        sections, _ = passive_cable(h)
        return sections, []

    session = Built(quiet, dt=0.005, v_init=-45.0, history_capture_mode="full", display_dt=0.1)
    with running(session):
        run_for(session, 20.0)
        session.handle(CaptureTrace("cable(0.5)"))
        times, values = trace_of("cable(0.5)", session.read_updates())
    tau_ms = 1e-6 / G * 1e3  # cm/g
    np.testing.assert_allclose(values - E, 20.0 * np.exp(-times / tau_ms), rtol=3e-3)


def test_a_dt_changed_during_the_run_takes_effect_at_the_next_batch() -> None:
    with running(session := Built(dt=0.1)):
        session.handle(StepOnce(10))
        finish(session)
        session.dt = 0.05
        session.handle(StepOnce(10))
        finish(session)
        assert session.t == pytest.approx(1.5, abs=1e-9)
        assert hoc().dt == 0.05


def test_variable_steps_end_at_the_requested_time() -> None:
    def variable(h: Any) -> tuple[list[Any], list[Any]]:
        solver = h.CVode()
        solver.active(True)
        sections, stimuli = spiking_pair(h)
        return sections, [*stimuli, solver]

    try:
        with running(session := Built(variable, dt=DT, history_capture_mode="full")):
            session.handle(RunFor(5.0))
            finish(session)
            assert session.t == pytest.approx(5.0, abs=1e-9)
    finally:
        hoc().CVode().active(False)
