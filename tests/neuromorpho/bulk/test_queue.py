"""The queue outlives its process, and gives each job to one worker at a time."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from neuromorpho.bulk.queue import DownloadQueue, QueuedFile
from neuromorpho.errors import NeuroMorphoCacheError, NeuroMorphoStorageError
from neuromorpho.records.models import NeuroMorphoNeuron

REPOSITORY = Path(__file__).resolve().parents[3]


def cells(*ids: int) -> list[NeuroMorphoNeuron]:
    return [NeuroMorphoNeuron(each, f"n{each}", "Lab", "mouse", ("neocortex",)) for each in ids]


@pytest.fixture
def queue(tmp_path: Path) -> Iterator[DownloadQueue]:
    with DownloadQueue(tmp_path / "queue.sqlite") as opened:
        yield opened


def order(queue: DownloadQueue) -> list[int]:
    return [each.neuron_id for each in queue.jobs()]


def test_jobs_keep_their_order_and_their_records(queue: DownloadQueue) -> None:
    assert queue.add(cells(5, 3, 9)) == 3
    assert queue.add(cells(3, 4)) == 1
    assert order(queue) == [5, 3, 9, 4]
    job = queue.job(3)
    assert job is not None
    assert (job.neuron.archive, job.neuron.brain_region) == ("Lab", ("neocortex",))
    assert queue.job(77) is None


def test_a_job_goes_from_waiting_to_running_to_done_or_failed(queue: DownloadQueue) -> None:
    queue.add(cells(1, 2))
    first, second = queue.claim_next(), queue.claim_next()
    assert first is not None
    assert second is not None
    assert (first.neuron_id, first.state, queue.claim_next()) == (1, "running", None)
    file = QueuedFile("standard", "1/n1.CNG.swc", 10, "ab")
    queue.set_state(1, "done", [file], "no original")
    queue.set_state(2, "failed", reason="it was cut short")
    done, failed = queue.jobs()
    assert (done.state, done.files, done.reason) == ("done", (file,), "no original")
    assert (failed.state, failed.reason) == ("failed", "it was cut short")
    assert queue.counts() == {"waiting": 0, "running": 0, "done": 1, "failed": 1}
    queue.set_state(2, "waiting")
    assert queue.counts()["waiting"] == 1
    queue.remove([1, 2])
    assert order(queue) == []


def test_a_cell_can_be_moved_anywhere_any_number_of_times(queue: DownloadQueue) -> None:
    queue.add(cells(1, 2, 3))
    queue.move(3, before=1)
    assert order(queue) == [3, 1, 2]
    queue.move(3, before=None)
    assert order(queue) == [1, 2, 3]
    for _ in range(100):
        queue.move(3, before=2)
        queue.move(2, before=3)
    assert order(queue) == [1, 2, 3]
    queue.move(2, before=2)
    assert order(queue) == [1, 2, 3]
    with pytest.raises(KeyError, match="77"):
        queue.move(1, before=77)


def test_no_job_of_a_paused_queue_can_be_claimed_until_it_is_resumed(
    queue: DownloadQueue, tmp_path: Path
) -> None:
    queue.add(cells(1))
    queue.pause()
    with DownloadQueue(queue.path) as other:
        assert other.paused
        assert other.claim_next() is None
        other.resume()
    assert queue.claim_next() is not None


def test_another_mode_lets_a_finished_cell_wait_again(queue: DownloadQueue) -> None:
    queue.add(cells(1))
    queue.claim_next()
    queue.set_state(1, "done")
    queue.add(cells(1), "standard")
    assert queue.counts()["done"] == 1
    queue.add(cells(1), "both")
    job = queue.claim_next()
    assert job is not None
    assert job.mode == "both"


def test_two_owners_never_claim_the_same_job(queue: DownloadQueue) -> None:
    queue.add(cells(*range(60)))
    taken: list[int] = []
    all_have_one = threading.Barrier(3, timeout=30.0)

    def work(mine: DownloadQueue) -> None:
        n_mine = 0
        while (job := mine.claim_next()) is not None:
            taken.append(job.neuron_id)
            n_mine += 1
            if n_mine == 1:
                all_have_one.wait()

    with DownloadQueue(queue.path) as other:
        threads = [threading.Thread(target=work, args=(each,)) for each in (queue, other, queue)]
        for each in threads:
            each.start()
        for each in threads:
            each.join()
        assert sorted(taken) == list(range(60))
        assert [queue.claim(each) == other.claim(each) for each in taken] == [False] * 60
        assert not queue.claim(999)
    assert queue.counts()["waiting"] > 0


def test_a_claimed_job_that_is_not_done_waits_again_after_a_close(tmp_path: Path) -> None:
    with DownloadQueue(tmp_path / "q") as queue:
        queue.add(cells(1))
        queue.claim_next()
    queue.close()
    with DownloadQueue(tmp_path / "q") as queue:
        assert queue.counts()["waiting"] == 1


def test_the_jobs_of_a_process_that_was_killed_wait_again(tmp_path: Path) -> None:
    path = tmp_path / "q"
    with DownloadQueue(path) as queue:
        queue.add(cells(1, 2))
    script = (
        "import sys, time; from neuromorpho.bulk.queue import DownloadQueue;"
        "q = DownloadQueue(sys.argv[1]); q.claim_next(); print('claimed', flush=True); time.sleep(60)"
    )
    command = [sys.executable, "-c", script, str(path)]
    with subprocess.Popen(command, cwd=REPOSITORY, stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == b"claimed\n"
        with DownloadQueue(path) as queue:
            assert not queue.claim(1)
            assert queue.released == ()
            os.kill(child.pid, signal.SIGKILL)
            child.wait()
            assert queue.release_stale() == (1,)
            assert queue.claim(1)


def test_a_file_that_is_no_queue_is_reported_and_not_changed(tmp_path: Path) -> None:
    path = tmp_path / "q"
    path.write_bytes(b"no database at all " * 100)
    with pytest.raises(NeuroMorphoCacheError, match="damaged"):
        DownloadQueue(path)
    assert path.read_bytes().startswith(b"no database")
    (tmp_path / "file").write_text("")
    with pytest.raises(NeuroMorphoStorageError, match="file"):
        DownloadQueue(tmp_path / "file" / "q")


@pytest.mark.parametrize(("version", "age"), [(1, "older"), (99, "newer")])
def test_a_queue_of_another_version_is_left_alone(tmp_path: Path, version: int, age: str) -> None:
    with sqlite3.connect(tmp_path / "q") as database:
        database.execute(f"PRAGMA user_version={version}")
    database.close()
    with pytest.raises(NeuroMorphoCacheError, match=age) as raised:
        DownloadQueue(tmp_path / "q")
    assert raised.value.code == f"{age}-version"


@pytest.mark.parametrize(
    "damage",
    ["UPDATE job SET record = '{'", "UPDATE job SET files = '[{}]'", "DROP TABLE job"],
)
def test_damaged_content_is_named_with_what_to_do(tmp_path: Path, damage: str) -> None:
    path = tmp_path / "q"
    with DownloadQueue(path) as queue:
        queue.add(cells(1))
        with sqlite3.connect(path) as database:
            database.execute(damage)
        database.close()
        with pytest.raises(NeuroMorphoCacheError, match="remove it") as raised:
            list(queue.jobs())
        assert raised.value.code == "damaged"
        assert raised.value.path == path
