"""The same experiment on NEURON and on Jaxley, side by side, and how far they differ.

`run` drives both `side`s, `metrics` measures differences, `result` is what a report or window shows.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
