"""`run_program`: executes a model's own script in this process, and says in which line it failed."""

from __future__ import annotations

import atexit
import contextlib
import os
import re
import stat
import sys
import traceback
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

from backends.errors import SimulatorError, SomascopeError, first_line
from backends.scripts import import_script

_STDERR = 2
_MOST_BYTES = 64_000
_DETAILS = 8_000
_HOC_ERROR = re.compile(r"NEURON: (?P<what>[^\n]+)\n(?: in (?P<file>\S+) near line (?P<line>\d+))?")
_NOT_FOUND = re.compile(r"Couldn't find: (\S+)|Can't open +(\S+)")
_OUTER = "hoc_Load_file"


class Printed:
    """What this process prints from now on, where that goes to a file, as in the child of a window."""

    def __init__(self) -> None:
        self._start = self._size()

    def _size(self) -> int:
        with contextlib.suppress(OSError):
            status = os.fstat(_STDERR)
            return status.st_size if stat.S_ISREG(status.st_mode) else -1
        return -1

    def text(self) -> str:
        """Return its last part; "" where it cannot be read."""
        sys.stdout.flush()
        sys.stderr.flush()
        size = self._size()
        if size < 0:
            return ""
        begin = self._start if 0 <= self._start <= size else 0  # shortened meanwhile
        try:
            return os.pread(_STDERR, _MOST_BYTES, max(begin, size - _MOST_BYTES)).decode(
                errors="replace"
            )
        except OSError:  # opened for writing only
            return ""


@contextlib.contextmanager
def _without_timer() -> Iterator[None]:
    """Let ``from neuron import gui`` start no thread: it calls NEURON ten times a second, during a step too.

    What it loads, ``nrngui.hoc``, is loaded already.
    """
    import neuron

    if "neuron.gui" in sys.modules:
        yield
        return
    sys.modules["neuron.gui"] = neuron.gui = ModuleType("neuron.gui")
    yield


_QUITS = re.compile(r"^[^/\n]*\bquit\s*\(\s*\)", re.MULTILINE)


def _say_where_it_quits(folder: Path) -> None:
    """Print where the files of a folder call ``quit()``, which ends the process from within NEURON."""
    for path in sorted(folder.glob("*.hoc")):
        text = path.read_text("utf-8", "replace")
        for found in _QUITS.finditer(text):
            line = text.count("\n", 0, found.end()) + 1
            print(f"{path.name}, line {line}: quit() ends the process; remove it.", flush=True)


@contextlib.contextmanager
def _watching_for_quit(folder: Path) -> Iterator[None]:
    """Let the output of a process that ``quit()`` ends say where it is called."""
    atexit.register(_say_where_it_quits, folder)
    try:
        yield
    finally:
        atexit.unregister(_say_where_it_quits)


def run_program(h: Any, path: Path, arguments: tuple[str, ...]) -> ModuleType | None:
    """Execute a `.hoc`, `.ses` or `.py` file whose folder is the working folder.

    Returns
    -------
    ModuleType or None
        The module of a script in Python, which keeps its model alive.

    Raises
    ------
    SomascopeError
        With file and line, and what was printed as details.
    """
    printed = Printed()
    with _without_timer(), _watching_for_quit(path.parent):
        try:
            if path.suffix.lower() == ".py":
                return import_script(path, arguments)
            if not h.load_file(1, path.name):
                raise SimulatorError(
                    f"NEURON cannot open {path.name}; check that it can be read.",
                    printed.text()[-_DETAILS:],
                    code="model-failed",
                )
        except SomascopeError as error:
            raise _with_output(error, printed.text()) from error
        except RuntimeError as error:
            raise hoc_error(path.name, error, printed.text()) from error
    return None


def _with_output(error: SomascopeError, output: str) -> SomascopeError:
    """Return the error of a script, with NEURON's own words in its details."""
    if not output:
        return error
    details = f"{error.details}\n{output[-_DETAILS:]}"
    return type(error)(
        error.message, details, code=error.code, hint=error.hint, location=error.location
    )


def hoc_error(name: str, error: BaseException, output: str) -> SimulatorError:
    """Return the error of a hoc file from what NEURON has printed: the file, the line, the reason."""
    found = [each for each in _HOC_ERROR.finditer(output) if _OUTER not in each["what"]]
    placed = [each for each in found if each["file"]]
    place = f"{placed[0]['file']}, line {placed[0]['line']}" if placed else name
    missing = _NOT_FOUND.search(output)
    reason = first_line(error).rpartition("hoc_execerror: ")[2]
    if found:
        reason = found[0]["what"].strip().rstrip(".")
    if missing:
        file = missing[1] or missing[2]
        reason = f"the file {file} is not found; put it into the model's folder"
    return SimulatorError(
        f"{place}: {reason}.",
        f"{output[-_DETAILS:]}\n{''.join(traceback.format_exception(error))}",
        code="missing-file" if missing else "model-failed",
        hint="edit-script",
        location=place,
    )
