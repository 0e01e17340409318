"""The state of the connection to NeuroMorpho.Org, learned from the user's own requests. No Qt.

`classify_response` reads one response or error: does the server respond, slowly, not at all, or has this computer
no network? `ConnectionTracker` combines these into a `Connection`. Requests to the API decide. A file that the
server does not deliver, or an error over one cell, says nothing about the API; such samples count only where
nothing is known yet, where nothing responds at all, and where nothing responded before.
"""

from __future__ import annotations

import errno
import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, NamedTuple

from app.archive.text import counted
from neuromorpho.errors import (
    NeuroMorphoAnswerError,
    NeuroMorphoDownError,
    NeuroMorphoError,
    NeuroMorphoHTTPError,
    NeuroMorphoRedirectError,
    NeuroMorphoStorageError,
)

State = Literal["unknown", "online", "slow", "down", "offline"]

SLOW_S = 3.0
"""A response that takes longer, in seconds, is called slow."""
SERVER = "NeuroMorpho.Org"
NOT_CONTACTED = "Not contacted yet"
_SERVER_ERROR, _UNAVAILABLE = 500, 503
_SEARCH = "/neuron/select"
_NO_NETWORK = frozenset({errno.ENETUNREACH, errno.EHOSTUNREACH, errno.ENETDOWN})


@dataclass(frozen=True, slots=True)
class Connection:
    """The state of the server.

    Attributes
    ----------
    state : str
        "unknown", "online", "slow", "down" (the server), "offline" (this computer, or by choice).
    since : datetime or None
        When this state began, local time; None before the first request.
    sentence : str
        State, time and cause in words for the user.
    is_mirror : bool
        Whether the mirror is in use.
    is_chosen : bool
        Whether it is offline because the user chose so.
    """

    state: State = "unknown"
    since: datetime | None = None
    sentence: str = NOT_CONTACTED
    is_mirror: bool = False
    is_chosen: bool = False


class OnDisk(NamedTuple):
    """How many cells the library has, and how many cells have their file in the cache."""

    n_cells: int
    n_files: int

    @property
    def note(self) -> str:
        """``still on this disk: 8 cells to search, 1 with its file``."""
        if self == (0, 0):
            return "nothing is on this disk yet"
        files = (
            "1 with its file" if self.n_files == 1 else f"{self.n_files or 'none'} with their files"
        )
        return f"still on this disk: {counted(self.n_cells, 'cell')} to search, {files}"


@dataclass(frozen=True, slots=True)
class ConnectionSample:
    """What one response, or its absence, shows.

    Attributes
    ----------
    state : str
        "online", "slow", "down" or "offline".
    text : str
        The cause, with ``{server}`` for the server's name; "" if there is nothing to report.
    is_silence : bool
        Nothing responded at all.
    is_minor : bool
        It shows something about one file or cell, not about the API.
    url : str
        The address that was requested, and so which server.
    on_disk : OnDisk or None
        Counted only if the server is down or the computer offline.
    """

    state: State
    text: str = ""
    is_silence: bool = False
    is_minor: bool = False
    url: str = ""
    on_disk: OnDisk | None = None


def classify_response(
    url: str, seconds: float, error: BaseException | None
) -> ConnectionSample | None:
    """Return what a response, after some seconds, or an error shows about the connection; None if nothing."""
    is_file = is_file_url(url)
    match error:
        case NeuroMorphoStorageError():
            return None
        case NeuroMorphoError() if has_no_network(error):
            return ConnectionSample("offline", "this computer has no network", True, is_file)
        case NeuroMorphoAnswerError():
            state, text = "online", "the last response could not be read"
        case NeuroMorphoHTTPError() if is_outage(error):
            is_minor = is_file or _is_error_over_one_cell(url, error)
            return ConnectionSample("down", _outage_text(error), error.status == 0, is_minor)
        case NeuroMorphoHTTPError(status=429):
            state, text = "slow", "{server} allows no more requests for now (429)"
        case NeuroMorphoHTTPError(status=403):
            state, text = "online", "{server} refused the request (403)"
        case None | NeuroMorphoHTTPError() if seconds < SLOW_S or is_file:
            state, text = "online", ""  # a large file may take its time
        case None | NeuroMorphoHTTPError():
            state, text = "slow", f"responses take {seconds:.0f} s"
        case _:
            return None
    return ConnectionSample(state, text, is_minor=is_file)


def is_file_url(url: str) -> bool:
    """Return whether an address is of a file, not of the API."""
    return "/api/" not in url


