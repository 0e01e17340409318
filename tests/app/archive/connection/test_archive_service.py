"""The archive's service: requests run in threads, and their results arrive in the GUI thread or not at all."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest
from archive_requests import Pulse, Replies, request, request_and_wait, search, settle, until
from pytestqt.qtbot import QtBot

from app.archive.connection.service import ArchiveService, Failure
from backends.errors import SourceError
from neuromorpho.client import NeuroMorphoClient
from tests.neuromorpho.server import Server

MakeService = Callable[..., ArchiveService]


def threads() -> list[str]:
    """Return the names of the threads that work for a service or a client."""
    names = ("archive-", "neuromorpho-watch")
    return [each.name for each in threading.enumerate() if each.name.startswith(names)]


def handles(server: Server, folder: Path) -> list[str]:
    """Return this process's connections to a server, and what it has open in a folder."""
    process = psutil.Process()
    port = int(server.url.rpartition(":")[2])
    ours = [each for each in process.net_connections("tcp") if each.raddr and each.raddr[1] == port]
    files = [each.path for each in process.open_files() if str(folder) in each.path]
    return [f"{each.laddr} to {each.raddr} {each.status}" for each in ours] + files


class Gate:
    """Work that waits until `go` is set or it is cancelled."""

    def __init__(self) -> None:
        self.began, self.go = threading.Event(), threading.Event()

    def __call__(self, client: NeuroMorphoClient) -> str:
        self.began.set()
        while not self.go.wait(0.005):
            if client.cancel is not None and client.cancel.is_set():
                break
        return "went through"


# ----------------------------------------------------------------------------------------- without requests


def test_a_service_without_requests_does_nothing(
    service: ArchiveService, archive_server: Server, tmp_path: Path
) -> None:
    settle()
    assert archive_server.requests == []
    assert threads() == []
    assert not (tmp_path / "cache").exists()
    assert service.connection.state == "unknown"
    assert not service.is_busy()


def test_the_library_is_queried_without_the_network(
    service: ArchiveService, archive_server: Server
) -> None:
    answers = Replies()
    service.query_library("count", len, answers.done.append, answers.failed.append)
    until(lambda: len(answers) > 0)
    assert answers.done == [0]
    assert archive_server.requests == []
    assert service.connection.state == "unknown"


def test_search_results_are_in_the_library_at_once(service: ArchiveService) -> None:
    (page,) = request_and_wait(service).done
    found: list[Any] = []
    service.query_library("text", lambda library: library.search("mouse").total, found.append)
    until(lambda: bool(found))
    assert 0 < len(page.items) <= found[0]


# ------------------------------------------------------------------------------------- where results arrive


def test_results_and_failures_arrive_in_the_gui_thread(
    service: ArchiveService, archive_server: Server
) -> None:
    calls: list[tuple[str, threading.Thread]] = []
    worked: list[threading.Thread] = []

    def work(client: NeuroMorphoClient) -> None:
        worked.append(threading.current_thread())
        client.get_neuron(1)

    def note(what: str) -> Callable[[Any], None]:
        return lambda _: calls.append((what, threading.current_thread()))

    service.connectionChanged.connect(note("connection"))
    service.request("a", work, note("done"))
    service.query_library("b", lambda library: 1 / 0, note("done"), note("failed"))
    until(lambda: len(calls) == 3)
    assert {what for what, _ in calls} == {"connection", "done", "failed"}
    assert {thread for _, thread in calls} == {threading.main_thread()}
    assert worked[0] is not threading.main_thread()


def test_no_result_arrives_inside_the_call_that_requests_it(service: ArchiveService) -> None:
    service.set_offline(True)
    answers = request(service)
    assert len(answers) == 0
    until(lambda: len(answers.failed) == 1)


def test_the_connection_is_updated_before_the_result_that_it_was_learned_from(
    service: ArchiveService,
) -> None:
    states: list[str] = []
    service.request("a", search, lambda _: states.append(service.connection.state))
    until(lambda: bool(states))
    assert states == ["online"]


