"""Contents of the picture, by statistics of its pixels. No Qt, no display."""

from __future__ import annotations

import numpy as np
import pytest

from app.palette import DARK, LIGHT
from app.viewport.colors import legible_table
from app.viewport.pictures import render_picture, render_pixels, render_view
from app.viewport.scene import MorphScene
from tests.app.viewport.cells import ball, cell, empty_cell, forest, ink, painted

STICK = ([(0, 0, 0), (40, 0, 0), (80, 0, 0)], [5, 5, 5], 3, -1)


def set_span(micrometres: float):
    """Return a function that zooms until the picture has a given height in µm."""
    return lambda scene: scene.navigation.set_pixel_size(micrometres / scene.size()[1])


def test_a_tube_is_as_wide_as_its_cable():
    scene, pixels = painted(cell(STICK), [0.5, 0.5], adjust=set_span(60))
    heights = ink(pixels, scene)[:, 150:250].sum(axis=0)
    assert np.abs(heights - 10 / 60 * 300).max() <= 1


def test_a_soma_is_round():
    scene, pixels = painted(cell(ball(10.0)), np.full(24, 0.5), adjust=set_span(40))
    shape = ink(pixels, scene)
    assert shape.any(axis=0).sum() == pytest.approx(150, abs=3)
    assert shape.any(axis=1).sum() == pytest.approx(150, abs=3)
    assert shape.sum() == pytest.approx(np.pi * 75**2, rel=0.02)


@pytest.mark.parametrize(("count", "off"), [(6, 0.05), (30, 0.1)])
def test_somas_are_round_while_dendrites_are_lines(count: int, off: float):
    xyz, radii, swc_type, _ = ball(10.0)
    somas = [(np.array(xyz) + np.array([0, 25 * i, 0]), radii, swc_type, -1) for i in range(count)]
    dendrites = [([(10 + j, 25 * i, 0) for j in range(20)], [0.5] * 20, 3, i) for i in range(count)]
    shapes = []
    for level in ("tubes", "lines"):
        scene = MorphScene()
        scene.set_decorations(color_bar=False, scale_bar=False, axes=False)
        scene.set_geometry(cell(*somas, *dendrites))
        pixels = render_pixels(scene, (400, 300), samples=0, fit=True, level=level)
        shapes.append(ink(pixels, scene))
    tubes, lines = shapes
    assert (scene._shape.coarse is None) == (count == 6)
    assert lines.sum() == pytest.approx(tubes.sum(), rel=off)
    assert (lines & ~tubes).sum() < 0.05 * tubes.sum()


def test_no_background_shows_between_neighbouring_frusta():
    rng = np.random.default_rng(4)
    way = np.cumsum(rng.normal((6, 0, 0), 2.5, (40, 3)), axis=0)
    scene, pixels = painted(cell((way, np.full(40, 4.0), 3, -1)), np.full(39, 0.7), (600, 400))
    shape = ink(pixels, scene)
    joints = scene.cross_sections
    for point in joints.at[joints.proximal]:
        x, y = scene.navigation.to_screen(point)
        assert shape[int(y) - 2 : int(y) + 3, int(x) - 2 : int(x) + 3].all()


def test_no_background_shows_where_a_branch_leaves():
    trunk = ([(0, 0, 0), (30, 0, 0)], [4, 4], 3, -1)
    branches = [([(30, 0, 0), (50, s * 22, 0)], [3.5, 3], 3, 0) for s in (-1, 1)]
    scene, pixels = painted(cell(trunk, *branches), np.full(3, 0.7), (600, 500))
    x, y = scene.navigation.to_screen(np.array([30, 0, 0]) - scene.cross_sections.centre)
    disc = np.hypot(*np.ogrid[-400:400, -400:400][::1])
    reach = int(2.5 / scene.navigation.pixel_size())
    patch = ink(pixels, scene)[int(y) - reach : int(y) + reach, int(x) - reach : int(x) + reach]
    near = disc[400 - reach : 400 + reach, 400 - reach : 400 + reach] < reach
    assert patch[near].all()


