"""The bundled cells: made by the code beside them, and cells that one can believe."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from backends.morphology.morphology import SwcType, build_geometry, segment_counts
from backends.swc.reader import read_swc, read_swc_text
from resources import bundled, path_of
from resources.generate import large_cell, write_all


def test_the_generator_makes_the_files_that_are_committed(tmp_path: Path) -> None:
    made = write_all(tmp_path)
    assert {path.stem for path in made} == {cell.name for cell in bundled()}
    for path in made:
        assert path.read_bytes() == path_of(path.stem).read_bytes(), path.name


@pytest.mark.parametrize("cell", bundled(), ids=lambda cell: cell.name)
def test_every_bundled_cell_is_clean_and_says_that_it_is_synthetic(cell) -> None:  # type: ignore[no-untyped-def]
    morphology = read_swc(cell.path)
    assert morphology.findings == ()
    assert "Synthetic" in morphology.metadata["header"]
    assert cell.note.startswith("Synthetic")


def test_the_pyramidal_cell_has_the_parts_and_the_size_of_one() -> None:
    morphology = read_swc(path_of("pyramidal"))
    geometry = build_geometry(morphology, segment_counts(morphology))
    assert 700 <= geometry.n_segments <= 1000
    height = np.ptp(geometry.points[:, 1])
    assert 900 < height < 1300
    assert np.ptp(geometry.points[:, 0]) < 0.6 * height
    for kind, above in ((SwcType.APICAL_DENDRITE, True), (SwcType.AXON, False)):
        middle = geometry.points[geometry.frusta[:, 0]][
            geometry.swc_type[geometry.frustum_segment] == kind
        ]
        assert (np.median(middle[:, 1]) > 100) == above
    stems = [each for each in morphology.sections if each.parent == 0]
    assert sum(each.swc_type == SwcType.BASAL_DENDRITE for each in stems) == 6
    trunk = next(each for each in stems if each.swc_type == SwcType.APICAL_DENDRITE)
    tips = set(range(len(morphology.sections))) - {s.parent for s in morphology.sections}
    thin = [morphology.sections[i].radii[-1] for i in tips]
    assert trunk.radii[0] > 5 * np.median(thin)


def test_a_large_cell_has_as_many_points_as_asked_and_one_tree() -> None:
    text = large_cell(5000, seed=2)
    assert text == large_cell(5000, seed=2)
    assert text != large_cell(5000, seed=3)
    morphology = read_swc_text(text)
    assert morphology.metadata["points"] == "5000"
    assert morphology.findings == ()
    assert {each.swc_type for each in morphology.sections} == {1, 2, 3, 4}
    with pytest.raises(ValueError, match="at least 100"):
        large_cell(5)


def test_an_unknown_name_is_answered_with_those_there_are() -> None:
    with pytest.raises(KeyError, match="pyramidal, stellate, ball_and_stick"):
        path_of("purkinje")
