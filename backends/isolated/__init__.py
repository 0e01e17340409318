"""A session in a separate process, which the window uses like any other session.

`IsolatedSession` is the parent's end, `child` the other; frames travel in shared memory, the rest through a pipe.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
