"""`InteractionContext`: what a hook may use of its session while it handles a click, a key or an action."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from backends.messages import Phase, SessionUpdate, StatePatch, Status
from backends.scene import MorphologyGeometry


class InteractiveSession(Protocol):
    """What the context needs of a session."""

    state: dict[str, Any]
    selected_entity_id: str | None
    geometry: MorphologyGeometry | None

    def emit(self, update: SessionUpdate) -> None:
        """Queue an update."""

    def is_live(self) -> bool:
        """Whether a step is due now."""

    def invoke_action(self, action_id: str, payload: Mapping[str, Any]) -> None:
        """Do an action."""


class InteractionContext:
    """What a hook may use of the session while it handles a click, a key or an action."""

    def __init__(self, session: InteractiveSession) -> None:
        self.session = session

    @property
    def selected_entity_id(self) -> str | None:
        """The segment that was clicked last."""
        return self.session.selected_entity_id

    def set_state(self, key: str, value: Any) -> None:
        """Set a control, or a name of the author's choice, to a value that the window shows."""
        self.session.state[key] = value
        self.session.emit(StatePatch({key: value}))

    def state(self, key: str, default: Any = None) -> Any:
        """Return the present value of a control or of what `set_state` has set."""
        return self.session.state.get(key, default)

    def entity_info(self, entity_id: str | None = None) -> dict[str, Any] | None:
        """Return facts of a segment (the selected one by default), or None if there is none.

        Lengths are in µm, areas in µm².
        """
        geometry = self.session.geometry
        entity_id = entity_id or self.selected_entity_id
        if geometry is None or entity_id is None or entity_id not in geometry:
            return None
        i = geometry.index_of(entity_id)
        return {
            "id": entity_id,
            "section": geometry.section_names[int(geometry.section_index[i])],
            "cell": geometry.cell_names[int(geometry.cell_index[i])],
            "x": float(geometry.x[i]),
            "swc_type": int(geometry.swc_type[i]),
            "path_distance": float(geometry.path_distance[i]),
            "length": float(geometry.length[i]),
            "area": float(geometry.area[i]),
            "diameter": float(geometry.diameter[i]),
        }

    def show_status(self, message: str) -> None:
        """Show a sentence next to the state lamp."""
        phase = Phase.RUNNING if self.session.is_live() else Phase.PAUSED
        self.session.emit(Status(phase, message))

    def clear_status(self) -> None:
        """Remove the sentence."""
        self.show_status("")

    def invoke_action(self, action_id: str, payload: Mapping[str, Any] | None = None) -> None:
        """Do one of the session's actions."""
        self.session.invoke_action(action_id, payload or {})
