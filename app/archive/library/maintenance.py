"""`LibraryCare`: measure, verify, repair, remove and clear what is on this disk, from the library's menu.

Whatever takes long is an errand, which Esc ends. Nothing here asks the network.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QUrl, Signal
from PySide6.QtGui import QDesktopServices

from app.archive.connection.long_tasks import LongTasks, Tell
from app.archive.library.menu import Damage, LibraryButton, ReportSheet, ask_to_remove
from app.archive.records.bundled import of_archive
from app.archive.search_source import LIBRARY
from app.archive.text import cells_text, origin_of, size_text
from app.notices import Notice, Notices
from app.tasks.jobs import JobFailure
from neuromorpho.errors import NeuroMorphoError
from neuromorpho.library import maintenance
from neuromorpho.library.maintenance import DiskUsage
from neuromorpho.library.recorder import LIBRARY_NAME
from neuromorpho.library.repair import LibraryProblem

if TYPE_CHECKING:
    from app.archive.dock import ArchiveDock
    from app.archive.search.controller import SearchController
    from neuromorpho.cache.cache import NeuroMorphoCache
    from neuromorpho.cache.check import CacheProblem
    from neuromorpho.client import NeuroMorphoClient

SIZE, VERIFY, REPAIR, REMOVE = (
    "The measuring",
    "The verification",
    "The repair",
    "The removal",
)


class LibraryMaintenance(QObject):
    """Cares for the library.

    Parameters
    ----------
    folder
        The cache folder.
    errands
        Runs what takes long; whoever made it closes it.
    is_downloading
        Whether files are being written: nothing is removed meanwhile.

    Signals
    -------
    exportRequested
        All that the present search finds is to be exported.
    """

    exportRequested = Signal()

    def __init__(
        self,
        folder: Path,
        errands: LongTasks,
        searching: SearchController,
        dock: ArchiveDock,
        notices: Notices,
        is_downloading: Callable[[], bool],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._errands, self._searching, self._dock = errands, searching, dock
        self._notices, self._is_downloading = notices, is_downloading
        self._folder = folder.expanduser()
        self._sheet: ReportSheet | None = None
        self.button = LibraryButton()
        dock.search.add_button(self.button)
        self.show_source(searching.source)
        searching.sourceChanged.connect(self.show_source)
        self.button.opening.connect(self._look)
        self.button.verifyRequested.connect(self.verify)
        self.button.exportRequested.connect(self.exportRequested)
        self.button.removeRequested.connect(self._remove_chosen)
        self.button.clearRequested.connect(self.clear)
        self.button.folderRequested.connect(self.open_folder)

    def show_source(self, source: str) -> None:
        """Offer the menu where the library is searched."""
        self.button.setVisible(source == LIBRARY)

    # -------------------------------------------------------------------------------------- size

    def _look(self) -> None:
        """Measure what is on disk, and count what could be exported and removed."""
        chosen = of_archive(self._dock.results.chosen_ids())
        self.button.set_numbers(self._searching.n_archive_hits, len(chosen))
        self.button.set_size("", "")

        def failed(failure: JobFailure) -> None:
            self.button.set_size(failure.message, "")

        def work(client: NeuroMorphoClient, tell: Tell) -> tuple[DiskUsage, str]:
            found = maintenance.disk_usage(
                _cache(client), client.library, _progress(tell, "Measuring")
            )
            problem = client.library_problem if client.library is None else None
            return (
                found,
                "" if problem is None else "the library cannot be opened: Verify tells why",
            )

        self._errands.begin(SIZE, work, self._take_size, failed)

    def _take_size(self, told: tuple[DiskUsage, str]) -> None:
        found, problem = told
        text = size_sentence(found)
        self.button.set_size(f"{text}; {problem}" if problem else text, str(found.folder))

    # ------------------------------------------------------------------------------------ health

    def verify(self) -> None:
        """Read everything, and report what is damaged or missing."""
        sheet = self._opened_sheet()
        sheet.show_work("Verifying what is on this disk…", None)

        def work(client: NeuroMorphoClient, tell: Tell) -> Sequence[CacheProblem | LibraryProblem]:
            library, lost = client.library, _library_lost(client)
            return (
                *lost,
                *maintenance.verify(_cache(client), library, _progress(tell, "Verifying")),
            )

        self._errands.begin(VERIFY, work, self._report, self._take_failure, told=sheet.show_work)

    def _report(self, found: Sequence[CacheProblem | LibraryProblem]) -> None:
        if self._sheet is None:
            return
        if not found:
            self._sheet.show_report("Nothing is damaged, and nothing is missing.", ())
            return
        n = "1 thing is" if len(found) == 1 else f"{len(found):,} things are"
        self._sheet.show_report(
            f"{n} damaged or missing in {self._folder}.",
            damages(found, self._folder),
            "Repair takes records from the cells' folders and builds the index anew; damaged files "
            "are removed, so that the next download brings them again. Nothing is fetched by it.",
            mendable=True,
        )

    def _repair(self) -> None:
        sheet = self._opened_sheet()
        sheet.show_work("Repairing…", None)

        def work(client: NeuroMorphoClient, tell: Tell) -> Sequence[CacheProblem | LibraryProblem]:
            cache = _cache(client)
            told = _progress(tell, "Repairing")
            path = cache.root / LIBRARY_NAME
            found = maintenance.repair(cache, client.library, told, library_path=path)
            if any(isinstance(each, LibraryProblem) and each.what == "file" for each in found):
                client.reopen_library()
            return found

        self._errands.begin(
            REPAIR, work, self._report_mended, self._take_failure, told=sheet.show_work
        )

    def _report_mended(self, mended: Sequence[CacheProblem | LibraryProblem]) -> None:
        n = "1 thing was" if len(mended) == 1 else f"{len(mended):,} things were"
        if self._sheet is not None:
            folder = self._folder
            self._sheet.show_report(f"{n} mended in {folder}.", damages(mended, folder))
        self._refresh()

    def _opened_sheet(self) -> ReportSheet:
        if self._sheet is None:
            self._sheet = sheet = ReportSheet(self._dock.window())
            sheet.repairRequested.connect(self._repair)
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
            self._errands.cancel(name)

    # ----------------------------------------------------------------------------------- removal

    def _remove_chosen(self) -> None:
        self.remove(self._dock.results.chosen_ids())

    def remove(self, ids: Sequence[int]) -> None:
        """Ask, with number and bytes, then remove cells from this disk; bundled ones stay."""
        wanted = of_archive(ids)
        if not wanted or not self._may_remove():
            return

        def count(client: NeuroMorphoClient, _tell: Tell) -> DiskUsage:
            return maintenance.cells_on_disk(_cache(client), client.library, wanted)

        def ask(found: DiskUsage) -> None:
            what = "Record and morphometry" if len(wanted) == 1 else "Records and morphometry"
            if found.n_files:
                what += f", {_files_text(found.n_files)}"
            if found.n_bytes:
                what += f", {size_text(found.n_bytes)}"
            ask_to_remove(
                self._dock.window(),
                f"Remove {cells_text(len(wanted))} from this disk?",
                f"{what}. NeuroMorpho.Org still has it all: it can be fetched again.",
                lambda: self._remove(wanted),
            )

        self._errands.begin(REMOVE, count, ask, self._take_failure)

    def _remove(self, ids: Sequence[int]) -> None:
        def work(client: NeuroMorphoClient, tell: Tell) -> int:
            told = _progress(tell, "Removing")
            return maintenance.remove(_cache(client), client.library, ids, told)

        self._errands.begin(REMOVE, work, self._tell_removed, self._take_failure)

    def clear(self) -> None:
        """Ask, with number and bytes, then remove everything of the archive from this disk."""
        if not self._may_remove():
            return

        def count(client: NeuroMorphoClient, tell: Tell) -> DiskUsage:
            return maintenance.disk_usage(
                _cache(client), client.library, _progress(tell, "Measuring")
            )

        def ask(found: DiskUsage) -> None:
            ask_to_remove(
                self._dock.window(),
                "Remove everything of NeuroMorpho.Org from this disk?",
                f"{size_sentence(found)} at {found.folder} go, with the pictures. The queue of "
                "downloads, saved searches and bundled cells stay.",
                self._clear,
            )

        self._errands.begin(REMOVE, count, ask, self._take_failure)

    def _clear(self) -> None:
        def work(client: NeuroMorphoClient, tell: Tell) -> int:
            told = _progress(tell, "Removing")
            n_folders, n_records = maintenance.clear(_cache(client), client.library, told)
            return max(n_folders, n_records)

        self._errands.begin(REMOVE, work, self._tell_removed, self._take_failure)

    def _tell_removed(self, n_cells: int) -> None:
        self._notices.post(Notice("info", f"{cells_text(n_cells)} removed from this disk"))
        self._refresh()

    def _may_remove(self) -> bool:
        if self._is_downloading():
            text = "Downloads are under way; pause them before cells are removed from this disk."
            self._notices.post(Notice("warning", text))
            return False
        return True

    # ------------------------------------------------------------------------------------ folder

    def open_folder(self) -> None:
        """Show the folder in the system's own window of files."""
        folder = self._folder
        if not folder.is_dir():
            text = "There is no folder yet: nothing of NeuroMorpho.Org is on this disk."
            self._notices.post(Notice("info", text))
        elif not QDesktopServices.openUrl(QUrl.fromLocalFile(str(folder))):
            text = f"The folder {folder} could not be opened here; open it in a window of files."
            self._notices.post(Notice("warning", text))

    # ------------------------------------------------------------------------------------ inside

    def _refresh(self) -> None:
        """Search again: the library holds other cells than before."""
        if self._searching.source == LIBRARY:
            self._searching.search()

    def _take_failure(self, failure: JobFailure) -> None:
        if self._sheet is not None:
            self._sheet.show_report(failure.message, ())
        self._notices.post(Notice("error", failure.message, failure.details))