def _is_error_over_one_cell(url: str, error: NeuroMorphoHTTPError) -> bool:
    """Return whether the server failed over this request only, and may handle all others."""
    return _SERVER_ERROR <= error.status != _UNAVAILABLE and _SEARCH not in url


def is_outage(error: BaseException) -> bool:
    """Return whether the server delivers nothing for now, whatever the request."""
    if isinstance(error, NeuroMorphoDownError | NeuroMorphoRedirectError):
        return True
    return isinstance(error, NeuroMorphoHTTPError) and error.status == 0


def has_no_network(error: BaseException) -> bool:
    """Return whether this computer has no network: it finds no host name, or no route to it."""
    return any(
        isinstance(each, socket.gaierror)
        or (isinstance(each, OSError) and each.errno in _NO_NETWORK)
        for each in _causes(error)
    )


def _outage_text(error: NeuroMorphoHTTPError) -> str:
    if isinstance(error, NeuroMorphoRedirectError):
        return "{server} redirects to another site (does this network need a login?)"
    if error.code == "certificate":
        return "the certificate of {server} cannot be verified"
    if error.status == 0:
        return "{server} does not answer"
    if error.status >= 400:
        return f"{{server}} answers with error {error.status}"
    return "{server} shows a notice of an outage"


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    """Yield an error and the errors that it was raised from."""
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def _now() -> datetime:
    return datetime.now().astimezone()


class ConnectionTracker:
    """Combines samples into the state of the connection; for one thread.

    Parameters
    ----------
    changed
        Called with each new state.
    now
        Local time; for tests.

    Attributes
    ----------
    server : str
        The server that responds, in words.
    """

    def __init__(
        self,
        changed: Callable[[Connection], object] = lambda _: None,
        now: Callable[[], datetime] = _now,
    ) -> None:
        self.connection = Connection()
        self.server = SERVER
        self._changed, self._now = changed, now
        self._on_disk: OnDisk | None = None
        self._sample: ConnectionSample | None = None
        self._is_offline = False

    def record(self, sample: ConnectionSample) -> None:
        """Record what a response shows."""
        self._on_disk = sample.on_disk or self._on_disk
        if not self._is_offline and self._is_decisive(sample):
            self._sample = sample
            self._set_state(sample.state)

    def record_waiting(self, seconds: float) -> None:
        """Record that a request has been waiting for its response for so many seconds."""
        if seconds < SLOW_S or self.connection.state not in {"unknown", "online", "slow"}:
            return
        self._sample = ConnectionSample("slow", f"no response for {seconds:.0f} s")
        self._set_state("slow")

    def set_offline(self, is_offline: bool) -> None:
        """Record the user's choice; what was known before is forgotten."""
        if is_offline != self._is_offline:
            self._is_offline = is_offline
            self._sample = ConnectionSample("offline", "by your choice") if is_offline else None
            self._set_state("offline" if is_offline else "unknown")

    def switch_server(self, server: str) -> None:
        """Record that another server is used from now on."""
        if server != self.server:
            self.server = server
            if not self._is_offline:
                self._sample = None
                self._set_state("unknown")

    def set_on_disk(self, on_disk: OnDisk) -> None:
        """Record what works without the server."""
        self._on_disk = on_disk
        self._set_state(self.connection.state)

    def _is_decisive(self, sample: ConnectionSample) -> bool:
        known = self._sample
        return not sample.is_minor or sample.is_silence or known is None or known.is_silence

    def _set_state(self, state: State) -> None:
        since = self.connection.since
        if state != self.connection.state:
            since = self._now()
        is_mirror = self.server != SERVER
        sentence = self._sentence(state, since)
        connection = Connection(state, since, sentence, is_mirror, self._is_offline)
        if connection != self.connection:
            self.connection = connection
            self._changed(connection)

    def _sentence(self, state: State, since: datetime | None) -> str:
        cause = self._sample.text.format(server=self.server) if self._sample else ""
        match state:
            case "unknown":
                return NOT_CONTACTED if self.server == SERVER else f"{NOT_CONTACTED}: {self.server}"
            case "online":
                through = "" if self.server == SERVER else f" through {self.server}"
                return f"Online{through}, but {cause}" if cause else f"Online{through}"
            case _:
                note = "" if state == "slow" or not self._on_disk else f"; {self._on_disk.note}"
                return f"{state.capitalize()} since {self._start_text(since)}: {cause}{note}"

    def _start_text(self, since: datetime | None) -> str:
        if since is None:
            return "now"
        is_today = since.date() == self._now().date()
        return since.strftime("%H:%M" if is_today else "%Y-%m-%d %H:%M")
