"""Tables alter nothing: what goes in comes out, numbers as numbers, units in the headings."""

from __future__ import annotations

import csv
import errno
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, strategies as st

from neuromorpho.bulk.tables import csv_header, csv_row, csv_table, read_json, write_csv, write_json
from neuromorpho.errors import NeuroMorphoStorageError
from neuromorpho.records.csv_cells import original_cell
from neuromorpho.records.measurements import NeuroMorphoMeasurement
from neuromorpho.records.models import NeuroMorphoNeuron
from tests.neuromorpho.server import Server, hostile_records

ROOT = Path(__file__).resolve().parents[3]


def neuron(**more: Any) -> NeuroMorphoNeuron:
    return NeuroMorphoNeuron.from_payload({"neuron_id": 1, "neuron_name": "n"} | more)


def read_csv(path: Path) -> list[dict[str, str]]:
    with open(path, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def everything() -> tuple[list[NeuroMorphoNeuron], dict[int, NeuroMorphoMeasurement]]:
    with Server(hostile_records(), n_made=60) as server:
        holdings = server.holdings
        cells = [
            NeuroMorphoNeuron.from_payload(holdings.record(each) or {}) for each in holdings.ids
        ]
        measured = {each: holdings.measures(each) for each in holdings.ids}
    return cells, {
        each: NeuroMorphoMeasurement.from_payload(raw) for each, raw in measured.items() if raw
    }


def test_json_gives_back_every_record_and_measurement(tmp_path: Path) -> None:
    cells, measured = everything()
    path = write_json(cells, tmp_path / "a" / "all.json", measured)
    content = json.loads(path.read_text(encoding="utf-8"))
    assert [each["neuron"] for each in content] == [each.payload for each in cells]
    again = list(read_json(path))
    assert [each for each, _ in again] == cells
    assert [known and dict(known.raw) for _, known in again] == [
        dict(measured[each.neuron_id].raw) if each.neuron_id in measured else None for each in cells
    ]
    assert os.listdir(path.parent) == ["all.json"]


def test_every_text_of_every_record_is_in_the_csv(tmp_path: Path) -> None:
    cells, measured = everything()
    rows = read_csv(write_csv(cells, tmp_path / "all.csv", measured))
    assert len(rows) == len(cells)
    for cell, row in zip(cells, rows, strict=True):
        assert int(row["neuron_id"]) == cell.neuron_id
        for key in ("neuron_name", "archive", "note", "species", "png_url", "stain", "domain"):
            value = cell.get(key)
            if isinstance(value, str):
                expected = value.encode("utf-8", "backslashreplace").decode()
                assert original_cell(row[key]) == expected
        for level, region in enumerate(cell.brain_region[:5], start=1):
            assert original_cell(row[f"brain_region_{level}"]) == region
        assert original_cell(row["brain_region"]) == "; ".join(cell.brain_region)
        known = measured.get(cell.neuron_id)
        if known is not None and known.length is not None:
            assert float(row["measured_length [µm]"]) == known.length


def test_no_spreadsheet_runs_a_cell_and_numbers_stay_numbers(tmp_path: Path) -> None:
    hostile = neuron(
        note="=1+1", archive="@SUM(1)", stain=["-1", "+2"], max_weight="-1.5", strain="'="
    )
    (row,) = read_csv(write_csv([hostile], tmp_path / "table.csv"))
    assert row["note"] == "'=1+1"
    assert row["archive"] == "'@SUM(1)"
    assert row["stain"] == "'-1; +2"
    assert row["strain"] == "''="
    assert row["max_weight [g]"] == "-1.5"


@given(st.text(st.characters(codec="utf-8")))
def test_any_text_comes_back_from_the_csv(text: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        (row,) = read_csv(write_csv([neuron(note=text)], Path(folder) / "table.csv"))
    assert original_cell(row["note"]) == text


@pytest.mark.parametrize(
    ("received", "written"),
    [
        ("12.50", 12.5),
        ("007", 7),
        (3, 3),
        ("9007199254740993", 9007199254740993),
        ("-1.5e3", -1500.0),
        ("Not reported", ""),
        (None, ""),
        ("", ""),
        ("1_000", "1_000"),
        ("12 to 14", "12 to 14"),
        ("nan", "nan"),
        (True, "True"),
        ([250, 300], "250; 300"),
    ],
)
def test_a_number_is_written_as_a_number_and_other_text_unchanged(
    received: Any, written: Any
) -> None:
    row = dict(zip(csv_header(), csv_row(neuron(max_weight=received), None), strict=True))
    assert row["max_weight [g]"] == written
    assert type(row["max_weight [g]"]) is type(written)


def test_headings_have_units_and_are_each_there_once() -> None:
    header = csv_header()
    assert len(set(header)) == len(header)
    assert {"slicing_thickness [µm]", "measured_bif_ampl_local [°]", "volume [µm³]"} <= set(header)
    assert {"measured_n_stems", "brain_region_1", "cell_type_3", "physical_Integrity"} <= set(
        header
    )
    assert "Not reported" in csv_row(neuron(stain="Not reported"), None)


def test_a_full_disk_leaves_the_old_table_and_no_temporary_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    for write in (write_csv, write_json):
        path = write([neuron()], tmp_path / "table")
        before = path.read_bytes()
        with monkeypatch.context() as patched:
            patched.setattr(os, "fsync", full)
            with pytest.raises(NeuroMorphoStorageError, match="No space left"):
                write([neuron(), neuron(neuron_id=2)], path)
        assert path.read_bytes() == before
    assert os.listdir(tmp_path) == ["table"]


def test_the_temporary_files_of_killed_processes_are_removed(tmp_path: Path) -> None:
    killed = "import os, sys; from neuromorpho.bulk.tables import csv_table; "
    killed += "table = csv_table(sys.argv[1]); table.__enter__(); os._exit(9)"
    for name in ("table", "other"):
        command = [sys.executable, "-c", killed, str(tmp_path / name)]
        assert subprocess.run(command, cwd=ROOT, check=False).returncode == 9
    mine, young = tmp_path / ".table.mine.part", tmp_path / "table.part"
    parts = [*tmp_path.iterdir(), mine]
    for each in (mine, young):
        each.touch()
        os.utime(each, (0, 0))
    assert len(parts) == 3
    with csv_table(tmp_path / "table"):
        write_csv([neuron()], tmp_path / "table")
        assert len(list(tmp_path.glob(".table.*"))) == 2, "the one of the other writer stays"
    write_csv([neuron()], tmp_path / "table")
    left = {each.name.split(".")[1] for each in tmp_path.iterdir() if each.name.startswith(".")}
    assert left == {"table", "other"}  # what is not ours, and what is of another table
    assert mine.exists()
    assert young.exists()
    assert len(list(tmp_path.iterdir())) == 4


def test_an_error_in_the_middle_leaves_no_table(tmp_path: Path) -> None:
    def cells() -> Any:
        yield neuron()
        raise KeyboardInterrupt

    for write in (write_csv, write_json):
        with pytest.raises(KeyboardInterrupt):
            write(cells(), tmp_path / "table")
    assert os.listdir(tmp_path) == []
