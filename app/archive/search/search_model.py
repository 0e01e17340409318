"""`SearchModel`: what is searched for and where, and the hits that are shown. The only place that holds it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from app.archive.results.model import ResultsModel
from app.archive.search.query_state import QueryState
from app.archive.search.sources import ARCHIVE, ResultsPage, SearchSource
from neuromorpho.query.query import DEFAULT_SORT

if TYPE_CHECKING:
    from neuromorpho.records.models import NeuroMorphoNeuron


class SearchModel(QObject):
    """State, source and hits of a search, changed by its methods only; it requests nothing.

    Attributes
    ----------
    state : QueryState
        What the search line, chips and fields say.
    source : SearchSource
        Where is searched.
    results : ResultsModel
        The hits; its `modelReset` says that another search began.
    hits_state : QueryState
        What the hits shown were found by; words typed since then are not part of it.
    n_bundled : int
        How many of the hits are bundled cells.
    is_answered : bool
        Whether the hits shown are those of the present state.
    has_searched : bool
        Whether hits were requested since the source was chosen.

    Signals
    -------
    stateChanged(object)
        The `QueryState` of the search line, chips and fields; again the same one where a search is repeated.
    sourceChanged(object)
        The `SearchSource` from now on.
    """

    stateChanged = Signal(object)
    sourceChanged = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.results = ResultsModel(self)
        self.has_searched = False
        self.state = self.hits_state = QueryState()
        self.source: SearchSource = ARCHIVE
        self.is_answered = False
        self.n_bundled = 0

    @property
    def n_archive_hits(self) -> int:
        """How many of the hits are of NeuroMorpho.Org; the others are bundled cells."""
        return max(0, self.results.total() - self.n_bundled)

    def neuron(self, neuron_id: int) -> NeuroMorphoNeuron | None:
        """Return the record of a hit; None where it is not here."""
        row = self.results.row_of(neuron_id)
        return None if row is None else self.results.neuron_at(row)

    def set_state(self, state: QueryState) -> None:
        """Search for something else; the hits stay until there are others."""
        self.state, self.is_answered = state, False
        self.stateChanged.emit(state)

    def set_source(self, source: SearchSource) -> None:
        """Search elsewhere, in that source's usual order."""
        self.source, self.has_searched = source, False
        self.results.sortable = source.sort_fields
        self.sourceChanged.emit(source)
        self.set_state(replace(self.state, sort=DEFAULT_SORT))

    def set_hits(self, state: QueryState, found: ResultsPage) -> None:
        """Show what a search found; `found` is its first page."""
        self.hits_state, self.n_bundled = state, found.n_bundled
        self.is_answered = state == self.state
        self.results.start_over(found.total, found.items, found.on_disk)
