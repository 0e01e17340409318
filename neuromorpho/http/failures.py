"""What a failed request means: its error, whether another attempt is made, and after how long a wait."""

from __future__ import annotations

import random
import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

from neuromorpho.errors import (
    NeuroMorphoAnswerError,
    NeuroMorphoDownError,
    NeuroMorphoError,
    NeuroMorphoHTTPError,
    NeuroMorphoNotFoundError,
    resource_of,
)

DEFAULT_TIMEOUT = 30.0
"""Seconds until a response must begin, and between two pieces of it."""
MAX_BACKOFF_SECONDS = 30.0
"""The longest wait between two attempts, without jitter."""
MAX_RETRY_AFTER_SECONDS = 120.0
"""A server that requests a longer wait is treated as down."""
_REFUSALS = {
    400: ("invalid-query", "", "check the text of the query and the field of its sort order"),
    403: (
        "forbidden",
        "set-contact",
        "tell the archive who you are with the environment variable SOMASCOPE_CONTACT, and try again later",
    ),
    429: ("too-many-requests", "slow-down", "send fewer requests, and try again later"),
}
MEANWHILE = "the library works offline, or use the mirror"
_NOTICE = re.compile(rb"interruption|maintenance|unavailable|temporarily|outage|down for", re.I)
_BEFORE_PAGE = re.compile(rb"\A\xef?\xbb?\xbf?(?:\s+|<\?xml.*?\?>|<!--.*?-->)*", re.I | re.S)
_HTML_BYTES = 64 * 1024
_TITLE = re.compile(rb"<title[^>]*>(.*?)</title>", re.I | re.S)


class RetryableError(Exception):
    """Raised inside an attempt: another attempt may succeed.

    Attributes
    ----------
    error : NeuroMorphoError
        What to raise if this was the last attempt.
    after_s : float or None
        Seconds to wait that the server requests.
    """

    def __init__(self, error: NeuroMorphoError, after_s: float | None = None) -> None:
        super().__init__(str(error))
        self.error = error
        self.after_s = after_s


def backoff(attempt: int, base: float) -> float:
    """Return the seconds to wait after attempt number `attempt` (from 0): doubling, capped, with jitter."""
    return min(base * 2.0 ** min(attempt, 60), MAX_BACKOFF_SECONDS) + random.uniform(0.0, base)


def check_status(response: Any, url: str) -> None:
    """Raise the error that a response's status means; a missing status is a failure."""
    status = getattr(response, "status_code", None)
    status = status if isinstance(status, int) else 0
    if 200 <= status < 400:
        return
    if status == 404:
        raise NeuroMorphoNotFoundError(f"NeuroMorpho.Org has no {resource_of(url)}.", url=url)
    after_s = retry_after(response)
    if not status or status >= 500 or (after_s or 0.0) > MAX_RETRY_AFTER_SECONDS:
        raise _down_error(status, url, after_s)
    code, hint, advice = _REFUSALS.get(status, ("refused", "", "check the address"))
    refused = NeuroMorphoHTTPError(
        f"NeuroMorpho.Org refused {resource_of(url)}; {advice}.",
        code=code,
        hint=hint,
        status=status,
        url=url,
    )
    if status == 429:
        raise RetryableError(refused, after_s)
    raise refused


def _down_error(status: int, url: str, after_s: float | None) -> Exception:
    """Return the error of a server that is down; not retried if it requests a very long wait."""
    wait = "" if after_s is None else f" and requests a wait of {after_s:.0f} s"
    error = NeuroMorphoDownError(
        f"NeuroMorpho.Org is down{wait}; {MEANWHILE}.",
        status=status,
        url=url,
    )
    return error if (after_s or 0.0) > MAX_RETRY_AFTER_SECONDS else RetryableError(error, after_s)


