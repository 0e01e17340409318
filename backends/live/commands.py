"""What each command does to a live session, and how an author's hook is called.

A command that cannot be carried out is refused with `RequestError`. Any other exception of an author's
hook becomes an `Error` with the traceback in its details; the simulation goes on.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from backends.errors import RequestError
from backends.live.engine import LiveEngine
from backends.live.hook_checks import action_specs, control_specs
from backends.live.interaction import InteractionContext
from backends.messages import (
    CaptureTrace,
    EntityClicked,
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
from backends.scene import MorphologyViewSpec, ViewSpec


class CommandDispatch:
    """Carries out the commands of one session."""

    def __init__(self, live: LiveEngine) -> None:
        self._live = live
        self._session = live.session

    def dispatch(self, command: SessionCommand) -> None:
        """Carry out `command`; RequestError if that is not possible."""
        live = self._live
        if isinstance(command, StopSession):
            self._session.shutdown()
            return
        live.live_stepper()
        match command:
            case Reset():
                live.reset()
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
            case CaptureTrace(segment_id, variable):
                live.traces.capture(segment_id, variable)
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
        live, run = self._live, self._live.run_control
        match command:
            case SetRunning(running=True):
                run.start(live.t, live.dt)
            case SetRunning():
                run.pause()
            case StepOnce(steps):
                run.step_once(steps)
            case RunFor(duration_ms):
                run.run_for(duration_ms, live.dt)
            case SetStopTime(tstop_ms):
                run.stop_time = tstop_ms
            case SetSpeed(ms_per_second):
                run.set_speed(ms_per_second)
        live.emit_status()

    def _set_control(self, control_id: str, value: Any) -> None:
        session = self._session
        specs = self._live.run_hook("control_specs", lambda: control_specs(session))
        if specs is None:
            return
        if control_id not in specs:
            known = ", ".join(specs) or "none"
            raise RequestError(
                f"There is no control {control_id!r}; this session has: {known}.",
                code="unknown-control",
            )
        accepted = specs[control_id].accept(value)
        done = self._live.run_hook(
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
        self._live.state[control_id] = accepted
        session.emit(StatePatch({control_id: accepted}))

    def invoke(self, action_id: str, payload: Mapping[str, Any]) -> None:
        """Do an action: `on_action` first, else `apply_action`."""
        session = self._session
        specs = self._live.run_hook("action_specs", lambda: action_specs(session))
        if specs is None:
            return
        if action_id not in specs:
            known = ", ".join(specs) or "none"
            raise RequestError(
                f"There is no action {action_id!r}; this session has: {known}.",
                code="unknown-action",
            )
        full = {**specs[action_id].payload, **payload}
        context = self._context()
        done = self._live.run_hook(
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

    def _context(self) -> InteractionContext:
        return InteractionContext(self._session, self._live, self.invoke)

    def _press(self, key: str) -> None:
        session = self._session
        context = self._context()
        if (
            self._live.run_hook(f"Key {key}", lambda: session.on_key_press(key, context))
            is not False
        ):
            return
        specs = self._live.run_hook("action_specs", lambda: action_specs(session))
        for spec in (specs or {}).values():
            if key.lower() in {each.lower() for each in spec.shortcuts}:
                self.invoke(spec.id, {})
                return

    def _click(self, entity_id: str) -> None:
        live, session = self._live, self._session
        live.traces.segment_index(entity_id)
        live.selected_entity_id = entity_id
        context = self._context()
        is_wanted = self._live.run_hook(
            "should_capture_trace_on_click",
            lambda: session.should_capture_trace_on_click(entity_id, context),
        )
        if is_wanted:
            live.traces.capture(entity_id)
        self._live.run_hook(
            "on_entity_clicked", lambda: session.on_entity_clicked(entity_id, context)
        )

    def _remove(self, trace_id: str) -> None:
        live = self._live
        if not live.traces.release(trace_id) and not live.release_recorded(trace_id):
            raise RequestError(f"There is no trace {trace_id!r} to remove.", code="unknown-trace")
        self._session.emit(TraceRemoved(trace_id))

    def _show(self, name: str) -> None:
        live, session = self._live, self._session
        known = {each.name: each for each in live.display_variables}
        if name not in known:
            raise RequestError(
                f"{name!r} cannot be shown; this model has: {', '.join(known) or 'none'}.",
                code="unknown-variable",
            )
        if name == live.display_variable.name:
            return
        live.traces.emit_samples()
        live.live_stepper().show(name)
        live.set_option("display_variable", known[name])
        live.others.show(
            "" if name == live.display_variables[0].name else name, live.live_stepper()
        )
        live.budget.reset()
        session.emit(ScenePatch({"views": tuple(self._updated_view(v) for v in self._views())}))
        live.emit_frame()

    def _views(self) -> tuple[ViewSpec, ...]:
        scene = self._live.scene
        return () if scene is None else scene.views

    def _updated_view(self, view: ViewSpec) -> ViewSpec:
        session = self._session
        if not isinstance(view, MorphologyViewSpec) or view.field_id != session.display_field_id():
            return view  # traces keep the variable that they were made with
        return replace(
            view,
            unit=session.display_unit(),
            label=self._live.display_variable.label,
            color_limits=session.morphology_color_limits(),
        )
