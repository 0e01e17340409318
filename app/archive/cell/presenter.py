"""`CellPresenter`: the cell chosen in the results, in the detail panel.

Its record is loaded already. What is on the disk (morphometry, files) is read at once; the morphometry is
requested once the choice has not changed for a moment, papers when the citation is shown, the file when the user
wants to see or load the cell.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal

from app.archive.cell.preview import CellPreview, read_preview
from app.archive.connection.failure import window_text
from app.archive.loading.fetch import fetch_source
from app.archive.records.bundled import NO_CITATION, BundledNeuron, is_bundled
from app.archive.search.sources import measurement_of
from app.archive.text import origin_of
from backends.sources.source import SessionSource
from neuromorpho.bibliography.citations import citations, find_publications
from neuromorpho.bibliography.formats import to_text
from neuromorpho.cache.cache import NeuroMorphoCache
from neuromorpho.errors import NeuroMorphoNotFoundError

if TYPE_CHECKING:
    from app.archive.cell.detail_panel import DetailPanel
    from app.archive.connection.service import ArchiveService, Failure
    from app.archive.search.search_model import SearchModel
    from neuromorpho.client import NeuroMorphoClient
    from neuromorpho.library.library import Library, LibraryFile
    from neuromorpho.records.measurements import NeuroMorphoMeasurement
    from neuromorpho.records.models import NeuroMorphoNeuron

    _Local = tuple[NeuroMorphoMeasurement | None, tuple[LibraryFile, ...], bool]

REST_MS = 200
LOADING = "Loading the morphometry…"
NO_MEASUREMENT = "The archive has no morphometry of this cell."
NOT_HERE = "The morphometry of this cell is not on this disk; choose Archive to load it."
FETCHING = "Downloading the file…"
READING = "Reading the file…"
LOAD_FAILED = "{} Click Morphometry to retry."
NO_PAPER = "Could not load the publication. Click Cite to retry. {}"


class CellPresenter(QObject):
    """Fills the detail panel with one cell at a time.

    Signals
    -------
    cellShown(bool)
        Whether there is a cell in the panel now.
    """

    cellShown = Signal(bool)

    def __init__(
        self,
        service: ArchiveService,
        search: SearchModel,
        detail: DetailPanel,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._service, self._search, self._detail = service, search, detail
        self._has_cited = self._has_preview = self._has_failed = self._is_unreadable = False
        self._measure_timer = QTimer(self, singleShot=True, interval=REST_MS)
        self._measure_timer.timeout.connect(self._request_measurement)
        detail.preview.requested.connect(self.show_preview)
        detail.pageShown.connect(self._on_page_shown)
        search.results.modelReset.connect(self.clear)

    def show(self, neuron_id: int) -> None:
        """Show a hit."""
        neuron = self._search.neuron(neuron_id)
        if neuron is None or self._detail.neuron_id == neuron_id:
            return
        self._service.cancel("cell/")
        self._has_cited = self._has_preview = self._has_failed = self._is_unreadable = False
        detail = self._detail
        detail.set_neuron(neuron)
        detail.set_measurement(self._search.results.measurement_of(neuron_id), LOADING)
        if isinstance(neuron, BundledNeuron):
            detail.cite.set_citation("", NO_CITATION)
        else:
            detail.cite.set_citation(to_text(citations([neuron])))
        self.cellShown.emit(True)
        self.read_local()
        self._measure_timer.start()

    def clear(self) -> None:
        """Show no cell."""
        self._measure_timer.stop()
        self._service.cancel("cell/")
        self.cellShown.emit(False)
        self._detail.set_neuron(None)

    def refresh_files(self, neuron_id: int) -> None:
        """Read again which files are on the disk, if it is this cell."""
        if self._detail.neuron_id == neuron_id:
            self.read_local()

    def read_local(self) -> None:
        """Read what is on the disk of the cell."""
        neuron = self._detail.neuron
        if neuron is None:
            return

        def done(found: _Local) -> None:
            measurement, files, is_here = found
            self._search.results.set_file(neuron.neuron_id, is_here)
            self._show_measurement(measurement)
            self._detail.files.set_files(neuron, files)
            is_wanted = self._detail.page == "preview" and not self._has_preview
            if is_here and is_wanted and not self._service.is_busy("cell/preview"):
                self.show_preview()

        work = partial(_local_of, neuron.neuron_id)
        self._service.query_library("cell/local", work, done, lambda _: None)

    def cancel(self) -> bool:
        """Cancel requests about the cell; return whether there were any."""
        is_busy = self._service.cancel("cell/")
        if is_busy and not self._has_preview:
            self._detail.preview.set_geometry(None)
        return is_busy

    def show_preview(self) -> None:
        """Download the file, if it is not on the disk, and show it in 3-D."""
        neuron = self._detail.neuron
        if neuron is None:
            return
        detail = self._detail

        def done(found: CellPreview) -> None:
            geometry, sentence = found
            self._has_preview, self._is_unreadable = True, geometry is None
            detail.preview.set_geometry(geometry, sentence)
            self.read_local()

        def failed(failure: Failure) -> None:
            detail.preview.set_geometry(None, failure.message)

        if isinstance(neuron, BundledNeuron):
            detail.preview.set_geometry(None, READING)
            path = neuron.path
            self._service.query_library("cell/preview", lambda _: read_preview(path), done, failed)
        else:
            detail.preview.set_geometry(None, FETCHING)
            work = partial(_fetch_preview, neuron, self._is_unreadable)
            self._service.request("cell/preview", work, done, failed, priority=1)

    def _show_measurement(self, found: NeuroMorphoMeasurement | None) -> None:
        if found is not None:
            self._measure_timer.stop()
            self._detail.set_measurement(found)
            self._search.results.set_measurements({found.neuron_id: found})

    def _request_measurement(self) -> None:
        """Request the morphometry, unless only this disk is searched."""
        neuron, detail = self._detail.neuron, self._detail
        if neuron is None or self._search.results.measurement_of(neuron.neuron_id) is not None:
            return
        if isinstance(neuron, BundledNeuron):
            return  # it is being computed
        if self._search.source.is_local:
            detail.set_measurement(None, NOT_HERE)
            return

        def done(found: NeuroMorphoMeasurement | None) -> None:
            self._show_measurement(found)
            if found is None:
                detail.set_measurement(None, NO_MEASUREMENT)

        def failed(failure: Failure) -> None:
            self._has_failed = True
            detail.set_measurement(None, LOAD_FAILED.format(failure.message))

        self._service.request("cell/measurement", partial(_measure, neuron), done, failed)

    def _on_page_shown(self, page: str) -> None:
        if page == "cite":
            self._request_papers()
        elif page == "preview":
            self.read_local()
        elif page == "morphometry" and self._has_failed:
            self._has_failed = False
            self._detail.set_measurement(None, LOADING)
            self._request_measurement()

    def _request_papers(self) -> None:
        """Complete the citation with the publication in the archive."""
        neuron = self._detail.neuron
        if neuron is None or self._has_cited or self._search.source.is_local:
            return
        self._has_cited = True
        detail = self._detail

        def done(found: tuple[str, str]) -> None:
            text, problem = found
            self._has_cited = not problem
            detail.cite.set_citation(text, NO_PAPER.format(problem) if problem else "")

        def failed(failure: Failure) -> None:
            done((to_text(citations([neuron])), failure.message))

        self._service.request("cell/papers", partial(_cite, neuron), done, failed)


# ------------------------------------------------------- work for threads: it touches nothing of Qt


def _cite(neuron: NeuroMorphoNeuron, client: NeuroMorphoClient) -> tuple[str, str]:
    """Return a cell's citation, and why its publication could not be loaded, or ""."""
    papers, problem = find_publications(client, [neuron])
    return to_text(citations([neuron], papers)), window_text(problem) if problem else ""


def _local_of(neuron_id: int, library: Library) -> _Local:
    measurement = measurement_of(library, neuron_id)
    if is_bundled(neuron_id):
        return measurement, (), True
    files = tuple(each for each in library.files(neuron_id) if each.path.is_file())
    return measurement, files, NeuroMorphoCache(library.path.parent).has_standard_swc(neuron_id)


def _measure(neuron: NeuroMorphoNeuron, client: NeuroMorphoClient) -> NeuroMorphoMeasurement | None:
    try:
        return client.get_measurement(neuron)
    except NeuroMorphoNotFoundError:
        return None


def _fetch_preview(
    neuron: NeuroMorphoNeuron, overwrite: bool, client: NeuroMorphoClient
) -> CellPreview:
    source = SessionSource("swc", origin=origin_of(neuron.neuron_id), name=neuron.neuron_name)
    found = fetch_source(source, client, neuron=neuron, overwrite=overwrite)
    return read_preview(found.path, client.cancel.is_set if client.cancel else None)
