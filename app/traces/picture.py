"""`picture_of`: the ranges of a plot and the few points of each trace to draw in it; no Qt."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.traces.ranges import Range, RangePolicy
from app.traces.store import StoredTrace, last_run_id

Curve = tuple[str, NDArray[np.float64], NDArray[Any]]


@dataclass(frozen=True, slots=True)
class Picture:
    """What to draw.

    Attributes
    ----------
    x, y : (float, float)
        Times (ms) and values shown.
    curves : list of (str, ndarray, ndarray)
        Id, times (ms) and values of each trace that is shown, shapes (n,).
    """

    x: Range
    y: Range
    curves: list[Curve]


def times_of(
    traces: Collection[StoredTrace],
    ranges: RangePolicy,
    before: Range,
    now_ms: float,
    *,
    keeps_last: bool = False,
) -> Range:
    """Return the times to show (ms), given those shown until now."""
    filled = [trace.buffer for trace in traces if len(trace.buffer)]
    if keeps_last and ranges.window_ms is None:
        filled += [trace.last_run for trace in traces if trace.last_run is not None]
    first = min((each.first_time for each in filled), default=math.nan)
    last = max((each.last_time for each in filled), default=0.0)
    return ranges.x(first, max(now_ms, last), before)


def picture_of(
    traces: Sequence[StoredTrace],
    ranges: RangePolicy,
    x: Range,
    before: Range,
    *,
    unit: str,
    width_px: int,
    keeps_last: bool = False,
) -> Picture:
    """Return what to draw of some traces with a common unit; `before` has the values shown until now.

    With `keeps_last` the last runs are drawn too.
    """
    curves = [(t.trace_id, *t.buffer.window(*x, width_px)) for t in traces if t.shown]
    curves += [
        (last_run_id(t.trace_id), *t.last_run.window(*x, width_px))
        for t in traces
        if keeps_last and t.shown and t.last_run is not None
    ]
    low, high = _extent([values for _, _, values in curves if len(values)])
    return Picture(x, ranges.y(low, high, unit, before), curves)


def _extent(curves: list[NDArray[Any]]) -> Range:
    """Return the least and the greatest value that is not NaN; NaN if there is none."""
    if not curves:
        return math.nan, math.nan
    return (
        float(np.fmin.reduce([np.fmin.reduce(each) for each in curves])),
        float(np.fmax.reduce([np.fmax.reduce(each) for each in curves])),
    )
