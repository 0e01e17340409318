"""Reading of responses: redirect targets, lengths, and JSON."""

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
from neuromorpho.http.failures import error_of_html, is_html
from neuromorpho.http.retry import RetryableError
from neuromorpho.records.gc_pause import gc_paused


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
        f"{without_parameters(source)} redirects to {where}, which was not followed. Please report this "
        "if it persists.",
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
    reason = " ".join(str(why).split())
    return NeuroMorphoAnswerError(
        f"The response from {without_parameters(url)} is not valid JSON ({reason}); try again later.",
        url=url,
    )