def retry_after(response: Any) -> float | None:
    """Return the seconds of ``Retry-After``, which holds seconds or a date; else None."""
    headers = getattr(response, "headers", None) or {}
    text = headers.get("Retry-After")
    if not text:
        return None
    try:
        return max(0.0, float(text))
    except ValueError:
        pass
    try:
        when = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    when = when if when.tzinfo else when.replace(tzinfo=UTC)
    return max(0.0, (when - datetime.now(UTC)).total_seconds())


def network_errors() -> tuple[type[BaseException], ...]:
    """Return what a request raises when no complete response was received; imports requests."""
    import requests
    import urllib3

    return (requests.RequestException, urllib3.exceptions.HTTPError, OSError)


def error_of_request(error: BaseException, url: str) -> Exception:
    """Return the error of a failed request, in a RetryableError if another attempt may succeed."""
    import ssl

    from requests import HTTPError, exceptions

    no_retry_helps = (
        exceptions.TooManyRedirects,
        exceptions.InvalidURL,
        exceptions.MissingSchema,
        exceptions.InvalidSchema,
        HTTPError,
    )
    reason, host = _cause_text(error), urlsplit(url).netloc or url
    if any(isinstance(each, ssl.SSLCertVerificationError) for each in _causes(error)):
        return NeuroMorphoHTTPError(
            f"The certificate of {host} cannot be verified ({reason}); nothing was read.",
            code="certificate",
            status=0,
            url=url,
        )
    if isinstance(error, no_retry_helps):
        return NeuroMorphoHTTPError(
            f"{url} cannot be requested ({reason}).", code="invalid-address", status=0, url=url
        )
    if isinstance(error, exceptions.ChunkedEncodingError | exceptions.ContentDecodingError):
        failure: NeuroMorphoError = NeuroMorphoAnswerError(
            f"{resource_of(url)} was cut short or damaged; nothing was saved. Try again later.",
            code="cut-short",
            url=url,
        )
    else:
        failure = NeuroMorphoDownError(
            f"NeuroMorpho.Org does not answer. Check the network connection; {MEANWHILE}.",
            code="no-answer",
            status=0,
            url=url,
        )
    failure.add_note(f"Cause: {reason}")
    return RetryableError(failure)


def is_html(start: bytes) -> bool:
    """Return whether bytes begin like a web page."""
    head = _BEFORE_PAGE.sub(b"", start[:4096], count=1).lower()
    return head.startswith((b"<!doctype html", b"<html", b"<head", b"<body"))


def error_of_html(start: bytes, url: str, what: str, status: int = 200) -> NeuroMorphoError:
    """Return the error of a web page received instead of `what`; an outage if the page says so."""
    start = start[:_HTML_BYTES]
    found = _TITLE.search(start)
    title = " ".join(found[1].decode("utf-8", "replace").split())[:80] if found else ""
    if _NOTICE.search(start):
        return NeuroMorphoDownError(
            f"NeuroMorpho.Org is down ({title or 'it shows a notice'}); {MEANWHILE}.",
            status=status,
            url=url,
        )
    label = f" ({title})" if title else ""
    return NeuroMorphoAnswerError(
        f"NeuroMorpho.Org sent a web page{label} instead of {what}; nothing was saved. Try again later.",
        code="web-page",
        url=url,
    )


def _causes(error: BaseException) -> list[Any]:
    """Return an error and the errors that it wraps, the innermost last."""
    causes: list[Any] = [error]
    while len(causes) < 8:
        outer = causes[-1]
        within = [getattr(outer, "reason", None), *reversed(outer.args)]
        inner = next((each for each in within if isinstance(each, BaseException)), None)
        if inner is None:
            break
        causes.append(inner)
    return causes


def _cause_text(error: BaseException) -> str:
    """Return the text of the innermost error, without the objects that requests wraps it in."""
    cause = _causes(error)[-1]
    text = " ".join((getattr(cause, "strerror", None) or str(cause)).split())
    text = re.sub(r"^<[^>]*>:\s*|^\w+\([^)]*\):\s*", "", text).rstrip(".")
    return text[:160] or type(cause).__name__
