"""`SessionThread`: the QThread that drives a session. There is no other loop in the window.

The thread owns its session from start to shutdown; the window reaches it only through
`post` (commands in) and `read_updates` (updates out, through an `UpdateQueue`). `updatesReady` is emitted
only when the queue turns from empty to filled, so a busy window finds one signal waiting, not
thousands. While the queue is full the thread waits and does not advance.
A paused session costs nothing: the thread sleeps on what can wake it, a command or (for a session
in a separate process) the end of that process.
"""

from __future__ import annotations

import threading
import traceback
from collections import deque
from collections.abc import Callable

from PySide6.QtCore import QObject, QThread, Signal

from backends.error_updates import AcceptedValues, refusal
from backends.errors import RequestError, SomascopeError
from backends.isolated.exit_status import exit_call_text
from backends.messages import (
    Error,
    SceneReady,
    SessionCommand,
    SessionUpdate,
    StopSession,
)
from backends.scripts import message_with_location, script_location
from backends.session import Session, startup_of, titled
from backends.update_queue import UpdateQueue

SessionFactory = Callable[[], Session]

_ENDED = "The simulator was ended; picture and traces stay. Press Restart to build the model again."


class SessionThread(QThread):
    """Makes a session, drives it and ends it.

    Parameters
    ----------
    make_session : callable
        Called once, in the thread.

    Signals
    -------
    updatesReady(SessionThread)
        The queue of this thread has updates; call `read_updates`.
    """

    updatesReady = Signal(object)

    def __init__(self, make_session: SessionFactory, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._make_session = make_session
        self._queue = UpdateQueue()
        self._commands: deque[SessionCommand] = deque()
        self._wake = threading.Event()
        self._accepted = AcceptedValues()
        self._stopping = False
        self._is_starting = True
        self._is_ended = False  # by `end_simulator`
        self._session: Session | None = None

    def post(self, command: SessionCommand) -> None:
        """Hand a command to the session; returns at once."""
        self._commands.append(command)
        self._wake_up()

    def read_updates(self) -> list[SessionUpdate]:
        """Return the updates of the session since the last call, coalesced."""
        return self._queue.pop_all()

    @property
    def child_pid(self) -> int | None:
        """Process id of a session that runs in a separate process, else None."""
        return None if self._session is None else self._session.pid

    def end_simulator(self) -> None:
        """End a session that runs in a process of its own, which is told as its failure; returns at once."""
        session = self._session
        if session is not None and session.pid is not None:
            self._is_ended = True
            session.cancel()

    def request_stop(self) -> None:
        """Request the end of the thread, whatever it is doing; returns at once."""
        self._stopping = True
        if self._session is not None and self._is_starting:
            self._session.cancel()
        self._wake_up()

    def stop(self, timeout_s: float = 4.0) -> bool:
        """End the thread and wait for it; return whether it has ended."""
        self.request_stop()
        return self.wait(int(timeout_s * 1000))

    def run(self) -> None:
        """Make the session, drive it until a stop is requested or it fails, shut it down."""
        try:
            self._session = session = self._make_session()
            session.on_status = self._publish  # nothing else is read while `initialize` blocks
            if self._stopping:
                return
            startup = startup_of(session)
            if startup is not None:
                self._publish(startup)
            scene = titled(session.initialize(), session)
            self._is_starting = False
            first = [] if scene is None else [SceneReady(scene)]
            # Together, so that the reader of the scene also has its first traces.
            self._publish(*first, *session.read_updates())
            self._drive(session)
        except SomascopeError as error:
            details = error.details or traceback.format_exc()
            self._fail(message_with_location(error), details, error.code, error.hint)
        except Exception as error:  # an author's session may raise anything; the window shows it
            place = script_location(error)
            at = f" ({place})" if place else ""
            self._fail(f"The session stopped: {error!r}{at}.", traceback.format_exc())
        except SystemExit as leaving:  # of an author's hook; Qt would let the thread end in silence
            place = script_location(leaving) or "in the session"
            words = f"{exit_call_text(leaving)} was called ({place}): remove it from the session."
            self._fail(words, traceback.format_exc(), "exit-called", "edit-script")
        finally:
            if self._session is not None:
                self._session.shutdown()
                # Otherwise thread, session and geometry stay until the next collection of cycles.
                self._session.on_status = None

    def _drive(self, session: Session) -> None:
        while not self._stopping:
            self._process_commands(session)
            if self._queue.is_full:
                self._queue.wait_until_empty(0.1)
                continue
            if session.is_live():
                session.advance()
            updates = self._accepted.added_to(session.read_updates())
            self._publish(*updates)
            if any(isinstance(update, Error) and update.fatal for update in updates):
                return
            if self._is_ended:
                self._fail(_ENDED, "", "ended", "restart")
                return
            self._wait_idle(session)

    def _process_commands(self, session: Session) -> None:
        while self._commands and not self._stopping:
            command = self._commands.popleft()
            try:
                session.handle(command)
                if session.pid is None:  # else it answers later
                    self._accepted.note(command)
            except RequestError as error:
                self._publish(refusal(command, error))
            if isinstance(command, StopSession):
                self._stopping = True

    def _wait_idle(self, session: Session) -> None:
        """Sleep until the session has something to do, or until a command or the session wakes us."""
        seconds = session.idle_sleep()
        if self._commands or self._stopping or seconds == 0.0:
            return
        if not session.wait_idle(seconds):
            self._wake.wait(seconds)
        self._wake.clear()

    def _wake_up(self) -> None:
        self._wake.set()
        if self._session is not None:
            self._session.interrupt()

    def _publish(self, *updates: SessionUpdate) -> None:
        if self._queue.put(updates):
            self.updatesReady.emit(self)

    def _fail(
        self, message: str, details: str, code: str = "session-failed", hint: str = "restart"
    ) -> None:
        if not self._stopping:
            self._publish(Error(message, details, fatal=True, code=code, hint=hint))
