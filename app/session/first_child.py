"""`start_first_child`: the process of the first session, started while the window is still importing. No Qt."""

from __future__ import annotations

from pathlib import Path

from backends.isolated.process import ChildProcess

_MODULES = {
    "neuron": ("neuron", "backends.neuron.cell", "backends.swc.reader"),
    "jaxley": ("backends.jaxley.cell", "backends.swc.reader"),
}
_NO_CELLS = (".py", ".hoc", ".oc", ".ses", ".zip", ".npz", ".h5", ".hdf5")


def start_first_child(source: str, backend: str) -> ChildProcess | None:
    """Return a child that imports what a cell needs, None where `source` is no cell, or no process starts.

    What a script imports, and in which folder, is the script's affair: NEURON loads compiled mechanisms
    from the working folder when it is imported.
    """
    if source.lower().endswith(_NO_CELLS) or ".py:" in source.lower() or _is_folder(source):
        return None
    try:
        return ChildProcess(_MODULES.get(backend, ()))
    except OSError:
        return None  # the session tries again, and reports it


def _is_folder(source: str) -> bool:
    """Whether it names a model's folder, perhaps with a script of it: ``folder:demo.hoc``."""
    try:
        return Path(source).expanduser().is_dir()
    except (OSError, RuntimeError, ValueError):  # a name too long, no such ~user
        return False
