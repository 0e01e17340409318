"""The author's API: ``import somascope as ss``. It shows a model that a script has built, and needs no class.

A view of the model comes from `neuron`, `jaxley`, `source` or `static`; its methods add plots and controls; `layout`
says where they stand; `show` opens the window. `run` and `drive` run any session without one. The work is done in `backends.inline`; only `show` uses the window.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

_MODULES = {
    "neuron": "backends.inline.neuron",
    "jaxley": "backends.inline.jaxley",
    "source": "backends.inline.source",
    "static": "backends.inline.source",
    "layout": "backends.inline.registry",
    "row": "backends.inline.registry",
    "column": "backends.inline.registry",
    "tabs": "backends.inline.registry",
    "drive": "backends.driving",
    "run": "backends.driving",
    "RunResult": "backends.driving",
    "ReplaySession": "backends.replay",
    "StaticSession": "backends.replay",
    "StaticVariable": "backends.replay",
    "write_recording": "backends.replay",
    "show": ".opening",
}
__all__ = sorted(_MODULES)


def __getattr__(name: str) -> Any:
    """Return a name of the API, imported when it is first used."""
    if name not in _MODULES:
        raise AttributeError(f"somascope has no {name!r}; it has {', '.join(__all__)}")
    found = getattr(import_module(_MODULES[name], __name__), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    """Return the names of the API."""
    return __all__
