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
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from neuromorpho.api import MAX_PAGE_SIZE, ArchiveClient, Query
from neuromorpho.bulk.harvest_journal import HarvestJournal
from neuromorpho.bulk.report import ProgressCallback, ProgressReporter
from neuromorpho.bulk.search_all import MAX_WORKERS, fetch_ahead, workers_of
from neuromorpho.bulk.tables import csv_table, json_table
from neuromorpho.errors import NeuroMorphoQueryError
from neuromorpho.query.query import compile_query
from neuromorpho.records.gc_pause import allow_gc_pauses
from neuromorpho.records.measurements import NeuroMorphoMeasurement
from neuromorpho.records.models import NeuroMorphoSearchPage

if TYPE_CHECKING:
    from neuromorpho.library.library import Library

JOURNAL_SUFFIX = ".harvest"
_TABLES = {".csv": csv_table, ".json": json_table}
_MeasuredPage = tuple[NeuroMorphoSearchPage, dict[int, NeuroMorphoMeasurement]]


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
    if path.suffix.lower() not in _TABLES:
        raise NeuroMorphoQueryError(f"{path} must end in .json or .csv; change the name.")
    journal = path.with_name(path.name + JOURNAL_SUFFIX)
    return _Harvest(client, query, path, **options).run(journal)


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
    return _Harvest(client, query, library.path, library, **options).run(journal)


@dataclass(frozen=True)
class _Harvest:
    """One harvest into a library, or into a table where there is none; `harvest_to_library` has the options."""

    client: ArchiveClient
    query: Query
    path: Path
    library: Library | None = None
    fq: Sequence[str] | None = None
    limit: int | None = None
    measurements: bool = True
    page_size: int = MAX_PAGE_SIZE
    max_concurrent: int = MAX_WORKERS
    restart: bool = False
    progress: ProgressCallback | None = None

    @allow_gc_pauses()
    def run(self, path: Path) -> HarvestReport:
        """Harvest what the journal at a path lacks."""
        q, clauses = compile_query(self.query, self.fq)
        request = {
            "host": self.client.site.root,
            "q": q,
            "fq": clauses,
            "limit": self.limit,
            "page_size": self.page_size,
            "measurements": self.measurements,
        }
        is_table = self.library is None
        with closing(
            HarvestJournal(path, request, holds_cells=is_table, restart=self.restart)
        ) as journal:
            n_before = journal.n_cells
            if not self._fetch_pages(journal):
                journal.clear()
                n_before = 0
                self._fetch_pages(journal)
            if is_table:
                with _TABLES[self.path.suffix.lower()](self.path) as add:
                    for neuron, measured in journal.cells():
                        add(neuron, measured)
            journal.remove()
        return HarvestReport(journal.n_cells, n_before, journal.total, self.path)

    def _fetch_pages(self, journal: HarvestJournal) -> bool:
        """Fetch the pages that the journal lacks; return False if the archive has changed since it was written."""
        limit, reporter = self.limit, None
        if limit is not None and journal.n_cells >= limit:
            return True
        with closing(self._pages(journal.next_page)) as pages:
            for page, measured in pages:
                now = page.total_elements
                if journal.next_page and reporter is None and now != journal.total:
                    return False
                reporter = reporter or ProgressReporter(self.progress, now, limit)
                cells = journal.seen.new_of(page.items, limit)
                if self.library is not None:
                    raw = {each: dict(found.raw) for each, found in measured.items()}
                    self.library.add(cells, measurements=raw, source=self.client.site.root)
                journal.append(page, cells, measured)
                reporter.report_found(journal.n_cells, cells[-1].neuron_name if cells else "")
                if limit is not None and journal.n_cells >= limit:
                    break
        return True

    def _pages(self, start: int) -> Generator[_MeasuredPage, None, None]:
        """Yield the pages from one on, in the order of ids (the default); a few are requested ahead."""
        stop = threading.Event()
        client = self.client.with_cancel(stop)
        if self.library is not None:  # `_fetch_pages` adds a page at once, not each response
            client = client.without_library()

        def fetch(number: int, _: threading.Event | None = None) -> _MeasuredPage:
            page = client.search(self.query, fq=self.fq, size=self.page_size, page=number)
            ids = [each.neuron_id for each in page.items] if self.measurements else []
            return page, client.get_measurements(ids)

        first, measured = fetch(start)
        if first.items:
            yield first, measured
            numbers = range(start + 1, first.total_pages)
            yield from fetch_ahead(fetch, numbers, workers_of(self.max_concurrent), stop)
