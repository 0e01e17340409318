"""The queue of downloads in the window: faults, a kill in the middle, and what the user does with it."""

from __future__ import annotations

import errno
import os
import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from app.archive.connection.service import ArchiveService
from app.archive.downloads.downloads import QUEUE_NAME, DownloadRow, Downloads
from app.archive.downloads.snapshot import QueueSnapshot
from neuromorpho.bulk.queue import DownloadJob, DownloadQueue
from neuromorpho.cache.cache import NeuroMorphoCache
from neuromorpho.records.models import NeuroMorphoNeuron
from tests.neuromorpho.server import Server

ROOT = Path(__file__).resolve().parents[4]
LONG_MS = 20_000
MakeService = Callable[..., ArchiveService]
MakeDownloads = Callable[..., Downloads]


@pytest.fixture
def make_downloads(qtbot: QtBot) -> Iterator[MakeDownloads]:
    """Return a function that makes queues; each is closed after the test, with no thread left."""
    made: list[Downloads] = []

    def make(service: ArchiveService) -> Downloads:
        made.append(Downloads(service))
        return made[-1]

    yield make
    for each in made:
        assert each.close(), "a thread of the downloads did not end"
        each.deleteLater()
    names = [each.name for each in threading.enumerate()]
    assert not [each for each in names if each.startswith(("archive-queue", "archive-download"))]


@pytest.fixture
def downloads(make_downloads: MakeDownloads, service: ArchiveService) -> Downloads:
    """An empty queue."""
    return make_downloads(service)


def cells(server: Server, n: int) -> list[NeuroMorphoNeuron]:
    """Return the first cells that the server has."""
    ids = sorted(server.holdings.ids)[:n]
    return [NeuroMorphoNeuron.from_payload(server.holdings.record(each)) for each in ids]


def ids_of(neurons: list[NeuroMorphoNeuron]) -> list[int]:
    """Return their ids."""
    return [each.neuron_id for each in neurons]


def states(downloads: Downloads) -> dict[int, str]:
    """Return the state of each cell, in order."""
    return {each.neuron_id: each.state for each in downloads.rows}


def wait_for(qtbot: QtBot, downloads: Downloads, wanted: dict[int, str]) -> None:
    """Wait until the queue is so, in this order too."""
    qtbot.waitUntil(
        lambda: list(states(downloads).items()) == list(wanted.items()), timeout=LONG_MS
    )


def all_of(ids: list[int], state: str) -> dict[int, str]:
    """Return one state for all."""
    return dict.fromkeys(ids, state)


def n_file_requests(server: Server) -> int:
    """Return how many SWC files were requested."""
    return server.count("*.swc")


def wait_for_books(downloads: Downloads) -> None:
    """Wait until all requested changes of the queue are done."""
    done = threading.Event()
    downloads._queue_thread.put(done.set)
    assert done.wait(LONG_MS / 1000)


def check_whole(server: Server, folder: Path, ids: list[int]) -> None:
    """Hold each cell's file to what the server has."""
    cache = NeuroMorphoCache(folder)
    for each in ids:
        path = cache.standard_swc_path(each)
        assert path is not None
        assert path.read_bytes() == server.files.swc(each)
    assert not list(folder.rglob("*.part"))


# ------------------------------------------------------------------------------------- it fetches


def test_three_cells_are_downloaded_at_once_and_each_result_is_signalled(
    qtbot: QtBot, downloads: Downloads, service: ArchiveService, archive_server: Server
) -> None:
    wanted = cells(archive_server, 12)
    completed: list[int] = []
    shown: list[list[DownloadRow]] = []
    archive_server.faults.add("delay", 0.05, path="*.swc")
    downloads.completed.connect(completed.append)
    downloads.changed.connect(shown.append)
    downloads.add(wanted)
    wait_for(qtbot, downloads, all_of(ids_of(wanted), "done"))
    assert archive_server.max_in_flight == 3
    assert n_file_requests(archive_server) == 12
    assert sorted(completed) == ids_of(wanted)
    assert all(
        each.n_bytes == len(archive_server.files.swc(each.neuron_id)) for each in downloads.rows
    )
    assert shown[-1] == downloads.rows
    qtbot.waitUntil(lambda: not downloads.is_going, timeout=LONG_MS)
    check_whole(archive_server, service.cache_dir, ids_of(wanted))


