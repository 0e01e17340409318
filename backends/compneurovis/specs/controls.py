"""Controls and actions with CompNeuroVis's arguments."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from backends import controls
from backends.controls import (
    ActionSpec as ActionSpec,
    AttributeRef,
    BoolValueSpec as BoolValueSpec,
    ChoiceValueSpec as ChoiceValueSpec,
    ControlPresentationSpec as ControlPresentationSpec,
    ScalarValueSpec,
    ValueSpec,
    XYValueSpec as XYValueSpec,
)


@dataclass(frozen=True, slots=True)
class ControlSpec:
    """One value that the user may change.

    Attributes
    ----------
    state_key : str or None
        What a `StateBinding` calls its value; None for `id`.
    send_to_session : bool
        Whether the session gets a `SetControl`; False where only views follow it.
    target : AttributeRef or None
        For the author's own use: ``control.target.write(self, value)``.
    """

    id: str
    label: str
    value_spec: ValueSpec
    presentation: ControlPresentationSpec | None = None
    state_key: str | None = None
    send_to_session: bool = False
    target: AttributeRef | None = None

    def default_value(self) -> Any:
        """Return the value at the start."""
        return self.translated().default_value()

    def resolved_state_key(self) -> str:
        """Return what a `StateBinding` calls its value."""
        return self.state_key or self.id

    def translated(self, *, to_session: bool | None = None) -> controls.ControlSpec:
        """Return the window's spec of it.

        Parameters
        ----------
        to_session : bool or None
            Whether the window sends its values to the session; None is `send_to_session`.
        """
        return controls.ControlSpec(
            self.id,
            self.label,
            self.value_spec,
            presentation=suitable(self.presentation, self.value_spec),
            state_key=self.state_key or "",
            send_to_session=self.send_to_session if to_session is None else to_session,
        )


def suitable(
    shown: ControlPresentationSpec | None, value_spec: ValueSpec
) -> ControlPresentationSpec | None:
    """Return a presentation without the number of steps where there is no slider to divide."""
    is_slider = isinstance(value_spec, ScalarValueSpec) and None not in (
        value_spec.min,
        value_spec.max,
    )
    if shown is None or is_slider:
        return shown
    return ControlPresentationSpec(shown.kind, shape=shown.shape)
