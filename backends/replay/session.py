"""`ReplaySession`: what was recorded, shown through the same window as a running model, with a clock."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from backends.errors import RequestError
from backends.live.default_scene import TRACE_FIELD_ID
from backends.live.run_control import RunControl
from backends.messages import (
    CaptureTrace,
    EntityClicked,
    FieldAppend,
    FieldReplace,
    InvokeAction,
    KeyPressed,
    RemoveTrace,
    Reset,
    RunFor,
    RunStatus,
    SessionCommand,
    SetControl,
    SetDisplayVariable,
    SetRunning,
    SetSpeed,
    SetStopTime,
    StatePatch,
    StepOnce,
    StopSession,
    TraceAdded,
    TraceRemoved,
)
from backends.replay.frames import (
    ArrayFrames,
    RecordedEvents,
    RecordedTrace,
    Recording,
    clock_of,
    field_of,
)
from backends.scene import Scene
from backends.session import BufferedSession

RESET = "reset"
"""Id of an action that begins again, in a scene that has one of this name."""
_ROUNDING = 1e-9
_BATCHES = 600  # at full speed, of the whole recording: each is shown


class ReplaySession(BufferedSession):
    """Shows recorded frames, traces and events; run, pause, step, speed, stop time and Init act on it.

    At the end of the data it has finished; Init goes back to the beginning. A click on a segment adds the
    trace of what was recorded there. `somascope.compneurovis.ReplaySession` is another class, with the scenes and the
    arguments of CompNeuroVis, for scripts that were written for it.

    Parameters
    ----------
    scene : Scene
        What shows the frames: it has the field `field_id`.
    field_id : str
        The field that the frames belong to.
    frames : array, shape (n_frames, …), or iterable
        Arrays of the field's shape, or pairs of such an array and its coordinates (a mapping by dimension,
        or None).
    interval_live : bool
        Whether it plays as soon as it is opened.
    times : array, shape (n_frames,)
        ms, increasing; by default a frame each `dt_ms`, from 0.
    dt_ms : float
        ms between frames for which no times are given.
    traces : sequence of RecordedTrace
        Traces besides the frames.
    events : sequence of RecordedEvents
        What rasters of the scene show.
    loop : bool
        Whether it begins again at the end.

    Raises
    ------
    ProtocolError
        Where frames, times and scene do not suit each other; it names the frame.
    """

    def __init__(
        self,
        *,
        scene: Scene,
        field_id: str = "",
        frames: ArrayLike | Iterable[Any] = (),
        interval_live: bool = True,
        times: ArrayLike | None = None,
        dt_ms: float = 1.0,
        traces: Sequence[RecordedTrace] = (),
        events: Sequence[RecordedEvents] = (),
        loop: bool = False,
    ) -> None:
        super().__init__()
        stored = ArrayFrames(frames, field_of(scene, field_id)) if field_id else None
        clock: Any = times
        if clock is None:
            ends = clock_of([*traces, *events])
            clock = ends if stored is None else np.arange(len(stored)) * dt_ms
        recording = Recording(scene, clock, field_id, stored, tuple(traces), tuple(events))
        self._prepare(recording, interval_live, loop)

    @classmethod
    def of(
        cls, recording: Recording, *, interval_live: bool = False, loop: bool = False
    ) -> ReplaySession:
        """Return the session of a recording, which it closes at its end; it waits for Run."""
        session = cls.__new__(cls)
        BufferedSession.__init__(session)
        session._prepare(recording, interval_live, loop)
        return session

    @classmethod
    def open(
        cls, path: str | Path, *, interval_live: bool = False, loop: bool = False
    ) -> ReplaySession:
        """Return the session of a file: NPZ, or a SONATA report (HDF5).

        Raises
        ------
        SourceError
            If the file is no recording; the sentence says what is wrong with it, and where.
        """
        from backends.replay.files import read_recording

        return cls.of(read_recording(Path(path)), interval_live=interval_live, loop=loop)

    def _prepare(self, recording: Recording, interval_live: bool, loop: bool) -> None:
        self._recording = recording
        self._index = 0
        self._run = RunControl()
        self._plays_at_once = interval_live
        self._loop = loop
        self._segments: dict[str, int] = {}  # captured, by trace id
        self._traces = {each.id: each for each in recording.traces}
        self._is_built = False

    @property
    def run_control(self) -> RunControl:
        """Run, pause, stop time and speed; its `clock` may be replaced before `initialize`."""
        return self._run

    # --------------------------------------------------------------------------------- lifecycle

    def initialize(self) -> Scene:
        """Return the scene at the first time, with the recorded traces."""
        self._is_built = True
        recording = self._recording
        self._send_whole()
        if self._plays_at_once and len(recording.times) > 1:
            self._run.start(self._t, self._step)
        self._send_status()
        return _with_first_frame(recording)

    def shutdown(self) -> None:
        """Close the file."""
        self._run.pause()
        if self._is_built:
            self._is_built = False
            self._recording.close()

    @property
    def _t(self) -> float:
        return float(self._recording.times[self._index])

    @property
    def _is_at_end(self) -> bool:
        return self._index == len(self._recording.times) - 1

    @property
    def _step(self) -> float:
        """The time to the next frame, ms; at the end that of the last one."""
        times = self._recording.times
        if len(times) < 2:
            return 1.0
        i = min(self._index, len(times) - 2)
        return float(times[i + 1] - times[i])

    def is_live(self) -> bool:
        """Whether a frame is due now: it plays, and is not delayed by the speed."""
        return self._is_built and self.idle_sleep() == 0.0

    def idle_sleep(self) -> float | None:
        """Return seconds until the next frame is due: 0.0 now, None while paused."""
        return self._run.wait(self._t, self._step) if self._is_built else None

    def advance(self) -> None:
        """Go on to the frame that is due now, and send the samples on the way."""
        run, begin = self._run, self._index
        most = len(self._recording.times)
        if run.speed is None:
            most = max(1, most // _BATCHES)
        while run.running and not self._is_at_end and self._index - begin < most:
            if run.due(self._t, self._step) < 1:
                break
            self._index += 1
            run.record_steps(1, self._t, self._step)
        self._send_from(begin)
        if run.running and self._is_at_end:
            if self._loop:
                self._go_to_start()
            else:
                run.finish()
        self._send_status()

    # ---------------------------------------------------------------------------------- commands

    def handle(self, command: SessionCommand) -> None:
        """Carry out a command; RequestError for one that a recording cannot carry out."""
        if isinstance(command, StopSession):
            self.shutdown()
            return
        if not self._is_built:
            raise RequestError(
                "The recording is not open: it is not initialized, or has ended.", code="no-model"
            )
        match command:
            case SetRunning() | StepOnce() | RunFor():
                self._control_run(command)
            case SetStopTime(tstop_ms):
                self._run.stop_time = tstop_ms
            case SetSpeed(ms_per_second):
                self._run.set_speed(ms_per_second)
            case Reset() | InvokeAction(action_id="reset"):
                self._run.reset()
                self._go_to_start()
            case CaptureTrace(segment_id) | EntityClicked(segment_id):
                self._capture(segment_id)
            case RemoveTrace(trace_id):
                self._remove(trace_id)
            case SetControl(control_id, value):
                self._set_control(control_id, value)
            case SetDisplayVariable(name):
                self._show(name)
            case KeyPressed():
                return
            case InvokeAction(action_id):
                raise RequestError(
                    f"There is no action {action_id!r} in a recording.", code="unknown-action"
                )
            case _:
                raise RequestError(
                    f"A recording cannot be changed by {type(command).__name__}.",
                    code="unknown-command",
                )
        self._send_status()

    def _control_run(self, command: SetRunning | StepOnce | RunFor) -> None:
        run = self._run
        if isinstance(command, SetRunning) and not command.running:
            run.pause()
            return
        if self._is_at_end and not self._loop:
            raise RequestError(
                f"The recording ends at t = {self._t:g} ms; Init goes back to its beginning.",
                code="recording-ended",
                hint="reset",
            )
        match command:
            case SetRunning():
                run.start(self._t, self._step)
            case StepOnce(steps):
                run.step_once(steps)
            case RunFor(duration_ms):
                end = self._t + duration_ms * (1 + _ROUNDING)
                found = int(np.searchsorted(self._recording.times, end, "right"))
                steps = found - 1 - self._index
                if steps < 1:
                    raise RequestError(
                        f"{duration_ms:g} ms is shorter than the time to the next frame "
                        f"({self._step:g} ms).",
                        code="duration-too-short",
                    )
                run.run_steps(steps)

    def _go_to_start(self) -> None:
        self._index = 0
        self._send_frame()
        self._send_whole()

    def _set_control(self, control_id: str, value: Any) -> None:
        """Set a control of the scene: its views may be bound to it."""
        known = {each.id: each for each in self._recording.scene.controls}
        if control_id not in known:
            raise RequestError(
                f"There is no control {control_id!r}; this recording has: "
                f"{', '.join(known) or 'none'}.",
                code="unknown-control",
            )
        self.emit(StatePatch({control_id: known[control_id].accept(value)}))

    def _show(self, name: str) -> None:
        known = [each.name for each in self._recording.scene.display_variables]
        if name not in known[:1]:
            raise RequestError(
                f"{name!r} was not recorded; this recording has: {', '.join(known[:1]) or 'none'}.",
                code="unknown-variable",
            )

    def _capture(self, segment_id: str) -> None:
        """Add the trace of a segment from its frames, with all until now; nothing if it is there already."""
        recording, geometry = self._recording, self._recording.scene.geometry
        if geometry is None or segment_id not in geometry:
            raise RequestError(
                f"There is no segment {segment_id!r} in this recording.", code="unknown-segment"
            )
        view = recording.scene.morphology_view
        if recording.frames is None or view is None or view.field_id != recording.field_id:
            raise RequestError(
                f"Nothing was recorded of {segment_id} over time.", code="not-recorded"
            )
        shown = (each.segment_id for each in self._traces.values())
        if segment_id not in self._segments and segment_id not in shown:
            self._segments[segment_id] = geometry.index_of(segment_id)
            self._send_segment(segment_id)

    def _remove(self, trace_id: str) -> None:
        known: tuple[dict[str, Any], ...] = (self._segments, self._traces)
        found = next((each for each in known if trace_id in each), None)
        if found is None:
            raise RequestError(f"There is no trace {trace_id!r} to remove.", code="unknown-trace")
        del found[trace_id]
        self.emit(TraceRemoved(trace_id))

    # ----------------------------------------------------------------------------------- updates

    def _send_frame(self) -> None:
        recording = self._recording
        if recording.frames is not None:
            values, coords = (
                recording.frames.values(self._index),
                recording.frames.coords(self._index),
            )
            self.emit(FieldReplace(recording.field_id, values, self._t, coords))

    def _send_whole(self) -> None:
        """Send each trace from its beginning until now."""
        for trace in self._traces.values():
            n = int(np.searchsorted(trace.times, self._t, "right"))
            self.emit(
                TraceAdded(
                    trace.id,
                    trace.segment_id,
                    trace.times[:n],
                    trace.values[:n],
                    label=trace.label,
                    unit=trace.unit,
                    quantity=trace.quantity,
                )
            )
        for segment_id in self._segments:
            self._send_segment(segment_id)
        for events in self._recording.events:
            self._send_events(events, -np.inf)

    def _send_events(self, events: RecordedEvents, after_ms: float) -> None:
        n_rows = len(field_of(self._recording.scene, events.field_id).values)
        for update in events.updates(after_ms, self._t, n_rows):
            self.emit(update)

    def _send_segment(self, segment_id: str) -> None:
        recording = self._recording
        values = self._column(segment_id, 0, self._index + 1)
        unit = field_of(recording.scene, recording.field_id).unit
        times = recording.times[: self._index + 1]
        self.emit(TraceAdded(segment_id, segment_id, times, values, label=segment_id, unit=unit))

    def _column(self, segment_id: str, start: int, stop: int) -> NDArray[Any]:
        frames = self._recording.frames
        assert frames is not None  # where a segment is captured
        return frames.column(self._segments[segment_id], start, stop)

    def _send_from(self, begin: int) -> None:
        """Send the present frame, and the samples after the time at `begin`."""
        if self._index == begin:
            return
        self._send_frame()
        view = self._recording.scene.trace_view
        field_id = TRACE_FIELD_ID if view is None else view.field_id
        start, stop = begin + 1, self._index + 1
        if self._segments:
            rows = tuple(self._segments)
            values = np.stack([self._column(each, start, stop) for each in rows])
            self.emit(FieldAppend(field_id, rows, values, self._recording.times[start:stop]))
        before = float(self._recording.times[begin])
        for trace in self._traces.values():
            i, k = (int(np.searchsorted(trace.times, t, "right")) for t in (before, self._t))
            if k > i:
                values = trace.values[None, i:k]
                self.emit(FieldAppend(field_id, (trace.id,), values, trace.times[i:k]))
        for events in self._recording.events:
            self._send_events(events, before)

    def _send_status(self) -> None:
        run = self._run
        rate = run.rate if run.running or run.finished else np.nan
        self.emit(RunStatus(self._t, run.running, run.steps, rate, run.finished))


def _with_first_frame(recording: Recording) -> Scene:
    """Return the scene whose field has the values of the first frame."""
    scene, frames = recording.scene, recording.frames
    if frames is None:
        return scene
    field = field_of(scene, recording.field_id)
    coords = frames.coords(0)
    first = replace(
        field, values=frames.values(0), coords=field.coords if coords is None else coords
    )
    return replace(
        scene, fields=tuple(first if each.id == first.id else each for each in scene.fields)
    )
