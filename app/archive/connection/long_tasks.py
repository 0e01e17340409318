"""`Errands`: longer work on the disk (measure, verify, repair, remove, export), beside the service's questions.

Theory. The library answers in one lane of the service, so what reads every record must not stand in it. An
errand is a thread of its own, with a client of the service's, that tells how far it is and can be ended at
each such word. One runs at a time for each name; a newer one of the name takes the place of the older.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal

from app.tasks.jobs import BackgroundJob, Handle, JobFailure, Jobs
from backends.errors import SessionCancelled, SomascopeError
from neuromorpho.errors import NeuroMorphoCancelled, NeuroMorphoError

if TYPE_CHECKING:
    from app.archive.connection.service import ArchiveService
    from neuromorpho.client import NeuroMorphoClient

Tell = Callable[[str, float | None], None]
LongWork = Callable[["NeuroMorphoClient", Tell], Any]


@dataclass(frozen=True, eq=False)
class _Task:
    """What the window waits for."""

    job: BackgroundJob
    stop: threading.Event
    done: Callable[[Any], None]
    failed: Callable[[JobFailure], None]
    told: Callable[[str, float | None], None]


class LongTasks(QObject):
    """Runs errands; close it before the service.

    Signals
    -------
    busyChanged(bool)
        Whether any runs.
    """

    busyChanged = Signal(bool)

    def __init__(self, service: ArchiveService, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._service = service
        self._jobs = Jobs(self)
        self._errands: dict[str, _Task] = {}

    def begin(
        self,
        name: str,
        work: LongWork,
        done: Callable[[Any], None],
        failed: Callable[[JobFailure], None],
        told: Callable[[str, float | None], None] = lambda _sentence, _share: None,
    ) -> None:
        """Have something done in a thread.

        Parameters
        ----------
        name
            What it is called in the sentence about a bug: ``"The verification"``.
        work
            Called with a client and with `tell`, which takes a sentence and the share done, and which
            raises `NeuroMorphoCancelled` once nobody wants the result.
        done, failed, told
            Called in the GUI thread; none of them after `cancel`.
        """
        self.cancel(name)
        stop = threading.Event()
        job = self._jobs.prepare(_as_job(work, self._service, stop), name)
        self._errands[name] = _Task(job, stop, done, failed, told)
        job.progressed.connect(self._take_word)
        job.done.connect(self._take_result)
        job.failed.connect(self._take_failure)
        job.cancelled.connect(self._ended)
        job.start()
        self.busyChanged.emit(True)

    def is_busy(self, name: str = "") -> bool:
        """Return whether an errand of this name runs; "" for any."""
        return name in self._errands if name else bool(self._errands)

    def cancel(self, name: str = "") -> bool:
        """End an errand at its next word; "" for all. Return whether there was one."""
        names = [each for each in self._errands if each == name or not name]
        for each in names:
            errand = self._errands.pop(each)
            errand.stop.set()
            errand.job.cancel()
        if names:
            self.busyChanged.emit(bool(self._errands))
        return bool(names)

    def close(self) -> bool:
        """End all; return whether every thread ended."""
        self.cancel()
        return self._jobs.close()

    # ------------------------------------------------------------------------------------ inside

    def _take_word(self, job: BackgroundJob, sentence: str, share: object) -> None:
        errand = self._errands.get(job.objectName())
        if errand is not None and errand.job is job:
            errand.told(sentence, share if isinstance(share, float) else None)

    def _take_result(self, job: BackgroundJob, result: object) -> None:
        if (errand := self._ended(job)) is not None:
            errand.done(result)

    def _take_failure(self, job: BackgroundJob, failure: JobFailure) -> None:
        if (errand := self._ended(job)) is not None:
            errand.failed(failure)

    def _ended(self, job: BackgroundJob) -> _Task | None:
        """Return the errand of a job that ended; None where it was cancelled or replaced."""
        errand = self._errands.get(job.objectName())
        if errand is None or errand.job is not job:
            return None
        del self._errands[job.objectName()]
        self.busyChanged.emit(bool(self._errands))
        return errand


def _as_job(
    work: LongWork, service: ArchiveService, stop: threading.Event
) -> Callable[[Handle], object]:
    """Return the work as a job does it: with a client, and failing as jobs fail."""

    def run(handle: Handle) -> object:
        def tell(sentence: str, share: float | None = None) -> None:
            if stop.is_set():
                raise NeuroMorphoCancelled("Nobody waits for it any more.")
            handle.tell(sentence, share)

        try:
            return work(service.client_for(stop), tell)
        except NeuroMorphoCancelled as error:
            raise SessionCancelled(str(error)) from error
        except NeuroMorphoError as error:
            raise SomascopeError(str(error)) from error

    return run
