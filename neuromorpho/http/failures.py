"""How an outage looks: nothing answers, a notice in HTML where data should be, a cut connection."""

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
_MOST_OF_PAGE = 64 * 1024
_TITLE = re.compile(rb"<title[^>]*>(.*?)</title>", re.I | re.S)


def network_errors() -> tuple[type[BaseException], ...]:
    """Return what a request raises where no whole answer came; imports requests."""
    import requests
    import urllib3

    return (requests.RequestException, urllib3.exceptions.HTTPError, OSError)


def unreachable(error: BaseException, url: str) -> Exception:
    """Return what a failed request means: worth another try, or not."""
    import requests

    said, address = _first_words(error), without_parameters(url)
    if any(isinstance(each, ssl.SSLCertVerificationError) for each in _causes(error)):
        return NeuroMorphoHTTPError(
            f"The certificate of {address} cannot be verified ({said}); nothing was read.",
            code="certificate",
            status=0,
            url=url,
        )
    permanent = (
        requests.exceptions.TooManyRedirects,
        requests.exceptions.InvalidURL,
        requests.exceptions.MissingSchema,
        requests.exceptions.InvalidSchema,
        requests.HTTPError,
    )
    if isinstance(error, permanent):
        return NeuroMorphoHTTPError(
            f"{address} cannot be requested ({said}).", code="invalid-address", status=0, url=url
        )
    broken = (
        requests.exceptions.ChunkedEncodingError,
        requests.exceptions.ContentDecodingError,
    )
    if isinstance(error, broken):
        return RetryableError(
            NeuroMorphoAnswerError(
                f"The response from {address} was cut short or damaged ({said}); nothing was saved. "
                "Try again later.",
                code="cut-short",
                url=url,
            )
        )
    return RetryableError(
        NeuroMorphoDownError(
            f"NeuroMorpho.Org does not answer at {address} ({said}). Check the network connection; {MEANWHILE}.",
            code="no-answer",
            status=0,
            url=url,
        )
    )


def is_page(start: bytes) -> bool:
    """Return whether something begins like a web page."""
    head = _BEFORE_PAGE.sub(b"", start[:4096], count=1).lower()
    return head.startswith((b"<!doctype html", b"<html", b"<head", b"<body"))


def html_instead(start: bytes, url: str, what: str, status: int = 200) -> NeuroMorphoError:
    """Return what a web page in the place of `what` means: an outage where it says so."""
    start, address = start[:_MOST_OF_PAGE], without_parameters(url)
    found = _TITLE.search(start)
    title = " ".join(found[1].decode("utf-8", "replace").split())[:80] if found else ""
    if _NOTICE.search(start):
        return NeuroMorphoDownError(
            f"NeuroMorpho.Org is down ({title or 'it shows a notice'}) at {address}; {MEANWHILE}.",
            status=status,
            url=url,
        )
    called = f" ({title})" if title else ""
    return NeuroMorphoAnswerError(
        f"{address} sent a web page{called} instead of {what}; nothing was saved. Try again later.",
        code="web-page",
        url=url,
    )


def _causes(error: BaseException) -> list[Any]:
    """Return an error and those that it was made of, the innermost last."""
    causes: list[Any] = [error]
    while len(causes) < 8:
        outer = causes[-1]
        within = [getattr(outer, "reason", None), *reversed(outer.args)]
        inner = next((each for each in within if isinstance(each, BaseException)), None)
        if inner is None:
            break
        causes.append(inner)
    return causes


def _first_words(error: BaseException) -> str:
    """Return what is wrong, without the objects that requests wraps it in."""
    cause = _causes(error)[-1]
    text = " ".join(str(cause).split())
    text = re.sub(r"^<[^>]*>:\s*|^\w+\([^)]*\):\s*", "", text).rstrip(".")
    return text[:160] or type(cause).__name__
