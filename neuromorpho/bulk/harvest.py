"""Harvests all records of a query into the library or a file; resumes after an interruption, as it may take hours.

The complete pages are listed in a journal; see `harvest_journal`. If the archive has another number of cells when
a harvest resumes, its pages have shifted, and the harvest starts again.
"""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Generator, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from neuromorpho.api import MAX_PAGE_SIZE, ArchiveClient, Query
from neuromorpho.bulk.harvest_journal import HarvestJournal
from neuromorpho.bulk.report import ProgressCallback, ProgressReporter
from neuromorpho.bulk.search_all import MAX_WORKERS, fetch_ahead, workers_of
from neuromorpho.bulk.tables import csv_table, json_table
from neuromorpho.errors import NeuroMorphoQueryError
from neuromorpho.query.query import DEFAULT_SORT, compile_query
from neuromorpho.records.gc_pause import allow_gc_pauses
from neuromorpho.records.measurements import NeuroMorphoMeasurement
from neuromorpho.records.models import NeuroMorphoNeuron, NeuroMorphoSearchPage

JOURNAL_SUFFIX = ".harvest"


@dataclass(frozen=True)
class HarvestReport:
    """The result of a harvest.

    Attributes
    ----------
    n_cells : int
        Cells that it put into the file or the library, each once.
    n_before : int
        How many of these are from an earlier, interrupted run.
    total : int
        How many the archive has, by its own count.
    """

    n_cells: int
    n_before: int
    total: int
    path: Path


@dataclass(frozen=True)
class _HarvestedPage:
    """A page, and the morphometry of its cells."""

    page: NeuroMorphoSearchPage
    measured: dict[int, NeuroMorphoMeasurement]


def harvest_to_file(
    client: ArchiveClient, query: Query, path: str | Path, **options: Any
) -> HarvestReport:
    """Write all cells that match to a JSON or a CSV file, which appears when it is complete.

    Parameters
    ----------
    path
        ``.json`` (lossless) or ``.csv`` (tidy). The journal is ``<path>.harvest``.
    options
        See `harvest_to_library`.

    Raises
    ------
    NeuroMorphoQueryError
        The file name has another suffix.
    """
    path = Path(path).expanduser()
    if path.suffix.lower() not in (".csv", ".json"):
        raise NeuroMorphoQueryError(f"{path} must end in .json or .csv; change the name.")
    journal = path.with_name(path.name + JOURNAL_SUFFIX)
    return _harvest(client, query, journal, path, **options)


def harvest_to_library(client: ArchiveClient, query: Query, **options: Any) -> HarvestReport:
    """Put the records of all cells that match into the client's library.

    Parameters
    ----------
    fq
        Additional clauses.
    limit
        The most cells; None for all.
    measurements
        Fetch the morphometry too, with one request for each page.
    page_size
        Cells of a request, 1 to 500.
    max_concurrent
        Pages requested at once, 1 to 5.
    restart
        Discard what an earlier run fetched.
    progress
        Called now and then from this thread.

    Raises
    ------
    ValueError
        The client has no library.
    NeuroMorphoError
        A page cannot be fetched, or the library cannot be written; complete pages stay, and the same
        call resumes there.
    """
    library = client.library
    if library is None or client.cache_dir is None:
        raise client.library_problem or ValueError(
            "The client has no library to harvest into; give it a cache_dir."
        )
    q, fq = compile_query(query, options.get("fq"))
    request = json.dumps([client.site.root, q, fq, options.get("limit")])
    name = hashlib.sha256(request.encode("utf-8", "surrogatepass")).hexdigest()[:16]
    journal = client.cache_dir / "harvests" / f"{name}{JOURNAL_SUFFIX}"
    return _harvest(client, query, journal, None, **options)


@dataclass(frozen=True)
class _HarvestRequest:
    """What is harvested."""

    q: str
    fq: tuple[str, ...]
    limit: int | None
    page_size: int
    measurements: bool