def test_a_newer_request_on_a_channel_replaces_the_older_and_ends_it(
    service: ArchiveService, archive_server: Server
) -> None:
    fault = archive_server.faults.add("stall", times=1)
    older = request(service)
    until(lambda: fault.hits == 1)  # a request is counted before: the newer one might be stalled
    newer = request_and_wait(service)
    assert len(newer.done) == 1
    until(lambda: "neuromorpho-watch" not in threads())  # the stalled read has ended
    settle()
    assert len(older) == 0


def test_a_callback_may_request_again_cancel_or_close(service: ArchiveService) -> None:
    calls: list[str] = []

    def second(_: Any) -> None:
        calls.append("second")
        request(service, Gate(), channel="third")
        service.cancel("third")
        service.close()

    def first(_: Any) -> None:
        calls.append("first")
        service.request("a", lambda client: 2, second)

    service.request("a", lambda client: 1, first)
    until(lambda: len(calls) == 2)
    settle()
    assert calls == ["first", "second"]
    assert threads() == []


# ------------------------------------------------------------------------------------------- failures


def test_a_failure_without_a_callback_emits_a_signal(service: ArchiveService, qtbot: QtBot) -> None:
    with qtbot.waitSignal(service.requestFailed) as signal:
        service.request("detail", lambda client: client.get_neuron(99_999), lambda _: None)
    channel, failure = signal.args
    assert channel == "detail"
    assert "NMO_99999" in failure.message
    assert not failure.is_outage


def test_a_bug_is_a_failure_with_its_traceback_and_its_thread_goes_on(
    service: ArchiveService,
) -> None:
    (failure,) = request_and_wait(service, lambda client: client.no_such_thing).failed
    assert "AttributeError" in failure.message
    assert "Traceback" in failure.details
    assert request_and_wait(service).done


def test_an_error_of_the_program_itself_keeps_its_sentence(service: ArchiveService) -> None:
    def work(client: NeuroMorphoClient) -> None:
        raise SourceError("a.swc is empty; choose another file.", "line 1")

    (failure,) = request_and_wait(service, work).failed
    assert failure == Failure("a.swc is empty; choose another file.", "line 1")


def test_an_outage_is_a_failure_without_words_of_the_command_line(
    service: ArchiveService, archive_server: Server
) -> None:
    archive_server.faults.add("unavailable")
    (failure,) = request_and_wait(service).failed
    assert failure.is_outage
    assert "mirror" in failure.message
    assert "--" not in failure.message
    assert archive_server.url not in failure.message
    assert failure.facts.startswith(f"Address: {archive_server.url}/api/neuron/select/?")
    assert failure.facts.endswith("Status: 503")
    assert "q=species" in failure.details


def test_a_library_that_cannot_be_opened_is_named(
    make_service: MakeService, tmp_path: Path
) -> None:
    (tmp_path / "cache").mkdir()
    path = tmp_path / "cache" / "library.sqlite"
    path.write_bytes(b"this is no database" * 100)
    service = make_service()
    answers = Replies()
    service.query_library("count", len, answers.done.append, answers.failed.append)
    until(lambda: len(answers) > 0)
    assert str(path) in answers.failed[0].message
    assert not answers.failed[0].is_outage
    assert request_and_wait(service).done, "the archive still works"


def test_an_invalid_address_is_refused_when_the_service_is_made() -> None:
    with pytest.raises(ValueError, match="address of a server"):
        ArchiveService(base_url="neuromorpho")


# ------------------------------------------------------------------------------- a server that does not respond


