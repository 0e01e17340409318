"""`Field`: what the facet panel knows of a field, and how it says how many cells have a value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from PySide6.QtWidgets import QTreeWidgetItem

from app.archive.text import cells_text


@dataclass(slots=True)
class FacetField:
    """What is known of a field, and where it stands in the tree.

    Attributes
    ----------
    ranked : list of (value, number of cells) or None
        The commonest first; None where they are not known.
    sought : tuple of str
        Of each value the words by which it is found.
    live : mapping of value to number of cells, or None
        Counts of the present search for some of the values; then all others are of more than that.
    """

    name: str
    item: QTreeWidgetItem
    ranked: list[tuple[str, int]] | None = None
    sought: tuple[str, ...] = ()
    sentence: str = ""
    chosen: tuple[str, ...] = ()
    live: Mapping[str, int] | None = None
    is_open: bool = False

    def count_text(self, value: str, n_cells: int | None) -> str:
        """Return a count as it stands beside a value: in brackets where it is of more than is searched."""
        if self.live is not None and value in self.live:
            return f"{self.live[value]:,}"
        count = "—" if n_cells is None else f"{n_cells:,}"
        return count if self.live is None or n_cells is None else f"({count})"

    def count_told(self, value: str, n_cells: int | None) -> str:
        """Return a value's counts in words."""
        told = "number of cells not known" if n_cells is None else cells_text(n_cells)
        if self.live is None:
            return told
        of_all = f"{told} in the whole archive"
        if value not in self.live:
            return of_all
        return f"{cells_text(self.live[value])} in this search, {of_all}"
