"""How fast all records of a search come, against loops of pages as a user would write them.

The server is on loopback in a process of its own and the limiter is off, so this is what the client
costs; with 50 ms for each answer it is what the network costs. Against the archive itself the limiter's
five requests a second rule, and what counts is how few requests are made.

The loops request one page after another: through our own `search`, whose pages have 20 cells unless more are
asked for, as braincell's do, and with plain `requests`, which parse the JSON and make no records, in pages
of braincell's 20 and of neuromorphopy's 100.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
import tracemalloc
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import requests

from neuromorpho.client import NeuroMorphoClient
from neuromorpho.http.rate_limiter import RateLimiter
from neuromorpho.shortcuts import load_neuromorpho
from tests.benchmarks.table import Figure, median_ratio

GROUP = "NeuroMorpho.Org: harvest"
N_RECORDS = 20_000
N_LATE = 3_000
LATENCY_S = 0.05
ROUNDS = 5
_OURS = "search_all"
_BY_20 = "a loop of search(size=20)"
_BY_500 = "a loop of search(size=500)"


def figures() -> list[Figure]:
    """Harvest, with and without a latency; then load a cell twice."""
    with _server() as url, _client(url) as client:
        total = client.count()
        seconds, ratios = _in_turn(_contenders(client, url, total))
        processor = _processor_seconds(client, total)
        grown = _megabytes_grown(client)
        n_requests = _requests_of_a_cached_load(client)
    with _server(f"--fault=delay={LATENCY_S}") as url, _client(url) as client:
        late = median_ratio(
            lambda: _seconds_by_loop(client, N_LATE, 20),
            lambda: _seconds_at_once(client, N_LATE),
            1,
        )
        late_same_size = median_ratio(
            lambda: _seconds_by_loop(client, total, 500), lambda: _seconds_at_once(client, total), 3
        )
    fewer = f"{N_LATE:,} records".replace(",", " ")
    after = f", {LATENCY_S * 1000:.0f} ms an answer"
    return [
        *(
            Figure(GROUP, f"pace of {each}", total / taken, "records/s")
            for each, taken in seconds.items()
        ),
        Figure(GROUP, "processor time of search_all's process", processor, "s"),
        *(
            Figure(
                GROUP, f"{_OURS} against {each}", ratio, "×", 5.0 if each == _BY_20 else None, False
            )
            for each, ratio in ratios.items()
        ),
        Figure(GROUP, f"{_OURS} against {_BY_20}{after}", late, "×", 5.0, False, fewer),
        Figure(GROUP, f"{_OURS} against {_BY_500}{after}", late_same_size, "×", None, False),
        Figure(GROUP, "memory grown from 4 000 records to all", grown, "MB", 5.0),
        Figure(GROUP, "requests of a cached load", n_requests, "", 0.0),
    ]


def _contenders(client: NeuroMorphoClient, url: str, total: int) -> dict[str, Callable[[], float]]:
    """Return what brings all records, each as a call that returns the seconds it took."""
    return {
        _OURS: lambda: _seconds_at_once(client, total),
        _BY_20: lambda: _seconds_by_loop(client, total, 20),
        _BY_500: lambda: _seconds_by_loop(client, total, 500),
        "plain requests, pages of 20": lambda: _seconds_by_requests(url, total, 20),
        "plain requests, pages of 100": lambda: _seconds_by_requests(url, total, 100),
    }


def _in_turn(
    contenders: Mapping[str, Callable[[], float]],
) -> tuple[dict[str, float], dict[str, float]]:
    """Return the median seconds of each, and the median of how much longer than ours each took.

    All run in each round, so that a drift of the machine hits all.
    """
    contenders[_OURS]()
    rounds = [{each: work() for each, work in contenders.items()} for _ in range(ROUNDS)]
    seconds = {each: statistics.median(one[each] for one in rounds) for each in contenders}
    ratios = {
        each: statistics.median(one[each] / one[_OURS] for one in rounds)
        for each in contenders
        if each != _OURS
    }
    return seconds, ratios


def _seconds_at_once(client: NeuroMorphoClient, n_records: int) -> float:
    start = time.perf_counter()
    n_found = sum(1 for _ in client.search_all("*:*", limit=n_records))
    assert n_found == n_records
    return time.perf_counter() - start


def _seconds_by_loop(client: NeuroMorphoClient, n_records: int, size: int) -> float:
    start = time.perf_counter()
    found, page = 0, 0
    while found < n_records:
        found += len(client.search("*:*", size=size, page=page).items)
        page += 1
    return time.perf_counter() - start


def _seconds_by_requests(url: str, n_records: int, size: int) -> float:
    start = time.perf_counter()
    found, page = 0, 0
    with requests.Session() as session:
        while found < n_records:
            params: dict[str, str | int] = {"q": "*:*", "size": size, "page": page}
            answer = session.get(f"{url}/api/neuron/select/", params=params, timeout=30)
            answer.raise_for_status()
            found += len(answer.json()["_embedded"]["neuronResources"])
            page += 1
    return time.perf_counter() - start


def _processor_seconds(client: NeuroMorphoClient, n_records: int) -> float:
    """Return the least processor time of some harvests: the bound of the pace on a free machine."""
    taken = []
    for _ in range(ROUNDS):
        start = time.process_time()
        _seconds_at_once(client, n_records)
        taken.append(time.process_time() - start)
    return min(taken)


def _megabytes_grown(client: NeuroMorphoClient) -> float:
    """Return by how much the memory held after all records is more than after 4,000 of them."""
    tracemalloc.start()
    try:
        before = 0
        for n_found, _ in enumerate(client.search_all("*:*"), start=1):
            if n_found == 4_000:
                before = tracemalloc.get_traced_memory()[0]
        return max(0.0, (tracemalloc.get_traced_memory()[0] - before) / 1e6)
    finally:
        tracemalloc.stop()


def _requests_of_a_cached_load(client: NeuroMorphoClient) -> float:
    with tempfile.TemporaryDirectory() as folder:
        load_neuromorpho(1, cache_dir=folder, client=client, reader=Path.read_bytes)
        before = client.transport.state.requests_made
        load_neuromorpho(1, cache_dir=folder, client=client, reader=Path.read_bytes)
        return float(client.transport.state.requests_made - before)


def _client(url: str) -> NeuroMorphoClient:
    return NeuroMorphoClient(base_url=url, limiter=RateLimiter(None))


@contextmanager
def _server(*options: str) -> Iterator[str]:
    """Yield the address of a loopback server in a process of its own."""
    command = [sys.executable, "-m", "tests.neuromorpho.server", "--records", str(N_RECORDS)]
    with subprocess.Popen([*command, *options], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield next(word for word in process.stdout.readline().split() if "http" in word)
        finally:
            process.terminate()
