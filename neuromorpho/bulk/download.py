"""Downloads many cells into a folder, at the archive's pace; the same call again fetches what is missing.

The queue, in the same folder, has the state of the work, so that after a crash, a cancel or an outage nothing is
fetched twice.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import TypeVar

from neuromorpho.api import ArchiveClient, check_cells, id_of
from neuromorpho.bulk.download_cell import Progress
from neuromorpho.bulk.find_records import find_measurements, find_records
from neuromorpho.bulk.folder_template import FolderTemplate, template_of
from neuromorpho.bulk.output_folder import OutputFolder
from neuromorpho.bulk.queue import QUEUE_NAME, DownloadJob, DownloadQueue
from neuromorpho.bulk.report import (
    BulkItem,
    BulkReport,
    ItemState,
    ProgressCallback,
    ProgressReporter,
)
from neuromorpho.bulk.search_all import MAX_WORKERS, SeenIds, workers_of
from neuromorpho.bulk.worker import DownloadListener, DownloadWorker
from neuromorpho.errors import NeuroMorphoError
from neuromorpho.http.cancel import LinkedEvent
from neuromorpho.records.measurements import NeuroMorphoMeasurement
from neuromorpho.records.models import DownloadMode, NeuroMorphoNeuron
from neuromorpho.urls import check_mode

_CHUNK = 200
NO_MORPHOMETRY = "NeuroMorpho.Org has no morphometry of this cell."
Measured = NeuroMorphoMeasurement | str | None
Cell = NeuroMorphoNeuron | int | tuple[NeuroMorphoNeuron, Measured]
_GivenCell = tuple[NeuroMorphoNeuron | int, Measured]
_Item = TypeVar("_Item")


def download_many(
    client: ArchiveClient,
    neurons: Iterable[Cell],
    output_dir: str | Path,
    *,
    mode: DownloadMode = "standard",
    group_by: str | FolderTemplate | None = None,
    images: bool = False,
    measurements: bool = True,
    max_concurrent: int = MAX_WORKERS,
    overwrite: bool = False,
    dry_run: bool = False,
    tables: Iterable[Path] = (),
    total: int | None = None,
    progress: ProgressCallback | None = None,
    cancel: threading.Event | None = None,
) -> BulkReport:
    """Download many cells into a folder; the same call again fetches what is missing.

    Parameters
    ----------
    neurons
        Records, ids, or pairs of a record and its morphometry (a text says why there is none); an iterator
        is read as the work goes on.
    mode
        The standardized SWC, the original file, or both.
    group_by
        A folder template: ``"species,brain_region"``, or ``"{species}/{neuron_id}_{neuron_name}"``.
        Without one each cell has a folder named by its id, with a ``metadata.json``.
    images
        Fetch the thumbnail too.
    measurements
        Fetch the morphometry too, 200 cells a request (into ``metadata.json``).
    max_concurrent
        Cells at once, 1 to 5.
    overwrite
        Fetch again what is there.
    dry_run
        Fetch no file; report which cells would be fetched and which are there.
    tables
        Files of yours in the folder: no folder that `group_by` makes gets the name of one.
    total
        How many there are, for the progress, where `neurons` has no length.

    Returns
    -------
    BulkReport
        One item for each cell. A cell's failure does not end the work; a cancel, a server that is down
        and a full disk do, and `stopped` says why.

    Raises
    ------
    ValueError
        `mode`, `max_concurrent` or the template is invalid, or `neurons` is no list of cells (a
        `NeuroMorphoQueryError`).
    NeuroMorphoStorageError
        The folder cannot be written.
    """
    check_cells(neurons)
    check_mode(mode)
    workers = workers_of(max_concurrent)
    template = template_of(group_by)
    root = Path(output_dir).expanduser()
    stop = LinkedEvent(cancel)
    client = client.with_cancel(stop)
    if total is None and isinstance(neurons, Sequence):
        total = len(neurons)
    with ExitStack() as closing:
        queue = None
        if not dry_run or (root / QUEUE_NAME).exists():
            queue = closing.enter_context(DownloadQueue(root / QUEUE_NAME))
        folder = OutputFolder(
            root, template, images, overwrite, tuple(each.resolve() for each in tables)
        )
        reporter = ProgressReporter(progress, total)
        work = _Download(client, folder, queue, mode, measurements, dry_run, reporter)
        return work.run(neurons, workers, stop)


@dataclass
class _Download(DownloadListener):
    """One call of `download_many`: cells in, a report out."""

    client: ArchiveClient
    folder: OutputFolder
    queue: DownloadQueue | None  # None in a dry run into a folder without a queue
    mode: DownloadMode
    measurements: bool
    dry_run: bool
    reporter: ProgressReporter
    items: dict[int, BulkItem] = field(default_factory=dict)  # in the order of the request
    measured: dict[int, Measured] = field(default_factory=dict)  # of the cells to fetch

    def ended(self, item: BulkItem) -> None:
        """Note the result of a cell; it may be another one later, if the server is down."""
        self.items[item.neuron_id] = item

    def run(self, cells: Iterable[Cell], n_workers: int, stop: threading.Event) -> BulkReport:
        """Download in chunks: one request for the records, one for the morphometry, then the files."""
        stopped: str | None = None
        worker: DownloadWorker | None = None
        if self.queue is not None:
            worker = DownloadWorker(self.queue, self._fetch, self)
            self.folder.sweep(self.queue)
        with ThreadPoolExecutor(n_workers, thread_name_prefix="neuromorpho-file") as pool:
            try:
                for chunk in chunks_of(_each_once(cells), _CHUNK):
                    self._expect(chunk)
                    jobs = [
                        DownloadJob(each, self.mode, "running") for each in self._prepare(chunk)
                    ]
                    if worker is None:
                        continue
                    futures = [pool.submit(worker.fetch_one, job, stop) for job in jobs]
                    for future in as_completed(futures):
                        self.reporter.report(future.result())
                    if worker.error is not None:
                        stopped = str(worker.error)
                        break
            except NeuroMorphoError as error:  # of the search that yields the cells, too
                stopped = str(error)
            finally:
                stop.set()  # whatever else was raised ends the threads too
        if stopped is not None and isinstance(cells, Sequence):
            self._expect(_each_once(cells))
        self.reporter.finish()
        return BulkReport(tuple(self.items.values()), stopped)

    def _expect(self, cells: Iterable[_GivenCell]) -> None:
        """List cells as waiting, in their order."""
        for cell, _ in cells:
            name = "" if isinstance(cell, int) else cell.neuron_name
            self.items.setdefault(id_of(cell), BulkItem(id_of(cell), name, "waiting"))

    def _prepare(self, cells: Sequence[_GivenCell]) -> list[NeuroMorphoNeuron]:
        """Return the cells to fetch, which are in the queue and `measured` then; note the results of the others."""
        records, problems = self._records([cell for cell, _ in cells if isinstance(cell, int)])
        todo = []
        self.measured = {}
        for cell, measured in cells:
            neuron = records.get(cell) if isinstance(cell, int) else cell
            if neuron is None:
                item = BulkItem(id_of(cell), "", "failed", reason=problems[id_of(cell)])
            else:
                item = self._check(neuron)
            self.ended(item)
            if neuron is None or item.state != "waiting":
                self.reporter.report(item)
                continue
            todo.append(neuron)
            self.measured[neuron.neuron_id] = measured
        if todo and self.queue is not None:
            self.queue.add(todo, self.mode)
            self._find_measurements()
        return todo

    def _records(
        self, neuron_ids: Sequence[int]
    ) -> tuple[dict[int, NeuroMorphoNeuron], dict[int, str]]:
        """Return records, those of complete cells from the disk, and why there is none of the other ids."""
        found: dict[int, NeuroMorphoNeuron] = {}
        cache = self.folder.cache
        for each in neuron_ids if self.folder.template is None else ():
            if cache.complete(each, self.mode):
                with suppress(KeyError, ValueError):  # damaged: ask the archive
                    found[each] = NeuroMorphoNeuron.from_payload(cache.metadata(each)["neuron"])
        unknown = [each for each in neuron_ids if each not in found]
        records, problems = find_records(self.client, unknown)
        return found | records, problems

    def _check(self, neuron: NeuroMorphoNeuron) -> BulkItem:
        """Return what is there of a cell if that is all that is wanted, else that it is to be fetched."""
        state: ItemState = "planned" if self.dry_run else "waiting"
        item = BulkItem(neuron.neuron_id, neuron.neuron_name, state)
        if self.folder.overwrite:
            return item
        job = self.queue.job(neuron.neuron_id) if self.queue is not None else None
        files = self.folder.existing(self.client, neuron, self.mode, job)
        return item if files is None else replace(item, state="present", files=files)

    def _find_measurements(self) -> None:
        """Request the morphometry that the caller does not know, if it is wanted."""
        if self.measurements and self.folder.template is None:
            unknown = [each for each, known in self.measured.items() if known is None]
            found, problem = find_measurements(self.client, unknown)
            for each in unknown:
                self.measured[each] = found.get(each) or problem or NO_MORPHOMETRY

    def _fetch(self, job: DownloadJob, _: threading.Event, progress: Progress) -> BulkItem:
        measured = self.measured[job.neuron_id]
        return self.folder.fetch(
            self.client, job.neuron, job.mode, measurement=measured, progress=progress
        )


def _each_once(cells: Iterable[Cell]) -> Iterator[_GivenCell]:
    """Yield each cell once, with its morphometry if that is given; an id as a plain int."""
    seen = SeenIds()
    for each in cells:
        cell, measured = each if isinstance(each, tuple) else (each, None)
        if seen.is_new(id_of(cell)):
            yield cell if isinstance(cell, NeuroMorphoNeuron) else id_of(cell), measured


def chunks_of(items: Iterable[_Item], size: int) -> Iterator[list[_Item]]:
    """Yield the items in lists of at most `size`."""
    each = iter(items)
    while chunk := list(islice(each, size)):
        yield chunk
