"""`IsolatedSession`: any session in a separate process.

The real session lives in a child (`backends.isolated.child`), started by `backends.isolated.process`. Everything
here is pulled: a batch is received, and acknowledged, only when this object's `advance` or
`read_updates` is called, and the child runs at most a few batches ahead of that. Display frames come
through shared memory (`backends.isolated.frames`), all other updates through the connection; an `UpdateQueue`
holds them for the reader. A wait ends on data from the child,
on its death, and on `interrupt`. One thread uses the object; `interrupt` and `cancel` are for the others.

The child's death is reported once. During `initialize` it is raised as `SessionCrashed`; later it is
the last update, an `Error` with ``fatal=True`` and ``code="session-crashed"``, and the session is no longer
live. To go on, shut this session down and make another one of the same factory.
"""

from __future__ import annotations

import contextlib
import os
import pickle
import select
import threading
import time
from collections.abc import Callable
from typing import Any

from backends.error_updates import error_update
from backends.errors import (
    ProtocolError,
    RequestError,
    SessionCancelled,
    SessionCrashed,
    SomascopeError,
)
from backends.isolated.child import Batch, SessionFailed, SessionStarted
from backends.isolated.factory import pickled_factory
from backends.isolated.frames import FrameReader
from backends.isolated.long_call import LongCallWatch
from backends.isolated.process import ChildProcess
from backends.isolated.silence import SilenceWatch
from backends.messages import (
    Error,
    NotAnswering,
    Phase,
    SessionCommand,
    SessionUpdate,
    StartupScene,
    Status,
    StopSession,
)
from backends.scene import Scene
from backends.session import Session
from backends.update_queue import UpdateQueue

_LONGEST_ADVANCE_S = 0.05
_TERMINATE_S = 0.15
_RESTART = "press Restart"
_GONE = (EOFError, OSError)


