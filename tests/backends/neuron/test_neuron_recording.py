"""Full-dt recordings of any reference, before and during a run."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from driving import of_kind, trace_of
from neuron_bench import Built, bare_run, run_for, running, spiking_pair

from backends.errors import RequestError
from backends.messages import Error, FieldReplace, RemoveTrace, Reset, TraceAdded, TraceRemoved

pytest.importorskip("neuron")

DT = 0.025


class Recorded(Built):
    """Records the soma's voltage and sodium current, and collects the samples."""

    def __init__(self) -> None:
        super().__init__(dt=DT)
        self.batches: list[tuple[np.ndarray, np.ndarray]] = []

    def setup_model(self, sections: Any) -> None:
        soma = sections[0](0.5)
        self.record_many(["v soma", "ina"], [soma._ref_v, soma._ref_ina])

    def on_recorded_samples(self, times: np.ndarray, values: np.ndarray) -> None:
        self.batches.append((times, values))

    def samples(self) -> tuple[np.ndarray, np.ndarray]:
        """Return all samples, joined."""
        times, values = zip(*self.batches, strict=True)
        return np.concatenate(times), np.concatenate(values, axis=1)


def test_every_step_is_sampled_once_in_order_and_shown_as_traces() -> None:
    times, voltages = bare_run(spiking_pair, 10.0, DT)
    with running(session := Recorded()) as updates:
        updates += run_for(session, 3.0) + run_for(session, 7.0)
        got_times, got = session.samples()
        np.testing.assert_array_equal(got_times, times)
        np.testing.assert_array_equal(got[0], voltages[:, 0])
        for row, name in enumerate(("v soma", "ina")):
            trace_times, trace = trace_of(name, updates)
            np.testing.assert_array_equal(trace_times, times)
            np.testing.assert_array_equal(trace, got[row])
        assert {each.segment_id for each in of_kind(TraceAdded, updates)} == {None}
        assert session.recorded_values() == {"v soma": got[0, -1], "ina": got[1, -1]}


def test_recording_more_on_a_running_model_changes_no_bit_of_the_run() -> None:
    times, voltages = bare_run(spiking_pair, 12.0, DT)
    with running(session := Recorded()) as updates:
        run_for(session, 5.0)
        session.record("v dend", session.sections[2](0.5)._ref_v)
        assert session.t == times[200]
        updates += run_for(session, 7.0)
        present = [segment.v for section in session.sections for segment in section]
        np.testing.assert_array_equal(present, voltages[-1])
        assert of_kind(FieldReplace, updates)[-1].time_ms == times[-1]
        late_times, late = trace_of("v dend", updates)
        np.testing.assert_array_equal(late_times, times[201:])
        np.testing.assert_array_equal(late, voltages[201:, 10])
        assert [values.shape[0] for _, values in session.batches][-1] == 3
        steady_times = np.concatenate([times for times, _ in session.batches])
        np.testing.assert_array_equal(steady_times, times)


def test_after_reset_recordings_begin_again_at_zero() -> None:
    with running(session := Recorded()):
        run_for(session, 2.0)
        session.batches.clear()
        session.handle(Reset())
        updates = session.read_updates()
        assert [each.times.tolist() for each in of_kind(TraceAdded, updates)] == [[0.0], [0.0]]
        run_for(session, 1.0)
        assert len(session.samples()[0]) == 41


def test_a_removed_recording_is_still_sampled_but_not_shown() -> None:
    with running(session := Recorded()):
        session.handle(RemoveTrace("ina"))
        updates = session.read_updates() + run_for(session, 1.0)
        assert TraceRemoved("ina") in updates
        assert len(trace_of("ina", updates)[0]) == 0
        assert len(trace_of("v soma", updates)[0]) == 40
        assert session.batches[-1][1].shape == (2, 40)
        with pytest.raises(RequestError, match="trace 'ina'"):
            session.handle(RemoveTrace("ina"))


def test_names_are_unique_and_as_many_as_references() -> None:
    with running(session := Recorded()):
        ref = session.sections[0](0.5)._ref_v
        with pytest.raises(RequestError, match="'ina'"):
            session.record("ina", ref)
        with pytest.raises(RequestError, match="'x'"):
            session.record_many(["x", "x"], [ref, ref])
        with pytest.raises(RequestError, match="2 names"):
            session.record_many(["x", "y"], [ref])


def test_a_failing_sample_hook_is_reported_and_the_run_continues() -> None:
    session = Recorded()
    session.on_recorded_samples = lambda *_: 1 / 0  # type: ignore[method-assign]
    with running(session):
        updates = run_for(session, 1.0)
        assert of_kind(Error, updates)[0].code == "hook-failed"
        assert session.run_control.steps == 40
