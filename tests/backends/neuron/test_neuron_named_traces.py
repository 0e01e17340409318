"""Traces that an author names, and views of NEURON's variables."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from driving import closing, of_kind, settle, trace_of
from neuron_models import TwoSections

from backends.errors import ProtocolError
from backends.messages import FieldReplace, RemoveTrace, Reset, RunFor, TraceAdded
from backends.scene import MorphologyViewSpec, TracePlotViewSpec


class Gates(TwoSections):
    """Names its traces in one line each."""

    traces = {  # noqa: RUF012 (as an author writes it)
        "n gate": lambda s: s.sections[0](0.5)._ref_n_hh,
        "sodium": lambda s: (s.sections[0](0.5)._ref_ina, "mA/cm²"),
        "dendrite": lambda s: s.sections[1](0.5),
        "m gate": lambda s: ("soma(0.5)", "m_hh"),
    }

    def view_specs(self) -> Any:
        """Return a plot of the gates, and the cell coloured by one of them."""
        return [
            TracePlotViewSpec(
                "gates", "trace", "Gates", y_limits=(0, 1), series=("n gate", "m gate")
            ),
            MorphologyViewSpec("m", "morphology", "m_hh"),
        ]


def bare_gates(duration_ms: float) -> dict[str, np.ndarray]:
    """Return what NEURON alone records of the same model."""
    from neuron import h

    session = TwoSections()
    sections = session.build_sections()
    session.setup_model(sections)
    soma, dend = sections
    h.dt = 0.025
    vectors = {
        "t": h.Vector().record(h._ref_t),
        "n gate": h.Vector().record(soma(0.5)._ref_n_hh),
        "m gate": h.Vector().record(soma(0.5)._ref_m_hh),
        "sodium": h.Vector().record(soma(0.5)._ref_ina),
        "dendrite": h.Vector().record(dend(0.5)._ref_v),
    }
    h.finitialize(-65.0)
    context = h.ParallelContext()
    context.set_maxstep(10)
    context.psolve(duration_ms + 0.0125)
    found = {name: vector.as_numpy().copy() for name, vector in vectors.items()}
    vectors.clear()
    for section in sections:
        h.delete_section(sec=section)
    return found


def test_a_named_trace_is_recorded_at_every_step_bit_for_bit() -> None:
    expected = bare_gates(5.0)
    session = Gates()
    with closing(session):
        session.initialize()
        session.handle(RunFor(2.0))
        received = settle(session)
        session.handle(RunFor(3.0))
        received += settle(session)
        for name in Gates.traces:
            times, values = trace_of(name, received)
            assert np.array_equal(times, expected["t"])
            assert np.array_equal(values, expected[name])
        units = {u.trace_id: u.unit for u in of_kind(TraceAdded, received)}
        assert units["dendrite"] == "mV"
        assert units["sodium"] == "mA/cm²"


def test_a_removed_trace_stays_removed_after_reset() -> None:
    session = Gates()
    with closing(session):
        session.initialize()
        session.handle(RemoveTrace("sodium"))
        session.read_updates()
        session.handle(Reset())
        session.handle(RunFor(1.0))
        received = settle(session)
        assert len(trace_of("sodium", received)[0]) == 0
        assert len(trace_of("n gate", received)[0]) == 41


def test_the_cell_in_two_variables() -> None:
    session = Gates()
    with closing(session):
        scene = session.initialize()
        assert np.isnan(scene.field_by_id("m_hh").values[1])  # the dendrite is passive
        session.read_updates()
        session.handle(RunFor(3.0))
        frames = {frame.field_id: frame for frame in of_kind(FieldReplace, settle(session))}
        soma = session.sections[0](0.5)
        assert frames["m_hh"].values[0] == np.float32(soma.m_hh)
        assert frames["display"].values[0] == np.float32(soma.v)


@pytest.mark.parametrize(
    ("function", "word"),
    [
        (lambda s: s.sections[0](0.5).v, "hoc reference"),
        (lambda s: s.sections[0](0.5)._ref_nothing, "_ref_nothing"),
        (lambda s: ("soma(0.5)", "mh_h"), "m_hh"),
        (lambda s: (s.sections[1](0.5), "m_hh"), "no variable"),
    ],
)
def test_a_wrong_trace_is_refused_with_the_authors_line(function: Any, word: str) -> None:
    class Wrong(TwoSections):
        """A session with a mistake."""

        traces = {"a": function}  # noqa: RUF012 (as an author writes it)

    session = Wrong()
    with closing(session), pytest.raises(ProtocolError) as caught:
        session.initialize()
    assert caught.value.code == "hook-returned"
    assert word in caught.value.message
    assert "test_neuron_named_traces.py, line" in caught.value.message


def test_recorded_samples_come_by_number_and_by_name() -> None:
    class Reads(Gates):
        """Keeps what it is given."""

        def on_recorded_samples(self, times: Any, values: Any) -> None:
            """Keep it."""
            self.last = times, values

    session = Reads()
    with closing(session):
        session.initialize()
        session.handle(RunFor(1.0))
        settle(session)
        times, values = session.last
        assert values.shape == (4, len(times))
        assert np.array_equal(values["n gate"], values[0])
        assert list(values.keys()) == list(Gates.traces)
        assert {name: len(row) for name, row in values.items()}["sodium"] == len(times)
        assert "sodium" in values
        assert "other" not in values
        with pytest.raises(KeyError, match="n gate"):
            values["other"]
