"""`ArchiveConnection`: the server, the cache folder and the library of a client."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterable
from copy import copy
from numbers import Integral, Real
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from neuromorpho.cache.cache import NeuroMorphoCache
from neuromorpho.errors import NeuroMorphoError
from neuromorpho.http.failures import DEFAULT_TIMEOUT
from neuromorpho.http.rate_limiter import RateLimiter
from neuromorpho.http.transport import Transport
from neuromorpho.library.recorder import LibraryRecorder
from neuromorpho.records.measurements import NeuroMorphoMeasurement
from neuromorpho.records.models import NeuroMorphoNeuron
from neuromorpho.records.parsing import short_repr
from neuromorpho.urls import MIRROR, NEUROMORPHO, Site

if TYPE_CHECKING:
    from neuromorpho.library.library import Library

_MOST_SKIPPED = 100


class ArchiveConnection:
    """What a client works with; the parameters are those of `client.NeuroMorphoClient`.

    Attributes
    ----------
    timeout, retries, backoff_base
        As given.
    transport
        What makes the requests; its state has their number and the site in use.
    cache
        The cache; None if there is no folder.
    recorder
        Opens the library, and saves in it what is received.
    skipped : deque of str
        One sentence for each response of which invalid records were left out; the last hundred.
    """

    def __init__(
        self,
        session: Any = None,
        *,
        timeout: float = DEFAULT_TIMEOUT,
        cache_dir: str | Path | None = None,
        retries: int = 3,
        backoff_base: float = 0.5,
        base_url: str | None = None,
        mirror: str | bool | None = None,
        limiter: RateLimiter | None = None,
        cancel: threading.Event | None = None,
        library: Library | None = None,
    ) -> None:
        _check_options(session, timeout, retries, backoff_base, limiter)
        self.transport = Transport(
            session,
            site=Site(base_url) if base_url else NEUROMORPHO,
            mirror=MIRROR if mirror is True else Site(mirror) if mirror else None,
            timeout=timeout,
            retries=retries,
            backoff_base=backoff_base,
            limiter=limiter,
            cancel=cancel,
        )
        self.timeout, self.retries, self.backoff_base = timeout, retries, backoff_base
        self.cache = None if cache_dir is None else NeuroMorphoCache(Path(cache_dir).expanduser())
        self.recorder = LibraryRecorder(self.cache_dir, library)
        self.skipped: deque[str] = deque(maxlen=_MOST_SKIPPED)

    @property
    def session(self) -> Any:
        """What sends the requests."""
        return self.transport.state.session

    @property
    def site(self) -> Site:
        """The server in use; its mirror after the server went down, if a mirror is allowed."""
        return self.transport.state.site

    @property
    def cancel(self) -> threading.Event | None:
        """What ends this client's work when set; None if there is nothing."""
        return self.transport.cancel

    @property
    def cache_dir(self) -> Path | None:
        """The folder of the cache; None if there is none."""
        return None if self.cache is None else self.cache.root

    @property
    def library(self) -> Library | None:
        """The library of received records; None without a cache, or if it cannot be opened."""
        return self.recorder.library

    @property
    def library_problem(self) -> NeuroMorphoError | None:
        """Why the library could not save something; None while it could. No result is lost by that."""
        return self.recorder.problem

    def record(
        self,
        neurons: Iterable[NeuroMorphoNeuron] = (),
        measurements: Iterable[NeuroMorphoMeasurement] = (),
    ) -> None:
        """Add what was received to the library; if that fails, `library_problem` has the reason."""
        self.recorder.record(neurons, measurements, self.site.root)

    def with_cancel(self, cancel: threading.Event) -> Self:
        """Return a client that shares everything with this one, and also ends when `cancel` is set."""
        other = copy(self)
        other.transport = self.transport.with_cancel(cancel)
        return other

    def before_parse(self, callback: Callable[[], object]) -> Self:
        """Return a client that shares everything with this one, and calls `callback` before it parses."""
        other = copy(self)
        other.transport = self.transport.before_parse(callback)
        return other

    def without_library(self) -> Self:
        """Return a client that shares everything with this one but the library: it saves no records."""
        other = copy(self)
        other.recorder = LibraryRecorder(None)
        return other

    def close(self) -> None:
        """Close the session and the library, if this client made them."""
        self.transport.close()
        self.recorder.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _check_options(
    session: Any, timeout: Any, retries: Any, backoff_base: Any, limiter: Any
) -> None:
    """Refuse invalid options now, so that not the first request fails."""
    if session is not None and not callable(getattr(session, "get", None)):
        raise TypeError(
            f"{short_repr(session)} is not a session: it has no get. Give a folder as cache_dir=…."
        )
    if limiter is not None and not callable(getattr(limiter, "wait", None)):
        raise TypeError(f"{short_repr(limiter)} is not a limiter; give RateLimiter({limiter!r}).")
    if not isinstance(retries, Integral) or retries < 1:
        raise ValueError(f"retries is {retries!r}; give 1 or more.")
    for name, seconds in (("timeout", timeout), ("backoff_base", backoff_base)):
        given = float(seconds) if isinstance(seconds, Real) else -1.0
        if not 0 <= given < float("inf") or (name == "timeout" and not given):
            least = "> 0" if name == "timeout" else ">= 0"
            raise ValueError(f"{name} is {seconds!r}; it must be a number of seconds {least}.")