def test_a_cell_that_is_there_or_in_the_queue_is_not_fetched_twice(
    qtbot: QtBot, downloads: Downloads, service: ArchiveService, archive_server: Server
) -> None:
    wanted = cells(archive_server, 3)
    downloads.add(wanted)
    downloads.add(wanted)
    wait_for(qtbot, downloads, all_of(ids_of(wanted), "done"))
    downloads.add(wanted)
    more = cells(archive_server, 4)
    downloads.add(more[3:])
    wait_for(qtbot, downloads, all_of(ids_of(more), "done"))
    assert n_file_requests(archive_server) == 4

    path = NeuroMorphoCache(service.cache_dir).standard_swc_path(wanted[0].neuron_id)
    assert path is not None
    path.unlink()  # somebody removed it: adding it again brings it back
    downloads.add(wanted[:1])
    qtbot.waitUntil(path.is_file, timeout=LONG_MS)
    wait_for(qtbot, downloads, all_of(ids_of(more), "done"))
    assert n_file_requests(archive_server) == 5


def test_ids_are_looked_up_and_an_unknown_one_is_reported(
    qtbot: QtBot, downloads: Downloads, archive_server: Server
) -> None:
    wanted = ids_of(cells(archive_server, 3))
    unknown: list[tuple[list[int], str]] = []
    downloads.addFailed.connect(lambda *failed: unknown.append(failed))
    downloads.add([*wanted, 99_999])
    wait_for(qtbot, downloads, all_of(wanted, "done"))
    ((ids, sentence),) = unknown
    assert ids == [99_999]
    assert "NMO_99999" in sentence


@pytest.mark.slow
def test_bytes_are_shown_while_a_file_arrives(
    qtbot: QtBot, make_downloads: MakeDownloads, make_service: MakeService
) -> None:
    shown: list[DownloadRow] = []
    with Server(n_made=300) as server:
        largest = max(server.holdings.ids, key=lambda each: len(server.files.swc(each)))
        size = len(server.files.swc(largest))
        assert size > 20_000, "the server's largest file does not come in several pieces"
        server.faults.add("slow", 1, path="*.swc")
        downloads = make_downloads(make_service(base_url=server.url))
        downloads.changed.connect(shown.extend)
        downloads.add([largest])
        wait_for(qtbot, downloads, {largest: "done"})
        assert any(0 < each.n_bytes < size and each.total_bytes == size for each in shown)
        assert downloads.close()


# --------------------------------------------------------------------------- what the user does


def test_pause_starts_nothing_more_and_resume_continues(
    qtbot: QtBot, downloads: Downloads, archive_server: Server
) -> None:
    wanted = cells(archive_server, 9)
    archive_server.faults.add("delay", 0.3, path="*.swc")
    downloads.add(wanted)
    qtbot.waitUntil(lambda: "running" in states(downloads).values(), timeout=LONG_MS)
    downloads.pause()
    qtbot.waitUntil(
        lambda: not downloads.is_going and "running" not in states(downloads).values(),
        timeout=LONG_MS,
    )
    n_landed = list(states(downloads).values()).count("done")
    n_asked = n_file_requests(archive_server)
    assert 0 < n_landed == n_asked < 9
    downloads.move([wanted[-1].neuron_id], None)  # the queue is changed, but nothing begins
    wait_for_books(downloads)
    assert n_file_requests(archive_server) == n_asked
    archive_server.faults.clear()
    downloads.resume()
    wait_for(qtbot, downloads, all_of(ids_of(wanted), "done"))
    assert n_file_requests(archive_server) == 9


def test_cancel_stops_running_cells_removes_waiting_ones_and_leaves_the_rest(
    qtbot: QtBot, downloads: Downloads, service: ArchiveService, archive_server: Server
) -> None:
    wanted = cells(archive_server, 6)
    ids = ids_of(wanted)
    fault = archive_server.faults.add("stall", 60, path="*.swc", times=3)
    shown: list[DownloadRow] = []
    downloads.changed.connect(shown.extend)
    downloads.add(wanted)
    qtbot.waitUntil(lambda: fault.hits == 3, timeout=LONG_MS)
    downloads.cancel([*ids[:3], ids[5]])
    wait_for(qtbot, downloads, all_of(ids[3:5], "done"))
    assert "failed" not in {each.state for each in shown}
    check_whole(archive_server, service.cache_dir, ids[3:5])
    assert NeuroMorphoCache(service.cache_dir).standard_swc_path(ids[0]) is None


