"""`start_first_child`: the process of the first session, started while the window is still importing. No Qt."""

from __future__ import annotations

from backends.isolated.process import ChildProcess

_MODULES = {
    "neuron": ("neuron", "backends.neuron.cell", "backends.swc.reader"),
    "jaxley": ("backends.jaxley.cell", "backends.swc.reader"),
}


def start_first_child(source: str, backend: str) -> ChildProcess | None:
    """Return a child that imports what a cell needs, None where `source` is a script or a recording, or no process starts.

    What a script imports, and in which folder, is the script's affair: NEURON loads compiled mechanisms
    from the working folder when it is imported.
    """
    if source.lower().endswith((".py", ".npz", ".h5", ".hdf5")) or ".py:" in source.lower():
        return None
    try:
        return ChildProcess(_MODULES.get(backend, ()))
    except OSError:
        return None  # the session tries again, and reports it
