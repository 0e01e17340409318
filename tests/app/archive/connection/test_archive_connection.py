"""How NeuroMorpho.Org answers: a state, since when, and a sentence, learned from what the user asked."""

from __future__ import annotations

import re
import socket
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import requests
import urllib3
from archive_asking import Pulse, ask, asked, settle, until

from app.archive.connection.service import ArchiveService
from app.archive.connection.status import (
    Connection,
    ConnectionSample,
    ConnectionTracker,
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


def heard(
    line: ConnectionTracker, url: str = API, seconds: float = 0.2, error: Exception | None = None
) -> str:
    """Let a line hear an answer; return its state."""
    evidence = classify_response(url, seconds, error)
    assert evidence is not None
    line.record(evidence)
    return line.connection.state


def told(service: ArchiveService) -> tuple[str, str]:
    """Return the state and the sentence, its clock time made 14:02."""
    said = service.connection.sentence
    if service.connection.state in {"slow", "down", "offline"}:
        assert service.connection.since is not None
        said = said.replace(f"{service.connection.since:%H:%M}", "14:02")
    return service.connection.state, said


# ------------------------------------------------------------------------------------- without threads


def test_a_new_line_was_not_asked_and_says_so() -> None:
    assert ConnectionTracker().connection == Connection("unknown", None, "Not asked yet")


def test_an_outage_is_told_with_its_time_its_cause_and_what_still_works() -> None:
    line = ConnectionTracker(Clock())
    line.n_cells = 37
    assert heard(line, error=DOWN) == "down"
    expected = "Down since 14:02: NeuroMorpho.Org answers 503; the library (37 cells) still works"
    assert line.connection.sentence == expected


def test_an_outage_keeps_its_beginning_through_further_failures_and_ends_with_an_answer() -> None:
    clock = Clock()
    line = ConnectionTracker(clock)
    heard(line, error=DOWN)
    began = clock.now
    clock.now += timedelta(minutes=30)
    heard(line, error=DOWN)
    assert line.connection.since == began
    assert heard(line) == "online"
    assert (line.connection.since, line.connection.sentence) == (clock.now, "Online")


def test_an_outage_that_began_on_another_day_is_told_with_its_date() -> None:
    clock = Clock()
    line = ConnectionTracker(clock)
    heard(line, error=DOWN)
    clock.now += timedelta(days=1)
    heard(line, error=DOWN)
    assert line.connection.sentence.startswith("Down since 2026-11-21 14:02:")


def test_an_answer_that_takes_four_seconds_is_slow_and_a_quick_one_ends_that() -> None:
    line = ConnectionTracker(Clock())
    assert heard(line, seconds=4.1) == "slow"
    assert line.connection.sentence == "Slow since 14:02: answers take 4 s"
    assert heard(line, seconds=0.4) == "online"


def test_a_file_that_takes_its_time_is_not_slow() -> None:
    assert heard(ConnectionTracker(), FILE, seconds=30.0) == "online"


def test_waiting_for_an_answer_is_slow_but_does_not_hide_an_outage() -> None:
    line = ConnectionTracker(Clock())
    line.record_waiting(2.0)
    assert line.connection.state == "unknown"
    line.record_waiting(6.4)
    assert line.connection.sentence == "Slow since 14:02: no answer for 6 s"
    heard(line, error=DOWN)
    line.record_waiting(9.0)
    assert line.connection.state == "down"


def test_that_there_is_no_such_cell_is_an_answer() -> None:
    missing = NeuroMorphoNotFoundError("There is none.", url=API)
    assert heard(ConnectionTracker(), error=missing) == "online"


@pytest.mark.parametrize("api", ["online", "down"])
def test_a_file_that_the_server_does_not_give_changes_nothing_about_the_api(api: str) -> None:
    line = ConnectionTracker()
    assert heard(line, error=DOWN if api == "down" else None) == api
    assert heard(line, FILE, error=NeuroMorphoDownError("No.", status=500, url=FILE)) == api
    assert heard(line, FILE) == api


MEASURES = "https://neuromorpho.org/api/morphometry/id/1"


def test_a_cell_that_the_server_stumbles_over_is_no_outage_while_the_search_works() -> None:
    stumbled = NeuroMorphoDownError("No.", status=500, url=MEASURES)
    line = ConnectionTracker()
    assert heard(line, MEASURES, error=stumbled) == "down", "nothing better is known"
    assert heard(line) == "online"
    assert heard(line, MEASURES, error=stumbled) == "online"
    closed = NeuroMorphoDownError("No.", status=503, url=MEASURES)
    assert heard(line, MEASURES, error=closed) == "down"
    assert heard(line, MEASURES) == "online"
    assert heard(line, API, error=NeuroMorphoDownError("No.", status=500, url=API)) == "down"


def test_a_file_does_tell_that_nothing_answers_and_that_something_answers_again() -> None:
    line = ConnectionTracker()
    heard(line)
    assert heard(line, FILE, error=NeuroMorphoDownError("No.", status=0, url=FILE)) == "down"
    assert line.connection.sentence.endswith("NeuroMorpho.Org does not answer")
    assert heard(line, FILE) == "online"


@pytest.mark.parametrize(
    "error",
    [
        NeuroMorphoCancelled("Cancelled."),
        NeuroMorphoStorageError("The disk is full.", path=Path("a")),
        ValueError("A bug."),
    ],
)
def test_a_cancel_a_full_disk_or_a_bug_tell_nothing_of_the_server(error: Exception) -> None:
    assert classify_response(API, 1.0, error) is None


def test_a_name_that_is_not_found_means_that_this_computer_has_no_network() -> None:
    unknown = socket.gaierror(-3, "Temporary failure in name resolution")
    connection = urllib3.connection.HTTPSConnection("neuromorpho.org")
    cause = urllib3.exceptions.NameResolutionError("neuromorpho.org", connection, unknown)
    cause.__cause__ = unknown
    pool = urllib3.HTTPSConnectionPool("neuromorpho.org")
    error = NeuroMorphoDownError("Nothing answers.", status=0, url=API)
    error.__cause__ = requests.ConnectionError(
        urllib3.exceptions.MaxRetryError(pool, "/api", cause)
    )
    assert has_no_network(error)
    line = ConnectionTracker(Clock())
    line.n_cells = 1
    assert heard(line, error=error) == "offline"
    expected = "Offline since 14:02: this computer has no network; the library (1 cell) still works"
    assert line.connection.sentence == expected


def test_nothing_heard_changes_what_the_user_chose() -> None:
    line = ConnectionTracker()
    line.set_offline(True)
    assert heard(line) == "offline"
    assert heard(line, error=DOWN) == "offline"
    line.record_waiting(60.0)
    assert line.connection.state == "offline"
    line.set_offline(False)
    assert line.connection.sentence == "Not asked yet"


def test_a_refusal_and_a_plea_for_fewer_requests_are_told_as_such() -> None:
    line = ConnectionTracker(Clock())
    heard(line, error=NeuroMorphoHTTPError("Too many.", status=429, url=API))
    assert line.connection.sentence == "Slow since 14:02: NeuroMorpho.Org asks for fewer requests"
    heard(line, error=NeuroMorphoHTTPError("No.", status=403, url=API))
    assert line.connection.sentence == "Online, but NeuroMorpho.Org refuses to answer (403)"


def test_evidence_without_words_is_plain_online() -> None:
    line = ConnectionTracker()
    line.record(ConnectionSample("online"))
    assert line.connection.sentence == "Online"


# --------------------------------------------------------------------------- with the server's faults

UNREAD = ("online", "Online, but the last answer could not be read")
LIBRARY = "; the library (0 cells) still works"
SILENT = ("down", f"Down since 14:02: NeuroMorpho.Org does not answer{LIBRARY}")
ELSEWHERE = (
    "down",
    "Down since 14:02: NeuroMorpho.Org points to another place "
    f"(is this a network that wants a login?){LIBRARY}",
)


def down(why: str) -> tuple[str, str]:
    """Return the state and the sentence of an outage."""
    return "down", f"Down since 14:02: NeuroMorpho.Org {why}{LIBRARY}"


FAULTS = [
    ("unavailable", "", down("answers 503"), True),
    ("unavailable", "600", down("answers 503"), True),
    ("too_many", "600", down("answers 429"), True),
    ("too_many", "0", ("slow", "Slow since 14:02: NeuroMorpho.Org asks for fewer requests"), False),
    ("failing", "500", down("answers 500"), True),
    ("failing", "400", ("online", "Online"), False),
    ("failing", "403", ("online", "Online, but NeuroMorpho.Org refuses to answer (403)"), False),
    ("error_inside", "500", down("answers 500"), True),
    ("notice", "", down("shows a notice of an outage"), True),
    ("empty", "", UNREAD, False),
    ("truncated", "", UNREAD, False),
    ("wrong_types", "", ("online", "Online"), False),
    ("bomb", "", UNREAD, False),
    ("endless", "", UNREAD, False),
    ("redirect", "foreign", ELSEWHERE, True),
    ("redirect", "http", ELSEWHERE, True),
    ("redirect", "loop", ELSEWHERE, True),
    ("short", "", UNREAD, False),
    ("reset", "", UNREAD, False),
    ("drop", "", SILENT, True),
    ("stall", "", SILENT, True),
]


@pytest.mark.parametrize("what", ["search", "detail"])
@pytest.mark.parametrize(("kind", "value", "expected", "is_outage"), FAULTS)
def test_each_fault_gives_its_state_and_sentence_and_a_window_that_lives(
    make_service: MakeService,
    archive_server: Server,
    kind: str,
    value: str,
    expected: tuple[str, str],
    is_outage: bool,
    what: str,
) -> None:
    service = make_service(timeout=0.5)
    archive_server.faults.add(kind, value)
    if kind == "bomb":
        bomb(100)  # what is made once is made before
    works = {"search": lambda c: c.search("species:mouse"), "detail": lambda c: c.describe(1)}
    with Pulse() as pulse:
        answers = asked(service, works[what])
    assert pulse.longest_gap_s < MOST_GAP_S
    assert told(service) == expected
    (failure,) = answers.failed
    assert failure.is_outage == is_outage
    assert failure.message.endswith(".")
    assert "\n" not in failure.message
    assert "--" not in failure.message
    archive_server.faults.clear()
    assert asked(service, works[what]).done
    assert service.connection.sentence == "Online"


@pytest.mark.parametrize("kind", ["latin1", "duplicates"])
def test_what_the_client_copes_with_leaves_the_server_online(
    service: ArchiveService, archive_server: Server, kind: str
) -> None:
    archive_server.faults.add(kind)
    assert asked(service).done
    assert service.connection.sentence == "Online"


@pytest.mark.parametrize("kind", ["null_embedded", "no_embedded"])
def test_a_page_that_lacks_its_cells_is_told_of_a_server_that_is_online(
    service: ArchiveService, archive_server: Server, kind: str
) -> None:
    archive_server.faults.add(kind)
    assert asked(service, lambda client: client.count("species:mouse")).done
    (failure,) = asked(service, lambda client: client.search("species:mouse")).failed
    assert "holds none of this page" in failure.message
    assert service.connection.sentence == "Online"


def test_a_server_that_is_gone_is_down_and_back_when_it_is_asked_again(
    service: ArchiveService, archive_server: Server
) -> None:
    assert asked(service).done
    archive_server.stop()
    (failure,) = asked(service).failed
    assert failure.is_outage
    n_cells = asked_count(service)
    expected = f"NeuroMorpho.Org does not answer; the library ({n_cells} cells) still works"
    assert told(service) == ("down", f"Down since 14:02: {expected}")
    archive_server.start()
    service.check()
    until(lambda: service.connection.state == "online")


def asked_count(service: ArchiveService) -> int:
    """Return how many cells the library has."""
    counts: list[int] = []
    service.query_library("count", len, counts.append)
    until(lambda: bool(counts))
    return counts[0]


def test_no_way_to_find_the_host_is_told_as_offline_until_there_is_one(
    service: ArchiveService, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unknown(*_: object, **__: object) -> object:
        raise socket.gaierror(-3, "Temporary failure in name resolution")

    with monkeypatch.context() as patch:
        patch.setattr(socket, "getaddrinfo", unknown)
        (failure,) = asked(service).failed
    assert failure.is_outage
    expected = f"Offline since 14:02: this computer has no network{LIBRARY}"
    assert told(service) == ("offline", expected)
    assert asked(service).done
    assert service.connection.sentence == "Online"


def test_a_long_wait_is_told_while_it_lasts_and_after(
    service: ArchiveService, archive_server: Server
) -> None:
    said: list[str] = []
    service.connectionChanged.connect(lambda connection: said.append(connection.sentence))
    archive_server.faults.add("delay", "3.6", times=1)
    assert asked(service).done
    assert re.fullmatch(r"Slow since \d\d:\d\d: no answer for \d s", said[0])
    assert re.fullmatch(r"Slow since \d\d:\d\d: answers take \d s", said[-1])
    assert service.connection.state == "slow"
    assert asked(service).done
    assert said[-1] == "Online"


def test_a_file_that_comes_slowly_is_no_answer_that_is_waited_for(
    service: ArchiveService, archive_server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.archive.connection.status.SLOW_S", 0.4)
    states: list[str] = []
    service.connectionChanged.connect(lambda connection: states.append(connection.state))
    archive_server.faults.add("slow", 1.5, path="*.swc")
    assert asked(service, lambda client: client.download(1, mode="standard")).done
    assert states == ["online"]


def test_offline_asks_nothing_and_online_again_is_as_at_the_beginning(
    service: ArchiveService, archive_server: Server
) -> None:
    service.set_offline(True)
    expected = f"Offline since 14:02: you chose to ask nothing of the network{LIBRARY}"
    until(lambda: told(service) == ("offline", expected))
    (failure,) = asked(service).failed
    assert (failure.is_outage, archive_server.requests) == (True, [])
    assert failure.message == (
        "You work offline, so NeuroMorpho.Org was not asked; go online to ask it."
    )
    service.set_offline(False)
    assert service.connection.sentence == "Not asked yet"
    assert asked(service).done


def test_going_offline_ends_a_request_that_waits(
    service: ArchiveService, archive_server: Server
) -> None:
    archive_server.faults.add("stall")
    answers = ask(service)
    until(lambda: archive_server.count() > 0)
    service.set_offline(True)
    until(lambda: len(answers) > 0)
    assert answers.failed[0].message.startswith("You work offline")


def test_going_offline_and_back_at_once_loses_no_answer(
    service: ArchiveService, archive_server: Server
) -> None:
    archive_server.faults.add("delay", "0.2", times=1)
    answers = ask(service)
    until(lambda: archive_server.count() > 0)
    service.set_offline(True)
    service.set_offline(False)
    until(lambda: not service.is_busy())
    assert len(answers) == 1


def test_what_the_cache_holds_is_answered_offline_too(
    service: ArchiveService, archive_server: Server
) -> None:
    counts = asked(service, lambda client: client.partition("species").counts).done
    service.set_offline(True)
    archive_server.reset()
    assert asked(service, lambda client: client.partition("species").counts).done == counts
    assert archive_server.requests == []


def test_the_mirror_is_asked_from_then_on_and_the_server_after_it(
    make_service: MakeService, archive_server: Server
) -> None:
    with Server() as mirror:
        service = make_service(mirror=mirror.url)
        assert asked(service).done
        assert mirror.requests == []
        service.use_mirror()
        assert service.connection.state == "unknown"
        archive_server.reset()
        assert asked(service).done
        assert (archive_server.count(), mirror.count()) == (0, 1)
        host = mirror.url.removeprefix("http://")
        assert service.connection.sentence == f"Online by its mirror ({host})"
        service.use_mirror(False)
        assert asked(service).done
        assert service.connection.sentence == "Online"
        assert (archive_server.count(), mirror.count()) == (1, 1)


def test_a_late_answer_of_a_server_that_was_turned_away_from_tells_nothing_of_the_mirror(
    make_service: MakeService, archive_server: Server
) -> None:
    with Server() as mirror:
        service = make_service(mirror=mirror.url)
        archive_server.faults.add("delay", "0.2")
        answers = ask(service)
        until(lambda: archive_server.count() == 1)
        service.use_mirror()
        until(lambda: len(answers.done) == 1)
        settle()
        assert service.connection.state == "unknown"


def test_a_mirror_that_was_allowed_takes_over_by_itself_when_the_server_is_down(
    make_service: MakeService, archive_server: Server
) -> None:
    with Server() as mirror:
        service = make_service(mirror=mirror.url)
        archive_server.faults.add("unavailable")
        assert asked(service).done
        host = mirror.url.removeprefix("http://")
        assert told(service) == ("online", f"Online by its mirror ({host})")


def test_a_mirror_that_is_down_as_well_is_named(make_service: MakeService) -> None:
    with Server() as mirror:
        mirror.faults.add("unavailable")
        service = make_service(mirror=mirror.url)
        service.use_mirror()
        assert asked(service).failed
        host = mirror.url.removeprefix("http://")
        expected = f"Down since 14:02: its mirror ({host}) answers 503{LIBRARY}"
        assert told(service) == ("down", expected)


def test_nothing_is_told_where_nothing_changed(service: ArchiveService) -> None:
    said: list[Connection] = []
    service.connectionChanged.connect(said.append)
    assert asked(service).done
    assert asked(service).done
    settle()
    assert [each.state for each in said] == ["online"]
