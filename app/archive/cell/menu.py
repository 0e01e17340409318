"""`CellMenu`: what can be done with the cells chosen in the results, and the sheets that follow from it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, QUrl
from PySide6.QtGui import QDesktopServices, QGuiApplication
from PySide6.QtWidgets import QMenu

from app.archive.export.cite_sheet import CiteSheet, request_citations
from app.archive.export.writers import MAX_CITED_CELLS, Selection
from app.archive.records.bundled import BundledNeuron, of_archive
from app.archive.text import cells_text, origin_of

if TYPE_CHECKING:
    from app.archive.connection.service import ArchiveService
    from app.archive.export.export_sheet import Exporter
    from app.archive.results.view import ResultsView
    from app.archive.search.search_model import SearchModel
    from neuromorpho.records.models import NeuroMorphoNeuron

PAGE_URL = "https://neuromorpho.org/neuron_info.jsp?neuron_id={}"
_CITED = "cell/cited"


class CellMenu:
    """Offers what the chosen cells allow: a bundled one has no page, no citation, nothing to fetch.

    Parameters
    ----------
    load, add, remove
        Called with an id; with ids.
    """

    def __init__(
        self,
        service: ArchiveService,
        search: SearchModel,
        results: ResultsView,
        exporter: Exporter,
        *,
        load: Callable[[int], object],
        add: Callable[[Sequence[int]], object],
        remove: Callable[[Sequence[int]], object],
    ) -> None:
        self._service, self._search, self._results = service, search, results
        self._exporter, self._load, self._add, self._remove = exporter, load, add, remove
        results.contextRequested.connect(self.open)

    def open(self, ids: list[int], place: QPoint) -> None:
        """Open the menu of cells, by their ids, at a place of the screen."""
        menu = QMenu(self._results)
        menu.setObjectName("archiveMenu")
        one, is_one = ids[0], len(ids) == 1
        of_theirs = of_archive(ids)
        if is_one:
            menu.addAction("Load", lambda: self._load(one))
        if of_theirs:
            menu.addAction("Add to queue", lambda: self._add(of_theirs))
            menu.addSeparator()
        if of_theirs and is_one:
            page = QUrl(PAGE_URL.format(one))
            menu.addAction("Open its page in the browser", lambda: QDesktopServices.openUrl(page))
        neurons = self._neurons(ids)
        word = "Copy name" if is_one and not of_theirs else "Copy id" if is_one else "Copy ids"
        menu.addAction(word, lambda: _copy(neurons))
        if of_theirs:
            menu.addAction("Cite…", lambda: self.cite(neurons))
            menu.addAction("Export…", lambda: self.export(ids))
            if self._search.source.is_local:
                menu.addSeparator()
                menu.addAction("Remove from this disk…", lambda: self._remove(of_theirs))
        menu.aboutToHide.connect(menu.deleteLater)
        menu.popup(place)

    def cite(self, neurons: Sequence[NeuroMorphoNeuron]) -> None:
        """Show how to cite cells; searching the archive, their papers are requested."""
        ours = Selection.of(neurons).neurons or ()
        if not ours:
            return
        sheet = CiteSheet(ours, self._results.window())
        if not self._search.source.is_local and len(ours) <= MAX_CITED_CELLS:
            work = partial(request_citations, neurons=ours)
            self._service.request(_CITED, work, sheet.set_citations, lambda _: None)
        sheet.finished.connect(lambda _: self._service.cancel(_CITED))
        sheet.open()

    def export(self, ids: Sequence[int]) -> None:
        """Choose the format and place to export those of the cells whose records are loaded."""
        is_offline = self._service.connection.state == "offline"
        fetch_titles_online = not (self._search.source.is_local or is_offline)
        selection = Selection.of(self._neurons(ids), fetch_titles=fetch_titles_online)
        self._exporter.open(selection, self._note(ids, selection))

    def export_found(self) -> None:
        """Choose the format and place to export all that the present search finds in the library."""
        search = self._search
        n_cells = search.n_archive_hits
        note = "All hits of the search in the library."
        if n_bundled := search.n_bundled:
            note += f" The {_bundled(n_bundled)} among them are left out: not from NeuroMorpho.Org."
        self._exporter.open(Selection(n_cells, state=search.state), note)

    def _neurons(self, ids: Sequence[int]) -> list[NeuroMorphoNeuron]:
        return [each for each in map(self._search.neuron, ids) if each is not None]

    def _note(self, ids: Sequence[int], selection: Selection) -> str:
        """Return what of the chosen rows is not written, and why."""
        sentences = []
        n_chosen = self._results.n_chosen()
        if n_chosen > len(ids):
            sentences.append(
                f"Of the {n_chosen:,} chosen rows, only the {cells_text(len(ids))} that have been in view "
                "are written."
            )
        if n_bundled := len(ids) - len(of_archive(ids)):
            sentences.append(f"The {_bundled(n_bundled)} are left out: not from NeuroMorpho.Org.")
        if selection.fetch_titles:
            sentences.append(
                "For citations, the titles of the papers are requested from the archive."
            )
        elif selection.n_cells:
            sentences.append("The network is not used, so citations have no titles of papers.")
        return " ".join(sentences)


def _bundled(n_cells: int) -> str:
    return "bundled cell" if n_cells == 1 else f"{n_cells} bundled cells"


def _copy(neurons: Sequence[NeuroMorphoNeuron]) -> None:
    """Copy ids, each in the form that the command line reads."""
    texts = (
        each.source if isinstance(each, BundledNeuron) else origin_of(each.neuron_id)
        for each in neurons
    )
    QGuiApplication.clipboard().setText("\n".join(texts))
