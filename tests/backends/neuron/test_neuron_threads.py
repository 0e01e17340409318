"""A network on several of NEURON's threads."""

from __future__ import annotations

import numpy as np
import pytest
from driving import closing, of_kind, settle, trace_of
from spiking_network import Ring, bare_spikes

from backends.errors import ProtocolError
from backends.messages import CaptureTrace, EventsAppend, Reset, RunFor

pytest.importorskip("neuron")


class Threaded(Ring):
    """The ring on two threads, with one trace at every step."""

    threads = 2
    display_dt = None


def run(session: Ring) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return rows and times of the spikes, and a trace."""
    session.handle(Reset())
    session.read_updates()
    session.handle(RunFor(60.0))
    received = settle(session)
    events = of_kind(EventsAppend, received)
    rows = np.concatenate([each.rows for each in events])
    times = np.concatenate([each.times for each in events])
    return rows, times, trace_of("cell3.soma(0.5)", received)[1]


@pytest.mark.parametrize("mode", ["on_demand", "full"])
def test_two_threads_give_the_bits_of_one_and_end_with_the_session(mode: str) -> None:
    from neuron import h

    expected_rows, expected_times = bare_spikes(60.0)
    session = Threaded(history_capture_mode=mode)
    with closing(session):
        scene = session.initialize()
        assert scene.facts["Threads"] == "2"
        assert int(h.ParallelContext().nthread()) == 2
        session.handle(CaptureTrace("cell3.soma(0.5)"))
        rows, times, voltages = run(session)
        order = np.lexsort((expected_rows, expected_times))
        ours = np.lexsort((rows, times))
        np.testing.assert_array_equal(times[ours], expected_times[order])
        np.testing.assert_array_equal(rows[ours], expected_rows[order])
        session.threads = 1
        *_, alone = run(session)
        assert int(h.ParallelContext().nthread()) == 1
        np.testing.assert_array_equal(voltages, alone)
        session.threads = 3
        *_, three = run(session)
        np.testing.assert_array_equal(voltages, three)
    assert int(h.ParallelContext().nthread()) == 1


def test_recording_may_begin_on_a_running_model_of_two_threads() -> None:
    session = Threaded()
    with closing(session):
        session.initialize()
        session.handle(RunFor(10.0))
        settle(session)
        session.record("late", session.ring[3].soma(0.5)._ref_v)
        session.handle(CaptureTrace("cell3.soma(0.5)"))
        session.handle(RunFor(10.0))
        received = settle(session)
        times, late = trace_of("late", received)
        traced_times, traced = trace_of("cell3.soma(0.5)", received)
        assert len(late) == 400
        np.testing.assert_array_equal(times, traced_times[-400:])
        np.testing.assert_array_equal(late.astype(np.float32), traced[-400:])


@pytest.mark.parametrize("wrong", [0, -1, 1.5, "two", True, 65])
def test_a_wrong_number_of_threads_is_refused(wrong: object) -> None:
    session = Ring()
    with pytest.raises(ProtocolError, match="whole number"):
        session.threads = wrong
