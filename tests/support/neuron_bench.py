"""NEURON in tests: sessions of a few lines, bare runs of the same model, and a clean process afterwards."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from backends.messages import RunFor, SessionUpdate
from backends.neuron import NeuronSession
from backends.session import Session

Build = Callable[[Any], tuple[list[Any], list[Any]]]


def hoc() -> Any:
    """Return NEURON's h."""
    from backends.neuron.simulator import load_neuron

    return load_neuron()


def spiking_pair(h: Any) -> tuple[list[Any], list[Any]]:
    """Return an HH soma with an HH axon and a passive dendrite, 13 segments, and its stimulus."""
    soma, axon, dend = (h.Section(name=name) for name in ("soma", "axon", "dend"))
    soma.L = soma.diam = 20.0
    axon.L, axon.diam, axon.nseg = 400.0, 1.0, 7
    dend.L, dend.diam, dend.nseg = 300.0, 2.0, 5
    axon.connect(soma(0))
    dend.connect(soma(1))
    for section in (soma, axon):
        section.insert("hh")
    dend.insert("pas")
    clamp = h.IClamp(soma(0.5))
    clamp.delay, clamp.dur, clamp.amp = 1.0, 1e9, 0.4
    return [soma, axon, dend], [clamp]


class Built(NeuronSession):
    """A session of the sections that a function builds."""

    def __init__(self, build: Build = spiking_pair, **settings: Any) -> None:
        super().__init__(**settings)
        self._build = build
        self.stimuli: list[Any] = []

    def build_sections(self) -> list[Any]:
        """Return the function's sections."""
        sections, self.stimuli = self._build(hoc())
        return sections

    def shutdown(self) -> None:
        """Release the stimuli before the sections."""
        self.stimuli = []
        super().shutdown()


@contextmanager
def running(session: NeuronSession) -> Iterator[list[SessionUpdate]]:
    """Initialize a session and shut it down afterwards; yields its first updates."""
    try:
        session.initialize()
        yield session.read_updates()
    finally:
        session.shutdown()


def run_for(session: Session, duration_ms: float) -> list[SessionUpdate]:
    """Continue for `duration_ms`; return the updates."""
    session.handle(RunFor(duration_ms))
    return finish(session)


def finish(session: Session) -> list[SessionUpdate]:
    """Advance until nothing is due; return the updates."""
    updates = session.read_updates()
    while session.is_live():
        session.advance()
        updates += session.read_updates()
    return updates


def bare_run(
    build: Build, duration_ms: float, dt: float, v_init: float = -65.0
) -> tuple[np.ndarray, np.ndarray]:
    """Run a model in plain NEURON: times (n,) in ms, voltages (n, n_segments) in mV at every step."""
    h = hoc()
    sections, stimuli = build(h)
    segments = [segment for section in sections for segment in section]
    clock = h.Vector().record(h._ref_t)
    recorded = [h.Vector().record(segment._ref_v) for segment in segments]
    h.dt = dt
    context = h.ParallelContext()
    context.set_maxstep(10)
    h.finitialize(v_init)
    context.psolve(duration_ms)
    times, values = np.array(clock), np.array([np.array(each) for each in recorded]).T
    stimuli.clear()
    del segments, recorded, clock
    for section in sections:
        h.delete_section(sec=section)
    h.dt = 0.025
    return times, values
