"""What a response holds: where it sends us, how long it is, and its JSON."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterator
from contextlib import closing, nullcontext
from functools import partial
from typing import Any
from urllib.parse import urljoin, urlsplit

from neuromorpho.errors import (
    NeuroMorphoAnswerError,
    NeuroMorphoRedirectError,
    without_parameters,
)
from neuromorpho.http.failures import html_instead, is_page
from neuromorpho.http.retry import RetryableError
from neuromorpho.records.gc_pause import gc_paused


def closed(response: Any) -> Any:
    """Return a context that closes a response, if it can be closed."""
    return closing(response) if hasattr(response, "close") else nullcontext(response)


def followed(target: str, source: str, hosts: Collection[str]) -> str:
    """Return where a redirect leads, if that is one of `hosts`, and as safe as before.

    Raises
    ------
    NeuroMorphoRedirectError
        It leads elsewhere, away from https, or nowhere.
    """
    try:
        target = urljoin(source, target)
        there, here = urlsplit(target), urlsplit(source)
    except ValueError:
        raise _unfollowed(source, "an address that is none") from None
    if there.netloc.lower().removesuffix(":443") not in hosts:
        host = there.netloc or "no host"
        raise _unfollowed(source, f"{host}, which is not NeuroMorpho.Org")
    if there.scheme != "https" and (here.scheme == "https" or there.scheme != here.scheme):
        raise _unfollowed(source, f"{there.scheme}, which is not encrypted")
    return target


def _unfollowed(source: str, where: str) -> NeuroMorphoRedirectError:
    return NeuroMorphoRedirectError(
        f"{without_parameters(source)} redirects to {where}, which was not followed. Please report this "
        "if it persists.",
        status=302,
        url=source,
    )


def length_of(response: Any) -> int | None:
    """Return the bytes that a body was announced to have; None if not told, or they are packed."""
    headers = getattr(response, "headers", None) or {}
    text = str(headers.get("Content-Length") or "")
    is_plain = not (headers.get("Content-Encoding") or headers.get("Transfer-Encoding"))
    return int(text) if text.isascii() and text.isdigit() and is_plain else None


def whole(response: Any, url: str, chunks: Iterator[bytes]) -> Callable[[], Any]:
    """Read a response to its end; return what parses its JSON, for which it is not needed any more.

    A caller's own session may give it parsed only.
    """
    if getattr(response, "headers", None) is not None:
        return partial(_parsed, b"".join(chunks), url)
    try:
        data = response.json()
    except ValueError as error:
        raise RetryableError(_no_json(url, error)) from error
    return lambda: data


def _parsed(content: bytes, url: str) -> Any:
    if is_page(content):
        raise RetryableError(html_instead(content, url, "data"))
    try:
        return _loaded(content)
    except (ValueError, RecursionError) as error:
        raise RetryableError(_no_json(url, error if content.strip() else "it is empty")) from error


def _loaded(content: bytes) -> Any:
    """Return parsed JSON: fast, and by Python's own reader what the fast one refuses (NaN, odd text)."""
    import orjson

    try:
        with gc_paused():
            return orjson.loads(content)
    except ValueError:
        return json.loads(content)


def _no_json(url: str, why: object) -> NeuroMorphoAnswerError:
    said = " ".join(str(why).split())
    return NeuroMorphoAnswerError(
        f"The response from {without_parameters(url)} is not valid JSON ({said}); try again later.",
        url=url,
    )
