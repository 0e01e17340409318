"""One request with retries, for a caller without a client."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

from neuromorpho.http.retry import check_status, with_retries


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
    """Return the response of a GET that succeeded, after some tries if need be.

    Parameters
    ----------
    session
        Anything with ``.get(url, **kwargs)``.
    timeout
        Seconds, as requests takes them.
    attempts
        Tries at most.
    backoff_base
        Seconds of the first wait; each further one is twice as long, up to 30 s, plus jitter.

    Raises
    ------
    ValueError
        `attempts` is less than 1.
    NeuroMorphoNotFoundError
        The server has no such thing (404); not tried again.
    NeuroMorphoHTTPError
        Another refusal, at once; or the last of the failures, status 0 where nothing answered.
    """
    from neuromorpho.http.failures import network_errors, unreachable

    def once() -> Any:
        try:
            response = session.get(url, params=params, timeout=timeout)
        except network_errors() as error:
            raise unreachable(error, url) from error
        check_status(response, url)
        return response

    return with_retries(once, attempts=attempts, backoff_base=backoff_base, sleep=sleep)
