"""`InteractionContext`: what a hook may use of its session while it handles a click, a key or an action."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from backends.messages import Phase, StatePatch, Status
from backends.scene import MorphologyGeometry
from backends.session import BufferedSession


class SelectedState(Protocol):
    """What the context needs of what runs the session."""

    state: dict[str, Any]
    selected_entity_id: str | None
    geometry: MorphologyGeometry | None


class InteractionContext:
    """What a hook may use of the session while it handles a click, a key or an action.

    Attributes
    ----------
    session : BufferedSession
    """

    def __init__(
        self,
        session: BufferedSession,
        live: SelectedState,
        invoke: Callable[[str, Mapping[str, Any]], None],
    ) -> None:
        self.session = session
        self._live = live
        self._invoke = invoke

    @property
    def selected_entity_id(self) -> str | None:
        """The segment that was clicked last."""
        return self._live.selected_entity_id

    def set_state(self, key: str, value: Any) -> None:
        """Set a control, or a name of the author's choice, to a value that the window shows."""
        self._live.state[key] = value
        self.session.emit(StatePatch({key: value}))

    def state(self, key: str, default: Any = None) -> Any:
        """Return the present value of a control or of what `set_state` has set."""
        return self._live.state.get(key, default)

    def entity_info(self, entity_id: str | None = None) -> dict[str, Any] | None:
        """Return facts of a segment (the selected one by default), or None if there is none.

        Lengths are in µm, areas in µm².
        """
        geometry = self._live.geometry
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
        self._invoke(action_id, payload or {})
