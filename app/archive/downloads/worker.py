"""The downloads' threads: one that keeps the queue's books, a few that fetch. No Qt.

Theory. The queue is a file that outlives us; `DownloadWork` mirrors it in memory, so that the window can be
shown thousands of rows without reading any. Whatever changes the file runs in the books' thread or in a
fetcher, never in the window's. A fetcher takes a job and notes its cancel under one lock with `cancel`, so a
job is either still waiting when it is cancelled, or its cancel is heard. What the next cell would meet as
well (a server that is down, a full disk, working offline) stops the queue, and its cells wait.
"""

from __future__ import annotations

import threading
import time
import traceback
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from app.archive.connection.failure import OFFLINE, window_text
from app.archive.downloads.snapshot import (
    AddFailed,
    Completed,
    DownloadFailed,
    DownloadRow,
    QueueSnapshot,
)
from app.tasks.worker_pool import WorkerPool
from neuromorpho.bulk.queue import DownloadJob, DownloadQueue, QueuedFile
from neuromorpho.bulk.worker import is_of_the_disk
from neuromorpho.cache.cache import NeuroMorphoCache
from neuromorpho.cache.files import sweep_parts
from neuromorpho.cache.metadata import download_items
from neuromorpho.errors import (
    NeuroMorphoCancelled,
    NeuroMorphoDownError,
    NeuroMorphoError,
)
from neuromorpho.records.models import DownloadMode, NeuroMorphoNeuron

if TYPE_CHECKING:
    from neuromorpho.client import NeuroMorphoClient

N_AT_ONCE = 3
QUEUE_NAME = "downloads.sqlite"
_DOWN_IN_A_ROW = 3
_ASKED_AT_ONCE = 200


