"""Environment variables that simulators read while they are imported, which a script may do in its first line."""

from __future__ import annotations

import os
from collections.abc import MutableMapping

_NEURON = "NEURON_MODULE_OPTIONS"
_NO_WINDOWS = "-nogui"
_DEFAULTS = {
    "MPLBACKEND": "Agg",  # Jaxley imports pyplot; no window may follow
    "PJRT_NPROC": "1",  # XLA's threads cost a step of one cell 20 to 40 %
}


def set_simulator_environment(environ: MutableMapping[str, str] = os.environ) -> None:
    """Set what keeps NEURON and Matplotlib from opening windows, and JAX from using many threads for one cell.

    What the user has set stays. It must be set before Python starts, or before anything imports a simulator.
    """
    options = environ.get(_NEURON, "")
    if _NO_WINDOWS not in options.split():
        environ[_NEURON] = f"{options} {_NO_WINDOWS}".strip()
    for name, value in _DEFAULTS.items():
        environ.setdefault(name, value)
