"""my_model: a ball and stick on NEURON, with a current that can be changed while it runs.

somascope my_model.py                      opens it in the window
somascope run my_model.py --for 50 --traces my_model.csv
"""

from backends.controls import ControlSpec, ScalarValueSpec
from backends.neuron import NeuronSession


class MyModel(NeuronSession):
    dt = 0.025  # ms

    def build_sections(self):
        from neuron import h

        self.soma, self.dend = h.Section(name="soma"), h.Section(name="dend")
        self.soma.L = self.soma.diam = 20  # µm
        self.dend.L, self.dend.diam, self.dend.nseg = 400, 2, 21
        self.dend.connect(self.soma(1))
        self.soma.insert("hh")
        self.dend.insert("pas")
        for segment in self.dend:
            segment.pas.e = -65  # mV
        return [self.soma, self.dend]

    def setup_model(self, sections):
        from neuron import h

        self.clamp = h.IClamp(self.soma(0.5))
        self.clamp.delay, self.clamp.dur, self.clamp.amp = 10, 1e9, 0.3  # ms, ms, nA

    def control_specs(self):
        return [ControlSpec("amp", "Amplitude", ScalarValueSpec(0.3, 0.0, 2.0), target="clamp.amp")]
