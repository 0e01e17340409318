"""Picks agree with the picture."""

from __future__ import annotations

import numpy as np

from app.viewport.pictures import render_pixels
from tests.app.viewport.cells import ball, cell, forest, ink, painted


def test_a_click_on_any_drawn_pixel_picks_and_one_on_bare_ground_does_not():
    scene, pixels = painted(forest(300), np.full(300, 0.6), (500, 400))
    shape = ink(pixels, scene)
    rng = np.random.default_rng(5)
    for rows, columns, wanted in ((*np.nonzero(shape), True), (*np.nonzero(~shape), False)):
        some = rng.choice(len(rows), 300, replace=False)
        hits = [
            scene.pick(c + 0.5, r + 0.5, 0.0) >= 0
            for r, c in zip(rows[some], columns[some], strict=True)
        ]
        assert np.mean(np.array(hits) == wanted) > 0.97


def test_the_picked_segment_is_the_one_whose_colour_is_there():
    n = 60
    geometry = forest(n, seed=2)
    values = np.zeros(n, np.float32)
    scene, _ = painted(geometry, values, (500, 400))
    right = total = 0
    base = render_pixels(scene, (500, 400), samples=0).astype(int)
    rows, columns = np.nonzero(ink(base.astype(np.uint8), scene))
    some = np.random.default_rng(1).choice(len(rows), 25, replace=False)
    for r, c in zip(rows[some], columns[some], strict=True):
        segment = scene.pick(c + 0.5, r + 0.5, 0.0)
        values[:] = 0
        values[segment] = 1
        scene.set_values(values)
        lit = render_pixels(scene, (500, 400), samples=0).astype(int)
        total += 1
        right += lit[r, c, 1] - base[r, c, 1] > 40
    assert right / total >= 0.95


def test_a_near_miss_still_means_the_dendrite():
    scene, _ = painted(cell(([(0, 0, 0), (100, 0, 0)], [0.1, 0.1], 3, -1)), [0.5])
    x, y = scene.project(0)
    assert scene.pick(x, y + 4) == 0
    assert scene.pick(x, y + 9) == -1


def test_the_nearer_of_two_is_picked():
    front = ([(0, -20, 30), (0, 20, 30)], [2, 2], 3, -1)
    back = ([(-20, 0, -30), (20, 0, -30)], [5, 5], 3, -1)
    scene, _ = painted(cell(back, front), [0.5, 0.5])
    x, y = scene.navigation.to_screen(np.array([0, 0, 30]) - scene.cross_sections.centre)
    assert scene.pick(x, y) == 1
    scene.navigation.view_axis("xy", opposite=True)
    assert scene.pick(x, y) == 0


def test_a_soma_is_picked_over_its_whole_disc():
    scene, _ = painted(cell(ball(10.0), ([(0, 10, 0), (0, 60, 0)], [1, 1], 3, 0)), np.full(25, 0.5))
    size = scene.navigation.pixel_size()
    x, y = scene.navigation.to_screen(-scene.cross_sections.centre)
    for angle in np.linspace(0, 2 * np.pi, 12):
        dx, dy = 9.3 / size * np.cos(angle), 9.3 / size * np.sin(angle)
        assert 0 <= scene.pick(x + dx, y + dy, 0.0) < 24


def test_a_cell_is_seen_first_from_its_home_with_z_up():
    scene, _ = painted(cell(([(0, 0, -50), (0, 0, 50)], [2, 2], 3, -1)), [0.5])
    scene.navigation.home = (90.0, 30.0)
    scene.navigation.reset()
    right, up, eye = scene.navigation.axes()
    assert np.allclose(eye, [np.cos(np.pi / 6), 0, 0.5])
    assert np.allclose(right, [0, 1, 0])
    assert up[2] > 0
    scene.navigation.home = None
    scene.navigation.reset()
    assert np.allclose(scene.navigation.axes()[2], [0, 0, 1])
