"""What has been: the ring of all segments, and the windows of the chosen ones."""

from __future__ import annotations

import numpy as np
import pytest

from backends.live.history import HistoryCaptureMode, SampleRing, TraceHistory

FULL, ON_DEMAND = HistoryCaptureMode.FULL, HistoryCaptureMode.ON_DEMAND


def fill(ring: SampleRing, n: int, start: int = 0) -> None:
    """Write n samples of two columns: k and -k at k ms."""
    done = 0
    while done < n:
        times, values = ring.reserve(n - done)
        ks = start + done + np.arange(len(times))
        times[:] = ks
        values[:] = np.stack([ks, -ks], axis=1)
        ring.commit(len(times))
        done += len(times)


def write(history: TraceHistory, times: list[float], rows: list[list[float]]) -> None:
    """Give a history samples of what it watches, in as many pieces as it likes."""
    done = 0
    while done < len(times):
        room_times, room_values = history.reserve(len(times) - done)
        end = done + len(room_times)
        room_times[:] = times[done:end]
        room_values[:] = rows[done:end]
        history.commit(len(room_times))
        done = end


def test_a_ring_returns_what_was_written_in_order_across_its_blocks() -> None:
    ring = SampleRing(2, byte_limit=1 << 24)
    fill(ring, 20_000)
    times, values = ring.column(1)
    np.testing.assert_array_equal(times, np.arange(20_000))
    np.testing.assert_array_equal(values, -np.arange(20_000, dtype=np.float32))
    assert not ring.wrapped
    assert len(ring) == 20_000


def test_a_ring_takes_memory_only_as_it_fills() -> None:
    ring = SampleRing(2, byte_limit=1 << 30)
    assert ring.nbytes == 0
    fill(ring, 1)
    assert 0 < ring.nbytes <= 1 << 20


def test_a_full_ring_gives_up_its_oldest_samples_and_grows_no_further() -> None:
    limit = 4000 * 16
    ring = SampleRing(2, byte_limit=limit)
    fill(ring, 50_000)
    times, values = ring.column(0)
    assert ring.wrapped
    assert ring.nbytes <= limit
    assert times[-1] == 49_999
    assert len(times) >= 2000
    np.testing.assert_array_equal(np.diff(times), 1)
    np.testing.assert_array_equal(values, times.astype(np.float32))
    assert ring.begins_ms == times[0]


def test_a_ring_smaller_than_two_samples_still_keeps_the_newest() -> None:
    ring = SampleRing(1000, byte_limit=10)
    assert np.isnan(ring.begins_ms)
    for k in range(5):
        times, values = ring.reserve(1)
        times[:], values[:] = k, k
        ring.commit(1)
    assert ring.column(7)[0][-1] == 4


def test_a_cleared_ring_is_empty_and_gives_its_memory_back() -> None:
    ring = SampleRing(2, byte_limit=4000)
    fill(ring, 1000)
    ring.clear()
    assert (len(ring), ring.nbytes, ring.wrapped) == (0, 0, False)
    assert len(ring.column(0)[0]) == 0


def test_the_oldest_value_that_is_no_number_is_found_with_its_time_and_column() -> None:
    ring = SampleRing(3, byte_limit=1 << 20)
    times, values = ring.reserve(4)
    times[:] = [0, 1, 2, 3]
    values[:] = 0
    values[:, 0] = np.nan  # a segment without the variable
    values[2, 1] = np.inf
    values[3, 2] = np.nan
    ring.commit(4)
    assert ring.first_nonfinite(np.array([False, True, True])) == (2.0, 1)
    assert ring.first_nonfinite(np.array([False, False, False])) is None


def test_in_full_mode_a_choice_finds_its_whole_past() -> None:
    history = TraceHistory(3, FULL, max_samples=2, byte_limit=1 << 20)
    assert history.watched is None
    assert history.is_active
    write(history, [0, 1, 2, 3], [[k, 10 + k, 20 + k] for k in range(4)])
    history.capture(1, 3.0, 99.0)
    times, values = history.samples_of(1)
    assert times.tolist() == [0, 1, 2, 3]
    assert values.tolist() == [10, 11, 12, 13]
    assert history.note(1) == ""


def test_in_full_mode_only_chosen_segments_come_out_fresh_and_only_once() -> None:
    history = TraceHistory(3, FULL, max_samples=10, byte_limit=1 << 20)
    history.capture(2, 0.0, 0.0)
    history.capture(0, 0.0, 0.0)
    write(history, [1, 2], [[1, 2, 3], [4, 5, 6]])
    drained = history.drain()
    assert drained is not None
    assert drained[0].tolist() == [1, 2]
    assert drained[1].tolist() == [[3, 6], [1, 4]]
    assert history.drain() is None


def test_on_demand_nothing_is_sampled_until_something_is_chosen() -> None:
    history = TraceHistory(3, ON_DEMAND, max_samples=10, byte_limit=1 << 20)
    assert not history.is_active
    history.capture(1, 5.0, -65.0)
    assert history.watched == (1,)
    assert history.is_active
    times, values = history.samples_of(1)
    assert (times.tolist(), values.tolist()) == ([5.0], [-65.0])
    assert history.note(1) == "history begins at 5 ms"


def test_on_demand_each_window_is_bounded_and_keeps_the_newest() -> None:
    history = TraceHistory(3, ON_DEMAND, max_samples=5, byte_limit=1 << 20)
    history.capture(1, 0.0, 0.0)
    for k in range(1, 100):
        write(history, [k], [[k]])
        history.drain()
    assert history.samples_of(1)[0].tolist() == [95, 96, 97, 98, 99]
    assert history.nbytes < 2000


def test_a_released_segment_is_watched_no_more() -> None:
    history = TraceHistory(3, ON_DEMAND, max_samples=5, byte_limit=1 << 20)
    history.capture(1, 0.0, 0.0)
    history.release(1)
    history.release(1)
    assert history.captured == ()
    assert not history.is_active


@pytest.mark.parametrize("mode", [FULL, ON_DEMAND])
def test_clearing_forgets_samples_and_keeps_the_choice(mode: HistoryCaptureMode) -> None:
    history = TraceHistory(2, mode, max_samples=5, byte_limit=1 << 20)
    history.capture(1, 0.0, 7.0)
    history.clear()
    assert history.captured == (1,)
    assert len(history.samples_of(1)[0]) == 0


@pytest.mark.parametrize("filled", [7, 5, 0])
def test_a_batch_is_not_cut_in_two_where_a_block_ends(filled: int) -> None:
    ring = SampleRing(2, byte_limit=1 << 24)
    rows = len(ring.reserve(1 << 20)[0])
    fill(ring, rows - 3)
    times, values = ring.reserve(7)
    assert len(times) == len(values) == 7
    ks = rows - 3 + np.arange(7)
    times[:], values[:] = ks, np.stack([ks, -ks], axis=1)
    ring.commit(filled)
    fill(ring, 10, start=rows - 3 + filled)
    times, column = ring.column(1)
    np.testing.assert_array_equal(times, np.arange(rows + 7 + filled))
    np.testing.assert_array_equal(column, -times.astype(np.float32))
