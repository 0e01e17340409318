"""The child's half of `IsolatedSession`: makes a session, carries out commands, steps it, reports.

The parent sends commands and acknowledgements; the child sends `SessionStarted` once, then `Batch`es:
one after each advance and one in answer to commands. It runs at most `RUN_AHEAD` batches ahead of
what the parent has acknowledged, so it does not idle while the parent copies, and a parent that does not
read stops it. Waiting is always a wait on the connection: a paused child uses no processor time.
The child ends when the parent stops it, when its session ends, or when the parent is gone; a thread that
waits for the end of the connection ensures the last, even in the middle of a step.

Nothing heavy is imported here: what this file imports is what every child waits for at its start.
"""

from __future__ import annotations

import contextlib
import ctypes
import faulthandler
import importlib
import os
import pickle
import re
import select
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable, Sequence
from functools import partial
from multiprocessing.connection import Connection
from typing import Any, NamedTuple, NoReturn, TypeGuard

from backends.error_updates import AcceptedValues, refusal, subject_of
from backends.errors import RequestError, SimulatorError, SomascopeError, first_line
from backends.isolated.exit_status import exit_call_text, intercept_os_exit
from backends.isolated.frames import N_SLOTS, FrameRef, FrameWriter
from backends.isolated.long_call import SIGNAL
from backends.messages import (
    Error,
    FieldReplace,
    Phase,
    SessionCommand,
    SessionUpdate,
    Status,
    StopSession,
)
from backends.scene import Scene
from backends.scripts import message_with_location, script_location
from backends.session import Session, startup_of, titled
from backends.update_queue import UpdateQueue

RUN_AHEAD = 3
_LOOK_AGAIN_S = 0.01
_STATUS_INTERVAL_S = 0.03
_PR_SET_PDEATHSIG = 1
_ADDRESS = re.compile(r" at 0x[0-9a-fA-F]+")


class _ParentGone(SystemExit):
    """The other end of the connection is closed."""


class SessionStarted(NamedTuple):
    """The session is built."""

    scene: Scene | None


class SessionFailed(NamedTuple):
    """The session could not be built, or could not go on; no message follows."""

    error: SomascopeError


class Batch(NamedTuple):
    """What happened in one advance, or in answer to commands.

    Attributes
    ----------
    number : int
        Counts up from 1; the parent acknowledges by sending it back.
    handled : int
        Commands handled since the start.
    is_live : bool
        Whether the session goes on by itself.
    updates : list of bytes
        Each update pickled apart, so that one that cannot be read costs only itself.
    frames : list of FrameRef
        The newest frame of each field, at most one a field.
    """

    number: int
    handled: int
    is_live: bool
    updates: list[bytes]
    frames: list[FrameRef]


