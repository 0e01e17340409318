"""Compiles the `.mod` files of a model into the user's cache, once for each content, and loads the library.

`build` compiles with NEURON's own ``nrnivmodl`` in processes that end with their caller; nothing here imports NEURON.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
