"""Records and morphometry of many cells as files: lossless JSON, and CSV for spreadsheets.

No value is altered or renamed. In the CSV numbers are numbers, a heading has its unit, and a list has one column
for each level and one with the complete list. An empty cell is null, or text where a number belongs ("Not
reported" as a weight). A text that begins with ``=`` stays as it is: import the columns of a file that you do not
trust as text.
"""

from __future__ import annotations

import csv
import json
import math
import os
import re
import secrets
import time
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Self

from neuromorpho.cache.files import storage_errors
from neuromorpho.records.measurements import UNITS, NeuroMorphoMeasurement
from neuromorpho.records.models import RECORD_KEYS, NeuroMorphoNeuron, record_of
from neuromorpho.records.parsing import is_missing

LEVELS = {"brain_region": 5, "cell_type": 5}
_NUMBERS = {
    "neuron_id": "",
    "magnification": "×",
    "reported_value": "%",
    "reported_xy": "%",
    "reported_z": "%",
    "corrected_value": "%",
    "corrected_xy": "%",
    "corrected_z": "%",
    "soma_surface": "µm²",
    "surface": "µm²",
    "volume": "µm³",
    "slicing_thickness": "µm",
    "min_age": "",  # in the unit of age_scale
    "max_age": "",
    "min_weight": "g",
    "max_weight": "g",
}
_MEASURED = (
    *(name for name in NeuroMorphoMeasurement.__dataclass_fields__ if name in UNITS),
    "fractal_dim",
)
_JOIN = "; "
_OLD_PART_S = 24 * 3600.0
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")
_DECIMAL = re.compile(r"\s*[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d{1,3})?\s*", re.ASCII)
_INTEGER = re.compile(r"\s*[-+]?\d{1,4000}\s*", re.ASCII)


