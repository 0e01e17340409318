"""Spikes read from samples: where a voltage rises through a threshold."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from driving import closing, of_kind, settle, trace_of

from backends.errors import ProtocolError
from backends.live.history import HistoryCaptureMode, TraceHistory
from backends.live.views.spikes import SampledSpikes
from backends.messages import CaptureTrace, EventsAppend, FieldAppend, Reset, RunFor, SetControl
from backends.mock.session import MockSession
from backends.mock.stepping import VARIABLES


class Crossing(MockSession):
    """Counts when the soma comes above -62 mV."""

    start_running = False

    def spike_sources(self) -> Any:
        """Return the soma."""
        return {"soma": ("soma[0](0.5)", -62.0)}


@pytest.mark.parametrize("mode", list(HistoryCaptureMode))
def test_a_crossing_is_found_between_two_samples_and_across_batches(
    mode: HistoryCaptureMode,
) -> None:
    session = Crossing(history_capture_mode=mode)
    with closing(session):
        session.initialize()
        session.handle(CaptureTrace("soma[0](0.5)"))
        received = settle(session)
        for _ in range(40):
            session.handle(RunFor(0.7))
            received += settle(session)
        times, values = trace_of("soma[0](0.5)", received)
        at = int(np.flatnonzero((values[:-1] < -62) & (values[1:] >= -62))[0])
        share = (-62 - values[at]) / (values[at + 1] - values[at])
        expected = times[at] + share * (times[at + 1] - times[at])
        (event,) = of_kind(EventsAppend, received)
        assert event.rows.tolist() == [0]
        assert event.times[0] == pytest.approx(expected, rel=1e-6)
        session.handle(SetControl("amp", 0.0))
        session.handle(RunFor(100.0))
        session.handle(Reset())
        last = of_kind(EventsAppend, settle(session))[-1]
        assert (last.from_start, len(last.rows)) == (True, 0)


def test_a_place_that_only_spikes_has_no_trace() -> None:
    session = Crossing()
    with closing(session):
        session.initialize()
        session.handle(RunFor(10.0))
        assert of_kind(FieldAppend, settle(session)) == []


def test_spikes_of_another_variable_than_the_voltage_are_refused() -> None:
    session = Crossing()
    session.display_variable = VARIABLES[1]
    with closing(session), pytest.raises(ProtocolError, match="display_variable"):
        session.initialize()


def test_many_places_cross_at_once() -> None:
    history = TraceHistory(3, HistoryCaptureMode.FULL, 10, 1 << 20)
    spikes = SampledSpikes(lambda: history, [0, 2], [0.0, 5.0])
    times, values = history.reserve(4)
    times[:] = [0.0, 0.1, 0.2, 0.3]
    values[:] = [[-1, 9, 0], [1, 9, 4], [-1, 9, 6], [3, 9, 7]]
    history.commit(4)
    rows, when = spikes.drain()
    assert sorted(zip(rows.tolist(), np.round(when, 4).tolist(), strict=True)) == [
        (0, 0.05),
        (0, 0.225),
        (1, 0.15),
    ]
    assert spikes.drain()[0].tolist() == []
