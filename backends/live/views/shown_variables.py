"""`ShownVariables`: frames of the display variables that further views show, beside the first one's."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np

from backends.field import Field
from backends.live.hooks import SessionHooks
from backends.live.nonfinite import mask_nonfinite
from backends.live.stepper import Stepper
from backends.messages import FieldReplace, SessionUpdate
from backends.scene import DisplayVariable, MorphologyGeometry, Scene


class ShownRun(Protocol):
    """What is needed of the engine."""

    session: SessionHooks
    geometry: MorphologyGeometry | None
    display_variables: tuple[DisplayVariable, ...]

    def live_stepper(self) -> Stepper:
        """Return the stepper."""


class ShownVariables:
    """The variables of the present scene's views; nothing else is read of the model.

    Parameters
    ----------
    live : ShownRun
    """

    def __init__(self, live: ShownRun) -> None:
        self._live = live
        self._names: tuple[str, ...] = ()

    def field_of(self, name: str) -> Field | None:
        """Return the field of a display variable with its present values; None where no cell is drawn."""
        live = self._live
        if live.geometry is None:
            return None
        values = live.live_stepper().read_variable(name).astype(np.float32)
        unit = {each.name: each.unit for each in live.display_variables}[name]
        coords = {"segment": live.geometry.segment_ids}
        return Field(name, mask_nonfinite(values), ("segment",), coords, unit)

    def follow(self, scene: Scene) -> None:
        """Use a scene: read from now on what its visible views show."""
        known = {each.name for each in self._live.display_variables}
        hidden = {each.view_id for each in scene.layout.panels if not each.visible}
        hidden -= {each.view_id for each in scene.layout.panels if each.visible}
        shown = [id_ for view in scene.views if view.id not in hidden for id_ in view.field_ids]
        first = self._live.session.display_field_id()
        names = [name for name in shown if name in known and name != first]
        fields = {each.id: each for each in scene.fields}
        self._names = tuple(
            name for name in dict.fromkeys(names) if fields[name].dims == ("segment",)
        )

    def emit(self, own: Sequence[SessionUpdate]) -> None:
        """Send a frame of each, unless a hook has sent one, among `own`."""
        if not self._names:
            return
        stepper = self._live.live_stepper()
        sent = {each.field_id for each in own if isinstance(each, FieldReplace)}
        for name in self._names:
            if name not in sent:
                values = mask_nonfinite(stepper.read_variable(name).astype(np.float32))
                self._live.session.emit(FieldReplace(name, values, stepper.t))
