"""One-shot work in a thread: its three endings, each said once, and nothing left behind."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from PySide6.QtCore import QThread
from pytestqt.qtbot import QtBot

from app.tasks.jobs import BackgroundJob, Handle, JobFailure, Jobs
from backends.errors import RequestError, SessionCancelled

LONG_MS = 10_000


@pytest.fixture
def jobs(qtbot: QtBot) -> Iterator[Jobs]:
    made = Jobs()
    yield made
    assert made.close()


def endings(job: BackgroundJob) -> list[tuple[str, object]]:
    """Return a list that fills with how a job ends."""
    said: list[tuple[str, object]] = []
    job.done.connect(lambda _, result: said.append(("done", result)))
    job.failed.connect(lambda _, failure: said.append(("failed", failure)))
    job.cancelled.connect(lambda _: said.append(("cancelled", None)))
    return said


def ended(qtbot: QtBot, job: BackgroundJob) -> list[tuple[str, object]]:
    """Start a job and return how it has ended."""
    said = endings(job)
    job.start()
    qtbot.waitUntil(lambda: bool(said), timeout=LONG_MS)
    return said


def until_cancelled(handle: Handle) -> None:
    """Work as a loop does that looks whether it is still wanted."""
    while not handle.is_cancelled():
        threading.Event().wait(0.005)


def test_work_is_done_in_a_thread_of_its_own_and_its_result_handed_over(
    qtbot: QtBot, jobs: Jobs
) -> None:
    window = QThread.currentThread()

    def work(handle: Handle) -> bool:
        return QThread.currentThread() is window

    assert ended(qtbot, jobs.prepare(work, "The work")) == [("done", False)]


def test_progress_arrives_in_order_before_the_end(qtbot: QtBot, jobs: Jobs) -> None:
    def work(handle: Handle) -> None:
        handle.tell("reading", None)
        handle.tell("running", 0.5)

    job = jobs.prepare(work, "The work")
    heard: list[tuple[str, float | None]] = []
    job.progressed.connect(lambda _, sentence, share: heard.append((sentence, share)))
    assert ended(qtbot, job) == [("done", None)]
    assert heard == [("reading", None), ("running", 0.5)]


def test_a_failure_in_one_sentence_stays_that_sentence(qtbot: QtBot, jobs: Jobs) -> None:
    def work(handle: Handle) -> None:
        raise RequestError("That cannot be.", "why")

    said = ended(qtbot, jobs.prepare(work, "The work"))
    assert said == [("failed", JobFailure("That cannot be.", "why"))]


def test_a_bug_is_told_with_its_traceback(qtbot: QtBot, jobs: Jobs) -> None:
    def work(handle: Handle) -> float:
        return 1 / 0

    [(how, failure)] = ended(qtbot, jobs.prepare(work, "The work"))
    assert how == "failed"
    assert failure.message == "The work stopped: ZeroDivisionError('division by zero')."
    assert "1 / 0" in failure.details


@pytest.mark.parametrize("ending", ["returns", "says so", "fails"])
def test_cancelled_work_has_no_result_however_it_ends(
    qtbot: QtBot, jobs: Jobs, ending: str
) -> None:
    begun = threading.Event()

    def work(handle: Handle) -> str:
        begun.set()
        until_cancelled(handle)
        handle.tell("too late", None)
        if ending == "says so":
            raise SessionCancelled("The work was cancelled.")
        if ending == "fails":
            raise RequestError("The pipe is broken.")
        return "too late"

    job = jobs.prepare(work, "The work")
    said, heard = endings(job), []
    job.progressed.connect(lambda *args: heard.append(args))
    job.start()
    assert begun.wait(LONG_MS / 1000)
    job.cancel()
    qtbot.waitUntil(lambda: bool(said), timeout=LONG_MS)
    assert said == [("cancelled", None)]
    assert not heard


def test_closing_ends_work_that_is_under_way_and_waits_for_it(qtbot: QtBot) -> None:
    jobs, begun = Jobs(), threading.Event()

    def work(handle: Handle) -> None:
        begun.set()
        until_cancelled(handle)

    job = jobs.prepare(work, "The work")
    job.start()
    assert begun.wait(LONG_MS / 1000)
    assert job.isRunning()
    assert jobs.close()


def test_closing_says_when_work_does_not_end(qtbot: QtBot) -> None:
    jobs, release = Jobs(), threading.Event()
    job = jobs.prepare(lambda handle: release.wait(), "The work")
    job.start()
    assert not jobs.close(timeout_s=0.05)
    release.set()
    assert jobs.close()
