"""`async with` a client: the work runs in threads, and a task that is cancelled cancels it."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path

import pytest

from neuromorpho.errors import NeuroMorphoCancelled
from neuromorpho.records.models import NeuroMorphoNeuron
from tests.neuromorpho.server import Server
from tests.support.archive_client import client_of


async def _until(is_true: object) -> None:
    assert callable(is_true)
    async with asyncio.timeout(20):
        while not is_true():
            await asyncio.sleep(0.01)


def test_the_loop_goes_on_while_the_work_runs(server: Server) -> None:
    async def work() -> None:
        async with client_of(server) as client:
            names = [
                server.holdings.record(each)["neuron_name"] for each in server.holdings.ids[:12]
            ]
            addresses = await asyncio.gather(*map(client.get_swc_url, names))
            assert len(set(addresses)) == 12
            assert client.count() == 120  # the blocking calls are there too

    asyncio.run(work())
    assert server.max_in_flight <= 5


def test_a_cancelled_task_cancels_the_work_and_waits_for_it(server: Server, tmp_path: Path) -> None:
    server.faults.add("slow", "30", path="*/CNG version/*")

    async def work() -> None:
        async with client_of(server) as client:
            records = [server.holdings.record(each) for each in server.holdings.ids[:20]]
            task = asyncio.create_task(client.download_neurons(records, tmp_path))
            await _until(lambda: server.count("CNG version"))
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            names = [each.name for each in threading.enumerate()]
            assert not [name for name in names if name.startswith("neuromorpho-file")]
            assert await client.search_neurons({"species": ["unicorn"]}) == []

    asyncio.run(work())
    assert list(tmp_path.rglob("*.swc")) == []


def test_a_timeout_ends_a_search(server: Server) -> None:
    server.faults.add("slow", "30", path="/api/neuron/select*")

    async def work() -> None:
        async with client_of(server, timeout=60) as client:
            await asyncio.wait_for(client.search_neurons({"species": ["mouse"]}), 0.5)

    with pytest.raises(TimeoutError):
        asyncio.run(work())


def test_the_end_of_the_block_cancels_what_still_runs(server: Server) -> None:
    server.faults.add("slow", "30", path="/api/neuron/name/*")

    async def work() -> None:
        async with client_of(server, timeout=60) as client:
            tasks = [asyncio.create_task(client.get_swc_url(f"cell{i}")) for i in range(8)]
            await _until(lambda: server.count("/neuron/name/"))
        results = await asyncio.gather(*tasks, return_exceptions=True)
        ended = (NeuroMorphoCancelled, asyncio.CancelledError)
        assert all(isinstance(each, ended) for each in results)
        with pytest.raises(RuntimeError, match="async with"):
            await client.get_swc_url("cell")

    asyncio.run(work())


def test_records_of_both_kinds_are_downloaded(server: Server, tmp_path: Path) -> None:
    async def work() -> int:
        async with client_of(server) as client:
            first = NeuroMorphoNeuron.from_payload(server.holdings.record(1))
            return int(
                await client.download_neurons([first, 2, server.holdings.record(3)], tmp_path)
            )

    assert asyncio.run(work()) == 3
    names = {server.holdings.record(each)["neuron_name"] for each in (1, 2, 3)}
    assert {each.stem for each in (tmp_path / "downloads").iterdir()} == names
