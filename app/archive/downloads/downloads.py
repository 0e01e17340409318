"""`Downloads`: the queue of downloads as the window sees it.

What the user requests of the queue runs in one thread, in order; three others fetch. They share a
`DownloadWorker`, which is made only when it is needed, so that looking makes no file. The worker reports to a
`QueueSnapshot`, and the window reads that ten times a second at most, however much happens.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from functools import partial

from PySide6.QtCore import QObject, Qt, QTimer, Signal

from app.archive.connection.failure import OFFLINE, window_text
from app.archive.connection.service import ArchiveService
from app.archive.downloads.snapshot import DownloadRow, QueueSnapshot
from app.tasks.worker_pool import WorkerPool
from neuromorpho.bulk.find_records import find_records
from neuromorpho.bulk.output_folder import OutputFolder
from neuromorpho.bulk.queue import DownloadJob, DownloadQueue
from neuromorpho.bulk.report import BulkItem
from neuromorpho.bulk.worker import DownloadWorker, Progress
from neuromorpho.errors import NeuroMorphoCancelled, NeuroMorphoError
from neuromorpho.records.models import NeuroMorphoNeuron

__all__ = ["DownloadRow", "Downloads"]
QUEUE_NAME = "downloads.sqlite"
N_AT_ONCE = 3
SHOW_EVERY_MS = 100
FOLLOW_EVERY_MS = 1000
_IDS_PER_REQUEST = 200


class Downloads(QObject):
    """Downloads cells into the service's cache, up to three at once; the queue outlives the program.

    Nothing is fetched by itself: what an earlier day left waits until `resume` or `add`. Close it before
    the service.

    Attributes
    ----------
    rows : list of DownloadRow
        The whole queue in order, as of the last `changed`.
    is_going : bool
        Whether jobs are started.
    stopped : str
        What stopped the queue; "" for nothing.

    Signals
    -------
    changed(list of DownloadRow)
        The whole queue; at most ten times a second.
    goingChanged(bool, str)
        `is_going` and `stopped`; again for each error that stops it, after `addFailed`.
    completed(int)
        A cell's file is there.
    addFailed(list of int, str)
        Cells that were added are not in the queue, and why.
    """

    changed = Signal(list)
    goingChanged = Signal(bool, str)
    completed = Signal(int)
    addFailed = Signal(list, str)
    _somethingChanged = Signal()

    def __init__(self, service: ArchiveService, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.rows: list[DownloadRow] = []
        self.is_going = False
        self.stopped = ""
        self._service, self._folder = service, OutputFolder(service.cache_dir)
        self._queue_path = service.cache_dir / QUEUE_NAME
        self._queue_thread = WorkerPool("archive-queue", 1)
        self._threads = WorkerPool("archive-download", N_AT_ONCE + 1)  # one more finds records
        self._worker: DownloadWorker | None = None
        self._error: NeuroMorphoError | None = None  # as of the last `goingChanged`
        self._open_error: NeuroMorphoError | None = None
        self._is_closed = self._is_announced = False
        self._closing = threading.Event()
        self._problems: deque[tuple[list[int], str]] = deque()  # of cells that were not added
        self._snapshot = QueueSnapshot(self._announce)
        self._somethingChanged.connect(self._on_change, Qt.ConnectionType.QueuedConnection)
        self._timer = QTimer(self, singleShot=True, interval=SHOW_EVERY_MS)
        self._timer.timeout.connect(self._show_rows)
        self._follow_timer = QTimer(self, interval=FOLLOW_EVERY_MS)
        self._follow_timer.timeout.connect(lambda: self._queue_thread.put(self._follow))

    # ------------------------------------------------------------------------------------ commands

    def look(self) -> None:
        """Show what an earlier day left, and from now on what other windows change.

        Nothing is fetched, and no file is made.
        """
        self._queue_thread.put(self._follow)
        self._follow_timer.start()

    def add(self, cells: Iterable[NeuroMorphoNeuron | int]) -> None:
        """Put cells at the end of the queue, and go on.

        Parameters
        ----------
        cells
            Records; or ids, whose records are read from the library, else requested.
        """
        wanted = list(cells)
        records = [each for each in wanted if isinstance(each, NeuroMorphoNeuron)]
        ids = [each for each in wanted if isinstance(each, int)]
        if records:
            self._add_records(records)
        for start in range(0, len(ids), _IDS_PER_REQUEST):
            self._threads.put(partial(self._add_ids, ids[start : start + _IDS_PER_REQUEST]))

    def pause(self) -> None:
        """Start no further download; those that run finish."""
        if self._worker is not None:
            self._worker.is_going = False  # at once; and again after what was requested before
        self._do(DownloadWorker.pause)
        self._announce()

    def resume(self) -> None:
        """Go on."""
        self._do(DownloadWorker.resume)

    def cancel(self, ids: Sequence[int]) -> None:
        """Remove cells from the queue, those that are being fetched too; complete files stay."""
        self._do(lambda worker: worker.remove(ids))

    def retry(self, ids: Sequence[int] | None = None) -> None:
        """Try failed cells again (None: all of them)."""
        self._do(lambda worker: worker.retry(self._snapshot.ids("failed") if ids is None else ids))

    def move(self, ids: Iterable[int], before: int | None) -> None:
        """Put cells right before another, or (None) at the end."""

        def change(neuron_id: int, worker: DownloadWorker) -> None:
            worker.queue.move(neuron_id, before)
            self._snapshot.move(neuron_id, before)

        for each in ids:
            self._do(partial(change, each))

    def clear_done(self) -> None:
        """Remove what is done from the queue; the files stay."""
        self._do(lambda worker: worker.remove(self._snapshot.ids("done")))

    def close(self, timeout_s: float = 2.0) -> bool:
        """End the threads; what was being fetched waits in the queue. Return whether all ended."""
        if self._is_closed:
            return True
        self._is_closed = True
        self._closing.set()
        self._timer.stop()
        self._follow_timer.stop()
        deadline = time.monotonic() + timeout_s
        self._threads.close()
        if self._worker is not None:
            self._worker.close()
        ended = self._threads.join(deadline)
        self._queue_thread.close()
        if not self._queue_thread.join(max(deadline, time.monotonic() + 0.1)):
            return False
        if self._worker is not None:
            self._worker.close()  # again, as it may have been opened meanwhile
            self._worker.queue.close()
        return ended

    # ---------------------------------------------------------------------------- the queue's thread

    def _do(self, change: Callable[[DownloadWorker], None], adds: Sequence[int] = ()) -> None:
        self._queue_thread.put(lambda: self._change(change, adds))

    def _add_records(self, neurons: Sequence[NeuroMorphoNeuron]) -> None:
        ids = [each.neuron_id for each in neurons]
        self._do(lambda worker: worker.add(neurons, "standard"), ids)

    def _change(self, change: Callable[[DownloadWorker], None], adds: Sequence[int] = ()) -> None:
        """Change the queue; if that is refused, the downloads stop, and the cells to add are reported."""
        try:
            if self._worker is None:
                self._worker = self._open()
            self._open_error = None
            change(self._worker)
        except NeuroMorphoError as error:
            if self._worker is None:
                self._open_error = error
            else:
                self._worker.stop(error)
            if missing := self._snapshot.missing(adds):
                self._problems.append((missing, window_text(error)))
        except KeyError:
            pass  # the row that something was to be put before was removed in the meantime
        self._announce()

    def _follow(self) -> None:
        """Open the queue once its file is there; read it again where another process changed it."""
        if self._worker is None:
            if self._queue_path.is_file() and not self._open_error:
                self._change(lambda _: None)
            return
        with suppress(NeuroMorphoError):  # what the user requests next says it
            if self._worker.queue.has_changed_elsewhere():
                self._change(lambda worker: self._snapshot.read(worker.queue.jobs()))

    def _open(self) -> DownloadWorker:
        queue = DownloadQueue(self._queue_path)
        try:
            self._snapshot.read(queue.jobs())
            self._folder.sweep(queue)
        except NeuroMorphoError:
            queue.close()
            raise
        worker = DownloadWorker(queue, self._fetch, self._snapshot)
        for _ in range(N_AT_ONCE):
            self._threads.put(worker.run)
        return worker

    # ---------------------------------------------------------------------------- fetching threads

    def _fetch(self, job: DownloadJob, cancel: threading.Event, progress: Progress) -> BulkItem:
        client = self._service.client_for(cancel)
        return self._folder.fetch(client, job.neuron, job.mode, progress=progress)

    def _add_ids(self, ids: list[int]) -> None:
        """Find the records of ids, in the library first, and add them."""
        try:
            client = self._service.client_for(self._closing)
            library = client.library
            known = {each.neuron_id: each for each in library.records(ids)} if library else {}
            found, problems = find_records(client, [each for each in ids if each not in known])
        except NeuroMorphoError as error:
            self._problems.append((ids, window_text(error)))
            self._announce()
            return
        self._problems.extend(([each], sentence) for each, sentence in problems.items())
        known |= found
        self._add_records([known[each] for each in ids if each in known])

    def _announce(self) -> None:
        """Let the GUI thread look at what changed; once, however often this is called until it does."""
        if not (self._is_closed or self._is_announced):
            self._is_announced = True
            self._somethingChanged.emit()

    # -------------------------------------------------------------------------------- the GUI thread

    def _on_change(self) -> None:
        self._is_announced = False
        if self._is_closed:
            return
        while self._problems:
            self.addFailed.emit(*self._problems.popleft())
        error = self._open_error if self._worker is None else self._worker.error
        is_going = error is None and self._worker is not None and self._worker.is_going
        if is_going != self.is_going or error is not self._error:
            self.is_going, self._error, self.stopped = is_going, error, _sentence_of(error)
            self.goingChanged.emit(self.is_going, self.stopped)
        while self._snapshot.completed:
            self.completed.emit(self._snapshot.completed.popleft())
        if not self._timer.isActive():
            self._timer.start()

    def _show_rows(self) -> None:
        rows = self._snapshot.rows()
        if rows != self.rows:
            self.rows = rows
            self.changed.emit(rows)


def _sentence_of(error: NeuroMorphoError | None) -> str:
    """Return what stopped the queue."""
    if error is None:
        return ""
    return OFFLINE if isinstance(error, NeuroMorphoCancelled) else window_text(error)
