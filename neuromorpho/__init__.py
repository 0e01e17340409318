"""NeuroMorpho.Org: a client of its API, a cache of files, and a library that is searched without the network.

The names that a program may use are listed in `__init__.pyi`. Each is imported when it is first used, so
that importing the package costs next to nothing.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
