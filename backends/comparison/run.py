"""`compare`: the same experiment on two simulators at the same time, each in its own process.

Two `BatchRun`s are in two `IsolatedSession`s, each driven by a thread that only receives what its child
process has sent; so both run at full speed, and a slow one does not delay the other. The caller's thread
reports progress and waits for the end of both, a failure of one, or a cancellation. In the last two cases
both child processes are killed. The message of a failure begins with the side's name.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from dataclasses import replace
from functools import partial
from typing import Any, Literal

from backends.batch.run import MAX_BYTES, BatchRun
from backends.comparison.result import Comparison, default_segments
from backends.comparison.side import SideRun, Simulator, side_facts
from backends.errors import RequestError, SessionCancelled, SimulatorError
from backends.scene import MorphologyGeometry
from backends.sources.source import SessionSource

SAMPLE_MS = 0.1
_POLL_S = 0.05

Precision = Literal["float64", "float32"]
OnProgress = Callable[[str, float], object]
OnGeometry = Callable[[MorphologyGeometry], object]


def compare(
    source: SessionSource,
    duration_ms: float,
    *,
    sample_ms: float = SAMPLE_MS,
    precision: Precision = "float64",
    on_progress: OnProgress = lambda sentence, share: None,
    on_geometry: OnGeometry = lambda geometry: None,
    cancelled: Callable[[], bool] = lambda: False,
    sides: Sequence[Simulator] | None = None,
    controls: Mapping[str, Any] | None = None,
) -> Comparison:
    """Run a source's cell on NEURON and on Jaxley, and return both runs.

    May be called from any thread; blocks until the end.

    Parameters
    ----------
    duration_ms, sample_ms : float
        How long to simulate, and the interval between samples of all segments, ms. The interval is
        made longer where the samples would need more than 1 GB.
    precision : {"float64", "float32"}
        Of Jaxley; NEURON computes in float64 always.
    on_progress : callable
        Called from this thread with a sentence (``"Jaxley: Compiling · NEURON: 12 of 30 ms"``) and the
        share of both runs that is done, 0 … 1.
    on_geometry : callable
        Called from this thread with the cell once the first side has built it; an exception ends both.
    cancelled : callable
        Called twenty times a second; True ends both.
    sides : sequence of two Simulator, optional
        Runs to compare instead of NEURON and Jaxley.
    controls : mapping of str to value, optional
        Values of the cell's own controls (``{"stimulus_amp": 0.2}``), instead of the model's.

    Raises
    ------
    RequestError
        If the source cannot be compared, or a number is impossible.
    SimulatorError
        If a side fails; the sentence begins with its name.
    SessionCancelled
        If `cancelled` returned True.
    """
    for name, value in (("The duration", duration_ms), ("The sample interval", sample_ms)):
        if not 0 < value < math.inf:
            raise RequestError(
                f"{name} must be a time in ms greater than 0, not {value!r}.", code="bad-time"
            )
    if sides is None:
        sides = both_sides(source, duration_ms, sample_ms, precision, controls=controls)
    left, right = (SideRun(side) for side in sides)
    listener = _ProgressListener((left, right), duration_ms, on_progress, on_geometry, cancelled)
    _drive((left, right), listener.report)
    return _build_comparison(source.title, left, right, duration_ms)


def both_sides(
    source: SessionSource,
    duration_ms: float,
    sample_ms: float,
    precision: Precision = "float64",
    max_bytes: int = MAX_BYTES,
    controls: Mapping[str, Any] | None = None,
) -> tuple[Simulator, Simulator]:
    """Return the run on NEURON, its rate table off, and the run on Jaxley.

    Raises
    ------
    RequestError
        If the source is a script, which is written for one simulator.
    """
    if not source.is_cell:
        known = {"recording": "a recording, which no simulator computes"}
        what = known.get(source.kind, "a script, which is written for one simulator")
        raise RequestError(
            f"{source.title} is {what}; only a cell (an .swc file "
            "or a bundled one) can be compared.",
            code="script-not-comparable",
        )
    changes: dict[str, Any] = {"rate_tables": False}
    common = duration_ms, sample_ms, changes, max_bytes, controls
    neuron = replace(source, backend="neuron", precision="float64")
    jaxley = replace(source, backend="jaxley", precision=precision)
    return (
        Simulator(
            "NEURON",
            partial(BatchRun, neuron, *common),
            {"NEURON's HH rate table": "off"},
            backend="NEURON",
        ),
        Simulator(
            "Jaxley",
            partial(BatchRun, jaxley, *common),
            backend="Jaxley",
        ),
    )


class _ProgressListener:
    """Reports progress to the caller of `compare`, and cancels, while both sides run."""

    def __init__(
        self,
        runs: tuple[SideRun, SideRun],
        duration_ms: float,
        on_progress: OnProgress,
        on_geometry: OnGeometry,
        cancelled: Callable[[], bool],
    ) -> None:
        self._runs = runs
        self._duration_ms = duration_ms
        self._on_progress, self._on_geometry = on_progress, on_geometry
        self._cancelled = cancelled
        self._knows_geometry = False

    def report(self) -> None:
        """Report progress; raise SessionCancelled on request."""
        if self._cancelled():
            raise SessionCancelled("The comparison was cancelled.", code="cancelled")
        built = next((run.geometry for run in self._runs if run.geometry is not None), None)
        if built is not None and not self._knows_geometry:
            self._knows_geometry = True
            self._on_geometry(built)
        sentence = " · ".join(run.progress(self._duration_ms) for run in self._runs)
        self._on_progress(sentence, sum(run.share for run in self._runs) / len(self._runs))


def _drive(runs: tuple[SideRun, SideRun], report: Callable[[], None]) -> None:
    """Run both to the end, calling `report`; end both when one fails or `report` raises.

    Raises
    ------
    SomascopeError
        The error of the first that failed.
    """
    with ThreadPoolExecutor(len(runs), "comparison") as threads:
        futures = [threads.submit(run.run) for run in runs]
        try:
            while wait(futures, _POLL_S, FIRST_EXCEPTION).not_done:
                if any(each.done() and each.exception() for each in futures):
                    break
                report()
        finally:
            for run, future in zip(runs, futures, strict=True):
                if not future.done():
                    run.cancel()
    failures = [each for each in (future.exception() for future in futures) if each is not None]
    for failure in sorted(failures, key=lambda each: isinstance(each, SessionCancelled)):
        raise failure  # the one that failed, not the one that was cancelled because of it
    report()


def _build_comparison(title: str, left: SideRun, right: SideRun, duration_ms: float) -> Comparison:
    """Return both runs as one comparison.

    Raises
    ------
    SimulatorError
        If they have not the same segments and samples.
    """
    (geometry, plan), (other, other_plan) = left.outcome, right.outcome
    _check_same_segments((left.name, geometry), (right.name, other))
    if (plan.dt_ms, plan.n_samples) != (other_plan.dt_ms, other_plan.n_samples):
        raise SimulatorError(
            f"{left.name} steps by {plan.dt_ms:g} ms and {right.name} by {other_plan.dt_ms:g} ms; "
            "only runs of the same steps can be compared.",
            code="different-steps",
        )
    settings = {**left.settings, **right.settings}
    if plan.sample_ms > plan.requested_ms * (1 + 1e-9):
        settings["Sample interval"] = (
            f"{plan.sample_ms:g} ms instead of {plan.requested_ms:g} ms, to fit both runs in memory"
        )
    return Comparison(
        title=title,
        geometry=geometry,
        times=plan.times,
        left=left.voltages,
        right=right.voltages,
        sides=(side_facts(left), side_facts(right)),
        duration_ms=duration_ms,
        dt_ms=plan.dt_ms,
        sample_ms=plan.sample_ms,
        stimuli=plan.stimuli,
        settings=settings,
        default_segments=default_segments(geometry, plan.recorded),
        left_name=left.name,
        right_name=right.name,
    )


def _check_same_segments(
    left: tuple[str, MorphologyGeometry], right: tuple[str, MorphologyGeometry]
) -> None:
    ids = [geometry.segment_ids for _, geometry in (left, right)]
    if ids[0] == ids[1]:
        return
    only = [sorted(set(ids[i]) - set(ids[1 - i])) for i in (0, 1)]
    first = f", {only[0][0]} on {left[0]} only" if only[0] else ""
    first += f", {only[1][0]} on {right[0]} only" if only[1] else ""
    raise SimulatorError(
        f"The cell has {len(ids[0])} segments on {left[0]} and {len(ids[1])} on {right[0]}{first}; "
        "only the same segments can be compared.",
        code="different-segments",
    )
