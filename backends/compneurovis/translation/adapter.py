"""`AppSession`: a session of the window that holds a session of CompNeuroVis and translates between the two."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from backends import messages as ours, scene as our_scene
from backends.compneurovis.specs import messages as theirs
from backends.compneurovis.specs.scene import AppSpec, Scene
from backends.compneurovis.specs.session import Session, resolve_session_source
from backends.compneurovis.translation.context import AppContext
from backends.compneurovis.translation.followed_scene import FollowedScene, default_state
from backends.compneurovis.translation.running import Running
from backends.compneurovis.translation.scene_translation import STANDS_STILL, translate
from backends.errors import ProtocolError, RequestError
from backends.messages import SessionCommand
from backends.session import BufferedSession
from backends.views import StateBinding

_SELECTED, _SELECTED_LABEL = "selected_entity_id", "selected_entity_label"
_VALUES = (theirs.FieldReplace, theirs.FieldAppend)
RESET = "reset"
"""The action that is a `Reset`, as in CompNeuroVis."""


class AppSession(BufferedSession):
    """Shows an `AppSpec`: its session, or a scene that stands still.

    Attributes
    ----------
    APP : AppSpec
        Of a subclass; see `session_class_of`.
    state : dict
        The window's state: values of controls by their state keys, and what `StatePatch` has set.
    """

    APP: ClassVar[AppSpec]

    def __init__(self) -> None:
        super().__init__()
        self.state: dict[str, Any] = {}
        self.running = Running()
        self._author: Session | None = None
        self._target: Any = None
        self._scene: FollowedScene | None = None

    @classmethod
    def startup_scene(cls) -> our_scene.Scene | None:
        """Return the scene that the app shows until its session has one."""
        make = getattr(cls.APP.session, "startup_scene", None)
        scene = cls.APP.scene or (make() if callable(make) else None)
        if scene is None or cls.APP.session is None:
            return None
        return translate(scene, cls.APP, default_state(scene)).scene

    # --------------------------------------------------------------------------------- lifecycle

    def initialize(self) -> our_scene.Scene | None:
        """Build the author's model and return its scene; the session runs from the start, as there."""
        app = self.APP
        target = app.interaction_target
        makes_one = isinstance(target, type) or (callable(target) and not is_target(target))
        self._target = target() if makes_one else target
        scene = app.scene
        if app.session is not None:
            self._author = resolve_session_source(app.session)
            scene = self._author.initialize() or scene
        if scene is not None:
            self._follow(scene).begin()
        self._take_updates()
        self._report_run()
        return None if self._scene is None else self._scene.scene

    def _follow(self, scene: Scene) -> FollowedScene:
        self._scene = FollowedScene(scene, self.APP, self.state, self.emit)
        return self._scene

    @property
    def _followed(self) -> FollowedScene:
        if self._scene is None:
            raise RequestError("There is nothing to show yet.", code="not-ready", hint="wait")
        return self._scene

    def is_live(self) -> bool:
        """Whether the next step is due."""
        return self.running.wait() == 0.0 and self._author is not None and self._author.is_live()

    def idle_sleep(self) -> float | None:
        """Return the seconds until the next step, None while only a command can change anything."""
        if self._author is None:
            return None
        wait = self.running.wait()
        if wait == 0.0 and not self._author.is_live():
            return self._author.idle_sleep() or 0.05
        return wait

    def advance(self) -> None:
        """Let the author's session take its next steps."""
        author = self._author
        if author is None or not self.running.running:
            return
        self.running.begin_step(author.idle_sleep())
        author.advance()
        self._take_updates()
        self.running.end_step(0.0 if self._scene is None else self._scene.time_ms)
        self._report_run()

    def shutdown(self) -> None:
        """Release the author's session; may be called more than once."""
        author, self._author = self._author, None
        if author is not None:
            author.shutdown()

    # ---------------------------------------------------------------------------------- commands

    def handle(self, command: SessionCommand) -> None:
        """Carry out a command.

        Raises
        ------
        RequestError
            If there is no such control, action or trace to change, or a value is not allowed.
        """
        match command:
            case ours.StopSession():
                self.shutdown()
            case ours.SetControl(control_id, value):
                self.set_control(control_id, value)
            case ours.InvokeAction(action_id, payload):
                self.invoke(action_id, payload)
            case ours.KeyPressed(key):
                self._press(key)
            case ours.EntityClicked(entity_id) | ours.CaptureTrace(entity_id):
                self._click(entity_id)
            case ours.RemoveTrace(trace_id):
                raise RequestError(
                    f"The script says which curves its plots have; {trace_id!r} cannot be removed, only hidden.",
                    code="trace-stays",
                )
            case ours.SetRunning() | ours.StepOnce() | ours.RunFor() if self.APP.session is None:
                raise RequestError(STANDS_STILL, code="cannot-run")
            case ours.Reset():
                self.running.reset()
                self._forward(command)
            case _:
                if not self.running.handle(command):
                    raise RequestError(
                        f"{type(command).__name__} is not known to this session.",
                        code="unknown-command",
                    )
        self._report_run()

    def _forward(self, command: SessionCommand) -> None:
        if self._author is not None:
            try:
                self._author.handle(command)
            finally:
                self._take_updates()

    def set_control(self, control_id: str, value: Any) -> None:
        """Give a control a value; the session gets it where the control is sent to it."""
        controls = self._followed.theirs.controls
        if control_id not in controls:
            raise RequestError(
                f"There is no control {control_id!r}; there are {', '.join(controls) or 'none'}.",
                code="unknown-control",
            )
        control = controls[control_id]
        accepted = control.translated().accept(value)
        key = control.resolved_state_key()
        before = self.state.get(key)
        self.state[key] = accepted
        if control.send_to_session:
            try:
                self._forward(ours.SetControl(control_id, accepted))
            except Exception:  # raised again: only the value goes back
                self.state[key] = before
                self._followed.send_value_again(control_id)
                raise
        self._followed.set_state({key: self.state[key]})

    def invoke(self, action_id: str, payload: Mapping[str, Any]) -> None:
        """Do an action: the interaction target is asked first, then the session."""
        actions = self._followed.theirs.actions
        if action_id not in actions:
            raise RequestError(
                f"There is no action {action_id!r}; there are {', '.join(actions) or 'none'}.",
                code="unknown-action",
            )
        full = {
            name: self.state.get(each.key) if isinstance(each, StateBinding) else each
            for name, each in {**actions[action_id].payload, **payload}.items()
        }
        if self._asks_target("on_action", action_id, full):
            return
        if action_id == RESET:
            self.running.reset()
            self._forward(ours.Reset())
        else:
            self._forward(ours.InvokeAction(action_id, full))

    def _press(self, key: str) -> None:
        if not self._asks_target("on_key_press", key):
            self._forward(ours.KeyPressed(key))

    def _click(self, entity_id: str) -> None:
        if self.entity(entity_id) is None:
            raise RequestError(f"There is no segment {entity_id!r}.", code="unknown-segment")
        self.select(entity_id)
        if not self._asks_target("on_entity_clicked", entity_id):
            self._forward(ours.EntityClicked(entity_id))

    def select(self, entity_id: str) -> None:
        """Let an entity be the one that plots follow."""
        info = self.entity(entity_id)
        self.set_state({_SELECTED: entity_id, _SELECTED_LABEL: info and info["label"]})

    def _asks_target(self, hook: str, *arguments: Any) -> bool:
        """Ask the interaction target; return whether it has dealt with it."""
        method = getattr(self._target, hook, None)
        return method is not None and bool(method(*arguments, AppContext(self)))

    def entity(self, entity_id: str) -> dict[str, Any] | None:
        """Return facts of an entity, None if no geometry has it."""
        return self._followed.entity(entity_id)

    def set_state(self, values: Mapping[str, Any]) -> None:
        """Set names of the window's state, which views, plots and controls follow."""
        self.state.update(values)
        if self._scene is not None:
            self._scene.set_state(values)

    # ----------------------------------------------------------------------------------- updates

    def _take_updates(self) -> None:
        """Translate what the author's session has to report."""
        if self._author is None:
            return
        waiting: list[Any] = []  # frames that came before the samples of their time
        updates = self._author.read_updates()
        first = next((each for each in updates if isinstance(each, _VALUES)), None)
        for update in updates:
            if self._is_frame(first) and self._is_frame(update):
                waiting.append(update)
                continue
            if not isinstance(update, _VALUES):
                self._translate_all(waiting)
            self._translate(update)
            self._translate_all(waiting)
        self._translate_all(waiting)

    def _is_frame(self, update: Any) -> bool:
        """Whether an update gives a field other values that no plot over time shows."""
        is_replace = isinstance(update, theirs.FieldReplace)
        return (
            is_replace and self._scene is not None and not self._scene.is_plotted(update.field_id)
        )

    def _translate_all(self, waiting: list[Any]) -> None:
        while waiting:
            self._translate(waiting.pop(0))

    def _translate(self, update: Any) -> None:
        match update:
            case theirs.SceneReady(scene):
                new = self._follow(scene)
                self.emit(ours.SceneReady(new.scene))
                new.begin()
            case theirs.StatePatch(updates):
                self.set_state(updates)
            case theirs.Status(message, timeout_ms):
                self.emit(ours.Status(self.phase, message, timeout_ms=timeout_ms or None))
            case theirs.Error(message):
                self.emit(ours.Error(message, code="session-error"))
            case theirs.FieldReplace():
                self._followed.replace(update)
            case theirs.FieldAppend():
                self._followed.append(update)
            case theirs.ScenePatch() | theirs.PanelPatch() | theirs.LayoutReplace():
                self._followed.change(update)
            case ours.SessionUpdate():
                self.emit(update)
            case _:
                raise ProtocolError(
                    f"emit: a {type(update).__name__} is no update of a session",
                    code="bad-type",
                    hint="edit-script",
                )

    @property
    def phase(self) -> ours.Phase:
        """What the session is doing."""
        return ours.Phase.RUNNING if self.running.running else ours.Phase.PAUSED

    def _report_run(self) -> None:
        if self._author is not None and self._scene is not None:
            self.running.time_ms = self._scene.time_ms
            self.emit(self.running.status())


def session_class_of(app: AppSpec, name: str, module: str) -> type[AppSession]:
    """Return the class of the session over `app`."""
    return type(name, (AppSession,), {"APP": app, "__module__": module})


def is_target(value: Any) -> bool:
    """Whether a value has methods of an interaction target."""
    return any(hasattr(value, name) for name in ("on_action", "on_key_press", "on_entity_clicked"))
