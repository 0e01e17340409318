"""`Opener`: from what the user named to a session on the screen, with its progress and failures."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol

from PySide6.QtCore import QObject, Signal

from app.notices import Notice, Notices
from app.session.owner import SessionOwner
from app.session.recent import Recent
from app.session.simulator import Simulator, has_choice
from app.session.thread import SessionFactory
from backends.errors import SomascopeError
from backends.isolated.process import ChildProcess
from backends.isolated.session import IsolatedSession
from backends.messages import Error, SetRunning, Status
from backends.session import Session
from backends.sources.source import SessionSource

CANNOT_STOP = (
    "The simulator runs in the window's own process, so a build cannot be stopped at once: it continues "
    "in the background until its next step, a compilation until its end."
)


_OF_FILES = ("swc", "script", "recording", "model")


class _Isolated:
    """Makes a session of `source` in a separate process; called in the session's thread."""

    def __init__(self, source: SessionSource, child: ChildProcess | None) -> None:
        self._source, self._child = source, child

    def __call__(self) -> Session:
        child, self._child = self._child, None
        return IsolatedSession(
            self._source.create_for_window, name=self._source.title, process=child
        )


class Fetcher(Protocol):
    """Completes a source before it is built: downloads its file, or asks what the user must decide."""

    def fetch(
        self,
        source: SessionSource,
        report: Callable[[str, float | None], None],
        done: Callable[[SessionSource], None],
        failed: Callable[[str, str], None],
    ) -> None:
        """Start; the calls come later: progress, then the complete source, or a sentence and details.

        A new source replaces the one before it.
        """

    def cancel(self) -> None:
        """Call nothing any more."""


