"""Finds and repairs damage in a library: row by row while the file is readable, else by rebuilding the file."""

from __future__ import annotations

import contextlib
import os
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from neuromorpho.cache.cache import NeuroMorphoCache
from neuromorpho.cache.files import sha256_of
from neuromorpho.cache.metadata import download_items, item_path
from neuromorpho.errors import NeuroMorphoCacheError, NeuroMorphoStorageError
from neuromorpho.library.codec import unpack
from neuromorpho.library.columns import PRESENT, STATE, open_block
from neuromorpho.library.library import Library
from neuromorpho.records.measurements import NeuroMorphoMeasurement
from neuromorpho.records.models import NeuroMorphoNeuron

T = TypeVar("T")
Progress = Callable[[str, int, int], object]
_TABLES = {"record": "records", "measurement": "measurements"}


@dataclass(frozen=True)
class LibraryProblem:
    """One thing that is wrong with a library; `neuron_id` is None where it is no single cell.

    Attributes
    ----------
    what
        ``"file"`` (the database), ``"record"``, ``"measurement"`` or ``"index"``.
    text : str
        One sentence that names the file.
    """

    what: str
    text: str
    neuron_id: int | None = None


def with_progress(
    items: Iterable[T], total: int, what: str, progress: Progress | None, every: int = 16
) -> Iterator[T]:
    """Yield items, and report the progress before the first and after each `every`.

    An exception that `progress` raises ends the iteration: this is how work is cancelled.
    """
    for number, item in enumerate(items):
        if progress is not None and number % every == 0:
            progress(what, number, total)
        yield item


def verify_library(
    path: Path | str, progress: Progress | None = None
) -> tuple[LibraryProblem, ...]:
    """Return all that is damaged in a library's file, if there is one; reads every record.

    Raises
    ------
    NeuroMorphoStorageError
        The file cannot be read.
    """
    path = Path(path).expanduser().absolute()
    if not path.is_file():
        return ()
    try:
        with Library(path) as library, library.reading() as connection:
            return tuple(_problems(connection, path, progress))
    except NeuroMorphoCacheError as error:
        return (LibraryProblem("file", str(error)),)


def _problems(
    connection: sqlite3.Connection, path: Path, progress: Progress | None
) -> Iterator[LibraryProblem]:
    for (finding,) in connection.execute("PRAGMA quick_check"):
        if finding != "ok":
            yield LibraryProblem("file", f"The library {path} is damaged: {finding}.")
            return
    (total,) = connection.execute(
        "SELECT (SELECT count(*) FROM records) + (SELECT count(*) FROM measurements)"
    ).fetchone()
    rows = connection.execute(
        "SELECT 'record', neuron_id, payload FROM records "
        "UNION ALL SELECT 'measurement', neuron_id, payload FROM measurements"
    )
    ids: set[int] = set()
    for what, neuron_id, payload in with_progress(rows, total, "records", progress, every=1024):
        damage = _damage(what, neuron_id, payload)
        if damage:
            text = f"The {what} of neuron {neuron_id} in {path} is damaged: {damage}."
            yield LibraryProblem(what, text, neuron_id)
        if what == "record":
            ids.add(neuron_id)
    indexed = _indexed_ids(connection)
    if indexed != ids:
        text = "it cannot be read" if indexed is None else f"{len(indexed ^ ids)} cells differ"
        yield LibraryProblem("index", f"The index of the library {path} is damaged: {text}.")


def _damage(what: str, neuron_id: int, payload: bytes) -> str:
    try:
        raw = unpack(payload)
        found = (
            NeuroMorphoNeuron.from_payload(raw)
            if what == "record"
            else NeuroMorphoMeasurement.from_payload(raw)
        )
    except (KeyError, ValueError) as error:
        return str(error).rstrip(".")
    return "" if found.neuron_id == neuron_id else f"it is of neuron {found.neuron_id}"


