"""What stands between the client and the network: pace, tries, caps, redirects, and the mirror.

Nothing is read without end: an answer has a most of bytes, counted after decompression, and a most of
time. Nothing is followed to a host that is not the archive's, nor from https to http. A session that the
caller brings needs `.get(url, **kwargs)` only.
"""

from __future__ import annotations

import json
import platform
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, nullcontext
from dataclasses import dataclass, field
from typing import Any, TypeVar
from urllib.parse import urljoin, urlsplit

from neuromorpho.answers import raise_if_error_inside
from neuromorpho.errors import (
    NeuroMorphoAnswerError,
    NeuroMorphoDownError,
    NeuroMorphoError,
    NeuroMorphoNotFoundError,
    NeuroMorphoRedirectError,
    NeuroMorphoTooLargeError,
)
from neuromorpho.http import DEFAULT_TIMEOUT, TryAgain, check_status, tried
from neuromorpho.limiter import SHARED, RateLimiter, pause
from neuromorpho.outage import failures, is_page, page_instead, unreachable
from neuromorpho.urls import NEUROMORPHO, OFFICIAL_HOSTS, Site

MAX_JSON_BYTES = 64 * 1024**2
_CHUNK_BYTES = 16 * 1024
_MOST_REDIRECTS = 5
_FILE_TIMEOUT_S = 60.0
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_POOL = 8
Result = TypeVar("Result")


@dataclass(frozen=True)
class Answer:
    """Parsed JSON, and the address that it came from."""

    data: Any
    url: str


@dataclass
class Body:
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


@dataclass
class _Shared:
    """What a transport and its copies share."""

    site: Site
    session: Any
    is_own: bool
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
        Ends waiting and reading when set.
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
    ) -> None:
        own = session is None
        self._shared = _Shared(site, _own_session() if own else session, own)
        self._mirror = mirror
        self._timeout, self._retries, self._backoff_base = timeout, retries, backoff_base
        self._limiter = limiter if limiter is not None else SHARED if own else RateLimiter(None)
        self._cancel = cancel

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
        other = object.__new__(type(self))
        other.__dict__.update(self.__dict__)
        other._cancel = cancel
        return other

    def close(self) -> None:
        """Close the session, if it is this transport's own."""
        if self._shared.is_own:
            self._shared.session.close()

    # ------------------------------------------------------------------------------- requests

    def json(
        self, url: str, params: Mapping[str, Any] | None = None, *, max_bytes: int = MAX_JSON_BYTES
    ) -> Answer:
        """Return the JSON at an address.

        Raises
        ------
        NeuroMorphoNotFoundError, NeuroMorphoDownError, NeuroMorphoHTTPError
            The server refuses, or is down.
        NeuroMorphoAnswerError
            What it sent is no JSON, or longer than `max_bytes`.
        """

        def read(response: Any, where: str) -> Answer:
            data = _parsed(response, where, self._chunks(response, where, max_bytes))
            try:
                raise_if_error_inside(data, where)
            except NeuroMorphoDownError as error:
                raise TryAgain(error) from None
            return Answer(data, where)

        return self._somewhere(url, params, False, read)

    def read(self, url: str, consume: Callable[[Body], Result], *, max_bytes: int) -> Result:
        """Return what `consume` makes of the bytes at an address, from the start at each try.

        `consume` raises `TryAgain` where another try may bring something better.
        """

        def read(response: Any, where: str) -> Result:
            body = Body(where, _length(response), self._chunks(response, where, max_bytes))
            return consume(body)

        return self._somewhere(url, None, True, read)

    def length_of(self, url: str) -> int | None:
        """Return how many bytes there are at an address, without reading them; None if not told."""
        return self._somewhere(url, None, True, lambda response, _: _length(response))

    # --------------------------------------------------------------------------------- inside

    def _somewhere(
        self,
        url: str,
        params: Mapping[str, Any] | None,
        is_file: bool,
        read: Callable[[Any, str], Result],
    ) -> Result:
        """Ask the server in use; once that is down, its mirror, from then on."""
        site = self.site
        try:
            return self._tried(url, params, is_file, read)
        except NeuroMorphoDownError:
            moved = self._at_the_mirror(url, site)
            if moved is None:
                raise
            return self._tried(moved, params, is_file, read)

    def _at_the_mirror(self, url: str, asked: Site) -> str | None:
        """Return the address at the mirror; None where there is none, or that is what was asked."""
        if self._mirror is None or asked == self._mirror or not url.startswith(asked.root):
            return None
        with self._shared.lock:
            self._shared.site, self._shared.fell_over = self._mirror, True
        return f"{self._mirror.root}{url.removeprefix(asked.root)}"

    def _tried(
        self,
        url: str,
        params: Mapping[str, Any] | None,
        is_file: bool,
        read: Callable[[Any, str], Result],
    ) -> Result:
        def once() -> Result:
            try:
                response, where = self._response(url, params, is_file)
                with _closed(response):
                    self._check_status(response, where, is_file)
                    return read(response, where)
            except (NeuroMorphoError, TryAgain):
                raise
            except failures() as error:
                raise unreachable(error, url) from error

        result: Result = tried(
            once,
            attempts=self._retries,
            backoff_base=self._backoff_base,
            sleep=lambda seconds: pause(seconds, self._cancel),
        )
        return result

    def _check_status(self, response: Any, url: str, is_file: bool) -> None:
        """Raise what a status means; the API's own 404 is JSON, one in HTML says nothing about a cell."""
        try:
            check_status(response, url)
        except NeuroMorphoNotFoundError:
            if not is_file and getattr(response, "headers", None) is not None:
                start = next(self._chunks(response, url, MAX_JSON_BYTES), b"")
                if is_page(start):
                    raise TryAgain(page_instead(start, url, "data", 404)) from None
            raise

    def _response(
        self, url: str, params: Mapping[str, Any] | None, is_file: bool
    ) -> tuple[Any, str]:
        """Return a response that is no redirect, and where it is from."""
        for _ in range(_MOST_REDIRECTS + 1):
            response = self._get(url, params, is_file)
            where = str(getattr(response, "url", "") or url)
            if getattr(response, "status_code", None) not in _REDIRECTS:
                return response, where
            with _closed(response):
                target = (getattr(response, "headers", None) or {}).get("Location") or ""
            url, params = self._allowed(urljoin(where, target), where), None
        raise NeuroMorphoRedirectError(
            f"{url} redirects in a circle; report it if it stays so.", status=310, url=url
        )

    def _get(self, url: str, params: Mapping[str, Any] | None, is_file: bool) -> Any:
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
        return self._shared.session.get(url, **options)

    def _allowed(self, target: str, source: str) -> str:
        """Return where a redirect leads, if that is the archive, as safe as before."""
        there, here = urlsplit(target), urlsplit(source)
        hosts = {self.site.host} | (OFFICIAL_HOSTS if self.site.is_official else set())
        if there.netloc.lower() not in hosts:
            raise NeuroMorphoRedirectError(
                f"{source} points to {there.netloc or 'no host'}, which is not NeuroMorpho.Org; "
                "it was not followed.",
                status=302,
                url=source,
            )
        if there.scheme != "https" and (here.scheme == "https" or there.scheme != here.scheme):
            raise NeuroMorphoRedirectError(
                f"{source} points to {there.scheme}, which is not encrypted; it was not followed.",
                status=302,
                url=source,
            )
        return target

    def _chunks(self, response: Any, url: str, max_bytes: int) -> Iterator[bytes]:
        """Yield a response's bytes, decompressed; refuse one without end."""
        end = time.monotonic() + max(10.0 * self._timeout, 300.0)
        n_bytes = 0
        for chunk in response.iter_content(_CHUNK_BYTES):
            n_bytes += len(chunk)
            if n_bytes > max_bytes:
                raise NeuroMorphoTooLargeError(
                    f"{url} sends more than {max_bytes / 1e6:.0f} MB, which nothing of the archive "
                    "has; it was not read further.",
                    url=url,
                )
            if time.monotonic() > end:
                raise NeuroMorphoTooLargeError(
                    f"{url} sends without end; it was not read further.", url=url
                )
            pause(0.0, self._cancel)
            yield chunk


