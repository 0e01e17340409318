"""Records and morphometry of many cells as files: lossless JSON, and CSV for spreadsheets.

No field is renamed. In the CSV numbers are numbers, a heading has its unit, and a list has one column
for each level and one with the complete list. An empty cell is null, or text where a number belongs ("Not
reported" as a weight). A text that a spreadsheet would run, such as ``=1+1``, has a ``'`` before it (`csv_cells`).
"""

from __future__ import annotations

import csv
import json
import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import IO, Any

from neuromorpho.cache.files import atomic_file, storage_errors, sweep_parts
from neuromorpho.records.csv_cells import safe_cell
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
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")
_DECIMAL = re.compile(r"\s*[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d{1,3})?\s*", re.ASCII)
_INTEGER = re.compile(r"\s*[-+]?\d{1,4000}\s*", re.ASCII)
AddCell = Callable[[NeuroMorphoNeuron, NeuroMorphoMeasurement | None], None]
Table = Callable[[str | Path], AbstractContextManager[AddCell]]


@contextmanager
def csv_table(path: str | Path) -> Iterator[AddCell]:
    """Yield what adds a cell to a tidy CSV (UTF-8, line ends of RFC 4180), a row for each cell.

    The file appears when it is complete; after an error the one that was there before stays.
    """
    path = Path(path)
    with _text_file(path) as file:
        writer = csv.writer(file)  # "\r\n": with "\n" alone it would not quote a "\r"
        with storage_errors(path):
            writer.writerow(csv_header())

        def add(neuron: NeuroMorphoNeuron, measurement: NeuroMorphoMeasurement | None) -> None:
            with storage_errors(path):
                row = csv_row(neuron, measurement)
                writer.writerow(safe_cell(each) if type(each) is str else each for each in row)

        yield add


@contextmanager
def json_table(path: str | Path) -> Iterator[AddCell]:
    """Yield what adds a cell to a JSON array of ``{"neuron": …, "measurement": …}`` as received, a line for each.

    As `csv_table` for the rest.
    """
    path = Path(path)
    with _text_file(path) as file:
        opening = "["

        def add(neuron: NeuroMorphoNeuron, measurement: NeuroMorphoMeasurement | None) -> None:
            nonlocal opening
            item = cell_item(neuron, measurement)
            text = json.dumps(item, ensure_ascii=False)
            if not text.isascii() and _LONE_SURROGATE.search(text):  # it is not valid UTF-8
                text = json.dumps(item)
            with storage_errors(path):
                file.write(f"{opening}\n{text}")
            opening = ","

        yield add
        with storage_errors(path):
            file.write("\n]\n" if opening == "," else "[\n]\n")


@contextmanager
def _text_file(path: Path) -> Iterator[IO[str]]:
    """Yield the file of a table, and remove what is left of earlier ones whose process was killed."""
    sweep_parts(path.parent, name=path.name)
    text = {"encoding": "utf-8", "newline": "", "errors": "backslashreplace"}
    with atomic_file(path, "x", **text) as (_, file):
        yield file


def cell_item(
    neuron: NeuroMorphoNeuron, measurement: NeuroMorphoMeasurement | None
) -> dict[str, Any]:
    """Return a cell as an item of a JSON table: its record and its morphometry as received."""
    raw = None if measurement is None else dict(measurement.raw)
    return {"neuron": record_of(neuron), "measurement": raw}


def cell_of(item: Mapping[str, Any]) -> tuple[NeuroMorphoNeuron, NeuroMorphoMeasurement | None]:
    """Return the cell of an item of a JSON table."""
    raw = item["measurement"]
    measurement = None if raw is None else NeuroMorphoMeasurement.from_payload(raw)
    return NeuroMorphoNeuron.from_payload(item["neuron"]), measurement


def read_json(
    path: str | Path,
) -> Iterator[tuple[NeuroMorphoNeuron, NeuroMorphoMeasurement | None]]:
    """Yield the cells of a file that `json_table` wrote, one in memory at a time."""
    with open(path, encoding="utf-8", newline="\n") as file:
        for line in file:
            text = line.strip().removesuffix(",")
            if text not in {"[", "]", ""}:
                yield cell_of(json.loads(text))


def write_csv(
    neurons: Iterable[NeuroMorphoNeuron],
    path: str | Path,
    measurements: Mapping[int, NeuroMorphoMeasurement] | None = None,
) -> Path:
    """Write a tidy CSV of cells; return its path."""
    return _write_all(csv_table, neurons, path, measurements)


def write_json(
    neurons: Iterable[NeuroMorphoNeuron],
    path: str | Path,
    measurements: Mapping[int, NeuroMorphoMeasurement] | None = None,
) -> Path:
    """Write a lossless JSON array of cells; return its path."""
    return _write_all(json_table, neurons, path, measurements)


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
    table: Table,
    neurons: Iterable[NeuroMorphoNeuron],
    path: str | Path,
    measurements: Mapping[int, NeuroMorphoMeasurement] | None,
) -> Path:
    with table(path) as add:
        for neuron in neurons:
            add(neuron, (measurements or {}).get(neuron.neuron_id))
    return Path(path)
