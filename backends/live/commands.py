"""What each command does to a live session; for controls, actions, keys and clicks see `interaction_dispatch`.

A command that cannot be carried out is refused with `RequestError`.
"""

from __future__ import annotations

from dataclasses import replace

from backends.errors import RequestError
from backends.live.engine import LiveEngine
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
                live.interactions.set_control(control_id, value)
            case InvokeAction(action_id, payload):
                live.interactions.invoke(action_id, payload)
            case KeyPressed(key):
                live.interactions.press(key)
            case EntityClicked(entity_id):
                live.interactions.click(entity_id)
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
        live = self._live
        reason = "" if live.scene is None else live.scene.cannot_run
        starts = isinstance(command, StepOnce | RunFor) or command == SetRunning(running=True)
        if reason and starts:
            raise RequestError(reason, code="cannot-run")
        live.run_control.carry_out(command, live.t, live.dt)
        live.emit_status()

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
