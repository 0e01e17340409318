"""Models that their authors wrote for NEURON itself, opened as they are: a folder, a `.hoc` file, an archive.

`unpack_model` makes a folder of a zip archive; `digest_of_programs` says whether it has changed since a user agreed to run it.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
