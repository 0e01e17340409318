"""Tasks in threads: how each ends, which results are dropped, in what order they start, and no thread left."""

from __future__ import annotations

import gc
import threading
import time
import weakref
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from pytestqt.qtbot import QtBot

from app.tasks.runner import Task, TaskFailure, TaskRunner
from backends.errors import RequestError, SessionCancelled

LONG_MS = 10_000
SLOW, FAST = "slow", "fast"


@pytest.fixture
def runner(qtbot: QtBot) -> Iterator[TaskRunner]:
    made = TaskRunner("test", {SLOW: 1, FAST: 2})
    yield made
    assert made.close()
    assert threads() == []
    made.deleteLater()


def threads() -> list[str]:
    """Return the names of the runner's threads."""
    return [each.name for each in threading.enumerate() if each.name.startswith("test-")]


class Calls:
    """The callbacks of tasks: which were called, in order, and in which thread."""

    def __init__(self, qtbot: QtBot, runner: TaskRunner) -> None:
        self.calls: list[tuple[str, Any]] = []
        self.threads: set[threading.Thread] = set()
        self._qtbot, self._runner = qtbot, runner

    def start(
        self, work: Callable[[Task], Any], channel: str = "work", lane: str = FAST, **options: Any
    ) -> None:
        """Start a task whose callbacks are noted."""
        self._runner.start(
            channel,
            work,
            lambda result: self._note("done", result),
            lambda failure: self._note("failed", failure),
            cancelled=lambda: self._note("cancelled", None),
            progress=lambda sentence, share: self._note("progress", (sentence, share)),
            lane=lane,
            **options,
        )

    def wait(self, n: int = 1) -> list[tuple[str, Any]]:
        """Return the calls once there are `n`."""
        self._qtbot.waitUntil(lambda: len(self.calls) >= n, timeout=LONG_MS)
        return self.calls

    def _note(self, what: str, value: Any) -> None:
        self.calls.append((what, value))
        self.threads.add(threading.current_thread())


@pytest.fixture
def calls(qtbot: QtBot, runner: TaskRunner) -> Calls:
    return Calls(qtbot, runner)


class Gate:
    """Work that waits until `go` is set or its task is cancelled."""

    def __init__(self) -> None:
        self.started, self.go = threading.Event(), threading.Event()

    def __call__(self, task: Task) -> str:
        self.started.set()
        while not task.is_cancelled() and not self.go.wait(0.005):
            pass
        return "through the gate"

    def wait(self) -> None:
        """Wait until the work started."""
        assert self.started.wait(LONG_MS / 1000)


# --------------------------------------------------------------------------------------- how a task ends


def test_work_runs_in_a_thread_and_its_result_arrives_in_the_gui_thread(calls: Calls) -> None:
    calls.start(lambda task: threading.current_thread() is threading.main_thread())
    assert calls.wait() == [("done", False)]
    assert calls.threads == {threading.main_thread()}


def test_no_callback_is_called_inside_start(calls: Calls) -> None:
    calls.start(lambda task: 1)
    assert calls.calls == []
    calls.wait()


def test_progress_arrives_in_order_before_the_result(calls: Calls) -> None:
    def work(task: Task) -> None:
        task.report("reading")
        task.report("running", 0.5)

    calls.start(work)
    progress = [("progress", ("reading", None)), ("progress", ("running", 0.5))]
    assert calls.wait(3) == [*progress, ("done", None)]


def test_a_failure_keeps_its_sentence_and_details(calls: Calls) -> None:
    def work(task: Task) -> None:
        raise RequestError("That cannot be.", "why")

    calls.start(work)
    assert calls.wait() == [("failed", TaskFailure("That cannot be.", "why"))]


def test_a_bug_fails_with_its_traceback_and_its_thread_goes_on(
    calls: Calls, runner: TaskRunner
) -> None:
    calls.start(lambda task: 1 / 0, lane=SLOW)
    [(ending, failure)] = calls.wait()
    assert ending == "failed"
    assert "ZeroDivisionError" in failure.message
    assert "1 / 0" in failure.details
    calls.start(lambda task: 2, lane=SLOW)
    assert calls.wait(2)[1] == ("done", 2)


def test_an_owner_may_report_its_own_errors(qtbot: QtBot) -> None:
    runner = TaskRunner("test", {FAST: 1}, failure_of=lambda error: TaskFailure("translated"))
    calls = Calls(qtbot, runner)
    calls.start(lambda task: 1 / 0)
    assert calls.wait() == [("failed", TaskFailure("translated"))]
    assert runner.close()


def test_work_that_ends_as_cancelled_by_itself_says_so(calls: Calls) -> None:
    def work(task: Task) -> None:
        raise SessionCancelled("The work was cancelled.")

    calls.start(work)
    assert calls.wait() == [("cancelled", None)]


def test_a_message_arrives_in_order_with_the_results(runner: TaskRunner, calls: Calls) -> None:
    messages: list[tuple[object, int]] = []
    runner.messagePosted.connect(lambda message: messages.append((message, len(calls.calls))))
    post = runner.post
    calls.start(lambda task: post("before the result"))
    calls.wait()
    assert messages == [("before the result", 0)]


# ------------------------------------------------------------------------------------------- what is dropped


