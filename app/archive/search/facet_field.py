"""`FacetField`: the values of a field in the facet panel, and their counts as text."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from PySide6.QtWidgets import QTreeWidgetItem

from app.archive.text import cells_text


@dataclass(slots=True)
class FacetField:
    """The values of a field, and its item in the tree.

    Attributes
    ----------
    ranked : list of (value, number of cells) or None
        The most frequent first; None where they are not known.
    live : mapping of value to number of cells, or None
        Counts of the present search for some of the values; then all others are of more than that.
    """

    name: str
    item: QTreeWidgetItem
    ranked: list[tuple[str, int]] | None = None
    sentence: str = ""
    chosen: tuple[str, ...] = ()
    live: Mapping[str, int] | None = None
    is_open: bool = False

    def count_text(self, value: str, n_cells: int | None) -> str:
        """Return the count next to a value: in brackets if it counts more than the present search."""
        if self.live is not None and value in self.live:
            return f"{self.live[value]:,}"
        count = "—" if n_cells is None else f"{n_cells:,}"
        return count if self.live is None or n_cells is None else f"({count})"

    def count_words(self, value: str, n_cells: int | None) -> str:
        """Return a value's counts in words."""
        text = "number of cells unknown" if n_cells is None else cells_text(n_cells)
        if self.live is None:
            return text
        of_all = f"{text} in the entire archive"
        if value not in self.live:
            return of_all
        return f"{cells_text(self.live[value])} in this search, {of_all}"
