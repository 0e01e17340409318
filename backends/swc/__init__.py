"""Reads SWC files and audits them: findings with line numbers, what was repaired, what was assumed.

`read_swc` returns a `Morphology` with its audit; no simulator is needed.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
