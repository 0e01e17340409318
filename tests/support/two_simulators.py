"""A cell for two simulators, of which the second can be slow, limited or broken."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass, replace
from pathlib import Path

from ramp import SLOPE, Ramp

from backends.controls import ControlSpec, ScalarValueSpec
from backends.errors import SimulatorError
from backends.messages import (
    Phase,
    ScenePatch,
    SessionCommand,
    SetControl,
    SetDisplayVariable,
    Status,
)
from backends.scene import DisplayVariable, Scene
from backends.session import Session
from backends.sources.source import SessionSource

V = DisplayVariable("v", "Membrane potential", "mV", (0.0, 100.0))
INA = DisplayVariable("ina_hh", "Sodium current", "mA/cm²", (-1.0, 0.0))
OFFSET = ControlSpec("offset", "Offset", ScalarValueSpec(0.0, 0.0, 1.0))
LONG_S = 60.0
GO_VARIABLE = "SOMASCOPE_TEST_GO"


class OnNeuron(Ramp):
    """The ramp with a second display variable and a second control."""

    backend = "NEURON"
    variables: tuple[DisplayVariable, ...] = (V, INA)
    controls: tuple[ControlSpec, ...] = (SLOPE, OFFSET)

    def initialize(self) -> Scene:
        scene = replace(
            super().initialize(),
            backend=self.backend,
            display_variables=self.variables,
            controls=self.controls,
        )
        # Every simulator begins with a trace of the second segment.
        self._capture(self.geometry.segment_ids[1])
        self._scene = replace(scene, views=tuple(self._shown(each, V) for each in scene.views))
        return self._scene

    def handle(self, command: SessionCommand) -> None:
        match command:
            case SetDisplayVariable(name):
                shown = next(each for each in self.variables if each.name == name)
                views = tuple(self._shown(each, shown) for each in self._scene.views)
                self.emit(ScenePatch({"views": views}))
            case SetControl(OFFSET.id, value):
                self._values[OFFSET.id] = OFFSET.accept(value)
                super().handle(SetControl(SLOPE.id, self._values[SLOPE.id]))
            case _:
                super().handle(command)

    def _shown(self, view, variable):
        if view.id != "cell":
            return view
        return replace(view, label=variable.label, unit=variable.unit)


class OnJaxley(OnNeuron):
    """Compiles for a moment; has no second variable and no second control."""

    backend = "Jaxley"
    variables = (V,)
    controls = (SLOPE,)
    compiles_s = 0.0
    precision = "float64"

    def initialize(self) -> Scene:
        self.emit(Status(Phase.COMPILING, "Compiling the ramp"))
        time.sleep(self.compiles_s)
        facts = {"Precision": f"{self.precision} on CPU"}
        self._scene = replace(super().initialize(), facts=facts)
        return self._scene


class CompilesLong(OnJaxley):
    """Compiles for longer than any test waits."""

    compiles_s = LONG_S


class CompilesUntilReleased(OnJaxley):
    """Compiles until the file that `GO_VARIABLE` names exists."""

    def initialize(self) -> Scene:
        self.emit(Status(Phase.COMPILING, "Compiling the ramp"))
        while not Path(os.environ[GO_VARIABLE]).exists():
            time.sleep(0.01)
        return super().initialize()


class IsMissing(OnJaxley):
    """Cannot be imported."""

    def initialize(self) -> Scene:
        raise SimulatorError("Jaxley cannot be used because jax is not installed: run pip install.")


@dataclass(frozen=True)
class TwoRamps(SessionSource):
    """A source whose session depends on the simulator.

    Attributes
    ----------
    on_jaxley : type of Session
    """

    on_jaxley: type[Session] = OnJaxley

    def create(self) -> Session:
        """Return the session of the backend."""
        if self.backend != "jaxley":
            return OnNeuron()
        session = self.on_jaxley()
        session.precision = self.precision
        return session


def two_ramps(on_jaxley: type[Session] = OnJaxley, backend: str = "neuron") -> TwoRamps:
    """Return the source of a cell with two simulators."""
    return TwoRamps("bundled", "ramp", backend=backend, on_jaxley=on_jaxley)
