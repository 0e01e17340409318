"""Numbers of the scale bar and the colour bar."""

from __future__ import annotations

from itertools import pairwise

import pytest

from app.ui.number_text import bar_ticks, number_text, round_ticks
from app.viewport.overlay import length_text, round_length


@pytest.mark.parametrize(("longest", "length"), [(140, 100), (99, 50), (49.9, 20), (0.3, 0.2)])
def test_the_scale_bar_has_a_round_length(longest, length):
    assert round_length(longest) == pytest.approx(length)


@pytest.mark.parametrize(
    ("length", "text"), [(100, "100 µm"), (0.5, "500 nm"), (2000, "2 mm"), (1, "1 µm")]
)
def test_lengths_are_written_with_their_unit(length, text):
    assert length_text(length) == text


def test_ticks_are_round_and_within_the_range():
    assert round_ticks(-80, 40, 6) == [-80, -60, -40, -20, 0, 20, 40]
    assert round_ticks(0, 1, 5) == pytest.approx([0, 0.2, 0.4, 0.6, 0.8, 1])


@pytest.mark.parametrize("most", [2, 3, 4, 6])
@pytest.mark.parametrize(("low", "high"), [(-80, 40), (-65, 20), (0, 1), (-0.033, 0.033)])
def test_the_colour_bar_has_both_its_ends_at_every_height(low, high, most):
    ticks = bar_ticks(low, high, most)
    assert (ticks[0], ticks[-1]) == (low, high)
    assert len(ticks) <= most + 1
    apart = [(b - a) / (high - low) for a, b in pairwise(ticks)]
    assert min(apart) > 0.79 / most


@pytest.mark.parametrize(
    ("value", "span", "text"),
    [
        (-80, 120, "\N{MINUS SIGN}80"),
        (0.2, 1, "0.2"),
        (0.0, 1, "0"),
        (2e-5, 1e-4, "2e\N{MINUS SIGN}05"),
    ],
)
def test_numbers_are_as_exact_as_their_range_needs(value, span, text):
    assert number_text(value, span) == text
