"""The live session against NEURON stepping the same model with nothing read.

Bare is `ParallelContext.psolve` of the very model that `NeuronCellSession` builds; ours is the window's
default: isolated, all segments' history kept at 0.1 ms, dt 0.025 ms, frames taken as they come.
"""

from __future__ import annotations

import dataclasses
import tempfile
import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

from backends.isolated.session import IsolatedSession
from backends.messages import CaptureTrace, RemoveTrace, Reset, RunFor, RunStatus, TraceAdded
from backends.neuron import NeuronSession
from backends.session import Session
from backends.sources.source import SessionSource
from resources.generate import large_cell
from tests.benchmarks.table import Figure, median_ratio

GROUP = "1. Live NEURON session / bare psolve (same model, dt 0.025 ms)"
SIMULATED_S = 1.5


def run_for(session: Session, duration_ms: float) -> float:
    """Run a session from 0 for a time; return the wall seconds until it says that it is there."""
    session.handle(Reset())
    session.read_updates()
    session.handle(RunFor(duration_ms))
    start = time.perf_counter()
    while True:
        session.advance()
        for update in session.read_updates():
            if isinstance(update, RunStatus) and update.finished:
                return time.perf_counter() - start


def bare(duration_ms: float) -> float:
    """Let NEURON run what is built in this process for a time; return the wall seconds."""
    from neuron import h

    context = h.ParallelContext()
    h.finitialize(-65.0)
    start = time.perf_counter()
    context.psolve(duration_ms)
    return time.perf_counter() - start


def compare(source: SessionSource, label: str) -> list[Figure]:
    """Return the ratios of one model, with and without the history of all segments."""
    local = source.create()
    scene = local.initialize()
    assert scene is not None
    n_segments = scene.geometries[0].n_segments
    duration = 20.0 * SIMULATED_S / max(bare(20.0), 1e-3)
    duration = round(duration / 0.025) * 0.025
    rows = []
    full, on_demand = NeuronSession.HISTORY_CAPTURE_FULL, NeuronSession.HISTORY_CAPTURE_ON_DEMAND
    for mode, has_trace, words, target in (
        (full, True, "all segments' history at 0.1 ms", 1.15),
        (on_demand, True, "one trace at 0.1 ms, no history", None),
        (on_demand, False, "no history", 1.05),
    ):
        session = IsolatedSession(dataclasses.replace(source, history_capture_mode=mode).create)
        session.initialize()
        if not has_trace:
            for trace_id in [
                u.trace_id for u in session.read_updates() if isinstance(u, TraceAdded)
            ]:
                session.handle(RemoveTrace(trace_id))
        try:
            ratio = median_ratio(lambda: run_for(session, duration), lambda: bare(duration))  # noqa: B023
        finally:
            session.shutdown()
        note = f"{n_segments} segments, {duration:.0f} ms simulated"
        rows.append(Figure(GROUP, f"{label}, {words}", ratio, "×", target, note=note))
    local.shutdown()
    return rows


class SmallCell(NeuronSession):
    """The first own model of the README, 22 segments, with a trace of the soma at 0.1 ms."""

    dt = 0.025

    def build_sections(self) -> list[Any]:
        """Return soma and dendrite."""
        from neuron import h

        self.soma, self.dend = h.Section(name="soma"), h.Section(name="dend")
        self.soma.L = self.soma.diam = 20
        self.dend.L, self.dend.diam, self.dend.nseg = 400, 2, 21
        self.dend.connect(self.soma(1))
        self.soma.insert("hh")
        self.dend.insert("pas")
        return [self.soma, self.dend]

    def setup_model(self, sections: Sequence[Any]) -> None:
        """Add a clamp."""
        from neuron import h

        self.clamp = h.IClamp(self.soma(0.5))
        self.clamp.delay, self.clamp.dur, self.clamp.amp = 10, 1e9, 0.3


def small_cell() -> list[Figure]:
    """Return the ratios of a small cell, whose steps take a microsecond."""
    local = SmallCell()
    local.initialize()
    duration = round(20.0 * SIMULATED_S / bare(20.0) / 0.025) * 0.025
    rows = []
    full, on_demand = SmallCell.HISTORY_CAPTURE_FULL, SmallCell.HISTORY_CAPTURE_ON_DEMAND
    for mode, words, target in (
        (on_demand, "one trace at 0.1 ms", 1.15),
        (full, "all segments' history at 0.1 ms", None),
    ):
        session = IsolatedSession(partial(SmallCell, history_capture_mode=mode))
        session.initialize()
        session.handle(CaptureTrace("soma(0.5)"))
        try:
            ratio = median_ratio(lambda: run_for(session, duration), lambda: bare(duration))  # noqa: B023
        finally:
            session.shutdown()
        note = f"22 segments, {duration:.0f} ms simulated"
        rows.append(Figure(GROUP, f"small cell, {words}", ratio, "×", target, note=note))
    local.shutdown()
    return rows


def figures() -> list[Figure]:
    """Measure a small cell, the bundled pyramidal cell and a larger one."""
    rows = small_cell()
    rows += compare(SessionSource.parse("pyramidal"), "pyramidal")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "large.swc"
        path.write_text(large_cell(34_000, seed=1))
        rows += compare(SessionSource.parse(str(path)), "large cell")
    return rows
