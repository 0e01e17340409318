"""`Ramp`: the smallest complete session. Segment i shows (i + 1) · slope · t, so every value is known."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from backends.controls import ActionSpec, ControlSpec, ScalarValueSpec
from backends.errors import RequestError
from backends.field import Field
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
    TraceAdded,
    TraceRemoved,
)
from backends.scene import (
    DisplayVariable,
    LayoutSpec,
    MorphologyGeometry,
    MorphologyViewSpec,
    PanelSpec,
    Scene,
    TracePlotViewSpec,
)
from backends.session import BufferedSession, Session

DT_MS = 0.5
SLOPE = ControlSpec("slope", "Slope", ScalarValueSpec(1.0, 0.0, 10.0, unit="mV/ms"))
FLIP = ActionSpec("flip", "Flip the sign", shortcuts=("J",))


def line_geometry(n_segments: int) -> MorphologyGeometry:
    """Return an unbranched cable of `n_segments` segments of 10 µm, 2 µm thick, one frustum each."""
    along = np.arange(n_segments + 1) * 10.0
    x = (np.arange(n_segments) + 0.5) / n_segments
    return MorphologyGeometry(
        points=np.column_stack([along, 0 * along, 0 * along]),
        radii=np.ones(n_segments + 1),
        frusta=np.column_stack([np.arange(n_segments), np.arange(1, n_segments + 1)]),
        frustum_segment=np.arange(n_segments),
        segment_ids=tuple(f"soma[0]({value:g})" for value in x),
        section_names=("soma[0]",),
        section_index=np.zeros(n_segments),
        x=x,
        swc_type=np.ones(n_segments),
        cell_index=np.zeros(n_segments),
        parent_segment=np.arange(n_segments) - 1,
        path_distance=np.arange(n_segments) * 10.0,
        length=np.full(n_segments, 10.0),
        area=np.full(n_segments, 20 * math.pi),
        diameter=np.full(n_segments, 2.0),
    )


class Ramp(BufferedSession):
    """A session whose values are all known in advance.

    Parameters
    ----------
    n_segments : int
    steps_per_batch : int
        Steps of 0.5 ms that one `advance` takes.
    """

    def __init__(self, n_segments: int = 5, steps_per_batch: int = 4) -> None:
        super().__init__()
        self.geometry = line_geometry(n_segments)
        self._factors = np.arange(1.0, n_segments + 1)
        self._steps_per_batch = steps_per_batch
        self._values = {SLOPE.id: 1.0}
        self._sign = 1.0
        self._steps = 0
        self._running = False
        self._finished = False
        self._tstop_steps: int | None = None
        self._until_steps: int | None = None
        self._traces: list[int] = []

    def initialize(self) -> Scene:
        """Return the scene: one cell, one trace plot, one slider, one action."""
        ids = self.geometry.segment_ids
        self._report()
        return Scene(
            title="Ramp",
            geometries=(self.geometry,),
            fields=(
                Field("display", 0 * self._factors, ("segment",), {"segment": ids}, "mV"),
                Field("trace", np.empty((0, 0)), ("trace", "time"), unit="mV"),
            ),
            views=(
                MorphologyViewSpec("cell", self.geometry.id, "display", "mV"),
                TracePlotViewSpec("traces", "trace", y_unit="mV"),
            ),
            controls=(SLOPE,),
            actions=(FLIP,),
            layout=LayoutSpec(
                (
                    PanelSpec("cell", "morphology", "Cell", "cell"),
                    PanelSpec("traces", "traces", "Traces", "traces"),
                    PanelSpec("controls", "controls", "Controls", None, (SLOPE.id,), (FLIP.id,)),
                )
            ),
            backend="Ramp",
            dt_ms=DT_MS,
            display_variables=(DisplayVariable("v", "Ramp", "mV", (0.0, 100.0)),),
        )

    def advance(self) -> None:
        """Run a batch of steps, fewer if a stop time comes first."""
        stops = [stop for stop in (self._until_steps, self._tstop_steps) if stop is not None]
        end = min([self._steps + self._steps_per_batch, *stops])
        steps = np.arange(self._steps + 1, end + 1)
        self._steps = end
        if self._traces and steps.size:
            values = np.outer(self._factors[self._traces], self._value(steps))
            rows = tuple(self.geometry.segment_ids[i] for i in self._traces)
            self.emit(FieldAppend("trace", rows, values, steps * DT_MS))
        if end in stops:
            self._running, self._finished, self._until_steps = False, True, None
        self._report()

    def handle(self, command: SessionCommand) -> None:
        """Handle `command`; see `Session.handle`."""
        match command:
            case Reset():
                self._steps, self._running, self._finished = 0, False, False
                self._until_steps = None
                for i in self._traces:
                    self._add_trace(i)
            case SetRunning(running):
                self._running = running and self._steps != self._tstop_steps
                self._finished = False
            case StepOnce(steps):
                self._run_until(self._steps + steps)
            case RunFor(duration_ms):
                self._run_until(self._steps + round(duration_ms / DT_MS))
            case SetStopTime(tstop_ms):
                self._tstop_steps = None if tstop_ms is None else round(tstop_ms / DT_MS)
            case SetControl(control_id, value):
                self._set_control(control_id, value)
            case InvokeAction(FLIP.id):
                self._sign = -self._sign
            case EntityClicked(segment_id) | CaptureTrace(segment_id):
                self._capture(segment_id)
            case RemoveTrace(trace_id):
                self._remove(trace_id)
            case SetSpeed() | SetDisplayVariable("v") | KeyPressed():
                pass
            case InvokeAction(action_id):
                raise RequestError(f"The ramp has no action {action_id!r}.", code="unknown-action")
            case SetDisplayVariable(name):
                raise RequestError(f"The ramp has no {name!r}.", code="unknown-variable")
            case _:
                raise RequestError(f"The ramp cannot do {command}.", code="unknown-command")
        self._report()

    def is_live(self) -> bool:
        """Whether it runs."""
        return self._running

    def idle_sleep(self) -> float | None:
        """Return 0 while it runs, and None, to wait for a command, while it does not."""
        return 0.0 if self._running else None

    def shutdown(self) -> None:
        """Stop."""
        self._running = False

    def _value(self, steps: np.ndarray) -> np.ndarray:
        return self._sign * self._values[SLOPE.id] * DT_MS * steps

    def _run_until(self, steps: int) -> None:
        self._until_steps, self._running, self._finished = steps, True, False

    def _set_control(self, control_id: str, value: object) -> None:
        if control_id != SLOPE.id:
            raise RequestError(
                f"The ramp has no control {control_id!r}; it has slope.", code="unknown-control"
            )
        self._values[control_id] = SLOPE.accept(value)
        self.emit(StatePatch(dict(self._values)))

    def _capture(self, segment_id: str) -> None:
        if segment_id not in self.geometry:
            raise RequestError(f"The ramp has no segment {segment_id!r}.", code="unknown-segment")
        i = self.geometry.index_of(segment_id)
        if i not in self._traces:
            self._traces.append(i)
            self._add_trace(i)

    def _add_trace(self, i: int) -> None:
        steps = np.arange(self._steps + 1)
        id_ = self.geometry.segment_ids[i]
        values = self._factors[i] * self._value(steps)
        self.emit(TraceAdded(id_, id_, steps * DT_MS, values, label=id_, unit="mV"))

    def _remove(self, trace_id: str) -> None:
        if trace_id not in [self.geometry.segment_ids[i] for i in self._traces]:
            raise RequestError(f"The ramp has no trace {trace_id!r}.", code="unknown-trace")
        self._traces.remove(self.geometry.index_of(trace_id))
        self.emit(TraceRemoved(trace_id))

    def _report(self) -> None:
        time_ms = self._steps * DT_MS
        self.emit(
            FieldReplace("display", self._factors * self._value(np.array(self._steps)), time_ms)
        )
        self.emit(RunStatus(time_ms, self._running, self._steps, finished=self._finished))


@dataclass(frozen=True)
class RampOf:
    """A picklable factory of ramps of a chosen size."""

    n_segments: int = 5
    steps_per_batch: int = 4

    def __call__(self) -> Session:
        """Return a new ramp."""
        return Ramp(self.n_segments, self.steps_per_batch)