@pytest.mark.parametrize("ending", ["returns", "raises cancelled", "fails"])
def test_a_cancelled_task_calls_nothing_however_it_ends(
    qtbot: QtBot, calls: Calls, runner: TaskRunner, ending: str
) -> None:
    gate, ended = Gate(), threading.Event()

    def work(task: Task) -> str:
        gate(task)
        task.report("too late", None)
        ended.set()
        if ending == "raises cancelled":
            raise SessionCancelled("The work was cancelled.")
        if ending == "fails":
            raise RequestError("The pipe is broken.")
        return "too late"

    calls.start(work, lane=SLOW)
    gate.wait()
    assert runner.cancel()
    assert not runner.is_busy()
    assert ended.wait(LONG_MS / 1000)
    calls.start(lambda task: "next", lane=SLOW)
    assert calls.wait() == [("done", "next")]


def test_a_result_that_waits_for_delivery_is_dropped_by_a_cancel(
    calls: Calls, runner: TaskRunner
) -> None:
    calls.start(lambda task: "too late")
    end = time.monotonic() + 5
    while not runner._queue.events and time.monotonic() < end:
        time.sleep(0.002)  # no event loop runs, so the result stays in the queue
    assert runner._queue.events, "the result did not get into the queue"
    runner.cancel()
    calls.start(lambda task: "next")
    assert calls.wait() == [("done", "next")]


def test_a_newer_task_of_a_channel_replaces_the_older(calls: Calls) -> None:
    gate = Gate()
    calls.start(gate)
    gate.wait()
    for number in range(50):
        calls.start(lambda task, number=number: number)
    assert calls.wait() == [("done", 49)]


def test_tasks_that_do_not_replace_each_other_all_end(calls: Calls) -> None:
    for number in range(5):
        calls.start(lambda task, number=number: number, lane=SLOW, latest=False)
    assert calls.wait(5) == [("done", number) for number in range(5)]


def test_a_cancel_reaches_the_channels_that_begin_so_and_no_others(
    calls: Calls, runner: TaskRunner
) -> None:
    gates = {channel: Gate() for channel in ("search/page", "search/count", "detail")}
    for channel, gate in gates.items():
        calls.start(lambda task, gate=gate: (gate(task), task.channel), channel)
    assert runner.cancel("search")
    assert not runner.cancel("search")
    assert runner.is_busy("detail")
    assert not runner.is_busy("search")
    gates["detail"].go.set()
    assert calls.wait() == [("done", ("through the gate", "detail"))]
    assert not runner.is_busy()


def test_a_task_that_was_cancelled_while_it_waited_never_starts(
    calls: Calls, runner: TaskRunner
) -> None:
    gate, never = Gate(), threading.Event()
    calls.start(gate, lane=SLOW)
    calls.start(lambda task: never.set(), "waiting", lane=SLOW)
    runner.cancel("waiting")
    gate.go.set()
    calls.wait()
    calls.start(lambda task: None, lane=SLOW)
    calls.wait(2)
    assert not never.is_set()


def test_no_thread_keeps_the_callbacks_of_a_cancelled_task(runner: TaskRunner) -> None:
    class Panel:
        def show(self, result: object) -> None:
            raise AssertionError("it was cancelled")

    started, go = threading.Event(), threading.Event()

    def ignores_cancel(task: Task) -> None:
        started.set()
        go.wait(10)

    panel = Panel()
    is_alive = weakref.ref(panel)
    runner.start("detail", ignores_cancel, panel.show, panel.show, lane=FAST)
    assert started.wait(5)
    runner.cancel("detail")
    del panel
    gc.collect()
    assert is_alive() is None, "a thread would destroy it, if it were a widget"
    go.set()


# ---------------------------------------------------------------------------------------------- the lanes


def test_more_urgent_tasks_start_first(calls: Calls) -> None:
    gate = Gate()
    calls.start(gate, lane=SLOW)
    gate.wait()
    for priority in (-1, 0, 2, 1):
        calls.start(
            lambda task, p=priority: p, f"priority {priority}", lane=SLOW, priority=priority
        )
    gate.go.set()
    assert [value for _, value in calls.wait(5)][1:] == [2, 1, 0, -1]


def test_a_full_lane_delays_no_other_and_starts_no_more_threads(calls: Calls) -> None:
    gates = [Gate() for _ in range(4)]
    for number, gate in enumerate(gates):
        calls.start(gate, f"slow {number}", lane=SLOW)
    gates[0].wait()
    calls.start(lambda task: "fast")
    assert calls.wait() == [("done", "fast")]
    assert not any(each.started.is_set() for each in gates[1:])
    assert sorted(threads()) == ["test-fast-1", "test-slow-1"]
    for gate in gates:
        gate.go.set()


# -------------------------------------------------------------------------------------------------- the end


def test_closing_ends_what_runs_and_drops_what_waits(qtbot: QtBot) -> None:
    runner, gate, never = TaskRunner("test", {SLOW: 1}), Gate(), threading.Event()
    calls = Calls(qtbot, runner)
    calls.start(gate, lane=SLOW)
    calls.start(lambda task: never.set(), "waiting", lane=SLOW)
    gate.wait()
    assert runner.close()
    assert threads() == []
    calls.start(lambda task: never.set(), lane=SLOW)
    assert (runner.is_busy(), calls.calls, never.is_set()) == (False, [], False)


def test_closing_reports_work_that_does_not_end_and_a_late_end_does_no_harm(qtbot: QtBot) -> None:
    runner, go, started = TaskRunner("test", {SLOW: 1}), threading.Event(), threading.Event()
    calls = Calls(qtbot, runner)
    calls.start(lambda task: (started.set(), go.wait(10)), lane=SLOW)
    assert started.wait(5)
    assert not runner.close(timeout_s=0.05)
    go.set()
    assert runner.close()
    assert (threads(), calls.calls) == ([], [])
