"""Makes requests with an archive service and waits for their results, in a real event loop."""

from __future__ import annotations

import time
from collections.abc import Callable
from types import TracebackType
from typing import Any

from PySide6.QtCore import QEventLoop, QObject, QTimer

from app.archive.connection.service import ArchiveService, Failure
from neuromorpho.client import NeuroMorphoClient

TIMEOUT_S = 15.0


class Replies:
    """Results (`done`) and failures (`failed`), in order of arrival."""

    def __init__(self) -> None:
        self.done: list[Any] = []
        self.failed: list[Failure] = []

    def __len__(self) -> int:
        return len(self.done) + len(self.failed)


def search(client: NeuroMorphoClient) -> Any:
    """Search for mice."""
    return client.search("species:mouse")


def request(service: ArchiveService, work: Callable[..., Any] = search, **options: Any) -> Replies:
    """Make a request; return at once the object that its result will be added to."""
    answers = Replies()
    channel = options.pop("channel", "search")
    service.request(channel, work, answers.done.append, answers.failed.append, **options)
    return answers


def request_and_wait(
    service: ArchiveService, work: Callable[..., Any] = search, **options: Any
) -> Replies:
    """Make a request; return its result once it has arrived."""
    answers = request(service, work, **options)
    until(lambda: len(answers) > 0)
    return answers


def until(condition: Callable[[], bool]) -> None:
    """Run the event loop until a condition is true; AssertionError after `TIMEOUT_S` seconds."""
    end = time.monotonic() + TIMEOUT_S
    loop = QEventLoop()
    ticks = QTimer(interval=5)
    ticks.timeout.connect(lambda: loop.quit() if condition() or time.monotonic() > end else None)
    ticks.start()
    if not condition():
        loop.exec()
    ticks.stop()
    assert condition(), f"the condition was not true within {TIMEOUT_S:.0f} s"


def settle(rounds: int = 20) -> None:
    """Process everything queued in the event loop, and what that queues."""
    left = [rounds]

    def count() -> bool:
        left[0] -= 1
        return left[0] < 0

    until(count)


class Pulse(QObject):
    """Measures the longest time in which the event loop was blocked; in a `with` block.

    Attributes
    ----------
    longest_gap_s : float
        Seconds.
    """

    def __init__(self) -> None:
        super().__init__()
        self.longest_gap_s = 0.0
        self._timer = QTimer(self, interval=5)
        self._timer.timeout.connect(self._beat)

    def __enter__(self) -> Pulse:
        self._last = time.monotonic()
        self._timer.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._timer.stop()
        self._beat()

    def _beat(self) -> None:
        now = time.monotonic()
        self.longest_gap_s = max(self.longest_gap_s, now - self._last)
        self._last = now
