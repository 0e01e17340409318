"""`Attempt`: one attempt of a request, which sends it, follows redirects and reads the response within limits.

A response has a limit of bytes, counted after decompression, and a limit of time. A redirect to a host
that is not the archive's, or from https to http, is not followed.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import closing, contextmanager, nullcontext
from dataclasses import dataclass, field
from functools import partial
from typing import Any
from urllib.parse import urljoin, urlsplit

from neuromorpho.errors import (
    NeuroMorphoAnswerError,
    NeuroMorphoNotFoundError,
    NeuroMorphoRedirectError,
    NeuroMorphoTooLargeError,
    resource_of,
)
from neuromorpho.http.deadline import RequestDeadline
from neuromorpho.http.failures import (
    RetryableError,
    check_status,
    error_of_html,
    error_of_request,
    is_html,
    network_errors,
)
from neuromorpho.http.rate_limiter import RateLimiter, pause
from neuromorpho.records.gc_pause import gc_paused
from neuromorpho.records.parsing import check_n_values
from neuromorpho.urls import OFFICIAL_HOSTS, Site

MAX_JSON_BYTES = 64 * 1024**2
_CHUNK_BYTES = 16 * 1024
_MOST_REDIRECTS = 5
_FILE_TIMEOUT_S = 60.0
_CONNECT_TIMEOUT_S = 10.0
_SLOWEST_BYTES_PER_S = 10_000.0
_REDIRECTS = frozenset({301, 302, 303, 307, 308})


@dataclass
class TransportState:
    """What a transport and its copies share.

    Attributes
    ----------
    session
        What sends the requests.
    is_own_session
        Whether the transport made it: then responses are streamed, and redirects are followed here.
    timeout
        Seconds until a response must begin, and between two pieces of it.
    first_site, site
        The server that was given, and the one in use: that one or its mirror.
    requests_made
        How many, retries and redirects included.
    uses_mirror
        Whether the mirror is in use because the server was down.
    """

    session: Any
    is_own_session: bool
    timeout: float
    limiter: RateLimiter
    first_site: Site
    site: Site
    requests_made: int = 0
    uses_mirror: bool = False
    lock: threading.Lock = field(default_factory=threading.Lock)

    def count_request(self) -> None:
        """Add one to `requests_made`."""
        with self.lock:
            self.requests_made += 1

    def use_site(self, site: Site, *, is_mirror: bool = False) -> None:
        """Use another server from now on; running requests keep theirs."""
        with self.lock:
            self.site, self.uses_mirror = site, is_mirror

    def redirect_hosts(self) -> set[str]:
        """Return the hosts that a redirect may lead to."""
        hosts = {self.site.host, self.first_site.host}
        return hosts | OFFICIAL_HOSTS if hosts & OFFICIAL_HOSTS else hosts


class Attempt:
    """One attempt of a request.

    Parameters
    ----------
    deadline
        Ends the reading.
    is_file
        Whether a file is requested: it may take longer than the API's responses.
    """

    def __init__(self, state: TransportState, deadline: RequestDeadline, *, is_file: bool) -> None:
        self._state, self._deadline, self._is_file = state, deadline, is_file

    def send(self, url: str, params: Mapping[str, Any] | None) -> tuple[Any, str]:
        """Return a response that is no redirect, and its address."""
        hosts = self._state.redirect_hosts()
        for _ in range(_MOST_REDIRECTS + 1):
            response = self._get(url, params)
            source = str(getattr(response, "url", "") or url)
            if getattr(response, "status_code", None) not in _REDIRECTS:
                if getattr(response, "history", None):  # a caller's session follows by itself
                    redirect_target(source, url, hosts)
                return response, source
            with closing_response(response):
                target = (getattr(response, "headers", None) or {}).get("Location") or ""
            url, params = redirect_target(target, source, hosts), None
        raise NeuroMorphoRedirectError(
            "NeuroMorpho.Org redirects in a circle. Please report this if it persists.",
            status=310,
            url=url,
        )

    def _get(self, url: str, params: Mapping[str, Any] | None) -> Any:
        self._state.limiter.wait(self._deadline.cancel)
        self._state.count_request()
        timeout = self._state.timeout
        if self._is_file:
            timeout = max(timeout, _FILE_TIMEOUT_S)
        keywords: dict[str, Any] = {"timeout": timeout}
        if params is not None:
            keywords["params"] = dict(params)
        is_own_session = self._state.is_own_session
        if self._is_file or is_own_session:
            keywords["stream"] = True
        if is_own_session:
            keywords["allow_redirects"] = False
            keywords["timeout"] = (min(timeout, _CONNECT_TIMEOUT_S), timeout)
        self._deadline.restart()
        with self._translate_network_errors(url):
            return self._state.session.get(url, **keywords)

    def check_status(self, response: Any, url: str) -> None:
        """Raise the error of a status. The API's own 404 is JSON; a 404 in HTML says nothing about a cell."""
        try:
            check_status(response, url)
        except NeuroMorphoNotFoundError:
            if not self._is_file and getattr(response, "headers", None) is not None:
                start = next(self.chunks(response, url, MAX_JSON_BYTES), b"")
                if is_html(start):
                    raise RetryableError(error_of_html(start, url, "data", 404)) from None
            raise

    def chunks(
        self, response: Any, url: str, max_bytes: int, size: int = _CHUNK_BYTES
    ) -> Iterator[bytes]:
        """Yield a response's bytes, decompressed; raise NeuroMorphoTooLargeError beyond `max_bytes`."""
        pieces = iter(response.iter_content(size))
        n_bytes = 0
        announced = content_length(response) or 0
        while True:
            expected = max(0, min(size, announced - n_bytes))
            self._deadline.allow(expected / _SLOWEST_BYTES_PER_S)
            with self._translate_network_errors(url):
                chunk = next(pieces, None)
            self._check_ended(url)
            if chunk is None:
                return
            n_bytes += len(chunk)
            if n_bytes > max_bytes:
                raise NeuroMorphoTooLargeError(
                    f"{resource_of(url)} has more than {max_bytes / 1e6:.0f} MB, more than "
                    "anything in the archive; the rest was not read. Please report this if it persists.",
                    url=url,
                )
            self._deadline.allow((len(chunk) - expected) / _SLOWEST_BYTES_PER_S)
            yield chunk

    @contextmanager
    def _translate_network_errors(self, url: str) -> Iterator[None]:
        """Turn the network's exceptions into ours."""
        try:
            yield
        except network_errors() as error:
            self._check_ended(url)
            raise error_of_request(error, url) from error
        except (AttributeError, ValueError) as error:
            self._check_ended(url)  # the deadline may have shut the socket down during a read
            if isinstance(error, AttributeError) or not self._state.is_own_session:
                raise
            raise NeuroMorphoAnswerError(
                f"A response of NeuroMorpho.Org is invalid ({error}). Please report this if it persists.",
                hint="report",
                url=url,
            ) from error

    def _check_ended(self, url: str) -> None:
        """Raise the reason if the read was ended: cancelled, or too late."""
        pause(0.0, self._deadline.cancel)
        if self._deadline.is_late:
            raise NeuroMorphoTooLargeError(
                "NeuroMorpho.Org sends without end; the rest was not read. Please report this if it "
                "persists.",
                url=url,
            )


