"""`Library`: all records that were ever downloaded, searched without the network.

One SQLite file has the complete records and the index to find them. Any number of processes and threads
read and write it at once: a write is one transaction, a search sees one state of the file. `schema`
describes the tables, `columns` how they are searched fast.
"""

from __future__ import annotations

import contextlib
import json
import sqlite3
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self, TypeVar

from neuromorpho.cache.sqlite_errors import BUSY_TIMEOUT_S
from neuromorpho.errors import NeuroMorphoCacheError, NeuroMorphoError, NeuroMorphoStorageError
from neuromorpho.library.codec import unpack
from neuromorpho.library.columns import (
    NUMBER_FIELDS,
    VIEWS,
    Codes,
    DamagedColumnError,
    number_field,
)
from neuromorpho.library.results import LibraryFile, LibraryPage
from neuromorpho.library.schema import connect, translate_sqlite_errors
from neuromorpho.library.write import WriteTransaction
from neuromorpho.records.measurements import NeuroMorphoMeasurement
from neuromorpho.records.models import NeuroMorphoNeuron
from neuromorpho.records.parsing import neuron_id_of

if TYPE_CHECKING:
    from neuromorpho.library.index import Index

__all__ = ["FACET_FIELDS", "RANGE_FIELDS", "Library", "LibraryFile", "LibraryPage"]

T = TypeVar("T")
BATCH = 4096  # records per transaction: other processes can write between two
FACET_FIELDS = tuple(VIEWS)
RANGE_FIELDS = NUMBER_FIELDS


