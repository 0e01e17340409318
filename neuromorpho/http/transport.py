"""What stands between the client and the network: pace, tries, caps, redirects, and the mirror.

Nothing is read without end: an answer has a most of bytes, counted after decompression, and a most of
time. Nothing is followed to a host that is not the archive's, nor from https to http. A session that the
caller brings needs `.get(url, **kwargs)` only.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from copy import copy
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Protocol, TypeVar

from neuromorpho.errors import (
    NeuroMorphoAnswerError,
    NeuroMorphoDownError,
    NeuroMorphoHTTPError,
    NeuroMorphoNotFoundError,
    NeuroMorphoRedirectError,
    NeuroMorphoTooLargeError,
    without_parameters,
)
from neuromorpho.http.deadline import RequestDeadline
from neuromorpho.http.failures import html_instead, is_page, network_errors, unreachable
from neuromorpho.http.rate_limiter import SHARED, RateLimiter, pause
from neuromorpho.http.responses import closed, followed, length_of, whole
from neuromorpho.http.retry import DEFAULT_TIMEOUT, RetryableError, check_status, with_retries
from neuromorpho.records.decode import raise_for_error_body
from neuromorpho.urls import NEUROMORPHO, OFFICIAL_HOSTS, Site

MAX_JSON_BYTES = 64 * 1024**2
_CHUNK_BYTES = 16 * 1024
_JSON_CHUNK_BYTES = 64 * 1024
_WHOLE_BYTES = 1024**2  # an answer announced to be shorter is read at once
_MOST_REDIRECTS = 5
_FILE_TIMEOUT_S = 60.0
_CONNECT_TIMEOUT_S = 10.0
_LONGEST_S = 300.0  # for an answer; each further kilobyte gets a tenth of a second more
_SLOWEST_BYTES_PER_S = 10_000.0
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
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
        Where it came from, after redirects.
    length
        The bytes that the server announced, where it did and they are not compressed.
    chunks
        Its bytes, capped in number and time.
    """

    url: str
    length: int | None
    chunks: Iterator[bytes]


class Listener(Protocol):
    """Hears of every question to a server, in the thread that asks it."""

    def submitted(self, url: str) -> None:
        """Somebody asks; the tries begin."""

    def answered(self, url: str, seconds: float, error: Exception | None) -> None:
        """It is over: the last try took `seconds` without its place in the queue; None for success."""


@dataclass
class _Shared:
    """What a transport and its copies share."""

    site: Site
    session: Any
    is_own: bool
    first_site: Site
    requests_made: int = 0
    fell_over: bool = False
    lock: threading.Lock = field(default_factory=threading.Lock)


