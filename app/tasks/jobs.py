"""One-shot background work: a `Job` is a QThread that does one thing and says how it ended.

Theory. A session lives and is driven (`session_thread`); a job computes one result and ends. The work
itself knows nothing of Qt: it is a function of a `Handle`, through which it tells of its progress and
learns that nobody wants the result any more. Every job ends in exactly one of three ways, each a signal:
done, failed, cancelled; a result that arrives after a cancel is dropped. `Jobs` owns the threads, so
that none is destroyed while it runs and the window never waits for a slow end.
"""

from __future__ import annotations

import threading
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QObject, QThread, Signal

from backends.errors import SessionCancelled, SomascopeError


@dataclass(frozen=True, slots=True)
class JobFailure:
    """Why a job came to nothing.

    Attributes
    ----------
    message : str
        One sentence.
    details : str
        Traceback or what a simulator printed.
    """

    message: str
    details: str = ""


class Handle:
    """What the work holds of its job; for its thread.

    Parameters
    ----------
    tell : callable
        Takes a sentence and the share that is done, 0 … 1, None where it cannot be known.
    """

    def __init__(self, tell: Callable[[str, float | None], object]) -> None:
        self.tell = tell
        self._cancelled = threading.Event()

    def is_cancelled(self) -> bool:
        """Whether nobody wants the result any more."""
        return self._cancelled.is_set()

    def cancel(self) -> None:
        """Say that nobody wants the result; from any thread."""
        self._cancelled.set()


Work = Callable[[Handle], Any]


class BackgroundJob(QThread):
    """Does its work once.

    Parameters
    ----------
    work : callable
        Called once, in the thread. It raises `SomascopeError` for a failure in one sentence, and
        `SessionCancelled`, or returns anything, after a cancel.
    name : str
        What the work is called in the sentence about a bug: ``"The comparison"``.

    Signals
    -------
    progressed(Job, str, object)
        A sentence and the share done, 0 … 1 or None.
    done(Job, object), failed(Job, Failure), cancelled(Job)
        How it ended: one of them, once. After `cancel` only what was under way already may still
        arrive, and `cancelled`; so whoever hears them looks whether it is the job that is waited for.
    """

    progressed = Signal(object, str, object)
    done = Signal(object, object)
    failed = Signal(object, object)
    cancelled = Signal(object)

    def __init__(self, work: Work, name: str, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self._work = work
        self._handle = Handle(self._tell)

    def cancel(self) -> None:
        """Ask the work to end; returns at once."""
        self._handle.cancel()

    def run(self) -> None:
        """Do the work and say how it ended."""
        try:
            result = self._work(self._handle)
        except SessionCancelled:
            self.cancelled.emit(self)
        except SomascopeError as error:
            self._end(
                self.failed, JobFailure(error.message, error.details or traceback.format_exc())
            )
        except Exception as error:  # this is where the work's life is owned
            sentence = f"{self.objectName()} stopped: {error!r}."
            self._end(self.failed, JobFailure(sentence, traceback.format_exc()))
        else:
            self._end(self.done, result)

    def _end(self, how: Any, what: object) -> None:
        if self._handle.is_cancelled():
            self.cancelled.emit(self)
        else:
            how.emit(self, what)

    def _tell(self, sentence: str, share: float | None = None) -> None:
        if not self._handle.is_cancelled():
            self.progressed.emit(self, sentence, share)


class Jobs(QObject):
    """Owns jobs from their start to their end."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._running: set[BackgroundJob] = set()

    def prepare(self, work: Work, name: str) -> BackgroundJob:
        """Return a job that is ready to be connected, then started."""
        job = BackgroundJob(work, name, self)
        self._running.add(job)
        job.finished.connect(self._forget_ended)
        return job

    def close(self, timeout_s: float = 4.0) -> bool:
        """Cancel every job and wait, at most `timeout_s` for each; return whether all ended."""
        jobs = list(self._running)
        for job in jobs:
            job.cancel()
        ended = [job.wait(int(timeout_s * 1000)) for job in jobs]
        self._forget_ended()
        return all(ended)

    def _forget_ended(self) -> None:
        for job in [each for each in self._running if each.isFinished()]:
            self._running.discard(job)
            job.deleteLater()
