"""How NeuroMorpho.Org answers, learned from what the user asked: a state, since when, and a sentence. No Qt.

Theory. `evidence_of` reads one answer or error: does the server answer, slowly, not at all, or is it this
computer that has no network? `Line` folds evidence into a `Connection`. The questions to the API decide.
A file that the server does not give says nothing about the API, nor does an error over one cell; so these
count only where nothing is known yet, where nothing answers at all, and where nothing answered before.
"""

from __future__ import annotations

import errno
import socket
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

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
"""An answer that takes longer, seconds, is called slow."""
SERVER = "NeuroMorpho.Org"
NOT_CONTACTED = "Not asked yet"
CHOSEN_OFFLINE = "you chose to ask nothing of the network"
_TOO_MANY, _SERVER_ERROR, _UNAVAILABLE = 429, 500, 503
_SEARCH = "/neuron/select"
_NO_NETWORK = frozenset({errno.ENETUNREACH, errno.EHOSTUNREACH, errno.ENETDOWN})


@dataclass(frozen=True, slots=True)
class Connection:
    """How NeuroMorpho.Org answers.

    Attributes
    ----------
    state : str
        "unknown", "online", "slow", "down" (the server), "offline" (this computer, or by choice).
    since : datetime or None
        When this state began, local time; None before anything was asked.
    sentence : str
        All of it in words for the user.
    is_mirror : bool
        Whether it is the mirror that is asked, or was last.
    """

    state: State = "unknown"
    since: datetime | None = None
    sentence: str = NOT_CONTACTED
    is_mirror: bool = False


@dataclass(frozen=True, slots=True)
class ConnectionSample:
    """What one answer, or its absence, tells.

    Attributes
    ----------
    state : str
        "online", "slow", "down" or "offline".
    said : str
        The middle of a sentence, with ``{server}`` for the server's name; "" where all is well.
    is_silence : bool
        Nothing answered at all.
    is_minor : bool
        It tells of one thing that was asked for, not of the API: a file, a cell that the server stumbles
        over.
    """

    state: State
    text: str = ""
    is_silence: bool = False
    is_minor: bool = False


def classify_response(
    url: str, seconds: float, error: BaseException | None
) -> ConnectionSample | None:
    """Return what an answer tells of the connection; None where it tells nothing.

    Parameters
    ----------
    url
        What was asked.
    seconds
        How long it took.
    error
        What went wrong; None for an answer.
    """
    is_file = is_file_url(url)
    if error is None:
        return _sample_of_response(seconds, is_file)
    if not isinstance(error, NeuroMorphoError) or isinstance(error, NeuroMorphoStorageError):
        return None
    if has_no_network(error):
        return ConnectionSample("offline", "this computer has no network", True, is_file)
    if isinstance(error, NeuroMorphoAnswerError):
        return ConnectionSample("online", "the last answer could not be read", is_minor=is_file)
    if not isinstance(error, NeuroMorphoHTTPError):
        return None
    if is_outage(error):
        return ConnectionSample(
            "down",
            _outage_text(error),
            error.status == 0,
            is_file or _is_error_over_one_cell(url, error),
        )
    if error.status == _TOO_MANY:
        return ConnectionSample("slow", "{server} asks for fewer requests", is_minor=is_file)
    if error.status == 403:
        return ConnectionSample("online", "{server} refuses to answer (403)", is_minor=is_file)
    return _sample_of_response(seconds, is_file)


def is_file_url(url: str) -> bool:
    """Return whether an address is that of a file, not of the API."""
    return "/api/" not in url


def _is_error_over_one_cell(url: str, error: NeuroMorphoHTTPError) -> bool:
    """Return whether the server stumbled over what it was asked, and may do all else."""
    return _SERVER_ERROR <= error.status != _UNAVAILABLE and _SEARCH not in url


def is_outage(error: BaseException) -> bool:
    """Return whether nothing can be had from the server for now, whatever is asked."""
    if isinstance(error, NeuroMorphoDownError | NeuroMorphoRedirectError):
        return True
    return isinstance(error, NeuroMorphoHTTPError) and error.status == 0


def has_no_network(error: BaseException) -> bool:
    """Return whether it is this computer that reaches nobody: no name is found, no route there."""
    return any(
        isinstance(each, socket.gaierror)
        or (isinstance(each, OSError) and each.errno in _NO_NETWORK)
        for each in _causes(error)
    )


def _sample_of_response(seconds: float, is_file: bool) -> ConnectionSample:
    if seconds >= SLOW_S and not is_file:  # a large file may take its time
        return ConnectionSample("slow", f"answers take {seconds:.0f} s")
    return ConnectionSample("online", is_minor=is_file)