class Transport:
    """All requests of one client.

    Parameters
    ----------
    session
        Anything with ``.get(url, **kwargs)``; None for a pooled one of its own.
    site, mirror
        The server, and the one to turn to once that is down; None for none.
    timeout
        Seconds until an answer must begin, and between two pieces of it.
    retries
        Tries at most.
    backoff_base
        Seconds of the first wait between two.
    limiter
        The pace; None for the process's, or for none where the session is the caller's.
    cancel
        Ends waiting and reading when set; with a session of its own, a read that waits too.
    sleep
        A wait of some seconds between two tries, where there is no `cancel`; for tests.
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
        own = session is None
        self._shared = _Shared(site, _own_session() if own else session, own, site)
        self._mirror = mirror
        self._timeout, self._retries, self._backoff_base = timeout, retries, backoff_base
        self._limiter = limiter if limiter is not None else SHARED if own else RateLimiter(None)
        self._cancel, self._sleep = cancel, sleep
        self._turn: Callable[[], object] | None = None
        self.listener: Listener | None = None

    @property
    def session(self) -> Any:
        """What the requests are made with."""
        return self._shared.session

    @property
    def site(self) -> Site:
        """The server in use."""
        return self._shared.site

    @property
    def fell_over(self) -> bool:
        """Whether the mirror is in use because the server was down."""
        return self._shared.fell_over

    @property
    def requests_made(self) -> int:
        """How many requests were made, tries and redirects counted."""
        return self._shared.requests_made

    def with_cancel(self, cancel: threading.Event) -> Transport:
        """Return a transport that shares all of this one, and ends when `cancel` is set."""
        other = copy(self)
        other._cancel = cancel
        return other

    def before_parse(self, turn: Callable[[], object]) -> Transport:
        """Return a transport that shares all of this one, and calls `turn` before it parses an answer."""
        other = copy(self)
        other._turn = turn
        return other

    def turn_to(self, site: Site) -> None:
        """Ask another server from now on, such as the mirror; what is under way stays where it is."""
        with self._shared.lock:
            self._shared.site, self._shared.fell_over = site, False

    def close(self) -> None:
        """Close the session, if it is this transport's own."""
        if self._shared.is_own:
            self._shared.session.close()

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
            What it sent is no JSON, or longer than `max_bytes`.
        """

        def read(response: Any, where: str, watch: RequestDeadline) -> Callable[[], Response]:
            length = min(length_of(response) or 0, _WHOLE_BYTES)
            chunks = self._chunks(response, where, max_bytes, watch, max(length, _JSON_CHUNK_BYTES))
            return partial(self._understood, whole(response, where, chunks), where)

        return self._somewhere(url, params, False, read)

    def read(
        self, url: str, consume: Callable[[ResponseBody], Result], *, max_bytes: int
    ) -> Result:
        """Return what `consume` makes of the bytes at an address, from the start at each try.

        `consume` raises `TryAgain` where another try may bring something better.
        """

        def read(response: Any, where: str, watch: RequestDeadline) -> Callable[[], Result]:
            chunks = self._chunks(response, where, max_bytes, watch)
            found = consume(ResponseBody(where, length_of(response), chunks))
            return lambda: found

        return self._somewhere(url, None, True, read)

    def length_of(self, url: str) -> int | None:
        """Return how many bytes there are at an address, without reading them; None if not told."""
        return self._somewhere(url, None, True, lambda response, *_: partial(length_of, response))

    # --------------------------------------------------------------------------------- inside

    def _understood(self, parse: Callable[[], Any], url: str) -> Response:
        """Return a whole answer, parsed when it is its turn."""
        if self._turn is not None:
            self._turn()
            pause(0.0, self._cancel)
        data = parse()
        try:
            raise_for_error_body(data, url)
        except NeuroMorphoDownError as error:
            raise RetryableError(error) from None
        return Response(data, url)

    def _somewhere(
        self,
        url: str,
        params: Mapping[str, Any] | None,
        is_file: bool,
        read: Callable[[Any, str, RequestDeadline], Callable[[], Result]],
    ) -> Result:
        """Ask the server in use; once that is down and its mirror answers, the mirror from then on."""
        there = self._at_the_mirror(url)
        if there is not None and self.fell_over:
            return self._tried(there, params, is_file, read)
        try:
            return self._tried(url, params, is_file, read)
        except NeuroMorphoDownError as error:
            if there is None:
                raise
            down = error
        try:
            found = self._tried(there, params, is_file, read)
        except NeuroMorphoDownError as error:
            raise _both_down(down, error) from error
        except (NeuroMorphoHTTPError, NeuroMorphoAnswerError):  # it is up all the same
            self._stay_at_the_mirror()
            raise
        self._stay_at_the_mirror()
        return found

    def _at_the_mirror(self, url: str) -> str | None:
        """Return the address at the mirror; None where there is none, or it is not of the server."""
        root = self._shared.first_site.root
        if self._mirror is None or not url.startswith(f"{root}/"):
            return None
        return f"{self._mirror.root}{url.removeprefix(root)}"

    def _stay_at_the_mirror(self) -> None:
        if self._mirror is not None:
            with self._shared.lock:
                self._shared.site, self._shared.fell_over = self._mirror, True

    def _tried(
        self,
        url: str,
        params: Mapping[str, Any] | None,
        is_file: bool,
        read: Callable[[Any, str, RequestDeadline], Callable[[], Result]],
    ) -> Result:
        longest_s = max(10.0 * self._timeout, _LONGEST_S)
        last: list[RequestDeadline] = []

        def once() -> Result:
            with RequestDeadline(self._cancel, longest_s, has_sockets=self._shared.is_own) as watch:
                last[:] = [watch]
                response, where = self._response(url, params, is_file, watch)
                with closed(response):
                    if getattr(response, "history", None):  # a caller's session follows by itself
                        followed(where, url, self._hosts())
                    self._check_status(response, where, is_file, watch)
                    found = read(response, where, watch)
            return found()  # the connection is free meanwhile

        with self._told(url, last):
            result: Result = with_retries(
                once,
                attempts=self._retries,
                backoff_base=self._backoff_base,
                sleep=lambda seconds: pause(seconds, self._cancel, self._sleep),
            )
        return result

    @contextmanager
    def _told(self, url: str, last: list[RequestDeadline]) -> Iterator[None]:
        """Tell the listener that a question begins, and how it ended."""
        if self.listener is None:
            yield
            return
        error: Exception | None = None
        self.listener.submitted(url)
        try:
            yield
        except Exception as failure:
            error = failure
            raise
        finally:
            self.listener.answered(url, last[0].seconds if last else 0.0, error)

    def _check_status(self, response: Any, url: str, is_file: bool, watch: RequestDeadline) -> None:
        """Raise what a status means; the API's own 404 is JSON, one in HTML says nothing about a cell."""
        try:
            check_status(response, url)
        except NeuroMorphoNotFoundError:
            if not is_file and getattr(response, "headers", None) is not None:
                start = next(self._chunks(response, url, MAX_JSON_BYTES, watch), b"")
                if is_page(start):
                    raise RetryableError(html_instead(start, url, "data", 404)) from None
            raise

    def _response(
        self, url: str, params: Mapping[str, Any] | None, is_file: bool, watch: RequestDeadline
    ) -> tuple[Any, str]:
        """Return a response that is no redirect, and where it is from."""
        for _ in range(_MOST_REDIRECTS + 1):
            response = self._get(url, params, is_file, watch)
            where = str(getattr(response, "url", "") or url)
            if getattr(response, "status_code", None) not in _REDIRECTS:
                return response, where
            with closed(response):
                target = (getattr(response, "headers", None) or {}).get("Location") or ""
            url, params = followed(target, where, self._hosts()), None
        raise NeuroMorphoRedirectError(
            f"{without_parameters(url)} redirects in a circle. Please report this if it persists.",
            status=310,
            url=url,
        )

    def _get(
        self, url: str, params: Mapping[str, Any] | None, is_file: bool, watch: RequestDeadline
    ) -> Any:
        self._limiter.wait(self._cancel)
        with self._shared.lock:
            self._shared.requests_made += 1
        timeout = max(self._timeout, _FILE_TIMEOUT_S) if is_file else self._timeout
        options: dict[str, Any] = {"timeout": timeout}
        if params is not None:
            options["params"] = dict(params)
        if is_file or self._shared.is_own:
            options["stream"] = True
        if self._shared.is_own:
            options["allow_redirects"] = False
            options["timeout"] = (min(timeout, _CONNECT_TIMEOUT_S), timeout)
        watch.restart()
        with self._network(url, watch):
            return self._shared.session.get(url, **options)

    @contextmanager
    def _network(self, url: str, watch: RequestDeadline) -> Iterator[None]:
        """Turn what the network raises into what it means."""
        try:
            yield
        except network_errors() as error:
            self._go_on(url, watch)
            raise unreachable(error, url) from error
        except (AttributeError, ValueError) as error:
            self._go_on(url, watch)  # a socket that was shut in the midst of a read
            if isinstance(error, AttributeError) or not self._shared.is_own:
                raise
            raise NeuroMorphoAnswerError(
                f"Invalid response from {without_parameters(url)} ({error}). Please report this if it "
                "persists.",
                hint="report",
                url=url,
            ) from error

    def _go_on(self, url: str, watch: RequestDeadline) -> None:
        """Raise what a read was ended for, if it was."""
        pause(0.0, self._cancel)
        if watch.is_late:
            raise NeuroMorphoTooLargeError(
                f"{without_parameters(url)} sends without end; the rest was not read. Please report "
                "this if it persists.",
                url=url,
            )

    def _hosts(self) -> set[str]:
        """Return where a redirect may lead."""
        hosts = {self.site.host, self._shared.first_site.host}
        return hosts | OFFICIAL_HOSTS if hosts & OFFICIAL_HOSTS else hosts

    def _chunks(
        self,
        response: Any,
        url: str,
        max_bytes: int,
        watch: RequestDeadline,
        size: int = _CHUNK_BYTES,
    ) -> Iterator[bytes]:
        """Yield a response's bytes, decompressed; refuse one without end."""
        pieces = iter(response.iter_content(size))
        n_bytes = 0
        announced = length_of(response) or 0
        while True:
            ahead = max(0, min(size, announced - n_bytes))
            watch.allow(ahead / _SLOWEST_BYTES_PER_S)
            with self._network(url, watch):
                chunk = next(pieces, None)
            self._go_on(url, watch)
            if chunk is None:
                return
            n_bytes += len(chunk)
            if n_bytes > max_bytes:
                raise NeuroMorphoTooLargeError(
                    f"{without_parameters(url)} sends more than {max_bytes / 1e6:.0f} MB, more than "
                    "anything in the archive; the rest was not read. Please report this if it persists.",
                    url=url,
                )
            watch.allow((len(chunk) - ahead) / _SLOWEST_BYTES_PER_S)
            yield chunk


def _own_session() -> Any:
    try:
        import requests  # noqa: F401
    except ImportError as error:
        raise ImportError(
            "The package requests is missing, without which NeuroMorpho.Org cannot be asked; "
            "install it with: pip install requests"
        ) from error
    from neuromorpho.http.session import own_session

    return own_session()


def _both_down(first: NeuroMorphoDownError, second: NeuroMorphoDownError) -> NeuroMorphoDownError:
    """Return what is said where the mirror is down as well; where nothing answers, it may be the network."""
    is_silent = not first.status and not second.status
    advice = "check the network connection; meanwhile " if is_silent else ""
    return NeuroMorphoDownError(
        f"NeuroMorpho.Org is down at {without_parameters(first.url)} (status {first.status}), and so is "
        f"its mirror at {without_parameters(second.url)} (status {second.status}); {advice}the library "
        "works offline.",
        code="no-answer" if is_silent else "server-down",
        hint="work-offline",
        status=first.status,
        url=first.url,
    )