@pytest.mark.parametrize("level", ["tubes", "lines"])
def test_dendrites_thinner_than_a_pixel_are_unbroken(level):
    way = np.stack(
        [np.linspace(0, 3000, 200), 300 * np.sin(np.linspace(0, 5, 200)), np.zeros(200)], 1
    )
    scene = MorphScene()
    scene.set_decorations(color_bar=False, scale_bar=False, axes=False)
    scene.set_geometry(cell((way, np.full(200, 0.1), 3, -1)))
    pixels = render_pixels(scene, (400, 300), samples=0, fit=True, level=level)
    columns = ink(pixels, scene).any(axis=0)
    where = np.flatnonzero(columns)
    assert columns[where[0] : where[-1]].all()
    assert len(where) > 340


@pytest.mark.parametrize("share", [0.0, 0.3, 0.77, 1.0])
def test_the_middle_of_a_segment_has_the_colour_of_its_value(share):
    scene, pixels = painted(cell(STICK), [share, 0.5], adjust=set_span(60))
    x, y = scene.project(0)
    wanted = legible_table("viridis", True)[round(share * 511)].astype(int)
    assert np.abs(pixels[int(y), int(x)].astype(int) - wanted).max() <= 14


def test_colour_runs_evenly_from_middle_to_middle():
    scene, pixels = painted(cell(STICK), [0.0, 1.0], adjust=set_span(60))
    (x0, y), (x1, _) = scene.project(0), scene.project(1)
    row = pixels[int(y), int(x0) : int(x1)].astype(int)
    assert np.abs(np.diff(row, axis=0)).max() <= 4
    wanted = legible_table("viridis", True)[256].astype(int)
    assert np.abs(row[len(row) // 2] - wanted).max() <= 14


def test_values_beyond_the_limits_take_the_end_colours():
    scene, pixels = painted(cell(STICK), [1e6, -1e6], adjust=set_span(60))
    for segment, end in ((0, -1), (1, 0)):
        x, y = scene.project(segment)
        wanted = legible_table("viridis", True)[end].astype(int)
        assert np.abs(pixels[int(y), int(x)].astype(int) - wanted).max() <= 14


def test_a_segment_without_a_value_has_grey_stripes_and_leaves_its_neighbour_alone():
    scene, pixels = painted(cell(STICK), [1.0, np.nan], adjust=set_span(60))
    x, y = scene.project(1)
    row = pixels[int(y), int(x) - 20 : int(x) + 20].astype(int)
    assert np.ptp(row, axis=1).max() < 40
    assert np.ptp(row[:, 1]) > 40
    x, y = scene.project(0)
    nearer_the_border = pixels[int(y), int(x) + 60].astype(int)
    assert np.abs(nearer_the_border - legible_table("viridis", True)[-1]).max() <= 14


def test_raising_all_values_reddens_the_cell():
    geometry = forest(200)
    scene, low = painted(geometry, np.zeros(200))
    shape = ink(low, scene)
    scene.set_values(np.ones(200, np.float32))
    high = render_pixels(scene, (400, 300), samples=0)
    assert high[shape][:, 0].mean() - low[shape][:, 0].mean() > 40


def test_a_mark_shows_at_whole_cell_zoom_in_its_own_colour():
    geometry = forest(500)
    scene, _ = painted(geometry, np.zeros(500), (600, 500))
    scene.set_marks([(123, (213, 94, 0))])
    pixels = render_pixels(scene, (600, 500), samples=0)
    x, y = scene.project(123)
    dot = pixels[int(y) - 2 : int(y) + 3, int(x) - 2 : int(x) + 3].reshape(-1, 3)
    assert (np.abs(dot.astype(int) - (213, 94, 0)).max(axis=1) < 20).all()
    scene.set_marks([])
    without = render_pixels(scene, (600, 500), samples=0)
    assert np.abs(without[int(y), int(x)].astype(int) - (213, 94, 0)).max() > 60


def test_the_mark_of_a_segment_with_three_traces_shows_all_three_colours():
    scene, _ = painted(forest(500), np.zeros(500), (600, 500))
    colors = [(213, 94, 0), (86, 180, 233), (0, 158, 115)]
    scene.set_marks([(123, color) for color in colors])
    pixels = render_pixels(scene, (600, 500), samples=0)
    x, y = (int(each) for each in scene.project(123))
    near = pixels[y - 12 : y + 13, x - 12 : x + 13].reshape(-1, 3).astype(int)
    for color in colors:
        assert (np.abs(near - color).max(axis=1) < 20).sum() >= 10, color
    assert np.abs(pixels[y, x].astype(int) - colors[-1]).max() < 20


def test_a_marked_segment_has_a_rim_in_its_colour():
    scene, plain = painted(cell(STICK), [0.1, 0.1], adjust=set_span(60))
    scene.set_marks([(0, (230, 159, 0))])
    marked = render_pixels(scene, (400, 300), samples=0)
    x, _ = scene.project(0)
    column = int(x) - 60
    rim = np.abs(marked[:, column].astype(int) - (230, 159, 0)).max(axis=1) < 12
    assert 3 <= rim.sum() <= 7
    assert not (np.abs(plain[:, column].astype(int) - (230, 159, 0)).max(axis=1) < 12).any()


@pytest.mark.parametrize("theme", [DARK, LIGHT])
def test_decorations_are_in_the_picture_without_a_display(theme, tmp_path):
    scene = MorphScene()
    scene.set_theme(theme)
    scene.set_geometry(forest(200))
    scene.set_color_map("scalar", (-80, 40), "mV", "Membrane potential")
    scene.set_values(np.full(200, -65, np.float32))
    scene.set_caption("Stellate cell\n200 segments · NEURON")
    render_picture(scene, (700, 500), tmp_path / "cell.png")
    assert (tmp_path / "cell.png").stat().st_size > 5000
    with_all = render_pixels(scene, (700, 500))
    shape = ink(with_all, scene)
    assert shape[10:60, 10:160].mean() > 0.03
    assert shape[60:260, -34:-16].mean() > 0.5
    assert shape[-40:, 10:260].mean() > 0.01
    bar = with_all[70:240, -25].astype(int)
    table = legible_table("scalar", theme.is_dark).astype(int)
    apart = np.abs(bar[:, None] - table[None]).max(axis=2).min(axis=1)
    assert np.percentile(apart, 90) <= 4


def test_a_twin_shows_the_same_view_and_can_leave_decorations_out():
    scene, _ = painted(forest(200), np.full(200, 0.5))
    scene.set_decorations(color_bar=True, scale_bar=True, axes=True)
    scene.navigation.rotate(60, 20)
    turned = render_pixels(scene, (400, 300))
    twin = render_view(scene, (400, 300))
    assert np.abs(twin.astype(int) - turned).mean() < 0.5
    bare = render_view(scene, (400, 300), with_decorations=False)
    assert ink(bare, scene)[40:200, -34:].sum() < ink(twin, scene)[40:200, -34:].sum()


def test_nothing_to_show_is_a_hint_and_no_error():
    scene = MorphScene()
    for nothing in (None, empty_cell()):
        scene.set_geometry(nothing)
        scene.set_values(np.zeros(0, np.float32))
        assert scene.is_empty
        assert scene.pick(10, 10) == -1
        pixels = render_pixels(scene, (400, 300))
        assert ink(pixels, scene)[130:170, 100:300].mean() > 0.02


def test_a_missing_folder_is_reported_in_a_sentence(tmp_path):
    with pytest.raises(FileNotFoundError, match="does not exist"):
        render_picture(MorphScene(), (40, 30), tmp_path / "nowhere" / "cell.png")
    assert not list(tmp_path.iterdir())


def test_values_of_another_geometry_are_passed_over():
    scene, before = painted(forest(200), np.full(200, 0.5))
    scene.set_values(np.zeros(7, np.float32))
    after = render_pixels(scene, (400, 300), samples=0)
    assert np.array_equal(before, after)
