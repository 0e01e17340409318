"""`Citation`: one thing to cite, as data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

CitationKind = Literal["paper", "archive", "resource"]


@dataclass(frozen=True)
class Citation:
    """One thing to cite.

    Attributes
    ----------
    kind
        ``"paper"``, ``"archive"`` (for its cells without a known paper), or ``"resource"``:
        NeuroMorpho.Org, and the paper about it.
    title, journal, authors, year
        "", () and None if only the number of a paper is known.
    neuron_ids : tuple of int
        The cells that it is for; empty for a resource, which is for all cells.
    problems : tuple of str
        What is wrong in the records.
    """

    kind: CitationKind
    title: str = ""
    journal: str = ""
    authors: tuple[str, ...] = ()
    year: int | None = None
    volume: str = ""
    issue: str = ""
    pages: str = ""
    pmid: str = ""
    doi: str = ""
    url: str = ""
    archive: str = ""
    neuron_ids: tuple[int, ...] = ()
    problems: tuple[str, ...] = ()
