"""Downloads many cells into a folder, at the archive's pace; the same call again fetches what is missing.

The queue, in the same folder, has the state of the work, so that after a crash, a cancel or an outage nothing is
fetched twice.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import ExitStack
from itertools import islice
from pathlib import Path
from typing import TypeVar

from neuromorpho.api import ArchiveClient, check_cells, id_of
from neuromorpho.bulk.folder_template import FolderTemplate
from neuromorpho.bulk.output_folder import OutputFolder
from neuromorpho.bulk.preparation import Cell, Preparation, PreparedCell
from neuromorpho.bulk.queue import QUEUE_NAME, DownloadJob, DownloadQueue
from neuromorpho.bulk.report import BulkItem, BulkReport, ProgressCallback, ProgressReporter
from neuromorpho.bulk.search_all import MAX_WORKERS, SeenIds, workers_of
from neuromorpho.bulk.worker import DownloadListener, DownloadWorker, FetchedFiles, Progress
from neuromorpho.errors import NeuroMorphoError
from neuromorpho.http.cancel import LinkedEvent
from neuromorpho.records.models import DownloadMode, NeuroMorphoNeuron
from neuromorpho.urls import check_mode

_CHUNK = 200
_Item = TypeVar("_Item")


def download_many(
    client: ArchiveClient,
    neurons: Iterable[Cell],
    output_dir: str | Path,
    *,
    mode: DownloadMode = "standard",
    group_by: str | None = None,
    images: bool = False,
    measurements: bool = True,
    max_concurrent: int = MAX_WORKERS,
    overwrite: bool = False,
    dry_run: bool = False,
    total: int | None = None,
    progress: ProgressCallback | None = None,
    cancel: threading.Event | None = None,
) -> BulkReport:
    """Download many cells into a folder; the same call again fetches what is missing.

    Parameters
    ----------
    neurons
        Records or ids; an iterator is read as the work goes on.
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
    template = FolderTemplate.parse(group_by) if group_by else None
    root = Path(output_dir).expanduser()
    stop = LinkedEvent(cancel)
    client = client.with_cancel(stop)
    if total is None and isinstance(neurons, Sequence):
        total = len(neurons)
    place = root / QUEUE_NAME
    with ExitStack() as closing:
        queue = None
        if not dry_run or place.exists():
            queue = closing.enter_context(DownloadQueue(place))
        folder = OutputFolder(root, template, images, overwrite)
        work = _Download(
            Preparation(client, folder, queue, mode, measurements, dry_run), progress, total
        )
        return work.run(neurons, workers, stop)


class _Download(DownloadListener):
    """One call of `download_many`: cells in, a report out."""

    def __init__(
        self, preparation: Preparation, progress: ProgressCallback | None, total: int | None
    ) -> None:
        self._preparation = preparation
        self._reporter = ProgressReporter(progress, total, None)
        self._items: dict[int, BulkItem] = {}  # in the order of the request
        self._cells: dict[int, PreparedCell] = {}
        self._worker: DownloadWorker | None = None
        if preparation.queue is not None:
            self._worker = DownloadWorker(preparation.queue, self._fetch, self)
            preparation.folder.sweep(preparation.queue)

    def ended(self, item: BulkItem) -> None:
        """Note the result of a cell; it may be another one later, if the server is down."""
        self._items[item.neuron_id] = item

    def run(self, neurons: Iterable[Cell], workers: int, stop: threading.Event) -> BulkReport:
        """Download in chunks: one request for the records, one for the morphometry, then the files."""
        chunks = chunks_of(_each_once(neurons), _CHUNK)
        stopped: str | None = None
        with ThreadPoolExecutor(workers, thread_name_prefix="neuromorpho-file") as pool:
            try:
                while stopped is None:
                    chunk: list[Cell] = []
                    try:
                        chunk = next(chunks, [])
                        self._expect(chunk)
                        prepared = self._preparation.prepare(chunk)
                    except NeuroMorphoError as error:  # of the search that yields them, too
                        stopped = str(error)
                        break
                    if not chunk:
                        break
                    stopped = self._fetch_chunk(pool, prepared, stop)
            except BaseException:
                stop.set()
                raise
        if stopped is not None and isinstance(neurons, Sequence):
            self._expect(_each_once(neurons))
        self._reporter.finish()
        return BulkReport(tuple(self._items.values()), stopped)

    def _expect(self, cells: Iterable[Cell]) -> None:
        """List cells as waiting, in their order."""
        for cell in cells:
            if isinstance(cell, int):
                item = BulkItem(cell, "", "waiting")
            else:
                neuron = cell.neuron if isinstance(cell, PreparedCell) else cell
                item = BulkItem(neuron.neuron_id, neuron.neuron_name, "waiting")
            self._items.setdefault(item.neuron_id, item)

    def _fetch_chunk(
        self,
        pool: ThreadPoolExecutor,
        prepared: Sequence[BulkItem | PreparedCell],
        stop: threading.Event,
    ) -> str | None:
        """Fetch the cells of a chunk; return why the work stops, None where it goes on."""
        self._cells = {}
        for each in prepared:
            if isinstance(each, BulkItem):
                self.ended(each)
                self._reporter.report(each)
            else:
                neuron = each.neuron
                self._cells[neuron.neuron_id] = each
                self.ended(BulkItem(neuron.neuron_id, neuron.neuron_name, "waiting"))
        if self._worker is None:
            return None
        mode = self._preparation.mode
        futures = [
            pool.submit(self._worker.fetch_one, DownloadJob(each.neuron, mode, "running"), stop)
            for each in self._cells.values()
        ]
        for future in as_completed(futures):
            self._reporter.report(future.result())
        return None if self._worker.error is None else str(self._worker.error)

    def _fetch(self, job: DownloadJob, _: threading.Event, progress: Progress) -> FetchedFiles:
        cell, preparation = self._cells[job.neuron_id], self._preparation
        return preparation.folder.fetch(
            preparation.client, cell.neuron, job.mode,
            measurement=cell.measurement, progress=progress,
        )  # fmt: skip


def _each_once(cells: Iterable[Cell]) -> Iterator[Cell]:
    """Yield each cell once; an id as a plain int."""
    seen = SeenIds()
    for each in cells:
        cell = each if isinstance(each, NeuroMorphoNeuron | PreparedCell) else id_of(each)
        number = id_of(cell.neuron if isinstance(cell, PreparedCell) else cell)
        if seen.is_new(number):
            yield cell


def chunks_of(items: Iterable[_Item], size: int) -> Iterator[list[_Item]]:
    """Yield the items in lists of at most `size`."""
    each = iter(items)
    while chunk := list(islice(each, size)):
        yield chunk
