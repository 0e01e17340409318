"""The states of a channel: a kinetic scheme whose states are coloured by how many channels are in each.

A sodium channel with three closed states, one open and one inactivated, under voltage clamp. The rates depend
on the potential; the arrows show the net flux. At t = 0 all are in C3 and the potential is -10 mV: the closed
states empty, the channels open, and the inactivated state takes them all. Go back to -90 mV (Y) to see them
recover, and step again (X). No simulator is involved: `ss.source` calls
`step` for each step of time.
"""

import numpy as np

import somascope as ss

STATES = ("C3", "C2", "C1", "O", "I")
PLACES = {"C3": (0.1, 0.7), "C2": (0.37, 0.7), "C1": (0.63, 0.7), "O": (0.9, 0.7), "I": (0.77, 0.2)}
EDGES = (("C3", "C2"), ("C2", "C1"), ("C1", "O"), ("O", "I"), ("C1", "I"))
DT = 0.02  # ms


class Channel:
    def __init__(self):
        self.potential = -10.0  # mV
        self.known = None  # the potential for which `matrix` holds
        self.reset()

    def reset(self):
        self.share = np.array([1.0, 0.0, 0.0, 0.0, 0.0])
        self.flux = dict.fromkeys(EDGES, 0.0)

    def rates(self):
        """Return the rates of each transition, forward and backward, 1/ms."""
        v = self.potential
        opening, closing = 4 * np.exp((v + 30) / 18), 1.5 * np.exp(-(v + 45) / 22)
        inactivation, recovery = 0.8, 0.02 * np.exp(-(v + 60) / 12)
        return {
            ("C3", "C2"): (3 * opening, closing),
            ("C2", "C1"): (2 * opening, 2 * closing),
            ("C1", "O"): (opening, 3 * closing),
            ("O", "I"): (inactivation, recovery / 5),
            ("C1", "I"): (inactivation / 10, recovery),
        }

    def step(self):
        if self.known != self.potential:
            self.known, self.rate_of = self.potential, self.rates()
            change = np.zeros((len(STATES), len(STATES)))
            for (source, target), (forward, backward) in self.rate_of.items():
                i, k = STATES.index(source), STATES.index(target)
                change[[k, i], [i, k]] += forward, backward
                change[[i, k], [i, k]] -= forward, backward
            self.matrix = np.linalg.inv(np.eye(len(STATES)) - DT * change)  # backward Euler
        self.share = self.matrix @ self.share
        share = dict(zip(STATES, self.share.tolist(), strict=True))
        for source, target in EDGES:
            forward, backward = self.rate_of[source, target]
            self.flux[source, target] = forward * share[source] - backward * share[target]
        return {"open": share["O"], "inactivated": share["I"]}


channel = Channel()
view = ss.source(channel.step, dt=DT, reset=channel.reset, title="States of a channel")
graph = view.graph(
    {name: lambda i=i: channel.share[i] for i, name in enumerate(STATES)},
    {edge: lambda edge=edge: channel.flux[edge] for edge in EDGES},
    title="Occupancy", places=PLACES, edge_unit="1/ms", edge_limits=(-1, 1),
)  # fmt: skip
plot = view.trace(
    "open",
    "inactivated",
    title="Open and inactivated",
    label="Share",
    unit="",
    limits=(-0.05, 1.05),
    window_ms=40,
)
view.slider("Potential (mV)", channel, "potential", -120, 40)
view.button("Step to -10 mV", lambda: setattr(channel, "potential", -10.0), key="X")
view.button("Back to -90 mV", lambda: setattr(channel, "potential", -90.0), key="Y")

ss.layout(ss.column(graph, plot, shares=(3, 2)))
ss.show()
