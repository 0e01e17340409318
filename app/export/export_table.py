"""`ExportTable`: what a view shows, for `app.export.tables`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, eq=False)
class ExportTable:
    """What a view shows, to be written.

    Attributes
    ----------
    headings : tuple of str
        Of the columns, with units: ``"u [mV]"``.
    columns : tuple of sequences
        Texts or numbers; a shorter one ends with empty cells.
    arrays : mapping of str to array
        The same as arrays, for an archive.
    """

    headings: tuple[str, ...]
    columns: tuple[Sequence[Any], ...]
    arrays: Mapping[str, Any]
