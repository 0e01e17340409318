"""What works behind the archive's service: one client, its library, two lanes of threads. No Qt.

Theory. Questions to the network and to the library have lanes of their own, so that a server that does not
answer never holds up a search of the library. A thread never calls anybody: it puts what it has into the
`Outbox` and rings; whoever owns the desk takes it out in a thread of its own choice. Once the outbox is
closed nothing rings any more, so a thread that ends late, in the system's search for a host, does no harm.
"""

from __future__ import annotations

import threading
import time
import traceback
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from app.archive.connection.failure import OFFLINE, REPAIR_LIBRARY, Failure, window_text
from app.archive.connection.status import (
    ConnectionSample,
    classify_response,
    has_no_network,
    is_file_url,
    is_outage,
)
from app.tasks.worker_pool import WorkerPool
from backends.errors import SomascopeError
from neuromorpho.errors import (
    NeuroMorphoCancelled,
    NeuroMorphoError,
)
from neuromorpho.http.cancel import LinkedEvent

if TYPE_CHECKING:
    from neuromorpho.client import NeuroMorphoClient
    from neuromorpho.library.library import Library
    from neuromorpho.urls import Site

N_NETWORK_THREADS = 3


@dataclass(frozen=True, slots=True)
class RequestCancelled:
    """What was asked ended because somebody cancelled."""


@dataclass(eq=False)
class Request:
    """One thing asked, as a thread knows it.

    Whom the answer is for is not here: a thread that lets go of it last would destroy a widget.

    Attributes
    ----------
    work
        Called with the client or the library, in a thread.
    cancel
        Set once nobody wants it any more.
    is_refused : bool
        The user went offline while it was under way.
    """

    channel: str
    work: Callable[[Any], Any]
    of_library: bool = False
    cancel: threading.Event = field(default_factory=threading.Event)
    is_refused: bool = False


@dataclass(frozen=True, slots=True)
class RequestFinished:
    """An ask came to its end: `result` is what the work returned, a `Failure`, or `Cancelled`."""

    request: Request
    result: Any


@dataclass(frozen=True, slots=True)
class ConnectionObserved:
    """An answer told something of the connection.

    Attributes
    ----------
    url : str
        What was asked, and so which server.
    n_cells : int or None
        How many cells the library has; counted only where nothing else is left.
    """

    sample: ConnectionSample
    url: str
    n_cells: int | None


@dataclass(frozen=True, slots=True)
class LibraryWriteFailed:
    """The library takes in nothing of what is answered, and why; "" once it does again."""

    sentence: str


WorkerEvent = RequestFinished | ConnectionObserved | LibraryWriteFailed


class EventQueue:
    """What the threads have to tell.

    Parameters
    ----------
    ring
        Called in a thread after something was put in; never after `close`.
    """

    def __init__(self, ring: Callable[[], None]) -> None:
        self._ring: Callable[[], None] | None = ring
        self._posts: deque[WorkerEvent] = deque()
        self._lock = threading.Lock()

    def put(self, post: WorkerEvent) -> None:
        """Add something, and ring."""
        with self._lock:
            if self._ring is not None:
                self._posts.append(post)
                self._ring()

    def pop(self) -> WorkerEvent | None:
        """Return the oldest, None where there is none."""
        with self._lock:
            return self._posts.popleft() if self._posts else None

    def close(self) -> None:
        """Drop everything, whoever would hear the ring too; nothing rings after."""
        with self._lock:
            self._ring = None
            self._posts.clear()