def closing_response(response: Any) -> Any:
    """Return a context manager that closes a response, if it can be closed."""
    return closing(response) if hasattr(response, "close") else nullcontext(response)


def redirect_target(target: str, source: str, hosts: Collection[str]) -> str:
    """Return the address that a redirect leads to, if it is on one of `hosts` and as safe as before.

    Raises
    ------
    NeuroMorphoRedirectError
        It leads to another host, away from https, or to no address.
    """
    try:
        target = urljoin(source, target)
        there, here = urlsplit(target), urlsplit(source)
    except ValueError:
        raise _redirect_error(source, "an invalid address") from None
    if there.netloc.lower().removesuffix(":443") not in hosts:
        host = there.netloc or "no host"
        raise _redirect_error(source, f"{host}, which is not NeuroMorpho.Org")
    if there.scheme != "https" and (here.scheme == "https" or there.scheme != here.scheme):
        raise _redirect_error(source, f"{there.scheme}, which is not encrypted")
    return target


def _redirect_error(source: str, where: str) -> NeuroMorphoRedirectError:
    return NeuroMorphoRedirectError(
        f"NeuroMorpho.Org redirects to {where}, which was not followed. Please report this if it persists.",
        status=302,
        url=source,
    )


def content_length(response: Any) -> int | None:
    """Return the announced bytes of a body; None if there is no such header or it is compressed."""
    headers = getattr(response, "headers", None) or {}
    text = str(headers.get("Content-Length") or "")
    is_plain = not (headers.get("Content-Encoding") or headers.get("Transfer-Encoding"))
    return int(text) if text.isascii() and text.isdigit() and is_plain else None


def read_json(response: Any, url: str, chunks: Iterator[bytes]) -> Callable[[], Any]:
    """Read a response to its end; return a function that parses its JSON without the response.

    A caller's own session may offer parsed JSON only.
    """
    if getattr(response, "headers", None) is not None:
        return partial(_parse_json, b"".join(chunks), url)
    try:
        data = response.json()
    except ValueError as error:
        raise RetryableError(_invalid_json(url, error)) from error
    return lambda: data


def _parse_json(content: bytes, url: str) -> Any:
    if is_html(content):
        raise RetryableError(error_of_html(content, url, "data"))
    try:
        check_n_values(content)
    except ValueError as error:
        raise NeuroMorphoTooLargeError(
            f"A response of NeuroMorpho.Org was not read: {error}. Please report this if it persists.",
            url=url,
        ) from error
    try:
        return _load_json(content)
    except (ValueError, RecursionError) as error:
        raise RetryableError(
            _invalid_json(url, error if content.strip() else "it is empty")
        ) from error


def _load_json(content: bytes) -> Any:
    """Return parsed JSON; what orjson refuses (NaN, invalid text) is read by Python's own parser."""
    import orjson

    try:
        with gc_paused():
            return orjson.loads(content)
    except ValueError:
        return json.loads(content)


def _invalid_json(url: str, why: object) -> NeuroMorphoAnswerError:
    return NeuroMorphoAnswerError(
        f"A response of NeuroMorpho.Org is not valid JSON ({why}); try again later.",
        url=url,
    )
