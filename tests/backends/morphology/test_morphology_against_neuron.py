"""Segments are compared with NEURON: same sections, nseg, areas, lengths, diameters, distances, ids."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from backends.morphology.morphology import Morphology, build_geometry, segment_counts
from backends.swc.reader import read_swc, read_swc_text
from resources import bundled
from resources.generate import large_cell

pytest.importorskip("neuron")

# Builds the sections of a JSON list in a separate NEURON process and prints NEURON's numbers.
BARE = """
import json, sys
from neuron import h
h.load_file("stdlib.hoc")
job = json.load(sys.stdin)
made = []
for each in job["sections"]:
    section = h.Section(name=each["name"])
    h.pt3dclear(sec=section)
    for x, y, z, d in each["points"]:
        h.pt3dadd(x, y, z, d, sec=section)
    section.Ra, section.cm = job["ra"], job["cm"]
    made.append(section)
for each, section in zip(job["sections"], made):
    if each["parent"] >= 0:
        section.connect(made[each["parent"]](each["parent_x"]), 0)
rule = [int((s.L / (0.1 * h.lambda_f(100, sec=s)) + 0.9) / 2) * 2 + 1 for s in made]
for section, n in zip(made, job["nseg"] or rule):
    section.nseg = n
segments = [segment for section in made for segment in section]
print("@@" + json.dumps({
    "rule": rule,
    "L": [section.L for section in made],
    "ids": [str(segment) for segment in segments],
    "area": [segment.area() for segment in segments],
    "diam": [segment.diam for segment in segments],
    "distance": [h.distance(segments[0], segment) for segment in segments],
}))
"""

IMPORT3D = """
import json, sys
from neuron import h
h.load_file("stdlib.hoc"); h.load_file("import3d.hoc")
reader = h.Import3d_SWC_read(); reader.quiet = 1; reader.input(sys.argv[1])
h.Import3d_GUI(reader, 0).instantiate(None)
print("@@" + json.dumps({
    s.name(): [s.n3d(), s.L, sum(x.area() for x in s), str(s.parentseg())] for s in h.allsec()
}))
"""


def bare(code: str, *arguments: str, job: object = None) -> Any:
    environment = {**os.environ, "NEURON_MODULE_OPTIONS": "-nogui"}
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        input=json.dumps(job),
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
        env=environment,
    )
    return json.loads(done.stdout.split("@@", 1)[1])


def neuron_on(morphology: Morphology, nseg: list[int] | None = None) -> Any:
    sections = [
        {
            "name": each.name,
            "parent": each.parent,
            "parent_x": each.parent_x,
            "points": np.column_stack([each.xyz, 2 * each.radii]).tolist(),
        }
        for each in morphology.sections
    ]
    return bare(BARE, job={"sections": sections, "nseg": nseg, "ra": 120.0, "cm": 1.3})


@pytest.fixture(scope="module")
def far_cell() -> Morphology:
    """A cell of 2,000 points away from the origin, where single precision shows."""
    rows = [line.split() for line in large_cell(2000, seed=4).splitlines()[1:]]
    for row in rows:
        row[2] = str(float(row[2]) + 3000)
    return read_swc_text("\n".join(map(" ".join, rows)) + "\n")


def assert_same_as_neuron(morphology: Morphology, nseg: list[int], want: Any) -> None:
    geometry = build_geometry(morphology, nseg)
    assert list(geometry.segment_ids) == want["ids"]
    np.testing.assert_allclose(geometry.area, want["area"], rtol=1e-6)
    np.testing.assert_allclose(geometry.diameter, want["diam"], rtol=1e-6)
    np.testing.assert_allclose(geometry.path_distance, want["distance"], rtol=1e-6, atol=1e-4)
    lengths = np.bincount(geometry.section_index, geometry.length)
    np.testing.assert_allclose(lengths, want["L"], rtol=1e-6)


@pytest.mark.parametrize("cell", bundled(), ids=lambda cell: cell.name)
def test_bundled_cells_measure_as_in_neuron(cell: Any) -> None:
    morphology = read_swc(cell.path)
    want = neuron_on(morphology)
    counts = segment_counts(morphology, ra_ohm_cm=120.0, cm_uf_cm2=1.3)
    assert counts.tolist() == want["rule"]
    assert_same_as_neuron(morphology, counts.tolist(), want)


def test_a_cell_far_from_the_origin_measures_as_in_neuron(far_cell: Morphology) -> None:
    counts = segment_counts(far_cell, ra_ohm_cm=120.0, cm_uf_cm2=1.3).tolist()
    want = neuron_on(far_cell)
    assert counts == want["rule"]
    assert_same_as_neuron(far_cell, counts, want)


def test_any_nseg_up_to_201_is_cut_and_spelled_as_in_neuron() -> None:
    one = read_swc_text("1 3 0 0 0 1 -1\n2 3 0 7 1 2.5 1\n3 3 3 11 1 0.5 2\n4 3 9 20 -4 0.3 3\n")
    counts = [1, 2, 3, 5, 6, 7, 9, 30, 99, 150, 199, 201]
    copies = [replace(one.sections[0], name=f"dend[{index}]") for index in range(len(counts))]
    many = Morphology("copies", tuple(copies))
    want = neuron_on(many, counts)
    geometry = build_geometry(many, counts)
    assert list(geometry.segment_ids) == want["ids"]
    np.testing.assert_allclose(geometry.area, want["area"], rtol=1e-6)
    np.testing.assert_allclose(geometry.diameter, want["diam"], rtol=1e-6)


def test_sections_are_those_of_import3d(tmp_path: Path) -> None:
    text = (
        "1 1 0 0 0 6 -1\n2 1 0 8 0 5 1\n3 1 0 14 0 3 2\n"
        "4 4 0 20 0 2 3\n5 4 0 40 0 2 4\n6 4 9 60 0 1 5\n7 4 -9 60 0 1 5\n"
        "8 3 8 8 0 1 2\n9 3 30 8 0 1 8\n10 3 60 8 0 1 9\n11 7 60 30 0 1 10\n"
        "12 3 -9 8 0 1 2\n13 3 -30 8 0 1 12\n14 3 -30 20 5 1 12\n"
        "15 2 0 -6 0 1 1\n16 2 0 -60 0 1 15\n17 0 5 -80 0 1 16\n18 2 -5 -80 0 1 16\n"
    )
    path = tmp_path / "cell.swc"
    path.write_text(text, encoding="utf-8")
    assert_same_as_import3d(path)


@pytest.mark.parametrize("cell", bundled(), ids=lambda cell: cell.name)
def test_bundled_cells_have_the_sections_of_import3d(cell: Any) -> None:
    assert_same_as_import3d(cell.path)


def assert_same_as_import3d(path: Path) -> None:
    want = bare(IMPORT3D, str(path))
    morphology = read_swc(path)
    geometry = build_geometry(morphology, [1] * len(morphology.sections))
    names = [each.name for each in morphology.sections]
    assert sorted(names) == sorted(want)
    for index, each in enumerate(morphology.sections):
        points, length, area, parent = want[each.name]
        above = f"{names[each.parent]}({each.parent_x:g})" if each.parent >= 0 else "None"
        assert (each.name, len(each.radii), above) == (each.name, points, parent)
        assert geometry.length[index] == pytest.approx(length, rel=1e-5)
        assert geometry.area[index] == pytest.approx(area, rel=1e-5)
