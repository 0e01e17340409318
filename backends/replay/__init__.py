"""Sessions without a simulator: recorded frames with a clock, and values per segment that stand still.

`ReplaySession` shows what was recorded (arrays, traces, events, NPZ, HDF5), `StaticSession` a morphology with values.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
