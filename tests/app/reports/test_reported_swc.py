"""SWC files after public bug reports, through ``somascope run``: opened, repaired or refused as their README says."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.app.reports.conftest import Run

pytest.importorskip("neuron")


def audit_of(run: Run, path: Path, folder: Path, *words: str) -> tuple[str, dict[str, Any]]:
    done = run(path, "--for", 1, "--audit", folder / "audit.json", *words)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout, json.loads((folder / "audit.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    ("name", "sections", "points", "codes"),
    [
        ("row_comments", 5, 9, []),
        ("float_ids", 4, 39, []),
        ("parent_zero", 1, 24, ["parent.zero-root", "soma.none"]),
    ],
)
def test_a_file_that_real_programs_wrote_opens_with_its_repairs_told(
    name: str, sections: int, points: int, codes: list[str],
    reports: Path, run: Run, tmp_path: Path,
) -> None:  # fmt: skip
    out, audit = audit_of(run, reports / f"{name}.swc", tmp_path)
    assert (audit["facts"]["Sections"], audit["facts"]["Points"]) == (str(sections), str(points))
    assert [each["code"] for each in audit["findings"]] == codes
    assert ("parent 0" in out) == (name == "parent_zero")


@pytest.mark.slow
def test_trees_that_are_left_out_are_counted(reports: Path, run: Run, tmp_path: Path) -> None:
    out, audit = audit_of(run, reports / "loose_axon.swc", tmp_path)
    assert audit["facts"]["Points"] == "67"
    assert [each["code"] for each in audit["findings"]] == ["tree.several"]
    assert "26 separate trees" in out
    assert "200 points" in out
    _, everything = audit_of(run, reports / "loose_axon.swc", tmp_path, "--trees", "all")
    assert everything["facts"]["Points"] == "267"


def test_a_header_that_runs_into_the_first_row_is_refused_with_line_1(
    reports: Path, run: Run, tmp_path: Path
) -> None:
    done = run(reports / "glued_header.swc", "--for", 1, "--audit", tmp_path / "audit.json")
    assert done.returncode == 1
    assert "line 1" in done.stderr
    refused = json.loads((tmp_path / "audit.json").read_text(encoding="utf-8"))["refused"]
    assert (refused["code"], refused["line"]) == ("format.glued-header", 1)
