"""What is drawn of a network: which cells, where, and what the picture says of it. No OpenGL."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest
from numpy.typing import NDArray

from app.palette import DARK, LIGHT, connection_color
from app.viewport.network.arranging import drawn_cells, offsets_of
from app.viewport.network.drawn import (
    ALL_CELLS,
    ShownCells,
    cells_note,
    drawn_geometry,
    segment_middles,
)
from app.viewport.network.line_mesh import FAINTEST, lines_of
from backends.connections import Connections
from backends.scene import MorphologyGeometry
from tests.app.viewport.cells import ball, cell, empty_cell, forest
from tests.support.wired_network import CELLS, PER_CELL, N, many_connections, wired_geometry, wiring


def boxes(geometry: MorphologyGeometry) -> list[tuple[NDArray[np.float64], NDArray[np.float64]]]:
    """Return the corners of each drawn cell's box in x and y."""
    found = []
    for index in drawn_cells(geometry):
        frusta = geometry.frusta[geometry.cell_index[geometry.frustum_segment] == index].reshape(-1)
        points, radii = geometry.points[frusta, :2], geometry.radii[frusta, None]
        found.append(((points - radii).min(axis=0), (points + radii).max(axis=0)))
    return found


def scattered() -> MorphologyGeometry:
    """Return twenty cells of different sizes on one heap."""
    geometry = forest(500)
    return replace(
        geometry,
        cell_index=np.arange(500, dtype=np.int32) // 25,
        cell_names=tuple(f"Cell[{i}]" for i in range(20)),
    )


@pytest.mark.parametrize("arrangement", ["grid", "circle"])
@pytest.mark.parametrize("n_cells", [1, 2, 3, 12])
def test_cells_that_are_arranged_do_not_overlap_and_keep_their_shape(
    arrangement: str, n_cells: int
) -> None:
    geometry = wired_geometry(n_cells)
    drawn = drawn_geometry(geometry, ShownCells(frozenset(), arrangement))
    for (low, high), (other_low, other_high) in combinations(boxes(drawn), 2):
        assert (high < other_low).any() or (other_high < low).any()
    for index in range(n_cells):
        own = geometry.cell_index[geometry.frustum_segment] == index
        before, after = geometry.points[geometry.frusta[own]], drawn.points[drawn.frusta[own]]
        assert np.allclose(before - before[0, 0], after - after[0, 0], atol=1e-3)
    assert np.ptp(boxes(drawn)[0][1]) >= 0
    assert np.array_equal(geometry.points, wired_geometry(n_cells).points)


def test_cells_of_different_sizes_are_in_a_grid_without_overlapping() -> None:
    for arrangement in ("grid", "circle"):
        drawn = drawn_geometry(scattered(), ShownCells(frozenset(), arrangement))
        for (low, high), (other_low, other_high) in combinations(boxes(drawn), 2):
            assert (high < other_low).any() or (other_high < low).any()


def test_a_grid_is_read_from_the_top_left_and_hiding_a_cell_moves_no_other() -> None:
    geometry = wired_geometry()
    places = offsets_of(geometry, "grid")[:, :2] + geometry.points[::4, :2]
    order = np.lexsort((places[:, 0], -np.round(places[:, 1], 3)))
    assert np.array_equal(order, np.arange(CELLS))
    whole = drawn_geometry(geometry, ShownCells(frozenset(), "grid"))
    part = drawn_geometry(geometry, ShownCells(frozenset([0, 5]), "grid"))
    assert part.n_frusta == whole.n_frusta - 2 * PER_CELL
    assert np.allclose(part.middle(N - 1), whole.middle(N - 1))


def test_a_hidden_cell_has_no_frusta_and_all_segments_keep_their_index() -> None:
    geometry = wired_geometry()
    drawn = drawn_geometry(geometry, ShownCells(frozenset([0, 3])))
    assert drawn.segment_ids == geometry.segment_ids
    assert set(drawn_cells(drawn).tolist()) == set(range(CELLS)) - {0, 3}
    assert drawn.points[:, 0].min() == geometry.points[4, 0]  # so it is not fitted to
    with pytest.raises(KeyError):
        drawn.middle(0)


def test_a_point_that_two_cells_share_is_moved_with_each() -> None:
    xyz = [(0, 0, 0), (10, 0, 0), (20, 0, 0)]
    geometry = replace(
        cell((xyz, [1, 1, 1], 3, -1)),
        cell_index=np.array([0, 1], np.int32),
        cell_names=("a", "b"),
    )
    drawn = drawn_geometry(geometry, ShownCells(frozenset(), "circle"))
    length = np.linalg.norm(np.diff(drawn.points[drawn.frusta], axis=1), axis=2)
    assert np.allclose(length, 10)