def _outage_text(error: BaseException) -> str:
    if isinstance(error, NeuroMorphoRedirectError):
        return "{server} points to another place (is this a network that wants a login?)"
    if any(isinstance(each, ssl.SSLCertVerificationError) for each in _causes(error)):
        return "the certificate of {server} cannot be verified"
    status = getattr(error, "status", 0)
    if status == 0:
        return "{server} does not answer"
    return (
        f"{{server}} answers {status}" if status >= 400 else "{server} shows a notice of an outage"
    )


def _causes(error: BaseException) -> list[BaseException]:
    """Return an error and all that it was made of."""
    found: list[BaseException] = []
    waiting: list[BaseException | None] = [error]
    while waiting and len(found) < 32:
        each = waiting.pop()
        if each is None or any(each is known for known in found):
            continue
        found.append(each)
        inner = (each.__cause__, each.__context__, getattr(each, "reason", None), *each.args)
        waiting += [one for one in inner if isinstance(one, BaseException)]
    return found


def _now() -> datetime:
    return datetime.now().astimezone()


class ConnectionTracker:
    """The state of the connection, folded from what was heard; for one thread.

    Parameters
    ----------
    now
        Local time; for tests.
    """

    def __init__(self, now: Callable[[], datetime] = _now) -> None:
        self.connection = Connection()
        self.n_cells: int | None = None
        self._now = now
        self._server = SERVER
        self._sample: ConnectionSample | None = None
        self._is_offline = False

    @property
    def is_offline(self) -> bool:
        """Whether the user chose to work offline."""
        return self._is_offline

    def record(self, evidence: ConnectionSample) -> None:
        """Take in what an answer tells."""
        if not self._is_offline and self._is_decisive(evidence):
            self._sample = evidence
            self._set_state(evidence.state)

    def record_waiting(self, seconds: float) -> None:
        """Take in that a question waits for its answer since so many seconds."""
        if seconds < SLOW_S or self.connection.state not in {"unknown", "online", "slow"}:
            return
        self._sample = ConnectionSample("slow", f"no answer for {seconds:.0f} s")
        self._set_state("slow")

    def set_offline(self, is_offline: bool) -> None:
        """Take in the user's choice; what was known before does not hold after."""
        if is_offline != self._is_offline:
            self._is_offline = is_offline
            self._sample = ConnectionSample("offline", CHOSEN_OFFLINE) if is_offline else None
            self._set_state("offline" if is_offline else "unknown")

    def switch_server(self, server: str) -> None:
        """Take in that another server is asked from now on."""
        if server != self._server:
            self._server = server
            if not self._is_offline:
                self._sample = None
                self._set_state("unknown")

    def set_server(self, server: str) -> None:
        """Take in which server answers; nothing that is known is forgotten."""
        self._server = server

    def set_n_cells(self, n_cells: int | None) -> None:
        """Take in how many cells the library has, None where it cannot be told."""
        self.n_cells = n_cells
        self._set_state(self.connection.state)

    def _is_decisive(self, evidence: ConnectionSample) -> bool:
        known = self._sample
        if not evidence.is_minor or known is None or known.is_silence:
            return True
        return evidence.is_silence

    def _set_state(self, state: State) -> None:
        since = self.connection.since
        if state != self.connection.state:
            since = self._now()
        is_mirror = self._server != SERVER
        self.connection = Connection(state, since, self._sentence(state, since), is_mirror)

    def _sentence(self, state: State, since: datetime | None) -> str:
        said = self._sample.text.format(server=self._server) if self._sample else ""
        match state:
            case "unknown":
                return (
                    NOT_CONTACTED if self._server == SERVER else f"{NOT_CONTACTED}: {self._server}"
                )
            case "online":
                by = "" if self._server == SERVER else f" by {self._server}"
                return f"Online{by}, but {said}" if said else f"Online{by}"
            case "slow":
                return f"Slow since {self._start_text(since)}: {said}"
            case "down":
                return f"Down since {self._start_text(since)}: {said}{self._library_note()}"
            case "offline":
                return f"Offline since {self._start_text(since)}: {said}{self._library_note()}"

    def _library_note(self) -> str:
        if self.n_cells is None:
            return ""
        cells = "1 cell" if self.n_cells == 1 else f"{self.n_cells:,} cells"
        return f"; the library ({cells}) still works"

    def _start_text(self, since: datetime | None) -> str:
        if since is None:
            return "now"
        is_today = since.date() == self._now().date()
        return since.strftime("%H:%M" if is_today else "%Y-%m-%d %H:%M")
