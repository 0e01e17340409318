"""What a live session is, whichever simulator steps it: commands, hooks, run control, sampling, history.

`LiveEngine` holds these parts and `LiveSession` is what an author derives from; each simulator adds its own of both.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
