"""What is written can be read back as it was."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

from app.export.trace_column import TraceColumn
from app.export.traces import write_traces, write_traces_csv


def table(path: Path) -> list[list[str]]:
    """Return the rows of a CSV file."""
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.reader(file))


def test_every_number_of_a_csv_reads_back_exactly(tmp_path: Path) -> None:
    times = np.arange(50) * 0.1
    values = np.random.default_rng(0).normal(size=50)
    narrow = values.astype(np.float32)
    path = tmp_path / "traces.csv"
    write_traces(
        path,
        [
            TraceColumn("soma[0](0.5)", "mV", times, values),
            TraceColumn("dend[3](0.1)", "mV", times, narrow),
        ],
    )
    header, *rows = table(path)
    assert header == ["time_ms", "soma[0](0.5) [mV]", "dend[3](0.1) [mV]"]
    assert rows[3][0] == "0.3"
    assert [float(row[1]) for row in rows] == values.tolist()
    assert np.array_equal(np.array([row[2] for row in rows]).astype(np.float32), narrow)


def test_traces_with_different_times_share_one_table_with_empty_cells(tmp_path: Path) -> None:
    path = tmp_path / "traces.csv"
    write_traces(
        path,
        [
            TraceColumn("a", "mV", [0.1 * 3, 0.4], [1.0, np.nan]),
            TraceColumn("a", None, [0.0, 0.3], [3.0, 4.0]),
        ],
    )
    assert table(path) == [
        ["time_ms", "a [mV]", "a"],
        ["0.0", "", "3.0"],
        ["0.3", "1.0", "4.0"],
        ["0.4", "nan", ""],
    ]


def test_a_jump_has_two_rows_of_one_time(tmp_path: Path) -> None:
    jump = TraceColumn("i", "nA", [0.0, 1.0, 1.0, 2.0], [0.0, 0.0, 5.0, 5.0])
    plain = TraceColumn("v", "mV", [0.0, 1.0, 2.0], [-65.0, -64.0, -63.0])
    write_traces(tmp_path / "t.csv", [jump, plain])
    assert (tmp_path / "t.csv").read_text().splitlines() == [
        "time_ms,i [nA],v [mV]",
        "0.0,0.0,-65.0",
        "1.0,0.0,-64.0",
        "1.0,5.0,",
        "2.0,5.0,-63.0",
    ]


def test_an_archive_has_the_same_union(tmp_path: Path) -> None:
    path = tmp_path / "traces.npz"
    write_traces(path, [TraceColumn("a", "mV", [0, 1], [1, 2]), TraceColumn("m", "", [1], [3])])
    with np.load(path) as archive:
        assert archive["time_ms"].tolist() == [0.0, 1.0]
        np.testing.assert_array_equal(archive["values"], [[1, np.nan], [2, 3]])
        assert archive["labels"].tolist() == ["a", "m"]
        assert archive["units"].tolist() == ["mV", ""]


def test_columns_over_shared_times_are_written_and_equal_names_are_distinguished(
    tmp_path: Path,
) -> None:
    write_traces_csv(tmp_path / "t.csv", [0.0], {"a": [1.0], "b": [2.0]}, "mV")
    assert table(tmp_path / "t.csv")[0] == ["time_ms", "a [mV]", "b [mV]"]
    twice = [TraceColumn("a", "mV", [0.0], [1.0])] * 2
    write_traces(tmp_path / "t.csv", twice)
    assert table(tmp_path / "t.csv")[0] == ["time_ms", "a [mV]", "a [mV] #2"]


def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "traces.csv"
    path.write_text("old")
    with pytest.raises(ValueError, match="1 values for 2 times"):
        write_traces(path, [TraceColumn("a", "mV", [0.0, 1.0], [1.0])])
    with pytest.raises(ValueError, match="no trace"):
        write_traces(path, [])
    with pytest.raises(OSError, match="nowhere"):
        write_traces(tmp_path / "nowhere" / "t.csv", [TraceColumn("a", "mV", [0.0], [1.0])])
    assert path.read_text() == "old"
    assert [each.name for each in tmp_path.iterdir()] == ["traces.csv"]


def test_no_spreadsheet_runs_a_heading(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    write_traces(path, [TraceColumn("=1+1", None, [0.0], [-65.0])])
    assert path.read_text(encoding="utf-8").splitlines() == ["time_ms,'=1+1", "0.0,-65.0"]