class Child:
    """One session at the end of a connection, from its start to its end."""

    def __init__(self, connection: Connection, frames: FrameWriter) -> None:
        self._connection = connection
        self._frames = frames
        self._poll = select.poll()
        self._poll.register(connection.fileno(), select.POLLIN)
        self._number = self._acknowledged = self._handled = 0
        self._refusals: list[SessionUpdate] = []
        self._accepted = AcceptedValues()
        self._lost: set[str] = set()  # kinds of updates that were reported as lost
        self._last_status: tuple[float, Status] = (0.0, Status(Phase.STARTING))

    def run(self) -> None:
        """Run until the parent stops it, or until the session fails."""
        session: Session | None = None
        try:
            factory: Callable[[], Session] = self._receive()
            self._send_status(Status(Phase.BUILDING))
            session = factory()
            self._initialize(session)
            self._serve(session)
        except SomascopeError as error:
            self._fail(session, _importable_error(error))
        except SystemExit as leaving:
            place = script_location(leaving)
            if not place or isinstance(leaving, _ParentGone):
                raise
            words = f"{exit_call_text(leaving)} was called ({place}): remove it from the session."
            self._fail(
                session,
                SimulatorError(
                    words, traceback.format_exc(), code="exit-called", hint="edit-script"
                ),
            )
        except Exception as error:  # an author's session may raise anything; the parent reports it
            place = script_location(error)
            sentence = f"The session stopped: {type(error).__name__}: {first_line(error)}"
            sentence += f" ({place})." if place else "."
            self._fail(
                session,
                SimulatorError(
                    sentence, traceback.format_exc(), code="session-failed", hint="restart"
                ),
            )
        finally:
            if session is not None:
                session.shutdown()

    def _initialize(self, session: Session) -> None:
        """Build the model; send what to show meanwhile, and each status, at once."""
        startup = startup_of(session)
        if startup is not None:
            self._send(startup)
        session.on_status = self._send_status
        scene = titled(session.initialize(), session)
        session.on_status = None
        self._send(SessionStarted(scene))
        self._report(session)

    def _serve(self, session: Session) -> None:
        while True:
            handled = self._handled
            if not self._process_commands(session, self._poll_timeout(session)):
                return
            if handled != self._handled:
                self._report(session)
            elif session.is_live() and self._may_run_ahead:
                session.advance()
                self._report(session)
            else:
                self._report_if_any(session)

    def _poll_timeout(self, session: Session) -> float | None:
        """Return how many seconds the connection may be waited on; None: until it has something."""
        if not self._may_run_ahead:
            return None
        seconds = session.idle_sleep()
        if session.is_live():
            return seconds or 0.0
        return None if seconds is None else seconds or _LOOK_AGAIN_S

    @property
    def _may_run_ahead(self) -> bool:
        return self._number - self._acknowledged < RUN_AHEAD

    def _process_commands(self, session: Session, timeout_s: float | None) -> bool:
        """Process what the parent has sent; return whether to go on."""
        milliseconds = None if timeout_s is None else timeout_s * 1000
        while self._poll.poll(milliseconds):
            message = self._receive()
            if isinstance(message, int):
                self._acknowledged = message
            elif isinstance(message, StopSession):
                return False
            else:
                self._handle(session, message)
                self._handled += 1
            milliseconds = 0
        return True

    def _handle(self, session: Session, command: SessionCommand) -> None:
        try:
            session.handle(command)
            self._accepted.note(command)
        except RequestError as error:
            self._refusals.append(refusal(command, error))
        except Exception as error:  # a bad command must not end the simulation
            reason = f"{type(error).__name__}: {first_line(error)}"
            words = f"{type(command).__name__} failed ({reason}); the session goes on."
            details, subject = traceback.format_exc(), subject_of(command)
            self._refusals.append(Error(words, details, code="request-failed", subject=subject))

    # -------------------------------------------------------------------------------- reports

    def _report(self, session: Session) -> None:
        """Send the session's updates, and whether it goes on."""
        refusals, self._refusals = self._refusals, []
        updates = self._accepted.added_to(session.read_updates())
        self._send_batch([*updates, *refusals], _continues(session))

    def _report_if_any(self, session: Session) -> None:
        updates = session.read_updates()
        if updates:
            self._send_batch(updates, _continues(session))

    def _send_batch(self, updates: list[SessionUpdate], is_live: bool) -> None:
        queue = UpdateQueue()
        queue.put(updates)
        updates = queue.pop_all()
        self._number += 1
        frames = [each for each in updates if _is_frame(each)]
        refs: list[FrameRef] = []
        slot_is_free = self._number - self._acknowledged <= N_SLOTS
        if slot_is_free and not any(frame.values.dtype.hasobject for frame in frames):
            refs = self._frames.write(self._number, frames)
            updates = [each for each in updates if not _is_frame(each)]
        self._send(Batch(self._number, self._handled, is_live, self._pickled(updates), refs))

    def _pickled(self, updates: list[SessionUpdate]) -> list[bytes]:
        """Pickle updates; of those that cannot be, report the first of each kind."""
        pickled = []
        for update in updates:
            try:
                pickled.append(pickle.dumps(update, pickle.HIGHEST_PROTOCOL))
            except Exception as error:  # an author's values may raise anything here
                kind = type(update).__name__
                if kind not in self._lost:
                    self._lost.add(kind)
                    pickled.append(pickle.dumps(_lost_update(kind, error)))
        return pickled

    def _send_status(self, update: SessionUpdate) -> None:
        """Send a status while the session is being built, at most some thirty a second."""
        if not isinstance(update, Status):
            return
        when, last = self._last_status
        now = time.monotonic()
        is_same = (update.phase, update.message) == (last.phase, last.message)
        if not (is_same and now - when < _STATUS_INTERVAL_S):
            self._last_status = (now, update)
            self._send(update)

    def _fail(self, session: Session | None, error: SomascopeError) -> None:
        """Send the last updates of a session, and why it ended."""
        if session is not None and self._number:
            self._send_batch(session.read_updates(), True)  # as live: the failure follows
        self._send(SessionFailed(error))

    def _send(self, message: object) -> None:
        data = pickle.dumps(message, pickle.HIGHEST_PROTOCOL)
        try:
            self._connection.send_bytes(data)
        except OSError:
            raise _ParentGone from None

    def _receive(self) -> Any:
        try:
            data = self._connection.recv_bytes()
        except (OSError, EOFError):
            raise _ParentGone from None
        return pickle.loads(data)


