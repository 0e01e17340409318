"""What a user may open: an SWC file, a bundled cell, a script, an id of the archive.

`SessionSource` describes it and makes its session; nothing is imported before it is used.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
