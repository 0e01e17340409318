"""The files of many cells, courteously, and to be taken up again.

Up to five workers share the client's limiter. The state of the work is in a queue beside the files: the
same call after a crash, a cancel or an outage fetches what is missing and nothing else.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from neuromorpho.errors import NeuroMorphoError
from neuromorpho.fetching import BulkFetcher, Wanted
from neuromorpho.harvest import MAX_WORKERS, search_all, workers_of
from neuromorpho.measurements import NeuroMorphoMeasurement
from neuromorpho.query import DEFAULT_SORT, NeuroMorphoQuery
from neuromorpho.query_file import NeuroMorphoQueryFile
from neuromorpho.questions import MAX_PAGE_SIZE, Query
from neuromorpho.queue import QUEUE_NAME, DownloadQueue
from neuromorpho.records import DownloadMode, NeuroMorphoNeuron
from neuromorpho.report import BulkItem, BulkReport, ProgressCallback, Teller
from neuromorpho.tables import MetadataCSV, MetadataJSON
from neuromorpho.templates import FolderTemplate

if TYPE_CHECKING:
    from neuromorpho.client import NeuroMorphoClient

_CHUNK = 200
_Item = TypeVar("_Item")


def download_many(
    client: NeuroMorphoClient,
    neurons: Iterable[NeuroMorphoNeuron | int],
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
    """Download many cells into a folder; the same call again takes up what is missing.

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
        How many there are, for the progress, where `neurons` does not tell.

    Returns
    -------
    BulkReport
        One item for each cell. A cell's failure does not end the work; a cancel, a server that is down
        and a full disk do, and `stopped` tells.

    Raises
    ------
    NeuroMorphoQueryError
        The template is no template.
    NeuroMorphoStorageError
        The folder cannot be written.
    """
    template = FolderTemplate.parse(group_by) if group_by else None
    root = Path(output_dir).expanduser()
    event = cancel or threading.Event()
    if total is None and isinstance(neurons, Sequence):
        total = len(neurons)
    wanted = Wanted(mode, images, measurements, overwrite, dry_run)
    teller = Teller(progress, total, None)
    queue = None if dry_run else DownloadQueue(root / QUEUE_NAME)
    worker = client.with_cancel(event)
    fetcher = BulkFetcher(worker, root, template, wanted, queue)
    try:
        return _download(worker, fetcher, neurons, workers_of(max_concurrent), teller, event)
    finally:
        if queue is not None:
            queue.close()


def _download(
    client: NeuroMorphoClient,
    fetcher: BulkFetcher,
    neurons: Iterable[NeuroMorphoNeuron | int],
    workers: int,
    teller: Teller,
    event: threading.Event,
) -> BulkReport:
    """Do the work in chunks: one request for the records, one for the morphometry, then the files."""
    items: list[BulkItem] = []
    stopped: str | None = None
    with ThreadPoolExecutor(workers, thread_name_prefix="neuromorpho-file") as pool:
        try:
            for chunk in _chunks(neurons, _CHUNK):
                if stopped is not None:
                    items += [_untried(each) for each in chunk]
                    continue
                try:
                    prepared = fetcher.prepare(chunk)
                except NeuroMorphoError as error:
                    stopped = str(error)
                    items += [_untried(each) for each in chunk]
                    continue
                found, stopped = _fetch_chunk(pool, fetcher, prepared, teller)
                items += found
        except BaseException:
            event.set()
            raise
    teller.finish()
    return BulkReport(tuple(items), stopped)


def _fetch_chunk(
    pool: ThreadPoolExecutor,
    fetcher: BulkFetcher,
    prepared: Sequence[BulkItem | tuple[NeuroMorphoNeuron, NeuroMorphoMeasurement | None]],
    teller: Teller,
) -> tuple[list[BulkItem], str | None]:
    """Return what became of a chunk, in its order, and why the work must stop if it must."""
    found: dict[int, BulkItem] = {}
    futures: dict[Future[BulkItem], int] = {}
    for place, each in enumerate(prepared):
        if isinstance(each, BulkItem):
            found[place] = each
            teller.tell(each)
        else:
            futures[pool.submit(fetcher.fetch, *each)] = place
    pending = set(futures)
    while pending:
        done, pending = wait(pending, return_when=FIRST_COMPLETED)
        for future in done:
            item = future.result()
            found[futures[future]] = item
            teller.tell(item)
    return [found[place] for place in range(len(prepared))], fetcher.stopped


def search_and_download(
    query: Query | Mapping[str, Any] | NeuroMorphoQueryFile,
    output_dir: str | Path,
    metadata_filename: str | None = "neuron_metadata.csv",
    max_concurrent: int = MAX_WORKERS,
    group_by: str | None = None,
    *,
    client: NeuroMorphoClient | None = None,
    mode: DownloadMode = "standard",
    fq: Sequence[str] | None = None,
    sort: str | None = None,
    limit: int | None = None,
    images: bool = False,
    measurements: bool = True,
    overwrite: bool = False,
    dry_run: bool = False,
    progress: ProgressCallback | None = None,
    cancel: threading.Event | None = None,
) -> BulkReport:
    """Search, write the metadata of all that matches, and download the files.

    Parameters
    ----------
    query
        A query, its text, a query file's content, or a mapping of fields to values.
    metadata_filename
        CSV of the metadata below `output_dir`, folders in it are made; the lossless JSON of the same
        name lies beside it. None for neither.
    client
        By default one of its own, at NeuroMorpho.Org, without a cache.
    sort
        By default the query file's, or by id.

    Returns
    -------
    BulkReport
        What landed and what failed, per cell; see `download_many` for the rest.
    """
    from neuromorpho.client import NeuroMorphoClient

    if client is None:
        with NeuroMorphoClient() as own:
            return search_and_download(
                query, output_dir, metadata_filename, max_concurrent, group_by, client=own,
                mode=mode, fq=fq, sort=sort, limit=limit, images=images, measurements=measurements,
                overwrite=overwrite, dry_run=dry_run, progress=progress, cancel=cancel,
            )  # fmt: skip
    asked = _query_file(query, sort)
    event = cancel or threading.Event()
    root = Path(output_dir).expanduser()
    found = search_all(
        client, asked.query, fq=fq, sort=asked.sort, limit=limit, max_concurrent=max_concurrent,
        progress=progress, cancel=event,
    )  # fmt: skip
    if metadata_filename is None or dry_run:
        listed: list[NeuroMorphoNeuron] = list(found)
    else:
        listed = _write_metadata(client, found, root / metadata_filename, measurements)
    return download_many(
        client, listed, root, mode=mode, group_by=group_by, images=images, measurements=measurements,
        max_concurrent=max_concurrent, overwrite=overwrite, dry_run=dry_run, progress=progress,
        cancel=event,
    )  # fmt: skip


def _write_metadata(
    client: NeuroMorphoClient,
    neurons: Iterator[NeuroMorphoNeuron],
    path: Path,
    measurements: bool,
) -> list[NeuroMorphoNeuron]:
    """Write both tables while the pages come; return the cells."""
    listed: list[NeuroMorphoNeuron] = []
    tables = (MetadataCSV(path), MetadataJSON(path.with_suffix(".json")))
    try:
        for chunk in _chunks(neurons, MAX_PAGE_SIZE):
            ids = [each.neuron_id for each in chunk]
            measured = client.get_measurements(ids) if measurements else {}
            for neuron in chunk:
                for table in tables:
                    table.add(neuron, measured.get(neuron.neuron_id))
            listed += chunk
    except BaseException:
        for table in tables:
            table.discard()
        raise
    for table in tables:
        table.finish()
    return listed


def _query_file(
    query: Query | Mapping[str, Any] | NeuroMorphoQueryFile, sort: str | None
) -> NeuroMorphoQueryFile:
    """Return the query and its order, whatever the form: neuromorphopy's built mapping too."""
    if isinstance(query, NeuroMorphoQueryFile):
        return query if sort is None else NeuroMorphoQueryFile(query.query, sort)
    if isinstance(query, str):
        return NeuroMorphoQueryFile(NeuroMorphoQuery(raw_q=(query,)), sort or DEFAULT_SORT)
    if isinstance(query, NeuroMorphoQuery):
        return NeuroMorphoQueryFile(query, sort or DEFAULT_SORT)
    content = dict(query)
    if not {"filters", "q", "fq"} & set(content):
        order = content.pop("_sort", None)
        ascending = order.get("order") != "desc" if isinstance(order, Mapping) else True
        content = {"filters": content}
        if isinstance(order, Mapping):
            content["sort"] = {"field": order.get("field"), "ascending": ascending}
    return _query_file(NeuroMorphoQueryFile.of(content), sort)


def _untried(each: NeuroMorphoNeuron | int) -> BulkItem:
    if isinstance(each, int):
        return BulkItem(each, "", "waiting")
    return BulkItem(each.neuron_id, each.neuron_name, "waiting")


def _chunks(items: Iterable[_Item], size: int) -> Iterator[list[_Item]]:
    each = iter(items)
    while chunk := list(islice(each, size)):
        yield chunk
