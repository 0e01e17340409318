"""`Recent`: one entry of the menu of recently opened cells, and its text in the settings. No Qt."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

_CELL = re.compile(r"(NMO_\d+)(?: (.*))?", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Recent:
    """One thing to open again.

    Attributes
    ----------
    text : str
        What opens it: the absolute path of a file, or ``"NMO_00001"``.
    title : str
        What the archive calls its cell; "" for a file.
    """

    text: str
    title: str = ""

    @classmethod
    def file(cls, path: str) -> Recent:
        """Return a file, by its path."""
        return cls(str(Path(path).resolve()))

    @classmethod
    def from_setting(cls, text: str) -> Recent:
        """Return the entry that `as_setting` has written as `text`."""
        found = _CELL.fullmatch(text)
        return cls(text) if found is None else cls(found[1], found[2] or "")

    @property
    def as_setting(self) -> str:
        """The entry as one line for the settings; a path is written unchanged."""
        return f"{self.text} {self.title}".rstrip()

    @property
    def label(self) -> str:
        """It as a menu shows it: ``cnic_001 · NMO_00001``."""
        return f"{self.title} · {self.text}" if self.title else self.text

    @property
    def can_be_opened(self) -> bool:
        """Whether it is still there; a cell of the archive is, or can be fetched again."""
        return _CELL.fullmatch(self.text) is not None or Path(self.text).exists()
