"""Between us and the network: tries, caps, redirects, the mirror, certificates, and a cancel at any moment."""

from __future__ import annotations

import gc
import http.server
import json
import shutil
import socket
import ssl
import subprocess
import threading
import time
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import requests
import urllib3

from neuromorpho.errors import (
    NeuroMorphoAnswerError,
    NeuroMorphoCancelled,
    NeuroMorphoDownError,
    NeuroMorphoError,
    NeuroMorphoHTTPError,
    NeuroMorphoNotFoundError,
    NeuroMorphoRedirectError,
    NeuroMorphoTooLargeError,
)
from neuromorpho.http import session, transport
from neuromorpho.http.rate_limiter import RateLimiter
from neuromorpho.http.transport import Transport
from neuromorpho.records import parsing
from neuromorpho.urls import MIRROR, Site
from tests.neuromorpho.server import Server, Switches
from tests.support.archive_transport import transport_of

CELL = "/api/neuron/id/1"


def request_cell(server: Server, **options: Any) -> Any:
    """Return the record of cell 1 from the server, by a new transport."""
    with closing(transport_of(server, **options)) as through:
        return through.json(f"{server.url}{CELL}").data


@contextmanager
def closing(through: Transport) -> Iterator[Transport]:
    try:
        yield through
    finally:
        through.close()


@contextmanager
def cancelled_after(seconds: float) -> Iterator[threading.Event]:
    """Yield an event that is set in a moment, and check that the block ends soon after."""
    cancel = threading.Event()
    timer = threading.Timer(seconds, cancel.set)
    started = time.monotonic()
    timer.start()
    try:
        with pytest.raises(NeuroMorphoCancelled):
            yield cancel
    finally:
        timer.cancel()
        timer.join()
    assert seconds <= time.monotonic() - started < seconds + 5  # far below what is waited for


def gone(port: int) -> str:
    return f"http://127.0.0.1:{port}"


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


# ---------------------------------------------------------------------------------- tries and ends


def test_an_answer_has_its_data_and_the_address_it_came_from(server: Server) -> None:
    with closing(transport_of(server)) as through:
        found = through.json(f"{server.url}/api/neuron/select/", {"q": "species:mouse", "size": 2})
        assert through.state.requests_made == 1
    assert found.url.startswith(f"{server.url}/api/neuron/select/?q=species%3Amouse")
    assert found.data["page"]["size"] == 2


@pytest.mark.parametrize(
    "fault",
    [
        "unavailable",
        "drop",
        "reset",
        "short",
        "truncated",
        "empty",
        "notice",
        "error_inside",
        "failing",
        "too_many",
    ],
)
def test_two_faults_and_an_answer_are_three_requests(server: Server, fault: str) -> None:
    slept: list[float] = []
    server.faults.add(fault, times=2)
    with closing(transport_of(server, sleep=slept.append)) as through:
        assert through.json(f"{server.url}{CELL}").data["neuron_id"] == 1
        assert through.state.requests_made == 3
    assert server.count() == 3
    assert len(slept) == 2


DOWN, WRONG = NeuroMorphoDownError, NeuroMorphoAnswerError


@pytest.mark.parametrize(
    ("fault", "value", "kind", "status", "code", "keyword"),
    [
        ("unavailable", "", DOWN, 503, "server-down", "mirror"),
        ("failing", "502", DOWN, 502, "server-down", "mirror"),
        ("drop", "", DOWN, 0, "no-answer", "network"),
        ("notice", "", DOWN, 200, "server-down", "Service Interruption Notice"),
        ("error_inside", "500", DOWN, 500, "server-down", "Could not open connection"),
        ("reset", "", WRONG, None, "cut-short", "short"),
        ("short", "", WRONG, None, "cut-short", "short"),
        ("truncated", "", WRONG, None, "invalid-response", "JSON"),
        ("empty", "", WRONG, None, "invalid-response", "empty"),
        ("empty", "<html><title>Welcome</title>", WRONG, None, "web-page", "Welcome"),
        ("empty", "[" * 100_000, WRONG, None, "invalid-response", "JSON"),
        ("empty", "\x00", WRONG, None, "invalid-response", "JSON"),
    ],
)
def test_a_fault_that_lasts_has_its_type_code_address_and_message(
    server: Server,
    fault: str,
    value: str,
    kind: type[NeuroMorphoError],
    status: Any,
    code: str,
    keyword: str,
) -> None:
    server.faults.add(fault, value)
    with pytest.raises(kind) as caught:
        request_cell(server)
    assert type(caught.value) is kind
    assert caught.value.url == f"{server.url}{CELL}"
    assert caught.value.code == code
    assert keyword in str(caught.value)
    assert caught.value.url not in str(caught.value), "it is folded"
    assert caught.value.url in caught.value.facts
    assert getattr(caught.value, "status", None) == status
    assert server.count() == 3


