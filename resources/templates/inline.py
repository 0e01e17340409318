"""my_model: a ball and stick on NEURON, with a current that can be changed while it runs.

python my_model.py                         opens it in the window
somascope run my_model.py --for 50 --traces my_model.csv
"""

from neuron import h

import somascope as ss

h.dt = 0.025  # ms
soma, dend = h.Section(name="soma"), h.Section(name="dend")
soma.L = soma.diam = 20  # µm
dend.L, dend.diam, dend.nseg = 400, 2, 21
dend.connect(soma(1))
soma.insert("hh")
dend.insert("pas")
dend.e_pas = -65  # mV
clamp = h.IClamp(soma(0.5))
clamp.delay, clamp.dur, clamp.amp = 10, 1e9, 0.3  # ms, ms, nA

view = ss.neuron([soma, dend])
view.morphology("v", limits=(-80, 40))
view.trace(soma(0.5)._ref_v, dend(0.5)._ref_v, title="Membrane potential (mV)")
view.slider("Amplitude (nA)", clamp, "amp", 0, 2)
ss.show()
