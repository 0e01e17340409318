"""A ring of NEURON cells that fire in turn, as an author would write it, and the same without Somascope."""

from __future__ import annotations

from typing import Any

import numpy as np

from backends.neuron import NeuronSession

N_CELLS = 5


class RingCell:
    """An HH soma with a passive dendrite, a synapse on it."""

    def __init__(self, i: int) -> None:
        from neuron import h

        self.i = i
        self.soma, self.dend = h.Section("soma", self), h.Section("dend", self)
        self.soma.L = self.soma.diam = 20.0
        self.dend.L, self.dend.diam, self.dend.nseg = 100.0, 2.0, 3
        self.dend.connect(self.soma(1))
        self.soma.insert("hh")
        self.dend.insert("pas")
        self.synapse = h.ExpSyn(self.dend(0.5))
        self.synapse.tau = 2.0

    def __repr__(self) -> str:
        return f"cell{self.i}"


def build_ring() -> tuple[list[RingCell], list[Any]]:
    """Return cells, each of which excites the next, and what excites the first."""
    from neuron import h

    cells = [RingCell(i) for i in range(N_CELLS)]
    parts = []
    for i, cell in enumerate(cells):
        after = cells[(i + 1) % N_CELLS]
        netcon = h.NetCon(cell.soma(0.5)._ref_v, after.synapse, sec=cell.soma)
        netcon.delay, netcon.weight[0] = 3.0, 0.05
        parts.append(netcon)
    stimulus = h.NetStim()
    stimulus.number, stimulus.start = 1, 5.0
    netcon = h.NetCon(stimulus, cells[0].synapse)
    netcon.weight[0], netcon.delay = 0.05, 1.0
    return cells, [*parts, stimulus, netcon]


class Ring(NeuronSession):
    """The ring."""

    dt = 0.025

    def build_sections(self) -> list[Any]:
        """Return all sections."""
        self.ring, self.parts = build_ring()
        return [section for cell in self.ring for section in (cell.soma, cell.dend)]

    def shutdown(self) -> None:
        """Release the connections before the sections."""
        self.parts = []
        super().shutdown()

    def spike_sources(self) -> Any:
        """Return the somata."""
        return [cell.soma for cell in self.ring]


def bare_spikes(duration_ms: float) -> tuple[np.ndarray, np.ndarray]:
    """Return rows and times (ms) of the ring's spikes in NEURON alone."""
    from neuron import h

    cells, parts = build_ring()
    times, rows = h.Vector(), h.Vector()
    for row, cell in enumerate(cells):
        netcon = h.NetCon(cell.soma(0.5)._ref_v, None, sec=cell.soma)
        netcon.record(times, rows, row)
        parts.append(netcon)
    h.dt = 0.025
    context = h.ParallelContext()
    context.set_maxstep(10)
    h.finitialize(-65.0)
    context.psolve(duration_ms + 0.0125)
    found = np.array(rows), np.array(times)
    parts.clear()
    for cell in cells:
        for section in (cell.soma, cell.dend):
            h.delete_section(sec=section)
    return found
