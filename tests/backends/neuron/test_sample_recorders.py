"""Samples of a small cell's segments, recorded by NEURON itself."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from driving import trace_of
from neuron_bench import Built, bare_run, run_for, running, spiking_pair

from backends.messages import CaptureTrace, RemoveTrace, Reset, SetDisplayVariable, StepOnce
from backends.neuron.recorder import Recorder
from backends.neuron.sample_recorders import SampleRecorders

DT = 0.025


def stored(session: Any) -> int:
    """Return how many samples NEURON holds for the session's traces."""
    recorders = session.stepper._samplers
    return sum(recorder.size for recorder in recorders._recorders)


def test_a_trace_begun_on_a_running_model_has_the_bits_of_bare_neuron() -> None:
    times, voltages = bare_run(spiking_pair, 20.0, DT)
    with running(session := Built(dt=DT, display_dt=0.1)) as updates:
        session.steps_per_update = lambda: 80
        run_for(session, 5.0)
        session.handle(CaptureTrace("soma(0.5)"))
        updates += run_for(session, 5.0)
        session.handle(CaptureTrace("dend(0.5)"))
        updates += run_for(session, 10.0)
        assert session.stepper._samplers.are_started
        for name, column, begin in (("soma(0.5)", 0, 200), ("dend(0.5)", 10, 400)):
            got_times, got = trace_of(name, updates)
            rows = np.arange(begin, 801, 4)
            np.testing.assert_array_equal(got_times, times[rows])
            np.testing.assert_array_equal(
                got.astype(np.float32), voltages[rows, column].astype(np.float32)
            )
        present = [segment.v for section in session.sections for segment in section]
        np.testing.assert_array_equal(present, voltages[-1])


@pytest.mark.parametrize("mode", ["on_demand", "full"])
def test_another_variable_is_recorded_beside_the_voltage_with_the_bits_of_neuron(mode: str) -> None:
    session = Built(dt=DT, display_dt=0.1, history_capture_mode=mode)
    with running(session) as updates:
        session.steps_per_update = lambda: 80
        soma, dend = session.sections[0](0.5), session.sections[2](0.5)
        session.record_many(["v", "m"], [soma._ref_v, soma._ref_m_hh])
        session.handle(CaptureTrace("soma(0.5)"))
        session.handle(SetDisplayVariable("m_hh"))
        session.handle(CaptureTrace("soma(0.5)"))
        session.handle(CaptureTrace("dend(0.5)"))
        updates = session.read_updates() + run_for(session, 20.0)
        assert session.stepper._samplers.are_started
        for sampled, recorded in (("soma(0.5)", "v"), ("soma(0.5).m_hh", "m")):
            times, values = trace_of(recorded, updates)
            got_times, got = trace_of(sampled, updates)
            rows = np.searchsorted(times, got_times[got_times > 0])
            assert len(rows) == 200
            np.testing.assert_array_equal(got_times[got_times > 0], times[rows])
            np.testing.assert_array_equal(got[got_times > 0], values[rows].astype(np.float32))
        assert np.isnan(trace_of("dend(0.5).m_hh", updates)[1]).all()
        assert not hasattr(dend, "m_hh")


def test_neuron_records_nothing_once_no_trace_is_left() -> None:
    with running(session := Built(dt=DT, display_dt=0.1)):
        session.steps_per_update = lambda: 80
        session.handle(CaptureTrace("soma(0.5)"))
        run_for(session, 4.0)
        assert session.stepper._samplers.are_started
        session.handle(RemoveTrace("soma(0.5)"))
        run_for(session, 4.0)
        assert session.stepper._samplers._recorders == []


def test_single_steps_and_variable_steps_do_not_fill_the_memory() -> None:
    with running(session := Built(dt=DT, display_dt=0.1)):
        session.steps_per_update = lambda: 80
        session.handle(CaptureTrace("soma(0.5)"))
        run_for(session, 4.0)
        for _ in range(40):
            session.handle(StepOnce())
            session.advance()
        assert stored(session) <= 4
        from neuron import h

        h.CVode().active(True)
        try:
            session.handle(Reset())
            run_for(session, 20.0)
            assert stored(session) <= 100
        finally:
            h.CVode().active(False)


def test_samples_are_read_where_the_memory_has_moved_and_where_they_were_dropped_unread() -> None:
    from neuron import h

    section = h.Section("alone")
    recorder = Recorder(h, section(0.5)._ref_v)
    h.finitialize(-65)
    for n in (10, 5000, 10, 9000, 20):
        for _ in range(n):
            recorder.append()
        if n == 9000:
            recorder.clear()  # unread, after the memory has moved
            continue
        size = recorder.size
        np.testing.assert_array_equal(recorder.samples(size), np.full(size, -65.0))
        np.testing.assert_array_equal(recorder.samples(size), np.array(recorder.vector))
        recorder.clear()
    h.delete_section(sec=section)


@pytest.mark.parametrize(
    ("n_segments", "n_watched", "every", "expected"),
    [(22, 1, 4, True), (22, 22, 4, True), (22, 0, 4, False), (200, 200, 4, False), (927, 1, 4, False)],
)  # fmt: skip
def test_neuron_records_where_that_costs_less(
    n_segments: int, n_watched: int, every: int, expected: bool
) -> None:
    assert SampleRecorders.is_worth(n_segments, n_watched, every) == expected
