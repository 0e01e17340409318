"""The model of `tests.support.neuron_models.TwoSections`, as a script."""

from neuron import h

import somascope as ss

soma, dend = h.Section("soma"), h.Section("dend")
soma.L = soma.diam = 20.0
soma.insert("hh")
dend.L, dend.diam, dend.nseg = 200.0, 2.0, 5
dend.insert("pas")
dend.connect(soma(1))
clamp = h.IClamp(soma(0.5))
clamp.delay, clamp.dur, clamp.amp = 1.0, 1e9, 0.3

view = ss.neuron(dt=0.025, display_dt=0.1)
view.morphology()
view.trace("selected")
view.slider("amp", clamp, "amp", -1, 1)
view.button("silence", lambda: setattr(clamp, "amp", 0))
ss.show(title="Two sections")
