"""Where the traces stand: beside a tall cell, below a wide one, in the sizes that suit both."""

from __future__ import annotations

import pytest

from app.window.arrangement import arrangement_for

TALL, ROUND, WIDE, STICK = (482.0, 1136.0), (600.0, 600.0), (1400.0, 500.0), (1000.0, 20.0)
SCREENS = {
    "1024x700": (1024, 574),
    "150 %": (1280, 594),
    "1366x768": (1366, 642),
    "1080p": (1920, 954),
}


def fill(extent: tuple[float, float], window: tuple[int, int]) -> float:
    """Return the share of its view that the bounding box of a fitted cell takes."""
    width, height = window
    chosen = arrangement_for(extent, window)
    room = width - chosen.left_px - chosen.right_px
    view = (
        (room - chosen.traces_px, height) if chosen.is_beside else (room, height - chosen.traces_px)
    )
    scale = min(view[0] / extent[0], view[1] / extent[1]) / 1.12
    return scale**2 * extent[0] * extent[1] / (view[0] * view[1])


@pytest.mark.parametrize("window", SCREENS.values(), ids=SCREENS)
def test_traces_are_beside_a_tall_cell_and_below_a_wide_one(window: tuple[int, int]) -> None:
    assert arrangement_for(TALL, window).is_beside
    assert not arrangement_for(WIDE, window).is_beside
    assert not arrangement_for(STICK, window).is_beside


@pytest.mark.parametrize("window", SCREENS.values(), ids=SCREENS)
@pytest.mark.parametrize("extent", [TALL, ROUND, WIDE])
def test_a_cell_fills_more_than_a_third_of_its_view(
    extent: tuple[float, float], window: tuple[int, int]
) -> None:
    assert fill(extent, window) > 0.33


@pytest.mark.parametrize("window", SCREENS.values(), ids=SCREENS)
@pytest.mark.parametrize("extent", [TALL, ROUND, WIDE, STICK])
def test_plot_and_view_are_large_enough_to_read(
    extent: tuple[float, float], window: tuple[int, int]
) -> None:
    chosen = arrangement_for(extent, window)
    room = window[0] - chosen.left_px - chosen.right_px
    if chosen.is_beside:
        assert chosen.traces_px >= 380
        assert room - chosen.traces_px >= 260
    else:
        assert 220 <= chosen.traces_px <= window[1] / 2
        assert room >= 500


@pytest.mark.parametrize("window", SCREENS.values(), ids=SCREENS)
@pytest.mark.parametrize("extent", [TALL, ROUND, WIDE, STICK])
def test_a_wide_search_on_the_left_moves_no_dock_and_leaves_room_for_the_cell(
    extent: tuple[float, float], window: tuple[int, int]
) -> None:
    usual, searching = arrangement_for(extent, window), arrangement_for(extent, window, 420)
    assert searching.is_beside == usual.is_beside
    assert searching.left_px == 420
    if searching.is_beside:
        assert window[0] - 420 - searching.right_px - searching.traces_px >= 260


def test_a_narrow_window_has_no_column_on_the_right() -> None:
    assert arrangement_for(TALL, SCREENS["1024x700"]).right_px == 0
    assert arrangement_for(TALL, SCREENS["1080p"]).right_px == 290


@pytest.mark.parametrize("window", [(1, 1), (300, 200), (640, 400)])
@pytest.mark.parametrize("extent", [(0.0, 0.0), (1e-9, 1e6), TALL])
def test_no_window_is_too_small_and_no_cell_too_thin(
    extent: tuple[float, float], window: tuple[int, int]
) -> None:
    assert arrangement_for(extent, window).traces_px >= 1
