"""What is known of many cells as files: JSON that holds all of it, and a CSV that a spreadsheet takes.

Nothing is altered: no value is lowered, stripped or renamed. In the CSV numbers are numbers, a heading
says its unit, and a list has one column for each level beside one with all of it; what the archive says
not to know ("Not reported", "", null) is an empty cell there and as received in the JSON.
"""

from __future__ import annotations

import csv
import json
import math
import os
import secrets
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any

from neuromorpho.errors import NeuroMorphoStorageError
from neuromorpho.measurements import UNITS, NeuroMorphoMeasurement
from neuromorpho.records import RECORD_KEYS, NeuroMorphoNeuron
from neuromorpho.values import missing

LEVELS = {"brain_region": 5, "cell_type": 5}
_LISTS = ("brain_region", "cell_type", "experiment_condition", "reference_pmid", "reference_doi")
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


class MetadataCSV:
    """A tidy CSV, written row by row, and there only once it is whole.

    Parameters
    ----------
    path
        The file; its folder is made.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self._file, self._part = _opened(self.path)
        self._writer = csv.writer(self._file, lineterminator="\n")
        self._writer.writerow(csv_header())

    def add(self, neuron: NeuroMorphoNeuron, measurement: NeuroMorphoMeasurement | None) -> None:
        """Write a cell's row."""
        with _disk_told(self.path):
            self._writer.writerow(csv_row(neuron, measurement))

    def finish(self) -> None:
        """Put the file in its place."""
        _finish(self._file, self._part, self.path)

    def discard(self) -> None:
        """Leave nothing."""
        _discard(self._file, self._part)


class MetadataJSON:
    """A JSON array of ``{"neuron": …, "measurement": …}``, all as received, written record by record."""

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self._file, self._part = _opened(self.path)
        self._is_first = True
        self._file.write("[")

    def add(self, neuron: NeuroMorphoNeuron, measurement: NeuroMorphoMeasurement | None) -> None:
        """Write a cell's record."""
        raw = None if measurement is None else dict(measurement.raw)
        record = {"neuron": neuron.payload or {"neuron_id": neuron.neuron_id}, "measurement": raw}
        text = json.dumps(record, ensure_ascii=False)
        with _disk_told(self.path):
            self._file.write(f"{'' if self._is_first else ','}\n{text}")
        self._is_first = False

    def finish(self) -> None:
        """Put the file in its place."""
        with _disk_told(self.path):
            self._file.write("\n]\n")
        _finish(self._file, self._part, self.path)

    def discard(self) -> None:
        """Leave nothing."""
        _discard(self._file, self._part)


def write_csv(
    neurons: Iterable[NeuroMorphoNeuron],
    path: str | Path,
    measurements: Mapping[int, NeuroMorphoMeasurement] | None = None,
) -> Path:
    """Write a tidy CSV of cells; return its path."""
    return _written(MetadataCSV(path), neurons, measurements)


def write_json(
    neurons: Iterable[NeuroMorphoNeuron],
    path: str | Path,
    measurements: Mapping[int, NeuroMorphoMeasurement] | None = None,
) -> Path:
    """Write a lossless JSON array of cells; return its path."""
    return _written(MetadataJSON(path), neurons, measurements)


def csv_header() -> list[str]:
    """Return the headings: a field's name, and its unit in brackets where it has one."""
    header = []
    for key in RECORD_KEYS:
        header += [f"{key}_{level + 1}" for level in range(LEVELS.get(key, 0))]
        header.append(_headed(key, _NUMBERS.get(key, "")))
    return header + [_headed(f"measured_{name}", UNITS[name]) for name in _MEASURED]


def csv_row(
    neuron: NeuroMorphoNeuron, measurement: NeuroMorphoMeasurement | None
) -> list[str | int | float]:
    """Return a cell's row, in the order of `csv_header`."""
    row: list[str | int | float] = []
    for key in RECORD_KEYS:
        value = neuron.get(key)
        values = [str(each) for each in value] if isinstance(value, list | tuple) else []
        row += [values[i] if i < len(values) else "" for i in range(LEVELS.get(key, 0))]
        if key in _LISTS and isinstance(value, list | tuple):
            row.append(_JOIN.join(values))
        elif key in _NUMBERS:
            row.append(_number(value))
        else:
            row.append("" if missing(value) else str(value))
    for name in _MEASURED:
        measured = None if measurement is None else measurement.get(name)
        if measured is None and measurement is not None and name == "fractal_dim":
            measured = measurement.get("fractal_Dim")
        row.append(_number(measured))
    return row


def _headed(name: str, unit: str) -> str:
    return f"{name} [{unit}]" if unit else name


def _number(value: Any) -> str | int | float:
    """Return a number as one; text that is none stays text, what is missing is empty."""
    if missing(value) or isinstance(value, bool):
        return "" if missing(value) else str(value)
    if isinstance(value, int | float):
        return value if math.isfinite(value) else ""
    try:
        number = float(str(value))
    except ValueError:
        return str(value)
    if not math.isfinite(number):
        return str(value)
    return int(number) if number.is_integer() and str(value).lstrip("-").isdigit() else number


def _written(
    table: MetadataCSV | MetadataJSON,
    neurons: Iterable[NeuroMorphoNeuron],
    measurements: Mapping[int, NeuroMorphoMeasurement] | None,
) -> Path:
    try:
        for neuron in neurons:
            table.add(neuron, (measurements or {}).get(neuron.neuron_id))
    except BaseException:
        table.discard()
        raise
    table.finish()
    return table.path


def _opened(path: Path) -> tuple[IO[str], Path]:
    """Open a file beside the one that is meant, under a name that nobody else has."""
    part = path.with_name(f".{path.name[:80]}.{secrets.token_hex(4)}.part")
    with _disk_told(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        return open(part, "w", encoding="utf-8", newline="", errors="surrogatepass"), part


def _finish(file: IO[str], part: Path, path: Path) -> None:
    try:
        with _disk_told(path):
            file.flush()
            os.fsync(file.fileno())
            file.close()
            os.replace(part, path)
    except BaseException:
        _discard(file, part)
        raise


def _discard(file: IO[str], part: Path) -> None:
    with suppress(OSError):  # the disk is full: what was buffered is not wanted
        file.close()
    part.unlink(missing_ok=True)


@contextmanager
def _disk_told(path: Path) -> Iterator[None]:
    """Turn what the disk refuses into a sentence."""
    try:
        yield
    except OSError as error:
        raise NeuroMorphoStorageError(
            f"{path} cannot be written ({error.strerror or error}); choose another folder.",
            path=path,
        ) from error
