"""What of an experiment another cell cannot have is told."""

from __future__ import annotations

from app.session.experiment import Experiment, VariableTrace

SOMA, DENDRITE = "soma[0](0.5)", "dend[3](0.5)"
GATE = VariableTrace(SOMA, "m_hh", 2)


def test_every_trace_that_another_cell_does_not_get_is_named() -> None:
    assert Experiment(traces={SOMA: 0}).dropped_traces_text(SOMA) == ""
    one = Experiment(traces={SOMA: 0, DENDRITE: 1}).dropped_traces_text(SOMA)
    assert one.startswith(f"The trace of {DENDRITE} was ")
    both = Experiment(traces={SOMA: 0, DENDRITE: 1}, variable_traces=(GATE,))
    assert both.dropped_traces_text(SOMA).startswith(f"The traces of {DENDRITE}, {SOMA}.m_hh were ")
    assert not both.for_another_cell().variable_traces
