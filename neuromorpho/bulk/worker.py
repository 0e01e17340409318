"""`DownloadWorker`: fetches the jobs of a queue in several threads, and writes the results into the queue.

An error that the next cell would meet as well (the server is down, the disk is full, the user works offline)
stops the worker, and the cells that failed for it wait again. A `DownloadListener` hears of each change: the
command line makes a report of it, the window its rows.
"""

from __future__ import annotations

import errno
import threading
import time
import traceback
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial

from neuromorpho.bulk.queue import DownloadJob, DownloadQueue, JobState
from neuromorpho.bulk.report import BulkItem, ItemState
from neuromorpho.errors import (
    NeuroMorphoCancelled,
    NeuroMorphoDownError,
    NeuroMorphoError,
    NeuroMorphoStorageError,
)
from neuromorpho.http.rate_limiter import pause
from neuromorpho.records.models import DownloadMode, NeuroMorphoNeuron

_OUTAGES_IN_A_ROW = 3
_WAIT_FOR_OTHER_PROCESS_S = 60.0
_POLL_EVERY_S = 0.1
_DISK_ERRORS = {errno.ENOSPC, errno.EROFS, errno.EIO, getattr(errno, "EDQUOT", errno.ENOSPC)}


Progress = Callable[[int, int | None], None]
Fetch = Callable[[DownloadJob, threading.Event, Progress], BulkItem]


class DownloadListener:
    """Override what you need; called in the thread in which it happens, so return at once."""

    def added(self, neurons: Sequence[NeuroMorphoNeuron]) -> None:
        """Cells were added at the end of the queue; some may have been in it."""

    def removed(self, neuron_ids: Sequence[int]) -> None:
        """Cells were removed from the queue."""

    def started(self, neuron_id: int) -> None:
        """A cell is being fetched."""

    def progressed(self, neuron_id: int, n_bytes: int, total_bytes: int | None) -> None:
        """So many bytes of a file are here, of so many (None if the server does not say)."""

    def ended(self, item: BulkItem) -> None:
        """A cell is done or failed; or it waits again."""

    def changed(self) -> None:
        """`is_going` or `error` of the worker is another."""


