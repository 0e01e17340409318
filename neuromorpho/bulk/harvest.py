"""A harvest that may take hours, and goes on where it was cut short: into the library or into a file.

The pages that have landed are in a journal, one line for each page, written and synced before the next is
counted. A line that a crash tore is cut off. The journal goes away when the harvest is whole. Should the
archive hold another number of cells when it goes on, its pages have shifted, and it starts anew.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import threading
from collections import deque
from collections.abc import Generator, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from neuromorpho.api import MAX_PAGE_SIZE, Query
from neuromorpho.bulk.report import ProgressCallback, ProgressReporter
from neuromorpho.bulk.search_all import MAX_WORKERS, SeenIds, workers_of
from neuromorpho.bulk.tables import MetadataCSV, MetadataJSON
from neuromorpho.errors import NeuroMorphoQueryError, NeuroMorphoStorageError, storage_code
from neuromorpho.query.query import DEFAULT_SORT, compile_query
from neuromorpho.records.gc_pause import allow_gc_pauses
from neuromorpho.records.measurements import NeuroMorphoMeasurement
from neuromorpho.records.models import NeuroMorphoNeuron, NeuroMorphoSearchPage

if TYPE_CHECKING:
    from filelock import BaseFileLock

    from neuromorpho.client_protocol import ArchiveClient

JOURNAL_SUFFIX = ".harvest"
_NO_LOCKS = {errno.ENOLCK, errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP}  # some network disks


@dataclass(frozen=True)
class HarvestReport:
    """What a harvest brought.

    Attributes
    ----------
    n_cells : int
        All that are in the file or the library by it, each once.
    n_before : int
        Of these, how many an earlier, cut short run had brought.
    total : int
        How many the archive said to have.
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
    """Write all the cells that match to a JSON or a CSV file, which is there once it is whole.

    Parameters
    ----------
    path
        ``.json`` (lossless) or ``.csv`` (tidy). The journal is ``<path>.harvest`` beside it.
    options
        As of `harvest_to_library`.

    Raises
    ------
    NeuroMorphoQueryError
        The file's name has another ending.
    """
    path = Path(path).expanduser()
    if path.suffix.lower() not in (".csv", ".json"):
        raise NeuroMorphoQueryError(f"{path} must end in .json or .csv; give such a name.")
    journal = path.with_name(path.name + JOURNAL_SUFFIX)
    return _harvest(client, query, journal, path, **options)


def harvest_to_library(client: ArchiveClient, query: Query, **options: Any) -> HarvestReport:
    """Bring the records of all the cells that match into the client's library.

    Parameters
    ----------
    fq
        Further clauses.
    limit
        The most cells; None for all.
    measurements
        Bring the morphometry too, a request for each page.
    page_size
        Cells of a request, 1 to 500.
    max_concurrent
        Pages asked for at once, 1 to 5.
    restart
        Forget what an earlier run brought.
    progress
        Called now and then from this thread.

    Raises
    ------
    ValueError
        The client has no library.
    NeuroMorphoError
        A page could not be had, or the library cannot take it in; what landed stays, and the same call
        goes on from there.
    """
    library = client.library
    if library is None or client.cache_dir is None:
        raise client.library_problem or ValueError(
            "The client has no library to harvest into; give it a cache_dir."
        )
    q, fq = compile_query(query, options.get("fq"))
    asked = json.dumps([client.site.root, q, fq, options.get("limit")])
    name = hashlib.sha256(asked.encode("utf-8", "surrogatepass")).hexdigest()[:16]
    journal = client.cache_dir / "harvests" / f"{name}{JOURNAL_SUFFIX}"
    return _harvest(client, query, journal, None, **options)


