"""`WorkerPool`: a few threads that run functions, the most urgent first. No Qt."""

from __future__ import annotations

import heapq
import itertools
import threading
import time
from collections.abc import Callable


class WorkerPool:
    """Up to `n_threads` threads, each started when there is work and no thread is free.

    Parameters
    ----------
    name
        What the threads are called.
    n_threads
        How many there may be at once.
    """

    def __init__(self, name: str, n_threads: int) -> None:
        self._name, self._n_threads = name, n_threads
        self._changed = threading.Condition()
        self._waiting: list[tuple[int, int, Callable[[], None]]] = []
        self._order = itertools.count()
        self._threads: list[threading.Thread] = []
        self._n_free = 0
        self._is_closed = False

    def put(self, run: Callable[[], None], priority: int = 0) -> None:
        """Run a function in a thread, higher priorities first, else in order; does nothing once closed."""
        with self._changed:
            if self._is_closed:
                return
            heapq.heappush(self._waiting, (-priority, next(self._order), run))
            if self._n_free < len(self._waiting) and len(self._threads) < self._n_threads:
                self._start()
            self._changed.notify()

    def close(self) -> None:
        """Drop what waits and end each thread after its present work; returns at once."""
        with self._changed:
            self._is_closed = True
            self._waiting.clear()
            self._changed.notify_all()

    def join(self, deadline: float) -> bool:
        """Wait for the threads until `deadline` on `time.monotonic`; return whether all ended."""
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))
        return not any(thread.is_alive() for thread in self._threads)

    def _start(self) -> None:
        name = f"{self._name}-{len(self._threads) + 1}"
        # A daemon: a thread that hangs in the system's search for a host must not keep the program alive.
        thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _run(self) -> None:
        while (run := self._next()) is not None:
            run()
            del run  # or what it refers to would live on while this thread waits

    def _next(self) -> Callable[[], None] | None:
        with self._changed:
            self._n_free += 1
            self._changed.wait_for(lambda: self._waiting or self._is_closed)
            self._n_free -= 1
            return None if self._is_closed else heapq.heappop(self._waiting)[2]
