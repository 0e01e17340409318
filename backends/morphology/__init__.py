"""The tree that both simulators are built from, and its geometry: segments, frusta, areas, distances.

No file format and no simulator is known here.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