@dataclass(frozen=True)
class _HarvestRequest:
    """What a harvest is of."""

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
    asked = _HarvestRequest(q, tuple(clauses), limit, page_size, measurements)
    told = {"host": client.site.root, **asdict(asked), "fq": clauses}
    journal = _ResumeLog(journal_path, told, holds_cells=path is not None)
    try:
        journal.open(restart)
        n_before = journal.n_cells
        if not _fetch_pages(client, asked, journal, max_concurrent, progress):
            journal.restart()
            n_before = 0
            _fetch_pages(client, asked, journal, max_concurrent, progress)
        if path is not None:
            _write_table(journal, path)
        journal.remove()
    finally:
        journal.close()
    return HarvestReport(journal.n_cells, n_before, journal.total, path or _library_path(client))


def _fetch_pages(
    client: ArchiveClient,
    asked: _HarvestRequest,
    journal: _ResumeLog,
    max_concurrent: int,
    progress: ProgressCallback | None,
) -> bool:
    """Bring the pages that the journal does not have; False where it no longer fits what is there."""
    total, limit, reporter = journal.total, asked.limit, None
    if limit is not None and journal.n_cells >= limit:
        return True
    source = (
        client if journal.holds_cells else client.without_library()
    )  # `_put` keeps them, all at once
    with closing(_pages(source, asked, journal.next_page, max_concurrent)) as pages:
        for landed in pages:
            now = landed.page.total_elements
            if journal.next_page and reporter is None and now != total:
                return False
            reporter = reporter or ProgressReporter(progress, now, limit)
            cells = [each for each in landed.page.items if journal.seen.is_new(each.neuron_id)]
            cells = cells if limit is None else cells[: limit - journal.n_cells]
            if not journal.holds_cells:
                _add_to_library(client, cells, landed.measured)
            journal.append(landed, cells)
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
    """Put cells into the library, and let its failure end the harvest: it is what the harvest is for."""
    assert client.library is not None
    raw = {each: dict(found.raw) for each, found in measured.items()}
    client.library.add(cells, measurements=raw, source=client.site.root)


def _pages(
    client: ArchiveClient, asked: _HarvestRequest, start: int, max_concurrent: int
) -> Generator[_HarvestedPage, None, None]:
    """Yield the pages from one on, in order, a few of them on their way."""
    stop = threading.Event()
    worker = client.with_cancel(stop)

    def ask(number: int) -> _HarvestedPage:
        page = worker.search(
            asked.q, fq=asked.fq, size=asked.page_size, page=number, sort=DEFAULT_SORT
        )
        ids = [each.neuron_id for each in page.items] if asked.measurements else []
        return _HarvestedPage(page, worker.get_measurements(ids) if ids else {})

    first = ask(start)
    if not first.page.items:
        return
    yield first
    workers = workers_of(max_concurrent)
    under_way: deque[Future[_HarvestedPage]] = deque()
    with ThreadPoolExecutor(workers, thread_name_prefix="neuromorpho-harvest") as pool:
        try:
            for number in range(start + 1, first.page.total_pages):
                under_way.append(pool.submit(ask, number))
                if len(under_way) > workers:
                    yield under_way.popleft().result()
            while under_way:
                yield under_way.popleft().result()
        finally:
            stop.set()
            for future in under_way:
                future.cancel()


def _write_table(journal: _ResumeLog, path: Path) -> None:
    table = MetadataCSV(path) if path.suffix.lower() == ".csv" else MetadataJSON(path)
    try:
        for cell in journal.cells():
            raw = cell["measurement"]
            measured = NeuroMorphoMeasurement.from_payload(raw) if raw else None
            table.add(NeuroMorphoNeuron.from_payload(cell["neuron"]), measured)
    except BaseException:
        table.discard()
        raise
    table.finish()


