"""A field in two dimensions: waves on a sheet of excitable tissue, as an image and as a line through it.

The sheet obeys the equations of FitzHugh and Nagumo, and neighbours are coupled by diffusion. A wave begins
at the left edge; *Cut* wipes the lower half while it travels, and its open end curls into a spiral. The line
is a `GridSlice` through the image, whose place a control sets.
"""

import numpy as np

from backends.controls import ActionSpec, ControlSpec, ScalarValueSpec
from backends.errors import RequestError
from backends.field import Field
from backends.layout import LayoutSpec, PanelSpec, Split
from backends.live.run_control import RunControl
from backends.messages import FieldReplace, InvokeAction, Reset, RunStatus, SetControl, StatePatch
from backends.scene import Scene
from backends.session import BufferedSession
from backends.views import GridSlice, ImageViewSpec, LinePlotViewSpec, StateBinding

N, DT, DX = 100, 0.1, 0.5  # points a side, ms, mm
BATCH = 10  # steps at most, before the field is shown
PLACE = ControlSpec("place", "Place of the line", ScalarValueSpec(0.5, 0.0, 1.0))
CUT = ActionSpec("cut", "Cut the wave", shortcuts=("X",), note="Wipe the lower half of the sheet")


class Wave2D(BufferedSession):
    def initialize(self):
        self.run = RunControl()
        axis = np.arange(N) * DX
        self.restart()
        self.show()
        line = GridSlice("y", StateBinding("place"))
        return Scene(
            title="Wave on a sheet",
            fields=(Field("v", self.v.copy(), ("y", "x"), {"y": axis, "x": axis}),),
            views=(
                ImageViewSpec(
                    "image", "v", "Sheet", label="v", x_label="x (mm)", y_label="y (mm)",
                    color_limits=(-2, 2), slice=line,
                ),
                LinePlotViewSpec(
                    "line", "v", "Along the line", x_label="x", x_unit="mm", y_label="v",
                    y_limits=(-2.5, 2.5), slice=line,
                ),
            ),
            controls=(PLACE,),
            actions=(CUT,),
            layout=LayoutSpec(
                (
                    PanelSpec("image", "image", "Sheet", "image"),
                    PanelSpec("line", "line", "Along the line", "line"),
                    PanelSpec("controls", "controls", "Controls", None, ("place",), ("cut",)),
                ),
                Split(("image", "line"), "row", (1, 1)),
            ),
            dt_ms=DT,
        )  # fmt: skip

    def restart(self):
        self.steps = 0
        self.v, self.w = np.full((N, N), -1.2), np.full((N, N), -0.625)
        self.v[:, :5] = 2.0
        self.run.reset()

    @property
    def t(self):
        return self.steps * DT

    def advance(self):
        n = min(self.run.due(self.t, DT), BATCH)
        for _ in range(n):
            v = np.pad(self.v, 1, "edge")  # no flux at the edges
            spread = v[2:, 1:-1] + v[:-2, 1:-1] + v[1:-1, 2:] + v[1:-1, :-2] - 4 * self.v
            dv = self.v - self.v**3 / 3 - self.w + 0.5 * spread / DX**2
            self.w += DT * 0.08 * (self.v + 0.7 - 0.8 * self.w)
            self.v += DT * dv
        self.steps += n
        self.run.record_steps(n, self.t, DT)
        self.show()

    def handle(self, command):
        if isinstance(command, Reset):
            self.restart()
        elif isinstance(command, InvokeAction) and command.action_id == "cut":
            self.v[: N // 2], self.w[: N // 2] = -1.2, -0.625
        elif isinstance(command, SetControl) and command.control_id == "place":
            self.emit(StatePatch({"place": PLACE.accept(command.value)}))
        elif not self.run.carry_out(command, self.t, DT):
            raise RequestError(f"The sheet does not know {type(command).__name__}.")
        self.show()

    def show(self):
        run = self.run
        self.emit(FieldReplace("v", self.v.copy(), self.t))
        self.emit(RunStatus(self.t, run.running, run.steps, run.rate, run.finished))

    def is_live(self):
        return self.idle_sleep() == 0.0

    def idle_sleep(self):
        return self.run.wait(self.t, DT)
