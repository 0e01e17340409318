"""`ScriptRuns`: the runs that a model's own scripts ask for, which are the window's to make.

While a model loads, ``run()``, ``continuerun()`` and ``steprun()`` of NEURON's standard run system only note what was asked, so that
loading ends. ``psolve`` and ``cvode.solve`` are methods that nothing can replace: an event at the beginning of each run
sets ``stoprun``, which ends them after a step. A loop of ``fadvance()`` runs to its own end.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_PROCEDURES = """
somascope_asked_ = 0
somascope_until_ = -1
proc run() { somascope_asked_ = 1  somascope_until_ = tstop }
proc continuerun() {
    if (somascope_asked_ == 0) somascope_asked_ = 2
    somascope_until_ = $1
}
proc steprun() { if (somascope_asked_ == 0) somascope_asked_ = 3 }
proc somascope_stop_() { stoprun = 1 }
"""
_KINDS = {1: "run", 2: "continue", 3: "step"}
_STANDARD = ("run", "continuerun", "steprun", "stdinit", "init", "step", "advance")
_DEFINED = re.compile(rf"^\s*(?:proc|func)\s+({'|'.join(_STANDARD)})\s*\(", re.MULTILINE)
_TEMPLATE = re.compile(r"^\s*begintemplate\b.*?^\s*endtemplate\b", re.MULTILINE | re.DOTALL)
_COMMENT = re.compile(r"/\*.*?\*/|//[^\n]*", re.DOTALL)
_IN_PYTHON = re.compile(rf"\b(?:proc|func)\s+({'|'.join(_STANDARD)})\s*\(")
_MOST_FILES = 2_000
_LARGEST_FILE = 4 << 20
DEFAULT_TSTOP_MS = 5.0
"""Of stdrun.hoc."""


@dataclass(frozen=True, slots=True)
class AskedRun:
    """A run that a script has asked for.

    Attributes
    ----------
    kind : {"run", "continue", "step"}
        From t = 0, from the present time, or one step.
    until_ms : float or None
    """

    kind: str
    until_ms: float | None


class ScriptRuns:
    """Takes the standard run system's procedures over, from `begin` on.

    Parameters
    ----------
    h : HocObject
        With ``nrngui.hoc`` loaded.

    Attributes
    ----------
    has_initialized : bool
        Whether a script has called ``finitialize``.
    """

    def __init__(self, h: Any) -> None:
        self._h = h
        self._handlers: list[Any] = []
        self._first_voltages: tuple[float, ...] = ()
        self.has_initialized = False

    def begin(self) -> None:
        """Let runs only be noted."""
        h = self._h
        h(_PROCEDURES)
        self._handlers = [
            h.FInitializeHandler(0, self._note_voltages),
            h.FInitializeHandler(2, self._stop_soon),
        ]

    def end_loading(self) -> None:
        """The model is loaded: from now on steps are ours, and nothing ends them."""
        self._handlers.clear()
        self._h.stoprun = 0

    def _note_voltages(self) -> None:
        """Note the voltages at which a script initializes: the argument of ``finitialize``."""
        self.has_initialized = True
        self._first_voltages = tuple(
            float(segment.v) for section in self._h.allsec() for segment in section
        )

    def _stop_soon(self) -> None:
        self._h.CVode().event(self._h.t + self._h.dt / 2, "somascope_stop_()")

    @property
    def initialized_at(self) -> float | None:
        """The voltage, mV, of the last ``finitialize`` of a script, where it was one for all segments."""
        values = set(self._first_voltages)
        return values.pop() if len(values) == 1 else None

    @property
    def are_asked(self) -> bool:
        """Whether a run was asked for since the last `take`."""
        return bool(self._h.somascope_asked_)

    def take(self) -> AskedRun | None:
        """Return the run that was asked for since the last call, or None."""
        h = self._h
        kind, until = int(h.somascope_asked_), float(h.somascope_until_)
        h.somascope_asked_, h.somascope_until_ = 0, -1
        return AskedRun(_KINDS[kind], until if until > 0 else None) if kind else None


def defined_procedures(folder: Path) -> frozenset[str]:
    """Return which procedures of the standard run system the files of a model define anew.

    All `.hoc`, `.ses` and `.py` files of the folder are read, whether or not they are loaded.
    """
    found: set[str] = set()
    files = (each for each in folder.rglob("*") if each.suffix.lower() in (".hoc", ".ses", ".py"))
    for number, path in enumerate(files):
        if number >= _MOST_FILES:
            break
        try:
            if not path.is_file() or path.stat().st_size > _LARGEST_FILE:
                continue
            text = path.read_text("utf-8", "replace")
        except OSError:
            continue
        if path.suffix.lower() == ".py":
            found |= set(_IN_PYTHON.findall(text))
        else:
            plain = _TEMPLATE.sub("", _COMMENT.sub("", text))
            found |= set(_DEFINED.findall(plain))
    return frozenset(found)
