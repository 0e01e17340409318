"""One request and its retries: how many, how far apart, and which error is raised in the end."""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest
import requests
import urllib3

from neuromorpho.errors import (
    NeuroMorphoAnswerError,
    NeuroMorphoDownError,
    NeuroMorphoError,
    NeuroMorphoHTTPError,
    NeuroMorphoNotFoundError,
)
from neuromorpho.http.failures import (
    MAX_BACKOFF_SECONDS,
    MAX_RETRY_AFTER_SECONDS,
    RetryableError,
    backoff,
    error_of_html,
    error_of_request,
    is_html,
    retry_after,
)
from neuromorpho.http.transport import Transport
from tests.neuromorpho.server import Server

URL = "https://neuromorpho.org/api/neuron/id/1"


class Response:
    """No more than a status and, maybe, headers; its data are the response itself."""

    def __init__(self, status: Any, headers: Mapping[str, str] | None = None) -> None:
        self.status_code = status
        if headers is not None:
            self.headers = headers

    def json(self) -> Any:
        return self


class Session:
    """Gives its responses in turn, and records the requests."""

    def __init__(self, *turns: Any) -> None:
        self.turns, self.requests = list(turns), list[tuple[str, dict[str, Any]]]()

    def get(self, url: str, **kwargs: Any) -> Any:
        self.requests.append((url, kwargs))
        turn = self.turns.pop(0)
        if isinstance(turn, BaseException):
            raise turn
        return turn


def request(session: Session, slept: list[float] | None = None, **options: Any) -> Any:
    sleep = [].append if slept is None else slept.append
    return Transport(session, sleep=sleep, **options).json(URL).data


def test_two_outages_and_an_answer_are_three_requests_and_two_waits() -> None:
    session, slept = Session(Response(503), Response(503), good := Response(200)), list[float]()
    assert request(session, slept) is good
    assert len(session.requests) == 3
    assert 0.5 <= slept[0] <= 1.0
    assert 1.0 <= slept[1] <= 1.5


def test_a_lasting_outage_has_status_address_and_next_step() -> None:
    session, slept = Session(Response(503), Response(503)), list[float]()
    with pytest.raises(NeuroMorphoDownError, match="mirror") as caught:
        request(session, slept, retries=2)
    assert (caught.value.status, caught.value.url) == (503, URL)
    assert (caught.value.code, caught.value.hint) == ("server-down", "use-mirror")
    assert caught.value.facts == f"Address: {URL}\nStatus: 503"
    assert len(slept) == 1


@pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 410])
def test_a_refusal_is_not_tried_again(status: int) -> None:
    session, slept = Session(Response(status)), list[float]()
    with pytest.raises(NeuroMorphoHTTPError) as caught:
        request(session, slept)
    assert caught.value.status == status
    assert isinstance(caught.value, NeuroMorphoNotFoundError) is (status == 404)
    assert not isinstance(caught.value, NeuroMorphoDownError)
    assert (len(session.requests), slept) == (1, [])


@pytest.mark.parametrize("status", [None, 0, "200", 500, 502, 504])
def test_a_response_without_a_status_or_with_a_failure_is_tried_again(status: Any) -> None:
    session = Session(Response(status), good := Response(200))
    assert request(session) is good


@pytest.mark.parametrize(
    "failure",
    [
        requests.ConnectionError("refused"),
        requests.Timeout("late"),
        ConnectionResetError(104, "Connection reset by peer"),
        urllib3.exceptions.ProtocolError("cut"),
    ],
)
def test_what_the_network_raises_is_tried_again_and_then_status_0(failure: Exception) -> None:
    assert request(Session(failure, good := Response(200))) is good
    with pytest.raises(NeuroMorphoDownError) as caught:
        request(Session(failure, failure, failure))
    assert caught.value.code == "no-answer"
    assert (caught.value.status, caught.value.url) == (0, URL)
    assert caught.value.__cause__ is failure


@pytest.mark.parametrize(
    "failure",
    [
        requests.exceptions.MissingSchema("no https"),
        requests.exceptions.InvalidURL("bad"),
        requests.TooManyRedirects("30"),
        requests.HTTPError("no"),
    ],
)
def test_a_permanent_failure_is_not_retried(failure: Exception) -> None:
    session = Session(failure)
    with pytest.raises(NeuroMorphoHTTPError) as caught:
        request(session)
    assert (caught.value.status, caught.value.code) == (0, "invalid-address")
    assert len(session.requests) == 1


def test_a_bug_in_the_callers_session_is_not_an_outage() -> None:
    with pytest.raises(KeyError):
        request(Session(KeyError("no such thing")))


