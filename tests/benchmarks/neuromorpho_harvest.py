"""How fast all records of a search come, against a loop of `search` pages as a user would write it.

The server is on loopback in a process of its own and the limiter is off, so this is what the client
costs; with 50 ms for each answer it is what the network costs. Against the archive itself the limiter's
five requests a second rule, and what counts is how few requests are made.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from neuromorpho.client import NeuroMorphoClient
from neuromorpho.entry import load_neuromorpho
from neuromorpho.limiter import RateLimiter
from tests.benchmarks.table import Figure, median_ratio

GROUP = "NeuroMorpho.Org: harvest"
N_RECORDS = 20_000
N_LATE = 3_000
LATENCY_S = 0.05


def figures() -> list[Figure]:
    """Harvest, with and without a latency; then load a cell twice."""
    with _server() as url, _client(url) as client:
        total = client.count()
        ratio = median_ratio(
            lambda: _seconds_by_loop(client, total, 20), lambda: _seconds_at_once(client, total), 3
        )
        same_size = median_ratio(
            lambda: _seconds_by_loop(client, total, 500), lambda: _seconds_at_once(client, total), 3
        )
        seconds = _seconds_at_once(client, total)
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
    records, fewer = (f"{each:,}".replace(",", " ") for each in (total, N_LATE))
    after = f"{LATENCY_S * 1000:.0f} ms an answer"
    pace, bound = "search_all against a loop of search(size=%d), ", "the processor's time: JSON"
    return [
        Figure(GROUP, f"search_all, {records} records", seconds, "s"),
        Figure(GROUP, pace % 20 + "at once", ratio, "×", 5.0, False, bound),
        Figure(GROUP, pace % 20 + after, late, "×", 5.0, False, f"{fewer} records"),
        Figure(GROUP, pace % 500 + "at once", same_size, "×", None, False, bound),
        Figure(GROUP, pace % 500 + after, late_same_size, "×", None, False),
        Figure(GROUP, "memory grown from 4 000 records to all", grown, "MB", 5.0),
        Figure(GROUP, "requests of a cached load", n_requests, "", 0.0),
    ]


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
        before = client.transport.requests_made
        load_neuromorpho(1, cache_dir=folder, client=client, reader=Path.read_bytes)
        return float(client.transport.requests_made - before)


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
