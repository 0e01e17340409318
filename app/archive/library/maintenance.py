"""`LibraryMaintenance`: measures, verifies, repairs and removes what is on this disk, from the library's menu.

The work itself is in `neuromorpho.library.maintenance`. It runs as long tasks, which Esc cancels; nothing
here uses the network.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, QUrl
from PySide6.QtGui import QDesktopServices

from app.archive.connection.service import LONG, ArchiveService, Failure
from app.archive.library.menu import LibraryButton, ReportSheet, confirm_removal
from app.archive.records.bundled import of_archive
from app.archive.text import cells_text, counted, origin_of, size_text
from app.notices import Notice, Notices
from app.tasks.runner import Progress as Report
from neuromorpho.cache.cache import NeuroMorphoCache
from neuromorpho.library import maintenance
from neuromorpho.library.check import CacheProblem
from neuromorpho.library.maintenance import DiskUsage
from neuromorpho.library.repair import Progress

if TYPE_CHECKING:
    from app.archive.results.view import ResultsView
    from app.archive.search.controller import SearchController
    from app.archive.search.sources import SearchSource
    from neuromorpho.client import NeuroMorphoClient

Work = Callable[["NeuroMorphoClient", Progress], Any]
MEASURE, VERIFY, REPAIR, REMOVE = "Measuring", "Verifying", "Repairing", "Removing"
INDEX = "Indexing"


class LibraryMaintenance(QObject):
    """Connects the library's menu with the work on the disk.

    Parameters
    ----------
    is_downloading
        Whether files are being written: nothing is removed meanwhile.
    """

    def __init__(
        self,
        service: ArchiveService,
        search: SearchController,
        results: ResultsView,
        notices: Notices,
        is_downloading: Callable[[], bool],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._service, self._search, self._results = service, search, results
        self._notices, self._is_downloading = notices, is_downloading
        self._cache = NeuroMorphoCache(service.cache_dir)
        self._sheet: ReportSheet | None = None
        self.button = LibraryButton()
        self.show_source(search.model.source)
        search.model.sourceChanged.connect(self.show_source)
        self.button.menu_.aboutToShow.connect(self._measure)
        self.button.verify.triggered.connect(self.verify)
        self.button.remove.triggered.connect(lambda: self.remove(results.chosen_ids()))
        self.button.clear.triggered.connect(self.clear)
        self.button.folder.triggered.connect(self.open_folder)
        results.failure.index.clicked.connect(self.index)

    def show_source(self, source: SearchSource) -> None:
        """Show the menu only where the library is searched."""
        self.button.setVisible(source.is_local)

    # -------------------------------------------------------------------------------------- size

    def _measure(self) -> None:
        """Measure what is on disk, and count what could be exported and removed."""
        chosen = of_archive(self._results.chosen_ids())
        self.button.set_numbers(self._search.model.n_archive_hits, len(chosen))
        self.button.set_size("", "")
        self._begin(
            MEASURE,
            lambda _, progress: maintenance.disk_usage(self._cache, progress),
            self._show_size,
            lambda failure: self.button.set_size(failure.message, ""),
        )

    def _show_size(self, found: DiskUsage) -> None:
        text = size_sentence(found)
        if found.library_error is not None:
            text += "; the library cannot be opened, Verify shows why"
        self.button.set_size(text, str(found.folder))

    # ------------------------------------------------------------------------- verify and repair

    def verify(self) -> None:
        """Read everything, and report what is damaged or missing."""
        self._open_sheet().show_work("Verifying what is on this disk…", None)
        self._begin(
            VERIFY, lambda _, progress: maintenance.verify(self._cache, progress), self._report
        )

    def _report(self, found: Sequence[CacheProblem]) -> None:
        if self._sheet is None:
            return
        if not found:
            self._sheet.show_report("Nothing is damaged, and nothing is missing.", ())
            return
        n = "1 thing is" if len(found) == 1 else f"{len(found):,} things are"
        self._sheet.show_report(
            f"{n} damaged or missing in {self._cache.root}.",
            problem_rows(found, self._cache.root),
            "Repair reads records again from the cells' folders and rebuilds the index. Damaged files "
            "are removed, so that the next download fetches them again. Repair downloads nothing.",
            can_repair=True,
        )

    def _repair(self) -> None:
        self._open_sheet().show_work("Repairing…", None)
        self._begin(
            REPAIR,
            lambda client, progress: maintenance.repair(
                self._cache, progress, close_library=client.recorder.reopen
            ),
            self._report_repaired,
        )

    def _report_repaired(self, repaired: Sequence[CacheProblem]) -> None:
        n = "1 thing was" if len(repaired) == 1 else f"{len(repaired):,} things were"
        if self._sheet is not None:
            folder = self._cache.root
            self._sheet.show_report(f"{n} repaired in {folder}.", problem_rows(repaired, folder))
        self._search_again()

    def _open_sheet(self) -> ReportSheet:
        if self._sheet is None:
            self._sheet = sheet = ReportSheet(self._results.window())
            sheet.repair.clicked.connect(self._repair)
            sheet.stopped.connect(self._stop)
            sheet.finished.connect(self._forget_sheet)
            sheet.show()
        self._sheet.raise_()
        self._sheet.activateWindow()
        return self._sheet

    def _forget_sheet(self) -> None:
        self._sheet = None

    def _stop(self) -> None:
        for name in (VERIFY, REPAIR):
            self._service.cancel(f"{LONG}{name}")

    def index(self) -> None:
        """Add the cells on this disk that the library lacks, and search again."""

        def done(n_cells: int) -> None:
            self._notices.post(Notice("info", f"{cells_text(n_cells)} added to the library"))
            self._search_again()

        self._begin(INDEX, lambda _, progress: maintenance.index_cells(self._cache, progress), done)

    # ----------------------------------------------------------------------------------- removal

    def remove(self, ids: Sequence[int]) -> None:
        """Remove cells from this disk after a question with their number and bytes; bundled ones stay."""
        wanted = of_archive(ids)

        def consequence(found: DiskUsage) -> str:
            what = "Record and morphometry" if len(wanted) == 1 else "Records and morphometry"
            if found.n_files:
                what += f", {counted(found.n_files, 'file')}"
            if found.n_bytes:
                what += f", {size_text(found.n_bytes)}"
            return f"{what}. NeuroMorpho.Org still has everything: it can be downloaded again."

        if wanted:
            self._remove(
                f"Remove {cells_text(len(wanted))} from this disk?",
                lambda *_: maintenance.cells_on_disk(self._cache, wanted),
                consequence,
                lambda _, progress: maintenance.remove(self._cache, wanted, progress),
            )

    def clear(self) -> None:
        """Remove everything of the archive from this disk after a question with number and bytes."""
        self._remove(
            "Remove everything of NeuroMorpho.Org from this disk?",
            lambda _, progress: maintenance.disk_usage(self._cache, progress),
            lambda found: (
                f"{size_sentence(found)} at {found.folder} are removed, with the pictures. The "
                "download queue, saved searches and bundled cells stay."
            ),
            lambda _, progress: max(maintenance.clear(self._cache, progress)),
        )

    def _remove(
        self, question: str, measure: Work, consequence: Callable[[DiskUsage], str], remove: Work
    ) -> None:
        """Remove something once the user has seen what and how much."""
        if self._is_downloading():
            text = "Downloads are running; pause them before you remove cells from this disk."
            self._notices.post(Notice("warning", text))
            return

        def confirm(found: DiskUsage) -> None:
            begin = partial(self._begin, REMOVE, remove, self._show_removed)
            confirm_removal(self._results.window(), question, consequence(found), begin)

        self._begin(REMOVE, measure, confirm)

    def _show_removed(self, n_cells: int) -> None:
        self._notices.post(Notice("info", f"{cells_text(n_cells)} removed from this disk"))
        self._search_again()

    # ------------------------------------------------------------------------------------ folder

    def open_folder(self) -> None:
        """Show the folder in the system's file manager."""
        folder = self._cache.root
        if not folder.is_dir():
            text = "There is no folder yet: nothing of NeuroMorpho.Org is on this disk."
            self._notices.post(Notice("info", text))
        elif not QDesktopServices.openUrl(QUrl.fromLocalFile(str(folder))):
            text = f"The folder {folder} could not be opened here; open it in a file manager."
            self._notices.post(Notice("warning", text))

    def _begin(
        self,
        name: str,
        work: Work,
        done: Callable[[Any], None],
        failed: Callable[[Failure], None] | None = None,
    ) -> None:
        """Run work in a thread; the progress of a verification and a repair is shown in the sheet."""

        def run(client: NeuroMorphoClient, report: Report) -> Any:
            def progress(what: str, n_done: int, total: int) -> None:
                share = n_done / total if total else None
                report(f"{name} {what}: {n_done:,} of {total:,}", share)

            return work(client, progress)

        def show(sentence: str, share: float | None) -> None:
            if self._sheet is not None and name in (VERIFY, REPAIR):
                self._sheet.show_work(sentence, share)

        self._service.run_long(f"{LONG}{name}", run, done, failed or self._show_failure, show)

    def _show_failure(self, failure: Failure) -> None:
        if self._sheet is not None:
            self._sheet.show_report(failure.message, ())
        self._notices.post(Notice("error", failure.message, failure.details))

    def _search_again(self) -> None:
        """Search again: the library has other cells than before."""
        if self._search.model.source.is_local:
            self._search.search()
        else:
            self._search.refresh_files()


def size_sentence(found: DiskUsage) -> str:
    """Return ``1,204 records, 36 files, 12.3 MB``."""
    n_records, n_files = counted(found.n_records, "record"), counted(found.n_files, "file")
    return f"{n_records}, {n_files}, {size_text(found.n_bytes)}"


def problem_rows(found: Sequence[CacheProblem], folder: Path) -> list[tuple[str, str]]:
    """Return problems as rows of the report, with paths below `folder`."""
    return [
        (
            "Library" if each.neuron_id is None else origin_of(each.neuron_id),
            each.text.replace(f"{folder}{os.sep}", ""),
        )
        for each in found
    ]
