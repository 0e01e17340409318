"""The pace: even, first come first served, one for the process, and ended by a cancel."""

from __future__ import annotations

import threading
import time
from itertools import pairwise
from pathlib import Path

import pytest

from neuromorpho.cache.files import fetch_file
from neuromorpho.errors import NeuroMorphoCancelled
from neuromorpho.http.rate_limiter import DEFAULT_PER_SECOND, SHARED_LIMITER, RateLimiter, pause
from neuromorpho.http.transport import Transport
from neuromorpho.urls import Site, build_standard_swc_url, thumbnail_url
from tests.neuromorpho.server import Server
from tests.support.archive_client import client_of


class Clock:
    """Time that passes only where it is slept away, or not even there."""

    def __init__(self, *, stands: bool = False) -> None:
        self.now, self.stands = 100.0, stands
        self.slept: list[float] = []

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += 0.0 if self.stands else seconds


def limiter_of(clock: Clock, per_second: float | None = 5.0) -> RateLimiter:
    return RateLimiter(per_second, clock=clock, sleep=clock.sleep)


def test_the_first_request_starts_at_once_and_the_next_a_fifth_of_a_second_later() -> None:
    clock = Clock()
    limiter = limiter_of(clock)
    for _ in range(4):
        limiter.wait()
    assert clock.slept == pytest.approx([0.2, 0.2, 0.2])


def test_time_that_was_not_used_is_not_saved_up_for_a_burst() -> None:
    clock = Clock()
    limiter = limiter_of(clock)
    limiter.wait()
    clock.now += 60.0
    limiter.wait()
    assert clock.slept == []
    limiter.wait()
    assert clock.slept == pytest.approx([0.2])


def test_five_threads_share_one_pace() -> None:
    clock = Clock(stands=True)
    limiter = limiter_of(clock)
    ready = threading.Barrier(5)

    def work() -> None:
        ready.wait()
        for _ in range(4):
            limiter.wait()

    threads = [threading.Thread(target=work) for _ in range(5)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert sorted(clock.slept) == pytest.approx([0.2 * place for place in range(1, 20)])


def test_who_comes_first_goes_first() -> None:
    limiter = RateLimiter(20.0)
    went: list[int] = []
    limiter.wait()

    def work(number: int) -> None:
        limiter.wait()
        went.append(number)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(5)]
    for each in threads:
        last = limiter._next
        each.start()
        while limiter._next == last:  # until it stands in the queue
            time.sleep(0.0005)
    for each in threads:
        each.join()
    assert went == [0, 1, 2, 3, 4]


def test_without_a_pace_nobody_waits() -> None:
    clock = Clock()
    limiter = limiter_of(clock, None)
    for _ in range(1000):
        limiter.wait()
    assert clock.slept == []


@pytest.mark.parametrize("pace", [0.0, -1.0, float("inf"), float("nan")])
def test_an_invalid_pace_is_refused(pace: float) -> None:
    with pytest.raises(ValueError, match="per_second"):
        RateLimiter(pace)


def test_a_cancel_ends_the_wait() -> None:
    limiter, cancel = RateLimiter(0.01), threading.Event()
    limiter.wait(cancel)
    threading.Timer(0.05, cancel.set).start()
    started = time.monotonic()
    with pytest.raises(NeuroMorphoCancelled):
        limiter.wait(cancel)
    assert time.monotonic() - started < 10  # of 100 s


@pytest.mark.parametrize("pace", [5.0, None])
def test_who_is_cancelled_already_does_not_start(pace: float | None) -> None:
    cancel = threading.Event()
    cancel.set()
    with pytest.raises(NeuroMorphoCancelled):
        RateLimiter(pace).wait(cancel)


def test_the_next_request_gets_the_start_of_a_cancelled_one() -> None:
    clock = Clock(stands=True)
    limiter, cancel = limiter_of(clock, 1.0), threading.Event()
    limiter.wait()
    cancel.set()
    for _ in range(50):
        with pytest.raises(NeuroMorphoCancelled):
            limiter.wait(cancel)
    limiter.wait()
    limiter.wait()
    assert clock.slept == pytest.approx([1.0, 2.0])


def test_a_returned_start_in_the_past_is_not_used() -> None:
    clock = Clock()
    limiter, cancel = limiter_of(clock, 1.0), threading.Event()
    limiter.wait()  # at 100
    cancel.set()
    with pytest.raises(NeuroMorphoCancelled):
        limiter.wait(cancel)  # would be at 101
    clock.now = 101.5
    limiter.wait()  # its own place is 102: 101 is over, and two at a time are no pace
    assert clock.now == pytest.approx(102.0)


def test_a_pause_without_a_cancel_is_a_sleep() -> None:
    clock = Clock()
    pause(3.0, None, clock.sleep)
    pause(0.0, None, clock.sleep)
    assert clock.slept == [3.0]


def test_data_files_and_pictures_of_several_clients_share_the_pace_of_the_process(
    server: Server, tmp_path: Path
) -> None:
    assert SHARED_LIMITER.per_second == DEFAULT_PER_SECOND == 5.0
    with client_of(server, limiter=None) as client, client_of(server, limiter=None) as another:
        neuron = client.get_neuron(1)
        another.get_measurement(1)
        site = Site(server.url)
        fetch_file(
            client.transport, build_standard_swc_url(neuron, site=site), tmp_path / "a", kind="swc"
        )
        picture = thumbnail_url(neuron, site=site)
        assert picture is not None
        fetch_file(another.transport, picture, tmp_path / "b", kind="image")
    times = [each.time for each in server.requests]
    gaps = [later - earlier for earlier, later in pairwise(times)]
    assert len(gaps) == 3
    assert min(gaps) > 0.15


def test_a_session_of_the_callers_has_no_pace_unless_one_is_given() -> None:
    class Plain:
        def get(self, url: str, **kwargs: object) -> object:
            raise AssertionError

    assert Transport(Plain()).state.limiter.per_second is None
    given = RateLimiter(1.0)
    assert Transport(Plain(), limiter=given).state.limiter is given
