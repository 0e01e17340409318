"""`InteractionHooks`: what an author may override to handle controls, actions, keys and clicks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from backends.controls import ActionSpec, ControlSpec
from backends.live.interaction import InteractionContext
from backends.reserved import Readable, is_method
from backends.session import BufferedSession


class InteractionHooks(BufferedSession):
    """The hooks of every session that is steered by controls, actions, keys and clicks.

    If a hook raises, the window shows the error and the simulation goes on. Raise `RequestError` to
    refuse a value with your own sentence.
    """

    def control_specs(self) -> Mapping[str, ControlSpec] | Sequence[ControlSpec]:
        """Return the values that the user may change: a sequence, or a mapping by id."""
        return ()

    def action_specs(self) -> Mapping[str, ActionSpec] | Sequence[ActionSpec]:
        """Return the actions that the user may run: a sequence, or a mapping by id."""
        return ()

    def apply_control(self, control_id: str, value: Any) -> bool:
        """Put a control's checked value into the model; return False if there is no such thing.

        By default the session's attribute of that name is set, if it has one that is not a method. It is
        not called for a control with a `target`. The window shows the value that was accepted; ``emit`` a
        `StatePatch` of the control to show another one.
        """
        of_class = getattr(type(self), control_id, None)
        is_own = control_id in vars(self) or not isinstance(of_class, Readable)
        is_property = isinstance(of_class, property) and of_class.fset is not None
        if not is_own or (is_method(of_class) and not is_property) or not hasattr(self, control_id):
            return False
        setattr(self, control_id, value)
        return True

    def on_action(
        self, action_id: str, payload: Mapping[str, Any], context: InteractionContext
    ) -> bool:
        """Do an action that needs the context; return True if it is done."""
        return False

    def apply_action(self, action_id: str, payload: Mapping[str, Any]) -> bool:
        """Do an action that `on_action` left; return False if there is no such thing."""
        return False

    def on_key_press(self, key: str, context: InteractionContext) -> bool:
        """Handle a key (``"W"``, ``"Shift+X"``); return True if it was used."""
        return False

    def on_entity_clicked(self, entity_id: str, context: InteractionContext) -> bool:
        """Handle a click on a segment, after its trace was captured where the session captures traces."""
        return False

    def should_capture_trace_on_click(self, entity_id: str, context: InteractionContext) -> bool:
        """Return whether a click on the segment adds its trace, where the session captures traces."""
        return True
