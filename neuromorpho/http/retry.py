"""One request and its tries: what is worth another try, how long to wait, what is said when none is left.

`request_with_retry` is the plain form for one GET. `Transport` (in `transport`) adds pace, caps, redirects
and a mirror, by the same rules.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from neuromorpho.errors import (
    NeuroMorphoDownError,
    NeuroMorphoError,
    NeuroMorphoHTTPError,
    NeuroMorphoNotFoundError,
    without_parameters,
)

DEFAULT_TIMEOUT = 30.0
"""Seconds until an answer must begin, and between two pieces of it."""
MAX_BACKOFF_SECONDS = 30.0
"""The longest wait between two tries, jitter aside."""
MAX_RETRY_AFTER_SECONDS = 120.0
"""A server that asks for a longer wait is taken to be down."""
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


class RetryableError(Exception):
    """Raised inside a try: it failed in a way that another one may not.

    Attributes
    ----------
    error : NeuroMorphoError
        What to raise if there is no further try.
    after_s : float or None
        Seconds that the server asks to wait.
    """

    def __init__(self, error: NeuroMorphoError, after_s: float | None = None) -> None:
        super().__init__(str(error))
        self.error = error
        self.after_s = after_s


def with_retries(
    once: Callable[[], Any],
    *,
    attempts: int,
    backoff_base: float,
    sleep: Callable[[float], None] = time.sleep,
) -> Any:
    """Return what `once` returns, calling it again where it raises `TryAgain`."""
    if attempts < 1:
        raise ValueError(f"attempts is {attempts}; a request must be tried once at least.")
    for attempt in range(attempts):
        try:
            return once()
        except RetryableError as failure:
            if attempt + 1 == attempts:
                raise failure.error from failure.__cause__
            sleep(max(failure.after_s or 0.0, backoff(attempt, backoff_base)))
    raise AssertionError("unreachable")


def backoff(attempt: int, base: float) -> float:
    """Return the seconds to wait after a try, counted from 0: doubling, capped, with jitter."""
    return min(base * 2.0 ** min(attempt, 60), MAX_BACKOFF_SECONDS) + random.uniform(0.0, base)


def check_status(response: Any, url: str) -> None:
    """Raise what a response's status means; a missing one counts as a failure."""
    status = getattr(response, "status_code", None)
    status = status if isinstance(status, int) else 0
    if 200 <= status < 400:
        return
    if status == 404:
        raise NeuroMorphoNotFoundError(
            f"NeuroMorpho.Org has no {without_parameters(url)}.", url=url
        )
    after_s = retry_after(response)
    if not status or status >= 500 or (after_s or 0.0) > MAX_RETRY_AFTER_SECONDS:
        raise _down(status, url, after_s)
    code, hint, advice = _REFUSALS.get(status, ("refused", "", "check the address"))
    refused = NeuroMorphoHTTPError(
        f"NeuroMorpho.Org refused {without_parameters(url)} (status {status}); {advice}.",
        code=code,
        hint=hint,
        status=status,
        url=url,
    )
    if status == 429:
        raise RetryableError(refused, after_s)
    raise refused


def _down(status: int, url: str, after_s: float | None) -> Exception:
    """Return the failure of a server that is down; not worth a try if it says to come back much later."""
    asks = "" if after_s is None else f", and asks to come back in {after_s:.0f} s"
    error = NeuroMorphoDownError(
        f"NeuroMorpho.Org is down (status {status}{asks}) at {without_parameters(url)}; {MEANWHILE}.",
        status=status,
        url=url,
    )
    return error if (after_s or 0.0) > MAX_RETRY_AFTER_SECONDS else RetryableError(error, after_s)


def retry_after(response: Any) -> float | None:
    """Return the seconds that ``Retry-After`` asks for, whether it says seconds or a date; else None."""
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
