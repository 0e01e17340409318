"""`HeadlessRun`: steps a session in this process, without thread and without Qt.

It collects the samples of the recorded segments, the newest display frame and the errors.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.export.trace_column import TraceColumn
from app.headless.elapsed import ElapsedLine
from app.segment_names import check_segments, soma_segment
from backends.error_updates import error_of
from backends.errors import RequestError
from backends.messages import (
    CaptureTrace,
    Error,
    FieldAppend,
    FieldReplace,
    LayoutReplace,
    NotAnswering,
    PanelPatch,
    RunFor,
    RunStatus,
    ScenePatch,
    SceneReady,
    SessionUpdate,
    Status,
    TraceAdded,
    TraceRemoved,
)
from backends.scene import Scene
from backends.scene_changes import changed_scene
from backends.session import Session, titled

Progress = Callable[[str], None]
_PROGRESS_S = 0.1
_NO_CLOCK_S, _BATCHES = 3.0, 20


@dataclass
class Recording:
    """A growing trace: pieces of times (ms) and of values (in `unit`)."""

    trace_id: str
    unit: str | None
    times: list[NDArray[np.float64]]
    values: list[NDArray[np.float64]]

    def as_column(self) -> TraceColumn:
        """Return it as one column of a file."""
        times, values = (np.concatenate(each) for each in (self.times, self.values))
        return TraceColumn(self.trace_id, self.unit, times, values)


class HeadlessRun:
    """One session, from building its scene to the end of its run.

    Attributes
    ----------
    scene : Scene or None
        None before `start`, and for a session without a scene.
    recordings : dict of str to Recording
    frame : FieldReplace or None
        The newest values of the morphology view's field.
    time_ms : float
        Simulated time reached, ms.
    has_clock : bool
        Whether the session reports its time, by `RunStatus` or by the times of its samples.
    errors : list of str
        Messages of errors that did not end the session, each once.
    """

    def __init__(self, session: Session, progress: Progress | None = None) -> None:
        self.scene: Scene | None = None
        self.recordings: dict[str, Recording] = {}
        self.frame: FieldReplace | None = None
        self.time_ms = 0.0
        self.has_clock = False
        self.errors: list[str] = []
        self._session = session
        self._progress = progress
        self._next_progress = 0.0
        self._has_status = False
        self._silence = ""  # a sentence while the session's process is stopped
        self._known: set[str] = set()

    def start(self, record: tuple[str, ...], where: str) -> None:
        """Build the model and record segments; the soma if `record` is empty.

        Raises
        ------
        SomascopeError
            If the model cannot be built, or lacks a segment of `record`.
        """
        self.scene = self._build_scene()
        self._read_updates()
        geometry = self.scene.geometry if self.scene else None
        if geometry is None:
            if record:
                raise RequestError(
                    f"{where} has no morphology, so there is no segment {record[0]!r}.",
                    code="no-morphology",
                )
            return
        check_segments(geometry, record, where)
        for segment_id in dict.fromkeys(record or (soma_segment(geometry),)):
            self._session.handle(CaptureTrace(segment_id))
        self._read_updates()

    def _build_scene(self) -> Scene | None:
        """Build the model; report to `progress` what is being done and for how long."""
        if self._progress is None:
            return titled(self._session.initialize(), self._session)
        with ElapsedLine(self._progress) as line:
            self._session.on_status = line.on_update
            try:
                return titled(self._session.initialize(), self._session)
            finally:
                self._session.on_status = None

    def run(self, duration_ms: float, stopped: Callable[[], bool] = lambda: False) -> bool:
        """Run `duration_ms`, or until `stopped()`; return whether the run is complete.

        A session that goes on beyond the time that it reports in its samples is stopped.

        Raises
        ------
        RequestError
            ``no-clock``: the session reports no time, so that it would run for ever.
        """
        self._session.handle(RunFor(duration_ms))
        begin, n_batches = time.monotonic(), 0
        while self._session.is_live() and not self._is_over(duration_ms):
            n_batches += 1
            if (
                not self.has_clock
                and n_batches > _BATCHES
                and time.monotonic() - begin > _NO_CLOCK_S
            ):
                raise RequestError(
                    "The session does not report its time, so a run of a given time cannot end: emit a "
                    "RunStatus in advance, or samples with times (FieldAppend).",
                    code="no-clock",
                )
            if stopped():
                self._read_updates()
                return False
            self._session.advance()
            self._read_updates()
            self._report_progress(self._silence or f"{self.time_ms:.1f} of {duration_ms:g} ms")
            time.sleep(self._session.idle_sleep() or 0.0)
        self._read_updates()
        return True

    def _is_over(self, duration_ms: float) -> bool:
        """Whether a session that has no run control of its own has reached the end."""
        return not self._has_status and self.has_clock and self.time_ms >= duration_ms

    def _read_updates(self) -> None:
        for update in self._session.read_updates():
            self._apply(update)

    def _apply(self, update: SessionUpdate) -> None:
        match update:
            case TraceAdded(trace_id, _, times, values):
                self._known.add(trace_id)
                self.recordings[trace_id] = Recording(trace_id, update.unit, [times], [values])
            case TraceRemoved(trace_id):
                self.recordings.pop(trace_id, None)
            case FieldAppend() if self._is_trace_field(update.field_id):
                self._extend(update)
            case FieldReplace() if self._is_shown(update.field_id):
                self.frame = update
            case RunStatus():
                self.time_ms, self.has_clock, self._has_status = update.time_ms, True, True
            case SceneReady(scene):
                self.scene = scene
            case ScenePatch() | PanelPatch() | LayoutReplace() if self.scene is not None:
                self.scene = changed_scene(self.scene, update)
            case Status():
                self._report_progress(update.message or str(update.phase))
            case NotAnswering(message):
                self._silence = message
            case Error(fatal=True):
                raise error_of(update)
            case Error() if update.message not in self.errors:
                self.errors.append(update.message)

    def _is_trace_field(self, field_id: str) -> bool:
        view = self.scene.trace_view if self.scene else None
        return view is None or view.field_id == field_id

    def _is_shown(self, field_id: str) -> bool:
        view = self.scene.morphology_view if self.scene else None
        return view is not None and view.field_id == field_id

    def _extend(self, update: FieldAppend) -> None:
        if len(update.coord_values) and not self._has_status:
            self.time_ms, self.has_clock = float(update.coord_values[-1]), True
        for trace_id, row in zip(update.rows, update.values, strict=True):
            if trace_id not in self._known:  # samples of a trace that was never added
                self._known.add(trace_id)
                self.recordings[trace_id] = Recording(trace_id, None, [], [])
            if trace_id in self.recordings:
                self.recordings[trace_id].times.append(update.coord_values)
                self.recordings[trace_id].values.append(row)

    def _report_progress(self, text: str) -> None:
        now = time.monotonic()
        if self._progress is not None and now >= self._next_progress:
            self._next_progress = now + _PROGRESS_S
            self._progress(text)