class DownloadWork:
    """The queue, its mirror, and its threads.

    Parameters
    ----------
    client_for
        Returns a client that ends when an event is set; called in threads.
    folder
        The cache: the queue and the files are there.
    ring
        Called in a thread after something changed.

    Attributes
    ----------
    mirror : Mirror
        The rows, and what happened.
    """

    def __init__(
        self,
        client_for: Callable[[threading.Event], NeuroMorphoClient],
        folder: Path,
        ring: Callable[[], None],
    ) -> None:
        self._client_for, self._folder, self._ring = client_for, folder, ring
        self._books = WorkerPool("archive-queue", 1)
        self._fetchers = WorkerPool("archive-download", N_AT_ONCE)
        self._queue: DownloadQueue | None = None
        self.mirror = QueueSnapshot()
        self._lock = threading.Lock()  # over what follows
        self._stopped = ""
        self._is_going = self._is_closing = False
        self._n_fetchers = self._generation = 0
        self._down: list[int] = []
        self._taking = threading.Lock()
        self._running: dict[int, threading.Event] = {}

    # ------------------------------------------------------------------------------- for its owner

    @property
    def queue_path(self) -> Path:
        """Where the queue is; made when it is first needed."""
        return self._folder / QUEUE_NAME

    def state(self) -> tuple[bool, str]:
        """Return whether jobs are given out, and why no more are where something stopped it."""
        with self._lock:
            return self._is_going, self._stopped

    def look(self) -> None:
        """Read what an earlier day left in the queue; makes no queue and fetches nothing."""
        self._books.put(lambda: self._change(lambda _: None) if self.queue_path.is_file() else None)

    def add(self, cells: Sequence[NeuroMorphoNeuron | int], mode: DownloadMode) -> None:
        """Put cells at the end, and go on; ids whose records are nowhere here are asked for."""
        records = [each for each in cells if isinstance(each, NeuroMorphoNeuron)]
        unknown = [each for each in cells if isinstance(each, int)]
        if records:
            self._do(lambda queue: self._add(queue, records, mode))
        for start in range(0, len(unknown), _ASKED_AT_ONCE):
            some = unknown[start : start + _ASKED_AT_ONCE]
            self._fetchers.put(lambda some=some: self._add_ids(some, mode), 1)  # type: ignore[misc]

    def pause(self) -> None:
        """Begin nothing more; what is being fetched is fetched to its end."""
        with self._lock:
            self._is_going = False
        self._do(self._pause)  # once more, after whatever was asked for before

    def resume(self) -> None:
        """Go on."""
        self._do(self._go)

    def cancel(self, ids: Iterable[int]) -> None:
        """Take cells out, those that are being fetched too; what landed stays in the queue."""
        wanted = list(ids)
        self._do(lambda queue: self._cancel(queue, wanted))

    def retry(self, ids: Iterable[int] | None) -> None:
        """Let failed cells wait again (None: all of them), and go on."""
        wanted = None if ids is None else list(ids)
        self._do(lambda queue: self._retry(queue, wanted))

    def move(self, neuron_id: int, before: int | None) -> None:
        """Put a cell right before another, or (None) at the end."""
        self._do(lambda queue: self._move(queue, neuron_id, before))

    def clear_done(self) -> None:
        """Take what landed out of the queue; the files stay."""
        self._do(self._clear_done)

    def close(self, timeout_s: float) -> bool:
        """End all threads, put back what was being fetched; return whether every thread ended in time."""
        deadline = time.monotonic() + timeout_s
        with self._lock:
            self._is_going, self._is_closing = False, True
        self._fetchers.close()
        with self._taking:
            for cancel in self._running.values():
                cancel.set()
        ended = self._fetchers.join(deadline)
        closed = threading.Event()
        self._books.put(lambda: self._close_queue(closed), 1)
        closed.wait(max(0.1, deadline - time.monotonic()))
        self._books.close()
        return self._books.join(max(deadline, time.monotonic() + 0.1)) and ended

    # ------------------------------------------------------------------------------------ the books

    def _do(self, change: Callable[[DownloadQueue], None]) -> None:
        self._books.put(lambda: self._change(change))

    def _change(self, change: Callable[[DownloadQueue], None]) -> None:
        """Change the queue; what it has to say against it is told."""
        try:
            if self._queue is None:
                self._queue = self._opened()
            change(self._queue)
        except NeuroMorphoError as error:
            self._stop(window_text(error))
        except KeyError:
            pass  # the row that something was to be put before went in the meantime
        self._ring()

    def _opened(self) -> DownloadQueue:
        """Open the queue, and clear away what a process that was killed left half-written."""
        opened = time.time()
        queue = DownloadQueue(self.queue_path)
        self.mirror.read(map(DownloadRow.of, queue.jobs()))
        layout = NeuroMorphoCache(self._folder).layout
        for each in queue.revived:
            sweep_parts(layout.neuron_dir(each), time.time() - opened)
        return queue

    def _close_queue(self, closed: threading.Event) -> None:
        if self._queue is not None:
            self._queue.close()
        closed.set()

    def _pause(self, queue: DownloadQueue) -> None:
        queue.pause()
        with self._lock:
            self._is_going = False

    def _go(self, queue: DownloadQueue) -> None:
        """Give out jobs from now on; begin as many fetchers as there is work for."""
        queue.resume()
        with self._lock:
            if self._is_closing:
                return
            self._is_going, self._stopped = True, ""
            self._down.clear()
            self._generation += 1
            n_new = min(N_AT_ONCE - self._n_fetchers, len(self.mirror.ids("waiting")))
            self._n_fetchers += n_new
        for _ in range(n_new):
            self._fetchers.put(self._fetch_on)

    def _add(
        self, queue: DownloadQueue, neurons: list[NeuroMorphoNeuron], mode: DownloadMode
    ) -> None:
        with self._taking:  # none is taken before it is in the mirror
            queue.add(neurons, mode)
            known = self.mirror.add(neurons)
        for neuron_id in known:
            job = queue.job(neuron_id)
            if job is not None and job.state == "landed" and not self._is_there(job):
                queue.requeue(neuron_id)  # its file was removed since
        queue.retry(known)
        self._reread(queue, known)
        self._go(queue)

    def _add_ids(self, ids: list[int], mode: DownloadMode) -> None:
        """Find the records of ids, in the library first, and add them."""
        try:
            client = self._client_for(threading.Event())
            library = client.library
            known = {each.neuron_id: each for each in library.records(ids)} if library else {}
            missing = [each for each in ids if each not in known]
            if missing:
                query = f"neuron_id:{','.join(map(str, missing))}"
                found = client.search(query, size=len(missing)).items
                known |= {each.neuron_id: each for each in found}
        except NeuroMorphoError as error:
            self._tell_lost(ids, window_text(error))
            return
        absent = [each for each in ids if each not in known]
        self._tell_lost(absent, "NeuroMorpho.Org has no cell with this id.")
        self._do(lambda queue: self._add(queue, [known[i] for i in ids if i in known], mode))

    def _tell_lost(self, ids: Iterable[int], sentence: str) -> None:
        self.mirror.tell(*(AddFailed(each, sentence) for each in ids))
        self._ring()

    def _cancel(self, queue: DownloadQueue, ids: list[int]) -> None:
        gone = self.mirror.ids("waiting", "running", "failed", among=ids)
        with self._taking:
            queue.remove(gone)
            for each in gone:
                if each in self._running:
                    self._running[each].set()
        self.mirror.forget(gone)

    def _retry(self, queue: DownloadQueue, ids: list[int] | None) -> None:
        failed = self.mirror.ids("failed", among=ids)
        queue.retry(failed)
        self._reread(queue, failed)
        self._go(queue)

    def _move(self, queue: DownloadQueue, neuron_id: int, before: int | None) -> None:
        queue.move(neuron_id, before)
        self.mirror.move(neuron_id, before)

    def _clear_done(self, queue: DownloadQueue) -> None:
        done = self.mirror.ids("landed")
        queue.remove(done)
        self.mirror.forget(done)

    # ------------------------------------------------------------------------------------ fetching

    def _fetch_on(self) -> None:
        """Fetch one job after another until there is none; a job that came meanwhile is not missed."""
        while True:
            with self._lock:
                seen = self._generation
                if not self._is_going:
                    self._n_fetchers -= 1
                    break
            taken = self._take()
            if taken is not None:
                self._fetch(*taken)
                continue
            with self._lock:
                if seen == self._generation:
                    self._n_fetchers -= 1
                    self._is_going = self._is_going and self._n_fetchers > 0
                    break
        self._ring()

    def _take(self) -> tuple[DownloadJob, threading.Event] | None:
        queue = self._queue
        assert queue is not None
        try:
            with self._taking:
                job = queue.claim_next()
                if job is None:
                    return None
                cancel = self._running[job.neuron_id] = threading.Event()
        except NeuroMorphoError as error:
            self._stop(window_text(error))
            return None
        if self._is_closing:
            cancel.set()
        self.mirror.update(job.neuron_id, state="running", reason="", n_bytes=0, total_bytes=None)
        return job, cancel

    def _fetch(self, job: DownloadJob, cancel: threading.Event) -> None:
        """Bring one cell's files, and note what became of it."""
        queue, neuron_id = self._queue, job.neuron_id
        assert queue is not None
        try:
            try:
                self._bring(queue, job, cancel)
            except NeuroMorphoError as error:
                self._not_landed(queue, neuron_id, error, was_cancelled=cancel.is_set())
            except Exception:  # this is where a fetcher's life is owned
                last = traceback.format_exc().strip().splitlines()[-1]
                self._fail(queue, neuron_id, f"Something went wrong inside Somascope: {last}.")
        except NeuroMorphoError as error:  # the queue itself cannot be written
            self.mirror.update(neuron_id, state="waiting", n_bytes=0)
            self._stop(window_text(error))
        finally:
            with self._taking:
                if self._running.get(neuron_id) is cancel:
                    del self._running[neuron_id]
            self._ring()

    def _bring(self, queue: DownloadQueue, job: DownloadJob, cancel: threading.Event) -> None:
        neuron_id = job.neuron_id
        shown = 0.0

        def tell(done: int, total: int | None) -> None:
            nonlocal shown
            self.mirror.update(neuron_id, n_bytes=done, total_bytes=total)
            if time.monotonic() - shown > 0.1:
                shown = time.monotonic()
                self._ring()

        client = self._client_for(cancel)
        record = client.download(job.neuron, self._folder, mode=job.mode, progress=tell)
        items = record.download_items
        beside = next((each.reason for each in items if each.reason), None)
        files = _files_of(self._folder, neuron_id)
        queue.complete(neuron_id, files, beside)
        wanted = "original" if job.mode == "original" else "standard"
        path = next((each.path for each in items if each.kind == wanted), record.folder)
        with self._lock:
            self._down.clear()
        n_bytes = sum(each.size for each in files)
        if self.mirror.update(neuron_id, state="landed", reason=beside or "", n_bytes=n_bytes):
            self.mirror.tell(Completed(neuron_id, path))

    def _not_landed(
        self, queue: DownloadQueue, neuron_id: int, error: NeuroMorphoError, *, was_cancelled: bool
    ) -> None:
        """Note a failure: the cell's own, or one that the next cell would meet as well."""
        if isinstance(error, NeuroMorphoCancelled) or is_of_the_disk(error):
            if not was_cancelled:  # else it is out of the queue, or the close puts it back
                queue.requeue(neuron_id)
                self.mirror.update(neuron_id, state="waiting", n_bytes=0, total_bytes=None)
                is_offline = isinstance(error, NeuroMorphoCancelled)
                self._stop(OFFLINE if is_offline else window_text(error))
            return
        self._fail(queue, neuron_id, window_text(error))
        with self._lock:
            is_down = isinstance(error, NeuroMorphoDownError)
            self._down = [*self._down, neuron_id] if is_down else []
            put_off = list(self._down) if len(self._down) >= _DOWN_IN_A_ROW else []
        if put_off:
            self._stop(window_text(error))
            for each in put_off:
                queue.requeue(each)
                self.mirror.update(each, state="waiting", reason="")

    def _fail(self, queue: DownloadQueue, neuron_id: int, sentence: str) -> None:
        queue.fail(neuron_id, sentence)
        changes = {"state": "failed", "reason": sentence, "n_bytes": 0, "total_bytes": None}
        if self.mirror.update(neuron_id, **changes):
            self.mirror.tell(DownloadFailed(neuron_id, sentence))

    # -------------------------------------------------------------------------------------- inside

    def _stop(self, sentence: str) -> None:
        with self._lock:
            self._is_going = False
            self._stopped = self._stopped or sentence

    def _reread(self, queue: DownloadQueue, ids: Iterable[int]) -> None:
        for each in ids:
            job = queue.job(each)
            if job is not None and job.state != "running":
                self.mirror.note(DownloadRow.of(job))

    def _is_there(self, job: DownloadJob) -> bool:
        return all((self._folder / each.path).is_file() for each in job.files)


def _files_of(folder: Path, neuron_id: int) -> list[QueuedFile]:
    """Return what ``metadata.json`` tells of a cell's files."""
    found = []
    for told in download_items(NeuroMorphoCache(folder).metadata(neuron_id)):
        size, sha256 = told.get("size"), told.get("sha256")
        if isinstance(size, int) and isinstance(sha256, str):
            path = f"{neuron_id}/{told.get('path')}"
            found.append(QueuedFile(str(told.get("kind")), path, size, sha256))
    return found
