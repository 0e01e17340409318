"""A ring of three cells on Jaxley: one is started by a current, and the spike goes round.

Three branched cells with Jaxley's HH channels. Each excites the next by an IonotropicSynapse, and the third
the first. The steps are one compiled program; a control changes a number in it, so nothing is compiled
again. Lower *Synapse* until the spike no longer goes round. The first start takes some seconds to compile.
"""

import jaxley as jx
import numpy as np
from jaxley.channels import HH
from jaxley.connect import connect
from jaxley.synapses import IonotropicSynapse

import somascope as ss

cells = []
for i in range(3):
    cell = jx.Cell([jx.Branch(ncomp=4)] * 3, parents=[-1, 0, 0])
    cell.set("length", 60.0)  # µm, of each compartment
    cell.set("radius", 1.5)  # µm
    cell.insert(HH())
    cell.compute_xyz()
    angle = 2 * np.pi * i / 3
    cell.move(600 * np.cos(angle), 600 * np.sin(angle), 0)
    cells.append(cell)
network = jx.Network(cells)
for i in range(3):
    source, target = network.cell(i).branch(0).comp(0), network.cell((i + 1) % 3)
    connect(source, target.branch(1).comp(3), IonotropicSynapse())
network.set("IonotropicSynapse_gS", 3e-3)  # µS
network.set("IonotropicSynapse_s", 0.0)  # closed at t = 0

view = ss.jaxley(network, dt=0.025, v_init=-65, title="Ring of three cells")
start = view.inject(network.cell(0).branch(0).comp(0), delay=5, dur=2, amp=1.0)  # ms, ms, nA
shape = view.morphology("v", limits=(-80, 40), connections=True)
plot = view.trace(
    {f"cell {i + 1}": network.cell(i).branch(0).comp(0) for i in range(3)},
    title="Membrane potential (mV)", limits=(-90, 60), window_ms=100,
)  # fmt: skip
view.slider("Synapse (µS)", network, "IonotropicSynapse_gS", 0, 0.01)
view.slider("Amplitude (nA)", start, "amp", 0, 5)

ss.layout(ss.column(shape, plot, shares=(3, 2)))
ss.show()