def test_nothing_that_listens_is_an_outage() -> None:
    site = Site(gone(free_port()))
    through = Transport(site=site, retries=2, backoff_base=0.0, limiter=RateLimiter(None))
    with closing(through), pytest.raises(NeuroMorphoDownError, match="refused") as caught:
        through.json(f"{site.api}/health")
    assert caught.value.status == 0
    assert "object at 0x" not in str(caught.value)


@pytest.mark.parametrize(("fault", "value"), [("failing", "400"), ("error_inside", "403")])
def test_a_refusal_is_requested_once(server: Server, fault: str, value: str) -> None:
    server.faults.add(fault, value)
    with pytest.raises(NeuroMorphoHTTPError) as caught:
        request_cell(server)
    assert caught.value.status == int(value)
    assert server.count() == 1


def test_a_missing_cell_is_requested_once(server: Server) -> None:
    with closing(transport_of(server)) as through, pytest.raises(NeuroMorphoNotFoundError):
        through.json(f"{server.url}/api/neuron/id/999999999")
    assert server.count() == 1


def test_a_wait_that_the_server_requests_is_obeyed(server: Server) -> None:
    slept: list[float] = []
    server.faults.add("too_many", "9", times=1)
    server.faults.add("unavailable", "11", times=1, after=1)
    server.faults.add("too_many", "date:60", times=1, after=2)
    request_cell(server, sleep=slept.append, retries=4)
    assert slept[:2] == [9.0, 11.0]
    assert 55.0 < slept[2] <= 60.0


def test_a_wait_that_is_too_long_is_an_outage(server: Server) -> None:
    server.faults.add("too_many", "3600")
    with pytest.raises(NeuroMorphoDownError, match="3600 s"):
        request_cell(server)
    assert server.count() == 1


# ------------------------------------------------------------------------------------------- caps


def test_a_body_without_end_is_read_to_its_cap_only(server: Server) -> None:
    server.faults.add("endless")
    with (
        closing(transport_of(server)) as through,
        pytest.raises(NeuroMorphoTooLargeError) as caught,
    ):
        through.json(f"{server.url}{CELL}", max_bytes=1_000_000)
    assert "more than 1 MB" in str(caught.value)
    assert server.count() == 1


