"""How far two runs are apart, on runs whose difference is known."""

from __future__ import annotations

import numpy as np
import pytest

from backends.comparison.metrics import (
    FloatArray,
    Samples,
    Spikes,
    max_by_segment,
    near_upstrokes,
    rms_by_segment,
    upstrokes,
    worst,
    worst_away_from_upstrokes,
)

TIMES: FloatArray = np.arange(301) * 0.1
REST_MV = -65.0


def spiking(*peaks_ms: float, n_segments: int = 1) -> Samples:
    """Return triangles of 100 mV, 0.8 ms up and 0.8 ms down, one at each time; (301, n_segments)."""
    trace = np.full(len(TIMES), REST_MV)
    for peak in peaks_ms:
        trace = np.maximum(trace, REST_MV + 100 * (1 - np.abs(TIMES - peak) / 0.8))
    return np.tile(trace[:, None], n_segments).astype(np.float32)


def test_a_constant_offset_is_the_largest_and_the_mean_difference_of_every_segment() -> None:
    right = spiking(12.0, n_segments=3)
    left = right + np.float32(0.5)
    assert worst(left, right).value == pytest.approx(0.5, abs=1e-5)
    np.testing.assert_allclose(max_by_segment(left, right), 0.5, atol=1e-5)
    np.testing.assert_allclose(rms_by_segment(left, right), 0.5, atol=1e-5)


def test_the_worst_sample_is_named_with_the_sign_of_left_minus_right() -> None:
    left, right = spiking(n_segments=4), spiking(n_segments=4)
    left[200, 1] += 3
    right[17, 2] += 7
    assert worst(left, right) == (2, 17, -7.0)
    assert worst(right, left) == (2, 17, 7.0)


def test_equal_runs_are_zero_apart() -> None:
    left = spiking(12.0, n_segments=2)
    assert worst(left, left).value == 0
    assert not rms_by_segment(left, left).any()


def test_the_crossing_of_a_straight_upstroke_is_exact_between_two_samples() -> None:
    crossing = 12.03 - 0.8 + 0.8 * 0.65  # 65 of 100 mV up
    np.testing.assert_allclose(upstrokes(TIMES, spiking(12.03)[:, 0]), [crossing], atol=1e-5)


def test_a_spike_that_comes_0_07_ms_later_on_the_right_differs_by_minus_0_07_ms() -> None:
    left, right = spiking(5.0, 12.0)[:, 0], spiking(5.0, 12.07)[:, 0]
    spikes = Spikes(upstrokes(TIMES, left), upstrokes(TIMES, right))
    np.testing.assert_allclose(spikes.differences, [0.0, -0.07], atol=1e-5)
    assert spikes.largest_difference == pytest.approx(-0.07, abs=1e-5)
    assert spikes.unpaired == (0, 0)


def test_a_start_above_the_threshold_and_a_fall_through_it_are_no_upstrokes() -> None:
    assert not len(upstrokes(TIMES, np.linspace(30.0, -65.0, len(TIMES))))
    on_threshold = np.where(TIMES < 5, -1.0, 0.0)
    np.testing.assert_allclose(upstrokes(TIMES, on_threshold), [5.0])


@pytest.mark.parametrize(
    ("left", "right", "pairs", "unpaired"),
    [
        ([5.0, 12.0, 19.0], [12.4, 19.5], [[12.0, 12.4], [19.0, 19.5]], (1, 0)),
        ([5.0], [], [], (1, 0)),
        ([], [3.0, 4.0], [], (0, 2)),
        ([10.0], [9.0, 10.3, 12.0], [[10.0, 10.3]], (0, 2)),
        ([], [], [], (0, 0)),
    ],
)
def test_spikes_are_pairs_where_each_is_the_others_nearest(
    left: list[float], right: list[float], pairs: list[list[float]], unpaired: tuple[int, int]
) -> None:
    spikes = Spikes(np.array(left), np.array(right))
    assert spikes.pairs.tolist() == pairs
    assert spikes.unpaired == unpaired
    assert np.isnan(spikes.largest_difference) == (not pairs)


def test_a_difference_of_timing_alone_is_large_at_the_upstroke_and_none_away_from_it() -> None:
    left, right = spiking(12.0, n_segments=2), spiking(12.07, n_segments=2)
    assert abs(worst(left, right).value) > 5
    assert worst_away_from_upstrokes(TIMES, left, right, margin_ms=1.5).value == 0


def test_away_from_upstrokes_a_difference_in_a_silent_segment_counts_at_any_time() -> None:
    left, right = spiking(12.0, n_segments=2), spiking(12.07, n_segments=2)
    left[:, 1] = right[:, 1] = REST_MV
    left[119, 1] += 2  # while segment 0 spikes
    found = worst_away_from_upstrokes(TIMES, left, right, margin_ms=1.5)
    assert found == (1, 119, 2.0)


def test_an_upstroke_on_the_right_alone_is_left_out_on_both_sides() -> None:
    silent, spike = spiking(), spiking(12.0)
    assert abs(worst(silent, spike).value) == 100
    assert worst_away_from_upstrokes(TIMES, silent, spike, margin_ms=1.5).value == 0
    assert worst_away_from_upstrokes(TIMES, spike, silent, margin_ms=1.5).value == 0


def test_samples_within_the_margin_of_an_upstroke_are_left_out_both_before_and_after_it() -> None:
    near = near_upstrokes(TIMES, spiking(12.0), 0.0, 1.0)
    crossing = 12.0 - 0.8 + 0.8 * 0.65
    np.testing.assert_array_equal(near[:, 0], np.abs(TIMES - crossing) <= 1.0)


def test_where_all_samples_are_near_upstrokes_there_is_no_number() -> None:
    left = spiking(12.0)
    assert np.isnan(worst_away_from_upstrokes(TIMES, left, left, margin_ms=40.0).value)


@pytest.mark.slow
def test_runs_longer_than_a_block_give_the_same_numbers_as_in_one_block() -> None:
    random = np.random.default_rng(3)
    shape = (60, 150_000)  # more than two blocks of 2²² values
    left = random.normal(0, 30, shape).astype(np.float32)
    right = left + random.normal(0, 1, shape).astype(np.float32)
    difference = left - right
    sample, segment = np.unravel_index(np.abs(difference).argmax(), shape)
    assert worst(left, right) == (segment, sample, difference[sample, segment])
    np.testing.assert_array_equal(max_by_segment(left, right), np.abs(difference).max(axis=0))
    rms = np.sqrt(np.mean(difference.astype(np.float64) ** 2, axis=0))
    np.testing.assert_allclose(rms_by_segment(left, right), rms)
