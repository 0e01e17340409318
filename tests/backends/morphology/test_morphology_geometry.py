"""The geometry of a morphology: frusta, segments, round somas, positions of sections without points."""

from __future__ import annotations

import numpy as np
import pytest

from backends.errors import MorphologyError
from backends.morphology.morphology import (
    Polyline,
    SectionWithoutPoints,
    SwcType,
    build_geometry,
    geometry_from_polylines,
    lay_out_sections,
    segment_counts,
)
from backends.morphology.summary import morphology_facts
from backends.scene import MorphologyGeometry
from backends.swc.reader import read_swc, read_swc_text
from resources import path_of

BALL = "1 1 0 0 0 10 -1\n2 3 0 10 0 2 1\n3 3 0 60 0 1 2\n4 3 0 110 0 1 3\n"


def cable(name: str, parent: int = -1, *, x: float = 1.0, nseg: int = 3, at: float = 0) -> Polyline:
    xyz = np.asarray([[at, 0.0, 0.0], [at + 30.0, 0.0, 0.0]])
    return Polyline(name, SwcType.BASAL_DENDRITE, parent, x, xyz, np.ones(2), nseg)


def frustum_lengths(geometry: MorphologyGeometry) -> np.ndarray:
    ends = geometry.points[geometry.frusta].astype(float)
    return np.linalg.norm(ends[:, 1] - ends[:, 0], axis=1)


def test_frusta_are_cut_at_segment_borders() -> None:
    geometry = geometry_from_polylines([cable("dend[0]")])
    assert geometry.points[:, 0].tolist() == [0, 10, 20, 30]
    assert geometry.frusta.tolist() == [[0, 1], [1, 2], [2, 3]]
    assert geometry.frustum_segment.tolist() == [0, 1, 2]
    assert geometry.segment_ids == ("dend[0](0.166667)", "dend[0](0.5)", "dend[0](0.833333)")


def test_every_frustum_lies_in_its_segment_and_together_they_are_the_cell() -> None:
    morphology = read_swc(path_of("pyramidal"))
    geometry = build_geometry(morphology, segment_counts(morphology))
    drawn = np.bincount(geometry.frustum_segment, frustum_lengths(geometry), geometry.n_segments)
    np.testing.assert_allclose(drawn, geometry.length, rtol=1e-3, atol=1e-3)
    assert sorted(set(geometry.frustum_segment.tolist())) == list(range(geometry.n_segments))
    owner = geometry.section_index[geometry.frustum_segment]
    joined = geometry.frusta[1:, 0] == geometry.frusta[:-1, 1]
    assert (joined == (owner[1:] == owner[:-1])).all()


def test_a_sphere_is_drawn_round_and_measured_as_neuron_s_cylinder() -> None:
    geometry = build_geometry(read_swc_text(BALL), [3, 1])
    on_soma = geometry.section_index[geometry.frustum_segment] == 0
    points = np.unique(geometry.frusta[on_soma])
    from_centre = np.hypot(geometry.points[points, 0], geometry.radii[points])
    assert on_soma.sum() >= 16
    np.testing.assert_allclose(from_centre, 10, rtol=0.02)
    assert geometry.area[:3].sum() == pytest.approx(4 * np.pi * 10**2)
    assert set(geometry.frustum_segment[on_soma].tolist()) == {0, 1, 2}
    np.testing.assert_allclose(geometry.length[:3], 20 / 3)


def test_the_drawing_of_other_sections_does_not_depend_on_the_round_soma() -> None:
    geometry = build_geometry(read_swc_text(BALL), [1, 5])
    on_dendrite = geometry.frustum_segment > 0
    assert frustum_lengths(geometry)[on_dendrite].sum() == pytest.approx(100)
    first = geometry.points[geometry.frusta[on_dendrite][0, 0]]
    assert first.tolist() == [0, 10, 0]
    assert geometry.frustum_segment[on_dendrite].tolist() == [1, 2, 3, 3, 4, 5]


def test_a_long_soma_keeps_its_shape() -> None:
    geometry = build_geometry(read_swc_text("1 1 0 0 0 5 -1\n2 1 0 30 0 5 1\n"), [1])
    assert geometry.n_frusta == 1


