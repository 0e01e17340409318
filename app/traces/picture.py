"""`picture_of`: the ranges of a plot and the few points of each trace to draw in it; no Qt."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.traces.ranges import Range, RangePolicy
from app.traces.store import TraceStore

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


def picture_of(
    store: TraceStore,
    ranges: RangePolicy,
    before: tuple[Range, Range],
    *,
    now_ms: float,
    y_unit: str,
    width_px: int,
) -> Picture:
    """Return what to draw; `before` has the ranges of times and values shown until now."""
    filled = [trace.buffer for trace in store if len(trace.buffer)]
    first = min((each.first_time for each in filled), default=math.nan)
    last = max((each.last_time for each in filled), default=0.0)
    x = ranges.x(first, max(now_ms, last), before[0])
    curves = [(t.trace_id, *t.buffer.window(*x, width_px)) for t in store if t.shown]
    low, high = _extent([values for _, _, values in curves if len(values)])
    return Picture(x, ranges.y(low, high, y_unit, before[1]), curves)


def _extent(curves: list[NDArray[Any]]) -> Range:
    """Return the least and the greatest value that is not NaN; NaN if there is none."""
    if not curves:
        return math.nan, math.nan
    return (
        float(np.fmin.reduce([np.fmin.reduce(each) for each in curves])),
        float(np.fmax.reduce([np.fmax.reduce(each) for each in curves])),
    )
