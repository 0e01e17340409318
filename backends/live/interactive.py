"""`InteractiveSession`: controls, actions, keys and clicks for a session without a simulator of ours."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import wraps
from typing import Any

from backends.controls import ActionSpec, ControlSpec
from backends.errors import RequestError
from backends.live.hook_checks import control_specs
from backends.live.interaction_dispatch import InteractionDispatch, reason_of
from backends.live.interaction_hooks import InteractionHooks
from backends.live.targets import TargetFinder
from backends.messages import (
    EntityClicked,
    InvokeAction,
    KeyPressed,
    SessionCommand,
    SessionUpdate,
    SetControl,
    StopSession,
)
from backends.scene import MorphologyGeometry, Scene


class InteractiveSession(InteractionHooks):
    """A session over a solver of your own, whose `handle` carries out controls, actions, keys and clicks.

        class Decay(InteractiveSession):
            rate, level = 0.1, 1.0

            def initialize(self):
                rate = ControlSpec("rate", "Rate", ScalarValueSpec(0.1, 0, 1), target="rate")
                return Scene(controls=[rate])

            def advance(self):
                self.level *= 1 - self.rate

    Controls and actions are those of the scene that `initialize` returns, or of `control_specs` and
    `action_specs` where you override these. For other commands override `handle`, and call
    ``super().handle(command)`` for what you leave to it.
    """

    _live: _PlainHost

    def __init__(self) -> None:
        super().__init__()
        vars(self)["_live"] = _PlainHost(self)  # a name that cannot be assigned

    def __init_subclass__(cls, **arguments: Any) -> None:
        """Let the session know the scene that an author's `initialize` returns, and find its targets."""
        super().__init_subclass__(**arguments)
        if "initialize" in vars(cls):
            setattr(cls, "initialize", _noting_scene(cls.initialize))  # noqa: B010 (mypy refuses the other way)

    def control_specs(self) -> Mapping[str, ControlSpec] | Sequence[ControlSpec]:
        """Return the controls: those of the scene."""
        return self._live.scene.controls

    def action_specs(self) -> Mapping[str, ActionSpec] | Sequence[ActionSpec]:
        """Return the actions: those of the scene."""
        return self._live.scene.actions

    def read_updates(self) -> list[SessionUpdate]:
        """Return and remove the queued updates, oldest first, with what the model has changed by itself."""
        self._live.dispatch.read_back_sometimes(time.perf_counter())
        return super().read_updates()

    def handle(self, command: SessionCommand) -> None:
        """Carry out a change of a control, an action, a key or a click.

        Raises
        ------
        RequestError
            If that is not possible, or it is another command.
        """
        dispatch = self._live.dispatch
        match command:
            case SetControl(control_id, value):
                dispatch.set_control(control_id, value)
            case InvokeAction(action_id, payload):
                dispatch.invoke(action_id, payload)
            case KeyPressed(key):
                dispatch.press(key)
            case EntityClicked(entity_id):
                dispatch.click(entity_id)
            case StopSession():
                self.shutdown()
                return
            case _:
                raise RequestError(
                    f"{type(command).__name__} is not known to this session.",
                    code="unknown-command",
                )
        dispatch.read_back()


class _PlainHost:
    """What an `InteractiveSession` knows of itself; see `InteractionHost`."""

    def __init__(self, session: InteractiveSession) -> None:
        self.scene = Scene()
        self.state: dict[str, Any] = {}
        self.selected_entity_id: str | None = None
        self.dispatch = InteractionDispatch(session, self, TargetFinder(session))

    @property
    def geometry(self) -> MorphologyGeometry | None:
        """The cell on the screen."""
        return self.scene.geometry

    def begin(self, session: InteractiveSession, scene: Scene) -> Scene:
        """Note the scene, find the targets of its controls, and return it with what the model has."""
        self.scene = scene
        self.dispatch.begin(control_specs(session).values())
        self.scene = replace(scene, controls=tuple(map(self.dispatch.completed, scene.controls)))
        return self.scene

    def check_entity(self, entity_id: str) -> None:
        """Refuse an id that none of the scene's geometries has."""
        geometries = self.scene.geometries
        if geometries and not any(entity_id in each for each in geometries):
            raise RequestError(
                f"There is no segment {entity_id!r} in this model.", code="unknown-segment"
            )

    def capture(self, entity_id: str) -> None:
        """Do nothing: what a click shows is the author's affair."""

    def reason_of(self, error: BaseException) -> str:
        """Return what an author's hook raised, as part of a sentence."""
        return reason_of(error)


def _noting_scene(initialize: Callable[..., Scene | None]) -> Callable[..., Scene | None]:
    @wraps(initialize)
    def noting(session: InteractiveSession) -> Scene | None:
        scene = initialize(session)
        return session._live.begin(session, scene) if isinstance(scene, Scene) else scene

    return noting
