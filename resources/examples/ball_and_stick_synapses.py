"""Synapses on a ball and stick: three inputs at three distances, and how much of each reaches the soma.

A soma with `hh` and a passive dendrite on NEURON. Three excitatory synapses (ExpSyn) at 0.1, 0.5 and 0.9 of
the dendrite are driven by NetStims one after another. Compare the potentials at the synapse and in the soma;
raise *Weight* until the far input fires the cell too. A click on the cell adds a trace there.
"""

from neuron import h

import somascope as ss

h.dt = 0.025  # ms
soma, dend = h.Section(name="soma"), h.Section(name="dend")
soma.L = soma.diam = 20  # µm
dend.L, dend.diam, dend.nseg = 600, 1, 41
dend.connect(soma(1))
soma.insert("hh")
dend.insert("pas")
dend.g_pas, dend.e_pas = 1e-4, -65  # S/cm², mV

synapses, inputs = [], []
for i, x in enumerate((0.1, 0.5, 0.9)):
    synapse, stim = h.ExpSyn(dend(x)), h.NetStim()
    synapse.tau, synapse.e = 2, 0  # ms, mV
    stim.start, stim.interval, stim.number, stim.noise = 10 + 20 * i, 60, 1e9, 0  # ms, ms
    connection = h.NetCon(stim, synapse)
    connection.delay, connection.weight[0] = 1, 0.003  # ms, µS
    synapses.append(synapse)
    inputs.append((stim, connection))


def set_weight(weight):
    for _, connection in inputs:
        connection.weight[0] = weight


view = ss.neuron([soma, dend], title="Synapses on a ball and stick")
cell = view.morphology("v", limits=(-70, -20))
potentials = view.trace(
    {"soma": soma(0.5)._ref_v, "near": dend(0.1)._ref_v, "middle": dend(0.5)._ref_v,
     "far": dend(0.9)._ref_v},
    title="Membrane potential (mV)", window_ms=120,
)  # fmt: skip
conductances = view.trace(
    {"g near": synapses[0]._ref_g, "g middle": synapses[1]._ref_g, "g far": synapses[2]._ref_g},
    title="Synaptic conductance (µS)",
    window_ms=120,
)
view.slider("Weight (µS)", 0, 0.05, get=lambda: inputs[0][1].weight[0], set=set_weight)
view.slider("Leak of the dendrite (S/cm²)", dend, "g_pas", 1e-5, 1e-3, log=True)

ss.layout(ss.row(cell, ss.column(potentials, conductances), shares=(1, 2)))
ss.show()
