"""The model of `tests.support.jaxley_models.TwoBranches`, as a script."""

import jaxley as jx
from jaxley.channels import HH

import somascope as ss

cell = jx.Cell([jx.Branch(ncomp=2)] * 2, parents=[-1, 0])
cell.set("length", 25.0)
cell.set("radius", 2.0)
cell.insert(HH())

view = ss.jaxley(cell, dt=0.025, display_dt=0.1, v_init=-65)
clamp = view.inject(cell.branch(0).comp(0), delay=1, dur=1e9, amp=0.3)
view.morphology("v")
view.trace("selected")
view.slider("amp", clamp, "amp", -1, 1)
view.button("silence", lambda: setattr(clamp, "amp", 0))
ss.show(title="Two branches")
