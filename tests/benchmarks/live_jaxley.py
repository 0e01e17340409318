"""The live Jaxley session against the leanest `jx.integrate` of the same cell and steps.

Bare is one `jx.integrate` of the very cell that `JaxleyCellSession` builds, under one `jax.jit`, compiled
beforehand, one voltage recorded since Jaxley wants one; ours is the window's default: isolated, all
segments' history kept at 0.1 ms, dt 0.025 ms, batches of 16 ms, frames taken as they come. Both start
from the same resting state, see the same stimulus and use one of XLA's threads, which is the fastest.
"""

from __future__ import annotations

import dataclasses
import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from backends.isolated.session import IsolatedSession
from backends.live.history import HistoryCaptureMode
from backends.messages import RemoveTrace, TraceAdded
from backends.session import Session
from backends.sources.source import SessionSource
from resources.generate import large_cell
from tests.benchmarks.live_neuron import run_for
from tests.benchmarks.table import Figure, median_ratio

GROUP = "1. Live Jaxley session / compiled jx.integrate (same cell, dt 0.025 ms)"
SIMULATED_S = 1.2
TRIED_STEPS = 400
DT_MS = 0.025


class Bare:
    """The cell of a source in this process, run by nothing but `jx.integrate`.

    Attributes
    ----------
    n_segments : int
    """

    def __init__(self, source: SessionSource) -> None:
        session: Any = source.create()
        self._session: Any = session.make()
        model = self._session._live.traced_network()
        self._session.setup_model(self._session.network, self._session.cells)
        self.n_segments = len(self._session.network.nodes)
        self._at_rest, _ = model.prepare(self._session.v_init, DT_MS)

    def compiled(self, n_steps: int) -> Callable[[], tuple[Any, Any]]:
        """Return what takes `n_steps` steps from rest: the voltage recorded, and all states."""
        import jax
        import jaxley as jx
        import numpy as np

        cell = self._session.network
        cell.delete_stimuli()
        cell.delete_recordings()
        middles = (np.arange(n_steps) + 0.5) * DT_MS
        for each in self._session.clamps:
            is_on = (middles >= each.delay) & (middles < each.delay + each.dur)
            cell.select(nodes=[each.node]).stimulate(np.where(is_on, each.amp, 0.0), verbose=False)
        cell.select(nodes=[self._session.clamps[0].node]).record(verbose=False)
        cell.to_jax()

        def integrate(states: dict[str, Any]) -> tuple[Any, Any]:
            found: tuple[Any, Any] = jx.integrate(
                cell, delta_t=DT_MS, all_states=states, return_states=True
            )
            return found

        program = jax.jit(integrate).lower(self._at_rest).compile()
        return lambda: jax.block_until_ready(program(self._at_rest))

    def close(self) -> None:
        """Let go of the cell."""
        self._session.shutdown()


def seconds(work: Callable[[], object]) -> float:
    """Return the wall seconds that `work` takes."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def compare(source: SessionSource, label: str) -> list[Figure]:
    """Return the ratios of one cell, with and without the history of all segments."""
    bare = Bare(source)
    tried = bare.compiled(TRIED_STEPS)
    tried()
    n_steps = max(1, round(SIMULATED_S * TRIED_STEPS / min(seconds(tried) for _ in range(3))))
    integrate = bare.compiled(n_steps)
    step_us = 1e6 * min(seconds(integrate) for _ in range(2)) / n_steps
    rows = []
    for mode, has_trace, words, target in (
        (HistoryCaptureMode.FULL, True, "all segments' history at 0.1 ms", 1.10),
        (HistoryCaptureMode.ON_DEMAND, False, "no history", None),
    ):
        session = IsolatedSession(dataclasses.replace(source, history_capture_mode=mode).create)
        try:
            session.initialize()
            if not has_trace:
                remove_traces(session)
            ratio = median_ratio(
                lambda: run_for(session, n_steps * DT_MS),  # noqa: B023
                lambda: seconds(integrate),
            )
        finally:
            session.shutdown()
        note = f"{bare.n_segments} segments, {n_steps * DT_MS:.0f} ms simulated"
        note += f", jx.integrate {step_us:.0f} µs a step"
        rows.append(Figure(GROUP, f"{label}, {words}", ratio, "×", target, note=note))
    bare.close()
    return rows


def remove_traces(session: Session) -> None:
    """Have no segment recorded."""
    for update in session.read_updates():
        if isinstance(update, TraceAdded):
            session.handle(RemoveTrace(update.trace_id))


def figures() -> list[Figure]:
    """Measure the bundled pyramidal cell and a larger one, with nothing compiled before."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ["JAX_COMPILATION_CACHE_DIR"] = f"{folder}/cache"
        rows = compare(SessionSource.parse("pyramidal", "jaxley"), "pyramidal")
        path = Path(folder) / "large.swc"
        path.write_text(large_cell(34_000, seed=1))
        rows += compare(SessionSource.parse(str(path), "jaxley"), "large cell")
    return rows
