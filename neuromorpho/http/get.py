"""`request_with_retry`: one request with retries, for a caller without a client."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

from neuromorpho.http.failures import (
    RetryableError,
    backoff,
    check_status,
    error_of_request,
    network_errors,
)


def request_with_retry(
    session: Any,
    url: str,
    *,
    timeout: float,
    attempts: int = 3,
    backoff_base: float = 0.5,
    params: Mapping[str, Any] | None = None,
    sleep: Callable[[float], None] = time.sleep,
) -> Any:
    """Return the response of a successful GET, after some retries if necessary.

    Parameters
    ----------
    session
        Anything with ``.get(url, **kwargs)``.
    timeout
        Seconds, as in requests.
    attempts
        Largest number of attempts.
    backoff_base
        Seconds before the first retry; each further wait is twice as long, up to 30 s, plus jitter.

    Raises
    ------
    ValueError
        `attempts` is less than 1.
    NeuroMorphoNotFoundError
        The server has no such record (404); not retried.
    NeuroMorphoHTTPError
        Another refusal, not retried; or the last failure, status 0 where nothing answered.
    """
    if attempts < 1:
        raise ValueError(f"attempts is {attempts}; there must be one attempt at least.")
    for number in range(attempts):
        try:
            return _get(session, url, params, timeout)
        except RetryableError as failure:
            if number + 1 == attempts:
                raise failure.error from failure.__cause__
            sleep(max(failure.after_s or 0.0, backoff(number, backoff_base)))
    raise AssertionError("unreachable")


def _get(session: Any, url: str, params: Mapping[str, Any] | None, timeout: float) -> Any:
    try:
        response = session.get(url, params=params, timeout=timeout)
    except network_errors() as error:
        raise error_of_request(error, url) from error
    check_status(response, url)
    return response
