"""What the library returns: one page of a search, one file of a cell."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from neuromorpho.records.models import NeuroMorphoFacet, NeuroMorphoNeuron


@dataclass(frozen=True)
class LibraryFile:
    """A file of a cell on disk; `size` in bytes."""

    kind: str
    path: Path
    size: int
    sha256: str


@dataclass(frozen=True)
class LibraryPage:
    """One page of a search's hits.

    Attributes
    ----------
    total : int
        How many cells match in all.
    facets
        Counts by field, the most frequent value first.
    seconds : float
        Duration of the search.
    damaged : tuple of int
        Cells of this page whose record is damaged; `maintenance.repair` repairs them.
    """

    items: tuple[NeuroMorphoNeuron, ...]
    total: int
    facets: dict[str, NeuroMorphoFacet]
    seconds: float
    damaged: tuple[int, ...] = ()
