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

    @property
    def geometry(self) -> MorphologyGeometry | None:
        """The cell on the screen."""


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
        set_control: Callable[[str, Any], None],
    ) -> None:
        self.session = session
        self._live = live
        self._invoke = invoke
        self._set_control = set_control

    @property
    def selected_entity_id(self) -> str | None:
        """The segment that was clicked last."""
        return self._live.selected_entity_id

    def set_state(self, key: str, value: Any) -> None:
        """Set a name of your choice to a value that the window's views follow (see `StateBinding`).

        With the id of a control it changes what the window shows, not the model; see `set_control`.
        """
        self._live.state[key] = value
        self.session.emit(StatePatch({key: value}))

    def set_control(self, control_id: str, value: Any) -> None:
        """Give a control a value, as if the user had: the model and the window get it.

        Raises
        ------
        RequestError
            If the value is not allowed.
        """
        self._set_control(control_id, value)

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

    def show_status(self, message: str, timeout_ms: float | None = None) -> None:
        """Show a sentence in the status bar, for `timeout_ms` milliseconds or until another one."""
        phase = Phase.RUNNING if self.session.is_live() else Phase.PAUSED
        self.session.emit(Status(phase, message, timeout_ms=timeout_ms))

    def clear_status(self) -> None:
        """Remove the sentence."""
        self.show_status("")

    def invoke_action(self, action_id: str, payload: Mapping[str, Any] | None = None) -> None:
        """Do one of the session's actions."""
        self._invoke(action_id, payload or {})
