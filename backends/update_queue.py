"""`UpdateQueue`: updates between a session and its reader: the latest, or all in order.

Latest-wins updates replace their predecessor, samples of the same traces are joined, everything
else keeps its order. A reader that reads rarely finds little more than one that reads often, and
a slow window neither slows the simulation nor grows a queue beyond its samples.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable
from dataclasses import replace

import numpy as np

from backends.messages import (
    EventsAppend,
    FieldAppend,
    FieldReplace,
    NotAnswering,
    RunStatus,
    SceneReady,
    SessionUpdate,
    StatePatch,
    Status,
)


class UpdateQueue:
    """A coalescing queue between one writer and one reader.

    Parameters
    ----------
    capacity_bytes : int
        Samples that may wait; `is_full` beyond, and the writer is to stop advancing until read.
    """

    def __init__(self, capacity_bytes: int = 64 << 20) -> None:
        self._lock = threading.Lock()
        self._emptied = threading.Event()
        self._ordered: list[SessionUpdate] = []
        self._latest: dict[object, SessionUpdate] = {}
        self._waiting_bytes = 0
        self._capacity_bytes = capacity_bytes

    def put(self, updates: Iterable[SessionUpdate]) -> bool:
        """Add updates; return whether the queue was empty before and is not now."""
        with self._lock:
            was_empty = not self._ordered and not self._latest
            for update in updates:
                self._add(update)
            self._emptied.clear()
            return was_empty and bool(self._ordered or self._latest)

    def pop_all(self) -> list[SessionUpdate]:
        """Return and remove all updates: first those in order, then the latest, the clock last."""
        with self._lock:
            ordered, self._ordered = self._ordered, []
            latest, self._latest = self._latest, {}
            clock = latest.pop(RunStatus, None)
            self._waiting_bytes = 0
            self._emptied.set()
        return [*_merge_appends(ordered), *latest.values(), *([] if clock is None else [clock])]

    @property
    def is_full(self) -> bool:
        """Whether more samples wait than may."""
        return self._waiting_bytes > self._capacity_bytes

    def wait_until_empty(self, timeout: float) -> bool:
        """Wait until the reader has emptied the queue, at most `timeout` seconds."""
        return self._emptied.wait(timeout)

    def _add(self, update: SessionUpdate) -> None:
        match update:
            case FieldReplace():
                self._add_frame(update)
            case RunStatus() | Status() | NotAnswering():
                self._latest[type(update)] = update
            case SceneReady():
                # Earlier frames and statuses belong to what the scene replaces.
                self._latest.clear()
                self._ordered.append(update)
            case StatePatch():
                earlier = self._latest.get(StatePatch)
                known = earlier.values if isinstance(earlier, StatePatch) else {}
                merged = {**known, **update.values}
                self._latest[StatePatch] = StatePatch(merged)
            case _:
                if isinstance(update, FieldAppend):
                    self._waiting_bytes += update.values.nbytes + update.coord_values.nbytes
                elif isinstance(update, EventsAppend):
                    self._waiting_bytes += update.rows.nbytes + update.times.nbytes
                self._ordered.append(update)

    def _add_frame(self, update: FieldReplace) -> None:
        earlier = self._latest.get(("field", update.field_id))
        if isinstance(earlier, FieldReplace) and update.coords is None:
            update = replace(update, coords=earlier.coords)  # the values of a frame may be dropped
        self._latest["field", update.field_id] = update


def _merge_appends(updates: list[SessionUpdate]) -> list[SessionUpdate]:
    """Join neighbouring appends of the same rows into one."""
    joined: list[SessionUpdate] = []
    run: list[FieldAppend] = []
    for update in updates:
        if isinstance(update, FieldAppend) and run and _continues(run[-1], update):
            run.append(update)
            joined[-1] = update
            continue
        _replace_last(run, joined)
        run = [update] if isinstance(update, FieldAppend) else []
        joined.append(update)
    _replace_last(run, joined)
    return joined


def _replace_last(run: list[FieldAppend], joined: list[SessionUpdate]) -> None:
    if len(run) > 1:
        joined[-1] = _concatenate(run)


def _continues(earlier: FieldAppend, later: FieldAppend) -> bool:
    return (
        earlier.field_id == later.field_id
        and earlier.rows == later.rows
        and len(earlier.coord_values) > 0
        and len(later.coord_values) > 0
        and later.coord_values[0] > earlier.coord_values[-1]
    )


def _concatenate(run: list[FieldAppend]) -> FieldAppend:
    return FieldAppend(
        run[0].field_id,
        run[0].rows,
        np.concatenate([each.values for each in run], axis=1),
        np.concatenate([each.coord_values for each in run]),
    )