class Opener(QObject):
    """Knows which source is shown, which is being opened, and on which simulator cells are built.

    Attributes
    ----------
    source : SessionSource or None
        The one on the screen.
    keep_experiment : bool
        Whether the session being opened, or opened last, gets the experiment of the one
        before it: the same cell on another simulator, or the same model built again.
    transfer_experiment : bool
        Whether it gets what fits of the experiment of the cell on the screen, which is another one.
    find_fetcher : callable
        Returns what downloads cells of the archive; called when one is opened.
    find_model_check : callable
        Returns what unpacks models, asks whether they may run, and which script is meant; called when one
        is opened.
    is_agreed : bool
        Whether naming what is being opened was the agreement to run its code: on the command line.
    simulator : Simulator
        On which cells are opened.
    has_tried : bool
        Whether something was to be opened since the start.
    first_child : ChildProcess or None (parameter)
        A process for the first session, which a cell uses; owned from now on.

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
        first_child: ChildProcess | None = None,
    ) -> None:
        super().__init__(parent)
        self.source: SessionSource | None = None
        self.keep_experiment = self.transfer_experiment = False
        self.has_tried = False
        self.find_fetcher: Callable[[], Fetcher] | None = None
        self.find_model_check: Callable[[], Fetcher] | None = None
        self.is_agreed = False
        self._fetcher: Fetcher | None = None  # while it fetches
        self.simulator = simulator
        self._pending_source: SessionSource | None = None  # being built, or what failed last
        self._owner = owner
        self._notices = notices
        self._in_process = in_process
        self._first_child = first_child
        owner.adopted.connect(self._adopt)
        owner.loadProgressed.connect(self._progress)
        owner.loadFailed.connect(self._fail)
        owner.loadEnded.connect(self._end)

    def open_text(
        self,
        text: str,
        *,
        backend: str | None = None,
        precision: str | None = None,
        is_agreed: bool = False,
    ) -> None:
        """Open what the user named: a file, a bundled cell, a session script, a cell of the archive.

        Parameters
        ----------
        backend, precision : str or None
            What a script must have; None allows any.
        is_agreed : bool
            See the attribute.
        """
        try:
            source = SessionSource.parse(text, backend, precision)
        except SomascopeError as error:
            self._notices.post(Notice("error", error.message, error.details))
            self.has_tried = True
            self.ended.emit()
            return
        self.open_source(self.simulator.applied_to(source), is_agreed=is_agreed)

    def read_again(self, field: str, value: str) -> None:
        """Open the cell on the screen again with other `units`, `trees` or `membrane`; see `SessionSource`."""
        is_rebuilt = self.is_opening and self.keep_experiment
        source = self._pending_source if is_rebuilt else self.source
        if source is not None:
            changed: dict[str, Any] = {field: value}
            self.open_source(replace(source, **changed), keep_experiment=True)

    def open_source(
        self,
        source: SessionSource,
        *,
        keep_experiment: bool = False,
        is_agreed: bool | None = None,
    ) -> None:
        """Build a session while the present one stays; it is shown when its scene is there.

        A cell of the archive whose file is not here is fetched first, and of a model is asked what must be
        decided; meanwhile the present one runs on.

        Parameters
        ----------
        is_agreed : bool or None
            See the attribute; None for a source that has been opened before.
        """
        if source.origin and source.path and not Path(source.path).is_file():
            source = replace(source, path="")  # its file was removed from the cache since
        self._stop_fetching()
        self.has_tried = True
        self._pending_source, self.keep_experiment = source, keep_experiment
        self.is_agreed = bool(is_agreed)
        self.transfer_experiment = bool(source.origin) and not keep_experiment
        if not source.is_local:
            self._complete(source, self.find_fetcher, f"Looking for {source.title}…")
        elif source.is_undecided or (source.kind == "model" and is_agreed is not None):
            self._complete(source, self.find_model_check, f"Looking into {source.title}…")
        else:
            self._build(source)

    def _build(self, source: SessionSource) -> None:
        self._owner.post(SetRunning(False))
        self._owner.open(self._factory(source))
        self.progressed.emit(f"Opening {source.title}…", None, None)

    def _complete(
        self, source: SessionSource, find: Callable[[], Fetcher] | None, words: str
    ) -> None:
        """Let a fetcher complete a source, then build it."""
        if find is None:
            self._fail_fetch(f"{source.title} cannot be opened by this window.", "")
            return
        simulator = self.simulator
        self._owner.cancel_load()
        self.simulator = simulator
        self._fetcher = find()
        self.progressed.emit(words, None, None)
        self._fetcher.fetch(source, self._report_fetch_progress, self._on_fetched, self._fail_fetch)

    def _report_fetch_progress(self, text: str, share: float | None) -> None:
        self.progressed.emit(text, None, share)

    def _on_fetched(self, found: SessionSource) -> None:
        self._fetcher = None
        pending = (
            self._pending_source or found
        )  # its simulator may have been changed in the meantime
        self._pending_source = replace(found, backend=pending.backend, precision=pending.precision)
        self._build(self._pending_source)

    def _fail_fetch(self, message: str, details: str) -> None:
        self._fetcher = None
        self._notices.post(Notice("error", message, details, retry="Retry"))
        self._end()

    def _stop_fetching(self) -> bool:
        """Fetch no longer; return whether something was being fetched."""
        fetcher, self._fetcher = self._fetcher, None
        if fetcher is not None:
            fetcher.cancel()
        return fetcher is not None

    def switch(self, simulator: Simulator) -> None:
        """Build the cell in question on another simulator; later cells are built there too."""
        self.simulator = simulator
        source = self.target_source
        if source is None or not has_choice(source):
            return
        new = simulator.applied_to(source)
        if self._fetcher is not None:
            self._pending_source = new  # what is being fetched is the same on either
            self.progressed.emit(f"Looking for {new.title}…", None, None)
        elif self._owner.is_loading:
            if self.keep_experiment and new == self.source:
                self.cancel()
            elif new != source:
                self.open_source(new, keep_experiment=self.keep_experiment)
        elif new != self.source:
            self.open_source(new, keep_experiment=self.source is not None)

    def restart(self) -> None:
        """Build what is on the screen again, else what was opened last."""
        source = self.source or self._pending_source
        if source is not None:
            self.open_source(source, keep_experiment=True)

    def retry(self) -> None:
        """Try again what failed last."""
        if self._pending_source is None:
            self.restart()
        else:
            self.open_source(self._pending_source, keep_experiment=self.keep_experiment)

    def cancel(self) -> None:
        """Drop what is being built; what is on the screen stays."""
        if self._in_process and self._owner.is_loading:
            self._notices.post(Notice("info", CANNOT_STOP))
        was_fetching = self._stop_fetching()
        if self.source is not None:
            self._pending_source = None
        self._owner.cancel_load()
        if was_fetching:
            self._end()

    def close(self) -> None:
        """End the first session's process if no session has used it."""
        child, self._first_child = self._first_child, None
        if child is not None:
            child.discard()

    def clear_failed(self) -> None:
        """Let `retry` mean what is on the screen, which has failed later."""
        if not self.is_opening:
            self._pending_source = None

    @property
    def is_opening(self) -> bool:
        """Whether something is being fetched or built."""
        return self._fetcher is not None or self._owner.is_loading

    @property
    def target_source(self) -> SessionSource | None:
        """The source that a choice of simulator is about.

        The one being built; else the one on the screen; else, also if a script is shown, which has no
        choice, the cell that could not be built.
        """
        source, pending = self.source, self._pending_source
        if self.is_opening or source is None:
            return pending
        if pending is not None and has_choice(pending) and not has_choice(source):
            return pending
        return source

    @property
    def recent_path(self) -> str:
        """The file of the present source, "" if it is none of the user's files."""
        source = self.source
        if source is None or source.origin or source.kind not in _OF_FILES:
            return ""
        return str(Path(source.path))

    @property
    def recent(self) -> Recent | None:
        """What opens the present source again from the list of recent ones; None where no list is needed."""
        if self.source is not None and self.source.origin:
            return Recent(self.source.origin, self.source.name)
        return Recent.file(self.recent_path) if self.recent_path else None

    def _factory(self, source: SessionSource) -> SessionFactory:
        if self._in_process:
            return source.create_for_window
        if source.kind in ("script", "model"):
            self.close()  # it may have imported what the script must import itself
        child, self._first_child = self._first_child, None
        return _Isolated(source, child)

    def _adopt(self) -> None:
        self.source, self._pending_source = self._pending_source, None
        self.opened.emit(self.source)

    def _progress(self, status: Status) -> None:
        title = self._pending_source.title if self._pending_source else "the session"
        text = status.message or f"{status.phase} {title}…"
        self.progressed.emit(text, status.phase, status.progress)

    def _fail(self, error: Error) -> None:
        self._notices.post(Notice("error", error.message, error.details, retry="Retry"))

    def _end(self) -> None:
        if self.source is not None and has_choice(self.source):
            self.simulator = Simulator.of(self.source)  # what is shown, if another was chosen
        self.ended.emit()
