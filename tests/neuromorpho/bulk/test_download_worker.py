"""The one worker behind the command line and the window: what its listener hears, and what stops it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from neuromorpho.bulk.queue import DownloadJob, DownloadQueue, QueuedFile
from neuromorpho.bulk.report import BulkItem
from neuromorpho.bulk.worker import DownloadListener, DownloadWorker, Progress
from neuromorpho.errors import (
    NeuroMorphoAnswerError,
    NeuroMorphoCancelled,
    NeuroMorphoDownError,
    NeuroMorphoError,
    NeuroMorphoStorageError,
)
from neuromorpho.records.models import NeuroMorphoNeuron

FILE = QueuedFile("standard", "n.CNG.swc", 10, "ab")
DOWN = NeuroMorphoDownError("The server is down.", status=503, url="")


def cells(*ids: int) -> list[NeuroMorphoNeuron]:
    return [NeuroMorphoNeuron(each, f"n{each}", "Lab", "mouse", ("neocortex",)) for each in ids]


class Listener(DownloadListener):
    """Notes what it hears."""

    def __init__(self) -> None:
        self.events: list[tuple[object, ...]] = []

    def started(self, neuron_id: int) -> None:
        self.events.append(("started", neuron_id))

    def progressed(self, neuron_id: int, n_bytes: int, total_bytes: int | None) -> None:
        self.events.append(("progressed", neuron_id, n_bytes, total_bytes))

    def ended(self, item: BulkItem) -> None:
        self.events.append((item.state, item.neuron_id))


class Work:
    """A worker whose fetches raise what `errors` has for a cell."""

    def __init__(self, queue: DownloadQueue) -> None:
        self.queue, self.listener = queue, Listener()
        self.errors: dict[int, Exception] = {}
        self.before_end: Callable[[DownloadJob, threading.Event], None] = lambda job, cancel: None
        self.worker = DownloadWorker(queue, self._fetch, self.listener)
        self.threads: list[threading.Thread] = []

    def _fetch(self, job: DownloadJob, cancel: threading.Event, progress: Progress) -> BulkItem:
        self.before_end(job, cancel)
        progress(10, 10)
        if job.neuron_id in self.errors:
            raise self.errors[job.neuron_id]
        return BulkItem(job.neuron_id, job.neuron.neuron_name, "done", (FILE,))

    def run(self, n_threads: int = 1) -> None:
        """Fetch until there is nothing left, or something stops the worker."""
        self.threads = [threading.Thread(target=self.worker.run) for _ in range(n_threads)]
        idle = threading.Event()
        self.listener.changed = lambda: None if self.worker.is_going else idle.set()  # type: ignore[method-assign]
        self.worker.resume()
        for each in self.threads:
            each.start()
        assert idle.wait(20.0)
        self.worker.close()
        for each in self.threads:
            each.join(20.0)
            assert not each.is_alive()

    def states(self) -> list[str]:
        return [each.state for each in self.queue.jobs()]


@pytest.fixture
def work(tmp_path: Path) -> Iterator[Work]:
    (tmp_path / FILE.path).write_text("")
    with DownloadQueue(tmp_path / "queue.sqlite") as queue:
        yield Work(queue)


def test_a_listener_hears_of_a_job_from_its_start_to_its_end(work: Work) -> None:
    work.queue.add(cells(1))
    work.run()
    assert work.listener.events == [("started", 1), ("progressed", 1, 10, 10), ("done", 1)]
    assert work.states() == ["done"]


def test_three_outages_in_a_row_stop_the_worker_and_their_cells_wait(work: Work) -> None:
    work.queue.add(cells(1, 2, 3, 4, 5, 6))
    work.errors = dict.fromkeys((1, 3, 4, 5), DOWN)
    work.run()
    assert work.worker.error is DOWN
    assert work.states() == ["waiting", "done", "waiting", "waiting", "waiting", "waiting"]
    assert ("failed", 5) not in work.listener.events
    assert ("waiting", 5) in work.listener.events
    work.errors = {}
    work.worker = DownloadWorker(work.queue, work._fetch, work.listener)
    work.run(3)
    assert work.states() == ["done"] * 6
    assert work.worker.error is None


def test_other_failures_cost_their_own_cell(work: Work) -> None:
    work.queue.add(cells(1, 2, 3, 4, 5))
    bad = NeuroMorphoAnswerError("The file is empty.")
    work.errors = {1: bad, 2: DOWN, 3: DOWN, 4: bad, 5: ValueError("a defect")}
    work.run()
    assert work.worker.error is None
    assert work.states() == ["failed"] * 5
    assert "ValueError" in str(list(work.queue.jobs())[4].reason)


def test_without_the_network_the_rest_waits(work: Work) -> None:
    work.queue.add(cells(1, 2))
    work.errors = {1: NeuroMorphoCancelled("offline")}
    work.run()
    assert isinstance(work.worker.error, NeuroMorphoCancelled)
    assert work.states() == ["waiting", "waiting"]


def test_a_cell_that_is_removed_while_it_is_fetched_ends_without_a_word(work: Work) -> None:
    def remove(job: DownloadJob, cancel: threading.Event) -> None:
        if job.neuron_id == 1:
            work.worker.remove([1])
            assert cancel.is_set()

    work.queue.add(cells(1, 2))
    work.before_end = remove
    work.errors = {1: NeuroMorphoCancelled("cancelled")}
    work.run()
    assert work.worker.error is None
    assert [each.neuron_id for each in work.queue.jobs()] == [2]
    assert [event for event in work.listener.events if event[0] in ("failed", "waiting")] == []


def test_a_cell_whose_file_is_gone_waits_again_when_it_is_added(work: Work, tmp_path: Path) -> None:
    work.queue.add(cells(1))
    work.run()
    work.worker.add(cells(1), "standard")
    assert work.states() == ["done"]
    (tmp_path / FILE.path).unlink()
    work.worker.add(cells(1), "standard")
    assert work.states() == ["waiting"]


def test_a_queue_that_cannot_be_written_stops_the_worker(
    work: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise NeuroMorphoError("The disk is full.")

    work.queue.add(cells(1, 2, 3))
    monkeypatch.setattr(work.queue, "set_state", refuse)
    work.run()
    assert "full" in str(work.worker.error)
    assert work.states().count("waiting") == 2


def test_a_cell_whose_result_did_not_fit_on_the_disk_is_fetched_again_by_resume(
    work: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    full = NeuroMorphoStorageError("The disk is full.", path=work.queue.path, code="disk-full")
    real, is_full = work.queue.set_state, True

    def set_state(*arguments: Any) -> None:
        if is_full:
            raise full
        real(*arguments)

    monkeypatch.setattr(work.queue, "set_state", set_state)
    work.queue.add(cells(1, 2))
    work.errors = {1: full}
    work.run()
    assert work.worker.error is full
    assert work.listener.events[-1] == ("waiting", 1)
    work.errors = {}
    work.worker = DownloadWorker(work.queue, work._fetch, work.listener)
    work.run()
    assert work.worker.error is full
    assert work.listener.events[-1] == ("waiting", 1), "nor is it done before the queue says so"
    is_full = False
    work.worker = DownloadWorker(work.queue, work._fetch, work.listener)
    work.run()
    assert work.worker.error is None
    assert work.states() == ["done", "done"]


def test_retry_lets_a_stuck_cell_wait_and_none_that_is_being_fetched(work: Work) -> None:
    work.queue.add(cells(1, 2))
    assert work.queue.claim(1), "as after a result that could not be written"
    assert work.queue.claim(2)
    work.worker._running[2] = threading.Event()
    work.worker.retry([1])
    assert work.states() == ["waiting", "running"]
    assert work.listener.events == [("waiting", 1)]
