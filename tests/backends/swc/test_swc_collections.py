"""Every file of the shared collections is opened, repaired, or refused with its line."""

from __future__ import annotations

import csv
import importlib.util
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from backends.morphology.morphology import build_geometry, segment_counts
from backends.swc.reader import SwcError, read_swc

ROOT = Path(__file__).resolve().parents[3]
DATA = ROOT.parent / "shared" / "data"
pytestmark = pytest.mark.skipif(
    not (DATA / "swc" / "INDEX.csv").is_file(), reason="the shared morphologies are not here"
)


def table(folder: str) -> list[dict[str, str]]:
    index = DATA / folder / "INDEX.csv"
    if not index.is_file():
        return []
    with index.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def file_name(row: dict[str, str]) -> str:
    return row["file"]


@pytest.mark.parametrize("row", table("swc"), ids=file_name)
def test_every_real_file_opens_and_draws(row: dict[str, str]) -> None:
    morphology = read_swc(DATA / "swc" / row["file"])
    geometry = build_geometry(morphology, segment_counts(morphology))
    assert geometry.n_segments >= len(morphology.sections) >= 1
    assert (geometry.area > 0).all()
    assert (geometry.length > 0).all()
    assert morphology.metadata["points_in_file"] == row["n_points"]
    assert all(each.parent < index for index, each in enumerate(morphology.sections))
    assert all((each.radii > 0).all() for each in morphology.sections)


@pytest.mark.parametrize("row", table("swc_bad"), ids=file_name)
def test_every_irregular_file_gets_its_code_and_line(row: dict[str, str]) -> None:
    path = DATA / "swc_bad" / row["file"]
    if row["expect"] == "error":
        with pytest.raises(SwcError) as caught:
            read_swc(path)
        error = caught.value
        assert error.code == row["code"]
        assert path.name in error.message
        if row["line"]:
            assert error.line == int(row["line"])
            assert f"line {error.line}" in error.message
        return
    findings = {each.code: each for each in read_swc(path).findings}
    if row["expect"] == "repair":
        assert findings[row["code"]].severity in ("repair", "warning")
    if row["code"]:
        found = findings[row["code"]]
        if row["line"] == "last":
            assert found.line == len(path.read_bytes().splitlines())
        elif row["line"]:
            assert str(found.line) in row["line"].split(";")


def test_one_cell_in_eleven_containers_is_one_cell() -> None:
    paths = sorted((DATA / "swc" / "derived").glob("h10_*.swc"))
    assert len(paths) > 5
    want = read_swc(DATA / "swc" / "neuromorpho_cng" / "h10.CNG.swc").sections
    for path in paths:
        have = read_swc(path).sections
        assert [each.name for each in have] == [each.name for each in want], path.name
        for mine, its in zip(have, want, strict=True):
            assert (mine.xyz == its.xyz).all(), path.name
            assert (mine.radii == its.radii).all(), path.name
            assert (mine.parent, mine.parent_x) == (its.parent, its.parent_x), path.name


def generated_cases() -> list[tuple[str, object, str, str, str]]:
    script = DATA / "swc_bad" / "make_generated.py"
    if not script.is_file():
        return []
    spec = importlib.util.spec_from_file_location("make_generated", script)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return list(module.CASES)


SLOW_TO_MAKE = {"junk_100MB.swc", "oneline_100MB.swc", "words_100MB.swc", "million_points.swc"}


@pytest.mark.parametrize("case", generated_cases(), ids=lambda case: case[0])
def test_malformed_files_get_a_result_and_never_hang(
    case: tuple[str, object, str, str, str], tmp_path: Path
) -> None:
    name, make, expect, code, _ = case
    if name in SLOW_TO_MAKE and not os.environ.get("SOMASCOPE_SLOW_TESTS"):
        pytest.skip("takes seconds to write; set SOMASCOPE_SLOW_TESTS=1")
    if name == "unreadable.swc" and os.geteuid() == 0:
        pytest.skip("root may read everything")
    path = tmp_path / name
    make(str(path))  # type: ignore[operator]
    start = time.perf_counter()
    if expect == "error":
        with pytest.raises(SwcError) as caught:
            read_swc(path)
        assert caught.value.code == code
    else:
        findings = {each.code for each in read_swc(path).findings}
        assert not code or code in findings
    assert time.perf_counter() - start < 20


def test_a_pipe_that_replaces_the_file_cannot_block(tmp_path: Path) -> None:
    path = tmp_path / "pipe.swc"
    os.mkfifo(path)
    code = "from backends.swc.source import open_nonblocking as f; import os, sys; "
    code += "os.close(f(sys.argv[1], os.O_RDONLY))"
    done = subprocess.run([sys.executable, "-c", code, path], timeout=30, cwd=ROOT, check=False)
    assert done.returncode == 0
