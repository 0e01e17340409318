"""`TaskRunner`: runs functions in threads and delivers their results in the thread that owns the runner.

Each task has a channel, such as ``"search/page"``: a newer task replaces the older ones of its channel, and
`cancel` takes the beginning of a channel. A cancelled task is forgotten at once, and whatever its thread still
delivers is dropped. Threads only put events into a queue and emit one queued signal; once the runner is closed
they do not even that, so a thread that ends late does no harm.
"""

from __future__ import annotations

import threading
import time
import traceback
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

from PySide6.QtCore import QObject, Qt, Signal

from app.tasks.worker_pool import WorkerPool
from backends.errors import SessionCancelled, SomascopeError

Progress = Callable[[str, float | None], object]
"""Takes a sentence and the share that is done, 0 … 1, or None where it is unknown."""
_Kind = Literal["done", "failed", "cancelled", "progress", "message"]
_Callbacks = dict[_Kind, Callable[[Any], object]]


@dataclass(frozen=True, slots=True)
class TaskFailure:
    """Why a task failed.

    Attributes
    ----------
    message : str
        One sentence.
    details : str
        Traceback, or what a simulator printed.
    """

    message: str
    details: str = ""


def failure_of(error: Exception) -> TaskFailure | None:
    """Return how a task's error is reported; None if the error means that the task was cancelled."""
    if isinstance(error, SessionCancelled):
        return None
    details = "".join(traceback.format_exception(error))
    if isinstance(error, SomascopeError):
        return TaskFailure(error.message, error.details or details)
    return TaskFailure(
        f"Somascope has a bug: {error!r}. Please report it with the details.", details
    )


class _Event(NamedTuple):
    """What a thread delivers; `task` is None for a message of no task."""

    task: Task | None
    kind: _Kind
    value: Any


class _EventQueue:
    """Events on their way from the threads.

    Parameters
    ----------
    notify
        Called in a thread after each event that was put in; never after `close`.
    """

    def __init__(self, notify: Callable[[], None]) -> None:
        self._notify: Callable[[], None] | None = notify
        self.events: deque[_Event] = deque()
        self._lock = threading.Lock()

    def put(self, event: _Event) -> None:
        """Add an event."""
        with self._lock:
            if self._notify is not None:
                self.events.append(event)
                self._notify()

    def post(self, message: object) -> None:
        """Add a message that is of no task."""
        self.put(_Event(None, "message", message))

    def close(self) -> None:
        """Drop all events, also those to come."""
        with self._lock:
            self._notify = None
            self.events.clear()


class Task:
    """What a running function knows of its task; all of it is for any thread.

    Attributes
    ----------
    channel : str
    cancelled : threading.Event
        Set as soon as nobody waits for the result.
    """

    def __init__(self, channel: str, queue: _EventQueue) -> None:
        self.channel = channel
        self.cancelled = threading.Event()
        self._queue = queue

    def is_cancelled(self) -> bool:
        """Return whether nobody waits for the result any more."""
        return self.cancelled.is_set()

    def report(self, sentence: str, share: float | None = None) -> None:
        """Report progress; see `Progress`."""
        self._queue.put(_Event(self, "progress", (sentence, share)))


