"""The archive as the window sees it: ask something, hear the answer in the GUI thread.

Theory. `desk` has the threads; here is the GUI thread's side: which questions somebody still waits for. A
question that was cancelled, or replaced by a newer one on its channel, is forgotten at once, so whatever a
thread still brings for it is dropped. Threads ring by a signal that is queued to a bound method of the
service; nothing else crosses. Nothing is asked of the network but what the user asked.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit

from PySide6.QtCore import QObject, Qt, QTimer, Signal

from app.archive.connection.failure import Failure
from app.archive.connection.status import SERVER, Connection, ConnectionTracker
from app.archive.connection.worker import (
    ArchiveWorker,
    ConnectionObserved,
    LibraryWriteFailed,
    Request,
    RequestCancelled,
    RequestFinished,
)
from neuromorpho.cache.cache import default_cache_dir
from neuromorpho.urls import MIRROR, NEUROMORPHO, Site

if TYPE_CHECKING:
    from neuromorpho.client import NeuroMorphoClient
    from neuromorpho.http.rate_limiter import RateLimiter
    from neuromorpho.library.library import Library

__all__ = ["ArchiveService", "Connection", "Failure"]

T = TypeVar("T")
Done = Callable[[Any], None]
RequestFailed = Callable[[Failure], None] | None
_TIMEOUT_S = 20.0
_LOOK_EVERY_MS = 500
_CHECK = "connection"


class ArchiveService(QObject):
    """Asks NeuroMorpho.Org and the library in threads, and gives the answers to the GUI thread.

    Parameters
    ----------
    base_url
        Root of another server, such as the loopback one of the tests.
    cache_dir
        Folder of the cache and the library; by default this user's.
    mirror
        True for the archive's mirror, or the root of another: turned to by itself once the server is
        down. `use_mirror` turns to it at once.
    timeout, retries, backoff_base, limiter
        As `NeuroMorphoClient` takes them.

    Signals
    -------
    busyChanged(bool)
        Whether anything asked has no answer yet.
    connectionChanged(Connection)
        How the server answers; learned from what was asked.
    unkept(str)
        Why the library takes in nothing of what is answered; "" once it does again.
    requestFailed(str, Failure)
        Something failed that was asked without a `failed`: its channel and why.
    """

    busyChanged = Signal(bool)
    connectionChanged = Signal(object)
    libraryWriteFailed = Signal(str)
    requestFailed = Signal(str, object)
    _rang = Signal()

    def __init__(
        self,
        parent: QObject | None = None,
        *,
        base_url: str | None = None,
        cache_dir: Path | None = None,
        mirror: str | bool | None = None,
        timeout: float = _TIMEOUT_S,
        retries: int = 3,
        backoff_base: float = 0.5,
        limiter: RateLimiter | None = None,
    ) -> None:
        super().__init__(parent)
        self._site = Site(base_url) if base_url else NEUROMORPHO
        self._mirror = Site(mirror) if isinstance(mirror, str) else MIRROR
        folder = default_cache_dir(base_url) if cache_dir is None else Path(cache_dir)
        self._cache_dir = folder
        root = self._site.root

        def make_client() -> NeuroMorphoClient:  # for a thread: it must not hold this object
            from neuromorpho.client import NeuroMorphoClient

            return NeuroMorphoClient(
                base_url=root,
                cache_dir=folder,
                mirror=mirror,
                timeout=timeout,
                retries=retries,
                backoff_base=backoff_base,
                limiter=limiter,
            )

        self._desk = ArchiveWorker(make_client, self._rang.emit)
        self._line = ConnectionTracker()
        self._told = self._line.connection
        self._asks: dict[Request, tuple[Done, RequestFailed]] = {}
        self._is_busy = self._is_closed = False
        self._rang.connect(self._take_posts, Qt.ConnectionType.QueuedConnection)
        self._look = QTimer(self)
        self._look.setInterval(_LOOK_EVERY_MS)
        self._look.timeout.connect(self._look_at_waiting)

    # -------------------------------------------------------------------------------------- asking

    def request(
        self,
        channel: str,
        work: Callable[[NeuroMorphoClient], T],
        done: Callable[[T], None],
        failed: Callable[[Failure], None] | None = None,
        *,
        latest: bool = True,
        priority: int = 0,
    ) -> None:
        """Have something done with the client, in a thread; the network may be asked.

        Parameters
        ----------
        channel
            Whose question it is, as ``"search/page"``.
        work
            Called with a client of its own that a cancel ends; in a thread, so it touches nothing of Qt.
        done, failed
            Called in the GUI thread with what `work` returned, or why it could not; one of them, once,
            and neither after a cancel or the close. Without `failed`, `requestFailed` tells it.
        latest
            Whether this replaces what was asked on the channel before.
        priority
            What is higher is begun earlier; 0 for what the user waits for, below for what may wait.
        """
        self._put(Request(channel, work), done, failed, latest, priority)

    def query_library(
        self,
        channel: str,
        work: Callable[[Library], T],
        done: Callable[[T], None],
        failed: Callable[[Failure], None] | None = None,
        *,
        latest: bool = True,
        priority: int = 0,
    ) -> None:
        """Have something done with the library; the network is never asked.

        As `ask`, whose channels these are too: on one channel the newest replaces the others, of either.
        """
        self._put(Request(channel, work, of_library=True), done, failed, latest, priority)

    def cancel(self, channel_prefix: str = "") -> None:
        """Forget what was asked on the channels that begin so; "" for all."""
        self._forget([each for each in self._asks if each.channel.startswith(channel_prefix)])
        self._tell_busy()

    def is_busy(self, channel_prefix: str = "") -> bool:
        """Return whether anything asked on the channels that begin so has no answer yet."""
        return any(each.channel.startswith(channel_prefix) for each in self._asks)

    def client_for(self, cancel: threading.Event) -> NeuroMorphoClient:
        """Return a client for a thread of one's own: it ends when `cancel` is set, when the user goes
        offline, or when the service closes, and the connection is learned from it as well. Never close it.
        """
        return self._desk.client_for(cancel)

    def close(self, timeout_s: float = 2.0) -> bool:
        """Cancel everything and end the threads; return whether all ended in time."""
        if self._is_closed:
            return True
        self._is_closed = True
        self._look.stop()
        self._forget(list(self._asks))
        return self._desk.close(timeout_s)

    # -------------------------------------------------------------------------------- the connection

    @property
    def cache_dir(self) -> Path:
        """The folder of the cache, the library and the downloads; it may not be there yet."""
        return self._cache_dir

    @property
    def connection(self) -> Connection:
        """How the server answers."""
        return self._line.connection

    def check(self) -> None:
        """Ask the server for a small thing, to learn whether it answers; the user asked for it."""
        self.request(_CHECK, lambda client: client.count(), lambda _: None, priority=1)

    def set_offline(self, is_offline: bool) -> None:
        """Ask nothing of the network, or ask again; what is under way ends as a failure."""
        event = self._desk.offline
        if is_offline:
            for each in self._asks:
                each.is_refused = True
            event.set()
            self.query_library(_CHECK, len, self._take_count, latest=False)
        else:
            event.clear()
        self._line.set_offline(is_offline)
        self._tell_connection()

    def use_mirror(self, is_mirror: bool = True) -> None:
        """Ask the mirror from now on, or the server again."""
        site = self._mirror if is_mirror else self._site
        self._desk.turn_to(site)
        self._line.switch_server(self._name_of(site.root))
        self._tell_connection()

    # ---------------------------------------------------------------------------------------- inside

    def _put(
        self, ask: Request, done: Done, failed: RequestFailed, latest: bool, priority: int
    ) -> None:
        if self._is_closed:
            return
        if latest:
            self._forget([each for each in self._asks if each.channel == ask.channel])
        self._asks[ask] = (done, failed)
        self._desk.put(ask, priority)
        if not self._look.isActive():
            self._look.start()
        self._tell_busy()

    def _forget(self, asks: list[Request]) -> None:
        for each in asks:
            each.cancel.set()
            del self._asks[each]

    def _take_posts(self) -> None:
        """Hand over what the threads brought; each ring is for one post."""
        match self._desk.events.pop():
            case ConnectionObserved(evidence, url, n_cells):
                self._line.set_server(self._name_of(url))
                if n_cells is not None:
                    self._line.n_cells = n_cells
                self._line.record(evidence)
                self._tell_connection()
            case LibraryWriteFailed(sentence):
                self.libraryWriteFailed.emit(sentence)
            case RequestFinished(ask, result) if ask in self._asks:
                done, failed = self._asks.pop(ask)
                self._tell_busy()
                match result:
                    case RequestCancelled():
                        pass
                    case Failure() if failed is not None:
                        failed(result)
                    case Failure():
                        self.requestFailed.emit(ask.channel, result)
                    case _:
                        done(result)

    def _take_count(self, n_cells: int) -> None:
        self._line.set_n_cells(n_cells)
        self._tell_connection()

    def _look_at_waiting(self) -> None:
        if not self._asks:
            self._look.stop()
        self._line.record_waiting(self._desk.longest_wait())
        self._tell_connection()

    def _tell_busy(self) -> None:
        is_busy = bool(self._asks)
        if is_busy != self._is_busy:
            self._is_busy = is_busy
            self.busyChanged.emit(is_busy)

    def _tell_connection(self) -> None:
        if self._line.connection != self._told:
            self._told = self._line.connection
            self.connectionChanged.emit(self._told)

    def _name_of(self, url: str) -> str:
        """Return what the server of an address is called."""
        is_first = f"{url}/".startswith(f"{self._site.root}/")
        return SERVER if is_first else f"its mirror ({urlsplit(url).netloc})"
