"""Finding what is damaged in a library, and mending it: by row where the file is whole, else in a new file."""

from __future__ import annotations

import contextlib
import os
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from neuromorpho.cache.metadata import download_items
from neuromorpho.errors import NeuroMorphoCacheError, NeuroMorphoStorageError
from neuromorpho.library.codec import unpack
from neuromorpho.library.columns import PRESENT, STATE, open_block
from neuromorpho.library.schema import translate_sqlite_errors
from neuromorpho.records.measurements import NeuroMorphoMeasurement
from neuromorpho.records.models import NeuroMorphoNeuron

if TYPE_CHECKING:
    from neuromorpho.cache.cache import NeuroMorphoCache
    from neuromorpho.library.library import Library

Progress = Callable[[int, int], object]
_TELL_EVERY = 1024


@dataclass(frozen=True)
class LibraryProblem:
    """One thing that is wrong with a library; `neuron_id` is None where it is no single cell.

    Attributes
    ----------
    what
        ``"file"`` (the database), ``"record"``, ``"measurement"`` or ``"index"``.
    """

    what: str
    text: str
    neuron_id: int | None = None


def verify(library: Library, progress: Progress | None = None) -> tuple[LibraryProblem, ...]:
    """Return all that is damaged; reads every record.

    Parameters
    ----------
    progress
        Called now and then with how many of how many are read; what it raises ends the reading.
    """
    try:
        with translate_sqlite_errors(library.path), library._reading() as connection:
            return tuple(_problems(connection, library.path, progress))
    except NeuroMorphoCacheError as error:
        return (LibraryProblem("file", str(error)),)


def _problems(
    connection: sqlite3.Connection, path: Path, progress: Progress | None
) -> Iterator[LibraryProblem]:
    for (finding,) in connection.execute("PRAGMA quick_check"):
        if finding != "ok":
            yield LibraryProblem("file", f"The library {path} is damaged: {finding}.")
            return
    whole: set[int] = set()
    tables = (("record", "records"), ("measurement", "measurements"))
    counts = (connection.execute(f"SELECT count(*) FROM {table}").fetchone() for _, table in tables)
    n_all, n_read = sum(count for (count,) in counts), 0
    for what, table in tables:
        for neuron_id, payload in connection.execute(f"SELECT neuron_id, payload FROM {table}"):
            if progress is not None and n_read % _TELL_EVERY == 0:
                progress(n_read, n_all)
            n_read += 1
            damage = _damage(what, neuron_id, payload)
            if damage:
                text = f"The {what} of neuron {neuron_id} in {path} is damaged: {damage}."
                yield LibraryProblem(what, text, neuron_id)
            if what == "record":
                whole.add(neuron_id)
    indexed = _indexed(connection)
    if indexed != whole:
        text = "it cannot be read" if indexed is None else f"{len(indexed ^ whole)} cells are amiss"
        yield LibraryProblem("index", f"The index of the library {path} is damaged: {text}.")


def _damage(what: str, neuron_id: int, payload: bytes) -> str:
    try:
        found = unpack(payload)
        made = (
            NeuroMorphoNeuron.from_payload(found)
            if what == "record"
            else NeuroMorphoMeasurement.from_payload(found)
        )
    except (KeyError, ValueError) as error:
        return str(error).rstrip(".")
    return "" if made.neuron_id == neuron_id else f"it is of neuron {made.neuron_id}"


def _indexed(connection: sqlite3.Connection) -> set[int] | None:
    """Return the ids that the columns know; None where a block of any column is damaged."""
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


def repair(
    library: Library, cache: NeuroMorphoCache | None = None, progress: Progress | None = None
) -> tuple[LibraryProblem, ...]:
    """Mend what `verify` reports, and return it; `progress` as it takes it.

    Damaged records and measurements are dropped, and taken anew from the cache folder where it has them;
    the index is built again. A file that SQLite itself finds damaged is for `repair_library`.

    Raises
    ------
    NeuroMorphoCacheError
        The file itself is damaged.
    """
    problems = verify(library, progress)
    for problem in problems:
        if problem.what == "file":
            raise NeuroMorphoCacheError(problem.text, path=library.path)
    if not problems:
        return ()
    with library._writing() as writing:
        writing.drop("records", [each.neuron_id for each in problems if each.what == "record"])
        lost = [each.neuron_id for each in problems if each.what == "measurement"]
        writing.drop("measurements", lost)
        writing.rebuild()
    if cache is not None:
        reindex(library, cache)
    return problems


def reindex(library: Library, cache: NeuroMorphoCache) -> int:
    """Take in the record, morphometry and files of every cell of a cache folder; return how many."""
    n_cells = 0
    for neuron_id in cache.list_neurons():
        try:
            metadata = cache.metadata(neuron_id)
            record = metadata.get("neuron")
            if not isinstance(record, dict):
                continue
            measurement = cache.measurement(neuron_id)
            library.add(
                [record],
                measurements={neuron_id: measurement.raw} if measurement else None,
                source=str(cache.root),
            )
        except (FileNotFoundError, NeuroMorphoCacheError, ValueError):
            continue  # `cache.verify` tells of it
        n_cells += 1
        _tell_files(library, cache, neuron_id, metadata)
    return n_cells


def _tell_files(
    library: Library, cache: NeuroMorphoCache, neuron_id: int, metadata: dict[str, Any]
) -> None:
    from neuromorpho.cache.cache import item_path
    from neuromorpho.cache.files import sha256_of

    for item in download_items(metadata):
        path = item_path(cache.layout.neuron_dir(neuron_id), item)
        if path is not None:
            sha256 = str(item.get("sha256") or sha256_of(path))
            library.add_file(neuron_id, str(item.get("kind")), path, path.stat().st_size, sha256)


def repair_library(path: Path | str, cache: NeuroMorphoCache | None = None) -> int:
    """Make a library anew whose file is damaged; return how many cells it has then.

    The damaged file is moved aside (``library.sqlite.damaged``); whatever can still be read of it is
    taken over, and then what the cache folder has. No other process may have it open.

    Raises
    ------
    NeuroMorphoStorageError
        The folder may not be written.
    """
    from neuromorpho.library.library import Library

    path = Path(path).expanduser().absolute()
    aside = path.with_name(path.name + ".damaged")
    try:
        for ending in ("", "-wal", "-shm"):
            here = path.with_name(path.name + ending)
            if here.exists():
                os.replace(here, aside.with_name(aside.name + ending))
    except OSError as error:
        raise NeuroMorphoStorageError(
            f"{path} cannot be moved aside: {error.strerror or error}.", path=path, hint=""
        ) from error
    with Library(path) as library:
        if aside.exists():
            library.add(_legible(aside, "records"), source=str(aside))
            library.add_measurements(_legible(aside, "measurements"))
        if cache is not None:
            reindex(library, cache)
        return len(library)


def _legible(path: Path, table: str) -> Iterator[dict[str, Any]]:
    """Yield what can be read of a table, past the damaged parts: by ids from both of its ends."""
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