class IsolatedSession(Session):
    """A session that runs `factory()` in a child process.

    Parameters
    ----------
    factory : callable
        Picklable: a `Session` class, a function of a module, ``source.create`` of a `SessionSource`.
    name : str
        Name of the session in error messages.
    shutdown_timeout_s : float
        How long `shutdown` waits for the child to end by itself, s.
    remedy : str
        What the user can do when the child has died, as the end of an error message; of one that died
        before it was built, the window can try again and leaves what it shows.
    patience_s : float
        How long the child may be silent before this looks whether the system has stopped it, s.
    longest_call_s : float
        How long a call may take before its line is told, s.
    process : ChildProcess or None
        A child that has been sent nothing yet, owned from now on; None to start one in `initialize`.
    """

    def __init__(
        self,
        factory: Callable[[], Session],
        *,
        name: str = "session",
        shutdown_timeout_s: float = 1.5,
        remedy: str = _RESTART,
        patience_s: float = 3.0,
        longest_call_s: float = 10.0,
        process: ChildProcess | None = None,
    ) -> None:
        self._name = name
        self._remedy = remedy
        self._shutdown_timeout_s = shutdown_timeout_s
        self._factory = pickled_factory(factory, name)
        self._lock = threading.Lock()  # of the process and the wake pipe against other threads
        self._cancelled = False
        self._closed = False
        self._process: ChildProcess | None = None
        self._spare = process
        self._frames: FrameReader | None = None
        self._wake_read, self._wake_write = os.pipe()
        os.set_blocking(self._wake_read, False)
        os.set_blocking(self._wake_write, False)
        self._poll = select.poll()
        self._poll.register(self._wake_read, select.POLLIN)
        self._started: SessionStarted | None = None
        self._ended: SomascopeError | None = None
        self._n_batches = 0
        self._child_is_live = False
        self._sent = self._handled = 0
        self._updates = UpdateQueue()
        self._final_error: Error | None = None
        self._last_status = Status(Phase.STARTING)
        self._unreadable: set[str] = set()  # sentences about updates, each told once
        self._silence = SilenceWatch(patience_s)
        self._long_call = LongCallWatch(longest_call_s)

    # ---------------------------------------------------------------------- the session protocol

    def initialize(self) -> Scene | None:
        """Start the child and wait until its scene is there.

        Raises
        ------
        SomascopeError
            What the session itself raised in the child.
        SessionCrashed
            If the child died; `details` has the end of what it printed.
        SessionCancelled
            If `cancel` was called.
        """
        self._publish_status(Status(Phase.STARTING, f"Starting {self._name}"))
        with self._lock:
            if self._cancelled or self._closed:
                raise SessionCancelled(
                    f"The start of {self._name} was cancelled.", code="cancelled"
                )
            process, self._spare = self._spare or ChildProcess(), None
            self._process = process
            self._frames = FrameReader(process.block_fd)
            self._poll.register(process.connection.fileno(), select.POLLIN)
        self._send_bytes(self._factory)
        while self._ended is None and (self._started is None or not self._n_batches):
            self._receive_all(self._silence.patience_s)
        if self._cancelled:
            raise SessionCancelled(f"The start of {self._name} was cancelled.", code="cancelled")
        if self._started is None:
            assert self._ended is not None
            self._updates.pop_all()
            self._final_error = None
            raise self._ended
        return self._started.scene

    def advance(self) -> None:
        """Wait for the child's next batch, at most 50 ms, less if interrupted."""
        if self._ended is None:
            self._receive_all(_LONGEST_ADVANCE_S)

    def handle(self, command: SessionCommand) -> None:
        """Send a command; a refusal comes back as an `Error`, not as an exception.

        Raises
        ------
        RequestError
            If the child is gone.
        """
        if self._process is None or self._ended is not None:
            raise RequestError(
                f"{self._name} is not running; {self._remedy}.", code="not-running", hint="restart"
            )
        self._sent += 1
        self._send(command)

    def read_updates(self) -> list[SessionUpdate]:
        """Return the updates in order, then the newest frame of each field and the newest clock."""
        if self._process is not None and self._ended is None:
            self._receive_all(0.0)
        updates = self._updates.pop_all()
        if self._final_error is not None:
            updates.append(self._final_error)
            self._final_error = None
        return updates

    def is_live(self) -> bool:
        """Whether the child goes on by itself, or has yet to answer a command."""
        return self._ended is None and (self._child_is_live or self._handled < self._sent)

    def idle_sleep(self) -> float | None:
        """Return 0.0 while live, since `advance` itself waits; else None: see `wait_idle`."""
        return 0.0 if self.is_live() else None

    def shutdown(self) -> None:
        """End the child, first by request, then by force; release everything. Takes under 2 s."""
        with self._lock:
            if self._closed:
                return
            self._closed = True
        if self._process is not None:
            self._end(self._process)
        if self._ended is None:
            self._ended = SessionCancelled(f"{self._name} has been shut down.", code="shut-down")
        if self._spare is not None:
            self._spare.discard()
        if self._frames is not None:
            self._frames.close()
        for descriptor in (self._wake_read, self._wake_write):
            os.close(descriptor)

    # --------------------------------------------------------------- for the thread that drives it

    def wait_idle(self, timeout_s: float | None = None) -> bool:
        """Wait, using no processor time, for the child (data, or its death), `interrupt` or `cancel`.

        Returns at once when any of them has happened since the last wait.
        """
        if self._ended is None:
            self._wait(timeout_s)
        return True

    def interrupt(self) -> None:
        """Let a waiting `advance` or `wait_idle` return; from any thread."""
        with self._lock:
            if not self._closed:
                with contextlib.suppress(BlockingIOError):
                    os.write(self._wake_write, b"!")

    def cancel(self) -> None:
        """Kill the child, so that `initialize` or `advance` returns at once; from any thread."""
        with self._lock:
            self._cancelled = True
            if self._process is not None and not self._closed:
                self._process.kill()
        self.interrupt()

    @property
    def pid(self) -> int | None:
        """The child's process id, None before `initialize`."""
        return None if self._process is None else self._process.pid

    def output(self) -> str:
        """Return the last part of what the child has printed."""
        return "" if self._process is None or self._closed else self._process.output()

    # ----------------------------------------------------------------------------- taking in

    def _wait(self, timeout_s: float | None) -> bool:
        """Wait for the child or a wake-up, sending what waits; return whether the child has something."""
        assert self._process is not None
        connection = self._process.connection
        wanted = select.POLLIN | (select.POLLOUT if connection.is_sending else 0)
        self._poll.modify(connection.fileno(), wanted)
        ready = dict(self._poll.poll(None if timeout_s is None else timeout_s * 1000))
        if self._wake_read in ready:
            with contextlib.suppress(BlockingIOError):
                os.read(self._wake_read, 4096)
        events = ready.get(connection.fileno(), 0)
        if events & select.POLLOUT:
            self._flush()
        return bool(events & ~select.POLLOUT)

    def _receive_all(self, timeout_s: float | None) -> None:
        """Process all that the child has sent, waiting for its first word; acknowledge."""
        assert self._process is not None
        number, has_sent = 0, self._wait(timeout_s)
        try:
            while self._ended is None:
                data = self._process.connection.receive()
                if data is None:
                    break
                number = self._process_message(pickle.loads(data)) or number
        except _GONE:
            self._handle_exit()
        self._watch(has_sent)
        if number:
            self._n_batches = number
            self._process.trim_output()
            self._send(number)

    def _process_message(self, message: Any) -> int:
        """Process one message; return the number of a batch, else 0."""
        match message:
            case Batch():
                self._process_batch(message)
                return message.number
            case Status():
                self._publish_status(message)
            case StartupScene():
                if self.on_status is not None:
                    self.on_status(message)
            case SessionStarted():
                self._started = message
            case SessionFailed():
                self._ended = message.error
                self._final_error = error_update(message.error, fatal=True)
            case _:
                raise ProtocolError(
                    f"{self._name} sent a {type(message).__name__}", code="unknown-message"
                )
        return 0

    def _process_batch(self, batch: Batch) -> None:
        self._handled = batch.handled
        self._child_is_live = batch.is_live
        updates: list[SessionUpdate] = []
        for data in batch.updates:
            try:
                updates.append(pickle.loads(data))
            except Exception as error:  # unpickling an author's classes may raise anything
                words = f"An update of {self._name} cannot be read outside its process: {error}."
                if words not in self._unreadable:
                    self._unreadable.add(words)
                    updates.append(Error(words, code="update-lost", hint="edit-script"))
        # The frames are copied now: their slots are free once the batch is acknowledged.
        assert self._frames is not None
        self._updates.put([*updates, *map(self._frames.read, batch.frames)])

    def _publish_status(self, status: Status) -> None:
        self._last_status = status
        if self.on_status is not None:
            self.on_status(status)

    def _watch(self, has_sent: bool) -> None:
        """Say it if the child does not answer because the system has stopped it, and when it goes on."""
        process = self._process
        assert process is not None
        expects = self._started is None or self.is_live() or process.connection.is_receiving
        has_word = has_sent or self._ended is not None or not expects
        if not self._silence.has_changed(has_word, lambda: process.is_stopped):
            self._watch_long_call(0.0 if has_word else self._silence.silent_s)
            return
        sentence = (
            f"The process of {self._name} does not answer: the system has stopped it; let it continue "
            f"(kill -CONT {process.pid}) or {self._remedy}."
        )
        message = sentence if self._silence.is_stopped else ""
        if self._started is not None:
            self._updates.put([NotAnswering(message)])
        elif self.on_status is not None:
            last = self._last_status
            stopped = Status(last.phase, message, hint="continue-process")
            self.on_status(stopped if message else last)

    def _watch_long_call(self, silent_s: float) -> None:
        """Say it if a running session does not return from a call, and when it does."""
        process = self._process
        assert process is not None
        if self._started is None or self._silence.is_stopped:
            return
        place = self._long_call.news(silent_s, process.print_stack, process.output)
        if place is not None:
            sentence = (
                f"{self._name} has not answered for {self._long_call.patience_s:g} s; it is in {place}: "
                f"wait, or {self._remedy}."
            )
            self._updates.put([NotAnswering(sentence if place else "")])

    # ------------------------------------------------------------------------------- sending

    def _send(self, message: SessionCommand | int) -> None:
        """Send, now or when the child reads: blocking here while the child blocks would be a deadlock."""
        self._send_bytes(pickle.dumps(message, pickle.HIGHEST_PROTOCOL))

    def _send_bytes(self, data: bytes) -> None:
        assert self._process is not None
        with contextlib.suppress(*_GONE):  # reading finds the end, after what was sent before it
            self._process.connection.send(data)

    def _flush(self) -> None:
        assert self._process is not None
        try:
            self._process.connection.flush()
        except _GONE:
            self._process.connection.drop_unsent()

    # -------------------------------------------------------------------------------- endings

    def _handle_exit(self) -> None:
        """Report once why the child process ended."""
        process = self._process
        assert process is not None
        if not process.wait(1.0):
            process.kill()
            process.wait(1.0)
        if self._ended is not None:
            return
        if self._cancelled:
            self._ended = SessionCancelled(
                f"The start of {self._name} was cancelled.", code="cancelled"
            )
            return
        self._ended = self._crash(process)
        self._final_error = error_update(self._ended, fatal=True)

    def _crash(self, process: ChildProcess) -> SessionCrashed:
        """Return why the child ended, with the remedy of its last status unless it was killed."""
        doing, ending = self._last_status, process.ending()
        words, output = f"The process of {self._name} ended by itself", process.output()
        if self._started is None and doing.remedy and not process.was_killed:
            sentence = f"{words} at “{doing.message}” ({ending}): {doing.remedy}."
            return SessionCrashed(sentence, output, hint=doing.hint)
        if self._started is None and self._remedy == _RESTART:
            return SessionCrashed(f"{words} ({ending}); press Retry.", output, hint="retry")
        return SessionCrashed(f"{words} ({ending}); {self._remedy}.", output, hint="restart")

    def _end(self, process: ChildProcess) -> None:
        """End the child by request, then SIGTERM, then SIGKILL; wait for it."""
        if process.is_stopped:
            process.kill()  # it takes no request
        elif self._ended is None and not self._cancelled:
            process.connection.drop_unsent()
            self._send(StopSession())
            self._drain(process, self._shutdown_timeout_s)
        if not process.wait(0.0 if self._ended is None else _TERMINATE_S):
            process.terminate()
            if not process.wait(_TERMINATE_S):
                process.kill()
                process.wait(2.0)
        process.close()

    def _drain(self, process: ChildProcess, timeout_s: float) -> None:
        """Read and drop what a child still sends, so that it can end; return at its end."""
        deadline = time.monotonic() + timeout_s
        with contextlib.suppress(*_GONE):
            while (rest_s := deadline - time.monotonic()) > 0:
                self._wait(rest_s)
                while process.connection.receive() is not None:
                    pass
        process.wait(max(0.0, min(0.2, deadline - time.monotonic())))
