"""`SharedClient`: the archive's one client, shared by all threads. No Qt.

It opens the client and its library when they are first needed, ends requests when the user cancels, goes
offline or closes the window, and posts what each response shows about the connection.
"""

from __future__ import annotations

import threading
import time
import traceback
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from app.archive.connection.failure import OFFLINE, REPAIR_LIBRARY, Failure, window_text
from app.archive.connection.status import (
    OnDisk,
    classify_response,
    has_no_network,
    is_file_url,
    is_outage,
)
from app.tasks.runner import Progress, Task, TaskFailure, failure_of as other_failure_of
from neuromorpho.cache.cache import NeuroMorphoCache
from neuromorpho.errors import NeuroMorphoCancelled, NeuroMorphoError
from neuromorpho.http.cancel import LinkedEvent

if TYPE_CHECKING:
    from neuromorpho.client import NeuroMorphoClient
    from neuromorpho.library.library import Library
    from neuromorpho.urls import Site


_OFFLINE_CODE = "offline"


class SharedClient:
    """Opens, lends and closes the client.

    Parameters
    ----------
    post
        Called in threads with a `ConnectionSample`; or with a sentence: why the library saves no results,
        "" once it saves them again.
    options
        Of the client, which is made in the thread that needs it first.
    """

    def __init__(self, post: Callable[[object], None], options: dict[str, Any]) -> None:
        self._post, self._options = post, options
        self._client: NeuroMorphoClient | None = None
        self._site: Site | None = None
        self._n_switches = 0
        self._problem = ""
        self._lock = threading.Lock()  # over what is above
        self._offline, self._closing = threading.Event(), threading.Event()
        self._running: dict[int, tuple[float, int]] = {}  # by thread: start (s), n_switches

    # ------------------------------------------------------------------------------ for its owner

    def set_offline(self, is_offline: bool) -> None:
        """End all requests and allow none, or allow requests again."""
        if is_offline:
            self._offline.set()
        elif self._offline.is_set():
            self._offline = threading.Event()  # the old one stays set, so what it ended stays ended

    def switch_site(self, site: Site) -> None:
        """Use another server from now on."""
        with self._lock:
            self._n_switches += 1
            self._site = site
            if self._client is not None:
                self._client.transport.state.use_site(site)

    def longest_wait(self) -> float:
        """Return for how many seconds the oldest request to the API has been waiting; 0 for none."""
        starts = [start for start, _ in list(self._running.values())]
        return max(0.0, time.monotonic() - min(starts)) if starts else 0.0

    def cancel_all(self) -> None:
        """End all requests for good; the client can still be closed."""
        self._closing.set()

    def close(self) -> None:
        """Close the client."""
        with self._lock:
            if self._client is not None:
                self._client.close()
                self._client = None

    # ------------------------------------------------------------------------------- for any thread

    def client_for(self, cancel: threading.Event) -> NeuroMorphoClient:
        """Return a client whose requests end when `cancel` is set, when the user goes offline, or at the end."""
        return self._shared().with_cancel(LinkedEvent(cancel, self._offline, self._closing))

    def run(self, work: Callable[[NeuroMorphoClient], Any], task: Task) -> Any:
        """Do a task's work with a client."""
        offline = self._offline
        try:
            return work(self.client_for(task.cancelled))
        except NeuroMorphoCancelled as error:
            if offline.is_set():
                raise NeuroMorphoError(OFFLINE, code=_OFFLINE_CODE) from error
            raise
        finally:
            self._post_library_problem()

    def run_long(self, work: Callable[[NeuroMorphoClient, Progress], Any], task: Task) -> Any:
        """Do a task's work with a client, and with a `Progress` that raises after a cancel."""

        def report(sentence: str, share: float | None = None) -> None:
            if task.is_cancelled():
                raise NeuroMorphoCancelled("The task was cancelled.")
            task.report(sentence, share)

        return self.run(lambda client: work(client, report), task)

    def request_started(self, url: str) -> None:
        """Note that a request starts (`transport.RequestListener`)."""
        start = float("inf") if is_file_url(url) else time.monotonic()  # a file may take its time
        self._running[threading.get_ident()] = (start, self._n_switches)

    def request_ended(self, url: str, seconds: float, error: Exception | None) -> None:
        """Note how a request ended (`transport.RequestListener`)."""
        _, n_switches = self._running.pop(threading.get_ident())
        sample = classify_response(url, seconds, error)
        is_of_other_server = n_switches != self._n_switches
        if sample is None or is_of_other_server or self._closing.is_set():
            return
        on_disk = self._on_disk() if sample.state in {"down", "offline"} else None
        self._post(replace(sample, url=url, on_disk=on_disk))

    def _shared(self) -> NeuroMorphoClient:
        with self._lock:
            if self._closing.is_set():
                raise NeuroMorphoCancelled("The archive is being closed.")
            if self._client is None:
                from neuromorpho.client import NeuroMorphoClient

                self._client = NeuroMorphoClient(**self._options)
                self._client.transport.listener = self
                if self._site is not None:
                    self._client.transport.state.use_site(self._site)
            return self._client

    def _on_disk(self) -> OnDisk | None:
        try:
            return on_disk(library_of(self._shared()))
        except NeuroMorphoError:
            return None

    def _post_library_problem(self) -> None:
        """Post once that the library cannot save results, and once that it can again."""
        client = self._client
        problem = None if client is None else client.library_problem
        sentence = "" if problem is None else window_text(problem)
        with self._lock:
            is_new, self._problem = sentence != self._problem, sentence
        if is_new:
            self._post(sentence)


def on_disk(library: Library) -> OnDisk:
    """Return what works of a library and its cache folder without the server."""
    cache = NeuroMorphoCache(library.path.parent)
    return OnDisk(len(library), sum(map(cache.has_standard_swc, cache.list_neurons())))


def library_of(client: NeuroMorphoClient) -> Library:
    """Return a client's library.

    Raises
    ------
    NeuroMorphoError
        It has none, or it cannot be opened.
    """
    if client.library is not None:
        return client.library
    problem = NeuroMorphoError("There is no library here.", code="no-library")
    raise client.library_problem or problem


def failure_of(error: Exception) -> TaskFailure | None:
    """Return how an error of a request is shown; None for a cancelled request (`TaskRunner`)."""
    if isinstance(error, NeuroMorphoCancelled):
        return None
    if isinstance(error, NeuroMorphoError):
        if error.code == _OFFLINE_CODE:
            return Failure(error.message, is_outage=True)
        details = "".join(traceback.format_exception(error))
        is_out = is_outage(error) or has_no_network(error)
        can_repair = error.hint == REPAIR_LIBRARY
        return Failure(window_text(error), details, error.facts, is_out, can_repair)
    failure = other_failure_of(error)
    return None if failure is None else Failure(failure.message, failure.details)
