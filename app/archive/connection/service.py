"""`ArchiveService`: requests to NeuroMorpho.Org and to the library, run in threads, with results in the GUI thread.

Requests to the network, the library and long tasks have threads of their own, so that a server that does not
respond never delays a search of the library. The network is used only for what the user requested.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit

from PySide6.QtCore import QObject, QTimer, Signal

from app.archive.connection.failure import Failure
from app.archive.connection.shared_client import SharedClient, failure_of, library_of, on_disk
from app.archive.connection.status import (
    SERVER,
    Connection,
    ConnectionSample,
    ConnectionTracker,
)
from app.tasks.runner import Progress, Task, TaskRunner
from neuromorpho.cache.cache import default_cache_dir
from neuromorpho.urls import MIRROR, NEUROMORPHO, Site

if TYPE_CHECKING:
    from neuromorpho.client import NeuroMorphoClient
    from neuromorpho.library.library import Library

__all__ = ["ArchiveService", "Connection", "Failure"]

T = TypeVar("T")
LONG = "long/"
"""How the channels of long tasks begin."""
_NETWORK, _LIBRARY, _LONG = "network", "library", "long"
_LANES = {_NETWORK: 3, _LIBRARY: 1, _LONG: 5}
_TIMEOUT_S = 20.0
_WATCH_EVERY_MS = 500
_CHECK = "connection"


class ArchiveService(TaskRunner):
    """Runs requests in threads and delivers their results in the GUI thread.

    A request that was cancelled, or replaced by a newer one on its channel, is forgotten at once: its result
    is dropped.

    Parameters
    ----------
    base_url
        Root of another server, such as the loopback one of the tests.
    cache_dir
        Folder of the cache and the library; by default this user's.
    mirror
        True for the archive's mirror, or the root of another: used automatically once the server is
        down. `use_mirror` switches to it at once.
    timeout, **client_options
        Options of `NeuroMorphoClient`.

    Attributes
    ----------
    cache_dir : Path
        The folder of the cache, the library and the downloads; it may not exist yet.
    client_for : callable
        Returns a client for a thread of the caller's, which never closes it. Its requests end when the event
        that it takes is set, when the user goes offline, or when the service closes.

    Signals
    -------
    connectionChanged(Connection)
        The state of the server; learned from the requests.
    libraryWriteFailed(str)
        Why the library saves no results; "" once it saves them again.
    requestFailed(str, Failure)
        A request failed that was made without `failed`: its channel and why.
    """

    connectionChanged = Signal(object)
    libraryWriteFailed = Signal(str)
    requestFailed = Signal(str, object)

    def __init__(
        self,
        parent: QObject | None = None,
        *,
        base_url: str | None = None,
        cache_dir: Path | None = None,
        mirror: str | bool | None = None,
        timeout: float = _TIMEOUT_S,
        **client_options: Any,
    ) -> None:
        super().__init__("archive", _LANES, parent, failure_of)
        self._site = Site(base_url) if base_url else NEUROMORPHO
        self._mirror = Site(mirror) if isinstance(mirror, str) else MIRROR
        self.cache_dir = default_cache_dir(base_url) if cache_dir is None else Path(cache_dir)
        self.messagePosted.connect(self._take_message)
        client_options |= {"base_url": self._site.root, "cache_dir": self.cache_dir}
        client_options |= {"mirror": mirror, "timeout": timeout}
        self._shared = shared = SharedClient(self.post, client_options)
        self.client_for = shared.client_for
        self._tracker = ConnectionTracker(self.connectionChanged.emit)
        self._watch = QTimer(self, interval=_WATCH_EVERY_MS)
        self._watch.timeout.connect(self._watch_waiting)

    # ------------------------------------------------------------------------------------ requests

    def request(
        self,
        channel: str,
        work: Callable[[NeuroMorphoClient], T],
        done: Callable[[T], None],
        failed: Callable[[Failure], None] | None = None,
        **options: Any,
    ) -> None:
        """Run a function with the client, in a thread; it may use the network.

        Parameters
        ----------
        channel
            What the request is for, as ``"search/page"``.
        work
            Called in a thread, so it uses nothing of Qt; a cancel ends the requests of its client.
        done, failed
            Called in the GUI thread with what `work` returned, or why it failed: one of them, once, and
            neither after a cancel or the close. Without `failed`, `requestFailed` is emitted.
        **options
            `latest` and `priority` of `TaskRunner.start`.
        """
        run = partial(self._shared.run, work)  # without this object, which no thread may hold
        self._start(_NETWORK, channel, run, done, failed, **options)

    def query_library(
        self, channel: str, work: Callable[[Library], Any], *args: Any, **options: Any
    ) -> None:
        """Run a function with the library, otherwise as `request`; the network is never used."""
        run = partial(self._shared.run, lambda client: work(library_of(client)))
        self._start(_LIBRARY, channel, run, *args, **options)

    def run_long(
        self,
        channel: str,
        work: Callable[[NeuroMorphoClient, Progress], T],
        done: Callable[[T], None],
        failed: Callable[[Failure], None],
        progress: Progress = lambda _sentence, _share: None,
    ) -> None:
        """Run longer work with the client, such as a verification, in a thread of its own.

        Parameters
        ----------
        channel
            By convention it begins with `LONG`.
        work
            Called in a thread with a client and with a `Progress`, which raises `NeuroMorphoCancelled` after
            a cancel.
        done, failed, progress
            Called in the GUI thread; none of them after a cancel.
        """
        run = partial(self._shared.run_long, work)
        self._start(_LONG, channel, run, done, failed, progress=progress)

    def close(self, timeout_s: float = 2.0) -> bool:
        """Cancel everything and end the threads; return whether all ended in time."""
        self._watch.stop()
        self._shared.cancel_all()
        ended = super().close(timeout_s)
        self._shared.close()
        return ended

    # -------------------------------------------------------------------------------- the connection

    @property
    def connection(self) -> Connection:
        """The state of the server."""
        return self._tracker.connection

    def check(self) -> None:
        """Make a small request, to learn whether the server responds; only when the user wants it."""
        self.request(_CHECK, lambda client: client.count(), lambda _: None, priority=1)

    def set_offline(self, is_offline: bool) -> None:
        """End all requests as failures and make none, or allow requests again."""
        self._shared.set_offline(is_offline)
        if is_offline:
            self.query_library(_CHECK, on_disk, self._tracker.set_on_disk, latest=False)
        self._tracker.set_offline(is_offline)

    def use_mirror(self, is_mirror: bool = True) -> None:
        """Use the mirror from now on, or the archive's own server again."""
        site = self._mirror if is_mirror else self._site
        self._shared.switch_site(site)
        self._tracker.switch_server(self._name_of(site.root))

    def _start(
        self,
        lane: str,
        channel: str,
        work: Callable[[Task], T],
        done: Callable[[T], None],
        failed: Callable[[Failure], None] | None = None,
        **options: Any,
    ) -> None:
        failed = failed or partial(self.requestFailed.emit, channel)
        self.start(channel, work, done, failed, lane=lane, **options)
        if not self._watch.isActive():
            self._watch.start()

    def _take_message(self, message: ConnectionSample | str) -> None:
        if isinstance(message, str):
            self.libraryWriteFailed.emit(message)
        else:
            self._tracker.server = self._name_of(message.url)
            self._tracker.record(message)

    def _watch_waiting(self) -> None:
        if not self.is_busy():
            self._watch.stop()
        self._tracker.record_waiting(self._shared.longest_wait())

    def _name_of(self, url: str) -> str:
        """Return the name of the server of an address."""
        is_first = f"{url}/".startswith(f"{self._site.root}/")
        return SERVER if is_first else f"its mirror ({urlsplit(url).netloc})"
