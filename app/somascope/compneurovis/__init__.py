"""CompNeuroVis's names and arguments: a script written for it needs only its import lines changed.

``from compneurovis import run_app`` becomes ``from somascope.compneurovis import run_app``, and so on for
``compneurovis.core``, ``.session`` and ``.backends.neuron.utils``. See docs/compneurovis.md.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
