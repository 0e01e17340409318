"""A network of 300 cells of 20 segments, live with 12 plots of 10 traces, against NEURON stepping the same model.

Bare is `ParallelContext.psolve` with nothing recorded, on one thread. Ours is isolated, with 120 traces at every step,
spikes of all cells, and frames taken as they come.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from functools import partial
from typing import Any

from backends.isolated.session import IsolatedSession
from backends.neuron import NeuronSession
from backends.views import RasterViewSpec, TracePlotViewSpec
from tests.benchmarks.live_neuron import bare, run_for
from tests.benchmarks.table import Figure, median_ratio

GROUP = "1b. Live network / bare psolve on one thread (300 cells × 20 segments, dt 0.025 ms)"
N_CELLS, N_PLOTS, N_TRACES = 300, 12, 10
DURATION_MS = 60.0


class NetworkCell:
    """An HH soma, a passive dendrite and a synapse on it."""

    def __init__(self, number: int) -> None:
        from neuron import h

        self.number = number
        self.soma, self.dend = h.Section("soma", self), h.Section("dend", self)
        self.soma.L = self.soma.diam = 20
        self.dend.L, self.dend.diam, self.dend.nseg = 400, 2, 19
        self.dend.connect(self.soma(1))
        self.soma.insert("hh")
        self.dend.insert("pas")
        self.synapse = h.ExpSyn(self.dend(0.1))
        self.synapse.tau = 2

    def __repr__(self) -> str:
        return f"cell{self.number}"


def _voltage(number: int) -> Callable[[Any], Any]:
    return lambda session: session.cells[number].soma(0.5)._ref_v


class Network(NeuronSession):
    """Cells that excite three others each, at random; every tenth is driven."""

    dt = 0.025
    traces = {f"cell{i}": _voltage(i) for i in range(N_PLOTS * N_TRACES)}  # noqa: RUF012 (as an author writes it)

    def build_sections(self) -> list[Any]:
        """Return all sections."""
        from neuron import h

        self.cells = [NetworkCell(i) for i in range(N_CELLS)]
        choose = random.Random(1)
        self.connections = []
        for cell in self.cells:
            for target in choose.sample(self.cells, 3):
                netcon = h.NetCon(cell.soma(0.5)._ref_v, target.synapse, sec=cell.soma)
                netcon.delay, netcon.weight[0] = 2.0, 0.01
                self.connections.append(netcon)
        return [section for cell in self.cells for section in (cell.soma, cell.dend)]

    def setup_model(self, sections: Any) -> None:
        """Drive every tenth cell."""
        from neuron import h

        self.clamps = [h.IClamp(cell.soma(0.5)) for cell in self.cells[::10]]
        for clamp in self.clamps:
            clamp.delay, clamp.dur, clamp.amp = 1, 1e9, 0.6

    def spike_sources(self) -> Any:
        """Return the somata."""
        return [cell.soma for cell in self.cells]

    def view_specs(self) -> Any:
        """Return the plots and a raster."""
        plots = [
            TracePlotViewSpec(
                f"plot{i}",
                "trace",
                series=[f"cell{j}" for j in range(i * N_TRACES, (i + 1) * N_TRACES)],
            )
            for i in range(N_PLOTS)
        ]
        return [*plots, RasterViewSpec("raster", "spikes")]

    def shutdown(self) -> None:
        """Release the connections before the cells."""
        self.connections = self.clamps = []
        super().shutdown()


class BareNetwork(Network):
    """The same model with nothing recorded."""

    traces = {}  # noqa: RUF012 (as an author writes it)

    def spike_sources(self) -> Any:
        """Return nothing."""
        return []

    def view_specs(self) -> Any:
        """Return nothing."""
        return []


def figures() -> list[Figure]:
    """Measure one thread and two."""
    local = BareNetwork()
    local.initialize()
    rows = []
    for threads, words, target in ((1, "one thread", 1.15), (2, "two threads", 0.8)):
        session = IsolatedSession(partial(threaded, threads))
        session.initialize()
        try:
            ratio = median_ratio(lambda: run_for(session, DURATION_MS), lambda: bare(DURATION_MS))  # noqa: B023
        finally:
            session.shutdown()
        note = f"{N_PLOTS} plots of {N_TRACES} traces, {DURATION_MS:.0f} ms simulated"
        rows.append(Figure(GROUP, f"network, {words}", ratio, "×", target, note=note))
    local.shutdown()
    return rows


def threaded(threads: int) -> Network:
    """Return the network on some threads."""
    session = Network()
    session.threads = threads
    return session