def _indexed_ids(connection: sqlite3.Connection) -> set[int] | None:
    """Return the ids in the columns; None if a block of any column is damaged."""
    found: set[int] = set()
    try:
        for field, block, data in connection.execute("SELECT field, block, data FROM columns"):
            values = open_block(data, field)
            if field == STATE:
                start = block * len(values)
                found |= {start + n for n, flags in enumerate(values) if flags & PRESENT}
    except ValueError:
        return None
    return found


def repair_rows(
    library: Library, problems: Sequence[LibraryProblem], cache: NeuroMorphoCache | None = None
) -> None:
    """Delete damaged records and measurements, rebuild the index, and add what the cache folder has."""
    with library.writing() as transaction:
        for what, table in _TABLES.items():
            ids = [each.neuron_id for each in problems if each.what == what]
            transaction.delete_damaged(table, ids)
        transaction.rebuild()
    if cache is not None:
        add_cached_cells(library, cache)


def repair_library(path: Path | str, cache: NeuroMorphoCache | None = None) -> int:
    """Rebuild a library whose file is damaged; return how many cells it has then.

    The damaged file is moved aside (``library.sqlite.damaged``). What can still be read of it is copied,
    and then what the cache folder has. No other process may have it open.

    Raises
    ------
    NeuroMorphoStorageError
        The folder cannot be written.
    NeuroMorphoCacheError
        The file is of a newer version or of another program; it is left as it is.
    """
    path = Path(path).expanduser().absolute()
    try:
        if path.is_file():
            Library(path).close()
    except NeuroMorphoCacheError as error:
        if error.code != "damaged":
            raise
    damaged = path.with_name(path.name + ".damaged")
    try:
        for suffix in ("", "-wal", "-shm"):
            part = path.with_name(path.name + suffix)
            if part.exists():
                os.replace(part, damaged.with_name(damaged.name + suffix))
    except OSError as error:
        raise NeuroMorphoStorageError(
            f"{path} cannot be moved aside: {error.strerror or error}.", path=path, hint=""
        ) from error
    with Library(path) as library:
        if damaged.exists():
            library.add(_readable_rows(damaged, "records"), source=str(damaged))
            library.add_measurements(_readable_rows(damaged, "measurements"))
        if cache is not None:
            add_cached_cells(library, cache)
        return len(library)


def _readable_rows(path: Path, table: str) -> Iterator[dict[str, Any]]:
    """Yield what can be read of a table: by rising ids up to the damage, then by falling ids."""
    key = "neuron_name" if table == "records" else "neuron_id"
    for order in ("ASC", "DESC"):
        with contextlib.closing(
            sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)
        ) as connection:
            try:
                statement = f"SELECT payload FROM {table} ORDER BY neuron_id {order}"
                for (payload,) in connection.execute(statement):
                    with contextlib.suppress(ValueError):
                        record = unpack(payload)
                        if record.get(key) not in (None, ""):
                            yield record
                return
            except sqlite3.Error:
                continue


def add_cached_cells(library: Library, cache: NeuroMorphoCache) -> int:
    """Add the record, morphometry and files of every cell of a cache folder; return how many cells."""
    n_cells = 0
    for neuron_id in cache.list_neurons():
        try:
            metadata = cache.metadata(neuron_id)
            record = metadata.get("neuron")
            if not isinstance(record, dict):
                continue
            measurement = cache.measurement(neuron_id)
            measurements = {neuron_id: measurement.raw} if measurement else None
            library.add([record], measurements=measurements, source=str(cache.root))
        except (FileNotFoundError, NeuroMorphoCacheError, ValueError):
            continue  # `verify_cell` reports it
        n_cells += 1
        for item in download_items(metadata):
            file = item_path(cache.layout.neuron_dir(neuron_id), item)
            if file is not None:
                sha256 = str(item.get("sha256") or sha256_of(file))
                kind = str(item.get("kind"))
                library.add_file(neuron_id, kind, file, file.stat().st_size, sha256)
    return n_cells
