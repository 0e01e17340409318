"""A network of a hundred cells: random connections on NEURON, every cell drawn, and a raster of the spikes.

Each cell is a soma with `hh` and a passive dendrite; each tenth one inhibits, the others excite. Noisy inputs
(NetStim) keep the network awake. All cells are coloured at once; a click tells which cell and segment it is,
adds its trace, and lets its connections stand out. Shift+C hides the lines. Raise *Excitation* until the whole
network fires in waves.
"""

import random

from neuron import h

import somascope as ss

N, SIDE, GAP = 100, 10, 120  # cells, cells a row, µm
h.dt = 0.05  # ms
random.seed(1)


class Cell:
    def __init__(self, number):
        self.number = number
        x, y = GAP * (number % SIDE), GAP * (number // SIDE)
        self.soma, self.dend = h.Section(name="soma", cell=self), h.Section(name="dend", cell=self)
        for section, points in ((self.soma, (0, 15)), (self.dend, (15, 75))):
            for dx in points:
                section.pt3dadd(x + dx, y, 0, 15 if section is self.soma else 2)
        self.dend.connect(self.soma(1))
        self.dend.nseg = 3
        self.soma.insert("hh")
        self.dend.insert("pas")
        self.dend.e_pas = -65  # mV
        self.excitation, self.inhibition = h.ExpSyn(self.dend(0.5)), h.ExpSyn(self.soma(0.5))
        self.excitation.tau, self.excitation.e = 2, 0  # ms, mV
        self.inhibition.tau, self.inhibition.e = 8, -80

    def __repr__(self):
        return f"Cell[{self.number}]"


cells = [Cell(i) for i in range(N)]
excitatory, inhibitory, inputs = [], [], []
for cell in cells:
    is_inhibitory = cell.number % 10 == 9
    for target in random.sample(cells, 8):
        synapse = target.inhibition if is_inhibitory else target.excitation
        connection = h.NetCon(cell.soma(0.5)._ref_v, synapse, sec=cell.soma)
        connection.threshold, connection.delay = 0, random.uniform(2, 6)  # mV, ms
        connection.weight[0] = 0.004 if is_inhibitory else 0.0012  # µS
        (inhibitory if is_inhibitory else excitatory).append(connection)
    stim = h.NetStim()
    stim.interval, stim.number, stim.start, stim.noise = 60, 1e9, 1, 1  # ms
    stim.noiseFromRandom123(cell.number, 1, 0)
    connection = h.NetCon(stim, cell.excitation)
    connection.weight[0] = 0.01  # µS
    inputs.append((stim, connection))


def weights(connections):
    """Return what reads and what sets the weight of many connections."""

    def assign(weight):
        for each in connections:
            each.weight[0] = weight

    return {"get": lambda: connections[0].weight[0], "set": assign}


view = ss.neuron(title="Network of a hundred cells")
shape = view.morphology("v", limits=(-80, 20), connections=True)
raster = view.raster(window_ms=300)
view.slider("Excitation (µS)", 0, 0.005, **weights(excitatory))
view.slider("Inhibition (µS)", 0, 0.02, **weights(inhibitory))
view.slider("Input (µS)", 0, 0.02, **weights([each for _, each in inputs]))

ss.layout(ss.row(shape, raster))
ss.show()