def test_the_library_works_while_every_request_stalls_and_the_window_lives(
    service: ArchiveService, archive_server: Server
) -> None:
    assert request_and_wait(service).done
    archive_server.faults.add("stall")
    stalled = [request(service, channel=f"stalled {n}") for n in range(6)]
    until(lambda: archive_server.count() >= 4)
    found = Replies()
    with Pulse() as pulse:
        service.query_library("text", lambda library: library.search("mouse"), found.done.append)
        until(lambda: len(found) > 0)
    assert found.done[0].total > 0
    assert [len(each) for each in stalled] == [0] * 6
    assert pulse.longest_gap_s < 1.0  # generous: two cores, and others on them


def test_requests_use_at_most_four_threads(service: ArchiveService) -> None:
    gates = [Gate() for _ in range(12)]
    for number, gate in enumerate(gates):
        request(service, gate, channel=f"network {number}")
        service.query_library(f"library {number}", len, lambda _: None)
    assert all(gate.began.wait(5) for gate in gates[:3])
    assert len(threads()) <= 4
    assert not any(gate.began.is_set() for gate in gates[3:])


# ----------------------------------------------------------------------------------------------- the end


def test_a_close_during_a_stalled_request_leaves_no_thread_no_socket_and_no_database(
    service: ArchiveService, archive_server: Server, tmp_path: Path
) -> None:
    assert request_and_wait(service).done
    counted: list[int] = []
    service.query_library("count", len, counted.append)
    until(lambda: bool(counted))
    archive_server.faults.add("stall")
    answers = [request(service, channel=str(number)) for number in range(5)]
    until(lambda: archive_server.count() >= 4)
    assert handles(archive_server, tmp_path), "there was nothing to leave"
    began = time.monotonic()
    assert service.close()
    assert time.monotonic() - began < 2.0
    assert threads() == []
    assert handles(archive_server, tmp_path) == []
    settle()
    assert [len(each) for each in answers] == [0] * 5


def test_a_close_ends_in_time_although_work_ignores_it(make_service: MakeService) -> None:
    service = make_service()
    go, began = threading.Event(), threading.Event()

    def ignores_cancel(client: NeuroMorphoClient) -> None:
        began.set()
        go.wait(30)

    answers = request(service, ignores_cancel)
    assert began.wait(5)
    start = time.monotonic()
    assert not service.close(timeout_s=0.2)
    assert time.monotonic() - start < 2.0
    go.set()
    until(lambda: threads() == [])
    settle()
    assert len(answers) == 0


def test_after_the_close_nothing_is_requested_and_nothing_arrives(
    service: ArchiveService, archive_server: Server
) -> None:
    answers = request(service, Gate())
    assert service.close()
    later = request(service)
    service.check()
    service.set_offline(True)
    assert service.close(), "a second close does nothing"
    settle()
    assert (len(answers), len(later), archive_server.requests) == (0, 0, [])


def test_a_service_without_requests_can_be_closed(make_service: MakeService) -> None:
    assert make_service().close()


def test_a_service_is_opened_and_closed_many_times_and_leaves_nothing_open(
    make_service: MakeService, archive_server: Server, tmp_path: Path
) -> None:
    before = len(os.listdir("/proc/self/fd")) if Path("/proc/self/fd").exists() else 0
    for _ in range(5):
        service = make_service()
        assert request_and_wait(service).done
        assert service.close()
    assert threads() == []
    assert handles(archive_server, tmp_path) == []
    if before:
        until(lambda: len(os.listdir("/proc/self/fd")) <= before + 4)


# --------------------------------------------------------------------------------- for other threads


def test_a_client_for_another_thread_updates_the_connection_and_ends_at_the_close(
    service: ArchiveService, archive_server: Server
) -> None:
    ended: list[str] = []

    def download() -> None:
        client = service.client_for(threading.Event())
        client.get_neuron(1)
        archive_server.faults.add("stall")
        try:
            client.get_neuron(2)
        except Exception as error:
            ended.append(type(error).__name__)

    thread = threading.Thread(target=download)
    thread.start()
    until(lambda: service.connection.state == "online")
    until(lambda: archive_server.count() == 2)
    service.close()
    thread.join(5)
    assert ended == ["NeuroMorphoCancelled"]
