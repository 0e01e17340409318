"""Live sessions over NEURON and Jaxley, and the protocol they speak. No Qt, no VTK in here."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
