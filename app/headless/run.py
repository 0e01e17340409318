"""`HeadlessRun`: steps a session in this process, without thread and without Qt.

It collects the samples of the recorded segments, the newest display frame and the errors.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from app.export.trace_column import TraceColumn
from app.headless.elapsed import ElapsedLine
from backends.driving.collector import GrowingTrace, UpdateCollector
from backends.driving.drive import record_segments
from backends.driving.frame_log import FrameLog
from backends.driving.result import RunResult
from backends.driving.stepping import read_into
from backends.messages import FieldReplace
from backends.scene import Scene
from backends.session import Session, titled

Progress = Callable[[str], None]
_PROGRESS_S = 0.1


def column_of(trace: GrowingTrace) -> TraceColumn:
    """Return a trace as one column of a file."""
    return TraceColumn(trace.trace_id, trace.unit, *trace.joined())


class HeadlessRun:
    """One session, from building its scene to the end of its run.

    Attributes
    ----------
    collected : UpdateCollector
        Scene, traces, newest frame, clock and errors.
    """

    def __init__(self, session: Session, progress: Progress | None = None) -> None:
        self.collected = UpdateCollector(self._report_progress)
        self._session = session
        self._progress = progress
        self._next_progress = 0.0
        self._frames: FrameLog | None = None

    @property
    def scene(self) -> Scene | None:
        """None before `start`, and for a session without a scene."""
        return self.collected.scene

    @property
    def recordings(self) -> dict[str, GrowingTrace]:
        """The traces, by id."""
        return self.collected.traces

    @property
    def frame(self) -> FieldReplace | None:
        """The newest values of the morphology view's field."""
        return self.collected.frame

    @property
    def time_ms(self) -> float:
        """Simulated time reached, ms."""
        return self.collected.time_ms

    @property
    def has_clock(self) -> bool:
        """Whether the session reports its time."""
        return self.collected.has_clock

    @property
    def errors(self) -> list[str]:
        """Messages of errors that did not end the session, each once."""
        return self.collected.errors

    def start(self, record: tuple[str, ...], where: str) -> None:
        """Build the model and record segments; the soma if `record` is empty.

        Raises
        ------
        SomascopeError
            If the model cannot be built, or lacks a segment of `record`.
        """
        self.collected.set_scene(self._build_scene())
        read_into(self.collected, self._session)
        record_segments(self._session, self.collected, record, True, where)

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

    def run(
        self,
        duration_ms: float,
        stopped: Callable[[], bool] = lambda: False,
        frame_ms: float | None = None,
    ) -> bool:
        """Run `duration_ms`, or until `stopped()`; return whether the run is complete.

        With `frame_ms`, ms, the frames are kept too: see `result`.

        Raises
        ------
        RequestError
            ``no-clock``: the session reports no time, so that it would run for ever.
        """
        got, is_ended = self.collected, False

        def asked() -> bool:
            nonlocal is_ended
            is_ended = stopped()
            return is_ended

        self._frames = FrameLog(got)
        for _ in self._frames.advance_for(self._session, duration_ms, frame_ms, asked):
            self._report_progress(got.silence or f"{got.time_ms:.1f} of {duration_ms:g} ms")
        return not is_ended

    def result(self) -> RunResult:
        """Return all that was recorded, with the frames of the last `run`."""
        return (self._frames or FrameLog(self.collected)).result(is_complete=True)

    def _report_progress(self, text: str) -> None:
        now = time.monotonic()
        if self._progress is not None and now >= self._next_progress:
            self._next_progress = now + _PROGRESS_S
            self._progress(text)
