"""Sessions in one process follow one another; nothing of the first acts on the second."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from driving import settle, trace_of

from backends.errors import SimulatorError
from backends.messages import CaptureTrace, RunFor
from backends.neuron import NeuronSession

pytest.importorskip("neuron")


class Plain(NeuronSession):
    """A soma with a synapse and a random source."""

    dt = 0.025

    def build_sections(self) -> Any:
        from neuron import h

        self.soma = h.Section(name="soma")
        self.soma.L = self.soma.diam = 20
        self.soma.insert("hh")
        return [self.soma]

    def setup_model(self, sections: Any) -> None:
        from neuron import h

        self.stim = h.NetStim()
        self.stim.start, self.stim.interval, self.stim.number = 2, 4, 20
        self.synapse = h.ExpSyn(self.soma(0.5))
        self.connection = h.NetCon(self.stim, self.synapse)
        self.connection.weight[0] = 0.02


class Everything(Plain):
    """Leaves all that NEURON calls by itself."""

    def setup_model(self, sections: Any) -> None:
        from neuron import h

        super().setup_model(sections)
        self.calls: list[str] = []
        self.spikes, self.voltage = h.Vector(), h.Vector().record(self.soma(0.5)._ref_v)
        self.detector = h.NetCon(self.soma(0.5)._ref_v, None, sec=self.soma)
        self.detector.record(self.on_spike)
        self.spy = h.NetCon(self.stim, None)
        self.spy.record(self.spikes)
        self.handlers = {"own": [h.FInitializeHandler(self.on_init)], "clamp": h.IClamp(0.5)}
        self.played = h.Vector([0.0, 0.3, 0.0])
        self.played.play(self.handlers["clamp"]._ref_amp, h.Vector([1, 2, 3]), True)
        self.integrator = h.CVode()
        self.integrator.extra_scatter_gather(0, self.on_step)

    def on_spike(self) -> None:
        self.calls.append("spike")

    def on_step(self) -> None:
        self.calls.append("step")

    def on_init(self) -> None:
        from neuron import h

        self.calls.append("init")
        self.soma(0.5).hh.gnabar *= 1.0
        h.CVode().event(7, self.on_spike)


@contextmanager
def closing(session: NeuronSession) -> Iterator[NeuronSession]:
    """Shut a session down, also after an error."""
    try:
        yield session
    finally:
        session.shutdown()


def run(session: NeuronSession) -> np.ndarray:
    session.initialize()
    session.handle(CaptureTrace("soma(0.5)"))
    session.handle(RunFor(15.0))
    return trace_of("soma(0.5)", settle(session))[1]


def test_a_session_follows_one_that_left_handlers_events_and_connections() -> None:
    with closing(Plain()) as session:
        alone = run(session)
    assert alone.max() > 0  # it spikes
    first = Everything()
    with closing(first):
        run(first)
    assert {"init", "step", "spike"} == set(first.calls)
    first.calls.clear()
    spikes, voltage = list(first.spikes), list(first.voltage)
    for _ in range(2):
        with closing(Plain()) as session:
            assert np.array_equal(run(session), alone)
    assert first.calls == []
    assert (list(first.spikes), list(first.voltage)) == (spikes, voltage)


def test_the_settings_of_the_first_do_not_reach_the_second() -> None:
    class Variable(Plain):
        def setup_model(self, sections: Any) -> None:
            from neuron import h

            h.CVode().active(True)
            h.celsius = 30

    with closing(Plain()) as session:
        alone = run(session)
    with closing(Variable()) as session:
        session.initialize()
        session.handle(RunFor(5.0))
        settle(session)
    with closing(Plain()) as session:
        assert np.array_equal(run(session), alone)


def test_a_second_session_is_refused_while_one_is_open_and_costs_it_nothing() -> None:
    with closing(Plain()) as session:
        alone = run(session)
    first = Plain(title="The first")
    with closing(first):
        first.initialize()
        first.handle(CaptureTrace("soma(0.5)"))
        first.handle(RunFor(5.0))
        begun = settle(first)
        with (
            closing(Plain()) as second,
            pytest.raises(SimulatorError, match="The first") as refused,
        ):
            second.initialize()
        assert refused.value.code == "session-alive"
        first.handle(RunFor(10.0))
        begun += settle(first)
    assert np.array_equal(trace_of("soma(0.5)", begun)[1], alone)


def test_a_session_that_cannot_be_built_does_not_stay_open() -> None:
    class Broken(Plain):
        def setup_model(self, sections: Any) -> None:
            raise ValueError("broken")

    broken = Broken()
    with pytest.raises(SimulatorError, match="broken"):
        broken.initialize()
    with closing(Plain()) as session:
        assert len(run(session))


def test_a_session_that_nobody_holds_does_not_stay_open() -> None:
    lost = Plain()
    lost.initialize()
    del lost
    gc.collect()
    with closing(Plain()) as session:
        assert session.initialize().geometry.segment_ids == ("soma(0.5)",)  # type: ignore[union-attr]


def test_the_settings_of_a_script_that_never_began_are_not_those_of_the_next_session(
    tmp_path: Path,
) -> None:
    from neuron import h

    from backends.neuron.simulator import own_dt
    from backends.sources.source import SessionSource
    from tests.support.inline_scripts import BALL_AND_STICK, written

    script = written(
        tmp_path, f"{BALL_AND_STICK}h.dt = 0.05\nss.neuron().trace(soma(0.5)._ref_v)\n"
    )
    SessionSource.parse(str(script)).create().shutdown()
    assert own_dt(h) is None
    assert not list(h.allsec())
