"""my_model: a FitzHugh–Nagumo neuron with a solver of its own, without NEURON or Jaxley.

somascope my_model.py                      opens it in the window
somascope run my_model.py --for 200 --traces my_model.csv
"""

import numpy as np

from backends.controls import ControlSpec, ScalarValueSpec
from backends.errors import RequestError
from backends.field import Field
from backends.layout import LayoutSpec, PanelSpec
from backends.live.run_control import RunControl
from backends.messages import FieldAppend, Reset, RunStatus, SetControl, StatePatch, TraceAdded
from backends.scene import Scene
from backends.session import BufferedSession
from backends.views import TracePlotViewSpec

DT = 0.1  # ms
BATCH = 100  # steps at most, before what was computed is shown
CURRENT = ControlSpec("current", "Current", ScalarValueSpec(0.5, 0.0, 2.0))


class MyModel(BufferedSession):
    def initialize(self):
        self.run, self.current = RunControl(), CURRENT.value_spec.default
        self.restart()
        return Scene(
            title="FitzHugh–Nagumo",
            fields=(Field("trace", np.empty((0, 0)), ("trace", "time")),),
            views=(TracePlotViewSpec("plot", "trace", title="Variables", y_label="Value"),),
            controls=(CURRENT,),
            layout=LayoutSpec(
                (
                    PanelSpec("plot", "traces", "Variables", "plot"),
                    PanelSpec("controls", "controls", "Controls", control_ids=("current",)),
                )
            ),
            dt_ms=DT,
        )

    def restart(self):
        self.steps, self.v, self.w = 0, -1.0, -0.5
        self.run.reset()
        for name, value in (("v", self.v), ("w", self.w)):
            self.emit(TraceAdded(name, None, np.zeros(1), np.array([value]), unit=""))
        self.report()

    @property
    def t(self):
        return self.steps * DT

    def advance(self):
        n = min(self.run.due(self.t, DT), BATCH)
        values = np.empty((2, n))
        for i in range(n):
            dv = self.v - self.v**3 / 3 - self.w + self.current
            dw = 0.08 * (self.v + 0.7 - 0.8 * self.w)
            self.v, self.w = self.v + DT * dv, self.w + DT * dw
            values[:, i] = self.v, self.w
        self.steps += n
        self.run.record_steps(n, self.t, DT)
        times = (self.steps - n + 1 + np.arange(n)) * DT
        self.emit(FieldAppend("trace", ("v", "w"), values, times))
        self.report()

    def handle(self, command):
        if isinstance(command, Reset):
            self.restart()
        elif isinstance(command, SetControl) and command.control_id == "current":
            self.current = CURRENT.accept(command.value)
            self.emit(StatePatch({"current": self.current}))
        elif not self.run.carry_out(command, self.t, DT):
            raise RequestError(f"This model does not know {type(command).__name__}.")
        self.report()

    def report(self):
        run = self.run
        self.emit(RunStatus(self.t, run.running, run.steps, run.rate, run.finished))

    def is_live(self):
        return self.idle_sleep() == 0.0

    def idle_sleep(self):
        return self.run.wait(self.t, DT)
