"""`FieldShapes`: values of another shape than their field's are refused in the author's line that sends them."""

from __future__ import annotations

from collections.abc import Iterable

from backends.errors import ProtocolError
from backends.field import Field
from backends.messages import FieldReplace, ScenePatch, SceneReady, SessionUpdate
from backends.scene import Scene

_GROWS = "time"


class FieldShapes:
    """Follows the shapes of the fields that one session's window has."""

    def __init__(self) -> None:
        self._shapes: dict[str, tuple[int, ...]] = {}

    def begin(self, scene: Scene) -> None:
        """Take the shapes of a scene's fields."""
        self._shapes = {}
        self._note_fields(scene.fields)

    def note(self, update: SessionUpdate) -> None:
        """Note an update that is sent.

        Raises
        ------
        ProtocolError
            ``bad-shape``: values without coordinates have another shape than their field has.
        """
        match update:
            case SceneReady(scene):
                self.begin(scene)
            case ScenePatch(changes) if "fields" in changes:
                self._note_fields(changes["fields"])
            case FieldReplace(field_id, coords=None):
                known = self._shapes.get(field_id)
                if known is not None and update.values.shape != known:
                    raise ProtocolError(
                        f"FieldReplace({field_id!r}, …): the values have shape {update.values.shape}, the field has "
                        f"{known}; send values of that shape, or their coords too",
                        code="bad-shape",
                        hint="edit-script",
                    )
            case FieldReplace(field_id) if field_id in self._shapes:
                self._shapes[field_id] = update.values.shape

    def _note_fields(self, fields: Iterable[Field]) -> None:
        self._shapes |= {each.id: each.values.shape for each in fields if _GROWS not in each.dims}