class Table(ABC):
    """A file that is written row by row under a temporary name, and renamed when it is complete.

    As a context manager it finishes at the end, and leaves nothing after an error.
    """

    _last_text = ""

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        name = f".{self.path.name[:80]}.{secrets.token_hex(4)}.part"
        self._part = self.path.with_name(name)
        with storage_errors(self.path):
            self.path.parent.mkdir(parents=True, exist_ok=True)
            _sweep(self.path)
            self._file = open(  # noqa: SIM115
                self._part, "w", encoding="utf-8", newline="", errors="backslashreplace"
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None:
            self.finish()
        else:
            self.discard()

    @abstractmethod
    def add(self, neuron: NeuroMorphoNeuron, measurement: NeuroMorphoMeasurement | None) -> None:
        """Write a cell."""

    def finish(self) -> None:
        """Give the complete file its name."""
        try:
            with storage_errors(self.path):
                self._file.write(self._last_text)
                self._file.flush()
                os.fsync(self._file.fileno())
                self._file.close()
                os.replace(self._part, self.path)
        except BaseException:
            self.discard()
            raise

    def discard(self) -> None:
        """Remove the temporary file."""
        with suppress(OSError):  # the disk is full: the buffered text is not needed
            self._file.close()
        self._part.unlink(missing_ok=True)


class MetadataCSV(Table):
    """A tidy CSV (UTF-8, line ends of RFC 4180), a row for each cell.

    Parameters
    ----------
    path
        The file; its folder is created.
    """

    def __init__(self, path: str | Path) -> None:
        super().__init__(path)
        self._writer = csv.writer(self._file)  # "\r\n": with "\n" alone it would not quote a "\r"
        self._writer.writerow(csv_header())

    def add(self, neuron: NeuroMorphoNeuron, measurement: NeuroMorphoMeasurement | None) -> None:
        """Write a cell's row."""
        with storage_errors(self.path):
            self._writer.writerow(csv_row(neuron, measurement))


class MetadataJSON(Table):
    """A JSON array of ``{"neuron": …, "measurement": …}`` as received, a line for each record."""

    _last_text = "\n]\n"

    def __init__(self, path: str | Path) -> None:
        super().__init__(path)
        self._is_first = True
        self._file.write("[")

    def add(self, neuron: NeuroMorphoNeuron, measurement: NeuroMorphoMeasurement | None) -> None:
        """Write a cell's record."""
        raw = None if measurement is None else dict(measurement.raw)
        record = {"neuron": record_of(neuron), "measurement": raw}
        text = json.dumps(record, ensure_ascii=False)
        if not text.isascii() and _LONE_SURROGATE.search(text):  # it is not valid UTF-8
            text = json.dumps(record)
        with storage_errors(self.path):
            self._file.write(f"{'' if self._is_first else ','}\n{text}")
        self._is_first = False


def read_json(
    path: str | Path,
) -> Iterator[tuple[NeuroMorphoNeuron, NeuroMorphoMeasurement | None]]:
    """Yield the cells of a file that `MetadataJSON` wrote, one in memory at a time."""
    with open(path, encoding="utf-8", newline="\n") as file:
        for line in file:
            text = line.strip().removesuffix(",")
            if text in {"[", "]", ""}:
                continue
            record = json.loads(text)
            raw = record["measurement"]
            measurement = None if raw is None else NeuroMorphoMeasurement.from_payload(raw)
            yield NeuroMorphoNeuron.from_payload(record["neuron"]), measurement


def write_csv(
    neurons: Iterable[NeuroMorphoNeuron],
    path: str | Path,
    measurements: Mapping[int, NeuroMorphoMeasurement] | None = None,
) -> Path:
    """Write a tidy CSV of cells; return its path."""
    return _write_all(MetadataCSV(path), neurons, measurements)


def write_json(
    neurons: Iterable[NeuroMorphoNeuron],
    path: str | Path,
    measurements: Mapping[int, NeuroMorphoMeasurement] | None = None,
) -> Path:
    """Write a lossless JSON array of cells; return its path."""
    return _write_all(MetadataJSON(path), neurons, measurements)


def csv_header() -> list[str]:
    """Return the headings: a field's name, and its unit in brackets if it has one."""
    header = []
    for key in RECORD_KEYS:
        header += [f"{key}_{level + 1}" for level in range(LEVELS.get(key, 0))]
        header.append(_heading(key, _NUMBERS.get(key, "")))
    return header + [_heading(f"measured_{name}", UNITS[name]) for name in _MEASURED]


def csv_row(
    neuron: NeuroMorphoNeuron, measurement: NeuroMorphoMeasurement | None
) -> list[str | int | float]:
    """Return a cell's row, in the order of `csv_header`."""
    row: list[str | int | float] = []
    for key in RECORD_KEYS:
        value = neuron.get(key)
        levels = value if isinstance(value, list | tuple) else [] if value is None else [value]
        n_levels = LEVELS.get(key, 0)
        row += [_text(levels[i]) if i < len(levels) else "" for i in range(n_levels)]
        row.append(_number(value) if key in _NUMBERS else _text(value))
    for name in _MEASURED:
        measured = None if measurement is None else measurement.get(name)
        if measured is None and measurement is not None and name == "fractal_dim":
            measured = measurement.get("fractal_Dim")
        row.append(_number(measured))
    return row


def _text(value: Any) -> str:
    """Return a value as text: a text as it is, a list joined, null as ""."""
    if isinstance(value, list | tuple):
        return _JOIN.join(_text(each) for each in value)
    if isinstance(value, Mapping):
        return json.dumps(value, ensure_ascii=False)
    return "" if value is None else str(value)


def _heading(name: str, unit: str) -> str:
    return f"{name} [{unit}]" if unit else name


def _number(value: Any) -> str | int | float:
    """Return a value as a number; other text stays text, a missing value is ""."""
    if is_missing(value):
        return ""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return value if math.isfinite(value) else ""
    text = _text(value)
    if _INTEGER.fullmatch(text):
        return int(text)
    number = float(text) if _DECIMAL.fullmatch(text) else math.inf
    return number if math.isfinite(number) else text


def _write_all(
    table: MetadataCSV | MetadataJSON,
    neurons: Iterable[NeuroMorphoNeuron],
    measurements: Mapping[int, NeuroMorphoMeasurement] | None,
) -> Path:
    with table:
        for neuron in neurons:
            table.add(neuron, (measurements or {}).get(neuron.neuron_id))
    return table.path


def _sweep(path: Path) -> None:
    """Remove temporary files of this table that processes left when they were killed, a day ago or before."""
    left = re.compile(rf"\.{re.escape(path.name[:80])}\.[0-9a-f]{{8}}\.part")
    with os.scandir(path.parent) as entries:
        for entry in entries:
            if left.fullmatch(entry.name) and time.time() - entry.stat().st_mtime > _OLD_PART_S:
                with suppress(OSError):
                    os.unlink(entry.path)
