"""Which error a failed request means: no answer, a web page instead of data, a broken connection."""

from __future__ import annotations

import re
import ssl
from typing import Any

from neuromorpho.errors import (
    NeuroMorphoAnswerError,
    NeuroMorphoDownError,
    NeuroMorphoError,
    NeuroMorphoHTTPError,
    without_parameters,
)
from neuromorpho.http.retry import MEANWHILE, RetryableError

_NOTICE = re.compile(rb"interruption|maintenance|unavailable|temporarily|outage|down for", re.I)
_BEFORE_PAGE = re.compile(rb"\A\xef?\xbb?\xbf?(?:\s+|<\?xml.*?\?>|<!--.*?-->)*", re.I | re.S)
_HTML_BYTES = 64 * 1024
_TITLE = re.compile(rb"<title[^>]*>(.*?)</title>", re.I | re.S)


def network_errors() -> tuple[type[BaseException], ...]:
    """Return what a request raises when no complete response was received; imports requests."""
    import requests
    import urllib3

    return (requests.RequestException, urllib3.exceptions.HTTPError, OSError)


def error_of_request(error: BaseException, url: str) -> Exception:
    """Return the error of a failed request, in a RetryableError if another attempt may succeed."""
    from requests import HTTPError, exceptions

    no_retry_helps = (
        exceptions.TooManyRedirects,
        exceptions.InvalidURL,
        exceptions.MissingSchema,
        exceptions.InvalidSchema,
        HTTPError,
    )
    reason, address = _cause_text(error), without_parameters(url)
    if any(isinstance(each, ssl.SSLCertVerificationError) for each in _causes(error)):
        return NeuroMorphoHTTPError(
            f"The certificate of {address} cannot be verified ({reason}); nothing was read.",
            code="certificate",
            status=0,
            url=url,
        )
    if isinstance(error, no_retry_helps):
        return NeuroMorphoHTTPError(
            f"{address} cannot be requested ({reason}).", code="invalid-address", status=0, url=url
        )
    if isinstance(error, exceptions.ChunkedEncodingError | exceptions.ContentDecodingError):
        failure: NeuroMorphoError = NeuroMorphoAnswerError(
            f"The response from {address} was cut short or damaged ({reason}); nothing was saved. "
            "Try again later.",
            code="cut-short",
            url=url,
        )
    else:
        failure = NeuroMorphoDownError(
            f"NeuroMorpho.Org does not answer at {address} ({reason}). Check the network connection; "
            f"{MEANWHILE}.",
            code="no-answer",
            status=0,
            url=url,
        )
    return RetryableError(failure)


def is_html(start: bytes) -> bool:
    """Return whether bytes begin like a web page."""
    head = _BEFORE_PAGE.sub(b"", start[:4096], count=1).lower()
    return head.startswith((b"<!doctype html", b"<html", b"<head", b"<body"))


def error_of_html(start: bytes, url: str, what: str, status: int = 200) -> NeuroMorphoError:
    """Return the error of a web page received instead of `what`; an outage if the page says so."""
    start, address = start[:_HTML_BYTES], without_parameters(url)
    found = _TITLE.search(start)
    title = " ".join(found[1].decode("utf-8", "replace").split())[:80] if found else ""
    if _NOTICE.search(start):
        return NeuroMorphoDownError(
            f"NeuroMorpho.Org is down ({title or 'it shows a notice'}) at {address}; {MEANWHILE}.",
            status=status,
            url=url,
        )
    label = f" ({title})" if title else ""
    return NeuroMorphoAnswerError(
        f"{address} sent a web page{label} instead of {what}; nothing was saved. Try again later.",
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
    text = " ".join(str(cause).split())
    text = re.sub(r"^<[^>]*>:\s*|^\w+\([^)]*\):\s*", "", text).rstrip(".")
    return text[:160] or type(cause).__name__