class ArchiveWorker:
    """Does what is asked, in threads.

    Parameters
    ----------
    make_client
        Makes the client, in a thread, when it is first needed.
    ring
        See `Outbox`.
    """

    def __init__(
        self, make_client: Callable[[], NeuroMorphoClient], ring: Callable[[], None]
    ) -> None:
        self.events = EventQueue(ring)
        self.offline = threading.Event()
        self._make_client = make_client
        self._client: NeuroMorphoClient | None = None
        self._site: Site | None = None
        self._lock = threading.Lock()
        self._closing = threading.Event()
        self._network = WorkerPool("archive-network", N_NETWORK_THREADS)
        self._disk = WorkerPool("archive-library", 1)
        self._begun: dict[int, tuple[float, int]] = {}
        self._unkept = ""
        self._n_turns = 0

    # ------------------------------------------------------------------------------ for its owner

    def put(self, ask: Request, priority: int) -> None:
        """Have something done."""
        lane = self._disk if ask.of_library else self._network
        lane.put(lambda: self._do(ask), priority)

    def turn_to(self, site: Site) -> None:
        """Ask another server from now on."""
        with self._lock:
            self._n_turns += 1
            self._site = site
            if self._client is not None:
                self._client.transport.turn_to(site)

    def longest_wait(self) -> float:
        """Return for how many seconds the oldest question to the API waits for its answer; 0 for none."""
        begun = [moment for moment, _ in list(self._begun.values())]
        return max(0.0, time.monotonic() - min(begun)) if begun else 0.0

    def close(self, timeout_s: float) -> bool:
        """End everything; return whether every thread ended in time."""
        deadline = time.monotonic() + timeout_s
        self.events.close()
        self._closing.set()
        self._network.close()
        self._disk.close()
        ended = [lane.join(deadline) for lane in (self._network, self._disk)]
        with self._lock:
            if self._client is not None:
                self._client.close()
                self._client = None
        return all(ended)

    # ------------------------------------------------------------------------------- for any thread

    def client_for(self, cancel: threading.Event) -> NeuroMorphoClient:
        """Return a client that ends when `cancel` is set, when the user goes offline, or at the close."""
        return self._shared().with_cancel(LinkedEvent(cancel, self.offline, self._closing))

    def library(self) -> Library:
        """Return the library.

        Raises
        ------
        NeuroMorphoError
            It cannot be opened.
        """
        client = self._shared()
        if client.library is None:
            raise client.library_problem or NeuroMorphoError(
                "There is no library here.", code="no-library"
            )
        return client.library

    def submitted(self, url: str) -> None:
        """Take note that a question began (`transport.Listener`)."""
        begun = float("inf") if is_file_url(url) else time.monotonic()  # a file may take its time
        self._begun[threading.get_ident()] = (begun, self._n_turns)

    def answered(self, url: str, seconds: float, error: Exception | None) -> None:
        """Take note of how it ended (`transport.Listener`)."""
        _, n_turns = self._begun.pop(threading.get_ident())
        evidence = classify_response(url, seconds, error)
        is_of_before = n_turns != self._n_turns  # of a server that was turned away from
        if evidence is None or is_of_before or self._closing.is_set():
            return
        is_bad = evidence.state in {"down", "offline"}
        n_cells = self._n_cells() if is_bad else None
        self.events.put(ConnectionObserved(evidence, url, n_cells))

    # ---------------------------------------------------------------------------------------- inside

    def _shared(self) -> NeuroMorphoClient:
        with self._lock:
            if self._closing.is_set():
                raise NeuroMorphoCancelled("The work with NeuroMorpho.Org has ended.")
            if self._client is None:
                self._client = self._make_client()
                self._client.transport.listener = self
                if self._site is not None:
                    self._client.transport.turn_to(self._site)
            return self._client

    def _n_cells(self) -> int | None:
        try:
            return len(self.library())
        except NeuroMorphoError:
            return None

    def _do(self, ask: Request) -> None:
        if not ask.cancel.is_set():
            self.events.put(RequestFinished(ask, self._result(ask)))
            self._tell_unkept()

    def _tell_unkept(self) -> None:
        """Tell once that the library cannot take in what is answered, and once that it can again."""
        client = self._client
        problem = None if client is None else client.library_problem
        sentence = "" if problem is None else window_text(problem)
        with self._lock:
            is_new, self._unkept = sentence != self._unkept, sentence
        if is_new:
            self.events.put(LibraryWriteFailed(sentence))

    def _result(self, ask: Request) -> Any:
        try:
            if ask.of_library:
                return ask.work(self.library())
            return ask.work(self.client_for(ask.cancel))
        except NeuroMorphoCancelled:
            is_refused = ask.is_refused or self.offline.is_set()
            return Failure(OFFLINE, is_outage=True) if is_refused else RequestCancelled()
        except NeuroMorphoError as error:
            is_out = is_outage(error) or has_no_network(error)
            can_repair = error.hint == REPAIR_LIBRARY
            return Failure(window_text(error), traceback.format_exc(), is_out, can_repair)
        except SomascopeError as error:
            return Failure(error.message, error.details or traceback.format_exc())
        except Exception as error:  # this is where the work's life is owned
            sentence = f"What was asked of NeuroMorpho.Org ({ask.channel}) stopped: {error!r}."
            return Failure(sentence, traceback.format_exc())