class TaskRunner(QObject):
    """Runs tasks in threads, from their start to their end.

    Parameters
    ----------
    name
        What the threads are called.
    lanes
        How many threads each lane has; slow tasks of one lane do not delay those of another.
    failure_of
        Turns an error of a task into a `TaskFailure`, or None for a cancel; called in threads.

    Attributes
    ----------
    post : callable
        Sends `messagePosted`, in order with the results of tasks; for any thread, and without the runner in it.

    Signals
    -------
    messagePosted(object)
        Something arrived from `post`.
    """

    messagePosted = Signal(object)
    _eventPut = Signal()

    def __init__(
        self,
        name: str,
        lanes: Mapping[str, int],
        parent: QObject | None = None,
        failure_of: Callable[[Exception], TaskFailure | None] = failure_of,
    ) -> None:
        super().__init__(parent)
        self._failure_of = failure_of
        self._queue = _EventQueue(self._eventPut.emit)
        self.post = self._queue.post
        self._pools = {lane: WorkerPool(f"{name}-{lane}", n) for lane, n in lanes.items()}
        self._callbacks: dict[Task, _Callbacks] = {}  # no thread has them, for they hold widgets
        self._is_closed = False
        self._eventPut.connect(self._deliver, Qt.ConnectionType.QueuedConnection)

    def start(
        self,
        channel: str,
        work: Callable[[Task], Any],
        done: Callable[[Any], object],
        failed: Callable[[Any], object],
        *,
        cancelled: Callable[[], object] = lambda: None,
        progress: Progress = lambda _sentence, _share: None,
        lane: str,
        latest: bool = True,
        priority: int = 0,
    ) -> None:
        """Run a function in a thread; nothing happens once the runner is closed.

        Parameters
        ----------
        work
            Called once, in a thread, so it uses nothing of Qt.
        done, failed, cancelled
            One of them is called, once, with the result, with the failure, or with nothing if the work
            itself ended as cancelled. None of them is called after `cancel` or `close`.
        progress
            Called for each `Task.report`.
        latest
            Whether this task replaces those that were started on the channel before.
        priority
            Higher ones start first; 0 for what the user waits for, below for what may wait.
        """
        if self._is_closed:
            return
        if latest:
            self._forget([each for each in self._callbacks if each.channel == channel])
        task, queue, failure_of = Task(channel, self._queue), self._queue, self._failure_of
        self._callbacks[task] = {
            "done": done,
            "failed": failed,
            "cancelled": lambda _: cancelled(),
            "progress": lambda value: progress(*value),
        }
        self._pools[lane].put(lambda: _run(task, work, queue, failure_of), priority)

    def cancel(self, prefix: str = "") -> bool:
        """Cancel the tasks on channels that begin so, "" for all; return whether there were any."""
        tasks = [each for each in self._callbacks if each.channel.startswith(prefix)]
        self._forget(tasks)
        return bool(tasks)

    def is_busy(self, prefix: str = "") -> bool:
        """Return whether a task runs or waits on the channels that begin so."""
        return any(each.channel.startswith(prefix) for each in self._callbacks)

    def close(self, timeout_s: float = 4.0) -> bool:
        """Cancel everything and end the threads; return whether all ended in time."""
        deadline = time.monotonic() + timeout_s
        self._is_closed = True
        self._queue.close()
        self._forget(list(self._callbacks))
        for pool in self._pools.values():
            pool.close()
        ended = [pool.join(deadline) for pool in self._pools.values()]
        return all(ended)

    def _forget(self, tasks: list[Task]) -> None:
        for each in tasks:
            each.cancelled.set()
            del self._callbacks[each]

    def _deliver(self) -> None:
        """Deliver the oldest event; one signal arrives for each."""
        if not self._queue.events:
            return
        task, kind, value = self._queue.events.popleft()
        if task is None:
            self.messagePosted.emit(value)
        elif task in self._callbacks:  # else it was cancelled, or replaced by a newer one
            callback = self._callbacks[task][kind]
            if kind != "progress":
                del self._callbacks[task]
            callback(value)


def _run(
    task: Task,
    work: Callable[[Task], Any],
    queue: _EventQueue,
    failure_of: Callable[[Exception], TaskFailure | None],
) -> None:
    """Do a task's work; in a thread, so the runner, a Qt object, is not here."""
    if task.is_cancelled():
        return
    try:
        event = _Event(task, "done", work(task))
    except Exception as error:  # the task's life is owned here: any error is its failure
        failure = failure_of(error)
        event = _Event(task, "cancelled" if failure is None else "failed", failure)
    queue.put(event)
