"""`SessionInteraction`: what the user does with the controls, actions and segments of the open session."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QMainWindow

from app.model import Model
from app.presenters.selection_mode import SelectionMode
from app.ui.number_field import commit_focused_number
from backends.errors import RequestError
from backends.messages import (
    EntityClicked,
    Error,
    InvokeAction,
    SessionCommand,
    SetControl,
    StatePatch,
)


class SessionInteraction(QObject):
    """Sends controls, actions and clicks to the session, and lets an action wait for a segment.

    Parameters
    ----------
    send : callable
        Sends a command to the open session.

    Attributes
    ----------
    selection : SelectionMode
        Esc leaves it.
    """

    def __init__(
        self, window: QMainWindow, model: Model, send: Callable[[SessionCommand], object]
    ) -> None:
        super().__init__(window)
        self._window = window
        self._model = model
        self._send = send
        self.selection = SelectionMode(model, self)
        self.selection.changed.connect(self._show_selection)
        # Enabled only while an action waits: Esc has another use while a model is being built.
        self._escape = QShortcut(QKeySequence(Qt.Key.Key_Escape), window)
        self._escape.setEnabled(False)
        self._escape.activated.connect(self.selection.leave)

    def set_control(self, control_id: str, value: Any) -> None:
        """Give a control a value; one that belongs to the window changes the views at once."""
        spec = next((each for each in self._model.scene.controls if each.id == control_id), None)
        if spec is None or spec.send_to_session:
            self._send(SetControl(control_id, value))
            return
        try:
            update = StatePatch({control_id: spec.accept(value)})
        except RequestError as error:
            self._model.apply([Error(error.message, code=error.code, subject=control_id)])
        else:
            self._model.apply([update])

    def invoke_action(self, action_id: str) -> None:
        """Let the session do one of its actions, or let the action wait for a segment."""
        commit_focused_number()
        spec = next((each for each in self._model.scene.actions if each.id == action_id), None)
        if spec is not None and spec.selection_mode:
            self.selection.toggle(spec)
        else:
            self._send(InvokeAction(action_id))

    def click_segment(self, segment: int) -> None:
        """Select a segment and give it to the action that waits, or let the session decide what a click does."""
        self._model.select(segment)
        segment_id = self._model.segment_id(segment)
        if segment_id:
            self._send(self.selection.take(segment_id) or EntityClicked(segment_id))

    def _show_selection(self) -> None:
        is_on = self.selection.spec is not None
        self._escape.setEnabled(is_on)
        middle = self._window.centralWidget()
        if is_on:
            middle.setCursor(Qt.CursorShape.CrossCursor)
        else:
            middle.unsetCursor()