@pytest.fixture
def late_after(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Let an answer be late after so many seconds, where it is after five minutes."""
    real = transport.RequestDeadline

    def late(seconds: float) -> None:
        monkeypatch.setattr(
            transport,
            "RequestDeadline",
            lambda cancel, _, **options: real(cancel, seconds, **options),
        )

    return late


@pytest.mark.parametrize(("fault", "value"), [("endless", "0.1"), ("slow", "30"), ("delay", "30")])
def test_an_endless_response_is_ended_at_the_deadline(
    server: Server, fault: str, value: str, late_after: Callable[[float], None]
) -> None:
    late_after(0.5)
    server.faults.add(fault, value)
    started = time.monotonic()
    with pytest.raises(NeuroMorphoTooLargeError, match="without end"):
        request_cell(server)
    assert time.monotonic() - started < 2.0
    assert server.count() == 1


@pytest.mark.slow
def test_a_long_response_may_last_while_bytes_arrive(
    server: Server, late_after: Callable[[float], None]
) -> None:
    late_after(1.5)
    for each in server.holdings.ids:  # what is made once is made before
        server.holdings.encoded(each)
    server.faults.add("slow", "2")
    with closing(transport_of(server)) as through:
        found = through.json(f"{server.url}/api/neuron/select/", {"q": "*:*", "size": 120})
    assert found.data["page"]["size"] == 120
    assert server.count() == 1


def test_a_bomb_is_refused_with_little_memory(server: Server) -> None:
    server.faults.add("bomb", "200")
    with closing(transport_of(server)) as through:
        with pytest.raises(NeuroMorphoTooLargeError):  # what is made once is made before
            through.json(f"{server.url}{CELL}", max_bytes=1_000_000)
        tracemalloc.start()
        try:
            with pytest.raises(NeuroMorphoTooLargeError):
                through.json(f"{server.url}{CELL}", max_bytes=4_000_000)
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
    assert peak < 12_000_000


def test_json_with_more_values_than_any_page_is_not_parsed(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parsing, "MAX_JSON_VALUES", 10)
    with pytest.raises(NeuroMorphoTooLargeError, match="more than 10 values") as caught:
        request_cell(server)
    assert caught.value.code == "too-large"
    assert server.count() == 1


def test_silence_is_a_timeout_and_worth_another_try(server: Server) -> None:
    server.faults.add("stall", times=1)
    server.faults.add("delay", "30", times=1, after=1)
    started = time.monotonic()
    assert request_cell(server, timeout=0.2)["neuron_id"] == 1
    assert server.count() == 3
    assert time.monotonic() - started < 2.0


def test_silence_to_the_end_is_an_outage(server: Server) -> None:
    server.faults.add("delay", "30")
    with pytest.raises(NeuroMorphoDownError, match="timed out"):
        request_cell(server, timeout=0.15, retries=2)
    assert server.count() == 2


def test_a_slow_answer_is_an_answer(server: Server) -> None:
    server.faults.add("slow", "0.5")
    assert request_cell(server, timeout=0.3)["neuron_id"] == 1
    assert server.count() == 1


# -------------------------------------------------------------------------------------- redirects


def test_a_redirect_on_the_same_server_is_followed(server: Server) -> None:
    server.faults.add("redirect", "here")
    with closing(transport_of(server)) as through:
        found = through.json(f"{server.url}/api/neuron/select/", {"q": "*:*", "size": 3})
        assert through.state.requests_made == 2
    assert found.data["page"]["size"] == 3
    assert found.url.startswith(f"{server.url}/moved/api/neuron/select/")


@pytest.mark.parametrize(
    "where",
    [
        *["foreign", "http", "official", "loop", "https://127.0.0.1.example.org/"],
        *["//example.org/", "http://[bad", "ftp://127.0.0.1/", "javascript:alert(1)"],
        *["http://u@127.0.0.1:1/", "\\\\evil"],
    ],
)
def test_a_redirect_elsewhere_is_not_followed(server: Server, where: str) -> None:
    server.faults.add("redirect", where)
    with closing(transport_of(server)) as through:
        hosts: list[str] = []
        through.state.session.hooks["response"] = lambda got, **_: hosts.append(got.url)
        with pytest.raises(NeuroMorphoError) as caught:
            through.json(f"{server.url}{CELL}")
    assert all(each.startswith(f"{server.url}/") for each in hosts)
    assert len(hosts) == server.count() <= 6
    assert caught.value.url.startswith(server.url)
    kind = NeuroMorphoAnswerError if where == "http://[bad" else NeuroMorphoRedirectError
    assert type(caught.value) is kind


def test_a_redirect_to_another_server_of_this_machine_is_not_followed(server: Server) -> None:
    with Server(n_made=3) as another:
        server.faults.add("redirect", f"{another.url}{{target}}")
        with pytest.raises(NeuroMorphoRedirectError, match=r"127\.0\.0\.1:\d+, which is not"):
            request_cell(server)
        assert another.count() == 0


def test_where_a_callers_own_session_was_led_is_looked_at(server: Server) -> None:
    with Server(n_made=3) as another, requests.Session() as session:
        session.headers["User-Agent"] = "mine"
        server.faults.add("redirect", f"{another.url}{{target}}")
        with pytest.raises(NeuroMorphoRedirectError):
            request_cell(server, session=session)


# -------------------------------------------------------------------------------------- who we are


def test_the_user_agent_has_our_name_and_contact(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOMASCOPE_CONTACT", "ada@example.org\r\nX-Evil: 1 é")
    request_cell(server)
    headers = server.requests[0].headers
    assert headers["user-agent"].startswith("Somascope/")
    assert "contact: ada@example.org" in headers["user-agent"]
    assert "x-evil" not in headers
    monkeypatch.delenv("SOMASCOPE_CONTACT")
    assert "contact: https://" in session.user_agent()


def test_without_a_name_the_server_refuses(server: Server) -> None:
    server.switches = Switches(agent="refused")
    with requests.Session() as session:
        session.headers["User-Agent"] = urllib3.util.SKIP_HEADER
        with pytest.raises(NeuroMorphoHTTPError, match="SOMASCOPE_CONTACT") as caught:
            request_cell(server, session=session)
    assert caught.value.status == 403


# ------------------------------------------------------------------------------------- the mirror


def test_the_mirror_is_used_from_the_first_outage_on(server: Server) -> None:
    with Server(n_made=5) as mirror:
        server.faults.add("unavailable")
        with closing(transport_of(server, mirror=Site(mirror.url))) as through:
            assert through.json(f"{server.url}{CELL}").url == f"{mirror.url}{CELL}"
            assert (through.state.uses_mirror, through.state.site) == (True, Site(mirror.url))
            assert (server.count(), mirror.count()) == (3, 1)
            server.faults.clear()
            through.json(f"{server.url}{CELL}")  # an address that was made before
            through.json(f"{through.state.site.api}/neuron/id/2")
            assert (server.count(), mirror.count()) == (3, 3)


def test_a_mirror_that_is_not_given_is_not_used(server: Server) -> None:
    server.faults.add("unavailable")
    with closing(transport_of(server)) as through:
        with pytest.raises(NeuroMorphoDownError):
            through.json(f"{server.url}{CELL}")
        assert not through.state.uses_mirror
        assert through.state.site == Site(server.url) != MIRROR


def test_a_mirror_is_not_used_for_what_the_server_does_not_have(server: Server) -> None:
    with (
        Server(n_made=5) as mirror,
        closing(transport_of(server, mirror=Site(mirror.url))) as through,
    ):
        with pytest.raises(NeuroMorphoNotFoundError):
            through.json(f"{server.url}/api/neuron/id/999999999")
        assert mirror.count() == 0


def test_a_mirror_that_is_down_as_well_is_not_stayed_with(server: Server) -> None:
    with Server(n_made=5) as mirror:
        fault = server.faults.add("unavailable")
        mirror.faults.add("failing", "502")
        with closing(transport_of(server, mirror=Site(mirror.url))) as through:
            with pytest.raises(NeuroMorphoDownError, match="mirror") as caught:
                through.json(f"{server.url}{CELL}")
            assert (caught.value.status, caught.value.url) == (503, f"{server.url}{CELL}")
            assert any("502" in note for note in caught.value.__notes__)
            assert not through.state.uses_mirror
            fault.times = 0
            assert through.json(f"{server.url}{CELL}").url.startswith(server.url)


def test_where_neither_answers_it_may_be_the_network() -> None:
    here, there = gone(free_port()), gone(free_port())
    through = Transport(
        site=Site(here),
        mirror=Site(there),
        retries=1,
        limiter=RateLimiter(None),
        backoff_base=0.001,
    )
    with closing(through), pytest.raises(NeuroMorphoDownError, match="network") as caught:
        through.json(f"{here}{CELL}")
    assert caught.value.hint == "work-offline"
    assert any(there in note for note in caught.value.__notes__)


def test_a_mirror_without_the_record_is_still_up(server: Server) -> None:
    with Server(n_made=2) as mirror:
        server.faults.add("unavailable")
        with closing(transport_of(server, mirror=Site(mirror.url))) as through:
            with pytest.raises(NeuroMorphoNotFoundError):
                through.json(f"{server.url}/api/neuron/id/100")
            assert through.state.uses_mirror


def test_only_addresses_of_the_server_itself_move_to_the_mirror(server: Server) -> None:
    with (
        Server(n_made=2) as mirror,
        closing(transport_of(server, mirror=Site(mirror.url))) as through,
    ):
        assert through._mirror_url(f"{server.url}/api") == f"{mirror.url}/api"
        assert through._mirror_url(f"{server.url}.example.org/api") is None


# --------------------------------------------------------------------------------------- a cancel


def test_a_cancel_ends_the_wait_for_the_pace(server: Server) -> None:
    with (
        cancelled_after(0.1) as cancel,
        closing(transport_of(server, cancel=cancel, limiter=RateLimiter(0.01))) as through,
    ):
        through.json(f"{server.url}{CELL}")
        through.json(f"{server.url}{CELL}")
    assert server.count() == 1


def test_a_cancel_ends_the_wait_between_two_tries(server: Server) -> None:
    server.faults.add("too_many", "60")
    with cancelled_after(0.15) as cancel:
        request_cell(server, cancel=cancel)
    assert server.count() == 1


@pytest.mark.parametrize(
    ("fault", "value"), [("delay", "30"), ("stall", "30"), ("slow", "60"), ("endless", "0.2")]
)
def test_a_cancel_ends_a_read_that_waits(server: Server, fault: str, value: str) -> None:
    server.faults.add(fault, value)
    with cancelled_after(0.2) as cancel:
        request_cell(server, cancel=cancel, timeout=20.0)
    assert server.count() == 1


def test_a_cancel_of_one_leaves_another_with_the_same_session_alone(server: Server) -> None:
    server.faults.add("delay", "0.5")
    found: list[Any] = []
    with closing(transport_of(server)) as through:
        other = threading.Thread(
            target=lambda: found.append(through.json(f"{server.url}{CELL}").data)
        )
        other.start()
        with cancelled_after(0.1) as cancel:
            through.with_cancel(cancel).json(f"{server.url}{CELL}")
        other.join()
        assert found[0]["neuron_id"] == 1
        assert through.state.requests_made == 2
        server.faults.clear()
        assert through.json(f"{server.url}{CELL}").data["neuron_id"] == 1


def test_a_deadline_does_not_end_a_connection_of_another_deadline() -> None:
    from neuromorpho.http.deadline import RequestDeadline, register_connection

    class Connection:
        deadline: RequestDeadline | None = None

    ours, theirs = socket.socketpair()
    with ours, theirs:
        connection = Connection()
        connection.sock = ours  # type: ignore[attr-defined]
        cancel = threading.Event()
        with RequestDeadline(cancel, 60.0):
            register_connection(connection)
            connection.deadline = RequestDeadline(None, 60.0)
            cancel.set()
            time.sleep(0.15)
            theirs.sendall(b"still open")
            assert ours.recv(20) == b"still open"


def test_a_cancelled_transport_makes_no_request(server: Server) -> None:
    cancel = threading.Event()
    cancel.set()
    with pytest.raises(NeuroMorphoCancelled):
        request_cell(server, cancel=cancel)
    assert server.count() == 0


# ------------------------------------------------------------------------------- a caller's session


class Given:
    """A response without headers, that can be read as JSON only."""

    def __init__(self, data: Any, status: int = 200) -> None:
        self.data, self.status_code, self.url = data, status, "https://neuromorpho.org/x"

    def json(self) -> Any:
        if isinstance(self.data, Exception):
            raise self.data
        return self.data

    def iter_content(self, chunk_size: int) -> Iterator[bytes]:
        yield json.dumps(self.data).encode()


class Bare:
    """Has `get` and nothing else."""

    def __init__(self, *turns: Any) -> None:
        self.turns, self.requests = list(turns), list[tuple[str, dict[str, Any]]]()

    def get(self, url: str, **kwargs: Any) -> Any:
        self.requests.append((url, kwargs))
        return self.turns.pop(0)


def test_a_session_of_the_callers_needs_get_only() -> None:
    session = Bare(Given({"neuron_id": 1}), Given([1, 2]))
    through = Transport(session, timeout=12.0)
    assert through.json("https://neuromorpho.org/a", {"q": "x"}).data == {"neuron_id": 1}
    read = through.read(
        "https://neuromorpho.org/b", lambda body: (body.length, b"".join(body.chunks)), max_bytes=99
    )
    assert read == (None, b"[1, 2]")
    assert session.requests == [
        ("https://neuromorpho.org/a", {"timeout": 12.0, "params": {"q": "x"}}),
        ("https://neuromorpho.org/b", {"timeout": 60.0, "stream": True}),
    ]
    through.close()


def test_a_given_session_is_tried_again_by_the_same_rules() -> None:
    session = Bare(Given({}, 503), Given(ValueError("no JSON")), Given({"neuron_id": 1}))
    assert Transport(session, backoff_base=0.0).json("https://neuromorpho.org/a").data
    assert len(session.requests) == 3


# ---------------------------------------------------------------------------------- tidiness, safety


@pytest.mark.parametrize(
    "fault", ["", "unavailable", "reset", "notice", "truncated", "endless", "redirect", "bomb"]
)
def test_no_connection_is_left_open(server: Server, fault: str) -> None:
    if fault:
        server.faults.add(fault, "loop" if fault == "redirect" else "")
    through = transport_of(server)
    read: Callable[[], Any] = lambda: through.json(f"{server.url}{CELL}", max_bytes=100_000)  # noqa: E731
    if fault:
        with pytest.raises(NeuroMorphoError):
            read()
    else:
        read()
    through.close()
    gc.collect()  # what is closed by chance only warns here, which is an error
    assert server._http is not None
    deadline = time.monotonic() + 2.0
    while server._http._open and time.monotonic() < deadline:
        time.sleep(0.005)
    assert not server._http._open


def test_a_connection_is_used_again(server: Server) -> None:
    with closing(transport_of(server)) as through:
        for _ in range(3):
            through.json(f"{server.url}{CELL}")
        assert server._http is not None
        assert len(server._http._open) == 1


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A self-signed certificate for 127.0.0.1 and its key."""
    if shutil.which("openssl") is None:
        pytest.skip("openssl, which makes the certificate, is not on this machine")
    folder = tmp_path_factory.mktemp("tls")
    made, key = folder / "cert.pem", folder / "key.pem"
    command = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2"
    options = [*command.split(), "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"]
    subprocess.run(
        [*options, "-keyout", str(key), "-out", str(made)], check=True, capture_output=True
    )
    return made, key


@pytest.fixture
def encrypted(certificate: tuple[Path, Path]) -> Iterator[str]:
    """The address of a server with that certificate; /stall never ends, /plain leads to plain http there."""
    stopping = threading.Event()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            is_led = self.path.endswith("/plain")
            self.send_response(302 if is_led else 200)
            if is_led:
                self.send_header("Location", f"http://{self.headers['Host']}{CELL}")
            self.send_header("Content-Length", "20")
            self.end_headers()
            self.wfile.write(b'{"neuron_id"')
            self.wfile.flush()
            if self.path.endswith("/stall"):
                stopping.wait(30.0)
            self.wfile.write(b": 1}    ")

        def log_message(self, format: str, *args: Any) -> None:
            """Say nothing."""

    class Quiet(http.server.ThreadingHTTPServer):
        daemon_threads = False

        def handle_error(self, request: Any, client_address: Any) -> None:
            """A client that does not trust us goes away, as it should."""

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate)
    serving = Quiet(("127.0.0.1", 0), Handler)
    serving.socket = context.wrap_socket(serving.socket, server_side=True)
    thread = threading.Thread(target=serving.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield f"https://127.0.0.1:{serving.server_address[1]}"
    stopping.set()
    serving.shutdown()
    serving.server_close()
    thread.join()


@contextmanager
def encrypted_transport(root: str, **options: Any) -> Iterator[Transport]:
    through = Transport(site=Site(root), limiter=RateLimiter(None), backoff_base=0.001, **options)
    with closing(through):
        yield through


def test_a_certificate_that_nobody_vouches_for_is_refused_at_once(
    encrypted: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):  # with one, requests verifies by itself
        monkeypatch.delenv(name, raising=False)
    with encrypted_transport(encrypted) as through:
        with pytest.raises(NeuroMorphoHTTPError, match="certificate") as caught:
            through.json(f"{encrypted}/api/neuron/id/1")
        assert through.state.requests_made == 1
    assert not isinstance(caught.value, NeuroMorphoDownError)
    assert caught.value.status == 0


def test_nothing_leads_from_https_to_plain_http(
    encrypted: str, certificate: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate[0]))
    with encrypted_transport(encrypted) as through:
        with pytest.raises(NeuroMorphoRedirectError, match="not encrypted"):
            through.json(f"{encrypted}/plain")
        assert through.state.requests_made == 1


def test_one_that_is_trusted_is_read_and_a_cancel_ends_that_read_too(
    encrypted: str, certificate: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate[0]))
    with encrypted_transport(encrypted) as through:
        assert through.json(f"{encrypted}/api/neuron/id/1").data == {"neuron_id": 1}
        with cancelled_after(0.2) as cancel:
            through.with_cancel(cancel).json(f"{encrypted}/stall")