@pytest.mark.slow
def test_cells_are_fetched_in_the_order_that_the_user_gives_them(
    qtbot: QtBot, downloads: Downloads, archive_server: Server
) -> None:
    wanted = cells(archive_server, 7)
    ids = ids_of(wanted)
    fault = archive_server.faults.add("stall", 60, path="*.swc", times=3)
    downloads.add(wanted)
    qtbot.waitUntil(lambda: fault.hits == 3, timeout=LONG_MS)
    downloads.pause()
    downloads.move([ids[6]], ids[3])
    downloads.move([ids[3]], None)
    downloads.move([ids[4]], 99_999)  # before one that is not there: it stays
    order = [*ids[:3], ids[6], ids[4], ids[5], ids[3]]
    qtbot.waitUntil(lambda: list(states(downloads)) == order, timeout=LONG_MS)
    downloads.cancel(ids[:3])
    archive_server.faults.add("delay", 0.4, path="*.swc")  # so that the fourth cannot overtake
    completed: list[int] = []
    downloads.completed.connect(completed.append)
    downloads.resume()
    wait_for(qtbot, downloads, all_of(order[3:], "done"))
    assert set(completed[:3]) == set(order[3:6])


def test_clearing_removes_finished_cells_and_leaves_the_files(
    qtbot: QtBot, downloads: Downloads, service: ArchiveService, archive_server: Server
) -> None:
    wanted = cells(archive_server, 4)
    ids = ids_of(wanted)
    stem = wanted[1].neuron_name
    archive_server.faults.add("html_file", path=f"*{stem}*")
    downloads.add(wanted)
    wait_for(qtbot, downloads, all_of(ids, "done") | {ids[1]: "failed"})
    downloads.clear_done()
    wait_for(qtbot, downloads, {ids[1]: "failed"})
    check_whole(archive_server, service.cache_dir, [ids[0], *ids[2:]])


# --------------------------------------------------------------------------------- what goes wrong


@pytest.mark.parametrize("kind", ["html_file", "reset", "short", "empty", "drop"])
def test_a_bad_file_fails_alone_and_a_retry_fetches_it(
    kind: str, qtbot: QtBot, downloads: Downloads, service: ArchiveService, archive_server: Server
) -> None:
    wanted = cells(archive_server, 4)
    ids = ids_of(wanted)
    archive_server.faults.add(kind, path=f"*{wanted[1].neuron_name}*.swc")
    downloads.add(wanted)
    wait_for(qtbot, downloads, all_of(ids, "done") | {ids[1]: "failed"})
    reasons = {each.neuron_id: each.reason for each in downloads.rows if each.reason}
    assert list(reasons) == [ids[1]]
    is_of_file = kind in {"reset", "short", "empty"}
    keyword = wanted[1].neuron_name if is_of_file else "NeuroMorpho.Org"
    assert keyword in reasons[ids[1]]
    assert reasons[ids[1]].endswith((".", ")"))
    assert not list(service.cache_dir.rglob("*.part"))
    assert downloads.stopped == ""

    archive_server.faults.clear()
    downloads.retry()
    wait_for(qtbot, downloads, all_of(ids, "done"))
    assert next(each.reason for each in downloads.rows if each.neuron_id == ids[1]) == ""
    check_whole(archive_server, service.cache_dir, ids)


def test_an_outage_stops_the_queue_and_its_cells_wait_for_resume(
    qtbot: QtBot, downloads: Downloads, service: ArchiveService, archive_server: Server
) -> None:
    wanted = cells(archive_server, 12)
    ids = ids_of(wanted)
    archive_server.faults.add("unavailable", path="*", after=8)
    downloads.add(wanted)
    qtbot.waitUntil(lambda: bool(downloads.stopped), timeout=LONG_MS)
    qtbot.waitUntil(
        lambda: len(downloads.rows) == len(ids) and "running" not in states(downloads).values(),
        timeout=LONG_MS,
    )
    found = list(states(downloads).values())
    assert not downloads.is_going
    assert found.count("waiting") >= 6
    assert "NeuroMorpho.Org" in downloads.stopped

    archive_server.faults.clear()
    downloads.retry()
    wait_for(qtbot, downloads, all_of(ids, "done"))
    assert downloads.stopped == ""
    check_whole(archive_server, service.cache_dir, ids)


