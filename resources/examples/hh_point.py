"""Hodgkin and Huxley in one point: the potential, the three gates and the currents of a patch of squid axon.

One section with the mechanism `hh` and a current clamp, on NEURON. The upper plot has the membrane potential,
the middle one the gates m, h and n, the lower one the currents of sodium and potassium. Raise *Amplitude* until
the cell fires again and again, and further until it can fire no more; take the sodium conductance away and
see what is left of the spike.
"""

from neuron import h

import somascope as ss

h.dt, h.celsius = 0.025, 6.3  # ms, °C
soma = h.Section(name="soma")
soma.L = soma.diam = 20  # µm
soma.insert("hh")
clamp = h.IClamp(soma(0.5))
clamp.delay, clamp.dur, clamp.amp = 5, 1e9, 0.1  # ms, ms, nA
here = soma(0.5)

view = ss.neuron(soma, title="Hodgkin–Huxley in one point")
potential = view.trace(
    {"v": here._ref_v}, title="Membrane potential (mV)", limits=(-90, 60), window_ms=100
)
gates = view.trace(
    {"m": here._ref_m_hh, "h": here._ref_h_hh, "n": here._ref_n_hh},
    title="Gates", label="Open", unit="", limits=(-0.05, 1.05), window_ms=100,
)  # fmt: skip
currents = view.trace(
    {"Na": here._ref_ina, "K": here._ref_ik}, title="Currents (mA/cm²)", window_ms=100
)
view.slider("Amplitude (nA)", clamp, "amp", -0.2, 2)
view.slider("Sodium conductance (S/cm²)", here.hh, "gnabar", 0, 0.3)
view.slider("Potassium conductance (S/cm²)", here.hh, "gkbar", 0, 0.1)

ss.layout(ss.column(potential, gates, currents, shares=(3, 2, 2)))
ss.show()
