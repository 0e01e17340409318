"""Complete runs without a window: one model, one duration, all samples collected.

Used by `somascope run` and by the comparison of two simulators.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
