"""The state of the connection: online, slow, down or offline, learned from the user's own requests."""

from __future__ import annotations

import re
import socket
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import requests
import urllib3
from archive_requests import Pulse, request, request_and_wait, settle, until

from app.archive.connection.failure import OFFLINE
from app.archive.connection.service import ArchiveService
from app.archive.connection.status import (
    Connection,
    ConnectionSample,
    ConnectionTracker,
    OnDisk,
    classify_response,
    has_no_network,
)
from neuromorpho.errors import (
    NeuroMorphoCancelled,
    NeuroMorphoDownError,
    NeuroMorphoHTTPError,
    NeuroMorphoNotFoundError,
    NeuroMorphoStorageError,
)
from tests.neuromorpho.server import Server
from tests.neuromorpho.server.faults import bomb

MakeService = Callable[..., ArchiveService]

API = "https://neuromorpho.org/api/neuron/select/"
FILE = "https://neuromorpho.org/dableFiles/a/CNG%20version/b.CNG.swc"
DOWN = NeuroMorphoDownError("It is down.", status=503, url=API)
MOST_GAP_S = 1.0  # generous: two cores, and others on them


class Clock:
    """Local time that a test moves."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 21, 14, 2, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


def state_after(
    tracker: ConnectionTracker,
    url: str = API,
    seconds: float = 0.2,
    error: Exception | None = None,
) -> str:
    """Record a response; return the state."""
    sample = classify_response(url, seconds, error)
    assert sample is not None
    tracker.record(sample)
    return tracker.connection.state


def check_connection(service: ArchiveService, state: str, *keywords: str) -> None:
    """Check a state and what its sentence names: the keywords, the time where it needs one."""
    connection = service.connection
    assert connection.state == state
    assert all(each in connection.sentence for each in keywords), connection.sentence
    if state in {"slow", "down", "offline"}:
        assert f"{connection.since:%H:%M}" in connection.sentence


# ------------------------------------------------------------------------------------- without threads


def test_the_state_is_unknown_at_first() -> None:
    assert ConnectionTracker().connection == Connection("unknown", None)


def test_an_outage_is_shown_with_its_time_its_cause_and_what_still_works() -> None:
    tracker = ConnectionTracker(now=Clock())
    tracker.set_on_disk(OnDisk(37, 1))
    assert state_after(tracker, error=DOWN) == "down"
    for keyword in ("14:02", "NeuroMorpho.Org", "503", "37 cells", "1 with its file"):
        assert keyword in tracker.connection.sentence


def test_an_outage_keeps_its_beginning_through_further_failures_and_ends_with_an_answer() -> None:
    clock = Clock()
    tracker = ConnectionTracker(now=clock)
    state_after(tracker, error=DOWN)
    began = clock.now
    clock.now += timedelta(minutes=30)
    state_after(tracker, error=DOWN)
    assert tracker.connection.since == began
    assert state_after(tracker) == "online"
    assert tracker.connection.since == clock.now


def test_an_outage_that_began_on_another_day_is_shown_with_its_date() -> None:
    clock = Clock()
    tracker = ConnectionTracker(now=clock)
    state_after(tracker, error=DOWN)
    clock.now += timedelta(days=1)
    state_after(tracker, error=DOWN)
    assert "2026-11-21 14:02" in tracker.connection.sentence


def test_a_response_that_takes_four_seconds_is_slow_and_a_quick_one_ends_that() -> None:
    tracker = ConnectionTracker(now=Clock())
    assert state_after(tracker, seconds=4.1) == "slow"
    assert "14:02" in tracker.connection.sentence
    assert "4 s" in tracker.connection.sentence
    assert state_after(tracker, seconds=0.4) == "online"


def test_a_file_that_takes_its_time_is_not_slow() -> None:
    assert state_after(ConnectionTracker(), FILE, seconds=30.0) == "online"


def test_waiting_for_a_response_is_slow_but_does_not_hide_an_outage() -> None:
    tracker = ConnectionTracker(now=Clock())
    tracker.record_waiting(2.0)
    assert tracker.connection.state == "unknown"
    tracker.record_waiting(6.4)
    assert tracker.connection.state == "slow"
    assert "6 s" in tracker.connection.sentence
    state_after(tracker, error=DOWN)
    tracker.record_waiting(9.0)
    assert tracker.connection.state == "down"


def test_a_missing_cell_does_not_mean_that_the_server_is_down() -> None:
    missing = NeuroMorphoNotFoundError("There is none.", url=API)
    assert state_after(ConnectionTracker(), error=missing) == "online"


@pytest.mark.parametrize("api", ["online", "down"])
def test_a_file_that_the_server_does_not_give_changes_nothing_about_the_api(api: str) -> None:
    tracker = ConnectionTracker()
    assert state_after(tracker, error=DOWN if api == "down" else None) == api
    assert (
        state_after(tracker, FILE, error=NeuroMorphoDownError("No.", status=500, url=FILE)) == api
    )
    assert state_after(tracker, FILE) == api


MEASURES = "https://neuromorpho.org/api/morphometry/id/1"


def test_an_error_over_one_cell_is_no_outage_while_the_search_works() -> None:
    failing = NeuroMorphoDownError("No.", status=500, url=MEASURES)
    tracker = ConnectionTracker()
    assert state_after(tracker, MEASURES, error=failing) == "down", "nothing better is known"
    assert state_after(tracker) == "online"
    assert state_after(tracker, MEASURES, error=failing) == "online"
    closed = NeuroMorphoDownError("No.", status=503, url=MEASURES)
    assert state_after(tracker, MEASURES, error=closed) == "down"
    assert state_after(tracker, MEASURES) == "online"
    assert (
        state_after(tracker, API, error=NeuroMorphoDownError("No.", status=500, url=API)) == "down"
    )


def test_a_file_shows_that_nothing_responds_and_that_something_responds_again() -> None:
    tracker = ConnectionTracker()
    state_after(tracker)
    assert (
        state_after(tracker, FILE, error=NeuroMorphoDownError("No.", status=0, url=FILE)) == "down"
    )
    assert "NeuroMorpho.Org" in tracker.connection.sentence
    assert state_after(tracker, FILE) == "online"


@pytest.mark.parametrize(
    "error",
    [
        NeuroMorphoCancelled("Cancelled."),
        NeuroMorphoStorageError("The disk is full.", path=Path("a")),
        ValueError("A bug."),
    ],
)
def test_a_cancel_a_full_disk_or_a_bug_show_nothing_about_the_server(error: Exception) -> None:
    assert classify_response(API, 1.0, error) is None


def test_a_name_that_is_not_found_means_that_this_computer_has_no_network() -> None:
    unknown = socket.gaierror(-3, "Temporary failure in name resolution")
    connection = urllib3.connection.HTTPSConnection("neuromorpho.org")
    cause = urllib3.exceptions.NameResolutionError("neuromorpho.org", connection, unknown)
    cause.__cause__ = unknown
    pool = urllib3.HTTPSConnectionPool("neuromorpho.org")
    too_many = urllib3.exceptions.MaxRetryError(pool, "/api", cause)
    too_many.__cause__ = cause
    error = NeuroMorphoDownError("Nothing answers.", status=0, url=API)
    error.__cause__ = requests.ConnectionError(too_many)
    error.__cause__.__context__ = too_many
    assert has_no_network(error)
    tracker = ConnectionTracker(now=Clock())
    tracker.set_on_disk(OnDisk(1, 0))
    assert state_after(tracker, error=error) == "offline"
    for keyword in ("14:02", "network", "1 cell to search", "none with their files"):
        assert keyword in tracker.connection.sentence


def test_a_certificate_that_cannot_be_verified_is_named() -> None:
    tracker = ConnectionTracker(now=Clock())
    error = NeuroMorphoHTTPError("It is not trusted.", status=0, url=API, code="certificate")
    assert state_after(tracker, error=error) == "down"
    assert "certificate" in tracker.connection.sentence


def test_no_response_changes_what_the_user_chose() -> None:
    tracker = ConnectionTracker()
    tracker.set_offline(True)
    assert state_after(tracker) == "offline"
    assert state_after(tracker, error=DOWN) == "offline"
    tracker.record_waiting(60.0)
    assert tracker.connection.state == "offline"
    assert tracker.connection.is_chosen
    tracker.set_offline(False)
    assert tracker.connection.state == "unknown"
    assert not tracker.connection.is_chosen


def test_a_refusal_and_a_limit_of_requests_are_named() -> None:
    tracker = ConnectionTracker(now=Clock())
    state_after(tracker, error=NeuroMorphoHTTPError("Too many.", status=429, url=API))
    assert tracker.connection.state == "slow"
    assert "429" in tracker.connection.sentence
    state_after(tracker, error=NeuroMorphoHTTPError("No.", status=403, url=API))
    assert tracker.connection.state == "online"
    assert "403" in tracker.connection.sentence


def test_a_sample_without_a_cause_is_plainly_online() -> None:
    tracker = ConnectionTracker()
    tracker.record(ConnectionSample("online"))
    assert tracker.connection.sentence == "Online"


# --------------------------------------------------------------------------- with the server's faults

UNREADABLE = ("online", "read", False)
SILENT = ("down", "NeuroMorpho.Org", True)
REDIRECTED = ("down", "login", True)
NO_CELLS = "nothing is on this disk yet"

FAULTS = [
    ("unavailable", "", "down", "503", True),
    ("unavailable", "600", "down", "503", True),
    ("too_many", "600", "down", "429", True),
    ("too_many", "0", "slow", "429", False),
    ("failing", "500", "down", "500", True),
    ("failing", "400", "online", "", False),
    ("failing", "403", "online", "403", False),
    ("error_inside", "500", "down", "500", True),
    ("notice", "", "down", "notice", True),
    ("empty", "", *UNREADABLE),
    ("truncated", "", *UNREADABLE),
    ("wrong_types", "", "online", "", False),
    ("bomb", "", *UNREADABLE),
    ("endless", "", *UNREADABLE),
    ("redirect", "foreign", *REDIRECTED),
    ("redirect", "http", *REDIRECTED),
    ("redirect", "loop", *REDIRECTED),
    ("short", "", *UNREADABLE),
    ("reset", "", *UNREADABLE),
    ("drop", "", *SILENT),
    ("stall", "", *SILENT),
]


@pytest.mark.slow
@pytest.mark.parametrize("what", ["search", "detail"])
@pytest.mark.parametrize(("kind", "value", "state", "keyword", "is_outage"), FAULTS)
def test_each_fault_gives_its_state_and_cause_and_the_window_stays_responsive(
    make_service: MakeService,
    archive_server: Server,
    kind: str,
    value: str,
    state: str,
    keyword: str,
    is_outage: bool,
    what: str,
) -> None:
    service = make_service(timeout=0.5)
    archive_server.faults.add(kind, value)
    if kind == "bomb":
        bomb(100)  # what is made once is made before
    works = {"search": lambda c: c.search("species:mouse"), "detail": lambda c: c.describe(1)}
    with Pulse() as pulse:
        answers = request_and_wait(service, works[what])
    assert pulse.longest_gap_s < MOST_GAP_S
    check_connection(service, state, keyword, *([NO_CELLS] if state == "down" else []))
    assert keyword or service.connection.sentence == "Online"
    (failure,) = answers.failed
    assert failure.is_outage == is_outage
    assert failure.message.endswith(".")
    assert "\n" not in failure.message
    assert "--" not in failure.message
    archive_server.faults.clear()
    assert request_and_wait(service, works[what]).done
    assert service.connection.sentence == "Online"


@pytest.mark.parametrize("kind", ["latin1", "duplicates"])
def test_what_the_client_tolerates_leaves_the_server_online(
    service: ArchiveService, archive_server: Server, kind: str
) -> None:
    archive_server.faults.add(kind)
    assert request_and_wait(service).done
    assert service.connection.sentence == "Online"


@pytest.mark.parametrize("kind", ["null_embedded", "no_embedded"])
def test_a_page_without_its_cells_fails_while_the_server_is_online(
    service: ArchiveService, archive_server: Server, kind: str
) -> None:
    archive_server.faults.add(kind)
    assert request_and_wait(service, lambda client: client.count("species:mouse")).done
    (failure,) = request_and_wait(service, lambda client: client.search("species:mouse")).failed
    assert "none of this page" in failure.message
    assert service.connection.sentence == "Online"


def test_a_stopped_server_is_down_until_it_responds_again(
    service: ArchiveService, archive_server: Server
) -> None:
    assert request_and_wait(service).done
    archive_server.stop()
    (failure,) = request_and_wait(service).failed
    assert failure.is_outage
    check_connection(service, "down", f"{n_cells_in_library(service)} cells")
    archive_server.start()
    service.check()
    until(lambda: service.connection.state == "online")


def n_cells_in_library(service: ArchiveService) -> int:
    """Return how many cells the library has."""
    counts: list[int] = []
    service.query_library("count", len, counts.append)
    until(lambda: bool(counts))
    return counts[0]


def test_an_unknown_host_name_means_offline_until_it_is_found(
    service: ArchiveService, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unknown(*_: object, **__: object) -> object:
        raise socket.gaierror(-3, "Temporary failure in name resolution")

    with monkeypatch.context() as patch:
        patch.setattr(socket, "getaddrinfo", unknown)
        (failure,) = request_and_wait(service).failed
    assert failure.is_outage
    check_connection(service, "offline", "network", NO_CELLS)
    assert not service.connection.is_chosen
    assert request_and_wait(service).done
    assert service.connection.sentence == "Online"


@pytest.mark.slow
def test_a_long_wait_is_shown_while_it_lasts_and_after(
    service: ArchiveService, archive_server: Server
) -> None:
    states: list[str] = []
    sentences: list[str] = []
    service.connectionChanged.connect(lambda connection: states.append(connection.state))
    service.connectionChanged.connect(lambda connection: sentences.append(connection.sentence))
    archive_server.faults.add("delay", "3.6", times=1)
    assert request_and_wait(service).done
    assert set(states) == {"slow"}
    assert re.search(r"\d\d:\d\d.* \d s", sentences[0])
    assert re.search(r"\d\d:\d\d.* [34] s", sentences[-1])
    assert sentences[0] != sentences[-1]
    assert request_and_wait(service).done
    assert states[-1] == "online"


@pytest.mark.slow
def test_a_slow_file_does_not_make_the_server_slow(
    service: ArchiveService, archive_server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.archive.connection.status.SLOW_S", 0.4)
    states: list[str] = []
    service.connectionChanged.connect(lambda connection: states.append(connection.state))
    archive_server.faults.add("slow", 1.5, path="*.swc")
    assert request_and_wait(service, lambda client: client.download(1, mode="standard")).done
    assert states == ["online"]


def test_offline_uses_no_network_and_online_again_is_as_at_the_beginning(
    service: ArchiveService, archive_server: Server
) -> None:
    service.set_offline(True)
    until(lambda: NO_CELLS in service.connection.sentence)
    check_connection(service, "offline")
    assert service.connection.is_chosen
    (failure,) = request_and_wait(service).failed
    assert (failure.is_outage, archive_server.requests) == (True, [])
    assert failure.message == OFFLINE
    service.set_offline(False)
    assert service.connection == Connection("unknown", service.connection.since)
    assert request_and_wait(service).done


def test_going_offline_ends_a_request_that_waits(
    service: ArchiveService, archive_server: Server
) -> None:
    archive_server.faults.add("stall")
    answers = request(service)
    until(lambda: archive_server.count() > 0)
    service.set_offline(True)
    until(lambda: len(answers) > 0)
    assert answers.failed[0].message == OFFLINE


def test_going_offline_and_back_at_once_loses_no_request(
    service: ArchiveService, archive_server: Server
) -> None:
    archive_server.faults.add("delay", "0.2", times=1)
    answers = request(service)
    until(lambda: archive_server.count() > 0)
    service.set_offline(True)
    service.set_offline(False)
    until(lambda: not service.is_busy())
    assert len(answers) == 1


def test_what_is_in_the_cache_is_available_offline_too(
    service: ArchiveService, archive_server: Server
) -> None:
    counts = request_and_wait(service, lambda client: client.partition("species").counts).done
    service.set_offline(True)
    archive_server.reset()
    assert (
        request_and_wait(service, lambda client: client.partition("species").counts).done == counts
    )
    assert archive_server.requests == []


def test_the_mirror_is_used_from_then_on_and_the_server_after_it(
    make_service: MakeService, archive_server: Server
) -> None:
    with Server() as mirror:
        service = make_service(mirror=mirror.url)
        assert request_and_wait(service).done
        assert mirror.requests == []
        service.use_mirror()
        assert service.connection.state == "unknown"
        archive_server.reset()
        assert request_and_wait(service).done
        assert (archive_server.count(), mirror.count()) == (0, 1)
        host = mirror.url.removeprefix("http://")
        check_connection(service, "online", f"mirror ({host})")
        assert service.connection.is_mirror
        service.use_mirror(False)
        assert request_and_wait(service).done
        assert service.connection.sentence == "Online"
        assert (archive_server.count(), mirror.count()) == (1, 1)


def test_a_late_response_of_the_server_shows_nothing_about_the_mirror(
    make_service: MakeService, archive_server: Server
) -> None:
    with Server() as mirror:
        service = make_service(mirror=mirror.url)
        archive_server.faults.add("delay", "0.2")
        answers = request(service)
        until(lambda: archive_server.count() == 1)
        service.use_mirror()
        until(lambda: len(answers.done) == 1)
        settle()
        assert service.connection.state == "unknown"


def test_an_allowed_mirror_takes_over_automatically_when_the_server_is_down(
    make_service: MakeService, archive_server: Server
) -> None:
    with Server() as mirror:
        service = make_service(mirror=mirror.url)
        archive_server.faults.add("unavailable")
        assert request_and_wait(service).done
        host = mirror.url.removeprefix("http://")
        check_connection(service, "online", f"mirror ({host})")


def test_a_mirror_that_is_down_as_well_is_named(make_service: MakeService) -> None:
    with Server() as mirror:
        mirror.faults.add("unavailable")
        service = make_service(mirror=mirror.url)
        service.use_mirror()
        assert request_and_wait(service).failed
        host = mirror.url.removeprefix("http://")
        check_connection(service, "down", f"mirror ({host})", "503", NO_CELLS)


def test_no_signal_comes_where_nothing_changed(service: ArchiveService) -> None:
    seen: list[Connection] = []
    service.connectionChanged.connect(seen.append)
    assert request_and_wait(service).done
    assert request_and_wait(service).done
    settle()
    assert [each.state for each in seen] == ["online"]
