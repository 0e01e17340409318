"""`SelectionMode`: an action that waits for a click on a segment."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from app.model import Model
from backends.controls import ActionSpec
from backends.messages import InvokeAction


class SelectionMode(QObject):
    """Keeps which action of the session gets the next segment that is clicked.

    Signals
    -------
    changed()
        Another action waits, or none does.

    Attributes
    ----------
    spec : ActionSpec or None
        The action that waits.
    """

    changed = Signal()

    def __init__(self, model: Model, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._model = model
        self.spec: ActionSpec | None = None
        model.sceneChanged.connect(self._leave_if_gone)
        model.phaseChanged.connect(self._leave_if_gone)

    @property
    def prompt(self) -> str:
        """What the user is asked to do, "" for nothing."""
        return (
            "" if self.spec is None else f"Click a segment for “{self.spec.label}” · Esc to leave"
        )

    def toggle(self, spec: ActionSpec) -> None:
        """Let an action wait for a segment; if it waits already, leave."""
        self._set(None if spec == self.spec else spec)

    def leave(self) -> None:
        """Let no action wait."""
        self._set(None)

    def take(self, segment_id: str) -> InvokeAction | None:
        """Return the command that gives a segment to the action that waits, which is over then."""
        spec = self.spec
        self.leave()
        return (
            None
            if spec is None
            else InvokeAction(spec.id, {spec.selection_payload_key: segment_id})
        )

    def _set(self, spec: ActionSpec | None) -> None:
        if spec != self.spec:
            self.spec = spec
            self.changed.emit()

    def _leave_if_gone(self) -> None:
        if self.spec is not None and (
            self.spec not in self._model.scene.actions or self._model.is_failed
        ):
            self.leave()
