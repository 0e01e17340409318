"""Jaxley models as compiled programs: traced once, saved on disk, called without Jaxley.

`tracing` makes them, `cache` saves them under a digest of all they depend on, `prefetch` runs the next batch early.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
