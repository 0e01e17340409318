"""Traces that an author names, and views of Jaxley's variables."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from driving import closing, of_kind, settle, trace_of
from jaxley_models import TwoBranches

from backends.errors import ProtocolError
from backends.messages import CaptureTrace, EventsAppend, FieldReplace, RunFor, TraceAdded
from backends.scene import MorphologyViewSpec

pytest.importorskip("jaxley")


class Gates(TwoBranches):
    """Names its traces in one line each."""

    traces = {  # noqa: RUF012 (as an author writes it)
        "voltage": lambda s: s.network.branch(1).comp(1),
        "m gate": lambda s: (s.network.branch(0).comp(0), "HH_m"),
    }

    def view_specs(self) -> Any:
        """Return the cell coloured by a gate."""
        return [MorphologyViewSpec("m", "morphology", "HH_m")]


def test_traces_and_frames_of_jaxleys_states() -> None:
    session = Gates()
    with closing(session):
        scene = session.initialize()
        assert scene.field_by_id("HH_m").unit == ""
        place = session.network.branch(1).comp(1).nodes.index[0]
        rows = session.network.nodes.index.to_list()
        expected_id = session.geometry.segment_ids[rows.index(place)]
        session.handle(RunFor(2.0))
        received = settle(session)
        added = {u.trace_id: u for u in of_kind(TraceAdded, received)}
        assert added["voltage"].segment_id == expected_id
        frames = {frame.field_id: frame for frame in of_kind(FieldReplace, received)}
        times, values = trace_of("m gate", received)
        assert np.allclose(np.diff(times), session.display_dt)
        segment = session.geometry.index_of(added["m gate"].segment_id)
        assert values[-1] == frames["HH_m"].values[segment]
        _, voltage = trace_of("voltage", received)
        shown = session.geometry.index_of(expected_id)
        assert voltage[-1] == pytest.approx(frames["display"].values[shown], rel=1e-6)
        session.read_updates()
        session.handle(CaptureTrace(expected_id))
        assert of_kind(TraceAdded, settle(session)) == []  # it is there under its name


@pytest.mark.parametrize(
    ("function", "word"),
    [
        (lambda s: 3, "is not a place"),
        (lambda s: (s.network.branch(0).comp(0), "HH_q"), "HH_m"),
        (lambda s: s.network.branch(7).comp(0), "failed"),
        (lambda s: "nowhere(0.5)", "nowhere"),
    ],
)
def test_a_wrong_trace_is_refused_with_the_authors_line(function: Any, word: str) -> None:
    class Wrong(TwoBranches):
        """A session with a mistake."""

        traces = {"a": function}  # noqa: RUF012 (as an author writes it)

    session = Wrong()
    with closing(session), pytest.raises(ProtocolError) as caught:
        session.initialize()
    assert caught.value.code == "hook-returned"
    assert word in caught.value.message
    assert "test_jaxley_named_traces.py, line" in caught.value.message


def test_spikes_are_where_the_sampled_voltage_rises_through_the_threshold() -> None:
    class Spiking(TwoBranches):
        """Counts the soma's spikes."""

        def spike_sources(self) -> Any:
            """Return the soma."""
            return {"soma": (self.network.branch(0).comp(0), 0.0)}

    session = Spiking()
    with closing(session):
        scene = session.initialize()
        assert scene.views[-1].KIND == "raster"
        session.handle(CaptureTrace("branch[0](0.5)"))
        received = settle(session)
        for _ in range(5):
            session.handle(RunFor(10.0))
            received += settle(session)
        times, values = trace_of("branch[0](0.5)", received)
        at = np.flatnonzero((values[:-1] < 0) & (values[1:] >= 0))
        assert len(at) > 1
        share = -values[at] / (values[at + 1] - values[at])
        events = of_kind(EventsAppend, received)
        got = np.concatenate([each.times for each in events])
        np.testing.assert_allclose(got, times[at] + share * (times[at + 1] - times[at]), rtol=1e-6)
        assert session.compilations <= 2