def test_waits_double_up_to_thirty_seconds_with_jitter() -> None:
    for attempt, least in enumerate([0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 30.0, 30.0]):
        found = {backoff(attempt, 0.5) for _ in range(50)}
        assert least <= min(found) <= max(found) <= least + 0.5
        assert len(found) > 1
    assert backoff(5000, 0.0) == 0.0
    assert backoff(1000, 0.5) <= MAX_BACKOFF_SECONDS + 0.5


def test_too_many_requests_are_retried_when_the_server_allows() -> None:
    session, slept = Session(Response(429, {"Retry-After": "7"}), Response(200)), list[float]()
    request(session, slept)
    assert slept == [7.0]


def test_a_retry_after_date_is_obeyed() -> None:
    when = format_datetime(datetime.now(UTC) + timedelta(seconds=40), usegmt=True)
    session, slept = Session(Response(503, {"Retry-After": when}), Response(200)), list[float]()
    request(session, slept)
    assert 37.0 < slept[0] <= 40.0


def test_a_very_long_wait_is_an_outage_and_not_retried() -> None:
    for status in (429, 503):
        session, slept = Session(Response(status, {"Retry-After": "3600"})), list[float]()
        with pytest.raises(NeuroMorphoDownError, match="3600 s") as caught:
            request(session, slept)
        assert caught.value.status == status
        assert (len(session.requests), slept) == (1, [])
    assert MAX_RETRY_AFTER_SECONDS == 120.0


def test_too_many_requests_at_every_attempt_raise_status_429() -> None:
    with pytest.raises(NeuroMorphoHTTPError, match="429") as caught:
        request(Session(*[Response(429)] * 3))
    assert (caught.value.status, caught.value.hint) == (429, "slow-down")
    assert not isinstance(caught.value, NeuroMorphoDownError)


@pytest.mark.parametrize(
    "value", ["", "soon", "-5", "nan", "Thu, 99 Foo 2026", "Thu, 01 Jan 1970 00:00:00 GMT", "\x00"]
)
def test_an_unreadable_retry_after_is_no_wait(value: str) -> None:
    assert not retry_after(Response(503, {"Retry-After": value}))


def test_a_date_without_a_zone_is_utc() -> None:
    value = (datetime.now(UTC) + timedelta(seconds=60)).strftime("%a, %d %b %Y %H:%M:%S")
    assert 50.0 < (retry_after(Response(503, {"Retry-After": value})) or 0.0) <= 60.0


def test_an_injected_session_is_all_that_a_server_needs(server: Server) -> None:
    server.faults.add("unavailable", times=2)
    with requests.Session() as session:
        through = Transport(session, timeout=5.0, sleep=lambda _: None)
        assert through.json(f"{server.url}/api/neuron/id/1").data["neuron_id"] == 1
    assert server.count() == 3


def test_only_a_certificate_error_has_its_code() -> None:
    inner = ssl.SSLCertVerificationError(1, "self-signed certificate")
    pool = urllib3.exceptions.MaxRetryError(None, "/", urllib3.exceptions.SSLError(inner))  # type: ignore[arg-type]
    error = error_of_request(requests.exceptions.SSLError(pool), URL)
    assert isinstance(error, NeuroMorphoHTTPError)
    assert not isinstance(error, NeuroMorphoDownError)
    assert "certificate" in str(error)
    cut = error_of_request(requests.exceptions.SSLError(ssl.SSLEOFError(8, "EOF occurred")), URL)
    assert isinstance(cut, RetryableError)
    assert isinstance(cut.error, NeuroMorphoDownError)


@pytest.mark.parametrize(
    "start",
    [
        b"<!DOCTYPE html><html>",
        b"\xef\xbb\xbf\r\n <HTML lang='en'>",
        b"<!-- a comment --><html>",
        b'<?xml version="1.0"?>\n<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0">',
        b"<body>",
    ],
)
def test_a_web_page_is_recognised_by_its_start(start: bytes) -> None:
    assert is_html(start)


@pytest.mark.parametrize(
    "start",
    [
        b"",
        b"# 1 1 0 0 0 1 -1 <html>",
        b'<?xml version="1.0"?><mbf version="4.0">',
        b'{"html": 1}',
        b"<!-- " + b"-" * 5000,
        b" \n" * 5000,
    ],
)
def test_a_morphology_in_xml_is_no_web_page(start: bytes) -> None:
    assert not is_html(start)


def test_a_notice_is_an_outage_and_another_page_a_wrong_answer() -> None:
    notice = b"<html><title>Service Interruption\n Notice</title>"
    assert isinstance(down := error_of_html(notice, URL, "data"), NeuroMorphoDownError)
    assert "Service Interruption Notice" in str(down)
    other: NeuroMorphoError = error_of_html(b"<html><title>Welcome</title>", URL, "data")
    assert isinstance(other, NeuroMorphoAnswerError)
    assert "Welcome" in str(other)
    assert other.url == URL