def test_views_that_show_the_same_cells_share_what_they_draw() -> None:
    geometry = wired_geometry()
    assert drawn_geometry(geometry, ALL_CELLS) is geometry
    one = drawn_geometry(geometry, ShownCells(frozenset([1]), "grid"))
    assert drawn_geometry(geometry, ShownCells(frozenset([1]), "grid")) is one
    assert drawn_geometry(geometry, ShownCells(frozenset([2]), "grid")) is not one


@pytest.mark.parametrize(
    ("cells", "note"),
    [
        (ALL_CELLS, ()),
        (ShownCells(frozenset(range(1, CELLS))), ("1 of 12 cells shown",)),
        (ShownCells(frozenset(), "grid"), ("arranged in a grid",)),
        (ShownCells(frozenset([3]), "circle"), ("11 of 12 cells shown", "arranged in a circle")),
    ],
)
def test_a_picture_says_what_is_not_as_in_the_model(
    cells: ShownCells, note: tuple[str, ...]
) -> None:
    assert cells_note(wired_geometry(), cells) == note


@pytest.mark.parametrize("geometry", [cell(ball()), forest(100), wired_geometry()])
def test_the_middles_of_all_segments_are_those_of_each(geometry: MorphologyGeometry) -> None:
    each = [geometry.middle(i) for i in range(geometry.n_segments)]
    assert np.allclose(segment_middles(geometry), each, atol=1e-3)
    assert segment_middles(empty_cell()).shape == (0, 3)


def test_a_line_leads_from_the_source_to_the_target_and_fades_towards_the_source() -> None:
    geometry = wired_geometry()
    lines, legend = lines_of(wiring(), geometry, np.zeros(3), DARK)
    assert [row.text for row in legend] == ["AMPA  12", "GABA  6", "gap junction  10"]
    assert np.allclose(lines.ends[0], [geometry.middle(0), geometry.middle(5)])
    assert lines.strength[0].tolist() == pytest.approx([FAINTEST, 1.0])
    assert lines.strength[-1].tolist() == [1.0, 1.0]  # a gap junction has no direction
    assert lines.along[0, 1] < 0 < lines.along[-1, 1]  # and is dashed
    assert lines.cells[-1].tolist() == [CELLS - 3, CELLS - 1]


def test_lines_of_hidden_cells_are_not_drawn_and_the_legend_says_of_how_many() -> None:
    drawn = drawn_geometry(wired_geometry(), ShownCells(frozenset([2])))
    lines, legend = lines_of(wiring(), drawn, np.zeros(3), DARK)
    assert not (lines.cells == 2).any()
    assert [row.text for row in legend] == [
        "AMPA  10 of 12",
        "GABA  4 of 6",
        "gap junction  8 of 10",
    ]


def test_lines_follow_cells_that_are_arranged() -> None:
    drawn = drawn_geometry(wired_geometry(), ShownCells(frozenset(), "circle"))
    lines, _ = lines_of(wiring()[:1], drawn, np.zeros(3), DARK)
    assert np.allclose(lines.ends[0], [drawn.middle(0), drawn.middle(5)], atol=1e-3)


def test_a_segment_that_is_connected_with_itself_has_a_loop() -> None:
    autapse = Connections("own", "morphology", [3, 0], [3, 3])
    lines, legend = lines_of([autapse], wired_geometry(), np.zeros(3), DARK)
    assert legend[0].text == "synapse  2"
    loop = lines.of_cell(1)
    length = np.linalg.norm(np.diff(loop.ends, axis=1), axis=2)
    assert (length > 1).sum() > 10


def test_groups_differ_in_colour_in_both_themes() -> None:
    for theme in (DARK, LIGHT):
        colors = {connection_color(i, theme) for i in range(-1, 6)}
        assert len(colors) == 7
        rows = lines_of(wiring(), wired_geometry(), np.zeros(3), theme)[1]
        assert [row.color for row in rows] == [connection_color(i, theme) for i in (0, 1, -1)]


def test_the_legend_of_many_and_of_long_names_is_short() -> None:
    groups = [replace(wiring()[0], id=str(i), label=40 * "x") for i in range(3)]
    _, legend = lines_of(groups, wired_geometry(), np.zeros(3), DARK)
    assert len(legend[0].text) < 40
    named = [replace(wiring()[0], label="ExpSyn, e = 0 mV"), many_connections(12_345)]
    assert [row.text for row in lines_of(named, wired_geometry(), np.zeros(3), DARK)[1]] == [
        "ExpSyn, e = 0 mV  12",
        "Many  12 345",
    ]