def _continues(session: Session) -> bool:
    return session.is_live() or bool(session.idle_sleep())


def _importable_error(error: SomascopeError) -> SomascopeError:
    """Return `error` as the nearest class that the parent can surely import."""
    kind = next(each for each in type(error).__mro__ if each.__module__ == "backends.errors")
    details = error.details or traceback.format_exc()
    plain: SomascopeError = kind(
        message_with_location(error), details, code=error.code, hint=error.hint
    )
    return plain


def _lost_update(kind: str, error: Exception) -> Error:
    """Return the report of an update that cannot be sent."""
    reason = _ADDRESS.sub("", first_line(error)).rstrip(".")
    words = (
        f"A {kind} cannot be sent to the window, as it holds what cannot be copied to another process "
        f"({reason}); every {kind} of that sort is left out. Send numbers, texts and arrays."
    )
    return Error(words, code="update-lost", hint="edit-script")


def _is_frame(update: SessionUpdate) -> TypeGuard[FieldReplace]:
    """Whether an update is nothing but the values of a field."""
    return isinstance(update, FieldReplace) and update.coords is None


def _end_with_parent(descriptor: int) -> None:
    """End this process when the other end of the connection is closed, even during a step."""
    poll = select.poll()
    poll.register(descriptor, 0)
    poll.poll()
    _end_orphaned()


def _end_orphaned() -> NoReturn:
    """End this process, whose parent is gone, and with it all that the model has started."""
    if os.getpgrp() == os.getpid():  # not in a fork of this process
        os.killpg(os.getpid(), signal.SIGKILL)
    os._exit(1)


def _continue_without_parent() -> None:
    """Let Linux continue this process when its parent ends: one that is stopped could not end itself."""
    if sys.platform == "linux":
        with contextlib.suppress(OSError, AttributeError):
            ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGCONT)


def _disconnect(descriptor: int) -> None:
    """Close the connection in a fork of this process, which would hide its end and spoil what it sends."""
    nothing = os.open(os.devnull, os.O_RDWR)
    os.dup2(nothing, descriptor, inheritable=False)
    os.close(nothing)


def _exit_now(code: int) -> NoReturn:
    """End at once: the cleanup of a simulator's libraries may hang or crash, and frees nothing."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def _import_early(modules: Sequence[str]) -> None:
    """Import what the session will need, while the parent does not know yet which session that is."""
    for name in modules:
        try:
            importlib.import_module(name)
        except Exception:  # the session imports it again, and reports why it cannot
            return


def main(connection_fd: int, block_fd: int, modules: Sequence[str] = ()) -> NoReturn:
    """Run as the child; `backends.isolated.process` starts the interpreter for this only."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    faulthandler.enable()
    faulthandler.register(SIGNAL, all_threads=False)
    for descriptor in (connection_fd, block_fd):
        os.set_inheritable(descriptor, False)
    os.register_at_fork(after_in_child=partial(_disconnect, connection_fd))
    _continue_without_parent()
    threading.Thread(target=_end_with_parent, args=(connection_fd,), daemon=True).start()
    try:
        with intercept_os_exit():
            _import_early(modules)
            Child(Connection(connection_fd), FrameWriter(block_fd)).run()
    except _ParentGone:
        _end_orphaned()
    except SystemExit as leaving:
        _exit_now(leaving.code if isinstance(leaving.code, int) else int(leaving.code is not None))
    except (
        BaseException
    ):  # the process ends here: the log, which the parent reads, is all that is left
        traceback.print_exc()
        _exit_now(1)
    _exit_now(0)
