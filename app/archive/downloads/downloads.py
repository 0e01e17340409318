"""`Downloads`: the queue of downloads as the window sees it. What fetches is in `download_work`."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from PySide6.QtCore import QObject, Qt, QTimer, Signal

from app.archive.connection.service import ArchiveService
from app.archive.downloads.snapshot import AddFailed, Completed, DownloadFailed, DownloadRow
from app.archive.downloads.worker import DownloadWork
from neuromorpho.records.models import DownloadMode, NeuroMorphoNeuron

__all__ = ["DownloadRow", "Downloads"]
TELL_EVERY_MS = 100


class Downloads(QObject):
    """Downloads cells into the service's cache, up to three at once; the queue outlives the program.

    Nothing is fetched by itself: what an earlier day left waits until `resume` or `add`. Close it before
    the service.

    Attributes
    ----------
    jobs : list of Job
        All of the queue, in order, as told last.
    is_going : bool
        Whether cells are given out.
    stopped : str
        Why none are, where something stopped the queue: "" otherwise.

    Signals
    -------
    changed(list of Job)
        All of the queue; at most ten times a second.
    goingChanged(bool, str)
        `is_going` and `stopped`.
    progressed(int, object, object)
        A cell's bytes so far, and in all (None if the server does not tell).
    landed(int, Path)
        A cell's file is there.
    failed(int, str)
        A cell could not be had, and why in a sentence.
    lost(int, str)
        A cell that was added by its id did not even come into the queue, and why.
    """

    changed = Signal(list)
    goingChanged = Signal(bool, str)
    progressed = Signal(int, object, object)
    completed = Signal(int, object)
    failed = Signal(int, str)
    addFailed = Signal(int, str)
    _rang = Signal()

    def __init__(self, service: ArchiveService, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.jobs: list[DownloadRow] = []
        self.is_going = False
        self.stopped = ""
        self._is_closed = False
        self._work = DownloadWork(service.client_for, service.cache_dir, self._ring)
        self._rang.connect(self._hear, Qt.ConnectionType.QueuedConnection)
        self._soon = QTimer(self, singleShot=True, interval=TELL_EVERY_MS)
        self._soon.timeout.connect(self._tell)

    # --------------------------------------------------------------------------------------- doing

    def look(self) -> None:
        """Show what an earlier day left; nothing is fetched, and no file is made."""
        self._work.look()

    def add(
        self, cells: Iterable[NeuroMorphoNeuron | int], mode: DownloadMode = "standard"
    ) -> None:
        """Put cells at the end of the queue, and go on.

        Parameters
        ----------
        cells
            Records; or ids, whose records are taken from the library, else asked for.
        mode
            ``"standard"`` (the standardized SWC), ``"original"`` or ``"both"``.
        """
        if wanted := list(cells):
            self._work.add(wanted, mode)

    def pause(self) -> None:
        """Begin nothing more; what is being fetched is fetched to its end."""
        self._work.pause()
        self._ring()

    def resume(self) -> None:
        """Go on."""
        self._work.resume()

    def cancel(self, ids: Iterable[int]) -> None:
        """Take cells out that have not landed, those that are being fetched too."""
        self._work.cancel(ids)

    def retry(self, ids: Iterable[int] | None = None) -> None:
        """Try failed cells again (None: all of them)."""
        self._work.retry(ids)

    def move(self, neuron_id: int, before: int | None) -> None:
        """Put a cell right before another, or (None) at the end."""
        self._work.move(neuron_id, before)

    def clear_done(self) -> None:
        """Take what landed out of the queue; the files stay."""
        self._work.clear_done()

    def close(self, timeout_s: float = 2.0) -> bool:
        """End the threads; what was being fetched waits in the queue. Return whether all ended."""
        if self._is_closed:
            return True
        self._is_closed = True
        self._soon.stop()
        return self._work.close(timeout_s)

    # -------------------------------------------------------------------------------------- hearing

    def _ring(self) -> None:
        if not self._is_closed:
            self._rang.emit()

    def _hear(self) -> None:
        if self._is_closed:
            return
        self._show_going()
        while (event := self._work.mirror.take_event()) is not None:
            match event:
                case Completed(neuron_id, path):
                    self.completed.emit(neuron_id, Path(path))
                case DownloadFailed(neuron_id, sentence):
                    self.failed.emit(neuron_id, sentence)
                case AddFailed(neuron_id, sentence):
                    self.addFailed.emit(neuron_id, sentence)
        if not self._soon.isActive():
            self._soon.start()

    def _show_going(self) -> None:
        state = self._work.state()
        if state != (self.is_going, self.stopped):
            self.is_going, self.stopped = state
            self.goingChanged.emit(*state)

    def _tell(self) -> None:
        before = {each.neuron_id: each for each in self.jobs if each.state == "running"}
        jobs = self._work.mirror.jobs()
        if jobs == self.jobs:
            return
        self.jobs = jobs
        for each in jobs:
            if each.state == "running" and each != before.get(each.neuron_id):
                self.progressed.emit(each.neuron_id, each.n_bytes, each.total_bytes)
        self.changed.emit(jobs)
