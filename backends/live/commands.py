"""What each command does to a live session, and how an author's hook is called.

A command that cannot be carried out is refused with `RequestError`. Any other exception of an author's
hook becomes an `Error` with the traceback in its details; the simulation goes on.
"""

from __future__ import annotations

import traceback
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, TypeVar

from backends.errors import RequestError
from backends.live.contract import LiveContract
from backends.live.hook_checks import action_specs, control_specs
from backends.live.interaction import InteractionContext
from backends.messages import (
    CaptureTrace,
    EntityClicked,
    Error,
    InvokeAction,
    KeyPressed,
    RemoveTrace,
    Reset,
    RunFor,
    ScenePatch,
    SessionCommand,
    SetControl,
    SetDisplayVariable,
    SetRunning,
    SetSpeed,
    SetStopTime,
    StatePatch,
    StepOnce,
    StopSession,
    TraceRemoved,
)
from backends.scene import TracePlotViewSpec, ViewSpec

T = TypeVar("T")


class CommandDispatch:
    """Carries out the commands of one session."""

    def __init__(self, session: LiveContract) -> None:
        self._session = session

    def dispatch(self, command: SessionCommand) -> None:
        """Carry out `command`; RequestError if that is not possible."""
        session = self._session
        if isinstance(command, StopSession):
            session.shutdown()
            return
        session.live_stepper()
        match command:
            case Reset():
                session.reset()
            case SetRunning() | StepOnce() | RunFor() | SetStopTime() | SetSpeed():
                self._control_run(command)
            case SetControl(control_id, value):
                self._set_control(control_id, value)
            case InvokeAction(action_id, payload):
                self.invoke(action_id, payload)
            case KeyPressed(key):
                self._press(key)
            case EntityClicked(entity_id):
                self._click(entity_id)
            case CaptureTrace(segment_id):
                self.capture(segment_id)
            case RemoveTrace(trace_id):
                self._remove(trace_id)
            case SetDisplayVariable(name):
                self._show(name)
            case _:
                raise RequestError(
                    f"{type(command).__name__} is not known to this session.",
                    code="unknown-command",
                )

    def _control_run(self, command: SessionCommand) -> None:
        session, run = self._session, self._session.run_control
        match command:
            case SetRunning(running=True):
                run.start(session.t, session.dt)
            case SetRunning():
                run.pause()
            case StepOnce(steps):
                run.step_once(steps)
            case RunFor(duration_ms):
                run.run_for(duration_ms, session.dt)
            case SetStopTime(tstop_ms):
                run.stop_time = tstop_ms
            case SetSpeed(ms_per_second):
                run.set_speed(ms_per_second)
        session.emit_status()

    def run_hook(self, what: str, hook: Callable[[], T]) -> T | None:
        """Return what the author's hook returns, or None after reporting what it raised."""
        try:
            return hook()
        except RequestError:
            raise
        except (
            Exception
        ) as error:  # the author's code may raise anything, which must not end the run
            self._session.emit(
                Error(
                    f"{what} failed: {self._session.reason_of(error)}; the simulation goes on.",
                    traceback.format_exc(),
                    code="hook-failed",
                )
            )
            return None

    def _set_control(self, control_id: str, value: Any) -> None:
        session = self._session
        specs = self.run_hook("control_specs", lambda: control_specs(session))
        if specs is None:
            return
        if control_id not in specs:
            known = ", ".join(specs) or "none"
            raise RequestError(
                f"There is no control {control_id!r}; this session has: {known}.",
                code="unknown-control",
            )
        accepted = specs[control_id].accept(value)
        done = self.run_hook(
            f"Setting {specs[control_id].label} to {accepted!r}",
            lambda: session.apply_control(control_id, accepted) is not False,
        )
        if done is None:
            return
        if not done:
            raise RequestError(
                f"{specs[control_id].label}: apply_control({control_id!r}, …) returned False: "
                "the session does not know what to set.",
                code="control-not-applied",
            )
        session.state[control_id] = accepted
        session.emit(StatePatch({control_id: accepted}))

    def invoke(self, action_id: str, payload: Mapping[str, Any]) -> None:
        """Do an action: `on_action` first, else `apply_action`."""
        session = self._session
        specs = self.run_hook("action_specs", lambda: action_specs(session))
        if specs is None:
            return
        if action_id not in specs:
            known = ", ".join(specs) or "none"
            raise RequestError(
                f"There is no action {action_id!r}; this session has: {known}.",
                code="unknown-action",
            )
        full = {**specs[action_id].payload, **payload}
        context = InteractionContext(session)
        done = self.run_hook(
            specs[action_id].label,
            lambda: (
                bool(session.on_action(action_id, full, context))
                or session.apply_action(action_id, full) is not False
            ),
        )
        if done is False:
            raise RequestError(
                f"{specs[action_id].label}: neither on_action nor apply_action knows {action_id!r}.",
                code="action-not-done",
            )

    def _press(self, key: str) -> None:
        session = self._session
        context = InteractionContext(session)
        if self.run_hook(f"Key {key}", lambda: session.on_key_press(key, context)) is not False:
            return
        specs = self.run_hook("action_specs", lambda: action_specs(session))
        for spec in (specs or {}).values():
            if key in spec.shortcuts:
                self.invoke(spec.id, {})
                return

    def _segment(self, segment_id: str) -> int:
        geometry = self._session.geometry
        if geometry is None or segment_id not in geometry:
            raise RequestError(
                f"There is no segment {segment_id!r} in this model.", code="unknown-segment"
            )
        return geometry.index_of(segment_id)

    def _click(self, entity_id: str) -> None:
        session = self._session
        self._segment(entity_id)
        session.selected_entity_id = entity_id
        context = InteractionContext(session)
        is_wanted = self.run_hook(
            "should_capture_trace_on_click",
            lambda: session.should_capture_trace_on_click(entity_id, context),
        )
        if is_wanted:
            self.capture(entity_id)
        self.run_hook("on_entity_clicked", lambda: session.on_entity_clicked(entity_id, context))

    def capture(self, segment_id: str) -> None:
        """Choose a segment and send its stored samples; does nothing if it is chosen already."""
        session, history = self._session, self._session.history
        segment = self._segment(segment_id)
        if segment in history.captured:
            return
        session.emit_samples()
        if not history.is_active:
            session.restart_sample_interval()
        stepper = session.live_stepper()
        history.capture(segment, stepper.t, float(stepper.read()[segment]))
        stepper.watch(history.watched)
        session.budget.reset()
        session.emit_trace(segment)

    def _remove(self, trace_id: str) -> None:
        session, history = self._session, self._session.history
        geometry = session.geometry
        if geometry is not None and trace_id in geometry:
            segment = geometry.index_of(trace_id)
            if segment in history.captured:
                session.emit_samples()
                history.release(segment)
                session.live_stepper().watch(history.watched)
                session.emit(TraceRemoved(trace_id))
                return
        if not session.release_recorded(trace_id):
            raise RequestError(f"There is no trace {trace_id!r} to remove.", code="unknown-trace")
        session.emit(TraceRemoved(trace_id))

    def _show(self, name: str) -> None:
        session = self._session
        known = {each.name: each for each in session.display_variables}
        if name not in known:
            raise RequestError(
                f"{name!r} cannot be shown; this model has: {', '.join(known) or 'none'}.",
                code="unknown-variable",
            )
        if name == session.display_variable.name:
            return
        session.emit_samples()
        session.live_stepper().show(name)
        session.display_variable = known[name]
        session.budget.reset()
        session.emit(ScenePatch({"views": tuple(self._updated_view(v) for v in self._views())}))
        session.restart_history()
        session.emit_frame()

    def _views(self) -> tuple[ViewSpec, ...]:
        scene = self._session.scene
        return () if scene is None else scene.views

    def _updated_view(self, view: ViewSpec) -> ViewSpec:
        session = self._session
        if isinstance(view, TracePlotViewSpec):
            return replace(view, y_label=session.trace_y_label(), y_unit=session.trace_y_unit())
        return replace(
            view,
            unit=session.display_unit(),
            label=session.display_variable.label,
            color_limits=session.morphology_color_limits(),
        )