def user_agent() -> str:
    """Return who we are, as the terms of use ask: name, version, and a contact.

    The contact is ``$SOMASCOPE_CONTACT`` (an address of the user's), or the project's page.
    """
    import os
    from importlib import metadata

    try:
        version = metadata.version("somascope")
    except metadata.PackageNotFoundError:
        version = "0"
    contact = os.environ.get("SOMASCOPE_CONTACT", "").strip()
    printable = "".join(each for each in contact if each.isascii() and each.isprintable())
    said = f"contact: {printable}" if printable else "contact: https://pypi.org/project/somascope/"
    return f"Somascope/{version} (neuron viewer; {said}) Python/{platform.python_version()}"


def _own_session() -> Any:
    try:
        import requests
        from requests.adapters import HTTPAdapter
    except ImportError as error:
        raise ImportError(
            "The package requests is missing, without which NeuroMorpho.Org cannot be asked; "
            "install it with: pip install requests"
        ) from error
    session = requests.Session()
    session.headers["User-Agent"] = user_agent()
    adapter = HTTPAdapter(pool_connections=4, pool_maxsize=_POOL)
    session.mount("https://", adapter)
    session.mount("http://", adapter)
    return session


def _closed(response: Any) -> Any:
    """Return a context that closes a response, if it can be closed."""
    return closing(response) if hasattr(response, "close") else nullcontext(response)


def _length(response: Any) -> int | None:
    headers = getattr(response, "headers", None) or {}
    text = str(headers.get("Content-Length") or "")
    is_plain = not headers.get("Content-Encoding")
    return int(text) if text.isascii() and text.isdigit() and is_plain else None


def _parsed(response: Any, url: str, chunks: Iterator[bytes]) -> Any:
    """Return a response's JSON; a caller's own session may give it parsed only."""
    if getattr(response, "headers", None) is None:
        try:
            return response.json()
        except ValueError as error:
            raise TryAgain(_no_json(url, error)) from error
    content = b"".join(chunks)
    if is_page(content):
        raise TryAgain(page_instead(content, url, "data"))
    try:
        return json.loads(content)
    except (ValueError, RecursionError) as error:
        raise TryAgain(_no_json(url, error if content.strip() else "it is empty")) from error


def _no_json(url: str, why: object) -> NeuroMorphoAnswerError:
    said = " ".join(str(why).split())
    return NeuroMorphoAnswerError(
        f"The answer of {url} is no whole JSON ({said}); try again later.", url=url
    )
