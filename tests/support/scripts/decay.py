"""A value for each segment that decays, as a script with an own solver."""

import numpy as np

import somascope as ss
from backends.mock.scene import build_geometry

cell = build_geometry(5)
values = np.full(cell.n_segments, -50.0)
state = {"rate": 0.1}


def step(ctx):
    """Let all values decay."""
    values[:] *= 1 - state["rate"] * ctx.dt


view = ss.source(step, dt=0.1, reset=lambda: values.fill(-50.0), geometry=cell)
view.morphology(values, unit="mV", limits=(-80, 40))
view.trace("selected")
view.slider("amp", state, "rate", 0, 1)
view.button("silence", lambda: state.update(rate=0.0))
ss.show(title="Decay")