class Library:
    """The library in one file, which is created if it does not exist.

    Parameters
    ----------
    path
        Its file, usually ``<cache folder>/library.sqlite``.

    Raises
    ------
    NeuroMorphoStorageError
        It can be neither written nor read. If it can only be read, `read_only` is True.
    NeuroMorphoCacheError
        The file is damaged (`repair.repair_library` rebuilds it), another program's, or newer.
    """

    def __init__(self, path: Path | str) -> None:
        self.path = Path(path).expanduser().absolute()
        self._connections: dict[threading.Thread, sqlite3.Connection] = {}
        self._lock = threading.RLock()
        self._closed = False
        self._index: Index | None = None
        self._codes: Codes = {}
        self.read_only = False
        self._connection()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __len__(self) -> int:
        return int(self._rows("SELECT count(*) FROM records")[0][0])

    def __contains__(self, neuron_id: int) -> bool:
        return bool(self._rows_of("1", "records", neuron_id))

    def close(self) -> None:
        """Close the connections of all threads; the library cannot be used afterwards."""
        with self._lock:
            self._closed = True
            for connection in self._connections.values():
                connection.close()
            self._connections.clear()
            self._index = None

    # Writing -----------------------------------------------------------------------------------------

    def add(
        self,
        neurons: Iterable[NeuroMorphoNeuron | Mapping[str, Any]],
        *,
        measurements: Mapping[int, Mapping[str, Any]] | None = None,
        source: str = "",
    ) -> int:
        """Add records, and their raw measurements by id; return how many were new or changed.

        Every 4,096 records are one transaction, so they may come from a long stream.

        Raises
        ------
        ValueError
            An item is not a record: it has no id or no name.
        NeuroMorphoStorageError
            The disk is full or the library is read-only; the transactions before stay.
        """
        return self._write_in_batches(
            neurons,
            lambda transaction, batch: transaction.add(batch, measurements or {}, source),
        )

    def add_measurements(self, measurements: Iterable[Mapping[str, Any]]) -> int:
        """Add raw measurements, each with its ``neuron_id``; return how many were new or changed."""
        return self._write_in_batches(measurements, WriteTransaction.add_measurements)

    def add_file(self, neuron_id: int, kind: str, path: Path, size: int, sha256: str) -> None:
        """Add a cell's file (`kind` is "standard" or "original"); it replaces the one of this kind."""
        path, folder = Path(path).expanduser().absolute(), self.path.parent
        stored = path.relative_to(folder).as_posix() if path.is_relative_to(folder) else str(path)
        with self.writing() as transaction:
            transaction.add_file(neuron_id_of(neuron_id), kind, stored, size, sha256)

    def remove(self, ids: Iterable[int]) -> int:
        """Remove cells with their measurements and file entries, not the files; return how many."""
        wanted = sorted({neuron_id_of(neuron_id) for neuron_id in ids})
        return self._write_in_batches(wanted, WriteTransaction.remove)

    def _write_in_batches(
        self, items: Iterable[T], write: Callable[[WriteTransaction, list[T]], int]
    ) -> int:
        """Write items, each batch in one transaction; return the sum of what `write` returns."""
        n_changed = 0
        stream = iter(items)
        while batch := list(islice(stream, BATCH)):
            with self.writing() as transaction:
                n_changed += write(transaction, batch)
        return n_changed

    def clear(self) -> int:
        """Remove everything and free the disk space; return how many cells there were."""
        with self.writing() as transaction:
            n_removed = transaction.clear()
        with translate_sqlite_errors(self.path), contextlib.suppress(sqlite3.OperationalError):
            # Fails while another process reads; then a later call frees the space.
            self._connection().execute("VACUUM")
        return n_removed

    # Reading -----------------------------------------------------------------------------------------

    def record(self, neuron_id: int) -> NeuroMorphoNeuron | None:
        """Return a cell; None if the library does not have it.

        Raises
        ------
        NeuroMorphoCacheError
            Its record is damaged.
        """
        rows = self._rows_of("payload", "records", neuron_id)
        return self._neuron(neuron_id, rows[0][0]) if rows else None

    def records(self, ids: Iterable[int]) -> list[NeuroMorphoNeuron]:
        """Return the cells that the library has, in the order of the ids."""
        found = (self.record(neuron_id) for neuron_id in ids)
        return [neuron for neuron in found if neuron is not None]

    def named(self, name: str) -> tuple[NeuroMorphoNeuron, ...]:
        """Return the cells with a name; upper and lower case are the same."""
        rows = self._rows(
            "SELECT neuron_id, payload FROM records WHERE name COLLATE NOCASE = ? ORDER BY 1", name
        )
        return tuple(self._neuron(neuron_id, payload) for neuron_id, payload in rows)

    def ids(self) -> tuple[int, ...]:
        """Return the ids of all cells, rising."""
        rows = self._rows("SELECT neuron_id FROM records ORDER BY neuron_id")
        return tuple(neuron_id for (neuron_id,) in rows)

    def measurement(self, neuron_id: int) -> NeuroMorphoMeasurement | None:
        """Return a cell's morphometry; None if the library does not have it."""
        rows = self._rows_of("payload", "measurements", neuron_id)
        if not rows:
            return None
        try:
            return NeuroMorphoMeasurement.from_payload(unpack(rows[0][0]))
        except ValueError as error:
            raise self._damage_error(neuron_id, "measurement", error) from error

    def files(self, neuron_id: int) -> tuple[LibraryFile, ...]:
        """Return the files of a cell that were added."""
        rows = self._rows_of("kind, path, size, sha256", "files", neuron_id)
        return tuple(
            LibraryFile(kind, self.path.parent / path, size, sha256)
            for kind, path, size, sha256 in sorted(rows, reverse=True)
        )

    def search(
        self,
        text: str = "",
        criteria: Mapping[str, Sequence[str] | str] | None = None,
        *,
        ranges: Mapping[str, tuple[float | None, float | None]] | None = None,
        sort: str = "neuron_id,asc",
        limit: int | None = 50,
        offset: int = 0,
        with_files: bool | None = None,
        facets: Sequence[str] = (),
        widen_facets: bool = False,
    ) -> LibraryPage:
        """Search all records.

        Parameters
        ----------
        text
            Words: each must begin a word of the name, archive, species, regions, types, strain or note.
            Or an id as ``NMO_00001``.
        criteria
            Values by field, compared completely, with any value of a list; several values OR, several
            fields AND. A value that no record has is compared without case. Fields: `FACET_FIELDS`,
            ``neuron_id``, ``neuron_name``.
        ranges
            Lowest and highest number by field, both included, None for no limit; `RANGE_FIELDS`.
        sort
            Any of these fields, and ``,asc`` or ``,desc``; unknown values come last.
        limit, offset
            The page; None for all cells from `offset` on.
        with_files
            True for cells with a file on disk, False for those without.
        facets
            Fields whose values are counted in the hits.
        widen_facets
            Count a facet as if its own field had no criterion: what else could be chosen.

        Raises
        ------
        NeuroMorphoQueryError
            A field is unknown.
        """
        from neuromorpho.library.search import Matches

        start = time.perf_counter()
        with self._searching() as (connection, index):
            matches = Matches(index, text, criteria, ranges, with_files)
            names = (facets,) if isinstance(facets, str) else facets
            counts = {name: matches.facet(name, widen=widen_facets) for name in names}
            items, damaged = self._page(connection, matches.page(sort, limit, offset))
        return LibraryPage(items, matches.total, counts, time.perf_counter() - start, damaged)

    def extent(self, field: str) -> tuple[float, float] | None:
        """Return the lowest and the highest number of one of `RANGE_FIELDS`; None if no cell has one.

        Raises
        ------
        NeuroMorphoQueryError
            The field is not a number.
        """
        with self._searching() as (_, index):
            numbers = index.column(number_field(field))
            known = numbers[numbers == numbers]  # without NaN
            return (float(known.min()), float(known.max())) if len(known) else None

    def size(self) -> int:
        """Return the bytes of the library on disk."""
        names = (self.path.with_name(self.path.name + ending) for ending in ("", "-wal", "-shm"))
        return sum(path.stat().st_size for path in names if path.exists())

    # Inside ------------------------------------------------------------------------------------------

    def _connection(self) -> sqlite3.Connection:
        """Return this thread's connection; close those of threads that ended."""
        this = threading.current_thread()
        if found := self._connections.get(this):
            return found
        with self._lock:
            if self._closed:
                raise NeuroMorphoStorageError(
                    f"The library {self.path} has been closed; open it again.",
                    path=self.path,
                    code="closed",
                    hint="",
                )
            for thread in [each for each in self._connections if not each.is_alive()]:
                self._connections.pop(thread).close()
            self._connections[this], self.read_only = connect(self.path)
            return self._connections[this]

    @contextlib.contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """Yield a connection that sees one state of the library until the end."""
        with translate_sqlite_errors(self.path):
            connection = self._connection()
            connection.execute("BEGIN")
            try:
                yield connection
            finally:
                connection.rollback()

    @contextlib.contextmanager
    def _searching(self) -> Iterator[tuple[sqlite3.Connection, Index]]:
        """Yield a connection as `reading`, and the index in the same state, for this thread alone."""
        from neuromorpho.library.index import Index  # imports numpy, which writing does not need

        with self._lock, self.reading() as connection:
            try:
                self._index = self._index or Index()
                self._index.refresh(connection)
                yield connection, self._index
            except NeuroMorphoError:  # a query error is a ValueError too
                raise
            except (ValueError, IndexError) as error:  # a block, or a term that it names
                self._index = None
                raise self._index_error(error) from error

    def _index_error(self, error: Exception) -> NeuroMorphoCacheError:
        return NeuroMorphoCacheError(
            f"The index of the library {self.path} is damaged ({error}).", path=self.path
        )

    @contextlib.contextmanager
    def writing(self, wait_s: float = BUSY_TIMEOUT_S) -> Iterator[WriteTransaction]:
        """Yield a write transaction, which is committed completely or not at all.

        Parameters
        ----------
        wait_s
            For how long to wait where another process writes; searches go on meanwhile.
        """
        with translate_sqlite_errors(self.path):
            connection = self._connection()
            if self.read_only:
                raise NeuroMorphoStorageError(
                    f"The library {self.path} is read-only; choose another cache folder.",
                    path=self.path,
                    hint="choose-cache-folder",
                )
            try:
                connection.execute(f"PRAGMA busy_timeout={round(1000 * wait_s)}")
                connection.execute("BEGIN IMMEDIATE")
                with self._lock:
                    codes, self._codes = self._codes, {}  # forgotten if the transaction fails
                    transaction = WriteTransaction(connection, codes)
                    yield transaction
                    transaction.finish()
                    connection.execute("COMMIT")
                    self._codes = codes
            except DamagedColumnError as error:
                raise self._index_error(error) from error
            finally:
                connection.rollback()  # unless it is committed
                connection.execute(f"PRAGMA busy_timeout={round(1000 * BUSY_TIMEOUT_S)}")

    def _rows(self, statement: str, *parameters: object) -> list[Any]:
        with translate_sqlite_errors(self.path):
            return self._connection().execute(statement, parameters).fetchall()

    def _rows_of(self, columns: str, table: str, neuron_id: int) -> list[Any]:
        statement = f"SELECT {columns} FROM {table} WHERE neuron_id = ?"
        return self._rows(statement, neuron_id_of(neuron_id))

    def _page(
        self, connection: sqlite3.Connection, ids: list[int]
    ) -> tuple[tuple[NeuroMorphoNeuron, ...], tuple[int, ...]]:
        rows = connection.execute(
            "SELECT neuron_id, payload FROM records "
            "WHERE neuron_id IN (SELECT value FROM json_each(?))",
            (json.dumps(ids),),
        )
        payloads = dict(rows.fetchall())
        items, damaged = [], []
        for neuron_id in ids:
            try:
                items.append(self._neuron(neuron_id, payloads.get(neuron_id, b"")))
            except NeuroMorphoCacheError:
                damaged.append(neuron_id)
        return tuple(items), tuple(damaged)

    def _neuron(self, neuron_id: int, payload: bytes) -> NeuroMorphoNeuron:
        try:
            return NeuroMorphoNeuron.from_payload(unpack(payload))
        except (KeyError, ValueError) as error:
            raise self._damage_error(neuron_id, "record", error) from error

    def _damage_error(self, neuron_id: int, what: str, error: Exception) -> NeuroMorphoCacheError:
        return NeuroMorphoCacheError(
            f"The {what} of neuron {neuron_id} in {self.path} is damaged ({error}).", path=self.path
        )
