"""Which mechanisms a script gets: those that nrnivmodl has compiled in its folder, else its `.mod` files, compiled by us.

What is compiled there is used as it is, unless a `.mod` file is newer: then the files are compiled into the cache,
and the older library is not used. A script that loads its mechanisms by NEURON's own functions is left alone.
"""

from __future__ import annotations

import platform
import re
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from backends.error_updates import error_update
from backends.errors import SomascopeError
from backends.mechanisms.compilation import Progress, built_library
from backends.mechanisms.leaving_out import build_used
from backends.mechanisms.sources import find_mod_files
from backends.messages import Error, Phase, SessionUpdate, Status

_IMPORTS_NEURON = re.compile(r"^\s*(?:from|import)\s+neuron\b", re.MULTILINE)
_USES_NEURON = re.compile(
    r"^\s*(?:from|import)\s+neuron\b|\bNeuron(?:Cell)?Session\b|\.neuron\(", re.MULTILINE
)
_IMPORTED = re.compile(r"^\s*(?:from|import)\s+(\w+)", re.MULTILINE)
LOADS_ITSELF = re.compile(r"\b(?:nrn_load_dll|load_mechanisms)\b")
LIBRARY = "libnrnmech.dylib" if sys.platform == "darwin" else "libnrnmech.so"
MACHINES = (platform.machine(), "x86_64", "i686", "powerpc", "umac")
"""Folders in which NEURON looks for `LIBRARY`."""


@dataclass(frozen=True)
class ScriptMechanisms:
    """The mechanisms of a script.

    Attributes
    ----------
    folder : Path
    text : str
        The script's own.
    uses_neuron : bool
        Whether the script runs on NEURON, as far as its text says.
    loads_itself : bool
        Whether the script calls a function of NEURON's that loads a library.
    calls_nrn_load_dll : bool
        Whether it calls the one that loads a library twice, which NEURON refuses.
    compiled : Path or None
        The library in the script's folder.
    files : tuple of Path
        The `.mod` files beside the script.
    newer : Path or None
        A `.mod` file that has changed since `compiled` was made.
    """

    folder: Path
    text: str = ""
    uses_neuron: bool = False
    loads_itself: bool = False
    calls_nrn_load_dll: bool = False
    compiled: Path | None = None
    files: tuple[Path, ...] = ()
    newer: Path | None = None

    @classmethod
    def of(cls, script: Path) -> ScriptMechanisms:
        """Return those of a script; of one that cannot be read, or does not run on NEURON, none."""
        folder = script.resolve().parent
        try:
            text = script.read_text("utf-8", "replace")
        except OSError:
            return cls(folder)  # opening the script reports it
        if not _USES_NEURON.search(text):
            return cls(folder)
        compiled = compiled_in(folder)
        files = find_mod_files(folder, deep=False)
        if compiled is None and not files and not _IMPORTS_NEURON.search(text):
            return cls(folder)
        return cls(
            folder,
            _with_imports(folder, text),
            True,
            LOADS_ITSELF.search(text) is not None,
            "nrn_load_dll" in text,
            compiled,
            files,
            None if compiled is None else _newer(files, compiled),
        )

    @property
    def are_built_here(self) -> bool:
        """Whether the library of the cache is the one to load."""
        is_absent = self.compiled is None or self.newer is not None
        return bool(self.files) and is_absent and not self.loads_itself

    @property
    def has_news(self) -> bool:
        """Whether the user has something to wait for or to read: they must be compiled, or are out of date."""
        if self.loads_itself:
            return self.newer is not None
        try:
            return self.are_built_here and built_library(self.files) is None
        except SomascopeError:
            return True  # raised again where it is reported

    def build(
        self, on_status: Callable[[SessionUpdate], None], is_cancelled: Callable[[], bool]
    ) -> Path | None:
        """Return the library of the files, compiled if need be; None if it cannot be and the script names none of it.

        Raises
        ------
        MechanismError
        SessionCancelled
        """
        older = (
            ""
            if self.newer is None
            else f"; those in {self.folder} are older than {self.newer.name}"
        )

        def report(progress: Progress) -> None:
            on_status(Status(Phase.COMPILING, f"{progress.sentence}{older}", progress.fraction))

        return build_used(
            self.files,
            self.text,
            on_left_out=lambda error: on_status(error_update(error)),
            on_progress=report,
            is_cancelled=is_cancelled,
        )

    def warning(self) -> Error | None:
        """Return what to say of a library that is out of date and that the script loads itself."""
        if self.newer is None or not self.loads_itself:
            return None
        return Error(
            f"{self.newer.name} has changed since the mechanisms in {self.folder} were compiled, and the script loads "
            "these itself: run nrnivmodl there again.",
            code="stale-mechanisms",
            hint="compile-mechanisms",
        )


def _with_imports(folder: Path, text: str) -> str:
    """Return a script's text with that of the modules beside it that it imports, and that these import."""
    texts, waiting, seen = [text], [text], set[str]()
    while waiting:
        for name in set(_IMPORTED.findall(waiting.pop())) - seen:
            seen.add(name)
            try:
                texts.append((folder / f"{name}.py").read_text("utf-8", "replace"))
            except OSError:
                continue
            waiting.append(texts[-1])
    return "\n".join(texts)


def compiled_in(folder: Path) -> Path | None:
    """Return the library that NEURON loads from a folder; None where there is none for this machine."""
    found = (folder / machine / LIBRARY for machine in dict.fromkeys(MACHINES))
    return next((each for each in found if each.is_file()), None)


def _newer(files: tuple[Path, ...], library: Path) -> Path | None:
    made = library.stat().st_mtime
    return next((each for each in files if each.stat().st_mtime > made), None)
