"""`CheckResult`: one line of the report of `somascope doctor`. Standard library only."""

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
        "missing" gives exit status 1; "note" does not.
    remedy : str
        The command that fixes it, or a sentence about what to do.
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
