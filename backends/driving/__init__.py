"""Any session driven without a window: in a script, a notebook, a test, or by `somascope run`.

`drive` yields its updates as they come, `run` returns arrays with units. No Qt.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
