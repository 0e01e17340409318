"""`load`: a compiled library into the NEURON of this process, which must be a session's own."""

from __future__ import annotations

import contextlib
import ctypes
import re
import shutil
from pathlib import Path
from typing import Any

from backends.mechanisms.compilation import cache_folder
from backends.mechanisms.errors import MechanismError

_loaded: set[Path] = set()


def load(h: Any, library: Path) -> None:
    """Load a library that `build` has returned; one that this process has loaded already stays.

    NEURON cannot replace a mechanism: a rebuilt library needs a new process.

    Parameters
    ----------
    h : neuron.hoc.HocObject
    library : Path

    Raises
    ------
    MechanismError
        ``bad-mechanisms`` with the linker's reason; ``duplicate-mechanism`` for one that this process has already.
    """
    library = Path(library).resolve()
    if library in _loaded:
        return
    try:
        done = h.nrn_load_dll(str(library))
    except RuntimeError as error:
        raise _load_error(library, str(error)) from error
    if not done:
        reason = _reason(library)
        _discard(library)
        raise _load_error(library, reason)
    _loaded.add(library)


def _reason(library: Path) -> str:
    """Return why the system cannot load a library; NEURON only prints it."""
    try:
        ctypes.CDLL(str(library))
    except OSError as error:
        return str(error)
    return "NEURON gives no reason"


def _discard(library: Path) -> None:
    """Remove a library of the cache that cannot be loaded, so that it is built again."""
    with contextlib.suppress(OSError):
        if library.parent.parent == cache_folder().resolve():
            shutil.rmtree(library.parent)


def _load_error(library: Path, reason: str) -> MechanismError:
    duplicate = re.search(r"user defined name already exists: (\w+)", reason)
    if duplicate:
        name = duplicate.group(1)
        return MechanismError(
            f"The mechanism {name} cannot be loaded, as NEURON has something of that name already: rename it in its "
            ".mod file and where the model uses it, or restart the session if it was loaded before.",
            reason,
            code="duplicate-mechanism",
            hint="edit-mod",
        )
    undefined = re.search(r"undefined symbol: (\w+)|Symbol not found: _?(\w+)", reason)
    if undefined:
        name = _demangled(undefined.group(1) or undefined.group(2))
        return MechanismError(
            f"The mechanisms cannot be loaded: they use {name}, which is in none "
            "of the .mod files and not in this NEURON; it is written for another version, or a file is missing.",
            reason,
            code="undefined-symbol",
            hint="edit-mod",
        )
    return MechanismError(
        f"The compiled mechanisms cannot be loaded ({reason.splitlines()[0]}): open the model again to compile them "
        "again.",
        reason,
        code="bad-mechanisms",
        hint="retry",
    )


def _demangled(symbol: str) -> str:
    """Return the name of a function that a C++ compiler has changed: ``_Z3foodi`` is ``foo``."""
    found = re.match(r"_*Z(\d+)", symbol)
    return symbol[found.end() :][: int(found.group(1))] if found else symbol