def test_every_segment_has_the_index_of_the_one_before_it() -> None:
    lines = [
        cable("a"),
        cable("b", 0, x=0.5, at=30),
        cable("c", 0, x=1.0, at=30),
        cable("d", 1, x=0.0),
    ]
    geometry = geometry_from_polylines(lines)
    assert geometry.parent_segment.tolist() == [-1, 0, 1, 1, 3, 4, 2, 6, 7, 3, 9, 10]
    np.testing.assert_allclose(geometry.path_distance[:6], [0, 10, 20, 15, 25, 35])


def test_parents_may_come_after_their_children_but_not_in_a_loop() -> None:
    geometry = geometry_from_polylines([cable("b", 1, at=30), cable("a")])
    np.testing.assert_allclose(geometry.path_distance, [30, 40, 50, 0, 10, 20])
    with pytest.raises(MorphologyError, match="loop"):
        geometry_from_polylines([cable("a", 1), cable("b", 0)])


def test_impossible_sections_are_refused_by_name() -> None:
    with pytest.raises(MorphologyError, match=r"dend\[0\]"):
        geometry_from_polylines([cable("dend[0]", nseg=0)])
    with pytest.raises(MorphologyError, match="parent: 7"):
        geometry_from_polylines([cable("dend[0]", 7)])
    with pytest.raises(MorphologyError, match="2 sections"):
        build_geometry(read_swc_text(BALL), [1])


def test_no_sections_make_an_empty_geometry() -> None:
    assert geometry_from_polylines([]).n_segments == 0


def test_the_d_lambda_rule_gives_odd_counts_that_grow_with_frequency() -> None:
    morphology = read_swc(path_of("pyramidal"))
    coarse, fine = segment_counts(morphology), segment_counts(morphology, frequency_hz=1000)
    assert (coarse % 2 == 1).all()
    assert (fine >= coarse).all()
    assert fine.sum() > 2 * coarse.sum()


def star(cell: int, n: int = 6) -> list[SectionWithoutPoints]:
    base = cell * (n + 1)
    soma = SectionWithoutPoints(
        f"soma[{cell}]", SwcType.SOMA, -1, 1.0, 20.0, np.asarray([20.0]), cell
    )
    return [soma] + [
        SectionWithoutPoints(
            f"dend[{base + k}]", 3, base, 0.5, 100.0, np.linspace(3.0, 1.0, 5), cell
        )
        for k in range(n)
    ]


def test_sections_without_points_get_positions_and_keep_their_numbers() -> None:
    lines, invented = lay_out_sections(star(0))
    geometry = geometry_from_polylines(lines, laid_out_sections=invented)
    assert geometry.laid_out_sections == tuple(each.name for each in star(0))
    np.testing.assert_allclose(geometry.length, [20] + [20] * 30)
    np.testing.assert_allclose(geometry.diameter[1:6], np.linspace(3, 1, 5))
    np.testing.assert_allclose(geometry.area, np.pi * geometry.diameter * geometry.length)
    tips = np.asarray([each.xyz[-1] for each in lines[1:]])
    apart = np.linalg.norm(tips[:, None] - tips[None], axis=2)
    assert apart[np.triu_indices(6, 1)].min() > 80
    assert not tips[:, 2].any()


def test_cells_without_points_stand_side_by_side() -> None:
    lines, _ = lay_out_sections(star(0) + star(1) + star(2))
    spans = [
        [np.concatenate([each.xyz[:, 0] for each in lines if each.cell_index == cell])]
        for cell in range(3)
    ]
    edges = [(float(np.min(span)), float(np.max(span))) for span in spans]
    assert edges[0][1] < edges[1][0]
    assert edges[1][1] < edges[2][0]


def test_a_section_without_points_is_attached_to_one_that_has_them() -> None:
    spine = SectionWithoutPoints("spine[0]", 3, 0, 0.5, 2.0, np.asarray([0.5]))
    lines, invented = lay_out_sections([cable("dend[0]"), spine])
    assert invented == ("spine[0]",)
    assert lines[1].xyz[0].tolist() == [15, 0, 0]
    assert lines[0].xyz.tolist() == cable("dend[0]").xyz.tolist()


def test_facts_name_the_types_with_units_and_how_the_soma_was_built() -> None:
    morphology = read_swc_text(BALL)
    facts = morphology_facts(morphology, build_geometry(morphology, [1, 3]))
    assert facts["Sections"] == "2"
    assert facts["Segments"] == "4"
    assert facts["Length"] == "120 µm"
    assert facts["Basal dendrite"].startswith("1 section, 100 µm, ")
    assert facts["Soma built as"] == "a sphere of 20 µm from 1 point (cylinder of equal area)"
