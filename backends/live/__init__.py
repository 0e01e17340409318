"""What a live session is, whichever simulator steps it: commands, hooks, run control, sampling, history.

`LiveSession` holds these parts; `NeuronSession` and `JaxleySession` add only their simulator.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
