"""A whole harvest into the library: JSON lines, a JSON array or our CSV, read as a stream.

Each item is a record as the server gives it, or ``{"neuron": …, "measurement": …}`` as `tables` and
``metadata.json`` have it. A file may be squeezed (``.gz``). What is in the library already is passed over
quickly, so an import that was cut short is resumed by starting it again.
"""

from __future__ import annotations

import csv
import gzip
import io
import json
import re
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import IO, Any

from neuromorpho.errors import NeuroMorphoAnswerError, NeuroMorphoCancelled, NeuroMorphoStorageError
from neuromorpho.library.library import Library
from neuromorpho.records.parsing import neuron_id_of

_BATCH = 2048
_CHUNK = 1024**2
_LONGEST_ITEM = 16 * 1024**2
_LISTS = ("brain_region", "cell_type", "experiment_condition", "reference_pmid", "reference_doi")
_BETWEEN = re.compile(r"[ \t\r\n,]*")


def import_harvest(
    library: Library,
    harvest: Path | str | Iterable[Mapping[str, Any]],
    progress: Callable[[int, float], None] | None = None,
    cancel: threading.Event | None = None,
) -> int:
    """Take in a harvest; return how many records were new or changed.

    Parameters
    ----------
    harvest
        A file, or the items themselves.
    progress
        Called after each batch with the number of records read, and the share of the file, 0 to 1
        (0 where that cannot be known).
    cancel
        Stops it between two batches; what was committed stays.

    Raises
    ------
    FileNotFoundError
        There is no such file.
    NeuroMorphoAnswerError
        The file is broken at some item, or is no harvest; what came before it stays.
    NeuroMorphoCancelled
        It was cancelled.
    """
    if not isinstance(harvest, str | Path):
        return _taken_in(library, enumerate(harvest, 1), "", lambda: 0.0, progress, cancel)
    path = Path(harvest).expanduser()
    with _opened(path) as (text, share):
        return _taken_in(library, _items(text, path), str(path), share, progress, cancel)


def _taken_in(
    library: Library,
    items: Iterator[tuple[int, Any]] | Iterable[tuple[int, Any]],
    source: str,
    share: Callable[[], float],
    progress: Callable[[int, float], None] | None,
    cancel: threading.Event | None,
) -> int:
    n_changed = n_read = 0
    stream = iter(items)
    while batch := list(islice(stream, _BATCH)):
        if cancel is not None and cancel.is_set():
            raise NeuroMorphoCancelled(
                f"The import was cancelled after {n_read} records; they stay."
            )
        pairs = [_pair(item, place, source) for place, item in batch]
        measurements = {neuron_id: raw for neuron_id, _, raw in pairs if raw}
        n_changed += library.add(
            (record for _, record, _ in pairs), measurements=measurements, source=source
        )
        n_read += len(batch)
        if progress is not None:
            progress(n_read, share())
    return n_changed


def _pair(
    item: Any, place: int, source: str
) -> tuple[int, Mapping[str, Any], Mapping[str, Any] | None]:
    """Return an item's id, record and raw measurement; refuse what is none."""
    record, raw = item, None
    if isinstance(item, Mapping) and isinstance(item.get("neuron"), Mapping):
        record, raw = item["neuron"], item.get("measurement")
    try:
        if not isinstance(record, Mapping) or not record.get("neuron_name"):
            raise ValueError("it has no neuron_name")
        neuron_id = neuron_id_of(record.get("neuron_id"))
    except ValueError as error:
        raise _broken(source or "the records", place, error) from error
    return neuron_id, record, raw if isinstance(raw, Mapping) else None


def _broken(where: object, place: int, error: object) -> NeuroMorphoAnswerError:
    return NeuroMorphoAnswerError(
        f"Item {place} of {where} is no neuron's record: {str(error).rstrip('.')}; "
        "what came before it is in the library.",
        code="damaged",
        hint="",
    )


