"""`Opener`: from what the user named to a session on the screen, with its progress and failures."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject, Signal

from app.notices import Notice, Notices
from app.session_owner import SessionOwner
from app.session_thread import SessionFactory
from app.simulators import Simulator, has_choice
from backends.errors import SomascopeError
from backends.isolated import IsolatedSession
from backends.messages import Error, SetRunning, Status
from backends.session import Session
from backends.sources import SessionSource

CANNOT_STOP = (
    "With --in-process nothing can stop a build at once: it goes on unseen until its next step, "
    "a compilation until its end."
)


class _Isolated:
    """Makes a session of `source` in a process of its own; called in the session's thread."""

    def __init__(self, source: SessionSource) -> None:
        self._source = source

    def __call__(self) -> Session:
        return IsolatedSession(self._source.create, name=self._source.title)


class Opener(QObject):
    """Knows which source is shown, which is being opened, and on which simulator cells are built.

    Attributes
    ----------
    source : SessionSource or None
        The one on the screen.
    keeps : bool
        Whether the session being opened, or opened last, takes over the experiment of the one
        before it: the same cell on another simulator, or the same model built again.
    simulator : Simulator
        On which cells are opened.

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
        simulator: Simulator,
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self.source: SessionSource | None = None
        self.keeps = False
        self.simulator = simulator
        self._asked: SessionSource | None = None  # being built, or what failed last
        self._owner = owner
        self._notices = notices
        self._in_process = in_process
        owner.adopted.connect(self._adopt)
        owner.loadProgressed.connect(self._progress)
        owner.loadFailed.connect(self._fail)
        owner.loadEnded.connect(self._end)

    def open_text(
        self, text: str, *, backend: str | None = None, precision: str | None = None
    ) -> None:
        """Open what the user named: a file, a bundled cell, a session script.

        Parameters
        ----------
        backend, precision : str or None
            What a script must bring by itself; None takes what it brings.
        """
        try:
            source = SessionSource.parse(text, backend, precision)
        except SomascopeError as error:
            self._notices.post(Notice("error", error.message, error.details))
            return
        self.open_source(self.simulator.of_same(source))

    def open_source(self, source: SessionSource, *, keeps: bool = False) -> None:
        """Build a session beside the present one; it is shown when its scene is there."""
        self._asked, self.keeps = source, keeps
        self._owner.post(SetRunning(False))
        self._owner.open(self._factory(source))
        self.progressed.emit(f"Opening {source.title}…", None, None)

    def switch(self, simulator: Simulator) -> None:
        """Build the cell in question on another simulator; later cells are built there too."""
        self.simulator = simulator
        source = self.in_question
        if source is None or not has_choice(source):
            return
        wanted = simulator.of_same(source)
        if self._owner.is_loading:
            if self.keeps and wanted == self.source:
                self.cancel()
            elif wanted != source:
                self.open_source(wanted, keeps=self.keeps)
        elif wanted != self.source:
            self.open_source(wanted, keeps=self.source is not None)

    def restart(self) -> None:
        """Build what is on the screen again, else what was asked for last."""
        source = self.source or self._asked
        if source is not None:
            self.open_source(source, keeps=True)

    def retry(self) -> None:
        """Try again what failed last."""
        if self._asked is None:
            self.restart()
        else:
            self.open_source(self._asked, keeps=self.keeps)

    def cancel(self) -> None:
        """Drop what is being built; what is on the screen stays."""
        if self._in_process and self._owner.is_loading:
            self._notices.post(Notice("info", CANNOT_STOP))
        if self.source is not None:
            self._asked = None
        self._owner.cancel_load()

    def forget_failed(self) -> None:
        """Let `retry` mean what is on the screen, which has failed later."""
        if not self._owner.is_loading:
            self._asked = None

    @property
    def in_question(self) -> SessionSource | None:
        """The source that a choice of simulator is about.

        The one being built; else the one on the screen; else, also beside a script, which leaves no
        choice, the cell that could not be built.
        """
        source, asked = self.source, self._asked
        if self._owner.is_loading or source is None:
            return asked
        if asked is not None and has_choice(asked) and not has_choice(source):
            return asked
        return source

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
        self.source, self._asked = self._asked, None
        self.opened.emit(self.source)

    def _progress(self, status: Status) -> None:
        title = self._asked.title if self._asked else "the session"
        text = status.message or f"{status.phase} {title}…"
        self.progressed.emit(text, status.phase, status.progress)

    def _fail(self, error: Error) -> None:
        self._notices.post(Notice("error", error.message, error.details, retry="Retry"))

    def _end(self) -> None:
        if self.source is not None and has_choice(self.source):
            self.simulator = Simulator.of(self.source)  # the truth, if another was wanted
        self.ended.emit()
