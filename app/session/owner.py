"""`SessionOwner`: which session is on the screen, which one is being built, which ones are ending.

Opening does not touch the open session: the new session is built as a *candidate* and replaces the
present one only when its scene is there. A candidate that fails or is cancelled leaves the present
one as it was; but in one process NEURON has one model, so there the present one has to end first. Threads that are stopping stay in a list of *retired* ones until they have ended, so that
nothing is destroyed while it runs and the window never waits for a slow end.
"""

from __future__ import annotations

from PySide6.QtCore import QObject, QTimer, Signal

from app.session.free_memory import return_free_memory
from app.session.thread import SessionFactory, SessionThread
from backends.messages import Error, SceneReady, SessionCommand, SessionUpdate, StartupScene, Status

TRIM_AFTER_MS = 1000  # when the next cell is drawn, and nobody waits


class SessionOwner(QObject):
    """Owns every `SessionThread` of a window.

    Signals
    -------
    loadProgressed(Status)
        What the candidate is doing.
    startupArrived(StartupScene)
        What to show while the candidate is being built, if nothing else is shown.
    loadFailed(Error)
        The candidate is gone; the present session is untouched.
    loadEnded
        There is no candidate any more: it was adopted, failed, or was cancelled.
    adopted
        The candidate is now the present session; its updates follow.
    updatesArrived(list of SessionUpdate)
        From the present session.
    """

    loadProgressed = Signal(object)
    startupArrived = Signal(object)
    loadFailed = Signal(object)
    loadEnded = Signal()
    adopted = Signal()
    updatesArrived = Signal(list)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._present: SessionThread | None = None
        self._candidate: SessionThread | None = None
        self._retired: set[SessionThread] = set()
        self._make_candidate: SessionFactory | None = None
        self._trim_timer = QTimer(self, singleShot=True, interval=TRIM_AFTER_MS)
        self._trim_timer.timeout.connect(return_free_memory)

    @property
    def is_loading(self) -> bool:
        """Whether a candidate is being built."""
        return self._candidate is not None

    @property
    def is_ending(self) -> bool:
        """Whether a session that is stopping has not ended yet."""
        return bool(self._retired)

    @property
    def child_pid(self) -> int | None:
        """Process id of the present session's simulator, None where it is this one."""
        return None if self._present is None else self._present.child_pid

    def open(self, make_session: SessionFactory) -> None:
        """Start building a session; a candidate still under way is dropped."""
        self._retire(self._candidate)
        self._make_candidate = make_session
        thread = SessionThread(make_session, self)
        self._candidate = thread
        thread.updatesReady.connect(self._on_updates)
        thread.finished.connect(self._remove_ended)
        thread.start()

    def cancel_load(self) -> None:
        """Drop the candidate."""
        if self._candidate is not None:
            self._retire(self._candidate)
            self._candidate = None
            self.loadEnded.emit()

    def post(self, command: SessionCommand) -> None:
        """Hand a command to the present session; without one it goes nowhere."""
        if self._present is not None:
            self._present.post(command)

    def end_simulator(self) -> None:
        """End the process of the present session; its last picture and its traces stay."""
        if self._present is not None:
            self._present.end_simulator()

    def close(self, timeout_s: float = 4.0) -> bool:
        """End every session; wait, in all at most `timeout_s` a thread. Return whether all ended."""
        threads = [t for t in (self._present, self._candidate, *self._retired) if t is not None]
        self._present = self._candidate = None
        self._trim_timer.stop()
        for thread in threads:
            thread.request_stop()
        # One that does not end stays owned: Qt aborts where a running thread is destroyed.
        self._retired = {thread for thread in threads if not thread.stop(timeout_s)}
        return not self._retired

    def _on_updates(self, thread: SessionThread) -> None:
        updates = thread.read_updates()
        if thread is self._candidate:
            updates = self._process_candidate(thread, updates)
        if thread is self._present and updates:
            self.updatesArrived.emit(updates)

    def _process_candidate(
        self, thread: SessionThread, updates: list[SessionUpdate]
    ) -> list[SessionUpdate]:
        """Return what belongs to the present session, now that the candidate may have become it."""
        if any(isinstance(update, SceneReady) for update in updates):
            self._retire(self._present)
            self._present, self._candidate = thread, None
            self.adopted.emit()
            self.loadEnded.emit()
            return updates
        for update in updates:
            match update:
                case Status():
                    self.loadProgressed.emit(update)
                case StartupScene():
                    self.startupArrived.emit(update)
                case Error(fatal=True, code="session-alive") if self._end_others(thread):
                    return []
                case Error(fatal=True):
                    self._retire(thread)
                    self._candidate = None
                    self.loadFailed.emit(update)
                    self.loadEnded.emit()
                    return []
        return []

    def _end_others(self, candidate: SessionThread) -> bool:
        """End the sessions that keep a candidate of this process from starting, and start it again.

        Returns
        -------
        bool
            False where there is none to end.
        """
        make, others = self._make_candidate, self._retired - {candidate}
        if self._present is not None:
            others.add(self._present)
        if make is None or not others:
            return False
        self._present, self._candidate = None, None
        for each in (candidate, *others):
            self._retire(each)
            each.stop()
        self.open(make)
        return True

    def _retire(self, thread: SessionThread | None) -> None:
        if thread is None:
            return
        self._retired.add(thread)
        thread.request_stop()
        self._remove_ended()

    def _remove_ended(self) -> None:
        for thread in [each for each in self._retired if each.isFinished()]:
            self._retired.discard(thread)
            thread.deleteLater()
            self._trim_timer.start()
