"""The report of reading a morphology file: findings, errors, progress.

MorphologyError
├── SwcError     the file cannot be used; one sentence with file, line and what was found
└── Cancelled    the user cancelled the reading
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

from backends.errors import MorphologyError
from backends.scene import Finding

MAX_QUOTE = 60


class SwcError(MorphologyError):
    """A morphology file that cannot be used.

    Attributes
    ----------
    code : str
        ``"format.columns"``, ``"parent.cycle"`` …
    line : int or None
        Line of the file, from 1.
    path : str
        The path that was given.
    """

    def __init__(
        self,
        message: str,
        details: str = "",
        code: str = "",
        line: int | None = None,
        path: str = "",
    ) -> None:
        super().__init__(message, details, code=code, hint="choose-file")
        self.line = line
        self.path = path


class Cancelled(MorphologyError):
    """Reading was cancelled; nothing was loaded."""


def quote(text: str) -> str:
    """Return `text` in quotes, at most 60 characters of it, with nothing unprintable."""
    shown = "".join(char if char.isprintable() else "�" for char in text[: MAX_QUOTE + 1])
    return f'"{shown[:MAX_QUOTE]}…"' if len(text) > MAX_QUOTE else f'"{shown}"'


def count_text(n: int, noun: str) -> str:
    """Return ``"1 point"``, ``"12 points"``."""
    return f"{n:,} {noun}".replace(",", " ") + ("" if n == 1 else "s")


@dataclass
class Report:
    """The findings of one file; it makes the file's errors, reports progress and stops on request.

    Attributes
    ----------
    name : str
        File name, for messages.
    path : str
    progress : callable or None
        Called with a share 0 … 1 now and then.
    cancelled : callable or None
        Called now and then; True ends the reading with `Cancelled`.
    """

    name: str
    path: str = ""
    progress: Callable[[float], None] | None = None
    cancelled: Callable[[], bool] | None = None
    findings: list[Finding] = field(default_factory=list)

    def add(
        self,
        severity: Literal["info", "warning", "repair"],
        code: str,
        message: str,
        line: int | None = None,
    ) -> None:
        """Add a finding."""
        self.findings.append(Finding(severity, code, message, line))

    def has(self, code: str) -> bool:
        """Return whether there is a finding of this code."""
        return any(each.code == code for each in self.findings)

    def error(self, code: str, what: str, line: int | None = None, details: str = "") -> SwcError:
        """Return the error for this file: ``"cell.swc, line 5 has 6 values, …"``."""
        place = f"{self.name}, line {line}" if line is not None else self.name
        return SwcError(f"{place}: {what}.", details, code, line, self.path)

    def update_progress(self, share: float) -> None:
        """Report progress; raise `Cancelled` if the reading was cancelled."""
        if self.cancelled is not None and self.cancelled():
            raise Cancelled(f"{self.name}: reading was cancelled")
        if self.progress is not None:
            self.progress(min(max(share, 0.0), 1.0))
