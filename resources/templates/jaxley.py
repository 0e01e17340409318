"""my_model: a branched cell on Jaxley, with a current that can be changed while it runs.

somascope my_model.py                      opens it in the window
somascope run my_model.py --for 50 --traces my_model.csv
"""

from backends.controls import ControlSpec, ScalarValueSpec
from backends.jaxley import JaxleySession


class MyModel(JaxleySession):
    dt = 0.025  # ms

    def build_cells(self):
        import jaxley as jx
        from jaxley.channels import HH

        cell = jx.Cell([jx.Branch(ncomp=4)] * 3, parents=[-1, 0, 0])
        cell.set("length", 50.0)  # µm, of each compartment
        cell.set("radius", 2.0)  # µm
        cell.insert(HH())
        return [cell]

    def build_network(self, cells):
        import jaxley as jx

        return jx.Network(cells)

    def setup_model(self, network, cells):
        place = network.cell(0).branch(0).comp(0)
        self.clamp = self.inject(place, delay=10, dur=1e9, amp=1.0)  # ms, ms, nA

    def control_specs(self):
        values = ScalarValueSpec(1.0, 0.0, 5.0, unit="nA")
        return [ControlSpec("amp", "Amplitude", values, target="clamp.amp")]