@contextmanager
def _opened(path: Path) -> Iterator[tuple[IO[str], Callable[[], float]]]:
    """Open a harvest as text, with how far into the file it has been read."""
    try:
        size = max(path.stat().st_size, 1)
        with path.open("rb") as raw:
            is_squeezed = raw.read(2) == b"\x1f\x8b"
            raw.seek(0)
            data: Any = gzip.GzipFile(fileobj=raw) if is_squeezed else raw
            with io.TextIOWrapper(data, encoding="utf-8-sig", newline="") as text:
                yield text, lambda: min(1.0, raw.tell() / size)
    except FileNotFoundError:
        raise
    except (EOFError, UnicodeDecodeError, gzip.BadGzipFile) as error:
        raise NeuroMorphoAnswerError(
            f"{path} is damaged: {error}.", code="damaged", hint=""
        ) from error
    except OSError as error:
        raise NeuroMorphoStorageError(
            f"{path} cannot be read: {error.strerror or error}.",
            path=path,
            code="not-readable",
            hint="",
        ) from error


def _items(text: IO[str], path: Path) -> Iterator[tuple[int, Any]]:
    if ".csv" in path.suffixes[-2:]:
        return _rows(text, path)
    return _values(text, path)


def _values(text: IO[str], path: Path) -> Iterator[tuple[int, Any]]:
    """Yield the values of JSON lines or of one array, a chunk of the text at a time."""
    decoder = json.JSONDecoder()
    held, start, place, is_last = "", 0, 0, False
    is_first = True
    while True:
        start = _after_blanks(held, start)
        if is_first and start < len(held):
            start, is_first = start + (held[start] == "["), False
            continue
        if held.startswith("]", start):
            return
        try:
            value, end = decoder.raw_decode(held, start)
            if end == len(held) and not is_last:
                raise json.JSONDecodeError("may go on", held, end)
        except (json.JSONDecodeError, RecursionError) as error:
            held, start = held[start:], 0
            if is_last and not held:
                return
            if is_last or len(held) > _LONGEST_ITEM or isinstance(error, RecursionError):
                raise _broken(path, place + 1, error) from error
            more = text.read(max(_CHUNK, len(held)))
            held, is_last = held + more, not more
            continue
        place, start = place + 1, end
        yield place, value


def _after_blanks(text: str, start: int) -> int:
    """Return where the next value begins, behind blanks and the comma before it."""
    found = _BETWEEN.match(text, start)
    return found.end() if found else start


def _rows(text: IO[str], path: Path) -> Iterator[tuple[int, Any]]:
    """Yield the rows of a CSV that `tables.write_csv` wrote: levels apart, units in the headings."""
    reader = csv.DictReader(text)
    try:
        names = [heading.split(" [")[0] for heading in reader.fieldnames or ()]
        if not {"neuron_id", "neuron_name"} <= set(names):
            raise _broken(path, 1, "the heading has no neuron_id and neuron_name")
        reader.fieldnames = names
        for place, row in enumerate(reader, 1):
            yield place, _item_of(row)
    except csv.Error as error:
        raise _broken(path, reader.line_num, error) from error


def _item_of(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return a row as an item; what the CSV does not tell apart (null and "") becomes null."""
    neuron: dict[str, Any] = {}
    measured: dict[str, Any] = {}
    for name, value in row.items():
        if name is None or not isinstance(value, str):
            continue
        stem, _, level = name.rpartition("_")
        if name.startswith("measured_"):
            if value:
                measured[name.removeprefix("measured_")] = value
        elif not (stem in _LISTS and level.isdigit()):
            neuron[name] = value.split("; ") if value and name in _LISTS else value or None
    neuron_id = neuron["neuron_id"]
    neuron["neuron_id"] = int(neuron_id) if str(neuron_id).isdecimal() else neuron_id
    found = {"neuron_id": neuron["neuron_id"], **measured} if measured else None
    return {"neuron": neuron, "measurement": found}
