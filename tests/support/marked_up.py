"""`MarkedUp`: a session in which every name that an author may give looks like HTML."""

from __future__ import annotations

from dataclasses import replace

from ramp import Ramp

from backends.controls import ActionSpec, ChoiceValueSpec, ControlSpec, ScalarValueSpec
from backends.messages import Error, KeyPressed, Phase, SessionCommand, Status, TraceAdded
from backends.scene import DisplayVariable, Finding, MorphologyViewSpec, Scene, TracePlotViewSpec

NAME = "<b>x</b> & <i>y</i>"


class MarkedUp(Ramp):
    """A ramp with one name for everything."""

    def initialize(self) -> Scene:
        """Return the scene of `Ramp` under other names, and record its first segment."""
        scene = super().initialize()
        views = tuple(map(_named, scene.views))
        controls = (
            ControlSpec("a", NAME, ScalarValueSpec(1.0, 0.0, 2.0, unit=NAME), NAME, NAME),
            ControlSpec("b", NAME, ChoiceValueSpec(NAME, (NAME, "z")), NAME, NAME),
        )
        self._capture(scene.geometries[0].segment_ids[0])
        return replace(
            scene,
            title=NAME,
            backend=NAME,
            views=views,
            controls=controls,
            actions=(ActionSpec("flip", NAME, note=NAME),),
            layout=type(scene.layout)(),
            display_variables=(DisplayVariable("v", NAME, NAME, (0.0, 100.0)),),
            findings=(Finding("warning", "marked-up", NAME, 1),),
            facts={NAME: NAME},
        )

    def handle(self, command: SessionCommand) -> None:
        """Report an error for the key E."""
        if command == KeyPressed("E"):
            self.emit(Status(Phase.READY, NAME))
            self.emit(Error(NAME, NAME, code="marked-up"))
        else:
            super().handle(command)

    def emit(self, update: object) -> None:
        """Name traces too."""
        if isinstance(update, TraceAdded):
            update = replace(update, label=NAME, unit=NAME, note=NAME, quantity=NAME)
        super().emit(update)


def _named(view: object) -> object:
    match view:
        case MorphologyViewSpec():
            return replace(view, label=NAME, unit=NAME)
        case TracePlotViewSpec():
            return replace(view, y_label=NAME, y_unit=NAME)
    return view
