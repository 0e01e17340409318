"""Ids of segments are names that are the same in every run."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from backends.neuron.scene import NeuronSceneBuilder

pytest.importorskip("neuron")
REPORTS = Path(__file__).parents[4] / "shared" / "data" / "reports"


class Plain:
    def __init__(self, h: Any, *names: str) -> None:
        self.sections = [h.Section(name=name, cell=self) for name in names]


class Named(Plain):
    def __repr__(self) -> str:
        return "Named cell"


@pytest.fixture
def h() -> Iterator[Any]:
    from neuron import h

    before = set(h.allsec())
    yield h
    for each in list(h.allsec()):
        if each not in before:
            h.delete_section(sec=each)


def drawn(*sections: Any) -> Any:
    return NeuronSceneBuilder.build_morphology_geometry(sections)


def test_a_cell_without_a_name_is_called_by_class_and_number(h: Any) -> None:
    cells = [Plain(h, "soma", "dend") for _ in range(2)]
    sections = [section for cell in cells for section in cell.sections]
    geometry = drawn(*sections)
    assert geometry.segment_ids[:2] == ("Plain[0].soma(0.5)", "Plain[0].dend(0.5)")
    assert geometry.cell_names == ("Plain[0]", "Plain[1]")
    backwards = drawn(*sections[::-1])
    assert backwards.segment_ids[0] == "Plain[0].dend(0.5)"
    assert backwards.cell_names == ("Plain[0]", "Plain[1]")


def test_names_that_are_stable_are_neuron_s(h: Any) -> None:
    cell = Named(h, "soma")
    bare = h.Section(name="axon")
    h("begintemplate Tmpl16\npublic soma\ncreate soma\nendtemplate Tmpl16")
    of_hoc = h.Tmpl16()
    geometry = drawn(*cell.sections, bare, of_hoc.soma)
    expected = [str(each(0.5)) for each in (*cell.sections, bare, of_hoc.soma)]
    assert list(geometry.segment_ids) == expected
    assert geometry.cell_names == ("Named cell", "axon", "Tmpl16[0]")


def test_duplicates_are_numbered(h: Any) -> None:
    twins = [Named(h, "soma"), Named(h, "soma")]
    bare = [h.Section(name="dend") for _ in range(2)]
    geometry = drawn(*(each.sections[0] for each in twins), *bare)
    assert geometry.segment_ids == (
        "Named cell[0].soma(0.5)",
        "Named cell[1].soma(0.5)",
        "dend[0](0.5)",
        "dend[1](0.5)",
    )
    assert geometry.cell_names == ("Named cell[0]", "Named cell[1]", "dend[0]", "dend[1]")
    assert len(set(geometry.segment_ids)) == geometry.n_segments


@pytest.mark.skipif(not REPORTS.is_dir(), reason="the reports are not here")
@pytest.mark.parametrize("report", ["no_repr.py", "ring5.py"])
def test_the_ring_records_by_name(report: str, tmp_path: Path) -> None:
    table, segment = tmp_path / "v.csv", "BallAndStick[0].soma(0.5)"
    arguments = ["run", str(REPORTS / report), "--for", "5", "--record", segment]
    done = subprocess.run(
        [sys.executable, "-m", "app", *arguments, "--traces", str(table)],
        capture_output=True,
        text=True,
        check=True,
    )
    assert not re.search("0x[0-9a-f]+", done.stdout)
    assert segment in table.read_text().partition("\n")[0]
