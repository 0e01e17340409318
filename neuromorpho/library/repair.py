"""Finds and repairs damage in a library: row by row while the file is readable, else by rebuilding the file."""

from __future__ import annotations

import contextlib
import os
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, TypeVar

from neuromorpho.cache.cache import NeuroMorphoCache, disk_errors
from neuromorpho.cache.metadata import download_items, item_path, sha256_of
from neuromorpho.errors import NeuroMorphoCacheError, one_line
from neuromorpho.library.check import DAMAGED_SUFFIX, CacheProblem
from neuromorpho.library.codec import unpack
from neuromorpho.library.columns import (
    NUMBER_FIELDS,
    TERM_FIELDS,
    DamagedColumnError,
    generation_of,
)
from neuromorpho.library.library import Library
from neuromorpho.records.measurements import NeuroMorphoMeasurement
from neuromorpho.records.models import NeuroMorphoNeuron

T = TypeVar("T")
Progress = Callable[[str, int, int], object]
_PARSERS: Mapping[str, Callable[[Any], NeuroMorphoNeuron | NeuroMorphoMeasurement]] = {
    "record": NeuroMorphoNeuron.from_payload,
    "measurement": NeuroMorphoMeasurement.from_payload,
}


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


def verify_library(path: Path | str, progress: Progress | None = None) -> tuple[CacheProblem, ...]:
    """Return all that is damaged in a library's file, if there is one; reads every record.

    Raises
    ------
    NeuroMorphoStorageError
        The file cannot be read.
    """
    path = Path(path).expanduser().absolute()
    if not path.is_file():
        return ()
    if not path.stat().st_size:
        text = f"The library {path} is empty: it has lost its records."
        return (CacheProblem(None, path, "file", text),)
    try:
        with Library(path) as library, library.reading() as connection:
            return tuple(_problems(connection, path, progress))
    except NeuroMorphoCacheError as error:
        return (CacheProblem(None, path, "file", str(error)),)


def _problems(
    connection: sqlite3.Connection, path: Path, progress: Progress | None
) -> Iterator[CacheProblem]:
    if damage := _file_damage(connection):
        yield CacheProblem(None, path, "file", f"The library {path} is damaged: {damage}.")
        return
    (total,) = connection.execute(
        "SELECT (SELECT count(*) FROM records) + (SELECT count(*) FROM measurements)"
    ).fetchone()
    rows = connection.execute(
        "SELECT 'record', neuron_id, payload FROM records "
        "UNION ALL SELECT 'measurement', neuron_id, payload FROM measurements"
    )
    ids: set[int] = set()
    for kind, neuron_id, payload in with_progress(rows, total, "records", progress, every=1024):
        if damage := _damage(kind, neuron_id, payload):
            text = f"The {kind} of neuron {neuron_id} in {path} is damaged: {damage}."
            yield CacheProblem(neuron_id, path, kind, text)
        if kind == "record":
            ids.add(neuron_id)
    if damage := _index_damage(connection, ids):
        text = f"The index of the library {path} is damaged: {damage}."
        yield CacheProblem(None, path, "index", text)


def _file_damage(connection: sqlite3.Connection) -> str:
    """Return what prevents every write, so that the file has to be rebuilt; "" for nothing."""
    for (finding,) in connection.execute("PRAGMA quick_check"):
        if finding != "ok":
            return str(finding)
    try:
        generation_of(connection)
    except DamagedColumnError as error:
        return one_line(error)
    return ""


def _damage(kind: str, neuron_id: int, payload: bytes) -> str:
    try:
        found = _PARSERS[kind](unpack(payload))
    except (KeyError, ValueError) as error:
        return str(error).rstrip(".")
    return "" if found.neuron_id == neuron_id else f"it is of neuron {found.neuron_id}"


def _index_damage(connection: sqlite3.Connection, ids: set[int]) -> str:
    """Return what is wrong with the index of these records; "" if a search can read all of it."""
    from neuromorpho.library.index import Index  # imports numpy

    index = Index()
    try:
        index.refresh(connection)
        for name in NUMBER_FIELDS:
            index.column(name)
        for name in TERM_FIELDS:
            if index.column(name).max(initial=0) >= len(index.values(name)):
                return f"values of {name} are missing"
        indexed = index.ids(index.cells().nonzero()[0])
    except ValueError as error:
        return one_line(error)
    return f"{n} cells differ" if (n := len(ids.symmetric_difference(indexed))) else ""


def repair_rows(library: Library, problems: Iterable[CacheProblem]) -> None:
    """Delete damaged records and measurements, and rebuild the index; other processes may write meanwhile."""
    with library.writing() as transaction:
        for each in problems:
            if each.neuron_id is not None:
                transaction.delete_rows(f"{each.kind}s", [each.neuron_id])
        transaction.rebuild()


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
    damaged = path.with_name(path.name + DAMAGED_SUFFIX)
    with disk_errors(path, "moved aside"):
        for suffix in ("", "-wal", "-shm"):
            part = path.with_name(path.name + suffix)
            if part.exists():
                os.replace(part, damaged.with_name(damaged.name + suffix))
    with Library(path) as library:
        if damaged.exists():
            library.add(_readable_rows(damaged, "record"), source=str(damaged))
            library.add_measurements(_readable_rows(damaged, "measurement"))
        if cache is not None:
            add_cached_cells(library, cache)
        return len(library)


def _readable_rows(path: Path, kind: str) -> Iterator[dict[str, Any]]:
    """Yield what can be read of a table: by rising ids up to the damage, then by falling ids."""
    for order in ("ASC", "DESC"):
        address = f"{path.as_uri()}?mode=ro"
        with contextlib.closing(sqlite3.connect(address, uri=True)) as connection:
            try:
                statement = f"SELECT neuron_id, payload FROM {kind}s ORDER BY neuron_id {order}"
                for neuron_id, payload in connection.execute(statement):
                    if not _damage(kind, neuron_id, payload):
                        yield unpack(payload)
                return
            except sqlite3.Error:
                continue


def add_cached_cells(
    library: Library, cache: NeuroMorphoCache, ids: Iterable[int] | None = None
) -> None:
    """Add the record, morphometry and files of cells of a cache folder, by default of all."""
    for neuron_id in cache.list_neurons() if ids is None else ids:
        metadata = cache.known_metadata(neuron_id)
        try:
            measurement = cache.measurement(neuron_id)
            measurements = {neuron_id: measurement.raw} if measurement else None
            record = metadata.get("neuron", {})
            library.add([record], measurements=measurements, source=str(cache.root))
        except (NeuroMorphoCacheError, ValueError):
            continue  # `verify_cell` reports it
        for item in download_items(metadata):
            file = item_path(cache.layout.neuron_dir(neuron_id), item)
            if file is not None:
                sha256 = str(item.get("sha256") or sha256_of(file))
                kind = str(item.get("kind"))
                library.add_file(neuron_id, kind, file, file.stat().st_size, sha256)
