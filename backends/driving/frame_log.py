"""`FrameLog`: a run from frame to frame, and what it has recorded as a `RunResult`."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from backends.driving.collector import UpdateCollector
from backends.driving.result import RunResult, TraceSamples
from backends.driving.stepping import advance_for
from backends.messages import SessionUpdate
from backends.scene import Scene
from backends.session import Session

_KINDS = ("image", "surface", "line", "bar", "table", "state_graph")


class FrameLog:
    """The frames of the field that a scene shows first: its first morphology's, or its first view's.

    Attributes
    ----------
    field_id : str
        "" where the scene shows no field.
    """

    def __init__(self, collected: UpdateCollector) -> None:
        self._collected = collected
        self._times: list[float] = []
        self._frames: list[Any] = []
        self.field_id = _shown_field(collected.scene)

    def advance_for(
        self,
        session: Session,
        for_ms: float,
        frame_ms: float | None,
        stopped: Callable[[], bool] = lambda: False,
    ) -> Iterator[list[SessionUpdate]]:
        """Step to the end, or from frame to frame, ms; see `stepping.advance_for`."""
        got, start = self._collected, self._collected.time_ms
        if frame_ms is None:
            yield from advance_for(session, got, for_ms, stopped)
            return
        self._add()
        is_ended = False

        def asked() -> bool:
            nonlocal is_ended
            is_ended = is_ended or stopped()
            return is_ended

        for i in range(1, max(1, math.floor(for_ms / frame_ms + 1e-9)) + 1):
            before = got.time_ms
            yield from advance_for(session, got, start + i * frame_ms - before, asked)
            if got.time_ms <= before or is_ended:  # paused by an error, or by who has asked for it
                return
            self._add()
        rest = start + for_ms - got.time_ms
        if rest > (got.scene.dt_ms if got.scene is not None and got.scene.dt_ms else 1e-9):
            yield from advance_for(session, got, rest, asked)

    def _add(self) -> None:
        if self.field_id:
            self._times.append(self._collected.time_ms)
            self._frames.append(np.array(self._collected.fields[self.field_id].values))

    def result(self, *, is_complete: bool) -> RunResult:
        """Return all that was collected."""
        got = self._collected
        plot = got.scene.trace_view if got.scene else None
        unit = plot.y_unit if plot is not None else None
        return RunResult(
            scene=got.scene,
            time_ms=got.time_ms,
            traces={id_: TraceSamples.of(each, unit) for id_, each in got.traces.items()},
            fields=dict(got.fields),
            frame_times=np.array(self._times),
            frames=np.array(self._frames),
            frame_field=self.field_id if self._frames else "",
            events=dict(got.events),
            errors=tuple(got.errors),
            is_complete=is_complete,
        )


def _shown_field(scene: Scene | None) -> str:
    if scene is None:
        return ""
    if scene.morphology_view is not None:
        return scene.morphology_view.field_id
    return next((each.field_ids[0] for each in scene.views if each.KIND in _KINDS), "")