def test_a_full_disk_stops_the_queue_and_leaves_no_temporary_file(
    qtbot: QtBot,
    downloads: Downloads,
    service: ArchiveService,
    archive_server: Server,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    import neuromorpho.cache.files as files

    real, is_full = os.fsync, threading.Event()

    def fsync(handle: int) -> None:
        if is_full.is_set():
            raise OSError(errno.ENOSPC, "No space left on device")
        real(handle)

    monkeypatch.setattr(files.os, "fsync", fsync)
    wanted = cells(archive_server, 6)
    is_full.set()
    downloads.add(wanted)
    qtbot.waitUntil(lambda: bool(downloads.stopped), timeout=LONG_MS)
    wait_for(qtbot, downloads, all_of(ids_of(wanted), "waiting"))
    assert "No space left on device" in downloads.stopped
    assert not list(service.cache_dir.rglob("*.part"))
    is_full.clear()
    downloads.resume()
    wait_for(qtbot, downloads, all_of(ids_of(wanted), "done"))
    check_whole(archive_server, service.cache_dir, ids_of(wanted))


def refuse_writes(downloads: Downloads) -> None:
    """Let SQLite refuse each further page of the queue's file, as on a full disk."""
    worker = downloads._worker
    assert worker is not None
    connection = worker.queue._connection
    ((n_pages,),) = connection.execute("PRAGMA page_count")
    connection.execute(f"PRAGMA max_page_count={n_pages}")


def test_cells_added_on_a_full_disk_are_reported_each_time_and_fit_later(
    qtbot: QtBot, downloads: Downloads, archive_server: Server
) -> None:
    wanted = cells(archive_server, 12)
    failed: list[tuple[list[int], str]] = []
    downloads.addFailed.connect(lambda *each: failed.append(each))
    downloads.add(wanted[:1])
    wait_for(qtbot, downloads, all_of(ids_of(wanted[:1]), "done"))
    refuse_writes(downloads)
    for n_times in (1, 2):
        downloads.add(wanted[1:])
        qtbot.waitUntil(lambda n=n_times: len(failed) == n, timeout=LONG_MS)
        assert failed[-1][0] == ids_of(wanted[1:])
        assert "full" in failed[-1][1]
        assert QUEUE_NAME in failed[-1][1]
        assert downloads.stopped == failed[0][1]
    assert downloads._worker is not None
    downloads._worker.queue._connection.execute("PRAGMA max_page_count=1000000")
    downloads.add(wanted[1:])
    wait_for(qtbot, downloads, all_of(ids_of(wanted), "done"))
    assert downloads.stopped == ""


def test_going_offline_stops_the_queue_and_shows_why(
    qtbot: QtBot, downloads: Downloads, service: ArchiveService, archive_server: Server
) -> None:
    wanted = cells(archive_server, 5)
    fault = archive_server.faults.add("stall", 60, path="*.swc")
    downloads.add(wanted)
    qtbot.waitUntil(lambda: fault.hits == 3, timeout=LONG_MS)
    service.set_offline(True)
    qtbot.waitUntil(lambda: "offline" in downloads.stopped, timeout=LONG_MS)
    wait_for(qtbot, downloads, all_of(ids_of(wanted), "waiting"))


def test_a_queue_that_is_damaged_is_named(
    qtbot: QtBot, make_downloads: MakeDownloads, service: ArchiveService, archive_server: Server
) -> None:
    service.cache_dir.mkdir(parents=True)
    (service.cache_dir / QUEUE_NAME).write_bytes(b"this is no database" * 1000)
    downloads = make_downloads(service)
    failed: list[tuple[list[int], str]] = []
    downloads.addFailed.connect(lambda *each: failed.append(each))
    wanted = cells(archive_server, 2)
    for n_times in (1, 2):
        downloads.add(wanted)
        qtbot.waitUntil(lambda n=n_times: len(failed) == n, timeout=LONG_MS)
        assert failed[-1] == (ids_of(wanted), downloads.stopped)
    assert QUEUE_NAME in downloads.stopped
    assert "is damaged" in downloads.stopped


# ------------------------------------------------------------------------------ close, kill, restart


def test_a_close_in_the_middle_is_quick_and_the_next_start_downloads_nothing_by_itself(
    qtbot: QtBot,
    make_downloads: MakeDownloads,
    make_service: MakeService,
    archive_server: Server,
) -> None:
    wanted = cells(archive_server, 6)
    ids = ids_of(wanted)
    fault = archive_server.faults.add("stall", 60, path="*.swc", after=2)
    service = make_service()
    first = make_downloads(service)
    first.add(wanted)
    qtbot.waitUntil(lambda: fault.hits == 3, timeout=LONG_MS)
    assert first.close()
    assert service.close()

    archive_server.reset()
    second = make_downloads(make_service())
    second.look()
    qtbot.waitUntil(lambda: len(second.rows) == 6, timeout=LONG_MS)
    assert list(states(second)) == ids
    assert set(states(second).values()) == {"done", "waiting"}
    assert not second.is_going
    assert archive_server.requests == []
    second.resume()
    wait_for(qtbot, second, all_of(ids, "done"))
    assert n_file_requests(archive_server) == 4


@pytest.mark.slow
def test_two_windows_on_one_cache_show_what_the_other_one_does(
    qtbot: QtBot,
    make_downloads: MakeDownloads,
    make_service: MakeService,
    archive_server: Server,
) -> None:
    first, second = make_downloads(make_service()), make_downloads(make_service())
    for each in (first, second):
        each.look()
    wanted = cells(archive_server, 3)
    ids = ids_of(wanted)
    first.add(wanted)
    wait_for(qtbot, second, all_of(ids, "done"))
    qtbot.waitUntil(lambda: first.rows == second.rows, timeout=LONG_MS)
    second.cancel(ids[:1])
    second.clear_done()
    wait_for(qtbot, first, {})
    second.pause()
    wait_for_books(second)
    first.add(wanted[:1])
    wait_for(qtbot, second, {ids[0]: "done"})
    assert n_file_requests(archive_server) == 3


def test_reading_again_keeps_what_happens_meanwhile(
    service: ArchiveService, archive_server: Server
) -> None:
    wanted = cells(archive_server, 2)
    snapshot = QueueSnapshot(lambda: None)
    with DownloadQueue(service.cache_dir / QUEUE_NAME) as queue:
        queue.add(wanted)
        snapshot.read(queue.jobs())

        def jobs() -> Iterator[DownloadJob]:
            yield from queue.jobs()
            snapshot.started(wanted[0].neuron_id)
            snapshot.progressed(wanted[0].neuron_id, 10, 20)

        snapshot.read(jobs())
        first, second = snapshot.rows()
        assert (first.state, first.n_bytes, second.state) == ("running", 10, "waiting")
        with DownloadQueue(queue.path) as other:
            assert not queue.has_changed_elsewhere()
            queue.pause()
            assert not queue.has_changed_elsewhere()
            assert other.has_changed_elsewhere()
            other.set_state(wanted[1].neuron_id, "done")
        assert queue.has_changed_elsewhere()
        assert not queue.has_changed_elsewhere()
        snapshot.read(queue.jobs())
        assert [each.state for each in snapshot.rows()] == ["waiting", "done"]
        assert list(snapshot.completed) == [wanted[1].neuron_id]


def test_looking_creates_no_file(downloads: Downloads, service: ArchiveService) -> None:
    downloads.look()
    wait_for_books(downloads)
    assert downloads.rows == []
    assert not service.cache_dir.exists()


CHILD = """
import sys
from pathlib import Path
from PySide6.QtCore import QCoreApplication
from app.archive.downloads.downloads import Downloads
from app.archive.connection.service import ArchiveService
from neuromorpho.http.rate_limiter import RateLimiter

app = QCoreApplication([])
service = ArchiveService(base_url=sys.argv[1], cache_dir=Path(sys.argv[2]), limiter=RateLimiter(None))
downloads = Downloads(service)
downloads.completed.connect(lambda neuron_id: print(neuron_id, flush=True))
downloads.add([int(each) for each in sys.argv[3:]])
app.exec()
"""


@pytest.mark.slow
def test_after_a_kill_every_file_is_complete_and_none_is_fetched_twice(
    qtbot: QtBot,
    make_downloads: MakeDownloads,
    service: ArchiveService,
    archive_server: Server,
) -> None:
    ids = ids_of(cells(archive_server, 40))
    words = [sys.executable, "-c", CHILD, archive_server.url, str(service.cache_dir)]
    child = subprocess.Popen([*words, *map(str, ids)], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    with child, child.stdout as output:
        for _ in range(10):
            assert output.readline().strip()
        fault = archive_server.faults.add("stall", 60, path="*.swc")
        qtbot.waitUntil(  # three are half-written
            lambda: fault.hits == 3 and len(list(service.cache_dir.rglob("*.part"))) == 3,
            timeout=LONG_MS,
        )
        os.kill(child.pid, signal.SIGKILL)
    archive_server.faults.clear()
    with closing(sqlite3.connect(service.cache_dir / QUEUE_NAME)) as database:
        rows = database.execute("SELECT state, count(*) FROM job GROUP BY state")
        before = {"running": 0, "waiting": 0} | dict(rows.fetchall())
    assert before["done"] >= 10
    assert before["running"] == 3
    assert len(list(service.cache_dir.rglob("*.part"))) == 3
    n_asked = n_file_requests(archive_server)

    downloads = make_downloads(service)
    downloads.resume()
    wait_for(qtbot, downloads, all_of(ids, "done"))
    assert n_file_requests(archive_server) - n_asked == before["waiting"] + before["running"]
    check_whole(archive_server, service.cache_dir, ids)
