"""`Opener`: from what the user named to a session on the screen, with its progress and failures."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject, Signal

from app.notices import Notice, Notices
from app.session_owner import SessionOwner
from app.session_thread import SessionFactory
from backends.errors import SomascopeError
from backends.isolated import IsolatedSession
from backends.messages import Error, SetRunning, Status
from backends.session import Session
from backends.sources import SessionSource


class _Isolated:
    """Makes a session of `source` in a process of its own; called in the session's thread."""

    def __init__(self, source: SessionSource) -> None:
        self._source = source

    def __call__(self) -> Session:
        return IsolatedSession(self._source.create, name=self._source.title)


class Opener(QObject):
    """Knows which source is shown and which is being opened.

    Signals
    -------
    progressed(str, object, object)
        What is being done, the phase, and how far it is (0 … 1 or None).
    ended
        Nothing is being opened any more.
    opened(SessionSource)
        The source whose session is now on the screen.
    """

    progressed = Signal(str, object, object)
    ended = Signal()
    opened = Signal(object)

    def __init__(
        self,
        owner: SessionOwner,
        notices: Notices,
        *,
        in_process: bool,
        backend: str | None,
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self.source: SessionSource | None = None
        self.wanted_traces: tuple[str, ...] = ()
        self._loading: SessionSource | None = None
        self._owner = owner
        self._notices = notices
        self._in_process = in_process
        self._backend = backend
        owner.adopted.connect(self._adopt)
        owner.loadProgressed.connect(self._progress)
        owner.loadFailed.connect(self._fail)
        owner.loadEnded.connect(self.ended)

    def open_text(self, text: str) -> None:
        """Open what the user named: a file, a bundled cell, a session script."""
        try:
            source = SessionSource.parse(text, backend=self._backend)
        except SomascopeError as error:
            self._notices.post(Notice("error", error.message, error.details))
            return
        self.open_source(source)

    def open_source(self, source: SessionSource, keep_traces: tuple[str, ...] = ()) -> None:
        """Build a session beside the present one; it is shown when its scene is there."""
        self._loading = source
        self.wanted_traces = keep_traces
        self.progressed.emit(f"Opening {source.title}…", None, None)
        self._owner.post(SetRunning(False))
        self._owner.open(self._factory(source))

    def reopen(self, keep_traces: tuple[str, ...]) -> None:
        """Build again what was last asked for."""
        source = self._loading or self.source
        if source is not None:
            self.open_source(source, keep_traces)

    @property
    def recent_path(self) -> str:
        """The file of the present source, "" if it is none of the user's files."""
        source = self.source
        if source is None or source.kind not in ("swc", "script"):
            return ""
        return str(Path(source.path))

    def _factory(self, source: SessionSource) -> SessionFactory:
        return source.create if self._in_process else _Isolated(source)

    def _adopt(self) -> None:
        self.source, self._loading = self._loading, None
        self.opened.emit(self.source)

    def _progress(self, status: Status) -> None:
        title = self._loading.title if self._loading else "the session"
        text = status.message or f"{status.phase} {title}…"
        self.progressed.emit(text, status.phase, status.progress)

    def _fail(self, error: Error) -> None:
        self._notices.post(Notice("error", error.message, error.details, retry="Retry"))
