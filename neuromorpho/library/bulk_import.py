"""Imports a harvest into the library: JSON lines, a JSON array or our CSV, read as a stream.

Each item is a record as the server sends it, or ``{"neuron": …, "measurement": …}`` as in `tables` and
``metadata.json``. A file may be compressed (``.gz``). Records that are in the library already are skipped
quickly, so an interrupted import is resumed by starting it again.
"""

from __future__ import annotations

import csv
import gzip
import io
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import IO, Any

from neuromorpho.errors import NeuroMorphoAnswerError, NeuroMorphoStorageError
from neuromorpho.library.library import Library
from neuromorpho.records.csv_cells import original_cell
from neuromorpho.records.parsing import check_n_values, neuron_id_of

_BATCH = 2048
_CHUNK = 1024**2
_MAX_ITEM_BYTES = 16 * 1024**2
_LISTS = ("brain_region", "cell_type", "experiment_condition", "reference_pmid", "reference_doi")
_SEPARATOR = re.compile(r"[ \t\r\n,]*")


def import_harvest(
    library: Library,
    harvest: Path | str | Iterable[Mapping[str, Any]],
    progress: Callable[[int, float], None] | None = None,
) -> int:
    """Import a harvest; return how many records were new or changed.

    Parameters
    ----------
    harvest
        A file, or the items themselves.
    progress
        Called after each batch with the number of records read, and the share of the file, 0 to 1
        (0 if it is unknown). An exception that it raises ends the import; the records before it stay.

    Raises
    ------
    FileNotFoundError
        The file does not exist.
    NeuroMorphoAnswerError
        An item is invalid, or the file is not a harvest; the records before it stay.
    """
    if not isinstance(harvest, str | Path):
        return _import_items(library, enumerate(harvest, 1), "", lambda: 0.0, progress)
    path = Path(harvest).expanduser()
    read = _rows if ".csv" in path.suffixes[-2:] else _values
    with _open_harvest(path) as (text, share):
        return _import_items(library, read(text, path), str(path), share, progress)


def _import_items(
    library: Library,
    items: Iterable[tuple[int, Any]],
    source: str,
    share: Callable[[], float],
    progress: Callable[[int, float], None] | None,
) -> int:
    n_changed = n_read = 0
    stream = iter(items)
    while True:
        pairs = []
        try:
            for number, item in islice(stream, _BATCH):
                pairs.append(_pair(item, number, source))
        finally:  # those before an invalid item stay
            measurements = {neuron_id: raw for neuron_id, _, raw in pairs if raw}
            records = (record for _, record, _ in pairs)
            n_changed += library.add(records, measurements=measurements, source=source)
        if not pairs:
            return n_changed
        n_read += len(pairs)
        if progress is not None:
            progress(n_read, share())


def _pair(
    item: Any, number: int, source: str
) -> tuple[int, Mapping[str, Any], Mapping[str, Any] | None]:
    """Return an item's id, record and raw measurement; raise an error if it is not a record."""
    record, raw = item, None
    if isinstance(item, Mapping) and isinstance(item.get("neuron"), Mapping):
        record, raw = item["neuron"], item.get("measurement")
    try:
        if not isinstance(record, Mapping) or not record.get("neuron_name"):
            raise ValueError("it has no neuron_name")
        neuron_id = neuron_id_of(record.get("neuron_id"))
    except ValueError as error:
        raise _invalid_item(source or "the records", number, error) from error
    return neuron_id, record, raw if isinstance(raw, Mapping) else None


def _invalid_item(where: object, number: int, error: object) -> NeuroMorphoAnswerError:
    return NeuroMorphoAnswerError(
        f"Item {number} of {where} is not a neuron's record: {str(error).rstrip('.')}; "
        "the records before it are in the library.",
        code="damaged",
        hint="",
    )


@contextmanager
def _open_harvest(path: Path) -> Iterator[tuple[IO[str], Callable[[], float]]]:
    """Open a harvest as text; yield it with a function that returns the share that was read."""
    try:
        size = max(path.stat().st_size, 1)
        with path.open("rb") as raw:
            is_compressed = raw.read(2) == b"\x1f\x8b"
            raw.seek(0)
            data: Any = gzip.GzipFile(fileobj=raw) if is_compressed else raw
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


def _values(text: IO[str], path: Path) -> Iterator[tuple[int, Any]]:
    """Yield the values of JSON lines or of one array, reading the text in chunks."""
    decoder = json.JSONDecoder()
    buffer, start = text.read(_CHUNK).lstrip().removeprefix("["), 0
    number, is_last = 0, False
    while True:
        start = _after_separator(buffer, start)
        if buffer.startswith("]", start):
            return
        try:
            value, end = decoder.raw_decode(buffer, start)
            if end == len(buffer) and not is_last:
                raise json.JSONDecodeError("may go on", buffer, end)
        except (json.JSONDecodeError, RecursionError) as error:
            buffer, start = buffer[start:], 0
            if is_last and not buffer:
                return
            try:
                check_n_values(buffer.encode("utf-8", "surrogatepass"))
            except ValueError as many:
                raise _invalid_item(path, number + 1, many) from error
            if is_last or len(buffer) > _MAX_ITEM_BYTES or isinstance(error, RecursionError):
                raise _invalid_item(path, number + 1, error) from error
            more = text.read(max(_CHUNK, len(buffer)))
            buffer, is_last = buffer + more, not more
            continue
        number, start = number + 1, end
        yield number, value


def _after_separator(text: str, start: int) -> int:
    """Return where the next value begins, after white space and a comma."""
    found = _SEPARATOR.match(text, start)
    return found.end() if found else start


def _rows(text: IO[str], path: Path) -> Iterator[tuple[int, Any]]:
    """Yield the rows of a CSV of `tables.write_csv`, which has levels in columns and units in headings."""
    reader = csv.DictReader(text)
    try:
        names = [heading.split(" [")[0] for heading in reader.fieldnames or ()]
        if not {"neuron_id", "neuron_name"} <= set(names):
            raise _invalid_item(path, 1, "the heading has no neuron_id and neuron_name")
        reader.fieldnames = names
        for number, row in enumerate(reader, 1):
            yield number, _item_of(row)
    except csv.Error as error:
        raise _invalid_item(path, reader.line_num, error) from error


def _item_of(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return a row as an item; null and "", which are the same in a CSV, become null."""
    neuron: dict[str, Any] = {}
    measured: dict[str, Any] = {}
    for name, value in row.items():
        if name is None or not isinstance(value, str):
            continue
        value = original_cell(value)
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
