"""`AppContext`: what an interaction target may use of the app."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from backends.messages import Phase, SessionUpdate, Status


class App(Protocol):
    """What the context needs of the session that shows the app."""

    state: dict[str, Any]

    @property
    def phase(self) -> Phase:
        """What the session is doing."""

    def emit(self, update: SessionUpdate) -> None:
        """Send an update."""

    def set_state(self, values: Mapping[str, Any]) -> None:
        """Set names of the window's state."""

    def entity(self, entity_id: str) -> dict[str, Any] | None:
        """Return facts of an entity."""

    def invoke(self, action_id: str, payload: Mapping[str, Any]) -> None:
        """Do an action."""

    def set_control(self, control_id: str, value: Any) -> None:
        """Give a control a value."""


class AppContext:
    """Passed to the methods of an interaction target."""

    def __init__(self, app: App) -> None:
        self._app = app

    @property
    def selected_entity_id(self) -> str | None:
        """The entity that was clicked last."""
        value = self.state("selected_entity_id")
        return None if value is None else str(value)

    def state(self, key: str, default: Any = None) -> Any:
        """Return a value of the window's state."""
        return self._app.state.get(key, default)

    def set_state(self, key: str, value: Any) -> None:
        """Set a value of the window's state."""
        self._app.set_state({key: value})

    def entity_info(self, entity_id: str | None = None) -> dict[str, Any] | None:
        """Return index, entity_id, section_name, xloc and label of an entity, by default the selected one."""
        wanted = entity_id or self.selected_entity_id
        return None if wanted is None else self._app.entity(wanted)

    def show_status(self, message: str, timeout_ms: int | None = None) -> None:
        """Show a sentence in the status bar."""
        self._app.emit(Status(self._app.phase, message, timeout_ms=timeout_ms or None))

    def clear_status(self) -> None:
        """Remove the sentence."""
        self.show_status("")

    def invoke_action(self, action_id: str, payload: Mapping[str, Any] | None = None) -> None:
        """Do one of the session's actions."""
        self._app.invoke(action_id, payload or {})

    def set_control(self, control_id: str, value: Any) -> None:
        """Give a control a value."""
        self._app.set_control(control_id, value)
