"""`Finding`: one line of what `somascope doctor` has to say. Standard library only."""

from __future__ import annotations

import importlib.metadata
from dataclasses import dataclass
from typing import Literal

State = Literal["ok", "note", "missing"]


@dataclass(frozen=True)
class CheckResult:
    """One line of the report.

    Attributes
    ----------
    state : {"ok", "note", "missing"}
        "missing" makes the doctor end with 1; "note" is worth reading and no more.
    remedy : str
        The line that mends it, or the sentence that says what to do.
    """

    topic: str
    state: State
    found: str
    remedy: str = ""


def version_of(distribution: str) -> str | None:
    """Return the installed version of a distribution, None if there is none."""
    try:
        return importlib.metadata.version(distribution)
    except importlib.metadata.PackageNotFoundError:
        return None
