"""The experiment as data: mechanisms, stimuli, recordings, temperature, time step.

`CellModel` is immutable and has a JSON form; NEURON and Jaxley each build their own model from it.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
