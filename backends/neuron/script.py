"""What must be done in a process before an author's script, which imports NEURON in its first line, runs."""

from __future__ import annotations

import contextlib
import os
import re
import sys
import tempfile
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from backends.errors import SimulatorError, first_line
from backends.live.options import DEFAULTS
from backends.neuron.leftovers import Snapshot
from backends.neuron.simulator import load_neuron, untouched

_IMPORTS_NEURON = re.compile(r"^\s*(?:from|import)\s+neuron\b", re.MULTILINE)
_LIBRARY = "*/libnrnmech.*"


def prepare_for_script(path: Path) -> Snapshot | None:
    """Import NEURON as a script needs it, if the script does: with its mechanisms, and a step that nobody has set.

    NEURON starts with h.dt = 0.025 ms, which a script may also set; so that this can be seen, h.dt begins
    with the session's default. Mechanisms that nrnivmodl has compiled in the script's folder are loaded wherever
    the program was started, and only once: NEURON itself loads those of the working folder.

    Returns
    -------
    Snapshot or None
        What exists in NEURON before the script; None where that does not matter, as it does not import NEURON.

    Raises
    ------
    SimulatorError
        ``bad-mechanisms``: the compiled mechanisms cannot be loaded.
    """
    try:
        text = path.read_text("utf-8", "replace")
    except OSError:
        return None  # opening the script reports it
    if not _IMPORTS_NEURON.search(text):
        return None
    folders = [path.resolve().parent]
    if "neuron" not in sys.modules:
        folders.append(Path.cwd().resolve())
    try:
        with _other_working_folder():
            h = load_neuron()
    except SimulatorError:
        return None  # the script fails in its own line
    h.dt = untouched["dt"] = DEFAULTS["dt"]
    for folder in dict.fromkeys(folders):
        # A folder that the script loads by NEURON's own function cannot be loaded before it.
        if not ("nrn_load_dll" in text and folder == folders[0]):
            _load_mechanisms(folder)
    return Snapshot.of(h)


@contextlib.contextmanager
def _other_working_folder() -> Iterator[None]:
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


def _load_mechanisms(folder: Path) -> None:
    if not any(folder.glob(_LIBRARY)):
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