class _ResumeLog:
    """The pages that landed.

    Parameters
    ----------
    asked
        What the harvest is of; a journal of another one is refused.
    holds_cells
        The cells are in it, and not in the library.
    """

    def __init__(self, path: Path, asked: dict[str, Any], *, holds_cells: bool) -> None:
        self.path, self._asked = path, asked
        self.holds_cells = holds_cells
        self._file: IO[bytes] | None = None
        self._lock: BaseFileLock | None = None
        self.seen = SeenIds()
        self.next_page = self.n_cells = self.total = 0

    def open(self, restart: bool) -> None:
        """Read what is there, and be ready to go on."""
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._lock = self._acquired_lock()
            self._file = open(self.path, "a+b")  # noqa: SIM115
            self._file.seek(0)
            end = 0 if restart else self._read(self._file)
            self._file.seek(end)
            self._file.truncate()
        except OSError as error:
            raise self._write_error(error) from error
        if end == 0:
            self._write({"asked": self._asked})

    def _acquired_lock(self) -> BaseFileLock | None:
        """Return the lock that keeps other harvests out until `close`; None on a disk that has no locks.

        The operating system releases it when the process ends, however it ends.
        """
        from filelock import FileLock, Timeout

        lock = FileLock(f"{self.path}.lock", thread_local=False)
        try:
            lock.acquire(blocking=False)
        except Timeout as error:
            raise NeuroMorphoStorageError(
                f"Another harvest is writing {self.path}; wait until it ends, or give another file.",
                path=self.path,
                code="in-use",
            ) from error
        except OSError as error:
            if error.errno not in _NO_LOCKS:
                raise
            return None
        return lock

    def restart(self) -> None:
        """Forget what is there."""
        self.close()
        self.seen = SeenIds()
        self.next_page = self.n_cells = self.total = 0
        self.open(restart=True)

    def _read(self, file: IO[bytes]) -> int:
        """Take in the whole lines; return where they end."""
        end = 0
        for line in file:
            try:
                told = json.loads(line) if line.endswith(b"\n") else None
            except ValueError:
                told = None
            if told is None:
                break  # torn by a crash
            end += len(line)
            if "asked" in told:
                self._check(told["asked"])
                continue
            self.next_page, self.total = told["page"] + 1, told["total"]
            self.n_cells += len(told["ids"])
            for neuron_id in told["ids"]:
                self.seen.is_new(neuron_id)
        return end

    def _check(self, asked: Any) -> None:
        if asked != self._asked:
            raise NeuroMorphoQueryError(
                f"{self.path} belongs to another harvest that was interrupted; finish that one, or "
                "restart to discard it.",
                code="other-harvest",
                hint="restart-harvest",
            )

    def append(self, landed: _HarvestedPage, cells: Sequence[NeuroMorphoNeuron]) -> None:
        """Put down a page."""
        page = landed.page
        told: dict[str, Any] = {
            "page": page.page,
            "total": page.total_elements,
            "ids": [each.neuron_id for each in cells],
        }
        if self.holds_cells:
            told["cells"] = [_cell(each, landed.measured.get(each.neuron_id)) for each in cells]
        self._write(told)
        self.next_page, self.total = page.page + 1, page.total_elements
        self.n_cells += len(cells)

    def cells(self) -> Iterator[dict[str, Any]]:
        """Yield every cell of a file's journal."""
        with open(self.path, "rb") as file:
            for line in file:
                yield from json.loads(line).get("cells", ())

    def close(self) -> None:
        """Close the file, which stays, and release the lock."""
        if self._file is not None:
            self._file.close()
        if self._lock is not None:
            self._lock.release()

    def remove(self) -> None:
        """Remove the file and its lock; before the release, where the system can remove open files."""
        if os.name == "nt":
            self.close()
        self.path.unlink(missing_ok=True)
        Path(f"{self.path}.lock").unlink(missing_ok=True)

    def _write(self, told: dict[str, Any]) -> None:
        assert self._file is not None
        try:
            self._file.write(json.dumps(told).encode() + b"\n")
            self._file.flush()
            os.fsync(self._file.fileno())
        except OSError as error:
            raise self._write_error(error) from error

    def _write_error(self, error: OSError) -> NeuroMorphoStorageError:
        return NeuroMorphoStorageError(
            f"{self.path} cannot be written ({error.strerror or error}); choose another folder.",
            path=self.path,
            code=storage_code(error),
        )


def _cell(neuron: NeuroMorphoNeuron, measurement: NeuroMorphoMeasurement | None) -> dict[str, Any]:
    raw = None if measurement is None else dict(measurement.raw)
    return {"neuron": neuron.payload, "measurement": raw}
