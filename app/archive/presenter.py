"""`ArchivePresenter`: all connections between the dock's widgets and what requests, downloads and loads.

Made when the dock is first shown. It sends no request by itself: at first it only reads, in a thread, which
downloads an earlier session has left.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QInputDialog

from app.actions import keys_text
from app.archive.cell.menu import CellMenu
from app.archive.cell.presenter import CellPresenter
from app.archive.connection.service import LONG
from app.archive.dock import ArchiveDock
from app.archive.downloads.add_all import AddAll
from app.archive.downloads.downloads import DownloadRow, Downloads
from app.archive.downloads.queue_panel import connect_queue
from app.archive.export.export_sheet import Exporter
from app.archive.library.maintenance import LibraryMaintenance
from app.archive.records.bundled import NO_DOWNLOAD, of_archive
from app.archive.results.thumbnails import Thumbnails
from app.archive.search.controller import SearchController
from app.archive.search.saved_searches import SavedSearches
from app.archive.search.search_model import SearchModel
from app.archive.text import cells_text, origin_of
from app.notices import Notice, Notices

if TYPE_CHECKING:
    from app.archive.connection.service import ArchiveService, Failure
    from app.archive.loading.loader import ArchiveLoader
    from app.archive.search.sources import SearchSource
    from app.session.opener import Opener


NOTHING_CHOSEN = "No cell is chosen; choose rows of the results, then download them"


class ArchivePresenter(QObject):
    """Connects the dock.

    Signals
    -------
    leaving
        Esc with nothing to cancel: the focus goes back to the window.
    """

    leaving = Signal()

    def __init__(
        self,
        service: ArchiveService,
        loader: ArchiveLoader,
        opener: Opener,
        notices: Notices,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._service, self._loader, self._opener, self._notices = service, loader, opener, notices
        self._saved = SavedSearches()
        self._add_failure = ""
        self.search_model = SearchModel(self)
        self.thumbnails = Thumbnails(service, parent=self)
        self.downloads = Downloads(service, self)
        self.dock = dock = ArchiveDock(self.search_model.results, self.thumbnails)
        self.search = SearchController(
            service, self.search_model, dock.search, dock.results, dock.filters, self
        )
        self.cell = CellPresenter(service, self.search_model, dock.detail, self)
        self.exporter = Exporter(service, dock, notices, self)
        self.maintenance = LibraryMaintenance(
            service, self.search, dock.results, notices, self._is_downloading, self
        )
        dock.search.add_button(self.maintenance.button)
        self.menu = CellMenu(
            service,
            self.search_model,
            dock.results,
            self.exporter,
            load=self.load,
            add=self.add,
            remove=self.maintenance.remove,
        )
        self.add_all = AddAll(service, self.search_model, self.downloads, dock.add_all, self)
        self._wire_search()
        self._wire_cells()
        self._wire_queue()
        dock.line.set_connection(service.connection)
        self._show_saved()
        self.downloads.look()

    # ----------------------------------------------------------------------------------- wires

    def _wire_search(self) -> None:
        bar, line, service = self.dock.search, self.dock.line, self._service
        bar.saveRequested.connect(self._prompt_for_name)
        bar.savedChosen.connect(lambda name: self.search.search_for(self._saved.states[name]))
        bar.savedRemoved.connect(self._remove_saved)
        service.connectionChanged.connect(line.set_connection)
        line.mirrorChosen.connect(self._use_mirror)
        line.library.clicked.connect(self.search.search_locally)
        line.checkRequested.connect(self._check)
        line.offlineChosen.connect(service.set_offline)
        service.requestFailed.connect(self._show_failure)
        service.libraryWriteFailed.connect(self._show_library_problem)
        self.dock.results.failure.repair.clicked.connect(self.maintenance.verify)
        self.dock.escapePressed.connect(self.cancel)

    def _wire_cells(self) -> None:
        results, detail = self.dock.results, self.dock.detail
        results.activated.connect(self.load)
        results.queueRequested.connect(self.add)
        self.maintenance.button.export.triggered.connect(self.menu.export_found)
        self.search_model.results.modelReset.connect(self.thumbnails.forget_failed)
        self.search_model.sourceChanged.connect(self._follow_source)
        results.selected.connect(self.cell.show)
        self.cell.cellShown.connect(self.dock.show_detail)
        detail.loadRequested.connect(self.load)
        detail.queueRequested.connect(lambda neuron_id: self.add([neuron_id]))
        self._opener.ended.connect(self._end_loading)

    def _wire_queue(self) -> None:
        panel, downloads = self.dock.queue, self.downloads
        connect_queue(panel, downloads)
        panel.pauseRequested.connect(self.add_all.pause)
        self.dock.results.bar.add_all.clicked.connect(self.add_all.confirm)
        panel.model.addRequested.connect(self.add)
        panel.view.openRequested.connect(self.load)
        downloads.changed.connect(self._show_jobs)
        downloads.addFailed.connect(self._show_add_failure)
        downloads.goingChanged.connect(self._show_stop)
        downloads.completed.connect(self.cell.refresh_files)
        downloads.completed.connect(self.search_model.results.set_file)

    # ----------------------------------------------------------------------------------- doing

    def go_to(self, part: str) -> None:
        """Go to a part of the dock, or run its command.

        Parameters
        ----------
        part : str
            "search", "filter", "details", "downloads", whose keys also lead out; "next", "previous";
            "source" for the other source, "add_all" for all that was found.
        """
        match part:
            case "search":
                self.dock.go_to_search()
            case "filter" | "details" | "downloads":
                self.dock.focus.toggle(part)
            case "next" | "previous":
                self.dock.focus.step(1 if part == "next" else -1)
            case "source":
                self.search.switch_source()
            case "add_all":
                self.add_all.confirm()
            case _:
                raise ValueError(f"the dock has no part {part!r}")

    def load(self, neuron_id: int) -> None:
        """Open a cell on the simulator in use."""
        self.dock.detail.set_loading(self.dock.detail.neuron_id == neuron_id)
        neuron = self.search_model.neuron(neuron_id)
        self._loader.load(neuron_id, neuron.neuron_name if neuron else "")

    def add(self, ids: Sequence[int]) -> None:
        """Add cells to the queue of downloads, and say so; bundled ones need none."""
        wanted = of_archive(ids)
        if wanted:
            states = {each.neuron_id: each.state for each in self.downloads.rows}
            known = Counter(states.get(each, "new") for each in wanted)
            self.downloads.add([self.search_model.neuron(each) or each for each in wanted])
            sentence = added_sentence(known["new"] + known["failed"], known["done"], len(wanted))
        else:
            sentence = NO_DOWNLOAD if ids else NOTHING_CHOSEN
        self._notices.post(Notice("info", sentence))

    def cancel(self) -> None:
        """Cancel what is running in the dock; else close what is folded out; else leave the dock."""
        is_busy = self.search.cancel()
        is_busy = self.cell.cancel() or is_busy
        is_busy = self._service.cancel(LONG) or is_busy
        is_busy = is_busy or self.add_all.cancel()
        self.thumbnails.stop()
        if not is_busy and not self.dock.focus.close_fold():
            self.leaving.emit()

    def close(self) -> bool:
        """Stop what runs in threads; return whether all ended."""
        self.thumbnails.stop()
        self.dock.detail.preview.canvas.release()
        self._service.cancel(LONG)
        return self.downloads.close()

    # --------------------------------------------------------------------------------- showing

    def _follow_source(self, source: SearchSource) -> None:
        self.dock.line.set_local(source.is_local)
        self.thumbnails.set_fetching(not source.is_local)

    def _use_mirror(self, is_mirror: bool) -> None:
        """Use the mirror from now on, or the archive itself, and repeat the search there."""
        self._service.use_mirror(is_mirror)
        if self.search_model.has_searched and not self.search_model.source.is_local:
            self.search.search()

    def _check(self) -> None:
        """Check whether the server answers now: repeat the last request if it failed."""
        failure = self.dock.results.failure
        if failure.isVisible():
            failure.try_again()
        else:
            self._service.check()

    def _show_failure(self, _channel: str, failure: Failure) -> None:
        """Post a notice of a failed request, unless the connection line shows it."""
        if not failure.is_outage:
            self._notices.post(Notice("warning", failure.message, failure.details))

    def _show_library_problem(self, sentence: str) -> None:
        """Show that results are not saved; that they are saved again needs no notice."""
        if sentence:
            self._notices.post(Notice("warning", f"Search results are not being saved: {sentence}"))

    def _show_add_failure(self, ids: list[int], sentence: str) -> None:
        """Post a notice of cells that were not added, since they have no row in the queue."""
        cells = f"{origin_of(ids[0])} was" if len(ids) == 1 else f"{cells_text(len(ids))} were"
        self._notices.post(Notice("warning", f"{cells} not added to the downloads: {sentence}"))
        self._add_failure = sentence

    def _show_stop(self, _is_going: bool, stopped: str) -> None:
        """Post a notice of what stopped the downloads, where neither the queue nor another notice shows it."""
        if stopped and stopped != self._add_failure and not self.dock.queue.isVisible():
            self._notices.post(Notice("warning", f"The downloads have stopped: {stopped}"))
        self._add_failure = ""

    def _end_loading(self) -> None:
        self.dock.detail.set_loading(False)
        self.cell.read_local()  # its file may have been downloaded

    def _show_jobs(self, jobs: list[DownloadRow]) -> None:
        left = sum(each.state in {"waiting", "running"} for each in jobs)
        count = f"{left:,} of {len(jobs):,} left" if left else f"{len(jobs):,}" if jobs else ""
        self.dock.set_downloads_text(" · ".join(filter(None, ("Downloads", count))))

    def _is_downloading(self) -> bool:
        states = {"running", "waiting"} if self.downloads.is_going else {"running"}
        return any(each.state in states for each in self.downloads.rows)

    # ----------------------------------------------------------------------------------- saved

    def _show_saved(self) -> None:
        self.dock.search.set_saved(self._saved.names)
        if self._saved.problem:
            self._notices.post(Notice("warning", self._saved.problem))

    def _prompt_for_name(self) -> None:
        dialog = QInputDialog(self.dock.window())
        dialog.setWindowTitle("Save this search")
        dialog.setLabelText("Name of the search:")
        dialog.setTextValue(self.search_model.state.text)
        dialog.textValueSelected.connect(self._save)
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def _save(self, name: str) -> None:
        self._saved.save(name, self.search_model.state)
        self._show_saved()

    def _remove_saved(self, name: str) -> None:
        self._saved.remove(name)
        self._show_saved()


def added_sentence(n_new: int, n_done: int, n_all: int) -> str:
    """Return what adding cells to the downloads did; some may have been there, done or waiting."""
    already = (f"{n_done:,} downloaded already" if n_done else "",)
    already += (f"{n:,} waiting already" if (n := n_all - n_new - n_done) else "",)
    new = f"{cells_text(n_new)} to download" if n_new else ""
    found = ", ".join(filter(None, (new, *already)))
    return f"{found[0].upper()}{found[1:]}; {keys_text('archive_downloads')} shows the downloads"
