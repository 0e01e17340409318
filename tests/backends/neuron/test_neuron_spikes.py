"""Spikes of a network, against NEURON alone."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from driving import closing, of_kind, settle
from spiking_network import Ring, bare_spikes

from backends.errors import ProtocolError
from backends.messages import (
    EntityClicked,
    EventsAppend,
    FieldReplace,
    Reset,
    RunFor,
    SessionUpdate,
)
from backends.views import BarViewSpec, RasterViewSpec

pytest.importorskip("neuron")


def spikes_of(updates: list[SessionUpdate]) -> tuple[np.ndarray, np.ndarray]:
    """Return rows and times as a raster collects them."""
    rows, times = np.zeros(0, int), np.zeros(0)
    for each in of_kind(EventsAppend, updates):
        if each.from_start:
            rows, times = np.zeros(0, int), np.zeros(0)
        rows, times = np.append(rows, each.rows), np.append(times, each.times)
    return rows, times


def test_the_spikes_are_those_of_neuron_alone_however_the_run_is_sliced_and_after_reset() -> None:
    expected = bare_spikes(80.0)
    assert len(expected[0]) > 5
    session = Ring()
    with closing(session):
        scene = session.initialize()
        assert scene.views[-1] == RasterViewSpec("spikes", "spikes", title="Spikes")
        field = scene.field_by_id("spikes")
        assert field.coords["row"] == tuple(f"cell{i}" for i in range(5))
        received = settle(session)
        for duration in (20.0, 7.5, 52.5):
            session.handle(RunFor(duration))
            received += settle(session)
        for got, wanted in zip(spikes_of(received), expected, strict=True):
            np.testing.assert_array_equal(got, wanted)
        counts = [f for f in of_kind(FieldReplace, received) if f.field_id == "spikes"][-1]
        np.testing.assert_array_equal(
            counts.values, np.bincount(expected[0].astype(int), minlength=5)
        )
        session.handle(Reset())
        received += settle(session)
        assert len(spikes_of(received)[0]) == 0
        session.handle(RunFor(80.0))
        received += settle(session)
        for got, wanted in zip(spikes_of(received), expected, strict=True):
            np.testing.assert_array_equal(got, wanted)


def test_sources_may_be_named_netcons_segments_or_ids_with_a_threshold() -> None:
    class Named(Ring):
        """Names its rows."""

        def spike_sources(self) -> Any:
            """Return a place of each kind."""
            return {
                "section": self.ring[0].soma,
                "segment": self.ring[1].soma(0.5),
                "id": "cell2.soma(0.5)",
                "netcon": self.parts[3],
                "dendrite": (self.ring[4].dend(0.5), -40.0),
            }

        def view_specs(self) -> Any:
            """Return bars of how many spikes there were."""
            return [BarViewSpec("bars", "spikes")]

    expected_rows, expected_times = bare_spikes(40.0)
    session = Named()
    with closing(session):
        scene = session.initialize()
        assert [view.id for view in scene.views][2:] == ["bars"]
        session.handle(RunFor(40.0))
        rows, times = spikes_of(settle(session))
        for row in range(4):
            wanted = expected_times[expected_rows == row]
            np.testing.assert_array_equal(times[rows == row], wanted)
        assert (rows == 4).any()


def test_a_vector_of_the_model_that_records_the_same_spikes_stays_the_model_s() -> None:
    class Records(Ring):
        """Records the first cell's spikes, as the textbook ring does."""

        def setup_model(self, sections: Any) -> None:
            """Record."""
            from neuron import h

            self.own = h.Vector()
            self.parts[0].record(self.own)

    expected_rows, expected_times = bare_spikes(40.0)
    session = Records()
    with closing(session):
        session.initialize()
        session.handle(RunFor(20.0))
        received = settle(session)
        session.handle(RunFor(20.0))
        received += settle(session)
        rows, times = spikes_of(received)
        wanted = expected_times[expected_rows == 0]
        np.testing.assert_array_equal(np.array(session.own), wanted)
        np.testing.assert_array_equal(times[rows == 0], wanted)
        assert len(rows) == len(expected_rows)


def test_a_click_in_a_network_tells_cell_and_segment() -> None:
    class Clicked(Ring):
        """Keeps what was clicked."""

        def on_entity_clicked(self, entity_id: str, context: Any) -> bool:
            """Keep it."""
            self.clicked = context.entity_info(entity_id)
            return True

    session = Clicked()
    with closing(session):
        session.initialize()
        session.handle(EntityClicked("cell2.dend(0.5)"))
        assert session.clicked["cell"] == "cell2"
        assert session.clicked["section"] == "cell2.dend"
        assert session.clicked["id"] == "cell2.dend(0.5)"


@pytest.mark.parametrize(
    ("given", "code", "word"),
    [
        (3, "hook-returned", "list of places"),
        (None, "hook-returned", "return missing"),
        (["soma(0.5)"], "unknown-segment", "soma(0.5)"),
        ([3], "bad-place", "NetCon"),
        ([("cell0.soma(0.5)", "high")], "hook-returned", "threshold"),
        ([("cell0.soma(0.5)", 1, 2)], "hook-returned", "threshold"),
        ([("cell0.soma(0.5)", -20.0)], "shared-threshold", "10 mV"),
    ],
)
def test_a_wrong_source_is_refused_with_the_authors_line(given: Any, code: str, word: str) -> None:
    class Wrong(Ring):
        """A session with a mistake."""

        def spike_sources(self) -> Any:
            """Return what the test gives."""
            return given

    session = Wrong()
    with closing(session), pytest.raises(ProtocolError) as caught:
        session.initialize()
    assert caught.value.code == code
    assert word in caught.value.message
    assert "test_neuron_spikes.py, line" in caught.value.message
