"""What the library answers with: one page of a search, one file of a cell."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from neuromorpho.records.models import NeuroMorphoFacet, NeuroMorphoNeuron


@dataclass(frozen=True)
class LibraryFile:
    """A file of a cell that is on disk; `size` in bytes."""

    kind: str
    path: Path
    size: int
    sha256: str


@dataclass(frozen=True)
class LibraryPage:
    """One page of what a search found.

    Attributes
    ----------
    total : int
        How many cells there are in all.
    facets
        Counts by field, the commonest value first.
    seconds : float
        How long the search took.
    damaged : tuple of int
        Cells of this page whose record cannot be read; `Library.repair` mends them.
    """

    items: tuple[NeuroMorphoNeuron, ...]
    total: int
    facets: dict[str, NeuroMorphoFacet]
    seconds: float
    damaged: tuple[int, ...] = ()
