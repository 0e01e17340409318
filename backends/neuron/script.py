"""What must be done in a process before an author's script, which imports NEURON in its first line, runs."""

from __future__ import annotations

import contextlib
import os
import sys
import tempfile
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from backends.errors import SimulatorError, first_line
from backends.live.options import DEFAULTS
from backends.mechanisms.library import load
from backends.messages import SessionUpdate
from backends.neuron.leftovers import Snapshot
from backends.neuron.script_mechanisms import ScriptMechanisms, compiled_in
from backends.neuron.simulator import load_neuron, untouched


def has_mechanisms_to_compile(path: Path) -> bool:
    """Return whether `prepare_for_script` has something to report meanwhile: it compiles, or warns."""
    return ScriptMechanisms.of(path).has_news


def prepare_for_script(
    path: Path,
    on_update: Callable[[SessionUpdate], None] = lambda _update: None,
    is_cancelled: Callable[[], bool] = lambda: False,
) -> Snapshot | None:
    """Import NEURON as a script needs it, if the script does: with its mechanisms, and a step that nobody has set.

    NEURON starts with h.dt = 0.025 ms, which a script may also set; so that this can be seen, h.dt begins
    with the session's default. Mechanisms that nrnivmodl has compiled in the script's folder are loaded wherever
    the program was started, and only once: NEURON itself loads those of the working folder. Where there are only
    `.mod` files, or newer ones, they are compiled into the user's cache.

    Parameters
    ----------
    path : Path
    on_update : callable
        Receives each `Status` of the compilation, and an `Error` that is not fatal where `.mod` files cannot be
        compiled of which the script names none, or where it loads mechanisms itself that are older than their files.
    is_cancelled : callable
        Ends the compilation when it returns True.

    Returns
    -------
    Snapshot or None
        What exists in NEURON before the script; None where that does not matter, as it does not import NEURON.

    Raises
    ------
    MechanismError
        The mechanisms cannot be compiled or loaded.
    SimulatorError
        ``bad-mechanisms``: those that are compiled in the script's folder cannot be loaded.
    SessionCancelled
    """
    mechanisms = ScriptMechanisms.of(path)
    if not mechanisms.uses_neuron:
        return None
    if (warning := mechanisms.warning()) is not None:
        on_update(warning)
    folders = [mechanisms.folder]
    if "neuron" not in sys.modules:
        folders.append(Path.cwd().resolve())
    try:
        with other_working_folder():
            h = load_neuron()
    except SimulatorError:
        return None  # the script fails in its own line
    h.dt = untouched["dt"] = DEFAULTS["dt"]
    library = mechanisms.build(on_update, is_cancelled) if mechanisms.are_built_here else None
    if library is not None:
        load(h, library)
    for folder in dict.fromkeys(folders):
        # A folder that the script loads by NEURON's own function cannot be loaded before it.
        is_loaded = mechanisms.calls_nrn_load_dll or mechanisms.are_built_here
        if not (is_loaded and folder == mechanisms.folder):
            load_compiled_mechanisms(folder)
    return Snapshot.of(h)


@contextlib.contextmanager
def other_working_folder() -> Iterator[None]:
    """Let NEURON find no mechanisms in the working folder, which it would load without a record of it."""
    try:
        before = os.getcwd()
    except OSError:  # the folder was removed
        yield
        return
    with tempfile.TemporaryDirectory(prefix="somascope-") as empty:
        os.chdir(empty)
        try:
            yield
        finally:
            os.chdir(before)


def load_compiled_mechanisms(folder: Path) -> None:
    """Load what nrnivmodl has compiled in a folder, where it has; SimulatorError if that cannot be loaded."""
    if compiled_in(folder) is None:
        return
    neuron: Any = sys.modules["neuron"]
    try:
        neuron.load_mechanisms(str(folder), warn_if_already_loaded=False)
    except (RuntimeError, OSError) as error:
        raise SimulatorError(
            f"The mechanisms compiled in {folder} cannot be loaded ({first_line(error)}): run nrnivmodl "
            "there again.",
            traceback.format_exc(),
            code="bad-mechanisms",
            hint="compile-mechanisms",
        ) from error