def size_sentence(found: DiskUsage) -> str:
    """Return ``1,204 records, 36 files, 12.3 MB``."""
    records = "1 record" if found.n_records == 1 else f"{found.n_records:,} records"
    return f"{records}, {_files_text(found.n_files)}, {size_text(found.n_bytes)}"


def damages(found: Sequence[CacheProblem | LibraryProblem], folder: Path) -> list[Damage]:
    """Return problems as rows of the report, with paths below `folder`."""
    return [
        Damage(
            "Library" if each.neuron_id is None else origin_of(each.neuron_id),
            each.text.replace(f"{folder}{os.sep}", ""),
        )
        for each in found
    ]


def _files_text(n_files: int) -> str:
    return "1 file" if n_files == 1 else f"{n_files:,} files"


def _cache(client: NeuroMorphoClient) -> NeuroMorphoCache:
    if client.cache is None:
        raise NeuroMorphoError(
            "There is no cache folder; choose one when you start Somascope.", code="no-cache-folder"
        )
    return client.cache


def _library_lost(client: NeuroMorphoClient) -> tuple[LibraryProblem, ...]:
    """Return why the library cannot be opened, as a problem; nothing where it can."""
    if client.library is not None or client.library_problem is None:
        return ()
    return (LibraryProblem("file", str(client.library_problem)),)


def _progress(tell: Tell, verb: str) -> maintenance.Progress:
    def told(what: str, done: int, total: int) -> None:
        tell(f"{verb} {what}: {done:,} of {total:,}", done / total if total else None)

    return told
