"""`AppView`: an `AppSpec` as what a script has registered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from backends import session as ours
from backends.compneurovis.specs.scene import AppSpec
from backends.compneurovis.specs.session import Session
from backends.compneurovis.translation.adapter import is_target, session_class_of
from backends.errors import ProtocolError
from backends.inline.registry import Registry


@dataclass(frozen=True)
class AppView:
    """What `run_app` registers.

    Attributes
    ----------
    takes_classes : bool
        A script with an app defines the class of its session too.
    """

    app: AppSpec
    takes_classes: bool = True

    def __post_init__(self) -> None:
        source = self.app.session
        if isinstance(source, (Session, ours.Session)):
            raise ProtocolError(
                f"run_app: session must be a class or a function that makes one, not a "
                f"{type(source).__name__} that exists already",
                code="bad-source",
            )

    @property
    def is_empty(self) -> bool:
        """Whether there is neither a session nor a scene."""
        return self.app.session is None and self.app.scene is None

    def session_class(self, registry: Registry, name: str, module: str) -> type[ours.Session]:
        """Return the class of the session that shows the app."""
        app = self.app
        source = app.session
        if isinstance(source, type) and issubclass(source, ours.Session):
            from backends.compneurovis.stepwise import is_stepwise  # with NEURON's whole package

            if not is_stepwise(source):
                return _live_class(source, app)
        kind = getattr(source, "__name__", name)
        return session_class_of(app, kind, module)


def _live_class(kind: type[ours.Session], app: AppSpec) -> type[ours.Session]:
    """Return a class of a live session with the app's title and interaction target."""
    attributes: dict[str, Any] = {"__module__": kind.__module__, "__qualname__": kind.__qualname__}
    target = app.interaction_target
    if target is not None:
        makes_one = isinstance(target, type) or (callable(target) and not is_target(target))
        attributes |= _asking(target() if makes_one else target, kind)
    if app.title and hasattr(kind, "app_title"):
        attributes["app_title"] = app.title
    found: type[ours.Session] = type(kind.__name__, (kind,), attributes)
    return found if target is not None or app.title else kind


def _asking(target: Any, kind: type) -> Mapping[str, Any]:
    """Return hooks that ask the interaction target before the session."""

    def asking(name: str) -> Any:
        def hook(self: Any, *arguments: Any) -> bool:
            return bool(getattr(target, name)(*arguments)) or bool(
                getattr(kind, name)(self, *arguments)
            )

        return hook

    names = ("on_action", "on_key_press", "on_entity_clicked")
    return {name: asking(name) for name in names if hasattr(target, name)}
