"""`TraceKeys`: ids of traces that are unique over the fields of a scene."""

from __future__ import annotations

from collections.abc import Iterable

from backends.messages import FieldAppend
from backends.scene import Scene


class TraceKeys:
    """Gives each trace of a field an id: the session's, with the field where another field has a trace of that id.

    A trace that was removed keeps its id, so that late samples of it are known as such.
    """

    def __init__(self) -> None:
        self._keys: dict[tuple[str, str], str] = {}

    def clear(self) -> None:
        """Forget all."""
        self._keys.clear()

    def knows(self, field_id: str, row: str) -> bool:
        """Whether there is, or was, a trace of that name in a field."""
        return (field_id, row) in self._keys

    def key(self, field_id: str, row: str) -> str:
        """Return the id of a field's trace, by the session's name."""
        key = self._keys.get((field_id, row))
        if key is None:
            is_used = row in self._keys.values()
            key = self._keys[field_id, row] = f"{row} ({field_id})" if is_used else row
        return key

    def keys_of(self, field_id: str, rows: Iterable[str]) -> tuple[str, ...]:
        """Return the ids of a field's traces, by the session's names."""
        return tuple(self.key(field_id, row) for row in rows)

    def rows_of(self, row: str) -> list[str]:
        """Return the ids of the traces that the session calls `row`."""
        return [key for (_, name), key in self._keys.items() if name == row]

    def field_of(self, update: FieldAppend, *, is_plotted: bool) -> str | None:
        """Return the field whose traces samples belong to, None where neither a plot nor a trace has it."""
        for field_id in (update.field_id, ""):  # "": captured in a scene that has no plot
            if any(self.knows(field_id, row) for row in update.rows):
                return field_id
        return update.field_id if is_plotted else None


def history_field(scene: Scene | None) -> str:
    """Return the field that traces belong to which name none: that of the first plot, "" where there is none."""
    view = None if scene is None else scene.trace_view
    return "" if view is None else view.field_id
