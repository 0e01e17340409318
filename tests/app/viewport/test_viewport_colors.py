"""Colour maps: increasing lightness, equality with the published maps, legible ends."""

from __future__ import annotations

import numpy as np
import pytest

from app.palette import DARK, LIGHT
from app.viewport.colors import (
    DIMMEST,
    color_map_names,
    color_table,
    colors_of,
    contrast,
    is_color_map,
    legible_table,
    lightness,
    resolve_name,
)

UNIFORM = ["cividis", "viridis", "inferno", "magma", "grey"]


@pytest.mark.parametrize("name", UNIFORM)
def test_lightness_rises_along_a_sequential_map(name):
    level = lightness(color_table(name))
    assert (np.diff(level) > -0.4).all()
    assert (np.diff(level[::16]) > 0).all()
    assert level[-1] - level[0] > 60


@pytest.mark.parametrize("name", UNIFORM)
@pytest.mark.parametrize("theme", [DARK, LIGHT])
def test_lightness_still_rises_where_the_ends_are_made_legible(name, theme):
    level = lightness(legible_table(name, theme.is_dark))
    assert (np.diff(level[::32]) > 0).all()


@pytest.mark.parametrize("theme", [DARK, LIGHT])
@pytest.mark.parametrize("name", color_map_names())
def test_every_colour_as_drawn_has_a_contrast_of_three_with_its_background(name, theme):
    shown = legible_table(name, theme.is_dark)
    for drawn in (shown, np.rint(shown * DIMMEST).astype(np.uint8)):
        for ground in (theme.background, theme.background_far):
            assert contrast(drawn, np.array(ground, np.uint8)).min() >= 3


@pytest.mark.parametrize("theme", [DARK, LIGHT])
def test_a_cell_at_rest_and_at_the_peak_of_a_spike_are_told_apart(theme):
    rest, peak = (round((v + 80) / 120 * 511) for v in (-65, 30))
    shown = legible_table("cividis", theme.is_dark).astype(int)
    assert np.abs(shown[rest] - shown[peak]).max() > 80


@pytest.mark.parametrize("name", ["cividis", "viridis", "inferno", "magma"])
def test_maps_are_the_published_ones(name):
    matplotlib = pytest.importorskip("matplotlib")
    theirs = 255 * matplotlib.colormaps[name](np.linspace(0, 1, 512))[:, :3]
    assert np.abs(color_table(name) - theirs).max() < 10
    assert np.abs(color_table(name) - theirs).mean() < 1


def test_the_diverging_map_is_palest_in_the_middle():
    level = lightness(color_table("diverging"))
    assert abs(int(level.argmax()) - 256) < 8
    assert abs(level[0] - level[-1]) < 20


def test_scalar_stands_for_cividis_and_so_does_what_is_not_known():
    assert resolve_name("scalar") == resolve_name("no such map") == "cividis"
    assert color_map_names()[0] == "cividis"


def test_a_reversed_map_runs_backwards():
    assert (color_table("viridis_r") == color_table("viridis")[::-1]).all()


def test_values_beyond_the_limits_take_the_end_colours():
    colors = colors_of(np.array([-1e9, 1e9]), "viridis", (-80, 40))
    assert (colors == color_table("viridis")[[0, -1]]).all()


def test_what_is_no_finite_number_has_the_colour_of_no_value_and_not_of_the_maps_end() -> None:
    from app.viewport.vtkdata import ValueTexture

    texture = ValueTexture(5)
    with np.errstate(all="raise"):
        texture.write(np.array([-80, np.inf, np.nan, -np.inf, 1e6], np.float32), (-80.0, 40.0))
    codes = texture.codes.tolist()
    assert codes[1:4] == [0, 0, 0]
    assert 0 < codes[0] < codes[4]


def test_a_ramp_goes_from_colour_to_colour() -> None:
    table = color_table("ramp:#000000:#ff0000:#ffffff", 3)
    assert table.tolist() == [[0, 0, 0], [255, 0, 0], [255, 255, 255]]
    assert is_color_map("ramp:#000000:#ffffff")
    assert not is_color_map("ramp:#000000")
    assert not is_color_map("ramp:black:white")