class DownloadWorker:
    """Fetches the jobs of a queue; safe to use from several threads.

    Parameters
    ----------
    queue
        The worker does not close it.
    fetch
        Fetches the files of a job and returns its result, "done" or "present". Called in the threads of the
        worker, with an event that is set when the files are not wanted any more; raises `NeuroMorphoError`.

    Attributes
    ----------
    is_going : bool
        Whether `run` starts jobs.
    error : NeuroMorphoError or None
        What stopped the worker.
    """

    def __init__(self, queue: DownloadQueue, fetch: Fetch, listener: DownloadListener) -> None:
        self.queue, self._fetch, self._listener = queue, fetch, listener
        self.is_going = False
        self.error: NeuroMorphoError | None = None
        self._changed = threading.Condition()  # guards what follows, and every claim
        self._is_closed = False
        self._running: dict[int, threading.Event] = {}
        self._outages: list[BulkItem] = []
        self._n_outages_in_a_row = 0

    # ----------------------------------------------------------------------- changing the queue

    def add(self, neurons: Sequence[NeuroMorphoNeuron], mode: DownloadMode) -> None:
        """Add cells at the end of the queue, and go on; see `retry` for those that are in it."""
        with self._changed:  # no cell is claimed before the listener knows it
            n_new = self.queue.add(neurons, mode)
            self._listener.added(neurons)
        self.retry(each.neuron_id for each in neurons if n_new < len(neurons))

    def remove(self, neuron_ids: Sequence[int]) -> None:
        """Remove cells from the queue and stop fetching them; files that are complete stay."""
        with self._changed:
            self.queue.remove(neuron_ids)
            for each in neuron_ids:
                if each in self._running:
                    self._running[each].set()
        self._listener.removed(neuron_ids)

    def retry(self, neuron_ids: Iterable[int]) -> None:
        """Let cells wait again that failed, or whose files are gone; and go on."""
        for neuron_id in neuron_ids:
            job = self.queue.job(neuron_id)
            if job is not None and (job.state == "failed" or self._lost_files(job)):
                self.queue.set_state(neuron_id, "waiting")
            elif job is None or job.state != "waiting":
                continue
            self._listener.ended(_item(job, "waiting"))
        self.resume()

    def _lost_files(self, job: DownloadJob) -> bool:
        folder = self.queue.path.parent
        return job.state == "done" and not all((folder / each.path).is_file() for each in job.files)

    def pause(self) -> None:
        """Start no further job; running downloads finish."""
        self.queue.pause()
        self.is_going = False
        self._listener.changed()

    def resume(self) -> None:
        """Start jobs again, those too whose result could not be written, as the disk was full."""
        self.queue.resume()
        with self._changed:
            for neuron_id in self.queue.release_stale(self._running):
                self._listener.ended(BulkItem(neuron_id, "", "waiting"))
            self.is_going, self.error = not self._is_closed, None
            self._outages, self._n_outages_in_a_row = [], 0
            self._changed.notify_all()
        self._listener.changed()

    def stop(self, error: NeuroMorphoError) -> None:
        """Start no further job, because of an error that it would meet as well."""
        with self._changed:
            self.is_going = False
            self.error = self.error or error
        self._listener.changed()

    def close(self) -> None:
        """Stop what is being fetched and end `run`; jobs not done wait again when the queue is closed."""
        with self._changed:
            self.is_going, self._is_closed = False, True
            for cancel in self._running.values():
                cancel.set()
            self._changed.notify_all()

    # --------------------------------------------------------------------------------- fetching

    def run(self) -> None:
        """Fetch one job after another, and wait where there is none; returns after `close`."""
        while (job := self._next_job()) is not None:
            try:
                self.process(job)
            except Exception:  # the thread outlives a defect in one job: that job fails
                last = traceback.format_exc().strip().splitlines()[-1]
                reason = f"Something went wrong inside Somascope: {last}."
                self._listener.ended(self._note(_item(job, "failed", reason)))

    def _next_job(self) -> DownloadJob | None:
        """Claim the first job that waits; where there is none, wait for one."""
        with self._changed:
            while not self._is_closed:
                job = None
                if self.is_going:
                    with self._stop_on_error():
                        job = self.queue.claim_next()
                if job is not None:
                    self._running[job.neuron_id] = threading.Event()
                    self._listener.started(job.neuron_id)
                    return job
                if self.is_going and not self._running:
                    self.is_going = False
                    self._listener.changed()
                self._changed.wait()
        return None

    def fetch_one(self, job: DownloadJob, cancel: threading.Event) -> BulkItem:
        """Claim one cell, whatever its state, and fetch it."""
        is_claimed = False
        if self.error is None:
            with self._stop_on_error():
                is_claimed = self._claim(job.neuron_id, cancel)
        if is_claimed:
            return self.process(job)
        if self.error is not None:
            return _item(job, "waiting")
        item = _item(job, "waiting", "Another process is fetching it into the same folder.")
        self._listener.ended(item)
        return item

    def _claim(self, neuron_id: int, cancel: threading.Event) -> bool:
        """Claim one cell; where another process fetches it, wait up to a minute for the result."""
        end = time.monotonic() + _WAIT_FOR_OTHER_PROCESS_S
        while not self.queue.claim(neuron_id):
            if time.monotonic() > end or self.error is not None:
                return False
            pause(_POLL_EVERY_S, cancel)
        return True

    def process(self, job: DownloadJob) -> BulkItem:
        """Fetch the files of a claimed job, and write the result into the queue.

        Nothing is raised for what goes wrong with the server or the disk: the result says it.
        """
        with self._changed:
            cancel = self._running.setdefault(job.neuron_id, threading.Event())
        try:
            item = self._result(job, cancel)
            if not cancel.is_set():
                self._listener.ended(item)
            return item
        finally:
            with self._changed:
                if self._running.get(job.neuron_id) is cancel:
                    del self._running[job.neuron_id]

    def _result(self, job: DownloadJob, cancel: threading.Event) -> BulkItem:
        try:
            item = self._fetch(job, cancel, partial(self._listener.progressed, job.neuron_id))
        except NeuroMorphoError as error:
            if cancel.is_set():  # removed from the queue; or its close lets the job wait
                return _item(job, "waiting")
            return self._failed(job, error)
        with self._changed:
            self._n_outages_in_a_row = 0
        return self._note(item)

    def _failed(self, job: DownloadJob, error: NeuroMorphoError) -> BulkItem:
        """Note a failure: of this cell, or one that the next cell would meet as well."""
        if isinstance(error, NeuroMorphoCancelled) or is_disk_error(error):
            self.stop(error)
            return self._note(_item(job, "waiting"))
        item = self._note(_item(job, "failed", str(error)))
        with self._changed:
            if isinstance(error, NeuroMorphoDownError):
                self._n_outages_in_a_row += 1
                self._outages.append(item)
            else:
                self._n_outages_in_a_row = 0
            if self._n_outages_in_a_row < _OUTAGES_IN_A_ROW:
                return item
            waiting = [replace(each, state="waiting", reason=None) for each in self._outages]
            self._outages = []
        self.stop(error)
        for each in waiting:
            self._listener.ended(self._note(each))
        return waiting[-1]

    def _note(self, item: BulkItem) -> BulkItem:
        """Write a result into the queue, and return it; a cell whose result cannot be written waits again."""
        with self._stop_on_error():
            state: JobState = item.state if item.state in ("waiting", "failed") else "done"
            self.queue.set_state(item.neuron_id, state, item.files, item.reason)
            return item
        return BulkItem(item.neuron_id, item.neuron_name, "waiting")

    @contextmanager
    def _stop_on_error(self) -> Iterator[None]:
        """Stop if the queue cannot be read or written: no result can be noted."""
        try:
            yield
        except NeuroMorphoError as error:
            self.stop(error)


def is_disk_error(error: NeuroMorphoError) -> bool:
    """Return whether an error is of the disk, and not of one cell's file."""
    cause = error.__cause__
    if not isinstance(error, NeuroMorphoStorageError):
        return False
    return not isinstance(cause, OSError | ValueError) or (
        getattr(cause, "errno", None) in _DISK_ERRORS
    )


def _item(job: DownloadJob, state: ItemState, reason: str | None = None) -> BulkItem:
    return BulkItem(job.neuron_id, job.neuron.neuron_name, state, reason=reason)