@allow_gc_pauses()
def _harvest(
    client: ArchiveClient,
    query: Query,
    journal_path: Path,
    path: Path | None,
    *,
    fq: Sequence[str] | None = None,
    limit: int | None = None,
    measurements: bool = True,
    page_size: int = MAX_PAGE_SIZE,
    max_concurrent: int = MAX_WORKERS,
    restart: bool = False,
    progress: ProgressCallback | None = None,
) -> HarvestReport:
    q, clauses = compile_query(query, fq)
    request = _HarvestRequest(q, tuple(clauses), limit, page_size, measurements)
    header = {"host": client.site.root, **asdict(request), "fq": clauses}
    journal = HarvestJournal(journal_path, header, holds_cells=path is not None)
    try:
        journal.open(restart)
        n_before = journal.n_cells
        if not _fetch_pages(client, request, journal, max_concurrent, progress):
            journal.restart()
            n_before = 0
            _fetch_pages(client, request, journal, max_concurrent, progress)
        if path is not None:
            _write_table(journal, path)
        journal.remove()
    finally:
        journal.close()
    return HarvestReport(journal.n_cells, n_before, journal.total, path or _library_path(client))


def _fetch_pages(
    client: ArchiveClient,
    request: _HarvestRequest,
    journal: HarvestJournal,
    max_concurrent: int,
    progress: ProgressCallback | None,
) -> bool:
    """Fetch the pages that the journal lacks; return False if the archive has changed since it was written."""
    total, limit, reporter = journal.total, request.limit, None
    if limit is not None and journal.n_cells >= limit:
        return True
    # `_add_to_library` writes a page at once; the client would write each response.
    source = client if journal.holds_cells else client.without_library()
    with closing(_pages(source, request, journal.next_page, max_concurrent)) as pages:
        for harvested in pages:
            now = harvested.page.total_elements
            if journal.next_page and reporter is None and now != total:
                return False
            reporter = reporter or ProgressReporter(progress, now, limit)
            cells = [each for each in harvested.page.items if journal.seen.is_new(each.neuron_id)]
            cells = cells if limit is None else cells[: limit - journal.n_cells]
            if not journal.holds_cells:
                _add_to_library(client, cells, harvested.measured)
            journal.append(harvested.page, cells, harvested.measured)
            reporter.report_found(journal.n_cells, cells[-1].neuron_name if cells else "")
            if limit is not None and journal.n_cells >= limit:
                break
    return True


def _library_path(client: ArchiveClient) -> Path:
    """Return where a client's library is."""
    assert client.library is not None
    return client.library.path


def _add_to_library(
    client: ArchiveClient,
    cells: Sequence[NeuroMorphoNeuron],
    measured: dict[int, NeuroMorphoMeasurement],
) -> None:
    """Put cells into the library; a failure ends the harvest."""
    assert client.library is not None
    raw = {each: dict(found.raw) for each, found in measured.items()}
    client.library.add(cells, measurements=raw, source=client.site.root)


def _pages(
    client: ArchiveClient, request: _HarvestRequest, start: int, max_concurrent: int
) -> Generator[_HarvestedPage, None, None]:
    """Yield the pages from one on, in order; a few are requested ahead."""
    stop = threading.Event()
    source = client.with_cancel(stop)

    def fetch(number: int) -> _HarvestedPage:
        page = source.search(
            request.q, fq=request.fq, size=request.page_size, page=number, sort=DEFAULT_SORT
        )
        ids = [each.neuron_id for each in page.items] if request.measurements else []
        return _HarvestedPage(page, source.get_measurements(ids) if ids else {})

    first = fetch(start)
    if not first.page.items:
        return
    yield first
    numbers = range(start + 1, first.page.total_pages)
    yield from fetch_ahead(lambda n, _: fetch(n), numbers, workers_of(max_concurrent), stop)


def _write_table(journal: HarvestJournal, path: Path) -> None:
    table = csv_table if path.suffix.lower() == ".csv" else json_table
    with table(path) as add:
        for cell in journal.cells():
            raw = cell["measurement"]
            measured = NeuroMorphoMeasurement.from_payload(raw) if raw else None
            add(NeuroMorphoNeuron.from_payload(cell["neuron"]), measured)
