"""How an outage looks: nothing answers, a notice in HTML where data should be, a cut connection."""

from __future__ import annotations

import re
from typing import Any

from neuromorpho.errors import (
    NeuroMorphoAnswerError,
    NeuroMorphoDownError,
    NeuroMorphoError,
    NeuroMorphoHTTPError,
)
from neuromorpho.http import DOWN_HINT, TryAgain

_NOTICE = re.compile(rb"interruption|maintenance|unavailable|temporarily|outage|down for", re.I)
_TITLE = re.compile(rb"<title[^>]*>(.*?)</title>", re.I | re.S)


def failures() -> tuple[type[BaseException], ...]:
    """Return what a request raises where no whole answer came; imports requests."""
    import requests
    import urllib3

    return (requests.RequestException, urllib3.exceptions.HTTPError, OSError)


def unreachable(error: BaseException, url: str) -> Exception:
    """Return what a failed request means: worth another try, or not."""
    import requests

    said = _first_words(error)
    if isinstance(error, requests.exceptions.SSLError):
        return NeuroMorphoHTTPError(
            f"The certificate of {url} cannot be verified ({said}); nothing was read from there.",
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
        return NeuroMorphoHTTPError(f"{url} cannot be asked ({said}).", status=0, url=url)
    return TryAgain(
        NeuroMorphoDownError(
            f"NeuroMorpho.Org does not answer at {url} ({said}); look at the network, "
            f"or: {DOWN_HINT}.",
            status=0,
            url=url,
        )
    )


def is_page(start: bytes) -> bool:
    """Return whether something begins like a web page."""
    head = start[:1024].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    return head.startswith((b"<!doctype html", b"<html", b"<head", b"<body"))


def page_instead(start: bytes, url: str, what: str, status: int = 200) -> NeuroMorphoError:
    """Return what a web page in the place of `what` means: an outage where it says so."""
    found = _TITLE.search(start)
    title = " ".join(found[1].decode("utf-8", "replace").split())[:80] if found else ""
    if _NOTICE.search(start):
        return NeuroMorphoDownError(
            f"NeuroMorpho.Org is down ({title or 'it shows a notice'}) at {url}; {DOWN_HINT}.",
            status=status,
            url=url,
        )
    called = f" ({title})" if title else ""
    return NeuroMorphoAnswerError(
        f"{url} sent a web page{called} instead of {what}; nothing of it was kept.", url=url
    )


def _first_words(error: BaseException) -> str:
    """Return what is wrong, without the objects that requests wraps it in."""
    cause: Any = error
    for _ in range(6):
        reason = getattr(cause, "reason", None)
        inner = reason if isinstance(reason, BaseException) else None
        if inner is None and cause.args and isinstance(cause.args[0], BaseException):
            inner = cause.args[0]
        if inner is None:
            break
        cause = inner
    text = " ".join(str(cause).split())
    text = re.sub(r"^<[^>]*>:\s*|^\w+\([^)]*\):\s*", "", text).rstrip(".")
    return text[:160] or type(cause).__name__
