"""`Transport`: all requests of a client, with pace, retries, limits, redirects and the mirror.

A session that the caller brings needs `.get(url, **kwargs)` only.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from copy import copy
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol, Self, TypeVar

from neuromorpho.errors import (
    NeuroMorphoAnswerError,
    NeuroMorphoDownError,
    NeuroMorphoHTTPError,
)
from neuromorpho.http.attempt import (
    MAX_JSON_BYTES,
    Attempt,
    TransportState,
    closing_response,
    content_length,
    read_json,
)
from neuromorpho.http.cancel import LinkedEvent
from neuromorpho.http.deadline import RequestDeadline
from neuromorpho.http.failures import DEFAULT_TIMEOUT, RetryableError, backoff
from neuromorpho.http.rate_limiter import SHARED_LIMITER, RateLimiter, pause
from neuromorpho.records.decode import raise_for_error_body
from neuromorpho.urls import NEUROMORPHO, Site

_JSON_CHUNK_BYTES = 64 * 1024
_ONE_CHUNK_BYTES = 1024**2  # a response announced to be shorter is read in one piece
_LONGEST_S = 300.0  # for a response; each further kilobyte adds a tenth of a second
Result = TypeVar("Result")


@dataclass(frozen=True)
class Response:
    """Parsed JSON, and the address that it came from."""

    data: Any
    url: str


@dataclass
class ResponseBody:
    """A response while it is read.

    Attributes
    ----------
    url
        Its address, after redirects.
    length
        The announced number of bytes; None if not announced, or if they are compressed.
    chunks
        Its bytes, limited in number and time.
    """

    url: str
    length: int | None
    chunks: Iterator[bytes]


class RequestListener(Protocol):
    """Is called for every request, in the thread that makes it."""

    def request_started(self, url: str) -> None:
        """The first attempt begins."""

    def request_ended(self, url: str, seconds: float, error: Exception | None) -> None:
        """The request ended: its last attempt took `seconds` without waiting; no error for success."""


class Transport:
    """All requests of one client.

    Parameters
    ----------
    session, timeout, retries, backoff_base
        As for `client.NeuroMorphoClient`.
    site, mirror
        The server, and the one to use once that is down; None for no mirror.
    limiter
        The pace; None for the process's, or for no limit with a session of the caller's.
    cancel
        Ends waiting and reading when set; with a session of its own, also a blocked read.
    sleep
        Waits some seconds between two attempts, if there is no `cancel`; for tests.

    Attributes
    ----------
    state
        What it shares with its copies: the session, the site in use, and the number of requests.
    """

    def __init__(
        self,
        session: Any = None,
        *,
        site: Site = NEUROMORPHO,
        mirror: Site | None = None,
        timeout: float = DEFAULT_TIMEOUT,
        retries: int = 3,
        backoff_base: float = 0.5,
        limiter: RateLimiter | None = None,
        cancel: threading.Event | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        is_own = session is None
        if is_own:
            from neuromorpho.http.session import make_session  # requests takes long to import

            session = make_session()
        if limiter is None:
            limiter = SHARED_LIMITER if is_own else RateLimiter(None)
        self.state = TransportState(session, is_own, timeout, limiter, site, site)
        self.cancel = cancel
        self._mirror, self._retries, self._backoff_base = mirror, retries, backoff_base
        self._sleep = sleep
        self._before_parse: Callable[[], object] | None = None
        self.listener: RequestListener | None = None

    def with_cancel(self, cancel: threading.Event) -> Self:
        """Return a transport that shares everything with this one, and also ends when `cancel` is set."""
        other = copy(self)
        other.cancel = LinkedEvent(self.cancel, cancel)
        return other

    def before_parse(self, callback: Callable[[], object]) -> Self:
        """Return a transport that shares everything with this one, and calls `callback` before it parses."""
        other = copy(self)
        other._before_parse = callback
        return other

    def close(self) -> None:
        """Close the session, if it is this transport's own."""
        if self.state.is_own_session:
            self.state.session.close()

    # ------------------------------------------------------------------------------- requests

    def json(
        self, url: str, params: Mapping[str, Any] | None = None, *, max_bytes: int = MAX_JSON_BYTES
    ) -> Response:
        """Return the JSON at an address.

        Raises
        ------
        NeuroMorphoNotFoundError, NeuroMorphoDownError, NeuroMorphoHTTPError
            The server refuses, or is down.
        NeuroMorphoAnswerError
            The response is no JSON, or longer than `max_bytes`.
        """

        def read(attempt: Attempt, response: Any, source: str) -> Callable[[], Response]:
            length = min(content_length(response) or 0, _ONE_CHUNK_BYTES)
            chunks = attempt.chunks(response, source, max_bytes, max(length, _JSON_CHUNK_BYTES))
            return partial(self._parsed_response, read_json(response, source, chunks), source)

        return self._request(url, params, False, read)

    def read(
        self, url: str, consume: Callable[[ResponseBody], Result], *, max_bytes: int
    ) -> Result:
        """Return what `consume` makes of the bytes at an address, from the first byte at each attempt.

        `consume` raises `RetryableError` if another attempt may succeed.
        """

        def read(attempt: Attempt, response: Any, source: str) -> Callable[[], Result]:
            chunks = attempt.chunks(response, source, max_bytes)
            result = consume(ResponseBody(source, content_length(response), chunks))
            return lambda: result

        return self._request(url, None, True, read)

    def length_of(self, url: str) -> int | None:
        """Return the number of bytes at an address, without reading them; None if not announced."""
        return self._request(
            url, None, True, lambda _, response, __: partial(content_length, response)
        )

    # --------------------------------------------------------------------------------- inside

    def _parsed_response(self, parse: Callable[[], Any], url: str) -> Response:
        """Return a complete response, parsed after the `before_parse` callback."""
        if self._before_parse is not None:
            self._before_parse()
            pause(0.0, self.cancel)
        data = parse()
        try:
            raise_for_error_body(data, url)
        except NeuroMorphoDownError as error:
            raise RetryableError(error) from None
        return Response(data, url)

    def _request(
        self,
        url: str,
        params: Mapping[str, Any] | None,
        is_file: bool,
        read: Callable[[Attempt, Any, str], Callable[[], Result]],
    ) -> Result:
        """Return what `read` makes of a response, in as many attempts as necessary."""

        def attempt(address: str, deadline: RequestDeadline) -> Callable[[], Result]:
            current = Attempt(self.state, deadline, is_file=is_file)
            response, source = current.send(address, params)
            with closing_response(response):
                current.check_status(response, source)
                return read(current, response, source)

        return self._with_mirror(url, partial(self._with_retries, attempt))

    def _with_mirror(self, url: str, request: Callable[[str], Result]) -> Result:
        """Request from the server in use; once it is down and its mirror answers, from the mirror."""
        mirror_url = self._mirror_url(url)
        if self._mirror is None or mirror_url is None:
            return request(url)
        if self.state.uses_mirror:
            return request(mirror_url)
        try:
            return request(url)
        except NeuroMorphoDownError as error:
            first_error = error
        try:
            result = request(mirror_url)
        except NeuroMorphoDownError as error:
            raise _both_down_error(first_error, error) from error
        except (NeuroMorphoHTTPError, NeuroMorphoAnswerError):  # the mirror is up
            self.state.use_site(self._mirror, is_mirror=True)
            raise
        self.state.use_site(self._mirror, is_mirror=True)
        return result

    def _mirror_url(self, url: str) -> str | None:
        """Return the address at the mirror; None if there is no mirror, or it is not of the server."""
        root = self.state.first_site.root
        if self._mirror is None or not url.startswith(f"{root}/"):
            return None
        return f"{self._mirror.root}{url.removeprefix(root)}"

    def _with_retries(
        self, attempt: Callable[[str, RequestDeadline], Callable[[], Result]], url: str
    ) -> Result:
        longest_s = max(10.0 * self.state.timeout, _LONGEST_S)
        has_sockets = self.state.is_own_session
        last: list[RequestDeadline] = []
        with self._notify_listener(url, last):
            for number in range(self._retries):
                deadline = RequestDeadline(self.cancel, longest_s, has_sockets=has_sockets)
                last[:] = [deadline]
                try:
                    with deadline:
                        result = attempt(url, deadline)
                    return result()  # the connection is free during this
                except RetryableError as failure:
                    if number + 1 == self._retries:
                        raise failure.error from failure.__cause__
                    seconds = max(failure.after_s or 0.0, backoff(number, self._backoff_base))
                    pause(seconds, self.cancel, self._sleep)
        raise AssertionError("unreachable")

    @contextmanager
    def _notify_listener(self, url: str, last: list[RequestDeadline]) -> Iterator[None]:
        """Call the listener when a request begins and when it ends."""
        if self.listener is None:
            yield
            return
        error: Exception | None = None
        self.listener.request_started(url)
        try:
            yield
        except Exception as failure:  # passed on to the listener and raised again
            error = failure
            raise
        finally:
            self.listener.request_ended(url, last[0].seconds if last else 0.0, error)


def _both_down_error(
    first: NeuroMorphoDownError, second: NeuroMorphoDownError
) -> NeuroMorphoDownError:
    """Return the error if the mirror is down as well; if neither answers, it may be the network."""
    is_silent = not first.status and not second.status
    advice = "check the network connection; meanwhile " if is_silent else ""
    error = NeuroMorphoDownError(
        f"NeuroMorpho.Org is down, and so is its mirror; {advice}the library works offline.",
        code="no-answer" if is_silent else "server-down",
        hint="work-offline",
        status=first.status,
        url=first.url,
    )
    error.add_note(f"Its mirror: {second.facts}")
    return error
