"""The live session against NEURON stepping the same model with nothing read.

Bare is `ParallelContext.psolve` of the very model that `NeuronCellSession` builds; ours is the window's
default: isolated, all segments' history kept at 0.1 ms, dt 0.025 ms, frames taken as they come.
"""

from __future__ import annotations

import dataclasses
import tempfile
import time
from pathlib import Path

from backends.isolated.session import IsolatedSession
from backends.messages import RemoveTrace, Reset, RunFor, RunStatus, TraceAdded
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
    from backends.neuron import NeuronSession

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


def figures() -> list[Figure]:
    """Measure the bundled pyramidal cell and a larger one."""
    rows = compare(SessionSource.parse("pyramidal"), "pyramidal")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "large.swc"
        path.write_text(large_cell(34_000, seed=1))
        rows += compare(SessionSource.parse(str(path)), "large cell")
    return rows
