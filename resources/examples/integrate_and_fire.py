"""Leaky integrate-and-fire: fifty neurons with a threshold, and a raster of their spikes.

Each neuron has a drive of its own and receives noise. A neuron that reaches −50 mV fires, goes back to
−65 mV and rests for 2 ms:

    dV/dt = (−65 mV − V + drive) / 20 ms + noise

The raster gets an `EventsAppend` a batch, the plot the potential of three of the neurons. Raise *Noise* to
see those fire whose drive alone is too weak.
"""

import numpy as np

from backends.controls import ControlSpec, ScalarValueSpec
from backends.errors import RequestError
from backends.field import Field
from backends.layout import LayoutSpec, PanelSpec, Split
from backends.live.run_control import RunControl
from backends.messages import (
    EventsAppend,
    FieldAppend,
    FieldReplace,
    Reset,
    RunStatus,
    SetControl,
    StatePatch,
    TraceAdded,
)
from backends.scene import Scene
from backends.session import BufferedSession
from backends.views import RasterViewSpec, TracePlotViewSpec

N = 50
SHOWN = (0, 25, 49)
DT = 0.1  # ms
TAU, REST, THRESHOLD, REFRACTORY = 20.0, -65.0, -50.0, 2.0  # ms, mV, mV, ms
BATCH = 50  # steps at most, before what was computed is shown
CONTROLS = {
    each.id: each
    for each in (
        ControlSpec("drive", "Drive", ScalarValueSpec(16.0, 0.0, 30.0, unit="mV")),
        ControlSpec("noise", "Noise", ScalarValueSpec(1.0, 0.0, 5.0, unit="mV")),
    )
}


class IntegrateAndFire(BufferedSession):
    def initialize(self):
        self.run = RunControl()
        self.values = {id_: each.value_spec.default for id_, each in CONTROLS.items()}
        self.names = [f"neuron {i}" for i in range(N)]
        self.spread = np.linspace(-4, 4, N)  # mV
        self.restart()
        return Scene(
            title="Integrate-and-fire",
            fields=(
                Field("spikes", np.zeros(N), ("neuron",), {"neuron": self.names}),
                Field("trace", np.empty((0, 0)), ("trace", "time"), unit="mV"),
            ),
            views=(
                RasterViewSpec("raster", "spikes", "Spikes", y_label="Neuron", window_ms=500),
                TracePlotViewSpec(
                    "plot", "trace", "Three of them", y_label="Membrane potential", y_unit="mV",
                    y_limits=(-70, -45), window_ms=500,
                ),
            ),
            controls=tuple(CONTROLS.values()),
            layout=LayoutSpec(
                (
                    PanelSpec("raster", "raster", "Spikes", "raster"),
                    PanelSpec("plot", "traces", "Three of them", "plot"),
                    PanelSpec("controls", "controls", "Controls", control_ids=tuple(CONTROLS)),
                ),
                Split(("raster", "plot"), "column", (3, 2)),
            ),
            dt_ms=DT,
        )  # fmt: skip

    def restart(self):
        self.random = np.random.default_rng(1)
        self.steps, self.v = 0, self.random.uniform(REST, THRESHOLD, N)
        self.rests_until, self.counts = np.zeros(N), np.zeros(N)
        self.run.reset()
        self.emit(EventsAppend("spikes", np.empty(0), np.empty(0), from_start=True))
        self.emit(FieldReplace("spikes", self.counts.copy(), 0.0))
        for i in SHOWN:
            self.emit(TraceAdded(self.names[i], None, np.zeros(1), self.v[[i]], unit="mV"))
        self.report()

    @property
    def t(self):
        return self.steps * DT

    def step(self):
        """Take one step; return which neurons fire."""
        self.steps += 1
        noise = self.values["noise"] * np.sqrt(2 * DT / TAU) * self.random.normal(size=N)
        drive = self.values["drive"] + self.spread
        rests = self.rests_until > self.t
        self.v = np.where(rests, REST, self.v + DT / TAU * (REST - self.v + drive) + noise)
        fired = np.flatnonzero(self.v >= THRESHOLD)
        self.v[fired], self.rests_until[fired] = REST, self.t + REFRACTORY
        return fired

    def advance(self):
        n = min(self.run.due(self.t, DT), BATCH)
        values, times, rows, when = np.empty((len(SHOWN), n)), np.empty(n), [], []
        for k in range(n):
            fired = self.step()
            rows += fired.tolist()
            when += [self.t] * len(fired)
            values[:, k], times[k] = self.v[list(SHOWN)], self.t
        self.run.record_steps(n, self.t, DT)
        if rows:
            self.counts += np.bincount(rows, minlength=N)
            self.emit(EventsAppend("spikes", rows, when))
            self.emit(FieldReplace("spikes", self.counts.copy(), self.t))
        self.emit(FieldAppend("trace", tuple(self.names[i] for i in SHOWN), values, times))
        self.report()

    def handle(self, command):
        if isinstance(command, Reset):
            self.restart()
        elif isinstance(command, SetControl) and command.control_id in CONTROLS:
            self.values[command.control_id] = CONTROLS[command.control_id].accept(command.value)
            self.emit(StatePatch(dict(self.values)))
        elif not self.run.carry_out(command, self.t, DT):
            raise RequestError(f"These neurons do not know {type(command).__name__}.")
        self.report()

    def report(self):
        run = self.run
        self.emit(RunStatus(self.t, run.running, run.steps, run.rate, run.finished))

    def is_live(self):
        return self.idle_sleep() == 0.0

    def idle_sleep(self):
        return self.run.wait(self.t, DT)
