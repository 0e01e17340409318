"""A `TraceBuffer` stores all samples and draws any window of it without losing a peak."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, strategies as st

from app.traces.envelope import TraceBuffer
from app.traces.ranges import RangePolicy, auto_range


def noise(n: int, seed: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """Return n samples of a rough line, 0.025 ms apart."""
    return np.arange(n) * 0.025, np.random.default_rng(seed).normal(size=n).cumsum()


def filled(times: np.ndarray, values: np.ndarray, pieces: int = 1) -> TraceBuffer:
    """Return a buffer that got its samples in pieces, and was drawn between them."""
    buffer = TraceBuffer()
    for some_times, some_values in zip(
        np.array_split(times, pieces), np.array_split(values, pieces), strict=True
    ):
        buffer.append(some_times, some_values)
        buffer.window(0.0, 1e9, 20)
    return buffer


def columns(times: np.ndarray, values: np.ndarray, edges: np.ndarray) -> np.ndarray:
    """Return least and greatest value between neighbouring edges, shape (n, 2)."""
    at = np.searchsorted(times, edges)
    return np.array([(values[a:b].min(), values[a:b].max()) for a, b in itertools.pairwise(at)])


@given(n=st.integers(1, 5000), pieces=st.integers(1, 40), width=st.integers(1, 300))
def test_every_peak_of_any_window_is_drawn(n: int, pieces: int, width: int) -> None:
    times, values = noise(n, seed=n)
    buffer = filled(times, values, pieces)
    drawn_times, drawn = buffer.window(times[0], times[-1], width)
    assert (drawn.min(), drawn.max()) == (values.min(), values.max())
    assert (np.diff(drawn_times) >= 0).all()
    assert len(drawn) <= 2 * width + 4


def test_the_picture_is_that_of_all_samples_to_within_a_pixel() -> None:
    times, values = noise(100_003)
    width = 500
    drawn_times, drawn = filled(times, values, 77).window(times[0], times[-1], width)
    edges = np.linspace(times[0], times[-1] + 1e-9, width // 2 + 1)
    all_columns, few = columns(times, values, edges), columns(drawn_times, drawn, edges)
    assert_within_neighbours(few, all_columns)
    assert_within_neighbours(all_columns, few)


def assert_within_neighbours(inner: np.ndarray, outer: np.ndarray) -> None:
    """No column of one picture reaches beyond the same and neighbouring columns of the other."""
    around = np.stack([outer[:-2], outer[1:-1], outer[2:]])
    assert (inner[1:-1, 0] >= around[..., 0].min(axis=0)).all()
    assert (inner[1:-1, 1] <= around[..., 1].max(axis=0)).all()


def test_a_single_sample_spike_among_a_million_is_drawn_where_it_is() -> None:
    times = np.arange(1_000_000) * 0.1
    values = np.zeros(len(times), np.float32)
    values[654_321] = 40.0
    buffer = TraceBuffer()
    buffer.append(times, values)
    drawn_times, drawn = buffer.window(times[0], times[-1], 800)
    peak = np.flatnonzero(drawn == 40.0)
    assert peak.size == 1
    assert drawn_times[peak[0]] == pytest.approx(times[654_321], abs=np.ptp(times) / 800 * 1.5)


def test_close_up_the_samples_themselves_are_drawn_with_one_beyond_each_edge() -> None:
    times, values = noise(10_000)
    drawn_times, drawn = filled(times, values).window(100.0, 101.0, 200)
    inside = slice(np.searchsorted(times, 100.0) - 1, np.searchsorted(times, 101.0, "right") + 1)
    np.testing.assert_array_equal(drawn_times, times[inside])
    np.testing.assert_array_equal(drawn, values[inside])


def test_a_rolling_window_does_not_flicker() -> None:
    times, values = noise(200_000)
    buffer = filled(times, values)
    before = dict(zip(*buffer.window(1000.0, 3000.0, 300), strict=True))
    after = dict(zip(*buffer.window(1001.0, 3001.0, 300), strict=True))
    shared = [t for t in before if t in after and 1050 < t < 2950]
    assert len(shared) > 400
    assert all(before[t] == after[t] for t in shared)


def test_nan_breaks_the_line_and_hides_no_peak() -> None:
    times, values = noise(50_000)
    values[10_000:20_000] = np.nan
    values[30_000] = np.inf
    drawn_times, drawn = filled(times, values, 9).window(times[0], times[-1], 400)
    gap = (drawn_times > times[10_300]) & (drawn_times < times[19_700])
    assert gap.any()
    assert np.isnan(drawn[gap]).all()
    assert np.nanmax(drawn) == np.nanmax(values[np.isfinite(values)])


def test_the_oldest_samples_are_dropped_at_the_maximum_and_counted() -> None:
    times, values = noise(10_000)
    buffer = TraceBuffer(max_samples=1000)
    for i in range(0, 10_000, 40):
        buffer.append(times[i : i + 40], values[i : i + 40])
        assert len(buffer) <= 1000
    assert buffer.dropped + len(buffer) == 10_000
    np.testing.assert_array_equal(buffer.times, times[-len(buffer) :])
    np.testing.assert_array_equal(buffer.values, values[-len(buffer) :])
    assert buffer.window(0.0, 1e9, 50)[1].max() == buffer.values.max()
    assert buffer._times.nbytes <= 1000 * 8


def test_more_samples_than_the_maximum_leave_the_newest() -> None:
    times, values = noise(500)
    buffer = TraceBuffer(max_samples=100)
    buffer.append(times[:50], values[:50])
    buffer.append(times[50:], values[50:])
    np.testing.assert_array_equal(buffer.times, times[-100:])
    assert buffer.dropped == 400


def test_earlier_times_replace_later_samples() -> None:
    times, values = noise(3000)
    buffer = filled(times, values)
    buffer.append(times[1000:1500], np.full(500, 1000.0))
    assert len(buffer) == 1500
    assert buffer.last_value == 1000.0
    drawn = buffer.window(0.0, 1e9, 100)[1]
    assert drawn.max() == 1000.0
    assert drawn.min() == values[:1000].min()


def test_doubles_stay_doubles() -> None:
    buffer = TraceBuffer()
    buffer.append([0.0], np.array([0.1]))
    assert buffer.last_value == 0.1
    narrow = TraceBuffer()
    narrow.append([0.0], np.array([0.1], np.float32))
    assert narrow.values.dtype == np.float32
    narrow._values[1:] = np.frombuffer(b"\x01\x00\xa0\x7f", np.float32)  # what memory may hold
    narrow.append([1.0], np.array([0.1]))
    assert narrow.last_value == 0.1


def test_a_jump_has_two_samples_at_one_time_also_where_a_batch_ends() -> None:
    buffer = TraceBuffer()
    buffer.append([0.0, 1.0, 1.0, 2.0], [0.0, 0.0, 5.0, 5.0])
    buffer.append([2.0, 3.0], [7.0, 7.0])
    np.testing.assert_array_equal(buffer.times, [0, 1, 1, 2, 2, 3])
    np.testing.assert_array_equal(buffer.values, [0, 0, 5, 5, 7, 7])
    np.testing.assert_array_equal(buffer.window(0.0, 3.0, 100)[0], buffer.times)
    assert buffer.value_at(0.6) == 0.0


@pytest.mark.parametrize(
    ("times", "values"), [([1.0, 0.0], [1.0, 2.0]), ([0.0], [1.0, 2.0]), ([np.nan], [1.0])]
)
def test_times_that_decrease_are_refused_and_nothing_is_added(
    times: list[float], values: list[float]
) -> None:
    buffer = TraceBuffer()
    with pytest.raises(ValueError, match="times"):
        buffer.append(times, values)
    assert len(buffer) == 0


def test_a_value_is_read_at_the_nearest_sample_and_not_outside() -> None:
    buffer = TraceBuffer()
    buffer.append([0.0, 1.0, 2.0], [5.0, 6.0, 7.0])
    assert buffer.value_at(1.4) == 6.0
    assert buffer.value_at(2.5) == 7.0
    assert np.isnan(buffer.value_at(9.0))
    assert np.isnan(TraceBuffer().value_at(0.0))


def test_noise_around_rest_does_not_fill_the_picture_and_the_range_stays() -> None:
    low, high = auto_range(-65.0, -64.99, "mV")
    assert high - low >= 10.0
    assert auto_range(-64.0, -63.5, "mV", (low, high)) == (low, high)
    assert auto_range(-64.0, 30.0, "mV", (low, high))[1] > 30.0


def test_the_window_fills_from_the_left_then_rolls_and_stays_where_the_user_moved_it() -> None:
    policy = RangePolicy(window_ms=100.0)
    assert policy.x(0.0, 30.0, (0.0, 1.0)) == (0.0, 100.0)
    assert policy.x(0.0, 250.0, (0.0, 1.0)) == (150.0, 250.0)
    policy.follow_x = False
    assert policy.x(0.0, 300.0, (7.0, 9.0)) == (7.0, 9.0)
    policy.go_live()
    policy.window_ms = None
    assert policy.x(12.0, 300.0, (7.0, 9.0)) == (12.0, 300.0)
