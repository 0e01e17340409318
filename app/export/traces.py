"""Writes traces as a CSV table or a NumPy archive.

Traces may have different times (one may have been added later). The table has the union of all times; a
table cell is empty if the trace has no sample, and ``nan`` if the sample is not a number. Times that
differ by less than 10⁻⁹ ms are the same time. A heading that a spreadsheet would run has a ``'`` before it.
"""

from __future__ import annotations

import csv
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from app.export.files import completed
from app.export.trace_column import TraceColumn
from neuromorpho.records.csv_cells import safe_cell

_TIME_DECIMALS = 9


def write_traces(path: str | os.PathLike[str], traces: Sequence[TraceColumn]) -> None:
    """Write traces as a NumPy archive if the suffix is ``.npz``, otherwise as a CSV table.

    The file is complete or does not appear: it is written under a temporary name, then moved.

    Raises
    ------
    ValueError
        If there is no trace, or a trace has different numbers of times and values.
    OSError
        If the file cannot be written.
    """
    if not traces:
        raise ValueError("there is no trace to write")
    target = Path(path)
    writer = _write_npz if target.suffix.lower() == ".npz" else _write_csv
    with completed(target) as temporary:
        writer(temporary, traces)


def write_traces_csv(
    path: str | os.PathLike[str], times: ArrayLike, columns: dict[str, ArrayLike], unit: str = ""
) -> None:
    """Write columns of values (label → shape (n,), in `unit`) over shared times (ms) as a CSV table."""
    traces = [TraceColumn(label, unit, times, values) for label, values in columns.items()]
    write_traces(Path(path).with_suffix(".csv"), traces)


def merge_traces(
    traces: Sequence[TraceColumn],
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.bool_]]:
    """Return the union of all times, and every trace at these times.

    A time occurs twice where a trace has two samples of it: before and after a jump.

    Returns
    -------
    times : ndarray, shape (n,)
        ms, not decreasing.
    values : ndarray, shape (n, n_traces)
        NaN if the trace has no sample.
    present : ndarray of bool, shape (n, n_traces)
        Whether the trace has a sample.
    """
    grids = [np.round(np.asarray(each.times, np.float64), _TIME_DECIMALS) for each in traces]
    has_jumps = any((np.diff(grid) <= 0).any() for grid in grids)
    keys: list[NDArray[Any]] = [_moments(grid) for grid in grids] if has_jumps else list(grids)
    union = np.unique(np.concatenate(keys)) if keys else np.empty(0)
    times = union["time"].copy() if has_jumps else union
    values = np.full((len(times), len(traces)), np.nan)
    present = np.zeros(values.shape, bool)
    for column, (grid, trace) in enumerate(zip(grids, traces, strict=True)):
        samples = np.asarray(trace.values, np.float64)
        if samples.shape != grid.shape:
            raise ValueError(f"{trace.label} has {len(samples)} values for {len(grid)} times")
        rows = np.searchsorted(union, keys[column])
        values[rows, column] = samples
        present[rows, column] = True
    return times, values, present


_MOMENT = np.dtype([("time", np.float64), ("occurrence", np.int64)])


def _moments(grid: NDArray[np.float64]) -> NDArray[np.void]:
    """Return each time with its rank among the samples of that time."""
    moments = np.zeros(len(grid), _MOMENT)
    moments["time"] = grid
    moments["occurrence"] = np.arange(len(grid)) - np.searchsorted(grid, grid)
    return moments


def _write_csv(path: Path, traces: Sequence[TraceColumn]) -> None:
    times, values, present = merge_traces(traces)
    columns = [
        _texts(values[:, i], present[:, i], np.asarray(each.values).dtype)
        for i, each in enumerate(traces)
    ]
    with path.open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file)
        table.writerow(map(safe_cell, ["time_ms", *_unique_headers(traces)]))
        table.writerows(zip(map(repr, times.tolist()), *columns, strict=True))


def _write_npz(path: Path, traces: Sequence[TraceColumn]) -> None:
    times, values, _ = merge_traces(traces)
    with path.open("wb") as file:
        np.savez_compressed(
            file,
            time_ms=times,
            values=values,
            labels=np.array([each.label for each in traces]),
            units=np.array([each.unit or "" for each in traces]),
        )


def _texts(values: NDArray[Any], present: NDArray[np.bool_], dtype: np.dtype[Any]) -> list[str]:
    """Return the shortest texts that read back as the same numbers of `dtype`; "" if absent."""
    if dtype == np.float32:
        texts = values.astype(np.float32).astype(str).tolist()
    else:
        texts = [repr(value) for value in values.tolist()]
    if present.all():
        return texts
    return [text if here else "" for text, here in zip(texts, present.tolist(), strict=True)]


def _unique_headers(traces: Sequence[TraceColumn]) -> list[str]:
    headers: list[str] = []
    for trace in traces:
        header, copy = trace.header, 2
        while header in headers:
            header, copy = f"{trace.header} #{copy}", copy + 1
        headers.append(header)
    return headers
